//! Why a rehearsal could not run.

use ironbird_client::CallError;

use super::Problem;

/// Why a rehearsal could not run.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// A setting makes no sense.
    #[error(transparent)]
    Scenario(#[from] Problem),
    /// The world lacks something.
    #[error("the world of the rehearsal lacks something: {0}")]
    Ground(String),
    /// The world refused a call.
    #[error("the world of the rehearsal refused a call: {0}")]
    Call(#[from] CallError),
    /// The experiment could not be carried out.
    #[error("the experiment is {status}: {reason}")]
    Experiment {
        /// AWS's word for how it ended.
        status: String,
        /// Why.
        reason: String,
    },
    /// The world could not be written to or read.
    #[error("the world of the rehearsal failed: {0}")]
    Rig(#[from] ironbird_rig::Error),
}
