//! MonitorInstances and UnmonitorInstances: detailed monitoring, which is kept and shown. No guest runs whose figures would come
//! more often.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::change::named;
use super::own_options;
use crate::error;

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<ec2::MonitorInstances>(monitor_instances)
        .records::<ec2::MonitorInstances>(&["InstanceIds"])
        .write::<ec2::UnmonitorInstances>(unmonitor_instances)
        .records::<ec2::UnmonitorInstances>(&["InstanceIds"])
}

fn monitor_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::MonitorInstancesRequest,
) -> Result<ec2::MonitorInstancesResult> {
    let changes = switch(ctx, &input.instance_ids, true, input.dry_run)?;
    Ok(ec2::MonitorInstancesResult { instance_monitorings: Some(changes) })
}

fn unmonitor_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::UnmonitorInstancesRequest,
) -> Result<ec2::UnmonitorInstancesResult> {
    let changes = switch(ctx, &input.instance_ids, false, input.dry_run)?;
    Ok(ec2::UnmonitorInstancesResult { instance_monitorings: Some(changes) })
}

/// The answer is given before anything has changed: it says `pending` or `disabling` (API reference).
fn switch(
    ctx: &mut Ctx<'_>,
    ids: &[String],
    on: bool,
    dry_run: Option<bool>,
) -> Result<Vec<ec2::InstanceMonitoring>> {
    named(ctx, ids)?;
    error::dry_run(dry_run)?;
    let state = if on { "pending" } else { "disabling" };
    let mut changes = Vec::with_capacity(ids.len());
    for id in ids {
        own_options::change(ctx, id, |options| options.monitoring = on)?;
        changes.push(ec2::InstanceMonitoring {
            instance_id: Some(id.clone()),
            monitoring: Some(ec2::Monitoring { state: Some(state.to_owned()) }),
        });
    }
    Ok(changes)
}
