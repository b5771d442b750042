//! How a refresh replaces instances: as many at once as its preferences allow, with pauses at checkpoints.

use std::collections::BTreeSet;

use ironbird_rig::{Ctx, Result, Timestamp};

use super::preferences::{Aside, Preferences};
use super::{Refresh, Rollback, Status, current, save};
use crate::activity::cause;
use crate::clock::{after, seconds_between};
use crate::group::record::{self, Group, Launch};
use crate::launch::choice::{Choice, Source};
use crate::member::{self, Health, Member, State};
use crate::policy;
use crate::reconcile::{self, Replacing};
use crate::shrink::{self, Victim};

/// A refresh that replaces nothing for so long has failed (user guide: instances have an hour to become healthy).
const STUCK_SECONDS: i64 = 3600;

/// Seconds until a refresh looks again at instances that it waits for.
const LOOK_SECONDS: i64 = 15;

/// The instances that a refresh replaces.
///
/// # Errors
/// Faults of ours only.
pub(super) fn to_replace(
    ctx: &mut Ctx<'_>,
    group: &Group,
    preferences: &Preferences,
) -> Result<BTreeSet<String>> {
    let matching = if preferences.skip_matching { Some(Matching::of(ctx, group)?) } else { None };
    let wanted = |member: &&Member| {
        let aside = match member.state {
            State::Standby => preferences.standby == Aside::Ignore,
            _ => member.protected && preferences.protected == Aside::Ignore,
        };
        let is_there = member.counts() || member.state == State::Standby;
        is_there && !member.warm && !aside && matching.as_ref().is_none_or(|matching| !matching.has(member))
    };
    Ok(member::of(ctx, &group.name).filter(wanted).map(|member| member.id.clone()).collect())
}

/// What the group would launch now, to see whether an instance is such.
struct Matching {
    offers: Vec<(String, Launch)>,
}

impl Matching {
    fn of(ctx: &mut Ctx<'_>, group: &Group) -> Result<Self> {
        let choice = Choice::of(ctx, group)?;
        let offers = choice.offers.into_iter().map(|offer| {
            let from = match &offer.source {
                Source::Template(template) => Launch::Template(template.named.clone()),
                Source::Configuration(configuration) => Launch::Configuration(configuration.name.clone()),
            };
            (offer.instance_type, from)
        });
        Ok(Self { offers: offers.collect() })
    }

    fn has(&self, member: &Member) -> bool {
        let from = member.from.as_deref();
        self.offers.iter().any(|(name, launch)| **name == *member.instance_type && from == Some(launch))
    }
}

/// Takes a group's refresh further, if it has one; when to look at it again.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn step(ctx: &mut Ctx<'_>, group: &Group) -> Result<Option<Timestamp>> {
    let Some(mut refresh) = current(ctx, &group.name) else { return Ok(None) };
    if refresh.status == Status::Cancelling {
        return end(ctx, refresh, Status::Cancelled);
    }
    if !group.runs("InstanceRefresh") {
        return Ok(None);
    }
    let now = ctx.now();
    let preferences = refresh.preferences()?;
    if refresh.status == Status::Pending {
        refresh.status = Status::InProgress;
        refresh.start = now;
        refresh.moved = now;
    }
    note_replaced(ctx, &mut refresh);
    if let Some(alarm) = alarm_that_went_off(ctx, &refresh, &preferences)? {
        let reason = format!("CloudWatch alarm {alarm} is in the ALARM state.");
        return fail(ctx, group, refresh, &preferences, reason);
    }
    let waits = reach_checkpoint(&mut refresh, &preferences, now);
    if waits.is_some() {
        save(ctx, refresh)?;
        return Ok(waits);
    }
    if refresh.left.is_empty() {
        return finish(ctx, group, refresh, &preferences);
    }
    if seconds_between(refresh.moved, now) > STUCK_SECONDS {
        let reason = "No instance was replaced for an hour.".to_owned();
        return fail(ctx, group, refresh, &preferences, reason);
    }
    let victims = next_victims(ctx, group, &refresh, &preferences);
    refresh.reason = match victims.first() {
        Some(_) => None,
        None => Some("Waiting for instances to warm up, or to lose their protection or standby.".to_owned()),
    };
    save(ctx, refresh)?;
    replace(ctx, group, &preferences, victims)?;
    Ok(Some(after(now, LOOK_SECONDS)))
}

