//! The backup: everything that is needed to restore what was changed, as JSON that a person can use too: `before` of a
//! group is what `aws autoscaling update-auto-scaling-group --cli-input-json` takes. What is kept beside account, Region
//! and state is each practice's own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ApplyError;

/// What a practice keeps.
pub trait Kept: Serialize + DeserializeOwned + Default {
    /// The format of its backups: `ironbird/capacity-flexibility/backup/1`.
    const FORMAT: &'static str;
}

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

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backup<T> {
    format: String,
    /// Account that it is of.
    pub account: String,
    /// Region that it is of.
    pub region: String,
    /// How far the work is.
    pub state: State,
    /// What is kept.
    #[serde(flatten)]
    pub kept: T,
}

impl<T: Kept> Backup<T> {
    /// A backup of nothing yet.
    pub fn new(account: &str, region: &str) -> Self {
        Self {
            format: T::FORMAT.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            state: State::Applying,
            kept: T::default(),
        }
    }
}

/// A backup file.
pub struct BackupFile<T> {
    path: PathBuf,
    /// What is in it.
    pub backup: Backup<T>,
}

impl<T: Kept> BackupFile<T> {
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
        let backup: Backup<T> = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("it is no backup of ours: {error}")))?;
        if backup.format != T::FORMAT {
            return Err(wrong(format!("its format is {:?}, wanted is {:?}", backup.format, T::FORMAT)));
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

    /// The backup at `path` to go back by.
    ///
    /// # Errors
    /// When there is none, or it is of another account or Region.
    pub fn to_revert(path: &Path, account: &str, region: &str) -> Result<Self, ApplyError> {
        let missing = || ApplyError::Backup {
            path: path.display().to_string(),
            cause: "there is no such file".to_owned(),
        };
        let file = Self::open(path)?.ok_or_else(missing)?;
        file.must_be_of(account, region)?;
        Ok(file)
    }

    /// An earlier run was stopped after its last change: all that is left is to say so in its backup, where there is one.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn finish(path: &Path, account: &str, region: &str) -> Result<(), ApplyError> {
        let Some(mut file) = Self::open(path)? else { return Ok(()) };
        let is_ours = file.backup.account == account && file.backup.region == region;
        if is_ours && file.backup.state == State::Applying {
            file.backup.state = State::Applied;
            file.keep()?;
        }
        Ok(())
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
