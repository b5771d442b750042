//! Errors as Identity Center words them. The model gives the codes; every status is 400, as the API reference says.

use ironbird_rig::{Ctx, Error};

/// The request does not make sense.
pub(crate) fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationException", message)
}

/// There is no such thing in the instance.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    Error::client("ResourceNotFoundException", message)
}

/// The request does not fit to what is there.
pub(crate) fn conflict(message: impl Into<String>) -> Error {
    Error::client("ConflictException", message)
}

/// There would be too many.
pub(crate) fn quota(message: impl Into<String>) -> Error {
    Error::client("ServiceQuotaExceededException", message)
}

/// What is not the caller's to see. An instance of another account or Region is answered like this, and so is one that never
/// was: operations on instances have no other code for it.
pub(crate) fn denied(ctx: &Ctx<'_>, action: &str, resource: &str) -> Error {
    let caller = ctx.caller().arn(ctx.region().partition());
    let message =
        format!("User: {caller} is not authorized to perform: sso:{action} on resource: {resource}");
    Error::client("AccessDeniedException", message)
}
