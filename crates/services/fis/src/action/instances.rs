//! `aws:ec2:stop-instances`, `terminate-instances` and `reboot-instances`

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};

use super::parameter::{Form, Parameter};
use super::{Begun, Definition, Hold, Permission, Work};
use crate::{error, role};

const TARGET: Option<(&str, &str)> = Some(("Instances", "aws:ec2:instance"));

pub(super) static STOP: Definition = Definition {
    id: "aws:ec2:stop-instances",
    description: "Stops instances, and starts them again if asked to.",
    target: TARGET,
    permission: Permission::OfCalls,
    parameters: &[
        Parameter {
            name: "startInstancesAfterDuration",
            description: "How long the instances stay stopped; for good unless given",
            required: false,
            form: Form::Span { least: 60, most: 43_200 },
        },
        Parameter {
            name: "completeIfInstancesTerminated",
            description: "Whether the action is completed although an instance was terminated before it was to be started",
            required: false,
            form: Form::Flag,
        },
    ],
    begin: stop,
};

pub(super) static TERMINATE: Definition = Definition {
    id: "aws:ec2:terminate-instances",
    description: "Terminates instances.",
    target: TARGET,
    permission: Permission::OfCalls,
    parameters: &[],
    begin: |ctx, work| {
        let input = ec2::TerminateInstancesRequest { instance_ids: work.ids(), ..Default::default() };
        role::call::<ec2::TerminateInstances>(ctx, &input)?;
        Ok(Begun::over())
    },
};

pub(super) static REBOOT: Definition = Definition {
    id: "aws:ec2:reboot-instances",
    description: "Reboots instances.",
    target: TARGET,
    permission: Permission::OfCalls,
    parameters: &[],
    begin: |ctx, work| {
        let input = ec2::RebootInstancesRequest { instance_ids: work.ids(), ..Default::default() };
        role::call::<ec2::RebootInstances>(ctx, &input)?;
        Ok(Begun::over())
    },
};

fn stop(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let ids = work.ids();
    let input = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    role::call::<ec2::StopInstances>(ctx, &input)?;
    let until = work.until(ctx, "startInstancesAfterDuration");
    let gone_is_fine = work.text("completeIfInstancesTerminated") == Some("true");
    let hold = until.map_or(Hold::Nothing, |_| Hold::Stopped { ids, gone_is_fine });
    Ok(Begun { until, hold })
}

/// Starts instances that were stopped. One that somebody else started meanwhile stays as it is.
///
/// # Errors
/// EC2's own, such as `InsufficientInstanceCapacity`; for an instance that is gone, unless that is fine.
pub(super) fn start(ctx: &mut Ctx<'_>, ids: &[String], gone_is_fine: bool) -> Result<()> {
    let mut stopped = Vec::with_capacity(ids.len());
    for id in ids {
        match state(ctx, id)?.as_deref() {
            Some("stopped") => stopped.push(id.clone()),
            Some("pending" | "running" | "stopping") => {}
            _ if gone_is_fine => {}
            _ => {
                return Err(error::validation(format!(
                    "Instance {id} was terminated and cannot be started."
                )));
            }
        }
    }
    if stopped.is_empty() {
        return Ok(());
    }
    let input = ec2::StartInstancesRequest { instance_ids: stopped, ..Default::default() };
    role::call::<ec2::StartInstances>(ctx, &input)?;
    Ok(())
}

/// The state of an instance by name; none where it is forgotten.
fn state(ctx: &mut Ctx<'_>, id: &str) -> Result<Option<String>> {
    let input =
        ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    match role::call::<ec2::DescribeInstances>(ctx, &input) {
        Ok(answer) => {
            let launches = answer.reservations.into_iter().flatten();
            let mut instances = launches.flat_map(|launch| launch.instances.unwrap_or_default());
            Ok(instances.next().and_then(|instance| instance.state.as_ref()?.name.clone()))
        }
        Err(missing) if missing.code() == "InvalidInstanceID.NotFound" => Ok(None),
        Err(other) => Err(other),
    }
}
