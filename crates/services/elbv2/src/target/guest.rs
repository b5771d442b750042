//! What EC2 says of the instances behind targets.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use crate::PRINCIPAL;

/// Instances described at once.
const BATCH: usize = 200;

/// Whether an instance would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guest {
    /// It runs. Its status checks may not have been made yet; none has failed.
    Answers,
    /// It is on its way up or down, or fails its status checks.
    Silent,
    Stopped,
    /// It is terminated, or forgotten already.
    Gone,
}

/// Looks instances up. What EC2 would not say for now is left out.
///
/// # Errors
/// Faults of ours only.
pub(super) fn look(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<BTreeMap<String, Guest>> {
    let mut guests = BTreeMap::new();
    for batch in ids.chunks(BATCH) {
        ask(ctx, batch, &mut guests)?;
    }
    Ok(guests)
}

fn ask(ctx: &mut Ctx<'_>, ids: &[String], guests: &mut BTreeMap<String, Guest>) -> Result<()> {
    let input = ec2::DescribeInstanceStatusRequest {
        instance_ids: Some(ids.to_vec()),
        include_all_instances: Some(true),
        ..Default::default()
    };
    match ctx.call::<ec2::DescribeInstanceStatus>(PRINCIPAL, &input) {
        Ok(answer) => {
            for status in answer.instance_statuses.into_iter().flatten() {
                let guest = read(&status);
                guests.extend(status.instance_id.map(|id| (id, guest)));
            }
            Ok(())
        }
        Err(Error::Service(error)) if error.code.starts_with("InvalidInstanceID") => match ids {
            [one] => {
                guests.insert(one.clone(), Guest::Gone);
                Ok(())
            }
            // One that EC2 has forgotten keeps it from telling of the others.
            _ => ids.iter().try_for_each(|id| ask(ctx, std::slice::from_ref(id), guests)),
        },
        // A fault or a throttle: the next event tells.
        Err(Error::Service(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn read(status: &ec2::InstanceStatus) -> Guest {
    let state = status.instance_state.as_ref().and_then(|state| state.name.as_deref());
    let failed = |summary: &Option<ec2::InstanceStatusSummary>| {
        summary.as_ref().and_then(|summary| summary.status.as_deref()) == Some("impaired")
    };
    match state.unwrap_or_default() {
        "running" if failed(&status.instance_status) || failed(&status.system_status) => Guest::Silent,
        "running" => Guest::Answers,
        "stopped" => Guest::Stopped,
        "terminated" => Guest::Gone,
        _ => Guest::Silent,
    }
}
