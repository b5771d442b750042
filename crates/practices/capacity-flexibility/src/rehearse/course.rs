//! One variant's run: the clock goes on, the demand changes, pools run dry, and the group is looked at.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ironbird_cloud::experiment::{Outcome, carried_out};
use ironbird_cloud::rehearsal::{RehearseError, START, Spent};
use ironbird_rig::{Timestamp, capacity, metering};

use super::ground::{Ground, group_name};
use super::scenario::Scenario;
use super::shortage::{self, Step};
use super::variant::Variant;
use super::watch::{Failure, Watched, part, together};
use super::workload::{Demand, Scaler};

/// A group up to this size is looked at twice a minute, a larger one once.
const SMALL_GROUP: u32 = 1_000;

/// While nothing happens to the group, its pools are looked at so often, in minutes.
const QUIET_MINUTES: u32 = 5;

/// So many points make the curve of cost.
const COST_POINTS: u32 = 48;

/// Instances in service by (type, zone).
pub type ByPool = BTreeMap<(String, String), u32>;

/// The group at a moment.
#[derive(Clone)]
pub struct Sample {
    /// Seconds since the run began.
    pub at: u32,
    /// Instances that the demand asks for.
    pub demand: u32,
    /// Instances in service.
    pub in_service: u32,
    /// Instances that serve: in service for as long as the application needs to warm up.
    pub serving: u32,
    /// The same by pool.
    pub by_pool: Arc<ByPool>,
    /// Free instances by pool that the group may draw on.
    pub free: Arc<ByPool>,
}

/// Everything seen of a variant.
pub struct Course {
    /// The group over time, every tick.
    pub samples: Vec<Sample>,
    /// Seconds between two samples.
    pub tick: u32,
    /// Seconds at which a launch failed, with AWS's words.
    pub failures: Vec<(f64, String)>,
    /// Instances launched in the run.
    pub launched: usize,
    /// What was spent.
    pub spent: Spent,
    /// The type that the group had most of when the fault began, and the zone where it had most of it.
    pub main_pool: (String, String),
    /// What the experiment did, where one takes the place of the shortage.
    pub experiment: Option<Outcome>,
    /// Changes of the desired capacity: seconds, from, to.
    pub changes: Vec<(u32, u32, u32)>,
    /// How many types the group may launch.
    pub types: usize,
    /// How many pools those are.
    pub pools: usize,
}

/// Runs a variant to its end. `progress` is told the minutes done.
///
/// # Errors
/// When the world refuses what the scenario needs.
pub fn run(
    scenario: &Scenario,
    variant: &Variant,
    demand: &Demand,
    ground: &Ground,
    progress: &dyn Fn(u32),
) -> Result<Course, RehearseError> {
    let mut runner = Runner::new(scenario, variant, demand, ground)?;
    let steps = shortage::steps(scenario);
    let [first, ..] = steps;
    shortage::declare(ground, scenario)?;
    let end = scenario.minutes();
    for minute in 0..=end {
        for second in (0..60).step_by(runner.tick as usize) {
            if minute == end && second > 0 {
                break;
            }
            let now = Timestamp::from_secs(START.secs() + i64::from(minute * 60 + second));
            let stirred = minute + second == 0 || ground.world.next_due().is_some_and(|due| due <= now);
            ground.world.run_until(now);
            if second == 0 {
                if minute == first.minute {
                    runner.begin_fault()?;
                }
                if scenario.experiment.is_none() {
                    for step in steps.iter().filter(|step| step.minute == minute) {
                        runner.shortage(*step)?;
                    }
                }
                runner.scale(minute)?;
            }
            runner.sample(minute, second, stirred)?;
        }
        if minute % 10 == 0 {
            progress(minute);
        }
    }
    progress(end);
    runner.finish()
}

struct Runner<'a> {
    scenario: &'a Scenario,
    demand: &'a Demand,
    ground: &'a Ground,
    scaler: Scaler,
    tick: u32,
    desired: u32,
    groups: Vec<Watched>,
    failures: Vec<Failure>,
    samples: Vec<Sample>,
    changes: Vec<(u32, u32, u32)>,
    main_pool: Option<(String, String)>,
    /// Id of the experiment that runs.
    experiment: Option<String>,
    pools: Vec<(String, String)>,
}

