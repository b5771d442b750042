//! Capacity Reservations: slots of a pool that are held for an account, used or not.

use std::collections::BTreeMap;

use ironbird_rig::account::Account;
use ironbird_rig::capacity::{self, Insufficient};
use ironbird_rig::catalogue::prices;
use ironbird_rig::catalogue::usage::{self, InstanceUsage};
use ironbird_rig::metering::{self, Usage};
use ironbird_rig::{Ctx, Error, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use super::{group, sharing};
use crate::instance::record::{Instances, Launches, Preference, Slot, Tenancy};
use crate::instance::slot::{self, Want};
use crate::{kinds, loan};

/// The timer handler's name.
pub(crate) const TIMER: &str = "ec2.capacity-reservation";

/// What is emitted, with the id, when a reservation is cancelled or expires.
const ENDED: &str = "ec2.capacity-reservation-ended";

/// All Capacity Reservations: (account, Region, id).
pub(crate) struct Reservations;

impl Table for Reservations {
    const NAME: &'static str = "ec2.capacity-reservations";
    type Record = Reservation;
}

/// Where a reservation stands. What else AWS has (pending, failed, scheduled…) belongs to future-dated
/// reservations and to cluster placement groups, which are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Active,
    Expired,
    Cancelled,
}

impl State {
    /// `active`, `expired`, `cancelled`
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One Capacity Reservation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) id: String,
    /// Orders reservations made at the same instant.
    pub(crate) number: u64,
    pub(crate) instance_type: String,
    /// `Linux/UNIX`, …
    pub(crate) platform: String,
    pub(crate) zone: String,
    pub(crate) tenancy: Tenancy,
    /// Slots held.
    pub(crate) total: u32,
    /// Slots that instances run in.
    pub(crate) used: u32,
    /// Whether instances run in it without asking for it.
    pub(crate) open: bool,
    pub(crate) ebs_optimized: bool,
    pub(crate) created: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) state: State,
    /// Capacity Reservation Fleet that it belongs to.
    pub(crate) fleet_id: Option<String>,
    pub(crate) client_token: Option<String>,
    /// The accounts that it is shared with, and how many of the used slots are each one's.
    #[serde(default)]
    pub(crate) consumers: BTreeMap<Account, u32>,
    /// Slots that it does not have, for now: instances of an account that it was shared with run on them.
    #[serde(default)]
    pub(crate) missing: u32,
}

impl Reservation {
    /// Slots that nothing runs in.
    pub(crate) const fn free(&self) -> u32 {
        self.total.saturating_sub(self.taken())
    }

    /// Slots that something runs in, in the reservation or since it ran there.
    pub(crate) const fn taken(&self) -> u32 {
        self.used.saturating_add(self.missing)
    }

    /// What its slots are for.
    pub(crate) fn want(&self) -> Want<'_> {
        Want {
            instance_type: &self.instance_type,
            platform: &self.platform,
            zone: &self.zone,
            tenancy: self.tenancy,
        }
    }

    fn fits(&self, want: Want<'_>) -> bool {
        self.state == State::Active
            && self.instance_type == want.instance_type
            && self.platform == want.platform
            && self.zone == want.zone
            && self.tenancy == want.tenancy
    }
}

/// `ReservationCapacityExceeded`: the reservations that may be used have too few free slots.
pub(crate) fn exceeded() -> Error {
    Error::client(
        "ReservationCapacityExceeded",
        "The requested reservation does not have sufficient compatible and available capacity for this request.",
    )
}

/// The open reservations that match and have room, the oldest first, and how many slots each has free.
pub(crate) fn open_for(ctx: &Ctx<'_>, want: Want<'_>) -> Vec<(String, u32)> {
    let own = ctx.scan::<Reservations>(&ctx.scope().prefix()).map(|(_, reservation)| reservation);
    let all = own.chain(loan::shared::<Reservations>(ctx).map(|(_, reservation)| reservation));
    let mut found: Vec<&Reservation> = all
        .filter(|reservation| reservation.open && reservation.free() > 0 && reservation.fits(want))
        .collect();
    found.sort_unstable_by_key(|reservation| reservation.number);
    found.into_iter().map(|reservation| (reservation.id.clone(), reservation.free())).collect()
}

