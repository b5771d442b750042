//! DescribeCapacityReservations and GetCapacityReservationUsage.

use ironbird_api::ec2;
use ironbird_rig::account::Account;
use ironbird_rig::catalogue::geography;
use ironbird_rig::{Ctx, Result};

use super::record::{Reservation, Reservations, State};
use crate::filter::Test;
use crate::page::Window;
use crate::resource::{Ask, Kind, Resource};
use crate::{error, kinds, loan, tag};

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
    let page = loan::describe::<Reservations>(
        ctx,
        &ask,
        |owner, record, name, test| has_shared(ctx, owner, record, name, test),
        |owner, record| view_shared(ctx, owner, record),
    )?;
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
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let record = loan::find::<Reservations>(ctx, &input.capacity_reservation_id)?;
    error::dry_run(input.dry_run)?;
    let page = window.list(usages(ctx, record).into_iter(), |(account, _)| account);
    let usage = |(account, used)| ec2::InstanceUsage {
        account_id: Some(account),
        used_instance_count: Some(whole(used)),
    };
    Ok(ec2::GetCapacityReservationUsageResult {
        capacity_reservation_id: Some(record.id.clone()),
        instance_type: Some(record.instance_type.clone()),
        total_instance_count: Some(whole(record.total)),
        available_instance_count: Some(available(record)),
        state: Some(record.state.name().to_owned()),
        instance_usages: Some(page.items.into_iter().map(usage).collect()),
        next_token: page.next,
        interruptible: Some(false),
        ..Default::default()
    })
}

/// Who uses how much of a reservation, by account: the owner is told of itself and of every account that uses some, an account
/// that it is shared with of itself only.
fn usages(ctx: &Ctx<'_>, record: &Reservation) -> Vec<(String, u32)> {
    let account = ctx.scope().account;
    let owner = loan::home(ctx, &record.id).account;
    if owner != account {
        return vec![(account.to_string(), record.consumers.get(&account).copied().unwrap_or(0))];
    }
    let own = record.used.saturating_sub(record.consumers.values().sum());
    let others = record.consumers.iter().filter(|(_, used)| **used > 0);
    let mut all: Vec<(Account, u32)> = others.map(|(account, used)| (*account, *used)).collect();
    all.push((owner, own));
    all.sort_unstable();
    all.into_iter().map(|(account, used)| (account.to_string(), used)).collect()
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

/// The same of a reservation that another account shares. Its tags are the owner's own, and nobody else's to see.
fn has_shared(ctx: &Ctx<'_>, owner: Account, record: &Reservation, name: &str, test: Test<'_>) -> bool {
    match name {
        "owner-id" => test(&owner.to_string()),
        _ => Reservations::has(ctx, record, name, test),
    }
}

fn view_shared(ctx: &Ctx<'_>, owner: Account, record: &Reservation) -> ec2::CapacityReservation {
    let region = ctx.region();
    let arn = format!("arn:{}:ec2:{region}:{owner}:capacity-reservation/{}", region.partition(), record.id);
    ec2::CapacityReservation {
        owner_id: Some(owner.to_string()),
        capacity_reservation_arn: Some(arn),
        ..Reservations::view(ctx, record)
    }
}
