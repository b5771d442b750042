//! Experiment templates.

pub(crate) mod account;
mod check;
pub(crate) mod record;

use ironbird_api::fis as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::error::InternalError;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{error, id, page, tags};
use record::{Plan, Template, Templates, Tokens};

/// Templates that an account may have in a Region (FIS's default quota).
const MOST: usize = 500;

const CREATE: Place = Place::input("fis", "CreateExperimentTemplate", &[]);
const UPDATE: Place = Place::input("fis", "UpdateExperimentTemplate", &[]);
const SHOWN: Place = Place::output("fis", "GetExperimentTemplate", &["experimentTemplate"]);

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    account::register(definition)
        .table::<Templates>()
        .table::<Tokens>()
        .write::<api::CreateExperimentTemplate>(create_experiment_template)
        .records::<api::CreateExperimentTemplate>(&["logConfiguration", "experimentReportConfiguration"])
        .read::<api::GetExperimentTemplate>(get_experiment_template)
        .read::<api::ListExperimentTemplates>(list_experiment_templates)
        .write::<api::UpdateExperimentTemplate>(update_experiment_template)
        .records::<api::UpdateExperimentTemplate>(&["logConfiguration", "experimentReportConfiguration"])
        .write::<api::DeleteExperimentTemplate>(delete_experiment_template)
}

/// The template of that id.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(crate) fn find<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t Template> {
    ctx.peek::<Templates>(&ctx.scope().key(given))
        .ok_or_else(|| error::not_found(format!("ExperimentTemplate {given} does not exist.")))
}

/// A JSON document as one of our records.
///
/// # Errors
/// `ValidationException` where it is not one, which the model's constraints make rare.
pub(crate) fn read<T: DeserializeOwned>(document: Value) -> Result<T> {
    serde_json::from_value(document).map_err(|cause| error::validation(cause.to_string()))
}

/// One of our records as a JSON document.
///
/// # Errors
/// When it cannot be written down, which is a bug.
pub(crate) fn written(record: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(record).map_err(|cause| Error::from(InternalError::Broken(cause.to_string())))
}

fn create_experiment_template(
    ctx: &mut Ctx<'_>,
    input: &api::CreateExperimentTemplateRequest,
) -> Result<api::CreateExperimentTemplateResponse> {
    let plan: Plan = read(document::write(CREATE, input)?)?;
    check::plan(&plan)?;
    let own_tags = input.tags.clone().unwrap_or_default();
    tags::check(&own_tags)?;
    let token = ctx.scope().key(&input.client_token);
    if let Some(earlier) = ctx.peek::<Tokens>(&token) {
        let template = find(ctx, earlier)?;
        if template.plan != plan || template.tags != own_tags {
            return Err(error::conflict("The client token was used before with other parameters."));
        }
        return Ok(api::CreateExperimentTemplateResponse { experiment_template: Some(view(ctx, template)?) });
    }
    if ctx.scan::<Templates>(&ctx.scope().prefix()).nth(MOST - 1).is_some() {
        return Err(error::quota(format!("You have reached the limit of {MOST} experiment templates.")));
    }
    let id = id::fresh(ctx, "EXT")?;
    let template = Template { id: id.clone(), created: ctx.now(), updated: ctx.now(), plan, tags: own_tags };
    let shown = view(ctx, &template)?;
    ctx.put::<Templates>(ctx.scope().key(&id), template)?;
    ctx.put::<Tokens>(token, id)?;
    Ok(api::CreateExperimentTemplateResponse { experiment_template: Some(shown) })
}

fn get_experiment_template(
    ctx: &mut Ctx<'_>,
    input: &api::GetExperimentTemplateRequest,
) -> Result<api::GetExperimentTemplateResponse> {
    let shown = view(ctx, find(ctx, &input.id)?)?;
    Ok(api::GetExperimentTemplateResponse { experiment_template: Some(shown) })
}

fn list_experiment_templates(
    ctx: &mut Ctx<'_>,
    input: &api::ListExperimentTemplatesRequest,
) -> Result<api::ListExperimentTemplatesResponse> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Templates, _>(ctx, &ctx.scope().prefix(), |template| {
        Some(api::ExperimentTemplateSummary {
            id: Some(template.id.clone()),
            arn: Some(id::arn(ctx, "experiment-template", &template.id)),
            description: Some(template.plan.description.clone()),
            creation_time: Some(template.created),
            last_update_time: Some(template.updated),
            tags: Some(template.tags.clone()),
        })
    });
    Ok(api::ListExperimentTemplatesResponse { experiment_templates: Some(page.items), next_token: page.next })
}

/// What is given takes the place of what there was, member by member.
fn update_experiment_template(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateExperimentTemplateRequest,
) -> Result<api::UpdateExperimentTemplateResponse> {
    let mut template = find(ctx, &input.id)?.clone();
    let mut document = written(&template.plan)?;
    let given = document::write(UPDATE, input)?;
    for (name, value) in given.as_object().into_iter().flatten().filter(|(name, _)| *name != "id") {
        match (&mut document[name], value) {
            // Only one of the options can be given here; the others stay.
            (Value::Object(old), Value::Object(new)) if name == "experimentOptions" => {
                old.extend(new.clone())
            }
            (old, new) => old.clone_from(new),
        }
    }
    template.plan = read(document)?;
    check::plan(&template.plan)?;
    template.updated = ctx.now();
    let shown = view(ctx, &template)?;
    ctx.put::<Templates>(ctx.scope().key(&input.id), template)?;
    Ok(api::UpdateExperimentTemplateResponse { experiment_template: Some(shown) })
}

/// Experiments that were started from it go on: they have their own copy.
fn delete_experiment_template(
    ctx: &mut Ctx<'_>,
    input: &api::DeleteExperimentTemplateRequest,
) -> Result<api::DeleteExperimentTemplateResponse> {
    let shown = view(ctx, find(ctx, &input.id)?)?;
    let tokens = ctx.scan::<Tokens>(&ctx.scope().prefix());
    let token = tokens.filter(|(_, id)| **id == input.id).map(|(key, _)| key.clone()).next();
    if let Some(token) = token {
        ctx.delete::<Tokens>(&token)?;
    }
    account::forget_all(ctx, &input.id)?;
    ctx.delete::<Templates>(&ctx.scope().key(&input.id))?;
    Ok(api::DeleteExperimentTemplateResponse { experiment_template: Some(shown) })
}

fn view(ctx: &Ctx<'_>, template: &Template) -> Result<api::ExperimentTemplate> {
    Ok(api::ExperimentTemplate {
        id: Some(template.id.clone()),
        arn: Some(id::arn(ctx, "experiment-template", &template.id)),
        creation_time: Some(template.created),
        last_update_time: Some(template.updated),
        tags: Some(template.tags.clone()),
        target_account_configurations_count: Some(account::count(ctx, &template.id)),
        ..document::read(SHOWN, &written(&template.plan)?)?
    })
}
