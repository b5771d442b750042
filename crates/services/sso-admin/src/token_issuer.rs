//! Trusted token issuers: providers of identity whose tokens applications may bring for a user, in exchange for one of ours.

use std::collections::BTreeMap;

use ironbird_api::sso_admin as api;
use ironbird_federation::jwt;
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::instance::record as instance;
use crate::{error, page, tag};

/// Trusted token issuers of an instance (Identity Center quotas in its user guide).
const MOST: usize = 10;

/// All issuers: (account, Region, instance, id).
pub(crate) struct Issuers;

impl Table for Issuers {
    const NAME: &'static str = "sso-admin.token-issuers";
    type Record = Issuer;
}

/// One issuer, with what is said of an OIDC provider: there is no other kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issuer {
    /// `tti-` and a UUID.
    id: String,
    name: String,
    kind: String,
    url: String,
    claim_path: String,
    store_path: String,
    keys_from: String,
    token: Option<String>,
    /// The JSON web key set that it signs with, once somebody handed it over.
    #[serde(default)]
    keys: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Issuers>()
        .write::<api::CreateTrustedTokenIssuer>(create)
        .read::<api::DescribeTrustedTokenIssuer>(describe)
        .read::<api::ListTrustedTokenIssuers>(list)
        .write::<api::UpdateTrustedTokenIssuer>(update)
        .write::<api::DeleteTrustedTokenIssuer>(delete)
        .lever("sso-admin.issuer-keys", pull_keys)
        .lever("sso-admin.token-issuer", pull_issuer)
}

/// `arn:aws:sso::{account}:trustedTokenIssuer/ssoins-…/tti-…`
fn arn(ctx: &Ctx<'_>, instance: &str, id: &str) -> String {
    format!("{}{instance}/{id}", prefix(ctx))
}

fn prefix(ctx: &Ctx<'_>) -> String {
    format!("arn:{}:sso::{}:trustedTokenIssuer/", ctx.region().partition(), ctx.scope().account)
}

/// Where the issuer of that ARN stands, if there is one.
pub(crate) fn find(ctx: &Ctx<'_>, arn: &str) -> Option<Key> {
    let (instance, id) = arn.strip_prefix(&prefix(ctx))?.split_once('/')?;
    let key = ctx.scope().key(instance).text(id);
    ctx.peek::<Issuers>(&key).is_some().then_some(key)
}

fn named(ctx: &Ctx<'_>, arn: &str) -> Result<Key> {
    find(ctx, arn)
        .ok_or_else(|| error::not_found(format!("Could not find TrustedTokenIssuer with arn {arn}")))
}

/// Hands over the keys that an issuer signs with: `{"issuer": ARN, "keys": {"keys": […]}}`. AWS fetches them from the issuer; a rig
/// asks nobody by itself.
fn pull_keys(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (arn, key) = meant(ctx, given)?;
    let keys = given.get("keys").filter(|keys| keys.is_object());
    let keys = keys.ok_or_else(|| error::validation("`keys` is missing: it must be a JSON web key set."))?;
    let keys = keys.to_string();
    let usable = jwt::usable_keys(&keys)
        .map_err(|wrong| error::validation(format!("`keys` is no JSON web key set: {wrong}.")))?;
    if usable == 0 {
        return Err(error::validation("`keys` has no public RSA or elliptic-curve key for signatures."));
    }
    ctx.update::<Issuers, _>(&key, |issuer| issuer.keys = Some(keys))?;
    Ok(json!({ "issuer": arn, "keys": usable }))
}

/// What whoever verifies tokens has to know of an issuer: `{"issuer": ARN}`.
fn pull_issuer(ctx: &mut Ctx<'_>, given: &Value) -> Result<Value> {
    let (_, key) = meant(ctx, given)?;
    Ok(ctx.peek::<Issuers>(&key).map_or(Value::Null, |issuer| {
        json!({
            "url": issuer.url,
            "claim": issuer.claim_path,
            "attribute": issuer.store_path,
            "keys": issuer.keys,
        })
    }))
}

