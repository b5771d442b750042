//! OpenID Connect providers. Tokens that they sign are looked at by STS.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_federation::jwt;
use ironbird_rig::access::OidcProvider;
use ironbird_rig::{Account, Ctx, Error, Key, Result, ServiceDef, Table, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::tag::Tags;
use crate::{error, named};

/// Client ids, thumbprints and providers that there may be (API reference; IAM user guide, "IAM and AWS STS quotas").
const MOST_CLIENTS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;
const MOST_PROVIDERS: usize = 100;

/// Providers: (account, URL without its scheme).
struct Providers;

impl Table for Providers {
    const NAME: &'static str = "iam.oidc-providers";
    type Record = Provider;
}

/// An OpenID Connect provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Provider {
    /// Without its scheme.
    url: String,
    clients: Vec<String>,
    thumbprints: Vec<String>,
    created: Timestamp,
    tags: Tags,
    /// The JSON web key set that it signs with, once somebody handed it over.
    #[serde(default)]
    keys: Option<String>,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Providers>()
        .write::<api::CreateOpenIDConnectProvider>(create_open_id_connect_provider)
        .read::<api::GetOpenIDConnectProvider>(get_open_id_connect_provider)
        .read::<api::ListOpenIDConnectProviders>(list_open_id_connect_providers)
        .write::<api::UpdateOpenIDConnectProviderThumbprint>(update_open_id_connect_provider_thumbprint)
        .write::<api::AddClientIDToOpenIDConnectProvider>(add_client_id_to_open_id_connect_provider)
        .write::<api::RemoveClientIDFromOpenIDConnectProvider>(remove_client_id_from_open_id_connect_provider)
        .write::<api::DeleteOpenIDConnectProvider>(delete_open_id_connect_provider)
        .write::<api::TagOpenIDConnectProvider>(tag_open_id_connect_provider)
        .write::<api::UntagOpenIDConnectProvider>(untag_open_id_connect_provider)
        .read::<api::ListOpenIDConnectProviderTags>(list_open_id_connect_provider_tags)
        .lever("iam.oidc-keys", pull_keys)
}

fn arn(ctx: &Ctx<'_>, url: &str) -> String {
    named::arn(ctx, &format!("oidc-provider/{url}"))
}

fn key(ctx: &Ctx<'_>, url: &str) -> Key {
    named::prefix(ctx).text(url)
}

fn find(ctx: &Ctx<'_>, given: &str) -> Result<Provider> {
    let url = given.strip_prefix(&arn(ctx, ""));
    let found = url.and_then(|url| ctx.peek::<Providers>(&key(ctx, url)));
    found
        .cloned()
        .ok_or_else(|| error::no_such_entity(format!("OpenIDConnect Provider not found for arn {given}")))
}

/// The account's provider of that URL, without its scheme, as those who look at tokens see it.
pub(crate) fn trusted(ctx: &Ctx<'_>, account: Account, url: &str) -> Option<OidcProvider> {
    let provider = ctx.peek::<Providers>(&named::prefix_of(account).text(url))?;
    Some(OidcProvider {
        arn: format!("arn:{}:iam::{account}:oidc-provider/{url}", ctx.region().partition()),
        url: provider.url.clone(),
        clients: provider.clients.clone(),
        keys: provider.keys.clone(),
    })
}

/// Hands over the keys that a provider signs with: `{"provider": ARN, "keys": {"keys": […]}}`. AWS fetches them from the provider;
/// a rig asks nobody by itself.
fn pull_keys(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let arn = given.get("provider").and_then(Value::as_str);
    let arn =
        arn.ok_or_else(|| error::validation("`provider` is missing: it must be the ARN of a provider."))?;
    let keys = given.get("keys").filter(|keys| keys.is_object());
    let keys = keys.ok_or_else(|| error::validation("`keys` is missing: it must be a JSON web key set."))?;
    let keys = keys.to_string();
    let usable = match jwt::usable_keys(&keys) {
        Ok(0) => Err("it has no public RSA or elliptic-curve key for signatures".to_owned()),
        usable => usable,
    };
    let usable = usable.map_err(|wrong| error::validation(format!("`keys` is no such key set: {wrong}.")))?;
    change(ctx, arn, |provider| {
        provider.keys = Some(keys);
        Ok(())
    })?;
    Ok(json!({ "provider": arn, "keys": usable }))
}

fn change(ctx: &mut Ctx<'_>, arn: &str, change: impl FnOnce(&mut Provider) -> Result<()>) -> Result<Empty> {
    let mut provider = find(ctx, arn)?;
    change(&mut provider)?;
    check(&provider)?;
    ctx.put::<Providers>(key(ctx, &provider.url), provider)?;
    Ok(Empty {})
}

