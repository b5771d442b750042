//! Tags of all resources, in one table: whoever makes a resource calls [`apply`], whoever removes one calls
//! [`remove_all`], and CreateTags, DeleteTags, DescribeTags and the filters on tags work for it.

use ironbird_api::ec2;
use ironbird_rig::metering;
use ironbird_rig::{Ctx, Error, Principal, Region, Result, Scope, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use crate::filter::Filters;
use crate::page::{USUAL, Window};
use crate::resource::Kind;
use crate::{error, kinds};

/// Tags that one resource may have.
const MAX_TAGS: usize = 50;
/// Resources that one CreateTags or DeleteTags may name, as the API reference says.
const MAX_RESOURCES: usize = 1000;
/// Characters of a key.
const MAX_KEY: usize = 128;
/// Characters of a value.
const MAX_VALUE: usize = 256;

/// What is metered, by the prefix of its ids.
const METERED: [&str; 9] = ["cr", "eipalloc", "eni", "h", "i", "nat", "snap", "vol", "vpce"];

/// Every resource that can be tagged, by id: what it is.
struct Resources;

impl Table for Resources {
    const NAME: &'static str = "ec2.resources";
    /// Resource type as in tag specifications.
    type Record = String;
}

/// One tag of one resource, at (scope, resource, key).
struct Tags;

impl Table for Tags {
    const NAME: &'static str = "ec2.tags";
    type Record = Tag;
}

/// One tag of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tag {
    resource: String,
    key: String,
    value: String,
}

/// Adds this module's operations.
pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Resources>()
        .table::<Tags>()
        .write::<ec2::CreateTags>(create_tags)
        .write::<ec2::DeleteTags>(delete_tags)
        .read::<ec2::DescribeTags>(describe_tags)
}

/// The tags of a resource as the API shows them; none where it has none.
pub fn of(ctx: &Ctx<'_>, id: &str) -> Option<Vec<ec2::Tag>> {
    let shown =
        |(key, value): (&str, &str)| ec2::Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) };
    let tags: Vec<ec2::Tag> = pairs(ctx, id).map(shown).collect();
    (!tags.is_empty()).then_some(tags)
}

/// The tags of a resource, by key.
pub fn pairs<'t, 'w>(ctx: &'t Ctx<'w>, id: &str) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t, 'w> {
    ctx.scan::<Tags>(&ctx.scope().key(id)).map(|(_, tag)| (tag.key.as_str(), tag.value.as_str()))
}

/// The value of one tag of a resource.
pub fn value<'t>(ctx: &'t Ctx<'_>, id: &str, key: &str) -> Option<&'t str> {
    ctx.peek::<Tags>(&ctx.scope().key(id).text(key)).map(|tag| tag.value.as_str())
}

/// Makes a new resource known under its type (`vpc`, `instance`), and gives it the tags that the
/// specifications of its creation have for that type. Call it for every resource made, tags or not.
///
/// # Errors
/// Those of CreateTags for the tags. Whether a specification is for a type that the operation makes is
/// checked by [`check_types`].
pub fn apply(
    ctx: &mut Ctx<'_>,
    specifications: Option<&[ec2::TagSpecification]>,
    resource_type: &'static str,
    id: &str,
) -> Result<()> {
    ctx.put::<Resources>(ctx.scope().key(id), resource_type.to_owned())?;
    for specification in specifications.unwrap_or_default() {
        if specification.resource_type.as_deref() == Some(resource_type) {
            set(ctx, id, specification.tags.as_deref().unwrap_or_default())?;
        }
    }
    Ok(())
}

/// Checks the tag specifications of an operation that makes resources of `types`.
///
/// # Errors
/// `InvalidParameterValue` for another type, for a specification without tags, and for a type said twice.
pub fn check_types(specifications: Option<&[ec2::TagSpecification]>, types: &[&str]) -> Result<()> {
    let mut seen: Vec<&str> = Vec::new();
    for specification in specifications.unwrap_or_default() {
        let Some(resource_type) = specification.resource_type.as_deref() else {
            return Err(error::missing("Tag specification resource type must have a value"));
        };
        if !types.contains(&resource_type) {
            let message =
                format!("'{resource_type}' is not a valid taggable resource type for this operation.");
            return Err(error::invalid_value(message));
        }
        if specification.tags.as_ref().is_none_or(Vec::is_empty) {
            return Err(error::invalid_value("Tag specification must have at least one tag"));
        }
        if seen.contains(&resource_type) {
            let message = "The same resource type may not be specified more than once in tag specifications.";
            return Err(error::invalid_value(message));
        }
        seen.push(resource_type);
    }
    Ok(())
}

