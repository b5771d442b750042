//! Users.

mod access_key;
mod login;
mod other_keys;
mod record;
mod service_credential;

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::{Ctx, Principal, Result, ServiceDef, Timestamp};

use crate::holder::{self, Holdings, boundary_view};
use crate::named::{self, Head};
use crate::tag::Tags;
use crate::{error, mfa, page};
pub(crate) use record::User;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<User>()
        .write::<api::CreateUser>(create_user)
        .read::<api::GetUser>(get_user)
        .read::<api::ListUsers>(list_users)
        .write::<api::UpdateUser>(update_user)
        .write::<api::DeleteUser>(delete_user)
        .write::<api::TagUser>(tag_user)
        .write::<api::UntagUser>(untag_user)
        .read::<api::ListUserTags>(list_user_tags);
    let definition = access_key::register(definition);
    let definition = login::register(definition);
    let definition = service_credential::register(definition);
    other_keys::register(definition)
}

/// The user as answers have it. Lists leave the boundary and the tags out.
pub(crate) fn view(ctx: &Ctx<'_>, user: &User) -> api::User {
    api::User {
        path: Some(user.head.path.clone()),
        user_name: Some(user.head.name.clone()),
        user_id: user.head.id.clone(),
        arn: named::arn_of(ctx, user),
        create_date: user.head.created,
        ..api::User::default()
    }
}

fn whole(ctx: &Ctx<'_>, user: &User) -> api::User {
    api::User { permissions_boundary: boundary_view(user), tags: user.tags.some(), ..view(ctx, user) }
}

/// The user that a request means: the one it names, or the one who calls.
///
/// # Errors
/// `ValidationError` where it names none and no user calls.
pub(crate) fn meant(ctx: &Ctx<'_>, given: Option<&String>) -> Result<String> {
    match (given, ctx.caller()) {
        (Some(name), _) => Ok(name.clone()),
        (None, Principal::User { name, .. }) => Ok(name.clone()),
        (None, _) => Err(error::validation("Must specify userName when calling with non-User credentials")),
    }
}

/// The user of an id.
pub(crate) fn of_id<'t>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t User> {
    ctx.scan::<User>(&named::prefix(ctx)).map(|(_, user)| user).find(|user| user.head.id == id)
}

fn create_user(ctx: &mut Ctx<'_>, input: &api::CreateUserRequest) -> Result<api::CreateUserResponse> {
    let user = User {
        tags: Tags::new(input.tags.as_deref())?,
        head: Head::fresh::<User>(ctx, &input.user_name, input.path.as_deref())?,
        holdings: Holdings::default(),
        groups: BTreeSet::new(),
        keys: BTreeMap::new(),
        login: None,
        service_credentials: BTreeMap::new(),
    };
    named::add(ctx, user)?;
    if let Some(boundary) = &input.permissions_boundary {
        holder::give_boundary::<User>(ctx, &input.user_name, boundary)?;
    }
    let user = named::find::<User>(ctx, &input.user_name)?;
    Ok(api::CreateUserResponse { user: Some(whole(ctx, user)) })
}

/// The root user has neither a name nor a path, and was always there.
fn root(ctx: &Ctx<'_>) -> api::User {
    api::User {
        user_id: ctx.scope().account.to_string(),
        arn: named::arn(ctx, "root"),
        create_date: Timestamp::from_secs(0),
        ..api::User::default()
    }
}

/// The user of that name. Where a request names none, it is about whoever calls, which the root user may be, too.
fn get_user(ctx: &mut Ctx<'_>, input: &api::GetUserRequest) -> Result<api::GetUserResponse> {
    if input.user_name.is_none() && matches!(ctx.caller(), Principal::Root { .. }) {
        return Ok(api::GetUserResponse { user: root(ctx) });
    }
    let name = meant(ctx, input.user_name.as_ref())?;
    let user = named::find::<User>(ctx, &name)?;
    Ok(api::GetUserResponse { user: whole(ctx, user) })
}

fn list_users(ctx: &mut Ctx<'_>, input: &api::ListUsersRequest) -> Result<api::ListUsersResponse> {
    let window = page::window(input.max_items, input.marker.as_deref())?;
    let page = named::list::<User>(ctx, input.path_prefix.as_deref(), &window);
    Ok(api::ListUsersResponse {
        users: page.items.into_iter().map(|user| view(ctx, user)).collect(),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

/// Gives a user another name or path. Its id and its keys stay the same.
fn update_user(ctx: &mut Ctx<'_>, input: &api::UpdateUserRequest) -> Result<Empty> {
    let mut user = named::find::<User>(ctx, &input.user_name)?.clone();
    holder::forget(ctx, &user)?;
    named::rename(ctx, &mut user, input.new_user_name.as_deref(), input.new_path.as_deref())?;
    holder::remember(ctx, &user)?;
    access_key::follow(ctx, &user)?;
    Ok(Empty {})
}

fn delete_user(ctx: &mut Ctx<'_>, input: &api::DeleteUserRequest) -> Result<Empty> {
    let user = named::find::<User>(ctx, &input.user_name)?.clone();
    let first = |what: &str| Err(error::delete_conflict(format!("Cannot delete entity, must {what} first.")));
    if user.login.is_some() {
        return first("delete login profile");
    }
    if !user.keys.is_empty() {
        return first("delete access keys");
    }
    if !user.service_credentials.is_empty() {
        return first("delete service specific credentials");
    }
    if mfa::count_of(ctx, &user) > 0 {
        return first("delete MFA device");
    }
    if !user.groups.is_empty() {
        return first("remove users from group");
    }
    holder::check_empty(&user)?;
    holder::forget(ctx, &user)?;
    ctx.delete::<User>(&named::key(ctx, &input.user_name))?;
    Ok(Empty {})
}

fn tag_user(ctx: &mut Ctx<'_>, input: &api::TagUserRequest) -> Result<Empty> {
    named::change::<User, _>(ctx, &input.user_name, |user| user.tags.set(&input.tags))?;
    Ok(Empty {})
}

fn untag_user(ctx: &mut Ctx<'_>, input: &api::UntagUserRequest) -> Result<Empty> {
    named::change::<User, _>(ctx, &input.user_name, |user| {
        user.tags.remove(&input.tag_keys);
        Ok(())
    })?;
    Ok(Empty {})
}

fn list_user_tags(ctx: &mut Ctx<'_>, input: &api::ListUserTagsRequest) -> Result<api::ListUserTagsResponse> {
    let user = named::find::<User>(ctx, &input.user_name)?;
    let page = user.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListUserTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}
