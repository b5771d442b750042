//! Who signs in: with a name and a password of an identity store. The token of a sign-in is what a browser keeps of it.

use ironbird_api::identitystore as people;
use ironbird_rig::credentials::sign_in::{self, SignIn};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};
use serde_json::{Value, json};

use crate::instance::{self, Instance};
use crate::{PRINCIPAL, error, given};

/// Seconds that somebody stays signed in: eight hours, which an instance has unless its console says otherwise ("Configure the
/// session duration" in the user guide).
pub(crate) const LASTS: i64 = 8 * 3600;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .lever("sso-oidc.sign-in", pull_sign_in)
        .lever("sso-oidc.wrong-password", pull_wrong_password)
        .lever("sso-oidc.who", pull_who)
        .lever("sso-oidc.sign-out", pull_sign_out)
}

/// The instance of the identity store that a lever is for.
fn named(ctx: &Ctx<'_>, given: &Value) -> Result<Instance> {
    let store = given::text(given, "identityStoreId")?;
    let missing =
        || Error::with_status(404, "ResourceNotFoundException", format!("There is no directory {store}."));
    instance::of_store(ctx, store).cloned().ok_or_else(missing)
}

/// Counts that a sign-in failed: `{"identityStoreId": "d-…", "userName": "…"}`. Whoever asks for passwords says so, because a call
/// that fails leaves nothing behind.
fn pull_wrong_password(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let scope = named(ctx, given)?.scope;
    ctx.within(scope, |ctx| ctx.pull("identitystore.wrong-password", given))
}

/// Signs in: `{"identityStoreId": "d-…", "userName": "…", "password": "…"}`. Answers the token of the sign-in.
fn pull_sign_in(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let instance = named(ctx, given)?;
    let checked = ctx.within(instance.scope, |ctx| ctx.pull("identitystore.check-password", given))?;
    let user = given::text(&checked, "userId")?.to_owned();
    let ends = Timestamp::from_secs(ctx.now().secs() + LASTS);
    let sign_in = SignIn { scope: instance.scope, instance: instance.arn, store: instance.store, user, ends };
    let id = sign_in::begin(ctx, sign_in)?;
    let (token, _) = sign_in::issue(ctx, &id, LASTS)?.ok_or_else(error::signed_out)?;
    Ok(json!({ "token": token }))
}

/// The sign-in that a token is of, and its id, as long as its user may sign in.
///
/// # Errors
/// `UnauthorizedException`
pub(crate) fn signed_in(ctx: &mut Ctx<'_>, token: &str) -> Result<(String, SignIn)> {
    let found = sign_in::of_token(ctx, token).map(|(id, sign_in)| (id.to_owned(), sign_in.clone()));
    let (id, sign_in) = found.ok_or_else(error::signed_out)?;
    user(ctx, &sign_in)?.ok_or_else(error::signed_out)?;
    Ok((id, sign_in))
}

/// The user of a sign-in; none where there is no such user any more, or it is disabled.
///
/// # Errors
/// Those of `DescribeUser` that say something else.
pub(crate) fn user(ctx: &mut Ctx<'_>, sign_in: &SignIn) -> Result<Option<people::DescribeUserResponse>> {
    let input = people::DescribeUserRequest {
        identity_store_id: sign_in.store.clone(),
        user_id: sign_in.user.clone(),
        extensions: None,
    };
    match ctx.within(sign_in.scope, |ctx| ctx.call::<people::DescribeUser>(PRINCIPAL, &input)) {
        Ok(user) => Ok(Some(user).filter(|user| user.user_status.as_deref() == Some("ENABLED"))),
        Err(gone) if gone.code() == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Who a token says is signed in: `{"token": "…"}`.
fn pull_who(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (_, sign_in) = signed_in(ctx, given::text(given, "token")?)?;
    let user = user(ctx, &sign_in)?.ok_or_else(error::signed_out)?;
    Ok(json!({
        "identityStoreId": sign_in.store,
        "userName": user.user_name,
        "displayName": user.display_name,
    }))
}

/// Signs out: `{"token": "…"}`.
fn pull_sign_out(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let token = given::text(given, "token")?;
    if let Some(id) = sign_in::of_token(ctx, token).map(|(id, _)| id.to_owned()) {
        sign_in::end(ctx, &id)?;
    }
    Ok(json!({}))
}
