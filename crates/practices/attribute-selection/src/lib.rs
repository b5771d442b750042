//! The practice *attribute-selection*: say which machines would do, rather than which one.
//!
//! After "Implementing Attribute-Based Instance Type Selection using Terraform" (AWS Compute Blog). A group that
//! describes what it needs draws on every type that has it, also on those that are yet to come; on Spot, it launches
//! where capacity is plenty rather than where it is cheapest, and replaces instances before they are taken back.
//!
//! * [`check`] tells where an account falls short, with read-only calls;
//! * [`apply`] puts attributes in the place of lists, and can take it back;
//! * [`rehearse`] gives groups that name their types and groups that describe them the same day on the Spot market.
//!
//! It reaches an account through [`ironbird_cloud::Cloud`], which is either a real endpoint or a world in this process.
//! Every figure and rule is explained in `docs/practices/attribute-selection.md`.

pub mod apply;
pub mod check;
mod derive;
pub mod rehearse;
pub mod subject;
mod words;

/// Name of the practice, as commands and reports give it.
pub const NAME: &str = "attribute-selection";

/// What the practice is, in one line.
pub const SUMMARY: &str =
    "Groups and fleets that say which machines would do, on Spot where capacity is plenty";

/// Name and version of the software, as reports give it.
pub const SOFTWARE: &str = concat!("ironbird ", env!("CARGO_PKG_VERSION"));
