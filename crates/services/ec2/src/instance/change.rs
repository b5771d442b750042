//! StartInstances, StopInstances, RebootInstances, TerminateInstances.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Principal, Result};

use super::record::{Cause, Instance, Instances, Market, Slot, State};
use super::{hibernation, network, slot, transition, view};
use crate::placement_group::member;
use crate::{error, host, resource, spot};

pub(super) fn start_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::StartInstancesRequest,
) -> Result<ec2::StartInstancesResult> {
    for record in named(ctx, &input.instance_ids)? {
        if !matches!(record.state, State::Pending | State::Running | State::Stopped) {
            return Err(wrong_state(&record.id, "started"));
        }
        spot::request::check_start(ctx, record)?;
    }
    error::dry_run(input.dry_run)?;
    let changes = each(ctx, &input.instance_ids, State::Pending, start)?;
    Ok(ec2::StartInstancesResult { starting_instances: Some(changes) })
}

/// Starts an instance that is stopped.
///
/// # Errors
/// `InsufficientInstanceCapacity` and its like.
pub(crate) fn start(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(instance) = ctx.get::<Instances>(&key).filter(|instance| instance.state == State::Stopped)
    else {
        return Ok(());
    };
    let launch = transition::launch_of(ctx, &instance)?;
    let want = slot::want(&instance, &launch);
    let how = (&launch.market, instance.preference(&launch), instance.place(&launch));
    let placed = (instance.place(&launch), &launch.market);
    member::admit(ctx, placed, super::blueprint::instance_type(want.instance_type)?, want.zone, (1, 1))?;
    let slots = slot::take(ctx, want, how, (1, 1)).map_err(|error| member::explain(ctx, placed, error))?;
    let name = want.instance_type.to_owned();
    let mut instance = Instance::clone(&instance);
    instance.slot = slots.into_iter().next().map_or(Slot::None, |(slot, _)| slot);
    if let Slot::Host(host) = &instance.slot {
        host::enter(ctx, host, id, &name)?;
    }
    member::enter(ctx, instance.place(&launch), id, &launch.zone)?;
    instance.public_ip = network::on_start(ctx, &instance)?;
    transition::boot(ctx, &mut instance)?;
    slot::open_meter(ctx, &instance, &launch)?;
    spot::request::on_start(ctx, &instance)?;
    spot::interruption::watch(ctx, &instance, &launch)?;
    ctx.put::<Instances>(key, instance)
}

pub(super) fn stop_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::StopInstancesRequest,
) -> Result<ec2::StopInstancesResult> {
    for record in named(ctx, &input.instance_ids)? {
        let launch = transition::launch_of(ctx, record)?;
        let id = &record.id;
        if let Market::Spot(terms) = &launch.market {
            spot::request::check_stop(id, terms.persistent)?;
        }
        if !matches!(record.state, State::Running | State::Stopping | State::Stopped) {
            return Err(wrong_state(id, "stopped"));
        }
        if record.settings(&launch).disable_api_stop {
            let message = format!(
                "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
            );
            return Err(error::not_permitted(message));
        }
        if input.hibernate == Some(true) {
            hibernation::check_stop(record, &launch)?;
        }
    }
    error::dry_run(input.dry_run)?;
    let cause = if input.hibernate == Some(true) { Cause::Hibernation } else { Cause::User };
    let changes = each(ctx, &input.instance_ids, State::Stopping, |ctx, id| {
        let running = |record: &Instance| record.state == State::Running;
        if ctx.peek::<Instances>(&ctx.scope().key(id)).is_some_and(running) {
            transition::leave(ctx, id, State::Stopping, cause)?;
        }
        Ok(())
    })?;
    Ok(ec2::StopInstancesResult { stopping_instances: Some(changes) })
}

/// A reboot is not to be seen in any state, here as on AWS: it only clears nothing and moves nothing.
pub(super) fn reboot_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::RebootInstancesRequest,
) -> Result<ironbird_api::Empty> {
    for record in named(ctx, &input.instance_ids)? {
        if record.state != State::Running {
            let message = format!(
                "Cannot reboot instance {} that is currently in {} state.",
                record.id,
                record.state.name()
            );
            return Err(Error::client("IncorrectState", message));
        }
    }
    error::dry_run(input.dry_run)?;
    Ok(ironbird_api::Empty::default())
}

pub(super) fn terminate_instances(
    ctx: &mut Ctx<'_>,
    input: &ec2::TerminateInstancesRequest,
) -> Result<ec2::TerminateInstancesResult> {
    // Termination protection is against users: a group's own scale-in and replacement go past it, as AWS says of it.
    let of_group =
        matches!(ctx.caller(), Principal::Service { name, .. } if name == "autoscaling.amazonaws.com");
    for record in named(ctx, &input.instance_ids)? {
        let launch = transition::launch_of(ctx, record)?;
        if record.settings(&launch).disable_api_termination && !of_group {
            let message = format!(
                "The instance '{}' may not be terminated. Modify its 'disableApiTermination' instance attribute and \
                 try again.",
                record.id
            );
            return Err(error::not_permitted(message));
        }
    }
    error::dry_run(input.dry_run)?;
    let changes =
        each(ctx, &input.instance_ids, State::ShuttingDown, |ctx, id| terminate(ctx, id, Cause::User))?;
    Ok(ec2::TerminateInstancesResult { terminating_instances: Some(changes) })
}

/// Terminates an instance that is not being terminated already.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn terminate(ctx: &mut Ctx<'_>, id: &str, cause: Cause) -> Result<()> {
    let ends = |record: &Instance| matches!(record.state, State::ShuttingDown | State::Terminated);
    if ctx.peek::<Instances>(&ctx.scope().key(id)).is_none_or(ends) {
        return Ok(());
    }
    transition::leave(ctx, id, State::ShuttingDown, cause)
}

pub(super) fn named<'t>(ctx: &'t Ctx<'_>, ids: &[String]) -> Result<Vec<&'t Instance>> {
    if ids.is_empty() {
        return Err(error::invalid_combination("No instances specified"));
    }
    resource::named::<Instances>(ctx, ids)
}

fn wrong_state(id: &str, done: &str) -> Error {
    let message = format!("The instance '{id}' is not in a state from which it can be {done}.");
    Error::client("IncorrectInstanceState", message)
}

/// Changes each instance once, and says from what state to what: AWS answers with the state of passage, however fast
/// that passes.
fn each(
    ctx: &mut Ctx<'_>,
    ids: &[String],
    passage: State,
    change: impl Fn(&mut Ctx<'_>, &str) -> Result<()>,
) -> Result<Vec<ec2::InstanceStateChange>> {
    let mut seen = std::collections::HashSet::new();
    let mut changes = Vec::with_capacity(ids.len());
    for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
        let key = ctx.scope().key(id);
        let state = |ctx: &Ctx<'_>| ctx.peek::<Instances>(&key).map(|record| record.state);
        let before = state(ctx);
        change(ctx, id)?;
        let after = state(ctx);
        let current = if before == after { after } else { Some(passage) };
        changes.push(ec2::InstanceStateChange {
            instance_id: Some(id.clone()),
            current_state: current.map(view::state),
            previous_state: before.map(view::state),
        });
    }
    Ok(changes)
}
