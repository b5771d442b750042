//! The errors of IAM, in its words.
//!
//! Sources: the API reference's "Errors" sections for codes and statuses, and messages of the live service as users have
//! published them.

use ironbird_rig::Error;

/// What is named is not there.
pub(crate) fn no_such_entity(message: impl Into<String>) -> Error {
    Error::with_status(404, "NoSuchEntity", message)
}

/// What is to be made is there already.
pub(crate) fn already_exists(message: impl Into<String>) -> Error {
    Error::with_status(409, "EntityAlreadyExists", message)
}

/// What is to be deleted still has something.
pub(crate) fn delete_conflict(message: impl Into<String>) -> Error {
    Error::with_status(409, "DeleteConflict", message)
}

/// A quota is used up.
pub(crate) fn quota(name: &str, most: usize) -> Error {
    limit_exceeded(format!("Cannot exceed quota for {name}: {most}"))
}

/// Some other limit is passed.
pub(crate) fn limit_exceeded(message: impl Into<String>) -> Error {
    Error::with_status(409, "LimitExceeded", message)
}

/// A policy document that is none.
pub(crate) fn malformed_policy(message: impl Into<String>) -> Error {
    Error::client("MalformedPolicyDocument", message)
}

/// A parameter that makes no sense.
pub(crate) fn invalid_input(message: impl Into<String>) -> Error {
    Error::client("InvalidInput", message)
}

/// A parameter that the service finds wrong before it looks at anything.
pub(crate) fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationError", message)
}

/// A role that only the service may change that it belongs to.
pub(crate) fn protected_role(name: &str) -> Error {
    let message = format!(
        "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    );
    Error::client("UnmodifiableEntity", message)
}
