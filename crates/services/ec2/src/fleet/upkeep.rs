//! How `request` and `maintain` fleets get their capacity, and how the latter keep it.

use ironbird_api::ec2;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use super::request::{self, Wish};
use super::{Fleet, Fleets, Group, Kind, State, candidate, create, history, rebalance};
use crate::instance::change::terminate;
use crate::instance::record::{Cause, Instance, Instances, State as InstanceState};
use crate::spot;

/// The timer handler's name.
pub(crate) const TIMER: &str = "ec2.fleet";

/// Seconds from a request to the first launch, and from one look at the capacity to the next.
const FIRST: i64 = 5;
const AGAIN: i64 = 60;

/// Lets a new fleet begin, at once or when it becomes valid.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn begin(ctx: &mut Ctx<'_>, id: &str, valid_from: Option<Timestamp>) -> Result<()> {
    if let Some(from) = valid_from.filter(|from| *from > ctx.now()) {
        return wake_at(ctx, id, from);
    }
    look_again(ctx, id)
}

/// Lets a fleet look after its capacity: now, or in a while, as on AWS.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn look_again(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    match ctx.settings().transitions {
        Transitions::Instant => look(ctx, id),
        Transitions::Realistic => wake_at(ctx, id, seconds_from(ctx.now(), FIRST)),
    }
}

pub(super) fn seconds_from(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_nanos(now.nanos().saturating_add(seconds * 1_000_000_000))
}

fn wake_at(ctx: &mut Ctx<'_>, id: &str, due: Timestamp) -> Result<()> {
    ctx.update::<Fleets, _>(&ctx.scope().key(id), |fleet| fleet.due = Some(due))?;
    ctx.wake_at(due, TIMER, id)?;
    Ok(())
}

/// The timer handler.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    let due = |fleet: &Fleet| fleet.due.is_some_and(|due| due <= now);
    if ctx.peek::<Fleets>(&ctx.scope().key(id)).is_some_and(due) { look(ctx, id) } else { Ok(()) }
}

/// Compares what there is with what there should be, and launches or terminates.
fn look(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(fleet) = ctx.get::<Fleets>(&key) else { return Ok(()) };
    let mut fleet = Fleet::clone(&fleet);
    fleet.due = None;
    if fleet.state == State::DeletedTerminating {
        if !any_left(ctx, &fleet) {
            fleet.state = State::Deleted;
            history::add(&mut fleet, history::fleet_change(ctx.now(), "deleted"));
            return ctx.put::<Fleets>(key, fleet);
        }
        ctx.put::<Fleets>(key, fleet)?;
        return wake_at(ctx, id, seconds_from(ctx.now(), AGAIN));
    }
    if !fleet.state.is_live() {
        return ctx.put::<Fleets>(key, fleet);
    }
    let input = request::kept(&fleet.request)?;
    if input.valid_until.is_some_and(|until| until <= ctx.now()) {
        return expire(ctx, fleet, input.terminate_instances_with_expiration == Some(true));
    }
    let wish = Wish::of(ctx, &input)?;
    let launched_before = !fleet.groups.is_empty() || fleet.state != State::Submitted;
    if input.replace_unhealthy_instances == Some(true) {
        replace_impaired(ctx, &fleet)?;
    }
    prune(ctx, &mut fleet);
    let have = (units(&fleet, false), units(&fleet, true));
    let missing = ((wish.on_demand - have.0).max(0.0), (wish.spot - have.1).max(0.0));
    let keeps = fleet.kind == Kind::Maintain;
    if keeps || !launched_before {
        launch(ctx, &mut fleet, &input, &wish, missing)?;
    }
    let next_out = match units(&fleet, true) + 1e-9 >= wish.spot {
        true => rebalance::retire(ctx, &fleet)?,
        false => None,
    };
    let excess_goes = input.excess_capacity_termination_policy.as_deref() != Some("no-termination");
    if keeps && excess_goes {
        for (spot, target, have) in [(false, wish.on_demand, have.0), (true, wish.spot, have.1)] {
            shed(ctx, &fleet, spot, have - target)?;
        }
    }
    if fleet.state != State::Active {
        let event = if fleet.state == State::Modifying { "modify_succeeded" } else { "active" };
        history::add(&mut fleet, history::fleet_change(ctx.now(), event));
        fleet.state = State::Active;
    }
    ctx.put::<Fleets>(key, fleet)?;
    let again = seconds_from(ctx.now(), AGAIN);
    let again = next_out.map_or(again, |next| next.min(again));
    match (keeps, input.valid_until) {
        (true, until) => wake_at(ctx, id, until.map_or(again, |until| until.min(again))),
        (false, Some(until)) => wake_at(ctx, id, until),
        (false, None) => Ok(()),
    }
}

