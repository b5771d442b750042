//! Temporary credentials, as answers have them.

use ironbird_api::sts as api;
use ironbird_rig::credentials::{AccessKeys, Session, Temporary, issue_temporary};
use ironbird_rig::{Ctx, Key, Principal, Result};

/// Makes credentials for `principal`, good for `seconds`, and keeps them.
pub fn issue(
    ctx: &mut Ctx<'_>,
    principal: Principal,
    seconds: i32,
    session: Session,
) -> Result<api::Credentials> {
    let Temporary { access_key_id, secret, token, expires } =
        issue_temporary(ctx, principal, i64::from(seconds), session)?;
    Ok(api::Credentials {
        access_key_id,
        secret_access_key: secret,
        session_token: token,
        expiration: expires,
    })
}

/// Whether the call itself was made with temporary credentials.
pub fn caller_has_session(ctx: &Ctx<'_>) -> bool {
    let Some(id) = &ctx.origin().access_key else { return false };
    ctx.peek::<AccessKeys>(&Key::new().text(id)).is_some_and(|key| key.session_token.is_some())
}
