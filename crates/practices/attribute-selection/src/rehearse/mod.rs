//! Rehearsal: a day on the Spot market, for groups that name their types and groups that describe them.

mod course;
mod ground;
mod market;
mod measures;
mod plots;
pub mod scenario;
mod variant;
mod words;

use std::num::NonZeroUsize;

use ironbird_client::CallError;
use ironbird_cloud::rehearsal::{Problem, abreast};
use ironbird_report::Verdict;

use course::Course;
use ground::Ground;
use scenario::Scenario;
use variant::{VARIANTS, Variant};

/// Why a rehearsal could not run.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// A setting makes no sense.
    #[error(transparent)]
    Scenario(#[from] Problem),
    /// The world lacks something.
    #[error("the world of the rehearsal lacks something: {0}")]
    Ground(String),
    /// The world refused a call.
    #[error("the world of the rehearsal refused a call: {0}")]
    Call(#[from] CallError),
    /// The experiment could not be carried out.
    #[error("the experiment is {status}: {reason}")]
    Experiment {
        /// AWS's word for how it ended.
        status: String,
        /// Why.
        reason: String,
    },
    /// The world could not be written to or read.
    #[error("the world of the rehearsal failed: {0}")]
    Rig(#[from] ironbird_rig::Error),
}

/// A variant and all that was seen of it.
struct Seen {
    variant: &'static Variant,
    course: Course,
}

/// Runs the scenario, `at_once` variants at a time. The same scenario gives the same verdict. `replay` is the command line that
/// a report gives for running it again.
///
/// # Errors
/// When the scenario makes no sense, or its world does not work.
pub fn run(scenario: &Scenario, replay: &str, at_once: NonZeroUsize) -> Result<Verdict, RehearseError> {
    let stage = scenario.validate()?;
    let courses = abreast(&VARIANTS, at_once, |_, variant| {
        let ground = Ground::build(scenario, &stage, variant)?;
        course::run(scenario, &ground)
    })?;
    let seen: Vec<Seen> =
        VARIANTS.iter().zip(courses).map(|(variant, course)| Seen { variant, course }).collect();
    Ok(words::verdict(scenario, &stage, &seen, replay))
}
