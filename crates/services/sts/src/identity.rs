//! Who calls, and whose a key is.

use ironbird_api::sts as api;
use ironbird_rig::{Ctx, Error, Result, access, credentials};

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

pub fn decode_authorization_message(
    ctx: &mut Ctx<'_>,
    input: &api::DecodeAuthorizationMessageRequest,
) -> Result<api::DecodeAuthorizationMessageResponse> {
    let refused = || Error::client("InvalidAuthorizationMessageException", "Message is not valid");
    let message = access::open_message(ctx, &input.encoded_message).ok_or_else(refused)?;
    Ok(api::DecodeAuthorizationMessageResponse { decoded_message: Some(message) })
}
