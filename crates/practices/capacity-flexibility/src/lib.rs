//! The practice *capacity-flexibility*: groups that may draw on many pools of capacity survive a shortage, groups that
//! may draw on few do not.
//!
//! After "How to prepare your application to scale reliably with Amazon EC2" (AWS Compute Blog). A pool is a type in a
//! zone; the more of them a group can draw on, and the earlier and smaller its steps, the less a dry pool hurts.
//!
//! * [`check`] tells where an account falls short, with read-only calls;
//! * [`apply`] turns one-type groups into attribute-based ones over all zones, and reserves capacity for an event;
//! * [`rehearse`] lets pools run dry in the middle of a scale-out, on a world of its own, and compares variants.
//!
//! `check` and `apply` reach an account through [`ironbird_cloud::Cloud`], which is either a real endpoint or a world in this
//! process. Every figure and rule is explained in `docs/practices/capacity-flexibility.md`.

pub mod apply;
pub mod check;
pub mod rehearse;

/// Name of the practice, as commands and reports give it.
pub const NAME: &str = "capacity-flexibility";

/// What the practice is, in one line.
pub const SUMMARY: &str =
    "Groups that draw on many instance types and zones, scaled early and in small steps";

/// Name and version of the software, as reports give it.
pub const SOFTWARE: &str = concat!("ironbird ", env!("CARGO_PKG_VERSION"));
