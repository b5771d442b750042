//! Principals: with whom is shared.

use ironbird_rig::account::Account;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Ctx, Error, Result};

use super::settle::announce;
use crate::error;
use crate::record::{Associations, Place, Side, Status};

/// The account that a principal is.
///
/// # Errors
/// `InvalidParameterException` for what is no principal, `UnknownResourceException` for organizations and their units, of
/// which there are none, and a refusal of principals that nothing here can be shared with.
pub(super) fn read(given: &str) -> Result<String> {
    if let Some(account) = Account::parse(given) {
        return Ok(account.to_string());
    }
    let malformed =
        || error::invalid(format!("Principal ID {given} is malformed. Verify the ID and try again."));
    if given.ends_with(".amazonaws.com") {
        return Err(Ctx::unsupported("principals", "service principals cannot be principals of shares yet"));
    }
    let arn = Arn::parse(given).ok_or_else(malformed)?;
    match (arn.service, arn.resource.split('/').collect::<Vec<_>>().as_slice()) {
        ("organizations", ["organization", id]) => Err(error::unknown(&format!("Organization {id}"))),
        ("organizations", ["ou", _, id]) => {
            Err(error::unknown(&format!("OrganizationalUnit {id} in unknown organization")))
        }
        ("iam", ["root"]) => {
            Account::parse(arn.account).map(|account| account.to_string()).ok_or_else(malformed)
        }
        ("iam", ["role" | "user", ..]) => Err(not_iam()),
        _ => Err(malformed()),
    }
}

/// Capacity Reservations are shared with whole accounts. Source: "Shareable AWS resources" in the RAM user guide.
fn not_iam() -> Error {
    error::invalid("What can be shared here can be shared with accounts only, not with roles or users.")
}

/// What became of an account's invitation decides what becomes of its association; the context is the owner's.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn accept(ctx: &mut Ctx<'_>, place: &Place, account: Account, accepted: bool) -> Result<()> {
    let now = ctx.now();
    let due = (!accepted).then(|| super::later(ctx, super::FORGETTING));
    let key = place.association(Side::Principal, &account.to_string());
    ctx.update::<Associations, _>(&key, |association| {
        if association.status == Status::Associating {
            association.status = if accepted { Status::Associated } else { Status::Disassociated };
            (association.due, association.updated) = (due, now);
        }
    })?;
    if let Some(due) = due {
        super::settle::wake_at(ctx, due, place)?;
    }
    announce(ctx, place, account)
}
