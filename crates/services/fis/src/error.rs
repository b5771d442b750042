//! Errors as FIS words them. Codes and statuses are those of the model.

use ironbird_rig::Error;

/// The request does not make sense.
pub(crate) fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationException", message)
}

/// There is no such thing.
pub(crate) fn not_found(message: impl Into<String>) -> Error {
    Error::with_status(404, "ResourceNotFoundException", message)
}

/// The request does not fit to what is there.
pub(crate) fn conflict(message: impl Into<String>) -> Error {
    Error::with_status(409, "ConflictException", message)
}

/// There would be too many.
pub(crate) fn quota(message: impl Into<String>) -> Error {
    Error::with_status(402, "ServiceQuotaExceededException", message)
}
