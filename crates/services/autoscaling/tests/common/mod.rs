//! What the tests of groups share: a world with EC2 and Auto Scaling, and short ways to ask for things.

#![allow(dead_code)]

use std::collections::BTreeMap;

use ironbird_api::{Operation, autoscaling as api, ec2};
use ironbird_rig::account::{Account, Principal, Region, Scope};
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Result, Timestamp, World};

/// 2026-11-22T10:00:00Z
pub const START: i64 = 1_795_341_600;

pub fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::DEFAULT }
}

pub fn world(transitions: Transitions) -> World {
    let services = vec![
        ironbird_ec2::service(),
        ironbird_cloudwatch::service(),
        ironbird_elbv2::service(),
        ironbird_autoscaling::service(),
    ];
    let settings = Settings { transitions, ..Settings::default() };
    World::rehearsal(services, settings, Timestamp::from_secs(START))
}

pub fn instant() -> World {
    world(Transitions::Instant)
}

pub fn realistic() -> World {
    world(Transitions::Realistic)
}

pub fn call<O: Operation>(world: &World, input: &O::Input) -> Result<O::Output> {
    world.call::<O>(scope(), Principal::Root { account: Account::DEFAULT }, input)
}

/// The answer, or a panic that says why there is none.
pub fn ok<O: Operation>(world: &World, input: &O::Input) -> O::Output {
    call::<O>(world, input).unwrap_or_else(|error| panic!("{}: {error}", O::NAME))
}

/// Code and message of the error that the call must end with.
pub fn refused<O: Operation>(world: &World, input: &O::Input) -> (String, String) {
    match call::<O>(world, input) {
        Ok(_) => panic!("{} was answered", O::NAME),
        Err(error) => (error.code().to_owned(), error.message().to_owned()),
    }
}

pub fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

pub fn set_free(world: &World, zone: &str, instance_type: &str, free: u64) {
    let pool = PoolId { region: Region::DEFAULT, zone, instance_type, tenancy: Tenancy::Default };
    world.within(scope(), |ctx| capacity::set_free(ctx, pool, free, None)).expect("a pool can be set");
}

fn filter(name: &str, value: &str) -> ec2::Filter {
    ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }
}

/// Default subnets of some zones, `subnet-…,subnet-…`.
pub fn subnets(world: &World, zones: &[&str]) -> String {
    let input = ec2::DescribeSubnetsRequest {
        filters: Some(vec![filter("default-for-az", "true")]),
        ..Default::default()
    };
    let all = ok::<ec2::DescribeSubnets>(world, &input).subnets.unwrap_or_default();
    let of_zone = |zone: &&str| {
        let found = all.iter().find(|subnet| subnet.availability_zone.as_deref() == Some(zone));
        found.and_then(|subnet| subnet.subnet_id.clone()).expect("a default subnet in every zone")
    };
    zones.iter().map(of_zone).collect::<Vec<_>>().join(",")
}

pub fn image(world: &World) -> String {
    let filters = vec![filter("architecture", "x86_64"), filter("platform-details", "Linux/UNIX")];
    let input = ec2::DescribeImagesRequest { filters: Some(filters), ..Default::default() };
    let images = ok::<ec2::DescribeImages>(world, &input).images.unwrap_or_default();
    images[0].image_id.clone().expect("an image has an id")
}

/// A launch template of one type, or of none.
pub fn template(world: &World, name: &str, instance_type: Option<&str>) -> api::LaunchTemplateSpecification {
    let input = ec2::CreateLaunchTemplateRequest {
        launch_template_name: name.to_owned(),
        launch_template_data: ec2::RequestLaunchTemplateData {
            image_id: Some(image(world)),
            instance_type: instance_type.map(str::to_owned),
            ..Default::default()
        },
        ..Default::default()
    };
    ok::<ec2::CreateLaunchTemplate>(world, &input);
    api::LaunchTemplateSpecification {
        launch_template_name: Some(name.to_owned()),
        version: Some("$Latest".to_owned()),
        ..Default::default()
    }
}

pub const ZONES: [&str; 3] = ["us-east-1a", "us-east-1b", "us-east-1c"];

