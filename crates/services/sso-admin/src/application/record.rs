//! What is kept of an application, and where it is found.

use std::collections::BTreeMap;

use ironbird_api::sso_admin as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Key, Result, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error;

/// All applications: (account, Region, instance, id).
pub(crate) struct Applications;

impl Table for Applications {
    const NAME: &'static str = "sso-admin.applications";
    type Record = Application;
}

/// One application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Application {
    /// `apl-…`
    pub(crate) id: String,
    /// Its instance's id.
    pub(crate) instance: String,
    /// ARN of its provider.
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) portal: Portal,
    pub(crate) created: Timestamp,
    pub(crate) token: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Whether only those who are assigned it may use it.
    pub(crate) assignment_required: bool,
    /// Targets by access scope.
    pub(crate) scopes: BTreeMap<String, Vec<String>>,
    /// Grants by type, as `PutApplicationGrant` takes them.
    pub(crate) grants: BTreeMap<String, Value>,
    /// The policy that says who may authenticate with IAM as the application.
    pub(crate) actor_policy: Option<Value>,
    /// Whether sessions go on in the background.
    pub(crate) background: bool,
}

/// How an application is shown in the access portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Portal {
    pub(crate) visible: bool,
    /// `APPLICATION` or `IDENTITY_CENTER`, where a sign-in begins.
    pub(crate) origin: Option<String>,
    pub(crate) url: Option<String>,
}

impl Application {
    /// `arn:aws:sso::{account}:application/ssoins-…/apl-…`
    pub(crate) fn arn(&self, ctx: &Ctx<'_>) -> String {
        format!("{}{}/{}", prefix(ctx), self.instance, self.id)
    }
}

fn prefix(ctx: &Ctx<'_>) -> String {
    format!("arn:{}:sso::{}:application/", ctx.region().partition(), ctx.scope().account)
}

/// Where the application of that ARN stands, if there is one.
pub(crate) fn find(ctx: &Ctx<'_>, arn: &str) -> Option<Key> {
    let (instance, id) = arn.strip_prefix(&prefix(ctx))?.split_once('/')?;
    let key = ctx.scope().key(instance).text(id);
    ctx.peek::<Applications>(&key).is_some().then_some(key)
}

/// The application of that ARN, and where it stands.
///
/// # Errors
/// `ResourceNotFoundException` where there is none.
pub(crate) fn named<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Result<(Key, &'t Application)> {
    let found = find(ctx, arn).and_then(|key| ctx.peek::<Applications>(&key).map(|found| (key, found)));
    found.ok_or_else(|| error::not_found(format!("Could not find Application with arn {arn}")))
}

/// Changes an application.
///
/// # Errors
/// `ResourceNotFoundException` where there is none.
pub(super) fn change<R>(
    ctx: &mut Ctx<'_>,
    arn: &str,
    change: impl FnOnce(&mut Application) -> Result<R>,
) -> Result<R> {
    let (key, found) = named(ctx, arn)?;
    let mut application = found.clone();
    let result = change(&mut application)?;
    ctx.put::<Applications>(key, application)?;
    Ok(result)
}

/// A grant as `PutApplicationGrant` takes it.
const GRANT: Place = Place::input("sso-admin", "PutApplicationGrant", &["Grant"]);

/// A grant, to keep it.
///
/// # Errors
/// When the model has no grants.
pub(super) fn kept(grant: &api::Grant) -> Result<Value> {
    Ok(document::write(GRANT, grant)?)
}

/// A grant that was kept.
///
/// # Errors
/// When the model has no grants.
pub(super) fn shown(grant: &Value) -> Result<api::Grant> {
    Ok(document::read(GRANT, grant)?)
}
