//! Which permission sets are in which accounts, and how recent they are there.
//!
//! Provisioning makes of a permission set as it then is the role that people get in the account.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Account, Ctx, Key, Result, Scope, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::record::{self, Assignments};
use crate::instance::lifecycle::below;
use crate::instance::record as instance;
use crate::permission_set::record::{self as permission_set, PermissionSets, Place};
use crate::role::{self, provider};
use crate::{error, page};

/// Permission sets that an account can be provisioned with (Identity Center quotas in its user guide).
const MOST: usize = 500;

/// Where permission sets are: (account, Region, instance, permission set, target account).
pub(crate) struct Provisions;

impl Table for Provisions {
    const NAME: &'static str = "sso-admin.provisions";
    type Record = Provision;
}

/// The same by target account: (account, Region, instance, target account, permission set) → id of the permission set.
pub(crate) struct ByAccount;

impl Table for ByAccount {
    const NAME: &'static str = "sso-admin.provisions-by-account";
    type Record = String;
}

/// A permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Provision {
    /// The target account.
    pub(crate) account: String,
    /// Which state of the permission set the account has.
    pub(crate) version: u64,
    /// Name of its role there. What was provisioned before roles were made has none until it is provisioned again.
    #[serde(default)]
    pub(crate) role: Option<String>,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Provisions>()
        .table::<ByAccount>()
        .read::<api::ListAccountsForProvisionedPermissionSet>(list_accounts)
        .read::<api::ListPermissionSetsProvisionedToAccount>(list_permission_sets)
}

/// Whether any account has the permission set.
pub(crate) fn is_anywhere(ctx: &Ctx<'_>, place: &Place) -> bool {
    ctx.scan::<Provisions>(&place.key(ctx)).next().is_some()
}

/// Whether an account has it.
pub(super) fn is_in(ctx: &Ctx<'_>, place: &Place, account: &str) -> bool {
    ctx.peek::<Provisions>(&place.key(ctx).text(account)).is_some()
}

/// The accounts that have it.
pub(super) fn accounts(ctx: &Ctx<'_>, place: &Place) -> Vec<String> {
    ctx.scan::<Provisions>(&place.key(ctx)).map(|(_, provision)| provision.account.clone()).collect()
}

/// Whether an account has room for one more.
pub(super) fn room(ctx: &Ctx<'_>, place: &Place, account: &str) -> bool {
    let prefix = place.instance_key(ctx).text(account);
    is_in(ctx, place, account) || ctx.scan::<ByAccount>(&prefix).count() < MOST
}

/// Gives an account the permission set as it is now, and the role of it.
///
/// # Errors
/// Those of [`role::check_account`] and [`role::bring`].
pub(super) fn provide(ctx: &mut Ctx<'_>, place: &Place, account: &str) -> Result<()> {
    let Some(set) = ctx.get::<PermissionSets>(&place.key(ctx)) else { return Ok(()) };
    role::check_account(ctx, account)?;
    let key = place.key(ctx).text(account);
    let name = match ctx.peek::<Provisions>(&key).and_then(|provision| provision.role.clone()) {
        Some(name) => name,
        None => role::fresh_name(ctx, &set)?,
    };
    let there = scope(ctx, account)?;
    let trusted = provider::ensure(ctx, &place.instance_key(ctx), there.account)?;
    ctx.within(there, |ctx| role::bring(ctx, &set, &name, &trusted))?;
    let provision = Provision { account: account.to_owned(), version: set.version, role: Some(name) };
    ctx.put::<Provisions>(key, provision)?;
    ctx.put::<ByAccount>(place.instance_key(ctx).text(account).text(&place.id), place.id.clone())
}

/// The account, in the Region of the instance.
///
/// # Errors
/// `ValidationException` for what is no account.
fn scope(ctx: &Ctx<'_>, account: &str) -> Result<Scope> {
    let missing = || error::validation(format!("{account} is not an account."));
    Ok(Scope { account: Account::parse(account).ok_or_else(missing)?, region: ctx.region() })
}

/// Takes it, and its role, from an account where nobody is assigned it any more.
///
/// # Errors
/// Those of [`role::remove`].
pub(super) fn withdraw_if_unused(ctx: &mut Ctx<'_>, place: &Place, account: &str) -> Result<()> {
    let instance = place.instance_key(ctx);
    if ctx.scan::<Assignments>(&record::of(&instance, account, &place.id)).next().is_some() {
        return Ok(());
    }
    ctx.delete::<ByAccount>(&instance.text(account).text(&place.id))?;
    let key = place.key(ctx).text(account);
    if let Some(provision) = ctx.get::<Provisions>(&key) {
        withdraw(ctx, &provision)?;
    }
    ctx.delete::<Provisions>(&key).map(drop)
}

