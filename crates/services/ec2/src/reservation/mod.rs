//! Capacity Reservations, and fleets of them.

mod choice;
mod create;
mod describe;
pub(crate) mod fleet;
mod group;
mod modify;
mod prefer;
mod record;
mod sharing;
#[cfg(test)]
mod tests;
mod transfer;

use ironbird_api::ec2;
use ironbird_rig::ServiceDef;

pub(crate) use choice::Choice;
pub(crate) use record::{Reservations, enter, exceeded, leave};

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const FUTURE: &str = "future-dated reservations are not modeled";
    let definition = definition
        .table::<Reservations>()
        .timer(record::TIMER, record::wake)
        .timer(group::TIMER, group::wake)
        .listen(crate::resource_group::MEMBERS, group::TIMER)
        .write::<ec2::CreateCapacityReservation>(create::create_capacity_reservation)
        .records::<ec2::CreateCapacityReservation>(&["EbsOptimized"])
        .refuses::<ec2::CreateCapacityReservation>(&[
            ("CommitmentDuration", FUTURE),
            ("DeliveryPreference", FUTURE),
            ("EphemeralStorage", "AWS has deprecated it"),
            ("OutpostArn", "there are no outposts yet"),
            ("PlacementGroupArn", "capacity is reserved in zones, not in placement groups"),
            ("StartDate", FUTURE),
        ])
        .read::<ec2::DescribeCapacityReservations>(describe::describe_capacity_reservations)
        .read::<ec2::GetCapacityReservationUsage>(describe::get_capacity_reservation_usage)
        .write::<ec2::ModifyCapacityReservation>(modify::modify_capacity_reservation)
        .refuses::<ec2::ModifyCapacityReservation>(&[
            ("Accept", "it is reserved"),
            ("AdditionalInfo", "it is reserved"),
        ])
        .write::<ec2::CancelCapacityReservation>(modify::cancel_capacity_reservation)
        .write::<ec2::CreateCapacityReservationBySplitting>(transfer::split)
        .write::<ec2::MoveCapacityReservationInstances>(transfer::shift)
        .write::<ec2::ModifyInstanceCapacityReservationAttributes>(prefer::modify_attributes)
        .read::<ec2::GetGroupsForCapacityReservation>(group::get_groups_for_capacity_reservation);
    fleet::register(sharing::register(definition))
}
