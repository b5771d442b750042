//! Identity Store: the users and groups of an instance of IAM Identity Center.
//!
//! A store exists with its instance, in the instance's account and Region: Identity Center says when one comes or goes, and
//! the store follows. Whoever depends on a user or group listens to [`REMOVED`].
//!
//! Users are made with the operations, or come from an external identity provider over [`scim`].

mod caller;
mod error;
mod group;
mod membership;
mod page;
mod scim;
mod store;
mod user;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "identitystore.amazonaws.com";

/// What is emitted, with `USER/` or `GROUP/` and its id, when a user or a group is deleted.
const REMOVED: &str = "identitystore.removed";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [store::register, user::register, group::register, membership::register, scim::register];
    modules.into_iter().fold(ServiceDef::new("identitystore"), |definition, register| register(definition))
}
