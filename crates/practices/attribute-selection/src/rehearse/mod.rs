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

use ironbird_cloud::rehearsal::{RehearseError, abreast};
use ironbird_report::Verdict;

use course::Course;
use ground::Ground;
use scenario::Scenario;
use variant::{VARIANTS, Variant};

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
