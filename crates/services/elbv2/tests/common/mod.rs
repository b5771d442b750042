//! What the tests of load balancers share: a world with EC2 and Elastic Load Balancing, and short ways to ask for things.

#![allow(dead_code)]

use ironbird_api::{Operation, ec2, elbv2 as api};
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Result, Timestamp, World};
use serde_json::Value;

/// 2026-11-22T10:00:00Z
const START: i64 = 1_795_341_600;

pub fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

pub fn world(transitions: Transitions) -> World {
    let settings = Settings { transitions, ..Settings::default() };
    let services = vec![ironbird_ec2::service(), ironbird_elbv2::service()];
    World::rehearsal(services, settings, Timestamp::from_secs(START))
}

pub fn call<O: Operation>(world: &World, input: &O::Input) -> Result<O::Output> {
    world.call::<O>(scope(), Principal::Root { account: Account::DEFAULT }, input)
}

/// The answer, or a panic that says why there is none.
pub fn ok<O: Operation>(world: &World, input: &O::Input) -> O::Output {
    call::<O>(world, input).unwrap_or_else(|error| panic!("{}: {error}", O::NAME))
}

/// The first of a list, which is not empty.
pub fn first<T>(list: Option<Vec<T>>) -> T {
    list.and_then(|list| list.into_iter().next()).expect("there is one")
}

pub fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

pub fn pull(world: &World, lever: &str, given: &Value) -> Result<Value> {
    world.within(scope(), |ctx| ctx.pull(lever, given))
}

/// The VPC, and its default subnets by zone.
pub fn network(world: &World) -> (String, Vec<(String, String)>) {
    let found = ok::<ec2::DescribeSubnets>(world, &ec2::DescribeSubnetsRequest::default());
    let subnets = found.subnets.unwrap_or_default();
    let vpc = subnets[0].vpc_id.clone().expect("it is told");
    let mut by_zone: Vec<_> = subnets
        .into_iter()
        .map(|subnet| (subnet.availability_zone.expect("it is told"), subnet.subnet_id.expect("it is told")))
        .collect();
    by_zone.sort();
    (vpc, by_zone)
}

/// A load balancer of a kind in the first two zones, with one listener to a new group; the group's ARN.
pub fn balanced(world: &World, kind: &str, group: &api::CreateTargetGroupInput) -> String {
    let (_, subnets) = network(world);
    let input = api::CreateLoadBalancerInput {
        name: group.name.clone(),
        r#type: Some(kind.to_owned()),
        subnets: Some(subnets.into_iter().take(2).map(|(_, subnet)| subnet).collect()),
        ..Default::default()
    };
    let made = first(ok::<api::CreateLoadBalancer>(world, &input).load_balancers);
    let made = made.load_balancer_arn.expect("it is told");
    let arn = group_of(world, group);
    listen(world, &made, &arn, group.protocol.as_deref().expect("it is told"), 80);
    arn
}

/// A request for a group `web` of a protocol, with checks every 10 s.
pub fn group(world: &World, protocol: &str) -> api::CreateTargetGroupInput {
    api::CreateTargetGroupInput {
        name: "web".to_owned(),
        protocol: Some(protocol.to_owned()),
        port: Some(80),
        vpc_id: Some(network(world).0),
        health_check_interval_seconds: Some(10),
        healthy_threshold_count: Some(3),
        unhealthy_threshold_count: Some(2),
        ..Default::default()
    }
}

pub fn group_of(world: &World, input: &api::CreateTargetGroupInput) -> String {
    let made = first(ok::<api::CreateTargetGroup>(world, input).target_groups);
    made.target_group_arn.expect("it is told")
}

/// A listener that sends to a group; its ARN.
pub fn listen(world: &World, load_balancer: &str, group: &str, protocol: &str, port: i32) -> String {
    let forward = api::Action {
        r#type: "forward".to_owned(),
        target_group_arn: Some(group.to_owned()),
        ..Default::default()
    };
    let input = api::CreateListenerInput {
        load_balancer_arn: load_balancer.to_owned(),
        protocol: Some(protocol.to_owned()),
        port: Some(port),
        default_actions: vec![forward],
        ..Default::default()
    };
    first(ok::<api::CreateListener>(world, &input).listeners).listener_arn.expect("it is told")
}

/// An instance in a zone, by the zone's place among the others.
pub fn instance(world: &World, zone: usize) -> String {
    let input = ec2::RunInstancesRequest {
        image_id: Some(image(world)),
        instance_type: Some("t3.micro".to_owned()),
        min_count: 1,
        max_count: 1,
        subnet_id: Some(network(world).1[zone].1.clone()),
        ..Default::default()
    };
    let made = first(ok::<ec2::RunInstances>(world, &input).instances);
    made.instance_id.clone().expect("it is told")
}

fn image(world: &World) -> String {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let filters = vec![filter("architecture", "x86_64"), filter("platform-details", "Linux/UNIX")];
    let input = ec2::DescribeImagesRequest { filters: Some(filters), ..Default::default() };
    first(ok::<ec2::DescribeImages>(world, &input).images).image_id.expect("an image has an id")
}

pub fn register(world: &World, group: &str, id: &str) {
    let targets = vec![api::TargetDescription { id: id.to_owned(), ..Default::default() }];
    let input = api::RegisterTargetsInput { target_group_arn: group.to_owned(), targets };
    ok::<api::RegisterTargets>(world, &input);
}

pub fn deregister(world: &World, group: &str, id: &str) {
    let targets = vec![api::TargetDescription { id: id.to_owned(), ..Default::default() }];
    let input = api::DeregisterTargetsInput { target_group_arn: group.to_owned(), targets };
    ok::<api::DeregisterTargets>(world, &input);
}

/// State and reason of a target, `unhealthy Target.Timeout`.
pub fn health(world: &World, group: &str, id: &str) -> String {
    let target = api::TargetDescription { id: id.to_owned(), ..Default::default() };
    let input = api::DescribeTargetHealthInput {
        target_group_arn: group.to_owned(),
        targets: Some(vec![target]),
        include: None,
    };
    let found = first(ok::<api::DescribeTargetHealth>(world, &input).target_health_descriptions);
    let health = found.target_health.expect("it is told");
    let words = [health.state, health.reason];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
