//! What becomes of a host by itself: the scrub of a Mac, a failure and the recovery from it.
//!
//! AWS gives no times but for the scrub. Ours: an assessment of 2 to 5 minutes, and a replacement that is ready after
//! 1 to 3; a scrub takes from half of its longest time to all of it. With instant transitions all of this happens at
//! once. Source of the order: "Host recovery" in the EC2 user guide.

use ironbird_rig::catalogue::{hosts, instance_types};
use ironbird_rig::{Ctx, Result, Timestamp, metering};
use serde_json::{Value, json};

use super::{Host, Hosts, Seat, State, allocate, group, sharing};
use crate::instance::record::{Instances, Place, Slot};
use crate::instance::{Failure, after, launch_of};
use crate::spot::request::seconds_from;
use crate::{error, resource, tag};

/// The timer handler's name.
pub(super) const TIMER: &str = "ec2.host";

/// What is emitted, with the host's id, when its state changes.
const CHANGED: &str = "ec2.host-state";

/// What is emitted, with the host's id, when it is the account's no more.
const RELEASED: &str = "ec2.dedicated-host-released";

/// Seconds for which a released host is shown.
const SHOWN: i64 = 3600;

/// Puts a host into a state, and charges for it while it is available.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn enter(ctx: &mut Ctx<'_>, id: &str, state: State, due: Option<Timestamp>) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(host) = ctx.get::<Hosts>(&key) else { return Ok(()) };
    let now = ctx.now();
    let due = if state.is_released() { Some(seconds_from(now, SHOWN)) } else { due };
    ctx.update::<Hosts, _>(&key, |host| {
        host.state = state;
        host.due = due;
        if state.is_released() {
            host.released = Some(now);
        }
    })?;
    match (host.state == State::Available, state == State::Available) {
        (true, false) => metering::close(ctx, id, None)?,
        (false, true) => allocate::charge(ctx, &host)?,
        _ => {}
    }
    if state.is_released() && !host.state.is_released() {
        allocate::give_back(ctx, &host)?;
        ctx.emit(RELEASED, id)?;
    }
    if let Some(due) = due {
        ctx.wake_at(due, TIMER, id)?;
    }
    ctx.emit(CHANGED, id)
}

/// An instance has left a host: a Mac is scrubbed before another can come.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn on_leave(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(host) = ctx.get::<Hosts>(&ctx.scope().key(id)) else { return Ok(()) };
    if host.state != State::Available || !host.kind()?.is_mac() {
        return Ok(());
    }
    let rules = hosts::mac_rules();
    let longest = match host.family.as_str() {
        "mac1" => rules.x86_scrub_max_minutes,
        _ => rules.apple_silicon_scrub_max_minutes,
    };
    let longest = u64::from(longest) * 60;
    let due = after(ctx, "mac-scrub", id, (longest / 2, longest));
    if due <= ctx.now() {
        return Ok(());
    }
    enter(ctx, id, State::Pending, Some(due))
}

/// Lets a host fail. One that is not available, or not there, stays as it is: then false.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn fail(ctx: &mut Ctx<'_>, id: &str) -> Result<bool> {
    let Some(host) = ctx.get::<Hosts>(&ctx.scope().key(id)) else { return Ok(false) };
    if host.state != State::Available {
        return Ok(false);
    }
    let due = after(ctx, "host-assessment", id, (120, 300));
    enter(ctx, id, State::UnderAssessment, Some(due))?;
    for (instance, seat) in &host.seats {
        ctx.within(seat.scope(ctx), |ctx| crate::instance::fail(ctx, instance, Failure::Impaired))?;
    }
    Ok(true)
}

/// The lever `ec2.fail-host`: `{"host": "h-…"}`.
///
/// # Errors
/// For a host that is not there or not available.
pub(super) fn pull_fail(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = given.get("host").and_then(Value::as_str);
    let id = id.ok_or_else(|| error::missing("give the host: {\"host\": \"h-…\"}"))?;
    let before = resource::find::<Hosts>(ctx, id)?.state;
    if !fail(ctx, id)? {
        let message = format!("host {id} is in state {}; only an available host can fail", before.name());
        return Err(ironbird_rig::Error::client("InvalidHostState", message));
    }
    Ok(json!({ "host": id, "state": State::UnderAssessment.name() }))
}

/// The timer handler: takes the step that is due.
///
/// # Errors
/// When the world is broken.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(host) = ctx.get::<Hosts>(&ctx.scope().key(id)) else { return Ok(()) };
    if host.due.is_none_or(|due| due > ctx.now()) {
        return Ok(());
    }
    match host.state {
        State::Pending => match replaced_by(ctx, id) {
            Some(old) => take_over(ctx, &old, id),
            None => enter(ctx, id, State::Available, None),
        },
        State::UnderAssessment => assess(ctx, &host),
        State::Released | State::ReleasedPermanentFailure => {
            tag::remove_all(ctx, id)?;
            ctx.delete::<Hosts>(&ctx.scope().key(id))?;
            Ok(())
        }
        State::Available | State::PermanentFailure => Ok(()),
    }
}

