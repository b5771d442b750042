//! Clients: tools that ask for tokens. Anybody can register one.

use ironbird_api::sso_oidc as api;
use ironbird_rig::credentials::{Fingerprint, fresh_secret};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authorization::loopback;
use crate::token::{CODE, DEVICE, REFRESH};
use crate::{ACCOUNT_ACCESS, error, instance};

/// The timer handler's name.
const EXPIRED: &str = "sso-oidc.client";

/// Seconds that a registration is good: 90 days, as registrations that AWS answers are.
const LASTS: i64 = 90 * 86_400;

/// Letters of a client's id.
const ID: usize = 22;

/// All clients by their ids.
pub(crate) struct Clients;

impl Table for Clients {
    const NAME: &'static str = "sso-oidc.clients";
    type Record = Client;
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    secret: Fingerprint,
    /// What it calls itself.
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    /// How it may get tokens; any way where it did not say.
    grants: Vec<String>,
    /// Where its users may be sent back to.
    pub(crate) redirects: Vec<String>,
    /// Identity store of the workforce that it is for, where it said so.
    pub(crate) store: Option<String>,
    expires: Timestamp,
}

impl Client {
    /// Whether it may get tokens in such a way.
    pub(crate) fn may(&self, grant: &str) -> bool {
        self.grants.is_empty() || self.grants.iter().any(|registered| registered == grant)
    }

    /// Whether tokens that it gets can be refreshed: those of clients that asked for a scope.
    pub(crate) fn is_refreshed(&self) -> bool {
        !self.scopes.is_empty() && self.may(REFRESH)
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Clients>()
        .timer(EXPIRED, forget)
        .write::<api::RegisterClient>(register_client)
        .refuses::<api::RegisterClient>(&[(
        "entitledApplicationArn",
        "there are no applications that clients get tokens for",
    )])
}

fn key(id: &str) -> Key {
    Key::new().text(id)
}

/// The client of that id, while its registration is good.
///
/// # Errors
/// `InvalidClientException`
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, id: &str) -> Result<&'t Client> {
    let found = ctx.peek::<Clients>(&key(id)).filter(|client| ctx.now() < client.expires);
    found.ok_or_else(error::client)
}

/// The client that calls.
///
/// # Errors
/// `InvalidClientException` also where the secret is not the client's.
pub(crate) fn authenticate<'t>(ctx: &'t Ctx<'_>, id: &str, secret: &str) -> Result<&'t Client> {
    let client = find(ctx, id)?;
    if client.secret.is_of(secret) { Ok(client) } else { Err(error::client()) }
}

fn register_client(
    ctx: &mut Ctx<'_>,
    input: &api::RegisterClientRequest,
) -> Result<api::RegisterClientResponse> {
    if input.client_type != "public" {
        return Err(error::client_metadata("The client type must be public"));
    }
    let scopes = input.scopes.clone().unwrap_or_default();
    if scopes.iter().any(|scope| scope != ACCOUNT_ACCESS) {
        return Err(error::scope());
    }
    let grants = input.grant_types.clone().unwrap_or_default();
    if !grants.iter().all(|grant| [CODE, DEVICE, REFRESH].contains(&grant.as_str())) {
        return Err(error::grant_type());
    }
    let redirects = input.redirect_uris.clone().unwrap_or_default();
    if !redirects.iter().all(|uri| loopback(uri).is_some()) {
        return Err(error::redirect_uri("A redirect URI must be http on the loopback interface"));
    }
    if grants.iter().any(|grant| grant == CODE) && redirects.is_empty() {
        return Err(error::redirect_uri("The authorization code grant needs a redirect URI"));
    }
    let store = input.issuer_url.as_deref().map(|url| {
        let found = instance::of_start_url(ctx, url).map(|instance| instance.store.clone());
        found.ok_or_else(|| error::request("Invalid issuer url provided"))
    });
    let store = store.transpose()?;
    let secret = fresh_secret(ctx, "sso-oidc.client-secret")?;
    let mut id = fresh_secret(ctx, "sso-oidc.client")?;
    id.truncate(ID);
    let expires = Timestamp::from_secs(ctx.now().secs() + LASTS);
    let client = Client {
        id: id.clone(),
        secret: Fingerprint::of(&secret),
        name: input.client_name.clone(),
        scopes,
        grants,
        redirects,
        store,
        expires,
    };
    ctx.wake_at(expires, EXPIRED, &id)?;
    ctx.put::<Clients>(key(&id), client)?;
    let endpoint = |path: &str| ctx.world().address().map(|address| format!("{address}/{path}"));
    Ok(api::RegisterClientResponse {
        client_id: Some(id),
        client_secret: Some(secret),
        client_id_issued_at: Some(ctx.now().secs()),
        client_secret_expires_at: Some(expires.secs()),
        authorization_endpoint: endpoint("authorize"),
        token_endpoint: endpoint("token"),
    })
}

fn forget(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    ctx.delete::<Clients>(&key(id)).map(drop)
}