/// Strikes off what is gone.
fn note_replaced(ctx: &Ctx<'_>, refresh: &mut Refresh) {
    let before = refresh.left.len();
    refresh.left.retain(|id| member::find(ctx, id).is_some_and(|member| !member.state.is_leaving()));
    if refresh.left.len() < before {
        refresh.moved = ctx.now();
    }
}

/// When the checkpoint that has been reached is over; none where there is none.
fn reach_checkpoint(refresh: &mut Refresh, preferences: &Preferences, now: Timestamp) -> Option<Timestamp> {
    if refresh.rollback.is_some() {
        return None;
    }
    let next = preferences.checkpoints.get(refresh.checkpoints);
    if next.is_some_and(|percent| refresh.percent() >= *percent) {
        refresh.checkpoints += 1;
        refresh.paused_until = Some(after(now, preferences.checkpoint_delay));
    }
    let until = refresh.paused_until.filter(|until| *until > now)?;
    refresh.moved = now;
    refresh.reason = Some(format!("Waiting for the checkpoint at {} percent.", refresh.percent()));
    Some(until)
}

/// The instances to replace now: those that are not well first, and never more than the healthy ones that may be missing.
fn next_victims(ctx: &Ctx<'_>, group: &Group, refresh: &Refresh, preferences: &Preferences) -> Vec<Member> {
    let now = ctx.now();
    let is_ready = |member: &Member| {
        let warm = member.in_service.is_none_or(|since| seconds_between(since, now) >= preferences.warmup);
        member.state == State::InService && member.health == Health::Good && warm
    };
    let members: Vec<&Member> = member::of(ctx, &group.name).filter(|member| !member.warm).collect();
    // Old instances serve while they are there, however short that is.
    let serves = |member: &&&Member| refresh.left.contains(&member.id) && member.state == State::InService;
    let healthy = members.iter().filter(|member| is_ready(member) || serves(member)).count() as i64;
    let desired = i64::from(group.size.desired);
    let floor = (desired * preferences.min_healthy + 99) / 100;
    let mut may_go = healthy - floor;
    if preferences.max_healthy > 100 {
        let ceiling = desired * preferences.max_healthy / 100;
        let risky = members.iter().filter(|member| member.at_risk && member.counts()).count() as i64;
        may_go = (ceiling - desired).max(1) - risky;
    }
    // With everything in its place, one at a time is replaced even where none may be missing (user guide).
    if may_go <= 0 && healthy >= desired && preferences.max_healthy == 100 {
        may_go = 1;
    }
    let allowed = |member: &&&Member| {
        let aside = match member.state {
            State::Standby => preferences.standby,
            _ if member.protected => preferences.protected,
            _ => Aside::Replace,
        };
        refresh.left.contains(&member.id) && aside == Aside::Replace && !member.at_risk
    };
    let mut candidates: Vec<&Member> = members.iter().filter(allowed).copied().collect();
    candidates.sort_by_key(|member| (member.health == Health::Good, member.launched, member.id.clone()));
    let count = usize::try_from(may_go).unwrap_or(0);
    candidates.into_iter().take(count).cloned().collect()
}

/// Replaces instances: terminated first, or launched first where the group may be larger meanwhile.
fn replace(ctx: &mut Ctx<'_>, group: &Group, preferences: &Preferences, victims: Vec<Member>) -> Result<()> {
    if victims.is_empty() {
        return Ok(());
    }
    reconcile::note_replacing(ctx, &group.name, Replacing::Refresh)?;
    if preferences.max_healthy > 100 {
        for mut member in victims {
            member.at_risk = true;
            member::save(ctx, member)?;
        }
        return reconcile::again(ctx, &group.name);
    }
    let victims = victims.into_iter().map(|member| Victim { cause: cause::refresh(ctx).into(), member });
    let victims: Vec<Victim> = victims.collect();
    shrink::terminate(ctx, group, victims)?;
    reconcile::again(ctx, &group.name)
}

