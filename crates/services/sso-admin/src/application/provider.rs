//! Providers of applications. AWS has one for each of its own applications and many of other companies'; here are those
//! of customers, for which no one else's application is needed.

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::{error, page};

/// What applications are made from: the end of the ARN, and the protocol. CreateApplication in the API reference names
/// the first.
const PROVIDERS: [(&str, &str); 2] = [("custom", "OAUTH"), ("custom-saml", "SAML")];

const PREFIX: &str = "arn:aws:sso::aws:applicationProvider/";

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition.read::<api::DescribeApplicationProvider>(describe).read::<api::ListApplicationProviders>(list)
}

fn find(arn: &str) -> Result<(&'static str, &'static str)> {
    let found = PROVIDERS.into_iter().find(|(name, _)| arn.strip_prefix(PREFIX) == Some(name));
    found.ok_or_else(|| error::not_found(format!("Could not find ApplicationProvider with arn {arn}")))
}

/// Whether CreateApplication makes applications of a provider.
///
/// # Errors
/// `ResourceNotFoundException` for one that is not there, `ValidationException` for SAML.
pub(super) fn creatable(arn: &str) -> Result<()> {
    match find(arn)? {
        (_, "OAUTH") => Ok(()),
        _ => Err(error::validation("SAML 2.0 applications are made in the console only.")),
    }
}

fn describe(
    _: &mut Ctx<'_>,
    input: &api::DescribeApplicationProviderRequest,
) -> Result<api::DescribeApplicationProviderResponse> {
    let (_, protocol) = find(&input.application_provider_arn)?;
    Ok(api::DescribeApplicationProviderResponse {
        application_provider_arn: input.application_provider_arn.clone(),
        federation_protocol: Some(protocol.to_owned()),
        ..Default::default()
    })
}

fn list(
    _: &mut Ctx<'_>,
    input: &api::ListApplicationProvidersRequest,
) -> Result<api::ListApplicationProvidersResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.list(PROVIDERS.into_iter(), |(name, _)| Key::new().text(name));
    let shown = page.items.into_iter().map(|(name, protocol)| api::ApplicationProvider {
        application_provider_arn: format!("{PREFIX}{name}"),
        federation_protocol: Some(protocol.to_owned()),
        ..Default::default()
    });
    Ok(api::ListApplicationProvidersResponse {
        application_providers: Some(shown.collect()),
        next_token: page.next,
    })
}