fn withdraw(ctx: &mut Ctx<'_>, provision: &Provision) -> Result<()> {
    let Some(name) = &provision.role else { return Ok(()) };
    let there = scope(ctx, &provision.account)?;
    ctx.within(there, |ctx| role::remove(ctx, name))
}

/// Takes everything of an instance from all accounts.
///
/// # Errors
/// Those of [`role::remove`].
pub(super) fn clear(ctx: &mut Ctx<'_>, instance: &Key) -> Result<()> {
    let all: Vec<Provision> = ctx.scan::<Provisions>(instance).map(|(_, found)| found.clone()).collect();
    all.iter().try_for_each(|provision| withdraw(ctx, provision))?;
    provider::clear(ctx, instance)?;
    below::<Provisions>(ctx, instance)?;
    below::<ByAccount>(ctx, instance)
}

/// Whether what an account has passes the filter of a request.
fn passes(filter: Option<&str>, latest: bool) -> bool {
    match filter {
        Some("LATEST_PERMISSION_SET_PROVISIONED") => latest,
        Some("LATEST_PERMISSION_SET_NOT_PROVISIONED") => !latest,
        _ => true,
    }
}

fn list_accounts(
    ctx: &mut Ctx<'_>,
    input: &api::ListAccountsForProvisionedPermissionSetRequest,
) -> Result<api::ListAccountsForProvisionedPermissionSetResponse> {
    let action = "ListAccountsForProvisionedPermissionSet";
    let (place, set) = permission_set::named(ctx, action, &input.instance_arn, &input.permission_set_arn)?;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Provisions, _>(ctx, &place.key(ctx), |provision| {
        let latest = provision.version == set.version;
        passes(input.provisioning_status.as_deref(), latest).then(|| provision.account.clone())
    });
    Ok(api::ListAccountsForProvisionedPermissionSetResponse {
        account_ids: Some(page.items),
        next_token: page.next,
    })
}

fn list_permission_sets(
    ctx: &mut Ctx<'_>,
    input: &api::ListPermissionSetsProvisionedToAccountRequest,
) -> Result<api::ListPermissionSetsProvisionedToAccountResponse> {
    let action = "ListPermissionSetsProvisionedToAccount";
    let instance = instance::organization(ctx, action, &input.instance_arn)?.id.clone();
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let prefix: Key = ctx.scope().key(&instance);
    let page = window.scan::<ByAccount, _>(ctx, &prefix.text(&input.account_id), |set| {
        let place = Place { instance: instance.clone(), id: set.clone() };
        let current = ctx.peek::<PermissionSets>(&place.key(ctx))?.version;
        let there = ctx.peek::<Provisions>(&place.key(ctx).text(&input.account_id))?.version;
        passes(input.provisioning_status.as_deref(), current == there).then(|| place.arn(ctx))
    });
    Ok(api::ListPermissionSetsProvisionedToAccountResponse {
        permission_sets: Some(page.items),
        next_token: page.next,
    })
}

/// The accounts that a request to provision is about.
///
/// # Errors
/// `ValidationException` where the target does not fit its type, `ResourceNotFoundException` where the account does not have
/// the permission set.
pub(super) fn target<'i>(
    ctx: &Ctx<'_>,
    place: &Place,
    input: &'i api::ProvisionPermissionSetRequest,
) -> Result<Option<&'i str>> {
    match (input.target_type.as_str(), input.target_id.as_deref()) {
        ("ALL_PROVISIONED_ACCOUNTS", None) => Ok(None),
        ("AWS_ACCOUNT", Some(account)) if is_in(ctx, place, account) => Ok(Some(account)),
        ("AWS_ACCOUNT", Some(account)) => {
            let message =
                format!("PermissionSet {} is not provisioned in account {account}.", place.arn(ctx));
            Err(error::not_found(message))
        }
        ("AWS_ACCOUNT", None) => Err(error::validation("TargetId is required with TargetType AWS_ACCOUNT.")),
        _ => Err(error::validation("TargetId is not allowed with TargetType ALL_PROVISIONED_ACCOUNTS.")),
    }
}
