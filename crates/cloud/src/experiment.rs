//! An FIS experiment template of a user, as a rehearsal runs it in worlds of its own.
//!
//! A rehearsal's resources are not those of the account that the template was written for, so that targets are found by
//! tags: the rehearsal gives its resources the [`tags`](Template::tags) that the targets ask for. Alarms of an account are not
//! in a rehearsal either; stop conditions on them are left out, which [`Template::left_out`] says.

use std::collections::BTreeMap;
use std::fmt;

use ironbird_api::{Operation as _, fis as api};
use ironbird_client::CallError;
use ironbird_report::Injection;
use ironbird_rig::Timestamp;
use ironbird_rig::document::{self, Place};
use serde_json::Value;

use crate::InProcess;
use crate::rehearsal::{RehearseError, since_start};

const CREATE: Place = Place::input("fis", "CreateExperimentTemplate", &[]);

/// What `GetExperimentTemplate` answers beside what `CreateExperimentTemplate` takes.
const ANSWERED: [&str; 5] =
    ["id", "arn", "creationTime", "lastUpdateTime", "targetAccountConfigurationsCount"];

/// The client token of template and experiment: a world has one of each.
const TOKEN: &str = "rehearsal";

/// A template that can be run in a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// As it creates a template in a rehearsal's world.
    document: Value,
    /// Tags that its targets are found by.
    tags: BTreeMap<String, String>,
    left_out: Option<String>,
}

/// A template that cannot be run in a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Problem(String);

/// What an experiment did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// AWS's word for how it ended, or `running`.
    pub status: String,
    /// Why.
    pub reason: String,
    /// Its actions in the order in which they began.
    pub actions: Vec<Action>,
}

/// One action of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The name it has in the template.
    pub name: String,
    /// AWS's id: `aws:ec2:stop-instances`.
    pub id: String,
    /// When it began; `None` where it never did.
    pub began: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// AWS's word for how it ended.
    pub status: String,
    /// How many resources it was done to, and what they are: `3 of aws:ec2:subnet`. Empty where it has no target.
    pub target: String,
}

impl Template {
    /// Reads what `aws fis create-experiment-template --cli-input-json` takes, or what `get-experiment-template` answers.
    ///
    /// # Errors
    /// Where the text is no such JSON, or names what a rehearsal cannot have.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut given: Value =
            serde_json::from_str(text).map_err(|cause| Problem(format!("no JSON: {cause}")))?;
        if let Some(Value::Object(mut answered)) = given.get_mut("experimentTemplate").map(Value::take) {
            answered.retain(|name, _| !ANSWERED.contains(&name.as_str()));
            given = Value::Object(answered);
        }
        let mut request: api::CreateExperimentTemplateRequest =
            document::read(CREATE, &given).map_err(|cause| Problem(cause.to_string()))?;
        let understood = document::write(CREATE, &request).map_err(|cause| Problem(cause.to_string()))?;
        if let Some(path) = unknown(&given, &understood) {
            return Err(Problem(format!(
                "{path} is no member of an experiment template: leave it out, or mend its name"
            )));
        }
        for (name, target) in request.targets.iter().flatten() {
            if target.resource_arns.is_some() {
                return Err(Problem(format!(
                    "targets.{name}.resourceArns names resources of an account, and a rehearsal builds its own: give \
                     resourceTags, which the rehearsal's resources will have"
                )));
            }
        }
        let tags =
            request.targets.iter().flatten().filter_map(|(_, target)| target.resource_tags.clone()).flatten();
        let tags = tags.collect();
        let left_out = without_alarms(&mut request);
        let document = document::write(CREATE, &request).map_err(|cause| Problem(cause.to_string()))?;
        Ok(Self { document, tags, left_out })
    }

    /// What of it has no effect in a rehearsal, as a sentence.
    pub fn left_out(&self) -> Option<&str> {
        self.left_out.as_deref()
    }

    /// The tags that its targets are found by.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// Creates the template in a world and starts an experiment from it; the experiment's id.
    ///
    /// # Errors
    /// FIS's own, such as `ValidationException`.
    pub fn start(&self, cloud: &InProcess<'_>) -> Result<String, CallError> {
        let mut request: api::CreateExperimentTemplateRequest = document::read(CREATE, &self.document)
            .map_err(|cause| CallError::Request {
                operation: api::CreateExperimentTemplate::NAME,
                cause: cause.to_string(),
            })?;
        request.client_token = TOKEN.to_owned();
        let made = cloud.call_now::<api::CreateExperimentTemplate>(&request)?.experiment_template;
        let input = api::StartExperimentRequest {
            client_token: TOKEN.to_owned(),
            experiment_template_id: made.and_then(|template| template.id).unwrap_or_default(),
            ..Default::default()
        };
        let started = cloud.call_now::<api::StartExperiment>(&input)?.experiment;
        Ok(started.and_then(|experiment| experiment.id).unwrap_or_default())
    }
}

/// JSON to create the template with.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.document)
    }
}

/// The first member of `given` that was not understood, as a path.
fn unknown(given: &Value, understood: &Value) -> Option<String> {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            given.iter().filter(|(_, value)| !value.is_null()).find_map(|(name, value)| {
                let Some(other) = understood.get(name) else { return Some(name.clone()) };
                unknown(value, other).map(|path| format!("{name}.{path}"))
            })
        }
        (Value::Array(given), Value::Array(understood)) => {
            let mut pairs = given.iter().zip(understood).enumerate();
            pairs.find_map(|(at, (one, other))| unknown(one, other).map(|path| format!("{at}.{path}")))
        }
        _ => None,
    }
}

