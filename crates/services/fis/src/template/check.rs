//! Whether a plan makes sense, before anything is kept or done.

use ironbird_rig::Result;

use super::record::{ActionPlan, Plan, StopCondition, TargetPlan};
use crate::target::{self, Selection};
use crate::{action, error};

/// Actions of a template (FIS's quota).
const MOST_ACTIONS: usize = 20;

/// Stop conditions of a template (FIS's quota).
const MOST_STOP_CONDITIONS: usize = 5;

/// Checks everything that can be told before the experiment starts.
///
/// # Errors
/// `ValidationException` that names what is wrong and where, `ServiceQuotaExceededException` for too much.
pub(crate) fn plan(plan: &Plan) -> Result<()> {
    if plan.actions.is_empty() {
        return Err(error::validation("The experiment template must have at least one action."));
    }
    if plan.actions.len() > MOST_ACTIONS {
        return Err(error::quota(format!("An experiment template can have at most {MOST_ACTIONS} actions.")));
    }
    role(&plan.role_arn)?;
    stop_conditions(&plan.stop_conditions)?;
    for (name, planned) in &plan.targets {
        target(name, planned)?;
    }
    for (name, planned) in &plan.actions {
        action(plan, name, planned)?;
    }
    order(plan)
}

/// The account of a role.
///
/// # Errors
/// `ValidationException` where the ARN is not one of a role.
pub(super) fn role(arn: &str) -> Result<&str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, role] if account.len() == 12 && role.starts_with("role/") => {
            Ok(account)
        }
        _ => Err(error::validation(format!("roleArn {arn} is not the ARN of an IAM role."))),
    }
}

fn stop_conditions(conditions: &[StopCondition]) -> Result<()> {
    if conditions.is_empty() {
        return Err(error::validation(
            "The experiment template must have a stop condition; its source may be none.",
        ));
    }
    if conditions.len() > MOST_STOP_CONDITIONS {
        return Err(error::quota(format!(
            "An experiment template can have at most {MOST_STOP_CONDITIONS} stop conditions."
        )));
    }
    for StopCondition { source, value } in conditions {
        match (source.as_str(), value.as_deref()) {
            ("none", None) if conditions.len() == 1 => {}
            ("none", None) => {
                return Err(error::validation("A stop condition with source none must be the only one."));
            }
            ("none", Some(_)) => {
                return Err(error::validation("A stop condition with source none has no value."));
            }
            ("aws:cloudwatch:alarm", Some(arn)) if action::alarm::name(arn).is_some() => {}
            ("aws:cloudwatch:alarm", _) => {
                return Err(error::validation(
                    "A stop condition needs the ARN of a CloudWatch alarm as its value.",
                ));
            }
            (other, _) => {
                return Err(error::validation(format!(
                    "Stop condition source {other} is invalid: use none or aws:cloudwatch:alarm."
                )));
            }
        }
    }
    Ok(())
}

fn target(name: &str, planned: &TargetPlan) -> Result<()> {
    let wrong = |what: &str| Err(error::validation(format!("Target {name}: {what}")));
    let Some(kind) = target::kind(&planned.resource_type) else {
        return wrong(&format!("resource type {} is not supported.", planned.resource_type));
    };
    if planned.resource_arns.is_empty() == planned.resource_tags.is_empty() && planned.parameters.is_empty() {
        return wrong("give either resourceArns or resourceTags.");
    }
    if !planned.resource_tags.is_empty() && !kind.has_tags {
        return wrong("resources of this type are chosen by resourceArns.");
    }
    if !planned.filters.is_empty() && !planned.resource_arns.is_empty() {
        return wrong("filters go with resourceTags, not with resourceArns.");
    }
    if let Some(parameter) = planned.parameters.keys().find(|name| !kind.parameters.contains(&name.as_str()))
    {
        return wrong(&format!("parameter {parameter} is not one of {}.", planned.resource_type));
    }
    if planned.filters.iter().any(|filter| filter.values.is_empty() || filter.path.is_empty()) {
        return wrong("a filter needs a path and at least one value.");
    }
    if Selection::parse(&planned.selection_mode).is_none() {
        return wrong(&format!(
            "selectionMode {} is invalid: use ALL, COUNT(n) or PERCENT(n).",
            planned.selection_mode
        ));
    }
    Ok(())
}

fn action(plan: &Plan, name: &str, planned: &ActionPlan) -> Result<()> {
    let wrong = |what: String| Err(error::validation(format!("Action {name}: {what}")));
    let Some(definition) = action::find(&planned.action_id) else {
        let known: Vec<&str> = action::all().iter().map(|definition| definition.id).collect();
        return wrong(format!(
            "ironbird does not support action {}; there are {}",
            planned.action_id,
            known.join(", ")
        ));
    };
    for parameter in definition.parameters {
        match planned.parameters.get(parameter.name) {
            None if parameter.required => return wrong(format!("parameter {} is required.", parameter.name)),
            Some(value) if !parameter.form.accepts(value) => {
                return wrong(format!("parameter {} is {value}; {}.", parameter.name, parameter.form));
            }
            _ => {}
        }
    }
    let known = |name: &String| definition.parameters.iter().any(|parameter| parameter.name == name);
    if let Some(unknown) = planned.parameters.keys().find(|name| !known(name)) {
        return wrong(format!("parameter {unknown} is not one of {}.", definition.id));
    }
    let given = planned.targets.iter().next();
    match (definition.target, given) {
        _ if planned.targets.len() > 1 => return wrong("it takes one target.".to_owned()),
        (None, None) => {}
        (None, Some(_)) => return wrong("it takes no target.".to_owned()),
        (Some((key, kind)), None) => return wrong(format!("give the target {key} ({kind}).")),
        (Some((key, kind)), Some((given, target))) => {
            if given != key {
                return wrong(format!("its target is called {key}, not {given}."));
            }
            let Some(planned) = plan.targets.get(target) else {
                return wrong(format!("there is no target {target}."));
            };
            if planned.resource_type != kind {
                return wrong(format!("target {target} is of {}, not of {kind}.", planned.resource_type));
            }
        }
    }
    match planned.start_after.iter().find(|before| !plan.actions.contains_key(*before)) {
        Some(before) => wrong(format!("startAfter names {before}, which is no action.")),
        None => Ok(()),
    }
}

/// No action waits for itself, however far around.
fn order(plan: &Plan) -> Result<()> {
    let mut left: Vec<(&String, &ActionPlan)> = plan.actions.iter().collect();
    loop {
        let before = left.len();
        let waiting: Vec<&String> = left.iter().map(|(name, _)| *name).collect();
        left.retain(|(_, planned)| planned.start_after.iter().any(|name| waiting.contains(&name)));
        if left.is_empty() {
            return Ok(());
        }
        if left.len() == before {
            let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
            return Err(error::validation(format!("Actions wait for one another: {}.", names.join(", "))));
        }
    }
}
