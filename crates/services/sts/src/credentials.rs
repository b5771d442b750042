//! Temporary credentials: made from the world's seed and a running number, so that a seed gives the same ones
//! again, and no two calls do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::sts as api;
use ironbird_rig::credentials::{
    AccessKey, AccessKeys, TOKEN_MARK, access_key_id, keep, secret_bits, secret_key,
};
use ironbird_rig::{Ctx, Key, Principal, Result, Timestamp};

/// Timer that forgets credentials some time after their end.
pub const FORGET: &str = "sts.credentials";

/// How long ended credentials are remembered, in seconds, so that their user reads that they have expired rather
/// than that they are unknown. The span is ours.
const REMEMBERED: i64 = 24 * 3600;

/// Makes credentials for `principal`, good for `seconds`, and keeps them.
pub fn issue(ctx: &mut Ctx<'_>, principal: Principal, seconds: i32) -> Result<api::Credentials> {
    let account = principal.account().unwrap_or(ctx.scope().account);
    let number = ctx.next_number("sts.credentials")?;
    let seed = ctx.seed().child("sts.session");
    let digest = |purpose: &str| secret_bits(seed, purpose, number);
    let access_key_id = access_key_id("ASIA", account, ctx.seed().child("sts.access_key").bits(), number);
    let secret_access_key = secret_key(seed, number);
    let session_token = session_token(&[digest("token.1"), digest("token.2"), digest("token.3")]);
    // AWS gives whole seconds.
    let expiration = Timestamp::from_secs(ctx.now().secs() + i64::from(seconds));
    let key = AccessKey {
        secret: secret_access_key.clone(),
        session_token: Some(session_token.clone()),
        principal,
        expires: Some(expiration),
        refused: false,
    };
    keep(ctx, &access_key_id, key)?;
    ctx.wake_at(Timestamp::from_secs(expiration.secs() + REMEMBERED), FORGET, &access_key_id)?;
    Ok(api::Credentials { access_key_id, secret_access_key, session_token, expiration })
}

/// Lets go of credentials that ended long ago.
pub fn forget(ctx: &mut Ctx<'_>, access_key_id: &str) -> Result<()> {
    ctx.delete::<AccessKeys>(&Key::new().text(access_key_id))?;
    Ok(())
}

/// Whether the call itself was made with temporary credentials.
pub fn caller_has_session(ctx: &Ctx<'_>) -> bool {
    let Some(id) = &ctx.origin().access_key else { return false };
    ctx.peek::<AccessKeys>(&Key::new().text(id)).is_some_and(|key| key.session_token.is_some())
}

/// About 150 characters, of which nobody but the rig can read anything.
fn session_token(parts: &[[u8; 32]]) -> String {
    format!("{TOKEN_MARK}{}", STANDARD.encode(parts.concat()))
}
