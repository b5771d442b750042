//! Scaling policies: PutScalingPolicy, DescribePolicies, DeletePolicy, ExecutePolicy.
//!
//! Simple and step policies do what they say when they are executed. There is no CloudWatch yet: no alarm executes them,
//! and target tracking and predictive policies are only kept.

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::activity::cause;
use crate::error;
use crate::group::desired::check_cooldown;
use crate::group::record::{self, Size};
use crate::page::Window;
use crate::reconcile;

/// How a policy changes capacity (API reference, DescribeAdjustmentTypes).
pub(crate) const ADJUSTMENTS: [&str; 3] = ["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"];

/// Policies that a group may have (user guide, "Quotas").
const MAX_POLICIES: usize = 50;

const REQUEST: Place = Place::input("autoscaling", "PutScalingPolicy", &[]);
const ANSWER: Place = Place::output("autoscaling", "DescribePolicies", &["ScalingPolicies"]);

/// All policies: (account, Region, group, name).
pub(crate) struct Policies;

impl Table for Policies {
    const NAME: &'static str = "autoscaling.policies";
    type Record = Policy;
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Policy {
    group: String,
    name: String,
    uuid: String,
    /// `SimpleScaling`, …
    kind: String,
    /// The request, completed.
    request: Value,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Policies>()
        .write::<api::PutScalingPolicy>(put)
        .records::<api::PutScalingPolicy>(&[
            "TargetTrackingConfiguration",
            "PredictiveScalingConfiguration",
            "EstimatedInstanceWarmup",
            "MetricAggregationType",
            "Enabled",
        ])
        .read::<api::DescribePolicies>(describe)
        .write::<api::DeletePolicy>(delete)
        .write::<api::ExecutePolicy>(execute)
}

impl Policy {
    fn arn(&self, ctx: &Ctx<'_>) -> String {
        let Self { uuid, group, name, .. } = self;
        ctx.arn(
            "autoscaling",
            &format!("scalingPolicy:{uuid}:autoScalingGroupName/{group}:policyName/{name}"),
        )
    }

