//! Instances on their way in and out: hooks, warm pools.

mod common;

use common::*;
use ironbird_api::autoscaling as api;
use ironbird_rig::World;

const LAUNCHING: &str = "autoscaling:EC2_INSTANCE_LAUNCHING";
const TERMINATING: &str = "autoscaling:EC2_INSTANCE_TERMINATING";

fn hook(world: &World, name: &str, transition: &str, otherwise: &str) {
    let input = api::PutLifecycleHookType {
        lifecycle_hook_name: name.to_owned(),
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_transition: Some(transition.to_owned()),
        heartbeat_timeout: Some(300),
        default_result: Some(otherwise.to_owned()),
        ..Default::default()
    };
    ok::<api::PutLifecycleHook>(world, &input);
}

fn complete(hook: &str, instance: &str, result: &str) -> api::CompleteLifecycleActionType {
    api::CompleteLifecycleActionType {
        lifecycle_hook_name: hook.to_owned(),
        auto_scaling_group_name: "web".to_owned(),
        lifecycle_action_result: result.to_owned(),
        instance_id: Some(instance.to_owned()),
        ..Default::default()
    }
}

fn states(world: &World) -> Vec<String> {
    let mut states: Vec<String> =
        instances(world).into_iter().map(|instance| instance.lifecycle_state).collect();
    states.sort();
    states
}

#[test]
fn instances_wait_for_every_launching_hook() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 0));
    hook(&world, "one", LAUNCHING, "ABANDON");
    hook(&world, "two", LAUNCHING, "CONTINUE");
    desire(&world, 2);
    later(&world, 60);
    assert_eq!(states(&world), ["Pending:Wait", "Pending:Wait"]);
    assert_eq!(statuses(&world), counts(&[("MidLifecycleAction", 2)]));
    let ids = ids(&world);
    ok::<api::CompleteLifecycleAction>(&world, &complete("one", &ids[0], "CONTINUE"));
    assert_eq!(states(&world), ["Pending:Wait", "Pending:Wait"]);
    ok::<api::CompleteLifecycleAction>(&world, &complete("two", &ids[0], "CONTINUE"));
    assert_eq!(states(&world), ["InService", "Pending:Wait"]);
    let (code, message) =
        refused::<api::CompleteLifecycleAction>(&world, &complete("two", &ids[0], "CONTINUE"));
    assert_eq!(code, "ValidationError");
    assert_eq!(message, format!("No active Lifecycle Action found with instance ID {}", ids[0]));
    // The other one is given up: it goes, and another comes in its place.
    ok::<api::CompleteLifecycleAction>(&world, &complete("one", &ids[1], "ABANDON"));
    let cancelled =
        activities(&world).into_iter().find(|activity| activity.status_code == "Cancelled").unwrap();
    let message = cancelled.status_message.unwrap();
    assert!(message.ends_with("was abandoned: Lifecycle Action Completed with ABANDON Result"), "{message}");
    later(&world, 120);
    assert_eq!(states(&world), ["InService", "Pending:Wait"]);
    assert!(!ids.contains(
        &instances(&world).into_iter().find(|one| one.lifecycle_state == "Pending:Wait").unwrap().instance_id
    ));
}

#[test]
fn a_heartbeat_that_does_not_come_ends_the_wait() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 0));
    hook(&world, "boot", LAUNCHING, "CONTINUE");
    desire(&world, 1);
    later(&world, 60);
    let id = ids(&world).remove(0);
    later(&world, 200);
    let beat = api::RecordLifecycleActionHeartbeatType {
        lifecycle_hook_name: "boot".to_owned(),
        auto_scaling_group_name: "web".to_owned(),
        instance_id: Some(id),
        ..Default::default()
    };
    ok::<api::RecordLifecycleActionHeartbeat>(&world, &beat);
    later(&world, 250);
    assert_eq!(states(&world), ["Pending:Wait"]);
    later(&world, 60);
    assert_eq!(states(&world), ["InService"]);
}

