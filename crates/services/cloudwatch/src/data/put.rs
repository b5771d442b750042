//! PutMetricData.

use ironbird_api::{Empty, cloudwatch as api};
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use super::bucket::Bucket;
use super::series::{self, AllSeries, Buckets, Name};
use crate::{alarm, error};

/// Metrics that a request may have, values of one, and dimensions (API reference, PutMetricData).
const MAX_METRICS: usize = 1000;
const MAX_VALUES: usize = 150;
const MAX_DIMENSIONS: usize = 30;

/// Data may be so old, and so early, in seconds (API reference, `MetricDatum.Timestamp`).
const OLDEST: i64 = 14 * 86_400;
const EARLIEST: i64 = 2 * 3600;

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<AllSeries>()
        .table::<Buckets>()
        .write::<api::PutMetricData>(put)
        .records::<api::PutMetricData>(&["StrictEntityValidation"])
        .refuses::<api::PutMetricData>(&[("EntityMetricData", "there are no entities: use MetricData")])
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutMetricDataInput) -> Result<Empty> {
    let data = input.metric_data.as_deref().unwrap_or_default();
    if data.is_empty() {
        return Err(error::validation("The parameter MetricData is required."));
    }
    if data.len() > MAX_METRICS {
        return Err(error::validation(format!(
            "The collection MetricData must not have a size greater than {MAX_METRICS}."
        )));
    }
    for (index, datum) in data.iter().enumerate() {
        check(datum, index + 1, ctx.now())?;
    }
    for datum in data {
        let name =
            Name::new(&input.namespace, &datum.metric_name, datum.dimensions.as_deref().unwrap_or_default());
        let at = datum.timestamp.unwrap_or(ctx.now());
        let step = if datum.storage_resolution == Some(1) { 1 } else { 60 };
        let unit = datum.unit.as_deref().unwrap_or("None");
        let mut bucket = Bucket::empty(0, "");
        parts(datum).iter().for_each(|part| bucket.merge(part));
        series::add(ctx, &name, at, step, unit, &bucket)?;
        alarm::evaluate::heard(ctx, &name)?;
    }
    Ok(Empty {})
}

fn parts(datum: &api::MetricDatum) -> Vec<Bucket> {
    let mut parts: Vec<Bucket> = datum.value.map(|value| Bucket::of_value(value, 1.0)).into_iter().collect();
    if let Some(values) = &datum.values {
        let counts = datum.counts.as_deref().unwrap_or_default();
        let count = |index| counts.get(index).copied().unwrap_or(1.0);
        parts.extend(values.iter().enumerate().map(|(index, value)| Bucket::of_value(*value, count(index))));
    }
    if let Some(sums) = &datum.statistic_values {
        parts.push(Bucket::of_sums(sums.sample_count, sums.sum, sums.minimum, sums.maximum));
    }
    parts
}

fn check(datum: &api::MetricDatum, number: usize, now: Timestamp) -> Result<()> {
    let parameter = |name: &str| format!("MetricData.member.{number}.{name}");
    let exclusive = |one: &str, other: &str| {
        let (one, other) = (parameter(one), parameter(other));
        format!("The parameters {one} and {other} are mutually exclusive and you have specified both.")
    };
    let values = datum.values.as_deref().unwrap_or_default();
    let has_values = !values.is_empty();
    if datum.value.is_some() && has_values {
        return Err(error::invalid(exclusive("Value", "Values")));
    }
    if datum.statistic_values.is_some() && (datum.value.is_some() || has_values) {
        let other = if has_values { "Values" } else { "Value" };
        return Err(error::combination(exclusive(other, "StatisticValues")));
    }
    if datum.value.is_none() && !has_values && datum.statistic_values.is_none() {
        let message = format!(
            "At least one of the parameters {}, {} or {} must be specified.",
            parameter("Value"),
            parameter("Values"),
            parameter("StatisticValues")
        );
        return Err(error::combination(message));
    }
    if values.len() > MAX_VALUES {
        let message =
            format!("The collection {} must not have a size greater than {MAX_VALUES}.", parameter("Values"));
        return Err(error::invalid(message));
    }
    if datum.counts.as_ref().is_some_and(|counts| counts.len() != values.len()) {
        let message = format!(
            "The parameters {} and {} must be of the same size.",
            parameter("Values"),
            parameter("Counts")
        );
        return Err(error::invalid(message));
    }
    check_numbers(datum, values, &parameter)?;
    if datum.dimensions.as_ref().is_some_and(|dimensions| dimensions.len() > MAX_DIMENSIONS) {
        let message = format!(
            "The collection {} must not have a size greater than {MAX_DIMENSIONS}.",
            parameter("Dimensions")
        );
        return Err(error::invalid(message));
    }
    if datum.storage_resolution.is_some_and(|step| step != 1 && step != 60) {
        let message = format!("The parameter {} must be 1 or 60.", parameter("StorageResolution"));
        return Err(error::invalid(message));
    }
    let Some(at) = datum.timestamp else { return Ok(()) };
    if at.secs() < now.secs() - OLDEST {
        let message = format!(
            "The parameter {} must specify a time within the past two weeks.",
            parameter("Timestamp")
        );
        return Err(error::invalid(message));
    }
    if at.secs() > now.secs() + EARLIEST {
        let message = format!(
            "The parameter {} must specify a time no more than two hours in the future.",
            parameter("Timestamp")
        );
        return Err(error::invalid(message));
    }
    Ok(())
}

/// Values must be finite, and within what AWS keeps: 2^360 (API reference, `MetricDatum.Value`).
fn check_numbers(datum: &api::MetricDatum, values: &[f64], parameter: &dyn Fn(&str) -> String) -> Result<()> {
    let wrong = |value: f64, name: &str| {
        let text = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
        error::invalid(format!("The value {text} for parameter {} is invalid.", parameter(name)))
    };
    let fits = |value: f64| value.is_finite() && value.abs() <= 2_f64.powi(360);
    if let Some(value) = datum.value.filter(|value| !fits(*value)) {
        return Err(wrong(value, "Value"));
    }
    if let Some(value) = values.iter().copied().find(|value| !fits(*value)) {
        return Err(wrong(value, "Values"));
    }
    let counts = datum.counts.as_deref().unwrap_or_default();
    if let Some(count) = counts.iter().copied().find(|count| !fits(*count) || *count <= 0.0) {
        return Err(wrong(count, "Counts"));
    }
    let Some(sums) = &datum.statistic_values else { return Ok(()) };
    let named = [
        ("StatisticValues.SampleCount", sums.sample_count),
        ("StatisticValues.Sum", sums.sum),
        ("StatisticValues.Minimum", sums.minimum),
        ("StatisticValues.Maximum", sums.maximum),
    ];
    if let Some((name, value)) = named.into_iter().find(|(_, value)| !fits(*value)) {
        return Err(wrong(value, name));
    }
    if sums.sample_count <= 0.0 || sums.minimum > sums.maximum {
        return Err(wrong(sums.sample_count, "StatisticValues"));
    }
    Ok(())
}
