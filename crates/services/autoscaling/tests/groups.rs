//! Groups from their creation to their end.

mod common;

use common::*;
use ironbird_api::{autoscaling as api, ec2};
use ironbird_rig::world::Transitions;

fn update(change: impl FnOnce(&mut api::UpdateAutoScalingGroupType)) -> api::UpdateAutoScalingGroupType {
    let mut input =
        api::UpdateAutoScalingGroupType { auto_scaling_group_name: "web".to_owned(), ..Default::default() };
    change(&mut input);
    input
}

fn process(names: &[&str]) -> api::ScalingProcessQuery {
    api::ScalingProcessQuery {
        auto_scaling_group_name: "web".to_owned(),
        scaling_processes: Some(names.iter().map(|&name| name.to_owned()).collect()),
    }
}

fn delete(force: bool) -> api::DeleteAutoScalingGroupType {
    api::DeleteAutoScalingGroupType { auto_scaling_group_name: "web".to_owned(), force_delete: Some(force) }
}

#[test]
fn instances_wait_for_ec2_before_they_are_in_service() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    later(&world, 6);
    let states: Vec<String> =
        instances(&world).into_iter().map(|instance| instance.lifecycle_state).collect();
    assert_eq!(states, ["Pending", "Pending"]);
    assert_eq!(statuses(&world), counts(&[("PreInService", 2)]));
    later(&world, 60);
    assert_eq!(by_zone(&world).values().sum::<usize>(), 2);
    assert_eq!(statuses(&world), counts(&[("Successful", 2)]));
}

#[test]
fn what_died_is_replaced_in_its_zone() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 6));
    later(&world, 60);
    let before = ids(&world);
    terminate(&world, &before[..2]);
    later(&world, 120);
    let after = ids(&world);
    assert_eq!(after.len(), 6, "the dead are taken out");
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 2), ("us-east-1b", 2), ("us-east-1c", 2)]));
    assert!(before[..2].iter().all(|id| !after.contains(id)));
    assert!(before[2..].iter().all(|id| after.contains(id)));
    let told = activities(&world);
    let ended = told
        .iter()
        .find(|activity| activity.description == Some(format!("Terminating EC2 instance: {}", before[0])));
    let ended = ended.expect("the loss is told of");
    assert_eq!(ended.status_code, "Successful");
    assert!(
        ended.cause.ends_with("an EC2 health check indicating it has been terminated or stopped."),
        "{}",
        ended.cause
    );
    let last = told.last().unwrap();
    let words = "an instance was launched in response to an unhealthy instance needing to be replaced.";
    assert!(last.cause.ends_with(words), "{}", last.cause);
    desire(&world, 7);
    later(&world, 60);
    let last = activities(&world).pop().unwrap();
    assert!(last.cause.ends_with("increasing the capacity from 6 to 7."), "{}", last.cause);
}

#[test]
fn a_stopped_instance_is_terminated_and_replaced() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES[..1], 2));
    let before = ids(&world);
    let stop = ec2::StopInstancesRequest { instance_ids: vec![before[0].clone()], ..Default::default() };
    ok::<ec2::StopInstances>(&world, &stop);
    later(&world, 5);
    let after = ids(&world);
    assert_eq!(after.len(), 2);
    assert!(!after.contains(&before[0]) && after.contains(&before[1]));
}

#[test]
fn reported_health_respects_the_grace_period_unless_told_not_to() {
    let world = instant();
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 2);
    request.health_check_grace_period = Some(300);
    create(&world, &request);
    let before = ids(&world);
    let report = |id: &str, respect: Option<bool>| api::SetInstanceHealthQuery {
        instance_id: id.to_owned(),
        health_status: "Unhealthy".to_owned(),
        should_respect_grace_period: respect,
    };
    ok::<api::SetInstanceHealth>(&world, &report(&before[0], None));
    assert_eq!(ids(&world), before);
    ok::<api::SetInstanceHealth>(&world, &report(&before[1], Some(false)));
    assert!(!ids(&world).contains(&before[1]));
    later(&world, 301);
    assert!(!ids(&world).contains(&before[0]));
    assert_eq!(ids(&world).len(), 2);
    let (code, message) = refused::<api::SetInstanceHealth>(&world, &report("i-0", None));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ValidationError", "Instance Id not found - No managed instance found for instance ID: i-0")
    );
}

