//! Who did something and when, as every resource keeps it of its first and its last change.

use ironbird_rig::{Ctx, Timestamp};
use serde::{Deserialize, Serialize};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    /// ARN of the principal.
    pub(crate) by: String,
}

impl Stamp {
    /// Now, by the caller.
    pub(crate) fn now(ctx: &Ctx<'_>) -> Self {
        Self { at: ctx.now(), by: ctx.caller().arn(ctx.region().partition()) }
    }
}
