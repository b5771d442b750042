//! Which policies are attached to which roots, units and accounts.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::kind::{self, Kind};
use super::{FULL_RESOURCE_ACCESS, Policies, Policy};
use crate::account::{self, Members};
use crate::id::Kind as Id;
use crate::organization::Organization;
use crate::unit::Units;
use crate::{caller, error, id, page, profile, tree};

/// Policies of a target: (organization, target, type, policy).
struct ByTarget;

impl Table for ByTarget {
    const NAME: &'static str = "organizations.target-policies";
    type Record = Attachment;
}

/// A policy that is attached to something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attachment {
    policy: String,
    /// Later ones have larger numbers.
    number: u64,
    pub(super) since: Timestamp,
}

/// Targets of a policy: (organization, policy, target) → the target's id.
struct ByPolicy;

impl Table for ByPolicy {
    const NAME: &'static str = "organizations.policy-targets";
    type Record = String;
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<ByTarget>()
        .table::<ByPolicy>()
        .write::<api::AttachPolicy>(attach_policy)
        .write::<api::DetachPolicy>(detach_policy)
        .read::<api::ListPoliciesForTarget>(list_policies)
        .read::<api::ListTargetsForPolicy>(list_targets)
}

/// The policies of one type that are attached to a target itself.
pub(super) fn of<'t>(
    ctx: &'t Ctx<'_>,
    organization: &Organization,
    target: &str,
    kind: &str,
) -> impl Iterator<Item = &'t Policy> {
    let ids = ctx.scan::<ByTarget>(&organization.key(target).text(kind));
    ids.filter_map(|(_, attachment)| ctx.peek::<Policies>(&organization.key(&attachment.policy)))
}

/// The same in the order in which they were attached.
pub(super) fn in_order<'t>(
    ctx: &'t Ctx<'_>,
    organization: &Organization,
    target: &str,
    kind: &str,
) -> Vec<(&'t Attachment, &'t Policy)> {
    let all = ctx.scan::<ByTarget>(&organization.key(target).text(kind)).map(|(_, attachment)| attachment);
    let with_policy = |attachment: &'t Attachment| {
        Some((attachment, ctx.peek::<Policies>(&organization.key(&attachment.policy))?))
    };
    let mut all: Vec<_> = all.filter_map(with_policy).collect();
    all.sort_by_key(|(attachment, _)| attachment.number);
    all
}

/// Whether a policy is attached anywhere.
pub(super) fn is_attached(ctx: &Ctx<'_>, organization: &Organization, policy: &str) -> bool {
    ctx.scan::<ByPolicy>(&organization.key(policy)).next().is_some()
}

pub(super) fn attach(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    target: &str,
    kind: &str,
    policy: &str,
) -> Result<()> {
    ctx.put::<ByPolicy>(organization.key(policy).text(target), target.to_owned())?;
    let number = ctx.next_number("organizations.attachment")?;
    let attachment = Attachment { policy: policy.to_owned(), number, since: ctx.now() };
    ctx.put::<ByTarget>(organization.key(target).text(kind).text(policy), attachment)
}

fn detach(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    target: &str,
    kind: &str,
    policy: &str,
) -> Result<bool> {
    ctx.delete::<ByPolicy>(&organization.key(policy).text(target))?;
    ctx.delete::<ByTarget>(&organization.key(target).text(kind).text(policy))
}

/// Attaches to a new root, unit or account what each has from the start.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn target_added(ctx: &mut Ctx<'_>, organization: &Organization, target: &str) -> Result<()> {
    for name in &organization.defaults {
        let kind = kind::named(name)?;
        if let Some(policy) = kind.default() {
            attach(ctx, organization, target, kind.name, policy)?;
        }
    }
    Ok(())
}

/// Detaches everything from a unit or account that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn detach_all(ctx: &mut Ctx<'_>, organization: &Organization, target: &str) -> Result<()> {
    let prefix = organization.key(target);
    let attached: Vec<(Key, String)> = ctx
        .scan::<ByTarget>(&prefix)
        .map(|(key, attachment)| (key.clone(), attachment.policy.clone()))
        .collect();
    for (key, policy) in attached {
        ctx.delete::<ByTarget>(&key)?;
        ctx.delete::<ByPolicy>(&organization.key(&policy).text(target))?;
    }
    Ok(())
}

/// Detaches the policies of one type from everything.
pub(super) fn detach_kind(ctx: &mut Ctx<'_>, organization: &Organization, kind: &Kind) -> Result<()> {
    let policies = ctx.scan::<Policies>(&organization.prefix());
    let policies: Vec<String> = policies
        .filter(|(_, policy)| policy.kind == kind.name)
        .map(|(_, policy)| policy.id.clone())
        .collect();
    for policy in policies {
        let targets: Vec<String> =
            ctx.scan::<ByPolicy>(&organization.key(&policy)).map(|(_, target)| target.clone()).collect();
        for target in targets {
            detach(ctx, organization, &target, kind.name, &policy)?;
        }
    }
    Ok(())
}

/// Every root, unit and account of the organization.
pub(super) fn targets(ctx: &Ctx<'_>, organization: &Organization) -> Vec<String> {
    let units = ctx.scan::<Units>(&organization.prefix()).map(|(_, unit)| unit.id.clone());
    let accounts = ctx.scan::<Members>(&organization.prefix()).map(|(_, member)| member.account.to_string());
    std::iter::once(organization.root.clone()).chain(units).chain(accounts).collect()
}

