//! EC2's error codes and wordings, each once.

use ironbird_rig::{Ctx, Error, Result};

/// Ends a call that was made with `DryRun`: call it when everything has been validated. What the operation wrote
/// until then is undone by the world.
///
/// # Errors
/// `DryRunOperation`, status 412, when the flag is set.
pub fn dry_run(flag: Option<bool>) -> Result<()> {
    if flag != Some(true) {
        return Ok(());
    }
    Err(Error::with_status(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
}

/// `InvalidParameterValue` with any message.
pub fn invalid_value(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterValue", message)
}

/// `InvalidParameterValue`: the value is not one that the parameter takes.
pub fn invalid_parameter_value(value: &str, parameter: &str) -> Error {
    invalid_value(format!("Value ({value}) for parameter {parameter} is invalid."))
}

/// `InvalidParameterValue` with AWS's reason after the value.
pub fn invalid_parameter_value_because(value: &str, parameter: &str, reason: &str) -> Error {
    invalid_value(format!("Value ({value}) for parameter {parameter} is invalid. {reason}"))
}

/// `InvalidParameterCombination` with any message.
pub fn invalid_combination(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterCombination", message)
}

/// `InvalidParameterCombination`: one of the two excludes the other. Names as AWS shows them, `instancesSet`.
pub fn exclusive(parameter: &str, other: &str) -> Error {
    invalid_combination(format!("The parameter {parameter} cannot be used with the parameter {other}"))
}

/// `MissingParameter`: one that the request must contain.
pub fn missing_parameter(parameter: &str) -> Error {
    Error::client("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

/// `MissingParameter` with any message.
pub fn missing(message: impl Into<String>) -> Error {
    Error::client("MissingParameter", message)
}

/// `DependencyViolation`: something hangs on the resource.
pub fn has_dependent(id: &str) -> Error {
    Error::client("DependencyViolation", format!("resource {id} has a dependent object"))
}

/// `DependencyViolation` in the words of what networks are made of: `The vpc 'vpc-1' has dependencies…`
pub fn has_dependencies(noun: &str, id: &str) -> Error {
    Error::client("DependencyViolation", format!("The {noun} '{id}' has dependencies and cannot be deleted."))
}

/// `UnsupportedOperation` with any message.
pub fn unsupported_operation(message: impl Into<String>) -> Error {
    Error::client("UnsupportedOperation", message)
}

/// `IdempotentParameterMismatch`: the client token came before with other parameters.
pub fn idempotent_mismatch() -> Error {
    Error::client(
        "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    )
}

/// Refuses a flag that is set, where tools also send it unset. Those that are refused however they are given stand
/// in the lists beside their operations instead.
///
/// # Errors
/// As for refused parameters, when the flag is true.
pub fn refuse_flag(flag: Option<bool>, parameter: &str, reason: &str) -> Result<()> {
    if flag == Some(true) { Err(Ctx::unsupported(parameter, reason)) } else { Ok(()) }
}

/// `OperationNotPermitted` with any message.
pub fn not_permitted(message: impl Into<String>) -> Error {
    Error::client("OperationNotPermitted", message)
}

#[cfg(test)]
mod tests {
    use super::dry_run;

    #[test]
    fn a_dry_run_ends_with_its_own_status() {
        assert!(dry_run(None).is_ok() && dry_run(Some(false)).is_ok());
        let error = dry_run(Some(true)).unwrap_err();
        assert_eq!((error.code(), error.status()), ("DryRunOperation", 412));
    }
}
