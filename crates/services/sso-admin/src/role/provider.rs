//! How an account trusts an instance: by a SAML provider of its own, `AWSSSO_…_DO_NOT_DELETE`, and the service-linked role of
//! Identity Center.

use ironbird_api::iam;
use ironbird_rig::{Account, Ctx, Key, Result, Scope, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::unless_missing;
use crate::{PRINCIPAL, arn};

/// The providers: (account, Region, instance, target account).
pub(crate) struct Providers;

impl Table for Providers {
    const NAME: &'static str = "sso-admin.saml-providers";
    type Record = Provider;
}

/// The provider that an account has for an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Provider {
    /// The account.
    account: Account,
    name: String,
}

impl Provider {
    fn arn(&self, ctx: &Ctx<'_>) -> String {
        let Self { account, name } = self;
        format!("arn:{}:iam::{account}:saml-provider/{name}", ctx.region().partition())
    }
}

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.table::<Providers>()
}

/// Whom assertions for AWS are for (`SAML:aud` in the IAM user guide).
pub(super) fn audience(ctx: &Ctx<'_>) -> String {
    let host = match ctx.region().partition() {
        "aws" => "signin.aws.amazon.com".to_owned(),
        "aws-cn" => "signin.amazonaws.cn".to_owned(),
        "aws-us-gov" => "signin.amazonaws-us-gov.com".to_owned(),
        _ => format!("signin.{}", ctx.region().facts().partition.dns_suffix),
    };
    format!("https://{host}/saml")
}

/// The ARN of the provider by which an account trusts an instance; it is made where there is none.
///
/// # Errors
/// Those of IAM.
pub(crate) fn ensure(ctx: &mut Ctx<'_>, instance: &Key, account: Account) -> Result<String> {
    let key = instance.clone().text(&account.to_string());
    let provider = match ctx.peek::<Providers>(&key) {
        Some(provider) => provider.clone(),
        None => {
            let name = arn::fresh(ctx, "AWSSSO_", arn::DIGITS)? + "_DO_NOT_DELETE";
            let provider = Provider { account, name };
            ctx.put::<Providers>(key, provider.clone())?;
            provider
        }
    };
    let region = ctx.region();
    ctx.within(Scope { account, region }, |ctx| {
        let arn = provider.arn(ctx);
        let input = iam::GetSAMLProviderRequest { saml_provider_arn: arn.clone() };
        // Whoever may change identity providers in the account can delete it all the same.
        if unless_missing(ctx.call::<iam::GetSAMLProvider>(PRINCIPAL, &input))?.is_none() {
            make(ctx, &provider.name)?;
        }
        Ok(arn)
    })
}

fn make(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let input =
        iam::CreateServiceLinkedRoleRequest { aws_service_name: PRINCIPAL.to_owned(), ..Default::default() };
    match ctx.call::<iam::CreateServiceLinkedRole>(PRINCIPAL, &input) {
        // It is there already.
        Err(taken) if taken.code() == "InvalidInput" => {}
        other => drop(other?),
    }
    let input = iam::CreateSAMLProviderRequest {
        name: name.to_owned(),
        saml_metadata_document: metadata(ctx, name),
        ..Default::default()
    };
    ctx.call::<iam::CreateSAMLProvider>(PRINCIPAL, &input).map(drop)
}

/// What the provider says of itself. It names no key: no assertion is signed here, sessions are given by the portal.
fn metadata(ctx: &Ctx<'_>, name: &str) -> String {
    let place = format!("https://portal.sso.{}.amazonaws.com/saml/assertion/{name}", ctx.region());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{place}\">\n\
         <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{place}\"/>\n\
         </md:IDPSSODescriptor>\n\
         </md:EntityDescriptor>\n"
    )
}

/// Takes an instance's providers from all accounts.
///
/// # Errors
/// Those of IAM that say something else than that there is none.
pub(crate) fn clear(ctx: &mut Ctx<'_>, instance: &Key) -> Result<()> {
    let all: Vec<(Key, Provider)> =
        ctx.scan::<Providers>(instance).map(|(key, provider)| (key.clone(), provider.clone())).collect();
    for (key, provider) in all {
        ctx.delete::<Providers>(&key)?;
        let (account, region) = (provider.account, ctx.region());
        ctx.within(Scope { account, region }, |ctx| {
            let input = iam::DeleteSAMLProviderRequest { saml_provider_arn: provider.arn(ctx) };
            unless_missing(ctx.call::<iam::DeleteSAMLProvider>(PRINCIPAL, &input)).map(drop)
        })?;
    }
    Ok(())
}
