//! Rehearsal: a policy changes, and then somebody leaves with a laptop that can work in every account, for four ways of giving
//! access side by side.

mod course;
mod desk;
mod documents;
mod ground;
mod keeper;
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
    let region = scenario.validate()?;
    let courses = abreast(&VARIANTS, at_once, |_, variant| {
        let mut ground = Ground::build(scenario, region, variant)?;
        course::run(scenario, variant, &mut ground)
    })?;
    let seen: Vec<Seen> =
        VARIANTS.iter().zip(courses).map(|(variant, course)| Seen { variant, course }).collect();
    Ok(words::verdict(scenario, &seen, replay))
}
