//! Rust types of the operations in `operations.toml`, one module a service, made by `cargo xtask api`.
//!
//! A structure's fields are `Option<T>` unless the model requires them. They are read and written by the codecs of
//! [`ironbird_wire`] through [`Structure`], by their index in the model. There is no `Debug`: what may be shown of a value
//! is decided by the model's marks, through [`ironbird_wire`].

#[cfg(test)]
mod agreement;
mod macros;
mod services;

pub use services::*;

pub use ironbird_wire::shared::Shared;

use ironbird_wire::field::Structure;

/// An operation of a service, as a type: `ec2::RunInstances`.
pub trait Operation: Send + Sync + 'static {
    /// What a caller gives.
    type Input: Structure + Clone + Default + PartialEq;
    /// What a caller gets.
    type Output: Structure + Clone + Default + PartialEq;
    /// The service's name in `ironbird_models`: `ec2`.
    const SERVICE: &'static str;
    /// The operation's name: `RunInstances`.
    const NAME: &'static str;
}

macros::structures! {
    /// No parameters, or no result.
    Empty {}
}
