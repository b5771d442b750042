//! Capacity Reservations that other accounts may use: their owners share them with AWS Resource Access Manager.
//!
//! A consumer sees a shared reservation and runs instances in it as if it were its own, but cannot change it. Once it is no
//! longer shared, the consumer's instances run on outside it, and it gets its slots back as the pool has room. Sources:
//! "Shared Capacity Reservations" in the EC2 user guide, and the chapters below it.
//!
//! RAM is asked what is shared when it says that something changed, so that a launch asks nobody. Who may use a reservation
//! is kept twice: with the consumer, for what it sees, and in the reservation, for who uses how much.

use std::collections::BTreeMap;

use ironbird_api::ram;
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table, Timestamp, capacity};
use serde::{Deserialize, Serialize};

use super::group;
use super::record::{self, Reservation, Reservations, State};
use crate::instance::record::{Instances, Slot};
use crate::{PRINCIPAL, resource};

/// What RAM emits when what is shared with an account changes.
const ACCESS: &str = "ram.access";
/// The timer handler's name: RAM is asked what is shared now.
const SYNC: &str = "ec2.shared-capacity-reservations";
/// The timer handler's name: slots that a consumer's instances took along are taken from the pool again.
const RESTORE: &str = "ec2.capacity-reservation-restore";
/// What is emitted, with the id, where a reservation is no longer shared with an account.
const UNSHARED: &str = "ec2.capacity-reservation-unshared";

/// RAM's name for them.
const KIND: &str = "ec2:CapacityReservation";

/// Seconds from one attempt to restore slots to the next.
const AGAIN: i64 = 60;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Shared>().timer(SYNC, sync).listen(ACCESS, SYNC).timer(RESTORE, restore)
}

/// What is shared with accounts: (account, Region, id).
pub(super) struct Shared;

impl Table for Shared {
    const NAME: &'static str = "ec2.shared-capacity-reservations";
    type Record = Loan;
}

/// A reservation that another account shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Loan {
    id: String,
    owner: Account,
}

/// Where the reservation of that id is kept: with the caller, or with the account that shares it.
pub(super) fn home(ctx: &Ctx<'_>, id: &str) -> Scope {
    let here = ctx.scope();
    match ctx.peek::<Shared>(&here.key(id)) {
        Some(loan) => Scope { account: loan.owner, ..here },
        None => here,
    }
}

/// The reservation of that id, if the caller has it or may use it.
pub(super) fn peek<'t>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t Reservation> {
    ctx.peek::<Reservations>(&home(ctx, id).key(id))
}

/// The same, where it must be there.
///
/// # Errors
/// As [`resource::find`].
pub(super) fn find<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Reservation> {
    match peek(ctx, id) {
        Some(reservation) => Ok(reservation),
        None => resource::find::<Reservations>(ctx, id),
    }
}

/// The caller's own reservation, to be changed. Which code AWS has for others' is not documented.
///
/// # Errors
/// As [`resource::find`], and `OperationNotPermitted` for one that another account shares.
pub(super) fn owned<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Reservation> {
    if let Some(loan) = ctx.peek::<Shared>(&ctx.scope().key(id)) {
        let message = format!(
            "The capacity reservation '{id}' belongs to account {}, which alone can change it",
            loan.owner
        );
        return Err(Error::client("OperationNotPermitted", message));
    }
    resource::find::<Reservations>(ctx, id)
}

/// What other accounts share with the caller, by id, with the owner.
pub(super) fn shared<'t>(ctx: &'t Ctx<'_>) -> impl Iterator<Item = (Account, &'t Reservation)> + use<'t> {
    let here = ctx.scope();
    let found = ctx.scan::<Shared>(&here.prefix()).filter_map(move |(_, loan)| {
        let key = Scope { account: loan.owner, ..here }.key(&loan.id);
        Some((loan.owner, ctx.peek::<Reservations>(&key)?))
    });
    found.collect::<Vec<_>>().into_iter()
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

/// The timer handler: what is shared with this account is what RAM says now.
fn sync(ctx: &mut Ctx<'_>, _: &str) -> Result<()> {
    let now = listed(ctx)?;
    let here = ctx.scope();
    let before: BTreeMap<String, Account> =
        ctx.scan::<Shared>(&here.prefix()).map(|(_, loan)| (loan.id.clone(), loan.owner)).collect();
    for (id, owner) in before.iter().filter(|(id, _)| !now.contains_key(*id)) {
        lose(ctx, id, *owner)?;
    }
    for (id, owner) in now.into_iter().filter(|(id, _)| !before.contains_key(id)) {
        gain(ctx, id, owner)?;
    }
    Ok(())
}

/// The ids of reservations that others share with this account, with their owners.
fn listed(ctx: &mut Ctx<'_>) -> Result<BTreeMap<String, Account>> {
    let mut found = BTreeMap::new();
    let mut next_token = None;
    loop {
        let input = ram::ListResourcesRequest {
            resource_owner: "OTHER-ACCOUNTS".to_owned(),
            resource_type: Some(KIND.to_owned()),
            next_token,
            ..Default::default()
        };
        let answer = ctx.call::<ram::ListResources>(PRINCIPAL, &input)?;
        let arns = answer.resources.into_iter().flatten().filter_map(|resource| resource.arn);
        found.extend(arns.filter_map(|arn| {
            let arn = Arn::parse(&arn)?;
            let id = arn.resource.strip_prefix("capacity-reservation/")?;
            Some((id.to_owned(), Account::parse(arn.account)?))
        }));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(found);
        }
    }
}

/// A reservation is shared with this account from now on. Instances that run already and match an open one run in it.
fn gain(ctx: &mut Ctx<'_>, id: String, owner: Account) -> Result<()> {
    let here = ctx.scope();
    ctx.update::<Reservations, _>(&Scope { account: owner, ..here }.key(&id), |reservation| {
        reservation.consumers.entry(here.account).or_default();
    })?;
    ctx.put::<Shared>(here.key(&id), Loan { id: id.clone(), owner })?;
    record::absorb_mine(ctx, &id)
}

/// A reservation is no longer shared with this account.
fn lose(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<()> {
    let here = ctx.scope();
    let left = evict(ctx, id)?;
    ctx.delete::<Shared>(&here.key(id))?;
    ctx.within(Scope { account: owner, ..here }, |ctx| {
        ctx.update::<Reservations, _>(&ctx.scope().key(id), |reservation| {
            reservation.consumers.remove(&here.account);
            reservation.used = reservation.used.saturating_sub(left);
            reservation.missing += left;
        })?;
        restore(ctx, id)
    })?;
    ctx.emit(UNSHARED, id)?;
    group::nudge(ctx)
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
