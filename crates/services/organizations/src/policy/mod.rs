//! Policies: made, shown, changed, deleted. They have no effect until something evaluates them; until then what matters is
//! that their texts, and where they are attached, are as on AWS.

mod attachment;
mod controls;
mod document;
mod effective;
mod kind;
mod merge;
mod status;

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::Kind as Id;
use crate::organization::Organization;
use crate::{caller, error, id, page, tag};

pub(crate) use attachment::{detach_all, forget_all, target_added};
use kind::Kind;
pub(crate) use kind::SERVICE_CONTROL;

/// All policies: (organization, id).
pub(crate) struct Policies;

impl Table for Policies {
    const NAME: &'static str = "organizations.policies";
    type Record = Policy;
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// As the API spells it.
    pub(crate) kind: String,
    pub(crate) content: String,
    pub(crate) aws_managed: bool,
    /// When it was made or last changed.
    pub(crate) updated: Timestamp,
}

/// What every organization has: AWS's own, which lets everything through.
pub(crate) const FULL_ACCESS: &str = "p-FullAWSAccess";
pub(crate) const FULL_RESOURCE_ACCESS: &str = "p-RCPFullAWSAccess";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Policies>()
        .write::<api::CreatePolicy>(create_policy)
        .read::<api::DescribePolicy>(describe_policy)
        .write::<api::UpdatePolicy>(update_policy)
        .write::<api::DeletePolicy>(delete_policy)
        .read::<api::ListPolicies>(list_policies);
    let definition = attachment::register(definition);
    let definition = status::register(definition);
    let definition = controls::register(definition);
    effective::register(definition)
}

/// Gives a new organization AWS's own policies.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn begin(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let statement = |principal: &str| {
        let all = "\"Action\": \"*\",\n      \"Resource\": \"*\"";
        format!(
            "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \
             {principal}{all}\n    }}\n  ]\n}}"
        )
    };
    let updated = ctx.now();
    let own = |id: &str, kind: &str, description: &str, content: String| Policy {
        id: id.to_owned(),
        name: id.trim_start_matches("p-").to_owned(),
        description: description.to_owned(),
        kind: kind.to_owned(),
        content,
        aws_managed: true,
        updated,
    };
    let services = own(FULL_ACCESS, SERVICE_CONTROL, "Allows access to every operation", statement(""));
    let resources = own(
        FULL_RESOURCE_ACCESS,
        kind::RESOURCE_CONTROL,
        "Allows access to every resource",
        statement("\"Principal\": \"*\",\n      "),
    );
    for policy in [services, resources] {
        ctx.put::<Policies>(organization.key(&policy.id), policy)?;
    }
    Ok(())
}

