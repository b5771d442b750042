//! Tags of alarms: TagResource, UntagResource, ListTagsForResource.

use std::collections::BTreeMap;

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::alarm::record::{self, Alarm};
use crate::error;

/// Tags of a resource (API reference, TagResource).
const MAX_TAGS: usize = 50;

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::TagResource>(tag)
        .write::<api::UntagResource>(untag)
        .read::<api::ListTagsForResource>(list)
}

/// Adds tags to those there are.
///
/// # Errors
/// `InvalidParameterValue` for too many.
pub fn add(tags: &mut BTreeMap<String, String>, more: &[api::Tag]) -> Result<()> {
    for tag in more {
        if tag.key.starts_with("aws:") {
            return Err(error::invalid("Tag keys that begin with aws: are reserved."));
        }
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    if tags.len() > MAX_TAGS {
        return Err(error::invalid(format!("A resource has at most {MAX_TAGS} tags.")));
    }
    Ok(())
}

fn alarm_of(ctx: &Ctx<'_>, arn: &str) -> Result<Alarm> {
    let name = arn.split_once(":alarm:").map(|(_, name)| name);
    let found =
        name.filter(|name| record::arn(ctx, name) == arn).and_then(|name| record::get(ctx, name).ok());
    found.ok_or_else(|| error::no_resource(arn))
}

fn tag(ctx: &mut Ctx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let mut alarm = alarm_of(ctx, &input.resource_arn)?;
    add(&mut alarm.tags, &input.tags)?;
    record::save(ctx, alarm)?;
    Ok(api::TagResourceOutput {})
}

fn untag(ctx: &mut Ctx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let mut alarm = alarm_of(ctx, &input.resource_arn)?;
    for key in &input.tag_keys {
        alarm.tags.remove(key);
    }
    record::save(ctx, alarm)?;
    Ok(api::UntagResourceOutput {})
}

fn list(ctx: &mut Ctx<'_>, input: &api::ListTagsForResourceInput) -> Result<api::ListTagsForResourceOutput> {
    let alarm = alarm_of(ctx, &input.resource_arn)?;
    let tags = alarm.tags.into_iter().map(|(key, value)| api::Tag { key, value });
    Ok(api::ListTagsForResourceOutput { tags: Some(tags.collect()) })
}
