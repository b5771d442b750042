//! SAML providers. Assertions that they sign are looked at by STS.

use ironbird_api::Empty;
use ironbird_api::iam as api;
use ironbird_rig::access::SamlProvider;
use ironbird_rig::arn::Arn;
use ironbird_rig::{Account, Ctx, Key, Result, ServiceDef, Table, Timestamp};
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use crate::tag::Tags;
use crate::{error, named};

/// Providers that an account may have (IAM user guide, "IAM and AWS STS quotas").
const MOST: usize = 100;

/// How long metadata is good that does not say so: a hundred years, in seconds.
const LASTING: i64 = 36_525 * 24 * 3600;

const ENCRYPTION: &str = "no assertion is decrypted here";

/// Providers: (account, name).
struct Providers;

impl Table for Providers {
    const NAME: &'static str = "iam.saml-providers";
    type Record = Provider;
}

/// A SAML provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Provider {
    name: String,
    uuid: String,
    metadata: String,
    created: Timestamp,
    until: Timestamp,
    tags: Tags,
}

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Providers>()
        .write::<api::CreateSAMLProvider>(create_saml_provider)
        .refuses::<api::CreateSAMLProvider>(&[
            ("AssertionEncryptionMode", ENCRYPTION),
            ("AddPrivateKey", ENCRYPTION),
        ])
        .read::<api::GetSAMLProvider>(get_saml_provider)
        .read::<api::ListSAMLProviders>(list_saml_providers)
        .write::<api::UpdateSAMLProvider>(update_saml_provider)
        .refuses::<api::UpdateSAMLProvider>(&[
            ("AssertionEncryptionMode", ENCRYPTION),
            ("AddPrivateKey", ENCRYPTION),
            ("RemovePrivateKey", ENCRYPTION),
        ])
        .write::<api::DeleteSAMLProvider>(delete_saml_provider)
        .write::<api::TagSAMLProvider>(tag_saml_provider)
        .write::<api::UntagSAMLProvider>(untag_saml_provider)
        .read::<api::ListSAMLProviderTags>(list_saml_provider_tags)
}

fn arn(ctx: &Ctx<'_>, name: &str) -> String {
    named::arn(ctx, &format!("saml-provider/{name}"))
}

fn key(ctx: &Ctx<'_>, name: &str) -> Key {
    named::prefix(ctx).text(name)
}

fn find(ctx: &Ctx<'_>, given: &str) -> Result<Provider> {
    let name = given.strip_prefix(&arn(ctx, ""));
    let found = name.and_then(|name| ctx.peek::<Providers>(&key(ctx, name)));
    let missing = || error::no_such_entity(format!("Manifest not found for arn {given}"));
    found.cloned().ok_or_else(missing)
}

/// The provider of that ARN, in whichever account, as those who look at assertions see it.
pub(crate) fn trusted(ctx: &Ctx<'_>, arn: &str) -> Option<SamlProvider> {
    let parsed = Arn::parse(arn).filter(|parsed| parsed.service == "iam")?;
    let account = Account::parse(parsed.account)?;
    let name = parsed.resource.strip_prefix("saml-provider/")?;
    let provider = ctx.peek::<Providers>(&named::prefix_of(account).text(name))?;
    let metadata = provider.metadata.clone();
    Some(SamlProvider { arn: arn.to_owned(), account, name: name.to_owned(), metadata })
}

fn change(ctx: &mut Ctx<'_>, arn: &str, change: impl FnOnce(&mut Provider) -> Result<()>) -> Result<()> {
    let mut provider = find(ctx, arn)?;
    change(&mut provider)?;
    ctx.put::<Providers>(key(ctx, &provider.name), provider)
}

/// Until when metadata is good.
///
/// # Errors
/// `InvalidInput` for what is no metadata of an identity provider.
fn until(metadata: &str, now: Timestamp) -> Result<Timestamp> {
    let bad = || error::invalid_input("Could not parse metadata");
    let mut reader = quick_xml::Reader::from_str(metadata);
    let mut until = None;
    loop {
        match reader.read_event().map_err(|_| bad())? {
            Event::Start(element) if element.local_name().as_ref() == "EntityDescriptor" => {
                let given = element.try_get_attribute("validUntil").map_err(|_| bad())?;
                let given = given.map(|value| value.value.into_owned());
                until = given.map(|text| Timestamp::parse_iso8601(&text).ok_or_else(bad)).transpose()?;
            }
            Event::Start(element) if element.local_name().as_ref() == "IDPSSODescriptor" => {
                return Ok(until.unwrap_or_else(|| Timestamp::from_secs(now.secs() + LASTING)));
            }
            Event::Eof => return Err(bad()),
            _ => {}
        }
    }
}

