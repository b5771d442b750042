//! ModifyCapacityReservation and CancelCapacityReservation.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::record::{self, Reservation, Reservations, State, TIMER};
use super::{create, fleet};
use crate::{error, loan, resource};

/// How many slots one request may add or take away.
const MAX_STEP: u32 = 1000;

pub(super) fn modify_capacity_reservation(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyCapacityReservationRequest,
) -> Result<ec2::ModifyCapacityReservationResult> {
    let record = loan::owned::<Reservations>(ctx, &input.capacity_reservation_id)?.clone();
    check_modifiable(&record)?;
    if let Some(fleet) = &record.fleet_id {
        let message = format!(
            "The capacity reservation '{}' belongs to the Capacity Reservation Fleet '{fleet}' and cannot be modified",
            record.id
        );
        return Err(error::unsupported_operation(message));
    }
    let total = input.instance_count.map(create::count).transpose()?;
    if let Some(total) = total {
        if total.abs_diff(record.total) > MAX_STEP {
            let message = format!("InstanceCount cannot be changed by more than {MAX_STEP} in one request");
            return Err(error::invalid_value(message));
        }
        // AWS says nothing of slots in use. Taking them away would leave instances nowhere, so they stay.
        if total < record.taken() {
            let message = format!(
                "Value ({total}) for parameter InstanceCount is invalid. {} instances run in the reservation.",
                record.taken()
            );
            return Err(error::invalid_value(message));
        }
    }
    let open = create::criteria(input.instance_match_criteria.as_deref())?;
    let turns = open.filter(|open| *open != record.open);
    if turns.is_some() && record.used > 0 {
        let message =
            "The instance match criteria of a Capacity Reservation that instances run in cannot be changed";
        return Err(error::unsupported_operation(message));
    }
    let end = match (&input.end_date_type, input.end_date) {
        (None, None) => None,
        (kind, date) => Some(create::end(ctx, kind.as_deref(), date)?),
    };
    error::dry_run(input.dry_run)?;
    if let Some(total) = total
        && record::resize(ctx, &record.id, total)?.is_err()
    {
        return Err(create::insufficient());
    }
    if let Some(end) = end {
        resource::change::<Reservations>(ctx, &record.id, |record| record.end = end)?;
        if let Some(end) = end {
            ctx.wake_at(end, TIMER, &record.id)?;
        }
    }
    if let Some(open) = turns {
        resource::change::<Reservations>(ctx, &record.id, |record| record.open = open)?;
        if open {
            record::absorb(ctx, &record.id)?;
        }
    }
    Ok(ec2::ModifyCapacityReservationResult { r#return: Some(true) })
}

pub(super) fn cancel_capacity_reservation(
    ctx: &mut Ctx<'_>,
    input: &ec2::CancelCapacityReservationRequest,
) -> Result<ec2::CancelCapacityReservationResult> {
    let record = loan::owned::<Reservations>(ctx, &input.capacity_reservation_id)?.clone();
    check_modifiable(&record)?;
    error::dry_run(input.dry_run)?;
    record::release(ctx, &record.id, State::Cancelled)?;
    if let Some(fleet) = &record.fleet_id {
        fleet::on_member_gone(ctx, fleet)?;
    }
    Ok(ec2::CancelCapacityReservationResult { r#return: Some(true) })
}

fn check_modifiable(record: &Reservation) -> Result<()> {
    if record.state == State::Active {
        return Ok(());
    }
    let message = format!(
        "The capacity reservation '{}' is in state '{}' and cannot be changed",
        record.id,
        record.state.name()
    );
    Err(Error::client("InvalidCapacityReservationState", message))
}