impl<'a> Runner<'a> {
    fn new(
        scenario: &'a Scenario,
        variant: &Variant,
        demand: &'a Demand,
        ground: &'a Ground,
    ) -> Result<Self, RehearseError> {
        let scaler = Scaler::new(variant.steps);
        let desired = scaler.first(scenario, demand);
        let tick = if scenario.instances <= SMALL_GROUP { 30 } else { 60 };
        let pools = drawable(ground)?;
        let count = scenario.group_count();
        let watch = |index| Watched::new(&group_name(scenario, index), part(desired, count, index));
        let groups = (0..count).map(watch).collect();
        Ok(Self {
            scenario,
            demand,
            ground,
            scaler,
            tick,
            desired,
            groups,
            failures: Vec::new(),
            samples: Vec::new(),
            changes: Vec::new(),
            main_pool: None,
            experiment: None,
            pools,
        })
    }

    /// Settles the main pool, and starts the experiment where there is one.
    fn begin_fault(&mut self) -> Result<(), RehearseError> {
        self.main_pool = Some(self.find_main_pool()?);
        if let Some(template) = &self.scenario.experiment {
            self.experiment = Some(template.start(&self.ground.cloud())?);
        }
        Ok(())
    }

    /// Does a step of the shortage.
    fn shortage(&mut self, step: Step) -> Result<(), RehearseError> {
        if let Some((main_type, main_zone)) = &self.main_pool {
            shortage::perform(self.ground, self.scenario, step, (main_type, main_zone))?;
        }
        Ok(())
    }

    /// The type of which the group has most instances, and the zone where it has most of them.
    fn find_main_pool(&mut self) -> Result<(String, String), RehearseError> {
        for group in &mut self.groups {
            group.look(self.ground)?;
        }
        let by_pool = together(&self.groups);
        let mut types: BTreeMap<&str, u32> = BTreeMap::new();
        for ((instance_type, _), count) in &by_pool {
            *types.entry(instance_type).or_default() += count;
        }
        let most = |counts: &BTreeMap<&str, u32>| {
            // Of equal counts the first name: max_by_key would take the last.
            counts.iter().rev().max_by_key(|(_, count)| **count).map(|(name, _)| (*name).to_owned())
        };
        let nothing = || {
            let said = self.failures.last().map_or_else(String::new, |(_, message)| format!(": {message}"));
            RehearseError::Ground(format!("the group has no instance when the fault begins{said}"))
        };
        let main_type = most(&types).ok_or_else(nothing)?;
        let of_type = by_pool.iter().filter(|((instance_type, _), _)| *instance_type == main_type);
        let zones: BTreeMap<&str, u32> = of_type.map(|((_, zone), count)| (zone.as_str(), *count)).collect();
        Ok((main_type, most(&zones).ok_or_else(nothing)?))
    }

    fn scale(&mut self, minute: u32) -> Result<(), RehearseError> {
        let Some(wanted) = self.scaler.change(self.scenario, self.demand, minute, self.desired) else {
            return Ok(());
        };
        let count = self.scenario.group_count();
        for (index, group) in (0..).zip(&mut self.groups) {
            group.aim(self.ground, part(wanted, count, index))?;
        }
        self.changes.push((minute * 60, self.desired, wanted));
        self.desired = wanted;
        Ok(())
    }

    /// `stirred` says that something happened in the world since the last sample.
    fn sample(&mut self, minute: u32, second: u32, stirred: bool) -> Result<(), RehearseError> {
        let (at, demand) = (minute * 60 + second, self.demand.at(minute));
        let mut changed = false;
        for group in &mut self.groups {
            changed |= group.watch(self.ground, stirred, &mut self.failures)?;
        }
        let last = self.samples.last().filter(|_| !changed).cloned();
        if let Some(last) = last {
            let is_due = second == 0 && minute.is_multiple_of(QUIET_MINUTES);
            let free = if is_due { self.shared(|last| &last.free, self.free()?) } else { last.free };
            self.samples.push(Sample { at, demand, free, ..last });
            return Ok(());
        }
        let by_pool = together(&self.groups);
        let in_service = by_pool.values().sum();
        let by_pool = self.shared(|last| &last.by_pool, by_pool);
        let free = self.shared(|last| &last.free, self.free()?);
        self.samples.push(Sample { at, demand, in_service, serving: 0, by_pool, free });
        Ok(())
    }

