//! Experiments: starting, looking at, and the operations' side of stopping them.

mod account;
mod log;
pub(crate) mod record;
mod run;
mod start;
mod state;
pub(crate) mod stop;
mod view;

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::{error, id, page};
use record::{Experiment, Experiments, Tokens};

/// Timer of an experiment.
const WAKE: &str = "fis.experiment";

/// Woken when an alarm has changed its state.
const ALARM: &str = "fis.alarm";

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Experiments>()
        .table::<Tokens>()
        .table::<log::Log>()
        .timer(WAKE, run::wake)
        .timer(ALARM, stop::on_alarm)
        .listen("cloudwatch.alarm-state", ALARM)
        .lever("fis.experiment-log", log::pull)
        .write::<api::StartExperiment>(start::start_experiment)
        .write::<api::StopExperiment>(stop::stop_experiment)
        .read::<api::GetExperiment>(get_experiment)
        .read::<api::ListExperiments>(list_experiments)
        .read::<api::ListExperimentResolvedTargets>(list_experiment_resolved_targets)
        .read::<api::GetExperimentTargetAccountConfiguration>(account::get)
        .read::<api::ListExperimentTargetAccountConfigurations>(account::list)
}

/// The experiment of that id.
///
/// # Errors
/// `ResourceNotFoundException`.
fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t Experiment> {
    ctx.peek::<Experiments>(&ctx.scope().key(given))
        .ok_or_else(|| error::not_found(format!("Experiment {given} does not exist.")))
}

fn get_experiment(
    ctx: &mut Ctx<'_>,
    input: &api::GetExperimentRequest,
) -> Result<api::GetExperimentResponse> {
    let shown = view::experiment(ctx, find(ctx, &input.id)?)?;
    Ok(api::GetExperimentResponse { experiment: Some(shown) })
}

fn list_experiments(
    ctx: &mut Ctx<'_>,
    input: &api::ListExperimentsRequest,
) -> Result<api::ListExperimentsResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let wanted = input.experiment_template_id.as_deref();
    let page = window.scan::<Experiments, _>(ctx, &ctx.scope().prefix(), |experiment| {
        let fits = wanted.is_none_or(|template| template == experiment.template);
        fits.then(|| api::ExperimentSummary {
            id: Some(experiment.id.clone()),
            arn: Some(id::arn(ctx, "experiment", &experiment.id)),
            experiment_template_id: Some(experiment.template.clone()),
            state: Some(view::state(experiment)),
            creation_time: Some(experiment.created),
            tags: Some(experiment.tags.clone()),
            experiment_options: Some(view::options(experiment)),
        })
    });
    Ok(api::ListExperimentsResponse { experiments: Some(page.items), next_token: page.next })
}

fn list_experiment_resolved_targets(
    ctx: &mut Ctx<'_>,
    input: &api::ListExperimentResolvedTargetsRequest,
) -> Result<api::ListExperimentResolvedTargetsResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let experiment = find(ctx, &input.experiment_id)?;
    if let Some(name) = input.target_name.as_ref().filter(|name| !experiment.plan.targets.contains_key(*name))
    {
        return Err(error::not_found(format!("Experiment {} has no target {name}.", experiment.id)));
    }
    let wanted = |name: &String| input.target_name.as_ref().is_none_or(|only| only == name);
    let found = experiment.resolved.iter().filter(|(name, _)| wanted(name));
    let each = found.flat_map(|(name, resources)| resources.iter().map(move |resource| (name, resource)));
    let page = window.list(each, |(name, resource)| Key::new().text(name).text(&resource.arn));
    let shown = page.items.into_iter().map(|(name, resource)| view::resolved(experiment, name, resource));
    Ok(api::ListExperimentResolvedTargetsResponse {
        resolved_targets: Some(shown.collect()),
        next_token: page.next,
    })
}
