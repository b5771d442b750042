//! IAM Identity Center's administration: its instances, what a workforce may do in which account, and what it signs in to.
//!
//! An instance belongs to one account and lives in one Region; the identity store of its users and groups is the Identity
//! Store's, which is told with [`CHANGED`](instance::CHANGED) when an instance comes or goes. An account makes an instance of
//! its own with `CreateInstance`. The instance of an organization, the only one with permission sets and assignments to
//! accounts, is enabled in AWS's console and by no operation; here a lever does that.

mod application;
mod arn;
mod assignment;
mod attribute;
mod delegation;
mod duration;
mod error;
mod instance;
mod page;
mod permission_set;
mod role;
mod tag;
mod token_issuer;

use ironbird_rig::ServiceDef;

/// The service as other services see it when it calls them.
const PRINCIPAL: &str = "sso.amazonaws.com";

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let modules = [
        delegation::register,
        instance::register,
        permission_set::register,
        role::provider::register,
        assignment::register,
        attribute::register,
        token_issuer::register,
        application::register,
        tag::register,
    ];
    modules.into_iter().fold(ServiceDef::new("sso-admin"), |definition, register| register(definition))
}
