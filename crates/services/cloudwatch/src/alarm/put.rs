//! PutMetricAlarm, DeleteAlarms, and PutCompositeAlarm, which is refused.

use ironbird_api::{Empty, cloudwatch as api};
use ironbird_rig::{Ctx, Result, ServiceDef};
use serde_json::json;

use super::action;
use super::evaluate::{self, Terms};
use super::history::{self, Kind};
use super::record::{self, Alarm, Alarms};
use super::rule::{Comparison, Missing};
use crate::data::query;
use crate::data::statistic::Statistic;
use crate::data::statistics::check_period;
use crate::{error, tag};

/// Alarms of an account in a Region, unless AWS raises it (user guide, "CloudWatch service quotas").
const MAX_ALARMS: usize = 5_000;

/// Actions for one state (API reference, PutMetricAlarm).
const MAX_ACTIONS: usize = 5;

/// Longest time that an alarm may look back, in seconds: a week where its period is an hour or more, else a day.
const LONGEST: i64 = 7 * 86_400;
const LONGEST_OF_SHORT: i64 = 86_400;

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Alarms>()
        .write::<api::PutMetricAlarm>(put)
        .records::<api::PutMetricAlarm>(&["EvaluateLowSampleCountPercentile"])
        .refuses::<api::PutMetricAlarm>(&[
            ("ThresholdMetricId", "there are no anomaly detectors: give a Threshold"),
            ("EvaluationCriteria", "queries in PromQL are not written"),
            (
                "EvaluationInterval",
                "alarms are evaluated every minute, or every ten seconds for short periods",
            ),
        ])
        .write::<api::DeleteAlarms>(delete)
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutMetricAlarmInput) -> Result<Empty> {
    check(input)?;
    let now = ctx.now();
    for (what, actions) in [
        ("OKActions", &input.ok_actions),
        ("AlarmActions", &input.alarm_actions),
        ("InsufficientDataActions", &input.insufficient_data_actions),
    ] {
        if actions.iter().flatten().any(|one| !action::works(one)) {
            ctx.without_effect(&format!("PutMetricAlarm.{what}"));
        }
    }
    let key = ctx.scope().key(&input.alarm_name);
    let mut alarm = match ctx.peek::<Alarms>(&key).cloned() {
        Some(mut alarm) => {
            record::unwatch(ctx, &alarm)?;
            alarm.redefine(input, now)?;
            history::add(
                ctx,
                &alarm.name,
                Kind::ConfigurationUpdate,
                format!("Alarm \"{}\" updated", alarm.name),
                definition("Update"),
            )?;
            alarm
        }
        None => {
            if ctx.scan::<Alarms>(&ctx.scope().prefix()).count() >= MAX_ALARMS {
                return Err(error::limit(format!("You have reached the limit of {MAX_ALARMS} alarms.")));
            }
            let mut alarm = Alarm::new(input, now)?;
            // Tags of an update are passed over (API reference, PutMetricAlarm).
            tag::add(&mut alarm.tags, input.tags.as_deref().unwrap_or_default())?;
            history::add(
                ctx,
                &alarm.name,
                Kind::ConfigurationUpdate,
                format!("Alarm \"{}\" created", alarm.name),
                definition("Create"),
            )?;
            alarm
        }
    };
    record::watch(ctx, &alarm.name, input)?;
    evaluate::schedule(ctx, &mut alarm)?;
    record::save(ctx, alarm)?;
    Ok(Empty {})
}

fn definition(kind: &str) -> String {
    json!({ "version": "1.0", "type": kind }).to_string()
}

