//! Groups themselves: made, shown, described anew, deleted.

use ironbird_api::resource_groups as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::configuration::{self, GENERIC, HOSTS};
use crate::query::{self, TagQuery};
use crate::record::{self, Group, Groups, Holds};
use crate::{error, membership, page, tag};

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .write::<api::CreateGroup>(create_group)
        .read::<api::GetGroup>(get_group)
        .read::<api::ListGroups>(list_groups)
        .write::<api::UpdateGroup>(update_group)
        .write::<api::DeleteGroup>(delete_group)
}

fn create_group(ctx: &mut Ctx<'_>, input: &api::CreateGroupInput) -> Result<api::CreateGroupOutput> {
    let name = &input.name;
    if name.to_ascii_lowercase().starts_with("aws") {
        return Err(error::bad_request("Cannot create group: names that start with AWS are reserved."));
    }
    let configuration = input.configuration.as_deref().filter(|items| !items.is_empty());
    let holds = match (configuration, &input.resource_query) {
        (Some(_), Some(_)) => {
            let message = "Cannot create group: specify either a Configuration or a ResourceQuery, not both.";
            return Err(error::bad_request(message));
        }
        (None, None) => {
            let message = "Cannot create group: specify a Configuration or a ResourceQuery.";
            return Err(error::bad_request(message));
        }
        (Some(items), None) => Holds::Configured(configuration::read(ctx, "CreateGroup", items)?),
        (None, Some(given)) => Holds::Found(query::read(given)?),
    };
    let tags = input.tags.clone().unwrap_or_default();
    tag::check(&tags)?;
    let key = ctx.scope().key(name);
    if ctx.peek::<Groups>(&key).is_some() {
        return Err(error::bad_request("Cannot create group: group already exists"));
    }
    let group = Group {
        name: name.clone(),
        description: input.description.clone(),
        criticality: input.criticality,
        owner: input.owner.clone(),
        display_name: input.display_name.clone(),
        tags,
        holds,
    };
    let answer = api::CreateGroupOutput {
        group: Some(view(ctx, &group)),
        resource_query: input.resource_query.clone(),
        tags: Some(group.tags.clone()),
        group_configuration: configuration::view(&group),
    };
    ctx.put::<Groups>(key, group)?;
    Ok(answer)
}

fn get_group(ctx: &mut Ctx<'_>, input: &api::GetGroupInput) -> Result<api::GetGroupOutput> {
    let group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?;
    Ok(api::GetGroupOutput { group: Some(view(ctx, group)) })
}

fn list_groups(ctx: &mut Ctx<'_>, input: &api::ListGroupsInput) -> Result<api::ListGroupsOutput> {
    let filters = input.filters.as_deref().unwrap_or_default();
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let page = window.scan::<Groups, _>(ctx, &ctx.scope().prefix(), |group| {
        filters.iter().all(|filter| passes(group, filter)).then_some(group)
    });
    let identifier = |group: &Group| api::GroupIdentifier {
        group_name: Some(group.name.clone()),
        group_arn: Some(record::arn(ctx, &group.name)),
        description: group.description.clone(),
        criticality: group.criticality,
        owner: group.owner.clone(),
        display_name: group.display_name.clone(),
    };
    Ok(api::ListGroupsOutput {
        group_identifiers: Some(page.items.iter().map(|group| identifier(group)).collect()),
        groups: Some(page.items.iter().map(|group| view(ctx, group)).collect()),
        next_token: page.next,
    })
}

/// Whether a group passes one filter. Of resource types, those count that the group may have as members.
fn passes(group: &Group, filter: &api::GroupFilter) -> bool {
    let any = |given: &str| filter.values.iter().any(|value| value == given);
    match filter.name.as_str() {
        "resource-type" => match &group.holds {
            Holds::Configured(_) => {
                group.values(GENERIC, configuration::ALLOWED).iter().any(|kind| any(kind))
            }
            Holds::Found(query) => {
                TagQuery::parse(&query.text).is_ok_and(|query| query.kinds.iter().any(|kind| any(kind)))
            }
        },
        "configuration-type" => group.items().iter().any(|item| any(&item.kind)),
        "owner" => group.owner.as_deref().is_some_and(any),
        "display-name" => group.display_name.as_deref().is_some_and(any),
        "criticality" => group.criticality.is_some_and(|criticality| any(&criticality.to_string())),
        _ => false,
    }
}

fn update_group(ctx: &mut Ctx<'_>, input: &api::UpdateGroupInput) -> Result<api::UpdateGroupOutput> {
    let mut group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?.clone();
    if input.description.is_some() {
        group.description.clone_from(&input.description);
    }
    if input.criticality.is_some() {
        group.criticality = input.criticality;
    }
    if input.owner.is_some() {
        group.owner.clone_from(&input.owner);
    }
    if input.display_name.is_some() {
        group.display_name.clone_from(&input.display_name);
    }
    let shown = view(ctx, &group);
    ctx.put::<Groups>(ctx.scope().key(&group.name), group)?;
    Ok(api::UpdateGroupOutput { group: Some(shown) })
}

fn delete_group(ctx: &mut Ctx<'_>, input: &api::DeleteGroupInput) -> Result<api::DeleteGroupOutput> {
    let group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?.clone();
    let protected = !group.values(GENERIC, configuration::PROTECTION).is_empty() || group.is_a(HOSTS);
    if protected && !membership::is_empty(ctx, &group.name) {
        let message =
            format!("Cannot delete group {}: it is protected from deletion unless it is empty.", group.name);
        return Err(error::bad_request(message));
    }
    membership::forget(ctx, &group.name)?;
    ctx.delete::<Groups>(&ctx.scope().key(&group.name))?;
    Ok(api::DeleteGroupOutput { group: Some(view(ctx, &group)) })
}

fn view(ctx: &Ctx<'_>, group: &Group) -> api::Group {
    api::Group {
        group_arn: record::arn(ctx, &group.name),
        name: group.name.clone(),
        description: group.description.clone(),
        criticality: group.criticality,
        owner: group.owner.clone(),
        display_name: group.display_name.clone(),
        application_tag: None,
    }
}
