//! ListGroupResources and ListGroupingStatuses.

use ironbird_api::resource_groups as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::record::{Attempt, Attempts, Members};
use crate::page;
use crate::query::{self, Found, TagQuery};
use crate::record::{self, Holds};

pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .read::<api::ListGroupResources>(list_group_resources)
        .read::<api::ListGroupingStatuses>(list_grouping_statuses)
}

fn list_group_resources(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupResourcesInput,
) -> Result<api::ListGroupResourcesOutput> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let group = record::named(ctx, input.group.as_deref(), input.group_name.as_deref())?.clone();
    let filters = input.filters.as_deref().unwrap_or_default();
    let passes = |kind: &str| filters.iter().all(|filter| filter.values.iter().any(|value| value == kind));
    let page = match &group.holds {
        Holds::Configured(_) => window.scan::<Members, _>(ctx, &ctx.scope().key(&group.name), |member| {
            let found = Found { arn: member.arn.clone(), kind: member.kind.clone() };
            passes(&member.kind).then(|| (found, member.pending.is_some()))
        }),
        Holds::Found(query) => {
            let found = query::find(ctx, &TagQuery::parse(&query.text)?)?;
            let passing = found.into_iter().filter(|found| passes(&found.kind)).map(|found| (found, false));
            window.list(passing, |(found, _)| Key::new().text(&found.arn))
        }
    };
    let item = |(found, is_pending): &(Found, bool)| api::ListGroupResourcesItem {
        identifier: Some(found.clone().shown()),
        status: is_pending.then(|| api::ResourceStatus { name: Some("PENDING".to_owned()) }),
    };
    Ok(api::ListGroupResourcesOutput {
        resources: Some(page.items.iter().map(item).collect()),
        resource_identifiers: Some(page.items.into_iter().map(|(found, _)| found.shown()).collect()),
        next_token: page.next,
        query_errors: Some(Vec::new()),
    })
}

fn list_grouping_statuses(
    ctx: &mut Ctx<'_>,
    input: &api::ListGroupingStatusesInput,
) -> Result<api::ListGroupingStatusesOutput> {
    let window = page::window(input.max_results, input.next_token.as_deref())?;
    let name = record::named(ctx, Some(&input.group), None)?.name.clone();
    let filters = input.filters.as_deref().unwrap_or_default();
    let passes = |attempt: &Attempt| {
        filters.iter().all(|filter| {
            let value = if filter.name == "status" { attempt.status.name() } else { attempt.arn.as_str() };
            filter.values.iter().any(|wanted| wanted == value)
        })
    };
    let page = window.scan::<Attempts, _>(ctx, &ctx.scope().key(&name), |attempt| {
        passes(attempt).then(|| {
            let (code, message) = attempt.error.clone().unzip();
            api::GroupingStatusesItem {
                resource_arn: Some(attempt.arn.clone()),
                action: Some(attempt.action.name().to_owned()),
                status: Some(attempt.status.name().to_owned()),
                error_message: message,
                error_code: code,
                updated_at: Some(attempt.updated),
            }
        })
    });
    Ok(api::ListGroupingStatusesOutput {
        group: Some(input.group.clone()),
        grouping_statuses: Some(page.items),
        next_token: page.next,
    })
}
