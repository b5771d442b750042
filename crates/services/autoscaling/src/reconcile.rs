//! The one owner of what a group does: compares desired and actual capacity, decides, and acts.
//!
//! Everything else only changes what is desired or what is known of instances, and then calls [`soon`] or [`wake_by`].
//! A run costs a scan of the group's own instances and as many calls to EC2 as there are (zone, type) pairs to launch.

use ironbird_rig::timer::TimerId;
use ironbird_rig::{Ctx, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::activity::cause;
use crate::clock::{after, instant};
use crate::group::record::{self, Group};
use crate::launch::choice::Market;
use crate::tally::Tally;
use crate::{group, grow, refresh, risk, shrink, warm_pool};

/// Timer that looks after a group.
pub(crate) const WAKE: &str = "autoscaling.group";

/// Seconds from a request to the launches it leads to. AWS's published examples show 2 to 16 seconds.
const RESPONSE_SECONDS: i64 = 5;

/// Seconds to the next try in a zone that had no capacity, doubled every time up to the second figure. AWS documents
/// no more than that it tries again; the figures are ours.
const FIRST_RETRY_SECONDS: i64 = 15;
const LAST_RETRY_SECONDS: i64 = 300;

/// Bytes of the reasons for one launch or termination. An activity's cause has 1,023 characters at most (API reference,
/// Activity); what is done adds less than the rest of them.
const LONGEST_CAUSE: usize = 700;

/// Where the work on groups stands: (account, Region, name).
pub(crate) struct Works;

impl Table for Works {
    const NAME: &'static str = "autoscaling.works";
    type Record = Work;
}

/// Where the work on a group stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The timer that is set.
    wake: Option<TimerId>,
    /// Why the desired capacity last changed, until something has been done about it.
    pub(crate) cause: Option<String>,
    /// Why instances were terminated that are to be replaced, until they all are.
    #[serde(default)]
    pub(crate) replacing: Option<Replacing>,
    /// Zones that could not serve.
    blocks: Vec<Block>,
}

/// Why instances are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replacing {
    /// They are not well.
    Unhealthy,
    /// An instance refresh.
    Refresh,
}

/// A zone that could not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Block {
    zone: String,
    spot: bool,
    attempts: u32,
    until: Timestamp,
}

impl Work {
    /// Whether launches in the zone have to wait.
    pub(crate) fn is_blocked(&self, zone: &str, market: Market, now: Timestamp) -> bool {
        let spot = market == Market::Spot;
        self.blocks.iter().any(|block| block.zone == zone && block.spot == spot && block.until > now)
    }

    /// Notes that the zone could not serve.
    pub(crate) fn block(&mut self, zone: &str, market: Market, now: Timestamp) {
        let spot = market == Market::Spot;
        let found = self.blocks.iter().position(|block| block.zone == zone && block.spot == spot);
        let at = found.unwrap_or_else(|| {
            self.blocks.push(Block { zone: zone.to_owned(), spot, attempts: 0, until: now });
            self.blocks.len() - 1
        });
        let block = &mut self.blocks[at];
        let seconds = FIRST_RETRY_SECONDS << block.attempts.min(10);
        block.attempts += 1;
        block.until = after(now, seconds.min(LAST_RETRY_SECONDS));
    }

    /// Notes that the zone could serve.
    pub(crate) fn unblock(&mut self, zone: &str, market: Market) {
        let spot = market == Market::Spot;
        self.blocks.retain(|block| block.zone != zone || block.spot != spot);
    }

    /// Forgets what could not serve, because something else is asked for now.
    pub(crate) fn forget_blocks(&mut self) {
        self.blocks.clear();
    }

    /// When the next blocked zone may be tried; blocks that have passed are dropped where nothing is missing.
    fn next_try(&mut self, now: Timestamp, satisfied: bool) -> Option<Timestamp> {
        if satisfied {
            self.blocks.retain(|block| block.until > now);
        }
        self.blocks.iter().map(|block| block.until.max(after(now, 1))).min()
    }
}

/// Where the work on the group stands.
pub(crate) fn work(ctx: &Ctx<'_>, group: &str) -> Work {
    ctx.peek::<Works>(&ctx.scope().key(group)).cloned().unwrap_or_default()
}

fn keep(ctx: &mut Ctx<'_>, group: &str, work: Work) -> Result<()> {
    let key = ctx.scope().key(group);
    ctx.put::<Works>(key, work)
}

/// Looks after the group after a request: at once where transitions are instant, else as soon as AWS would.
///
/// # Errors
/// Faults of ours only; what EC2 refuses is told in activities.
pub(crate) fn soon(ctx: &mut Ctx<'_>, group: &str, why: Option<String>) -> Result<()> {
    if let Some(why) = why {
        let mut work = work(ctx, group);
        let joined = cause::join(work.cause.as_deref(), why.clone());
        work.cause = Some(if joined.len() > LONGEST_CAUSE { why } else { joined });
        keep(ctx, group, work)?;
    }
    if instant(ctx) {
        return run(ctx, group);
    }
    wake_by(ctx, group, after(ctx.now(), RESPONSE_SECONDS))
}

/// Notes why instances are terminated that are to be replaced.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn note_replacing(ctx: &mut Ctx<'_>, group: &str, why: Replacing) -> Result<()> {
    let mut work = work(ctx, group);
    work.replacing = Some(why);
    keep(ctx, group, work)
}

