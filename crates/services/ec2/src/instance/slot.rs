//! Where an instance's slot on a host comes from, and what it costs.
//!
//! An instance first fills Capacity Reservations that match, as its preference says, then draws on the pool of its
//! zone, type and tenancy. Spot never runs in a reservation.

use ironbird_rig::capacity::{self, PoolId};
use ironbird_rig::catalogue::offerings;
use ironbird_rig::catalogue::usage::{self, InstanceUsage};
use ironbird_rig::catalogue::{InstanceType, prices};
use ironbird_rig::metering::{self, SpotPool, Usage};
use ironbird_rig::{Ctx, Error, Result};

use super::record::{Instance, Launch, Market, Place, Preference, Slot, Tenancy};
use crate::reservation::{self, Choice};
use crate::{host, spot};

/// What instances need a slot for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want<'a> {
    pub(crate) instance_type: &'a str,
    /// `Linux/UNIX`, …
    pub(crate) platform: &'a str,
    pub(crate) zone: &'a str,
    pub(crate) tenancy: Tenancy,
}

impl Want<'_> {
    /// The pool to draw on.
    pub(crate) fn pool(&self, ctx: &Ctx<'_>) -> PoolId<'_> {
        PoolId {
            region: ctx.region(),
            zone: self.zone,
            instance_type: self.instance_type,
            tenancy: self.tenancy.pool(),
        }
    }
}

/// Takes slots for as many instances as there is room for, `most` at most. Nothing is taken if that would be fewer
/// than `least`.
///
/// # Errors
/// `InsufficientInstanceCapacity`, `ReservationCapacityExceeded`, and the errors about a reservation that was
/// asked for by id. Of hosts those of [`host::choose`], which takes nothing: instances enter their hosts one by one.
pub(crate) fn take(
    ctx: &mut Ctx<'_>,
    want: Want<'_>,
    (market, preference, place): (&Market, &Preference, &Place),
    (least, most): (u32, u32),
) -> Result<Vec<(Slot, u32)>> {
    if want.tenancy == Tenancy::Host {
        if let (Some(group), None) = (&place.host_group, &place.host_id) {
            return host::group::choose(ctx, (want.instance_type, want.zone), group, (least, most));
        }
        return host::choose(ctx, (want.instance_type, want.zone), place, (least, most));
    }
    if market.is_spot() {
        return take_from_pool(ctx, want, market, (least, most), Vec::new());
    }
    let matching = Choice::of(ctx, preference)?.matching(ctx, want)?;
    let pool_allowed = preference.allows_pool();
    let reserved: u32 = matching.iter().map(|(_, free)| *free).sum::<u32>().min(most);
    if !pool_allowed && reserved < least {
        return Err(reservation::exceeded());
    }
    let mut slots = Vec::new();
    let mut missing = most;
    for (id, free) in matching {
        let count = free.min(missing);
        if count > 0 {
            missing -= count;
            slots.push((Slot::Reservation(id), count));
        }
    }
    if !pool_allowed || missing == 0 {
        enter(ctx, &slots)?;
        return Ok(slots);
    }
    let still = least.saturating_sub(reserved);
    let slots = take_from_pool(ctx, want, market, (still, missing), slots)?;
    enter(ctx, &slots)?;
    Ok(slots)
}

fn enter(ctx: &mut Ctx<'_>, slots: &[(Slot, u32)]) -> Result<()> {
    for (slot, count) in slots {
        if let Slot::Reservation(id) = slot {
            reservation::enter(ctx, id, *count)?;
        }
    }
    Ok(())
}

fn take_from_pool(
    ctx: &mut Ctx<'_>,
    want: Want<'_>,
    market: &Market,
    (least, most): (u32, u32),
    mut slots: Vec<(Slot, u32)>,
) -> Result<Vec<(Slot, u32)>> {
    let pool = want.pool(ctx);
    let free = u32::try_from(capacity::pool(ctx, pool).free()).unwrap_or(u32::MAX);
    let count = free.min(most);
    if count < least {
        return Err(insufficient(ctx, want, market, least));
    }
    if count == 0 {
        return Ok(slots);
    }
    match capacity::take(ctx, pool, u64::from(count))? {
        Ok(()) => slots.push((Slot::Pool, count)),
        Err(_) => return Err(insufficient(ctx, want, market, least)),
    }
    Ok(slots)
}

/// Gives back the slot of an instance that has come to rest.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn give_back(ctx: &mut Ctx<'_>, instance: &Instance, launch: &Launch) -> Result<()> {
    match &instance.slot {
        Slot::None => Ok(()),
        Slot::Pool => {
            let want = want(instance, launch);
            let pool = want.pool(ctx);
            capacity::give_back(ctx, pool, 1)
        }
        Slot::Reservation(id) => reservation::leave(ctx, id, 1),
        Slot::Host(id) => host::leave(ctx, id, &instance.id),
    }
}

/// What the instance needs a slot for.
pub(crate) fn want<'a>(instance: &'a Instance, launch: &'a Launch) -> Want<'a> {
    Want {
        instance_type: &instance.settings(launch).instance_type,
        platform: &launch.platform,
        zone: &launch.zone,
        tenancy: instance.tenancy(launch),
    }
}

