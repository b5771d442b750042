//! What a rehearsal is made of, as its user may set it, and what is wrong with a setting.

pub use ironbird_cloud::rehearsal::Problem;
use ironbird_cloud::rehearsal::{in_range, read, region};
use ironbird_rig::account::Region;
use ironbird_rig::catalogue::geography::Zone;
use ironbird_rig::catalogue::{hosts, instance_types, offerings};
use serde::{Deserialize, Serialize};

use crate::estate::family;

/// A scenario: hosts with what runs on them, a failure, a Mac's day, and what is to hold. Times are minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Root of all randomness.
    pub seed: u64,
    /// Region: `us-east-1`.
    pub region: String,
    /// The type on the hosts, which has no volumes of its host: `m6i.xlarge`.
    pub instance_type: String,
    /// The type on them in the variant with local disks: `m6id.xlarge`.
    pub disk_type: String,
    /// Hosts.
    pub hosts: u32,
    /// Instances that run on each.
    pub instances: u32,
    /// Instances that are stopped and start on each later, such as those of a nightly batch.
    pub stopped: u32,
    /// Length of the run in hours.
    pub hours: f64,
    /// Minutes between two looks at the account where the practice is in place.
    pub look_every: u32,
    /// Minutes until somebody acts on what does not mend itself.
    pub notice: u32,
    /// The failure of one of the hosts.
    pub failure: Failure,
    /// The Mac beside them.
    pub mac: Mac,
    /// What is to hold.
    pub goal: Goal,
}

/// One of the hosts fails; the seed says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failure {
    /// When.
    pub at: u32,
    /// Minutes from then on until the stopped instances are to start.
    pub wanted_after: u32,
    /// Servers that AWS has free to replace it with, or to allocate.
    pub servers: u32,
}

/// A Mac host that is allocated when the run begins, and builds on it, each on a Mac that the last one has left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mac {
    /// Type: `mac1.metal`.
    pub instance_type: String,
    /// Builds.
    pub builds: u32,
    /// When the first one is to begin.
    pub first_at: u32,
    /// Minutes between the beginnings of two.
    pub every: u32,
    /// Minutes that one takes.
    pub takes: u32,
    /// When the host is no longer needed.
    pub unneeded_at: u32,
    /// Minutes until a release that was refused is tried again.
    pub asks_again: u32,
}

/// What is to hold where the practice is in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Goal {
    /// Minutes in which everything that ran on the failed host serves again.
    pub recovered: f64,
    /// Share of the stopped instances that start when they are to.
    pub started: f64,
    /// Minutes that a build waits for its Mac at most.
    pub build_wait: f64,
    /// Hours that the Mac host is kept longer than it must be.
    pub kept: f64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            seed: 1,
            region: "us-east-1".to_owned(),
            instance_type: "m6i.xlarge".to_owned(),
            disk_type: "m6id.xlarge".to_owned(),
            hosts: 3,
            instances: 20,
            stopped: 4,
            hours: 36.0,
            look_every: 15,
            notice: 60,
            failure: Failure::default(),
            mac: Mac::default(),
            goal: Goal::default(),
        }
    }
}

impl Default for Failure {
    fn default() -> Self {
        Self { at: 120, wanted_after: 240, servers: 5 }
    }
}

impl Default for Mac {
    fn default() -> Self {
        Self {
            instance_type: "mac1.metal".to_owned(),
            builds: 6,
            first_at: 60,
            every: 60,
            takes: 45,
            unneeded_at: 600,
            asks_again: 1_440,
        }
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self { recovered: 15.0, started: 1.0, build_wait: 10.0, kept: 0.5 }
    }
}

/// Most hosts of a scenario.
const MOST_HOSTS: u32 = 100;

/// Most instances on all hosts: they lie in a subnet of the default VPC, which has 4,091 addresses.
const MOST_INSTANCES: u32 = 4_000;

/// Longest run, in hours: a week.
const MOST_HOURS: f64 = 168.0;

