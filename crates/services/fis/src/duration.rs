//! Spans of time as action parameters write them: `PT5M`, `PT1H30M`, `P1D`.

use ironbird_rig::duration;

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// Nanoseconds of a span; none for what is none.
pub(crate) fn nanos(text: &str) -> Option<i64> {
    duration::seconds(text)?.checked_mul(SECOND)
}
