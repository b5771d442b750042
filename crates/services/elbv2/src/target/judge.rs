//! The one owner of a target's state: looks at who uses it and whether it answers, and decides what follows and when.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Key, Result, Timestamp};

use super::guest::{self, Guest};
use super::record::{Failure, Idle, Next, State, Step, Target, Targets};
use super::{changed, forget, keep, lever, path, registration};
use crate::load_balancer::record::Kind;
use crate::target_group::record::{HealthCheck, TargetGroup};
use crate::{load_balancer, target_group, uses};

/// Timer that wakes a target.
pub(super) const WAKE: &str = "elbv2.target";

/// Seconds from registration to the first check. AWS has no figure; this one is ours.
const REGISTRATION: i64 = 5;

/// What there is to a target at one moment.
enum Situation {
    /// It is not checked.
    Idle(Idle),
    /// A check made now would pass, or fail in that way.
    Checked(Option<Failure>),
    /// Its instance is gone: it is deregistered.
    Gone,
    /// Nobody knows: it stays as it is.
    Unknown,
}

/// Looks at targets.
///
/// # Errors
/// Faults of ours only.
pub(super) fn consider(ctx: &mut Ctx<'_>, keys: &[Key]) -> Result<()> {
    let targets: Vec<Target> = keys.iter().filter_map(|key| ctx.peek::<Targets>(key).cloned()).collect();
    let ids: BTreeSet<&String> = targets.iter().filter_map(|target| target.instance.as_ref()).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    let guests = guest::look(ctx, &ids)?;
    for target in targets.into_iter().filter(|target| target.state != State::Draining) {
        let Some(group) = target_group::named(ctx, &target.group).cloned() else { continue };
        match situation(ctx, &group, &target, &guests) {
            Situation::Idle(idle) => rest(ctx, target, State::Unused(idle))?,
            Situation::Checked(outcome) => checked(ctx, &group, target, outcome)?,
            Situation::Gone => {
                lever::forget(ctx, &target.id)?;
                registration::drain(ctx, &group, target)?;
            }
            Situation::Unknown => {}
        }
    }
    Ok(())
}

fn situation(
    ctx: &Ctx<'_>,
    group: &TargetGroup,
    target: &Target,
    guests: &BTreeMap<String, Guest>,
) -> Situation {
    let guest = match &target.instance {
        Some(instance) => match guests.get(instance) {
            Some(guest) => *guest,
            None => return Situation::Unknown,
        },
        None if target.deserted => Guest::Silent,
        // Who answers at an address outside of the VPC is not part of this world.
        None => Guest::Answers,
    };
    let by_id = !group.by_ip;
    match guest {
        Guest::Gone if by_id => return Situation::Gone,
        Guest::Stopped if by_id => return Situation::Idle(Idle::Stopped),
        _ => {}
    }
    if target.state == State::Unused(Idle::Unusable) {
        return Situation::Idle(Idle::Unusable);
    }
    let users = uses::load_balancers(ctx, &group.name);
    let mut users = users.iter().filter_map(|name| load_balancer::named(ctx, name));
    let Some(user) = users.find(|user| user.is_active(ctx)) else {
        return Situation::Idle(Idle::NotInUse);
    };
    if target.home.as_ref().is_some_and(|home| user.zones.iter().all(|zone| zone.name != *home)) {
        return Situation::Idle(Idle::ZoneOff);
    }
    Situation::Checked(match guest {
        Guest::Answers if !path::is_open(ctx, user, target, group.check.port_of(target.port)) => {
            Some(Failure::Timeout)
        }
        Guest::Answers => {
            lever::of(ctx, &target.id, &group.name).filter(|failure| group.check.fails(*failure))
        }
        Guest::Silent | Guest::Stopped | Guest::Gone => Some(Failure::Timeout),
    })
}

/// Lets a target be in a state in which nothing is awaited.
fn rest(ctx: &mut Ctx<'_>, mut target: Target, state: State) -> Result<()> {
    if target.state == state && target.next.is_none() {
        return Ok(());
    }
    let turned = target.state != state;
    if let Some(timer) = target.timer() {
        ctx.cancel(timer)?;
    }
    target.next = None;
    target.state = state;
    keep(ctx, target.clone())?;
    if turned { changed(ctx, &target) } else { Ok(()) }
}

