//! Tokens for applications of Identity Center, which sign their calls with IAM and bring what shows for whom they ask: a token of an
//! issuer that the instance trusts (RFC 7523), a token that another application got (RFC 8693), or a refresh token.
//!
//! Sources: CreateTokenWithIAM in the API reference; "Trusted identity propagation" in the user guide. What applications do with
//! these tokens is not here: a token is worth another one, and no more. It is not one of the access portal's.

use ironbird_api::sso_oidc as api;
use ironbird_rig::credentials::sign_in::SignIn;
use ironbird_rig::credentials::{Fingerprint, fresh_secret};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::person;
use crate::registered::Registered;
use crate::token::REFRESH;

/// How an application can get a token, beside refreshing one.
const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The kind of token that is exchanged, and that is given.
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Seconds that an access token is good.
const LASTS: i64 = 3600;

/// The timer handler's name.
const ENDED: &str = "sso-oidc.application-token";

const NO_CODES: &str = "users are not sent to applications with codes: there is no page that would";

/// Tokens of applications by their fingerprints.
struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "sso-oidc.application-tokens";
    type Record = Token;
}

/// What an application has a token of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    /// ARN of the application.
    application: String,
    /// Whether it is worth nothing but another.
    refreshing: bool,
    /// For whom it is, and until when there are others.
    person: SignIn,
    scopes: Vec<String>,
    expires: Timestamp,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Tokens>()
        .timer(ENDED, forget)
        .write::<api::CreateTokenWithIAM>(create_token_with_iam)
        .refuses::<api::CreateTokenWithIAM>(&[
        ("code", NO_CODES),
        ("redirectUri", NO_CODES),
        ("codeVerifier", NO_CODES),
    ])
}

fn create_token_with_iam(
    ctx: &mut Ctx<'_>,
    input: &api::CreateTokenWithIAMRequest,
) -> Result<api::CreateTokenWithIAMResponse> {
    let application = Registered::find(ctx, &input.client_id)?;
    application.admit(ctx)?;
    let grant = input.grant_type.as_str();
    if ![JWT, EXCHANGE, REFRESH].contains(&grant) {
        return Err(error::grant_type());
    }
    if !application.may(grant) {
        return Err(error::unauthorized_client());
    }
    if input.requested_token_type.as_deref().is_some_and(|kind| kind != ACCESS) {
        return Err(error::request("Only access tokens are given"));
    }
    let wanted = input.scope.as_deref().unwrap_or_default();
    if wanted.iter().any(|scope| !application.scopes.contains(scope)) {
        return Err(error::scope());
    }
    let (person, before) = match grant {
        JWT => {
            let assertion = needed(input.assertion.as_ref(), "Missing assertion")?;
            (application.vouched_for(ctx, assertion)?, None)
        }
        EXCHANGE => {
            let token = needed(input.subject_token.as_ref(), "Missing subject token")?;
            if input.subject_token_type.as_deref() != Some(ACCESS) {
                return Err(error::request("The subject token must be an access token"));
            }
            // Another application of the same instance got it.
            let found = find(ctx, token, false).filter(|found| found.person.instance == application.instance);
            let found = found.ok_or_else(|| error::grant(error::INVALID_GRANT))?;
            (found.person, Some(found.scopes))
        }
        _ => {
            let token = needed(input.refresh_token.as_ref(), "Missing refresh token")?;
            let found = find(ctx, token, true).filter(|found| found.application == application.arn);
            let found = found.ok_or_else(|| error::grant("Invalid refresh token provided"))?;
            // The next one is in its place.
            forget(ctx, Fingerprint::of(token).text())?;
            (found.person, Some(found.scopes))
        }
    };
    person::user(ctx, &person)?.ok_or_else(|| error::grant(error::INVALID_GRANT))?;
    application.check_assigned(ctx, &person)?;
    // What is asked for again is at most what was given before.
    let scopes = match before {
        Some(given) if wanted.is_empty() => given,
        Some(given) if wanted.iter().any(|scope| !given.contains(scope)) => return Err(error::scope()),
        _ => wanted.to_vec(),
    };
    answer(ctx, &application, person, scopes, grant)
}

fn needed<'i>(given: Option<&'i String>, missing: &str) -> Result<&'i str> {
    given.map(String::as_str).ok_or_else(|| error::request(missing))
}

fn answer(
    ctx: &mut Ctx<'_>,
    application: &Registered,
    person: SignIn,
    scopes: Vec<String>,
    grant: &str,
) -> Result<api::CreateTokenWithIAMResponse> {
    let expires = Timestamp::from_secs(ctx.now().secs() + LASTS).min(person.ends);
    let token = Token {
        application: application.arn.clone(),
        refreshing: false,
        person,
        scopes: scopes.clone(),
        expires,
    };
    let refresh = match application.may(REFRESH) {
        true => {
            let expires = token.person.ends;
            Some(keep(ctx, Token { refreshing: true, expires, ..token.clone() })?)
        }
        false => None,
    };
    Ok(api::CreateTokenWithIAMResponse {
        access_token: Some(keep(ctx, token)?),
        token_type: Some("Bearer".to_owned()),
        expires_in: i32::try_from(expires.secs() - ctx.now().secs()).ok(),
        issued_token_type: (grant == EXCHANGE).then(|| ACCESS.to_owned()),
        refresh_token: refresh,
        scope: Some(scopes).filter(|scopes| !scopes.is_empty()),
        id_token: None,
        aws_additional_details: None,
    })
}

fn keep(ctx: &mut Ctx<'_>, token: Token) -> Result<String> {
    let secret = fresh_secret(ctx, "sso-oidc.application-token")?;
    let fingerprint = Fingerprint::of(&secret);
    ctx.wake_at(token.expires, ENDED, fingerprint.text())?;
    ctx.put::<Tokens>(Key::new().text(fingerprint.text()), token)?;
    Ok(secret)
}

fn find(ctx: &Ctx<'_>, secret: &str, refreshing: bool) -> Option<Token> {
    let found = ctx.peek::<Tokens>(&Key::new().text(Fingerprint::of(secret).text()))?;
    Some(found.clone()).filter(|found| found.refreshing == refreshing && ctx.now() < found.expires)
}

fn forget(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    ctx.delete::<Tokens>(&Key::new().text(fingerprint)).map(drop)
}