fn check(input: &api::PutMetricAlarmInput) -> Result<()> {
    let queries = input.metrics.as_deref().unwrap_or_default();
    if queries.is_empty() {
        check_metric(input)?;
    } else {
        let alone = input.metric_name.is_some() || input.namespace.is_some() || input.statistic.is_some();
        if alone || input.period.is_some() || input.dimensions.is_some() || input.extended_statistic.is_some()
        {
            return Err(error::validation(
                "Metrics must not be given together with MetricName, Namespace, Dimensions, Period, Unit, Statistic or \
                 ExtendedStatistic.",
            ));
        }
        query::check(queries)?;
        if queries.iter().filter(|query| query.return_data != Some(false)).count() != 1 {
            return Err(error::validation("Exactly one element of the metrics list should return data."));
        }
    }
    let operator = input.comparison_operator.as_deref().unwrap_or_default();
    if Comparison::parse(operator).is_none() {
        if operator.contains("Upper") || operator.contains("Lower") {
            return Err(Ctx::unsupported("ComparisonOperator", "there are no anomaly detectors"));
        }
        return Err(error::validation(format!("ComparisonOperator is no known word: {operator}")));
    }
    if input.threshold.is_none_or(|threshold| !threshold.is_finite()) {
        return Err(error::validation("The parameter Threshold must be a finite number."));
    }
    if let Some(word) = input.treat_missing_data.as_deref()
        && Missing::parse(word).is_none()
    {
        return Err(error::validation(format!(
            "Option {word} is not supported. Supported options for parameter TreatMissingData are breaching, notBreaching, \
             ignore and missing."
        )));
    }
    if let Some(word) = input.evaluate_low_sample_count_percentile.as_deref()
        && !["evaluate", "ignore"].contains(&word)
    {
        return Err(error::validation(format!(
            "Option {word} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate \
             and ignore."
        )));
    }
    for actions in [&input.ok_actions, &input.alarm_actions, &input.insufficient_data_actions] {
        let actions = actions.as_deref().unwrap_or_default();
        if actions.len() > MAX_ACTIONS {
            return Err(error::validation(format!(
                "At most {MAX_ACTIONS} actions may be given for a state."
            )));
        }
        if let Some(other) = actions.iter().find(|action| !action.starts_with("arn:")) {
            return Err(error::validation(format!("Invalid arn syntax: {other}")));
        }
    }
    check_periods(input)
}

fn check_metric(input: &api::PutMetricAlarmInput) -> Result<()> {
    if input.metric_name.is_none() || input.namespace.is_none() {
        return Err(error::validation("Either Metrics, or MetricName and Namespace must be given."));
    }
    match (&input.statistic, &input.extended_statistic) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(error::combination("Exactly one of Statistic and ExtendedStatistic must be given."));
        }
        (Some(text), None) | (None, Some(text)) => Statistic::parse(text).map(drop)?,
    }
    let period = input.period.ok_or_else(|| error::validation("The parameter Period is required."))?;
    check_period(period).map(drop)
}

fn check_periods(input: &api::PutMetricAlarmInput) -> Result<()> {
    let Some(count) = input.evaluation_periods.filter(|count| *count >= 1) else {
        return Err(error::validation("The parameter EvaluationPeriods is required and must be at least 1."));
    };
    if input.datapoints_to_alarm.is_some_and(|points| points < 1 || points > count) {
        return Err(error::validation(
            "The parameter DatapointsToAlarm must be at least 1 and not greater than EvaluationPeriods.",
        ));
    }
    let period = input.period.or_else(|| {
        input
            .metrics
            .iter()
            .flatten()
            .filter_map(|query| query.metric_stat.as_ref())
            .map(|stat| stat.period)
            .max()
    });
    let period = i64::from(period.unwrap_or(60));
    let longest = if period >= 3600 { LONGEST } else { LONGEST_OF_SHORT };
    if i64::from(count) * period > longest {
        return Err(error::validation(format!(
            "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {longest}).",
            if longest == LONGEST { "a week" } else { "a day" }
        )));
    }
    if Terms::of(input).is_none() {
        return Err(error::validation("The alarm has no metric with a period."));
    }
    Ok(())
}

/// On AWS names that are not there make the whole request fail, and nothing is deleted.
fn delete(ctx: &mut Ctx<'_>, input: &api::DeleteAlarmsInput) -> Result<Empty> {
    if input.alarm_names.len() > 100 {
        return Err(error::validation("At most 100 alarms can be deleted at once."));
    }
    let alarms: Vec<Alarm> =
        input.alarm_names.iter().filter_map(|name| record::get(ctx, name).ok()).collect();
    if let Some(missing) =
        input.alarm_names.iter().find(|name| alarms.iter().all(|alarm| alarm.name != **name))
    {
        return Err(error::no_alarm(missing));
    }
    for alarm in alarms {
        record::unwatch(ctx, &alarm)?;
        let key = ctx.scope().key(&alarm.name);
        if ctx.delete::<Alarms>(&key)? {
            let summary = format!("Alarm \"{}\" deleted", alarm.name);
            history::add(ctx, &alarm.name, Kind::ConfigurationUpdate, summary, definition("Delete"))?;
        }
    }
    Ok(Empty {})
}
