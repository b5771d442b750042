//! The inline policy of a permission set.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::Value;

use super::record;
use crate::error;

/// Characters of an inline policy, white space not counted (Identity Center quotas in its user guide).
const MOST: usize = 10_240;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::PutInlinePolicyToPermissionSet>(put)
        .read::<api::GetInlinePolicyForPermissionSet>(get)
        .write::<api::DeleteInlinePolicyFromPermissionSet>(delete)
}

fn put(
    ctx: &mut Ctx<'_>,
    input: &api::PutInlinePolicyToPermissionSetRequest,
) -> Result<api::PutInlinePolicyToPermissionSetResponse> {
    check(&input.inline_policy)?;
    let action = "PutInlinePolicyToPermissionSet";
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        set.inline = Some(input.inline_policy.clone());
        Ok(())
    })?;
    Ok(api::PutInlinePolicyToPermissionSetResponse {})
}

/// Whether a text can be a policy: an object with statements.
fn check(policy: &str) -> Result<()> {
    if policy.chars().filter(|letter| !letter.is_whitespace()).count() > MOST {
        return Err(error::quota(format!("An inline policy can have at most {MOST} characters.")));
    }
    match serde_json::from_str(policy) {
        Ok(Value::Object(object)) if object.get("Statement").is_some_and(is_statements) => Ok(()),
        _ => Err(error::validation("The inline policy is not a valid policy document.")),
    }
}

fn is_statements(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().all(Value::is_object),
        _ => false,
    }
}

/// A permission set without an inline policy has an empty one.
fn get(
    ctx: &mut Ctx<'_>,
    input: &api::GetInlinePolicyForPermissionSetRequest,
) -> Result<api::GetInlinePolicyForPermissionSetResponse> {
    let action = "GetInlinePolicyForPermissionSet";
    let (_, set) = record::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    Ok(api::GetInlinePolicyForPermissionSetResponse {
        inline_policy: Some(set.inline.clone().unwrap_or_default()),
    })
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteInlinePolicyFromPermissionSetRequest,
) -> Result<api::DeleteInlinePolicyFromPermissionSetResponse> {
    let action = "DeleteInlinePolicyFromPermissionSet";
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        match set.inline.take() {
            Some(_) => Ok(()),
            None => Err(error::not_found("Could not find an inline policy in the permission set.")),
        }
    })?;
    Ok(api::DeleteInlinePolicyFromPermissionSetResponse {})
}
