//! ModifyInstanceCapacityReservationAttributes: which reservations a stopped instance starts in.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::{Choice, Reservations};
use crate::instance::blueprint;
use crate::instance::record::{Instances, Preference, State};
use crate::{error, loan, resource};

pub(super) fn modify_attributes(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceCapacityReservationAttributesRequest,
) -> Result<ec2::ModifyInstanceCapacityReservationAttributesResult> {
    let id = &input.instance_id;
    let state = resource::find::<Instances>(ctx, id)?.state;
    let preference = blueprint::preference(Some(&input.capacity_reservation_specification))?;
    if let Preference::Target(target) = &preference {
        loan::find::<Reservations>(ctx, target)?;
    }
    Choice::of(ctx, &preference)?;
    if state != State::Stopped {
        let message = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(Error::client("IncorrectInstanceState", message));
    }
    error::dry_run(input.dry_run)?;
    let key = ctx.scope().key(id);
    ctx.update::<Instances, _>(&key, |instance| instance.preference = Some(Box::new(preference)))?;
    Ok(ec2::ModifyInstanceCapacityReservationAttributesResult { r#return: Some(true) })
}
