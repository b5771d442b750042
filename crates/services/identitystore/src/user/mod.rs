//! Users.

pub(crate) mod access;
pub(crate) mod attempts;
mod change;
pub(crate) mod check;
pub(crate) mod record;

use ironbird_api::identitystore as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};
use serde_json::{Map, Value};

use crate::caller::Stamp;
use crate::error::{self, Kind};
use crate::{REMOVED, membership, page, store};
use record::{Unique, Uniques, User, Users};

/// Users that a store may have (Identity Center quotas in its user guide).
const MOST: u64 = 100_000;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = access::register(definition);
    definition
        .table::<Users>()
        .table::<Uniques>()
        .write::<api::CreateUser>(create_user)
        .read::<api::DescribeUser>(describe_user)
        .read::<api::GetUserId>(get_user_id)
        .read::<api::ListUsers>(list_users)
        .write::<api::UpdateUser>(update_user)
        .write::<api::DeleteUser>(delete_user)
}

fn create_user(ctx: &mut Ctx<'_>, input: &api::CreateUserRequest) -> Result<api::CreateUserResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user_id = add(ctx, &store, record::attributes(input)?)?;
    Ok(api::CreateUserResponse { identity_store_id: input.identity_store_id.clone(), user_id })
}

/// Adds a user with these attributes; its id.
///
/// # Errors
/// `ValidationException` for attributes that a user cannot have, `ConflictException` where another has what only one may have, and
/// `ServiceQuotaExceededException`.
pub(crate) fn add(ctx: &mut Ctx<'_>, store: &Key, attributes: Map<String, Value>) -> Result<String> {
    check::check(ctx, &attributes)?;
    if ctx.peek::<store::Stores>(store).is_some_and(|store| store.users >= MOST) {
        return Err(error::quota(ctx, format!("An identity store can have at most {MOST} users.")));
    }
    let stamp = Stamp::now(ctx);
    let user = User {
        id: ctx.fresh_uuid("identitystore.user")?,
        attributes,
        external: None,
        disabled: false,
        created: stamp.clone(),
        updated: stamp,
    };
    let id = user.id.clone();
    record::save(ctx, store, None, user)?;
    store::count(ctx, store, |store| store.users += 1)?;
    Ok(id)
}

fn describe_user(ctx: &mut Ctx<'_>, input: &api::DescribeUserRequest) -> Result<api::DescribeUserResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user = record::get(ctx, &store, &input.user_id)?;
    user.view(record::DESCRIBED, &input.identity_store_id, input.extensions.as_deref())
}

fn get_user_id(ctx: &mut Ctx<'_>, input: &api::GetUserIdRequest) -> Result<api::GetUserIdResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let user_id = alternate(ctx, &store, &input.alternate_identifier)?;
    Ok(api::GetUserIdResponse { identity_store_id: input.identity_store_id.clone(), user_id })
}

/// The id of the user that something else names. An external id is told apart by its issuer, which this rig has no name for.
fn alternate(ctx: &Ctx<'_>, store: &Key, given: &api::AlternateIdentifier) -> Result<String> {
    let missing = || error::not_found(ctx, Kind::User, None);
    let Some(attribute) = &given.unique_attribute else { return Err(missing()) };
    let path = &attribute.attribute_path;
    let unique = Unique::ALL.into_iter().find(|unique| unique.path().eq_ignore_ascii_case(path));
    let unique = unique
        .ok_or_else(|| error::validation(ctx, format!("The attribute {path} is not a unique attribute")))?;
    let value = attribute.attribute_value.as_str().filter(|value| !value.is_empty()).ok_or_else(|| {
        error::validation(ctx, "attribute value cannot be empty or null for attribute path")
    })?;
    ctx.peek::<Uniques>(&unique.key(store, value)).cloned().ok_or_else(missing)
}

fn list_users(ctx: &mut Ctx<'_>, input: &api::ListUsersRequest) -> Result<api::ListUsersResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let window = page::window(ctx, input.max_results, input.next_token.as_deref())?;
    let show = |user: &User| user.view(record::LISTED, &input.identity_store_id, input.extensions.as_deref());
    let filter = input.filters.iter().flatten().next();
    let Some(filter) = filter else {
        let page = window.scan::<Users, _>(ctx, &store, |user| Some(show(user)));
        let users = page.items.into_iter().collect::<Result<_>>()?;
        return Ok(api::ListUsersResponse { users, next_token: page.next });
    };
    if !filter.attribute_path.eq_ignore_ascii_case(Unique::UserName.path()) {
        let message = format!("The filter attribute path {} is not supported.", filter.attribute_path);
        return Err(error::validation(ctx, message));
    }
    let found = ctx.peek::<Uniques>(&Unique::UserName.key(&store, &filter.attribute_value));
    let users = found.map(|id| show(record::get(ctx, &store, id)?)).into_iter().collect::<Result<_>>()?;
    Ok(api::ListUsersResponse { users, next_token: None })
}

fn update_user(ctx: &mut Ctx<'_>, input: &api::UpdateUserRequest) -> Result<api::UpdateUserResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    let before = record::get(ctx, &store, &input.user_id)?.clone();
    let mut user = before.clone();
    for operation in &input.operations {
        change::apply(ctx, &mut user.attributes, operation)?;
    }
    // What is left of a name whose parts were all removed.
    user.attributes.retain(|_, value| !matches!(value, Value::Object(inner) if inner.is_empty()));
    check::check(ctx, &user.attributes)?;
    user.updated = Stamp::now(ctx);
    record::save(ctx, &store, Some(&before), user)?;
    Ok(api::UpdateUserResponse {})
}

fn delete_user(ctx: &mut Ctx<'_>, input: &api::DeleteUserRequest) -> Result<api::DeleteUserResponse> {
    let store = store::open(ctx, &input.identity_store_id)?;
    remove(ctx, &store, &input.user_id)?;
    Ok(api::DeleteUserResponse {})
}

/// Removes a user, and with it whatever it is in.
///
/// # Errors
/// `ResourceNotFoundException`
pub(crate) fn remove(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<()> {
    let user = record::get(ctx, store, id)?.clone();
    membership::leave_all(ctx, store, &user.id)?;
    access::forget(ctx, store, &user.id)?;
    record::forget(ctx, store, &user)?;
    store::count(ctx, store, |store| store.users = store.users.saturating_sub(1))?;
    ctx.emit(REMOVED, &format!("USER/{}", user.id))
}
