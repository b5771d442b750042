//! Tags of shares.

use std::collections::BTreeMap;

use ironbird_api::ram as api;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::error;
use crate::record::{self, Shares};

/// Tags that a share may have.
const MOST: usize = 50;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    const PERMISSIONS: (&str, &str) = ("resourceArn", "there are no customer managed permissions yet");
    definition
        .write::<api::TagResource>(tag_resource)
        .refuses::<api::TagResource>(&[PERMISSIONS])
        .write::<api::UntagResource>(untag_resource)
        .refuses::<api::UntagResource>(&[PERMISSIONS])
}

/// Reads the tags of a request, on top of those that there are.
///
/// # Errors
/// `InvalidParameterException` for a tag without a key, `TagPolicyViolationException` for keys that are AWS's own, and
/// `TagLimitExceededException` for too many.
pub(crate) fn read(tags: &mut BTreeMap<String, String>, given: &[api::Tag]) -> Result<()> {
    for tag in given {
        let key = tag.key.clone().unwrap_or_default();
        if key.is_empty() {
            return Err(error::invalid("A tag must have a key."));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            let message = format!("The tag key {key} is a reserved word and can't be used.");
            return Err(Error::client("TagPolicyViolationException", message));
        }
        tags.insert(key, tag.value.clone().unwrap_or_default());
    }
    if tags.len() > MOST {
        let message = format!("A resource share can have at most {MOST} tags.");
        return Err(Error::client("TagLimitExceededException", message));
    }
    Ok(())
}

/// Tags as the API shows them.
pub(crate) fn view(tags: &BTreeMap<String, String>) -> Option<Vec<api::Tag>> {
    let shown =
        |(key, value): (&String, &String)| api::Tag { key: Some(key.clone()), value: Some(value.clone()) };
    (!tags.is_empty()).then(|| tags.iter().map(shown).collect())
}

fn tag_resource(ctx: &mut Ctx<'_>, input: &api::TagResourceRequest) -> Result<api::TagResourceResponse> {
    change(ctx, input.resource_share_arn.as_deref(), |tags| read(tags, &input.tags))?;
    Ok(api::TagResourceResponse {})
}

fn untag_resource(
    ctx: &mut Ctx<'_>,
    input: &api::UntagResourceRequest,
) -> Result<api::UntagResourceResponse> {
    change(ctx, input.resource_share_arn.as_deref(), |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(())
    })?;
    Ok(api::UntagResourceResponse {})
}

fn change(
    ctx: &mut Ctx<'_>,
    arn: Option<&str>,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<()>,
) -> Result<()> {
    let place = record::own(ctx, arn.ok_or_else(|| error::invalid("You must specify resourceShareArn."))?)?;
    ctx.update::<Shares, _>(&place.key(), |share| change(&mut share.tags))?.unwrap_or(Ok(()))
}