fn check(provider: &Provider) -> Result<()> {
    if provider.clients.len() > MOST_CLIENTS {
        return Err(error::quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENTS));
    }
    if provider.thumbprints.len() > MOST_THUMBPRINTS {
        return Err(error::invalid_input("Thumbprint list must contain fewer than 5 entries."));
    }
    let is_sha1 = |print: &String| print.len() == 40 && print.bytes().all(|byte| byte.is_ascii_hexdigit());
    match provider.thumbprints.iter().find(|print| !is_sha1(print)) {
        Some(print) => Err(error::invalid_input(format!("Thumbprint {print} is not 40 hexadecimal digits."))),
        None => Ok(()),
    }
}

fn invalid_url(url: &str) -> Error {
    error::validation(format!("Invalid Open ID Connect Provider URL: {url}"))
}

fn create_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::CreateOpenIDConnectProviderRequest,
) -> Result<api::CreateOpenIDConnectProviderResponse> {
    let url = input.url.strip_prefix("https://").ok_or_else(|| invalid_url(&input.url))?;
    // Neither a query nor a port is part of what providers are told apart by (API reference, `Url`).
    if url.is_empty() || url.contains(['?', '#', ':', ' ']) {
        return Err(invalid_url(&input.url));
    }
    if ctx.peek::<Providers>(&key(ctx, url)).is_some() {
        return Err(error::already_exists(format!("Provider with url {} already exists.", input.url)));
    }
    if ctx.scan::<Providers>(&named::prefix(ctx)).count() >= MOST_PROVIDERS {
        return Err(error::quota("OpenIdConnectProvidersPerAccount", MOST_PROVIDERS));
    }
    let provider = Provider {
        url: url.to_owned(),
        clients: input.client_id_list.clone().unwrap_or_default(),
        thumbprints: input.thumbprint_list.clone().unwrap_or_default(),
        created: named::now(ctx),
        tags: Tags::new(input.tags.as_deref())?,
        keys: None,
    };
    check(&provider)?;
    let tags = provider.tags.some();
    ctx.put::<Providers>(key(ctx, url), provider)?;
    Ok(api::CreateOpenIDConnectProviderResponse { open_id_connect_provider_arn: Some(arn(ctx, url)), tags })
}

fn get_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::GetOpenIDConnectProviderRequest,
) -> Result<api::GetOpenIDConnectProviderResponse> {
    let provider = find(ctx, &input.open_id_connect_provider_arn)?;
    Ok(api::GetOpenIDConnectProviderResponse {
        tags: provider.tags.some(),
        url: Some(provider.url),
        client_id_list: Some(provider.clients),
        thumbprint_list: Some(provider.thumbprints),
        create_date: Some(provider.created),
    })
}

fn list_open_id_connect_providers(
    ctx: &mut Ctx<'_>,
    _input: &api::ListOpenIDConnectProvidersRequest,
) -> Result<api::ListOpenIDConnectProvidersResponse> {
    let all = ctx.scan::<Providers>(&named::prefix(ctx)).map(|(_, provider)| provider);
    let shown =
        all.map(|provider| api::OpenIDConnectProviderListEntry { arn: Some(arn(ctx, &provider.url)) });
    Ok(api::ListOpenIDConnectProvidersResponse { open_id_connect_provider_list: Some(shown.collect()) })
}

fn update_open_id_connect_provider_thumbprint(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateOpenIDConnectProviderThumbprintRequest,
) -> Result<Empty> {
    change(ctx, &input.open_id_connect_provider_arn, |provider| {
        provider.thumbprints.clone_from(&input.thumbprint_list);
        Ok(())
    })
}

fn add_client_id_to_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::AddClientIDToOpenIDConnectProviderRequest,
) -> Result<Empty> {
    change(ctx, &input.open_id_connect_provider_arn, |provider| {
        if !provider.clients.contains(&input.client_id) {
            provider.clients.push(input.client_id.clone());
        }
        Ok(())
    })
}

fn remove_client_id_from_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::RemoveClientIDFromOpenIDConnectProviderRequest,
) -> Result<Empty> {
    change(ctx, &input.open_id_connect_provider_arn, |provider| {
        provider.clients.retain(|client| *client != input.client_id);
        Ok(())
    })
}

fn delete_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteOpenIDConnectProviderRequest,
) -> Result<Empty> {
    let provider = find(ctx, &input.open_id_connect_provider_arn)?;
    ctx.delete::<Providers>(&key(ctx, &provider.url))?;
    Ok(Empty {})
}

fn tag_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::TagOpenIDConnectProviderRequest,
) -> Result<Empty> {
    change(ctx, &input.open_id_connect_provider_arn, |provider| provider.tags.set(&input.tags))
}

fn untag_open_id_connect_provider(
    ctx: &mut Ctx<'_>,
    input: &api::UntagOpenIDConnectProviderRequest,
) -> Result<Empty> {
    change(ctx, &input.open_id_connect_provider_arn, |provider| {
        provider.tags.remove(&input.tag_keys);
        Ok(())
    })
}

fn list_open_id_connect_provider_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListOpenIDConnectProviderTagsRequest,
) -> Result<api::ListOpenIDConnectProviderTagsResponse> {
    let provider = find(ctx, &input.open_id_connect_provider_arn)?;
    let page = provider.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListOpenIDConnectProviderTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}
