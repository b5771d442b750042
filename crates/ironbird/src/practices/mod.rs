//! One file a practice: the arguments of its verbs, and what they do with them.
//!
//! Each has `Check`, `Apply` and `Rehearse`, which bring what the practice needs: an account, a repository, a file.
//! What any practice does with findings and verdicts is in [`report`]. `commands/check.rs`, `apply.rs` and
//! `rehearse.rs` list them.

pub mod account;
pub mod attribute_selection;
pub mod capacity_flexibility;
pub mod changes;
pub mod commit_story;
pub mod dedicated_hosts;
pub mod meter;
mod rehearsal;
pub mod report;
pub mod seeds;
pub mod workforce_access;
