//! How pools went: what there was and what was in use, step by step, for people who look at a world. Kept where its
//! [`events`] are kept, and nowhere else: a rehearsal pays nothing for it.
//!
//! Changes within a second are one step. A pool has at most [`MOST`] steps: once they are reached, the older half becomes
//! coarser, so that memory is bounded, the whole life of the pool stays in view, and what is new is exact.

use ironbird_wire::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Pool, PoolId};
use crate::context::Ctx;
use crate::error::Result;
use crate::events;
use crate::store::{Key, Table};

/// Most steps of a pool.
pub const MOST: u64 = 512;

/// A pool after something has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// When it began to be so.
    at: Timestamp,
    /// How it was left.
    pool: Pool,
    /// The fewest free slots that there were meanwhile.
    least_free: u64,
}

/// The steps: (pool, number from 0) → [`Step`].
pub(crate) struct Steps;

impl Table for Steps {
    const NAME: &'static str = "rig.pool-steps";
    type Record = Step;
}

/// How many steps a pool has: (pool) → number.
pub(crate) struct Counts;

impl Table for Counts {
    const NAME: &'static str = "rig.pool-step-counts";
    type Record = u64;
}

/// A pool over a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Slots at its end.
    pub size: u64,
    /// Those taken at its end.
    pub used: u64,
    /// The fewest that were free in it.
    pub least_free: u64,
}

/// Notes that a pool is now so.
pub(super) fn note(ctx: &mut Ctx<'_>, id: PoolId<'_>, pool: &Pool) -> Result<()> {
    if !events::are_wanted(ctx) {
        return Ok(());
    }
    let (key, now) = (id.key(), ctx.now());
    let mut count = ctx.peek::<Counts>(&key).copied().unwrap_or(0);
    if let Some(newest) = count.checked_sub(1).map(|number| key.clone().number(number)) {
        let is_now = |step: &Step| step.at.secs() == now.secs();
        if let Some(step) = ctx.get::<Steps>(&newest).filter(|step| is_now(step)) {
            let least_free = step.least_free.min(pool.free());
            return ctx.put::<Steps>(newest, Step { at: step.at, pool: pool.clone(), least_free });
        }
    }
    if count >= MOST {
        count = thin(ctx, &key)?;
    }
    let step = Step { at: now, pool: pool.clone(), least_free: pool.free() };
    ctx.put::<Steps>(key.clone().number(count), step)?;
    ctx.put::<Counts>(key, count + 1)
}

/// Makes the older half of the steps coarser: of those within a 128th of the time that they cover, one is left. How many
/// there are then.
fn thin(ctx: &mut Ctx<'_>, pool: &Key) -> Result<u64> {
    let steps: Vec<(Key, Step)> =
        ctx.scan::<Steps>(pool).map(|(key, step)| (key.clone(), step.clone())).collect();
    let (older, newer) = steps.split_at(steps.len() / 2);
    let [(_, first), .., (_, last)] = older else { return Ok(steps.len() as u64) };
    let (first, part) = (first.at.nanos(), (last.at.nanos() - first.at.nanos()) / (MOST as i64 / 4) + 1);
    let joined = older
        .chunk_by(|(_, one), (_, next)| (one.at.nanos() - first) / part == (next.at.nanos() - first) / part);
    let joined = joined.filter_map(|steps| {
        let least_free = steps.iter().map(|(_, step)| step.least_free).min()?;
        Some(Step { at: steps.first()?.1.at, pool: steps.last()?.1.pool.clone(), least_free })
    });
    let kept: Vec<Step> = joined.chain(newer.iter().map(|(_, step)| step.clone())).collect();
    let count = kept.len();
    for (step, (key, _)) in kept.into_iter().zip(&steps) {
        ctx.put::<Steps>(key.clone(), step)?;
    }
    for (key, _) in &steps[count..] {
        ctx.delete::<Steps>(key)?;
    }
    Ok(count as u64)
}

/// When the first step of any pool was.
pub fn begin(ctx: &Ctx<'_>) -> Option<Timestamp> {
    let firsts = ctx.scan::<Counts>(&Key::new()).map(|(pool, _)| pool.clone().number(0));
    firsts.filter_map(|first| ctx.peek::<Steps>(&first)).map(|step| step.at).min()
}

/// How a pool went over the spans between two successive `bounds`, which are in their order. None for spans that ended
/// before anything is known of it.
pub fn spans(ctx: &Ctx<'_>, id: PoolId<'_>, bounds: &[Timestamp]) -> Vec<Option<Span>> {
    let mut steps = ctx.scan::<Steps>(&id.key()).map(|(_, step)| step).peekable();
    let mut last: Option<&Step> = None;
    let over = |span: &[Timestamp]| {
        let mut least_free = last.map_or(u64::MAX, |step| step.pool.clone().grown(span[0]).free());
        while let Some(step) = steps.next_if(|step| step.at < span[1]) {
            // What came before the first span counts as it was left.
            least_free = if step.at < span[0] { step.pool.free() } else { least_free.min(step.least_free) };
            last = Some(step);
        }
        let pool = last?.pool.clone().grown(span[1]);
        Some(Span { size: pool.size, used: pool.used, least_free: least_free.min(pool.free()) })
    };
    bounds.windows(2).map(over).collect()
}
