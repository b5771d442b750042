//! DeleteFleets and ModifyFleet.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use super::create::instant_not_supported;
use super::request::{self, Wish};
use super::{Fleet, Fleets, Kind, State, history, upkeep};
use crate::error;
use crate::instance::change::terminate;
use crate::instance::merge;
use crate::instance::record::Cause;

pub(crate) fn delete_fleets(
    ctx: &mut Ctx<'_>,
    input: &ec2::DeleteFleetsRequest,
) -> Result<ec2::DeleteFleetsResult> {
    if input.fleet_ids.is_empty() {
        return Err(error::missing_parameter("FleetId"));
    }
    let is_instant = |id: &String| {
        ctx.peek::<Fleets>(&ctx.scope().key(id)).is_some_and(|fleet| fleet.kind == Kind::Instant)
    };
    if !input.terminate_instances && input.fleet_ids.iter().any(is_instant) {
        return Err(instant_not_supported("The NoTerminateInstances option"));
    }
    error::dry_run(input.dry_run)?;
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for id in &input.fleet_ids {
        match delete(ctx, id, input.terminate_instances)? {
            Ok(change) => done.push(change),
            Err((code, message)) => failed.push(ec2::DeleteFleetErrorItem {
                error: Some(ec2::DeleteFleetError { code: Some(code.to_owned()), message: Some(message) }),
                fleet_id: Some(id.clone()),
            }),
        }
    }
    Ok(ec2::DeleteFleetsResult {
        successful_fleet_deletions: Some(done),
        unsuccessful_fleet_deletions: Some(failed),
    })
}

/// Code and message.
type Refusal = (&'static str, String);

/// Deletes a fleet, or says why not.
fn delete(
    ctx: &mut Ctx<'_>,
    id: &str,
    terminates: bool,
) -> Result<std::result::Result<ec2::DeleteFleetSuccessItem, Refusal>> {
    let key = ctx.scope().key(id);
    let Some(fleet) = ctx.get::<Fleets>(&key).filter(|fleet| fleet.spot_fleet.is_none()) else {
        let code = if id.starts_with("fleet-") { "fleetIdDoesNotExist" } else { "fleetIdMalformed" };
        return Ok(Err((code, format!("The fleet ID '{id}' does not exist"))));
    };
    // What goes on running after its fleet can be terminated with it later.
    let is_left_running = fleet.state == State::DeletedRunning && terminates;
    if !fleet.state.is_live() && !is_left_running {
        let message = format!("The fleet '{id}' is in state {}", fleet.state.name());
        return Ok(Err(("fleetNotInDeletableState", message)));
    }
    let before = fleet.state;
    let after = end(ctx, id, terminates)?;
    Ok(Ok(ec2::DeleteFleetSuccessItem {
        current_fleet_state: Some(after.name().to_owned()),
        previous_fleet_state: Some(before.name().to_owned()),
        fleet_id: Some(id.to_owned()),
    }))
}

/// Ends a fleet, with its instances or without; the state that it is in then.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn end(ctx: &mut Ctx<'_>, id: &str, terminates: bool) -> Result<State> {
    let key = ctx.scope().key(id);
    let Some(fleet) = ctx.get::<Fleets>(&key) else { return Ok(State::Deleted) };
    let mut changed = Fleet::clone(&fleet);
    if terminates {
        for instance in fleet.members() {
            terminate(ctx, instance, Cause::User)?;
        }
    }
    changed.state = match terminates {
        true if upkeep::any_left(ctx, &fleet) => State::DeletedTerminating,
        true => State::Deleted,
        false => State::DeletedRunning,
    };
    changed.due = None;
    let state = changed.state;
    history::add(&mut changed, history::fleet_change(ctx.now(), state.name()));
    ctx.put::<Fleets>(key, changed)?;
    if state == State::DeletedTerminating {
        upkeep::look_again(ctx, id)?;
    }
    Ok(state)
}

pub(crate) fn modify_fleet(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyFleetRequest,
) -> Result<ec2::ModifyFleetResult> {
    let key = ctx.scope().key(&input.fleet_id);
    let fleet = ctx
        .get::<Fleets>(&key)
        .filter(|fleet| fleet.spot_fleet.is_none())
        .ok_or_else(|| super::not_found(&input.fleet_id))?;
    if fleet.kind != Kind::Maintain {
        let message = format!(
            "The fleet '{}' is of type {}; only fleets of type maintain can be modified",
            fleet.id,
            fleet.kind.name()
        );
        return Err(Error::client("FleetNotInModifiableState", message));
    }
    if !fleet.state.is_live() {
        let message = format!("The fleet '{}' is in state {}", fleet.id, fleet.state.name());
        return Err(Error::client("FleetNotInModifiableState", message));
    }
    let mut kept = request::kept(&fleet.request)?;
    if let Some(target) = &input.target_capacity_specification {
        kept.target_capacity_specification = retargeted(&kept.target_capacity_specification, target);
    }
    if let Some(configs) = &input.launch_template_configs {
        kept.launch_template_configs.clone_from(configs);
    }
    if let Some(policy) = &input.excess_capacity_termination_policy {
        kept.excess_capacity_termination_policy = Some(policy.clone());
    }
    let wish = Wish::read(ctx, &kept)?;
    for config in &kept.launch_template_configs {
        let Some(template) = &config.launch_template_specification else { continue };
        merge::template(
            ctx,
            template.launch_template_id.as_deref(),
            template.launch_template_name.as_deref(),
            template.version.as_deref(),
        )?;
    }
    error::dry_run(input.dry_run)?;
    let mut changed = Fleet::clone(&fleet);
    changed.request = request::with_defaults(&kept, &wish)?;
    changed.state = State::Modifying;
    history::add(&mut changed, history::fleet_change(ctx.now(), "modify_in_progress"));
    ctx.put::<Fleets>(key, changed)?;
    upkeep::look_again(ctx, &input.fleet_id)?;
    Ok(ec2::ModifyFleetResult { r#return: Some(true) })
}

/// What a fleet aims at after a change. More than before is bought in the fleet's default way (user guide, "Modify an EC2
/// Fleet"), so that what a change does not give stays; where less is asked for, the other way of buying gives way last.
fn retargeted(
    earlier: &ec2::TargetCapacitySpecificationRequest,
    given: &ec2::TargetCapacitySpecificationRequest,
) -> ec2::TargetCapacitySpecificationRequest {
    let mut target = given.clone();
    let (default, unit) = (&mut target.default_target_capacity_type, &mut target.target_capacity_unit_type);
    *default = default.take().or_else(|| earlier.default_target_capacity_type.clone());
    *unit = unit.take().or_else(|| earlier.target_capacity_unit_type.clone());
    if given.on_demand_target_capacity.is_some() || given.spot_target_capacity.is_some() {
        return target;
    }
    let at_most_all = |share: Option<i32>| share.map(|share| share.min(given.total_target_capacity));
    match target.default_target_capacity_type.as_deref() {
        Some("spot") => {
            target.on_demand_target_capacity = at_most_all(earlier.on_demand_target_capacity);
        }
        _ => target.spot_target_capacity = at_most_all(earlier.spot_target_capacity),
    }
    target
}
