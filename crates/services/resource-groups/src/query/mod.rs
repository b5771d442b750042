//! Queries: groups whose members are what has certain tags.

mod find;
mod kinds;
mod tag_query;

use ironbird_api::resource_groups as api;
use ironbird_rig::{Ctx, Error, Key, Result, ServiceDef};

use crate::record::{self, Group, Groups, Holds, Query};
use crate::{error, page};

pub(crate) use find::{Found, find};
pub(crate) use tag_query::TagQuery;

pub(crate) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::GetGroupQuery>(get_group_query)
        .write::<api::UpdateGroupQuery>(update_group_query)
        .read::<api::SearchResources>(search_resources)
}

/// Reads and checks a query.
///
/// # Errors
/// `BadRequestException`, and `UnsupportedOperation` for queries about stacks.
pub(crate) fn read(given: &api::ResourceQuery) -> Result<Query> {
    if given.r#type != "TAG_FILTERS_1_0" {
        let parameter = format!("ResourceQuery of type {}", given.r#type);
        return Err(Ctx::unsupported(&parameter, "there are no CloudFormation stacks yet"));
    }
    TagQuery::parse(&given.query)?;
    Ok(Query { kind: given.r#type.clone(), text: given.query.clone() })
}

fn view(group: &Group, query: &Query) -> api::GroupQuery {
    let resource_query = api::ResourceQuery { r#type: query.kind.clone(), query: query.text.clone() };
    api::GroupQuery { group_name: group.name.clone(), resource_query }
}

fn no_query(group: &Group) -> Error {
    error::bad_request(format!("Group {} has a configuration and no resource query.", group.name))
}

fn get_group_query(ctx: &mut Ctx<'_>, input: &api::GetGroupQueryInput) -> Result<api::GetGroupQueryOutput> {
    let group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?;
    match &group.holds {
        Holds::Found(query) => Ok(api::GetGroupQueryOutput { group_query: Some(view(group, query)) }),
        Holds::Configured(_) => Err(no_query(group)),
    }
}

fn update_group_query(
    ctx: &mut Ctx<'_>,
    input: &api::UpdateGroupQueryInput,
) -> Result<api::UpdateGroupQueryOutput> {
    let mut group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?.clone();
    if matches!(group.holds, Holds::Configured(_)) {
        return Err(no_query(&group));
    }
    let query = read(&input.resource_query)?;
    let shown = view(&group, &query);
    group.holds = Holds::Found(query);
    ctx.put::<Groups>(ctx.scope().key(&group.name), group)?;
    Ok(api::UpdateGroupQueryOutput { group_query: Some(shown) })
}

fn search_resources(
    ctx: &mut Ctx<'_>,
    input: &api::SearchResourcesInput,
) -> Result<api::SearchResourcesOutput> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let query = TagQuery::parse(&read(&input.resource_query)?.text)?;
    let found = find(ctx, &query)?;
    let page = window.list(found.into_iter(), |found| Key::new().text(&found.arn));
    Ok(api::SearchResourcesOutput {
        resource_identifiers: Some(page.items.into_iter().map(Found::shown).collect()),
        next_token: page.next,
        query_errors: Some(Vec::new()),
    })
}
