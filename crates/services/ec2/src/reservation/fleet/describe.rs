//! DescribeCapacityReservationFleets.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result};

use super::{Fleet, Fleets, fulfil};
use crate::filter::Test;
use crate::reservation::record::Reservation;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

pub(super) fn describe_capacity_reservation_fleets(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeCapacityReservationFleetsRequest,
) -> Result<ec2::DescribeCapacityReservationFleetsResult> {
    let ask = Ask {
        ids: input.capacity_reservation_fleet_ids.as_deref(),
        filters: input.filters.as_deref(),
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
    };
    let page = resource::describe::<Fleets>(ctx, &ask)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DescribeCapacityReservationFleetsResult {
        capacity_reservation_fleets: Some(page.items),
        next_token: page.next,
    })
}

impl Resource for Fleets {
    const KIND: Kind = kinds::CAPACITY_RESERVATION_FLEET;
    const FILTERS: &'static [&'static str] =
        &["allocation-strategy", "instance-match-criteria", "state", "tenancy"];
    const PAGES: std::ops::RangeInclusive<i32> = 1..=100;
    type View = ec2::CapacityReservationFleet;

    fn id(fleet: &Fleet) -> &str {
        &fleet.id
    }

    fn has(_: &Ctx<'_>, fleet: &Fleet, name: &str, test: Test<'_>) -> bool {
        match name {
            "allocation-strategy" => test("prioritized"),
            "instance-match-criteria" => test("open"),
            "state" => test(fleet.state.name()),
            "tenancy" => test(fleet.tenancy.name()),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, fleet: &Fleet) -> ec2::CapacityReservationFleet {
        view(ctx, fleet)
    }
}

/// A fleet as the API shows it.
pub(super) fn view(ctx: &Ctx<'_>, fleet: &Fleet) -> ec2::CapacityReservationFleet {
    let members =
        fulfil::active(ctx, fleet).map(|(position, reservation)| member(fleet, position, reservation));
    ec2::CapacityReservationFleet {
        capacity_reservation_fleet_id: Some(fleet.id.clone()),
        capacity_reservation_fleet_arn: Some(
            ctx.arn("ec2", &format!("capacity-reservation-fleet/{}", fleet.id)),
        ),
        state: Some(fleet.state.name().to_owned()),
        total_target_capacity: i32::try_from(fleet.target).ok(),
        total_fulfilled_capacity: Some(fulfil::fulfilled(ctx, fleet)),
        tenancy: Some(fleet.tenancy.name().to_owned()),
        end_date: fleet.end,
        create_time: Some(fleet.created),
        instance_match_criteria: Some("open".to_owned()),
        allocation_strategy: Some("prioritized".to_owned()),
        instance_type_specifications: Some(members.collect()),
        tags: tag::of(ctx, &fleet.id),
    }
}

fn member(fleet: &Fleet, position: usize, reservation: &Reservation) -> ec2::FleetCapacityReservation {
    let specification = &fleet.specifications[position];
    ec2::FleetCapacityReservation {
        capacity_reservation_id: Some(reservation.id.clone()),
        availability_zone_id: geography::zone(&reservation.zone).map(|zone| zone.id.to_owned()),
        instance_type: Some(reservation.instance_type.clone()),
        instance_platform: Some(reservation.platform.clone()),
        availability_zone: Some(reservation.zone.clone()),
        total_instance_count: i32::try_from(reservation.total).ok(),
        fulfilled_capacity: Some(f64::from(reservation.total) * specification.weight),
        ebs_optimized: Some(reservation.ebs_optimized),
        create_date: Some(reservation.created),
        weight: Some(specification.weight),
        priority: specification.priority,
    }
}
