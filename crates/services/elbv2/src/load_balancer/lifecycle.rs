//! How a load balancer comes up.

use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Timestamp};

/// Seconds that provisioning takes. AWS says "a few minutes"; the figures are ours.
const PROVISIONING: (u64, u64) = (90, 180);

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
