//! Identity providers: who else may vouch for callers.

mod oidc;
mod saml;

use ironbird_rig::ServiceDef;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    saml::register(oidc::register(definition))
}
