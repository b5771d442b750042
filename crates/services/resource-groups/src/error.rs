//! Errors as Resource Groups words them. Codes and statuses are those of the model.

use ironbird_rig::Error;

/// The request does not make sense.
pub(crate) fn bad_request(message: impl Into<String>) -> Error {
    Error::client("BadRequestException", message)
}

/// There is no such thing.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    Error::with_status(404, "NotFoundException", message)
}
