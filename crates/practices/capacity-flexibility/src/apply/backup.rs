//! The backup: everything that is needed to restore what was changed, as JSON that a person can use too: `before` of a
//! group is what `aws autoscaling update-auto-scaling-group --cli-input-json` takes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ApplyError;
use super::reserve::Reservation;

/// The format of backups.
const FORMAT: &str = "ironbird/capacity-flexibility/backup/1";

/// How far the work is that the backup is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Begun; some of it may have been done.
    Applying,
    /// All done and verified.
    Applied,
    /// Going back; some of it may have been restored.
    Reverting,
    /// All restored.
    Reverted,
}

/// A group as it was, and as it was to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBackup {
    /// Name of the group.
    pub name: String,
    /// The UpdateAutoScalingGroup call that restores it.
    pub before: Value,
    /// The call that changed it.
    pub after: Value,
}

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

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    format: String,
    /// Account that it is of.
    pub account: String,
    /// Region that it is of.
    pub region: String,
    /// How far the work is.
    pub state: State,
    /// Groups that changed.
    pub groups: Vec<GroupBackup>,
    /// Fleets that were created.
    pub fleets: Vec<FleetBackup>,
}

impl Backup {
    /// A backup of nothing yet.
    pub fn new(account: &str, region: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            state: State::Applying,
            groups: Vec::new(),
            fleets: Vec::new(),
        }
    }
}

/// A backup file.
pub struct BackupFile {
    path: PathBuf,
    /// What is in it.
    pub backup: Backup,
}

impl BackupFile {
    /// Reads the backup at `path`; none where there is no file.
    ///
    /// # Errors
    /// When it cannot be read or is no backup.
    pub fn open(path: &Path) -> Result<Option<Self>, ApplyError> {
        let wrong = |cause: String| ApplyError::Backup { path: path.display().to_string(), cause };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let backup: Backup = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("it is no backup of ours: {error}")))?;
        if backup.format != FORMAT {
            return Err(wrong(format!("its format is {:?}, wanted is {FORMAT:?}", backup.format)));
        }
        Ok(Some(Self { path: path.to_owned(), backup }))
    }

    /// The backup to go on with at `path`: the one that is there, where it is of the same account and Region and has not
    /// been reverted, else a new one.
    ///
    /// # Errors
    /// When the file there is something else.
    pub fn resume(path: &Path, account: &str, region: &str) -> Result<Self, ApplyError> {
        match Self::open(path)? {
            None => Ok(Self { path: path.to_owned(), backup: Backup::new(account, region) }),
            Some(found) if found.backup.state == State::Reverting => Err(found
                .problem("it is being reverted: finish that with --revert first, or give another --backup")),
            Some(found) if found.backup.state == State::Reverted => {
                Ok(Self { backup: Backup::new(account, region), ..found })
            }
            Some(found) => {
                found.must_be_of(account, region)?;
                Ok(found)
            }
        }
    }

    /// Checks that the backup is of this account and Region.
    ///
    /// # Errors
    /// When it is of another.
    pub fn must_be_of(&self, account: &str, region: &str) -> Result<(), ApplyError> {
        let Backup { account: own, region: place, .. } = &self.backup;
        if own == account && place == region {
            return Ok(());
        }
        Err(self.problem(&format!(
            "it is of account {own} in {place}, not of {account} in {region}: give the right --profile and --region, or another --backup"
        )))
    }

    /// An error about this file.
    pub fn problem(&self, cause: &str) -> ApplyError {
        ApplyError::Backup { path: self.path.display().to_string(), cause: cause.to_owned() }
    }

    /// Keeps it in its file: whole and on disk, or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self) -> Result<(), ApplyError> {
        let text =
            serde_json::to_string_pretty(&self.backup).map_err(|error| self.problem(&error.to_string()))?;
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(".new");
        let beside = self.path.with_file_name(name);
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        };
        write().map_err(|error| self.problem(&error.to_string()))
    }
}
