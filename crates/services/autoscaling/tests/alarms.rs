//! Policies that CloudWatch's alarms execute, on the clock.

mod common;

use common::*;
use ironbird_api::{autoscaling as api, cloudwatch};
use ironbird_rig::World;

/// CPU load of a group, told once: the metric that target tracking watches.
fn load(world: &World, percent: f64) {
    let dimension =
        cloudwatch::Dimension { name: "AutoScalingGroupName".to_owned(), value: "web".to_owned() };
    let datum = cloudwatch::MetricDatum {
        metric_name: "CPUUtilization".to_owned(),
        dimensions: Some(vec![dimension]),
        value: Some(percent),
        unit: Some("Percent".to_owned()),
        ..Default::default()
    };
    let input = cloudwatch::PutMetricDataInput {
        namespace: "AWS/EC2".to_owned(),
        metric_data: Some(vec![datum]),
        ..Default::default()
    };
    ok::<cloudwatch::PutMetricData>(world, &input);
}

/// Tells the load every minute; what it is comes from how many instances are in service.
fn minutes(world: &World, count: usize, percent: impl Fn(usize) -> f64) {
    for _ in 0..count {
        load(world, percent(by_zone(world).values().sum()));
        later(world, 60);
    }
}

fn track(world: &World, target: f64) -> api::PolicyARNType {
    let input = api::PutScalingPolicyType {
        auto_scaling_group_name: "web".to_owned(),
        policy_name: "cpu".to_owned(),
        policy_type: Some("TargetTrackingScaling".to_owned()),
        estimated_instance_warmup: Some(60),
        target_tracking_configuration: Some(api::TargetTrackingConfiguration {
            predefined_metric_specification: Some(api::PredefinedMetricSpecification {
                predefined_metric_type: "ASGAverageCPUUtilization".to_owned(),
                resource_label: None,
            }),
            target_value: target,
            ..Default::default()
        }),
        ..Default::default()
    };
    ok::<api::PutScalingPolicy>(world, &input)
}

fn alarm_names(world: &World) -> Vec<String> {
    let answer = ok::<cloudwatch::DescribeAlarms>(world, &Default::default());
    answer.metric_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name).collect()
}

#[test]
fn target_tracking_follows_the_load_both_ways_and_cleans_up() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 4));
    later(&world, 120);
    let made = track(&world, 50.0).alarms.unwrap();
    assert_eq!(made.len(), 2);
    assert!(made[0].alarm_name.as_deref().unwrap().starts_with("TargetTracking-web-AlarmHigh-"));
    // 400 percent of one instance: eight instances run at 50.
    minutes(&world, 8, |count| 400.0 / count as f64);
    assert_eq!(describe(&world).desired_capacity, 8);
    minutes(&world, 5, |count| 400.0 / count as f64);
    assert_eq!(describe(&world).desired_capacity, 8, "at its target it stays");
    let causes: Vec<String> = activities(&world).into_iter().map(|activity| activity.cause).collect();
    let wording = "a monitor alarm TargetTracking-web-AlarmHigh-";
    assert!(
        causes
            .iter()
            .any(|cause| cause.contains(wording) && cause.contains("in state ALARM triggered policy cpu"))
    );
    // A quarter of the load: fifteen minutes below nine tenths of the target, then two instances are enough.
    minutes(&world, 30, |count| 100.0 / count as f64);
    assert_eq!(describe(&world).desired_capacity, 2);
    let input = api::DeletePolicyType {
        auto_scaling_group_name: Some("web".to_owned()),
        policy_name: "cpu".to_owned(),
    };
    ok::<api::DeletePolicy>(&world, &input);
    assert_eq!(alarm_names(&world), [] as [String; 0]);
}

fn alarm_on_load(world: &World, policy: &str, threshold: f64) {
    let dimension =
        cloudwatch::Dimension { name: "AutoScalingGroupName".to_owned(), value: "web".to_owned() };
    let input = cloudwatch::PutMetricAlarmInput {
        alarm_name: "busy".to_owned(),
        alarm_actions: Some(vec![policy.to_owned()]),
        namespace: Some("AWS/EC2".to_owned()),
        metric_name: Some("CPUUtilization".to_owned()),
        dimensions: Some(vec![dimension]),
        statistic: Some("Average".to_owned()),
        period: Some(60),
        evaluation_periods: Some(1),
        threshold: Some(threshold),
        comparison_operator: Some("GreaterThanOrEqualToThreshold".to_owned()),
        ..Default::default()
    };
    ok::<cloudwatch::PutMetricAlarm>(world, &input);
}

fn policy(world: &World, input: api::PutScalingPolicyType) -> String {
    let input = api::PutScalingPolicyType {
        auto_scaling_group_name: "web".to_owned(),
        policy_name: "up".to_owned(),
        adjustment_type: Some("ChangeInCapacity".to_owned()),
        ..input
    };
    ok::<api::PutScalingPolicy>(world, &input).policy_arn.expect("a policy has an ARN")
}

#[test]
fn a_step_policy_adds_what_the_breach_asks_for_and_no_more_while_that_warms_up() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 4));
    later(&world, 1000);
    let step = |lower, upper, scaling_adjustment| api::StepAdjustment {
        metric_interval_lower_bound: Some(lower),
        metric_interval_upper_bound: upper,
        scaling_adjustment,
    };
    let steps = vec![step(0.0, Some(10.0), 1), step(10.0, None, 3)];
    let arn = policy(
        &world,
        api::PutScalingPolicyType {
            policy_type: Some("StepScaling".to_owned()),
            step_adjustments: Some(steps),
            estimated_instance_warmup: Some(600),
            ..Default::default()
        },
    );
    alarm_on_load(&world, &arn, 70.0);
    let told = ok::<api::DescribePolicies>(&world, &Default::default()).scaling_policies.unwrap().remove(0);
    assert_eq!(told.alarms.unwrap()[0].alarm_name.as_deref(), Some("busy"));
    minutes(&world, 4, |_| 75.0);
    assert_eq!(describe(&world).desired_capacity, 5, "the alarm repeats, the new instance warms up");
    minutes(&world, 4, |_| 90.0);
    assert_eq!(describe(&world).desired_capacity, 7, "three more than the four that are warm");
    minutes(&world, 11, |_| 10.0);
    minutes(&world, 2, |_| 75.0);
    assert_eq!(describe(&world).desired_capacity, 8);
}

#[test]
fn a_simple_policy_waits_for_its_cooldown() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 1));
    later(&world, 1000);
    let arn = policy(
        &world,
        api::PutScalingPolicyType { scaling_adjustment: Some(1), cooldown: Some(300), ..Default::default() },
    );
    alarm_on_load(&world, &arn, 70.0);
    minutes(&world, 4, |_| 80.0);
    assert_eq!(describe(&world).desired_capacity, 2);
    minutes(&world, 5, |_| 80.0);
    assert_eq!(describe(&world).desired_capacity, 3);
    minutes(&world, 20, |_| 20.0);
    assert_eq!(describe(&world).desired_capacity, 3);
}
