//! Authorization codes: whoever signed in is sent back to the tool on their machine with a code, which is worth something only
//! to who began (RFC 6749, 4.1, with the proof key of RFC 7636 and the loopback redirection of RFC 8252).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironbird_rig::credentials::{Fingerprint, fresh_secret, same};
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::Client;
use crate::{client, error, given, person};

/// The timer handler's name.
const EXPIRED: &str = "sso-oidc.code";

/// Seconds that a code is good. RFC 6749 says ten minutes at most; AWS publishes no figure.
const LASTS: i64 = 600;

/// Codes by their fingerprints.
pub(crate) struct Codes;

impl Table for Codes {
    const NAME: &'static str = "sso-oidc.codes";
    type Record = Code;
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    client: String,
    redirect: String,
    /// SHA-256 of what the client proves itself with, in base64.
    challenge: String,
    sign_in: String,
    expires: Timestamp,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Codes>()
        .timer(EXPIRED, forget)
        .lever("sso-oidc.authorization", pull_describe)
        .lever("sso-oidc.answer-authorization", pull_answer)
}

fn key(fingerprint: &str) -> Key {
    Key::new().text(fingerprint)
}

/// Host and path of a URI on the loopback interface; none for any other. The port is the tool's to choose.
pub(crate) fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let (port, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port_is_one = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok() && digits.bytes().all(|digit| digit.is_ascii_digit()),
        None => port.is_empty(),
    };
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    (port_is_one && plain).then_some((host, path))
}

/// What a client asks for on behalf of its user.
struct Question<'c> {
    client: &'c Client,
    redirect: String,
    challenge: String,
}

/// Reads the parameters of an authorization request. What is wrong is told to the user: it is not yet sure that the client is
/// who it says.
fn question<'t>(ctx: &'t Ctx<'_>, given: &Value) -> Result<Question<'t>> {
    let client = client::find(ctx, given::text(given, "client_id")?)?;
    let redirect = given::text(given, "redirect_uri")?;
    let registered = |uri: &String| loopback(redirect).is_some() && loopback(uri) == loopback(redirect);
    if !client.redirects.iter().any(registered) {
        return Err(invalid("The redirect URI is not one that the client registered."));
    }
    if given::optional(given, "response_type") != Some("code") || !client.may(crate::token::CODE) {
        return Err(invalid("The client asks for something else than an authorization code."));
    }
    let challenge = given::optional(given, "code_challenge").unwrap_or_default();
    let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
    if !is_hash || given::optional(given, "code_challenge_method") != Some("S256") {
        return Err(invalid("The client must prove itself with a code challenge of the method S256."));
    }
    let mut scopes = given::optional(given, "scopes").unwrap_or_default().split(' ');
    if scopes.any(|scope| !scope.is_empty() && !client.scopes.iter().any(|registered| registered == scope)) {
        return Err(invalid("The client asks for a scope that it did not register for."));
    }
    Ok(Question { client, redirect: redirect.to_owned(), challenge: challenge.to_owned() })
}

fn invalid(message: &str) -> Error {
    Error::client("ValidationException", message)
}

/// Who asks with an authorization request, given the parameters of its query: `{"client_id": "…", "redirect_uri": "…", …}`.
fn pull_describe(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let Client { name, store, .. } = question(ctx, given)?.client;
    let store =
        store.as_deref().ok_or_else(|| invalid("The client does not say whose workforce it is for."))?;
    Ok(json!({ "clientName": name, "identityStoreId": store }))
}

/// Answers for whoever has the token of a sign-in: the same, with `{"token": "…", "allow": true}`. Answers where to send the
/// user: back to the client.
fn pull_answer(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (sign_in, person) = person::signed_in(ctx, given::text(given, "token")?)?;
    let Question { client, redirect, challenge } = question(ctx, given)?;
    if client.store.as_ref() != Some(&person.store) {
        return Err(error::signed_out());
    }
    let client = client.id.clone();
    let state = given::optional(given, "state").map(|state| format!("&state={}", encode(state)));
    let state = state.unwrap_or_default();
    if !given::flag(given, "allow")? {
        return Ok(json!({ "location": format!("{redirect}?error=access_denied{state}") }));
    }
    let code = fresh_secret(ctx, "sso-oidc.code")?;
    let location = format!("{redirect}?code={code}{state}");
    let expires = Timestamp::from_secs(ctx.now().secs() + LASTS);
    let fingerprint = Fingerprint::of(&code);
    ctx.wake_at(expires, EXPIRED, fingerprint.text())?;
    ctx.put::<Codes>(key(fingerprint.text()), Code { client, redirect, challenge, sign_in, expires })?;
    Ok(json!({ "location": location }))
}

/// Percent-encodes what a query carries.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

/// The sign-in that a code is of. The code is worth nothing any more.
///
/// # Errors
/// `InvalidGrantException` for what is no code of the client, was sent elsewhere, or comes without its proof.
pub(crate) fn redeem(
    ctx: &mut Ctx<'_>,
    client: &str,
    code: &str,
    redirect: &str,
    verifier: &str,
) -> Result<String> {
    let fingerprint = Fingerprint::of(code);
    let found = ctx.get::<Codes>(&key(fingerprint.text()));
    let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let is_good = |code: &Code| {
        code.client == client
            && code.redirect == redirect
            && ctx.now() < code.expires
            && same(&code.challenge, &proof)
    };
    let code = found.filter(|code| is_good(code)).ok_or_else(|| error::grant(error::INVALID_GRANT))?;
    forget(ctx, fingerprint.text())?;
    Ok(code.sign_in.clone())
}

fn forget(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    ctx.delete::<Codes>(&key(fingerprint)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::{encode, loopback};

    #[test]
    fn only_the_loopback_interface_is_redirected_to() {
        for (uri, host, path) in [
            ("http://127.0.0.1/oauth/callback", "127.0.0.1", "/oauth/callback"),
            ("http://127.0.0.1:4321/oauth/callback", "127.0.0.1", "/oauth/callback"),
            ("http://[::1]:80", "[::1]", ""),
            ("http://localhost:1/a_b", "localhost", "/a_b"),
        ] {
            assert_eq!(loopback(uri), Some((host, path)), "{uri}");
        }
        for uri in [
            "https://127.0.0.1/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1:80@example.com/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:+80/",
            "http://localhost.example.com/",
            "http://127.0.0.1/a?b",
            "http://127.0.0.1/a#b",
            "http://127.0.0.1/\r\nx: y",
            "http://example.com/",
            "",
        ] {
            assert_eq!(loopback(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_state_stays_one_parameter() {
        assert_eq!(encode("a-b&code=x é"), "a-b%26code%3Dx%20%C3%A9");
    }
}
