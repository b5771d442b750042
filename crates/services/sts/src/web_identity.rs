//! AssumeRoleWithWebIdentity: roles for whom an OpenID Connect provider of the role's account vouches.
//!
//! Sources: the operation's page in the API reference, "Pass session tags in AWS STS" and "IAM and AWS STS condition context keys"
//! in the IAM user guide; messages as users of the live service have published them. A token that is refused has its reason in
//! every mode of `--auth`: it is not a policy that refuses it.

use std::collections::BTreeMap;

use ironbird_api::sts as api;
use ironbird_federation::jwt::{self, Claims, Refusal};
use ironbird_rig::access::OidcProvider;
use ironbird_rig::audit::Federated;
use ironbird_rig::{Ctx, Error, Result};
use serde_json::Value;

use crate::error::{self, invalid_identity_token};
use crate::federation::{Given, Vouched, Wish, assume, role};

/// How far a provider's clock may be ahead of the rig's, in seconds. AWS publishes no figure.
const SKEW: i64 = 300;

/// The claims that AWS reads as tags and as a source identity.
const TAGS: &str = "https://aws.amazon.com/tags";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

pub fn assume_role_with_web_identity(
    ctx: &mut Ctx<'_>,
    input: &api::AssumeRoleWithWebIdentityRequest,
) -> Result<api::AssumeRoleWithWebIdentityResponse> {
    let account = role(ctx, &input.role_arn)?.account;
    let issuer = jwt::issuer(&input.web_identity_token).ok_or_else(not_a_token)?;
    let url = issuer.strip_prefix("https://").unwrap_or(&issuer).trim_end_matches('/');
    let provider = ctx.world().authority().oidc_provider(ctx, account, url);
    let missing = || format!("No OpenIDConnect provider found in your account for {issuer}");
    let provider = provider.ok_or_else(|| invalid_identity_token(missing()))?;
    let claims = verified(&input.web_identity_token, &provider)?;
    check_times(&claims, ctx.now().secs())?;
    let subject = claims.text("sub").ok_or_else(|| lacking("sub"))?.to_owned();
    let audience = audience(&claims, &provider)?;
    ctx.vouch_for(Federated {
        kind: "WebIdentityUser".into(),
        account,
        provider: provider.arn.clone(),
        principal_id: format!("{}:{audience}:{subject}", provider.arn),
        user_name: subject.clone(),
    });
    let source_identity = claims.text(SOURCE_IDENTITY).map(str::to_owned);
    if let Some(identity) = &source_identity {
        error::check_name("sourceIdentity", identity)?;
    }
    let (tags, transitive) = tags(&claims)?;
    let keys = keys(&claims, &provider.url);
    let kept = keys.iter().filter(|(name, _)| is_kept(name)).map(|(name, key)| (name.clone(), key.clone()));
    let vouched = Vouched {
        kept: kept.collect(),
        keys,
        tags,
        transitive,
        source_identity: source_identity.clone(),
        provider: provider.arn.clone(),
    };
    let wish = Wish {
        operation: "AssumeRoleWithWebIdentity",
        role: &input.role_arn,
        session_name: &input.role_session_name,
        seconds: input.duration_seconds,
        policy: input.policy.as_deref(),
        policy_arns: input.policy_arns.as_deref(),
    };
    let Given { credentials, user, packed_policy_size } = assume(ctx, &wish, vouched)?;
    Ok(api::AssumeRoleWithWebIdentityResponse {
        credentials: Some(credentials),
        subject_from_web_identity_token: Some(subject),
        assumed_role_user: Some(user),
        packed_policy_size,
        provider: Some(provider.arn),
        audience: Some(audience),
        source_identity,
    })
}

fn not_a_token() -> Error {
    invalid_identity_token(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    )
}

fn lacking(claim: &str) -> Error {
    invalid_identity_token(format!("Missing a required claim: {claim}"))
}

