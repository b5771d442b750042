//! Groups of users.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::document::Kind;
use crate::holder::{self, Holder, Holdings};
use crate::named::{self, Head, Named};
use crate::policy::attachment::Holding;
use crate::user::{self, User};
use crate::{error, page};

/// Groups that a user may be in (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 10;

/// A group. Who is in it, users know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) head: Head,
    pub(crate) holdings: Holdings,
}

impl Table for Group {
    const NAME: &'static str = "iam.groups";
    type Record = Self;
}

impl Named for Group {
    const RESOURCE: &'static str = "group";
    const ID_PREFIX: &'static str = "AGPA";
    const QUOTA: (&'static str, usize) = ("GroupsPerAccount", 300);

    fn head(&self) -> &Head {
        &self.head
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    fn missing(name: &str) -> Error {
        error::no_such_entity(format!("The group with name {name} cannot be found."))
    }

    fn taken(name: &str) -> Error {
        error::already_exists(format!("Group with name {name} already exists."))
    }
}

impl Holder for Group {
    const HOLDING: Holding = Holding::Group;
    const INLINE: Kind = Kind::InlineGroup;
    const ATTACHED_QUOTA: &'static str = "PoliciesPerGroup";

    fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    fn holdings_mut(&mut self) -> &mut Holdings {
        &mut self.holdings
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Group>()
        .write::<api::CreateGroup>(create_group)
        .read::<api::GetGroup>(get_group)
        .read::<api::ListGroups>(list_groups)
        .read::<api::ListGroupsForUser>(list_groups_for_user)
        .write::<api::UpdateGroup>(update_group)
        .write::<api::DeleteGroup>(delete_group)
        .write::<api::AddUserToGroup>(add_user_to_group)
        .write::<api::RemoveUserFromGroup>(remove_user_from_group)
}

pub(crate) fn view(ctx: &Ctx<'_>, group: &Group) -> api::Group {
    api::Group {
        path: group.head.path.clone(),
        group_name: group.head.name.clone(),
        group_id: group.head.id.clone(),
        arn: named::arn_of(ctx, group),
        create_date: group.head.created,
    }
}

/// The users in a group, in the order of their names.
fn members<'t>(ctx: &'t Ctx<'_>, group: &str) -> impl Iterator<Item = &'t User> {
    let group = group.to_owned();
    let users = ctx.scan::<User>(&named::prefix(ctx)).map(|(_, user)| user);
    users.filter(move |user| user.groups.contains(&group))
}

fn create_group(ctx: &mut Ctx<'_>, input: &api::CreateGroupRequest) -> Result<api::CreateGroupResponse> {
    let head = Head::fresh::<Group>(ctx, &input.group_name, input.path.as_deref())?;
    let group = Group { head, holdings: Holdings::default() };
    let shown = view(ctx, &group);
    named::add(ctx, group)?;
    Ok(api::CreateGroupResponse { group: shown })
}

fn get_group(ctx: &mut Ctx<'_>, input: &api::GetGroupRequest) -> Result<api::GetGroupResponse> {
    let group = named::find::<Group>(ctx, &input.group_name)?;
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = window.list(members(ctx, &input.group_name), |user| named::key(ctx, &user.head.name));
    Ok(api::GetGroupResponse {
        group: view(ctx, group),
        users: page.items.into_iter().map(|user| user::view(ctx, user)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn list_groups(ctx: &mut Ctx<'_>, input: &api::ListGroupsRequest) -> Result<api::ListGroupsResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = named::list::<Group>(ctx, input.path_prefix.as_deref(), &window);
    Ok(api::ListGroupsResponse {
        groups: page.items.into_iter().map(|group| view(ctx, group)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

fn list_groups_for_user(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupsForUserRequest,
) -> Result<api::ListGroupsForUserResponse> {
    let names = &named::find::<User>(ctx, &input.user_name)?.groups;
    let page = page::texts(names.iter(), input.max_items, input.marker.as_deref())?;
    let groups = page.items.into_iter().filter_map(|name| named::look::<Group>(ctx, name));
    Ok(api::ListGroupsForUserResponse {
        groups: groups.map(|group| view(ctx, group)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

/// Gives a group another name or path. Its members stay.
fn update_group(ctx: &mut Ctx<'_>, input: &api::UpdateGroupRequest) -> Result<Empty> {
    let mut group = named::find::<Group>(ctx, &input.group_name)?.clone();
    holder::forget(ctx, &group)?;
    named::rename(ctx, &mut group, input.new_group_name.as_deref(), input.new_path.as_deref())?;
    holder::remember(ctx, &group)?;
    let users: Vec<String> = members(ctx, &input.group_name).map(|user| user.head.name.clone()).collect();
    for user in users {
        named::change::<User, _>(ctx, &user, |user| {
            user.groups.remove(&input.group_name);
            user.groups.insert(group.head.name.clone());
            Ok(())
        })?;
    }
    Ok(Empty {})
}

fn delete_group(ctx: &mut Ctx<'_>, input: &api::DeleteGroupRequest) -> Result<Empty> {
    let group = named::find::<Group>(ctx, &input.group_name)?.clone();
    if members(ctx, &input.group_name).next().is_some() {
        return Err(error::delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    holder::check_empty(&group)?;
    ctx.delete::<Group>(&named::key(ctx, &input.group_name))?;
    Ok(Empty {})
}

fn add_user_to_group(ctx: &mut Ctx<'_>, input: &api::AddUserToGroupRequest) -> Result<Empty> {
    named::find::<Group>(ctx, &input.group_name)?;
    named::change::<User, _>(ctx, &input.user_name, |user| {
        user.groups.insert(input.group_name.clone());
        if user.groups.len() > MOST {
            return Err(error::quota("GroupsPerUser", MOST));
        }
        Ok(())
    })?;
    Ok(Empty {})
}

fn remove_user_from_group(ctx: &mut Ctx<'_>, input: &api::RemoveUserFromGroupRequest) -> Result<Empty> {
    named::find::<Group>(ctx, &input.group_name)?;
    named::change::<User, _>(ctx, &input.user_name, |user| {
        if user.groups.remove(&input.group_name) {
            return Ok(());
        }
        let message = format!("User {} is not in group {}.", input.user_name, input.group_name);
        Err(error::no_such_entity(message))
    })?;
    Ok(Empty {})
}
