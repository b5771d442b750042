//! CreateCapacityReservationFleet.

use ironbird_api::ec2;
use ironbird_rig::catalogue::offerings;
use ironbird_rig::{Ctx, Error, Result};

use super::{Fleet, Fleets, Specification, State, describe, fulfil};
use crate::instance::blueprint::instance_type;
use crate::instance::slot;
use crate::instance::token::Claim;
use crate::reservation::create::{platform, tenancy, to_come, zone};
use crate::{error, tag};

/// Units at most. Source: `TotalTargetCapacity` in the EC2 API reference.
const MAX_TARGET: i32 = 25_000;
/// Least weight. Source: `ReservationFleetInstanceSpecification` in the EC2 API reference.
const LEAST_WEIGHT: f64 = 0.001;
/// Priorities, as there.
const PRIORITIES: std::ops::RangeInclusive<i32> = 0..=999;
/// Specifications that one fleet may have; ours, to bound what a request makes.
const MAX_SPECIFICATIONS: usize = 300;

pub(super) fn create_capacity_reservation_fleet(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateCapacityReservationFleetRequest,
) -> Result<ec2::CreateCapacityReservationFleetResult> {
    let claim =
        Claim::of::<ec2::CreateCapacityReservationFleet>(ctx, input.client_token.as_deref(), input, "");
    if let Some(claim) = &claim
        && let Some(id) = claim.earlier(ctx)?
    {
        return shown(ctx, &id);
    }
    tag::check_types(input.tag_specifications.as_deref(), &["capacity-reservation-fleet"])?;
    if let Some(other) = input.allocation_strategy.as_deref().filter(|word| *word != "prioritized") {
        return Err(error::invalid_parameter_value(other, "AllocationStrategy"));
    }
    if let Some(other) = input.instance_match_criteria.as_deref().filter(|word| *word != "open") {
        return Err(error::invalid_parameter_value(other, "InstanceMatchCriteria"));
    }
    if let Some(other) = input.tenancy.as_deref().filter(|word| *word != "default") {
        return Err(error::invalid_parameter_value(other, "Tenancy"));
    }
    if let Some(end) = input.end_date {
        to_come(ctx, end)?;
    }
    let target = target(input.total_target_capacity)?;
    let specifications = specifications(ctx, &input.instance_type_specifications)?;
    error::dry_run(input.dry_run)?;
    let id = ctx.fresh_id("crf")?;
    let fleet = Fleet {
        id: id.clone(),
        state: State::Submitted,
        target,
        tenancy: tenancy(input.tenancy.as_deref())?,
        created: ctx.now(),
        end: input.end_date,
        specifications,
        members: Vec::new(),
        due: None,
    };
    ctx.put::<Fleets>(ctx.scope().key(&id), fleet)?;
    tag::apply(ctx, input.tag_specifications.as_deref(), "capacity-reservation-fleet", &id)?;
    if let Some(claim) = claim {
        claim.keep(ctx, &id)?;
    }
    if let Some(end) = input.end_date {
        ctx.wake_at(end, fulfil::TIMER, &id)?;
    }
    fulfil::schedule(ctx, &id)?;
    shown(ctx, &id)
}

/// Reads a total target capacity.
pub(super) fn target(given: i32) -> Result<u32> {
    match u32::try_from(given) {
        Ok(target) if (1..=MAX_TARGET).contains(&given) => Ok(target),
        _ => Err(error::invalid_parameter_value_because(
            &given.to_string(),
            "TotalTargetCapacity",
            &format!("Expecting a value from 1 to {MAX_TARGET}."),
        )),
    }
}

fn specifications(
    ctx: &Ctx<'_>,
    given: &[ec2::ReservationFleetInstanceSpecification],
) -> Result<Vec<Specification>> {
    if given.is_empty() {
        return Err(error::missing_parameter("InstanceTypeSpecifications"));
    }
    if given.len() > MAX_SPECIFICATIONS {
        let message = format!("a fleet takes {MAX_SPECIFICATIONS} instance type specifications at most");
        return Err(error::invalid_value(message));
    }
    let read: Result<Vec<Specification>> = given.iter().map(|given| specification(ctx, given)).collect();
    let read = read?;
    if read.iter().any(|other| other.zone != read[0].zone) {
        let message = "All instance type specifications of a fleet must use the same Availability Zone";
        return Err(error::invalid_value(message));
    }
    Ok(read)
}

fn specification(ctx: &Ctx<'_>, given: &ec2::ReservationFleetInstanceSpecification) -> Result<Specification> {
    let missing = |parameter: &str| error::missing_parameter(parameter);
    let name = given.instance_type.as_deref().ok_or_else(|| missing("InstanceType"))?;
    let given_zone = given.availability_zone.as_deref().or(given.availability_zone_id.as_deref());
    let zone = zone(ctx, given_zone.ok_or_else(|| missing("AvailabilityZone"))?)?;
    let entry = instance_type(name)?;
    if !offerings::offered(name, zone) {
        return Err(slot::not_offered(ctx, entry, zone));
    }
    let weight = given.weight.unwrap_or(1.0);
    if !(LEAST_WEIGHT..=f64::from(MAX_TARGET)).contains(&weight) {
        return Err(error::invalid_parameter_value(&weight.to_string(), "Weight"));
    }
    if let Some(other) = given.priority.filter(|priority| !PRIORITIES.contains(priority)) {
        return Err(error::invalid_parameter_value(&other.to_string(), "Priority"));
    }
    Ok(Specification {
        instance_type: name.to_owned(),
        platform: platform(given.instance_platform.as_deref().unwrap_or("Linux/UNIX"))?,
        zone: zone.to_owned(),
        weight,
        priority: given.priority,
        ebs_optimized: given.ebs_optimized.unwrap_or(false),
    })
}

fn shown(ctx: &Ctx<'_>, id: &str) -> Result<ec2::CreateCapacityReservationFleetResult> {
    let gone = || Error::client("InvalidCapacityReservationFleetId.NotFound", id.to_owned());
    let fleet = ctx.peek::<Fleets>(&ctx.scope().key(id)).ok_or_else(gone)?;
    let view = describe::view(ctx, fleet);
    Ok(ec2::CreateCapacityReservationFleetResult {
        capacity_reservation_fleet_id: view.capacity_reservation_fleet_id,
        state: view.state,
        total_target_capacity: view.total_target_capacity,
        total_fulfilled_capacity: view.total_fulfilled_capacity,
        instance_match_criteria: view.instance_match_criteria,
        allocation_strategy: view.allocation_strategy,
        create_time: view.create_time,
        end_date: view.end_date,
        tenancy: view.tenancy,
        fleet_capacity_reservations: view.instance_type_specifications,
        tags: view.tags,
    })
}