/// `InsufficientInstanceCapacity` in AWS's words: which other zones have `count` to give is said as on AWS.
pub(crate) fn insufficient(ctx: &Ctx<'_>, want: Want<'_>, market: &Market, count: u32) -> Error {
    if market.is_spot() {
        let message = "There is no Spot capacity available that matches your request.";
        return Error::server("InsufficientInstanceCapacity", message);
    }
    let Want { instance_type, zone, .. } = want;
    let mut message = format!(
        "We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested \
         ({zone}). Our system will be working on provisioning additional capacity."
    );
    let others = zones_with_room(ctx, want, count);
    if !others.is_empty() {
        message.push_str(&format!(
            " You can currently get {instance_type} capacity by not specifying an Availability Zone in your \
             request or choosing {}.",
            others.join(", ")
        ));
    }
    Error::server("InsufficientInstanceCapacity", message)
}

/// `InsufficientInstanceCapacity` for a request that named no zone.
pub(crate) fn insufficient_everywhere(instance_type: &str, market: &Market) -> Error {
    let message = match market {
        Market::Spot(_) => "There is no Spot capacity available that matches your request.".to_owned(),
        Market::OnDemand => format!(
            "We currently do not have sufficient {instance_type} capacity in zones with support for 'gp3' volumes. \
             Our system will be working on provisioning additional capacity."
        ),
    };
    Error::server("InsufficientInstanceCapacity", message)
}

fn zones_with_room(ctx: &Ctx<'_>, want: Want<'_>, count: u32) -> Vec<&'static str> {
    let Some(entry) = ironbird_rig::catalogue::instance_types::get(want.instance_type) else {
        return Vec::new();
    };
    let has_room = |zone: &str| {
        let pool = Want { zone, ..want };
        capacity::pool(ctx, pool.pool(ctx)).free() >= u64::from(count.max(1))
    };
    let zones = offerings::zones_of(entry, ctx.region().code());
    let others = zones.into_iter().map(|zone| zone.name).filter(|zone| *zone != want.zone);
    others.filter(|zone| has_room(zone)).collect()
}

/// `Unsupported`: the zone does not offer the type.
pub(crate) fn not_offered(ctx: &Ctx<'_>, entry: &InstanceType, zone: &str) -> Error {
    let name = entry.name;
    let zones = offerings::zones_of(entry, ctx.region().code());
    let zones: Vec<&str> = zones.into_iter().map(|zone| zone.name).collect();
    let message = match zones.is_empty() || zone.is_empty() {
        true => "The requested configuration is currently not supported. Please check the documentation for supported \
                 configurations."
            .to_owned(),
        false => format!(
            "Your requested instance type ({name}) is not supported in your requested Availability Zone ({zone}). \
             Please retry your request by not specifying an Availability Zone or choosing {}.",
            zones.join(", ")
        ),
    };
    Error::client("Unsupported", message)
}

/// Begins to charge for an instance that has got its slot.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn open_meter(ctx: &mut Ctx<'_>, instance: &Instance, launch: &Launch) -> Result<()> {
    let want = want(instance, launch);
    let (kind, hourly) = match (&launch.market, want.tenancy) {
        (Market::Spot(_), _) => {
            let price = spot::price(ctx.seed(), want.zone, want.instance_type, want.platform, ctx.now());
            (InstanceUsage::Spot, price.map(|price| price.0))
        }
        (Market::OnDemand, Tenancy::Dedicated) => (InstanceUsage::Dedicated, on_demand(ctx, want)),
        // The host is paid for, and not what runs on it.
        (Market::OnDemand, Tenancy::Host) => (InstanceUsage::OnHost, Some(0)),
        (Market::OnDemand, Tenancy::Default) => (InstanceUsage::OnDemand, on_demand(ctx, want)),
    };
    let meter = Usage {
        service: "AmazonEC2".to_owned(),
        usage_type: usage::instance_usage_type(ctx.region().code(), kind, want.instance_type),
        operation: launch.usage_operation.clone(),
        resource: instance.id.clone(),
        unit: "Hrs".to_owned(),
        hourly,
        units: 1,
        minimum_seconds: 60,
        from: ctx.now(),
        until: None,
    };
    if !launch.market.is_spot() {
        return metering::open(ctx, meter);
    }
    let pool = SpotPool {
        zone: want.zone.to_owned(),
        instance_type: want.instance_type.to_owned(),
        product: want.platform.to_owned(),
    };
    metering::open_spot(ctx, meter, pool)
}

/// The On-Demand price of an hour in nano-dollars; none where it is not known.
pub(crate) fn on_demand(ctx: &Ctx<'_>, want: Want<'_>) -> Option<i64> {
    let platform = prices::Platform::from_product(want.platform)?;
    let tenancy = match want.tenancy {
        Tenancy::Default => prices::Tenancy::Default,
        Tenancy::Dedicated | Tenancy::Host => prices::Tenancy::Dedicated,
    };
    let price = prices::on_demand(ctx.region().code(), want.instance_type, platform, tenancy)?;
    Some(price.hourly.0)
}
