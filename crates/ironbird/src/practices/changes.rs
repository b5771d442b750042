//! What `apply` has done, as it is told.

use ironbird_cloud::change::Outcome;

use crate::{Verdict, output};

/// Tells what was done and what was left alone, or `nothing`, and how the command ends.
///
/// # Errors
/// When it cannot be written.
pub fn tell(outcome: &Outcome, nothing: &str) -> anyhow::Result<Verdict> {
    if outcome.done.is_empty() && outcome.left.is_empty() {
        output::say(nothing)?;
    }
    for line in &outcome.done {
        output::say(line)?;
    }
    for line in &outcome.left {
        output::complain(&format!("left alone: {line}"));
    }
    Ok(if outcome.left.is_empty() { Verdict::Good } else { Verdict::Negative })
}
