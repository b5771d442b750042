//! The errors of Auto Scaling, in its words.
//!
//! Sources: the "Errors" sections of the API reference for codes and statuses, and messages of the live service as
//! users have published them.

use ironbird_rig::{Error, Result};

/// `ValidationError` with any message.
pub fn validation(message: impl Into<String>) -> Error {
    Error::client("ValidationError", message)
}

/// `AlreadyExists`: there is one of that name. `kind` as AWS writes it at the beginning, `thing` as inside.
pub fn already_exists(kind: &str, thing: &str, name: &str) -> Error {
    let message =
        format!("{kind} by this name already exists - A {thing} already exists with the name {name}");
    Error::client("AlreadyExists", message)
}

/// No group of that name.
pub fn no_group(name: &str) -> Error {
    validation(format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"))
}

/// No group of that name, as `UpdateAutoScalingGroup` words it.
pub fn no_group_to_update() -> Error {
    validation("AutoScalingGroup name not found - null")
}

/// The instance is in no group.
pub fn no_instance(id: &str) -> Error {
    validation(format!("Instance Id not found - No managed instance found for instance ID: {id}"))
}

/// The instance is in another group or in none.
pub fn not_in_group(id: &str, group: &str) -> Error {
    validation(format!("The instance {id} is not part of Auto Scaling group {group}."))
}

/// `InvalidNextToken`.
pub fn invalid_token() -> Error {
    Error::client("InvalidNextToken", "The NextToken value is not valid.")
}

/// `ResourceInUse` with any message.
pub fn in_use(message: impl Into<String>) -> Error {
    Error::client("ResourceInUse", message)
}

/// `ResourceContention`: the group is being deleted. Status 500, as the API reference has it.
pub fn pending_delete(name: &str) -> Error {
    Error::server("ResourceContention", format!("AutoScalingGroup '{name}' is pending delete"))
}

/// `ScalingActivityInProgress` with any message.
pub fn activity_in_progress(message: impl Into<String>) -> Error {
    Error::client("ScalingActivityInProgress", message)
}

/// What a request names is more than one may (user guide, "Quotas", operations).
///
/// # Errors
/// `ValidationError` where there are more than `most`.
pub fn at_most(most: usize, what: &str, count: usize) -> Result<()> {
    if count > most {
        return Err(validation(format!("The number of {what} exceeds the limit of {most}.")));
    }
    Ok(())
}

/// `LimitExceeded` with any message.
pub fn limit_exceeded(message: impl Into<String>) -> Error {
    Error::client("LimitExceeded", message)
}
