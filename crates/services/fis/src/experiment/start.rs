//! StartExperiment.

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Result};

use super::record::{Experiment, Experiments, Run, Status, Tokens};
use super::{WAKE, find, log, state, view};
use crate::{error, id, safety_lever, tags, template};

/// Experiments that may run at once in an account and Region (FIS's default quota).
const MOST_ACTIVE: usize = 5;

pub(super) fn start_experiment(
    ctx: &mut Ctx<'_>,
    input: &api::StartExperimentRequest,
) -> Result<api::StartExperimentResponse> {
    let own_tags = input.tags.clone().unwrap_or_default();
    tags::check(&own_tags)?;
    let token = ctx.scope().key(&input.client_token);
    if let Some(earlier) = ctx.peek::<Tokens>(&token) {
        let experiment = find(ctx, earlier)?;
        if experiment.template != input.experiment_template_id {
            return Err(error::conflict("The client token was used before with other parameters."));
        }
        return Ok(api::StartExperimentResponse { experiment: Some(view::experiment(ctx, experiment)?) });
    }
    let template = template::find(ctx, &input.experiment_template_id)?.clone();
    let several = template.plan.experiment_options.is_for_several_accounts();
    let accounts = if several { template::account::of(ctx, &template.id) } else { Vec::new() };
    if several && accounts.is_empty() {
        return Err(error::validation(
            "A multi-account experiment needs at least one target account configuration.",
        ));
    }
    let active = ctx.scan::<Experiments>(&ctx.scope().prefix()).filter(|(_, one)| one.status.is_active());
    if active.count() >= MOST_ACTIVE {
        return Err(error::quota(format!(
            "You have reached the limit of {MOST_ACTIVE} running experiments."
        )));
    }
    let mut plan = template.plan;
    let mode = input.experiment_options.as_ref().and_then(|options| options.actions_mode.clone());
    plan.experiment_options.actions_mode = Some(mode.unwrap_or_else(|| "run-all".to_owned()));
    let id = id::fresh(ctx, "EXP")?;
    let mut experiment = Experiment {
        id: id.clone(),
        template: template.id,
        runs: plan.actions.keys().map(|name| (name.clone(), Run::default())).collect(),
        plan,
        tags: own_tags,
        status: Status::Initiating,
        reason: Some("Experiment is initiating.".to_owned()),
        created: ctx.now(),
        started: Some(ctx.now()),
        ended: None,
        accounts,
        sessions: Vec::new(),
        resolved: Default::default(),
        logged: 0,
    };
    log::experiment_start(ctx, &mut experiment)?;
    state::begun(ctx, &experiment)?;
    if safety_lever::engaged(ctx) {
        super::run::end(
            ctx,
            &mut experiment,
            Status::Cancelled,
            "Experiment cancelled by the safety lever.",
        )?;
    } else {
        ctx.wake_at(ctx.now(), WAKE, &id)?;
    }
    let shown = view::experiment(ctx, &experiment)?;
    ctx.put::<Experiments>(ctx.scope().key(&id), experiment)?;
    ctx.put::<Tokens>(token, id)?;
    Ok(api::StartExperimentResponse { experiment: Some(shown) })
}
