//! Experiments as the API shows them.

use std::collections::BTreeMap;

use ironbird_api::fis as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};

use super::record::{Experiment, Resolved};
use crate::{id, template};

const SHOWN: Place = Place::output("fis", "GetExperiment", &["experiment"]);

/// Everything of an experiment.
///
/// # Errors
/// When its plan cannot be written down, which is a bug.
pub(super) fn experiment(ctx: &Ctx<'_>, experiment: &Experiment) -> Result<api::Experiment> {
    let plan: api::Experiment = document::read(SHOWN, &template::written(&experiment.plan)?)?;
    let mut actions = plan.actions.unwrap_or_default();
    for (name, action) in &mut actions {
        let Some(run) = experiment.runs.get(name) else { continue };
        action.state = Some(api::ExperimentActionState {
            status: Some(run.status.name().to_owned()),
            reason: run.reason.clone(),
        });
        (action.start_time, action.end_time) = (run.started, run.ended);
    }
    Ok(api::Experiment {
        id: Some(experiment.id.clone()),
        arn: Some(id::arn(ctx, "experiment", &experiment.id)),
        experiment_template_id: Some(experiment.template.clone()),
        state: Some(state(experiment)),
        actions: Some(actions),
        creation_time: Some(experiment.created),
        start_time: experiment.started,
        end_time: experiment.ended,
        tags: Some(experiment.tags.clone()),
        target_account_configurations_count: i64::try_from(experiment.accounts.len()).ok(),
        ..plan
    })
}

/// Where an experiment stands.
pub(super) fn state(experiment: &Experiment) -> api::ExperimentState {
    api::ExperimentState {
        status: Some(experiment.status.name().to_owned()),
        reason: experiment.reason.clone(),
        error: None,
    }
}

/// How it goes about it.
pub(super) fn options(experiment: &Experiment) -> api::ExperimentOptions {
    let options = &experiment.plan.experiment_options;
    api::ExperimentOptions {
        account_targeting: Some(options.account_targeting.clone()),
        empty_target_resolution_mode: Some(options.empty_target_resolution_mode.clone()),
        actions_mode: options.actions_mode.clone(),
    }
}

/// One resource that was found.
pub(super) fn resolved(experiment: &Experiment, name: &str, resource: &Resolved) -> api::ResolvedTarget {
    let kind = experiment.plan.targets.get(name).map(|target| target.resource_type.clone());
    api::ResolvedTarget {
        resource_type: kind,
        target_name: Some(name.to_owned()),
        target_information: Some(BTreeMap::from([("arn".to_owned(), resource.arn.clone())])),
    }
}
