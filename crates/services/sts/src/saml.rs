//! AssumeRoleWithSAML: roles for whom a SAML provider of the account vouches.
//!
//! Sources: the operation's page in the API reference; "Configure SAML assertions for the authentication response", "Available keys
//! for SAML-based AWS STS federation" and "Troubleshoot SAML federation with IAM" in the IAM user guide, for messages too. What a
//! provider says of the console's sessions (`SessionDuration`) is passed over, as this operation does on AWS.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ironbird_api::sts as api;
use ironbird_federation::saml::{self, Assertion, Metadata, Refusal};
use ironbird_rig::access;
use ironbird_rig::access::SamlProvider;
use ironbird_rig::audit::Federated;
use ironbird_rig::{Ctx, Error, Result, Timestamp};
use sha1::{Digest as _, Sha1};

use crate::error::{self, invalid_identity_token};
use crate::federation::{Given, Vouched, Wish, assume, role};

const OPERATION: &str = "AssumeRoleWithSAML";

/// What the attributes that AWS reads begin with.
const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";

/// Seconds in which an assertion has to be handed in.
const REDEEMED: i64 = 300;

/// How far a provider's clock may be ahead of the rig's, in seconds. AWS publishes no figure.
const SKEW: i64 = 300;

/// Seconds of a session unless asked otherwise (API reference, `DurationSeconds`), and the fewest.
const DEFAULT_SECONDS: i64 = 3600;
const FEWEST_SECONDS: i64 = 900;

pub fn assume_role_with_saml(
    ctx: &mut Ctx<'_>,
    input: &api::AssumeRoleWithSAMLRequest,
) -> Result<api::AssumeRoleWithSAMLResponse> {
    role(ctx, &input.role_arn)?;
    let provider = ctx.world().authority().saml_provider(ctx, &input.principal_arn);
    let provider = provider.ok_or_else(|| invalid_identity_token("Specified provider doesn't exist"))?;
    let assertion = taken(&input.saml_assertion, &provider)?;
    check_times(&assertion, ctx.now())?;
    let audience = recipient(ctx, &assertion)?;
    let qualifier = qualifier(&provider, &assertion.issuer);
    ctx.vouch_for(Federated {
        kind: "SAMLUser".into(),
        account: provider.account,
        provider: qualifier.clone(),
        principal_id: format!("{qualifier}:{}", assertion.subject),
        user_name: assertion.subject.clone(),
    });
    let session_name = session_name(&assertion)?;
    let source_identity = source_identity(&assertion)?;
    if !offers(&assertion, &input.role_arn, &provider.arn) {
        access::deny(ctx, error::access_denied(format!("Not authorized to perform sts:{OPERATION}")))?;
    }
    let (tags, transitive) = tags(&assertion)?;
    let keys = keys(&assertion, &provider, &audience, &qualifier);
    let kept = ["saml:namequalifier", "saml:sub", "saml:sub_type"].into_iter();
    let kept =
        kept.filter_map(|name| keys.get(name).map(|values| (name.to_owned(), values.clone()))).collect();
    let vouched = Vouched {
        provider: provider.arn,
        keys,
        kept,
        tags,
        transitive,
        source_identity: source_identity.clone(),
    };
    let wish = Wish {
        operation: OPERATION,
        role: &input.role_arn,
        session_name: &session_name,
        seconds: seconds(&assertion, input.duration_seconds, ctx.now()),
        policy: input.policy.as_deref(),
        policy_arns: input.policy_arns.as_deref(),
    };
    let Given { credentials, user, packed_policy_size } = assume(ctx, &wish, vouched)?;
    Ok(api::AssumeRoleWithSAMLResponse {
        credentials: Some(credentials),
        assumed_role_user: Some(user),
        packed_policy_size,
        subject_type: Some(subject_type(&assertion)),
        subject: Some(assertion.subject),
        issuer: Some(assertion.issuer),
        audience: Some(audience),
        name_qualifier: Some(qualifier),
        source_identity,
    })
}

fn taken(encoded: &str, provider: &SamlProvider) -> Result<Assertion> {
    let invalid = || invalid_identity_token("Invalid base64 SAMLResponse");
    let compact: String = encoded.split_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    let metadata = Metadata::read(&provider.metadata).map_err(|cause| {
        invalid_identity_token(format!("The metadata of the provider cannot be used: {cause}"))
    })?;
    saml::read(&text, &metadata).map_err(|refusal| match refusal {
        Refusal::Malformed(cause) => invalid_identity_token(format!("Invalid SAML response: {cause}")),
        Refusal::Failed(status) => error::idp_rejected_claim(format!("The provider answered {status}")),
        Refusal::Issuer(_) => invalid_identity_token("Issuer not present in specified provider"),
        Refusal::Signature(cause) => {
            tracing::debug!(cause, "the signature of a SAML response is refused");
            invalid_identity_token("Response signature invalid")
        }
    })
}

