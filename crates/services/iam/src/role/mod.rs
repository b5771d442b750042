//! Roles.

mod linked;
mod record;
mod update;

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Principal, Result, ServiceDef, Timestamp, audit};

use crate::document::{self, Kind};
use crate::holder::{self, Holder as _, Holdings, boundary_view};
use crate::named::{self, Head};
use crate::profile::Profile;
use crate::tag::Tags;
use crate::{error, page};
pub(crate) use record::Role;
use record::{LINKED, RESERVED};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Role>()
        .write::<api::CreateRole>(create_role)
        .read::<api::GetRole>(get_role)
        .read::<api::ListRoles>(list_roles)
        .write::<api::DeleteRole>(delete_role);
    let definition = update::register(definition);
    linked::register(definition)
}

/// Seconds of a session unless the role says otherwise (API reference, `MaxSessionDuration`).
const USUAL_SESSION: i32 = 3600;

/// The role as answers have it. Lists leave the boundary, the tags and the last use out.
pub(crate) fn view(ctx: &Ctx<'_>, role: &Role) -> api::Role {
    api::Role {
        path: role.head.path.clone(),
        role_name: role.head.name.clone(),
        role_id: role.head.id.clone(),
        arn: named::arn_of(ctx, role),
        create_date: role.head.created,
        assume_role_policy_document: Some(document::encode(&role.trust)),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session),
        ..api::Role::default()
    }
}

/// The role with everything that is known of it.
fn whole(ctx: &Ctx<'_>, role: &Role) -> api::Role {
    api::Role { permissions_boundary: boundary_view(role), tags: role.tags.some(), ..view(ctx, role) }
}

/// When and where a session of the role last called, as far as calls are remembered.
pub(crate) fn last_used(ctx: &Ctx<'_>, role: &Role) -> api::RoleLastUsed {
    let by_role = |principal: &Principal| match principal {
        Principal::AssumedRole { role_id, .. } => *role_id == role.head.id,
        _ => false,
    };
    let last = audit::latest(ctx, |event| by_role(&event.principal));
    api::RoleLastUsed {
        last_used_date: last.as_ref().map(|event| Timestamp::from_secs(event.time.secs())),
        region: last.map(|event| event.scope.region.code().to_owned()),
    }
}

/// The service that a new role of that path belongs to. Services alone make the roles that they keep for their users.
///
/// # Errors
/// `ValidationError` for a path that only service-linked roles have, or roles of another service than the one that calls.
fn service_of(ctx: &Ctx<'_>, path: &str) -> Result<Option<String>> {
    if path.starts_with(LINKED) {
        let message = format!(
            "Unable to create the role: paths that begin with {LINKED} are those of service-linked roles."
        );
        return Err(error::validation(message));
    }
    let Some(rest) = path.strip_prefix(RESERVED) else { return Ok(None) };
    match ctx.caller() {
        Principal::Service { name, .. } if rest.split('/').next() == Some(name) => Ok(Some(name.clone())),
        _ => {
            let message = format!(
                "Unable to create the role: paths that begin with {RESERVED} are those of roles that AWS services keep."
            );
            Err(error::validation(message))
        }
    }
}

fn create_role(ctx: &mut Ctx<'_>, input: &api::CreateRoleRequest) -> Result<api::CreateRoleResponse> {
    let path = input.path.as_deref();
    let service = service_of(ctx, path.unwrap_or("/"))?;
    let trust = &input.assume_role_policy_document;
    document::check(Kind::Trust, trust)?;
    document::check_size(Kind::Trust, std::iter::once(trust), "role")?;
    let role = Role {
        trust: trust.clone(),
        description: input.description.clone(),
        max_session: input.max_session_duration.unwrap_or(USUAL_SESSION),
        tags: Tags::new(input.tags.as_deref())?,
        holdings: Holdings::default(),
        service,
        head: Head::fresh::<Role>(ctx, &input.role_name, path)?,
    };
    named::add(ctx, role)?;
    if let Some(boundary) = &input.permissions_boundary {
        holder::give_boundary::<Role>(ctx, &input.role_name, boundary)?;
    }
    let role = named::find::<Role>(ctx, &input.role_name)?;
    Ok(api::CreateRoleResponse { role: whole(ctx, role) })
}

fn get_role(ctx: &mut Ctx<'_>, input: &api::GetRoleRequest) -> Result<api::GetRoleResponse> {
    let role = named::find::<Role>(ctx, &input.role_name)?;
    let role_last_used = Some(last_used(ctx, role));
    Ok(api::GetRoleResponse { role: api::Role { role_last_used, ..whole(ctx, role) } })
}

fn list_roles(ctx: &mut Ctx<'_>, input: &api::ListRolesRequest) -> Result<api::ListRolesResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = named::list::<Role>(ctx, input.path_prefix.as_deref(), &window);
    Ok(api::ListRolesResponse {
        roles: page.items.into_iter().map(|role| view(ctx, role)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn delete_role(ctx: &mut Ctx<'_>, input: &api::DeleteRoleRequest) -> Result<Empty> {
    let role = named::find::<Role>(ctx, &input.role_name)?.clone();
    role.modifiable(ctx.caller())?;
    holder::check_empty(&role)?;
    let has_profile = |profile: &Profile| profile.role.as_deref() == Some(&*role.head.name);
    if ctx.scan::<Profile>(&named::prefix(ctx)).any(|(_, profile)| has_profile(profile)) {
        return Err(error::delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    holder::forget(ctx, &role)?;
    ctx.delete::<Role>(&named::key(ctx, &input.role_name))?;
    Ok(Empty {})
}