/// All instances are replaced: once the last ones are in service and warm, and the bake time is over, it is done.
fn finish(
    ctx: &mut Ctx<'_>,
    group: &Group,
    mut refresh: Refresh,
    preferences: &Preferences,
) -> Result<Option<Timestamp>> {
    let now = ctx.now();
    let is_new =
        |since: Timestamp| since >= refresh.start && seconds_between(since, now) < preferences.warmup;
    let cold = member::of(ctx, &group.name)
        .any(|member| !member.warm && (member.state.is_coming() || member.in_service.is_some_and(is_new)));
    if cold && seconds_between(refresh.moved, now) <= STUCK_SECONDS {
        save(ctx, refresh)?;
        return Ok(Some(after(now, LOOK_SECONDS)));
    }
    if refresh.rollback.is_some() {
        return end(ctx, refresh, Status::RollbackSuccessful);
    }
    if preferences.bake > 0 && refresh.status != Status::Baking {
        refresh.status = Status::Baking;
        refresh.paused_until = Some(after(now, preferences.bake));
        let until = refresh.paused_until;
        save(ctx, refresh)?;
        return Ok(until);
    }
    if let Some(until) = refresh.paused_until.filter(|until| *until > now) {
        save(ctx, refresh)?;
        return Ok(Some(until));
    }
    end(ctx, refresh, Status::Successful)
}

fn end(ctx: &mut Ctx<'_>, mut refresh: Refresh, status: Status) -> Result<Option<Timestamp>> {
    refresh.status = status;
    refresh.end = Some(ctx.now());
    if status != Status::Failed && status != Status::RollbackFailed && status != Status::Cancelled {
        refresh.reason = None;
    }
    save(ctx, refresh)?;
    Ok(None)
}

/// The first of the refresh's alarms that is in ALARM; going back, nobody asks them.
fn alarm_that_went_off(
    ctx: &mut Ctx<'_>,
    refresh: &Refresh,
    preferences: &Preferences,
) -> Result<Option<String>> {
    if refresh.rollback.is_some() {
        return Ok(None);
    }
    for name in &preferences.alarms {
        let alarm = policy::execute::look(ctx, name)?;
        if alarm.is_some_and(|alarm| alarm.state_value.as_deref() == Some("ALARM")) {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// The refresh has failed: it goes back if it was told to.
fn fail(
    ctx: &mut Ctx<'_>,
    group: &Group,
    mut refresh: Refresh,
    preferences: &Preferences,
    reason: String,
) -> Result<Option<Timestamp>> {
    if refresh.rollback.is_some() {
        refresh.reason = Some(reason);
        return end(ctx, refresh, Status::RollbackFailed);
    }
    if preferences.auto_rollback {
        turn_back(ctx, group.clone(), refresh, reason)?;
        return Ok(Some(after(ctx.now(), 1)));
    }
    restore(ctx, group.clone(), &refresh)?;
    refresh.reason = Some(reason);
    end(ctx, refresh, Status::Failed)
}

/// Lets the group launch again from what it launched from before the refresh: only a refresh that succeeds changes that.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn restore(ctx: &mut Ctx<'_>, mut group: Group, refresh: &Refresh) -> Result<()> {
    if refresh.desired.is_none() || group.launch == refresh.before {
        return Ok(());
    }
    group.launch = refresh.before.clone();
    record::save(ctx, group)
}

/// Turns a refresh around: what has been replaced is replaced once more, from what was before.
///
/// # Errors
/// Faults of ours only.
pub(super) fn turn_back(
    ctx: &mut Ctx<'_>,
    mut group: Group,
    mut refresh: Refresh,
    reason: String,
) -> Result<()> {
    let percent = refresh.percent();
    refresh.rollback = Some(Rollback { reason, start: ctx.now(), percent, left: refresh.left.len() });
    group.launch = refresh.before.clone();
    record::save(ctx, group.clone())?;
    let matching = Matching::of(ctx, &group)?;
    let others = member::of(ctx, &group.name).filter(|member| !member.warm && member.counts());
    refresh.left = others.filter(|member| !matching.has(member)).map(|member| member.id.clone()).collect();
    refresh.total = refresh.left.len();
    refresh.status = Status::RollbackInProgress;
    refresh.paused_until = None;
    refresh.moved = ctx.now();
    save(ctx, refresh)
}
