//! Capacity Reservations that other accounts may use; see [`crate::loan`].
//!
//! Once a reservation is no longer shared, the consumer's instances run on outside it, and it gets its slots back as the
//! pool has room. Sources: "Shared Capacity Reservations" in the EC2 user guide, and the chapters below it.
//!
//! Who may use a reservation is kept twice: with the consumer, for what it sees, and in the reservation, for who uses how
//! much.

use ironbird_rig::account::{Account, Scope};
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp, capacity};

use super::group;
use super::record::{self, Reservation, Reservations, State};
use crate::instance::record::{Instances, Slot};
use crate::loan::Lent;

/// The timer handler's name: slots that a consumer's instances took along are taken from the pool again.
const RESTORE: &str = "ec2.capacity-reservation-restore";
/// What is emitted, with the id, where a reservation is no longer shared with an account.
const UNSHARED: &str = "ec2.capacity-reservation-unshared";

/// Seconds from one attempt to restore slots to the next.
const AGAIN: i64 = 60;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.timer(RESTORE, restore)
}

impl Lent for Reservations {
    const SHARED_AS: &'static str = "ec2:CapacityReservation";

    /// Instances that run already and match an open one run in it.
    fn gain(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<()> {
        let here = ctx.scope();
        ctx.update::<Reservations, _>(&Scope { account: owner, ..here }.key(id), |reservation| {
            reservation.consumers.entry(here.account).or_default();
        })?;
        record::absorb_mine(ctx, id)
    }

    fn lose(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<bool> {
        let here = ctx.scope();
        let left = evict(ctx, id)?;
        ctx.within(Scope { account: owner, ..here }, |ctx| {
            ctx.update::<Reservations, _>(&ctx.scope().key(id), |reservation| {
                reservation.consumers.remove(&here.account);
                reservation.used = reservation.used.saturating_sub(left);
                reservation.missing += left;
            })?;
            restore(ctx, id)
        })?;
        ctx.emit(UNSHARED, id)?;
        group::nudge(ctx)?;
        Ok(false)
    }
}

/// Does `work` for every account that a reservation is shared with, in its scope; the context is the owner's.
///
/// # Errors
/// Those of `work`.
pub(super) fn for_consumers(
    ctx: &mut Ctx<'_>,
    reservation: &Reservation,
    mut work: impl FnMut(&mut Ctx<'_>) -> Result<()>,
) -> Result<()> {
    let here = ctx.scope();
    for account in reservation.consumers.keys() {
        ctx.within(Scope { account: *account, ..here }, &mut work)?;
    }
    Ok(())
}

/// Puts the caller's instances in a reservation on slots of the pool; how many they are.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn evict(ctx: &mut Ctx<'_>, id: &str) -> Result<u32> {
    let inside: Vec<String> = ctx
        .scan::<Instances>(&ctx.scope().prefix())
        .filter(|(_, instance)| matches!(&instance.slot, Slot::Reservation(other) if other == id))
        .map(|(_, instance)| instance.id.clone())
        .collect();
    for instance in &inside {
        let key = ctx.scope().key(instance);
        ctx.update::<Instances, _>(&key, |record| record.slot = Slot::Pool)?;
    }
    Ok(u32::try_from(inside.len()).unwrap_or(u32::MAX))
}

/// The timer handler: a reservation takes slots that it lacks from the pool, as far as that has any.
fn restore(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(reservation) = ctx.get::<Reservations>(&key) else { return Ok(()) };
    if reservation.state != State::Active || reservation.missing == 0 {
        return Ok(());
    }
    let want = reservation.want();
    let pool = want.pool(ctx);
    let free = u32::try_from(capacity::pool(ctx, pool).free()).unwrap_or(u32::MAX);
    let count = free.min(reservation.missing);
    if count > 0 && capacity::take(ctx, pool, u64::from(count))?.is_ok() {
        ctx.update::<Reservations, _>(&key, |reservation| reservation.missing -= count)?;
        record::absorb(ctx, id)?;
    }
    record::meter_unused(ctx, id)?;
    if count < reservation.missing {
        let due = ctx.now().nanos().saturating_add(AGAIN * 1_000_000_000);
        ctx.wake_at(Timestamp::from_nanos(due), RESTORE, id)?;
    }
    Ok(())
}
