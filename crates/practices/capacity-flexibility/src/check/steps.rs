//! scaling-too-large-or-late: how a group grows.

use ironbird_api::autoscaling;
use ironbird_report::{Finding, Findings, Unit};

use super::group::Group;
use super::rules::{LARGE_STEP_LEAST, LARGE_STEP_SHARE, LATE_COOLDOWN, LATE_CPU_TARGET, SCALING_STEPS};

/// Checks one group by its policies and its activities; none where they could not be read, which leaves the rule
/// undecided.
pub(crate) fn check(
    findings: &mut Findings,
    group: &Group,
    policies: Option<&[autoscaling::ScalingPolicy]>,
    past: Option<&[autoscaling::Activity]>,
) {
    let own = |policy: &&autoscaling::ScalingPolicy| {
        policy.auto_scaling_group_name.as_deref() == Some(group.name()) && policy.enabled != Some(false)
    };
    for policy in policies.into_iter().flatten().filter(own) {
        check_policy(findings, group, policy);
    }
    check_past(findings, group, past.unwrap_or_default());
    if policies.is_some() && past.is_some() {
        findings.examine(&SCALING_STEPS, group.arn());
    }
}

fn check_policy(findings: &mut Findings, group: &Group, policy: &autoscaling::ScalingPolicy) {
    let name = policy.policy_name.as_deref().unwrap_or("without a name");
    let step = largest_step(group, policy);
    if is_large(group, step) {
        let seen = format!(
            "Policy {name} can add {step:.0} instances at once, {:.0} % of the group's maximum of {}.",
            share(group, step) * 100.0,
            group.described.max_size
        );
        let advice = "Add fewer instances at a time and earlier: lower the threshold and the adjustment, or track a target.";
        let finding = Finding::new(&SCALING_STEPS, group.arn(), seen, advice);
        findings.find(finding.with_figure("instances at once", step, Unit::Count));
    }
    if let Some(cooldown) = policy.cooldown.filter(|seconds| *seconds > LATE_COOLDOWN) {
        let seen = format!("Policy {name} waits {cooldown} s after a step before it takes the next one.");
        let advice = format!(
            "Lower the cooldown to {LATE_COOLDOWN} s or less, or use step scaling or target tracking."
        );
        let finding = Finding::new(&SCALING_STEPS, group.arn(), seen, advice);
        findings.find(finding.with_figure("cooldown", f64::from(cooldown), Unit::Seconds));
    }
    if let Some(target) = late_target(policy) {
        let seen = format!("Policy {name} adds instances only when the CPU is above {target} %.");
        let advice = format!(
            "Lower the target to {LATE_CPU_TARGET} % or less, so that there is room for the minutes until new instances serve."
        );
        let finding = Finding::new(&SCALING_STEPS, group.arn(), seen, advice);
        findings.find(finding.with_figure("CPU target", target / 100.0, Unit::Share));
    }
}

/// The most instances that a policy adds at once without passing the group's maximum.
fn largest_step(group: &Group, policy: &autoscaling::ScalingPolicy) -> f64 {
    let steps = policy.step_adjustments.iter().flatten().map(|step| step.scaling_adjustment);
    let most = steps.chain(policy.scaling_adjustment).max().unwrap_or(0);
    let (least, largest) = (f64::from(group.described.min_size), f64::from(group.described.max_size));
    let step = match policy.adjustment_type.as_deref() {
        Some("ChangeInCapacity") => f64::from(most),
        Some("ExactCapacity") => f64::from(most) - least,
        // From the size at which the step just reaches the maximum.
        Some("PercentChangeInCapacity") => largest * f64::from(most) / (100.0 + f64::from(most.max(0))),
        _ => 0.0,
    };
    step.clamp(0.0, (largest - least).max(0.0))
}

fn share(group: &Group, step: f64) -> f64 {
    step / f64::from(group.described.max_size.max(1))
}

fn is_large(group: &Group, step: f64) -> bool {
    step >= LARGE_STEP_LEAST && share(group, step) > LARGE_STEP_SHARE
}

fn late_target(policy: &autoscaling::ScalingPolicy) -> Option<f64> {
    let tracking = policy.target_tracking_configuration.as_ref()?;
    let metric = tracking.predefined_metric_specification.as_ref()?.predefined_metric_type.as_str();
    (metric == "ASGAverageCPUUtilization" && tracking.target_value > LATE_CPU_TARGET)
        .then_some(tracking.target_value)
}

/// The largest step that was asked for in the past, as the causes of activities tell.
fn check_past(findings: &mut Findings, group: &Group, past: &[autoscaling::Activity]) {
    let steps = past.iter().flat_map(|activity| asked(&activity.cause));
    let Some((from, to)) = steps.max_by_key(|(from, to)| to - from) else { return };
    // The first instances of a group come all at once, whatever the policy.
    let step = (to - from) as f64;
    if from == 0 || !is_large(group, step) {
        return;
    }
    let seen = format!(
        "The desired capacity was raised from {from} to {to} at once, by {:.0} % of the group's maximum of {}.",
        share(group, step) * 100.0,
        group.described.max_size
    );
    let advice = "Raise it earlier and in smaller steps.";
    let finding = Finding::new(&SCALING_STEPS, group.arn(), seen, advice);
    findings.find(finding.with_figure("instances at once", step, Unit::Count));
}

/// Every "changing the desired capacity from X to Y" of a cause in AWS's words.
fn asked(cause: &str) -> impl Iterator<Item = (i64, i64)> {
    cause.split("changing the desired capacity from ").skip(1).filter_map(|rest| {
        let (from, rest) = rest.split_once(" to ")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((from.parse().ok()?, digits.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(min_size: i32, max_size: i32) -> Group {
        let described = autoscaling::AutoScalingGroup { min_size, max_size, ..Default::default() };
        Group {
            described,
            named: Vec::new(),
            matching: None,
            protection_percent: None,
            alternatives: Vec::new(),
            is_known: true,
        }
    }

    #[test]
    fn steps_of_each_kind_of_adjustment() {
        let policy = |kind: &str, adjustment: i32| autoscaling::ScalingPolicy {
            adjustment_type: Some(kind.to_owned()),
            scaling_adjustment: Some(adjustment),
            ..Default::default()
        };
        let step = |kind, adjustment| largest_step(&group(4, 40), &policy(kind, adjustment));
        assert_eq!(step("ChangeInCapacity", 12), 12.0);
        assert_eq!(step("ChangeInCapacity", -3), 0.0);
        assert_eq!(step("ExactCapacity", 40), 36.0);
        assert_eq!(step("PercentChangeInCapacity", 100), 20.0);
        assert!(
            is_large(&group(4, 40), 12.0) && !is_large(&group(4, 40), 10.0) && !is_large(&group(0, 4), 4.0)
        );
    }

    #[test]
    fn causes_tell_the_steps() {
        let cause = "At 2026-03-02T06:30:00Z a user request explicitly set group desired capacity changing the desired \
                     capacity from 12 to 42. At 2026-03-02T06:30:04Z an instance was started in response to a difference \
                     between desired and actual capacity, increasing the capacity from 12 to 42.";
        assert_eq!(asked(cause).collect::<Vec<_>>(), [(12, 42)]);
        assert_eq!(asked("changing the desired capacity from many to few").count(), 0);
    }
}
