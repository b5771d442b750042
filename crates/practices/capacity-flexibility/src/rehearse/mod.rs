//! Rehearsal: a scale-out, in the middle of which pools run dry, for four groups side by side.

mod course;
mod fault;
mod ground;
mod measures;
mod plots;
pub mod scenario;
mod shortage;
mod variant;
mod watch;
mod words;
mod workload;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use ironbird_cloud::rehearsal::{RehearseError, abreast};
use ironbird_cloud::requirements::Needs;
use ironbird_report::Verdict;
use ironbird_rig::account::Region;

use course::Course;
use ground::Ground;
use scenario::Scenario;
use variant::{VARIANTS, Variant};
use workload::Demand;

/// How far a rehearsal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Minutes of virtual time done, over all variants.
    pub done: u64,
    /// Minutes there are.
    pub of: u64,
}

/// A variant and all that was seen of it.
struct Seen {
    variant: &'static Variant,
    course: Course,
}

/// Runs the scenario, `at_once` variants at a time or as many as [`room`] allows. The same scenario gives the same verdict. `replay`
/// is the command line that a report gives for running it again; `progress` is told how far it is, from several threads.
///
/// # Errors
/// When the scenario makes no sense, or its world does not work.
pub fn run(
    scenario: &Scenario,
    replay: &str,
    at_once: NonZeroUsize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verdict, RehearseError> {
    let (region, needs) = scenario.validate()?;
    let demand = Demand::of(scenario);
    let (courses, matching) =
        run_all(scenario, (region, &needs), &demand, at_once.min(room(scenario)), progress)?;
    Ok(words::verdict(scenario, &needs, &demand, &courses, &matching, replay))
}

/// Instances that the worlds of variants running beside each other have together, so that they stay below 2 GiB.
const MOST_AT_ONCE: usize = 200_000;

/// How many worlds of a scenario's size there is room for at once.
pub fn room(scenario: &Scenario) -> NonZeroUsize {
    NonZeroUsize::new(MOST_AT_ONCE / scenario.instances.max(1) as usize).unwrap_or(NonZeroUsize::MIN)
}

/// Runs the variants beside each other, each on a world of its own.
fn run_all(
    scenario: &Scenario,
    (region, needs): (Region, &Needs),
    demand: &Demand,
    at_once: NonZeroUsize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Vec<Seen>, Vec<String>), RehearseError> {
    let minutes: Vec<AtomicUsize> = VARIANTS.iter().map(|_| AtomicUsize::new(0)).collect();
    let of = u64::from(scenario.minutes()) * VARIANTS.len() as u64;
    let tell = |index: usize, minute: u32| {
        minutes[index].store(minute as usize, Ordering::Relaxed);
        let done: usize = minutes.iter().map(|minute| minute.load(Ordering::Relaxed)).sum();
        progress(Progress { done: done as u64, of });
    };
    let ran = abreast(&VARIANTS, at_once, |index, variant| {
        let ground = Ground::build(scenario, (region, needs), variant, demand)?;
        let course = course::run(scenario, variant, demand, &ground, &|minute| tell(index, minute))?;
        Ok::<_, RehearseError>((course, ground.matching))
    })?;
    let matching = ran.last().map(|(_, matching)| matching.clone()).unwrap_or_default();
    let courses = VARIANTS.iter().zip(ran).map(|(variant, (course, _))| Seen { variant, course });
    Ok((courses.collect(), matching))
}
