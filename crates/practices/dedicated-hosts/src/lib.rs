//! The practice *dedicated-hosts*: know the states of Dedicated Hosts and of what runs on them, so that a host that fails,
//! is scrubbed or lies idle is no surprise.
//!
//! After "Understanding the lifecycle of Amazon EC2 Dedicated Hosts" (AWS Compute Blog). A host is paid for while it is
//! available, whatever runs on it; what runs on it depends on it; and only some of it recovers when the host fails.
//!
//! * [`check`] tells where an account falls short, with read-only calls;
//! * [`apply`] turns recovery on and aims stopped instances that would not start at hosts with room;
//! * [`rehearse`] lets a host fail and a Mac have its day, for four ways of keeping hosts side by side.
//!
//! It reaches an account through [`ironbird_cloud::Cloud`], which is either a real endpoint or a world in this process. Every
//! figure and rule is explained in `docs/practices/dedicated-hosts.md`.

pub mod apply;
pub mod check;
mod estate;
mod place;
pub mod rehearse;

/// Name of the practice, as commands and reports give it.
pub const NAME: &str = "dedicated-hosts";

/// What the practice is, in one line.
pub const SUMMARY: &str =
    "Dedicated Hosts that recover, are used, and hold the licences of what runs on them";

/// Name and version of the software, as reports give it.
pub const SOFTWARE: &str = concat!("ironbird ", env!("CARGO_PKG_VERSION"));