/// Those of some reservations that match and have room, the oldest first, and how many slots each has free.
pub(super) fn free_among(ctx: &Ctx<'_>, ids: &[String], want: Want<'_>) -> Vec<(String, u32)> {
    let named = ids.iter().filter_map(|id| loan::peek::<Reservations>(ctx, id));
    let mut found: Vec<&Reservation> =
        named.filter(|reservation| reservation.free() > 0 && reservation.fits(want)).collect();
    found.sort_unstable_by_key(|reservation| reservation.number);
    found.into_iter().map(|reservation| (reservation.id.clone(), reservation.free())).collect()
}

/// The reservation that a launch names, and how many slots it has free.
///
/// # Errors
/// When there is none, it is not active, or it is for other instances.
pub(crate) fn targeted_for(ctx: &Ctx<'_>, id: &str, want: Want<'_>) -> Result<(String, u32)> {
    let reservation = loan::find::<Reservations>(ctx, id)?;
    if reservation.state != State::Active {
        let state = reservation.state.name();
        return Err(Error::client(
            "InvalidCapacityReservationState",
            format!("The capacity reservation '{id}' is in state '{state}' and cannot be launched into"),
        ));
    }
    if !reservation.fits(want) {
        return Err(exceeded());
    }
    Ok((reservation.id.clone(), reservation.free()))
}

/// Instances begin to run in a reservation.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn enter(ctx: &mut Ctx<'_>, id: &str, count: u32) -> Result<()> {
    change_used(ctx, id, |used| used + count)
}

/// Changes how many slots of a reservation the caller uses, be it the owner or an account that it is shared with.
fn change_used(ctx: &mut Ctx<'_>, id: &str, change: impl Fn(u32) -> u32) -> Result<()> {
    let account = ctx.scope().account;
    let home = loan::home(ctx, id);
    ctx.within(home, |ctx| {
        ctx.update::<Reservations, _>(&home.key(id), |reservation| {
            reservation.used = change(reservation.used);
            if account != home.account {
                let of_account = reservation.consumers.entry(account).or_default();
                *of_account = change(*of_account);
            }
        })?;
        meter_unused(ctx, id)
    })
}

/// Instances no longer run in a reservation.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn leave(ctx: &mut Ctx<'_>, id: &str, count: u32) -> Result<()> {
    change_used(ctx, id, |used| used.saturating_sub(count))
}

/// A reservation to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewReservation {
    pub(crate) instance_type: String,
    pub(crate) platform: String,
    pub(crate) zone: String,
    pub(crate) tenancy: Tenancy,
    pub(crate) total: u32,
    pub(crate) open: bool,
    pub(crate) ebs_optimized: bool,
    pub(crate) end: Option<Timestamp>,
    pub(crate) fleet_id: Option<String>,
    pub(crate) client_token: Option<String>,
}

/// Makes a reservation; its id. Instances that run already and match an open one run in it from now on, and the
/// slots they have count towards it.
///
/// # Errors
/// The inner error is the pool's: it has too few free slots, and nothing was made.
pub(crate) fn create(
    ctx: &mut Ctx<'_>,
    new: NewReservation,
) -> Result<std::result::Result<String, Insufficient>> {
    let number = ctx.next_number("ec2.capacity-reservation")?;
    let id = ctx.fresh_id("cr")?;
    let reservation = Reservation {
        id: id.clone(),
        number,
        instance_type: new.instance_type,
        platform: new.platform,
        zone: new.zone,
        tenancy: new.tenancy,
        total: new.total,
        used: 0,
        open: new.open,
        ebs_optimized: new.ebs_optimized,
        created: ctx.now(),
        end: new.end,
        state: State::Active,
        fleet_id: new.fleet_id,
        client_token: new.client_token,
        consumers: BTreeMap::new(),
        missing: 0,
    };
    let joining = if reservation.open { joining(ctx, &reservation, is_open) } else { Vec::new() };
    let joined = u32::try_from(joining.len()).unwrap_or(u32::MAX).min(reservation.total);
    let want = reservation.want();
    let pool = want.pool(ctx);
    if let Err(short) = capacity::take(ctx, pool, u64::from(reservation.total - joined))? {
        return Ok(Err(short));
    }
    if let Some(end) = reservation.end {
        ctx.wake_at(end, TIMER, &id)?;
    }
    let key = ctx.scope().key(&id);
    ctx.put::<Reservations>(key, reservation)?;
    join(ctx, &id, &joining)?;
    meter(ctx, &id)?;
    Ok(Ok(id))
}

