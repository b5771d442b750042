//! How an open request gets its instance: an attempt, and another one later where the first met no capacity or too
//! high a price.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result, Timestamp};

use super::{Request, Requests, State, wake_at};
use crate::instance::blueprint::{self, Blueprint};
use crate::instance::launch::{self, Order};
use crate::instance::record::Market;
use crate::instance::{DEFAULT_TYPE, change, place_for};
use crate::{convert, tag};

/// The timer handler's name.
pub(crate) const TIMER: &str = "ec2.spot-request";

/// Seconds between two attempts. AWS does not say how often it tries.
const AGAIN: i64 = 60;
/// Seconds for which a request that is over and had no instance is shown.
const SHOWN: i64 = 3600;

/// The timer handler.
///
/// # Errors
/// When the world is broken.
pub(crate) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    let due = |request: &Request| request.due.is_some_and(|due| due <= now);
    if ctx.peek::<Requests>(&ctx.scope().key(id)).is_some_and(due) { look(ctx, id) } else { Ok(()) }
}

/// Takes the step that is due.
///
/// # Errors
/// When the world is broken.
pub(super) fn look(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let now = ctx.now();
    let Some(request) = ctx.get::<Requests>(&key) else { return Ok(()) };
    let expired = request.terms.valid_until.is_some_and(|until| until <= now);
    match request.state {
        State::Closed | State::Cancelled | State::Failed => {
            if request.instance_id.is_none() {
                forget(ctx, id)?;
            }
            Ok(())
        }
        State::Open if expired => end(ctx, id, State::Cancelled, "schedule-expired"),
        State::Active if expired => expire(ctx, id),
        State::Active => Ok(()),
        State::Disabled => restart(ctx, &request),
        State::Open => match request.valid_from.filter(|from| *from > now) {
            Some(from) => {
                ctx.update::<Requests, _>(&key, |record| {
                    record.becomes(State::Open, "not-scheduled-yet", now)
                })?;
                wake_at(ctx, id, from)
            }
            None => attempt(ctx, &request),
        },
    }
}

/// A request that is over, and has no instance, is shown for a while.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn end(ctx: &mut Ctx<'_>, id: &str, state: State, code: &str) -> Result<()> {
    let now = ctx.now();
    ctx.update::<Requests, _>(&ctx.scope().key(id), |record| {
        record.becomes(state, code, now);
        record.instance_id = None;
    })?;
    wake_at(ctx, id, seconds_from(now, SHOWN))
}

/// The end of a request whose instance runs: it asks for no other.
fn expire(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    ctx.update::<Requests, _>(&ctx.scope().key(id), |record| {
        record.becomes(State::Cancelled, "request-canceled-and-instance-running", now);
        record.due = None;
    })?;
    Ok(())
}

/// Forgets a request.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    tag::remove_all(ctx, id)?;
    ctx.delete::<Requests>(&ctx.scope().key(id))?;
    Ok(())
}

fn attempt(ctx: &mut Ctx<'_>, request: &Request) -> Result<()> {
    let savepoint = ctx.savepoint();
    let error = match launch(ctx, request) {
        Ok(()) => return Ok(()),
        Err(Error::Internal(error)) => return Err(Error::Internal(error)),
        Err(error) => error,
    };
    ctx.roll_back(savepoint);
    let (state, code) = match error.code() {
        "InsufficientInstanceCapacity" => (State::Open, "capacity-not-available"),
        "SpotMaxPriceTooLow" => (State::Open, "price-too-low"),
        "InvalidPlacementGroup.InUse" => (State::Open, "placement-group-constraint"),
        "InsufficientFreeAddressesInSubnet" => (State::Open, "constraint-not-fulfillable"),
        _ => (State::Failed, "bad-parameters"),
    };
    let now = ctx.now();
    ctx.update::<Requests, _>(&ctx.scope().key(&request.id), |record| {
        record.state = state;
        record.says(code, error.message().to_owned(), now);
    })?;
    if state.is_over() {
        return wake_at(ctx, &request.id, seconds_from(now, SHOWN));
    }
    try_again(ctx, request)
}

fn try_again(ctx: &mut Ctx<'_>, request: &Request) -> Result<()> {
    let again = seconds_from(ctx.now(), AGAIN);
    let again = request.terms.valid_until.map_or(again, |until| until.min(again));
    wake_at(ctx, &request.id, again)
}

fn launch(ctx: &mut Ctx<'_>, request: &Request) -> Result<()> {
    let mut input = ec2::RunInstancesRequest::default();
    let data = request.launch.clone().unwrap_or_default();
    convert::from_json(convert::input::<ec2::RunInstances>("")?, &data, &mut input)?;
    let mut blueprint = Blueprint::read(ctx, &input)?;
    blueprint.market = Market::Spot(request.terms.clone());
    blueprint.template.clone_from(&request.template);
    let entry = blueprint::instance_type(input.instance_type.as_deref().unwrap_or(DEFAULT_TYPE))?;
    let place = place_for(ctx, &blueprint, entry, (1, 1))?;
    let order = Order {
        blueprint: &blueprint,
        instance_type: entry,
        place: &place,
        least: 1,
        most: 1,
        client_token: "",
        fleet_id: None,
        spot_request: Some(&request.id),
    };
    let launched = launch::launch(ctx, &order)?;
    let now = ctx.now();
    ctx.update::<Requests, _>(&ctx.scope().key(&request.id), |record| {
        record.becomes(State::Active, "fulfilled", now);
        record.zone = Some(place.zone.clone());
        record.instance_id = launched.instance_ids.first().cloned();
        record.due = None;
    })?;
    match request.terms.valid_until {
        Some(until) => wake_at(ctx, &request.id, until),
        None => Ok(()),
    }
}

/// An instance that EC2 has stopped is started by EC2, once there is capacity again.
fn restart(ctx: &mut Ctx<'_>, request: &Request) -> Result<()> {
    let Some(instance_id) = &request.instance_id else { return Ok(()) };
    let savepoint = ctx.savepoint();
    match change::start(ctx, instance_id) {
        Ok(()) => Ok(()),
        Err(Error::Internal(error)) => Err(Error::Internal(error)),
        Err(_) => {
            ctx.roll_back(savepoint);
            try_again(ctx, request)
        }
    }
}

/// `now` and so many seconds.
pub(crate) fn seconds_from(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_nanos(now.nanos().saturating_add(seconds.saturating_mul(1_000_000_000)))
}