    fn request(&self) -> Result<api::PutScalingPolicyType> {
        Ok(document::read(REQUEST, &self.request)?)
    }
}

fn put(ctx: &mut Ctx<'_>, input: &api::PutScalingPolicyType) -> Result<api::PolicyARNType> {
    let group = record::get(ctx, &input.auto_scaling_group_name)?;
    let mut request = input.clone();
    let kind = input.policy_type.clone().unwrap_or_else(|| "SimpleScaling".to_owned());
    check(&kind, &request)?;
    request.policy_type = Some(kind.clone());
    request.enabled.get_or_insert(true);
    let key = ctx.scope().key(&group.name).text(&input.policy_name);
    let earlier = ctx.peek::<Policies>(&key).map(|policy| policy.uuid.clone());
    let others = ctx.scan::<Policies>(&ctx.scope().key(&group.name)).count();
    if earlier.is_none() && others >= MAX_POLICIES {
        return Err(error::limit_exceeded(format!(
            "An Auto Scaling group can have at most {MAX_POLICIES} policies."
        )));
    }
    let uuid = match earlier {
        Some(uuid) => uuid,
        None => ctx.fresh_uuid("policy")?,
    };
    let request = document::write(REQUEST, &request)?;
    let policy =
        Policy { group: group.name.to_string(), name: input.policy_name.clone(), uuid, kind, request };
    let arn = policy.arn(ctx);
    ctx.put::<Policies>(key, policy)?;
    Ok(api::PolicyARNType { policy_arn: Some(arn), alarms: Some(Vec::new()) })
}

fn check(kind: &str, request: &api::PutScalingPolicyType) -> Result<()> {
    let need = |given: bool, what: &str| {
        let refusal = || error::validation(format!("{what} is required for a policy of type {kind}."));
        if given { Ok(()) } else { Err(refusal()) }
    };
    match kind {
        "SimpleScaling" => need(request.scaling_adjustment.is_some(), "ScalingAdjustment")?,
        "StepScaling" => {
            need(
                request.step_adjustments.as_ref().is_some_and(|steps| !steps.is_empty()),
                "StepAdjustments",
            )?;
        }
        "TargetTrackingScaling" => {
            return need(request.target_tracking_configuration.is_some(), "TargetTrackingConfiguration");
        }
        "PredictiveScaling" => {
            return need(
                request.predictive_scaling_configuration.is_some(),
                "PredictiveScalingConfiguration",
            );
        }
        other => return Err(error::validation(format!("Invalid policy type: {other}"))),
    }
    let Some(adjustment) = request.adjustment_type.as_deref() else {
        return need(false, "AdjustmentType");
    };
    if !ADJUSTMENTS.contains(&adjustment) {
        return Err(error::validation(format!("{adjustment} is not a valid AdjustmentType.")));
    }
    let has_magnitude = request.min_adjustment_magnitude.is_some() || request.min_adjustment_step.is_some();
    if has_magnitude && adjustment != "PercentChangeInCapacity" {
        return Err(error::validation(
            "MinAdjustmentMagnitude is only valid for the AdjustmentType PercentChangeInCapacity.",
        ));
    }
    Ok(())
}

fn describe(ctx: &mut Ctx<'_>, input: &api::DescribePoliciesType) -> Result<api::PoliciesType> {
    let window = Window::read(input.max_records, input.next_token.as_deref(), 100)?;
    let prefix = match input.auto_scaling_group_name.as_deref() {
        Some(name) => {
            let group = record::find(ctx, name)
                .ok_or_else(|| error::validation(format!("Group {name} not found")))?;
            ctx.scope().key(&group.name)
        }
        None => ctx.scope().prefix(),
    };
    let names = input.policy_names.as_deref().unwrap_or_default();
    let kinds = input.policy_types.as_deref().unwrap_or_default();
    let page = window.scan::<Policies, _>(ctx, &prefix, |policy| {
        let named =
            names.is_empty() || names.iter().any(|name| *name == policy.name || *name == policy.arn(ctx));
        let of_kind = kinds.is_empty() || kinds.contains(&policy.kind);
        (named && of_kind).then(|| view(ctx, policy))
    });
    let policies = page.items.into_iter().collect::<Result<_>>()?;
    Ok(api::PoliciesType { scaling_policies: Some(policies), next_token: page.next })
}

fn view(ctx: &Ctx<'_>, policy: &Policy) -> Result<api::ScalingPolicy> {
    let mut view: api::ScalingPolicy = document::read(ANSWER, &policy.request)?;
    view.policy_arn = Some(policy.arn(ctx));
    view.alarms = Some(Vec::new());
    view.step_adjustments.get_or_insert_default();
    Ok(view)
}

/// The policy of that name or ARN, in a group or in any.
fn find(ctx: &Ctx<'_>, group: Option<&str>, name: &str) -> Result<Policy> {
    let prefix = match group {
        Some(group) => ctx.scope().key(record::plain_name(group)),
        None => ctx.scope().prefix(),
    };
    let mut all = ctx.scan::<Policies>(&prefix).map(|(_, policy)| policy);
    let found =
        all.find(|policy| policy.name == name || (name.starts_with("arn:") && policy.arn(ctx) == name));
    found.cloned().ok_or_else(|| error::validation("PolicyName not found."))
}

fn delete(ctx: &mut Ctx<'_>, input: &api::DeletePolicyType) -> Result<Empty> {
    let policy = find(ctx, input.auto_scaling_group_name.as_deref(), &input.policy_name)?;
    ctx.delete::<Policies>(&ctx.scope().key(&policy.group).text(&policy.name))?;
    Ok(Empty {})
}

/// Drops the policies of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let keys: Vec<_> = ctx.scan::<Policies>(&ctx.scope().key(group)).map(|(key, _)| key.clone()).collect();
    for key in keys {
        ctx.delete::<Policies>(&key)?;
    }
    Ok(())
}

