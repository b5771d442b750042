//! Errors as the access portal words them, from messages of the live service that users have published.

use ironbird_rig::Error;

/// The token is none, has expired, or its user has signed out or may not sign in any more.
pub(crate) fn unauthorized() -> Error {
    Error::with_status(401, "UnauthorizedException", "Session token not found or invalid")
}

/// The user is not assigned this. The code is not in the model.
pub(crate) fn forbidden() -> Error {
    Error::with_status(403, "ForbiddenException", "No access")
}

/// The request does not make sense.
pub(crate) fn request(message: &str) -> Error {
    Error::client("InvalidRequestException", message)
}
