//! The errors of CloudWatch, in its words.
//!
//! Sources: the "Errors" sections of the API reference for codes, and messages of the live service as users have published
//! them.

use ironbird_rig::Error;

/// `InvalidParameterValue` with any message.
pub fn invalid(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterValue", message)
}

/// `InvalidParameterCombination` with any message.
pub fn combination(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterCombination", message)
}

/// `ValidationError` with any message.
pub fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationError", message)
}

/// `ResourceNotFound`: no alarm of that name. Status 404.
pub fn no_alarm(name: &str) -> Error {
    Error::with_status(404, "ResourceNotFound", format!("Alarm {name} does not exist"))
}

/// `ResourceNotFoundException`: nothing of that ARN can have tags. Status 404.
pub fn no_resource(arn: &str) -> Error {
    Error::with_status(404, "ResourceNotFoundException", "Unknown")
        .with_member("ResourceType", "cloudwatch:alarm")
        .with_member("ResourceId", arn)
}

/// `InvalidNextToken`.
pub fn invalid_token() -> Error {
    Error::client("InvalidNextToken", "The next token specified is invalid.")
}

/// `LimitExceeded` with any message.
pub fn limit(message: impl Into<String>) -> Error {
    Error::client("LimitExceeded", message)
}
