//! Alarms on the clock.
//!
//! An alarm is evaluated every minute (every ten seconds where its period is shorter) as long as there is data in the periods
//! that it looks at, or a scaling action that has to be repeated. Otherwise its state cannot change until data comes, and
//! nothing wakes it until then.

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Result, ServiceDef, Timestamp};
use serde_json::json;

use super::record::{self, Alarm, State, Watchers};
use super::rule::{self, Comparison, FURTHER, Missing};
use super::{action, state};
use crate::data::math::Points;
use crate::data::query::{self, Align};
use crate::data::series::Name;

/// Timer that evaluates an alarm.
const WAKE: &str = "cloudwatch.alarm";

pub fn register(service: ServiceDef) -> ServiceDef {
    service.table::<Watchers>().timer(WAKE, wake)
}

/// What an alarm evaluates.
pub struct Terms {
    queries: Vec<api::MetricDataQuery>,
    /// Which of the queries.
    watched: usize,
    period: i64,
    evaluated: usize,
    to_alarm: usize,
    threshold: f64,
    comparison: Comparison,
    missing: Missing,
}

impl Terms {
    /// Those of a request that has been checked; none where it lacks something.
    pub fn of(request: &api::PutMetricAlarmInput) -> Option<Self> {
        let queries = match &request.metrics {
            Some(queries) if !queries.is_empty() => queries.clone(),
            _ => vec![query_of(request)?],
        };
        let returned = |query: &api::MetricDataQuery| query.return_data != Some(false);
        let watched = queries.iter().position(returned)?;
        let periods = queries.iter().filter_map(|query| query.metric_stat.as_ref().map(|stat| stat.period));
        let period = request.period.or(queries[watched].period).or(periods.max())?;
        let evaluated = usize::try_from(request.evaluation_periods?).ok()?;
        let to_alarm = request.datapoints_to_alarm.and_then(|count| usize::try_from(count).ok());
        Some(Self {
            watched,
            period: i64::from(period),
            evaluated,
            to_alarm: to_alarm.unwrap_or(evaluated),
            threshold: request.threshold?,
            comparison: Comparison::parse(request.comparison_operator.as_deref()?)?,
            missing: request.treat_missing_data.as_deref().and_then(Missing::parse).unwrap_or_default(),
            queries,
        })
    }

    /// Seconds between evaluations.
    fn pace(&self) -> i64 {
        if self.period < 60 { 10 } else { 60 }
    }
}

/// The query of an alarm on one metric.
pub(super) fn query_of(request: &api::PutMetricAlarmInput) -> Option<api::MetricDataQuery> {
    let metric = api::Metric {
        namespace: request.namespace.clone(),
        metric_name: request.metric_name.clone(),
        dimensions: request.dimensions.clone(),
    };
    let stat = request.statistic.clone().or_else(|| request.extended_statistic.clone())?;
    let metric_stat = api::MetricStat { metric, period: request.period?, stat, unit: request.unit.clone() };
    Some(api::MetricDataQuery { id: "m1".to_owned(), metric_stat: Some(metric_stat), ..Default::default() })
}

/// Something was put to a metric: the alarms that watch it look at it at the end of the minute.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn heard(ctx: &mut Ctx<'_>, metric: &Name) -> Result<()> {
    for name in record::watching(ctx, metric) {
        let mut alarm = record::get(ctx, &name)?;
        if alarm.timer.is_none() && schedule(ctx, &mut alarm)? {
            record::save(ctx, alarm)?;
        }
    }
    Ok(())
}

/// Sets the alarm's next evaluation; whether it has any.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn schedule(ctx: &mut Ctx<'_>, alarm: &mut Alarm) -> Result<bool> {
    let Some(terms) = Terms::of(&alarm.request()?) else { return Ok(false) };
    let pace = terms.pace();
    let due = Timestamp::from_secs((ctx.now().secs().div_euclid(pace) + 1) * pace);
    alarm.timer = Some(ctx.wake_at(due, WAKE, &alarm.name)?);
    Ok(true)
}

fn wake(ctx: &mut Ctx<'_>, name: &str) -> Result<()> {
    let Ok(mut alarm) = record::get(ctx, name) else { return Ok(()) };
    let is_this = alarm.timer.is_some_and(|timer| timer.due <= ctx.now().nanos());
    if !is_this {
        return Ok(());
    }
    alarm.timer = None;
    let Some(terms) = Terms::of(&alarm.request()?) else { return record::save(ctx, alarm) };
    let seen = look(ctx, &terms)?;
    let periods: Vec<Option<bool>> = seen
        .iter()
        .map(|value| value.map(|value| terms.comparison.breaches(value, terms.threshold)))
        .collect();
    let goes_on = seen.iter().any(Option::is_some);
    let found = rule::state(&periods, terms.evaluated, terms.to_alarm, terms.missing).unwrap_or(alarm.state);
    let is_new = found != alarm.state;
    if is_new {
        let (reason, data) = explain(ctx, &terms, &seen, found);
        state::change(ctx, &mut alarm, found, reason, Some(data))?;
    } else if goes_on && found != State::InsufficientData {
        let (reason, data) = explain(ctx, &terms, &seen, found);
        alarm.reason = reason;
        alarm.reason_data = Some(data);
    }
    let repeats = alarm.actions_enabled && action::of(&alarm)?.iter().any(|one| action::is_scaling(one));
    if goes_on || repeats {
        schedule(ctx, &mut alarm)?;
    }
    record::save(ctx, alarm.clone())?;
    if is_new || repeats {
        action::set_off(ctx, &alarm, is_new)?;
    }
    Ok(())
}

