//! What this practice keeps to be able to go back.

use ironbird_cloud::change::backup::{self, Kept};
use ironbird_cloud::change::group::GroupBackup;

use serde::{Deserialize, Serialize};

use super::reserve::Reservation;

/// A fleet that was created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetBackup {
    /// What was asked for.
    pub reservation: Reservation,
    /// The token that the call was made with.
    pub client_token: String,
    /// The fleet's id, once it is known.
    pub id: Option<String>,
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Groups that changed.
    pub groups: Vec<GroupBackup>,
    /// Fleets that were created.
    pub fleets: Vec<FleetBackup>,
}

impl Kept for Done {
    const FORMAT: &'static str = "ironbird/capacity-flexibility/backup/1";
}

/// A backup file of this practice.
pub type BackupFile = backup::BackupFile<Done>;
