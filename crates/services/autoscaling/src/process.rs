//! SuspendProcesses, ResumeProcesses.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::group::record;
use crate::{error, health, reconcile};

/// All processes (API reference, SuspendProcesses).
pub(crate) const PROCESSES: [&str; 9] = [
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
];

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service.write::<api::SuspendProcesses>(suspend).write::<api::ResumeProcesses>(resume)
}

fn chosen(given: Option<&[String]>) -> Result<Vec<&'static str>> {
    let Some(given) = given.filter(|list| !list.is_empty()) else { return Ok(PROCESSES.to_vec()) };
    let mut chosen = Vec::with_capacity(given.len());
    for name in given {
        let known = PROCESSES.into_iter().find(|process| process == name);
        chosen.push(known.ok_or_else(|| error::validation(format!("Process {name} does not exist.")))?);
    }
    Ok(chosen)
}

fn suspend(ctx: &mut Ctx<'_>, input: &api::ScalingProcessQuery) -> Result<Empty> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let since = crate::clock::stamp(ctx.now());
    for process in chosen(input.scaling_processes.as_deref())? {
        group.suspended.entry(process.to_owned()).or_insert_with(|| format!("User suspended at {since}"));
    }
    record::save(ctx, group)?;
    Ok(Empty {})
}

fn resume(ctx: &mut Ctx<'_>, input: &api::ScalingProcessQuery) -> Result<Empty> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    let mut health_again = false;
    for process in chosen(input.scaling_processes.as_deref())? {
        health_again |= group.suspended.remove(process).is_some() && process == "HealthCheck";
    }
    record::save(ctx, group.clone())?;
    if health_again {
        health::examine(ctx, &group)?;
    }
    reconcile::soon(ctx, &group.name, None)?;
    Ok(Empty {})
}
