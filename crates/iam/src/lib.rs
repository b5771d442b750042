//! IAM's policy language, and what policies say to a request, with an explanation.
//!
//! This crate knows no service, no store and no clock: all that is known of a request is an argument.

mod arn;
pub mod caller;
pub mod condition;
pub mod context;
mod glob;
mod json;
pub mod policy;
mod template;

pub use caller::Caller;
pub use context::Context;
pub use policy::{Effect, Kind, Malformed, Policy};
