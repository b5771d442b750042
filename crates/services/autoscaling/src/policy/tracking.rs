//! Target tracking: two alarms that a policy makes, and the capacity that brings the metric to its target.
//!
//! AWS does not say how it works the capacity out; here it is in proportion to the metric, rounded up, so that the metric ends
//! at the target or below. The alarms are AWS's: above the target for three minutes, below nine tenths of it for fifteen.

use ironbird_api::{autoscaling as api, cloudwatch};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Error, Result};

use super::execute::{look, value};
use super::{Policies, Policy, TRACKING, warm};
use crate::error;
use crate::group::record::Group;
use crate::launch::PRINCIPAL;

/// Periods that the metric has to be above the target, or below [`LOW_SHARE`] of it.
const HIGH_PERIODS: i32 = 3;
const LOW_PERIODS: i32 = 15;
const LOW_SHARE: f64 = 0.9;

/// Seconds of a period unless the metric says otherwise.
const PERIOD: i32 = 60;

const QUERIES: Place = Place::input(
    "autoscaling",
    "PutScalingPolicy",
    &["TargetTrackingConfiguration", "CustomizedMetricSpecification", "Metrics"],
);
const ALARM_QUERIES: Place = Place::input("cloudwatch", "PutMetricAlarm", &["Metrics"]);

/// Makes the policy's alarms; their names. A world without CloudWatch has none, and says that the policy has no effect.
///
/// # Errors
/// `ValidationError` for a metric that makes no sense.
pub(super) fn make_alarms(
    ctx: &mut Ctx<'_>,
    policy: &Policy,
    request: &api::PutScalingPolicyType,
) -> Result<Vec<String>> {
    let Some(configuration) = &request.target_tracking_configuration else { return Ok(Vec::new()) };
    if !configuration.target_value.is_finite() || configuration.target_value <= 0.0 {
        return Err(error::validation("TargetValue must be greater than 0."));
    }
    let metric = metric(&policy.group, configuration)?;
    if ctx.world().handler("cloudwatch", "PutMetricAlarm").is_none() {
        ctx.without_effect("PutScalingPolicy.TargetTrackingConfiguration");
        return Ok(Vec::new());
    }
    let target = configuration.target_value;
    let mut sides = vec![("AlarmHigh", "GreaterThanThreshold", target, HIGH_PERIODS)];
    if configuration.disable_scale_in != Some(true) {
        sides.push(("AlarmLow", "LessThanThreshold", target * LOW_SHARE, LOW_PERIODS));
    }
    let mut names = Vec::new();
    for (side, comparison, threshold, periods) in sides {
        let uuid = ctx.fresh_uuid("tracking-alarm")?;
        let name = format!("TargetTracking-{}-{side}-{uuid}", policy.group);
        let arn = policy.arn(ctx);
        let input = cloudwatch::PutMetricAlarmInput {
            alarm_name: name.clone(),
            alarm_description: Some(format!(
                "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}."
            )),
            actions_enabled: Some(true),
            alarm_actions: Some(vec![arn]),
            evaluation_periods: Some(periods),
            threshold: Some(threshold),
            comparison_operator: Some(comparison.to_owned()),
            ..metric.clone()
        };
        ctx.call::<cloudwatch::PutMetricAlarm>(PRINCIPAL, &input).map_err(|cause| match cause {
            Error::Service(inner) => error::validation(inner.message),
            Error::Internal(_) => cause,
        })?;
        names.push(name);
    }
    Ok(names)
}

/// The metric of a policy as an alarm has it.
fn metric(
    group: &str,
    configuration: &api::TargetTrackingConfiguration,
) -> Result<cloudwatch::PutMetricAlarmInput> {
    let of_group =
        || vec![cloudwatch::Dimension { name: "AutoScalingGroupName".to_owned(), value: group.to_owned() }];
    let plain = |namespace: &str, name: &str, statistic: &str, dimensions| cloudwatch::PutMetricAlarmInput {
        namespace: Some(namespace.to_owned()),
        metric_name: Some(name.to_owned()),
        statistic: Some(statistic.to_owned()),
        dimensions: Some(dimensions),
        period: Some(PERIOD),
        ..Default::default()
    };
    match (&configuration.predefined_metric_specification, &configuration.customized_metric_specification) {
        (Some(predefined), None) => match predefined.predefined_metric_type.as_str() {
            "ASGAverageCPUUtilization" => Ok(plain("AWS/EC2", "CPUUtilization", "Average", of_group())),
            "ASGAverageNetworkIn" => Ok(plain("AWS/EC2", "NetworkIn", "Average", of_group())),
            "ASGAverageNetworkOut" => Ok(plain("AWS/EC2", "NetworkOut", "Average", of_group())),
            "ALBRequestCountPerTarget" => {
                let label = predefined.resource_label.as_deref().unwrap_or_default();
                let dimensions = of_label(label).ok_or_else(|| {
                    error::validation(
                        "ResourceLabel is required and must name a load balancer and a target group.",
                    )
                })?;
                Ok(plain("AWS/ApplicationELB", "RequestCountPerTarget", "Sum", dimensions))
            }
            other => Err(error::validation(format!("{other} is not a valid PredefinedMetricType."))),
        },
        (None, Some(custom)) => customized(custom),
        _ => Err(error::validation(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.",
        )),
    }
}

