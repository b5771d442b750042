//! Temporary credentials: an access key, its secret and its token, good until they end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironbird_wire::timestamp::Timestamp;

use super::{AccessKey, AccessKeys, Session, TOKEN_MARK, access_key_id, keep, secret_bits, secret_key};
use crate::account::Principal;
use crate::context::Ctx;
use crate::error::Result;
use crate::store::Key;

/// The timer that forgets credentials some time after their end.
pub const FORGET: &str = "rig.session";

/// How long ended credentials are remembered, in seconds, so that their user reads that they have expired rather than that
/// they are unknown. The span is ours.
const REMEMBERED: i64 = 24 * 3600;

/// Temporary credentials, as whoever gets them reads them.
#[derive(Clone)]
pub struct Temporary {
    /// `ASIA…`
    pub access_key_id: String,
    /// What signs.
    pub secret: String,
    /// What must come with every call.
    pub token: String,
    /// First instant at which they are no longer good, in whole seconds.
    pub expires: Timestamp,
}

/// Makes credentials for `principal`, good for `seconds`, and keeps them. No two calls give the same.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn issue_temporary(
    ctx: &mut Ctx<'_>,
    principal: Principal,
    seconds: i64,
    session: Session,
) -> Result<Temporary> {
    let account = principal.account().unwrap_or(ctx.scope().account);
    // The labels are those of STS, whose credentials these are: one running number for all.
    let number = ctx.next_number("sts.credentials")?;
    let parts = ["sts.token.1", "sts.token.2", "sts.token.3"].map(|part| secret_bits(ctx, part, number));
    let issued = Temporary {
        access_key_id: access_key_id("ASIA", account, ctx.seed().child("sts.access_key").bits(), number),
        secret: secret_key(ctx, "sts.secret", number),
        token: format!("{TOKEN_MARK}{}", STANDARD.encode(parts.concat())),
        expires: Timestamp::from_secs(ctx.now().secs() + seconds),
    };
    let key = AccessKey {
        secret: issued.secret.clone(),
        session_token: Some(issued.token.clone()),
        principal,
        expires: Some(issued.expires),
        refused: false,
        session: Some(Box::new(session)),
    };
    keep(ctx, &issued.access_key_id, key)?;
    let forgotten = Timestamp::from_secs(issued.expires.secs() + REMEMBERED);
    ctx.wake_at(forgotten, FORGET, &issued.access_key_id)?;
    Ok(issued)
}

/// Lets go of credentials that ended long ago.
pub(crate) fn forget(ctx: &mut Ctx<'_>, access_key_id: &str) -> Result<()> {
    ctx.delete::<AccessKeys>(&Key::new().text(access_key_id)).map(drop)
}
