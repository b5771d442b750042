//! A world over time, in as many spans as there is room for on a screen: what happened, how its pools went, what it cost.

mod costs;
mod lanes;
mod pools;

use ironbird_rig::capacity::course;
use ironbird_rig::{Ctx, Timestamp, World, events, metering};
use serde::{Deserialize, Serialize};

use super::clock::{self, ClockState};
use super::{Problem, instant, number, own_scope, written};

pub use costs::{CostCourse, Costs};
pub use lanes::{Happenings, Lane};
pub use pools::{PoolCourse, PoolCourses};

/// Spans unless asked otherwise, and the most.
const DEFAULT_SPANS: u64 = 120;
const MOST_SPANS: u64 = 500;

/// Pools shown unless asked otherwise, and the most.
const DEFAULT_POOLS: u64 = 12;
const MOST_POOLS: u64 = 1000;

/// The shortest time that is shown unless asked otherwise.
const SHORTEST: i64 = 60_000_000_000;

/// The query of `GET timeline`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimelineQuery {
    /// Begin; the first thing that is known unless given.
    pub from: Option<String>,
    /// End; now unless given.
    pub until: Option<String>,
    /// In how many spans.
    pub spans: Option<String>,
    /// Most pools to show, those with the least left first.
    pub pools: Option<String>,
    /// Only pools with this text in their zone and type.
    pub pool: Option<String>,
}

/// The answer to `GET timeline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// How the clock stands.
    pub clock: ClockState,
    /// When something happened or was used for the first time, as far as it is known; none where nothing was yet.
    pub begin: Option<String>,
    /// Begin of the first span.
    pub from: String,
    /// End of the last one.
    pub until: String,
    /// How long each is.
    pub span_seconds: f64,
    /// What happened.
    pub events: Happenings,
    /// How pools went.
    pub pools: PoolCourses,
    /// What it cost.
    pub costs: Costs,
}

/// A query that makes sense.
struct Wanted {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    spans: i64,
    pools: usize,
    pool: Option<String>,
}

impl TimelineQuery {
    fn check(&self) -> Result<Wanted, Problem> {
        let spans = number("spans", self.spans.as_deref(), 1..=MOST_SPANS)?.unwrap_or(DEFAULT_SPANS);
        let pools = number("pools", self.pools.as_deref(), 0..=MOST_POOLS)?.unwrap_or(DEFAULT_POOLS);
        Ok(Wanted {
            from: self.from.as_deref().map(|text| instant("from", text)).transpose()?,
            until: self.until.as_deref().map(|text| instant("until", text)).transpose()?,
            spans: i64::try_from(spans).unwrap_or(1),
            pools: usize::try_from(pools).unwrap_or(usize::MAX),
            pool: self.pool.clone(),
        })
    }
}

/// A world over time.
pub(super) fn show(world: &World, query: &TimelineQuery) -> Result<Timeline, Problem> {
    let wanted = query.check()?;
    let clock = clock::show(world);
    world.look(own_scope(world), |ctx| Ok(look(ctx, &wanted, clock)))?
}

fn look(ctx: &Ctx<'_>, wanted: &Wanted, clock: ClockState) -> Result<Timeline, Problem> {
    let until = wanted.until.unwrap_or_else(|| ctx.now());
    let begin = begin(ctx);
    let latest = Timestamp::from_nanos(until.nanos().saturating_sub(SHORTEST));
    let from = wanted.from.unwrap_or_else(|| begin.map_or(latest, |begin| begin.min(latest)));
    if from >= until {
        return Err(Problem::invalid(format!("the time ends at {} before it begins", written(until))));
    }
    let bounds = bounds(from, until, wanted.spans);
    Ok(Timeline {
        clock,
        begin: begin.map(written),
        from: written(from),
        until: written(until),
        span_seconds: seconds(&bounds) / wanted.spans as f64,
        events: lanes::show(ctx, &bounds),
        pools: pools::show(ctx, &bounds, wanted.pool.as_deref(), wanted.pools),
        costs: costs::show(ctx, &bounds),
    })
}

fn begin(ctx: &Ctx<'_>) -> Option<Timestamp> {
    let happened = events::after(ctx, 0).next().map(|event| event.time);
    [happened, course::begin(ctx), metering::begin(ctx)].into_iter().flatten().min()
}

/// The bounds of `spans` spans of the same length.
fn bounds(from: Timestamp, until: Timestamp, spans: i64) -> Vec<Timestamp> {
    let whole = i128::from(until.nanos()) - i128::from(from.nanos());
    let at = |span: i64| i128::from(from.nanos()) + whole * i128::from(span) / i128::from(spans);
    (0..=spans).map(|span| Timestamp::from_nanos(i64::try_from(at(span)).unwrap_or(i64::MAX))).collect()
}

/// How long the spans are together.
fn seconds(bounds: &[Timestamp]) -> f64 {
    let [first, .., last] = bounds else { return 0.0 };
    (last.nanos() - first.nanos()) as f64 / 1e9
}

/// In which of the spans an instant is.
fn span_of(bounds: &[Timestamp], at: Timestamp) -> Option<usize> {
    let is_inside = bounds.first().is_some_and(|first| *first <= at);
    let span = bounds.partition_point(|bound| *bound <= at).checked_sub(1)?;
    // The last span has its end, too: there is now.
    let last = bounds.len().checked_sub(2)?;
    let is_end = bounds.last() == Some(&at);
    (is_inside && (span <= last || is_end)).then_some(span.min(last))
}

#[cfg(test)]
mod tests {
    use super::{bounds, span_of};
    use ironbird_rig::Timestamp;

    #[test]
    fn spans_cover_the_time_without_gaps() {
        let at = Timestamp::from_nanos;
        let found = bounds(at(0), at(10), 3);
        assert_eq!(found, [at(0), at(3), at(6), at(10)]);
        let spans: Vec<Option<usize>> = (-1..=11).map(|nanos| span_of(&found, at(nanos))).collect();
        let expected =
            [None, Some(0), Some(0), Some(0), Some(1), Some(1), Some(1), Some(2), Some(2), Some(2), Some(2)];
        assert_eq!(spans[..11], expected);
        assert_eq!(spans[11..], [Some(2), None], "the last one has its end");
    }
}
