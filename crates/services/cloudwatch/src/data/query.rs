//! GetMetricData: several metrics and expressions over them.

use std::collections::BTreeMap;

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};

use super::math::{self, Points};
use super::series::Name;
use super::statistic::Statistic;
use super::statistics::{check_period, periods};
use crate::error;

/// Queries of a request, and data points of its answer (API reference, GetMetricData).
const MAX_QUERIES: usize = 500;
const MAX_POINTS: i64 = 100_800;

pub fn register(service: ServiceDef) -> ServiceDef {
    service.read::<api::GetMetricData>(get).records::<api::GetMetricData>(&["LabelOptions"])
}

fn get(ctx: &mut Ctx<'_>, input: &api::GetMetricDataInput) -> Result<api::GetMetricDataOutput> {
    let (from, until) = (input.start_time.secs(), input.end_time.secs());
    if from > until {
        return Err(error::validation("The parameter EndTime must be greater than StartTime."));
    }
    if from == until {
        return Err(error::validation("The parameter StartTime must not equal parameter EndTime."));
    }
    let descending = match input.scan_by.as_deref() {
        None | Some("TimestampDescending") => true,
        Some("TimestampAscending") => false,
        Some(other) => return Err(error::validation(format!("ScanBy is no known word: {other}"))),
    };
    if input.next_token.as_deref().is_some_and(|token| !token.is_empty()) {
        // Answers are whole: no token is ever given.
        return Err(error::invalid_token());
    }
    let most = i64::from(input.max_datapoints.unwrap_or(i32::MAX)).min(MAX_POINTS);
    let found = results(ctx, &input.metric_data_queries, (from, until), Align::Clock)?;
    let mut shown = Vec::new();
    for (query, points) in input.metric_data_queries.iter().zip(found) {
        if query.return_data == Some(false) {
            continue;
        }
        if i64::try_from(points.len()).unwrap_or(i64::MAX) > most {
            return Err(error::validation(format!(
                "The request gives more than {most} data points: ask for longer periods or a shorter time."
            )));
        }
        let mut points: Vec<(i64, f64)> = points.into_iter().collect();
        if descending {
            points.reverse();
        }
        shown.push(api::MetricDataResult {
            id: Some(query.id.clone()),
            label: Some(
                query.label.clone().unwrap_or_else(|| usual_label(query, &input.metric_data_queries)),
            ),
            timestamps: Some(points.iter().map(|(second, _)| Timestamp::from_secs(*second)).collect()),
            values: Some(points.iter().map(|(_, value)| *value).collect()),
            status_code: Some("Complete".to_owned()),
            messages: None,
        });
    }
    Ok(api::GetMetricDataOutput {
        metric_data_results: Some(shown),
        next_token: None,
        messages: Some(Vec::new()),
    })
}

/// The name of the metric, with the statistic where another query asks for another one of the same metric.
fn usual_label(query: &api::MetricDataQuery, all: &[api::MetricDataQuery]) -> String {
    let Some(stat) = &query.metric_stat else { return query.id.clone() };
    let name = stat.metric.metric_name.clone().unwrap_or_default();
    let stats = all.iter().filter_map(|other| other.metric_stat.as_ref());
    let mut twins = stats.filter(|other| other.metric == stat.metric && other.stat != stat.stat);
    if twins.next().is_some() { format!("{name} {}", stat.stat) } else { name }
}

/// Checks queries before anything is looked up: each is a metric or an expression, and ids are unique and well made.
///
/// # Errors
/// `ValidationError` with what is wrong.
pub fn check(queries: &[api::MetricDataQuery]) -> Result<()> {
    if queries.is_empty() || queries.len() > MAX_QUERIES {
        return Err(error::validation(format!(
            "The collection MetricDataQueries must have 1 to {MAX_QUERIES} items."
        )));
    }
    for (index, query) in queries.iter().enumerate() {
        let id = &query.id;
        let begins_well = id.starts_with(|letter: char| letter.is_ascii_lowercase());
        if !begins_well || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(error::validation(format!(
                "The value {id} for parameter MetricDataQueries.member.{}.Id is not matching the expected pattern \
                 ^[a-z][a-zA-Z0-9_]*$.",
                index + 1
            )));
        }
        if queries[..index].iter().any(|other| other.id == *id) {
            return Err(error::validation(format!("The id {id} is used by more than one query.")));
        }
        if query.metric_stat.is_none() && query.expression.is_none() {
            return Err(error::validation(format!(
                "The parameter MetricDataQueries.member.{}.MetricStat is required.\n",
                index + 1
            )));
        }
        if query.metric_stat.is_some() && query.expression.is_some() {
            return Err(error::validation(format!(
                "The parameters MetricDataQueries.member.{0}.MetricStat and MetricDataQueries.member.{0}.Expression are \
                 mutually exclusive and you have specified both.",
                index + 1
            )));
        }
        if query.account_id.is_some() {
            return Err(Ctx::unsupported(
                "MetricDataQueries.AccountId",
                "accounts are not linked for monitoring",
            ));
        }
        if let Some(stat) = &query.metric_stat {
            Name::of(&stat.metric)?;
            check_period(stat.period)?;
            Statistic::parse(&stat.stat)?;
        }
    }
    Ok(())
}

/// Where the first period begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Where the clock has a whole one.
    Clock,
    /// Where the span begins: an alarm's window slides.
    Span,
}

/// The results of queries, in their order. Expressions may use one another.
///
/// # Errors
/// What is wrong with a query.
pub fn results(
    ctx: &Ctx<'_>,
    queries: &[api::MetricDataQuery],
    span: (i64, i64),
    align: Align,
) -> Result<Vec<Points>> {
    check(queries)?;
    let mut known: BTreeMap<String, Points> = BTreeMap::new();
    for query in queries {
        let Some(stat) = &query.metric_stat else { continue };
        known.insert(query.id.clone(), of_metric(ctx, stat, span, align)?);
    }
    let mut left: Vec<&api::MetricDataQuery> =
        queries.iter().filter(|query| query.expression.is_some()).collect();
    let metrics = known.clone();
    while !left.is_empty() {
        let ready = |query: &&api::MetricDataQuery| {
            let expression = query.expression.as_deref().unwrap_or_default();
            math::ids(expression)
                .all(|id| known.contains_key(id) || queries.iter().all(|other| other.id != id))
        };
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(ready);
        if now.is_empty() {
            return Err(error::validation("Expressions use one another in a circle."));
        }
        for query in now {
            let expression = query.expression.as_deref().unwrap_or_default();
            // METRICS() stands for the metrics, not for other expressions.
            let within = if expression.contains("METRICS(") { &metrics } else { &known };
            let points = math::evaluate(expression, within)?;
            known.insert(query.id.clone(), points);
        }
        left = later;
    }
    Ok(queries.iter().map(|query| known.remove(&query.id).unwrap_or_default()).collect())
}

fn of_metric(
    ctx: &Ctx<'_>,
    stat: &api::MetricStat,
    (from, until): (i64, i64),
    align: Align,
) -> Result<Points> {
    let name = Name::of(&stat.metric)?;
    let period = check_period(stat.period)?;
    let statistic = Statistic::parse(&stat.stat)?;
    let from = if align == Align::Clock { from.div_euclid(period) * period } else { from };
    let found = periods(ctx, &name, (from, until), period, stat.unit.as_deref());
    Ok(found.into_iter().filter_map(|(second, bucket)| Some((second, statistic.of(&bucket)?))).collect())
}
