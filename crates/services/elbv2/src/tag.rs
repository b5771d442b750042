//! Tags of load balancers, target groups, listeners and rules.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::elbv2 as api;
use ironbird_rig::metering;
use ironbird_rig::{Ctx, Error, Result, ServiceDef};

use crate::arn::{self, What};
use crate::listener::record::Listeners;
use crate::load_balancer::record::LoadBalancers;
use crate::rule::record::Rules;
use crate::target_group::record::TargetGroups;
use crate::{error, listener, load_balancer, rule, target_group};

/// Tags that a resource may have.
const MOST: usize = 50;

/// Keys and values.
pub(crate) type Tags = BTreeMap<String, String>;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::AddTags>(add_tags)
        .write::<api::RemoveTags>(remove_tags)
        .read::<api::DescribeTags>(describe_tags)
        .resource_tags(pairs)
}

/// For policies: the tags of the resource of that ARN.
fn pairs(ctx: &Ctx<'_>, arn: &str) -> Vec<(String, String)> {
    of(ctx, arn).map(|tags| tags.clone().into_iter().collect()).unwrap_or_default()
}

/// The tags that a new resource is to have.
///
/// # Errors
/// `DuplicateTagKeys`, `TooManyTags`, and `ValidationError` for keys that are AWS's own.
pub(crate) fn read(given: Option<&[api::Tag]>) -> Result<Tags> {
    let mut tags = Tags::new();
    for tag in given.unwrap_or_default() {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            let message = format!("Tag key '{}' is reserved: keys cannot begin with 'aws:'", tag.key);
            return Err(error::validation(message));
        }
        if tags.insert(tag.key.clone(), tag.value.clone().unwrap_or_default()).is_some() {
            let message = format!("Tag key '{}' was specified more than once", tag.key);
            return Err(Error::client("DuplicateTagKeys", message));
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<()> {
    match tags.len() {
        count if count > MOST => {
            let message = format!("The maximum number of tags per resource has been reached: {MOST}");
            Err(Error::client("TooManyTags", message))
        }
        _ => Ok(()),
    }
}

fn view(tags: &Tags) -> Vec<api::Tag> {
    tags.iter().map(|(key, value)| api::Tag { key: key.clone(), value: Some(value.clone()) }).collect()
}

/// What a resource's ARN is about.
fn kind(given: &str) -> Result<What> {
    arn::what(given).ok_or_else(|| error::validation(format!("'{given}' is not a valid resource ARN")))
}

fn of<'t>(ctx: &'t Ctx<'_>, given: &str) -> Result<&'t Tags> {
    Ok(match kind(given)? {
        What::LoadBalancer => &load_balancer::find(ctx, given)?.tags,
        What::TargetGroup => &target_group::find(ctx, given)?.tags,
        What::Listener => &listener::find(ctx, given)?.tags,
        What::Rule => &rule::find(ctx, given)?.tags,
    })
}

fn change(ctx: &mut Ctx<'_>, given: &str, change: impl FnOnce(&mut Tags) -> Result<()>) -> Result<()> {
    let mut tags = of(ctx, given)?.clone();
    change(&mut tags)?;
    let what = kind(given)?;
    let key = arn::key(ctx, what, given)?;
    match what {
        What::LoadBalancer => {
            metering::tags_changed(ctx, given, tags.clone())?;
            ctx.update::<LoadBalancers, _>(&key, |one| one.tags = tags).map(drop)
        }
        What::TargetGroup => ctx.update::<TargetGroups, _>(&key, |one| one.tags = tags).map(drop),
        What::Listener => ctx.update::<Listeners, _>(&key, |one| one.tags = tags).map(drop),
        What::Rule => ctx.update::<Rules, _>(&key, |one| one.tags = tags).map(drop),
    }
}

fn add_tags(ctx: &mut Ctx<'_>, input: &api::AddTagsInput) -> Result<api::AddTagsOutput> {
    let more = read(Some(&input.tags))?;
    for arn in &input.resource_arns {
        change(ctx, arn, |tags| {
            tags.extend(more.clone());
            check_count(tags)
        })?;
    }
    Ok(api::AddTagsOutput {})
}

fn remove_tags(ctx: &mut Ctx<'_>, input: &api::RemoveTagsInput) -> Result<api::RemoveTagsOutput> {
    let fewer: BTreeSet<&String> = input.tag_keys.iter().collect();
    for arn in &input.resource_arns {
        change(ctx, arn, |tags| {
            tags.retain(|key, _| !fewer.contains(key));
            Ok(())
        })?;
    }
    Ok(api::RemoveTagsOutput {})
}

fn describe_tags(ctx: &mut Ctx<'_>, input: &api::DescribeTagsInput) -> Result<api::DescribeTagsOutput> {
    let mut descriptions = Vec::with_capacity(input.resource_arns.len());
    for arn in &input.resource_arns {
        let tags = Some(view(of(ctx, arn)?));
        descriptions.push(api::TagDescription { resource_arn: Some(arn.clone()), tags });
    }
    Ok(api::DescribeTagsOutput { tag_descriptions: Some(descriptions) })
}
