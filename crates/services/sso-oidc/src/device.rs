//! Device authorizations: a tool shows a code, and whoever signed in says whether it may (RFC 8628).

use ironbird_api::sso_oidc as api;
use ironbird_rig::credentials::{Fingerprint, fresh_secret, fresh_secret_bits};
use ironbird_rig::throttle::Limit;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::instance::{self, Instance};
use crate::{client, error, given, person};

/// The timer handler's name.
const EXPIRED: &str = "sso-oidc.device";

/// Seconds that a code is good, and those between two questions whether it was allowed, as AWS answers them.
const LASTS: i64 = 600;
const INTERVAL: i64 = 1;

/// Seconds that an expired code is remembered, so that its client reads that it has expired. The span is ours.
const REMEMBERED: i64 = 600;

/// Two questions at once, as the AWS CLI begins, then one an interval.
const PACE: Limit = Limit { size: 2.0, refill: 1.0 / INTERVAL as f64 };

/// Letters of user codes: no vowels, so that no words come out (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Device authorizations by the fingerprints of their device codes.
pub(crate) struct Devices;

impl Table for Devices {
    const NAME: &'static str = "sso-oidc.devices";
    type Record = Device;
}

/// The same by user code → fingerprint of the device code.
pub(crate) struct UserCodes;

impl Table for UserCodes {
    const NAME: &'static str = "sso-oidc.user-codes";
    type Record = String;
}

/// One device authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    client: String,
    /// What the client calls itself.
    name: String,
    /// Identity store of those who may allow it.
    store: String,
    user_code: String,
    expires: Timestamp,
    answer: Answer,
}

/// What its user said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    /// Nothing yet.
    Pending,
    /// No.
    Denied,
    /// Yes, in that sign-in.
    Allowed(String),
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Devices>()
        .table::<UserCodes>()
        .timer(EXPIRED, forget)
        .write::<api::StartDeviceAuthorization>(start)
        .lever("sso-oidc.device", pull_describe)
        .lever("sso-oidc.answer-device", pull_answer)
}

fn key(text: &str) -> Key {
    Key::new().text(text)
}

fn start(
    ctx: &mut Ctx<'_>,
    input: &api::StartDeviceAuthorizationRequest,
) -> Result<api::StartDeviceAuthorizationResponse> {
    let client = client::authenticate(ctx, &input.client_id, &input.client_secret)?;
    if !client.may(crate::token::DEVICE) {
        return Err(error::unauthorized_client());
    }
    let (client, name) = (client.id.clone(), client.name.clone());
    let found = instance::of_start_url(ctx, &input.start_url).cloned();
    let Instance { scope, store, .. } = found.ok_or_else(|| error::request("Invalid start url provided"))?;
    ctx.is_made_in(scope);
    let device_code = fresh_secret(ctx, "sso-oidc.device-code")?;
    let user_code = fresh_user_code(ctx)?;
    let base = match ctx.world().address() {
        Some(address) => format!("{address}{}", instance::page(&store)),
        None => format!("https://{store}.awsapps.com/start"),
    };
    let expires = Timestamp::from_secs(ctx.now().secs() + LASTS);
    let fingerprint = Fingerprint::of(&device_code);
    let device =
        Device { client, name, store, user_code: user_code.clone(), expires, answer: Answer::Pending };
    ctx.wake_at(Timestamp::from_secs(expires.secs() + REMEMBERED), EXPIRED, fingerprint.text())?;
    ctx.put::<UserCodes>(key(&user_code), fingerprint.text().to_owned())?;
    ctx.put::<Devices>(key(fingerprint.text()), device)?;
    Ok(api::StartDeviceAuthorizationResponse {
        device_code: Some(device_code),
        verification_uri: Some(format!("{base}/device")),
        verification_uri_complete: Some(format!("{base}/device?user_code={user_code}")),
        user_code: Some(user_code),
        expires_in: i32::try_from(LASTS).ok(),
        interval: i32::try_from(INTERVAL).ok(),
    })
}

/// A user code that is not in use: `BCDF-GHJK`.
fn fresh_user_code(ctx: &mut Ctx<'_>) -> Result<String> {
    loop {
        let bits = fresh_secret_bits(ctx, "sso-oidc.user-code")?;
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        let (first, second) = bits[..8].split_at(4);
        let code: String =
            first.iter().map(letter).chain(std::iter::once('-')).chain(second.iter().map(letter)).collect();
        if ctx.peek::<UserCodes>(&key(&code)).is_none() {
            return Ok(code);
        }
    }
}

/// The sign-in that allowed a client what its device code is for. The code is worth nothing any more.
///
/// # Errors
/// `InvalidGrantException` for what is no code of the client, `ExpiredTokenException`, `SlowDownException` for who asks too
/// often, `AuthorizationPendingException` until the user has answered, `AccessDeniedException` where the answer is no.
pub(crate) fn redeem(ctx: &mut Ctx<'_>, client: &str, device_code: &str) -> Result<String> {
    let fingerprint = Fingerprint::of(device_code);
    let found = ctx.get::<Devices>(&key(fingerprint.text()));
    let device =
        found.filter(|device| device.client == client).ok_or_else(|| error::grant(error::INVALID_GRANT))?;
    if device.expires <= ctx.now() {
        return Err(error::expired());
    }
    match &device.answer {
        Answer::Pending if !ctx.world().pace("sso-oidc", &device.user_code, PACE, ctx.now()) => {
            Err(error::slow_down())
        }
        Answer::Pending => Err(error::pending()),
        Answer::Denied => Err(error::denied()),
        Answer::Allowed(sign_in) => {
            let sign_in = sign_in.clone();
            forget(ctx, fingerprint.text())?;
            Ok(sign_in)
        }
    }
}

fn forget(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    if let Some(device) = ctx.get::<Devices>(&key(fingerprint)) {
        ctx.delete::<UserCodes>(&key(&device.user_code))?;
    }
    ctx.delete::<Devices>(&key(fingerprint)).map(drop)
}

/// The authorization that a user code is for, which is still to be answered, and its key.
fn pending<'t>(ctx: &'t Ctx<'_>, user_code: &str) -> Result<(Key, &'t Device)> {
    let user_code = user_code.trim().to_ascii_uppercase();
    let found = ctx.peek::<UserCodes>(&key(&user_code)).map(|fingerprint| key(fingerprint));
    let found = found.and_then(|key| Some((key.clone(), ctx.peek::<Devices>(&key)?)));
    let open = found.filter(|(_, device)| ctx.now() < device.expires && device.answer == Answer::Pending);
    let missing = "The code is wrong, was used, or has expired.";
    open.ok_or_else(|| Error::with_status(404, "ResourceNotFoundException", missing))
}

/// Who asks with a user code: `{"userCode": "…"}`.
fn pull_describe(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (_, device) = pending(ctx, given::text(given, "userCode")?)?;
    Ok(json!({ "clientName": device.name, "identityStoreId": device.store, "userCode": device.user_code }))
}

/// Answers for whoever has the token of a sign-in: `{"token": "…", "userCode": "…", "allow": true}`.
fn pull_answer(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (id, sign_in) = person::signed_in(ctx, given::text(given, "token")?)?;
    let (key, device) = pending(ctx, given::text(given, "userCode")?)?;
    if device.store != sign_in.store {
        return Err(error::signed_out());
    }
    let answer = if given::flag(given, "allow")? { Answer::Allowed(id) } else { Answer::Denied };
    ctx.update::<Devices, _>(&key, |device| device.answer = answer)?;
    Ok(json!({}))
}
