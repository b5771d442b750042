//! Instances that are replaced: refreshes, lifetimes, capacity rebalancing; and what a group tells CloudWatch.

mod common;

use common::*;
use ironbird_api::{autoscaling as api, cloudwatch, ec2};
use ironbird_rig::World;

/// A second version of the template `web`, of another type.
fn next_version(world: &World, instance_type: &str) {
    let input = ec2::CreateLaunchTemplateVersionRequest {
        launch_template_name: Some("web".to_owned()),
        source_version: Some("1".to_owned()),
        launch_template_data: ec2::RequestLaunchTemplateData {
            instance_type: Some(instance_type.to_owned()),
            ..Default::default()
        },
        ..Default::default()
    };
    ok::<ec2::CreateLaunchTemplateVersion>(world, &input);
}

fn at_version(version: &str) -> api::DesiredConfiguration {
    api::DesiredConfiguration {
        launch_template: Some(api::LaunchTemplateSpecification {
            launch_template_name: Some("web".to_owned()),
            version: Some(version.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn refresh(
    world: &World,
    desired: Option<api::DesiredConfiguration>,
    preferences: api::RefreshPreferences,
) -> String {
    let input = api::StartInstanceRefreshType {
        auto_scaling_group_name: "web".to_owned(),
        desired_configuration: desired,
        preferences: Some(preferences),
        ..Default::default()
    };
    ok::<api::StartInstanceRefresh>(world, &input).instance_refresh_id.expect("a refresh has an id")
}

fn state(world: &World) -> api::InstanceRefresh {
    let input = api::DescribeInstanceRefreshesType {
        auto_scaling_group_name: "web".to_owned(),
        ..Default::default()
    };
    ok::<api::DescribeInstanceRefreshes>(world, &input).instance_refreshes.unwrap_or_default().remove(0)
}

fn status(world: &World) -> String {
    state(world).status.unwrap_or_default()
}

/// A group of version 1 of its template.
fn group(world: &World, desired: i32) -> Vec<String> {
    let mut request = group_of(world, "m5.large", &ZONES, desired);
    let named = request.launch_template.take().unwrap_or_default();
    request.launch_template =
        Some(api::LaunchTemplateSpecification { version: Some("1".to_owned()), ..named });
    create(world, &request);
    later(world, 120);
    ids(world)
}

fn gentle(min_healthy: i32) -> api::RefreshPreferences {
    api::RefreshPreferences {
        min_healthy_percentage: Some(min_healthy),
        instance_warmup: Some(60),
        ..Default::default()
    }
}

#[test]
fn a_refresh_replaces_everything_and_keeps_enough_in_service() {
    let world = realistic();
    let before = group(&world, 6);
    next_version(&world, "m5.xlarge");
    refresh(&world, Some(at_version("2")), gentle(50));
    let mut least = 6;
    for _ in 0..60 {
        later(&world, 10);
        least = least.min(by_zone(&world).values().sum());
    }
    assert!(least >= 3, "{least} in service");
    assert_eq!(status(&world), "Successful");
    assert_eq!(by_type(&world), counts(&[("m5.xlarge", 6)]));
    assert!(ids(&world).iter().all(|id| !before.contains(id)));
    let version = describe(&world).launch_template.unwrap().version;
    assert_eq!(version.as_deref(), Some("2"));
    assert_eq!(launches_of_refresh(&world), 6);
}

/// Launches that say that a refresh was the reason.
fn launches_of_refresh(world: &World) -> usize {
    let words = "an instance was launched in response to an instance refresh.";
    activities(world).iter().filter(|activity| activity.cause.ends_with(words)).count()
}

#[test]
fn a_group_that_may_grow_launches_first() {
    let world = realistic();
    group(&world, 4);
    refresh(&world, None, api::RefreshPreferences { max_healthy_percentage: Some(150), ..gentle(100) });
    let (mut least, mut most) = (4, 4);
    for _ in 0..120 {
        later(&world, 10);
        let now = by_zone(&world).values().sum();
        (least, most) = (least.min(now), most.max(now));
    }
    assert_eq!(status(&world), "Successful");
    assert!(least >= 4 && most <= 6, "{least} to {most} in service");
    assert_eq!(activities(&world).len(), 4 + 4 + 4, "each is launched, goes, and has one in its place");
    assert_eq!(launches_of_refresh(&world), 4);
}

#[test]
fn what_matches_is_skipped_and_what_waits_is_said() {
    let world = realistic();
    let before = group(&world, 3);
    let preferences = api::RefreshPreferences { skip_matching: Some(true), ..gentle(50) };
    refresh(&world, Some(at_version("1")), preferences);
    later(&world, 120);
    assert_eq!(status(&world), "Successful");
    assert_eq!(ids(&world), before);
    let input = api::SetInstanceProtectionQuery {
        instance_ids: before,
        auto_scaling_group_name: "web".to_owned(),
        protected_from_scale_in: true,
    };
    ok::<api::SetInstanceProtection>(&world, &input);
    refresh(&world, None, gentle(50));
    later(&world, 120);
    assert_eq!((status(&world).as_str(), state(&world).percentage_complete), ("InProgress", Some(0)));
    let again =
        api::StartInstanceRefreshType { auto_scaling_group_name: "web".to_owned(), ..Default::default() };
    assert_eq!(refused::<api::StartInstanceRefresh>(&world, &again).0, "InstanceRefreshInProgress");
    later(&world, 3600);
    assert_eq!(status(&world), "Failed");
}

#[test]
fn a_refresh_pauses_at_its_checkpoints_and_can_be_turned_back() {
    let world = realistic();
    group(&world, 4);
    next_version(&world, "m5.xlarge");
    let preferences = api::RefreshPreferences {
        checkpoint_percentages: Some(vec![50, 100]),
        checkpoint_delay: Some(1800),
        ..gentle(50)
    };
    refresh(&world, Some(at_version("2")), preferences);
    later(&world, 900);
    assert_eq!(by_type(&world), counts(&[("m5.large", 2), ("m5.xlarge", 2)]));
    assert_eq!(state(&world).percentage_complete, Some(50));
    let input = api::RollbackInstanceRefreshType { auto_scaling_group_name: "web".to_owned() };
    ok::<api::RollbackInstanceRefresh>(&world, &input);
    assert_eq!(status(&world), "RollbackInProgress");
    later(&world, 900);
    assert_eq!(status(&world), "RollbackSuccessful");
    assert_eq!(by_type(&world), counts(&[("m5.large", 4)]));
    assert_eq!(describe(&world).launch_template.unwrap().version.as_deref(), Some("1"));
}

#[test]
fn an_alarm_turns_a_refresh_back() {
    let world = realistic();
    group(&world, 4);
    next_version(&world, "m5.xlarge");
    let alarm = cloudwatch::PutMetricAlarmInput {
        alarm_name: "errors".to_owned(),
        namespace: Some("app".to_owned()),
        metric_name: Some("errors".to_owned()),
        statistic: Some("Sum".to_owned()),
        period: Some(60),
        evaluation_periods: Some(1),
        threshold: Some(5.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        ..Default::default()
    };
    ok::<cloudwatch::PutMetricAlarm>(&world, &alarm);
    let preferences = api::RefreshPreferences {
        alarm_specification: Some(api::AlarmSpecification { alarms: Some(vec!["errors".to_owned()]) }),
        auto_rollback: Some(true),
        ..gentle(75)
    };
    refresh(&world, Some(at_version("2")), preferences);
    later(&world, 100);
    let input = cloudwatch::SetAlarmStateInput {
        alarm_name: "errors".to_owned(),
        state_value: "ALARM".to_owned(),
        state_reason: "trying".to_owned(),
        state_reason_data: None,
    };
    ok::<cloudwatch::SetAlarmState>(&world, &input);
    later(&world, 30);
    assert_eq!(status(&world), "RollbackInProgress");
    let reason = state(&world).rollback_details.and_then(|details| details.rollback_reason);
    assert_eq!(reason.as_deref(), Some("CloudWatch alarm errors is in the ALARM state."));
    later(&world, 900);
    assert_eq!(status(&world), "RollbackSuccessful");
    assert_eq!(by_type(&world), counts(&[("m5.large", 4)]));
}

#[test]
fn a_cancelled_refresh_leaves_the_group_launching_what_it_did() {
    let world = realistic();
    group(&world, 4);
    next_version(&world, "m5.xlarge");
    refresh(&world, Some(at_version("2")), gentle(75));
    later(&world, 90);
    let input =
        api::CancelInstanceRefreshType { auto_scaling_group_name: "web".to_owned(), ..Default::default() };
    ok::<api::CancelInstanceRefresh>(&world, &input);
    assert_eq!(status(&world), "Cancelling");
    later(&world, 300);
    assert_eq!(status(&world), "Cancelled");
    assert_eq!(describe(&world).launch_template.unwrap().version.as_deref(), Some("1"));
    assert_eq!(by_zone(&world).values().sum::<usize>(), 4);
    assert_eq!(refused::<api::CancelInstanceRefresh>(&world, &input).0, "ActiveInstanceRefreshNotFound");
}

#[test]
fn instances_that_are_too_old_are_replaced_a_few_at_a_time() {
    let world = realistic();
    let before = group(&world, 4);
    let input = api::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        max_instance_lifetime: Some(86_400),
        ..Default::default()
    };
    ok::<api::UpdateAutoScalingGroup>(&world, &input);
    later(&world, 86_000);
    assert_eq!(ids(&world), before);
    let mut least = 4;
    for _ in 0..120 {
        later(&world, 20);
        least = least.min(by_zone(&world).values().sum());
    }
    assert!(least >= 3, "one at a time: {least}");
    assert!(ids(&world).iter().all(|id| !before.contains(id)));
}

#[test]
fn a_spot_instance_at_risk_goes_once_another_one_is_there() {
    let world = realistic();
    let distribution = api::InstancesDistribution {
        on_demand_percentage_above_base_capacity: Some(0),
        ..Default::default()
    };
    let mut request =
        mixed(&world, &[("m5.large", None), ("m5.xlarge", None)], &ZONES, 3, Some(distribution));
    request.capacity_rebalance = Some(true);
    create(&world, &request);
    later(&world, 120);
    let risky = ids(&world).remove(0);
    world.within(scope(), |ctx| ctx.emit("ec2.spot-rebalance", &risky)).unwrap();
    let mut least = 3;
    for _ in 0..30 {
        later(&world, 5);
        least = least.min(by_zone(&world).values().sum());
    }
    assert_eq!(least, 3, "the other one comes first");
    assert!(!ids(&world).contains(&risky));
    assert_eq!(by_zone(&world).values().sum::<usize>(), 3);
}

#[test]
fn group_metrics_are_told_every_minute_while_they_are_collected() {
    let world = realistic();
    group(&world, 3);
    let input = api::EnableMetricsCollectionQuery {
        auto_scaling_group_name: "web".to_owned(),
        granularity: "1Minute".to_owned(),
        ..Default::default()
    };
    ok::<api::EnableMetricsCollection>(&world, &input);
    later(&world, 600);
    let since = world.clock().now();
    let sum = |metric: &str, statistic: &str| {
        let input = cloudwatch::GetMetricStatisticsInput {
            namespace: "AWS/AutoScaling".to_owned(),
            metric_name: metric.to_owned(),
            dimensions: Some(vec![cloudwatch::Dimension {
                name: "AutoScalingGroupName".to_owned(),
                value: "web".to_owned(),
            }]),
            start_time: ironbird_rig::Timestamp::from_secs(since.secs() - 600),
            end_time: since,
            period: 60,
            statistics: Some(vec![statistic.to_owned()]),
            ..Default::default()
        };
        ok::<cloudwatch::GetMetricStatistics>(&world, &input).datapoints.unwrap()
    };
    let points = sum("GroupInServiceInstances", "Average");
    assert!((9..=10).contains(&points.len()), "{}", points.len());
    assert!(points.iter().all(|point| point.average == Some(3.0)));
    assert!(sum("WarmPoolTotalCapacity", "Sum").is_empty());
    let off = api::DisableMetricsCollectionQuery { auto_scaling_group_name: "web".to_owned(), metrics: None };
    ok::<api::DisableMetricsCollection>(&world, &off);
    later(&world, 120);
    assert_eq!(world.next_due(), None, "nothing polls");
}
