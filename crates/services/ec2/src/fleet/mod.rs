//! EC2 Fleets: so many units of capacity, launched in whatever of the given pools there is. Spot Fleets are the same
//! under the operations of their own that [`crate::spot::fleet`] has.
//!
//! `instant` fleets launch once and answer at once; `request` fleets launch once, a little later; `maintain` fleets
//! look after their capacity until they are deleted.

pub(crate) mod candidate;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod describe;
pub(crate) mod fill;
pub(crate) mod history;
mod rebalance;
#[cfg(test)]
mod rebalance_tests;
pub(crate) mod request;
#[cfg(test)]
mod tests;
pub(crate) mod upkeep;

use ironbird_api::ec2;
use ironbird_rig::{Error, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All fleets: (account, Region, id).
pub(crate) struct Fleets;

impl Table for Fleets {
    const NAME: &'static str = "ec2.fleets";
    type Record = Fleet;
}

/// When and how often a fleet launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Instant,
    Request,
    Maintain,
}

impl Kind {
    /// `instant`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Request => "request",
            Self::Maintain => "maintain",
        }
    }
}

/// Where a fleet stands. AWS also has `failed`, which no fleet of the rig gets into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Submitted,
    Active,
    Modifying,
    DeletedRunning,
    DeletedTerminating,
    Deleted,
}

impl State {
    /// `deleted_running`, …; the filter `fleet-state` alone writes the word with a dash: `deleted-running`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Active => "active",
            Self::Modifying => "modifying",
            Self::DeletedRunning => "deleted_running",
            Self::DeletedTerminating => "deleted_terminating",
            Self::Deleted => "deleted",
        }
    }

    /// Whether it may still launch.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Submitted | Self::Active | Self::Modifying)
    }
}

/// One fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fleet {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    pub(crate) created: Timestamp,
    /// The request, by the names of its members, with its defaults filled in.
    pub(crate) request: Map<String, Value>,
    pub(crate) groups: Vec<Group>,
    /// What could not be launched, the last time that the fleet tried.
    pub(crate) failures: Vec<Failure>,
    pub(crate) events: Vec<Event>,
    /// When it looks again after its capacity.
    pub(crate) due: Option<Timestamp>,
    /// Spot Instances that are being replaced: they run, and count no more.
    pub(crate) outgoing: Vec<Outgoing>,
    /// The request of a Spot Fleet, by the names of the members of its configuration; none for an EC2 Fleet.
    pub(crate) spot_fleet: Option<Map<String, Value>>,
}

impl Fleet {
    /// Its instances, those that are being replaced too.
    pub(crate) fn members(&self) -> impl Iterator<Item = &String> {
        let outgoing = self.outgoing.iter().map(|outgoing| &outgoing.instance_id);
        self.groups.iter().flat_map(|group| &group.instance_ids).chain(outgoing)
    }
}

/// A Spot Instance that is at an elevated risk of interruption, and for which another is launched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) instance_id: String,
    pub(crate) instance_type: String,
    /// When it is terminated, once its replacement is there; never, where the fleet's strategy is `launch`.
    pub(crate) until: Option<Timestamp>,
}

/// Instances that a fleet launched at once in one pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// `LaunchTemplateAndOverrides`, by the names of its members.
    pub(crate) origin: Map<String, Value>,
    pub(crate) spot: bool,
    pub(crate) instance_type: String,
    pub(crate) windows: bool,
    /// Units that one instance is.
    pub(crate) weight: f64,
    pub(crate) instance_ids: Vec<String>,
}

/// A pool that gave less than was asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// As in [`Group`].
    pub(crate) origin: Map<String, Value>,
    pub(crate) spot: bool,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What happened to a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    /// `instance-change`, `fleet-change` or `service-error`
    pub(crate) kind: String,
    pub(crate) sub_type: String,
    pub(crate) description: String,
    pub(crate) instance_id: Option<String>,
}

/// `spot` or `on-demand`
pub(crate) const fn lifecycle(spot: bool) -> &'static str {
    if spot { "spot" } else { "on-demand" }
}

/// `InvalidFleetId.NotFound`
fn not_found(id: &str) -> Error {
    Error::client("InvalidFleetId.NotFound", format!("The fleet ID '{id}' does not exist"))
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const BLOCKS: &str = "there are no Capacity Blocks";
    definition
        .table::<Fleets>()
        .timer(upkeep::TIMER, upkeep::wake)
        .timer(rebalance::RECOMMENDED, rebalance::on_recommendation)
        .timer(rebalance::WARNED, rebalance::on_notice)
        .listen("ec2.spot-rebalance", rebalance::RECOMMENDED)
        .listen("ec2.spot-interruption", rebalance::WARNED)
        .write::<ec2::CreateFleet>(create::create_fleet)
        .refuses::<ec2::CreateFleet>(&[("Context", "it is reserved"), ("ReservedCapacityOptions", BLOCKS)])
        .read::<ec2::DescribeFleets>(describe::describe_fleets)
        .read::<ec2::DescribeFleetInstances>(describe::describe_fleet_instances)
        .read::<ec2::DescribeFleetHistory>(history::describe_fleet_history)
        .write::<ec2::DeleteFleets>(change::delete_fleets)
        .write::<ec2::ModifyFleet>(change::modify_fleet)
        .refuses::<ec2::ModifyFleet>(&[("Context", "it is reserved")])
}
