//! Tags of templates and experiments.

use std::collections::BTreeMap;

use ironbird_api::fis as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::error;
use crate::experiment::record::Experiments;
use crate::template::record::Templates;

/// Tags that a resource may have.
const MOST: usize = 50;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::TagResource>(tag_resource)
        .write::<api::UntagResource>(untag_resource)
        .read::<api::ListTagsForResource>(list_tags_for_resource)
        .resource_tags(pairs)
}

/// For policies: the tags of the resource of that ARN.
fn pairs(ctx: &Ctx<'_>, arn: &str) -> Vec<(String, String)> {
    of(ctx, arn).unwrap_or_default().into_iter().collect()
}

/// Checks tags that something is created with.
///
/// # Errors
/// `ValidationException` for too many, and for keys that are AWS's own.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<()> {
    if tags.len() > MOST {
        return Err(error::validation(format!("A resource can have at most {MOST} tags.")));
    }
    match tags.keys().find(|key| key.starts_with("aws:")) {
        Some(key) => {
            Err(error::validation(format!("Tag key {key} is reserved: keys cannot begin with aws:")))
        }
        None => Ok(()),
    }
}

fn tag_resource(ctx: &mut Ctx<'_>, input: &api::TagResourceRequest) -> Result<api::TagResourceResponse> {
    change(ctx, &input.resource_arn, |tags| {
        tags.extend(input.tags.clone());
        check(tags)
    })?;
    Ok(api::TagResourceResponse {})
}

fn untag_resource(
    ctx: &mut Ctx<'_>,
    input: &api::UntagResourceRequest,
) -> Result<api::UntagResourceResponse> {
    let keys = input.tag_keys.as_deref().unwrap_or_default();
    change(ctx, &input.resource_arn, |tags| {
        tags.retain(|key, _| !keys.contains(key));
        Ok(())
    })?;
    Ok(api::UntagResourceResponse {})
}

fn list_tags_for_resource(
    ctx: &mut Ctx<'_>,
    input: &api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse> {
    Ok(api::ListTagsForResourceResponse { tags: Some(of(ctx, &input.resource_arn)?) })
}

fn of(ctx: &Ctx<'_>, arn: &str) -> Result<BTreeMap<String, String>> {
    let tags = match named(ctx, arn)? {
        Named::Template(id) => ctx.peek::<Templates>(&ctx.scope().key(id)).map(|found| found.tags.clone()),
        Named::Experiment(id) => {
            ctx.peek::<Experiments>(&ctx.scope().key(id)).map(|found| found.tags.clone())
        }
    };
    tags.ok_or_else(|| missing(arn))
}

fn change(
    ctx: &mut Ctx<'_>,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<()>,
) -> Result<()> {
    let done = match named(ctx, arn)? {
        Named::Template(id) => {
            let key = ctx.scope().key(id);
            ctx.update::<Templates, _>(&key, |found| change(&mut found.tags))?
        }
        Named::Experiment(id) => {
            let key = ctx.scope().key(id);
            ctx.update::<Experiments, _>(&key, |found| change(&mut found.tags))?
        }
    };
    done.ok_or_else(|| missing(arn))?
}

/// What an ARN of this account and Region names.
enum Named<'a> {
    Template(&'a str),
    Experiment(&'a str),
}

fn named<'a>(ctx: &Ctx<'_>, arn: &'a str) -> Result<Named<'a>> {
    let own = ctx.arn("fis", "");
    let mut parts = arn.strip_prefix(&own).unwrap_or_default().splitn(2, '/');
    match (parts.next(), parts.next()) {
        (Some("experiment-template"), Some(id)) => Ok(Named::Template(id)),
        (Some("experiment"), Some(id)) => Ok(Named::Experiment(id)),
        _ => Err(missing(arn)),
    }
}

fn missing(arn: &str) -> ironbird_rig::Error {
    error::not_found(format!("Resource {arn} does not exist."))
}
