//! Managed policies of permission sets: AWS's own, and those that each account has under a name.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::record::{self, PermissionSet, PolicyName};
use crate::{error, page};

/// Managed policies of a permission set, AWS's and customers' together (Identity Center quotas in its user guide).
const MOST: usize = 20;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::AttachManagedPolicyToPermissionSet>(attach_managed)
        .write::<api::DetachManagedPolicyFromPermissionSet>(detach_managed)
        .read::<api::ListManagedPoliciesInPermissionSet>(list_managed)
        .write::<api::AttachCustomerManagedPolicyReferenceToPermissionSet>(attach_reference)
        .write::<api::DetachCustomerManagedPolicyReferenceFromPermissionSet>(detach_reference)
        .read::<api::ListCustomerManagedPolicyReferencesInPermissionSet>(list_references)
}

fn room(set: &PermissionSet) -> Result<()> {
    if set.managed.len() + set.customer_managed.len() >= MOST {
        return Err(error::quota(format!("A permission set can have at most {MOST} managed policies.")));
    }
    Ok(())
}

/// The name in the ARN of an AWS managed policy.
///
/// # Errors
/// `ValidationException` for any other text.
pub(super) fn managed_name(arn: &str) -> Result<&str> {
    let resource = arn.strip_prefix("arn:").and_then(|rest| rest.split_once(":iam::aws:policy/"));
    match resource.and_then(|(_, path)| path.rsplit('/').next()).filter(|name| !name.is_empty()) {
        Some(name) => Ok(name),
        None => Err(error::validation(format!("{arn} is not the ARN of an AWS managed policy."))),
    }
}

fn attach_managed(
    ctx: &mut Ctx<'_>,
    input: &api::AttachManagedPolicyToPermissionSetRequest,
) -> Result<api::AttachManagedPolicyToPermissionSetResponse> {
    let (action, policy) = ("AttachManagedPolicyToPermissionSet", &input.managed_policy_arn);
    managed_name(policy)?;
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        if set.managed.contains(policy) {
            let message = format!("Managed policy {policy} is already attached to the permission set.");
            return Err(error::conflict(message));
        }
        room(set)?;
        set.managed.push(policy.clone());
        set.managed.sort();
        Ok(())
    })?;
    Ok(api::AttachManagedPolicyToPermissionSetResponse {})
}

fn detach_managed(
    ctx: &mut Ctx<'_>,
    input: &api::DetachManagedPolicyFromPermissionSetRequest,
) -> Result<api::DetachManagedPolicyFromPermissionSetResponse> {
    let (action, policy) = ("DetachManagedPolicyFromPermissionSet", &input.managed_policy_arn);
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        let before = set.managed.len();
        set.managed.retain(|attached| attached != policy);
        if set.managed.len() == before {
            let message = format!("Managed policy {policy} is not attached to the permission set.");
            return Err(error::not_found(message));
        }
        Ok(())
    })?;
    Ok(api::DetachManagedPolicyFromPermissionSetResponse {})
}

fn list_managed(
    ctx: &mut Ctx<'_>,
    input: &api::ListManagedPoliciesInPermissionSetRequest,
) -> Result<api::ListManagedPoliciesInPermissionSetResponse> {
    let action = "ListManagedPoliciesInPermissionSet";
    let (_, set) = record::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(set.managed.iter(), |arn| Key::new().text(arn));
    let shown = page.items.into_iter().map(|arn| {
        Ok(api::AttachedManagedPolicy { name: Some(managed_name(arn)?.to_owned()), arn: Some(arn.clone()) })
    });
    Ok(api::ListManagedPoliciesInPermissionSetResponse {
        attached_managed_policies: Some(shown.collect::<Result<_>>()?),
        next_token: page.next,
    })
}

/// A policy that a request names; its path is `/` unless it says so.
pub(super) fn policy_name(given: &api::CustomerManagedPolicyReference) -> PolicyName {
    PolicyName { name: given.name.clone(), path: given.path.clone().unwrap_or_else(|| "/".to_owned()) }
}

/// A policy name as the API has it.
pub(super) fn reference(policy: &PolicyName) -> api::CustomerManagedPolicyReference {
    api::CustomerManagedPolicyReference { name: policy.name.clone(), path: Some(policy.path.clone()) }
}

fn attach_reference(
    ctx: &mut Ctx<'_>,
    input: &api::AttachCustomerManagedPolicyReferenceToPermissionSetRequest,
) -> Result<api::AttachCustomerManagedPolicyReferenceToPermissionSetResponse> {
    let action = "AttachCustomerManagedPolicyReferenceToPermissionSet";
    let policy = policy_name(&input.customer_managed_policy_reference);
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        // A role has no two policies of one name, whatever their paths are.
        if set.customer_managed.iter().any(|attached| attached.name == policy.name) {
            let message =
                format!("Customer managed policy {} is already attached to the permission set.", policy.name);
            return Err(error::conflict(message));
        }
        room(set)?;
        set.customer_managed.push(policy);
        set.customer_managed.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(())
    })?;
    Ok(api::AttachCustomerManagedPolicyReferenceToPermissionSetResponse {})
}

fn detach_reference(
    ctx: &mut Ctx<'_>,
    input: &api::DetachCustomerManagedPolicyReferenceFromPermissionSetRequest,
) -> Result<api::DetachCustomerManagedPolicyReferenceFromPermissionSetResponse> {
    let action = "DetachCustomerManagedPolicyReferenceFromPermissionSet";
    let policy = policy_name(&input.customer_managed_policy_reference);
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        let before = set.customer_managed.len();
        set.customer_managed.retain(|attached| *attached != policy);
        if set.customer_managed.len() == before {
            let PolicyName { name, path } = &policy;
            let message =
                format!("Customer managed policy {path}{name} is not attached to the permission set.");
            return Err(error::not_found(message));
        }
        Ok(())
    })?;
    Ok(api::DetachCustomerManagedPolicyReferenceFromPermissionSetResponse {})
}

fn list_references(
    ctx: &mut Ctx<'_>,
    input: &api::ListCustomerManagedPolicyReferencesInPermissionSetRequest,
) -> Result<api::ListCustomerManagedPolicyReferencesInPermissionSetResponse> {
    let action = "ListCustomerManagedPolicyReferencesInPermissionSet";
    let (_, set) = record::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(set.customer_managed.iter(), |policy| Key::new().text(&policy.name));
    Ok(api::ListCustomerManagedPolicyReferencesInPermissionSetResponse {
        customer_managed_policy_references: Some(page.items.into_iter().map(reference).collect()),
        next_token: page.next,
    })
}
