//! Who calls, and whose a key is.

use ironbird_api::sts as api;
use ironbird_rig::{Ctx, Error, Result, credentials};

pub fn get_caller_identity(
    ctx: &mut Ctx<'_>,
    _input: &api::GetCallerIdentityRequest,
) -> Result<api::GetCallerIdentityResponse> {
    let caller = ctx.caller();
    let account = caller.account().unwrap_or(ctx.scope().account);
    Ok(api::GetCallerIdentityResponse {
        user_id: Some(caller.user_id()),
        account: Some(account.to_string()),
        arn: Some(caller.arn(ctx.region().partition())),
    })
}

pub fn get_access_key_info(
    ctx: &mut Ctx<'_>,
    input: &api::GetAccessKeyInfoRequest,
) -> Result<api::GetAccessKeyInfoResponse> {
    let key = credentials::find(ctx, &input.access_key_id);
    let account = key.principal.account().unwrap_or(ctx.scope().account);
    Ok(api::GetAccessKeyInfoResponse { account: Some(account.to_string()) })
}

/// The rig never encodes an authorization message, so there is none that could be decoded.
pub fn decode_authorization_message(
    _ctx: &mut Ctx<'_>,
    _input: &api::DecodeAuthorizationMessageRequest,
) -> Result<api::DecodeAuthorizationMessageResponse> {
    Err(Error::client("InvalidAuthorizationMessageException", "Message is not valid"))
}
