//! How a load balancer comes up, and what it costs from then on.

use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use super::{meter, named};
use crate::uses;

/// Timer that wakes a load balancer when it is active.
const WAKE: &str = "elbv2.load-balancer";

/// Seconds that provisioning takes. AWS says "a few minutes"; the figures are ours.
const PROVISIONING: (u64, u64) = (90, 180);

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.timer(WAKE, wake)
}

/// When a load balancer that is made now is active.
pub(super) fn active_from(ctx: &Ctx<'_>, suffix: &str) -> Timestamp {
    let now = ctx.now();
    if ctx.settings().transitions == Transitions::Instant {
        return now;
    }
    let (from, to) = PROVISIONING;
    let seconds = from + ctx.seed().child("elbv2.provisioning").child(suffix).rng().below(to - from + 1);
    Timestamp::from_secs(now.secs().saturating_add(i64::try_from(seconds).unwrap_or(0)))
}

/// Sees to it that a new load balancer comes up.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn begin(ctx: &mut Ctx<'_>, name: &str, active: Timestamp) -> Result<()> {
    if active <= ctx.now() {
        return wake(ctx, name);
    }
    ctx.wake_at(active, WAKE, name).map(drop)
}

fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let Some(found) = named(ctx, name).filter(|found| found.is_active(ctx)).cloned() else { return Ok(()) };
    meter::end(ctx, &found)?;
    meter::begin(ctx, &found)?;
    uses::load_balancer_changed(ctx, name)
}
