//! Identity stores: each is there as long as its instance of Identity Center.

use ironbird_api::sso_admin as center;
use ironbird_rig::operation::Handler;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PRINCIPAL;
use crate::error::{self, Kind};
use crate::group::record::{Groups, Names};
use crate::membership::record::{ByMember, Memberships, Pairs};
use crate::scim;
use crate::user::access::Passwords;
use crate::user::attempts::Attempts;
use crate::user::record::{Uniques, Users};

/// The name of the handler that is woken when an instance comes or goes.
const INSTANCE: &str = "identitystore.instance";

/// Nanoseconds until an instance that could not be looked at is looked at again.
const AGAIN: i64 = 1_000_000_000;

/// All stores: (account, Region, id).
pub(crate) struct Stores;

impl Table for Stores {
    const NAME: &'static str = "identitystore.stores";
    type Record = Store;
}

/// One store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Store {
    /// `d-…`
    pub(crate) id: String,
    /// ARN of its instance.
    instance: String,
    /// Users that it has.
    pub(crate) users: u64,
    /// Groups that it has.
    pub(crate) groups: u64,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.place(place).table::<Stores>().timer(INSTANCE, wake).listen("sso-admin.instance", INSTANCE)
}

/// Who administers Identity Center for an organization works on its store, but for a store of its own.
fn place(ctx: &Ctx<'_>, _: &Handler, request: &dyn Fn() -> Value) -> Result<Option<Account>> {
    let Some(manager) = ctx.world().authority().administered(ctx, "sso.amazonaws.com") else {
        return Ok(None);
    };
    let request = request();
    let store = request["identityStoreId"].as_str().unwrap_or_default();
    let own = ctx.peek::<Stores>(&ctx.scope().key(store)).is_some();
    Ok((!own).then_some(manager))
}

/// Key of everything in a store that a table has, once it is sure that the store is there: (account, Region, store).
///
/// # Errors
/// `ResourceNotFoundException` where this account has none such in this Region.
pub(crate) fn open(ctx: &Ctx<'_>, id: &str) -> Result<Key> {
    let key = ctx.scope().key(id);
    match ctx.peek::<Stores>(&key) {
        Some(_) => Ok(key),
        None => Err(error::not_found(ctx, Kind::Store, Some(id))),
    }
}

/// Counts what a store has of something.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn count(ctx: &mut Ctx<'_>, store: &Key, change: impl FnOnce(&mut Store)) -> Result<()> {
    ctx.update::<Stores, _>(store, change).map(drop)
}

/// An instance came or went: its store follows.
fn wake(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    let input = center::DescribeInstanceRequest { instance_arn: arn.to_owned() };
    match ctx.call::<center::DescribeInstance>(PRINCIPAL, &input) {
        Ok(center::DescribeInstanceResponse { identity_store_id: Some(id), .. }) => {
            let key = ctx.scope().key(&id);
            if ctx.peek::<Stores>(&key).is_none() {
                ctx.put::<Stores>(key, Store { id, instance: arn.to_owned(), users: 0, groups: 0 })?;
            }
            Ok(())
        }
        Err(gone) if gone.code() == "AccessDeniedException" => forget(ctx, arn),
        // Nothing else will say so again.
        _ => {
            let due = Timestamp::from_nanos(ctx.now().nanos().saturating_add(AGAIN));
            ctx.wake_at(due, INSTANCE, arn).map(drop)
        }
    }
}

/// Forgets the store of an instance that is no more, with everything in it.
fn forget(ctx: &mut Ctx<'_>, arn: &str) -> Result<()> {
    let scope = ctx.scope();
    let of_instance = |(_, store): (&Key, &Store)| (store.instance == arn).then(|| scope.key(&store.id));
    let Some(key) = ctx.scan::<Stores>(&scope.prefix()).find_map(of_instance) else { return Ok(()) };
    clear::<Users>(ctx, &key)?;
    clear::<Passwords>(ctx, &key)?;
    clear::<Attempts>(ctx, &key)?;
    clear::<Uniques>(ctx, &key)?;
    clear::<Groups>(ctx, &key)?;
    clear::<Names>(ctx, &key)?;
    clear::<Memberships>(ctx, &key)?;
    clear::<Pairs>(ctx, &key)?;
    clear::<ByMember>(ctx, &key)?;
    let id = ctx.peek::<Stores>(&key).map(|store| store.id.clone()).unwrap_or_default();
    scim::forget_tokens(ctx, &id)?;
    ctx.delete::<Stores>(&key).map(drop)
}

fn clear<T: Table>(ctx: &mut Ctx<'_>, prefix: &Key) -> Result<()> {
    let keys: Vec<Key> = ctx.scan::<T>(prefix).map(|(key, _)| key.clone()).collect();
    keys.iter().try_for_each(|key| ctx.delete::<T>(key).map(drop))
}
