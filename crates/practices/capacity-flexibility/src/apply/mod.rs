//! Apply: plan, back up, apply, verify; and back again.
//!
//! [`plan`] reads and says what would change; [`perform::apply`] keeps a backup and changes it; [`perform::revert`]
//! restores from the backup. Each can be stopped at any call: what has been done is read from the account, never
//! remembered, so that either finishes what the other left.

pub mod backup;
pub mod perform;
mod plan;
pub mod reserve;
mod subnets;

use ironbird_cloud::change::group::GroupChange;
use ironbird_cloud::change::{ApplyError, Proposal, skipped};
pub use plan::plan;
use serde_json::{Value, json};

use reserve::Reservation;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Groups to look at; all where none is named.
    pub groups: Vec<String>,
    /// Capacity to reserve.
    pub reservation: Option<Reservation>,
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

impl Proposal for Plan {
    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.reservation.is_none()
    }

    fn text(&self) -> String {
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

    fn json(&self) -> Result<Value, ApplyError> {
        let groups: Result<Vec<Value>, ApplyError> = self.groups.iter().map(GroupChange::json).collect();
        Ok(json!({
            "account": self.account, "region": self.region,
            "plan": {"groups": groups?, "reservation": self.reservation}, "skipped": skipped(&self.skipped),
        }))
    }
}
