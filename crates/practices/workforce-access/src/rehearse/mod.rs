//! Rehearsal: a policy changes, and then somebody leaves with a laptop that can work in every account.

pub mod scenario;