/// The values of the latest periods, the newest last; none where there is no data.
fn look(ctx: &Ctx<'_>, terms: &Terms) -> Result<Vec<Option<f64>>> {
    let count = i64::try_from(terms.evaluated + FURTHER).unwrap_or(i64::MAX);
    let until = ctx.now().secs();
    let from = until.saturating_sub(count.saturating_mul(terms.period));
    let mut found: Vec<Points> = query::results(ctx, &terms.queries, (from, until), Align::Span)?;
    let points = found.swap_remove(terms.watched);
    let begin = |index: i64| from + index * terms.period;
    let value = |index: i64| points.range(begin(index)..begin(index + 1)).next().map(|(_, value)| *value);
    Ok((0..count).map(value).collect())
}

/// Why the alarm is in a state, in AWS's words, and the same as data.
fn explain(ctx: &Ctx<'_>, terms: &Terms, seen: &[Option<f64>], found: State) -> (String, String) {
    let until = ctx.now().secs();
    let count = i64::try_from(seen.len()).unwrap_or(0);
    let begins = (0..count).map(|index| Timestamp::from_secs(until - (count - index) * terms.period));
    let mut existing: Vec<(Timestamp, f64)> =
        begins.zip(seen).filter_map(|(begin, value)| Some((begin, (*value)?))).collect();
    existing.drain(..existing.len().saturating_sub(terms.evaluated));
    // Newest first.
    existing.reverse();
    let stat = terms.queries.get(terms.watched).and_then(|query| query.metric_stat.as_ref());
    let data = json!({
        "version": "1.0",
        "queryDate": ctx.now().iso8601_millis(),
        "startDate": existing.last().map(|(begin, _)| begin.iso8601_millis()),
        "statistic": stat.map(|stat| stat.stat.as_str()),
        "period": terms.period,
        "recentDatapoints": existing.iter().rev().map(|(_, value)| *value).collect::<Vec<_>>(),
        "threshold": terms.threshold,
        "evaluatedDatapoints": existing
            .iter()
            .map(|(begin, value)| json!({ "timestamp": begin.iso8601_millis(), "value": value }))
            .collect::<Vec<_>>(),
    });
    (words(terms, &existing, found), data.to_string())
}

fn words(terms: &Terms, existing: &[(Timestamp, f64)], found: State) -> String {
    if found == State::InsufficientData {
        return "Insufficient Data: 1 datapoint was unknown.".to_owned();
    }
    let breaches = |value: f64| terms.comparison.breaches(value, terms.threshold);
    let wanted = found == State::Alarm;
    let telling: Vec<&(Timestamp, f64)> =
        existing.iter().filter(|(_, value)| breaches(*value) == wanted).collect();
    let count =
        if telling.len() == 1 { "1 datapoint".to_owned() } else { format!("{} datapoints", telling.len()) };
    let shown: Vec<String> =
        telling.iter().take(5).map(|(begin, value)| format!("{value:?} ({})", day_first(*begin))).collect();
    let verb = if telling.len() == 1 { "was" } else { "were" };
    let not = if wanted { "" } else { "not " };
    let out_of =
        if terms.to_alarm == 1 { "1 datapoint".to_owned() } else { format!("{} datapoints", terms.to_alarm) };
    let last = format!("out of the last {} datapoints [{}]", terms.evaluated, shown.join(", "));
    let transition = if wanted {
        format!("{out_of} for OK -> ALARM transition")
    } else {
        "1 datapoint for ALARM -> OK transition".to_owned()
    };
    if telling.is_empty() {
        return format!(
            "Threshold Crossed: no datapoints were received for {} periods and missing data was treated as it was asked for.",
            terms.evaluated
        );
    }
    format!(
        "Threshold Crossed: {count} {last} {verb} {not}{} the threshold ({:?}) (minimum {transition}).",
        terms.comparison.words(),
        terms.threshold
    )
}

/// `22/11/26 10:00:00`, as reasons have instants.
fn day_first(instant: Timestamp) -> String {
    let text = instant.iso8601();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}/{}/{} {}", part(8..10), part(5..7), part(2..4), part(11..19))
}
