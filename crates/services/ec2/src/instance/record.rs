//! What is kept of an instance, and of the launch it came from.
//!
//! A launch (a reservation, `r-…`, in EC2's words) holds once what all of its instances have in common; an
//! instance holds only what is its own. Worlds with 100,000 instances stay small this way.

use std::net::Ipv4Addr;

use ironbird_rig::{Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::options::Options;

/// All instances: (account, Region, id).
pub(crate) struct Instances;

impl Table for Instances {
    const NAME: &'static str = "ec2.instances";
    type Record = Instance;
}

/// All launches that still have instances: (account, Region, reservation id).
pub(crate) struct Launches;

impl Table for Launches {
    const NAME: &'static str = "ec2.launches";
    type Record = Launch;
}

/// Where an instance stands. Codes are AWS's; the high byte of AWS's code is internal to it and 0 here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Pending,
    Running,
    ShuttingDown,
    Terminated,
    Stopping,
    Stopped,
}

impl State {
    /// `pending`, `shutting-down`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// 0, 16, 32, 48, 64 or 80.
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// Whether the instance occupies a slot on a host: until it has come to rest.
    pub(crate) const fn holds_capacity(self) -> bool {
        !matches!(self, Self::Terminated | Self::Stopped)
    }

    /// Whether the instance works or is about to.
    pub(crate) const fn is_up(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

/// Where the slot that an instance occupies was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Slot {
    /// It has none: it is stopped or terminated.
    None,
    /// The pool of its zone, type and tenancy.
    Pool,
    /// The Capacity Reservation of this id.
    Reservation(String),
    /// The Dedicated Host of this id.
    Host(String),
}

/// Why an instance left the state it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cause {
    /// The caller asked for it.
    User,
    /// The caller asked for it to hibernate.
    Hibernation,
    /// The operating system shut down.
    Instance,
    /// The host failed.
    Host,
    /// EC2 took a Spot instance back.
    Spot,
}

impl Cause {
    /// Code and message of `StateReason`. Source: "StateReason" in the EC2 API reference.
    pub(crate) const fn reason(self) -> (&'static str, &'static str) {
        match self {
            Self::User => {
                ("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown")
            }
            Self::Hibernation => {
                ("Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate")
            }
            Self::Instance => (
                "Client.InstanceInitiatedShutdown",
                "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
            ),
            Self::Host => ("Server.InternalError", "Server.InternalError: Internal error on launch"),
            Self::Spot => (
                "Server.SpotInstanceTermination",
                "Server.SpotInstanceTermination: Spot instance termination",
            ),
        }
    }
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    /// Its launch.
    pub(crate) reservation_id: String,
    /// Its place among the instances of the launch.
    pub(crate) index: u32,
    pub(crate) state: State,
    /// When a state of passage (pending, shutting-down, stopping) ends, or a terminated instance is forgotten.
    pub(crate) due: Option<Timestamp>,
    /// Why and when it was last asked to stop or terminate.
    pub(crate) left: Option<(Cause, Timestamp)>,
    pub(crate) slot: Slot,
    /// When it was last launched or started.
    pub(crate) launched: Timestamp,
    /// From when on both status checks pass.
    pub(crate) checked: Timestamp,
    /// Since when its status checks fail.
    pub(crate) impaired: Option<Timestamp>,
    pub(crate) interface_id: String,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) public_ip: Option<Ipv4Addr>,
    /// Its volumes, the root volume first.
    pub(crate) volumes: Vec<String>,
    pub(crate) spot_request_id: Option<String>,
    /// Where it is placed, once that differs from the launch.
    pub(crate) place: Option<Box<Place>>,
    /// What it does about Capacity Reservations, once that differs from the launch.
    pub(crate) preference: Option<Box<Preference>>,
    /// Its instance profile, once that differs from the launch.
    #[serde(default)]
    pub(crate) profile: Option<Box<OwnProfile>>,
    /// Its options, once they differ from those of the launch.
    #[serde(default)]
    pub(crate) options: Option<Box<Options>>,
    /// What EC2 has said of taking it back.
    pub(crate) notice: Option<Box<crate::spot::interruption::Notice>>,
    /// Its own settings, once they differ from those of the launch.
    pub(crate) own: Option<Box<Settings>>,
}

