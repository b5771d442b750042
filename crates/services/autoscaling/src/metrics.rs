//! EnableMetricsCollection, DisableMetricsCollection: what a group tells CloudWatch every minute.

use ironbird_api::{Empty, autoscaling as api, cloudwatch};
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Timestamp};

use crate::group::record::{self, Group};
use crate::launch::PRINCIPAL;
use crate::member::State;
use crate::{error, tally, warm_pool};

/// Timer that tells a group's metrics.
const WAKE: &str = "autoscaling.metrics";

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
        .timer(WAKE, wake)
        .write::<api::EnableMetricsCollection>(enable)
        .write::<api::DisableMetricsCollection>(disable)
}

/// Sets the timer for the end of this minute.
fn schedule(ctx: &mut Ctx<'_>, group: &mut Group) -> Result<()> {
    let due = Timestamp::from_secs((ctx.now().secs().div_euclid(60) + 1) * 60);
    ctx.wake_at(due, WAKE, &group.name)?;
    group.metrics_due = Some(due);
    Ok(())
}

fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let Some(mut group) = record::find(ctx, name).filter(|group| group.metrics_due == Some(ctx.now())) else {
        return Ok(());
    };
    if group.metrics.is_empty() {
        group.metrics_due = None;
        return record::save(ctx, group);
    }
    tell(ctx, &group)?;
    schedule(ctx, &mut group)?;
    record::save(ctx, group)
}

fn tell(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let dimension =
        cloudwatch::Dimension { name: "AutoScalingGroupName".to_owned(), value: group.name.to_string() };
    let found: Vec<(String, f64)> = group
        .metrics
        .iter()
        .filter_map(|metric| value(ctx, group, metric).map(|value| (metric.clone(), value)))
        .collect();
    let data = found.into_iter().map(|(metric_name, value)| cloudwatch::MetricDatum {
        metric_name,
        dimensions: Some(vec![dimension.clone()]),
        value: Some(value),
        unit: Some("None".to_owned()),
        ..Default::default()
    });
    let metric_data: Vec<_> = data.collect();
    if metric_data.is_empty() {
        return Ok(());
    }
    let input = cloudwatch::PutMetricDataInput {
        namespace: "AWS/AutoScaling".to_owned(),
        metric_data: Some(metric_data),
        ..Default::default()
    };
    match ctx.call::<cloudwatch::PutMetricData>(PRINCIPAL, &input) {
        // A fault: this minute is missing.
        Ok(_) | Err(Error::Service(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a metric is now; none for those of a warm pool where there is none, and for forecasts.
fn value(ctx: &Ctx<'_>, group: &Group, metric: &str) -> Option<f64> {
    let counts = tally::counts(ctx, &group.name);
    let in_group = |wanted: fn(State) -> bool| counts.group(wanted);
    let pool = warm_pool::of(ctx, &group.name);
    let in_pool = |wanted: fn(State) -> bool| pool.is_some().then(|| counts.warm(wanted));
    let served = |state| matches!(state, State::InService);
    let standing = |state| matches!(state, State::Standby);
    let pool_goal = pool.as_ref().map(|pool| pool.goal(group));
    let desired = f64::from(group.size.desired);
    let number = |value: u64| Some(value as f64);
    match metric {
        "GroupMinSize" => Some(f64::from(group.size.min)),
        "GroupMaxSize" => Some(f64::from(group.size.max)),
        "GroupDesiredCapacity" => Some(desired),
        "GroupInServiceInstances" => number(in_group(served).instances),
        "GroupPendingInstances" => number(in_group(State::is_coming).instances),
        "GroupStandbyInstances" => number(in_group(standing).instances),
        "GroupTerminatingInstances" => number(in_group(State::is_leaving).instances),
        "GroupTotalInstances" => number(in_group(|_| true).instances),
        "GroupInServiceCapacity" => number(in_group(served).units),
        "GroupPendingCapacity" => number(in_group(State::is_coming).units),
        "GroupStandbyCapacity" => number(in_group(standing).units),
        "GroupTerminatingCapacity" => number(in_group(State::is_leaving).units),
        "GroupTotalCapacity" => number(in_group(|_| true).units),
        "WarmPoolDesiredCapacity" => pool_goal.map(|goal| goal as f64),
        "WarmPoolWarmedCapacity" => in_pool(State::is_warmed).map(|sum| sum.units as f64),
        "WarmPoolPendingCapacity" => in_pool(State::is_coming).map(|sum| sum.units as f64),
        "WarmPoolTerminatingCapacity" => in_pool(State::is_leaving).map(|sum| sum.units as f64),
        "WarmPoolTotalCapacity" => in_pool(|_| true).map(|sum| sum.units as f64),
        "GroupAndWarmPoolDesiredCapacity" => Some(desired + pool_goal.unwrap_or(0) as f64),
        "GroupAndWarmPoolTotalCapacity" => {
            let pool = in_pool(|_| true).map_or(0, |sum| sum.units);
            number(in_group(|_| true).units + pool)
        }
        _ => None,
    }
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
    if ctx.world().handler("cloudwatch", "PutMetricData").is_none() {
        ctx.without_effect("EnableMetricsCollection.Metrics");
    } else if group.metrics_due.is_none() {
        schedule(ctx, &mut group)?;
    }
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
