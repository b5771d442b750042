//! Capacity Reservation Fleets: so many units of capacity, reserved in whatever of the given types there is.

mod create;
mod describe;
mod fulfil;
mod modify;

use ironbird_api::ec2;
use ironbird_rig::{ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::instance::record::Tenancy;

pub(super) use fulfil::on_member_gone;

/// All Capacity Reservation Fleets: (account, Region, id).
pub(crate) struct Fleets;

impl Table for Fleets {
    const NAME: &'static str = "ec2.capacity-reservation-fleets";
    type Record = Fleet;
}

/// Where a fleet stands. AWS also has `failed`; a fleet of the rig never gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Submitted,
    Modifying,
    Active,
    PartiallyFulfilled,
    Expiring,
    Expired,
    Cancelled,
}

impl State {
    /// `partially_fulfilled`, …
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Modifying => "modifying",
            Self::Active => "active",
            Self::PartiallyFulfilled => "partially_fulfilled",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it still reserves capacity.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Submitted | Self::Modifying | Self::Active | Self::PartiallyFulfilled)
    }
}

/// One fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fleet {
    pub(crate) id: String,
    pub(crate) state: State,
    /// Units to reserve.
    pub(crate) target: u32,
    pub(crate) tenancy: Tenancy,
    pub(crate) created: Timestamp,
    pub(crate) end: Option<Timestamp>,
    /// In the order of the request.
    pub(crate) specifications: Vec<Specification>,
    /// Reservations made for it, ended ones included.
    pub(crate) members: Vec<Member>,
    /// When it looks again whether it has what it needs.
    pub(crate) due: Option<Timestamp>,
}

/// One of the types that a fleet may reserve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Specification {
    pub(crate) instance_type: String,
    pub(crate) platform: String,
    /// Zone by name.
    pub(crate) zone: String,
    /// Units that one instance is.
    pub(crate) weight: f64,
    /// The lower, the sooner.
    pub(crate) priority: Option<i32>,
    pub(crate) ebs_optimized: bool,
}

/// One reservation of a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) reservation_id: String,
    /// Which of the fleet's specifications it is for.
    pub(crate) specification: usize,
}

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Fleets>()
        .timer(fulfil::TIMER, fulfil::wake)
        .write::<ec2::CreateCapacityReservationFleet>(create::create_capacity_reservation_fleet)
        .records::<ec2::CreateCapacityReservationFleet>(&["InstanceTypeSpecifications.EbsOptimized"])
        .read::<ec2::DescribeCapacityReservationFleets>(describe::describe_capacity_reservation_fleets)
        .write::<ec2::ModifyCapacityReservationFleet>(modify::modify_capacity_reservation_fleet)
        .write::<ec2::CancelCapacityReservationFleets>(modify::cancel_capacity_reservation_fleets)
}
