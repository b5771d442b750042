//! Tags of groups.

use std::collections::BTreeMap;

use ironbird_api::resource_groups as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::error;
use crate::record::{self, Groups};

/// Tags that a group may have.
const MOST: usize = 50;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition.write::<api::Tag>(tag).write::<api::Untag>(untag).read::<api::GetTags>(get_tags)
}

/// Checks the tags that a group is to have.
///
/// # Errors
/// `BadRequestException` for too many, and for keys that are AWS's own.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<()> {
    if tags.len() > MOST {
        return Err(error::bad_request(format!("A group can have at most {MOST} tags.")));
    }
    match tags.keys().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        Some(key) => {
            Err(error::bad_request(format!("Tag key {key} is reserved: keys cannot begin with aws:")))
        }
        None => Ok(()),
    }
}

fn tag(ctx: &mut Ctx<'_>, input: &api::TagInput) -> Result<api::TagOutput> {
    change(ctx, &input.arn, |tags| {
        check(&input.tags)?;
        tags.extend(input.tags.clone());
        check(tags)
    })?;
    Ok(api::TagOutput { arn: Some(input.arn.clone()), tags: Some(input.tags.clone()) })
}

fn untag(ctx: &mut Ctx<'_>, input: &api::UntagInput) -> Result<api::UntagOutput> {
    change(ctx, &input.arn, |tags| {
        tags.retain(|key, _| !input.keys.contains(key));
        Ok(())
    })?;
    Ok(api::UntagOutput { arn: Some(input.arn.clone()), keys: Some(input.keys.clone()) })
}

fn get_tags(ctx: &mut Ctx<'_>, input: &api::GetTagsInput) -> Result<api::GetTagsOutput> {
    let group = record::named(ctx, Some(&input.arn), None)?;
    Ok(api::GetTagsOutput { arn: Some(input.arn.clone()), tags: Some(group.tags.clone()) })
}

fn change(
    ctx: &mut Ctx<'_>,
    arn: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<()>,
) -> Result<()> {
    let mut group = record::named(ctx, Some(arn), None)?.clone();
    change(&mut group.tags)?;
    ctx.put::<Groups>(ctx.scope().key(&group.name), group)
}