/// Gives a resource tags, in the place of those with the same keys.
///
/// # Errors
/// `InvalidParameterValue` for a key or value that AWS refuses, `TagLimitExceeded` beyond 50 tags.
pub fn set(ctx: &mut Ctx<'_>, id: &str, tags: &[ec2::Tag]) -> Result<()> {
    let mut keys: Vec<&str> = Vec::with_capacity(tags.len().min(MAX_TAGS));
    for tag in tags {
        let (key, value) = checked(tag)?;
        if keys.contains(&key) {
            let message = format!("Duplicate tag key '{key}' specified.");
            return Err(error::invalid_value(message));
        }
        if keys.len() == MAX_TAGS {
            return Err(too_many());
        }
        keys.push(key);
        let record = Tag { resource: id.to_owned(), key: key.to_owned(), value: value.to_owned() };
        ctx.put::<Tags>(ctx.scope().key(id).text(key), record)?;
    }
    // Tags that AWS itself gives (`aws:…`) do not count.
    if pairs(ctx, id).filter(|(key, _)| !is_reserved(key)).count() > MAX_TAGS {
        return Err(too_many());
    }
    changed(ctx, id)
}

/// Tells the meters what tags a resource has from now on.
fn changed(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    if !id.split_once('-').is_some_and(|(prefix, _)| METERED.contains(&prefix)) {
        return Ok(());
    }
    let tags = pairs(ctx, id).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    metering::tags_changed(ctx, id, tags)
}

/// Gives a resource tags with keys that begin with `aws:`, as only services do.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn set_reserved(ctx: &mut Ctx<'_>, id: &str, tags: &[(&str, &str)]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    for (key, value) in tags {
        let record = Tag { resource: id.to_owned(), key: (*key).to_owned(), value: (*value).to_owned() };
        ctx.put::<Tags>(ctx.scope().key(id).text(key), record)?;
    }
    changed(ctx, id)
}

/// Gives a resource the tags of another one of the account, which may be in another Region, but for those that AWS
/// gave.
///
/// # Errors
/// `TagLimitExceeded` beyond 50 tags.
pub(crate) fn copy(ctx: &mut Ctx<'_>, region: Region, from: &str, to: &str) -> Result<()> {
    let source = Scope { region, ..ctx.scope() };
    let given = ctx.scan::<Tags>(&source.key(from)).filter(|(_, tag)| !is_reserved(&tag.key));
    let shown = |tag: &Tag| ec2::Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) };
    let tags: Vec<ec2::Tag> = given.map(|(_, tag)| shown(tag)).collect();
    set(ctx, to, &tags)
}

/// Forgets a resource that is gone, and its tags.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn remove_all(ctx: &mut Ctx<'_>, id: &str) -> Result<()> {
    let prefix = ctx.scope().key(id);
    let keys: Vec<_> = ctx.scan::<Tags>(&prefix).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Tags>(&key)?;
    }
    ctx.delete::<Resources>(&prefix)?;
    Ok(())
}

/// The type of a resource that can be tagged.
pub fn resource_type<'t>(ctx: &'t Ctx<'_>, id: &str) -> Option<&'t str> {
    ctx.peek::<Resources>(&ctx.scope().key(id)).map(String::as_str)
}

fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

fn too_many() -> Error {
    Error::client("TagLimitExceeded", format!("More than {MAX_TAGS} tags specified for the resource"))
}

/// Key and value, as AWS takes them.
fn checked(tag: &ec2::Tag) -> Result<(&str, &str)> {
    let key = tag.key.as_deref().unwrap_or_default();
    let value = tag.value.as_deref().unwrap_or_default();
    if key.is_empty() {
        return Err(error::invalid_value("Tag key cannot be null or empty."));
    }
    if key.chars().count() > MAX_KEY {
        return Err(error::invalid_value(format!(
            "Tag key exceeds the maximum length of {MAX_KEY} characters."
        )));
    }
    if value.chars().count() > MAX_VALUE {
        return Err(error::invalid_value(format!(
            "Tag value exceeds the maximum length of {MAX_VALUE} characters."
        )));
    }
    if is_reserved(key) {
        let message = format!(
            "Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use"
        );
        return Err(error::invalid_value(message));
    }
    Ok((key, value))
}

