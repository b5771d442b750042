//! Codes of MFA devices that go with requests.
//!
//! Source: IAM user guide, "Secure API access with MFA". A code with AssumeRole is for the role's trust policy, which may ask for
//! it; a session of GetSessionToken was begun with one from then on.

use ironbird_rig::access::{self, Asked, Need};
use ironbird_rig::credentials::mfa;
use ironbird_rig::{Ctx, Principal, Result};

use crate::error;

/// Digits of a code.
const DIGITS: usize = 6;

/// Takes the code that a request gives, so that it is good no more. Whether there was one and it is right; where policies do not
/// decide, a wrong one is let through, and the session is one without MFA.
///
/// # Errors
/// `AccessDenied` for a code that is not the caller's device's.
pub fn take(ctx: &mut Ctx<'_>, serial: Option<&String>, code: Option<&String>) -> Result<bool> {
    let refused = |ctx: &Ctx<'_>, message: &str| {
        let message = format!("MultiFactorAuthentication failed{message}");
        access::deny(ctx, error::access_denied(message)).map(|()| false)
    };
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        _ => return refused(ctx, ", must provide both MFA serial number and one time pass code."),
    };
    let user = match ctx.caller() {
        Principal::User { id, .. } if mfa::has(ctx, id, serial) => id.clone(),
        _ => {
            let message = ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated \
                           with this user.";
            return refused(ctx, message);
        }
    };
    if code.len() != DIGITS || !mfa::take(ctx, &user, serial, code)? {
        return refused(ctx, " with invalid MFA one time pass code. ");
    }
    Ok(true)
}

/// Trust policies see whether a right code goes with the request.
pub fn shown(asked: &Asked<'_, '_>, needs: &mut [Need]) {
    let (Some(serial), Some(code)) = (asked.value("SerialNumber"), asked.value("TokenCode")) else { return };
    let Principal::User { id, .. } = asked.ctx.caller() else { return };
    if mfa::shows(asked.ctx, id, &serial, &code) {
        for need in needs {
            need.context.set("aws:MultiFactorAuthPresent", "true").set("aws:MultiFactorAuthAge", "0");
        }
    }
}