/// A request for a group `web` of one type over some zones, of 0 to 100 instances.
pub fn group_of(
    world: &World,
    instance_type: &str,
    zones: &[&str],
    desired: i32,
) -> api::CreateAutoScalingGroupType {
    api::CreateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        launch_template: Some(template(world, "web", Some(instance_type))),
        min_size: 0,
        max_size: 100,
        desired_capacity: Some(desired),
        vpc_zone_identifier: Some(subnets(world, zones)),
        ..Default::default()
    }
}

/// A request for a group `web` with overrides by type and weight.
pub fn mixed(
    world: &World,
    types: &[(&str, Option<&str>)],
    zones: &[&str],
    desired: i32,
    distribution: Option<api::InstancesDistribution>,
) -> api::CreateAutoScalingGroupType {
    let overrides = types.iter().map(|(name, weight)| api::LaunchTemplateOverrides {
        instance_type: Some((*name).to_owned()),
        weighted_capacity: weight.map(str::to_owned),
        ..Default::default()
    });
    let overrides = overrides.collect();
    with_overrides(world, overrides, zones, desired, distribution)
}

/// A request for a group `web` with overrides.
pub fn with_overrides(
    world: &World,
    overrides: Vec<api::LaunchTemplateOverrides>,
    zones: &[&str],
    desired: i32,
    distribution: Option<api::InstancesDistribution>,
) -> api::CreateAutoScalingGroupType {
    api::CreateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        mixed_instances_policy: Some(api::MixedInstancesPolicy {
            launch_template: Some(api::LaunchTemplate {
                launch_template_specification: Some(template(world, "web", None)),
                overrides: Some(overrides),
            }),
            instances_distribution: distribution,
        }),
        min_size: 0,
        max_size: 100,
        desired_capacity: Some(desired),
        vpc_zone_identifier: Some(subnets(world, zones)),
        ..Default::default()
    }
}

pub fn create(world: &World, request: &api::CreateAutoScalingGroupType) {
    ok::<api::CreateAutoScalingGroup>(world, request);
}

pub fn describe(world: &World) -> api::AutoScalingGroup {
    let groups = ok::<api::DescribeAutoScalingGroups>(world, &Default::default()).auto_scaling_groups;
    groups.into_iter().next().expect("there is a group")
}

pub fn instances(world: &World) -> Vec<api::Instance> {
    describe(world).instances.unwrap_or_default()
}

pub fn ids(world: &World) -> Vec<String> {
    instances(world).into_iter().map(|instance| instance.instance_id).collect()
}

/// Instances in service by zone.
pub fn by_zone(world: &World) -> BTreeMap<String, usize> {
    count(world, |instance| instance.availability_zone.clone())
}

/// Instances in service by type.
pub fn by_type(world: &World) -> BTreeMap<String, usize> {
    count(world, |instance| instance.instance_type.clone().unwrap_or_default())
}

pub fn count(world: &World, key: impl Fn(&api::Instance) -> String) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for instance in instances(world).iter().filter(|instance| instance.lifecycle_state == "InService") {
        *counts.entry(key(instance)).or_insert(0) += 1;
    }
    counts
}

pub fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// All activities of `web`, the oldest first.
pub fn activities(world: &World) -> Vec<api::Activity> {
    let mut all = Vec::new();
    let mut input = api::DescribeScalingActivitiesType {
        auto_scaling_group_name: Some("web".to_owned()),
        max_records: Some(100),
        ..Default::default()
    };
    loop {
        let page = ok::<api::DescribeScalingActivities>(world, &input);
        all.extend(page.activities);
        input.next_token = page.next_token;
        if input.next_token.is_none() {
            all.reverse();
            return all;
        }
    }
}

pub fn statuses(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for activity in activities(world) {
        *counts.entry(activity.status_code).or_insert(0) += 1;
    }
    counts
}

pub fn desire(world: &World, desired: i32) {
    let input = api::SetDesiredCapacityType {
        auto_scaling_group_name: "web".to_owned(),
        desired_capacity: desired,
        honor_cooldown: None,
    };
    ok::<api::SetDesiredCapacity>(world, &input);
}

pub fn terminate(world: &World, ids: &[String]) {
    let input = ec2::TerminateInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() };
    ok::<ec2::TerminateInstances>(world, &input);
}
