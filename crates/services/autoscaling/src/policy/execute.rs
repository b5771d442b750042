//! ExecutePolicy, and alarms that execute policies.
//!
//! An alarm says that its action is due; the alarm itself, with the value that set it off, is then looked up in CloudWatch.

use ironbird_api::{Empty, autoscaling as api, cloudwatch};
use ironbird_rig::{Ctx, Error, Result};
use serde_json::Value;

use super::adjust::{adjusted, step};
use super::{Policy, TRACKING, find, tracking, warm};
use crate::activity::cause;
use crate::error;
use crate::group::desired::check_cooldown;
use crate::group::record::{self, Group};
use crate::launch::PRINCIPAL;
use crate::reconcile;

/// Timer that hears of an alarm: the policy's ARN, a space, and the name of the alarm.
pub(super) const WAKE: &str = "autoscaling.policy-alarm";

/// The value that set a policy off.
struct Breach {
    value: f64,
    threshold: f64,
}

pub(super) fn execute(ctx: &mut Ctx<'_>, input: &api::ExecutePolicyType) -> Result<Empty> {
    let policy = find(ctx, input.auto_scaling_group_name.as_deref(), &input.policy_name)?;
    let group = record::get(ctx, &policy.group)?;
    let request = policy.request()?;
    let breach = match policy.kind.as_str() {
        "SimpleScaling" => {
            if input.metric_value.is_some() || input.breach_threshold.is_some() {
                return Err(error::validation(
                    "MetricValue and BreachThreshold are only for step scaling policies.",
                ));
            }
            if input.honor_cooldown == Some(true) {
                check_cooldown(ctx, &group, request.cooldown.unwrap_or(group.settings.default_cooldown))?;
            }
            None
        }
        "StepScaling" => {
            let (Some(value), Some(threshold)) = (input.metric_value, input.breach_threshold) else {
                return Err(error::validation(
                    "MetricValue and BreachThreshold are required for step scaling policies.",
                ));
            };
            Some(Breach { value, threshold })
        }
        kind => return Err(error::validation(format!("Policies of type {kind} cannot be executed."))),
    };
    let Some(desired) = goal(ctx, &group, &policy, &request, breach.as_ref()) else { return Ok(Empty {}) };
    let why = cause::policy(ctx, &policy.name, group.size.desired, desired);
    reconcile::aim(ctx, group, desired, why)?;
    Ok(Empty {})
}

/// What a simple or step policy makes of the group's goal; none where it changes nothing.
fn goal(
    ctx: &Ctx<'_>,
    group: &Group,
    policy: &Policy,
    request: &api::PutScalingPolicyType,
    breach: Option<&Breach>,
) -> Option<i32> {
    let change = match breach {
        None => request.scaling_adjustment?,
        Some(breach) => {
            let steps = request.step_adjustments.as_deref().unwrap_or_default();
            step(steps, breach.value - breach.threshold)?
        }
    };
    let adjustment = request.adjustment_type.as_deref().unwrap_or_default();
    let magnitude = request.min_adjustment_magnitude.or(request.min_adjustment_step);
    if policy.kind == "SimpleScaling" {
        return Some(adjusted(group.size, adjustment, change, magnitude));
    }
    // What warms up is no part of the capacity that a step is worked out from, but has been asked for already (user guide,
    // "Set the default instance warmup").
    let warming = warm::units(ctx, group, request.estimated_instance_warmup);
    let warmed = record::Size { desired: group.size.desired.saturating_sub(warming), ..group.size };
    let goal = adjusted(warmed, adjustment, change, magnitude);
    if warming == 0 {
        return Some(goal);
    }
    // While instances warm up, nothing is taken in.
    (goal > group.size.desired).then_some(goal)
}

/// An alarm says that the policy is due.
pub(super) fn wake(ctx: &mut Ctx<'_>, what: &str) -> Result<()> {
    let Some((arn, alarm)) = what.split_once(' ') else { return Ok(()) };
    let Ok(policy) = find(ctx, None, arn) else { return Ok(()) };
    let Ok(group) = record::get(ctx, &policy.group) else { return Ok(()) };
    let request = policy.request()?;
    if request.enabled == Some(false) || !group.runs("AlarmNotification") {
        return Ok(());
    }
    let Some(alarm) = look(ctx, alarm)? else { return Ok(()) };
    let desired = match policy.kind.as_str() {
        TRACKING => tracking::goal(ctx, &group, &policy, &request, &alarm)?,
        "StepScaling" => {
            let breach =
                value(&alarm).zip(alarm.threshold).map(|(value, threshold)| Breach { value, threshold });
            breach.and_then(|breach| goal(ctx, &group, &policy, &request, Some(&breach)))
        }
        "SimpleScaling" => {
            let seconds = request.cooldown.unwrap_or(group.settings.default_cooldown);
            let may = check_cooldown(ctx, &group, seconds).is_ok();
            may.then(|| goal(ctx, &group, &policy, &request, None)).flatten()
        }
        _ => None,
    };
    let Some(desired) = desired.filter(|desired| *desired != group.size.desired) else { return Ok(()) };
    let name = alarm.alarm_name.unwrap_or_default();
    let state = alarm.state_value.unwrap_or_default();
    let why = cause::alarm(ctx, (&name, &state), &policy.name, group.size.desired, desired);
    reconcile::aim(ctx, group, desired, why)
}

/// The alarm of that name; none where there is none any more.
///
/// # Errors
/// Faults of ours only.
pub(crate) fn look(ctx: &mut Ctx<'_>, name: &str) -> Result<Option<cloudwatch::MetricAlarm>> {
    let input =
        cloudwatch::DescribeAlarmsInput { alarm_names: Some(vec![name.to_owned()]), ..Default::default() };
    match ctx.call::<cloudwatch::DescribeAlarms>(PRINCIPAL, &input) {
        Ok(answer) => Ok(answer.metric_alarms.into_iter().flatten().next()),
        Err(Error::Service(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The alarms whose action is the policy of that ARN.
///
/// # Errors
/// Faults of ours only.
pub(super) fn alarms_of(ctx: &mut Ctx<'_>, policy: &str) -> Result<Vec<api::Alarm>> {
    if ctx.world().handler("cloudwatch", "DescribeAlarms").is_none() {
        return Ok(Vec::new());
    }
    let input =
        cloudwatch::DescribeAlarmsInput { action_prefix: Some(policy.to_owned()), ..Default::default() };
    let found = match ctx.call::<cloudwatch::DescribeAlarms>(PRINCIPAL, &input) {
        Ok(answer) => answer.metric_alarms.unwrap_or_default(),
        Err(Error::Service(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let named = found
        .into_iter()
        .map(|alarm| api::Alarm { alarm_name: alarm.alarm_name, alarm_arn: alarm.alarm_arn });
    Ok(named.collect())
}

/// The newest value that the alarm was evaluated with.
pub(super) fn value(alarm: &cloudwatch::MetricAlarm) -> Option<f64> {
    let data: Value = serde_json::from_str(alarm.state_reason_data.as_deref()?).ok()?;
    data.get("recentDatapoints")?.as_array()?.last()?.as_f64()
}
