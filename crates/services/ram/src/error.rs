//! Errors as RAM words them, as far as AWS's wording is known. Codes are those of the model.

use ironbird_rig::Error;

/// A parameter does not make sense.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::client("InvalidParameterException", message)
}

/// There is no such thing, or not for this account.
pub(crate) fn unknown(what: &str) -> Error {
    Error::client("UnknownResourceException", format!("{what} could not be found."))
}

/// What should be an ARN is none, or is the ARN of something else.
pub(crate) fn malformed(arn: &str) -> Error {
    let message = format!("The specified resource ARN {arn} is not valid. Verify the ARN and try again.");
    Error::client("MalformedArnException", message)
}

/// The caller may not do that.
pub(crate) fn not_permitted(message: impl Into<String>) -> Error {
    Error::client("OperationNotPermittedException", message)
}

/// What a share that is not for everybody may not have: there is no organization that it could be for.
pub(crate) fn only_within_organization() -> Error {
    not_permitted(ONLY_WITHIN_ORGANIZATION)
}

/// AWS's words for what can be shared within an organization only.
pub(crate) const ONLY_WITHIN_ORGANIZATION: &str = "The resource you are attempting to share can only be shared within your AWS Organization. This error may also occur if \
     you have not enabled sharing with your AWS organization, or that onboarding process is still in progress.";

/// The share is being deleted, or has been.
pub(crate) fn wrong_state(message: impl Into<String>) -> Error {
    Error::client("InvalidStateTransitionException", message)
}
