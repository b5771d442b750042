//! How associations begin and end. What a request asks for settles a little later.

use ironbird_rig::account::Account;
use ironbird_rig::{Ctx, Result};

use super::{Entities, SETTLING, fresh, later, settle};
use crate::record::{Associations, Place, Side, Status};
use crate::{error, invitation, kind};

/// Associates a share of the caller's with resources and principals. Those that it has already stay as they are.
///
/// # Errors
/// Those about resources that cannot be shared, `InvalidStateTransitionException` for what is just being taken out, and `OperationNotPermittedException` for a share that is for an
/// organization only.
pub(crate) fn begin(ctx: &mut Ctx<'_>, place: &Place, entities: &Entities) -> Result<()> {
    let is_external = place.share(ctx).is_some_and(|share| share.external);
    let account = ctx.scope().account.to_string();
    for resource in &entities.resources {
        kind::check_shareable(ctx, resource)?;
    }
    if !is_external && entities.each().any(|(_, entity)| *entity != account) {
        return Err(error::only_within_organization());
    }
    let now = ctx.now();
    for (side, entity) in entities.each() {
        let key = place.association(side, entity);
        match ctx.peek::<Associations>(&key).map(|association| association.status) {
            Some(Status::Associating | Status::Associated) => continue,
            Some(Status::Disassociating) => {
                return Err(error::wrong_state(format!("{entity} is being disassociated. Try again later.")));
            }
            Some(Status::Disassociated) | None => {}
        }
        // Another account has to accept before it is associated.
        let waits = side == Side::Principal && *entity != account;
        let due = (!waits).then(|| later(ctx, SETTLING));
        ctx.put::<Associations>(key, super::Association { due, ..fresh(place, side, entity, now) })?;
        if let Some(invited) = Account::parse(entity).filter(|_| waits) {
            invitation::send(ctx, place, invited)?;
        }
    }
    settle(ctx, place)
}

/// Takes resources and principals out of a share; the context is the owner's.
///
/// # Errors
/// `UnknownResourceException` for what it does not have.
pub(crate) fn end(ctx: &mut Ctx<'_>, place: &Place, entities: &Entities) -> Result<()> {
    for (side, entity) in entities.each() {
        let key = place.association(side, entity);
        if ctx
            .peek::<Associations>(&key)
            .is_none_or(|association| association.status == Status::Disassociated)
        {
            let what = if side == Side::Resource { "Resource" } else { "Principal" };
            return Err(error::unknown(&format!("{what} {entity} of ResourceShare {}", place.arn())));
        }
        end_one(ctx, place, side, entity)?;
    }
    settle(ctx, place)
}

/// Takes everything out of a share.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn end_all(ctx: &mut Ctx<'_>, place: &Place) -> Result<()> {
    let all: Vec<(Side, String)> = [Side::Resource, Side::Principal]
        .into_iter()
        .flat_map(|side| {
            place.associations(ctx, side).map(move |it| (side, it.entity.clone())).collect::<Vec<_>>()
        })
        .collect();
    for (side, entity) in all {
        end_one(ctx, place, side, &entity)?;
    }
    settle(ctx, place)
}

fn end_one(ctx: &mut Ctx<'_>, place: &Place, side: Side, entity: &str) -> Result<()> {
    let (now, due) = (ctx.now(), later(ctx, SETTLING));
    let was = ctx.update::<Associations, _>(&place.association(side, entity), |association| {
        let was = association.status;
        if matches!(was, Status::Associating | Status::Associated) {
            (association.status, association.due, association.updated) =
                (Status::Disassociating, Some(due), now);
        }
        was
    })?;
    match (was, Account::parse(entity)) {
        (Some(Status::Associating), Some(account)) if side == Side::Principal => {
            invitation::withdraw(ctx, place, account)
        }
        _ => Ok(()),
    }
}
