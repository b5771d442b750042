//! The health of targets over time.

mod common;

use common::*;
use ironbird_api::{ec2, elbv2 as api};
use ironbird_ec2::instance::{self, Failure};
use ironbird_rig::world::Transitions;
use ironbird_rig::{Timestamp, World, metering};
use serde_json::json;

/// A load balancer that has come up, with a group and an instance that runs and is registered.
fn up(kind: &str, protocol: &str) -> (World, String, String) {
    let world = world(Transitions::Realistic);
    let input = group(&world, protocol);
    let group = balanced(&world, kind, &input);
    let instance = instance(&world, 0);
    later(&world, 300);
    register(&world, &group, &instance);
    (world, group, instance)
}

#[test]
fn a_new_target_passes_one_check_of_an_application_load_balancer() {
    let (world, group, instance) = up("application", "HTTP");
    assert_eq!(health(&world, &group, &instance), "initial Elb.RegistrationInProgress");
    later(&world, 4);
    assert_eq!(health(&world, &group, &instance), "initial Elb.RegistrationInProgress");
    later(&world, 1);
    assert_eq!(health(&world, &group, &instance), "healthy");
}

#[test]
fn a_new_target_passes_as_many_checks_as_a_network_load_balancer_wants() {
    let (world, group, instance) = up("network", "TCP");
    later(&world, 5);
    assert_eq!(health(&world, &group, &instance), "initial Elb.InitialHealthChecking");
    later(&world, 19);
    assert_eq!(health(&world, &group, &instance), "initial Elb.InitialHealthChecking");
    later(&world, 1);
    assert_eq!(health(&world, &group, &instance), "healthy");
}

#[test]
fn an_impaired_instance_fails_after_the_threshold_and_a_stopped_one_is_not_used() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    world.within(scope(), |ctx| instance::fail(ctx, &id, Failure::Impaired)).unwrap();
    later(&world, 10);
    assert_eq!(health(&world, &group, &id), "healthy");
    // The check begun 15 s after registration and the next one fail, each after the timeout of 5 s.
    later(&world, 10);
    assert_eq!(health(&world, &group, &id), "unhealthy Target.Timeout");
    let ids = vec![id.clone()];
    let stop = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    ok::<ec2::StopInstances>(&world, &stop);
    later(&world, 60);
    assert_eq!(health(&world, &group, &id), "unused Target.InvalidState");
    ok::<ec2::StartInstances>(
        &world,
        &ec2::StartInstancesRequest { instance_ids: ids, ..Default::default() },
    );
    later(&world, 60);
    assert_eq!(health(&world, &group, &id), "healthy");
}

#[test]
fn a_terminated_instance_drains_and_is_gone() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    let input = ec2::TerminateInstancesRequest { instance_ids: vec![id.clone()], ..Default::default() };
    ok::<ec2::TerminateInstances>(&world, &input);
    later(&world, 60);
    assert_eq!(health(&world, &group, &id), "draining Target.DeregistrationInProgress");
    later(&world, 300);
    assert_eq!(health(&world, &group, &id), "unused Target.NotRegistered");
}

#[test]
fn a_target_that_is_registered_again_while_it_drains_starts_anew() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    deregister(&world, &group, &id);
    later(&world, 100);
    assert_eq!(health(&world, &group, &id), "draining Target.DeregistrationInProgress");
    register(&world, &group, &id);
    assert_eq!(health(&world, &group, &id), "initial Elb.RegistrationInProgress");
    later(&world, 300);
    assert_eq!(health(&world, &group, &id), "healthy");
}

#[test]
fn a_group_that_nobody_sends_to_is_not_checked() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    let arn =
        |load_balancers: Option<Vec<api::LoadBalancer>>| load_balancers.unwrap().remove(0).load_balancer_arn;
    let found = ok::<api::DescribeLoadBalancers>(&world, &api::DescribeLoadBalancersInput::default());
    let load_balancer_arn = arn(found.load_balancers).unwrap();
    ok::<api::DeleteLoadBalancer>(&world, &api::DeleteLoadBalancerInput { load_balancer_arn });
    assert_eq!(health(&world, &group, &id), "unused Target.NotInUse");
    // Nothing drains that gets no traffic.
    deregister(&world, &group, &id);
    assert_eq!(health(&world, &group, &id), "unused Target.NotRegistered");
}

#[test]
fn a_target_beyond_the_load_balancers_zones_is_not_used_until_they_grow() {
    let (world, group, _) = up("application", "HTTP");
    let far = instance(&world, 2);
    later(&world, 60);
    register(&world, &group, &far);
    assert_eq!(health(&world, &group, &far), "unused Target.NotInUse");
    let found = ok::<api::DescribeLoadBalancers>(&world, &api::DescribeLoadBalancersInput::default());
    let input = api::SetSubnetsInput {
        load_balancer_arn: found.load_balancers.unwrap().remove(0).load_balancer_arn.unwrap(),
        subnets: Some(network(&world).1.into_iter().take(3).map(|(_, subnet)| subnet).collect()),
        ..Default::default()
    };
    ok::<api::SetSubnets>(&world, &input);
    later(&world, 10);
    assert_eq!(health(&world, &group, &far), "healthy");
}

#[test]
fn worlds_of_one_seed_are_the_same() {
    let run = || {
        let (world, group, id) = up("network", "TCP");
        later(&world, 600);
        deregister(&world, &group, &id);
        later(&world, 60);
        world.store().dump().unwrap()
    };
    assert!(run() == run());
}

