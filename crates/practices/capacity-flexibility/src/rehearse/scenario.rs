//! What a rehearsal is made of, as its user may set it, and what is wrong with a setting.

use ironbird_cloud::experiment::Template;
pub use ironbird_cloud::rehearsal::Problem;
use ironbird_cloud::rehearsal::{in_range, read, region};
use ironbird_cloud::requirements::{Needs, PROTECTION_PERCENT};
use ironbird_rig::account::Region;
use ironbird_rig::catalogue::{instance_types, offerings};
use serde::{Deserialize, Serialize};

/// A scenario: the workload, the pools, the shortage, the ways to scale, and what is to hold. Times are minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Root of all randomness.
    pub seed: u64,
    /// Region: `eu-west-1`.
    pub region: String,
    /// The type that the one-type group launches.
    pub instance_type: String,
    /// Zones that the one-type group spans; the flexible one spans all.
    pub zones: u32,
    /// Instances that the demand asks for at its peak.
    pub instances: u32,
    /// Groups that share the demand evenly.
    pub groups: u32,
    /// Length of the run in hours.
    pub hours: f64,
    /// Minutes from an instance's being InService until the application on it serves.
    pub warm_up: u32,
    /// How the demand runs.
    pub demand: Demand,
    /// How much capacity there is.
    pub pools: Pools,
    /// When capacity runs out.
    pub shortage: Shortage,
    /// What is done instead of the shortage, from the moment when the first pool would run dry.
    #[serde(skip)]
    pub experiment: Option<Template>,
    /// The way to scale that adds a large number of instances less frequently.
    pub big_step: BigStep,
    /// The way to scale that adds small batches, early and often.
    pub small_steps: SmallSteps,
    /// Percent that the flexible group's On-Demand prices may be above that of the reference type.
    pub price_protection_percent: i32,
    /// What is to hold.
    pub goal: Goal,
}

/// How the demand runs: level, rising, level at its peak, falling, level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// Share of the peak that is asked for before and after.
    pub base_share: f64,
    /// Minute in which it begins to rise.
    pub rises_at: u32,
    /// How long it rises.
    pub rises_for: u32,
    /// How long it falls; it is at its base for as long again at the end.
    pub falls_for: u32,
    /// How far it strays from the straight line while it rises or falls, as a share of the difference between base and peak.
    pub jitter: f64,
}

/// How much capacity each pool has that could serve the workload: every type that has the attributes, in every zone, alike. A
/// factor from 0.5 to 1.5 for each pool comes from the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pools {
    /// Instances free when the run begins, as a share of the peak.
    pub free_share: f64,
    /// Instances that become free in an hour, as a share of the peak.
    pub hourly_share: f64,
}

/// When the pools of the group's main type run dry: the type of which it has most instances at that moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shortage {
    /// Minutes after the demand began to rise until the pool in the first zone is dry.
    pub one_zone_after: u32,
    /// Minutes until those in every zone are.
    pub everywhere_after: u32,
    /// Minutes from then on until capacity comes back.
    pub lasts: u32,
    /// Instances that then come back an hour in each zone, as a share of the peak.
    pub hourly_share: f64,
    /// Further types whose pools run dry with the main type's.
    pub also: Vec<String>,
}

/// Adds a large number of instances once the demand is above what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BigStep {
    /// Size of a step, as a share of the peak.
    pub share: f64,
    /// Minutes between two steps at least.
    pub cooldown: u32,
}

/// Adds a small batch at regular intervals, ahead of the demand as it has been growing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmallSteps {
    /// Largest batch, as a share of the peak.
    pub share: f64,
    /// Minutes between two batches.
    pub every: u32,
    /// Minutes that the growth of the last ten minutes is carried forward.
    pub ahead: u32,
    /// Instances that are kept in reserve, as a share of the peak.
    pub headroom: f64,
}

/// What is to hold in the group that follows the practice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Goal {
    /// Share of the time in which the group has the capacity that the demand asks for.
    pub availability: f64,
    /// Minutes from the demand's peak until the group is as large.
    pub time_to_capacity: f64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            region: "eu-west-1".to_owned(),
            instance_type: "r6i.2xlarge".to_owned(),
            zones: 2,
            instances: 60,
            groups: 1,
            hours: 6.0,
            warm_up: 3,
            demand: Demand::default(),
            pools: Pools::default(),
            shortage: Shortage::default(),
            experiment: None,
            big_step: BigStep::default(),
            small_steps: SmallSteps::default(),
            price_protection_percent: PROTECTION_PERCENT,
            goal: Goal::default(),
        }
    }
}

impl Default for Demand {
    fn default() -> Self {
        Self { base_share: 0.2, rises_at: 30, rises_for: 60, falls_for: 45, jitter: 0.02 }
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self { free_share: 0.2, hourly_share: 0.2 }
    }
}

impl Default for Shortage {
    fn default() -> Self {
        Self { one_zone_after: 25, everywhere_after: 35, lasts: 90, hourly_share: 0.2, also: Vec::new() }
    }
}