/// Where a scenario takes place.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Region.
    pub region: Region,
    /// Zone of the hosts.
    pub zone: &'static Zone,
    /// Zone of the Mac host.
    pub mac_zone: &'static Zone,
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

    /// Checks that the settings make sense, each and together, and finds where it can take place.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn validate(&self) -> Result<Stage, Problem> {
        let region = region(&self.region, "us-east-1")?;
        let zones = on_hosts("instance_type", &self.instance_type, region)?;
        let with_disks = on_hosts("disk_type", &self.disk_type, region)?;
        self.validate_types()?;
        let zone = zones.into_iter().find(|zone| with_disks.iter().any(|other| other.name == zone.name));
        let zone = zone.ok_or_else(|| {
            let wrong = format!("no zone of {region} offers it beside {}", self.instance_type);
            Problem::new("disk_type", wrong, "give a type that is offered in the same zones")
        })?;
        let mac = &self.mac.instance_type;
        if !mac.starts_with("mac") {
            let wrong = format!("{mac:?} is no Mac");
            return Err(Problem::new("mac.instance_type", wrong, "give one such as mac1.metal"));
        }
        let mac_zone = on_hosts("mac.instance_type", mac, region)?[0];
        self.validate_numbers()?;
        self.validate_times()?;
        Ok(Stage { region, zone, mac_zone })
    }

    /// Whether the types are such as the variants need.
    fn validate_types(&self) -> Result<(), Problem> {
        if has_disks(&self.instance_type) || !hosts::recovers(family(&self.instance_type)) {
            let wrong = format!("instances of type {} do not recover", self.instance_type);
            let advice = "give a type without instance store of a family that recovers, such as m6i.xlarge";
            return Err(Problem::new("instance_type", wrong, advice));
        }
        if !has_disks(&self.disk_type) {
            let wrong = format!("{} has no volumes of its host", self.disk_type);
            return Err(Problem::new(
                "disk_type",
                wrong,
                "give a type with instance store, such as m6id.xlarge",
            ));
        }
        Ok(())
    }

    fn validate_numbers(&self) -> Result<(), Problem> {
        let fits = |name: &str| hosts::get(family(name)).and_then(|kind| kind.fits(name)).unwrap_or(0);
        let most = fits(&self.instance_type).min(fits(&self.disk_type));
        let counts = [
            ("hosts", self.hosts, 1, MOST_HOSTS),
            ("instances", self.instances, 1, most),
            ("stopped", self.stopped, 0, most.saturating_sub(self.instances)),
            ("failure.servers", self.failure.servers, 0, 100_000),
            ("mac.builds", self.mac.builds, 1, 1_000),
        ];
        for (setting, value, least, most) in counts {
            in_range(setting, value, (least, most))?;
        }
        let all = self.hosts * (self.instances + self.stopped);
        if all > MOST_INSTANCES {
            let wrong = format!("{all} instances on all hosts are more than {MOST_INSTANCES}");
            return Err(Problem::new("hosts", wrong, "give fewer hosts, instances or stopped"));
        }
        let goals = [
            ("goal.recovered", self.goal.recovered, 10_000.0),
            ("goal.started", self.goal.started, 1.0),
            ("goal.build_wait", self.goal.build_wait, 10_000.0),
            ("goal.kept", self.goal.kept, MOST_HOURS),
        ];
        for (setting, value, most) in goals {
            in_range(setting, value, (0.0, most))?;
        }
        Ok(())
    }

    fn validate_times(&self) -> Result<(), Problem> {
        if !self.hours.is_finite() || self.hours > MOST_HOURS || self.hours <= 0.0 {
            let wrong = format!("{} is not above 0 and at most {MOST_HOURS}", self.hours);
            return Err(Problem::new("hours", wrong, "give the length of the run in hours"));
        }
        let end = self.minutes();
        let (mac, failure) = (&self.mac, &self.failure);
        let spans = [
            ("look_every", self.look_every, 1),
            ("notice", self.notice, 0),
            ("failure.at", failure.at, 1),
            ("failure.wanted_after", failure.wanted_after, 1),
            ("mac.first_at", mac.first_at, 1),
            ("mac.every", mac.every, 1),
            ("mac.takes", mac.takes, 1),
            ("mac.unneeded_at", mac.unneeded_at, 1),
            ("mac.asks_again", mac.asks_again, 1),
        ];
        for (setting, value, least) in spans {
            if !(least..=end).contains(&value) {
                let wrong = format!("{value} is not between {least} and {end}, the length of the run");
                return Err(Problem::new(setting, wrong, "give minutes in that range, or lengthen hours"));
            }
        }
        let needed = u64::from(failure.at) + u64::from(failure.wanted_after) + 60;
        let last = u64::from(mac.first_at) + u64::from(mac.builds - 1) * u64::from(mac.every);
        let built = last + u64::from(mac.takes);
        if u64::from(end) < needed {
            let wrong = format!("{} is too short for the failure and the start after it", self.hours);
            return Err(Problem::new("hours", wrong, format!("give at least {:.1}", needed as f64 / 60.0)));
        }
        if built > u64::from(mac.unneeded_at) {
            let wrong = format!("{} is before the last build can be done, {built}", mac.unneeded_at);
            return Err(Problem::new("mac.unneeded_at", wrong, "give a later minute, or fewer builds"));
        }
        Ok(())
    }
}

