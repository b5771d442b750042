//! How instances get from one state to the next.
//!
//! Times are ours, of AWS's size: `pending` lasts 5 to 20 s, `stopping` and `shutting-down` 15 to 45 s, status
//! checks pass 2 to 4 min after a launch, drawn from the seed by instance. With instant transitions all of this
//! happens at once; only a terminated instance is seen for an hour either way.

use ironbird_rig::error::InternalError;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Key, Result, Timestamp, metering};

use super::record::{Cause, Instance, Instances, Launch, Launches, Place, Slot, State};
use super::{hibernation, network, slot};
use crate::placement_group::member;
use crate::{event, spot, tag, volume};

/// The timer handler's name.
pub(crate) const TIMER: &str = "ec2.instance";

/// What is emitted whenever an instance's state or health changes, with its id.
const CHANGED: &str = "ec2.instance-state";

/// How long a terminated instance is shown, in seconds: "a short while (usually less than one hour)".
const SHOWN_TERMINATED: i64 = 3600;

/// A time drawn for `instance` from `from` to `to` seconds after `now`; now, where transitions are instant.
pub(crate) fn after(ctx: &Ctx<'_>, label: &str, id: &str, (from, to): (u64, u64)) -> Timestamp {
    let now = ctx.now();
    if ctx.settings().transitions == Transitions::Instant {
        return now;
    }
    let seed = ctx.seed().child(label).child(id).nth(now.nanos().cast_unsigned());
    let millis = from * 1000 + seed.rng().below((to - from) * 1000 + 1);
    let nanos = i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    Timestamp::from_nanos(now.nanos().saturating_add(nanos))
}

/// Fills in the times of an instance that has just got its slot, and wakes it when it has booted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn boot(ctx: &mut Ctx<'_>, instance: &mut Instance) -> Result<()> {
    let span = if hibernation::sleeps(instance) { hibernation::SECONDS } else { (5, 20) };
    instance.launched = ctx.now();
    instance.checked = after(ctx, "status-checks", &instance.id, (120, 240));
    instance.impaired = None;
    instance.left = None;
    instance.notice = None;
    if ctx.settings().transitions == Transitions::Instant {
        instance.state = State::Running;
        instance.due = None;
        return entered(ctx, &instance.id, State::Running);
    }
    instance.state = State::Pending;
    let due = after(ctx, "boot", &instance.id, span);
    instance.due = Some(due);
    ctx.wake_at(due, TIMER, &instance.id)?;
    entered(ctx, &instance.id, State::Pending)
}

/// Begins to stop or terminate an instance; `passage` is `Stopping` or `ShuttingDown`. It costs no more from now
/// on, unless it hibernates, and gives its slot back once it is at rest.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, id: &str, passage: State, cause: Cause) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(instance) = ctx.peek::<Instances>(&key) else { return Ok(()) };
    let was_stopped = !instance.state.holds_capacity();
    let before = instance.spot_request_id.is_some().then(|| instance.clone());
    let hibernates = cause == Cause::Hibernation;
    // Its memory is written at its owner's cost (user guide, "Instance lifecycle").
    if !hibernates {
        metering::close(ctx, id, None)?;
    }
    let span = if hibernates { hibernation::SECONDS } else { (15, 45) };
    let due = if was_stopped { ctx.now() } else { after(ctx, passage.name(), id, span) };
    let now = ctx.now();
    ctx.update::<Instances, _>(&key, |record| {
        record.state = passage;
        record.left = Some((cause, now));
        record.due = Some(due);
    })?;
    if let Some(instance) = before {
        spot::request::on_leave(ctx, &instance, passage, cause)?;
    }
    if due <= now {
        return rest(ctx, &key);
    }
    ctx.wake_at(due, TIMER, id)?;
    entered(ctx, id, passage)
}

/// The timer handler: takes the step that is due.
///
/// # Errors
/// When the world is broken.
pub(crate) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let now = ctx.now();
    let Some(instance) = ctx.peek::<Instances>(&key) else { return Ok(()) };
    // A timer of a passage that was cut short finds another due time, or none.
    if instance.due.is_none_or(|due| due > now) {
        return Ok(());
    }
    match instance.state {
        State::Pending => {
            ctx.update::<Instances, _>(&key, |record| {
                record.state = State::Running;
                record.due = None;
            })?;
            entered(ctx, id, State::Running)
        }
        State::Stopping | State::ShuttingDown => rest(ctx, &key),
        State::Terminated => forget(ctx, &key),
        State::Running | State::Stopped => Ok(()),
    }
}

