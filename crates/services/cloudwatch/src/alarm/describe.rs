//! DescribeAlarms, DescribeAlarmsForMetric.

use ironbird_api::cloudwatch as api;
use ironbird_rig::{Ctx, Key, Result, ServiceDef};

use super::record::{self, Alarm, Alarms};
use crate::data::series::Name;
use crate::{error, page};

pub fn register(service: ServiceDef) -> ServiceDef {
    service
        .read::<api::DescribeAlarms>(describe)
        .refuses::<api::DescribeAlarms>(&[
            ("ChildrenOfAlarmName", "there are no composite alarms"),
            ("ParentsOfAlarmName", "there are no composite alarms"),
        ])
        .read::<api::DescribeAlarmsForMetric>(for_metric)
}

fn describe(ctx: &mut Ctx<'_>, input: &api::DescribeAlarmsInput) -> Result<api::DescribeAlarmsOutput> {
    let limit = input.max_records.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(error::validation(format!("MaxRecords must be between 1 and 100, it is {limit}.")));
    }
    if input.alarm_names.is_some() && input.alarm_name_prefix.is_some() {
        return Err(error::combination("AlarmNames and AlarmNamePrefix must not be given together."));
    }
    // Unless asked otherwise, only metric alarms are told (API reference, DescribeAlarms).
    let of_kind =
        input.alarm_types.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind == "MetricAlarm"));
    let choose = |alarm: &Alarm| {
        let named =
            input.alarm_name_prefix.as_ref().is_none_or(|prefix| alarm.name.starts_with(prefix.as_str()));
        let in_state = input.state_value.as_deref().is_none_or(|state| state == alarm.state.name());
        if !of_kind || !named || !in_state {
            return None;
        }
        let shown = view(ctx, alarm);
        let acts = |prefix: &String| match &shown {
            Ok(shown) => [&shown.ok_actions, &shown.alarm_actions, &shown.insufficient_data_actions]
                .into_iter()
                .flatten()
                .flatten()
                .any(|action| action.starts_with(prefix.as_str())),
            Err(_) => true,
        };
        input.action_prefix.as_ref().is_none_or(acts).then_some(shown)
    };
    let limit = usize::try_from(limit).unwrap_or(1);
    let page = match &input.alarm_names {
        // Named alarms are looked up rather than looked for.
        Some(names) => {
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            let keys: Vec<Key> = names.into_iter().map(|name| ctx.scope().key(name)).collect();
            let found = keys.iter().filter_map(|key| Some((key, ctx.peek::<Alarms>(key)?)));
            page::named(found, input.next_token.as_deref(), limit, choose)?
        }
        None => {
            let prefix = ctx.scope().prefix();
            page::scan::<Alarms, _>(ctx, &prefix, input.next_token.as_deref(), limit, choose)?
        }
    };
    Ok(api::DescribeAlarmsOutput {
        composite_alarms: Some(Vec::new()),
        metric_alarms: Some(page.items.into_iter().collect::<Result<_>>()?),
        next_token: page.next,
    })
}

fn for_metric(
    ctx: &mut Ctx<'_>,
    input: &api::DescribeAlarmsForMetricInput,
) -> Result<api::DescribeAlarmsForMetricOutput> {
    let dimensions = input.dimensions.as_deref().unwrap_or_default();
    let name = Name::new(&input.namespace, &input.metric_name, dimensions);
    let mut alarms = Vec::new();
    for alarm in record::watching(ctx, &name) {
        let shown = view(ctx, &record::get(ctx, &alarm)?)?;
        let same = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        if same(&input.statistic, &shown.statistic)
            && same(&input.extended_statistic, &shown.extended_statistic)
            && same(&input.unit, &shown.unit)
            && (input.period.is_none() || input.period == shown.period)
        {
            alarms.push(shown);
        }
    }
    Ok(api::DescribeAlarmsForMetricOutput { metric_alarms: Some(alarms) })
}

fn view(ctx: &Ctx<'_>, alarm: &Alarm) -> Result<api::MetricAlarm> {
    let request = alarm.request()?;
    let queries = request.metrics.map(|queries| {
        let told = |query: api::MetricDataQuery| api::MetricDataQuery {
            return_data: Some(query.return_data.unwrap_or(true)),
            ..query
        };
        queries.into_iter().map(told).collect()
    });
    Ok(api::MetricAlarm {
        alarm_name: Some(alarm.name.clone()),
        alarm_arn: Some(alarm.arn(ctx)),
        alarm_description: request.alarm_description,
        alarm_configuration_updated_timestamp: Some(alarm.updated),
        actions_enabled: Some(alarm.actions_enabled),
        ok_actions: Some(request.ok_actions.unwrap_or_default()),
        alarm_actions: Some(request.alarm_actions.unwrap_or_default()),
        insufficient_data_actions: Some(request.insufficient_data_actions.unwrap_or_default()),
        state_value: Some(alarm.state.name().to_owned()),
        state_reason: Some(alarm.reason.clone()),
        state_reason_data: alarm.reason_data.clone(),
        state_updated_timestamp: Some(alarm.state_updated),
        state_transitioned_timestamp: Some(alarm.state_changed),
        metric_name: request.metric_name,
        namespace: request.namespace,
        statistic: request.statistic,
        extended_statistic: request.extended_statistic,
        dimensions: Some(request.dimensions.unwrap_or_default()),
        period: request.period,
        unit: request.unit,
        evaluation_periods: request.evaluation_periods,
        datapoints_to_alarm: request.datapoints_to_alarm,
        threshold: request.threshold,
        comparison_operator: request.comparison_operator,
        treat_missing_data: request.treat_missing_data,
        evaluate_low_sample_count_percentile: request.evaluate_low_sample_count_percentile,
        metrics: queries,
        ..Default::default()
    })
}
