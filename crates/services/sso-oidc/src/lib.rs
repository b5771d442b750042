//! IAM Identity Center's OpenID Connect service: how a tool that has no password gets a token of whoever signed in.
//!
//! A tool registers as a client. It then has its user allow it what it asks for, in a browser: by a code that the user types or
//! follows (RFC 8628), or by a redirection to the user's own machine with a proof of possession (RFC 6749 with RFC 7636). The
//! user's half of it, which AWS has no operations for, are levers; the rig's sign-in page pulls them.
//!
//! Clients, codes and tokens belong to no account: the start URL says whose workforce is meant. All of them are kept as
//! fingerprints, and end on the world's clock.

mod application;
mod authorization;
mod client;
mod device;
mod error;
mod given;
mod instance;
mod person;
mod registered;
mod token;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "sso.amazonaws.com";

/// The only scope there is: to list accounts and get credentials in them.
const ACCOUNT_ACCESS: &str = "sso:account:access";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        instance::register,
        client::register,
        device::register,
        authorization::register,
        person::register,
        token::register,
        application::register,
    ];
    modules.into_iter().fold(ServiceDef::new("sso-oidc"), |definition, register| register(definition))
}
