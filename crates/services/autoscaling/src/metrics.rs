//! EnableMetricsCollection, DisableMetricsCollection: what is asked for is kept; there is no CloudWatch to collect it.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::{Ctx, Result, ServiceDef};

use crate::error;
use crate::group::record::{self, Group};

/// The only granularity.
pub(crate) const GRANULARITY: &str = "1Minute";

/// Group metrics (API reference, EnableMetricsCollection).
pub(crate) const METRICS: [&str; 21] = [
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
    "GroupPredictedCapacity",
];

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .write::<api::EnableMetricsCollection>(enable)
        .records::<api::EnableMetricsCollection>(&["Metrics", "Granularity"])
        .write::<api::DisableMetricsCollection>(disable)
        .records::<api::DisableMetricsCollection>(&["Metrics"])
}

/// The metrics of a group as the API has them.
pub(crate) fn of(group: &Group) -> Vec<api::EnabledMetric> {
    let enabled = group.metrics.iter().map(|metric| api::EnabledMetric {
        metric: Some(metric.clone()),
        granularity: Some(GRANULARITY.to_owned()),
    });
    enabled.collect()
}

fn chosen(given: Option<&[String]>) -> Result<Vec<String>> {
    let Some(given) = given.filter(|list| !list.is_empty()) else {
        return Ok(METRICS.iter().map(|&name| name.to_owned()).collect());
    };
    match given.iter().find(|name| !METRICS.contains(&name.as_str())) {
        Some(unknown) => Err(error::validation(format!("{unknown} is not a valid metric."))),
        None => Ok(given.to_vec()),
    }
}

fn enable(ctx: &mut Ctx<'_>, input: &api::EnableMetricsCollectionQuery) -> Result<Empty> {
    if input.granularity != GRANULARITY {
        let message = format!("Granularity must be {GRANULARITY}, it is {}.", input.granularity);
        return Err(error::validation(message));
    }
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    group.metrics.extend(chosen(input.metrics.as_deref())?);
    record::save(ctx, group)?;
    Ok(Empty {})
}

fn disable(ctx: &mut Ctx<'_>, input: &api::DisableMetricsCollectionQuery) -> Result<Empty> {
    let mut group = record::get(ctx, &input.auto_scaling_group_name)?;
    for metric in chosen(input.metrics.as_deref())? {
        group.metrics.remove(&metric);
    }
    record::save(ctx, group)?;
    Ok(Empty {})
}
