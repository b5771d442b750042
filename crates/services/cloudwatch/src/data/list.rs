//! ListMetrics.

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef};

use super::series::{AllSeries, SECONDS_KEPT, Series};
use crate::{error, page};

/// Metrics of a page (API reference, ListMetrics).
const PAGE: usize = 500;

pub fn register(service: ServiceDef) -> ServiceDef {
    service.read::<api::ListMetrics>(list).refuses::<api::ListMetrics>(&[
        ("IncludeLinkedAccounts", "accounts are not linked for monitoring"),
        ("OwningAccount", "accounts are not linked for monitoring"),
    ])
}

fn list(ctx: &mut Ctx<'_>, input: &api::ListMetricsInput) -> Result<api::ListMetricsOutput> {
    let recent = match input.recently_active.as_deref() {
        None => SECONDS_KEPT,
        Some("PT3H") => 3 * 3600,
        Some(other) => return Err(error::validation(format!("RecentlyActive must be PT3H, it is {other}."))),
    };
    let oldest = ctx.now().secs() - recent;
    let scope = ctx.scope().prefix();
    let prefix = match (&input.namespace, &input.metric_name) {
        (Some(namespace), Some(name)) => scope.text(namespace).text(name),
        (Some(namespace), None) => scope.text(namespace),
        _ => scope,
    };
    let wanted = |series: &Series| {
        let named = input.metric_name.as_ref().is_none_or(|name| *name == series.name.metric);
        let placed = input.dimensions.iter().flatten().all(|filter| has(series, filter));
        named && placed && series.latest.secs() >= oldest
    };
    let page = page::scan::<AllSeries, _>(ctx, &prefix, input.next_token.as_deref(), PAGE, |series| {
        wanted(series).then(|| series.name.view())
    });
    let page = page.map_err(|_| error::invalid("Request parameter NextToken is invalid"))?;
    Ok(api::ListMetricsOutput { metrics: Some(page.items), next_token: page.next, owning_accounts: None })
}

fn has(series: &Series, filter: &api::DimensionFilter) -> bool {
    let value = |known: &str| filter.value.as_ref().is_none_or(|value| value == known);
    series.name.dimensions.iter().any(|(name, known)| *name == filter.name && value(known))
}