#[test]
fn capacity_follows_what_is_desired() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    desire(&world, 6);
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 2), ("us-east-1b", 2), ("us-east-1c", 2)]));
    desire(&world, 1);
    assert_eq!(instances(&world).len(), 1);
    let last = activities(&world).pop().unwrap();
    assert!(last.cause.contains("a user request explicitly set group desired capacity changing the desired capacity from 6 to 1.  At "), "{}", last.cause);
    assert!(last.cause.contains("shrinking the capacity from 6 to 1.  At "), "{}", last.cause);
    assert!(last.cause.ends_with("was selected for termination."), "{}", last.cause);
    let set = |desired| api::SetDesiredCapacityType {
        auto_scaling_group_name: "web".to_owned(),
        desired_capacity: desired,
        honor_cooldown: Some(true),
    };
    let (code, _) = refused::<api::SetDesiredCapacity>(&world, &set(2));
    assert_eq!(code, "ScalingActivityInProgress");
    later(&world, 300);
    ok::<api::SetDesiredCapacity>(&world, &set(2));
    let (_, message) = refused::<api::SetDesiredCapacity>(&world, &set(101));
    assert_eq!(message, "New SetDesiredCapacity value 101 is above max value 100 for the AutoScalingGroup.");
    ok::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.min_size = Some(2)));
    let (_, message) = refused::<api::SetDesiredCapacity>(&world, &set(1));
    assert_eq!(message, "New SetDesiredCapacity value 1 is below min value 2 for the AutoScalingGroup.");
}

#[test]
fn bounds_move_the_goal_and_contradictions_are_refused() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    ok::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.min_size = Some(4)));
    assert_eq!((describe(&world).desired_capacity, instances(&world).len()), (4, 4));
    ok::<api::UpdateAutoScalingGroup>(
        &world,
        &update(|input| {
            input.min_size = Some(0);
            input.max_size = Some(3);
        }),
    );
    assert_eq!((describe(&world).desired_capacity, instances(&world).len()), (3, 3));
    let (_, message) =
        refused::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.desired_capacity = Some(9)));
    assert_eq!(message, "Desired capacity:9 must be between the specified min size:0 and max size:3");
    let (_, message) =
        refused::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.min_size = Some(9)));
    assert_eq!(message, "Max bound, 3, must be greater than or equal to min bound, 9");
    let mut unknown = update(|_| {});
    unknown.auto_scaling_group_name = "other".to_owned();
    let (_, message) = refused::<api::UpdateAutoScalingGroup>(&world, &unknown);
    assert_eq!(message, "AutoScalingGroup name not found - null");
}

#[test]
fn a_new_template_is_for_new_instances_and_old_ones_go_first() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES[..1], 2));
    let old = ids(&world);
    let other = template(&world, "other", Some("m5a.large"));
    ok::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.launch_template = Some(other)));
    assert_eq!(ids(&world), old);
    desire(&world, 3);
    assert_eq!(by_type(&world), counts(&[("m5.large", 2), ("m5a.large", 1)]));
    desire(&world, 1);
    assert_eq!(by_type(&world), counts(&[("m5a.large", 1)]));
}