/// Launches; what stops it, such as a launch template that is gone, is written down and tried again.
fn launch(
    ctx: &mut Ctx<'_>,
    fleet: &mut Fleet,
    input: &ec2::CreateFleetRequest,
    wish: &Wish,
    missing: (f64, f64),
) -> Result<()> {
    let savepoint = ctx.savepoint();
    let sources = match &fleet.spot_fleet {
        Some(config) => spot::fleet::sources(ctx, config),
        None => candidate::sources(ctx, input),
    };
    match sources.and_then(|sources| create::launch(ctx, fleet, &sources, wish, missing)) {
        Ok(()) => Ok(()),
        Err(Error::Internal(error)) => Err(Error::Internal(error)),
        Err(error) => {
            ctx.roll_back(savepoint);
            let event = history::service_error(ctx.now(), error.code(), error.message());
            history::add(fleet, event);
            Ok(())
        }
    }
}

/// Terminates instances whose status checks fail.
fn replace_impaired(ctx: &mut Ctx<'_>, fleet: &Fleet) -> Result<()> {
    for id in fleet.members() {
        let impaired = |instance: &Instance| instance.impaired.is_some();
        if ctx.peek::<Instances>(&ctx.scope().key(id)).is_some_and(impaired) {
            terminate(ctx, id, Cause::Host)?;
        }
    }
    Ok(())
}

fn expire(ctx: &mut Ctx<'_>, mut fleet: Fleet, terminates: bool) -> Result<()> {
    if terminates {
        for id in fleet.members() {
            terminate(ctx, id, Cause::User)?;
        }
    }
    let state = if terminates { State::DeletedTerminating } else { State::DeletedRunning };
    history::add(&mut fleet, history::fleet_change(ctx.now(), "expired"));
    fleet.state = state;
    let (key, id) = (ctx.scope().key(&fleet.id), fleet.id.clone());
    ctx.put::<Fleets>(key, fleet)?;
    if terminates { wake_at(ctx, &id, seconds_from(ctx.now(), AGAIN)) } else { Ok(()) }
}

/// Whether an instance of the fleet is still on its way out.
pub(crate) fn any_left(ctx: &Ctx<'_>, fleet: &Fleet) -> bool {
    let holds = |id: &String| {
        ctx.peek::<Instances>(&ctx.scope().key(id)).is_some_and(|instance| instance.state.holds_capacity())
    };
    fleet.members().any(holds)
}

/// Forgets instances that are no longer up, so that they are replaced.
fn prune(ctx: &mut Ctx<'_>, fleet: &mut Fleet) {
    let gone: Vec<String> = fleet.members().filter(|id| !stays(ctx, id)).cloned().collect();
    if gone.is_empty() {
        return;
    }
    for group in &mut fleet.groups {
        group.instance_ids.retain(|id| !gone.contains(id));
    }
    fleet.groups.retain(|group| !group.instance_ids.is_empty());
    fleet.outgoing.retain(|outgoing| !gone.contains(&outgoing.instance_id));
    for id in gone {
        history::add(fleet, history::instance_change(ctx.now(), "terminated", &id));
    }
}

/// Whether an instance still belongs to its fleet: it is up, or EC2 has stopped it and will start it again.
fn stays(ctx: &Ctx<'_>, id: &str) -> bool {
    let Some(instance) = ctx.peek::<Instances>(&ctx.scope().key(id)) else { return false };
    let stopped_by_ec2 = matches!(instance.state, InstanceState::Stopping | InstanceState::Stopped)
        && matches!(instance.left, Some((Cause::Spot, _)));
    instance.state.is_up() || stopped_by_ec2
}

/// Units of one kind that the fleet's instances are.
pub(crate) fn units(fleet: &Fleet, spot: bool) -> f64 {
    let of_kind = fleet.groups.iter().filter(|group| group.spot == spot);
    // Not `sum`, which makes -0 of nothing.
    of_kind.fold(0.0, |units, group: &Group| units + group.weight * group.instance_ids.len() as f64)
}

/// Terminates instances of which the target has no need, the last launched first.
fn shed(ctx: &mut Ctx<'_>, fleet: &Fleet, spot: bool, mut excess: f64) -> Result<()> {
    for group in fleet.groups.iter().rev().filter(|group| group.spot == spot) {
        for id in group.instance_ids.iter().rev() {
            if group.weight > excess + 1e-9 {
                break;
            }
            terminate(ctx, id, Cause::User)?;
            excess -= group.weight;
        }
    }
    Ok(())
}