/// The zones that offer a type, of which there must be Dedicated Hosts.
fn on_hosts(setting: &str, name: &str, region: Region) -> Result<Vec<&'static Zone>, Problem> {
    let wrong = |what: String| Problem::new(setting, what, "give a type that runs on Dedicated Hosts there");
    let entry = instance_types::get(name).ok_or_else(|| wrong(format!("{name:?} is no instance type")))?;
    if hosts::get(family(name)).and_then(|kind| kind.fits(name)).is_none() {
        return Err(wrong(format!("there are no Dedicated Hosts for {name}")));
    }
    let zones = offerings::zones_of(entry, region.code());
    if zones.is_empty() {
        return Err(wrong(format!("{name} is not offered in {region}")));
    }
    Ok(zones)
}

/// Whether a type has volumes of its host.
pub fn has_disks(name: &str) -> bool {
    instance_types::get(name).is_some_and(|entry| entry.storage.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_a_file_may_set_a_part() {
        let stage = Scenario::default().validate().unwrap();
        assert_ne!(stage.zone.name, "");
        let read = Scenario::parse("hosts = 2\n[failure]\nservers = 0\n").unwrap();
        assert_eq!((read.hosts, read.failure.servers, read.failure.at), (2, 0, 120));
    }

    #[test]
    fn nonsense_is_named_with_what_to_do() {
        let wrong = |text: &str| match Scenario::parse(text).and_then(|read| read.validate().map(|_| ())) {
            Ok(()) => panic!("{text} was accepted"),
            Err(problem) => problem.to_string(),
        };
        for (text, setting) in [
            ("\nhost = 3", "line 2"),
            ("region = 'mars-1'", "region"),
            ("region = 'sa-east-1'", "mac.instance_type"),
            ("instance_type = 'm6i.3xlarge'", "instance_type"),
            ("instance_type = 'm6id.xlarge'", "instance_type"),
            ("instance_type = 't2.micro'", "instance_type"),
            ("disk_type = 'm6i.xlarge'", "disk_type"),
            ("hosts = 0", "hosts"),
            ("instance_type = 'm6i.large'\ndisk_type = 'm6id.large'\nhosts = 100\ninstances = 60", "hosts"),
            ("instances = 33", "instances"),
            ("instances = 30", "stopped"),
            ("hours = nan", "hours"),
            ("hours = 5.0", "mac.unneeded_at"),
            ("look_every = 0", "look_every"),
            ("[failure]\nat = 0", "failure.at"),
            ("[failure]\nat = 2000", "hours"),
            ("[mac]\ninstance_type = 'm6i.xlarge'", "mac.instance_type"),
            ("[mac]\nbuilds = 20", "mac.unneeded_at"),
            ("[mac]\nbuilds = 1000\nevery = 2160", "mac.unneeded_at"),
            ("[goal]\nstarted = 2.0", "goal.started"),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(&format!("{setting}: ")), "{text} gave {said}");
        }
    }
}
