//! Members that administer a service for the organization, and may read the organization for that.

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{self, State};
use crate::organization::{self, Organization};
use crate::{caller, error, id, page, service};

/// Delegations: (organization, account, principal).
struct Delegations;

impl Table for Delegations {
    const NAME: &'static str = "organizations.delegations";
    type Record = Delegation;
}

/// One service that an account administers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Delegation {
    account: Account,
    principal: String,
    since: Timestamp,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Delegations>()
        .write::<api::RegisterDelegatedAdministrator>(register_administrator)
        .write::<api::DeregisterDelegatedAdministrator>(deregister_administrator)
        .read::<api::ListDelegatedAdministrators>(list_administrators)
        .read::<api::ListDelegatedServicesForAccount>(list_services)
}

/// Whether a member administers any service.
pub(crate) fn is_administrator(ctx: &Ctx<'_>, organization: &Organization, account: Account) -> bool {
    ctx.scan::<Delegations>(&account::key(organization, account)).next().is_some()
}

/// The services that a member administers, as principals.
pub(crate) fn services_of(ctx: &Ctx<'_>, organization: &Organization, account: Account) -> Vec<String> {
    let all = ctx.scan::<Delegations>(&account::key(organization, account));
    all.map(|(_, delegation)| delegation.principal.clone()).collect()
}

/// Forgets who administered a service that the organization trusts no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_service(ctx: &mut Ctx<'_>, organization: &Organization, principal: &str) -> Result<()> {
    let keys: Vec<Key> = ctx
        .scan::<Delegations>(&organization.prefix())
        .filter(|(_, delegation)| delegation.principal == principal)
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        ctx.delete::<Delegations>(&key)?;
    }
    Ok(())
}

/// Forgets what an account administered that leaves for good.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_account(ctx: &mut Ctx<'_>, organization: &Organization, account: Account) -> Result<()> {
    let prefix = account::key(organization, account);
    let keys: Vec<Key> = ctx.scan::<Delegations>(&prefix).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Delegations>(&key)?;
    }
    Ok(())
}

fn key(organization: &Organization, account: Account, principal: &str) -> Key {
    account::key(organization, account).text(principal)
}

fn register_administrator(
    ctx: &mut Ctx<'_>,
    input: &api::RegisterDelegatedAdministratorRequest,
) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    service::check_features(&organization)?;
    let account = id::account(&input.account_id)?;
    let principal = &input.service_principal;
    let most = service::named(principal)?.administrators;
    let member = organization::member(ctx, &organization, account)?;
    if account == organization.management {
        let message =
            "You cannot register master account/yourself as delegated administrator for your organization.";
        return Err(error::constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message));
    }
    if member.state != State::Active {
        let message = "You cannot register a suspended account as a delegated administrator.";
        return Err(error::constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            message,
        ));
    }
    if !service::is_trusted(ctx, &organization, principal) {
        let message = "You must enable service access before you register a delegated administrator.";
        return Err(error::constraint("SERVICE_ACCESS_NOT_ENABLED", message));
    }
    let key = key(&organization, account, principal);
    if ctx.peek::<Delegations>(&key).is_some() {
        let message = "The provided account is already a delegated administrator for your organization.";
        return Err(error::client("AccountAlreadyRegisteredException", message));
    }
    let others = ctx.scan::<Delegations>(&organization.prefix());
    let count = others.filter(|(_, delegation)| delegation.principal == *principal).count();
    match most {
        0 => {
            let message = "You specified a service that does not support delegated administrators.";
            return Err(error::invalid_input("UNRECOGNIZED_SERVICE_PRINCIPAL", message));
        }
        1 if count == 1 => {
            let message = "A delegated administrator is already registered for this service.";
            return Err(error::constraint("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", message));
        }
        _ if count >= most => {
            let message = "You have exceeded the number of delegated administrators for this service.";
            return Err(error::constraint(
                "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
                message,
            ));
        }
        _ => {}
    }
    let delegation = Delegation { account, principal: principal.clone(), since: ctx.now() };
    ctx.put::<Delegations>(key, delegation)?;
    Ok(Empty {})
}

fn deregister_administrator(
    ctx: &mut Ctx<'_>,
    input: &api::DeregisterDelegatedAdministratorRequest,
) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    let account = id::account(&input.account_id)?;
    service::named(&input.service_principal)?;
    organization::member(ctx, &organization, account)?;
    if !ctx.delete::<Delegations>(&key(&organization, account, &input.service_principal))? {
        return Err(not_registered());
    }
    Ok(Empty {})
}

fn not_registered() -> ironbird_rig::Error {
    let message = "The provided account is not a registered delegated administrator for your organization.";
    error::client("AccountNotRegisteredException", message)
}

fn list_administrators(
    ctx: &mut Ctx<'_>,
    input: &api::ListDelegatedAdministratorsRequest,
) -> Result<api::ListDelegatedAdministratorsResponse> {
    let organization = caller::reader(ctx)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    if let Some(principal) = &input.service_principal {
        service::named(principal)?;
    }
    let asked = |delegation: &&Delegation| {
        input.service_principal.as_ref().is_none_or(|principal| *principal == delegation.principal)
    };
    let all = ctx.scan::<Delegations>(&organization.prefix()).map(|(_, delegation)| delegation);
    let mut found: Vec<&Delegation> = all.filter(asked).collect();
    // They stand by account: of one account, what it was first given counts.
    found.sort_by_key(|delegation| (delegation.account, delegation.since));
    found.dedup_by_key(|delegation| delegation.account);
    let page = window.list(found.into_iter(), |delegation| account::key(&organization, delegation.account));
    let shown = page.items.into_iter().filter_map(|delegation| {
        let member = organization::member(ctx, &organization, delegation.account).ok()?;
        let account = account::view(ctx, &organization, member);
        Some(api::DelegatedAdministrator {
            id: account.id,
            arn: account.arn,
            email: account.email,
            name: account.name,
            status: account.status,
            state: account.state,
            joined_method: account.joined_method,
            joined_timestamp: account.joined_timestamp,
            delegation_enabled_date: Some(delegation.since),
        })
    });
    Ok(api::ListDelegatedAdministratorsResponse {
        delegated_administrators: Some(shown.collect()),
        next_token: page.next,
    })
}

fn list_services(
    ctx: &mut Ctx<'_>,
    input: &api::ListDelegatedServicesForAccountRequest,
) -> Result<api::ListDelegatedServicesForAccountResponse> {
    let organization = caller::reader(ctx)?;
    let account = id::account(&input.account_id)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    organization::member(ctx, &organization, account)?;
    if !is_administrator(ctx, &organization, account) {
        return Err(not_registered());
    }
    let prefix = account::key(&organization, account);
    let page = window.scan::<Delegations, _>(ctx, &prefix, |delegation| {
        Some(api::DelegatedService {
            service_principal: Some(delegation.principal.clone()),
            delegation_enabled_date: Some(delegation.since),
        })
    });
    Ok(api::ListDelegatedServicesForAccountResponse {
        delegated_services: Some(page.items),
        next_token: page.next,
    })
}