/// The error for an id that nothing has, worded by the kind that its prefix stands for.
fn missing(id: &str) -> Error {
    let is_of = |kind: &&Kind| id.strip_prefix(kind.prefix).is_some_and(|rest| rest.starts_with('-'));
    match kinds::ALL.iter().find(is_of) {
        Some(kind) => kind.check(id).err().unwrap_or_else(|| kind.not_found(id)),
        None => Error::client("InvalidID", format!("The ID '{id}' is not valid")),
    }
}

fn check_resources(ctx: &Ctx<'_>, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Err(error::missing_parameter("resourceIdSet"));
    }
    if ids.len() > MAX_RESOURCES {
        let message = format!("the request names {} resources; name {MAX_RESOURCES} at most", ids.len());
        return Err(error::invalid_value(message));
    }
    match ids.iter().find(|id| resource_type(ctx, id).is_none()) {
        Some(id) => Err(missing(id)),
        None => Ok(()),
    }
}

fn create_tags(ctx: &mut Ctx<'_>, input: &ec2::CreateTagsRequest) -> Result<ironbird_api::Empty> {
    crate::image::adopt(ctx, &input.resources)?;
    check_resources(ctx, &input.resources)?;
    if input.tags.is_empty() {
        return Err(error::missing_parameter("tagSet"));
    }
    let is_service = matches!(ctx.caller(), Principal::Service { .. });
    let (reserved, plain): (Vec<ec2::Tag>, Vec<ec2::Tag>) = input.tags.iter().cloned().partition(|tag| {
        // Only AWS's own services give such tags; from anybody else they are refused with the others.
        is_service && tag.key.as_deref().is_some_and(is_reserved)
    });
    let reserved: Vec<(&str, &str)> = reserved
        .iter()
        .map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default()))
        .collect();
    for id in &input.resources {
        set(ctx, id, &plain)?;
        set_reserved(ctx, id, &reserved)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ironbird_api::Empty {})
}

fn delete_tags(ctx: &mut Ctx<'_>, input: &ec2::DeleteTagsRequest) -> Result<ironbird_api::Empty> {
    crate::image::adopt(ctx, &input.resources)?;
    check_resources(ctx, &input.resources)?;
    for id in &input.resources {
        let keys = doomed(ctx, id, input.tags.as_deref());
        for key in keys {
            ctx.delete::<Tags>(&ctx.scope().key(id).text(&key))?;
        }
        changed(ctx, id)?;
    }
    error::dry_run(input.dry_run)?;
    Ok(ironbird_api::Empty {})
}

/// Keys of the tags to delete: all but AWS's own, or those named; one named with a value only if it has it.
fn doomed(ctx: &Ctx<'_>, id: &str, named: Option<&[ec2::Tag]>) -> Vec<String> {
    let own = pairs(ctx, id).filter(|(key, _)| !is_reserved(key));
    let wanted = |key: &str, value: &str| match named {
        None | Some([]) => true,
        Some(named) => named.iter().any(|tag| {
            tag.key.as_deref() == Some(key) && tag.value.as_deref().is_none_or(|given| given == value)
        }),
    };
    own.filter(|(key, value)| wanted(key, value)).map(|(key, _)| key.to_owned()).collect()
}

fn describe_tags(ctx: &mut Ctx<'_>, input: &ec2::DescribeTagsRequest) -> Result<ec2::DescribeTagsResult> {
    error::dry_run(input.dry_run)?;
    let names = ["key", "resource-id", "resource-type", "value"];
    // `tag:KEY` is a filter of this operation as of all others, though it has no `tag-key`.
    let filters = Filters::read(input.filters.as_deref(), &names, true)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    let page = window.scan::<Tags, _>(ctx, &ctx.scope().prefix(), |tag| {
        let kind = resource_type(ctx, &tag.resource).unwrap_or_default();
        let passes = filters.pass(ctx, &tag.resource, |name, test| match name {
            "key" => test(&tag.key),
            "value" => test(&tag.value),
            "resource-id" => test(&tag.resource),
            _ => test(kind),
        });
        passes.then(|| ec2::TagDescription {
            key: Some(tag.key.clone()),
            resource_id: Some(tag.resource.clone()),
            resource_type: Some(kind.to_owned()),
            value: Some(tag.value.clone()),
        })
    });
    Ok(ec2::DescribeTagsResult { tags: Some(page.items), next_token: page.next })
}
