//! How an instance comes and goes.

use std::collections::BTreeMap;

use ironbird_api::{Empty, organizations};
use ironbird_rig::world::Transitions;
use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde_json::{Value, json};

use super::CHANGED;
use super::record::{Instance, Instances, Kind, Status};
use crate::attribute::Configurations;
use crate::permission_set::record::{Names, PermissionSets};
use crate::token_issuer::Issuers;
use crate::{PRINCIPAL, application, arn, assignment, error};

/// The timer handler's name.
pub(super) const TIMER: &str = "sso-admin.instance";

/// Seconds that it takes until an instance is there, or gone. AWS publishes no figure.
const TAKES: i64 = 10;

/// Hexadecimal digits of an identity store's id.
const STORE_DIGITS: usize = 10;

/// What an instance is made with.
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
    pub(super) token: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Begins to make an instance; its ARN.
///
/// # Errors
/// `ConflictException` where the account has one, in whichever Region.
pub(super) fn create(ctx: &mut Ctx<'_>, plan: Plan) -> Result<String> {
    if let Some(there) = of_account(ctx) {
        let account = ctx.scope().account;
        let message =
            format!("Account {account} already has an instance of IAM Identity Center: {}", there.arn(ctx));
        return Err(error::conflict(message));
    }
    let instance = Instance {
        id: arn::fresh(ctx, "ssoins-", arn::DIGITS)?,
        store: arn::fresh(ctx, "d-", STORE_DIGITS)?,
        name: plan.name,
        kind: plan.kind,
        status: Status::Creating,
        created: ctx.now(),
        token: plan.token,
        tags: plan.tags,
    };
    let (id, arn) = (instance.id.clone(), instance.arn(ctx));
    ctx.put::<Instances>(ctx.scope().key(&id), instance)?;
    // Its identity store is there before it is.
    ctx.emit(CHANGED, &arn)?;
    wake_later(ctx, &id)?;
    Ok(arn)
}

/// The account's instance, in whichever Region it is.
pub(super) fn of_account<'t>(ctx: &'t Ctx<'_>) -> Option<&'t Instance> {
    let prefix = Key::new().number(ctx.scope().account.number());
    ctx.scan::<Instances>(&prefix).next().map(|(_, instance)| instance)
}

/// Begins to delete an instance.
///
/// # Errors
/// In an operation registered as one that reads.
pub(super) fn delete(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.update::<Instances, _>(&ctx.scope().key(id), |instance| instance.status = Status::Deleting)?;
    wake_later(ctx, id)
}

fn wake_later(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let takes = if ctx.settings().transitions == Transitions::Instant { 0 } else { TAKES };
    let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(takes * 1_000_000_000));
    ctx.wake_at(due, TIMER, id).map(drop)
}

/// Takes the step that is due.
pub(super) fn wake(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let key = ctx.scope().key(id);
    let Some(instance) = ctx.get::<Instances>(&key) else { return Ok(()) };
    match instance.status {
        Status::Creating => {
            ctx.update::<Instances, _>(&key, |instance| instance.status = Status::Active)?;
            Ok(())
        }
        Status::Active => Ok(()),
        Status::Deleting => {
            clear(ctx, &key)?;
            ctx.delete::<Instances>(&key)?;
            ctx.emit(CHANGED, &instance.arn(ctx))
        }
    }
}

/// Forgets everything in an instance.
fn clear(ctx: &mut Ctx<'_>, instance: &Key) -> Result<()> {
    application::clear(ctx, instance)?;
    assignment::clear(ctx, instance)?;
    below::<PermissionSets>(ctx, instance)?;
    below::<Names>(ctx, instance)?;
    below::<Configurations>(ctx, instance)?;
    below::<Issuers>(ctx, instance)
}

/// Forgets the records of a table below a key.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn below<T: Table>(ctx: &mut Ctx<'_>, prefix: &Key) -> Result<()> {
    let keys: Vec<Key> = ctx.scan::<T>(prefix).map(|(key, _)| key.clone()).collect();
    keys.iter().try_for_each(|key| ctx.delete::<T>(key).map(drop))
}

/// The management account of the organization that this account is in; none where it is in none.
///
/// # Errors
/// Those of `DescribeOrganization` that say something else.
pub(super) fn management(ctx: &mut Ctx<'_>) -> Result<Option<String>> {
    match ctx.call::<organizations::DescribeOrganization>(PRINCIPAL, &Empty::default()) {
        Ok(answer) => Ok(answer.organization.and_then(|organization| organization.master_account_id)),
        Err(none) if none.code() == "AWSOrganizationsNotInUseException" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Enables Identity Center for an organization, as its management account does in the console: `{"name": "…"}`, or nothing.
/// The organization trusts Identity Center from then on. Answers the ARN of the instance, the id of its identity store, and the
/// URL that its users sign in at.
pub(super) fn pull_enable(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let name = match given.get("name") {
        None => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err(error::validation("`name` must be a text.")),
    };
    let account = ctx.scope().account.to_string();
    if management(ctx)?.as_deref() != Some(&account) {
        let message = format!("Account {account} is not the management account of an organization.");
        return Err(error::validation(message));
    }
    let trust = organizations::EnableAWSServiceAccessRequest { service_principal: PRINCIPAL.to_owned() };
    ctx.call::<organizations::EnableAWSServiceAccess>(PRINCIPAL, &trust)?;
    let plan = Plan { kind: Kind::Organization, name, token: None, tags: BTreeMap::new() };
    let arn = create(ctx, plan)?;
    let store = of_account(ctx).map(|instance| instance.store.clone());
    let start_url = store.as_ref().map(|store| format!("https://{store}.awsapps.com/start"));
    Ok(json!({ "instanceArn": arn, "identityStoreId": store, "startUrl": start_url }))
}