fn create_saml_provider(
    ctx: &mut Ctx<'_>,
    input: &api::CreateSAMLProviderRequest,
) -> Result<api::CreateSAMLProviderResponse> {
    let now = named::now(ctx);
    let until = until(&input.saml_metadata_document, now)?;
    if ctx.peek::<Providers>(&key(ctx, &input.name)).is_some() {
        return Err(error::already_exists(format!("SAMLProvider {} already exists.", input.name)));
    }
    if ctx.scan::<Providers>(&named::prefix(ctx)).count() >= MOST {
        return Err(error::quota("SAMLProvidersPerAccount", MOST));
    }
    let provider = Provider {
        name: input.name.clone(),
        uuid: ctx.fresh_uuid("iam.saml-provider")?,
        metadata: input.saml_metadata_document.clone(),
        created: now,
        until,
        tags: Tags::new(input.tags.as_deref())?,
    };
    let tags = provider.tags.some();
    ctx.put::<Providers>(key(ctx, &input.name), provider)?;
    Ok(api::CreateSAMLProviderResponse { saml_provider_arn: Some(arn(ctx, &input.name)), tags })
}

fn get_saml_provider(
    ctx: &mut Ctx<'_>,
    input: &api::GetSAMLProviderRequest,
) -> Result<api::GetSAMLProviderResponse> {
    let provider = find(ctx, &input.saml_provider_arn)?;
    Ok(api::GetSAMLProviderResponse {
        tags: provider.tags.some(),
        saml_provider_uuid: Some(provider.uuid),
        saml_metadata_document: Some(provider.metadata),
        create_date: Some(provider.created),
        valid_until: Some(provider.until),
        ..Default::default()
    })
}

fn list_saml_providers(
    ctx: &mut Ctx<'_>,
    _input: &api::ListSAMLProvidersRequest,
) -> Result<api::ListSAMLProvidersResponse> {
    let all = ctx.scan::<Providers>(&named::prefix(ctx)).map(|(_, provider)| provider);
    let shown = all.map(|provider| api::SAMLProviderListEntry {
        arn: Some(arn(ctx, &provider.name)),
        valid_until: Some(provider.until),
        create_date: Some(provider.created),
    });
    Ok(api::ListSAMLProvidersResponse { saml_provider_list: Some(shown.collect()) })
}

fn update_saml_provider(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateSAMLProviderRequest,
) -> Result<api::UpdateSAMLProviderResponse> {
    let now = named::now(ctx);
    change(ctx, &input.saml_provider_arn, |provider| {
        if let Some(metadata) = &input.saml_metadata_document {
            provider.until = until(metadata, now)?;
            provider.metadata.clone_from(metadata);
        }
        Ok(())
    })?;
    Ok(api::UpdateSAMLProviderResponse { saml_provider_arn: Some(input.saml_provider_arn.clone()) })
}

fn delete_saml_provider(ctx: &mut Ctx<'_>, input: &api::DeleteSAMLProviderRequest) -> Result<Empty> {
    let provider = find(ctx, &input.saml_provider_arn)?;
    ctx.delete::<Providers>(&key(ctx, &provider.name))?;
    Ok(Empty {})
}

fn tag_saml_provider(ctx: &mut Ctx<'_>, input: &api::TagSAMLProviderRequest) -> Result<Empty> {
    change(ctx, &input.saml_provider_arn, |provider| provider.tags.set(&input.tags))?;
    Ok(Empty {})
}

fn untag_saml_provider(ctx: &mut Ctx<'_>, input: &api::UntagSAMLProviderRequest) -> Result<Empty> {
    change(ctx, &input.saml_provider_arn, |provider| {
        provider.tags.remove(&input.tag_keys);
        Ok(())
    })?;
    Ok(Empty {})
}

fn list_saml_provider_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListSAMLProviderTagsRequest,
) -> Result<api::ListSAMLProviderTagsResponse> {
    let provider = find(ctx, &input.saml_provider_arn)?;
    let page = provider.tags.page(input.max_items, input.marker.as_deref())?;
    Ok(api::ListSAMLProviderTagsResponse {
        tags: page.items,
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

#[cfg(test)]
mod tests {
    use super::{LASTING, until};
    use ironbird_rig::Timestamp;

    #[test]
    fn metadata_says_until_when_it_is_good() {
        let of = |attribute: &str, inside: &str| {
            let text = format!("<md:EntityDescriptor entityID='x'{attribute}>{inside}</md:EntityDescriptor>");
            until(&text, Timestamp::from_secs(0)).ok().map(Timestamp::secs)
        };
        assert_eq!(of("", "<md:IDPSSODescriptor></md:IDPSSODescriptor>"), Some(LASTING));
        let inside = "<IDPSSODescriptor></IDPSSODescriptor>";
        assert_eq!(of(" validUntil='1970-01-02T00:00:00Z'", inside), Some(86_400));
        assert_eq!(of(" validUntil='soon'", inside), None);
        assert_eq!(of("", ""), None);
        assert!(until("{", Timestamp::from_secs(0)).is_err());
    }
}
