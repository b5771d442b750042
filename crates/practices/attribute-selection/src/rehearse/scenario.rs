//! What a rehearsal is made of, as its user may set it, and what is wrong with a setting.

use ironbird_cloud::experiment::Template;
pub use ironbird_cloud::rehearsal::Problem;
use ironbird_cloud::rehearsal::{in_range, read, region};
use ironbird_cloud::requirements::Needs;
use ironbird_rig::account::Region;
use ironbird_rig::catalogue::{instance_types, offerings};
use serde::{Deserialize, Serialize};

/// A scenario: a group on Spot, the market that it is on, and what is to hold. Times are minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Root of all randomness.
    pub seed: u64,
    /// Region: `us-east-1`.
    pub region: String,
    /// The types that the list names; the attributes are what they have in common.
    pub types: Vec<String>,
    /// Instances that the group is to have.
    pub instances: u32,
    /// Length of the run in hours.
    pub hours: f64,
    /// How much capacity there is.
    pub pools: Pools,
    /// When others need more of it.
    pub surge: Surge,
    /// When the experiment starts.
    pub experiment_at: u32,
    /// What the experiment is, where it is not the default one.
    #[serde(skip)]
    pub experiment: Option<Template>,
    /// A type that there is no capacity of until it arrives.
    pub arrival: Arrival,
    /// When the group's instances are replaced, as with every new image.
    pub refresh_at: u32,
    /// What is to hold.
    pub goal: Goal,
}

/// Instances free in each pool, as shares of the group: drawn between these from the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pools {
    /// Least.
    pub least: f64,
    /// Most.
    pub most: f64,
}

/// Others need more: so many instances are taken out of every pool, free ones first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Surge {
    /// When.
    pub at: u32,
    /// Minutes until they are back.
    pub lasts: u32,
    /// Instances, as a share of the group.
    pub share: f64,
}

/// A type becomes available.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Arrival {
    /// Which: `m7i-flex.large`.
    pub instance_type: String,
    /// When.
    pub at: u32,
}

/// What is to hold in the groups that follow the practice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Goal {
    /// Share of the time in which the group has all of its instances.
    pub availability: f64,
    /// Share of the instances that may be missing at the worst moment.
    pub worst: f64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            region: "us-east-1".to_owned(),
            types: ["m5.large", "m5a.large", "m6i.large"].map(str::to_owned).to_vec(),
            instances: 40,
            hours: 18.0,
            pools: Pools::default(),
            surge: Surge::default(),
            experiment_at: 480,
            experiment: None,
            arrival: Arrival::default(),
            refresh_at: 780,
            goal: Goal::default(),
        }
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self { least: 0.0, most: 0.4 }
    }
}

impl Default for Surge {
    fn default() -> Self {
        Self { at: 120, lasts: 180, share: 0.25 }
    }
}

impl Default for Arrival {
    fn default() -> Self {
        Self { instance_type: "m7i-flex.large".to_owned(), at: 720 }
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self { availability: 0.99, worst: 0.1 }
    }
}

/// Most instances of a scenario: the subnets of a default VPC have room for 4,091 each.
const MOST_INSTANCES: u32 = 5_000;

/// Longest run, in hours: a week.
const MOST_HOURS: f64 = 168.0;

/// What a scenario says, once it makes sense.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Region.
    pub region: Region,
    /// What the types of the list have in common.
    pub needs: Needs,
}

impl Stage {
    /// Whether a zone offers every type of a list, so that a group on it is not refused there.
    pub fn offers(zone: &str, types: &[String]) -> bool {
        types.iter().all(|name| offerings::offered(name, zone))
    }

    /// The same needs on Arm.
    pub fn on_arm(&self) -> Needs {
        Needs { architecture: "arm64".to_owned(), ..self.needs.clone() }
    }
}

