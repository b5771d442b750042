//! Experiments that are stopped: by their user, by an alarm, by the safety lever.

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Result};

use super::record::{Experiment, Experiments, Status};
use super::{WAKE, find, run, state, view};
use crate::{action, error};

/// StopExperiment. What it keeps up ends right after.
pub(super) fn stop_experiment(
    ctx: &mut Ctx<'_>,
    input: &api::StopExperimentRequest,
) -> Result<api::StopExperimentResponse> {
    let mut experiment = find(ctx, &input.id)?.clone();
    if !experiment.status.is_active() {
        let status = experiment.status.name();
        return Err(error::validation(format!("Experiment {} is {status} and cannot be stopped.", input.id)));
    }
    ask(ctx, &mut experiment, "Experiment is stopping.")?;
    let shown = view::experiment(ctx, &experiment)?;
    ctx.put::<Experiments>(ctx.scope().key(&input.id), experiment)?;
    Ok(api::StopExperimentResponse { experiment: Some(shown) })
}

/// Stops every experiment of the account in the Region.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn all(ctx: &mut Ctx<'_>, reason: &str) -> Result<()> {
    for mut experiment in active(ctx) {
        ask(ctx, &mut experiment, reason)?;
        ctx.put::<Experiments>(ctx.scope().key(&experiment.id), experiment)?;
    }
    Ok(())
}

/// Some alarm has changed its state: stops the experiments that it is a stop condition of.
///
/// # Errors
/// Only internal ones.
pub(super) fn on_alarm(ctx: &mut Ctx<'_>, _: &str) -> Result<()> {
    for mut experiment in active(ctx) {
        let Some(arn) = alarm(ctx, &experiment)? else { continue };
        let reason = format!("Experiment halted by stop condition: alarm {arn} is in ALARM.");
        ask(ctx, &mut experiment, &reason)?;
        ctx.put::<Experiments>(ctx.scope().key(&experiment.id), experiment)?;
    }
    Ok(())
}

/// The ARN of a stop condition's alarm that is in `ALARM`, if one is. An alarm that is not there stops nothing.
///
/// # Errors
/// CloudWatch's own.
pub(super) fn alarm(ctx: &mut Ctx<'_>, experiment: &Experiment) -> Result<Option<String>> {
    let arns: Vec<String> =
        experiment.plan.stop_conditions.iter().filter_map(|condition| condition.value.clone()).collect();
    if arns.is_empty() {
        return Ok(None);
    }
    let states = action::alarm::states(ctx, &arns)?;
    Ok(states.into_iter().find(|(_, state)| state == "ALARM").map(|(arn, _)| arn))
}

/// Ends what the experiment keeps up; it was asked to stop before.
///
/// # Errors
/// Only internal ones.
pub(super) fn carry_out(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    run::release(ctx, experiment)?;
    let reason = match experiment.reason.as_deref() {
        None | Some("Experiment is stopping.") => "Experiment was stopped.".to_owned(),
        Some(reason) => reason.to_owned(),
    };
    run::end(ctx, experiment, Status::Stopped, &reason)
}

fn ask(ctx: &mut Ctx<'_>, experiment: &mut Experiment, reason: &str) -> Result<()> {
    if experiment.status == Status::Stopping {
        return Ok(());
    }
    state::enter(ctx, experiment, Status::Stopping, reason)?;
    ctx.wake_at(ctx.now(), WAKE, &experiment.id)?;
    Ok(())
}

fn active(ctx: &Ctx<'_>) -> Vec<Experiment> {
    let all = ctx.scan::<Experiments>(&ctx.scope().prefix());
    all.filter(|(_, one)| one.status.is_active()).map(|(_, one)| one.clone()).collect()
}