#[test]
fn instances_wait_before_they_go_and_then_go_either_way() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    later(&world, 60);
    hook(&world, "drain", TERMINATING, "ABANDON");
    desire(&world, 0);
    later(&world, 60);
    assert_eq!(states(&world), ["Terminating:Wait", "Terminating:Wait"]);
    let ids = ids(&world);
    ok::<api::CompleteLifecycleAction>(&world, &complete("drain", &ids[0], "CONTINUE"));
    assert_eq!(states(&world), ["Terminating:Proceed", "Terminating:Wait"]);
    later(&world, 400);
    assert_eq!(states(&world), [] as [&str; 0]);
    assert_eq!(statuses(&world), counts(&[("Successful", 4)]));
}

#[test]
fn a_group_that_is_forced_away_waits_for_nothing() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    later(&world, 60);
    hook(&world, "drain", TERMINATING, "ABANDON");
    desire(&world, 1);
    later(&world, 10);
    let input = api::DeleteAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        force_delete: Some(true),
    };
    ok::<api::DeleteAutoScalingGroup>(&world, &input);
    later(&world, 120);
    assert!(ok::<api::DescribeAutoScalingGroups>(&world, &Default::default()).auto_scaling_groups.is_empty());
}

fn pool(world: &World) -> Vec<String> {
    let input = api::DescribeWarmPoolType { auto_scaling_group_name: "web".to_owned(), ..Default::default() };
    let found = ok::<api::DescribeWarmPool>(world, &input).instances.unwrap_or_default();
    let mut states: Vec<String> = found.into_iter().map(|instance| instance.lifecycle_state).collect();
    states.sort();
    states
}

#[test]
fn a_group_grows_from_its_warm_pool_first() {
    let world = realistic();
    let mut request = group_of(&world, "m5.large", &ZONES, 1);
    request.max_size = 4;
    create(&world, &request);
    let input = api::PutWarmPoolType { auto_scaling_group_name: "web".to_owned(), ..Default::default() };
    ok::<api::PutWarmPool>(&world, &input);
    later(&world, 120);
    assert_eq!(pool(&world), ["Warmed:Stopped"; 3]);
    assert_eq!(states(&world), ["InService"]);
    assert_eq!(describe(&world).warm_pool_size, Some(3));
    desire(&world, 3);
    later(&world, 120);
    assert_eq!(states(&world), ["InService"; 3]);
    assert_eq!(pool(&world), ["Warmed:Stopped"], "group and pool together stay at the maximum");
    let launched = activities(&world).into_iter().filter_map(|activity| activity.description);
    assert_eq!(
        launched.filter(|text| text.starts_with("Launching a new EC2 instance from warm pool: i-")).count(),
        2
    );
    ok::<api::DeleteWarmPool>(
        &world,
        &api::DeleteWarmPoolType { auto_scaling_group_name: "web".to_owned(), force_delete: Some(true) },
    );
    later(&world, 120);
    assert_eq!(pool(&world), [] as [&str; 0]);
    assert_eq!(describe(&world).warm_pool_size, None);
}

#[test]
fn what_a_group_has_too_much_goes_back_to_a_pool_that_takes_it() {
    let world = realistic();
    let mut request = group_of(&world, "m5.large", &ZONES, 3);
    request.max_size = 3;
    create(&world, &request);
    let input = api::PutWarmPoolType {
        auto_scaling_group_name: "web".to_owned(),
        pool_state: Some("Running".to_owned()),
        instance_reuse_policy: Some(api::InstanceReusePolicy { reuse_on_scale_in: Some(true) }),
        ..Default::default()
    };
    ok::<api::PutWarmPool>(&world, &input);
    later(&world, 60);
    let before = ids(&world);
    desire(&world, 1);
    later(&world, 60);
    assert_eq!(pool(&world), ["Warmed:Running"; 2]);
    desire(&world, 3);
    later(&world, 60);
    assert_eq!(ids(&world), before, "the same instances are back");
}
