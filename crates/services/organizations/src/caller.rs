//! Who may call: the management account everything, delegated administrators and services what only reads, and every member
//! what is about itself.

use std::sync::Arc;

use ironbird_rig::{Account, Ctx, Key, Principal, Result};

use crate::account::Memberships;
use crate::organization::{Organization, Organizations};
use crate::{delegation, error};

/// The organization that `account` is a member of.
pub(crate) fn organization_of(ctx: &Ctx<'_>, account: Account) -> Option<Arc<Organization>> {
    let id = ctx.peek::<Memberships>(&Key::new().number(account.number()))?;
    ctx.get::<Organizations>(&Key::new().text(id))
}

/// The organization of the account that calls, whoever it is there.
///
/// # Errors
/// `AWSOrganizationsNotInUseException` where it is in none.
pub(crate) fn member(ctx: &Ctx<'_>) -> Result<Arc<Organization>> {
    organization_of(ctx, ctx.scope().account).ok_or_else(error::not_in_use)
}

/// The same for what only the management account may do.
///
/// # Errors
/// As [`member`], and `AccessDeniedException` for any other account.
pub(crate) fn management(ctx: &Ctx<'_>) -> Result<Arc<Organization>> {
    let organization = member(ctx)?;
    if organization.management != ctx.scope().account {
        return Err(error::access_denied());
    }
    Ok(organization)
}

/// The same for what delegated administrators may do too. A service that acts for an account of the organization reads as
/// services with trusted access do.
///
/// # Errors
/// As [`management`].
pub(crate) fn reader(ctx: &Ctx<'_>) -> Result<Arc<Organization>> {
    let organization = member(ctx)?;
    let is_service = matches!(ctx.caller(), Principal::Service { .. });
    let account = ctx.scope().account;
    if organization.management == account
        || is_service
        || delegation::is_administrator(ctx, &organization, account)
    {
        return Ok(organization);
    }
    Err(error::access_denied())
}