fn verified(token: &str, provider: &OidcProvider) -> Result<Claims> {
    let Some(keys) = &provider.keys else {
        return Err(error::idp_communication(format!(
            "The keys of {} are not known: a rig asks no provider by itself. Hand them over with: \
             ironbird lever pull iam.oidc-keys provider={} keys=JWKS",
            provider.url, provider.arn
        )));
    };
    jwt::verify(token, keys).map_err(|refusal| match refusal {
        Refusal::NotAToken => not_a_token(),
        Refusal::UnknownKey => invalid_identity_token(
            "Couldn't retrieve verification key from your identity provider, please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
        ),
        Refusal::BadSignature => invalid_identity_token("The token's signature is not valid"),
    })
}

fn check_times(claims: &Claims, now: i64) -> Result<()> {
    let expires = claims.instant("exp").ok_or_else(|| lacking("exp"))?;
    let issued = claims.instant("iat").ok_or_else(|| lacking("iat"))?;
    if expires <= now {
        return Err(error::expired_token(format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        )));
    }
    let begins = claims.instant("nbf").map_or(issued, |begins| begins.max(issued));
    if begins > now + SKEW {
        return Err(invalid_identity_token(format!(
            "The token is not valid yet: current date/time {now} must not be before {begins}"
        )));
    }
    Ok(())
}

/// Whom the token is for: the party it names, or one of its audience, if the provider has it among its clients.
fn audience(claims: &Claims, provider: &OidcProvider) -> Result<String> {
    let named = match claims.text("azp") {
        Some(party) => vec![party.to_owned()],
        None => claims.texts("aud"),
    };
    if named.is_empty() {
        return Err(lacking("aud"));
    }
    let known = named.into_iter().find(|client| provider.clients.contains(client));
    known.ok_or_else(|| invalid_identity_token("Incorrect token audience"))
}

/// The condition keys of a token: every one that policies may ask for has the provider's URL before it. Where the token names a
/// party, that is the audience, and what it calls its audience is `oaud`.
fn keys(claims: &Claims, url: &str) -> BTreeMap<String, Vec<String>> {
    let party = claims.get("azp").is_some();
    let taken = [
        ("sub", claims.texts("sub")),
        ("aud", claims.texts(if party { "azp" } else { "aud" })),
        ("oaud", if party { claims.texts("aud") } else { Vec::new() }),
        ("amr", claims.texts("amr")),
        ("email", claims.texts("email")),
    ];
    let given = taken.into_iter().filter(|(_, values)| !values.is_empty());
    given.map(|(name, values)| (format!("{url}:{name}"), values)).collect()
}

/// Whether a session keeps the key, so that its policies may ask for it too.
fn is_kept(name: &str) -> bool {
    [":sub", ":aud", ":amr"].iter().any(|end| name.ends_with(end))
}

/// Session tags and the keys of transitive ones, nested in one claim or each in a claim of its own.
fn tags(claims: &Claims) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let unreadable = || error::idp_rejected_claim(format!("The claim {TAGS} cannot be read"));
    let nested = claims.get(TAGS);
    let principal = nested
        .and_then(|tags| tags.get("principal_tags"))
        .map(|tags| tags.as_object().ok_or_else(unreadable));
    let flat = claims.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(TAGS)?.strip_prefix("/principal_tags/")?;
        Some((key, value))
    });
    let mut tags = BTreeMap::new();
    let nested_tags = principal.transpose()?.into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    for (key, value) in nested_tags.chain(flat) {
        let value = match value {
            Value::String(text) => Some(text.as_str()),
            Value::Array(list) if list.len() == 1 => list[0].as_str(),
            _ => None,
        };
        tags.insert(key.to_owned(), value.ok_or_else(unreadable)?.to_owned());
    }
    let transitive = nested.and_then(|tags| tags.get("transitive_tag_keys"));
    let transitive = transitive.or_else(|| claims.get(&format!("{TAGS}/transitive_tag_keys")));
    let transitive: Vec<String> = match transitive {
        None => Vec::new(),
        Some(list) => serde_json::from_value(list.clone()).map_err(|_| unreadable())?,
    };
    if transitive.iter().any(|key| !tags.contains_key(key)) {
        let message = "The specified transitive tag key must be included in the requested tags.";
        return Err(Error::client("InvalidParameterValue", message));
    }
    Ok((tags, transitive))
}