/// Takes out stop conditions on alarms; says so where there were any.
fn without_alarms(request: &mut api::CreateExperimentTemplateRequest) -> Option<String> {
    let conditions = &mut request.stop_conditions;
    let before = conditions.len();
    conditions.retain(|condition| condition.source != "aws:cloudwatch:alarm");
    if conditions.len() == before {
        return None;
    }
    if conditions.is_empty() {
        conditions
            .push(api::CreateExperimentTemplateStopConditionInput { source: "none".to_owned(), value: None });
    }
    Some(
        "The template's stop conditions are left out: an account's alarms are not in a rehearsal.".to_owned(),
    )
}

/// What an experiment has done so far.
///
/// # Errors
/// FIS's own.
pub fn outcome(cloud: &InProcess<'_>, id: &str) -> Result<Outcome, CallError> {
    let input = api::GetExperimentRequest { id: id.to_owned() };
    let experiment = cloud.call_now::<api::GetExperiment>(&input)?.experiment.unwrap_or_default();
    let counts = resolved(cloud, id)?;
    let kinds = experiment.targets.unwrap_or_default();
    let target = |name: &String| {
        let kind = kinds.get(name).and_then(|target| target.resource_type.as_deref()).unwrap_or_default();
        format!("{} of {kind}", counts.get(name).copied().unwrap_or_default())
    };
    let actions = experiment.actions.unwrap_or_default().into_iter().map(|(name, action)| Action {
        name,
        id: action.action_id.unwrap_or_default(),
        began: action.start_time,
        ended: action.end_time,
        status: action.state.and_then(|state| state.status).unwrap_or_default(),
        target: action.targets.iter().flat_map(BTreeMap::values).map(target).collect(),
    });
    let mut actions: Vec<Action> = actions.collect();
    actions.sort_by_key(|action| (action.began.is_none(), action.began));
    let state = experiment.state.unwrap_or_default();
    Ok(Outcome {
        status: state.status.unwrap_or_default(),
        reason: state.reason.unwrap_or_default(),
        actions,
    })
}

/// Statuses of an experiment that has done, or yet does, what it is to do.
const GOOD: [&str; 4] = ["completed", "initiating", "pending", "running"];

/// The same of an experiment that has to be carried out.
///
/// # Errors
/// When it failed or was stopped, as one that finds no target does.
pub fn carried_out(cloud: &InProcess<'_>, id: &str) -> Result<Outcome, RehearseError> {
    let outcome = outcome(cloud, id)?;
    if GOOD.contains(&outcome.status.as_str()) {
        return Ok(outcome);
    }
    Err(RehearseError::Experiment { status: outcome.status, reason: outcome.reason })
}

impl Action {
    /// As reports have it; `None` where it never began.
    pub fn injection(&self) -> Option<Injection> {
        let target = if self.target.is_empty() { &self.name } else { &self.target };
        Some(Injection {
            at: since_start(self.began?),
            until: self.ended.map(since_start),
            action: format!("{} ({})", self.id, self.status),
            target: target.clone(),
        })
    }
}

/// How many resources each target was resolved to.
fn resolved(cloud: &InProcess<'_>, id: &str) -> Result<BTreeMap<String, usize>, CallError> {
    let mut input =
        api::ListExperimentResolvedTargetsRequest { experiment_id: id.to_owned(), ..Default::default() };
    let mut counts = BTreeMap::new();
    loop {
        let page = cloud.call_now::<api::ListExperimentResolvedTargets>(&input)?;
        for target in page.resolved_targets.unwrap_or_default() {
            *counts.entry(target.target_name.unwrap_or_default()).or_default() += 1;
        }
        input.next_token = page.next_token;
        if input.next_token.is_none() {
            return Ok(counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"{
        "description": "no capacity in one zone", "roleArn": "arn:aws:iam::123456789012:role/experiments",
        "stopConditions": [{ "source": "aws:cloudwatch:alarm", "value": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:slow" }],
        "targets": { "groups": { "resourceType": "aws:ec2:autoscaling-group", "resourceTags": { "chaos": "yes" },
                                 "selectionMode": "ALL" } },
        "actions": { "dry": { "actionId": "aws:ec2:asg-insufficient-instance-capacity-error",
                              "parameters": { "duration": "PT1H", "availabilityZoneIdentifiers": "eu-west-1a" },
                              "targets": { "AutoScalingGroups": "groups" } } }
    }"#;

    fn wrong(text: &str) -> String {
        Template::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_creates_a_template_and_what_describes_one_are_read() {
        let template = Template::parse(TEMPLATE).unwrap();
        assert_eq!(template.tags().get("chaos").map(String::as_str), Some("yes"));
        assert!(template.left_out().is_some_and(|text| text.contains("stop conditions")));
        let given: Value = serde_json::from_str(TEMPLATE).unwrap();
        let mut answered = given;
        answered["id"] = "EXT1".into();
        answered["creationTime"] = 1_772_431_200.into();
        let answer = serde_json::json!({ "experimentTemplate": answered }).to_string();
        assert_eq!(Template::parse(&answer).unwrap(), template);
    }

    #[test]
    fn what_a_rehearsal_cannot_have_is_refused() {
        assert!(wrong("{").starts_with("no JSON: "));
        let misspelt = TEMPLATE.replace("selectionMode", "selectMode");
        assert!(
            wrong(&misspelt).starts_with("targets.groups.selectMode is no member"),
            "{}",
            wrong(&misspelt)
        );
        let named =
            TEMPLATE.replace(r#""resourceTags": { "chaos": "yes" }"#, r#""resourceArns": ["arn:aws:x"]"#);
        assert!(wrong(&named).starts_with("targets.groups.resourceArns names"), "{}", wrong(&named));
        assert!(wrong(&TEMPLATE.replace(r#""PT1H""#, "60")).contains("60 is not"));
    }
}
