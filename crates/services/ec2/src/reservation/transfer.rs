//! CreateCapacityReservationBySplitting and MoveCapacityReservationInstances: slots that nothing runs in go from one
//! reservation to another; the pool is not asked. Source: "Capacity transfer" in the EC2 user guide.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::record::{self, Reservation, Reservations, State};
use crate::instance::token::Claim;
use crate::resource::{self, Resource};
use crate::{error, loan, tag};

pub(super) fn split(
    ctx: &mut Ctx<'_>,
    input: &ec2::CreateCapacityReservationBySplittingRequest,
) -> Result<ec2::CreateCapacityReservationBySplittingResult> {
    let claim =
        Claim::of::<ec2::CreateCapacityReservationBySplitting>(ctx, input.client_token.as_deref(), input, "");
    let source_id = &input.source_capacity_reservation_id;
    if let Some(claim) = &claim
        && let Some(id) = claim.earlier(ctx)?
    {
        return split_answer(ctx, source_id, &id, input.instance_count);
    }
    tag::check_types(input.tag_specifications.as_deref(), &["capacity-reservation"])?;
    let source = source(ctx, source_id)?;
    let count = count(&source, input.instance_count)?;
    if count == source.total {
        let message =
            "All of the capacity cannot be split off; the source Capacity Reservation must keep some";
        return Err(error::invalid_value(message));
    }
    error::dry_run(input.dry_run)?;
    let id = record::split(ctx, source_id, count)?;
    tag::apply(ctx, input.tag_specifications.as_deref(), "capacity-reservation", &id)?;
    record::absorb(ctx, &id)?;
    if let Some(claim) = claim {
        claim.keep(ctx, &id)?;
    }
    split_answer(ctx, source_id, &id, input.instance_count)
}

fn split_answer(
    ctx: &Ctx<'_>,
    source: &str,
    destination: &str,
    instance_count: i32,
) -> Result<ec2::CreateCapacityReservationBySplittingResult> {
    Ok(ec2::CreateCapacityReservationBySplittingResult {
        source_capacity_reservation: Some(shown(ctx, source)?),
        destination_capacity_reservation: Some(shown(ctx, destination)?),
        instance_count: Some(instance_count),
    })
}

pub(super) fn shift(
    ctx: &mut Ctx<'_>,
    input: &ec2::MoveCapacityReservationInstancesRequest,
) -> Result<ec2::MoveCapacityReservationInstancesResult> {
    let claim =
        Claim::of::<ec2::MoveCapacityReservationInstances>(ctx, input.client_token.as_deref(), input, "");
    let (from, to) = (&input.source_capacity_reservation_id, &input.destination_capacity_reservation_id);
    let done = match &claim {
        Some(claim) => claim.earlier(ctx)?.is_some(),
        None => false,
    };
    if !done {
        if from == to {
            return Err(error::invalid_combination("The source and the destination must not be the same"));
        }
        let source = source(ctx, from)?;
        let destination = active(ctx, to)?;
        check_alike(&source, &destination)?;
        let count = count(&source, input.instance_count)?;
        error::dry_run(input.dry_run)?;
        record::shift(ctx, from, to, count)?;
        record::absorb(ctx, to)?;
        if let Some(claim) = claim {
            claim.keep(ctx, to)?;
        }
    }
    Ok(ec2::MoveCapacityReservationInstancesResult {
        source_capacity_reservation: Some(shown(ctx, from)?),
        destination_capacity_reservation: Some(shown(ctx, to)?),
        instance_count: Some(input.instance_count),
    })
}

fn shown(ctx: &Ctx<'_>, id: &str) -> Result<ec2::CapacityReservation> {
    Ok(Reservations::view(ctx, resource::find::<Reservations>(ctx, id)?))
}

fn active(ctx: &Ctx<'_>, id: &str) -> Result<Reservation> {
    let record = loan::owned::<Reservations>(ctx, id)?.clone();
    if record.state == State::Active {
        return Ok(record);
    }
    let state = record.state.name();
    let message = format!("The capacity reservation '{id}' is in state '{state}'; it must be active");
    Err(Error::client("InvalidCapacityReservationState", message))
}

fn source(ctx: &Ctx<'_>, id: &str) -> Result<Reservation> {
    let record = active(ctx, id)?;
    if let Some(fleet) = &record.fleet_id {
        let message = format!(
            "The capacity reservation '{id}' belongs to the Capacity Reservation Fleet '{fleet}'; its capacity cannot be \
             split or moved"
        );
        return Err(error::unsupported_operation(message));
    }
    Ok(record)
}

/// How many slots are to go: none that something runs in.
fn count(source: &Reservation, given: i32) -> Result<u32> {
    let free = source.free();
    match u32::try_from(given) {
        Ok(count) if (1..=free).contains(&count) => Ok(count),
        _ => {
            let reason = format!("Expecting a value from 1 to the {free} that are available in the source.");
            Err(error::invalid_parameter_value_because(&given.to_string(), "InstanceCount", &reason))
        }
    }
}

fn check_alike(source: &Reservation, destination: &Reservation) -> Result<()> {
    let attributes = |record: &Reservation| {
        (
            record.instance_type.clone(),
            record.platform.clone(),
            record.zone.clone(),
            record.tenancy,
            record.end,
        )
    };
    if attributes(source) == attributes(destination) {
        return Ok(());
    }
    let message = "The source and destination Capacity Reservations must have the same instance type, platform, \
                   Availability Zone, tenancy and end date";
    Err(error::invalid_combination(message))
}
