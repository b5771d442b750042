//! What can be changed of a role: its trust policy, its description, how long its sessions last, its tags.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::{USUAL_SESSION, record::Role, view};
use crate::document::{self, Kind};
use crate::holder::{self, Holder as _};
use crate::named;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::UpdateRole>(update_role)
        .write::<api::UpdateRoleDescription>(update_role_description)
        .write::<api::UpdateAssumeRolePolicy>(update_assume_role_policy)
        .write::<api::TagRole>(tag_role)
        .write::<api::UntagRole>(untag_role)
        .read::<api::ListRoleTags>(list_role_tags)
}

/// Whether the caller may change the description of a role: of a service-linked role, that is all it may change.
fn describable(ctx: &Ctx<'_>, name: &str) -> Result<()> {
    let role = named::find::<Role>(ctx, name)?;
    if role.is_linked() { Ok(()) } else { role.modifiable(ctx.caller()) }
}

/// Sets description and duration; what is left out goes back to what a new role has.
fn update_role(ctx: &mut Ctx<'_>, input: &api::UpdateRoleRequest) -> Result<api::UpdateRoleResponse> {
    describable(ctx, &input.role_name)?;
    if input.max_session_duration.is_some() {
        named::find::<Role>(ctx, &input.role_name)?.modifiable(ctx.caller())?;
    }
    named::change::<Role, _>(ctx, &input.role_name, |role| {
        role.description.clone_from(&input.description);
        role.max_session = input.max_session_duration.unwrap_or(USUAL_SESSION);
        Ok(())
    })?;
    Ok(api::UpdateRoleResponse {})
}

fn update_role_description(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateRoleDescriptionRequest,
) -> Result<api::UpdateRoleDescriptionResponse> {
    describable(ctx, &input.role_name)?;
    named::change::<Role, _>(ctx, &input.role_name, |role| {
        role.description = Some(input.description.clone());
        Ok(())
    })?;
    let role = named::find::<Role>(ctx, &input.role_name)?;
    Ok(api::UpdateRoleDescriptionResponse { role: Some(view(ctx, role)) })
}

fn update_assume_role_policy(ctx: &mut Ctx<'_>, input: &api::UpdateAssumeRolePolicyRequest) -> Result<Empty> {
    let trust = &input.policy_document;
    holder::change::<Role, _>(ctx, &input.role_name, |role| {
        document::check(Kind::Trust, trust)?;
        document::check_size(Kind::Trust, std::iter::once(trust), "role")?;
        role.trust.clone_from(trust);
        Ok(())
    })?;
    Ok(Empty {})
}

fn tag_role(ctx: &mut Ctx<'_>, input: &api::TagRoleRequest) -> Result<Empty> {
    holder::change::<Role, _>(ctx, &input.role_name, |role| role.tags.set(&input.tags))?;
    Ok(Empty {})
}

fn untag_role(ctx: &mut Ctx<'_>, input: &api::UntagRoleRequest) -> Result<Empty> {
    holder::change::<Role, _>(ctx, &input.role_name, |role| {
        role.tags.remove(&input.tag_keys);
        Ok(())
    })?;
    Ok(Empty {})
}

fn list_role_tags(ctx: &mut Ctx<'_>, input: &api::ListRoleTagsRequest) -> Result<api::ListRoleTagsResponse> {
    let role = named::find::<Role>(ctx, &input.role_name)?;
    let page = role.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListRoleTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}
