//! Whether a user can sign in: its password, and whether it is enabled. AWS has operations for neither: both are set in the
//! console of Identity Center, and here by levers.

use ironbird_rig::credentials::Password;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde_json::{Value, json};

use super::attempts::{self, Attempts};
use super::record::{self, Unique, Uniques, User, Users};
use crate::error::{self, Kind};
use crate::store;

/// Letters of a password, fewest and most ("Password requirements when managing identities" in the user guide).
const LENGTH: (usize, usize) = (8, 64);

/// The passwords: (account, Region, store, user).
pub(crate) struct Passwords;

impl Table for Passwords {
    const NAME: &'static str = "identitystore.passwords";
    type Record = Password;
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Passwords>()
        .table::<Attempts>()
        .lever("identitystore.password", pull_password)
        .lever("identitystore.enable", |ctx, given| pull_enabled(ctx, given, true))
        .lever("identitystore.disable", |ctx, given| pull_enabled(ctx, given, false))
        .lever("identitystore.check-password", pull_check_password)
        .lever("identitystore.wrong-password", pull_wrong_password)
}

/// A text among what a lever was given.
fn text<'g>(ctx: &Ctx<'_>, given: &'g Value, name: &str) -> Result<&'g str> {
    let missing = || error::validation(ctx, format!("`{name}` is missing: it must be a text."));
    given.get(name).and_then(Value::as_str).ok_or_else(missing)
}

/// The user that a lever is for: `identityStoreId` and `userName`.
fn named(ctx: &Ctx<'_>, given: &Value) -> Result<(Key, User)> {
    let store = store::open(ctx, text(ctx, given, "identityStoreId")?)?;
    let user = find(ctx, &store, text(ctx, given, "userName")?).cloned();
    let user = user.ok_or_else(|| error::not_found(ctx, Kind::User, None))?;
    Ok((store, user))
}

fn find<'t>(ctx: &'t Ctx<'_>, store: &Key, name: &str) -> Option<&'t User> {
    let id = ctx.peek::<Uniques>(&Unique::UserName.key(store, name))?;
    record::get(ctx, store, id).ok()
}

/// Gives a user a password: `{"identityStoreId": "d-…", "userName": "…", "password": "…"}`.
fn pull_password(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (store, user) = named(ctx, given)?;
    let plain = text(ctx, given, "password")?;
    if !fits(plain) {
        let (fewest, most) = LENGTH;
        let message = format!(
            "A password has {fewest} to {most} characters, among them lowercase and uppercase letters, numbers and others."
        );
        return Err(error::validation(ctx, message));
    }
    let password = Password::new(ctx, "identitystore.password", plain)?;
    attempts::forget(ctx, &store, &user.id)?;
    ctx.put::<Passwords>(store.text(&user.id), password)?;
    Ok(json!({ "userId": user.id }))
}

fn fits(plain: &str) -> bool {
    let has = |kind: fn(char) -> bool| plain.chars().any(kind);
    (LENGTH.0..=LENGTH.1).contains(&plain.chars().count())
        && has(char::is_lowercase)
        && has(char::is_uppercase)
        && has(char::is_numeric)
        && has(|letter| !letter.is_alphanumeric())
}

/// Lets a user sign in, or not: `{"identityStoreId": "d-…", "userName": "…"}`.
fn pull_enabled(ctx: &mut Ctx<'_>, given: &Value, enabled: bool) -> Result<Value> {
    let (store, user) = named(ctx, given)?;
    ctx.update::<Users, _>(&store.text(&user.id), |user| user.disabled = !enabled)?;
    Ok(json!({ "userId": user.id }))
}

/// Whether a user may sign in with a password: `{"identityStoreId": "d-…", "userName": "…", "password": "…"}`. Says nothing of
/// why not, and takes as long for a user that is not there.
fn pull_check_password(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let store = store::open(ctx, text(ctx, given, "identityStoreId")?)?;
    let user = find(ctx, &store, text(ctx, given, "userName")?);
    let password = user.and_then(|user| ctx.peek::<Passwords>(&store.clone().text(&user.id)));
    let right = password.unwrap_or(&Password::nobodys()).is(text(ctx, given, "password")?);
    let is_good = |user: &&User| !user.disabled && !attempts::has_to_wait(ctx, &store, &user.id);
    match user.filter(|_| right && password.is_some()).filter(is_good).map(|user| user.id.clone()) {
        Some(user) => {
            attempts::forget(ctx, &store, &user)?;
            Ok(json!({ "userId": user }))
        }
        None => Err(ironbird_rig::Error::with_status(
            403,
            "AccessDeniedException",
            "Wrong user name or password.",
        )),
    }
}

/// Counts that a password was wrong: `{"identityStoreId": "d-…", "userName": "…"}`.
fn pull_wrong_password(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let store = store::open(ctx, text(ctx, given, "identityStoreId")?)?;
    let user = find(ctx, &store, text(ctx, given, "userName")?).map(|user| user.id.clone());
    if let Some(user) = user {
        attempts::count(ctx, &store, &user)?;
    }
    Ok(json!({}))
}

/// Forgets the password of a user that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, store: &Key, user: &str) -> Result<()> {
    attempts::forget(ctx, store, user)?;
    ctx.delete::<Passwords>(&store.clone().text(user)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn passwords_have_letters_of_every_kind() {
        for plain in ["Correct-horse1", "aB3 aB3 "] {
            assert!(fits(plain), "{plain}");
        }
        let long = format!("aB3-{}", "x".repeat(61));
        for plain in
            ["", "aB3-aB3", "correct-horse1", "CORRECT-HORSE1", "Correct-horse", "Correcthorse1", &long]
        {
            assert!(!fits(plain), "{plain}");
        }
    }
}
