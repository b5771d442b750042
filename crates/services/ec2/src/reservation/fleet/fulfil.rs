//! How a fleet gets its capacity.
//!
//! It goes through its types by priority. AWS says that the number of instances is the target over the weight and
//! leaves open what becomes of a fraction; here it is rounded up, so that a fleet reserves at least its target: 25
//! units of r6i.8xlarge at weight 4 are 7 instances, 28 units. Of a pool that is short it reserves what there is,
//! and goes on with the next type. What is still missing is tried again every minute.

use ironbird_rig::capacity;
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Result, Timestamp};

use super::{Fleet, Fleets, Member, State};
use crate::instance::slot::Want;
use crate::reservation::record::{self, NewReservation, Reservation, Reservations};

/// The timer handler's name.
pub(super) const TIMER: &str = "ec2.capacity-reservation-fleet";

/// Seconds from a request, or from one attempt to the next.
const FIRST: i64 = 10;
const AGAIN: i64 = 60;

/// Lets the fleet look after its capacity: now, or in a while, as on AWS.
pub(super) fn schedule(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    match ctx.settings().transitions {
        Transitions::Instant => attempt(ctx, id),
        Transitions::Realistic => wake_in(ctx, id, FIRST),
    }
}

/// A reservation of the fleet was cancelled by hand: the fleet makes another.
///
/// # Errors
/// In an operation registered as one that reads.
pub(in crate::reservation) fn on_member_gone(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    if !ctx.peek::<Fleets>(&key).is_some_and(|fleet| fleet.state.is_live()) {
        return Ok(());
    }
    let fulfilled = ctx.get::<Fleets>(&key).map_or(0.0, |fleet| fulfilled(ctx, &fleet));
    ctx.update::<Fleets, _>(&key, |fleet| {
        fleet.state = if fulfilled > 0.0 { State::PartiallyFulfilled } else { State::Submitted };
    })?;
    wake_in(ctx, id, FIRST)
}

fn wake_in(ctx: &mut Ctx<'_>, id: &str, seconds: i64) -> Result<()> {
    let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(seconds * 1_000_000_000));
    ctx.update::<Fleets, _>(&ctx.scope().key(id), |fleet| fleet.due = Some(due))?;
    ctx.wake_at(due, TIMER, id)?;
    Ok(())
}

/// The timer handler.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let now = ctx.now();
    let Some(fleet) = ctx.get::<Fleets>(&ctx.scope().key(id)) else { return Ok(()) };
    if fleet.end.is_some_and(|end| end <= now) && fleet.state != State::Cancelled {
        return expire(ctx, &fleet);
    }
    if fleet.state.is_live() && fleet.due.is_some_and(|due| due <= now) {
        return attempt(ctx, id);
    }
    Ok(())
}

/// First `expiring`, then, a while after, `expired`; the reservations end at once.
fn expire(ctx: &mut Ctx<'_>, fleet: &Fleet) -> Result<()> {
    let key = ctx.scope().key(&fleet.id);
    if matches!(fleet.state, State::Expiring) {
        ctx.update::<Fleets, _>(&key, |fleet| fleet.state = State::Expired)?;
        return Ok(());
    }
    if fleet.state == State::Expired {
        return Ok(());
    }
    end_members(ctx, fleet, record::State::Expired)?;
    let instant = ctx.settings().transitions == Transitions::Instant;
    let state = if instant { State::Expired } else { State::Expiring };
    ctx.update::<Fleets, _>(&key, |fleet| fleet.state = state)?;
    if instant { Ok(()) } else { wake_in(ctx, &fleet.id, FIRST) }
}

/// Ends all reservations of a fleet.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn end_members(ctx: &mut Ctx<'_>, fleet: &Fleet, state: record::State) -> Result<()> {
    for member in &fleet.members {
        record::release(ctx, &member.reservation_id, state)?;
    }
    Ok(())
}

/// Units that the fleet's reservations hold now.
pub(super) fn fulfilled(ctx: &Ctx<'_>, fleet: &Fleet) -> f64 {
    active(ctx, fleet)
        .map(|(specification, reservation)| {
            fleet.specifications[specification].weight * f64::from(reservation.total)
        })
        // Not `sum`, which makes -0 of nothing.
        .fold(0.0, |total, units| total + units)
}

/// The fleet's reservations that are active, each with the position of its specification.
pub(super) fn active<'t>(
    ctx: &'t Ctx<'_>,
    fleet: &'t Fleet,
) -> impl Iterator<Item = (usize, &'t Reservation)> {
    let reservation = move |member: &'t Member| {
        let found = ctx.peek::<Reservations>(&ctx.scope().key(&member.reservation_id))?;
        (found.state == record::State::Active).then_some((member.specification, found))
    };
    fleet.members.iter().filter_map(reservation)
}