/// The host that this one takes over from.
fn replaced_by(ctx: &Ctx<'_>, id: &str) -> Option<Host> {
    let mut all = ctx.scan::<Hosts>(&ctx.scope().prefix()).map(|(_, host)| host);
    all.find(|host| host.replacement.as_deref() == Some(id)).cloned()
}

/// The assessment is over: the host is replaced where it can be, and has failed for good otherwise.
fn assess(ctx: &mut Ctx<'_>, host: &Host) -> Result<()> {
    if host.replacement.is_some() {
        return Ok(());
    }
    if !recovers(ctx, host) || !allocate::take(ctx, host, 1)? {
        return enter(ctx, &host.id, State::PermanentFailure, None);
    }
    let due = after(ctx, "host-replacement", &host.id, (60, 180));
    let replacement = Host {
        id: String::new(),
        state: State::Pending,
        allocated: ctx.now(),
        seats: std::collections::BTreeMap::new(),
        replacement: None,
        due: Some(due),
        // It is shared anew.
        consumers: std::collections::BTreeSet::new(),
        ..host.clone()
    };
    let new = allocate::add(ctx, replacement)?;
    tag::apply(ctx, None, "dedicated-host", &new)?;
    let tags = tag::of(ctx, &host.id).unwrap_or_default();
    tag::set(ctx, &new, &tags)?;
    ctx.update::<Hosts, _>(&ctx.scope().key(&host.id), |old| old.replacement = Some(new.clone()))?;
    sharing::share_alike(ctx, host, &new)?;
    ctx.wake_at(due, TIMER, &new)?;
    ctx.emit(CHANGED, &new)
}

/// Whether a host is to recover, and can: some families cannot, nor can instances with volumes of their host.
fn recovers(ctx: &Ctx<'_>, host: &Host) -> bool {
    if !host.recovery || !hosts::recovers(&host.family) {
        return false;
    }
    let on_ebs =
        |instance_type: &str| instance_types::get(instance_type).is_some_and(|entry| entry.storage.is_none());
    let stays = |id: &String, seat: &Seat| {
        ctx.peek::<Instances>(&seat.scope(ctx).key(id)).is_none_or(|instance| instance.state.is_up())
    };
    host.seats.iter().filter(|(id, seat)| stays(id, seat)).all(|(_, seat)| on_ebs(&seat.instance_type))
}

/// The replacement is ready: the instances go on there, as they were, and the old host is released.
fn take_over(ctx: &mut Ctx<'_>, old: &Host, new: &str) -> Result<()> {
    let seats = old.seats.clone();
    ctx.update::<Hosts, _>(&ctx.scope().key(new), |host| host.seats.clone_from(&seats))?;
    ctx.update::<Hosts, _>(&ctx.scope().key(&old.id), |host| host.seats.clear())?;
    enter(ctx, new, State::Available, None)?;
    if let Some(group) = &old.group {
        group::join(ctx, new, group)?;
    }
    for (id, seat) in &seats {
        sharing::moved(ctx, seat, &old.id, new)?;
        ctx.within(seat.scope(ctx), |ctx| goes_on(ctx, id, &old.id, new))?;
    }
    enter(ctx, &old.id, State::ReleasedPermanentFailure, None)
}

/// An instance goes on where its host was replaced.
fn goes_on(ctx: &mut Ctx<'_>, id: &str, old: &str, new: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let checked = after(ctx, "status-checks", id, (120, 240));
    let place = bound_anew(ctx, id, old, new)?;
    ctx.update::<Instances, _>(&key, |instance| {
        instance.slot = Slot::Host(new.to_owned());
        instance.impaired = None;
        instance.checked = checked;
        if place.is_some() {
            instance.place = place;
        }
    })?;
    crate::instance::changed(ctx, id)
}

/// What binds an instance that was bound to `old` to `new`. Only instances that recover are bound anew: a stopped one keeps
/// aiming at the host that failed, and does not start until it is aimed elsewhere.
fn bound_anew(ctx: &Ctx<'_>, id: &str, old: &str, new: &str) -> Result<Option<Box<Place>>> {
    let Some(instance) = ctx.get::<Instances>(&ctx.scope().key(id)) else { return Ok(None) };
    let launch = launch_of(ctx, &instance)?;
    let place = instance.place(&launch);
    let was_bound = place.host_id.as_deref() == Some(old);
    Ok(was_bound.then(|| Box::new(Place { host_id: Some(new.to_owned()), ..place.clone() })))
}