fn execute(ctx: &mut Ctx<'_>, input: &api::ExecutePolicyType) -> Result<Empty> {
    let policy = find(ctx, input.auto_scaling_group_name.as_deref(), &input.policy_name)?;
    let group = record::get(ctx, &policy.group)?;
    let request = policy.request()?;
    let change = match policy.kind.as_str() {
        "SimpleScaling" => {
            if input.metric_value.is_some() || input.breach_threshold.is_some() {
                return Err(error::validation(
                    "MetricValue and BreachThreshold are only for step scaling policies.",
                ));
            }
            if input.honor_cooldown == Some(true) {
                check_cooldown(ctx, &group, request.cooldown.unwrap_or(group.settings.default_cooldown))?;
            }
            request.scaling_adjustment
        }
        "StepScaling" => {
            let (Some(value), Some(threshold)) = (input.metric_value, input.breach_threshold) else {
                return Err(error::validation(
                    "MetricValue and BreachThreshold are required for step scaling policies.",
                ));
            };
            step(request.step_adjustments.as_deref().unwrap_or_default(), value - threshold)
        }
        kind => return Err(error::validation(format!("Policies of type {kind} cannot be executed."))),
    };
    let Some(change) = change else { return Ok(Empty {}) };
    let adjustment = request.adjustment_type.as_deref().unwrap_or_default();
    let magnitude = request.min_adjustment_magnitude.or(request.min_adjustment_step);
    let desired = adjusted(group.size, adjustment, change, magnitude);
    let why = cause::policy(ctx, &policy.name, group.size.desired, desired);
    reconcile::aim(ctx, group, desired, why)?;
    Ok(Empty {})
}

/// The step that a breach of `breach` above the threshold falls in. Above the threshold, the lower bound belongs to the
/// step; below, the upper one does (user guide, "Step adjustments").
fn step(steps: &[api::StepAdjustment], breach: f64) -> Option<i32> {
    let falls_in = |step: &&api::StepAdjustment| {
        let lower = step.metric_interval_lower_bound.unwrap_or(f64::NEG_INFINITY);
        let upper = step.metric_interval_upper_bound.unwrap_or(f64::INFINITY);
        if breach >= 0.0 { lower <= breach && breach < upper } else { lower < breach && breach <= upper }
    };
    steps.iter().find(falls_in).map(|step| step.scaling_adjustment)
}

/// The goal after an adjustment, within the bounds. Percentages are rounded towards zero, but never to it (user guide,
/// "Scaling adjustment types").
fn adjusted(size: Size, adjustment: &str, change: i32, magnitude: Option<i32>) -> i32 {
    let now = i64::from(size.desired);
    let change = i64::from(change);
    let goal = match adjustment {
        "ExactCapacity" => change,
        "PercentChangeInCapacity" => {
            let exact = now * change;
            let rounded = if exact != 0 && exact.abs() < 100 { exact.signum() } else { exact / 100 };
            let least = i64::from(magnitude.unwrap_or(0)).abs();
            now + if rounded.abs() < least { least * change.signum() } else { rounded }
        }
        _ => now + change,
    };
    let bounded = goal.clamp(i64::from(size.min), i64::from(size.max));
    i32::try_from(bounded).unwrap_or(size.max)
}

#[cfg(test)]
mod tests {
    use ironbird_api::autoscaling::StepAdjustment;

    use super::{adjusted, step};
    use crate::group::record::Size;

    #[test]
    fn adjustments_round_and_stay_in_bounds() {
        let size = |desired| Size { min: 1, max: 20, desired };
        assert_eq!(adjusted(size(10), "ChangeInCapacity", -3, None), 7);
        assert_eq!(adjusted(size(10), "ChangeInCapacity", 30, None), 20);
        assert_eq!(adjusted(size(10), "ExactCapacity", 0, None), 1);
        assert_eq!(adjusted(size(10), "PercentChangeInCapacity", 25, None), 12);
        assert_eq!(adjusted(size(10), "PercentChangeInCapacity", -25, None), 8);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", 5, None), 5);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", 5, Some(2)), 6);
        assert_eq!(adjusted(size(4), "PercentChangeInCapacity", -5, None), 3);
    }

    #[test]
    fn steps_have_one_open_end() {
        let bounds = [
            (None, Some(-10.0), -2),
            (Some(-10.0), Some(0.0), -1),
            (Some(0.0), Some(10.0), 1),
            (Some(10.0), None, 2),
        ];
        let steps = bounds.map(|(lower, upper, scaling_adjustment)| StepAdjustment {
            metric_interval_lower_bound: lower,
            metric_interval_upper_bound: upper,
            scaling_adjustment,
        });
        let found = [-11.0, -10.0, -1.0, 0.0, 9.9, 10.0].map(|breach| step(&steps, breach));
        assert_eq!(found, [-2, -2, -1, 1, 1, 2].map(Some));
    }
}
