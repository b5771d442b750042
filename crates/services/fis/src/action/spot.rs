//! `aws:ec2:send-spot-instance-interruptions`

use ironbird_rig::{Ctx, Result, Timestamp};
use serde_json::json;

use super::parameter::{Form, Parameter};
use super::{Begun, Definition, Hold, Permission, Work};

/// Seconds between the notice and the interruption.
const NOTICE: i64 = 120;

pub(super) static INTERRUPT: Definition = Definition {
    id: "aws:ec2:send-spot-instance-interruptions",
    description: "Recommends to rebalance at once, gives Spot Instances notice two minutes ahead, and interrupts them.",
    target: Some(("SpotInstances", "aws:ec2:spot-instance")),
    permission: Permission::OnTargets("ec2:SendSpotInstanceInterruptions"),
    parameters: &[Parameter {
        name: "durationBeforeInterruption",
        description: "How long until the instances are interrupted",
        required: true,
        form: Form::Span { least: NOTICE, most: 900 },
    }],
    begin: interrupt,
};

fn interrupt(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let ids = work.ids();
    for id in &ids {
        ctx.pull("ec2.recommend-rebalance", &json!({ "instance": id }))?;
    }
    let at = work.until(ctx, "durationBeforeInterruption").unwrap_or(ctx.now());
    let notice = Timestamp::from_nanos(at.nanos() - NOTICE * 1_000_000_000);
    if notice <= ctx.now() {
        notify(ctx, &ids)?;
        return Ok(Begun::over());
    }
    Ok(Begun { until: Some(notice), hold: Hold::Notice(ids) })
}

/// Tells instances that they will be interrupted in two minutes.
///
/// # Errors
/// When an instance is no longer up.
pub(super) fn notify(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<()> {
    for id in ids {
        ctx.pull("ec2.interrupt-spot", &json!({ "instance": id, "seconds": NOTICE }))?;
    }
    Ok(())
}
