//! What an experiment did to whom, line by line, in the form that FIS logs in (schema version 2). CloudWatch Logs and S3
//! do not exist on the rig yet; the lever `fis.experiment-log` shows the lines.

use ironbird_rig::{Ctx, Result, Table};
use serde_json::{Value, json};

use super::find;
use super::record::{Experiment, Resolved};
use crate::error;

/// Lines: (account, Region, experiment, number).
pub(super) struct Log;

impl Table for Log {
    const NAME: &'static str = "fis.log";
    type Record = Value;
}

/// The lever: `{"experiment": "EXP…"}` to its lines.
///
/// # Errors
/// `ResourceNotFoundException`, `ValidationException` where no experiment is given.
pub(super) fn pull(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = given.get("experiment").and_then(Value::as_str);
    let id = id.ok_or_else(|| error::validation("give the experiment: {\"experiment\": \"EXP…\"}"))?;
    find(ctx, id)?;
    let lines = ctx.scan::<Log>(&ctx.scope().key(id)).map(|(_, line)| line.clone());
    Ok(Value::Array(lines.collect()))
}

fn add(ctx: &mut Ctx<'_>, experiment: &mut Experiment, kind: &str, details: Value) -> Result<()> {
    let line = json!({
        "id": experiment.id,
        "log_type": kind,
        "event_timestamp": ctx.now().iso8601_millis(),
        "version": "2",
        "details": details,
    });
    let key = ctx.scope().key(&experiment.id).number(experiment.logged);
    experiment.logged += 1;
    ctx.put::<Log>(key, line)
}

pub(super) fn experiment_start(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    let details = json!({
        "experiment_template_id": experiment.template,
        "experiment_start_time": ctx.now().iso8601_millis(),
    });
    add(ctx, experiment, "experiment-start", details)
}

pub(super) fn resolution_start(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    let details = json!({ "target_resolution_start_time": ctx.now().iso8601_millis() });
    add(ctx, experiment, "target-resolution-start", details)
}

pub(super) fn resolved(
    ctx: &mut Ctx<'_>,
    experiment: &mut Experiment,
    name: &str,
    found: &[Resolved],
) -> Result<()> {
    let details = json!({ "target_resolution_time": ctx.now().iso8601_millis(), "target_name": name, "resources": found });
    add(ctx, experiment, "target-resolution-detail", details)
}

pub(super) fn resolution_end(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    let details = json!({ "target_resolution_end_time": ctx.now().iso8601_millis() });
    add(ctx, experiment, "target-resolution-end", details)
}

pub(super) fn action_start(
    ctx: &mut Ctx<'_>,
    experiment: &mut Experiment,
    name: &str,
    targets: &[Resolved],
) -> Result<()> {
    let planned = experiment.plan.actions.get(name);
    let details = json!({
        "action_name": name,
        "action_id": planned.map(|action| &action.action_id),
        "action_start_time": ctx.now().iso8601_millis(),
        "action_targets": targets,
        "parameters": planned.map(|action| &action.parameters),
    });
    add(ctx, experiment, "action-start", details)
}

pub(super) fn action_end(ctx: &mut Ctx<'_>, experiment: &mut Experiment, name: &str) -> Result<()> {
    let run = experiment.runs.get(name);
    let details = json!({
        "action_name": name,
        "action_id": experiment.plan.actions.get(name).map(|action| &action.action_id),
        "action_end_time": ctx.now().iso8601_millis(),
        "action_state": {
            "status": run.map(|run| run.status.name()),
            "reason": run.map(|run| &run.reason),
        },
    });
    add(ctx, experiment, "action-end", details)
}

pub(super) fn experiment_end(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    let details = json!({
        "experiment_end_time": ctx.now().iso8601_millis(),
        "experiment_state": { "status": experiment.status.name(), "reason": experiment.reason },
    });
    add(ctx, experiment, "experiment-end", details)
}