/// Instances of a weight that make up `missing` units.
fn instances(missing: f64, weight: f64) -> u32 {
    // A hair is taken off, so that 0.3 units at 0.1 are 3 and not 4.
    (missing / weight - 1e-9).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Reserves what is missing, as far as there is capacity, or lets go of what is too much.
fn attempt(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(fleet) = ctx.get::<Fleets>(&key) else { return Ok(()) };
    let target = f64::from(fleet.target);
    let mut held = fulfilled(ctx, &fleet);
    if held > target {
        shrink(ctx, &fleet)?;
    }
    let mut order: Vec<usize> = (0..fleet.specifications.len()).collect();
    order.sort_by_key(|position| (fleet.specifications[*position].priority.unwrap_or(i32::MAX), *position));
    for position in order {
        let weight = fleet.specifications[position].weight;
        let wanted = instances(target - held, weight);
        if wanted > 0 {
            held += f64::from(reserve(ctx, &fleet, position, wanted)?) * weight;
        }
    }
    let done = held >= target;
    ctx.update::<Fleets, _>(&key, |fleet| {
        fleet.due = None;
        fleet.state = match (done, held > 0.0) {
            (true, _) => State::Active,
            (false, true) => State::PartiallyFulfilled,
            (false, false) => State::Submitted,
        };
    })?;
    if done { Ok(()) } else { wake_in(ctx, id, AGAIN) }
}

/// Reserves up to `wanted` instances of one specification; how many it were.
fn reserve(ctx: &mut Ctx<'_>, fleet: &Fleet, position: usize, wanted: u32) -> Result<u32> {
    let specification = &fleet.specifications[position];
    let want = Want {
        instance_type: &specification.instance_type,
        platform: &specification.platform,
        zone: &specification.zone,
        tenancy: fleet.tenancy,
    };
    let free = u32::try_from(capacity::pool(ctx, want.pool(ctx)).free()).unwrap_or(u32::MAX);
    let same = active(ctx, fleet).find(|(other, _)| *other == position);
    if let Some((_, reservation)) = same {
        let (id, total) = (reservation.id.clone(), reservation.total);
        let count = wanted.min(free);
        if count > 0 && record::resize(ctx, &id, total.saturating_add(count))?.is_ok() {
            return Ok(count);
        }
        return Ok(0);
    }
    // Instances that run already may be counted in, so more than what is free may be had.
    for count in [wanted, wanted.min(free)] {
        if count == 0 {
            continue;
        }
        let new = NewReservation {
            instance_type: specification.instance_type.clone(),
            platform: specification.platform.clone(),
            zone: specification.zone.clone(),
            tenancy: fleet.tenancy,
            total: count,
            open: true,
            ebs_optimized: specification.ebs_optimized,
            end: fleet.end,
            fleet_id: Some(fleet.id.clone()),
            client_token: None,
        };
        if let Ok(reservation_id) = record::create(ctx, new)? {
            crate::tag::apply(ctx, None, "capacity-reservation", &reservation_id)?;
            let member = Member { reservation_id, specification: position };
            ctx.update::<Fleets, _>(&ctx.scope().key(&fleet.id), |fleet| fleet.members.push(member))?;
            return Ok(count);
        }
    }
    Ok(0)
}

/// Lets go of slots that nothing runs in and that the target does not need, of the last priority first.
fn shrink(ctx: &mut Ctx<'_>, fleet: &Fleet) -> Result<()> {
    let mut surplus = fulfilled(ctx, fleet) - f64::from(fleet.target);
    let mut members: Vec<(usize, String, u32, u32)> = active(ctx, fleet)
        .map(|(position, reservation)| {
            (position, reservation.id.clone(), reservation.total, reservation.free())
        })
        .collect();
    members.sort_by_key(|(position, ..)| {
        std::cmp::Reverse((fleet.specifications[*position].priority.unwrap_or(i32::MAX), *position))
    });
    for (position, id, total, free) in members {
        let weight = fleet.specifications[position].weight;
        let count = ((surplus / weight + 1e-9).floor().max(0.0) as u32).min(free);
        surplus -= f64::from(count) * weight;
        if count == total {
            record::release(ctx, &id, record::State::Cancelled)?;
        } else if count > 0 {
            // Fewer slots need nothing of the pool, so this cannot fall short.
            let _ = record::resize(ctx, &id, total - count)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::instances;

    #[test]
    fn fractions_of_instances_are_rounded_up() {
        for (missing, weight, expected) in
            [(25.0, 4.0, 7), (24.0, 4.0, 6), (0.3, 0.1, 3), (1.0, 48.0, 1), (0.0, 4.0, 0), (-3.0, 4.0, 0)]
        {
            assert_eq!(instances(missing, weight), expected, "{missing} {weight}");
        }
    }
}
