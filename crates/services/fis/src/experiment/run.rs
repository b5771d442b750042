//! An experiment from its start to its end. Whenever it is woken it does what is due, and says when it wants to be woken
//! again; everything is in its record, so that a rig that is started again carries on.

use ironbird_rig::{Ctx, Result};

use super::record::{ActionStatus, Experiment, Experiments, Status};
use super::{WAKE, account, log, state, stop};
use crate::action::{self, Hold, Work};
use crate::id;

/// The timer of an experiment.
///
/// # Errors
/// Only internal ones: what fails on the way is the experiment's result.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(experiment) = ctx.get::<Experiments>(&key) else { return Ok(()) };
    let mut experiment = Experiment::clone(&experiment);
    match experiment.status {
        Status::Initiating => begin(ctx, &mut experiment)?,
        Status::Running => go_on(ctx, &mut experiment)?,
        Status::Stopping => stop::carry_out(ctx, &mut experiment)?,
        Status::Completed | Status::Stopped | Status::Failed | Status::Cancelled => return Ok(()),
    }
    ctx.put::<Experiments>(key, experiment)
}

fn begin(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    if let Some(alarm) = stop::alarm(ctx, experiment)? {
        let reason = format!("Experiment halted by stop condition: alarm {alarm} is in ALARM.");
        return fail(ctx, experiment, &reason);
    }
    log::resolution_start(ctx, experiment)?;
    match account::enter(ctx, experiment) {
        Ok(sessions) => experiment.sessions = sessions,
        Err(ironbird_rig::Error::Internal(error)) => return Err(error.into()),
        Err(error) => return fail(ctx, experiment, &format!("Unable to assume role: {}", error.message())),
    }
    for name in experiment.plan.targets.keys().cloned().collect::<Vec<_>>() {
        let found = match account::resolve(ctx, experiment, &name) {
            Ok(found) => found,
            Err(ironbird_rig::Error::Internal(error)) => return Err(error.into()),
            Err(error) => {
                return fail(
                    ctx,
                    experiment,
                    &format!("Unable to resolve target {name}: {}", error.message()),
                );
            }
        };
        if found.is_empty() && !experiment.skips_empty() && !experiment.only_looks() {
            return fail(ctx, experiment, &format!("Target resolution returned empty set: target {name}."));
        }
        log::resolved(ctx, experiment, &name, &found)?;
        experiment.resolved.insert(name, found);
    }
    log::resolution_end(ctx, experiment)?;
    state::enter(ctx, experiment, Status::Running, "Experiment is running.")?;
    go_on(ctx, experiment)
}

/// Ends the actions whose time is over, begins those whose turn it is, and again until nothing changes.
fn go_on(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    loop {
        let mut changed = false;
        for name in experiment.plan.actions.keys().cloned().collect::<Vec<_>>() {
            changed |= match experiment.runs.get(&name).map(|run| (run.status, run.until)) {
                Some((ActionStatus::Running, Some(until))) if until <= ctx.now() => {
                    finish_action(ctx, experiment, &name)?
                }
                Some((ActionStatus::Pending, _)) if is_next(experiment, &name) => {
                    begin_action(ctx, experiment, &name)?
                }
                _ => false,
            };
            if let Some(run) = experiment.runs.get(&name).filter(|run| run.status == ActionStatus::Failed) {
                let reason = run.reason.clone().unwrap_or_default();
                return fail(ctx, experiment, &format!("Action {name} failed: {reason}"));
            }
        }
        if !changed {
            break;
        }
    }
    let running = experiment.runs.values().filter(|run| run.status == ActionStatus::Running);
    match running.filter_map(|run| run.until).min() {
        Some(next) => ctx.wake_at(next, WAKE, &experiment.id).map(drop),
        None => end(ctx, experiment, Status::Completed, "Experiment completed."),
    }
}

/// Whether everything that an action waits for is done.
fn is_next(experiment: &Experiment, name: &str) -> bool {
    let before = experiment.plan.actions.get(name).into_iter().flat_map(|planned| &planned.start_after);
    let mut runs = before.filter_map(|name| experiment.runs.get(name));
    runs.all(|run| matches!(run.status, ActionStatus::Completed | ActionStatus::Skipped))
}