fn meant<'g>(ctx: &Ctx<'_>, given: &'g Value) -> Result<(&'g str, Key)> {
    let arn = given.get("issuer").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| {
        error::validation("`issuer` is missing: it must be the ARN of a trusted token issuer.")
    })?;
    Ok((arn, named(ctx, arn)?))
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateTrustedTokenIssuerRequest,
) -> Result<api::CreateTrustedTokenIssuerResponse> {
    let instance = instance::active(ctx, "CreateTrustedTokenIssuer", &input.instance_arn)?.id.clone();
    let Some(given) = &input.trusted_token_issuer_configuration.oidc_jwt_configuration else {
        return Err(error::validation("OidcJwtConfiguration is required."));
    };
    let tags = tag::read(input.tags.as_deref().unwrap_or_default())?;
    let there = ctx.scope().key(&instance);
    let issuers: Vec<&Issuer> = ctx.scan::<Issuers>(&there).map(|(_, issuer)| issuer).collect();
    let again = issuers.iter().find(|issuer| issuer.token.is_some() && issuer.token == input.client_token);
    if let Some(earlier) = again {
        if earlier.name != input.name || earlier.url != given.issuer_url {
            return Err(error::conflict("The client token was used with other parameters."));
        }
        let arn = arn(ctx, &instance, &earlier.id);
        return Ok(api::CreateTrustedTokenIssuerResponse { trusted_token_issuer_arn: Some(arn) });
    }
    if issuers.iter().any(|issuer| issuer.url == given.issuer_url) {
        let message = format!("A trusted token issuer with issuer URL {} already exists.", given.issuer_url);
        return Err(error::conflict(message));
    }
    if issuers.len() >= MOST {
        return Err(error::quota(format!("An instance can have at most {MOST} trusted token issuers.")));
    }
    let issuer = Issuer {
        id: format!("tti-{}", ctx.fresh_uuid("sso-admin.token-issuer")?),
        name: input.name.clone(),
        kind: input.trusted_token_issuer_type.clone(),
        url: given.issuer_url.clone(),
        claim_path: given.claim_attribute_path.clone(),
        store_path: given.identity_store_attribute_path.clone(),
        keys_from: given.jwks_retrieval_option.clone(),
        token: input.client_token.clone(),
        keys: None,
        tags,
    };
    let arn = arn(ctx, &instance, &issuer.id);
    ctx.put::<Issuers>(there.text(&issuer.id), issuer)?;
    Ok(api::CreateTrustedTokenIssuerResponse { trusted_token_issuer_arn: Some(arn) })
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeTrustedTokenIssuerRequest,
) -> Result<api::DescribeTrustedTokenIssuerResponse> {
    let key = named(ctx, &input.trusted_token_issuer_arn)?;
    let shown = ctx.peek::<Issuers>(&key).map(|issuer| api::DescribeTrustedTokenIssuerResponse {
        trusted_token_issuer_arn: Some(input.trusted_token_issuer_arn.clone()),
        name: Some(issuer.name.clone()),
        trusted_token_issuer_type: Some(issuer.kind.clone()),
        trusted_token_issuer_configuration: Some(api::TrustedTokenIssuerConfiguration {
            oidc_jwt_configuration: Some(api::OidcJwtConfiguration {
                issuer_url: issuer.url.clone(),
                claim_attribute_path: issuer.claim_path.clone(),
                identity_store_attribute_path: issuer.store_path.clone(),
                jwks_retrieval_option: issuer.keys_from.clone(),
            }),
        }),
    });
    Ok(shown.unwrap_or_default())
}

fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListTrustedTokenIssuersRequest,
) -> Result<api::ListTrustedTokenIssuersResponse> {
    let instance = &instance::active(ctx, "ListTrustedTokenIssuers", &input.instance_arn)?.id;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Issuers, _>(ctx, &ctx.scope().key(instance), |issuer| {
        Some(api::TrustedTokenIssuerMetadata {
            trusted_token_issuer_arn: Some(arn(ctx, instance, &issuer.id)),
            name: Some(issuer.name.clone()),
            trusted_token_issuer_type: Some(issuer.kind.clone()),
        })
    });
    Ok(api::ListTrustedTokenIssuersResponse {
        trusted_token_issuers: Some(page.items),
        next_token: page.next,
    })
}

fn update(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateTrustedTokenIssuerRequest,
) -> Result<api::UpdateTrustedTokenIssuerResponse> {
    let key = named(ctx, &input.trusted_token_issuer_arn)?;
    let given = input.trusted_token_issuer_configuration.as_ref();
    let given = given.and_then(|given| given.oidc_jwt_configuration.clone()).unwrap_or_default();
    ctx.update::<Issuers, _>(&key, |issuer| {
        let changes = [
            (&mut issuer.name, input.name.clone()),
            (&mut issuer.claim_path, given.claim_attribute_path),
            (&mut issuer.store_path, given.identity_store_attribute_path),
            (&mut issuer.keys_from, given.jwks_retrieval_option),
        ];
        for (place, value) in changes {
            if let Some(value) = value {
                *place = value;
            }
        }
    })?;
    Ok(api::UpdateTrustedTokenIssuerResponse {})
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteTrustedTokenIssuerRequest,
) -> Result<api::DeleteTrustedTokenIssuerResponse> {
    let key = named(ctx, &input.trusted_token_issuer_arn)?;
    ctx.delete::<Issuers>(&key)?;
    Ok(api::DeleteTrustedTokenIssuerResponse {})
}