fn create_policy(ctx: &mut Ctx<'_>, input: &api::CreatePolicyRequest) -> Result<api::CreatePolicyResponse> {
    let organization = caller::management(ctx)?;
    let kind = kind::named(&input.r#type)?;
    kind.check_available(&organization)?;
    document::check(kind, &input.content)?;
    let policies = ctx.scan::<Policies>(&organization.prefix());
    if policies.filter(|(_, policy)| policy.kind == kind.name && !policy.aws_managed).count() >= kind.most {
        let message = "You have exceeded the number of policies that you can have in an organization.";
        return Err(error::constraint("POLICY_NUMBER_LIMIT_EXCEEDED", message));
    }
    check_name(ctx, &organization, &input.name)?;
    let policy = Policy {
        id: format!("p-{}", id::fresh(ctx, "organizations.policy", 10)?),
        name: input.name.clone(),
        description: input.description.clone(),
        kind: input.r#type.clone(),
        content: input.content.clone(),
        aws_managed: false,
        updated: ctx.now(),
    };
    tag::put(ctx, &organization, &policy.id, input.tags.as_deref())?;
    let shown = view(&organization, &policy);
    ctx.put::<Policies>(organization.key(&policy.id), policy)?;
    Ok(api::CreatePolicyResponse { policy: Some(shown) })
}

/// Checks that no policy of the organization has the name.
fn check_name(ctx: &Ctx<'_>, organization: &Organization, name: &str) -> Result<()> {
    if ctx.scan::<Policies>(&organization.prefix()).any(|(_, policy)| policy.name == name) {
        let message = "A policy with the same name already exists.";
        return Err(error::client("DuplicatePolicyException", message));
    }
    Ok(())
}

/// The policy that a request names.
///
/// # Errors
/// `InvalidInputException` for what is no id of one, `PolicyNotFoundException` where there is none.
fn find<'t>(ctx: &'t Ctx<'_>, organization: &Organization, id: &str) -> Result<&'t Policy> {
    id::checked(id, |kind| kind == Id::Policy)?;
    ctx.peek::<Policies>(&organization.key(id))
        .ok_or_else(|| error::client("PolicyNotFoundException", "You specified a policy that doesn't exist."))
}

/// The same for a policy that is to be changed.
fn own(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Result<Policy> {
    let policy = find(ctx, organization, id)?;
    if policy.aws_managed {
        let message = "You specified a policy that is managed by AWS and can't be modified.";
        return Err(error::invalid_input("IMMUTABLE_POLICY", message));
    }
    Ok(policy.clone())
}

fn describe_policy(
    ctx: &mut Ctx<'_>,
    input: &api::DescribePolicyRequest,
) -> Result<api::DescribePolicyResponse> {
    let organization = caller::reader(ctx)?;
    let policy = find(ctx, &organization, &input.policy_id)?;
    Ok(api::DescribePolicyResponse { policy: Some(view(&organization, policy)) })
}

fn update_policy(ctx: &mut Ctx<'_>, input: &api::UpdatePolicyRequest) -> Result<api::UpdatePolicyResponse> {
    let organization = caller::management(ctx)?;
    let mut policy = own(ctx, &organization, &input.policy_id)?;
    if let Some(name) = input.name.as_ref().filter(|name| **name != policy.name) {
        check_name(ctx, &organization, name)?;
        policy.name.clone_from(name);
    }
    if let Some(description) = &input.description {
        policy.description.clone_from(description);
    }
    if let Some(content) = &input.content {
        document::check(kind::named(&policy.kind)?, content)?;
        policy.content.clone_from(content);
    }
    policy.updated = ctx.now();
    let shown = view(&organization, &policy);
    ctx.put::<Policies>(organization.key(&policy.id), policy)?;
    Ok(api::UpdatePolicyResponse { policy: Some(shown) })
}

fn delete_policy(ctx: &mut Ctx<'_>, input: &api::DeletePolicyRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let policy = own(ctx, &organization, &input.policy_id)?;
    if attachment::is_attached(ctx, &organization, &policy.id) {
        let message = "The policy is attached to one or more entities: detach it before you delete it.";
        return Err(error::client("PolicyInUseException", message));
    }
    tag::forget(ctx, &organization, &policy.id)?;
    ctx.delete::<Policies>(&organization.key(&policy.id))?;
    Ok(Empty {})
}

fn list_policies(ctx: &mut Ctx<'_>, input: &api::ListPoliciesRequest) -> Result<api::ListPoliciesResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Policies, _>(ctx, &organization.prefix(), |policy| {
        (policy.kind == input.filter).then(|| summary(&organization, policy))
    });
    Ok(api::ListPoliciesResponse { policies: Some(page.items), next_token: page.next })
}

fn view(organization: &Organization, policy: &Policy) -> api::Policy {
    api::Policy { policy_summary: Some(summary(organization, policy)), content: Some(policy.content.clone()) }
}

fn summary(organization: &Organization, policy: &Policy) -> api::PolicySummary {
    api::PolicySummary {
        id: Some(policy.id.clone()),
        arn: Some(arn(organization, policy)),
        name: Some(policy.name.clone()),
        description: Some(policy.description.clone()),
        r#type: Some(policy.kind.clone()),
        aws_managed: Some(policy.aws_managed),
    }
}

fn arn(organization: &Organization, policy: &Policy) -> String {
    let kind = policy.kind.to_lowercase();
    if policy.aws_managed {
        return format!("arn:{}:organizations::aws:policy/{kind}/{}", organization.partition, policy.id);
    }
    organization.arn("policy", &format!("{kind}/{}", policy.id))
}