/// `app/my-alb/778d41231b141a0f/targetgroup/my-alb-target-group/943f017f100becff`
fn of_label(label: &str) -> Option<Vec<cloudwatch::Dimension>> {
    let at = label.find("/targetgroup/")?;
    let (balancer, target) = (label.get(..at)?, label.get(at + 1..)?);
    let dimension =
        |name: &str, value: &str| cloudwatch::Dimension { name: name.to_owned(), value: value.to_owned() };
    Some(vec![dimension("LoadBalancer", balancer), dimension("TargetGroup", target)])
}

fn customized(custom: &api::CustomizedMetricSpecification) -> Result<cloudwatch::PutMetricAlarmInput> {
    if let Some(queries) = custom.metrics.as_ref().filter(|queries| !queries.is_empty()) {
        let mut own = Vec::with_capacity(queries.len());
        for query in queries {
            let document = document::write(QUERIES, query)?;
            let mut copy: cloudwatch::MetricDataQuery = document::read(ALARM_QUERIES, &document)?;
            if let Some(stat) = copy.metric_stat.as_mut().filter(|stat| stat.period == 0) {
                stat.period = query.metric_stat.as_ref().and_then(|stat| stat.period).unwrap_or(PERIOD);
            }
            own.push(copy);
        }
        return Ok(cloudwatch::PutMetricAlarmInput { metrics: Some(own), ..Default::default() });
    }
    if custom.metric_name.is_none() || custom.namespace.is_none() || custom.statistic.is_none() {
        return Err(error::validation(
            "CustomizedMetricSpecification needs MetricName, Namespace and Statistic.",
        ));
    }
    let dimensions = custom.dimensions.iter().flatten();
    let dimensions =
        dimensions.map(|one| cloudwatch::Dimension { name: one.name.clone(), value: one.value.clone() });
    Ok(cloudwatch::PutMetricAlarmInput {
        namespace: custom.namespace.clone(),
        metric_name: custom.metric_name.clone(),
        statistic: custom.statistic.clone(),
        unit: custom.unit.clone(),
        dimensions: Some(dimensions.collect()),
        period: Some(custom.period.unwrap_or(PERIOD)),
        ..Default::default()
    })
}

/// Deletes alarms that a policy has made. One that its user has deleted is no matter.
///
/// # Errors
/// Faults of ours only.
pub(super) fn forget(ctx: &mut Ctx<'_>, alarms: &[String]) -> Result<()> {
    for name in alarms {
        let input = cloudwatch::DeleteAlarmsInput { alarm_names: vec![name.clone()] };
        match ctx.call::<cloudwatch::DeleteAlarms>(PRINCIPAL, &input) {
            Ok(_) | Err(Error::Service(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The goal that brings the metric to its target; none where nothing is to be done now.
///
/// # Errors
/// Faults of ours only.
pub(super) fn goal(
    ctx: &mut Ctx<'_>,
    group: &Group,
    policy: &Policy,
    request: &api::PutScalingPolicyType,
    alarm: &cloudwatch::MetricAlarm,
) -> Result<Option<i32>> {
    if alarm.state_value.as_deref() != Some("ALARM") {
        return Ok(None);
    }
    let warming = warm::units(ctx, group, request.estimated_instance_warmup);
    let (least, most, desired) = (group.size.min, group.size.max, group.size.desired);
    let is_high = alarm.comparison_operator.as_deref() == Some("GreaterThanThreshold");
    if is_high {
        let wanted = proportional(desired.saturating_sub(warming).max(1), request, alarm);
        return Ok(wanted.map(|wanted| wanted.clamp(least, most)).filter(|wanted| *wanted > desired));
    }
    if warming > 0 {
        return Ok(None);
    }
    // Capacity is taken in only when every target tracking policy would (user guide, "Target tracking scaling policies").
    let mut wanted = proportional(desired, request, alarm);
    for other in others(ctx, policy) {
        let request = other.request()?;
        let configuration = request.target_tracking_configuration.as_ref();
        if request.enabled == Some(false)
            || configuration.is_none_or(|one| one.disable_scale_in == Some(true))
        {
            continue;
        }
        let Some(name) = other.alarms.get(1) else { continue };
        let low = look(ctx, name)?.filter(|alarm| alarm.state_value.as_deref() == Some("ALARM"));
        let Some(low) = low else { return Ok(None) };
        wanted = wanted.zip(proportional(desired, &request, &low)).map(|(one, other)| one.max(other));
    }
    Ok(wanted.map(|wanted| wanted.clamp(least, most)).filter(|wanted| *wanted < desired))
}

fn others(ctx: &Ctx<'_>, policy: &Policy) -> Vec<Policy> {
    let all = ctx.scan::<Policies>(&ctx.scope().key(&policy.group)).map(|(_, policy)| policy);
    all.filter(|other| other.kind == TRACKING && other.name != policy.name).cloned().collect()
}

/// The capacity at which the metric would be at its target.
fn proportional(
    capacity: i32,
    request: &api::PutScalingPolicyType,
    alarm: &cloudwatch::MetricAlarm,
) -> Option<i32> {
    let target = request.target_tracking_configuration.as_ref()?.target_value;
    let wanted = (f64::from(capacity) * value(alarm)? / target).ceil();
    wanted.is_finite().then_some(wanted.clamp(0.0, f64::from(i32::MAX)) as i32)
}
