//! Rehearsal: a host fails while others run, and a Mac has its day, for four ways of keeping hosts side by side.

mod course;
mod ground;
mod keeper;
mod log;
mod mac;
mod measures;
mod plots;
pub mod scenario;
mod variant;
mod watch;
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
        let ground = Ground::build(scenario, stage, variant)?;
        course::run(scenario, variant, &ground)
    })?;
    let seen: Vec<Seen> =
        VARIANTS.iter().zip(courses).map(|(variant, course)| Seen { variant, course }).collect();
    Ok(words::verdict(scenario, &seen, replay))
}