#[test]
fn suspended_processes_do_nothing_until_they_are_resumed() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES, 2));
    ok::<api::SuspendProcesses>(&world, &process(&["Launch", "ReplaceUnhealthy"]));
    desire(&world, 5);
    let before = ids(&world);
    terminate(&world, &before[..1]);
    later(&world, 600);
    assert_eq!(ids(&world), before, "nothing is launched, and the dead one is not taken out");
    let suspended = describe(&world).suspended_processes.unwrap();
    assert_eq!(suspended.len(), 2);
    assert!(
        suspended[0]
            .suspension_reason
            .as_deref()
            .unwrap()
            .starts_with("User suspended at 2026-11-22T10:00:0")
    );
    ok::<api::ResumeProcesses>(&world, &process(&[]));
    assert_eq!(instances(&world).len(), 5);
    assert!(!ids(&world).contains(&before[0]));
    let (_, message) = refused::<api::SuspendProcesses>(&world, &process(&["Nothing"]));
    assert_eq!(message, "Process Nothing does not exist.");
}

#[test]
fn protected_instances_stay_and_policies_choose_among_the_others() {
    let world = instant();
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 2);
    request.termination_policies = Some(vec!["NewestInstance".to_owned()]);
    create(&world, &request);
    let old = ids(&world);
    later(&world, 60);
    desire(&world, 4);
    let young: Vec<String> = ids(&world).into_iter().filter(|id| !old.contains(id)).collect();
    let protect = api::SetInstanceProtectionQuery {
        instance_ids: vec![young[0].clone()],
        auto_scaling_group_name: "web".to_owned(),
        protected_from_scale_in: true,
    };
    ok::<api::SetInstanceProtection>(&world, &protect);
    desire(&world, 2);
    let left = ids(&world);
    assert!(left.contains(&young[0]) && !left.contains(&young[1]));
    assert_eq!(left.iter().filter(|id| old.contains(id)).count(), 1);
}

#[test]
fn one_instance_is_terminated_on_request_with_or_without_another() {
    let world = instant();
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 2);
    request.min_size = 1;
    create(&world, &request);
    let kill = |id: &str, decrement| api::TerminateInstanceInAutoScalingGroupType {
        instance_id: id.to_owned(),
        should_decrement_desired_capacity: decrement,
    };
    let before = ids(&world);
    let answer =
        ok::<api::TerminateInstanceInAutoScalingGroup>(&world, &kill(&before[0], false)).activity.unwrap();
    assert!(answer.cause.ends_with(&format!(
        "instance {} was taken out of service in response to a user request.",
        before[0]
    )));
    let after = ids(&world);
    assert!(after.len() == 2 && !after.contains(&before[0]));
    ok::<api::TerminateInstanceInAutoScalingGroup>(&world, &kill(&after[0], true));
    assert_eq!((describe(&world).desired_capacity, instances(&world).len()), (1, 1));
    let last = ids(&world).remove(0);
    let (_, message) = refused::<api::TerminateInstanceInAutoScalingGroup>(&world, &kill(&last, true));
    assert!(message.starts_with("Currently, desiredSize equals minSize (1)."), "{message}");
}