#[test]
fn a_lever_lets_a_target_fail_and_answer_again() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    pull(&world, "elbv2.fail-target", &json!({ "target": id, "code": 503 })).unwrap();
    later(&world, 10);
    assert_eq!(health(&world, &group, &id), "healthy");
    later(&world, 10);
    assert_eq!(health(&world, &group, &id), "unhealthy Target.ResponseCodeMismatch");
    pull(&world, "elbv2.fail-target", &json!({ "target": id, "targetGroup": "web" })).unwrap();
    assert_eq!(health(&world, &group, &id), "unhealthy Target.Timeout");
    // To answer again everywhere is to answer in each group.
    pull(&world, "elbv2.fail-target", &json!({ "target": id, "answers": true })).unwrap();
    later(&world, 19);
    assert_eq!(health(&world, &group, &id), "unhealthy Target.Timeout");
    later(&world, 11);
    assert_eq!(health(&world, &group, &id), "healthy");
    // A code that the group takes for a success is none that fails.
    pull(&world, "elbv2.fail-target", &json!({ "target": id, "code": 200 })).unwrap();
    later(&world, 100);
    assert_eq!(health(&world, &group, &id), "healthy");
    let refused = pull(&world, "elbv2.fail-target", &json!({ "target": "i-0" })).unwrap_err();
    assert_eq!(refused.code(), "InvalidTarget");
    assert!(pull(&world, "elbv2.fail-target", &json!({ "instance": id })).is_err());
}

#[test]
fn a_failure_that_ends_before_the_threshold_is_none() {
    let (world, group, id) = up("application", "HTTP");
    later(&world, 10);
    pull(&world, "elbv2.fail-target", &json!({ "target": id })).unwrap();
    later(&world, 12);
    pull(&world, "elbv2.fail-target", &json!({ "target": id, "answers": true })).unwrap();
    later(&world, 60);
    assert_eq!(health(&world, &group, &id), "healthy");
}

#[test]
fn a_load_balancer_costs_from_when_it_is_active_to_its_end() {
    let (world, _, _) = up("application", "HTTP");
    let bill = || {
        let from = Timestamp::EPOCH;
        let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, from, ctx.now()))).unwrap();
        lines.into_iter().find(|line| line.service == "AWSELB").unwrap()
    };
    later(&world, 3600);
    let before = bill();
    assert_eq!((before.usage_type.as_str(), before.unit.as_str()), ("LoadBalancerUsage", "Hrs"));
    // It was made more than an hour ago, and took a few minutes to come up.
    assert!((1.0..1.06).contains(&before.hours()), "{}", before.hours());
    let found = ok::<api::DescribeLoadBalancers>(&world, &api::DescribeLoadBalancersInput::default());
    let load_balancer_arn = first(found.load_balancers).load_balancer_arn.unwrap();
    ok::<api::DeleteLoadBalancer>(&world, &api::DeleteLoadBalancerInput { load_balancer_arn });
    later(&world, 3600);
    assert_eq!(bill(), before);
    assert_eq!(before.cost, Some(metering::cost(22_500_000, before.milliseconds * 1_000_000, 1)));
}

/// The ACL of a subnet, and the id of their association.
fn acl(world: &World, subnet: &str) -> (String, String) {
    let filter =
        ec2::Filter { name: Some("association.subnet-id".to_owned()), values: Some(vec![subnet.to_owned()]) };
    let input = ec2::DescribeNetworkAclsRequest { filters: Some(vec![filter]), ..Default::default() };
    let found = first(ok::<ec2::DescribeNetworkAcls>(world, &input).network_acls);
    let mut associations = found.associations.into_iter().flatten();
    let own = associations.find(|one| one.subnet_id.as_deref() == Some(subnet));
    let own = own.and_then(|own| own.network_acl_association_id).expect("it is associated");
    (found.network_acl_id.expect("it has an id"), own)
}

#[test]
fn a_target_whose_subnet_is_cut_off_fails_until_it_is_open_again() {
    let (world, group, id) = up("application", "HTTP");
    let near = instance(&world, 1);
    later(&world, 60);
    register(&world, &group, &near);
    later(&world, 10);
    let (vpc_id, subnets) = network(&world);
    // A new ACL lets nothing through: this is how an experiment disrupts connectivity.
    let input = ec2::CreateNetworkAclRequest { vpc_id, ..Default::default() };
    let closed = ok::<ec2::CreateNetworkAcl>(&world, &input).network_acl.and_then(|acl| acl.network_acl_id);
    let (before, association_id) = acl(&world, &subnets[0].1);
    let replace = |association_id: String, network_acl_id: String| {
        let input =
            ec2::ReplaceNetworkAclAssociationRequest { association_id, network_acl_id, ..Default::default() };
        ok::<ec2::ReplaceNetworkAclAssociation>(&world, &input);
    };
    replace(association_id, closed.unwrap());
    later(&world, 30);
    assert_eq!(health(&world, &group, &id), "unhealthy Target.Timeout");
    // The other target is reached by the node beside it.
    assert_eq!(health(&world, &group, &near), "healthy");
    let (_, association_id) = acl(&world, &subnets[0].1);
    replace(association_id, before);
    later(&world, 40);
    assert_eq!(health(&world, &group, &id), "healthy");
}
