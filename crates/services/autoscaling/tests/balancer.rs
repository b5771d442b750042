//! Groups behind load balancers: who is registered with their target groups, and who is replaced for what these find.

mod common;

use common::*;
use ironbird_api::{autoscaling as api, ec2, elbv2};
use ironbird_rig::World;
use serde_json::{Value, json};

/// A load balancer with a listener to a target group that is checked every 10 s; the target group's ARN.
fn target_group(world: &World) -> String {
    let all = ok::<ec2::DescribeSubnets>(world, &ec2::DescribeSubnetsRequest::default()).subnets;
    let vpc_id = all.and_then(|all| all.first().and_then(|subnet| subnet.vpc_id.clone()));
    let input = elbv2::CreateTargetGroupInput {
        name: "web".to_owned(),
        protocol: Some("HTTP".to_owned()),
        port: Some(80),
        vpc_id,
        health_check_interval_seconds: Some(10),
        ..Default::default()
    };
    let made = ok::<elbv2::CreateTargetGroup>(world, &input).target_groups.unwrap_or_default();
    let group = made.first().and_then(|made| made.target_group_arn.clone()).expect("it has an ARN");
    let input = elbv2::CreateLoadBalancerInput {
        name: "web".to_owned(),
        subnets: Some(subnets(world, &ZONES).split(',').map(str::to_owned).collect()),
        ..Default::default()
    };
    let made = ok::<elbv2::CreateLoadBalancer>(world, &input).load_balancers.unwrap_or_default();
    let forward = elbv2::Action {
        r#type: "forward".to_owned(),
        target_group_arn: Some(group.clone()),
        ..Default::default()
    };
    let input = elbv2::CreateListenerInput {
        load_balancer_arn: made[0].load_balancer_arn.clone().unwrap_or_default(),
        protocol: Some("HTTP".to_owned()),
        port: Some(80),
        default_actions: vec![forward],
        ..Default::default()
    };
    ok::<elbv2::CreateListener>(world, &input);
    later(world, 300);
    group
}

/// A group of two behind a target group, whose checks count after 60 s of grace.
fn behind(world: &World, target_group: &str, health_check_type: &str) {
    let input = api::CreateAutoScalingGroupType {
        target_group_arns: Some(vec![target_group.to_owned()]),
        health_check_type: Some(health_check_type.to_owned()),
        health_check_grace_period: Some(60),
        ..group_of(world, "m5.large", &ZONES, 2)
    };
    ok::<api::CreateAutoScalingGroup>(world, &input);
}

/// State of each target, by id.
fn targets(world: &World, target_group: &str) -> Vec<(String, String)> {
    let input =
        elbv2::DescribeTargetHealthInput { target_group_arn: target_group.to_owned(), ..Default::default() };
    let found = ok::<elbv2::DescribeTargetHealth>(world, &input).target_health_descriptions;
    let shown = found.unwrap_or_default().into_iter().map(|found| {
        let state = found.target_health.and_then(|health| health.state);
        (found.target.unwrap_or_default().id, state.unwrap_or_default())
    });
    shown.collect()
}

fn members(world: &World) -> Vec<String> {
    let found = ok::<api::DescribeAutoScalingGroups>(world, &api::AutoScalingGroupNamesType::default());
    let group = found.auto_scaling_groups.into_iter().next().expect("the group is there");
    let mut ids: Vec<String> =
        group.instances.unwrap_or_default().into_iter().map(|instance| instance.instance_id).collect();
    ids.sort();
    ids
}

/// Where the attachment of the group's target groups stands.
fn states(world: &World) -> Vec<String> {
    let input = api::DescribeLoadBalancerTargetGroupsRequest {
        auto_scaling_group_name: "web".to_owned(),
        ..Default::default()
    };
    let found = ok::<api::DescribeLoadBalancerTargetGroups>(world, &input).load_balancer_target_groups;
    found.unwrap_or_default().into_iter().filter_map(|found| found.state).collect()
}

fn causes(world: &World) -> Vec<String> {
    let input = api::DescribeScalingActivitiesType::default();
    let found = ok::<api::DescribeScalingActivities>(world, &input).activities;
    found.into_iter().map(|activity| activity.cause).collect()
}

fn fail(world: &World, given: &Value) {
    world.within(scope(), |ctx| ctx.pull("elbv2.fail-target", given)).expect("the lever takes it");
}

fn resize(world: &World, desired: i32) {
    let input = api::SetDesiredCapacityType {
        auto_scaling_group_name: "web".to_owned(),
        desired_capacity: desired,
        ..Default::default()
    };
    ok::<api::SetDesiredCapacity>(world, &input);
}

#[test]
fn instances_are_registered_as_the_group_grows_and_shrinks() {
    let world = realistic();
    let group = target_group(&world);
    behind(&world, &group, "EC2");
    assert_eq!(states(&world), ["Added"]);
    later(&world, 60);
    let healthy = |ids: Vec<String>| ids.into_iter().map(|id| (id, "healthy".to_owned())).collect::<Vec<_>>();
    assert_eq!(targets(&world, &group), healthy(members(&world)));
    assert_eq!(states(&world), ["InService"]);
    resize(&world, 3);
    later(&world, 60);
    assert_eq!(targets(&world, &group), healthy(members(&world)));
    assert_eq!(members(&world).len(), 3);
    resize(&world, 1);
    later(&world, 120);
    let count = |state: &str| targets(&world, &group).iter().filter(|(_, found)| found == state).count();
    assert_eq!((count("healthy"), count("draining")), (1, 2));
    later(&world, 400);
    assert_eq!(targets(&world, &group), healthy(members(&world)));
}

