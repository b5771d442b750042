//! Tags of groups: CreateOrUpdateTags, DeleteTags, DescribeTags.

use std::collections::BTreeMap;

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::access::{Asked, Need};
use ironbird_rig::store::Key;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::group::record::{self, Group, GroupTag, Groups};
use crate::page::Window;
use crate::{error, member};

/// Tags that a group may have (user guide, "Tag Auto Scaling groups and instances").
const MAX_TAGS: usize = 50;

/// The only kind of resource that has tags.
const RESOURCE_TYPE: &str = "auto-scaling-group";

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::CreateOrUpdateTags>(create_or_update)
        .write::<api::DeleteTags>(delete)
        .read::<api::DescribeTags>(describe)
        .resource_tags(pairs)
        .arns(arn)
        .needs(needs)
}

/// For policies: the tags of the group of that ARN.
fn pairs(ctx: &Ctx<'_>, arn: &str) -> Vec<(String, String)> {
    let tags = record::peek(ctx, arn).map(|group| &group.tags);
    tags.into_iter().flatten().map(|(key, tag)| (key.clone(), tag.value.clone())).collect()
}

/// For policies: the ARN of a group, of which a request says the name only.
fn arn(ctx: &Ctx<'_>, kind: &str, name: Option<&str>) -> Option<String> {
    let group = record::peek(ctx, name.filter(|_| kind == "autoScalingGroup")?)?;
    Some(record::arn(ctx, &group.uuid, &group.name))
}

/// For policies: a request that names an instance is about the instance's group.
fn needs(asked: &Asked<'_, '_>, needs: &mut Vec<Need>) {
    let name = asked.operation.name.as_str();
    if !matches!(name, "SetInstanceHealth" | "TerminateInstanceInAutoScalingGroup") {
        return;
    }
    let group = asked.value("InstanceId").and_then(|id| member::group_of(asked.ctx, &id));
    let known = group.and_then(|group| arn(asked.ctx, "autoScalingGroup", Some(&group)));
    if let Some(known) = known {
        let any = needs.first().map(|need| need.resource.clone());
        *needs = vec![Need { shown: any, ..asked.need(&format!("autoscaling:{name}"), known) }];
    }
}

/// The tags that a request gives the group `name`.
///
/// # Errors
/// `ValidationError` for tags of another resource, reserved keys, too many.
pub(crate) fn of_request(name: &str, given: &[api::Tag]) -> Result<BTreeMap<String, GroupTag>> {
    let mut tags = BTreeMap::new();
    for tag in given {
        if tag.resource_id.as_deref().is_some_and(|id| id != name) {
            let message = "The tags to create must belong to the Auto Scaling group of the request.";
            return Err(error::validation(message));
        }
        insert(&mut tags, tag)?;
    }
    Ok(tags)
}

fn insert(tags: &mut BTreeMap<String, GroupTag>, tag: &api::Tag) -> Result<()> {
    if let Some(other) = tag.resource_type.as_deref().filter(|kind| *kind != RESOURCE_TYPE) {
        let message = format!("Invalid resource type {other}. The only supported value is {RESOURCE_TYPE}.");
        return Err(error::validation(message));
    }
    if tag.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        let message = format!("Tag keys that begin with aws: are reserved for internal use: {}", tag.key);
        return Err(error::validation(message));
    }
    let value = tag.value.clone().unwrap_or_default();
    tags.insert(tag.key.clone(), GroupTag { value, propagate: tag.propagate_at_launch.unwrap_or(false) });
    if tags.len() > MAX_TAGS {
        return Err(error::limit_exceeded(format!(
            "An Auto Scaling group can have at most {MAX_TAGS} tags."
        )));
    }
    Ok(())
}

fn group_of(ctx: &Ctx<'_>, tag: &api::Tag) -> Result<Group> {
    let name = tag.resource_id.as_deref().unwrap_or_default();
    record::get(ctx, name)
}

fn create_or_update(ctx: &mut Ctx<'_>, input: &api::CreateOrUpdateTagsType) -> Result<Empty> {
    for tag in &input.tags {
        let mut group = group_of(ctx, tag)?;
        insert(&mut group.tags, tag)?;
        record::save(ctx, group)?;
    }
    Ok(Empty {})
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteTagsType) -> Result<Empty> {
    for tag in &input.tags {
        let mut group = group_of(ctx, tag)?;
        let same_value = |kept: &GroupTag| tag.value.as_ref().is_none_or(|value| *value == kept.value);
        if group.tags.get(&tag.key).is_some_and(same_value) {
            group.tags.remove(&tag.key);
            record::save(ctx, group)?;
        }
    }
    Ok(Empty {})
}

/// The group's tags as the API has them.
pub(crate) fn descriptions(group: &Group) -> Vec<api::TagDescription> {
    group.tags.iter().map(|(key, tag)| description(&group.name, key, tag)).collect()
}

fn description(group: &str, key: &str, tag: &GroupTag) -> api::TagDescription {
    api::TagDescription {
        resource_id: Some(group.to_owned()),
        resource_type: Some(RESOURCE_TYPE.to_owned()),
        key: Some(key.to_owned()),
        value: Some(tag.value.clone()),
        propagate_at_launch: Some(tag.propagate),
    }
}

fn describe(ctx: &mut Ctx<'_>, input: &api::DescribeTagsType) -> Result<api::TagsType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let filters = input.filters.as_deref().unwrap_or_default();
    filters.iter().try_for_each(check_filter)?;
    let all = ctx.scan::<Groups>(&ctx.scope().prefix()).flat_map(|(_, group)| descriptions(group));
    let fitting = all.filter(|tag| filters.iter().all(|filter| passes(filter, tag)));
    let page = window.list(fitting, |tag| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Key::new().text(&text(&tag.resource_id)).text(&text(&tag.key))
    });
    Ok(api::TagsType { tags: Some(page.items), next_token: page.next })
}

fn check_filter(filter: &api::Filter) -> Result<()> {
    let name = filter.name.as_deref().unwrap_or_default();
    if ["auto-scaling-group", "key", "value", "propagate-at-launch"].contains(&name) {
        return Ok(());
    }
    Err(error::validation(format!(
        "Filter type {name} is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch"
    )))
}

fn passes(filter: &api::Filter, tag: &api::TagDescription) -> bool {
    let values = filter.values.as_deref().unwrap_or_default();
    let propagates = tag.propagate_at_launch.unwrap_or(false).to_string();
    let own = match filter.name.as_deref().unwrap_or_default() {
        "auto-scaling-group" => tag.resource_id.as_deref(),
        "key" => tag.key.as_deref(),
        "value" => tag.value.as_deref(),
        _ => Some(propagates.as_str()),
    };
    let is_flag = filter.name.as_deref() == Some("propagate-at-launch");
    values.iter().any(|value| match is_flag {
        true => own.is_some_and(|own| own.eq_ignore_ascii_case(value)),
        false => own == Some(value.as_str()),
    })
}