fn check_times(assertion: &Assertion, now: Timestamp) -> Result<()> {
    let ended = assertion.ends.is_some_and(|ends| ends <= now);
    if ended || now.secs() >= assertion.issued.secs() + REDEEMED {
        return Err(error::expired_token("Token must be redeemed within 5 minutes of issuance"));
    }
    let begins = assertion.begins.unwrap_or(assertion.issued).max(assertion.issued);
    if begins.secs() > now.secs() + SKEW {
        return Err(invalid_identity_token("The assertion is not valid yet"));
    }
    Ok(())
}

/// Where the assertion is to be handed in, which has to be at AWS.
fn recipient(ctx: &Ctx<'_>, assertion: &Assertion) -> Result<String> {
    let lacking = || invalid_identity_token("Response does not contain the required audience.");
    let domain = match ctx.region().partition() {
        "aws-cn" => "amazonaws.cn",
        "aws-us-gov" => "amazonaws-us-gov.com",
        _ => "aws.amazon.com",
    };
    let is_ours = |place: &&String| {
        let host = place.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/saml"));
        let host = host.map(|host| host.split_once('/').map_or(host, |(host, _)| host));
        host.and_then(|host| host.strip_suffix(domain))
            .is_some_and(|begin| begin == "signin." || begin.ends_with(".signin."))
    };
    let known = |audience: &String| is_ours(&audience) || audience == "urn:amazon:webservices";
    if !assertion.audiences.iter().any(known) {
        return Err(lacking());
    }
    assertion.recipients.iter().find(is_ours).cloned().ok_or_else(lacking)
}

fn attribute<'a>(assertion: &'a Assertion, name: &str) -> &'a [String] {
    assertion.attributes.get(&format!("{ATTRIBUTES}{name}")).map(Vec::as_slice).unwrap_or_default()
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&text.len()) && text.chars().all(allowed)
}

fn session_name(assertion: &Assertion) -> Result<String> {
    match attribute(assertion, "RoleSessionName") {
        [name] if is_name(name) => Ok(name.clone()),
        [_] => Err(invalid_identity_token(
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
        )),
        _ => Err(invalid_identity_token("RoleSessionName is required in AuthnResponse")),
    }
}

fn source_identity(assertion: &Assertion) -> Result<Option<String>> {
    match attribute(assertion, "SourceIdentity") {
        [] => Ok(None),
        [name] if is_name(name) && !name.starts_with("aws:") => Ok(Some(name.clone())),
        _ => Err(invalid_identity_token(
            "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"",
        )),
    }
}

/// Whether the provider gives the subject the role: as a pair with itself, in either order.
fn offers(assertion: &Assertion, role: &str, provider: &str) -> bool {
    let is_it = |pair: &String| match pair.split_once(',') {
        Some((one, other)) => {
            matches!((one.trim(), other.trim()), pair if pair == (role, provider) || pair == (provider, role))
        }
        None => false,
    };
    attribute(assertion, "Role").iter().any(is_it)
}

fn tags(assertion: &Assertion) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let begin = format!("{ATTRIBUTES}PrincipalTag:");
    let mut tags = BTreeMap::new();
    for (name, values) in &assertion.attributes {
        let Some(key) = name.strip_prefix(&begin) else { continue };
        let [value] = values.as_slice() else {
            return Err(error::idp_rejected_claim(format!("The attribute {name} must have one value")));
        };
        tags.insert(key.to_owned(), value.clone());
    }
    let transitive = attribute(assertion, "TransitiveTagKeys").to_vec();
    if transitive.iter().any(|key| !tags.contains_key(key)) {
        let message = "The specified transitive tag key must be included in the requested tags.";
        return Err(Error::client("InvalidParameterValue", message));
    }
    Ok((tags, transitive))
}

/// How long the session may be: as asked for, and no longer than the provider says.
fn seconds(assertion: &Assertion, asked: Option<i32>, now: Timestamp) -> Option<i32> {
    let Some(ends) = assertion.session_ends else { return asked };
    let left = (ends.secs() - now.secs()).max(FEWEST_SECONDS);
    let seconds = asked.map_or(DEFAULT_SECONDS, i64::from).min(left);
    i32::try_from(seconds).ok()
}

/// `persistent` or `transient`, and any other form as it is named.
fn subject_type(assertion: &Assertion) -> String {
    let format =
        assertion.format.as_deref().unwrap_or("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified");
    match format.strip_prefix("urn:oasis:names:tc:SAML:2.0:nameid-format:") {
        Some(known @ ("persistent" | "transient")) => known.to_owned(),
        _ => format.to_owned(),
    }
}

/// The hash of issuer, account and provider that tells subjects of the same name apart (API reference, `NameQualifier`).
fn qualifier(provider: &SamlProvider, issuer: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{issuer}{}/{}", provider.account, provider.name)))
}

fn keys(
    assertion: &Assertion,
    provider: &SamlProvider,
    audience: &str,
    qualifier: &str,
) -> BTreeMap<String, Vec<String>> {
    let doc = format!("{}/{}", provider.account, provider.name);
    let keys = [
        ("saml:aud", audience.to_owned()),
        ("saml:iss", assertion.issuer.clone()),
        ("saml:sub", assertion.subject.clone()),
        ("saml:sub_type", subject_type(assertion)),
        ("saml:doc", doc),
        ("saml:namequalifier", qualifier.to_owned()),
    ];
    keys.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect()
}
