//! Capacity rebalancing: a Spot Instance at an elevated risk of interruption is replaced before it is interrupted.
//! Source: "Use Capacity Rebalancing in EC2 Fleet and Spot Fleet to replace at-risk Spot Instances" in the EC2 user guide.

use ironbird_rig::{Ctx, Result, Timestamp};

use super::request::{self, Rebalance, Wish};
use super::{Fleet, Fleets, Outgoing, history, upkeep};
use crate::instance::change::terminate;
use crate::instance::launch_of;
use crate::instance::record::{Cause, Instances};

/// Timer handlers: an instance got a recommendation, an instance got notice.
pub(super) const RECOMMENDED: &str = "ec2.fleet-rebalance";
pub(super) const WARNED: &str = "ec2.fleet-notice";

/// The fleet that launched an instance, if one did and still looks after it.
fn fleet_of(ctx: &Ctx<'_>, instance_id: &str) -> Result<Option<Fleet>> {
    let Some(instance) = ctx.get::<Instances>(&ctx.scope().key(instance_id)) else { return Ok(None) };
    let Some(id) = launch_of(ctx, &instance)?.fleet_id.clone() else { return Ok(None) };
    let fleet = ctx.get::<Fleets>(&ctx.scope().key(&id)).filter(|fleet| fleet.state.is_live());
    Ok(fleet.map(|fleet| Fleet::clone(&fleet)))
}

/// Timer handler: lets the fleet replace an instance that got a rebalance recommendation, where its strategy says so.
///
/// # Errors
/// When the world is broken.
pub(super) fn on_recommendation(ctx: &mut Ctx<'_>, instance_id: &str) -> Result<()> {
    let Some(mut fleet) = fleet_of(ctx, instance_id)? else { return Ok(()) };
    let wish = Wish::of(ctx, &request::kept(&fleet.request)?)?;
    let Some(strategy) = wish.rebalance else { return Ok(()) };
    let mut instance_type = None;
    for group in &mut fleet.groups {
        let before = group.instance_ids.len();
        group.instance_ids.retain(|id| id != instance_id);
        if group.instance_ids.len() < before {
            instance_type = Some(group.instance_type.clone());
        }
    }
    let Some(instance_type) = instance_type else { return Ok(()) };
    fleet.groups.retain(|group| !group.instance_ids.is_empty());
    let until = match strategy {
        Rebalance::Launch => None,
        Rebalance::LaunchBeforeTerminate(delay) => Some(upkeep::seconds_from(ctx.now(), delay)),
    };
    fleet.outgoing.push(Outgoing { instance_id: instance_id.to_owned(), instance_type, until });
    let id = fleet.id.clone();
    ctx.put::<Fleets>(ctx.scope().key(&id), fleet)?;
    upkeep::look_again(ctx, &id)
}

/// Timer handler: writes down that an instance got its notice.
///
/// # Errors
/// When the world is broken.
pub(super) fn on_notice(ctx: &mut Ctx<'_>, instance_id: &str) -> Result<()> {
    let Some(mut fleet) = fleet_of(ctx, instance_id)? else { return Ok(()) };
    history::add(&mut fleet, history::instance_change(ctx.now(), "termination_notified", instance_id));
    let id = fleet.id.clone();
    ctx.put::<Fleets>(ctx.scope().key(&id), fleet)
}

/// Terminates instances that have been replaced and whose delay has passed; when the next one is due.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn retire(ctx: &mut Ctx<'_>, fleet: &Fleet) -> Result<Option<Timestamp>> {
    let now = ctx.now();
    let mut next = None;
    for outgoing in &fleet.outgoing {
        match outgoing.until {
            Some(until) if until <= now => terminate(ctx, &outgoing.instance_id, Cause::User)?,
            Some(until) => next = Some(next.map_or(until, |other: Timestamp| other.min(until))),
            None => {}
        }
    }
    Ok(next)
}
