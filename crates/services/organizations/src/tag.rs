//! Tags of everything in an organization that has an id.

use std::collections::BTreeMap;

use ironbird_api::{Empty, organizations as api};
use ironbird_rig::{Ctx, Key, Result, ServiceDef, Table};

use crate::id::Kind;
use crate::organization::Organization;
use crate::{account, caller, error, id, page, policy, resource_policy, tree};

/// Tags: (organization, id of what has them).
struct Tags;

impl Table for Tags {
    const NAME: &'static str = "organizations.tags";
    type Record = BTreeMap<String, String>;
}

/// Tags that something may have (quotas in the user guide).
const MOST: usize = 50;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Tags>()
        .write::<api::TagResource>(tag_resource)
        .write::<api::UntagResource>(untag_resource)
        .read::<api::ListTagsForResource>(list_tags)
}

/// Checks tags that a request gives.
///
/// # Errors
/// `InvalidInputException` for keys and values that cannot be, `ConstraintViolationException` for too many.
pub(crate) fn read(given: Option<&[api::Tag]>) -> Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for api::Tag { key, value } in given.unwrap_or_default() {
        if !is_word(key) || !is_word(value) {
            return Err(error::pattern());
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            let message = "You specified a tag key that is a system tag: it can't begin with aws:.";
            return Err(error::invalid_input("INVALID_SYSTEM_TAGS_PARAMETER", message));
        }
        if tags.insert(key.clone(), value.clone()).is_some() {
            let message = "Tag keys must be unique among the tags attached to the same entity.";
            return Err(error::invalid_input("DUPLICATE_TAG_KEY", message));
        }
    }
    check_count(tags.len())?;
    Ok(tags)
}

fn check_count(count: usize) -> Result<()> {
    if count > MOST {
        let message = "You have exceeded the number of tags allowed on this resource.";
        return Err(error::constraint("MAX_TAG_LIMIT_EXCEEDED", message));
    }
    Ok(())
}

/// Letters, digits, separators and some signs (the model's pattern of keys and values).
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c))
}

/// Gives something new the tags of the request that makes it.
///
/// # Errors
/// Those of [`read`].
pub(crate) fn put(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    id: &str,
    given: Option<&[api::Tag]>,
) -> Result<()> {
    let tags = read(given)?;
    keep(ctx, organization, id, tags)
}

/// Keeps the tags that something has.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn keep(
    ctx: &mut Ctx<'_>,
    organization: &Organization,
    id: &str,
    tags: BTreeMap<String, String>,
) -> Result<()> {
    if tags.is_empty() {
        return forget(ctx, organization, id);
    }
    ctx.put::<Tags>(organization.key(id), tags)
}

/// Forgets the tags of something that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget(ctx: &mut Ctx<'_>, organization: &Organization, id: &str) -> Result<()> {
    ctx.delete::<Tags>(&organization.key(id))?;
    Ok(())
}

/// Forgets all tags of an organization that is deleted.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, organization: &Organization) -> Result<()> {
    let keys: Vec<Key> = ctx.scan::<Tags>(&organization.prefix()).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Tags>(&key)?;
    }
    Ok(())
}

/// Checks that a request names something that is there and can have tags.
fn check_target(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> Result<()> {
    let is_there = match id::checked(id, |_| true)? {
        Kind::Account(account) => {
            ctx.peek::<account::Members>(&account::key(organization, account)).is_some()
        }
        Kind::Unit | Kind::Root => tree::has_parent(ctx, organization, id),
        Kind::Policy => ctx.peek::<policy::Policies>(&organization.key(id)).is_some_and(|it| !it.aws_managed),
        Kind::ResourcePolicy => resource_policy::is_there(ctx, organization, id),
    };
    if is_there { Ok(()) } else { Err(error::no_target()) }
}

fn of(ctx: &Ctx<'_>, organization: &Organization, id: &str) -> BTreeMap<String, String> {
    ctx.peek::<Tags>(&organization.key(id)).cloned().unwrap_or_default()
}

fn tag_resource(ctx: &mut Ctx<'_>, input: &api::TagResourceRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    check_target(ctx, &organization, &input.resource_id)?;
    let mut tags = of(ctx, &organization, &input.resource_id);
    tags.extend(read(Some(&input.tags))?);
    check_count(tags.len())?;
    keep(ctx, &organization, &input.resource_id, tags)?;
    Ok(Empty {})
}

fn untag_resource(ctx: &mut Ctx<'_>, input: &api::UntagResourceRequest) -> Result<Empty> {
    let organization = caller::management(ctx)?;
    check_target(ctx, &organization, &input.resource_id)?;
    let mut tags = of(ctx, &organization, &input.resource_id);
    tags.retain(|key, _| !input.tag_keys.contains(key));
    keep(ctx, &organization, &input.resource_id, tags)?;
    Ok(Empty {})
}

fn list_tags(
    ctx: &mut Ctx<'_>,
    input: &api::ListTagsForResourceRequest,
) -> Result<api::ListTagsForResourceResponse> {
    let organization = caller::reader(ctx)?;
    check_target(ctx, &organization, &input.resource_id)?;
    let window = page::window(None, input.next_token.as_deref())?;
    let tags = of(ctx, &organization, &input.resource_id).into_iter();
    let page = window.list(tags.map(|(key, value)| api::Tag { key, value }), |tag| Key::new().text(&tag.key));
    Ok(api::ListTagsForResourceResponse { tags: Some(page.items), next_token: page.next })
}
