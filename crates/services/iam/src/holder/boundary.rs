//! Permissions boundaries of users and roles.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::Holder;
use crate::error;
use crate::named;
use crate::policy::attachment::{self, Use};
use crate::policy::find;
use crate::role::Role;
use crate::user::User;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::PutUserPermissionsBoundary>(put_user_permissions_boundary)
        .write::<api::PutRolePermissionsBoundary>(put_role_permissions_boundary)
        .write::<api::DeleteUserPermissionsBoundary>(delete_user_permissions_boundary)
        .write::<api::DeleteRolePermissionsBoundary>(delete_role_permissions_boundary)
}

/// A boundary as answers have it.
pub(crate) fn view<H: Holder>(holder: &H) -> Option<api::AttachedPermissionsBoundary> {
    let arn = holder.holdings().boundary.as_ref()?;
    Some(api::AttachedPermissionsBoundary {
        // The API reference names the type `PermissionsBoundaryPolicy`, and the service answers `Policy`.
        permissions_boundary_type: Some("Policy".to_owned()),
        permissions_boundary_arn: Some(arn.clone()),
    })
}

/// Gives a user or role a boundary, in place of the one it has.
///
/// # Errors
/// `NoSuchEntity` where there is no such policy.
pub(crate) fn give<H: Holder>(ctx: &mut Ctx<'_>, name: &str, arn: &str) -> Result<()> {
    named::find::<H>(ctx, name)?.modifiable(ctx.caller())?;
    if find::find(ctx, arn)?.is_none() {
        return Err(error::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    exchange::<H>(ctx, name, Some(arn))?;
    Ok(())
}

fn take<H: Holder>(ctx: &mut Ctx<'_>, name: &str) -> Result<Empty> {
    named::find::<H>(ctx, name)?.modifiable(ctx.caller())?;
    if exchange::<H>(ctx, name, None)?.is_none() {
        let message = format!("The {} with name {name} does not have a permissions boundary.", H::RESOURCE);
        return Err(error::no_such_entity(message));
    }
    Ok(Empty {})
}

/// Sets the boundary and gives the one before.
fn exchange<H: Holder>(ctx: &mut Ctx<'_>, name: &str, arn: Option<&str>) -> Result<Option<String>> {
    let (before, head) = named::change::<H, _>(ctx, name, |holder| {
        let head = holder.head().clone();
        Ok((std::mem::replace(&mut holder.holdings_mut().boundary, arn.map(str::to_owned)), head))
    })?;
    if let Some(before) = &before {
        attachment::remove::<H>(ctx, before, &head, Use::Boundary)?;
    }
    if let Some(arn) = arn {
        attachment::add::<H>(ctx, arn, &head, Use::Boundary)?;
    }
    Ok(before)
}

fn put_user_permissions_boundary(
    ctx: &mut Ctx<'_>,
    input: &api::PutUserPermissionsBoundaryRequest,
) -> Result<Empty> {
    give::<User>(ctx, &input.user_name, &input.permissions_boundary)?;
    Ok(Empty {})
}

fn put_role_permissions_boundary(
    ctx: &mut Ctx<'_>,
    input: &api::PutRolePermissionsBoundaryRequest,
) -> Result<Empty> {
    give::<Role>(ctx, &input.role_name, &input.permissions_boundary)?;
    Ok(Empty {})
}

fn delete_user_permissions_boundary(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteUserPermissionsBoundaryRequest,
) -> Result<Empty> {
    take::<User>(ctx, &input.user_name)
}

fn delete_role_permissions_boundary(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteRolePermissionsBoundaryRequest,
) -> Result<Empty> {
    take::<Role>(ctx, &input.role_name)
}