/// A target is checked, with that outcome from now on.
fn checked(
    ctx: &mut Ctx<'_>,
    group: &TargetGroup,
    mut target: Target,
    outcome: Option<Failure>,
) -> Result<()> {
    if matches!(target.state, State::Unused(_)) {
        target.state = State::Initial;
        target.first_check = after(ctx.now(), REGISTRATION);
        changed(ctx, &target)?;
    }
    let step = match (target.state, outcome) {
        (State::Healthy, None) => return rest(ctx, target, State::Healthy),
        // It fails still, in whatever way.
        (State::Unhealthy(_), Some(failure)) => return rest(ctx, target, State::Unhealthy(failure)),
        (_, None) => Step::Heal,
        (_, Some(failure)) => Step::Fail(failure),
    };
    if let Some(next) = target.next {
        // Checks in a row go on as they were counted.
        let goes_on = matches!((next.step, step), (Step::Heal, Step::Heal) | (Step::Fail(_), Step::Fail(_)));
        if goes_on {
            target.next = Some(Next { step, ..next });
            return keep(ctx, target);
        }
        ctx.cancel(next.timer)?;
        target.next = None;
    }
    if ctx.settings().transitions == Transitions::Instant {
        return arrive(ctx, target, step);
    }
    let due = decided(ctx.now(), group, &target, step);
    let timer = ctx.wake_at(due, WAKE, &resource(&target))?;
    target.next = Some(Next { step, timer });
    keep(ctx, target)
}

/// When the check is over that decides a step.
fn decided(now: Timestamp, group: &TargetGroup, target: &Target, step: Step) -> Timestamp {
    let HealthCheck { interval, timeout, healthy, unhealthy, .. } = group.check;
    let checks = match step {
        // A new target of an Application Load Balancer has to pass one check: "Health checks", user guide.
        Step::Heal if target.state == State::Initial && group.kind() == Kind::Application => 1,
        Step::Heal => healthy,
        _ => unhealthy,
    };
    let waits = if step == Step::Fail(Failure::Timeout) { timeout } else { 0 };
    let first = next_check(now, target.first_check, i64::from(interval));
    after(first, i64::from(checks.max(1) - 1) * i64::from(interval) + i64::from(waits))
}

/// When the next check begins, of those that are made every so many seconds from the first on.
fn next_check(now: Timestamp, first: Timestamp, interval: i64) -> Timestamp {
    let interval = interval.max(1);
    let passed = now.nanos().saturating_sub(first.nanos());
    if passed <= 0 {
        return first;
    }
    let whole = (passed + interval * NANOS - 1) / (interval * NANOS);
    after(first, whole * interval)
}

const NANOS: i64 = 1_000_000_000;

/// So many seconds later.
pub(super) const fn after(instant: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_nanos(instant.nanos().saturating_add(seconds.saturating_mul(NANOS)))
}

/// How a target's timer names it.
pub(super) fn resource(target: &Target) -> String {
    format!("{} {} {}", target.group, target.id, target.port)
}

/// The timer's handler: what was to follow does.
///
/// # Errors
/// Faults of ours only.
pub(super) fn wake(ctx: &mut Ctx<'_>, resource: &str) -> Result<()> {
    let mut parts = resource.splitn(3, ' ');
    let (Some(group), Some(id), Some(port)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(());
    };
    let key = super::record::key(ctx, group, id, port.parse().unwrap_or(0));
    let Some(target) = ctx.peek::<Targets>(&key).cloned() else { return Ok(()) };
    match target.next {
        Some(next) if next.timer.due <= ctx.now().nanos() => arrive(ctx, target, next.step),
        _ => Ok(()),
    }
}

fn arrive(ctx: &mut Ctx<'_>, mut target: Target, step: Step) -> Result<()> {
    target.next = None;
    target.state = match step {
        Step::Heal => State::Healthy,
        Step::Fail(failure) => State::Unhealthy(failure),
        Step::Leave => {
            forget(ctx, &target)?;
            return changed(ctx, &target);
        }
    };
    keep(ctx, target.clone())?;
    changed(ctx, &target)
}

#[cfg(test)]
mod tests {
    use ironbird_rig::Timestamp;

    use super::next_check;

    #[test]
    fn checks_are_made_at_intervals_from_the_first() {
        let at = Timestamp::from_secs;
        assert_eq!(next_check(at(0), at(5), 30), at(5));
        assert_eq!(next_check(at(5), at(5), 30), at(5));
        assert_eq!(next_check(at(6), at(5), 30), at(35));
        assert_eq!(next_check(at(95), at(5), 30), at(95));
        assert_eq!(next_check(Timestamp::from_nanos(95_000_000_001), at(5), 30), at(125));
    }
}
