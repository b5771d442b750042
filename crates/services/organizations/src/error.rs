//! Errors as Organizations words them. Codes and reasons are those of the model; messages are those of the live service where
//! users have published them, and follow the API reference elsewhere.

use ironbird_rig::Error;

/// The account is in no organization.
pub(crate) fn not_in_use() -> Error {
    client("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

/// The caller may not.
pub(crate) fn access_denied() -> Error {
    client("AccessDeniedException", "You don't have permissions to access this resource.")
}

/// A parameter makes no sense, for one of the reasons of the API reference.
pub(crate) fn invalid_input(reason: &str, message: &str) -> Error {
    client("InvalidInputException", message).with_member("Reason", reason)
}

/// A parameter does not have the form that the model asks for.
pub(crate) fn pattern() -> Error {
    invalid_input("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
}

/// A limit would be broken, for one of the reasons of the API reference.
pub(crate) fn constraint(reason: &str, message: impl Into<String>) -> Error {
    client("ConstraintViolationException", message).with_member("Reason", reason)
}

/// Any other error of the model.
pub(crate) fn client(code: &'static str, message: impl Into<String>) -> Error {
    Error::client(code, message)
}

/// There is no such account in the organization.
pub(crate) fn no_account() -> Error {
    client("AccountNotFoundException", "You specified an account that doesn't exist.")
}

/// There is no such root or unit.
pub(crate) fn no_parent() -> Error {
    client("ParentNotFoundException", "You specified parent that doesn't exist.")
}

/// There is no such unit.
pub(crate) fn no_unit() -> Error {
    client("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
}

/// There is no such root, unit, account or policy.
pub(crate) fn no_target() -> Error {
    client("TargetNotFoundException", "You specified a target that doesn't exist.")
}

/// The root user of the organization, as it were, cannot go.
pub(crate) fn management_stays() -> Error {
    client(
        "MasterCannotLeaveOrganizationException",
        "You can't remove the management account from the organization.",
    )
}
