//! One variant's run: the clock goes on, a host fails, and those who keep the hosts do what they do.

use ironbird_cloud::rehearsal::{RehearseError, START, Spent};
use ironbird_rig::Timestamp;
use serde_json::json;

use super::ground::Ground;
use super::keeper::Keeper;
use super::log::Log;
use super::mac::MacDay;
use super::scenario::{Scenario, has_disks};
use super::variant::Variant;
use super::watch::{Health, View};

/// So many points make the curve of cost.
const COST_POINTS: u32 = 72;

/// What runs on the hosts at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Seconds since the run began.
    pub at: u32,
    /// Instances that are to serve.
    pub wanted: u32,
    /// Instances that do.
    pub serving: u32,
}

/// Everything seen of a variant.
pub struct Course {
    /// The instances over time, a sample a minute.
    pub samples: Vec<Sample>,
    /// What happened.
    pub log: Log,
    /// Seconds from the failure until all that ran on the host served again.
    pub recovered: Option<f64>,
    /// Instances that ran on it and lost volumes.
    pub lost: u32,
    /// Stopped instances.
    pub stopped: u32,
    /// Of those, instances that started when they were to.
    pub started: u32,
    /// Instances that were moved by hand.
    pub moved: u32,
    /// Instances that were aimed elsewhere before they were to start.
    pub aimed: u32,
    /// Hosts that were allocated by hand.
    pub allocated: u32,
    /// Seconds that a build waited at most.
    pub longest_wait: Option<f64>,
    /// Seconds at which builds were done, and how many then.
    pub builds: Vec<(f64, f64)>,
    /// Launches of Macs that were refused.
    pub refused_launches: u32,
    /// Releases of the Mac host that were refused.
    pub refused_releases: u32,
    /// Second at which it was released.
    pub released: Option<f64>,
    /// What was spent.
    pub spent: Spent,
}

/// Runs a variant to its end.
///
/// # Errors
/// When the world refuses what the scenario needs.
pub fn run(scenario: &Scenario, variant: &Variant, ground: &Ground) -> Result<Course, RehearseError> {
    let mut log = Log::default();
    let mut view = View::of(ground)?;
    let mut keeper = Keeper::new(scenario, variant, ground);
    let mut mac = MacDay::new(scenario, variant, ground);
    let (mut samples, mut recovered) = (Vec::new(), None);
    let running = scenario.hosts * scenario.instances;
    let started_at = scenario.failure.at + scenario.failure.wanted_after;
    let mut acted = true;
    for minute in 0..=scenario.minutes() {
        let now = Timestamp::from_secs(START.secs() + i64::from(minute) * 60);
        let stirred = ground.world.next_due().is_some_and(|due| due <= now);
        ground.world.run_until(now);
        if minute == scenario.failure.at {
            fail(ground)?;
            acted = true;
        }
        if stirred || acted || !view.is_settled() {
            let new = View::of(ground)?;
            tell_changes(minute, &view, &new, &mut log);
            view = new;
        }
        acted = keeper.act(minute, &view, &mut log)?;
        acted |= mac.act(minute, &view, &mut log)?;
        let after = minute.checked_sub(scenario.failure.at);
        if let Some(after) = after.filter(|after| *after > 0 && recovered.is_none())
            && ground.victims.iter().all(|id| view.is(id, Health::Serves))
        {
            recovered = Some(f64::from(after) * 60.0);
            log.tell(minute, "everything that ran on the failed host serves again", "");
        }
        let wanted = running + if minute > started_at { ground.stopped.len() as u32 } else { 0 };
        samples.push(Sample { at: minute * 60, wanted, serving: serving(ground, &view) });
    }
    Ok(Course {
        samples,
        recovered,
        lost: lost(scenario, variant, ground),
        stopped: ground.stopped.len() as u32,
        started: keeper.started,
        moved: keeper.moved,
        aimed: keeper.aimed,
        allocated: keeper.allocated,
        longest_wait: mac.longest_wait(),
        builds: mac.done,
        refused_launches: mac.refused_launches,
        refused_releases: mac.refused_releases,
        released: mac.released,
        spent: Spent::of(&ground.world, ground.scope, scenario.minutes() * 60, COST_POINTS)?,
        log,
    })
}

/// The experiment: a host fails.
fn fail(ground: &Ground) -> Result<(), RehearseError> {
    let given = json!({ "host": ground.failing });
    ground.world.within(ground.scope, |ctx| ctx.pull("ec2.fail-host", &given))?;
    Ok(())
}

/// Notes hosts that have changed their state.
fn tell_changes(minute: u32, before: &View, after: &View, log: &mut Log) {
    for (id, state) in &after.hosts {
        let was = before.hosts.get(id);
        if was != Some(state) {
            let was = was.map_or("new", String::as_str);
            log.tell(minute, &format!("host is {state}"), format!("{id}, was {was}"));
        }
    }
}

/// Instances on the hosts that serve.
fn serving(ground: &Ground, view: &View) -> u32 {
    ground.residents.iter().filter(|id| view.is(id, Health::Serves)).count() as u32
}

/// Instances that lost volumes: those of a failed host are gone, and so are those of an instance that was moved.
fn lost(scenario: &Scenario, variant: &Variant, ground: &Ground) -> u32 {
    if has_disks(variant.instance_type(scenario)) { ground.victims.len() as u32 } else { 0 }
}
