//! Applications that a workforce signs in to. There is no sign-in yet: what an application may do is kept, without effect.

mod assignment;
mod provider;
pub(crate) mod record;
mod settings;

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::instance::record as instance;
use crate::{arn, error, page, tag};
pub(crate) use assignment::{clear, forget_principal};
use record::{Application, Applications, Portal};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    let definition = definition
        .table::<Applications>()
        .write::<api::CreateApplication>(create)
        .records::<api::CreateApplication>(&["PortalOptions", "Status"])
        .read::<api::DescribeApplication>(describe)
        .read::<api::ListApplications>(list)
        .write::<api::UpdateApplication>(update)
        .records::<api::UpdateApplication>(&["PortalOptions", "Status"])
        .write::<api::DeleteApplication>(delete);
    let definition = provider::register(definition);
    let definition = settings::register(definition);
    assignment::register(definition)
}

fn create(
    ctx: &mut Ctx<'_>,
    input: &api::CreateApplicationRequest,
) -> Result<api::CreateApplicationResponse> {
    let instance = instance::active(ctx, "CreateApplication", &input.instance_arn)?.id.clone();
    provider::creatable(&input.application_provider_arn)?;
    let tags = tag::read(input.tags.as_deref().unwrap_or_default())?;
    let there = ctx.scope().key(&instance);
    let again = ctx
        .scan::<Applications>(&there)
        .map(|(_, application)| application)
        .find(|application| application.token.is_some() && application.token == input.client_token);
    if let Some(earlier) = again {
        if earlier.name != input.name {
            return Err(error::conflict("The client token was used with other parameters."));
        }
        return Ok(answer(earlier.arn(ctx), input));
    }
    let options = input.portal_options.clone().unwrap_or_default();
    let sign_in = options.sign_in_options.unwrap_or_default();
    let application = Application {
        id: arn::fresh(ctx, "apl-", arn::DIGITS)?,
        instance,
        provider: input.application_provider_arn.clone(),
        name: input.name.clone(),
        description: input.description.clone(),
        enabled: input.status.as_deref() != Some("DISABLED"),
        portal: Portal {
            visible: options.visibility.as_deref() == Some("ENABLED"),
            origin: Some(sign_in.origin).filter(|origin| !origin.is_empty()),
            url: sign_in.application_url,
        },
        created: ctx.now(),
        token: input.client_token.clone(),
        tags,
        assignment_required: true,
        scopes: std::collections::BTreeMap::new(),
        grants: std::collections::BTreeMap::new(),
        actor_policy: None,
        background: false,
    };
    let arn = application.arn(ctx);
    ctx.put::<Applications>(there.text(&application.id), application)?;
    Ok(answer(arn, input))
}

fn answer(arn: String, input: &api::CreateApplicationRequest) -> api::CreateApplicationResponse {
    api::CreateApplicationResponse {
        application_arn: Some(arn),
        instance_arn: Some(input.instance_arn.clone()),
        identity_store_arn: None,
    }
}

fn view(ctx: &Ctx<'_>, application: &Application) -> api::Application {
    let Portal { visible, origin, url } = &application.portal;
    let sign_in = origin.clone().map(|origin| api::SignInOptions { origin, application_url: url.clone() });
    api::Application {
        application_arn: Some(application.arn(ctx)),
        application_provider_arn: Some(application.provider.clone()),
        name: Some(application.name.clone()),
        application_account: Some(ctx.scope().account.to_string()),
        instance_arn: Some(arn::instance(ctx, &application.instance)),
        identity_store_arn: None,
        status: Some(word(application.enabled)),
        portal_options: Some(api::PortalOptions {
            sign_in_options: sign_in,
            visibility: Some(word(*visible)),
        }),
        description: application.description.clone(),
        created_date: Some(application.created),
        created_from: Some(ctx.region().code().to_owned()),
    }
}

/// `ENABLED` or `DISABLED`
fn word(on: bool) -> String {
    if on { "ENABLED" } else { "DISABLED" }.to_owned()
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeApplicationRequest,
) -> Result<api::DescribeApplicationResponse> {
    let (_, application) = record::named(ctx, &input.application_arn)?;
    let shown = view(ctx, application);
    Ok(api::DescribeApplicationResponse {
        application_arn: shown.application_arn,
        application_provider_arn: shown.application_provider_arn,
        name: shown.name,
        application_account: shown.application_account,
        instance_arn: shown.instance_arn,
        identity_store_arn: shown.identity_store_arn,
        status: shown.status,
        portal_options: shown.portal_options,
        description: shown.description,
        created_date: shown.created_date,
        created_from: shown.created_from,
    })
}

fn list(ctx: &mut Ctx<'_>, input: &api::ListApplicationsRequest) -> Result<api::ListApplicationsResponse> {
    let instance = &instance::active(ctx, "ListApplications", &input.instance_arn)?.id;
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let filter = input.filter.clone().unwrap_or_default();
    let account = ctx.scope().account.to_string();
    let page = window.scan::<Applications, _>(ctx, &ctx.scope().key(instance), |application| {
        let wanted = filter.application_account.as_ref().is_none_or(|wanted| *wanted == account)
            && filter.application_provider.as_ref().is_none_or(|wanted| *wanted == application.provider);
        wanted.then(|| view(ctx, application))
    });
    Ok(api::ListApplicationsResponse { applications: Some(page.items), next_token: page.next })
}

fn update(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateApplicationRequest,
) -> Result<api::UpdateApplicationResponse> {
    record::change(ctx, &input.application_arn, |application| {
        if let Some(name) = &input.name {
            application.name.clone_from(name);
        }
        if input.description.is_some() {
            application.description.clone_from(&input.description);
        }
        if let Some(status) = &input.status {
            application.enabled = status == "ENABLED";
        }
        let options = input.portal_options.as_ref().and_then(|options| options.sign_in_options.as_ref());
        if let Some(options) = options {
            application.portal.origin = Some(options.origin.clone());
            application.portal.url.clone_from(&options.application_url);
        }
        Ok(())
    })?;
    Ok(api::UpdateApplicationResponse {})
}

fn delete(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteApplicationRequest,
) -> Result<api::DeleteApplicationResponse> {
    let (key, application) = record::named(ctx, &input.application_arn)?;
    let application = application.clone();
    assignment::forget(ctx, &application)?;
    ctx.delete::<Applications>(&key)?;
    Ok(api::DeleteApplicationResponse {})
}
