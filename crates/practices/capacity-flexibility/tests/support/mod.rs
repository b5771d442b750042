//! A world with groups in it, and a cloud whose calls fail when told to.

#![allow(dead_code, reason = "each test file uses its part")]

use ironbird_api::{autoscaling, ec2};
use ironbird_cloud::read;
use ironbird_cloud::{InProcess, at_once};
use ironbird_rig::Timestamp;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::world::{Settings, Transitions, World};

/// The post's specification, in the zone of its Region.
pub const POST: &str = r#"[
  {"InstanceType": "r6i.2xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 1, "AvailabilityZone": "eu-west-1a",
   "EbsOptimized": true, "Priority": 3},
  {"InstanceType": "r6i.4xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 2, "AvailabilityZone": "eu-west-1a",
   "EbsOptimized": true, "Priority": 2},
  {"InstanceType": "r6i.8xlarge", "InstancePlatform": "Linux/UNIX", "Weight": 4, "AvailabilityZone": "eu-west-1a",
   "EbsOptimized": true, "Priority": 1}]"#;

pub fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::parse("eu-west-1").unwrap() }
}

pub fn world() -> World {
    let services = vec![ironbird_sts::service(), ironbird_ec2::service(), ironbird_autoscaling::service()];
    let settings = Settings { transitions: Transitions::Instant, ..Settings::default() };
    World::rehearsal(services, settings, Timestamp::from_secs(1_772_431_200))
}

pub fn cloud(world: &World) -> InProcess<'_> {
    InProcess { world, scope: scope() }
}

pub fn subnets(cloud: &InProcess<'_>) -> Vec<String> {
    let mut found = at_once(read::subnets(cloud, Default::default())).unwrap();
    found.sort_by(|one, other| one.availability_zone.cmp(&other.availability_zone));
    found.into_iter().filter_map(|subnet| subnet.subnet_id).collect()
}

pub fn template(cloud: &InProcess<'_>, name: &str, instance_type: &str) {
    let filters = [("name", "al2023-ami-2023*"), ("architecture", "x86_64")].map(|(name, value)| {
        ec2::Filter { name: Some(name.to_owned()), values: Some(vec![value.to_owned()]) }
    });
    let input = ec2::DescribeImagesRequest { filters: Some(filters.to_vec()), ..Default::default() };
    let images = cloud.call_now::<ec2::DescribeImages>(&input).unwrap().images.unwrap();
    let input = ec2::CreateLaunchTemplateRequest {
        launch_template_name: name.to_owned(),
        launch_template_data: ec2::RequestLaunchTemplateData {
            image_id: images[0].image_id.clone(),
            instance_type: Some(instance_type.to_owned()),
            ..Default::default()
        },
        ..Default::default()
    };
    cloud.call_now::<ec2::CreateLaunchTemplate>(&input).unwrap();
}

pub fn by_name(name: &str) -> autoscaling::LaunchTemplateSpecification {
    autoscaling::LaunchTemplateSpecification {
        launch_template_name: Some(name.to_owned()),
        version: Some("$Latest".to_owned()),
        ..Default::default()
    }
}

/// Two groups of one type: `plain` in one zone, `mixed` in two, by an override.
pub fn one_type_groups(cloud: &InProcess<'_>) {
    template(cloud, "plain", "r6i.2xlarge");
    template(cloud, "mixed", "t3.micro");
    let subnets = subnets(cloud);
    let plain = autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: "plain".to_owned(),
        launch_template: Some(by_name("plain")),
        max_size: 40,
        vpc_zone_identifier: Some(subnets[0].clone()),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(&plain).unwrap();
    let only = autoscaling::LaunchTemplateOverrides {
        instance_type: Some("m5.xlarge".to_owned()),
        ..Default::default()
    };
    let mixed = autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: "mixed".to_owned(),
        mixed_instances_policy: Some(autoscaling::MixedInstancesPolicy {
            launch_template: Some(autoscaling::LaunchTemplate {
                launch_template_specification: Some(by_name("mixed")),
                overrides: Some(vec![only]),
            }),
            instances_distribution: None,
        }),
        max_size: 40,
        vpc_zone_identifier: Some(format!("{},{}", subnets[1], subnets[0])),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(&mixed).unwrap();
}

/// All groups, for comparison.
pub fn groups(cloud: &InProcess<'_>) -> Vec<autoscaling::AutoScalingGroup> {
    at_once(read::groups(cloud, Default::default())).unwrap()
}
