//! Groups of Capacity Reservations, which are made with Resource Groups.
//!
//! Instances that aim at a group run in any of its reservations that match, open or targeted, and On-Demand while none has
//! room: they move into reserved capacity as soon as there is some. One that leaves the group keeps the instances that run
//! in it. Source: "Capacity Reservation Resource Groups" in the EC2 user guide.

use std::collections::BTreeSet;

use ironbird_api::{ec2, resource_groups as groups};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result};

use super::record::{self, Reservations};
use crate::instance::record::{Instances, Launches, Preference, Slot};
use crate::page::Window;
use crate::{PRINCIPAL, error, loan};

/// The timer handler's name: instances that aim at the group it is woken for look for room in its reservations.
pub(super) const TIMER: &str = "ec2.capacity-reservation-group";

/// The type of such a group's configuration.
const POOL: &str = "AWS::EC2::CapacityReservationPool";

/// The reservations of a group, by id.
///
/// # Errors
/// `InvalidParameterValue` for a group that there is not, or that is none of reservations.
pub(super) fn members(ctx: &mut Ctx<'_>, arn: &str) -> Result<Vec<String>> {
    let input = groups::GetGroupConfigurationInput { group: Some(arn.to_owned()) };
    let configuration = match ctx.call::<groups::GetGroupConfiguration>(PRINCIPAL, &input) {
        Ok(answer) => answer.group_configuration.and_then(|shown| shown.configuration).unwrap_or_default(),
        Err(error) => return Err(invalid(arn, error)),
    };
    if !configuration.iter().any(|item| item.r#type == POOL) {
        let reason = Error::client("", format!("its configuration is not of type {POOL}."));
        return Err(invalid(arn, reason));
    }
    let found = crate::resource_group::members(ctx, arn)?;
    Ok(found.iter().filter_map(|arn| id_of(arn)).map(ToOwned::to_owned).collect())
}

fn id_of(arn: &str) -> Option<&str> {
    Arn::parse(arn)?.resource.strip_prefix("capacity-reservation/")
}

fn invalid(arn: &str, reason: Error) -> Error {
    if matches!(reason, Error::Internal(_)) {
        return reason;
    }
    error::invalid_parameter_value_because(arn, "capacityReservationResourceGroupArn", reason.message())
}

pub(super) fn get_groups_for_capacity_reservation(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetGroupsForCapacityReservationRequest,
) -> Result<ec2::GetGroupsForCapacityReservationResult> {
    let window = Window::read(input.max_results, input.next_token.as_deref(), 1..=1000)?;
    let id = loan::find::<Reservations>(ctx, &input.capacity_reservation_id)?.id.clone();
    error::dry_run(input.dry_run)?;
    let mut found = Vec::new();
    for arn in crate::resource_group::configured(ctx, POOL)? {
        if crate::resource_group::members(ctx, &arn)?.iter().any(|member| id_of(member) == Some(id.as_str()))
        {
            found.push(arn);
        }
    }
    let page = window.list(found.into_iter(), |arn| arn);
    let owner = ctx.scope().account.to_string();
    let shown = |arn| ec2::CapacityReservationGroup { group_arn: Some(arn), owner_id: Some(owner.clone()) };
    Ok(ec2::GetGroupsForCapacityReservationResult {
        next_token: page.next,
        capacity_reservation_groups: Some(page.items.into_iter().map(shown).collect()),
    })
}

/// Lets instances that aim at some group and run outside reservations look for room again: there is some somewhere.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn nudge(ctx: &mut Ctx<'_>) -> Result<()> {
    let mut names = BTreeSet::new();
    for (_, instance) in ctx.scan::<Instances>(&ctx.scope().prefix()) {
        if instance.slot == Slot::Pool
            && let Some(launch) = ctx.peek::<Launches>(&ctx.scope().key(&instance.reservation_id))
            && let Preference::Group { arn, .. } = instance.preference(launch)
            && let Some((_, name)) = arn.rsplit_once(":group/")
        {
            names.insert(name.to_owned());
        }
    }
    let now = ctx.now();
    for name in names {
        ctx.wake_at(now, TIMER, &name)?;
    }
    Ok(())
}

/// The timer handler: instances that aim at the group move into its reservations, as far as there is room.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let group = ctx.arn("resource-groups", &format!("group/{name}"));
    let members = match members(ctx, &group) {
        Ok(members) => members,
        Err(error @ Error::Internal(_)) => return Err(error),
        // It is gone, or of another kind.
        Err(_) => return Ok(()),
    };
    for id in members {
        record::absorb_those(
            ctx,
            &id,
            |preference| matches!(preference, Preference::Group { arn, .. } if *arn == group),
        )?;
    }
    Ok(())
}
