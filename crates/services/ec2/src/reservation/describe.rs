//! DescribeCapacityReservations and GetCapacityReservationUsage.

use ironbird_api::ec2;
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result};

use super::record::{Reservation, Reservations, State};
use crate::filter::Test;
use crate::page::Window;
use crate::resource::{self, Ask, Kind, Resource};
use crate::{error, kinds, tag};

pub(super) fn describe_capacity_reservations(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeCapacityReservationsRequest,
) -> Result<ec2::DescribeCapacityReservationsResult> {
    let ask = Ask {
        ids: input.capacity_reservation_ids.as_deref(),
        filters: input.filters.as_deref(),
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
    };
    let page = resource::describe::<Reservations>(ctx, &ask)?;
    error::dry_run(input.dry_run)?;
    Ok(ec2::DescribeCapacityReservationsResult {
        next_token: page.next,
        capacity_reservations: Some(page.items),
    })
}

pub(super) fn get_capacity_reservation_usage(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetCapacityReservationUsageRequest,
) -> Result<ec2::GetCapacityReservationUsageResult> {
    // There is one account to a reservation, so that the first page is the last.
    Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let record = resource::find::<Reservations>(ctx, &input.capacity_reservation_id)?;
    error::dry_run(input.dry_run)?;
    let usage = ec2::InstanceUsage {
        account_id: Some(ctx.scope().account.to_string()),
        used_instance_count: Some(whole(record.used)),
    };
    Ok(ec2::GetCapacityReservationUsageResult {
        capacity_reservation_id: Some(record.id.clone()),
        instance_type: Some(record.instance_type.clone()),
        total_instance_count: Some(whole(record.total)),
        available_instance_count: Some(available(record)),
        state: Some(record.state.name().to_owned()),
        instance_usages: Some(vec![usage]),
        interruptible: Some(false),
        ..Default::default()
    })
}

pub(super) fn whole(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn available(record: &Reservation) -> i32 {
    if record.state == State::Active { whole(record.free()) } else { 0 }
}

fn criteria(record: &Reservation) -> &'static str {
    if record.open { "open" } else { "targeted" }
}

fn end_type(record: &Reservation) -> &'static str {
    if record.end.is_some() { "limited" } else { "unlimited" }
}

impl Resource for Reservations {
    const KIND: Kind = kinds::CAPACITY_RESERVATION;
    const FILTERS: &'static [&'static str] = &[
        "availability-zone",
        "availability-zone-id",
        "end-date",
        "end-date-type",
        "instance-match-criteria",
        "instance-platform",
        "instance-type",
        "outpost-arn",
        "owner-id",
        "placement-group-arn",
        "start-date",
        "state",
        "tenancy",
    ];
    const PAGES: std::ops::RangeInclusive<i32> = 1..=1000;
    type View = ec2::CapacityReservation;

    fn id(record: &Reservation) -> &str {
        &record.id
    }

    fn has(ctx: &Ctx<'_>, record: &Reservation, name: &str, test: Test<'_>) -> bool {
        match name {
            "availability-zone" => test(&record.zone),
            "availability-zone-id" => geography::zone(&record.zone).is_some_and(|zone| test(zone.id)),
            "end-date" => record.end.is_some_and(|end| test(&end.iso8601_millis())),
            "end-date-type" => test(end_type(record)),
            "instance-match-criteria" => test(criteria(record)),
            "instance-platform" => test(&record.platform),
            "instance-type" => test(&record.instance_type),
            "owner-id" => test(&ctx.scope().account.to_string()),
            "start-date" => test(&record.created.iso8601_millis()),
            "state" => test(record.state.name()),
            "tenancy" => test(record.tenancy.name()),
            _ => false,
        }
    }

    fn view(ctx: &Ctx<'_>, record: &Reservation) -> ec2::CapacityReservation {
        let allocations = (record.used > 0).then(|| ec2::CapacityAllocation {
            allocation_type: Some("used".to_owned()),
            count: Some(whole(record.used)),
            ..Default::default()
        });
        ec2::CapacityReservation {
            capacity_reservation_id: Some(record.id.clone()),
            owner_id: Some(ctx.scope().account.to_string()),
            capacity_reservation_arn: Some(ctx.arn("ec2", &format!("capacity-reservation/{}", record.id))),
            availability_zone_id: geography::zone(&record.zone).map(|zone| zone.id.to_owned()),
            instance_type: Some(record.instance_type.clone()),
            instance_platform: Some(record.platform.clone()),
            availability_zone: Some(record.zone.clone()),
            tenancy: Some(record.tenancy.name().to_owned()),
            total_instance_count: Some(whole(record.total)),
            available_instance_count: Some(available(record)),
            ebs_optimized: Some(record.ebs_optimized),
            ephemeral_storage: Some(false),
            state: Some(record.state.name().to_owned()),
            start_date: Some(record.created),
            end_date: record.end,
            end_date_type: Some(end_type(record).to_owned()),
            instance_match_criteria: Some(criteria(record).to_owned()),
            create_date: Some(record.created),
            tags: tag::of(ctx, &record.id),
            capacity_reservation_fleet_id: record.fleet_id.clone(),
            capacity_allocations: Some(allocations.into_iter().collect()),
            reservation_type: Some("default".to_owned()),
            ..Default::default()
        }
    }
}
