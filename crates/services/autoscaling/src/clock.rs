//! Instants and spans as Auto Scaling uses them.

use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Timestamp};

const NANOS: i64 = 1_000_000_000;

/// `2026-11-22T10:00:00Z`, to the second, as causes of activities have it.
pub fn stamp(instant: Timestamp) -> String {
    to_second(instant).iso8601()
}

/// The instant without its fraction of a second, as ends of activities are given.
pub const fn to_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_secs(instant.secs())
}

/// `instant` and so many seconds.
pub const fn after(instant: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_nanos(instant.nanos().saturating_add(seconds.saturating_mul(NANOS)))
}

/// Whole seconds from `earlier` to `later`, none before.
pub const fn seconds_between(earlier: Timestamp, later: Timestamp) -> i64 {
    let span = later.nanos().saturating_sub(earlier.nanos());
    if span < 0 { 0 } else { span / NANOS }
}

/// Whether requested states are reached at once.
pub fn instant(ctx: &Ctx<'_>) -> bool {
    ctx.settings().transitions == Transitions::Instant
}
