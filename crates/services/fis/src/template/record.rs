//! What is kept of a template. The members have the names that they have in the API, so that requests and answers are
//! read and written through [`ironbird_rig::document`].

use std::collections::BTreeMap;

use ironbird_rig::{Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// All templates: (account, Region, id).
pub(crate) struct Templates;

impl Table for Templates {
    const NAME: &'static str = "fis.templates";
    type Record = Template;
}

/// The template that a client token made: (account, Region, token).
pub(crate) struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "fis.template-tokens";
    type Record = String;
}

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) plan: Plan,
    pub(crate) tags: BTreeMap<String, String>,
}

/// What an experiment does, to whom, and when it is stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) targets: BTreeMap<String, TargetPlan>,
    pub(crate) actions: BTreeMap<String, ActionPlan>,
    pub(crate) stop_conditions: Vec<StopCondition>,
    pub(crate) role_arn: String,
    #[serde(default)]
    pub(crate) experiment_options: Options,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log_configuration: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) experiment_report_configuration: Option<Value>,
}

/// Which resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetPlan {
    pub(crate) resource_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_arns: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) resource_tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) filters: Vec<Filter>,
    pub(crate) selection_mode: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parameters: BTreeMap<String, String>,
}

/// A value that a resource must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// As in the answer of the resource's Describe operation: `Placement.AvailabilityZone`.
    pub(crate) path: String,
    /// One of these.
    pub(crate) values: Vec<String>,
}

/// What is done to targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActionPlan {
    pub(crate) action_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parameters: BTreeMap<String, String>,
    /// Name of the target by what the action calls it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) targets: BTreeMap<String, String>,
    /// Actions that have to be completed before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) start_after: Vec<String>,
}

/// When the experiment is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StopCondition {
    /// `none` or `aws:cloudwatch:alarm`
    pub(crate) source: String,
    /// ARN of the alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
}

/// How the experiment goes about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Options {
    /// `single-account` or `multi-account`
    pub(crate) account_targeting: String,
    /// `fail` or `skip`
    pub(crate) empty_target_resolution_mode: String,
    /// `run-all` or `skip-all`; only of an experiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actions_mode: Option<String>,
}

impl Options {
    /// Whether it acts in the accounts that the template is configured for, rather than in its own.
    pub(crate) fn is_for_several_accounts(&self) -> bool {
        self.account_targeting == "multi-account"
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account_targeting: "single-account".to_owned(),
            empty_target_resolution_mode: "fail".to_owned(),
            actions_mode: None,
        }
    }
}
