//! What becomes of a request when something happens to its instance.

use ironbird_rig::{Ctx, Error, Result};

use super::{Request, Requests, State, attempt, create, wake_at};
use crate::error;
use crate::instance::record::{Behavior, Cause, Instance, State as Passage};
use crate::spot::interruption::Reason;

/// The instance was given notice.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn warned(ctx: &mut Ctx<'_>, id: &str, action: Behavior, reason: Reason) -> Result<()> {
    let now = ctx.now();
    let mark = if action == Behavior::Terminate { "marked-for-termination" } else { "marked-for-stop" };
    let code = format!("{mark}{}", if reason == Reason::Experiment { "-by-experiment" } else { "" });
    ctx.update::<Requests, _>(&ctx.scope().key(id), |request| {
        if !request.state.is_over() {
            request.becomes(request.state, &code, now);
        }
    })?;
    Ok(())
}

/// The instance began to stop or terminate.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_leave(ctx: &mut Ctx<'_>, instance: &Instance, passage: Passage, cause: Cause) -> Result<()> {
    let Some(id) = &instance.spot_request_id else { return Ok(()) };
    let key = ctx.scope().key(id);
    let Some(request) = ctx.get::<Requests>(&key) else { return Ok(()) };
    if request.instance_id.as_deref() != Some(instance.id.as_str()) {
        return Ok(());
    }
    let reason = instance.notice.as_ref().map_or(Reason::Capacity, |notice| notice.reason);
    let now = ctx.now();
    if passage == Passage::Stopping {
        let code = format!("instance-stopped-{}", by(cause, reason));
        ctx.update::<Requests, _>(&key, |record| {
            let state = if record.state.is_over() { record.state } else { State::Disabled };
            record.becomes(state, &code, now);
        })?;
        // EC2 starts again what it has stopped itself.
        return match cause {
            Cause::Spot => wake_at(ctx, id, attempt::seconds_from(now, 120)),
            _ => Ok(()),
        };
    }
    let code = format!("instance-terminated-{}", by(cause, reason));
    let asks_again = request.terms.persistent && !request.state.is_over() && request.launch.is_some();
    let state = match request.state {
        _ if asks_again => State::Open,
        State::Cancelled => State::Cancelled,
        _ => State::Closed,
    };
    ctx.update::<Requests, _>(&key, |record| {
        record.becomes(state, &code, now);
        record.due = None;
        if asks_again {
            record.instance_id = None;
            record.zone = None;
        }
    })?;
    if asks_again { look_again(ctx, &request) } else { Ok(()) }
}

fn look_again(ctx: &mut Ctx<'_>, request: &Request) -> Result<()> {
    // The instance has to go before the next can come in its place.
    let due = crate::instance::after(ctx, "spot-evaluation", &request.id, (30, 60));
    wake_at(ctx, &request.id, due)
}

fn by(cause: Cause, reason: Reason) -> &'static str {
    match (cause, reason) {
        (Cause::User | Cause::Hibernation | Cause::Instance, _) => "by-user",
        (Cause::Host, _) => "by-service",
        (Cause::Spot, Reason::Capacity) => "no-capacity",
        (Cause::Spot, Reason::Price) => "by-price",
        (Cause::Spot, Reason::Experiment) => "by-experiment",
    }
}

/// The instance was started again.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_start(ctx: &mut Ctx<'_>, instance: &Instance) -> Result<()> {
    let Some(id) = &instance.spot_request_id else { return Ok(()) };
    let now = ctx.now();
    ctx.update::<Requests, _>(&ctx.scope().key(id), |request| {
        if !request.state.is_over() {
            request.becomes(State::Active, "fulfilled", now);
            request.due = None;
        }
    })?;
    Ok(())
}

/// The instance is no longer to be seen, and neither is a request that is over.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn on_forget(ctx: &mut Ctx<'_>, instance: &Instance) -> Result<()> {
    let Some(id) = &instance.spot_request_id else { return Ok(()) };
    let mine = |request: &Request| {
        request.state.is_over() && request.instance_id.as_deref() == Some(instance.id.as_str())
    };
    if ctx.peek::<Requests>(&ctx.scope().key(id)).is_some_and(mine) {
        attempt::forget(ctx, id)
    } else {
        Ok(())
    }
}

/// Refuses to stop an instance of a one-time request.
///
/// # Errors
/// `UnsupportedOperation`.
pub(crate) fn check_stop(id: &str, persistent: bool) -> Result<()> {
    if persistent {
        return Ok(());
    }
    let message = format!(
        "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance request. You \
         can only stop Spot Instances associated with persistent Spot Instance requests."
    );
    Err(error::unsupported_operation(message))
}

/// Refuses to start an instance that EC2 has stopped: EC2 starts it.
///
/// # Errors
/// `IncorrectSpotRequestState`.
pub(crate) fn check_start(ctx: &Ctx<'_>, instance: &Instance) -> Result<()> {
    let Some(id) = &instance.spot_request_id else { return Ok(()) };
    let Some(request) = ctx.peek::<Requests>(&ctx.scope().key(id)) else { return Ok(()) };
    let by_user = matches!(instance.left, Some((Cause::User | Cause::Hibernation | Cause::Instance, _)));
    if instance.state != Passage::Stopped || (by_user && !request.state.is_over()) {
        return Ok(());
    }
    let message = format!(
        "You can't start the Spot Instance '{}' because the associated Spot Instance request is not in an \
         appropriate state to support start.",
        instance.id
    );
    Err(Error::client("IncorrectSpotRequestState", message))
}

/// Refuses a behavior that the request's type does not take.
///
/// # Errors
/// `InvalidParameterCombination`.
pub(crate) fn check_behavior(behavior: Behavior, persistent: bool) -> Result<()> {
    if create::needs_persistence(behavior) && !persistent {
        return Err(create::only_persistent("an interruption behavior other than terminate"));
    }
    Ok(())
}