impl Instance {
    /// Its settings as they are now.
    pub(crate) fn settings<'a>(&'a self, launch: &'a Launch) -> &'a Settings {
        self.own.as_deref().unwrap_or(&launch.settings)
    }

    /// The Capacity Reservation it runs in.
    pub(crate) fn reservation(&self) -> Option<&str> {
        match &self.slot {
            Slot::Reservation(id) => Some(id),
            Slot::None | Slot::Pool | Slot::Host(_) => None,
        }
    }

    /// Its tenancy as it is now.
    pub(crate) fn tenancy(&self, launch: &Launch) -> Tenancy {
        self.place.as_ref().map_or(launch.place.tenancy, |place| place.tenancy)
    }

    /// What it does about Capacity Reservations.
    pub(crate) fn preference<'a>(&'a self, launch: &'a Launch) -> &'a Preference {
        self.preference.as_deref().unwrap_or(&launch.preference)
    }

    /// The ARN of its instance profile.
    pub(crate) fn profile<'a>(&'a self, launch: &'a Launch) -> Option<&'a str> {
        match &self.profile {
            Some(own) => own.arn.as_deref(),
            None => launch.profile.as_deref(),
        }
    }

    /// Its options.
    pub(crate) fn options<'a>(&'a self, launch: &'a Launch) -> &'a Options {
        self.options.as_deref().unwrap_or(&launch.options)
    }

    /// Where it is placed.
    pub(crate) fn place<'a>(&'a self, launch: &'a Launch) -> &'a Place {
        self.place.as_deref().unwrap_or(&launch.place)
    }
}

/// The instance profile that an instance was given, or has lost, after its launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnProfile {
    /// Its ARN; none where the instance has none any more.
    pub(crate) arn: Option<String>,
    /// When that was.
    pub(crate) since: Timestamp,
    /// How often the profile has changed.
    pub(crate) changes: u32,
}

/// Where an instance is placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) tenancy: Tenancy,
    /// Dedicated Host that it starts on; any with auto-placement where none is named.
    pub(crate) host_id: Option<String>,
    /// Whether it never starts on another host than the one that it was on.
    pub(crate) affinity: bool,
    /// ARN of the host resource group on whose hosts it starts.
    #[serde(default)]
    pub(crate) host_group: Option<String>,
    /// Name of the placement group.
    pub(crate) group: Option<String>,
    /// Its id.
    #[serde(default)]
    pub(crate) group_id: Option<String>,
    /// Partition of the placement group.
    pub(crate) partition: Option<i32>,
}

impl Place {
    /// Reads `default` or `host`: whether an instance is bound to its host.
    ///
    /// # Errors
    /// `InvalidParameterValue` for another word.
    pub(crate) fn affinity(word: &str) -> ironbird_rig::Result<bool> {
        match word {
            "default" => Ok(false),
            "host" => Ok(true),
            other => Err(crate::error::invalid_parameter_value(other, "affinity")),
        }
    }
}

/// What `ModifyInstanceAttribute` can change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) instance_type: String,
    pub(crate) groups: Vec<String>,
    /// Base64, as it came.
    pub(crate) user_data: Option<String>,
    pub(crate) source_dest_check: bool,
    pub(crate) disable_api_termination: bool,
    pub(crate) disable_api_stop: bool,
    /// `stop` or `terminate`
    pub(crate) shutdown_behavior: String,
    pub(crate) ebs_optimized: bool,
    /// What `DescribeInstanceCreditSpecifications` answers for burstable types.
    pub(crate) cpu_credits: Option<String>,
}

