//! SetDesiredCapacity, TerminateInstanceInAutoScalingGroup.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{self, Group};
use crate::activity::{self, cause};
use crate::clock::after;
use crate::member;
use crate::shrink::{self, Victim};
use crate::{error, reconcile};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::SetDesiredCapacity>(set_desired_capacity)
        .write::<api::TerminateInstanceInAutoScalingGroup>(terminate_instance)
}

fn set_desired_capacity(ctx: &mut Ctx<'_>, input: &api::SetDesiredCapacityType) -> Result<Empty> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    let (wanted, size) = (input.desired_capacity, group.size);
    let refuse = |relation: &str, bound: &str, value: i32| {
        Err(error::validation(format!(
            "New SetDesiredCapacity value {wanted} is {relation} {bound} value {value} for the AutoScalingGroup."
        )))
    };
    if wanted > size.max {
        return refuse("above", "max", size.max);
    }
    if wanted < size.min {
        return refuse("below", "min", size.min);
    }
    if input.honor_cooldown == Some(true) {
        check_cooldown(ctx, &group, group.settings.default_cooldown)?;
    }
    let why = cause::desired(ctx, size.desired, wanted);
    reconcile::aim(ctx, group, wanted, why)?;
    Ok(Empty {})
}

/// Checks that so many seconds have passed since capacity last changed.
///
/// # Errors
/// `ScalingActivityInProgress`.
pub(crate) fn check_cooldown(ctx: &Ctx<'_>, group: &Group, seconds: i32) -> Result<()> {
    let Some(last) = group.last_scaled else { return Ok(()) };
    if ctx.now() >= after(last, i64::from(seconds)) {
        return Ok(());
    }
    let newest = ctx.scan::<activity::Activities>(&ctx.scope().key(&group.name)).next();
    let id = newest.map(|(_, activity)| activity.id.as_str()).unwrap_or_default();
    Err(error::activity_in_progress(format!("Scaling activity {id} is in progress and blocks this action")))
}

fn terminate_instance(
    ctx: &mut Ctx<'_>,
    input: &api::TerminateInstanceInAutoScalingGroupType,
) -> Result<api::ActivityType> {
    let id = &input.instance_id;
    let member = member::find(ctx, id).ok_or_else(|| error::no_instance(id))?;
    let mut group = record::get(ctx, &member.group)?;
    if member.state.is_leaving() {
        let number = member.activity.unwrap_or_default();
        return Ok(api::ActivityType { activity: activity::describe(ctx, &group.name, number) });
    }
    let mut change = None;
    if input.should_decrement_desired_capacity && member.counts() {
        let weight = i32::try_from(member.weight).unwrap_or(i32::MAX);
        let before = group.size.desired;
        let desired = before.saturating_sub(weight);
        if desired < group.size.min {
            return Err(error::validation(format!(
                "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate \
                 group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower \
                 group's min size.",
                group.size.min
            )));
        }
        group.size.desired = desired;
        record::save(ctx, group.clone())?;
        change = Some((before, desired));
    }
    let cause = cause::user(ctx, id, "taken out of service", change);
    let numbers = shrink::terminate(ctx, &group, vec![Victim { member, cause: cause.into() }])?;
    let answer = numbers.first().and_then(|number| activity::describe(ctx, &group.name, *number));
    reconcile::soon(ctx, &group.name, None)?;
    Ok(api::ActivityType { activity: answer })
}