#[test]
fn instances_come_and_go_by_hand() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES[..1], 2));
    let members = ids(&world);
    let enter = api::EnterStandbyQuery {
        instance_ids: Some(vec![members[0].clone()]),
        auto_scaling_group_name: "web".to_owned(),
        should_decrement_desired_capacity: true,
    };
    let told = ok::<api::EnterStandby>(&world, &enter).activities.unwrap();
    assert_eq!(told[0].description, Some(format!("Moving EC2 instance to Standby: {}", members[0])));
    assert!(told[0].cause.ends_with("in response to a user request, shrinking the capacity from 2 to 1."));
    assert_eq!((describe(&world).desired_capacity, by_zone(&world)["us-east-1a"]), (1, 1));
    let exit = api::ExitStandbyQuery {
        instance_ids: enter.instance_ids.clone(),
        auto_scaling_group_name: "web".to_owned(),
    };
    ok::<api::ExitStandby>(&world, &exit);
    assert_eq!((describe(&world).desired_capacity, by_zone(&world)["us-east-1a"]), (2, 2));
    let detach = api::DetachInstancesQuery {
        instance_ids: Some(vec![members[1].clone()]),
        auto_scaling_group_name: "web".to_owned(),
        should_decrement_desired_capacity: true,
    };
    ok::<api::DetachInstances>(&world, &detach);
    assert_eq!(ids(&world), [members[0].clone()]);
    let attach = api::AttachInstancesQuery {
        instance_ids: Some(vec![members[1].clone()]),
        auto_scaling_group_name: "web".to_owned(),
    };
    ok::<api::AttachInstances>(&world, &attach);
    assert_eq!((describe(&world).desired_capacity, instances(&world).len()), (2, 2));
    assert_eq!(statuses(&world).keys().collect::<Vec<_>>(), ["Successful"]);
    ok::<api::EnterStandby>(&world, &enter);
    let detach = api::DetachInstancesQuery { instance_ids: enter.instance_ids, ..detach };
    let told = ok::<api::DetachInstances>(&world, &detach).activities.unwrap();
    assert!(told[0].cause.ends_with("was detached in response to a user request."), "{}", told[0].cause);
    assert_eq!(describe(&world).desired_capacity, 1);
}

#[test]
fn tags_reach_the_instances_that_are_launched_after_them() {
    let world = instant();
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 1);
    let tag = |key: &str, propagate| api::Tag {
        resource_id: Some("web".to_owned()),
        resource_type: Some("auto-scaling-group".to_owned()),
        key: key.to_owned(),
        value: Some("1".to_owned()),
        propagate_at_launch: Some(propagate),
    };
    request.tags = Some(vec![tag("team", true), tag("own", false)]);
    create(&world, &request);
    let tags = |world: &ironbird_rig::World| {
        let answer = ok::<ec2::DescribeInstances>(world, &Default::default()).reservations.unwrap();
        let instances = answer.into_iter().flat_map(|reservation| reservation.instances.unwrap());
        let tags = instances.flat_map(|instance| instance.tags.clone().unwrap_or_default());
        let mut pairs: Vec<String> = tags
            .map(|tag| format!("{}={}", tag.key.unwrap(), tag.value.unwrap()))
            .filter(|pair| !pair.starts_with("aws:ec2launchtemplate:"))
            .collect();
        pairs.sort();
        pairs
    };
    assert_eq!(tags(&world), ["aws:autoscaling:groupName=web", "team=1"]);
    ok::<api::CreateOrUpdateTags>(&world, &api::CreateOrUpdateTagsType { tags: vec![tag("late", true)] });
    assert_eq!(tags(&world).len(), 2);
    let filter = api::Filter { name: Some("key".to_owned()), values: Some(vec!["late".to_owned()]) };
    let query = api::DescribeTagsType { filters: Some(vec![filter]), ..Default::default() };
    assert_eq!(ok::<api::DescribeTags>(&world, &query).tags.unwrap().len(), 1);
    ok::<api::DeleteTags>(&world, &api::DeleteTagsType { tags: vec![tag("late", true), tag("own", false)] });
    assert_eq!(describe(&world).tags.unwrap().len(), 1);
}

