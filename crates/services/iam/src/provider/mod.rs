//! Identity providers: who else may vouch for callers.

pub(crate) mod oidc;
pub(crate) mod saml;

use ironbird_rig::ServiceDef;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    saml::register(oidc::register(definition))
}
