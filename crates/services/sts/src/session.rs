//! GetSessionToken and GetFederationToken: sessions of the caller itself, and of somebody it vouches for.

use ironbird_api::sts as api;
use ironbird_rig::credentials::Session;
use ironbird_rig::{Ctx, Principal, Result};

use crate::{credentials, error, mfa, policy, tags};

/// Seconds of a session unless asked otherwise, for both operations (API reference).
const DEFAULT_SECONDS: i32 = 12 * 3600;

/// A root user's sessions end after an hour, whatever was asked (API reference, `DurationSeconds` of both).
const MOST_ROOT_SECONDS: i32 = 3600;

pub fn get_session_token(
    ctx: &mut Ctx<'_>,
    input: &api::GetSessionTokenRequest,
) -> Result<api::GetSessionTokenResponse> {
    refuse_sessions(ctx, "GetSessionToken")?;
    let caller = ctx.caller().clone();
    let seconds = duration(&caller, input.duration_seconds);
    let now = ctx.now();
    let shown = mfa::take(ctx, input.serial_number.as_ref(), input.token_code.as_ref())?;
    let session = Session { mfa: shown.then_some(now), ..Session::new(now) };
    Ok(api::GetSessionTokenResponse { credentials: Some(credentials::issue(ctx, caller, seconds, session)?) })
}

pub fn get_federation_token(
    ctx: &mut Ctx<'_>,
    input: &api::GetFederationTokenRequest,
) -> Result<api::GetFederationTokenResponse> {
    error::check_name("name", &input.name)?;
    refuse_sessions(ctx, "GetFederationToken")?;
    let packed_policy_size =
        policy::packed_size(input.policy.as_deref(), input.policy_arns.as_deref(), input.tags.as_deref())?;
    let account = ctx.caller().account().unwrap_or(ctx.scope().account);
    let seconds = duration(ctx.caller(), input.duration_seconds);
    let principal = Principal::FederatedUser { account, name: input.name.clone() };
    let user = api::FederatedUser {
        federated_user_id: principal.user_id(),
        arn: principal.arn(ctx.region().partition()),
    };
    let session = Session {
        issuer: Some(ctx.caller().clone()),
        policy: input.policy.clone(),
        policy_arns: policy::arns(input.policy_arns.as_deref()),
        tags: tags::plain(input.tags.as_deref()),
        ..Session::new(ctx.now())
    };
    Ok(api::GetFederationTokenResponse {
        credentials: Some(credentials::issue(ctx, principal, seconds, session)?),
        federated_user: Some(user),
        packed_policy_size,
    })
}

fn refuse_sessions(ctx: &Ctx<'_>, operation: &str) -> Result<()> {
    if credentials::caller_has_session(ctx) {
        return Err(error::access_denied(format!("Cannot call {operation} with session credentials")));
    }
    Ok(())
}

fn duration(caller: &Principal, asked: Option<i32>) -> i32 {
    let seconds = asked.unwrap_or(DEFAULT_SECONDS);
    match caller {
        Principal::Root { .. } => seconds.min(MOST_ROOT_SECONDS),
        _ => seconds,
    }
}