#[test]
fn a_group_goes_when_it_is_empty_or_by_force() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES, 3));
    later(&world, 60);
    let (code, message) = refused::<api::DeleteAutoScalingGroup>(&world, &delete(false));
    assert_eq!(code, "ResourceInUse");
    assert_eq!(
        message,
        "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group."
    );
    ok::<api::DeleteAutoScalingGroup>(&world, &delete(true));
    assert_eq!(describe(&world).status.as_deref(), Some("Delete in progress"));
    let (code, _) = refused::<api::UpdateAutoScalingGroup>(&world, &update(|input| input.max_size = Some(9)));
    assert_eq!(code, "ResourceContention");
    later(&world, 120);
    assert!(ok::<api::DescribeAutoScalingGroups>(&world, &Default::default()).auto_scaling_groups.is_empty());
    let (_, message) = refused::<api::DeleteAutoScalingGroup>(&world, &delete(false));
    assert_eq!(message, "AutoScalingGroup name not found - AutoScalingGroup 'web' not found");
    let query = api::DescribeScalingActivitiesType {
        auto_scaling_group_name: Some("web".to_owned()),
        include_deleted_groups: Some(true),
        ..Default::default()
    };
    let told = ok::<api::DescribeScalingActivities>(&world, &query).activities;
    assert_eq!(told.len(), 6);
    assert!(told.iter().all(|activity| activity.auto_scaling_group_state.as_deref() == Some("Deleted")));
    later(&world, 43 * 86_400);
    assert!(ok::<api::DescribeScalingActivities>(&world, &query).activities.is_empty());
}

#[test]
fn requests_that_make_no_sense_are_refused_in_awss_words() {
    let world = instant();
    let good = group_of(&world, "m5.large", &ZONES, 1);
    let message = |change: &dyn Fn(&mut api::CreateAutoScalingGroupType)| {
        let mut request = good.clone();
        change(&mut request);
        let (code, message) = refused::<api::CreateAutoScalingGroup>(&world, &request);
        assert_eq!(code, "ValidationError", "{message}");
        message
    };
    assert_eq!(
        message(&|request| request.launch_template = None),
        "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
         MixedInstancesPolicy parameter."
    );
    assert_eq!(
        message(&|request| request.launch_template = Some(api::LaunchTemplateSpecification::default())),
        "Valid requests must contain either launchTemplateId or LaunchTemplateName"
    );
    assert_eq!(
        message(&|request| request.vpc_zone_identifier = None),
        "At least one Availability Zone or VPC Subnet is required."
    );
    assert_eq!(
        message(&|request| request.availability_zones = Some(vec!["us-east-1f".to_owned()])),
        "The availability zones of the specified subnets and the Auto Scaling group do not match"
    );
    assert_eq!(
        message(&|request| request.launch_configuration_name = Some("gone".to_owned())),
        "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
         MixedInstancesPolicy parameter."
    );
    let gone = "subnet-00000000000000000".to_owned();
    assert!(message(&|request| request.vpc_zone_identifier = Some(gone.clone())).contains(&gone));
    let unknown = message(&|request| {
        request.launch_template = Some(api::LaunchTemplateSpecification {
            launch_template_name: Some("nothing".to_owned()),
            ..Default::default()
        });
    });
    assert!(unknown.starts_with("You must use a valid fully-formed launch template. "), "{unknown}");
    create(&world, &good);
    let (code, message) = refused::<api::CreateAutoScalingGroup>(&world, &good);
    assert_eq!(code, "AlreadyExists");
    assert_eq!(
        message,
        "AutoScalingGroup by this name already exists - A group already exists with the name web"
    );
    let mut reserved = good.clone();
    reserved.capacity_reservation_specification = Some(api::CapacityReservationSpecification {
        capacity_reservation_target: Some(api::CapacityReservationTarget {
            capacity_reservation_ids: Some(vec!["cr-0123456789abcdef0".to_owned()]),
            ..Default::default()
        }),
        ..Default::default()
    });
    let (code, message) = refused::<api::CreateAutoScalingGroup>(&world, &reserved);
    assert_eq!(code, "UnsupportedOperation");
    assert!(message.contains("CapacityReservationTarget"));
}