/// How an instance is bought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Market {
    OnDemand,
    Spot(Terms),
}

impl Market {
    /// Whether it is Spot.
    pub(crate) const fn is_spot(&self) -> bool {
        matches!(self, Self::Spot(_))
    }
}

/// What is asked of the Spot market.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Terms {
    /// Most that is paid an hour, as it came; none: up to the On-Demand price.
    pub(crate) max_price: Option<String>,
    /// Whether another instance is asked for when this one is gone.
    pub(crate) persistent: bool,
    pub(crate) behavior: Behavior,
    /// Until when an instance is asked for.
    pub(crate) valid_until: Option<Timestamp>,
}

/// What becomes of a Spot Instance that EC2 takes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Behavior {
    #[default]
    Terminate,
    Stop,
    Hibernate,
}

impl Behavior {
    /// Reads `terminate`, `stop` or `hibernate`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Terminate, Self::Stop, Self::Hibernate].into_iter().find(|behavior| behavior.name() == text)
    }

    /// `terminate`, `stop` or `hibernate`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
        }
    }
}

/// What an instance does about Capacity Reservations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Preference {
    /// Runs in any open one that matches.
    #[default]
    Open,
    /// Runs in none.
    None,
    /// Runs in one that matches, or not at all.
    Only,
    /// Runs in the one of this id, or not at all.
    Target(String),
    /// Runs in one of this group that matches; in none while there is no room, unless it is to run in one or not at all.
    Group { arn: String, only: bool },
}

impl Preference {
    /// Whether instances may run outside reservations.
    pub(crate) const fn allows_pool(&self) -> bool {
        match self {
            Self::Open | Self::None => true,
            Self::Only | Self::Target(_) => false,
            Self::Group { only, .. } => !*only,
        }
    }
}

/// Tenancy of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tenancy {
    #[default]
    Default,
    Dedicated,
    /// On a Dedicated Host.
    Host,
}

impl Tenancy {
    /// Reads `default`, `dedicated` or `host`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "default" => Some(Self::Default),
            "dedicated" => Some(Self::Dedicated),
            "host" => Some(Self::Host),
            _ => None,
        }
    }

    /// `default`, `dedicated` or `host`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Dedicated => "dedicated",
            Self::Host => "host",
        }
    }

    /// As pools of capacity name it.
    pub(crate) const fn pool(self) -> ironbird_rig::capacity::Tenancy {
        match self {
            Self::Default => ironbird_rig::capacity::Tenancy::Default,
            Self::Dedicated => ironbird_rig::capacity::Tenancy::Dedicated,
            Self::Host => ironbird_rig::capacity::Tenancy::Host,
        }
    }
}

/// What all instances of a launch have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Launch {
    pub(crate) reservation_id: String,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// The service that asked on the account's behalf.
    pub(crate) requester: Option<String>,
    pub(crate) client_token: String,
    /// How many of its instances are still to be seen; the record goes with the last.
    pub(crate) instances: u32,
    pub(crate) image_id: String,
    pub(crate) architecture: String,
    /// `Linux/UNIX`, `Windows`, …
    pub(crate) platform: String,
    pub(crate) usage_operation: String,
    pub(crate) root_device: String,
    pub(crate) boot_mode: Option<String>,
    pub(crate) virtualization: String,
    pub(crate) zone: String,
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    pub(crate) key_name: Option<String>,
    /// The public half of that key pair, which may be gone by now: `ssh-rsa AAAA…`
    #[serde(default)]
    pub(crate) public_key: Option<String>,
    /// ARN of the instance profile.
    pub(crate) profile: Option<String>,
    pub(crate) place: Place,
    pub(crate) market: Market,
    pub(crate) preference: Preference,
    /// EC2 Fleet that launched it.
    pub(crate) fleet_id: Option<String>,
    pub(crate) options: Options,
    pub(crate) settings: Settings,
}
