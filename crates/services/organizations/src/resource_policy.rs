//! The organization's resource policy, by which the management account lets members manage policies. It is kept and shown;
//! nothing evaluates it, so members still may not.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::organization::Organization;
use crate::{caller, error, id, tag};

/// Resource policies: (organization).
pub(crate) struct ResourcePolicies;

impl Table for ResourcePolicies {
    const NAME: &'static str = "organizations.resource-policies";
    type Record = ResourcePolicy;
}

/// The policy of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourcePolicy {
    pub(crate) id: String,
    content: String,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<ResourcePolicies>()
        .write::<api::PutResourcePolicy>(put_policy)
        .records::<api::PutResourcePolicy>(&["Content"])
        .read::<api::DescribeResourcePolicy>(describe_policy)
        .write::<api::DeleteResourcePolicy>(delete_policy)
}

/// Forgets the policy of an organization that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    ctx.delete::<ResourcePolicies>(&organization.prefix())?;
    Ok(())
}

/// Whether the organization has a resource policy of that id.
pub(crate) fn is_there(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> bool {
    ctx.peek::<ResourcePolicies>(&organization.prefix()).is_some_and(|policy| policy.id == id)
}

fn missing() -> Error {
    let message = "We can't find a resource policy request with the parameter that you specified.";
    error::client("ResourcePolicyNotFoundException", message)
}

fn put_policy(
    ctx: &mut Ctx<'_>,
    input: &api::PutResourcePolicyRequest,
) -> Result<api::PutResourcePolicyResponse> {
    let organization = caller::management(ctx)?;
    let is_policy = serde_json::from_str::<serde_json::Value>(&input.content)
        .is_ok_and(|document| document.get("Statement").is_some());
    if !is_policy {
        let message = "The provided policy document does not meet the requirements of a resource policy.";
        return Err(error::invalid_input("INVALID_PATTERN", message));
    }
    let before = ctx.peek::<ResourcePolicies>(&organization.prefix()).map(|policy| policy.id.clone());
    let id = match before {
        Some(id) => id,
        None => format!("rp-{}", id::fresh(ctx, "organizations.resource-policy", 8)?),
    };
    if input.tags.is_some() {
        tag::put(ctx, &organization, &id, input.tags.as_deref())?;
    }
    let policy = ResourcePolicy { id, content: input.content.clone() };
    let shown = view(&organization, &policy);
    ctx.put::<ResourcePolicies>(organization.prefix(), policy)?;
    Ok(api::PutResourcePolicyResponse { resource_policy: Some(shown) })
}

fn describe_policy(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<api::DescribeResourcePolicyResponse> {
    let organization = caller::reader(ctx)?;
    let policy = ctx.peek::<ResourcePolicies>(&organization.prefix()).ok_or_else(missing)?;
    Ok(api::DescribeResourcePolicyResponse { resource_policy: Some(view(&organization, policy)) })
}

fn delete_policy(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let policy = ctx.get::<ResourcePolicies>(&organization.prefix()).ok_or_else(missing)?;
    tag::forget(ctx, &organization, &policy.id)?;
    ctx.delete::<ResourcePolicies>(&organization.prefix())?;
    Ok(Empty {})
}

fn view(organization: &Organization, policy: &ResourcePolicy) -> api::ResourcePolicy {
    api::ResourcePolicy {
        resource_policy_summary: Some(api::ResourcePolicySummary {
            id: Some(policy.id.clone()),
            arn: Some(organization.arn("resourcepolicy", &policy.id)),
        }),
        content: Some(policy.content.clone()),
    }
}