#[test]
fn groups_launch_from_launch_configurations_and_from_instances() {
    let world = instant();
    let configuration = api::CreateLaunchConfigurationType {
        launch_configuration_name: "lc".to_owned(),
        image_id: Some(image(&world)),
        instance_type: Some("m5.large".to_owned()),
        ..Default::default()
    };
    ok::<api::CreateLaunchConfiguration>(&world, &configuration);
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 2);
    request.launch_template = None;
    request.launch_configuration_name = Some("lc".to_owned());
    create(&world, &request);
    let members = instances(&world);
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|member| member.launch_configuration_name.as_deref() == Some("lc")));
    let named = api::LaunchConfigurationNameType { launch_configuration_name: "lc".to_owned() };
    let (code, message) = refused::<api::DeleteLaunchConfiguration>(&world, &named);
    assert_eq!(code, "ResourceInUse");
    assert_eq!(
        message,
        "Cannot delete launch configuration lc because it is attached to AutoScalingGroup web"
    );
    ok::<api::DeleteAutoScalingGroup>(&world, &delete(true));
    ok::<api::DeleteLaunchConfiguration>(&world, &named);

    let run = ec2::RunInstancesRequest {
        image_id: Some(image(&world)),
        instance_type: Some("m5a.large".to_owned()),
        min_count: 1,
        max_count: 1,
        ..Default::default()
    };
    let model = ok::<ec2::RunInstances>(&world, &run).instances.unwrap().remove(0);
    request.launch_configuration_name = None;
    request.instance_id = model.instance_id.clone();
    create(&world, &request);
    assert_eq!(by_type(&world), counts(&[("m5a.large", 2)]));
    assert_eq!(describe(&world).launch_configuration_name.as_deref(), Some("web"));
}

#[test]
fn policies_and_schedules_change_what_is_desired() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES[..1], 2));
    let put = api::PutScalingPolicyType {
        auto_scaling_group_name: "web".to_owned(),
        policy_name: "out".to_owned(),
        adjustment_type: Some("PercentChangeInCapacity".to_owned()),
        scaling_adjustment: Some(100),
        ..Default::default()
    };
    let arn = ok::<api::PutScalingPolicy>(&world, &put).policy_arn.unwrap();
    let execute = api::ExecutePolicyType { policy_name: arn, ..Default::default() };
    ok::<api::ExecutePolicy>(&world, &execute);
    assert_eq!(instances(&world).len(), 4);
    let schedule = |name: &str, start: Option<i64>, recurrence: Option<&str>, desired| {
        api::PutScheduledUpdateGroupActionType {
            auto_scaling_group_name: "web".to_owned(),
            scheduled_action_name: name.to_owned(),
            start_time: start.map(|after| ironbird_rig::Timestamp::from_secs(START + after)),
            recurrence: recurrence.map(str::to_owned),
            desired_capacity: Some(desired),
            ..Default::default()
        }
    };
    ok::<api::PutScheduledUpdateGroupAction>(&world, &schedule("once", Some(600), None, 6));
    ok::<api::PutScheduledUpdateGroupAction>(&world, &schedule("daily", None, Some("0 11 * * *"), 1));
    later(&world, 599);
    assert_eq!(instances(&world).len(), 4);
    later(&world, 2);
    assert_eq!(instances(&world).len(), 6);
    let cause = activities(&world).pop().unwrap().cause;
    let bounds = "a scheduled action update of AutoScalingGroup constraints to min: 0, max: 100, desired: 6";
    assert!(cause.contains(&format!("{bounds} changing the desired capacity from 4 to 6.  At ")), "{cause}");
    let left = ok::<api::DescribeScheduledActions>(&world, &Default::default());
    assert_eq!(left.scheduled_update_group_actions.unwrap().len(), 1, "what ran once is forgotten");
    later(&world, 3600);
    assert_eq!(instances(&world).len(), 1);
    desire(&world, 3);
    later(&world, 86_400);
    assert_eq!(instances(&world).len(), 1);
    let (_, message) =
        refused::<api::PutScheduledUpdateGroupAction>(&world, &schedule("past", Some(-60), None, 1));
    assert_eq!(message, "Given start time is in the past");
}

