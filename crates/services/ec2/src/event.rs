//! What EC2 and EBS tell EventBridge. The shapes are those of "State change events for Amazon EC2 instances", "Spot
//! Instance interruption notices", "EC2 instance rebalance recommendations" and "Amazon EventBridge events for Amazon
//! EBS" in the user guides. Snapshots tell nothing yet: theirs complete without a timer.

use ironbird_rig::events::{self, Happening};
use ironbird_rig::{Ctx, Result};
use serde_json::{Value, json};

use crate::instance::record::{Behavior, State};

/// An instance is in another state than before.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn state_changed(ctx: &mut Ctx<'_>, id: &str, state: State) -> Result<()> {
    let detail = || json!({ "instance-id": id, "state": state.name() });
    of_instance(ctx, "EC2 Instance State-change Notification", id, detail)
}

/// A Spot Instance is at risk.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn rebalance_recommended(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    of_instance(ctx, "EC2 Instance Rebalance Recommendation", id, || json!({ "instance-id": id }))
}

/// A Spot Instance will be taken back.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn interruption_warned(ctx: &mut Ctx<'_>, id: &str, action: Behavior) -> Result<()> {
    let detail = || json!({ "instance-id": id, "instance-action": action.name() });
    of_instance(ctx, "EC2 Spot Instance Interruption Warning", id, detail)
}

/// A volume was made.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn volume_created(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    of_volume(ctx, id, "createVolume", "available")
}

/// A volume is no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn volume_deleted(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    of_volume(ctx, id, "deleteVolume", "deleted")
}

fn of_instance(ctx: &mut Ctx<'_>, detail_type: &str, id: &str, detail: impl FnOnce() -> Value) -> Result<()> {
    events::publish(ctx, "aws.ec2", detail_type, |ctx| {
        let resources = vec![ctx.arn("ec2", &format!("instance/{id}"))];
        Ok(Happening { resources, detail: detail() })
    })
}

fn of_volume(ctx: &mut Ctx<'_>, id: &str, event: &str, result: &str) -> Result<()> {
    events::publish(ctx, "aws.ec2", "EBS Volume Notification", |ctx| {
        let resources = vec![ctx.arn("ec2", &format!("volume/{id}"))];
        let request = &ctx.origin().request_id;
        let detail = json!({ "result": result, "cause": "", "event": event, "request-id": request });
        Ok(Happening { resources, detail })
    })
}