fn begin_action(ctx: &mut Ctx<'_>, experiment: &mut Experiment, name: &str) -> Result<bool> {
    let Some(planned) = experiment.plan.actions.get(name).cloned() else { return Ok(false) };
    let target = planned.targets.values().next();
    let targets = target.and_then(|target| experiment.resolved.get(target)).cloned().unwrap_or_default();
    let nobody = target.is_some() && targets.is_empty();
    log::action_start(ctx, experiment, name, &targets)?;
    let savepoint = ctx.savepoint();
    let begun = match action::find(&planned.action_id) {
        _ if experiment.only_looks() || nobody => None,
        None => None,
        Some(definition) => {
            let work = Work {
                name: &format!("{}-{name}", experiment.id),
                experiment: &id::arn(ctx, "experiment", &experiment.id),
                targets: &targets,
                parameters: &planned.parameters,
            };
            Some(account::begin(ctx, experiment, definition, &work))
        }
    };
    if matches!(begun, Some(Err(_))) {
        // What was done to some of the targets before it failed for another is undone.
        ctx.roll_back(savepoint);
    }
    let now = ctx.now();
    let Some(run) = experiment.runs.get_mut(name) else { return Ok(false) };
    run.started = Some(now);
    match begun {
        None => {
            run.status = ActionStatus::Skipped;
            let why = if nobody { "Action was skipped: its target is empty." } else { "Action was skipped." };
            run.reason = Some(why.to_owned());
        }
        Some(Ok((until, holds))) => {
            run.status = if until.is_some() { ActionStatus::Running } else { ActionStatus::Completed };
            run.reason = Some(format!("Action is {}.", run.status.name()));
            (run.until, run.holds) = (until, holds);
        }
        Some(Err(ironbird_rig::Error::Internal(error))) => return Err(error.into()),
        Some(Err(error)) => {
            run.status = ActionStatus::Failed;
            run.reason = Some(error.message().to_owned());
        }
    }
    if run.status != ActionStatus::Running {
        run.ended = Some(now);
        log::action_end(ctx, experiment, name)?;
    }
    Ok(true)
}

fn finish_action(ctx: &mut Ctx<'_>, experiment: &mut Experiment, name: &str) -> Result<bool> {
    let now = ctx.now();
    let Some(run) = experiment.runs.get_mut(name) else { return Ok(false) };
    let holds = std::mem::take(&mut run.holds);
    let savepoint = ctx.savepoint();
    let result = account::end(ctx, experiment, &holds, Hold::finish);
    let Some(run) = experiment.runs.get_mut(name) else { return Ok(false) };
    run.ended = Some(now);
    match result {
        Ok(()) => {
            run.status = ActionStatus::Completed;
            run.reason = Some("Action is completed.".to_owned());
        }
        Err(ironbird_rig::Error::Internal(error)) => return Err(error.into()),
        Err(error) => {
            ctx.roll_back(savepoint);
            run.status = ActionStatus::Failed;
            run.reason = Some(error.message().to_owned());
        }
    }
    log::action_end(ctx, experiment, name)?;
    Ok(true)
}

/// Ends what runs, cancels what has not begun, and the experiment has failed.
fn fail(ctx: &mut Ctx<'_>, experiment: &mut Experiment, reason: &str) -> Result<()> {
    release(ctx, experiment)?;
    end(ctx, experiment, Status::Failed, reason)
}

/// Puts back what actions keep up. What cannot be put back is said in the action's reason, and the others are put back
/// all the same.
///
/// # Errors
/// Only internal ones.
pub(super) fn release(ctx: &mut Ctx<'_>, experiment: &mut Experiment) -> Result<()> {
    let now = ctx.now();
    for name in experiment.runs.keys().cloned().collect::<Vec<_>>() {
        let Some(run) = experiment.runs.get_mut(&name) else { continue };
        let (status, holds) = match run.status {
            ActionStatus::Pending => (ActionStatus::Cancelled, Vec::new()),
            ActionStatus::Running => (ActionStatus::Stopped, std::mem::take(&mut run.holds)),
            _ => continue,
        };
        run.status = status;
        run.ended = Some(now);
        let savepoint = ctx.savepoint();
        let reason = match account::end(ctx, experiment, &holds, Hold::stop) {
            Ok(()) => format!("Action was {}.", status.name()),
            Err(ironbird_rig::Error::Internal(error)) => return Err(error.into()),
            Err(error) => {
                ctx.roll_back(savepoint);
                format!("Action was stopped, but: {}", error.message())
            }
        };
        if let Some(run) = experiment.runs.get_mut(&name) {
            run.reason = Some(reason);
        }
        log::action_end(ctx, experiment, &name)?;
    }
    Ok(())
}

/// The experiment is over.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn end(
    ctx: &mut Ctx<'_>,
    experiment: &mut Experiment,
    status: Status,
    reason: &str,
) -> Result<()> {
    state::enter(ctx, experiment, status, reason)?;
    experiment.ended = Some(ctx.now());
    for run in experiment.runs.values_mut().filter(|run| run.status == ActionStatus::Pending) {
        run.status = ActionStatus::Cancelled;
    }
    log::experiment_end(ctx, experiment)
}
