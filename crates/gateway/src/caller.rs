//! Who calls: from a request's credentials to a principal, by what `--auth` asks for.

use ironbird_models::Summary;
use ironbird_rig::credentials::{self, AccessKey, TOKEN_MARK};
use ironbird_rig::world::Auth;
use ironbird_rig::{Principal, Region, Scope, Timestamp, World};
use ironbird_sigv4::{Error, Expected, KeyCache, LookupError, Payload, PayloadCheck, SecretKey, verify};

use crate::request::Received;

/// The one who calls, and what is left to check of the body.
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// Access key of the call, where it was signed.
    pub access_key: Option<String>,
    /// What the signature says of the body; none where signatures are not looked at.
    pub payload: Option<PayloadCheck>,
}

/// Finds the caller. `unsigned` is an operation that is called without a signature.
///
/// # Errors
/// What is wrong with the credentials or, where signatures decide, with the signature.
pub fn identify(
    world: &World,
    keys: &KeyCache,
    received: &Received<'_>,
    summary: &Summary,
    region: Region,
    unsigned: bool,
) -> Result<Caller, Error> {
    let scope = Scope { account: world.settings().account, region };
    let auth = world.settings().auth;
    if unsigned && received.credential().is_none() {
        return Ok(Caller { principal: Principal::Anonymous, access_key: None, payload: None });
    }
    match auth {
        Auth::Off => Ok(without_question(world, received, scope)),
        Auth::Soft => by_access_key(world, received, scope),
        Auth::Enforce => by_signature(world, keys, received, summary, scope),
    }
}

/// Whoever the credentials name, however they look.
fn without_question(world: &World, received: &Received<'_>, scope: Scope) -> Caller {
    let access_key = received.credential().map(|credential| credential.access_key().to_owned());
    let principal = match &access_key {
        Some(id) => find(world, scope, id).principal,
        None => Principal::Root { account: scope.account },
    };
    Caller { principal, access_key, payload: None }
}

/// Whoever the credentials name. Sessions end, and come with their token.
fn by_access_key(world: &World, received: &Received<'_>, scope: Scope) -> Result<Caller, Error> {
    let Some(credential) = received.checked_credential()? else { return Err(Error::MissingToken) };
    let key = find(world, scope, credential.access_key());
    let token = received.session_token();
    judge(&key, token.as_deref(), world.clock().now())
        .map_err(|refusal| worded(refusal, credential.access_key()))?;
    Ok(Caller {
        principal: key.principal,
        access_key: Some(credential.access_key().to_owned()),
        payload: None,
    })
}

fn by_signature(
    world: &World,
    keys: &KeyCache,
    received: &Received<'_>,
    summary: &Summary,
    scope: Scope,
) -> Result<Caller, Error> {
    let parts = received.parts();
    let request = ironbird_sigv4::Request {
        method: parts.method,
        authority: received.authority(),
        path: parts.path,
        query: parts.query,
        headers: parts.headers,
        payload: Payload::Bytes(parts.body),
    };
    // Clients sign with the host's time, wherever the world's clock stands.
    let now = ironbird_rig::clock::HostClock::wall().secs();
    let services = [summary.signing_name];
    let expected = Expected { region: None, services: &services, now, path: None };
    let mut found = None;
    let verified = verify(&request, &expected, keys, |access_key, token| {
        let key = find(world, scope, access_key);
        if key.session_token.is_none() && (token.is_some() || access_key.starts_with("ASIA")) {
            // Only keys that were handed out come with a token, and temporary keys always do.
            return Err(if token.is_some() {
                LookupError::InvalidToken
            } else {
                LookupError::UnknownAccessKey
            });
        }
        judge(&key, token, world.clock().now())?;
        let secret = SecretKey::new(key.secret.as_str());
        found = Some(key.principal);
        Ok(secret)
    })?;
    let principal = found.ok_or(Error::MissingToken)?;
    let access_key = Some(verified.credential.access_key().to_owned());
    Ok(Caller { principal, access_key, payload: Some(verified.payload) })
}

fn find(world: &World, scope: Scope, id: &str) -> AccessKey {
    let found = world.look(scope, |ctx| Ok(credentials::find(ctx, id)));
    found.expect("looking up a key cannot fail")
}

/// Whether a key is good: its user wants it to be, its session goes on, and the token is its own. Credentials of elsewhere may come with a token of
/// elsewhere: that is for the caller to judge.
fn judge(key: &AccessKey, token: Option<&str>, now: Timestamp) -> Result<(), LookupError> {
    match &key.session_token {
        _ if key.refused => Err(LookupError::UnknownAccessKey),
        Some(own) if token != Some(own.as_str()) => Err(LookupError::InvalidToken),
        Some(_) if key.expires.is_some_and(|end| end <= now) => Err(LookupError::ExpiredToken),
        // The rig made this token, and no longer knows the key: its session has been over for long.
        None if token.is_some_and(|token| token.starts_with(TOKEN_MARK)) => Err(LookupError::ExpiredToken),
        _ => Ok(()),
    }
}

fn worded(refusal: LookupError, access_key: &str) -> Error {
    match refusal {
        LookupError::UnknownAccessKey => Error::UnknownAccessKey { access_key: access_key.to_owned() },
        LookupError::InvalidToken => Error::InvalidToken,
        LookupError::ExpiredToken => Error::ExpiredToken,
    }
}