    /// The last sample's counts where they are the same, so that a long quiet run costs no memory.
    fn shared(&self, of: impl Fn(&Sample) -> &Arc<ByPool>, counts: ByPool) -> Arc<ByPool> {
        match self.samples.last().map(of) {
            Some(last) if **last == counts => Arc::clone(last),
            _ => Arc::new(counts),
        }
    }

    fn free(&self) -> Result<ByPool, RehearseError> {
        let free = self.ground.world.look(self.ground.scope, |ctx| {
            let free = self.pools.iter().map(|pool| {
                let id = shortage::pool_id(self.ground, &pool.0, &pool.1);
                let free = u32::try_from(capacity::pool(ctx, id).free()).unwrap_or(u32::MAX);
                (pool.clone(), free)
            });
            Ok(free.collect())
        });
        Ok(free?)
    }

    fn finish(mut self) -> Result<Course, RehearseError> {
        serve(&mut self.samples, self.scenario.warm_up * 60);
        self.failures.sort_by(|one, other| one.0.total_cmp(&other.0));
        let launched = self.launched()?;
        let Ground { world, scope, .. } = self.ground;
        let spent = Spent::of(world, *scope, self.scenario.minutes() * 60, COST_POINTS)?;
        let nothing = || RehearseError::Ground("the fault never began".to_owned());
        let cloud = self.ground.cloud();
        let experiment = self.experiment.as_deref().map(|id| carried_out(&cloud, id)).transpose()?;
        Ok(Course {
            samples: self.samples,
            tick: self.tick,
            failures: self.failures,
            launched,
            spent,
            main_pool: self.main_pool.ok_or_else(nothing)?,
            experiment,
            changes: self.changes,
            types: self.ground.launchable.len(),
            pools: self.pools.len(),
        })
    }

    /// How many instances have been launched in the run: each opens a meter.
    fn launched(&self) -> Result<usize, RehearseError> {
        let launched = self.ground.world.look(self.ground.scope, |ctx| {
            let meters = ctx.scan::<metering::Usages>(&self.ground.scope.prefix());
            Ok(meters
                .filter(|(_, usage)| usage.from >= START && usage.usage_type.contains("BoxUsage"))
                .count())
        });
        Ok(launched?)
    }
}

/// Works out how many instances serve: as many as have been in service throughout the warm-up. Where instances are
/// replaced one by one, this counts the replacement as serving at once.
fn serve(samples: &mut [Sample], warm_up: u32) {
    // The least of a sliding window: a queue of samples that may yet be the least.
    let mut least: VecDeque<(u32, u32)> = VecDeque::new();
    for sample in samples {
        while least.back().is_some_and(|(_, count)| *count >= sample.in_service) {
            least.pop_back();
        }
        least.push_back((sample.at, sample.in_service));
        while least.front().is_some_and(|(at, _)| at + warm_up < sample.at) {
            least.pop_front();
        }
        sample.serving = least.front().map_or(0, |(_, count)| *count);
    }
}

/// The pools that the group may draw on: its types in its zones, where they are offered.
fn drawable(ground: &Ground) -> Result<Vec<(String, String)>, RehearseError> {
    let mut pools = Vec::new();
    for name in &ground.launchable {
        let Some(entry) = ironbird_rig::catalogue::instance_types::get(name) else { continue };
        let offered = ironbird_rig::catalogue::offerings::zones_of(entry, ground.scope.region.code());
        let zones =
            ground.zones.iter().filter(|zone| offered.iter().any(|known| known.name == zone.as_str()));
        pools.extend(zones.map(|zone| (name.clone(), zone.clone())));
    }
    Ok(pools)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_serves_after_its_warm_up() {
        let counts = [2, 5, 5, 5, 7, 1, 7, 7, 7];
        let samples = counts.iter().enumerate().map(|(index, in_service)| Sample {
            at: index as u32 * 60,
            demand: 0,
            in_service: *in_service,
            serving: 0,
            by_pool: Arc::default(),
            free: Arc::default(),
        });
        let mut samples: Vec<Sample> = samples.collect();
        serve(&mut samples, 120);
        let serving: Vec<u32> = samples.iter().map(|sample| sample.serving).collect();
        assert_eq!(serving, [2, 2, 2, 5, 5, 1, 1, 1, 7]);
        serve(&mut samples, 0);
        assert!(samples.iter().all(|sample| sample.serving == sample.in_service));
    }
}
