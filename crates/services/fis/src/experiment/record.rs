//! What is kept of an experiment: a copy of its plan, what it found, and how far it is.

use std::collections::BTreeMap;

use ironbird_rig::{Account, Principal, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::action::Holds;
use crate::template::account::TargetAccount;
use crate::template::record::Plan;

/// All experiments: (account, Region, id).
pub(crate) struct Experiments;

impl Table for Experiments {
    const NAME: &'static str = "fis.experiments";
    type Record = Experiment;
}

/// The experiment that a client token started: (account, Region, token).
pub(crate) struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "fis.experiment-tokens";
    type Record = String;
}

/// Where an experiment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Initiating,
    Running,
    Completed,
    Stopping,
    Stopped,
    Failed,
    Cancelled,
}

impl Status {
    /// As the API shows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Initiating => "initiating",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it goes on.
    pub(crate) const fn is_active(self) -> bool {
        matches!(self, Self::Initiating | Self::Running | Self::Stopping)
    }
}

/// Where an action stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ActionStatus {
    #[default]
    Pending,
    Running,
    Completed,
    Cancelled,
    Stopped,
    Failed,
    Skipped,
}

impl ActionStatus {
    /// As the API shows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// How far an action is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) status: ActionStatus,
    pub(crate) reason: Option<String>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    /// When it ends by itself.
    pub(crate) until: Option<Timestamp>,
    pub(crate) holds: Holds,
}

/// A resource that a target turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resolved {
    pub(crate) arn: String,
}

impl Resolved {
    /// What the ARN ends with: an id, or a group's name.
    pub(crate) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) template: String,
    pub(crate) plan: Plan,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    /// The accounts that it acts in, where that is not its own.
    #[serde(default)]
    pub(crate) accounts: Vec<TargetAccount>,
    /// Who it is in its own account and in each of those: sessions of the roles that it took.
    #[serde(default)]
    pub(crate) sessions: Vec<(Account, Principal)>,
    /// What was found, by target.
    pub(crate) resolved: BTreeMap<String, Vec<Resolved>>,
    /// How far each action is, by name.
    pub(crate) runs: BTreeMap<String, Run>,
    /// How many lines its log has.
    pub(crate) logged: u64,
}

impl Experiment {
    /// Whether targets are only found, and nothing is done to them.
    pub(crate) fn only_looks(&self) -> bool {
        self.plan.experiment_options.actions_mode.as_deref() == Some("skip-all")
    }

    /// Whether an action whose target turns out to be nothing is skipped, rather than failing the experiment.
    pub(crate) fn skips_empty(&self) -> bool {
        self.plan.experiment_options.empty_target_resolution_mode == "skip"
    }
}
