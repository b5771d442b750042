//! `aws:ebs:pause-volume-io`: volumes answer nothing, until they go on.

use ironbird_rig::{Ctx, Result};
use serde_json::json;

use super::parameter::{Form, Parameter};
use super::{Begun, Definition, Hold, Permission};

const LEVER: &str = "ec2.pause-volume-io";

pub(super) static PAUSE: Definition = Definition {
    id: "aws:ebs:pause-volume-io",
    description: "Lets the I/O of volumes stand still, so that their status and their instances' volume checks fail.",
    target: Some(("Volumes", "aws:ec2:ebs-volume")),
    permission: Permission::OnTargets("ec2:PauseVolumeIO"),
    parameters: &[Parameter {
        name: "duration",
        description: "How long the I/O stands still",
        required: true,
        form: Form::Span { least: 1, most: 43_200 },
    }],
    begin: |ctx, work| {
        let ids = work.ids();
        for id in &ids {
            ctx.pull(LEVER, &json!({ "volume": id, "paused": true }))?;
        }
        Ok(Begun { until: work.until(ctx, "duration"), hold: Hold::Paused(ids) })
    },
};

/// Lets volumes go on. Those that are gone by then need nothing.
///
/// # Errors
/// EC2's own.
pub(super) fn resume(ctx: &mut Ctx<'_>, ids: &[String]) -> Result<()> {
    for id in ids {
        ctx.pull(LEVER, &json!({ "volume": id, "paused": false }))?;
    }
    Ok(())
}
