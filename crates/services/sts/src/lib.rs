//! AWS Security Token Service: who am I, and credentials that end.
//!
//! Credentials are kept by the rig ([`ironbird_rig::credentials`]), which also finds the caller of every request
//! by them; this crate decides for how long they are good and what goes with them: session policies, tags, a source
//! identity. Codes of MFA devices count. Tokens of OpenID Connect providers are verified with keys that were
//! handed over to IAM, assertions of SAML providers with those in their metadata.

mod credentials;
mod error;
mod federation;
mod identity;
mod mfa;
mod policy;
mod role;
mod saml;
mod session;
mod tags;
mod web_identity;

use ironbird_api::sts as api;
use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("sts")
        .read::<api::GetCallerIdentity>(identity::get_caller_identity)
        .read::<api::GetAccessKeyInfo>(identity::get_access_key_info)
        .read::<api::DecodeAuthorizationMessage>(identity::decode_authorization_message)
        .write::<api::AssumeRole>(role::assume_role)
        .refuses::<api::AssumeRole>(&[(
            "ProvidedContexts",
            "there is no identity center to have issued a trusted context",
        )])
        .write::<api::GetSessionToken>(session::get_session_token)
        .write::<api::GetFederationToken>(session::get_federation_token)
        .write::<api::AssumeRoleWithWebIdentity>(web_identity::assume_role_with_web_identity)
        .refuses::<api::AssumeRoleWithWebIdentity>(&[(
            "ProviderId",
            "tokens are those of OpenID Connect; whose access tokens it names, nobody here could ask",
        )])
        .write::<api::AssumeRoleWithSAML>(saml::assume_role_with_saml)
        .needs(role::needs)
}