/// From a passage to rest: the slot is given back, and a terminated instance lets go of what it had.
fn rest(ctx: &mut Ctx<'_>, key: &Key) -> Result<()> {
    let Some(instance) = ctx.get::<Instances>(key) else { return Ok(()) };
    let launch = launch_of(ctx, &instance)?;
    slot::give_back(ctx, &instance, &launch)?;
    member::leave(ctx, instance.place(&launch), &instance.id)?;
    if instance.state == State::Stopping {
        metering::close(ctx, &instance.id, None)?;
        let public = network::on_stop(ctx, &instance)?;
        let bound = bound(&instance, &launch);
        ctx.update::<Instances, _>(key, |record| {
            if bound.is_some() {
                record.place = bound;
            }
            record.state = State::Stopped;
            record.slot = Slot::None;
            record.due = None;
            record.impaired = None;
            record.public_ip = public;
        })?;
        return entered(ctx, &instance.id, State::Stopped);
    }
    network::on_terminate(ctx, &instance)?;
    for id in &instance.volumes {
        volume::on_terminate(ctx, id)?;
    }
    let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(SHOWN_TERMINATED * 1_000_000_000));
    ctx.update::<Instances, _>(key, |record| {
        record.state = State::Terminated;
        record.slot = Slot::None;
        record.due = Some(due);
        record.impaired = None;
        record.public_ip = None;
        record.volumes = Vec::new();
    })?;
    ctx.wake_at(due, TIMER, &instance.id)?;
    entered(ctx, &instance.id, State::Terminated)
}

/// Tells those who listen, in the world and outside, that an instance is in another state than before.
fn entered(ctx: &mut Ctx<'_>, id: &str, state: State) -> Result<()> {
    event::state_changed(ctx, id, state)?;
    ctx.emit(CHANGED, id)
}

/// Where an instance that is bound to its host starts next: there.
fn bound(instance: &Instance, launch: &Launch) -> Option<Box<Place>> {
    let place = instance.place(launch);
    let Slot::Host(host) = &instance.slot else { return None };
    place.affinity.then(|| Box::new(Place { host_id: Some(host.clone()), ..place.clone() }))
}

fn forget(ctx: &mut Ctx<'_>, key: &Key) -> Result<()> {
    let Some(instance) = ctx.get::<Instances>(key) else { return Ok(()) };
    tag::remove_all(ctx, &instance.id)?;
    spot::request::on_forget(ctx, &instance)?;
    ctx.delete::<Instances>(key)?;
    let launch_key = ctx.scope().key(&instance.reservation_id);
    let left = ctx.update::<Launches, _>(&launch_key, |launch| {
        launch.instances = launch.instances.saturating_sub(1);
        launch.instances
    })?;
    if left == Some(0) {
        super::token::forget(ctx, &launch_key)?;
        ctx.delete::<Launches>(&launch_key)?;
    }
    Ok(())
}

/// The launch that an instance came from.
///
/// # Errors
/// When there is none: the world is broken.
pub(crate) fn launch_of(ctx: &Ctx<'_>, instance: &Instance) -> Result<std::sync::Arc<Launch>> {
    let found = ctx.get::<Launches>(&ctx.scope().key(&instance.reservation_id));
    found.ok_or_else(|| {
        InternalError::Broken(format!("launch {} of {} is gone", instance.reservation_id, instance.id)).into()
    })
}

/// Says that something of an instance has changed.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn changed(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.emit(CHANGED, id)
}

/// How a host failed an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It goes on, but its status checks fail.
    Impaired,
    /// It is gone.
    Terminated,
}

/// Lets the host of an instance fail. An instance that is not up, or not there, stays as it is: then false.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn fail(ctx: &mut Ctx<'_>, id: &str, failure: Failure) -> Result<bool> {
    let key = ctx.scope().key(id);
    let is_up = ctx.peek::<Instances>(&key).is_some_and(|instance| instance.state.is_up());
    if !is_up {
        return Ok(false);
    }
    match failure {
        Failure::Terminated => leave(ctx, id, State::ShuttingDown, Cause::Host)?,
        Failure::Impaired => {
            let now = ctx.now();
            ctx.update::<Instances, _>(&key, |instance| instance.impaired = Some(now))?;
            ctx.emit(CHANGED, id)?;
        }
    }
    Ok(true)
}
