//! Roles for identities of others. The account has no identity providers, and is told what AWS tells such an
//! account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironbird_api::sts as api;
use ironbird_rig::{Ctx, Result};

use crate::error;

pub fn assume_role_with_web_identity(
    _ctx: &mut Ctx<'_>,
    input: &api::AssumeRoleWithWebIdentityRequest,
) -> Result<api::AssumeRoleWithWebIdentityResponse> {
    let Some(issuer) = issuer(&input.web_identity_token) else {
        return Err(error::invalid_identity_token(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        ));
    };
    Err(error::invalid_identity_token(format!(
        "No OpenIDConnect provider found in your account for {issuer}"
    )))
}

pub fn assume_role_with_saml(
    _ctx: &mut Ctx<'_>,
    _input: &api::AssumeRoleWithSAMLRequest,
) -> Result<api::AssumeRoleWithSAMLResponse> {
    Err(error::invalid_identity_token("Specified provider doesn't exist"))
}

/// The `iss` claim of a JSON web token, not verified.
fn issuer(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1).filter(|_| token.split('.').count() == 3)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::issuer;

    #[test]
    fn the_issuer_is_read_from_a_token() {
        assert_eq!(issuer("e30.eyJpc3MiOiJodHRwczovL2lkcCJ9.c2ln").as_deref(), Some("https://idp"));
        for token in ["", "a.b", "a.b.c", "e30.e30.c2ln", "e30.eyJpc3MiOiJodHRwczovL2lkcCJ9.c2ln.x"] {
            assert_eq!(issuer(token), None, "{token}");
        }
    }
}
