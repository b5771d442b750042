//! DeleteAutoScalingGroup.

use std::sync::Arc;

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::record::{self, Group, Groups};
use crate::activity::{self, cause};
use crate::member::{self, State};
use crate::shrink::{self, Victim};
use crate::{error, hook, notification, policy, reconcile, refresh, scheduled, tally, traffic, warm_pool};

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service.write::<api::DeleteAutoScalingGroup>(delete)
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteAutoScalingGroupType) -> Result<Empty> {
    let name = &input.auto_scaling_group_name;
    let mut group = record::find(ctx, name).ok_or_else(|| error::no_group(name))?;
    let force = input.force_delete == Some(true);
    match group.settings.deletion_protection.as_deref() {
        Some("prevent-all-deletion") => return Err(protected(name, "deletion")),
        Some("prevent-force-deletion") if force => return Err(protected(name, "force deletion")),
        _ => {}
    }
    if group.deleting {
        return Ok(Empty {});
    }
    let counts = tally::counts(ctx, &group.name);
    let leaving = counts.group(State::is_leaving).instances > 0;
    let staying = counts.group(|state| !state.is_leaving()).instances > 0;
    if staying && !force {
        return Err(error::in_use(
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) \
             still in the group.",
        ));
    }
    if leaving && !force {
        return Err(error::activity_in_progress(
            "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.",
        ));
    }
    if warm_pool::of(ctx, &group.name).is_some() && !force {
        return Err(error::in_use(
            "You cannot delete an AutoScalingGroup while there is a warm pool associated with it.",
        ));
    }
    group.deleting = true;
    let victims: Vec<_> =
        member::of(ctx, &group.name).filter(|member| !member.state.is_leaving()).cloned().collect();
    let why: Arc<str> = cause::deleted(ctx).into();
    record::save(ctx, group.clone())?;
    let victims = victims.into_iter().map(|member| Victim { member, cause: Arc::clone(&why) }).collect();
    shrink::terminate(ctx, &group, victims)?;
    // Nobody waits for the hooks of a group that goes.
    let waiting = member::of(ctx, &group.name).filter(|member| member.state.waits());
    let waiting: Vec<String> = waiting.map(|member| member.id.clone()).collect();
    for id in &waiting {
        hook::wait::forget(ctx, id)?;
    }
    shrink::proceed(ctx, &group, &waiting)?;
    proceed(ctx, &group)?;
    Ok(Empty {})
}

fn protected(name: &str, what: &str) -> ironbird_rig::Error {
    error::validation(format!(
        "AutoScalingGroup '{name}' cannot be deleted because its deletion protection prevents {what}."
    ))
}

/// Lets the group go once its last instance is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn proceed(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    if member::of(ctx, &group.name).next().is_some() {
        return Ok(());
    }
    policy::forget_all(ctx, &group.name)?;
    hook::forget_all(ctx, &group.name)?;
    notification::forget(ctx, &group.name, None)?;
    refresh::forget_all(ctx, &group.name)?;
    warm_pool::forget(ctx, &group.name)?;
    scheduled::forget_all(ctx, &group.name)?;
    reconcile::forget(ctx, &group.name)?;
    tally::forget(ctx, &group.name)?;
    traffic::attachment::forget_all(ctx, group)?;
    activity::group_deleted(ctx, &group.name)?;
    ctx.delete::<Groups>(&ctx.scope().key(&group.name))?;
    Ok(())
}
