//! What is kept of a permission set, and where it is found.

use std::collections::BTreeMap;

use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error;
use crate::instance::record as instance;

/// All permission sets: (account, Region, instance, id).
pub(crate) struct PermissionSets;

impl Table for PermissionSets {
    const NAME: &'static str = "sso-admin.permission-sets";
    type Record = PermissionSet;
}

/// The permission sets by name, of which each has another: (account, Region, instance, name in lower case) → id.
pub(crate) struct Names;

impl Table for Names {
    const NAME: &'static str = "sso-admin.permission-set-names";
    type Record = String;
}

/// One permission set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PermissionSet {
    /// `ps-…`
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) session_duration: String,
    pub(crate) relay_state: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) tags: BTreeMap<String, String>,
    /// ARNs of AWS managed policies.
    pub(crate) managed: Vec<String>,
    /// Policies that each account has of its own.
    pub(crate) customer_managed: Vec<PolicyName>,
    pub(crate) inline: Option<String>,
    pub(crate) boundary: Option<Boundary>,
    /// Counts the changes that accounts have to be provisioned with.
    pub(crate) version: u64,
}

/// A policy of whatever account a permission set is provisioned in, by name and path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyName {
    pub(crate) name: String,
    pub(crate) path: String,
}

/// What the permissions of a set cannot go beyond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Boundary {
    /// ARN of an AWS managed policy.
    Managed(String),
    /// A policy of each account.
    Customer(PolicyName),
}

/// Where a request's permission set stands.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Id of its instance.
    pub(crate) instance: String,
    /// Its own id.
    pub(crate) id: String,
}

impl Place {
    /// Key of everything in the instance that a table has: (account, Region, instance).
    pub(crate) fn instance_key(&self, ctx: &Ctx<'_>) -> Key {
        ctx.scope().key(&self.instance)
    }

    /// Key of the permission set: (account, Region, instance, id).
    pub(crate) fn key(&self, ctx: &Ctx<'_>) -> Key {
        self.instance_key(ctx).text(&self.id)
    }

    /// `arn:aws:sso:::permissionSet/ssoins-…/ps-…`
    pub(crate) fn arn(&self, ctx: &Ctx<'_>) -> String {
        arn(ctx, &self.instance, &self.id)
    }
}

/// The ARN of a permission set.
pub(crate) fn arn(ctx: &Ctx<'_>, instance: &str, id: &str) -> String {
    format!("{}{id}", prefix(ctx, instance))
}

fn prefix(ctx: &Ctx<'_>, instance: &str) -> String {
    format!("arn:{}:sso:::permissionSet/{instance}/", ctx.region().partition())
}

/// The permission set that a request names, and where it stands.
///
/// # Errors
/// Those of [`instance::organization`], `ResourceNotFoundException` where the instance has none such.
pub(crate) fn named<'t>(
    ctx: &'t Ctx<'_>,
    action: &str,
    instance_arn: &str,
    arn: &str,
) -> Result<(Place, &'t PermissionSet)> {
    let instance = instance::organization(ctx, action, instance_arn)?;
    let missing = || error::not_found(format!("Could not find PermissionSet with arn {arn}"));
    let id = arn.strip_prefix(&prefix(ctx, &instance.id)).ok_or_else(missing)?;
    let place = Place { instance: instance.id.clone(), id: id.to_owned() };
    let found = ctx.peek::<PermissionSets>(&place.key(ctx)).ok_or_else(missing)?;
    Ok((place, found))
}

/// Instance and id in the ARN of a permission set; none in any other text.
pub(crate) fn split<'a>(ctx: &Ctx<'_>, arn: &'a str) -> Option<(&'a str, &'a str)> {
    let head = format!("arn:{}:sso:::permissionSet/", ctx.region().partition());
    arn.strip_prefix(&head)?.split_once('/')
}

/// The permission set of that ARN, whichever instance of this account and Region has it.
pub(crate) fn of_arn(ctx: &Ctx<'_>, arn: &str) -> Option<Place> {
    let (instance, id) = split(ctx, arn)?;
    let place = Place { instance: instance.to_owned(), id: id.to_owned() };
    ctx.peek::<PermissionSets>(&place.key(ctx)).is_some().then_some(place)
}

/// Changes what accounts have to be provisioned with.
///
/// # Errors
/// Those of [`named`] and of `change`.
pub(crate) fn change(
    ctx: &mut Ctx<'_>,
    action: &str,
    instance_arn: &str,
    arn: &str,
    change: impl FnOnce(&mut PermissionSet) -> Result<()>,
) -> Result<()> {
    let (place, found) = named(ctx, action, instance_arn, arn)?;
    let mut set = found.clone();
    change(&mut set)?;
    set.version += 1;
    ctx.put::<PermissionSets>(place.key(ctx), set)
}
