//! Dedicated Hosts that other accounts may use; see [`crate::loan`].
//!
//! The host and what it costs stay the owner's. A consumer's instances are on it beside the owner's, and run on when it is
//! no longer shared: AWS retires them within two weeks then, which the rig does not. Source: "Shared Dedicated Hosts" in the
//! EC2 user guide.

use ironbird_api::ram;
use ironbird_rig::account::{Account, Scope};
use ironbird_rig::{Ctx, Result};

use super::{Host, Hosts, Seat};
use crate::PRINCIPAL;
use crate::loan::{self, Lent};

impl Lent for Hosts {
    const SHARED_AS: &'static str = "ec2:DedicatedHost";

    fn gain(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<()> {
        let here = ctx.scope();
        ctx.update::<Hosts, _>(&Scope { account: owner, ..here }.key(id), |host| {
            host.consumers.insert(here.account);
        })?;
        Ok(())
    }

    fn lose(ctx: &mut Ctx<'_>, id: &str, owner: Account) -> Result<bool> {
        let here = ctx.scope();
        let stays = ctx.update::<Hosts, _>(&Scope { account: owner, ..here }.key(id), |host| {
            host.consumers.remove(&here.account);
            host.has_instances_of(here.account)
        })?;
        Ok(stays.unwrap_or(false))
    }
}

impl Host {
    /// Whether a consumer has instances on it.
    pub(super) fn has_instances_of(&self, account: Account) -> bool {
        self.seats.values().any(|seat| seat.account == Some(account))
    }
}

impl Seat {
    /// Where its instance is kept; the context is the host's owner's.
    pub(super) fn scope(&self, ctx: &Ctx<'_>) -> Scope {
        let here = ctx.scope();
        Scope { account: self.account.unwrap_or(here.account), ..here }
    }
}

/// A replacement is shared as the host that failed was, and those whose instances go there know it at once.
///
/// # Errors
/// Those of RAM, and in an operation registered as one that reads.
pub(super) fn share_alike(ctx: &mut Ctx<'_>, old: &Host, new: &str) -> Result<()> {
    if old.consumers.is_empty() {
        return Ok(());
    }
    let arn = |id: &str| ctx.arn("ec2", &format!("dedicated-host/{id}"));
    let (old_arn, new_arn) = (arn(&old.id), arn(new));
    let input = ram::GetResourceShareAssociationsRequest {
        association_type: "RESOURCE".to_owned(),
        resource_arn: Some(old_arn),
        association_status: Some("ASSOCIATED".to_owned()),
        ..Default::default()
    };
    let found = ctx.call::<ram::GetResourceShareAssociations>(PRINCIPAL, &input)?;
    for association in found.resource_share_associations.into_iter().flatten() {
        let input = ram::AssociateResourceShareRequest {
            resource_share_arn: association.resource_share_arn.unwrap_or_default(),
            resource_arns: Some(vec![new_arn.clone()]),
            ..Default::default()
        };
        ctx.call::<ram::AssociateResourceShare>(PRINCIPAL, &input)?;
    }
    Ok(())
}

/// Instances of consumers have gone from one host to another.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn moved(ctx: &mut Ctx<'_>, seat: &Seat, old: &str, new: &str) -> Result<()> {
    let owner = ctx.scope().account;
    ctx.within(seat.scope(ctx), |ctx| {
        loan::remember(ctx, new, owner)?;
        if owner == ctx.scope().account { Ok(()) } else { loan::forget_lapsed(ctx, old) }
    })
}
