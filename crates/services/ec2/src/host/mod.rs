//! Dedicated Hosts: physical servers of one account, with their states, what fits on them, and what becomes of them
//! when they fail.

mod allocate;
mod change;
mod describe;
pub(crate) mod group;
mod lifecycle;
mod mac;
mod placement;
mod relocate;
mod sharing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::catalogue::hosts::{self, HostKind};
use ironbird_rig::error::InternalError;
use ironbird_rig::{Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

pub use lifecycle::fail;
pub(crate) use placement::{choose, enter, leave, zone_of, zones_with_room};

/// All Dedicated Hosts: (account, Region, id).
pub(crate) struct Hosts;

impl Table for Hosts {
    const NAME: &'static str = "ec2.hosts";
    type Record = Host;
}

/// Where a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    Available,
    UnderAssessment,
    PermanentFailure,
    Released,
    ReleasedPermanentFailure,
    Pending,
}

impl State {
    /// `available`, `under-assessment`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::UnderAssessment => "under-assessment",
            Self::PermanentFailure => "permanent-failure",
            Self::Released => "released",
            Self::ReleasedPermanentFailure => "released-permanent-failure",
            Self::Pending => "pending",
        }
    }

    /// Whether the host is the account's no more.
    pub(crate) const fn is_released(self) -> bool {
        matches!(self, Self::Released | Self::ReleasedPermanentFailure)
    }
}

/// What a host takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Takes {
    /// Instances of one type.
    Type(String),
    /// Instances of all sizes of its family.
    Family,
}

/// Where an instance is on its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) instance_type: String,
    /// Sockets that it is on: one, unless it is larger than a socket.
    pub(crate) sockets: Vec<u32>,
    /// The account that it is of, where that is not the host's owner.
    #[serde(default)]
    pub(crate) account: Option<Account>,
}

/// One Dedicated Host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Host {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) family: String,
    pub(crate) takes: Takes,
    /// Whether instances that name no host are placed on it.
    pub(crate) auto_placement: bool,
    /// Whether its instances are moved to another host when it fails.
    pub(crate) recovery: bool,
    /// Whether AWS moves its instances to another host for maintenance.
    pub(crate) maintenance: bool,
    pub(crate) state: State,
    pub(crate) allocated: Timestamp,
    pub(crate) released: Option<Timestamp>,
    pub(crate) client_token: Option<String>,
    /// Instances on it, by id.
    pub(crate) seats: BTreeMap<String, Seat>,
    /// Host that takes over from it.
    pub(crate) replacement: Option<String>,
    /// When its state changes by itself, or it is forgotten.
    pub(crate) due: Option<Timestamp>,
    /// ARN of the host resource group that it is in.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// Accounts that it is shared with.
    #[serde(default)]
    pub(crate) consumers: BTreeSet<Account>,
}

impl Host {
    /// The figures of its family.
    ///
    /// # Errors
    /// When the world is broken: hosts are only allocated of families that have figures.
    pub(crate) fn kind(&self) -> Result<&'static HostKind> {
        let broken =
            || InternalError::Broken(format!("no figures of host {} of family {}", self.id, self.family));
        hosts::get(&self.family).ok_or_else(|| broken().into())
    }
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const OUTPOSTS: &str = "there are no outposts yet";
    definition
        .table::<Hosts>()
        .timer(lifecycle::TIMER, lifecycle::wake)
        .timer(group::TIMER, group::wake)
        .listen(crate::resource_group::MEMBERS, group::TIMER)
        .timer(group::RELEASE, group::release)
        .lever("ec2.fail-host", lifecycle::pull_fail)
        .write::<ec2::AllocateHosts>(allocate::allocate_hosts)
        // AWS schedules maintenance; the rig does not.
        .records::<ec2::AllocateHosts>(&["HostMaintenance"])
        .refuses::<ec2::AllocateHosts>(&[("AssetIds", OUTPOSTS), ("OutpostArn", OUTPOSTS)])
        .read::<ec2::DescribeHosts>(describe::describe_hosts)
        .write::<ec2::ModifyHosts>(change::modify_hosts)
        .records::<ec2::ModifyHosts>(&["HostMaintenance"])
        .write::<ec2::ReleaseHosts>(change::release_hosts)
        .read::<ec2::DescribeMacHosts>(mac::describe_mac_hosts)
        .write::<ec2::ModifyInstancePlacement>(relocate::modify_instance_placement)
}
