//! Scaling policies: PutScalingPolicy, DescribePolicies, DeletePolicy; [`execute`] has what they do.
//!
//! Policies are executed by users and by CloudWatch's alarms. Target tracking policies make their own alarms ([`tracking`]).
//! Predictive policies are only kept.

mod adjust;
mod check;
pub(crate) mod execute;
mod tracking;
mod warm;

use ironbird_api::{Empty, autoscaling as api};
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error;
use crate::group::record;
use crate::page::Window;

/// The kind of a target tracking policy.
const TRACKING: &str = "TargetTrackingScaling";

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
    /// Alarms that a target tracking policy has made, by name.
    alarms: Vec<String>,
}

pub(crate) fn register(service: ServiceDef) -> ServiceDef {
    service
        .table::<Policies>()
        .write::<api::PutScalingPolicy>(put)
        .records::<api::PutScalingPolicy>(&[
            "PredictiveScalingConfiguration",
            // An alarm has one statistic of its own, so that there is nothing to aggregate.
            "MetricAggregationType",
        ])
        .read::<api::DescribePolicies>(describe)
        .write::<api::DeletePolicy>(delete)
        .timer(execute::WAKE, execute::wake)
        .listen("cloudwatch.alarm-action", execute::WAKE)
        .write::<api::ExecutePolicy>(execute::execute)
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
    check::check(&kind, &request)?;
    request.policy_type = Some(kind.clone());
    request.enabled.get_or_insert(true);
    let key = ctx.scope().key(&group.name).text(&input.policy_name);
    let before = ctx.peek::<Policies>(&key);
    let earlier = before.map(|policy| policy.uuid.clone());
    let had = before.map(|policy| policy.alarms.clone()).unwrap_or_default();
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
    let mut policy = Policy {
        group: group.name.to_string(),
        name: input.policy_name.clone(),
        uuid,
        kind,
        request: document::write(REQUEST, &request)?,
        alarms: Vec::new(),
    };
    tracking::forget(ctx, &had)?;
    if policy.kind == TRACKING {
        policy.alarms = tracking::make_alarms(ctx, &policy, &request)?;
    }
    let arn = policy.arn(ctx);
    let alarms = alarms(ctx, &policy);
    ctx.put::<Policies>(key, policy)?;
    Ok(api::PolicyARNType { policy_arn: Some(arn), alarms: Some(alarms) })
}

/// The alarms that the policy has made.
fn alarms(ctx: &Ctx<'_>, policy: &Policy) -> Vec<api::Alarm> {
    let named = policy.alarms.iter().map(|name| api::Alarm {
        alarm_name: Some(name.clone()),
        alarm_arn: Some(ctx.arn("cloudwatch", &format!("alarm:{name}"))),
    });
    named.collect()
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
    let mut policies: Vec<api::ScalingPolicy> = page.items.into_iter().collect::<Result<_>>()?;
    for policy in policies.iter_mut().filter(|policy| policy.policy_type.as_deref() != Some(TRACKING)) {
        let arn = policy.policy_arn.clone().unwrap_or_default();
        policy.alarms = Some(execute::alarms_of(ctx, &arn)?);
    }
    Ok(api::PoliciesType { scaling_policies: Some(policies), next_token: page.next })
}

fn view(ctx: &Ctx<'_>, policy: &Policy) -> Result<api::ScalingPolicy> {
    let mut view: api::ScalingPolicy = document::read(ANSWER, &policy.request)?;
    view.policy_arn = Some(policy.arn(ctx));
    view.alarms = Some(alarms(ctx, policy));
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
    tracking::forget(ctx, &policy.alarms)?;
    ctx.delete::<Policies>(&ctx.scope().key(&policy.group).text(&policy.name))?;
    Ok(Empty {})
}

/// Drops the policies of a group that is gone.
///
/// # Errors
/// In an operation registered as one that reads.
pub(crate) fn forget_all(ctx: &mut Ctx<'_>, group: &str) -> Result<()> {
    let all: Vec<_> = ctx
        .scan::<Policies>(&ctx.scope().key(group))
        .map(|(key, policy)| (key.clone(), policy.alarms.clone()))
        .collect();
    for (key, alarms) in all {
        tracking::forget(ctx, &alarms)?;
        ctx.delete::<Policies>(&key)?;
    }
    Ok(())
}
