//! AWS Organizations: an organization, its tree of units and accounts, and policies for it.
//!
//! An organization is one for all Regions and spans accounts: its records are found by the organization's id, and the
//! organization by the account that calls. Accounts need not be made here to call the rig; one that is not a member of an
//! organization is one of its own.
//!
//! Nothing keeps a closed account from calling. Control policies decide on calls ([`ironbird_rig::access`]); policies of other types are kept and attached without
//! effect.

mod account;
mod caller;
mod delegation;
mod error;
mod handshake;
mod id;
mod organization;
mod page;
mod policy;
mod profile;
mod resource_policy;
mod service;
mod tag;
mod tree;
mod unit;

use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let definition = ServiceDef::new("organizations");
    let definition = organization::register(definition);
    let definition = profile::register(definition);
    let definition = tree::register(definition);
    let definition = unit::register(definition);
    let definition = account::register(definition);
    let definition = service::register(definition);
    let definition = delegation::register(definition);
    let definition = handshake::register(definition);
    let definition = policy::register(definition);
    let definition = resource_policy::register(definition);
    tag::register(definition)
}
