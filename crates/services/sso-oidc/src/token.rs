//! Tokens: what a client gets for a code, and again for a refresh token.

use ironbird_api::sso_oidc as api;
use ironbird_rig::credentials::{Fingerprint, fresh_secret, sign_in};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::{authorization, client, device, error, person};

/// How a client can get a token.
pub(crate) const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(crate) const CODE: &str = "authorization_code";
pub(crate) const REFRESH: &str = "refresh_token";

/// Seconds that an access token is good which can be refreshed, as AWS answers them. Any other is as long as the sign-in.
const LASTS: i64 = 3600;

/// The timer handler's name.
const ENDED: &str = "sso-oidc.refresh-token";

/// Refresh tokens by their fingerprints.
pub(crate) struct RefreshTokens;

impl Table for RefreshTokens {
    const NAME: &'static str = "sso-oidc.refresh-tokens";
    type Record = RefreshToken;
}

/// What a refresh token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    client: String,
    sign_in: String,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<RefreshTokens>().timer(ENDED, forget).write::<api::CreateToken>(create_token)
}

fn key(fingerprint: &str) -> Key {
    Key::new().text(fingerprint)
}

fn create_token(ctx: &mut Ctx<'_>, input: &api::CreateTokenRequest) -> Result<api::CreateTokenResponse> {
    let client = client::authenticate(ctx, &input.client_id, &input.client_secret)?.clone();
    let grant = input.grant_type.as_str();
    if ![DEVICE, CODE, REFRESH].contains(&grant) {
        return Err(error::grant_type());
    }
    if !client.may(grant) {
        return Err(error::unauthorized_client());
    }
    let wanted = input.scope.as_deref().unwrap_or_default();
    if wanted.iter().any(|scope| !client.scopes.contains(scope)) {
        return Err(error::scope());
    }
    match grant {
        DEVICE => {
            let code = needed(input.device_code.as_ref(), "Missing device code")?;
            let sign_in = device::redeem(ctx, &client.id, code)?;
            tokens(ctx, &client, &sign_in)
        }
        CODE => {
            let code = needed(input.code.as_ref(), "Missing authorization code")?;
            let redirect = needed(input.redirect_uri.as_ref(), "Missing redirect uri")?;
            let verifier = needed(input.code_verifier.as_ref(), "Missing code verifier")?;
            let sign_in = authorization::redeem(ctx, &client.id, code, redirect, verifier)?;
            tokens(ctx, &client, &sign_in)
        }
        _ => {
            let token = needed(input.refresh_token.as_ref(), "Missing refresh token")?;
            let found = ctx.get::<RefreshTokens>(&key(Fingerprint::of(token).text()));
            let found = found.filter(|found| found.client == client.id);
            let found = found.ok_or_else(|| error::grant("Invalid refresh token provided"))?;
            // The next one is in its place.
            forget(ctx, Fingerprint::of(token).text())?;
            tokens(ctx, &client, &found.sign_in)
        }
    }
}

fn needed<'i>(given: Option<&'i String>, missing: &str) -> Result<&'i str> {
    given.map(String::as_str).ok_or_else(|| error::request(missing))
}

/// The tokens that a client gets of a sign-in.
///
/// # Errors
/// `InvalidGrantException` where the sign-in is over, or its user may not sign in any more.
fn tokens(ctx: &mut Ctx<'_>, client: &Client, id: &str) -> Result<api::CreateTokenResponse> {
    let over = || error::grant(error::INVALID_GRANT);
    let sign_in = sign_in::going_on(ctx, id).cloned().ok_or_else(over)?;
    ctx.is_made_in(sign_in.scope);
    person::user(ctx, &sign_in)?.ok_or_else(over)?;
    let seconds = if client.is_refreshed() { LASTS } else { person::LASTS };
    let (token, expires) = sign_in::issue(ctx, id, seconds)?.ok_or_else(over)?;
    let refresh = match client.is_refreshed() {
        true => {
            let token = fresh_secret(ctx, "sso-oidc.refresh-token")?;
            let fingerprint = Fingerprint::of(&token);
            ctx.wake_at(sign_in.ends, ENDED, fingerprint.text())?;
            let record = RefreshToken { client: client.id.clone(), sign_in: id.to_owned() };
            ctx.put::<RefreshTokens>(key(fingerprint.text()), record)?;
            Some(token)
        }
        false => None,
    };
    Ok(api::CreateTokenResponse {
        access_token: Some(token),
        token_type: Some("Bearer".to_owned()),
        expires_in: i32::try_from(expires.secs() - ctx.now().secs()).ok(),
        refresh_token: refresh,
        id_token: None,
    })
}

fn forget(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    ctx.delete::<RefreshTokens>(&key(fingerprint)).map(drop)
}
