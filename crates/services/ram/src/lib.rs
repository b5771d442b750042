//! AWS Resource Access Manager: what one account lets others use.
//!
//! A share has associations: with resources of its owner, and with principals, which are accounts. An account of no
//! organization is invited first, and there are no organizations here yet, so every other account is. Whoever has accepted
//! may use the resources; the service that they belong to sees to that. It is told with [`ACCESS`](association::ACCESS),
//! in the scope of the account that may use more or less than before, and asks with `ListResources` what that is.
//!
//! Shares are Regional, as on AWS: an invitation is there only in the Region of its share.

mod association;
mod error;
mod invitation;
mod kind;
mod listing;
mod organization;
mod page;
mod permission;
mod record;
mod share;
mod tag;
#[cfg(test)]
mod tests;
mod token;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "ram.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        association::register,
        invitation::register,
        listing::register,
        organization::register,
        permission::register,
        share::register,
        tag::register,
        token::register,
    ];
    modules.into_iter().fold(ServiceDef::new("ram"), |definition, register| register(definition))
}
