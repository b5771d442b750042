//! Errors in the words of OAuth 2.0, which is how the service words them: `error` and `error_description`, and no message.

use ironbird_rig::Error;

fn made(status: u16, code: &'static str, error: &'static str, description: &str) -> Error {
    Error::with_status(status, code, "")
        .with_member("error", error)
        .with_member("error_description", description)
}

/// Something is wrong with the request.
pub(crate) fn request(description: &str) -> Error {
    made(400, "InvalidRequestException", "invalid_request", description)
}

/// There is no such client, or its secret is another one.
pub(crate) fn client() -> Error {
    made(401, "InvalidClientException", "invalid_client", "Invalid client provided")
}

/// What the client wants to be registered with makes no sense.
pub(crate) fn client_metadata(description: &str) -> Error {
    made(400, "InvalidClientMetadataException", "invalid_client_metadata", description)
}

/// A client cannot be answered at this address.
pub(crate) fn redirect_uri(description: &str) -> Error {
    made(400, "InvalidRedirectUriException", "invalid_redirect_uri", description)
}

/// There is no such way to get a token.
pub(crate) fn grant_type() -> Error {
    made(400, "UnsupportedGrantTypeException", "unsupported_grant_type", "Unsupported grant type provided")
}

/// The client did not register for this way to get a token.
pub(crate) fn unauthorized_client() -> Error {
    let description = "The client is not registered for this grant type";
    made(400, "UnauthorizedClientException", "unauthorized_client", description)
}

/// The client may not ask for this.
pub(crate) fn scope() -> Error {
    made(400, "InvalidScopeException", "invalid_scope", "Invalid scope provided")
}

/// A code or token that is not one, is another client's, or was used.
pub(crate) fn grant(description: &str) -> Error {
    made(400, "InvalidGrantException", "invalid_grant", description)
}

/// What most grants that are not good are answered with.
pub(crate) const INVALID_GRANT: &str = "Invalid grant provided";

/// Nobody has allowed it yet.
pub(crate) fn pending() -> Error {
    made(400, "AuthorizationPendingException", "authorization_pending", "The user has not answered yet")
}

/// The client asks too often.
pub(crate) fn slow_down() -> Error {
    made(400, "SlowDownException", "slow_down", "Asked again before the interval was over")
}

/// The code is too old.
pub(crate) fn expired() -> Error {
    made(400, "ExpiredTokenException", "expired_token", "The code has expired")
}

/// The user said no.
pub(crate) fn denied() -> Error {
    made(400, "AccessDeniedException", "access_denied", "The user denied the request")
}

/// Whoever calls is not among those who may call for the application.
pub(crate) fn not_an_actor() -> Error {
    made(
        400,
        "AccessDeniedException",
        "access_denied",
        "The application's actor policy does not allow the call",
    )
}

/// The user may not use the application.
pub(crate) fn not_assigned() -> Error {
    made(400, "AccessDeniedException", "access_denied", "The user is not assigned the application")
}

/// What the sign-in page is told where nobody is signed in.
pub(crate) fn signed_out() -> Error {
    Error::with_status(401, "UnauthorizedException", "Session token not found or invalid")
}
