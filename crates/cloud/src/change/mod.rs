//! Changing an account: what is done is kept in a backup first, and can be taken back.
//!
//! Each step can be stopped at any call: what has been done is read from the account, never remembered, so that applying
//! again goes on and reverting goes back.

pub mod backup;
pub mod fleet;
pub mod group;
pub mod json;
pub mod template;

use ironbird_client::CallError;
use serde_json::{Value, json};

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
    /// Makes an error of a failed call, with what was being done.
    pub fn call(doing: impl Into<String>) -> impl FnOnce(CallError) -> Self {
        let doing = doing.into();
        move |cause| Self::Call { doing, cause }
    }
}

/// What would be done, before it is.
pub trait Proposal {
    /// Whether nothing would change.
    fn is_empty(&self) -> bool;

    /// In words.
    fn text(&self) -> String;

    /// For programs: an object, with the calls that would be made.
    ///
    /// # Errors
    /// Where a call cannot be written as JSON: a bug of ours.
    fn json(&self) -> Result<Value, ApplyError>;
}

/// What was done, in words, and what could not be.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One line for each thing done.
    pub done: Vec<String>,
    /// One line for each thing that was left as it is although it was to change.
    pub left: Vec<String>,
}

/// What stays as it is and why, for programs.
pub fn skipped(skipped: &[(String, String)]) -> Value {
    skipped.iter().map(|(resource, why)| json!({"resource": resource, "why": why})).collect()
}
