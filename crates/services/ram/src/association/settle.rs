//! What happens by itself: associations come into force and out of it, and what has ended is forgotten.

use ironbird_rig::account::{Account, Scope};
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Timestamp};

use super::ACCESS;
use crate::invitation;
use crate::record::{Associations, Place, Shares, Side, State, Status};

/// The timer handler's name.
const TIMER: &str = "ram.settle";
/// The names of the handlers that are woken when a Capacity Reservation has ended, and when a Dedicated Host was released.
const ENDED: &str = "ram.reservation-ended";
const RELEASED: &str = "ram.host-released";

/// Seconds until a change is in force. AWS says "asynchronously", and in practice takes seconds; the number is ours.
pub(crate) const SETTLING: i64 = 5;
/// Seconds for which what has ended is still shown. AWS shows deleted shares for about two hours.
pub(crate) const FORGETTING: i64 = 2 * 3600;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .timer(TIMER, wake)
        .timer(ENDED, |ctx, id| ended(ctx, "capacity-reservation", id))
        .listen("ec2.capacity-reservation-ended", ENDED)
        .timer(RELEASED, |ctx, id| ended(ctx, "dedicated-host", id))
        .listen("ec2.dedicated-host-released", RELEASED)
}

/// When something that takes so many seconds is done. Changes take none where states are reached at once.
pub(crate) fn later(ctx: &Ctx<'_>, seconds: i64) -> Timestamp {
    let seconds = match ctx.settings().transitions {
        Transitions::Instant if seconds == SETTLING => 0,
        _ => seconds,
    };
    Timestamp::from_nanos(ctx.now().nanos().saturating_add(seconds * 1_000_000_000))
}

pub(super) fn wake_at(ctx: &mut Ctx<'_>, due: Timestamp, place: &Place) -> Result<()> {
    ctx.wake_at(due, TIMER, &place.id)?;
    Ok(())
}

fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    settle(ctx, &Place { scope: ctx.scope(), id: id.to_owned() })
}

/// Takes every step of a share that is due, and sees to it that the next one will be taken; the context is the owner's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn settle(ctx: &mut Ctx<'_>, place: &Place) -> Result<()> {
    let mut changed = false;
    let mut next: Option<Timestamp> = None;
    let mut note = |due: Timestamp| next = Some(next.map_or(due, |next| next.min(due)));
    let before = principals(ctx, place);
    let dues: Vec<(Key, Timestamp)> = ctx
        .scan::<Associations>(&place.key())
        .filter_map(|(key, association)| Some((key.clone(), association.due?)))
        .collect();
    for (key, due) in dues {
        if due > ctx.now() {
            note(due);
        } else if let Some(due) = step(ctx, place, &key)? {
            changed = true;
            due.into_iter().for_each(&mut note);
        }
    }
    if let Some(due) = place.share(ctx).and_then(|share| share.due) {
        if due > ctx.now() {
            note(due);
        } else {
            step_share(ctx, place)?.into_iter().for_each(&mut note);
        }
    }
    if let Some(due) = next {
        wake_at(ctx, due, place)?;
    }
    if changed {
        let mut concerned = before;
        concerned.extend(principals(ctx, place));
        concerned.sort_unstable();
        concerned.dedup();
        for account in concerned {
            announce(ctx, place, account)?;
        }
    }
    Ok(())
}

/// Takes the next step of an association; when the one after it is due. None where it has been forgotten.
fn step(ctx: &mut Ctx<'_>, place: &Place, key: &Key) -> Result<Option<Option<Timestamp>>> {
    let (now, forgotten) = (ctx.now(), later(ctx, FORGETTING));
    if let Some(ended) = ctx.get::<Associations>(key).filter(|it| it.status == Status::Disassociated) {
        ctx.delete::<Associations>(key)?;
        if let Some(account) = Account::parse(&ended.entity) {
            invitation::forget(ctx, place, account)?;
        }
        return Ok(None);
    }
    ctx.update::<Associations, _>(key, |association| {
        let (status, due) = match association.status {
            Status::Associating | Status::Associated => (Status::Associated, None),
            Status::Disassociating | Status::Disassociated => (Status::Disassociated, Some(forgotten)),
        };
        (association.status, association.due, association.updated) = (status, due, now);
        due
    })
}

/// A share that is being deleted is deleted, and in the end forgotten; when that is due.
fn step_share(ctx: &mut Ctx<'_>, place: &Place) -> Result<Option<Timestamp>> {
    let (now, forgotten) = (ctx.now(), later(ctx, FORGETTING));
    if place.share(ctx).is_some_and(|share| share.state == State::Deleted) {
        ctx.delete::<Shares>(&place.key())?;
        return Ok(None);
    }
    ctx.update::<Shares, _>(&place.key(), |share| {
        (share.state, share.due, share.updated) = (State::Deleted, Some(forgotten), now);
    })?;
    Ok(Some(forgotten))
}

fn principals(ctx: &Ctx<'_>, place: &Place) -> Vec<Account> {
    let in_force =
        place.associations(ctx, Side::Principal).filter(|association| association.status.is_in_force());
    in_force.filter_map(|association| Account::parse(&association.entity)).collect()
}

/// Tells services that what an account may use has changed.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn announce(ctx: &mut Ctx<'_>, place: &Place, account: Account) -> Result<()> {
    let owner = place.scope.account.to_string();
    ctx.within(Scope { account, ..place.scope }, |ctx| ctx.emit(ACCESS, &owner))
}

/// The timer handlers: what has ended stays in its shares, where it is shown as not available.
fn ended(ctx: &mut Ctx<'_>, kind: &str, id: &str) -> Result<()> {
    let arn = ctx.arn("ec2", &format!("{kind}/{id}"));
    for place in crate::record::all_own(ctx) {
        ctx.update::<Associations, _>(&place.association(Side::Resource, &arn), |association| {
            association.ended = true;
        })?;
    }
    Ok(())
}
