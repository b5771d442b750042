//! RunInstances.

use std::collections::BTreeSet;

use ironbird_api::ec2;
use ironbird_rig::catalogue::{InstanceType, offerings};
use ironbird_rig::{Ctx, Error, Result, capacity};

use super::blueprint::{self, Blueprint};
use super::interface::Interface;
use super::launch::{self, Launched, Order};
use super::network::{self, Place};
use super::record::{Instances, Launches, Market, State, Tenancy, Terms};
use super::slot::{self, Want};
use super::token::Claim;
use super::{hibernation, merge, view};
use crate::placement_group::member;
use crate::reservation::Choice;
use crate::{error, host, spot};

/// Instances that one request may ask for. AWS's bound is the account's quota; ours keeps a slip of the keyboard
/// from filling the memory.
const MOST: u32 = 50_000;

/// AWS's type when a request names none.
pub(crate) const DEFAULT_TYPE: &str = "m1.small";

pub(super) fn run_instances(ctx: &mut Ctx<'_>, input: &ec2::RunInstancesRequest) -> Result<ec2::Reservation> {
    let (least, most) = counts(input)?;
    let more = input.user_data.as_deref().unwrap_or_default();
    let claim = Claim::of::<ec2::RunInstances>(ctx, input.client_token.as_deref(), input, more);
    if let Some(claim) = &claim
        && let Some(reservation_id) = claim.earlier(ctx)?
    {
        return again(ctx, &reservation_id);
    }
    let merged = merge::with_template(ctx, input)?;
    let mut blueprint = Blueprint::read(ctx, &merged.request)?;
    if merged.request.image_id.as_deref().is_some_and(|id| crate::image::is_stand_in(ctx, id)) {
        ctx.without_effect("RunInstances.ImageId");
    }
    blueprint.template = merged.template;
    if most > 1 && blueprint.interfaces().any(Interface::is_for_one) {
        let message = "Multiple instances creation is not compatible with private IP address or network interface ID \
                       parameters.";
        return Err(error::invalid_combination(message));
    }
    let name = merged.request.instance_type.as_deref().unwrap_or(DEFAULT_TYPE);
    let instance_type = blueprint::instance_type(name)?;
    blueprint.check_type(instance_type)?;
    hibernation::check(ctx, &blueprint, instance_type)?;
    member::check_type(ctx, &blueprint.place, instance_type)?;
    let place = place(ctx, &blueprint, instance_type, (least, most))?;
    error::dry_run(input.dry_run)?;
    let order = Order {
        blueprint: &blueprint,
        instance_type,
        place: &place,
        least,
        most,
        client_token: input.client_token.as_deref().unwrap_or_default(),
        fleet_id: None,
        spot_request: None,
    };
    let launched = launch::launch(ctx, &order)?;
    if let Market::Spot(Terms { persistent: true, .. }) = blueprint.market {
        for id in &launched.instance_ids {
            let found = ctx.peek::<Instances>(&ctx.scope().key(id));
            let request = found.and_then(|instance| instance.spot_request_id.clone()).unwrap_or_default();
            spot::request::keep_launch(ctx, &request, &merged.request, blueprint.template.as_ref())?;
        }
    }
    if let Some(claim) = claim {
        claim.keep(ctx, &launched.reservation_id)?;
    }
    let mut reservation = answer(ctx, &launched)?;
    // AWS answers before anything has booted, however fast it boots.
    for instance in reservation.instances.iter_mut().flatten() {
        instance.make_mut().state = Some(view::state(State::Pending));
    }
    Ok(reservation)
}

fn counts(input: &ec2::RunInstancesRequest) -> Result<(u32, u32)> {
    let positive = |count: i32, parameter: &str| match u32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(error::invalid_parameter_value_because(
            &count.to_string(),
            parameter,
            "Expecting a value greater than 0.",
        )),
    };
    let least = positive(input.min_count, "minCount")?;
    let most = positive(input.max_count, "maxCount")?;
    if most > MOST {
        let reason = format!("Expecting a value less than or equal to {MOST}.");
        return Err(error::invalid_parameter_value_because(&most.to_string(), "maxCount", &reason));
    }
    if least > most {
        let message = format!(
            "Value ({most}) for parameter maxCount is invalid. It must be at least minCount, {least}."
        );
        return Err(error::invalid_value(message));
    }
    Ok((least, most))
}

fn answer(ctx: &Ctx<'_>, launched: &Launched) -> Result<ec2::Reservation> {
    let key = ctx.scope().key(&launched.reservation_id);
    let Some(launch) = ctx.peek::<Launches>(&key) else { return Ok(ec2::Reservation::default()) };
    let shown = launched.instance_ids.iter().filter_map(|id| view::shared(ctx, id)).collect();
    Ok(ec2::Reservation { instances: Some(shown), ..view::reservation(ctx, launch) })
}