#[test]
fn what_changed_the_goal_before_something_was_done_is_told_in_order() {
    let world = realistic();
    create(&world, &group_of(&world, "m5.large", &ZONES[..1], 2));
    later(&world, 60);
    let put = api::PutScalingPolicyType {
        auto_scaling_group_name: "web".to_owned(),
        policy_name: "out".to_owned(),
        adjustment_type: Some("ChangeInCapacity".to_owned()),
        scaling_adjustment: Some(1),
        ..Default::default()
    };
    let arn = ok::<api::PutScalingPolicy>(&world, &put).policy_arn.unwrap();
    let execute = api::ExecutePolicyType { policy_name: arn, ..Default::default() };
    let executed = |from: i32| {
        ok::<api::ExecutePolicy>(&world, &execute);
        let change = format!("changing the desired capacity from {from} to {}.", from + 1);
        format!("a user request executed policy out {change}")
    };
    let (first, second) = (executed(2), executed(3));
    later(&world, 60);
    let cause = activities(&world).pop().unwrap().cause;
    let sentences: Vec<&str> =
        cause.split("  ").map(|sentence| &sentence["At 2026-11-22T10:01:00Z ".len()..]).collect();
    assert_eq!(sentences[..2], [first.as_str(), second.as_str()]);
    assert!(
        sentences[2].ends_with("increasing the capacity from 2 to 4.") && sentences.len() == 3,
        "{cause}"
    );
    for _ in 0..50 {
        desire(&world, 5);
        desire(&world, 4);
    }
    desire(&world, 6);
    later(&world, 60);
    let cause = activities(&world).pop().unwrap().cause;
    assert!(cause.len() <= 1023 && cause.contains("changing the desired capacity from 4 to 6."), "{cause}");
}

#[test]
fn pages_hold_what_was_asked_for() {
    let world = instant();
    let mut request = group_of(&world, "m5.large", &ZONES[..1], 0);
    for name in ["a", "b", "c"] {
        request.auto_scaling_group_name = name.to_owned();
        create(&world, &request);
    }
    let mut query = api::AutoScalingGroupNamesType { max_records: Some(2), ..Default::default() };
    let page = ok::<api::DescribeAutoScalingGroups>(&world, &query);
    assert_eq!(page.auto_scaling_groups.len(), 2);
    query.next_token = page.next_token;
    let page = ok::<api::DescribeAutoScalingGroups>(&world, &query);
    assert_eq!(page.auto_scaling_groups[0].auto_scaling_group_name, "c");
    assert_eq!(page.next_token, None);
    query = api::AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec!["c".to_owned(), "nothing".to_owned(), "a".to_owned()]),
        ..Default::default()
    };
    assert_eq!(ok::<api::DescribeAutoScalingGroups>(&world, &query).auto_scaling_groups.len(), 2);
    query.next_token = Some("forged".to_owned());
    assert_eq!(refused::<api::DescribeAutoScalingGroups>(&world, &query).0, "InvalidNextToken");
}

#[test]
fn thousands_of_instances_over_a_day() {
    let world = world(Transitions::Realistic);
    let mut request = group_of(&world, "m5.large", &ZONES, 2000);
    request.max_size = 5000;
    create(&world, &request);
    for zone in ZONES {
        set_free(&world, zone, "m5.large", 5000);
    }
    later(&world, 120);
    assert_eq!(by_zone(&world).values().sum::<usize>(), 2000);
    for hour in 0..4_i32 {
        desire(&world, 2000 - hour * 100);
        let victims: Vec<String> = ids(&world).into_iter().step_by(50).collect();
        terminate(&world, &victims);
        later(&world, 3600);
        assert_eq!(ids(&world).len(), 2000 - 100 * usize::try_from(hour).unwrap(), "the dead are taken out");
    }
    let spread = by_zone(&world);
    assert_eq!(spread.values().sum::<usize>(), 1700);
    assert!(spread.values().max().unwrap() - spread.values().min().unwrap() <= 1, "{spread:?}");
}