impl Scenario {
    /// Reads a scenario file. What it does not set has its default.
    ///
    /// # Errors
    /// Where the text is no TOML, or has a setting that there is not.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        read(text, crate::NAME)
    }

    /// Length of the run in minutes.
    pub fn minutes(&self) -> u32 {
        (self.hours * 60.0).round() as u32
    }

    /// A share of the group as whole instances.
    pub fn instances_of(&self, share: f64) -> u64 {
        (f64::from(self.instances) * share).round() as u64
    }

    /// Checks that the settings make sense, each and together, and finds what the types have in common.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn validate(&self) -> Result<Stage, Problem> {
        let region = region(&self.region, "us-east-1")?;
        let needs = self.types.iter().map(|name| needs(name, region)).collect::<Result<Vec<_>, _>>()?;
        let common = Needs::common(&needs).filter(|common| common.architecture == "x86_64");
        let common = common.ok_or_else(|| {
            let advice =
                "give types of x86 processors; the variant with both architectures adds Arm by itself";
            Problem::new(
                "types",
                "they are none, or not all of one architecture that boots x86 images",
                advice,
            )
        })?;
        let arrival = &self.arrival.instance_type;
        if instance_types::get(arrival)
            .is_none_or(|entry| !offerings::offered_in_region(entry, region.code()))
        {
            let wrong = format!("{arrival:?} is not offered in {region}");
            return Err(Problem::new("arrival.instance_type", wrong, "give a type such as m7i-flex.large"));
        }
        if self.types.contains(arrival) {
            let wrong = format!("{arrival} is on the list, too");
            return Err(Problem::new(
                "arrival.instance_type",
                wrong,
                "give a type that the list does not know yet",
            ));
        }
        self.validate_numbers()?;
        self.validate_times()?;
        Ok(Stage { region, needs: common })
    }

    fn validate_numbers(&self) -> Result<(), Problem> {
        in_range("instances", self.instances, (4, MOST_INSTANCES))?;
        let shares = [
            ("pools.least", self.pools.least, 0.0, 100.0),
            ("pools.most", self.pools.most, self.pools.least, 100.0),
            ("surge.share", self.surge.share, 0.0, 100.0),
            ("goal.availability", self.goal.availability, 0.0, 1.0),
            ("goal.worst", self.goal.worst, 0.0, 1.0),
        ];
        for (setting, value, least, most) in shares {
            in_range(setting, value, (least, most))?;
        }
        Ok(())
    }

    fn validate_times(&self) -> Result<(), Problem> {
        if !self.hours.is_finite() || self.hours > MOST_HOURS || self.hours < 1.0 {
            let wrong = format!("{} is not between 1 and {MOST_HOURS}", self.hours);
            return Err(Problem::new("hours", wrong, "give the length of the run in hours"));
        }
        let end = self.minutes();
        let times = [
            ("surge.at", self.surge.at),
            ("surge.lasts", self.surge.lasts),
            ("experiment_at", self.experiment_at),
            ("arrival.at", self.arrival.at),
            ("refresh_at", self.refresh_at),
        ];
        for (setting, value) in times {
            if !(1..end).contains(&value) {
                let wrong = format!("{value} is not between 1 and {}, within the run", end - 1);
                return Err(Problem::new(setting, wrong, "give minutes in that range, or lengthen hours"));
            }
        }
        if self.refresh_at < self.arrival.at {
            let wrong = format!("{} is before arrival.at", self.refresh_at);
            return Err(Problem::new(
                "refresh_at",
                wrong,
                "let the type arrive before instances are replaced",
            ));
        }
        Ok(())
    }
}

/// What a type of the list stands for.
fn needs(name: &str, region: Region) -> Result<Needs, Problem> {
    let wrong = |what: String| Problem::new("types", what, "give types such as m5.large");
    let entry = instance_types::get(name).ok_or_else(|| wrong(format!("{name:?} is no instance type")))?;
    if !offerings::offered_in_region(entry, region.code()) {
        return Err(wrong(format!("{name} is not offered in {region}")));
    }
    if entry.bare_metal || entry.accelerator.is_some() {
        return Err(wrong(format!(
            "{name} is bare metal or has accelerators, which says too little of other types"
        )));
    }
    let runs = |wanted: &str| entry.processor.architectures.iter().any(|own| own == wanted);
    let architecture = if runs("x86_64") { "x86_64" } else { "arm64" };
    let memory = i32::try_from(entry.memory_mib).map_err(|_| wrong(format!("{name} has too much memory")))?;
    Ok(Needs {
        has_disks: entry.storage.is_some(),
        is_burstable: entry.burstable,
        is_current: entry.current_generation,
        ..Needs::like(entry.vcpu.default_vcpus.cast_signed(), memory, architecture)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_a_file_may_set_a_part() {
        let stage = Scenario::default().validate().unwrap();
        assert_eq!((stage.needs.vcpus, stage.on_arm().architecture.as_str()), ((2, 4), "arm64"));
        let read = Scenario::parse("instances = 20\n[surge]\nshare = 0.3\n").unwrap();
        assert_eq!((read.instances, read.surge.share, read.surge.at), (20, 0.3, 120));
    }

    #[test]
    fn nonsense_is_named_with_what_to_do() {
        let wrong = |text: &str| match Scenario::parse(text).and_then(|read| read.validate().map(|_| ())) {
            Ok(()) => panic!("{text} was accepted"),
            Err(problem) => problem.to_string(),
        };
        for (text, setting) in [
            ("\ninstance = 3", "line 2"),
            ("region = 'mars-1'", "region"),
            ("types = []", "types"),
            ("types = ['m5.gigantic']", "types"),
            ("types = ['m6g.large']", "types"),
            ("types = ['m5.large', 'm6g.large']", "types"),
            ("types = ['p5.48xlarge']", "types"),
            ("instances = 0", "instances"),
            ("hours = nan", "hours"),
            ("hours = 2.5", "surge.lasts"),
            ("refresh_at = 700", "refresh_at"),
            ("[pools]\nleast = 0.5", "pools.most"),
            ("[arrival]\ninstance_type = 'm5.large'", "arrival.instance_type"),
            ("[arrival]\ninstance_type = 'm9.large'", "arrival.instance_type"),
            ("[goal]\nworst = 2.0", "goal.worst"),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(&format!("{setting}: ")), "{text} gave {said}");
        }
    }
}
