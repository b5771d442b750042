//! Where an experiment stands, and EventBridge being told of each step. The shape of the event is that of "Monitor AWS FIS
//! experiments using Amazon EventBridge" in the user guide.

use ironbird_rig::events::{self, Happening};
use ironbird_rig::{Ctx, Result};
use serde_json::{Value, json};

use super::record::{Experiment, Status};
use crate::id;

/// Puts an experiment in a state, for a reason; keeping it is the caller's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn enter(
    ctx: &mut Ctx<'_>,
    experiment: &mut Experiment,
    status: Status,
    reason: &str,
) -> Result<()> {
    let earlier = state(experiment.status, experiment.reason.as_deref().unwrap_or_default());
    experiment.status = status;
    experiment.reason = Some(reason.to_owned());
    tell(ctx, experiment, earlier)
}

/// Tells that an experiment has begun to be.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn begun(ctx: &mut Ctx<'_>, experiment: &Experiment) -> Result<()> {
    tell(ctx, experiment, json!({ "status": "pending", "reason": "Experiment is pending." }))
}

fn tell(ctx: &mut Ctx<'_>, experiment: &Experiment, earlier: Value) -> Result<()> {
    events::publish(ctx, "aws.fis", "FIS Experiment State Change", |ctx| {
        let detail = json!({
            "experiment-id": experiment.id,
            "experiment-template-id": experiment.template,
            "new-state": state(experiment.status, experiment.reason.as_deref().unwrap_or_default()),
            "old-state": earlier,
        });
        Ok(Happening { resources: vec![id::arn(ctx, "experiment", &experiment.id)], detail })
    })
}

fn state(status: Status, reason: &str) -> Value {
    json!({ "status": status.name(), "reason": reason })
}
