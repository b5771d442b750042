//! The errors of STS, in its words.
//!
//! Sources: the API reference's "Errors" sections, and messages of the live service as users have published them.

use ironbird_rig::{Error, Result};

/// A parameter that the service itself finds wrong, status 400.
pub fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationError", message)
}

/// The caller may not do this, status 403.
pub fn access_denied(message: impl Into<String>) -> Error {
    Error::with_status(403, "AccessDenied", message)
}

/// A role whose account is closed: it reads as what policies deny, and does not say why.
pub fn role_of_closed_account(caller: &str, role: &str) -> Error {
    access_denied(format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"))
}

/// A session policy that is not JSON.
pub fn malformed_policy() -> Error {
    Error::client("MalformedPolicyDocument", "The policy is not in the valid JSON format.")
}

/// Session policies and tags that are too long together.
pub fn packed_policy_too_large(percent: i32) -> Error {
    Error::client(
        "PackedPolicyTooLarge",
        format!("PackedPolicySize: {percent}% is above the maximum allowed of 100%"),
    )
}

/// A federated identity that no provider of the account vouches for.
pub fn invalid_identity_token(message: impl Into<String>) -> Error {
    Error::client("InvalidIdentityToken", message)
}

/// A token that was good once.
pub fn expired_token(message: impl Into<String>) -> Error {
    Error::client("ExpiredTokenException", message)
}

/// A claim that the provider should not have made so, status 403.
pub fn idp_rejected_claim(message: impl Into<String>) -> Error {
    Error::with_status(403, "IDPRejectedClaim", message)
}

/// A provider whose keys cannot be had.
pub fn idp_communication(message: impl Into<String>) -> Error {
    Error::client("IDPCommunicationError", message)
}

/// Checks a name of a session or user against the pattern that the model gives for all of them.
pub fn check_name(parameter: &str, name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.chars().all(allowed) {
        return Ok(());
    }
    Err(validation(format!(
        "1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    )))
}
