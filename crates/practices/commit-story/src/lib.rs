//! The practice *commit-story*: a history that explains, builds at every step, and can be bisected.
//!
//! After "Write Better Commits, Build Better Projects" (Victoria Dye, GitHub Blog): structure the narrative, make each
//! commit small and atomic, and say what and why.
//!
//! * [`apply`] proposes a reorganized branch with the same result;
//! * [`check`] scores a branch or a history: narrative, small, atomic, message;
//! * [`rehearse`] plants faults and lets git bisect hunt them;
//! * [`git`] runs git over a repository without running anything that the repository names;
//! * [`history`] reads commits, ten thousand in seconds.
//!
//! It needs git and nothing of the rig. Every figure and rule is explained in `docs/practices/commit-story.md`.

pub mod apply;
pub mod check;
pub mod git;
pub mod history;
mod process;
pub mod rehearse;

/// Name of the practice, as commands and reports give it.
pub const NAME: &str = "commit-story";

/// What the practice is, in one line.
pub const SUMMARY: &str = "Commits that tell a story: small, whole, explained, and found by bisect";

/// Name and version of the software, as reports give it.
pub const SOFTWARE: &str = concat!("ironbird ", env!("CARGO_PKG_VERSION"));
