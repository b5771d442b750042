//! AWS Identity and Access Management: who there is in an account, and what each is allowed.
//!
//! IAM is global: its state belongs to an account, whatever Region a call is signed for. What is written can be read at once;
//! that IAM is consistent only after a while is not modelled. Policies are read by the policy engine, which
//! says what is wrong with them, and decides by them on every call ([`ironbird_rig::access`]).

mod accessed;
mod account;
mod authority;
mod document;
mod error;
mod group;
mod holder;
mod mfa;
mod named;
mod page;
mod policy;
mod profile;
mod provider;
mod role;
mod simulate;
mod tag;
#[cfg(test)]
mod tests;
mod user;

use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    let definition = ServiceDef::new("iam");
    let definition = user::register(definition);
    let definition = mfa::register(definition);
    let definition = group::register(definition);
    let definition = role::register(definition);
    let definition = profile::register(definition);
    let definition = policy::register(definition);
    let definition = provider::register(definition);
    let definition = holder::register(definition);
    let definition = account::register(definition);
    let definition = simulate::register(definition);
    let definition = accessed::register(definition);
    authority::register(definition)
}