/// Lets instances that match, up to the free slots, run in a reservation that they do not run in yet: those that run in any
/// open one if it is, and those that aim at a group that it is in. Their slots of the pool become slots of the reservation's.
/// The owner's come first, then those of the accounts that it is shared with.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn absorb(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    absorb_mine(ctx, id)?;
    let Some(reservation) = ctx.get::<Reservations>(&ctx.scope().key(id)) else { return Ok(()) };
    sharing::for_consumers(ctx, &reservation, |ctx| absorb_mine(ctx, id))
}

/// The same for instances of one account.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn absorb_mine(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    if loan::peek::<Reservations>(ctx, id).is_some_and(|reservation| reservation.open) {
        absorb_those(ctx, id, is_open)?;
    }
    group::nudge(ctx)
}

fn is_open(preference: &Preference) -> bool {
    *preference == Preference::Open
}

/// Lets instances that match, say what is `wanted` and run outside reservations run in one, up to its free slots.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn absorb_those(ctx: &mut Ctx<'_>, id: &str, wanted: impl Fn(&Preference) -> bool) -> Result<()> {
    let Some(reservation) = loan::peek::<Reservations>(ctx, id).cloned() else { return Ok(()) };
    let mut joining = joining(ctx, &reservation, wanted);
    joining.truncate(usize::try_from(reservation.free()).unwrap_or(usize::MAX));
    let count = u64::try_from(joining.len()).unwrap_or(u64::MAX);
    let want = reservation.want();
    let pool = want.pool(ctx);
    capacity::give_back(ctx, pool, count)?;
    join(ctx, id, &joining)
}

fn join(ctx: &mut Ctx<'_>, id: &str, instances: &[String]) -> Result<()> {
    for instance in instances {
        let key = ctx.scope().key(instance);
        ctx.update::<Instances, _>(&key, |record| record.slot = Slot::Reservation(id.to_owned()))?;
    }
    enter(ctx, id, u32::try_from(instances.len()).unwrap_or(u32::MAX))
}

/// Instances on slots of the pool that a reservation matches and that say what is `wanted`, as many as it has slots at most.
fn joining(ctx: &Ctx<'_>, reservation: &Reservation, wanted: impl Fn(&Preference) -> bool) -> Vec<String> {
    let matches = |instance: &crate::instance::record::Instance| {
        if instance.slot != Slot::Pool || !instance.state.is_up() {
            return false;
        }
        let Some(launch) = ctx.peek::<Launches>(&ctx.scope().key(&instance.reservation_id)) else {
            return false;
        };
        wanted(instance.preference(launch))
            && !launch.market.is_spot()
            && reservation.fits(slot::want(instance, launch))
    };
    let instances = ctx.scan::<Instances>(&ctx.scope().prefix()).map(|(_, instance)| instance);
    let limit = usize::try_from(reservation.total).unwrap_or(usize::MAX);
    instances.filter(|instance| matches(instance)).take(limit).map(|instance| instance.id.clone()).collect()
}

/// Ends a reservation: slots that nothing runs in go back to the pool, and instances go on outside it, on the
/// slots they have.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn release(ctx: &mut Ctx<'_>, id: &str, state: State) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(reservation) = ctx.get::<Reservations>(&key) else { return Ok(()) };
    if reservation.state != State::Active {
        return Ok(());
    }
    let want = reservation.want();
    let pool = want.pool(ctx);
    capacity::give_back(ctx, pool, u64::from(reservation.free()))?;
    if reservation.used > 0 {
        sharing::evict(ctx, id)?;
        sharing::for_consumers(ctx, &reservation, |ctx| {
            sharing::evict(ctx, id)?;
            group::nudge(ctx)
        })?;
    }
    ctx.update::<Reservations, _>(&key, |record| {
        record.state = state;
        (record.used, record.missing) = (0, 0);
        record.consumers.values_mut().for_each(|used| *used = 0);
    })?;
    metering::close(ctx, id, None)?;
    ctx.emit(ENDED, id)?;
    group::nudge(ctx)
}

/// Changes how many slots a reservation holds.
///
/// # Errors
/// The inner error is the pool's: it has too few free slots, and nothing was changed.
pub(crate) fn resize(
    ctx: &mut Ctx<'_>,
    id: &str,
    total: u32,
) -> Result<std::result::Result<(), Insufficient>> {
    let key = ctx.scope().key(id);
    let reservation =
        ctx.get::<Reservations>(&key).ok_or_else(|| kinds::CAPACITY_RESERVATION.not_found(id))?;
    let want = reservation.want();
    let pool = want.pool(ctx);
    if total > reservation.total {
        if let Err(short) = capacity::take(ctx, pool, u64::from(total - reservation.total))? {
            return Ok(Err(short));
        }
    } else {
        capacity::give_back(ctx, pool, u64::from(reservation.total - total))?;
    }
    ctx.update::<Reservations, _>(&key, |record| record.total = total)?;
    meter(ctx, id)?;
    if total > reservation.total {
        group::nudge(ctx)?;
        sharing::for_consumers(ctx, &reservation, group::nudge)?;
    }
    Ok(Ok(()))
}

