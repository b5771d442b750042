//! What CloudWatch tells EventBridge when an alarm changes its state. The shape is that of "Alarm events and EventBridge" in
//! the user guide.

use ironbird_api::cloudwatch as api;
use ironbird_rig::events::{self, Happening};
use ironbird_rig::{Ctx, Result, Timestamp, context};
use serde_json::{Map, Value, json};

use super::evaluate::query_of;
use super::record::Alarm;

/// An alarm is no longer as it was `before`.
///
/// # Errors
/// In an operation registered as one that reads.
pub fn changed(ctx: &mut Ctx<'_>, before: &Alarm, alarm: &Alarm) -> Result<()> {
    events::publish(ctx, "aws.cloudwatch", "CloudWatch Alarm State Change", |ctx| {
        let detail = json!({
            "alarmName": alarm.name,
            "configuration": configuration(ctx, alarm)?,
            "previousState": state(before),
            "state": state(alarm),
        });
        Ok(Happening { resources: vec![alarm.arn(ctx)], detail })
    })
}

fn state(alarm: &Alarm) -> Value {
    let mut state = json!({
        "value": alarm.state.name(),
        "reason": alarm.reason,
        "timestamp": instant(alarm.state_updated),
    });
    if let Some(data) = &alarm.reason_data {
        state["reasonData"] = data.as_str().into();
    }
    state
}

/// `2019-10-02T17:04:40.985+0000`
fn instant(at: Timestamp) -> String {
    format!("{}+0000", at.iso8601_millis().trim_end_matches('Z'))
}

fn configuration(ctx: &Ctx<'_>, alarm: &Alarm) -> Result<Value> {
    let request = alarm.request()?;
    let metrics: Vec<Value> = match &request.metrics {
        Some(queries) if !queries.is_empty() => queries.iter().map(query).collect(),
        // The query of an alarm on one metric is shown with an id that nobody gave it.
        _ => query_of(&request)
            .map(|mut only| {
                only.id = context::uuid(ctx.seed().child("alarm-metric").child(&alarm.name));
                query(&only)
            })
            .into_iter()
            .collect(),
    };
    let mut configuration = json!({ "metrics": metrics });
    if let Some(description) = request.alarm_description {
        configuration["description"] = description.into();
    }
    Ok(configuration)
}

fn query(query: &api::MetricDataQuery) -> Value {
    let mut shown = json!({ "id": query.id, "returnData": query.return_data.unwrap_or(true) });
    if let Some(expression) = &query.expression {
        shown["expression"] = expression.as_str().into();
    }
    if let Some(label) = &query.label {
        shown["label"] = label.as_str().into();
    }
    if let Some(stat) = &query.metric_stat {
        let dimensions = stat.metric.dimensions.iter().flatten();
        let dimensions: Map<String, Value> =
            dimensions.map(|one| (one.name.clone(), one.value.as_str().into())).collect();
        let metric = json!({
            "namespace": stat.metric.namespace,
            "name": stat.metric.metric_name,
            "dimensions": dimensions,
        });
        shown["metricStat"] = json!({ "metric": metric, "period": stat.period, "stat": stat.stat });
    }
    shown
}
