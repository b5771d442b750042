//! What a practice found and what a rehearsal showed, and every way to write it down.
//!
//! Two models: [`Findings`], what `check` hands over, and [`Verdict`], what `rehearse` hands over. Each is plain data
//! that any of the twenty practices fills in, and each has its renderings:
//!
//! | model | text | JSON | SARIF 2.1.0 | JUnit | HTML |
//! | --- | --- | --- | --- | --- | --- |
//! | [`Findings`] | [`text::findings`] | [`json::findings`] | [`sarif::findings`] | [`junit::findings`] | |
//! | [`Verdict`] | [`text::verdict`] | [`json::verdict`] | | | [`html::verdict`] |
//!
//! Build services show findings beside a change: [`ci::github`] and [`ci::gitlab`].
//!
//! A check names its rules, notes what it examined, found and could not read, and hands the rest to a rendering:
//!
//! ```
//! use ironbird_report::{Finding, Findings, Rule, Severity, Target, Unit, sarif, text};
//!
//! const SINGLE_TYPE: Rule = Rule::new(
//!     "capacity-flexibility/single-type-group",
//!     Severity::Error,
//!     "Group can draw on one instance type only",
//!     "A group of one type stops growing when the pools of that type run dry.",
//! );
//! let target = Target::account("111122223333", "us-east-1");
//! let mut result = Findings::new("capacity-flexibility", "ironbird 0.1.0", target, &[SINGLE_TYPE]);
//! result.read("autoscaling:DescribeAutoScalingGroups", Some(2));
//! result.examine(&SINGLE_TYPE, "arn:aws:autoscaling:...:web");
//! result.find(
//!     Finding::new(&SINGLE_TYPE, "arn:aws:autoscaling:...:orders", "It launches r6i.2xlarge only.", "Add types.")
//!         .with_figure("pools it can draw from", 2.0, Unit::Count),
//! );
//! assert_eq!(result.exit_code(), 1);
//! assert!(text::findings(&result, text::Style::default()).contains("1 error"));
//! assert!(sarif::findings(&result).contains("\"level\": \"error\""));
//! ```
//!
//! A rehearsal repeated with many seeds is one [`Verdict`] over all of them: [`seeds::over`].
//!
//! A rehearsal fills in a [`Verdict`]; its measures with a [`Bound`] are the steady state, and decide by themselves
//! whether each variant holds:
//!
//! ```
//! use ironbird_report::{Better, Bound, Measure, Unit, Value};
//!
//! let recovery = [None, Some(92.0)].map(Value::or_never).to_vec();
//! let measure = Measure::new("Time to recover", Unit::Seconds, Better::Lower, recovery).required(Bound::AtMost(600.0));
//! assert_eq!(measure.best(), [1]);
//! assert_eq!(Bound::AtMost(600.0).holds(&measure.values[0]), Some(false));
//! ```
//!
//! Architecture invariant: this crate knows no service, no store and no clock. It reads nothing but its arguments, so
//! the same model gives the same bytes on every machine. No container with a random order, no host time, no
//! transcendental function (their last digit differs between platforms) may enter it.

pub mod ci;
pub mod escape;
pub mod finding;
pub mod html;
pub mod json;
pub mod junit;
pub mod measure;
pub mod parquet;
pub mod plot;
pub mod sarif;
pub mod seeds;
mod table;
pub mod text;
pub mod time;
pub mod units;
pub mod verdict;

pub use finding::{Examined, Figure, Finding, Findings, Location, Read, Rule, Severity, Target, Unread};
pub use measure::{Better, Bound, Distribution, Measure, Value};
pub use plot::{Clock, Kind, Limit, Mark, Plot, Point, Scale, Series, Span, steps};
pub use seeds::{Pick, Run, Seeds, SeedsError};
pub use time::WallTime;
pub use units::Unit;
pub use verdict::{
    Event, Experiment, Hypothesis, Injection, ModelError, Note, NoteKind, Outcome, Variant, Verdict,
};