/// Makes a reservation of slots that another one has free; its id.
///
/// # Errors
/// When there is no such reservation.
pub(crate) fn split(ctx: &mut Ctx<'_>, source: &str, count: u32) -> Result<String> {
    let key = ctx.scope().key(source);
    let from = ctx.get::<Reservations>(&key).ok_or_else(|| kinds::CAPACITY_RESERVATION.not_found(source))?;
    let id = ctx.fresh_id("cr")?;
    let new = Reservation {
        id: id.clone(),
        number: ctx.next_number("ec2.capacity-reservation")?,
        total: 0,
        used: 0,
        created: ctx.now(),
        fleet_id: None,
        client_token: None,
        consumers: BTreeMap::new(),
        missing: 0,
        ..Reservation::clone(&from)
    };
    if let Some(end) = new.end {
        ctx.wake_at(end, TIMER, &id)?;
    }
    ctx.put::<Reservations>(ctx.scope().key(&id), new)?;
    shift(ctx, source, &id, count)?;
    Ok(id)
}

/// Moves free slots from one reservation to another. One that has none left is cancelled.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn shift(ctx: &mut Ctx<'_>, from: &str, to: &str, count: u32) -> Result<()> {
    let left = ctx.update::<Reservations, _>(&ctx.scope().key(from), |record| {
        record.total = record.total.saturating_sub(count);
        record.total
    })?;
    ctx.update::<Reservations, _>(&ctx.scope().key(to), |record| record.total += count)?;
    meter(ctx, to)?;
    match left {
        Some(0) => release(ctx, from, State::Cancelled),
        _ => meter(ctx, from),
    }
}

/// Counts the slots that a reservation holds, which cost nothing in themselves, and charges for the unused ones.
fn meter(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    metering::close(ctx, id, None)?;
    let Some(reservation) = ctx.get::<Reservations>(&ctx.scope().key(id)) else { return Ok(()) };
    let kind = match reservation.tenancy {
        Tenancy::Default => InstanceUsage::Reservation,
        Tenancy::Dedicated | Tenancy::Host => InstanceUsage::DedicatedReservation,
    };
    open_meter(ctx, &reservation, kind, reservation.total, Some(0))?;
    meter_unused(ctx, id)
}

/// Charges the owner for the slots that are unused now: they cost as much as instances.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn meter_unused(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let Some(reservation) = ctx.get::<Reservations>(&ctx.scope().key(id)) else { return Ok(()) };
    let kind = match reservation.tenancy {
        Tenancy::Default => InstanceUsage::UnusedReservation,
        Tenancy::Dedicated | Tenancy::Host => InstanceUsage::UnusedDedicatedReservation,
    };
    let usage_type = usage::instance_usage_type(ctx.region().code(), kind, &reservation.instance_type);
    metering::close(ctx, id, Some(&usage_type))?;
    let price = slot::on_demand(ctx, reservation.want());
    open_meter(ctx, &reservation, kind, reservation.free(), price)
}

fn open_meter(
    ctx: &mut Ctx<'_>,
    reservation: &Reservation,
    kind: InstanceUsage,
    units: u32,
    hourly: Option<i64>,
) -> Result<()> {
    if reservation.state != State::Active || units == 0 {
        return Ok(());
    }
    let platform = prices::Platform::from_product(&reservation.platform);
    let meter = Usage {
        service: "AmazonEC2".to_owned(),
        usage_type: usage::instance_usage_type(ctx.region().code(), kind, &reservation.instance_type),
        operation: platform.map_or("RunInstances", usage::run_instances_operation).to_owned(),
        resource: reservation.id.clone(),
        unit: "Hrs".to_owned(),
        hourly,
        units: u64::from(units),
        minimum_seconds: 0,
        from: ctx.now(),
        until: None,
    };
    metering::open(ctx, meter)
}

/// The timer handler: a reservation whose end has come expires.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    let key = ctx.scope().key(id);
    let is_due = ctx
        .peek::<Reservations>(&key)
        .is_some_and(|reservation| reservation.end.is_some_and(|end| end <= now));
    if is_due { release(ctx, id, State::Expired) } else { Ok(()) }
}
