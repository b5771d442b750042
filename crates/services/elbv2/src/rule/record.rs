//! What is kept of a rule.

use std::collections::BTreeMap;

use ironbird_api::elbv2 as api;
use ironbird_rig::{Result, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition;
use crate::action;

/// All rules but the default ones: (account, Region, load balancer, listener, last part of the ARN).
pub(crate) struct Rules;

impl Table for Rules {
    const NAME: &'static str = "elbv2.rules";
    type Record = Rule;
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// Name of the load balancer.
    pub(crate) load_balancer: String,
    /// The last part of the listener's ARN.
    pub(crate) listener: String,
    pub(crate) priority: i32,
    pub(crate) conditions: Vec<Value>,
    pub(crate) actions: Vec<Value>,
    /// Names of the target groups that these send to.
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Rule {
    /// As the API shows it.
    ///
    /// # Errors
    /// When the world is broken.
    pub(crate) fn view(&self) -> Result<api::Rule> {
        Ok(api::Rule {
            rule_arn: Some(self.arn.clone()),
            priority: Some(self.priority.to_string()),
            conditions: Some(condition::view(&self.conditions)?),
            actions: Some(action::view(&self.actions)?),
            is_default: Some(false),
            transforms: Some(Vec::new()),
        })
    }
}
