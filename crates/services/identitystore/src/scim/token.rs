//! Who may provision a store: whoever has a bearer token of it. In AWS's console tokens are made and deleted, here by levers.

use ironbird_rig::credentials::{Fingerprint, fresh_secret};
use ironbird_rig::{Ctx, Error, Key, Result, Scope, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{error, store};

/// Tokens that a store may have at a time, and seconds that one is good: a year ("Automatic provisioning" in the user guide).
const MOST: usize = 2;
const LASTS: i64 = 365 * 86_400;

/// The timer handler's name.
const EXPIRED: &str = "identitystore.scim-token";

/// Tokens by their fingerprints, over all stores.
pub(crate) struct Tokens;

impl Table for Tokens {
    const NAME: &'static str = "identitystore.scim-tokens";
    type Record = Token;
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// What it is called when it is to be deleted.
    id: String,
    /// Where the store is.
    pub(crate) scope: Scope,
    /// Id of the store.
    pub(crate) store: String,
    expires: Timestamp,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Tokens>()
        .timer(EXPIRED, forget)
        .lever("identitystore.create-scim-token", pull_create)
        .lever("identitystore.delete-scim-token", pull_delete)
}

/// Where the store is that a token of the tenant is good for.
///
/// # Errors
/// `UnauthorizedException`
pub(super) fn admit(ctx: &Ctx<'_>, tenant: &str, token: &str) -> Result<Scope> {
    let found = ctx.peek::<Tokens>(&Key::new().text(Fingerprint::of(token).text()));
    let found = found.filter(|found| found.store == tenant && ctx.now() < found.expires);
    let refused =
        || Error::with_status(401, "UnauthorizedException", "Authorization header is invalid or missing.");
    found.map(|found| found.scope).ok_or_else(refused)
}

/// The tokens of a store with the keys that they are kept under.
fn of_store<'t>(ctx: &'t Ctx<'_>, store: &str) -> impl Iterator<Item = (&'t Key, &'t Token)> {
    let scope = ctx.scope();
    ctx.scan::<Tokens>(&Key::new()).filter(move |(_, token)| token.scope == scope && token.store == store)
}

fn text<'g>(ctx: &Ctx<'_>, given: &'g Value, name: &str) -> Result<&'g str> {
    let missing = || error::validation(ctx, format!("`{name}` is missing: it must be a text."));
    given.get(name).and_then(Value::as_str).ok_or_else(missing)
}

/// Makes a token: `{"identityStoreId": "d-…"}`. It is shown this once.
fn pull_create(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let id = text(ctx, given, "identityStoreId")?;
    store::open(ctx, id)?;
    if of_store(ctx, id).count() >= MOST {
        return Err(error::quota(ctx, format!("A directory can have at most {MOST} SCIM tokens.")));
    }
    let secret = fresh_secret(ctx, "identitystore.scim-token")?;
    let expires = Timestamp::from_secs(ctx.now().secs() + LASTS);
    let token = Token {
        id: ctx.fresh_uuid("identitystore.scim-token-id")?,
        scope: ctx.scope(),
        store: id.to_owned(),
        expires,
    };
    let fingerprint = Fingerprint::of(&secret);
    let name = token.id.clone();
    ctx.wake_at(expires, EXPIRED, fingerprint.text())?;
    ctx.put::<Tokens>(Key::new().text(fingerprint.text()), token)?;
    let endpoint = ctx.world().address().map(|address| format!("{address}/{id}/scim/v2/"));
    Ok(json!({ "tokenId": name, "token": secret, "expires": expires.iso8601(), "endpoint": endpoint }))
}

/// Makes a token worth nothing: `{"identityStoreId": "d-…", "tokenId": "…"}`.
fn pull_delete(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (store, id) = (text(ctx, given, "identityStoreId")?, text(ctx, given, "tokenId")?);
    let key = of_store(ctx, store).find(|(_, token)| token.id == id).map(|(key, _)| key.clone());
    let key = key.ok_or_else(|| error::validation(ctx, format!("There is no token {id}.")))?;
    ctx.delete::<Tokens>(&key)?;
    Ok(json!({ "tokenId": id }))
}

fn forget(ctx: &mut Ctx<'_>, fingerprint: &str) -> Result<()> {
    ctx.delete::<Tokens>(&Key::new().text(fingerprint)).map(drop)
}

/// Forgets the tokens of a store that is no more.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn clear(ctx: &mut Ctx<'_>, store: &str) -> Result<()> {
    let keys: Vec<Key> = of_store(ctx, store).map(|(key, _)| key.clone()).collect();
    keys.iter().try_for_each(|key| ctx.delete::<Tokens>(key).map(drop))
}