#[test]
fn what_a_target_group_finds_unhealthy_is_replaced_after_its_grace() {
    let world = realistic();
    let group = target_group(&world);
    behind(&world, &group, "ELB");
    later(&world, 40);
    let before = members(&world);
    assert_eq!(states(&world), ["InService"]);
    fail(&world, &json!({ "target": before[0], "code": 503 }));
    // It is found unhealthy within 20 s, and spared until it has been in service for 60.
    later(&world, 25);
    assert_eq!(members(&world), before);
    later(&world, 180);
    let after = members(&world);
    assert_eq!(after.len(), 2);
    assert!(!after.contains(&before[0]) && after.contains(&before[1]));
    let words = "an instance was taken out of service in response to an ELB system health check failure.";
    assert_eq!(causes(&world).iter().filter(|cause| cause.ends_with(words)).count(), 1);
    let all = targets(&world, &group).into_iter().filter(|(_, state)| state == "healthy");
    assert_eq!(all.map(|(id, _)| id).collect::<Vec<_>>(), after);
}

#[test]
fn without_the_check_of_load_balancers_nothing_is_replaced() {
    let world = realistic();
    let group = target_group(&world);
    behind(&world, &group, "EC2");
    later(&world, 40);
    let before = members(&world);
    fail(&world, &json!({ "target": before[0] }));
    later(&world, 600);
    assert_eq!(members(&world), before);
    // It counts from when it is asked for.
    let input = api::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        health_check_type: Some("ELB".to_owned()),
        ..Default::default()
    };
    ok::<api::UpdateAutoScalingGroup>(&world, &input);
    later(&world, 120);
    assert!(!members(&world).contains(&before[0]));
}

#[test]
fn a_check_that_nobody_has_passed_replaces_nobody() {
    let world = realistic();
    let group = target_group(&world);
    behind(&world, &group, "ELB");
    while targets(&world, &group).len() < 2 {
        later(&world, 1);
        for (target, _) in targets(&world, &group) {
            fail(&world, &json!({ "target": target, "code": 404 }));
        }
    }
    let before = members(&world);
    later(&world, 900);
    assert_eq!(members(&world), before);
    assert_eq!(states(&world), ["Added"]);
    assert!(targets(&world, &group).iter().all(|(_, state)| state == "unhealthy"));
    // One that passes shows that the check can be passed; the other is replaced.
    fail(&world, &json!({ "target": before[0], "answers": true }));
    later(&world, 240);
    assert!(members(&world).contains(&before[0]) && !members(&world).contains(&before[1]));
}

#[test]
fn an_instance_that_answers_again_before_its_grace_is_over_stays() {
    let world = realistic();
    let group = target_group(&world);
    behind(&world, &group, "ELB");
    let input = api::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        health_check_grace_period: Some(300),
        ..Default::default()
    };
    ok::<api::UpdateAutoScalingGroup>(&world, &input);
    later(&world, 40);
    let before = members(&world);
    fail(&world, &json!({ "target": before[0] }));
    later(&world, 100);
    assert!(targets(&world, &group).contains(&(before[0].clone(), "unhealthy".to_owned())));
    fail(&world, &json!({ "target": before[0], "answers": true }));
    later(&world, 600);
    assert_eq!(members(&world), before);
}

#[test]
fn target_groups_come_and_go_while_the_group_runs() {
    let world = realistic();
    let group = target_group(&world);
    ok::<api::CreateAutoScalingGroup>(&world, &group_of(&world, "m5.large", &ZONES, 2));
    later(&world, 60);
    let attach = api::AttachLoadBalancerTargetGroupsType {
        auto_scaling_group_name: "web".to_owned(),
        target_group_arns: vec![group.clone()],
    };
    ok::<api::AttachLoadBalancerTargetGroups>(&world, &attach);
    assert_eq!(states(&world), ["Added"]);
    later(&world, 10);
    assert_eq!(states(&world), ["InService"]);
    let detach = api::DetachLoadBalancerTargetGroupsType {
        auto_scaling_group_name: "web".to_owned(),
        target_group_arns: vec![group.clone()],
    };
    ok::<api::DetachLoadBalancerTargetGroups>(&world, &detach);
    assert_eq!(states(&world), ["Removing"]);
    assert!(targets(&world, &group).iter().all(|(_, state)| state == "draining"));
    later(&world, 301);
    assert_eq!(states(&world), Vec::<String>::new());
    assert_eq!(members(&world).len(), 2);
    let attach =
        api::AttachLoadBalancerTargetGroupsType { target_group_arns: vec![format!("{group}0")], ..attach };
    let words = "Provided Target Groups may not be valid. Please ensure they exist and try again.";
    let refused = refused::<api::AttachLoadBalancerTargetGroups>(&world, &attach);
    assert_eq!(refused, ("ValidationError".to_owned(), words.to_owned()));
}
