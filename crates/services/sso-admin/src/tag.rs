//! Tags: TagResource, UntagResource, ListTagsForResource.

use std::collections::BTreeMap;

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::error;
use crate::instance::record::{self as instance, Instances};

type Tags = BTreeMap<String, String>;

/// Tags that a resource may have.
const MOST: usize = 50;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::TagResource>(tag)
        .write::<api::UntagResource>(untag)
        .read::<api::ListTagsForResource>(list)
}

/// The tags that something is to be made with.
///
/// # Errors
/// `ValidationException` for keys that are AWS's own or given twice, `ServiceQuotaExceededException` for too many.
pub(crate) fn read(given: &[api::Tag]) -> Result<Tags> {
    let mut tags = Tags::new();
    add(&mut tags, given)?;
    if tags.len() < given.len() {
        return Err(error::validation("A tag key is given more than once."));
    }
    Ok(tags)
}

fn add(tags: &mut Tags, given: &[api::Tag]) -> Result<()> {
    if let Some(tag) = given.iter().find(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(error::validation(format!(
            "Tag key {} is reserved: keys cannot begin with aws:",
            tag.key
        )));
    }
    tags.extend(given.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    if tags.len() > MOST {
        return Err(error::quota(format!("A resource can have at most {MOST} tags.")));
    }
    Ok(())
}

/// Does `change` to the tags of whatever has that ARN.
fn change(
    ctx: &mut Ctx<'_>,
    action: &str,
    arn: &str,
    change: impl FnOnce(&mut Tags) -> Result<()>,
) -> Result<()> {
    let mut instance = instance::active(ctx, action, arn)?.clone();
    change(&mut instance.tags)?;
    ctx.put::<Instances>(ctx.scope().key(&instance.id), instance)
}

fn tag(ctx: &mut Ctx<'_>, input: &api::TagResourceRequest) -> Result<api::TagResourceResponse> {
    change(ctx, "TagResource", &input.resource_arn, |tags| add(tags, &input.tags))?;
    Ok(api::TagResourceResponse {})
}

fn untag(ctx: &mut Ctx<'_>, input: &api::UntagResourceRequest) -> Result<api::UntagResourceResponse> {
    change(ctx, "UntagResource", &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(())
    })?;
    Ok(api::UntagResourceResponse {})
}

/// No resource has more tags than a page holds.
fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse> {
    let tags = &instance::active(ctx, "ListTagsForResource", &input.resource_arn)?.tags;
    let tags = tags.iter().map(|(key, value)| api::Tag { key: key.clone(), value: value.clone() });
    Ok(api::ListTagsForResourceResponse { tags: Some(tags.collect()), next_token: None })
}
