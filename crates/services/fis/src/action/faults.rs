//! Calls that fail while an action lasts.

use ironbird_rig::fault::{FaultRule, FaultRules, Matcher};
use ironbird_rig::{Ctx, Key, Result};

use super::{Begun, Hold, Work};

/// How calls fail.
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) status: u16,
}

/// Lets the calls of each matcher fail for the action's `duration`, as many of them as its `percentage` says.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn impose(ctx: &mut Ctx<'_>, work: &Work<'_>, matchers: Vec<(Matcher, Failure)>) -> Result<Begun> {
    let until = work.until(ctx, "duration");
    let percentage = work.text("percentage").and_then(|text| text.parse::<u8>().ok()).unwrap_or(100);
    let mut rules = Vec::with_capacity(matchers.len());
    for (number, (matching, failure)) in matchers.into_iter().enumerate() {
        let id = format!("{}-{number}", work.name);
        let rule = FaultRule {
            id: id.clone(),
            matching,
            share: f64::from(percentage) / 100.0,
            from: ctx.now(),
            until,
            code: failure.code.to_owned(),
            message: failure.message,
            status: failure.status,
        };
        rule.keep(ctx)?;
        rules.push(id);
    }
    Ok(Begun { until, hold: Hold::Faults(rules) })
}

/// Ends rules.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn lift(ctx: &mut Ctx<'_>, rules: &[String]) -> Result<()> {
    for id in rules {
        ctx.delete::<FaultRules>(&Key::new().text(id))?;
    }
    Ok(())
}