/// Sees to it that the group is looked after at `due` or before.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn wake_by(ctx: &mut Ctx<'_>, group: &str, due: Timestamp) -> Result<()> {
    let mut work = work(ctx, group);
    if work.wake.is_some_and(|timer| timer.due <= due.nanos()) {
        return Ok(());
    }
    if let Some(timer) = work.wake {
        ctx.cancel(timer)?;
    }
    work.wake = Some(ctx.wake_at(due, WAKE, group)?);
    keep(ctx, group, work)
}

/// Looks after the group once more in a little while.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn again(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    wake_by(ctx, group, after(ctx.now(), RESPONSE_SECONDS))
}

/// Forgets which zones could not serve.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn try_all_zones(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let mut work = work(ctx, group);
    work.forget_blocks();
    keep(ctx, group, work)
}

/// The timer's handler.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn wake(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let mut work = work(ctx, group);
    work.wake = None;
    keep(ctx, group, work)?;
    run(ctx, group)
}

/// Compares and acts.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn run(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let Some(mut group) = record::find(ctx, name) else { return Ok(()) };
    if group.deleting {
        return group::delete::proceed(ctx, &group);
    }
    let healed_by = shrink::replace_unhealthy(ctx, &group)?;
    let mut work = work(ctx, name);
    let why = work.cause.take();
    let tally = Tally::of(ctx, &group);
    let desired = u64::try_from(group.size.desired).unwrap_or(0);
    // What was launched to balance zones is beyond the goal until it is in service.
    let settled = tally.total.saturating_sub(tally.balancing);
    let mut changed = false;
    if settled > desired && group.runs("Terminate") {
        changed |= shrink::scale_in(ctx, &group, &tally, settled - desired, why.as_deref())?;
    }
    if settled < desired && group.runs("Launch") {
        changed |= grow::scale_out(ctx, &group, &mut work, &tally, desired - settled, why.as_deref())?;
    }
    // A group that is being replaced is balanced once that is done.
    let even = settled == desired && (tally.at_risk > 0 || grow::balance(ctx, &group, &mut work, &tally)?);
    // What was at risk may just have gone.
    let tally = Tally::of(ctx, &group);
    grow::replace_risky(ctx, &group, &mut work, &tally)?;
    if Tally::of(ctx, &group).is_complete(desired) {
        work.replacing = None;
    }
    let aged = risk::replace_aged(ctx, &group)?;
    let cold = warm_pool::keep(ctx, &group)?;
    if cold > 0 && group.runs("Launch") {
        grow::warm_up(ctx, &group, &mut work, cold)?;
    }
    if changed {
        group.last_scaled = Some(ctx.now());
        record::save(ctx, group.clone())?;
    }
    let next = finish(ctx, &group, work, even, healed_by.into_iter().chain(aged).min());
    // What a refresh terminates is missing at the next run.
    let Some(group) = record::find(ctx, name) else { return next };
    match next.and_then(|()| refresh::progress::step(ctx, &group))? {
        Some(due) => wake_by(ctx, name, due),
        None => Ok(()),
    }
}

fn finish(
    ctx: &mut Ctx<'_>,
    group: &Group,
    mut work: Work,
    even: bool,
    healed_by: Option<Timestamp>,
) -> Result<()> {
    // Instances that come and go while this runs may have set a timer of their own.
    work.wake = self::work(ctx, &group.name).wake;
    let next = work.next_try(ctx.now(), even).into_iter().chain(healed_by).min();
    keep(ctx, &group.name, work)?;
    match next {
        Some(due) => wake_by(ctx, &group.name, due),
        None => Ok(()),
    }
}

/// Forgets the work on a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    if let Some(timer) = work(ctx, group).wake {
        ctx.cancel(timer)?;
    }
    ctx.delete::<Works>(&ctx.scope().key(group))?;
    Ok(())
}

/// Notes a new goal for the group and looks after it. Returns without a trace where the goal is the old one.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn aim(ctx: &mut Ctx<'_>, mut group: Group, desired: i32, why: String) -> Result<()> {
    let changed = group.size.desired != desired;
    group.size.desired = desired;
    let name = group.name.clone();
    record::save(ctx, group)?;
    soon(ctx, &name, changed.then_some(why))
}

/// Says in an activity's cause why, where a request was the reason.
pub(crate) fn because(why: Option<&str>, what: String) -> String {
    cause::join(why, what)
}

#[cfg(test)]
mod tests {
    use ironbird_rig::Timestamp;

    use super::Work;
    use crate::launch::choice::Market;

    #[test]
    fn tries_come_further_and_further_apart() {
        let mut work = Work::default();
        let mut now = Timestamp::EPOCH;
        let mut waits = Vec::new();
        for _ in 0..7 {
            work.block("a", Market::OnDemand, now);
            assert!(work.is_blocked("a", Market::OnDemand, now));
            assert!(!work.is_blocked("a", Market::Spot, now));
            let next = work.next_try(now, false).unwrap();
            waits.push(next.secs() - now.secs());
            now = next;
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
        assert!(!work.is_blocked("a", Market::OnDemand, now));
        work.unblock("a", Market::OnDemand);
        assert_eq!(work.next_try(now, false), None);
    }
}
