//! Accounts that leave the organization, by themselves or sent away.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Account, Ctx, Result, ServiceDef};

use super::Joined;
use crate::organization::{self, Organization};
use crate::{caller, delegation, error, id};

/// How long an account that was created stays at least, in nanoseconds: four days (API reference, `WAIT_PERIOD_ACTIVE`).
const WAIT: i64 = 4 * 24 * 3600 * 1_000_000_000;

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::RemoveAccountFromOrganization>(remove_account)
        .write::<api::LeaveOrganization>(leave_organization)
}

fn remove_account(ctx: &mut Ctx<'_>, input: &api::RemoveAccountFromOrganizationRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let account = id::account(&input.account_id)?;
    leave(ctx, &organization, account)
}

fn leave_organization(ctx: &mut Ctx<'_>, _input: &Empty) -> Result<Empty> {
    let organization = caller::member(ctx)?;
    let account = ctx.scope().account;
    leave(ctx, &organization, account)
}

fn leave(ctx: &mut Ctx<'_>, organization: &Organization, account: Account) -> Result<Empty> {
    let member = organization::member(ctx, organization, account)?;
    if account == organization.management {
        return Err(error::management_stays());
    }
    let waits =
        member.joined == Joined::Created && ctx.now().nanos() < member.since.nanos().saturating_add(WAIT);
    if waits {
        let message =
            "The account was created too recently: wait until it is four days old before you remove it.";
        return Err(error::constraint("WAIT_PERIOD_ACTIVE", message));
    }
    if delegation::is_administrator(ctx, organization, account) {
        let message = "You cannot remove an account that is a delegated administrator: deregister it first.";
        return Err(error::constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message));
    }
    super::depart(ctx, organization, account)?;
    Ok(Empty {})
}
