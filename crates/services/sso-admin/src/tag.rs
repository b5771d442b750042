//! Tags: TagResource, UntagResource, ListTagsForResource.

use std::collections::BTreeMap;

use ironbird_api::sso_admin as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use crate::application::record::{self as application, Applications};
use crate::error;
use crate::instance::record::{self as instance, Instances};
use crate::permission_set::record::{self as permission_set, PermissionSets};
use crate::token_issuer::{self, Issuers};

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

/// What has tags.
enum Tagged {
    /// An instance.
    Instance(Key),
    /// A permission set.
    PermissionSet(Key),
    /// A trusted token issuer.
    Issuer(Key),
    /// An application.
    Application(Key),
}

impl Tagged {
    /// Whatever has that ARN.
    fn find(ctx: &Ctx<'_>, action: &str, arn: &str) -> Result<Self> {
        if let Some(place) = permission_set::of_arn(ctx, arn) {
            return Ok(Self::PermissionSet(place.key(ctx)));
        }
        if let Some(key) = token_issuer::find(ctx, arn) {
            return Ok(Self::Issuer(key));
        }
        if let Some(key) = application::find(ctx, arn) {
            return Ok(Self::Application(key));
        }
        if arn.contains(":instance/") {
            let instance = instance::active(ctx, action, arn)?;
            return Ok(Self::Instance(ctx.scope().key(&instance.id)));
        }
        Err(error::not_found(format!("Could not find a resource with arn {arn}")))
    }

    fn tags(&self, ctx: &Ctx<'_>) -> Tags {
        let tags = match self {
            Self::Instance(key) => ctx.peek::<Instances>(key).map(|instance| &instance.tags),
            Self::PermissionSet(key) => ctx.peek::<PermissionSets>(key).map(|set| &set.tags),
            Self::Issuer(key) => ctx.peek::<Issuers>(key).map(|issuer| &issuer.tags),
            Self::Application(key) => ctx.peek::<Applications>(key).map(|application| &application.tags),
        };
        tags.cloned().unwrap_or_default()
    }

    fn set(&self, ctx: &mut Ctx<'_>, tags: Tags) -> Result<()> {
        match self {
            Self::Instance(key) => ctx.update::<Instances, _>(key, |instance| instance.tags = tags)?,
            Self::PermissionSet(key) => ctx.update::<PermissionSets, _>(key, |set| set.tags = tags)?,
            Self::Issuer(key) => ctx.update::<Issuers, _>(key, |issuer| issuer.tags = tags)?,
            Self::Application(key) => {
                ctx.update::<Applications, _>(key, |application| application.tags = tags)?
            }
        };
        Ok(())
    }
}

fn tag(ctx: &mut Ctx<'_>, input: &api::TagResourceRequest) -> Result<api::TagResourceResponse> {
    let tagged = Tagged::find(ctx, "TagResource", &input.resource_arn)?;
    let mut tags = tagged.tags(ctx);
    add(&mut tags, &input.tags)?;
    tagged.set(ctx, tags)?;
    Ok(api::TagResourceResponse {})
}

fn untag(ctx: &mut Ctx<'_>, input: &api::UntagResourceRequest) -> Result<api::UntagResourceResponse> {
    let tagged = Tagged::find(ctx, "UntagResource", &input.resource_arn)?;
    let mut tags = tagged.tags(ctx);
    tags.retain(|key, _| !input.tag_keys.contains(key));
    tagged.set(ctx, tags)?;
    Ok(api::UntagResourceResponse {})
}

/// No resource has more tags than a page holds.
fn list(
    ctx: &mut Ctx<'_>,
    input: &api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse> {
    let tags = Tagged::find(ctx, "ListTagsForResource", &input.resource_arn)?.tags(ctx);
    let tags = tags.into_iter().map(|(key, value)| api::Tag { key, value });
    Ok(api::ListTagsForResourceResponse { tags: Some(tags.collect()), next_token: None })
}
