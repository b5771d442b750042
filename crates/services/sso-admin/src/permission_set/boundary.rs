//! The permissions boundary of a permission set.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::policies::{managed_name, policy_name, reference};
use super::record::{self, Boundary};
use crate::error;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::PutPermissionsBoundaryToPermissionSet>(put)
        .read::<api::GetPermissionsBoundaryForPermissionSet>(get)
        .write::<api::DeletePermissionsBoundaryFromPermissionSet>(delete)
}

fn put(
    ctx: &mut Ctx<'_>,
    input: &api::PutPermissionsBoundaryToPermissionSetRequest,
) -> Result<api::PutPermissionsBoundaryToPermissionSetResponse> {
    let given = &input.permissions_boundary;
    let boundary = match (&given.managed_policy_arn, &given.customer_managed_policy_reference) {
        (Some(arn), None) => {
            managed_name(arn)?;
            Boundary::Managed(arn.clone())
        }
        (None, Some(policy)) => Boundary::Customer(policy_name(policy)),
        _ => {
            let message =
                "A permissions boundary is either a ManagedPolicyArn or a CustomerManagedPolicyReference.";
            return Err(error::validation(message));
        }
    };
    let action = "PutPermissionsBoundaryToPermissionSet";
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        set.boundary = Some(boundary);
        Ok(())
    })?;
    Ok(api::PutPermissionsBoundaryToPermissionSetResponse {})
}

fn missing() -> ironbird_rig::Error {
    error::not_found("Could not find a permissions boundary in the permission set.")
}

fn get(
    ctx: &mut Ctx<'_>,
    input: &api::GetPermissionsBoundaryForPermissionSetRequest,
) -> Result<api::GetPermissionsBoundaryForPermissionSetResponse> {
    let action = "GetPermissionsBoundaryForPermissionSet";
    let (_, set) = record::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let boundary = match set.boundary.as_ref().ok_or_else(missing)? {
        Boundary::Managed(arn) => {
            api::PermissionsBoundary { managed_policy_arn: Some(arn.clone()), ..Default::default() }
        }
        Boundary::Customer(policy) => api::PermissionsBoundary {
            customer_managed_policy_reference: Some(reference(policy)),
            ..Default::default()
        },
    };
    Ok(api::GetPermissionsBoundaryForPermissionSetResponse { permissions_boundary: Some(boundary) })
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeletePermissionsBoundaryFromPermissionSetRequest,
) -> Result<api::DeletePermissionsBoundaryFromPermissionSetResponse> {
    let action = "DeletePermissionsBoundaryFromPermissionSet";
    record::change(ctx, action, &input.instance_arn, &input.permission_set_arn, |set| {
        set.boundary.take().map(drop).ok_or_else(missing)
    })?;
    Ok(api::DeletePermissionsBoundaryFromPermissionSetResponse {})
}