/// The answer to a request that came before.
fn again(ctx: &Ctx<'_>, reservation_id: &str) -> Result<ec2::Reservation> {
    let mine = ctx
        .scan::<Instances>(&ctx.scope().prefix())
        .map(|(_, record)| record)
        .filter(|record| record.reservation_id == reservation_id);
    let mut records: Vec<_> = mine.map(|record| (record.index, record.id.clone(), record.state)).collect();
    records.sort_unstable_by_key(|(index, ..)| *index);
    if records.iter().all(|(_, _, state)| *state == State::Terminated) {
        let message = "The instance that was launched with this client token has been terminated.";
        return Err(Error::client("IdempotentInstanceTerminated", message));
    }
    let instance_ids = records.into_iter().map(|(_, id, _)| id).collect();
    answer(ctx, &Launched { reservation_id: reservation_id.to_owned(), instance_ids })
}

/// The subnet to launch in: the one asked for, the zone's default subnet, or the default subnet of the zone with
/// most room.
///
/// # Errors
/// `InsufficientInstanceCapacity` where no zone has room, be it for want of capacity or because of the placement group, `Unsupported` where none offers the type, and those about
/// subnets.
pub(crate) fn place(
    ctx: &mut Ctx<'_>,
    blueprint: &Blueprint,
    entry: &'static InstanceType,
    (least, most): (u32, u32),
) -> Result<Place> {
    if let Some(subnet_id) = &blueprint.interface.subnet_id {
        let place = network::subnet(ctx, subnet_id)?;
        if let Some(zone) = blueprint.zone.as_ref().filter(|zone| **zone != place.zone) {
            let message = format!(
                "Value ({zone}) for parameter availabilityZone is invalid. Subnet '{subnet_id}' is in the \
                 availability zone {}",
                place.zone
            );
            return Err(error::invalid_value(message));
        }
        return Ok(place);
    }
    if let Some(zone) = &blueprint.zone {
        return network::default_subnet(ctx, zone);
    }
    if blueprint.place.tenancy == Tenancy::Host {
        return place_of_host(ctx, blueprint, entry, least);
    }
    let vpc = network::vpc_of_groups(ctx, &blueprint.interface)?;
    let places = network::default_subnets(ctx, vpc.as_deref())?;
    let offered: BTreeSet<&str> =
        offerings::zones_of(entry, ctx.region().code()).into_iter().map(|zone| zone.name).collect();
    let choice = Choice::of(ctx, &blueprint.preference)?;
    let mut best: Option<(bool, u64, Place)> = None;
    let (mut any, mut is_full) = (false, false);
    for place in places.into_iter().filter(|place| offered.contains(place.zone.as_str())) {
        any = true;
        if member::room(ctx, &blueprint.place, &place.zone) < least {
            is_full = true;
            continue;
        }
        let (reserved, free) = room(ctx, (blueprint, &choice), entry, &place.zone);
        if reserved + free < u64::from(least) {
            continue;
        }
        // Reserved capacity is paid for already, so that a zone that has enough of it comes first.
        let rank = (reserved >= u64::from(most), reserved + free);
        if best.as_ref().is_none_or(|(enough, room, _)| rank > (*enough, *room)) {
            best = Some((rank.0, rank.1, place));
        }
    }
    match best {
        Some((_, _, place)) => Ok(place),
        None if any => {
            let dry = slot::insufficient_everywhere(entry.name, &blueprint.market);
            let dry = member::explain(ctx, (&blueprint.place, &blueprint.market), dry);
            Err(if is_full { member::full_or(ctx, &blueprint.place, dry) } else { dry })
        }
        None => Err(slot::not_offered(ctx, entry, "")),
    }
}

/// The default subnet in the zone of the host that was named, or of the hosts with most room.
fn place_of_host(
    ctx: &mut Ctx<'_>,
    blueprint: &Blueprint,
    entry: &InstanceType,
    least: u32,
) -> Result<Place> {
    if let Some(id) = &blueprint.place.host_id {
        return network::default_subnet(ctx, &host::zone_of(ctx, id)?);
    }
    let zones = match &blueprint.place.host_group {
        Some(group) => host::group::zones(ctx, entry.name, group, least)?,
        None => host::zones_with_room(ctx, entry.name, least)?,
    };
    let mut places = zones.iter().map(|zone| network::default_subnet(ctx, zone));
    places.find(Result::is_ok).unwrap_or_else(|| network::default_subnet(ctx, &zones[0]))
}

/// Slots that a zone has for the instances: in reservations that they may use, and in the pool.
fn room(
    ctx: &Ctx<'_>,
    (blueprint, choice): (&Blueprint, &Choice<'_>),
    entry: &InstanceType,
    zone: &str,
) -> (u64, u64) {
    let want = Want {
        instance_type: entry.name,
        platform: &blueprint.image.platform,
        zone,
        tenancy: blueprint.place.tenancy,
    };
    let free = capacity::pool(ctx, want.pool(ctx)).free();
    if blueprint.market.is_spot() {
        return (0, free);
    }
    let matching = choice.matching(ctx, want).unwrap_or_default();
    let reserved = matching.iter().map(|(_, free)| u64::from(*free)).sum();
    (reserved, if blueprint.preference.allows_pool() { free } else { 0 })
}
