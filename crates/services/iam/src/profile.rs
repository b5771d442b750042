//! Instance profiles: what gives the role that it holds to EC2 instances.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::holder::Holder as _;
use crate::named::{self, Head, Named};
use crate::role::{self, Role};
use crate::tag::Tags;
use crate::{error, page};

/// An instance profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) head: Head,
    /// Name of its role: it has one at most.
    pub(crate) role: Option<String>,
    pub(crate) tags: Tags,
}

impl Table for Profile {
    const NAME: &'static str = "iam.instance-profiles";
    type Record = Self;
}

impl Named for Profile {
    const RESOURCE: &'static str = "instance-profile";
    const ID_PREFIX: &'static str = "AIPA";
    const QUOTA: (&'static str, usize) = ("InstanceProfilesPerAccount", 1000);

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn missing(name: &str) -> Error {
        error::no_such_entity(format!("Instance Profile {name} cannot be found."))
    }

    fn taken(name: &str) -> Error {
        error::already_exists(format!("Instance Profile {name} already exists."))
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Profile>()
        .write::<api::CreateInstanceProfile>(create_instance_profile)
        .read::<api::GetInstanceProfile>(get_instance_profile)
        .read::<api::ListInstanceProfiles>(list_instance_profiles)
        .read::<api::ListInstanceProfilesForRole>(list_instance_profiles_for_role)
        .write::<api::AddRoleToInstanceProfile>(add_role_to_instance_profile)
        .write::<api::RemoveRoleFromInstanceProfile>(remove_role_from_instance_profile)
        .write::<api::DeleteInstanceProfile>(delete_instance_profile)
        .write::<api::TagInstanceProfile>(tag_instance_profile)
        .write::<api::UntagInstanceProfile>(untag_instance_profile)
        .read::<api::ListInstanceProfileTags>(list_instance_profile_tags)
}

/// The profile as answers have it.
pub(crate) fn view(ctx: &Ctx<'_>, profile: &Profile) -> api::InstanceProfile {
    let role = profile.role.as_ref().and_then(|name| named::look::<Role>(ctx, name));
    api::InstanceProfile {
        path: profile.head.path.clone(),
        instance_profile_name: profile.head.name.clone(),
        instance_profile_id: profile.head.id.clone(),
        arn: named::arn_of(ctx, profile),
        create_date: profile.head.created,
        roles: role.map(|role| role::view(ctx, role)).into_iter().collect(),
        tags: profile.tags.some(),
    }
}

/// The profiles that hold a role.
pub(crate) fn of_role<'t>(ctx: &'t Ctx<'_>, role: &str) -> impl Iterator<Item = &'t Profile> {
    let all = ctx.scan::<Profile>(&named::prefix(ctx)).map(|(_, profile)| profile);
    let role = role.to_owned();
    all.filter(move |profile| profile.role.as_ref() == Some(&role))
}

fn create_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &api::CreateInstanceProfileRequest,
) -> Result<api::CreateInstanceProfileResponse> {
    let tags = Tags::new(input.tags.as_deref())?;
    let head = Head::fresh::<Profile>(ctx, &input.instance_profile_name, input.path.as_deref())?;
    let profile = Profile { head, role: None, tags };
    let instance_profile = view(ctx, &profile);
    named::add(ctx, profile)?;
    Ok(api::CreateInstanceProfileResponse { instance_profile })
}

fn get_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &api::GetInstanceProfileRequest,
) -> Result<api::GetInstanceProfileResponse> {
    let profile = named::find(ctx, &input.instance_profile_name)?;
    Ok(api::GetInstanceProfileResponse { instance_profile: view(ctx, profile) })
}

fn list_instance_profiles(
    ctx: &mut Ctx<'_>,
    input: &api::ListInstanceProfilesRequest,
) -> Result<api::ListInstanceProfilesResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = named::list::<Profile>(ctx, input.path_prefix.as_deref(), &window);
    let shown =
        page.items.into_iter().map(|profile| api::InstanceProfile { tags: None, ..view(ctx, profile) });
    Ok(api::ListInstanceProfilesResponse {
        instance_profiles: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn list_instance_profiles_for_role(
    ctx: &mut Ctx<'_>,
    input: &api::ListInstanceProfilesForRoleRequest,
) -> Result<api::ListInstanceProfilesForRoleResponse> {
    named::find::<Role>(ctx, &input.role_name)?;
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let profiles = of_role(ctx, &input.role_name);
    let page = window.list(profiles, |profile| named::key(ctx, &profile.head.name));
    let shown =
        page.items.into_iter().map(|profile| api::InstanceProfile { tags: None, ..view(ctx, profile) });
    Ok(api::ListInstanceProfilesForRoleResponse {
        instance_profiles: shown.collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn add_role_to_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &api::AddRoleToInstanceProfileRequest,
) -> Result<Empty> {
    let profile = &input.instance_profile_name;
    named::find::<Profile>(ctx, profile)?;
    named::find::<Role>(ctx, &input.role_name)?.modifiable(ctx.caller())?;
    named::change::<Profile, _>(ctx, profile, |profile| {
        if profile.role.is_some() {
            return Err(error::quota("InstanceSessionsPerInstanceProfile", 1));
        }
        profile.role = Some(input.role_name.clone());
        Ok(())
    })?;
    Ok(Empty {})
}

fn remove_role_from_instance_profile(
    ctx: &mut Ctx<'_>,
    input: &api::RemoveRoleFromInstanceProfileRequest,
) -> Result<Empty> {
    named::change::<Profile, _>(ctx, &input.instance_profile_name, |profile| {
        if profile.role.as_ref() != Some(&input.role_name) {
            return Err(Role::missing(&input.role_name));
        }
        profile.role = None;
        Ok(())
    })?;
    Ok(Empty {})
}

fn delete_instance_profile(ctx: &mut Ctx<'_>, input: &api::DeleteInstanceProfileRequest) -> Result<Empty> {
    let name = &input.instance_profile_name;
    if named::find::<Profile>(ctx, name)?.role.is_some() {
        return Err(error::delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    ctx.delete::<Profile>(&named::key(ctx, name))?;
    Ok(Empty {})
}

fn tag_instance_profile(ctx: &mut Ctx<'_>, input: &api::TagInstanceProfileRequest) -> Result<Empty> {
    let name = &input.instance_profile_name;
    named::change::<Profile, _>(ctx, name, |profile| profile.tags.set(&input.tags))?;
    Ok(Empty {})
}

fn untag_instance_profile(ctx: &mut Ctx<'_>, input: &api::UntagInstanceProfileRequest) -> Result<Empty> {
    named::change::<Profile, _>(ctx, &input.instance_profile_name, |profile| {
        profile.tags.remove(&input.tag_keys);
        Ok(())
    })?;
    Ok(Empty {})
}

fn list_instance_profile_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListInstanceProfileTagsRequest,
) -> Result<api::ListInstanceProfileTagsResponse> {
    let profile = named::find::<Profile>(ctx, &input.instance_profile_name)?;
    let page = profile.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListInstanceProfileTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}