impl Default for BigStep {
    fn default() -> Self {
        Self { share: 0.5, cooldown: 10 }
    }
}

impl Default for SmallSteps {
    fn default() -> Self {
        Self { share: 0.1, every: 5, ahead: 15, headroom: 0.06 }
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self { availability: 0.99, time_to_capacity: 5.0 }
    }
}

/// Most instances of a scenario. The bound is ours: a larger one fits in memory, but nobody has tried.
const MOST_INSTANCES: u32 = 200_000;

/// Most groups of a scenario. AWS lets an account have 500 in a Region.
const MOST_GROUPS: u32 = 500;

/// Instances that a VPC has room for: its subnets share 65,536 addresses, of which zones that are no power of two leave a
/// part unused. A group lies in one VPC.
pub const INSTANCES_OF_VPC: u32 = 40_000;

/// Longest run, in hours: a week.
const MOST_HOURS: f64 = 168.0;

impl Scenario {
    /// Reads a scenario file. What it does not set has its default.
    ///
    /// # Errors
    /// Where the text is no TOML, or has a setting that there is not; line and column are in the message.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        read(text, crate::NAME)
    }

    /// Checks that the settings make sense, each and together, and finds the Region and what the type has.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn validate(&self) -> Result<(Region, Needs), Problem> {
        let region = region(&self.region, "eu-west-1")?;
        let needs = self.needs(region)?;
        self.validate_numbers()?;
        self.validate_times()?;
        for other in &self.shortage.also {
            if instance_types::get(other).is_none() {
                let wrong = format!("{other:?} is no instance type");
                return Err(Problem::new("shortage.also", wrong, "give types such as r5.2xlarge"));
            }
        }
        Ok((region, needs))
    }

    fn needs(&self, region: Region) -> Result<Needs, Problem> {
        let name = &self.instance_type;
        let wrong = |what: String| {
            Problem::new("instance_type", what, "give one that is offered in the Region, such as r6i.2xlarge")
        };
        let entry =
            instance_types::get(name).ok_or_else(|| wrong(format!("{name:?} is no instance type")))?;
        let zones = offerings::zones_of(entry, region.code()).len();
        if zones == 0 {
            return Err(wrong(format!("{name} is not offered in {region}")));
        }
        if self.zones == 0 || self.zones as usize > zones {
            let text = format!(
                "{} is not between 1 and {zones}, the zones of {region} that offer {name}",
                self.zones
            );
            return Err(Problem::new("zones", text, "give a number in that range"));
        }
        if entry.bare_metal || entry.accelerator.is_some() {
            return Err(wrong(format!(
                "{name} is bare metal or has accelerators, for which too few others stand in"
            )));
        }
        let architecture = ["x86_64", "arm64"]
            .into_iter()
            .find(|known| entry.processor.architectures.iter().any(|own| own == *known));
        let architecture =
            architecture.ok_or_else(|| wrong(format!("{name} runs neither x86_64 nor arm64")))?;
        let memory_mib = i32::try_from(entry.memory_mib);
        let memory_mib = memory_mib.map_err(|_| wrong(format!("{name} has too much memory")))?;
        Ok(Needs {
            has_disks: entry.storage.is_some(),
            is_burstable: entry.burstable,
            is_current: entry.current_generation,
            protection_percent: self.price_protection_percent,
            ..Needs::like(entry.vcpu.default_vcpus.cast_signed(), memory_mib, architecture)
        })
    }

    fn validate_numbers(&self) -> Result<(), Problem> {
        if !(10..=MOST_INSTANCES).contains(&self.instances) {
            let wrong = format!("{} is not between 10 and {MOST_INSTANCES}", self.instances);
            return Err(Problem::new("instances", wrong, "give the demand's peak in that range"));
        }
        if !(1..=MOST_GROUPS).contains(&self.groups) || self.groups > self.instances / 10 {
            let most = MOST_GROUPS.min(self.instances / 10);
            let wrong = format!("{} is not between 1 and {most}", self.groups);
            return Err(Problem::new(
                "groups",
                wrong,
                "give a number in that range: a group has ten instances at its peak",
            ));
        }
        if !self.hours.is_finite() || self.hours > MOST_HOURS || self.hours <= 0.0 {
            let wrong = format!("{} is not above 0 and at most {MOST_HOURS}", self.hours);
            return Err(Problem::new("hours", wrong, "give the length of the run in hours"));
        }
        if !(0..=999_999).contains(&self.price_protection_percent) {
            let wrong = format!("{} is not between 0 and 999999", self.price_protection_percent);
            return Err(Problem::new(
                "price_protection_percent",
                wrong,
                "give a percentage; 999999 switches it off",
            ));
        }
        let shares = [
            ("demand.base_share", self.demand.base_share, 0.01, 0.95),
            ("demand.jitter", self.demand.jitter, 0.0, 0.5),
            ("pools.free_share", self.pools.free_share, 0.0, 1000.0),
            ("pools.hourly_share", self.pools.hourly_share, 0.0, 1000.0),
            ("shortage.hourly_share", self.shortage.hourly_share, 0.0, 1000.0),
            ("big_step.share", self.big_step.share, 0.01, 1.0),
            ("small_steps.share", self.small_steps.share, 0.01, 1.0),
            ("small_steps.headroom", self.small_steps.headroom, 0.0, 1.0),
            ("goal.availability", self.goal.availability, 0.0, 1.0),
            ("goal.time_to_capacity", self.goal.time_to_capacity, 0.0, 10_000.0),
        ];
        for (setting, value, least, most) in shares {
            in_range(setting, value, (least, most))?;
        }
        Ok(())
    }

    fn validate_times(&self) -> Result<(), Problem> {
        let (demand, shortage) = (&self.demand, &self.shortage);
        let spans = [
            ("demand.rises_for", demand.rises_for),
            ("demand.falls_for", demand.falls_for),
            ("big_step.cooldown", self.big_step.cooldown),
            ("small_steps.every", self.small_steps.every),
        ];
        let longest = (MOST_HOURS * 60.0) as u32;
        for (setting, value) in spans {
            if value == 0 || value > longest {
                let wrong = format!("{value} is not between 1 and {longest}");
                return Err(Problem::new(setting, wrong, "give minutes in that range"));
            }
        }
        if self.warm_up > longest
            || self.small_steps.ahead > longest
            || demand.rises_at > longest
            || shortage.lasts > longest
        {
            let wrong =
                format!("warm_up, small_steps.ahead, demand.rises_at or shortage.lasts is above {longest}");
            return Err(Problem::new("minutes", wrong, "give minutes up to that"));
        }
        if shortage.everywhere_after < shortage.one_zone_after {
            let wrong = format!("{} is before one_zone_after", shortage.everywhere_after);
            return Err(Problem::new("shortage.everywhere_after", wrong, "let the first zone run dry first"));
        }
        if shortage.everywhere_after >= demand.rises_for {
            let wrong = format!("{} is not in the middle of the scale-out", shortage.everywhere_after);
            let advice = format!("give less than demand.rises_for, {}", demand.rises_for);
            return Err(Problem::new("shortage.everywhere_after", wrong, advice));
        }
        let needed = demand.rises_at + demand.rises_for + 2 * demand.falls_for;
        if self.minutes() < needed {
            let wrong = format!("{} is too short for the demand to rise and fall", self.hours);
            let advice = format!(
                "give at least {:.2}, or shorten demand.rises_at, rises_for or falls_for",
                f64::from(needed) / 60.0
            );
            return Err(Problem::new("hours", wrong, advice));
        }
        Ok(())
    }

    /// Length of the run in minutes.
    pub fn minutes(&self) -> u32 {
        (self.hours * 60.0).round() as u32
    }

    /// Groups that there are: as many as asked for, more where they would not fit in a VPC each.
    pub fn group_count(&self) -> u32 {
        self.groups.max(self.instances.div_ceil(INSTANCES_OF_VPC))
    }

    /// A share of the peak as a number of instances, at least one.
    pub fn instances_of(&self, share: f64) -> u32 {
        (f64::from(self.instances) * share).round().max(1.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_a_file_may_set_a_part() {
        Scenario::default().validate().unwrap();
        let text = "instances = 100\n[shortage]\nlasts = 30\n";
        let read = Scenario::parse(text).unwrap();
        assert_eq!((read.instances, read.shortage.lasts, read.shortage.one_zone_after), (100, 30, 25));
    }

    #[test]
    fn nonsense_is_named_with_what_to_do() {
        let wrong = |text: &str| match Scenario::parse(text).and_then(|read| read.validate().map(|_| ())) {
            Ok(()) => panic!("{text} was accepted"),
            Err(problem) => problem.to_string(),
        };
        assert!(wrong("\ninstance = 3").starts_with("line 2: "), "{}", wrong("\ninstance = 3"));
        for (text, setting) in [
            ("region = 'mars-1'", "region"),
            ("instance_type = 'r6i.3xlarge'", "instance_type"),
            ("instance_type = 'p5.48xlarge'", "instance_type"),
            ("zones = 9", "zones"),
            ("instances = 0", "instances"),
            ("instances = 2000000", "instances"),
            ("groups = 0", "groups"),
            ("groups = 7", "groups"),
            ("instances = 100000\ngroups = 501", "groups"),
            ("hours = nan", "hours"),
            ("hours = 1.0", "hours"),
            ("price_protection_percent = -1", "price_protection_percent"),
            ("[demand]\nbase_share = nan", "demand.base_share"),
            ("[demand]\nrises_for = 0", "demand.rises_for"),
            ("[demand]\nrises_at = 4294967295", "minutes"),
            ("[shortage]\neverywhere_after = 5", "shortage.everywhere_after"),
            ("[shortage]\neverywhere_after = 60", "shortage.everywhere_after"),
            ("[shortage]\nalso = ['r5.3xlarge']", "shortage.also"),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(&format!("{setting}: ")), "{text} gave {said}");
        }
    }
}
