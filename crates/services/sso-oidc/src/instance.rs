//! Where there is somebody to sign in: the instances of Identity Center, by the ids of their identity stores.

use ironbird_api::sso_admin as center;
use ironbird_rig::{Ctx, Key, Result, Scope, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::PRINCIPAL;

/// The name of the handler that is woken when an instance comes or goes.
const CHANGED: &str = "sso-oidc.instance";

/// Nanoseconds until an instance that could not be looked at is looked at again.
const AGAIN: i64 = 1_000_000_000;

/// The instances, over all accounts: id of the identity store.
pub(crate) struct Instances;

impl Table for Instances {
    const NAME: &'static str = "sso-oidc.instances";
    type Record = Instance;
}

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// Where it is.
    pub(crate) scope: Scope,
    pub(crate) arn: String,
    /// Id of its identity store, `d-…`.
    pub(crate) store: String,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Instances>().timer(CHANGED, wake).listen("sso-admin.instance", CHANGED)
}

/// The instance of an identity store.
pub(crate) fn of_store<'t>(ctx: &'t Ctx<'_>, store: &str) -> Option<&'t Instance> {
    ctx.peek::<Instances>(&Key::new().text(store))
}

/// The instance of that ARN.
pub(crate) fn of_arn<'t>(ctx: &'t Ctx<'_>, arn: &str) -> Option<&'t Instance> {
    ctx.scan::<Instances>(&Key::new()).map(|(_, instance)| instance).find(|instance| instance.arn == arn)
}

/// The instance that a start URL is for: `https://d-….awsapps.com/start`, or the rig's own page of it.
pub(crate) fn of_start_url<'t>(ctx: &'t Ctx<'_>, url: &str) -> Option<&'t Instance> {
    let words = url.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(|word| word.starts_with("d-")).find_map(|store| of_store(ctx, store))
}

/// Path of the sign-in page of an instance.
pub(crate) fn page(store: &str) -> String {
    format!("/_ironbird/sign-in/{store}")
}

/// An instance came or went.
fn wake(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    let input = center::DescribeInstanceRequest { instance_arn: arn.to_owned() };
    match ctx.call::<center::DescribeInstance>(PRINCIPAL, &input) {
        Ok(center::DescribeInstanceResponse { identity_store_id: Some(store), .. }) => {
            let instance = Instance { scope: ctx.scope(), arn: arn.to_owned(), store };
            ctx.put::<Instances>(Key::new().text(&instance.store), instance)
        }
        Err(gone) if gone.code() == "AccessDeniedException" => forget(ctx, arn),
        // Nothing else will say so again.
        _ => {
            let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(AGAIN));
            ctx.wake_at(due, CHANGED, arn).map(drop)
        }
    }
}

fn forget(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    let mut all = ctx.scan::<Instances>(&Key::new());
    let found = all.find(|(_, instance)| instance.arn == arn && instance.scope == ctx.scope());
    let Some(key) = found.map(|(key, _)| key.clone()) else { return Ok(()) };
    drop(all);
    ctx.delete::<Instances>(&key).map(drop)
}
