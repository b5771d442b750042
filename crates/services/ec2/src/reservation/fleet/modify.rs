//! ModifyCapacityReservationFleet and CancelCapacityReservationFleets.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::{Fleet, Fleets, State, create, fulfil};
use crate::reservation::create::to_come;
use crate::reservation::record::{self, Reservations};
use crate::{error, kinds, resource};

pub(super) fn modify_capacity_reservation_fleet(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyCapacityReservationFleetRequest,
) -> Result<ec2::ModifyCapacityReservationFleetResult> {
    let fleet = resource::find::<Fleets>(ctx, &input.capacity_reservation_fleet_id)?.clone();
    if !fleet.state.is_live() {
        return Err(wrong_state(&fleet));
    }
    let target = input.total_target_capacity.map(create::target).transpose()?;
    let removes = input.remove_end_date == Some(true);
    if removes && input.end_date.is_some() {
        return Err(error::exclusive("EndDate", "RemoveEndDate"));
    }
    if let Some(end) = input.end_date {
        to_come(ctx, end)?;
    }
    error::dry_run(input.dry_run)?;
    if removes || input.end_date.is_some() {
        let end = input.end_date;
        resource::change::<Fleets>(ctx, &fleet.id, |fleet| fleet.end = end)?;
        for member in &fleet.members {
            let key = ctx.scope().key(&member.reservation_id);
            ctx.update::<Reservations, _>(&key, |reservation| reservation.end = end)?;
        }
        if let Some(end) = end {
            ctx.wake_at(end, fulfil::TIMER, &fleet.id)?;
        }
    }
    if let Some(target) = target {
        resource::change::<Fleets>(ctx, &fleet.id, |fleet| {
            fleet.target = target;
            fleet.state = State::Modifying;
        })?;
        fulfil::schedule(ctx, &fleet.id)?;
    }
    Ok(ec2::ModifyCapacityReservationFleetResult { r#return: Some(true) })
}

pub(super) fn cancel_capacity_reservation_fleets(
    ctx: &mut Ctx<'_>,
    input: &ec2::CancelCapacityReservationFleetsRequest,
) -> Result<ec2::CancelCapacityReservationFleetsResult> {
    let ids = &input.capacity_reservation_fleet_ids;
    if ids.is_empty() {
        return Err(error::missing_parameter("CapacityReservationFleetId"));
    }
    for id in ids {
        kinds::CAPACITY_RESERVATION_FLEET.check(id)?;
    }
    error::dry_run(input.dry_run)?;
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for id in ids {
        match cancel(ctx, id)? {
            Ok(change) => done.push(change),
            Err(error) => failed.push(ec2::FailedCapacityReservationFleetCancellationResult {
                capacity_reservation_fleet_id: Some(id.clone()),
                cancel_capacity_reservation_fleet_error: Some(ec2::CancelCapacityReservationFleetError {
                    code: Some(error.code().to_owned()),
                    message: Some(error.message().to_owned()),
                }),
            }),
        }
    }
    Ok(ec2::CancelCapacityReservationFleetsResult {
        successful_fleet_cancellations: Some(done),
        failed_fleet_cancellations: Some(failed),
    })
}

fn cancel(
    ctx: &mut Ctx<'_>,
    id: &str,
) -> Result<std::result::Result<ec2::CapacityReservationFleetCancellationState, Error>> {
    let Some(fleet) = ctx.get::<Fleets>(&ctx.scope().key(id)) else {
        return Ok(Err(kinds::CAPACITY_RESERVATION_FLEET.not_found(id)));
    };
    if !fleet.state.is_live() {
        return Ok(Err(wrong_state(&fleet)));
    }
    fulfil::end_members(ctx, &fleet, record::State::Cancelled)?;
    resource::change::<Fleets>(ctx, id, |fleet| {
        fleet.state = State::Cancelled;
        fleet.due = None;
    })?;
    Ok(Ok(ec2::CapacityReservationFleetCancellationState {
        current_fleet_state: Some(State::Cancelled.name().to_owned()),
        previous_fleet_state: Some(fleet.state.name().to_owned()),
        capacity_reservation_fleet_id: Some(id.to_owned()),
    }))
}

fn wrong_state(fleet: &Fleet) -> Error {
    let message = format!(
        "The capacity reservation fleet '{}' is in state '{}' and cannot be changed",
        fleet.id,
        fleet.state.name()
    );
    Error::client("InvalidCapacityReservationFleetState", message)
}
