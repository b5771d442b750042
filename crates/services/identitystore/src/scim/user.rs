//! Users over SCIM.

use ironbird_rig::{Ctx, Key, Result};
use serde_json::{Map, Value};

use super::filter::Filter;
use super::{patch, resource};
use crate::caller::Stamp;
use crate::membership::record::{ByMember, pair};
use crate::user::record::{self, Unique, Uniques, User, Users};
use crate::user::{self, check};

/// The attributes that users are filtered by, together (ListUsers).
pub(super) const FILTERS: [&[&str]; 5] =
    [&["username"], &["externalid"], &["id"], &["id", "manager"], &["groups.value"]];

/// Makes a user.
///
/// # Errors
/// `ValidationException`, and `ConflictException` where another has its name or address.
pub(super) fn create(ctx: &mut Ctx<'_>, store: &Key, body: &Map<String, Value>) -> Result<Value> {
    let given = resource::read(body)?;
    check::check(ctx, &given.attributes)?;
    let id = user::add(ctx, store, given.attributes)?;
    let before = record::get(ctx, store, &id)?.clone();
    let user = User { external: given.external, disabled: !given.active, ..before.clone() };
    save(ctx, store, &before, user)
}

/// Keeps a user in the place of what it was before, and shows it.
fn save(ctx: &mut Ctx<'_>, store: &Key, before: &User, user: User) -> Result<Value> {
    let shown = resource::shown(&user);
    record::save(ctx, store, Some(before), user)?;
    Ok(shown)
}

/// Shows a user.
///
/// # Errors
/// `ResourceNotFoundException`
pub(super) fn show(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<Value> {
    Ok(resource::shown(record::get(ctx, store, id)?))
}

/// Puts a user in the place of another of the same id.
///
/// # Errors
/// Those of [`create`] and [`show`].
pub(super) fn replace(ctx: &mut Ctx<'_>, store: &Key, id: &str, body: &Map<String, Value>) -> Result<Value> {
    let before = record::get(ctx, store, id)?.clone();
    let given = resource::read(body)?;
    check::check(ctx, &given.attributes)?;
    let user = User {
        attributes: given.attributes,
        external: given.external,
        disabled: !given.active,
        updated: Stamp::now(ctx),
        ..before.clone()
    };
    save(ctx, store, &before, user)
}

/// Changes parts of a user.
///
/// # Errors
/// Those of [`create`] and [`show`].
pub(super) fn patch(ctx: &mut Ctx<'_>, store: &Key, id: &str, body: &Map<String, Value>) -> Result<Value> {
    let mut shown = show(ctx, store, id)?;
    for operation in patch::operations(body)? {
        patch::apply(&mut shown, &operation)?;
    }
    match &shown {
        Value::Object(changed) => replace(ctx, store, id, changed),
        _ => Err(super::missing()),
    }
}

/// Deletes a user.
///
/// # Errors
/// `ResourceNotFoundException`
pub(super) fn delete(ctx: &mut Ctx<'_>, store: &Key, id: &str) -> Result<()> {
    user::remove(ctx, store, id)
}

/// The users that a filter is about, in the order of their ids.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn matching(ctx: &Ctx<'_>, store: &Key, filter: Option<&Filter>) -> Result<Vec<Value>> {
    let Some(filter) = filter else { return Ok(all(ctx, store, |_| true)) };
    if let Some(name) = filter.value("username") {
        let id = ctx.peek::<Uniques>(&Unique::UserName.key(store, name));
        let found = id.and_then(|id| record::get(ctx, store, id).ok());
        return Ok(found.map(resource::shown).into_iter().collect());
    }
    if let Some(group) = filter.value("groups.value") {
        let is_in = |user: &User| ctx.peek::<ByMember>(&pair(store, &user.id, group)).is_some();
        return Ok(all(ctx, store, is_in));
    }
    Ok(all(ctx, store, |user| {
        let manager =
            || resource::shown(user)[resource::ENTERPRISE]["manager"]["value"].as_str().map(str::to_owned);
        filter.value("externalid").is_none_or(|wanted| user.external.as_deref() == Some(wanted))
            && filter.value("id").is_none_or(|wanted| user.id == wanted)
            && filter.value("manager").is_none_or(|wanted| manager().as_deref() == Some(wanted))
    }))
}

fn all(ctx: &Ctx<'_>, store: &Key, wanted: impl Fn(&User) -> bool) -> Vec<Value> {
    let users = ctx.scan::<Users>(store).map(|(_, user)| user);
    users.filter(|user| wanted(user)).map(resource::shown).collect()
}
