//! How pools went.

use std::cmp::Reverse;

use ironbird_rig::capacity::course::{self, Span};
use ironbird_rig::capacity::{self, PoolId, Pools};
use ironbird_rig::{Ctx, Key, Timestamp};
use serde::{Deserialize, Serialize};

use crate::own::capacity::{PoolState, named, state};

/// Pools that somebody set or uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolCourses {
    /// How many there are, those that are not shown too.
    pub count: usize,
    /// Those with the least left first, and among them those of which most is used.
    pub shown: Vec<PoolCourse>,
}

/// How a pool went. Each list has a number for each span; none for spans that ended before anything is known of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolCourse {
    /// How it is now.
    pub now: PoolState,
    /// Slots at the end of the span.
    pub size: Vec<Option<u64>>,
    /// Those taken at its end.
    pub used: Vec<Option<u64>>,
    /// The fewest that were free in it.
    pub least_free: Vec<Option<u64>>,
}

/// The first pools, by how little is left, of those that have `text` in their zone and type.
pub(super) fn show(ctx: &Ctx<'_>, bounds: &[Timestamp], text: Option<&str>, most: usize) -> PoolCourses {
    let ids = ctx.scan::<Pools>(&Key::new()).filter_map(|(key, _)| named(key));
    let wanted = ids.filter(|id| text.is_none_or(|text| has(*id, text)));
    let mut pools: Vec<(PoolId<'_>, PoolState)> =
        wanted.map(|id| (id, state(id, &capacity::pool(ctx, id)))).collect();
    pools.sort_by_cached_key(|(id, state)| (left(state), Reverse(state.used), id.name()));
    let count = pools.len();
    let course = |(id, now)| {
        let spans = course::spans(ctx, id, bounds);
        let each = |of: fn(&Span) -> u64| spans.iter().map(|span| span.as_ref().map(of)).collect();
        PoolCourse {
            now,
            size: each(|span| span.size),
            used: each(|span| span.used),
            least_free: each(|span| span.least_free),
        }
    };
    PoolCourses { count, shown: pools.into_iter().take(most).map(course).collect() }
}

/// Which hundredth of the pool is left, rounded up: only a dry one has none.
const fn left(pool: &PoolState) -> u64 {
    if pool.size == 0 { 0 } else { pool.free.saturating_mul(100).div_ceil(pool.size) }
}

/// Whether each word of `text` is in the pool's zone, type or tenancy.
fn has(id: PoolId<'_>, text: &str) -> bool {
    let name = id.name();
    text.split_whitespace().all(|word| name.contains(&word.to_lowercase()))
}
