//! Apply: plan, back up, apply, verify; and back again.
//!
//! [`plan`] reads and says what would change; [`perform::apply`] keeps a backup and changes it; [`perform::revert`]
//! restores from the backup. Each can be stopped at any call: what has been done is read from the account, never
//! remembered, so that either finishes what the other left.

pub mod backup;
pub mod perform;
mod plan;
pub mod reserve;
mod settings;
mod subnets;

use ironbird_api::autoscaling;
use ironbird_client::CallError;

pub use perform::Outcome;
pub use plan::plan;
use reserve::Reservation;

use crate::requirements::Needs;

/// Why something was not applied or reverted.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A call failed.
    #[error("{doing}: {cause}")]
    Call {
        /// What was being done.
        doing: String,
        /// What the service answered.
        cause: CallError,
    },
    /// The backup cannot be read or written, or is not for this account.
    #[error("backup {path}: {cause}")]
    Backup {
        /// Its path.
        path: String,
        /// What is wrong, and what to do.
        cause: String,
    },
    /// A file or option makes no sense.
    #[error("{0}")]
    Input(String),
    /// The account is not as it should be after all calls succeeded.
    #[error("{}", .0.join("\n"))]
    NotAsPlanned(Vec<String>),
}

impl ApplyError {
    pub(crate) fn call(doing: impl Into<String>) -> impl FnOnce(CallError) -> Self {
        let doing = doing.into();
        move |cause| Self::Call { doing, cause }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Groups to look at; all where none is named.
    pub groups: Vec<String>,
    /// Capacity to reserve.
    pub reservation: Option<Reservation>,
}

/// A change of one group.
#[derive(Clone)]
pub struct GroupChange {
    /// Name of the group.
    pub name: String,
    /// What restores it.
    pub before: autoscaling::UpdateAutoScalingGroupType,
    /// What changes it.
    pub after: autoscaling::UpdateAutoScalingGroupType,
    /// What changes, in words.
    pub lines: Vec<String>,
}

/// What would be done.
pub struct Plan {
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Groups that change.
    pub groups: Vec<GroupChange>,
    /// Groups that stay as they are although they fall short, and why.
    pub skipped: Vec<(String, String)>,
    /// The fleet of reservations to create; none where it is there already, or was not asked for.
    pub reservation: Option<Reservation>,
    /// The fleet that is there already.
    pub existing_fleet: Option<String>,
}

impl Plan {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.reservation.is_none()
    }

    /// The plan as text.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("account {}, {}", self.account, self.region)];
        for change in &self.groups {
            lines.push(format!("  ~ group {}", change.name));
            lines.extend(change.lines.iter().map(|line| format!("      {line}")));
        }
        if let Some(reservation) = &self.reservation {
            lines.push("  + Capacity Reservation Fleet".to_owned());
            lines.extend(reservation.lines().into_iter().map(|line| format!("      {line}")));
        }
        if let Some(id) = &self.existing_fleet {
            lines.push(format!("  = Capacity Reservation Fleet {id} is there already"));
        }
        lines
            .extend(self.skipped.iter().map(|(name, why)| format!("  - group {name} stays as it is: {why}")));
        if self.is_empty() {
            lines.push("nothing to change".to_owned());
        }
        lines.join("\n")
    }
}

/// A policy that selects types by what is needed, over the template's image, On-Demand, the lowest priced first. What
/// the group had of a distribution stays.
pub fn flexible_policy(
    template: autoscaling::LaunchTemplateSpecification,
    distribution: Option<autoscaling::InstancesDistribution>,
    needs: &Needs,
) -> autoscaling::MixedInstancesPolicy {
    let only = autoscaling::LaunchTemplateOverrides {
        instance_requirements: Some(needs.for_group()),
        ..Default::default()
    };
    let on_demand = || autoscaling::InstancesDistribution {
        on_demand_base_capacity: Some(0),
        on_demand_percentage_above_base_capacity: Some(100),
        ..Default::default()
    };
    let mut distribution = distribution.unwrap_or_else(on_demand);
    // Attribute-based selection only knows this strategy for On-Demand.
    distribution.on_demand_allocation_strategy = Some("lowest-price".to_owned());
    autoscaling::MixedInstancesPolicy {
        launch_template: Some(autoscaling::LaunchTemplate {
            launch_template_specification: Some(template),
            overrides: Some(vec![only]),
        }),
        instances_distribution: Some(distribution),
    }
}
