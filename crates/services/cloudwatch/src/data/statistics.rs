//! GetMetricStatistics, and periods of a metric.

use std::collections::BTreeMap;

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use super::bucket::Bucket;
use super::series::{self, Name};
use super::statistic::Statistic;
use crate::error;

/// Data points of an answer (API reference, GetMetricStatistics).
const MOST: i64 = 1440;

pub fn register(service: ServiceDef) -> ServiceDef {
    service.read::<api::GetMetricStatistics>(get)
}

/// Checks a period in seconds: 1, 5, 10, 20, 30 or a multiple of 60.
///
/// # Errors
/// `InvalidParameterValue` for any other.
pub fn check_period(period: i32) -> Result<i64> {
    if period > 0 && (period % 60 == 0 || [1, 5, 10, 20, 30].contains(&period)) {
        return Ok(i64::from(period));
    }
    Err(error::invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."))
}

/// What was put to a metric in each period that has data, by the second in which it begins. Periods follow one another from
/// `from`.
pub fn periods(
    ctx: &Ctx<'_>,
    name: &Name,
    (from, until): (i64, i64),
    period: i64,
    unit: Option<&str>,
) -> BTreeMap<i64, Bucket> {
    let mut periods: BTreeMap<i64, Bucket> = BTreeMap::new();
    for bucket in series::range(ctx, name, (from, until), unit) {
        let begin = begin_of(bucket.second, from, period);
        periods.entry(begin).or_insert_with(|| Bucket::empty(begin, &bucket.unit)).merge(bucket);
    }
    periods
}

const fn begin_of(second: i64, from: i64, period: i64) -> i64 {
    from + (second - from).div_euclid(period) * period
}

fn get(ctx: &mut Ctx<'_>, input: &api::GetMetricStatisticsInput) -> Result<api::GetMetricStatisticsOutput> {
    let period = check_period(input.period)?;
    if input.start_time >= input.end_time {
        return Err(error::invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let plain = input.statistics.as_deref().unwrap_or_default();
    let extended = input.extended_statistics.as_deref().unwrap_or_default();
    if plain.is_empty() && extended.is_empty() {
        return Err(error::combination("Must specify either Statistics or ExtendedStatistics"));
    }
    // The first period begins where the clock has a whole one.
    let from = input.start_time.secs().div_euclid(period) * period;
    let until = input.end_time.secs();
    if (until - from) / period > MOST {
        return Err(error::combination(format!(
            "You have requested up to {} datapoints, which exceeds the limit of {MOST}. You may reduce the datapoints \
             requested by increasing Period, or decreasing the time range.",
            (until - from) / period
        )));
    }
    let name =
        Name::new(&input.namespace, &input.metric_name, input.dimensions.as_deref().unwrap_or_default());
    let percentiles: Vec<(String, Statistic)> = extended
        .iter()
        .map(|text| Statistic::parse(text).map(|statistic| (text.clone(), statistic)))
        .collect::<Result<_>>()?;
    // Unlike anything else, this tells values of different units apart.
    let mut found: BTreeMap<(i64, &str), Bucket> = BTreeMap::new();
    for bucket in series::range(ctx, &name, (from, until), input.unit.as_deref()) {
        let begin = begin_of(bucket.second, from, period);
        let sum = found.entry((begin, &bucket.unit)).or_insert_with(|| Bucket::empty(begin, &bucket.unit));
        sum.merge(bucket);
    }
    let datapoints = found.values().map(|bucket| {
        let wanted = |name: &str, statistic: Statistic| {
            plain.iter().any(|wanted| wanted == name).then(|| statistic.of(bucket)).flatten()
        };
        let extended: BTreeMap<String, f64> =
            percentiles.iter().filter_map(|(name, one)| Some((name.clone(), one.of(bucket)?))).collect();
        api::Datapoint {
            timestamp: Some(Timestamp::from_secs(bucket.second)),
            sample_count: wanted("SampleCount", Statistic::SampleCount),
            average: wanted("Average", Statistic::Average),
            sum: wanted("Sum", Statistic::Sum),
            minimum: wanted("Minimum", Statistic::Minimum),
            maximum: wanted("Maximum", Statistic::Maximum),
            unit: Some(bucket.unit.clone()),
            extended_statistics: (!extended.is_empty()).then_some(extended),
        }
    });
    Ok(api::GetMetricStatisticsOutput {
        label: Some(input.metric_name.clone()),
        datapoints: Some(datapoints.collect()),
    })
}