/// Forgets the policies of an organization that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let prefix = organization.prefix();
    let policies: Vec<Key> = ctx.scan::<Policies>(&prefix).map(|(key, _)| key.clone()).collect();
    let by_target: Vec<Key> = ctx.scan::<ByTarget>(&prefix).map(|(key, _)| key.clone()).collect();
    let by_policy: Vec<Key> = ctx.scan::<ByPolicy>(&prefix).map(|(key, _)| key.clone()).collect();
    for key in policies {
        ctx.delete::<Policies>(&key)?;
    }
    for key in by_target {
        ctx.delete::<ByTarget>(&key)?;
    }
    for key in by_policy {
        ctx.delete::<ByPolicy>(&key)?;
    }
    Ok(())
}

/// A target as the API shows it.
fn target(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Option<api::PolicyTargetSummary> {
    let (arn, name, kind) = match id::kind(id)? {
        Id::Root if id == organization.root => ("root", "Root".to_owned(), tree::ROOT),
        Id::Unit => ("ou", ctx.peek::<Units>(&organization.key(id))?.name.clone(), tree::UNIT),
        Id::Account(account) => {
            ctx.peek::<Members>(&account::key(organization, account))?;
            ("account", profile::of(ctx, account).name, tree::ACCOUNT)
        }
        _ => return None,
    };
    Some(api::PolicyTargetSummary {
        target_id: Some(id.to_owned()),
        arn: Some(organization.arn(arn, id)),
        name: Some(name),
        r#type: Some(kind.to_owned()),
    })
}

/// Checks that a request names a target that is there.
pub(super) fn check_target(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Result<()> {
    id::checked(id, |kind| matches!(kind, Id::Root | Id::Unit | Id::Account(_)))?;
    match target(ctx, organization, id) {
        Some(_) => Ok(()),
        None => Err(error::no_target()),
    }
}

fn attach_policy(ctx: &mut Ctx<'_>, input: &api::AttachPolicyRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let (policy, target) = (&input.policy_id, &input.target_id);
    let kind = kind::named(&super::find(ctx, &organization, policy)?.kind)?;
    check_target(ctx, &organization, target)?;
    if !organization.policy_types.contains(kind.name) {
        let message = "This operation can be performed only for enabled policy types.";
        return Err(error::client("PolicyTypeNotEnabledException", message));
    }
    let (mut count, mut is_there) = (0, false);
    for attached in of(ctx, &organization, target, kind.name) {
        count += 1;
        is_there |= attached.id == *policy;
    }
    if is_there {
        let message =
            "A policy with the specified name and type already is attached to the specified target.";
        return Err(error::client("DuplicatePolicyAttachmentException", message));
    }
    if count >= kind.most_attached {
        let message = "You have attached the maximum number of policies to the specified target.";
        return Err(error::constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    if !kind.decides() {
        ctx.without_effect("AttachPolicy.PolicyId");
    }
    attach(ctx, &organization, target, kind.name, policy)?;
    Ok(Empty {})
}

fn detach_policy(ctx: &mut Ctx<'_>, input: &api::DetachPolicyRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let (policy, target) = (&input.policy_id, &input.target_id);
    let kind = kind::named(&super::find(ctx, &organization, policy)?.kind)?;
    check_target(ctx, &organization, target)?;
    if policy == FULL_RESOURCE_ACCESS {
        let message = "You can't detach this AWS managed policy.";
        return Err(error::invalid_input("NON_DETACHABLE_POLICY", message));
    }
    let attached: Vec<&str> =
        of(ctx, &organization, target, kind.name).map(|attached| attached.id.as_str()).collect();
    if !attached.contains(&policy.as_str()) {
        let message = "The policy isn't attached to the specified target.";
        return Err(error::client("PolicyNotAttachedException", message));
    }
    if kind.name == kind::SERVICE_CONTROL && attached.len() == 1 {
        let message = "You cannot remove the last policy attached to the specified target. You must have at least \
            one attached at all times.";
        return Err(error::constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    detach(ctx, &organization, target, kind.name, policy)?;
    Ok(Empty {})
}

fn list_policies(
    ctx: &mut Ctx<'_>,
    input: &api::ListPoliciesForTargetRequest,
) -> Result<api::ListPoliciesForTargetResponse> {
    let organization = caller::reader(ctx)?;
    check_target(ctx, &organization, &input.target_id)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let prefix = organization.key(&input.target_id).text(&input.filter);
    let page = window.scan::<ByTarget, _>(ctx, &prefix, |attachment| {
        let policy = ctx.peek::<Policies>(&organization.key(&attachment.policy))?;
        Some(super::summary(&organization, policy))
    });
    Ok(api::ListPoliciesForTargetResponse { policies: Some(page.items), next_token: page.next })
}

fn list_targets(
    ctx: &mut Ctx<'_>,
    input: &api::ListTargetsForPolicyRequest,
) -> Result<api::ListTargetsForPolicyResponse> {
    let organization = caller::reader(ctx)?;
    super::find(ctx, &organization, &input.policy_id)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let prefix = organization.key(&input.policy_id);
    let page = window.scan::<ByPolicy, _>(ctx, &prefix, |id| target(ctx, &organization, id));
    Ok(api::ListTargetsForPolicyResponse { targets: Some(page.items), next_token: page.next })
}
