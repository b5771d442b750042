//! A world with hosts in it, and a cloud that denies an operation.

#![allow(dead_code, reason = "each test file uses its part")]

use ironbird_api::ec2;
use ironbird_cloud::InProcess;
use ironbird_rig::Timestamp;
use ironbird_rig::account::{Account, Region, Scope};
use ironbird_rig::world::{Settings, Transitions, World};

pub const ZONE: &str = "us-east-1a";

pub fn scope() -> Scope {
    Scope { account: Account::DEFAULT, region: Region::parse("us-east-1").unwrap() }
}

pub fn world() -> World {
    let services = vec![ironbird_sts::service(), ironbird_ec2::service()];
    let settings = Settings { transitions: Transitions::Realistic, ..Settings::default() };
    World::rehearsal(services, settings, Timestamp::from_secs(1_772_431_200))
}

pub fn cloud(world: &World) -> InProcess<'_> {
    InProcess { world, scope: scope() }
}

pub fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

/// Where hosts of a type are allocated.
fn zone_of(name: &str) -> &'static str {
    if name.starts_with("mac") { "us-east-1b" } else { ZONE }
}

pub fn allocate(cloud: &InProcess<'_>, input: ec2::AllocateHostsRequest) -> String {
    let zone = zone_of(input.instance_type.as_deref().unwrap_or_default()).to_owned();
    let input = ec2::AllocateHostsRequest { availability_zone: Some(zone), ..input };
    cloud.call_now::<ec2::AllocateHosts>(&input).unwrap().host_ids.unwrap().remove(0)
}

/// A host for one type, with recovery on.
pub fn of_type(name: &str) -> ec2::AllocateHostsRequest {
    ec2::AllocateHostsRequest {
        instance_type: Some(name.to_owned()),
        host_recovery: Some("on".to_owned()),
        ..Default::default()
    }
}

pub fn run(cloud: &InProcess<'_>, name: &str, count: i32, host: Option<&str>) -> Vec<String> {
    run_placed(cloud, name, count, host, None)
}

pub fn run_placed(
    cloud: &InProcess<'_>,
    name: &str,
    count: i32,
    host: Option<&str>,
    affinity: Option<&str>,
) -> Vec<String> {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let (image, architecture) = match name {
        "mac1.metal" => ("amzn-ec2-macos-*", "x86_64_mac"),
        "mac2.metal" => ("amzn-ec2-macos-*", "arm64_mac"),
        _ => ("al2023-ami-2023*", "x86_64"),
    };
    let input = ec2::DescribeImagesRequest {
        filters: Some(vec![filter("name", image), filter("architecture", architecture)]),
        ..Default::default()
    };
    let images = cloud.call_now::<ec2::DescribeImages>(&input).unwrap().images.unwrap();
    let input = ec2::RunInstancesRequest {
        image_id: images[0].image_id.clone(),
        instance_type: Some(name.to_owned()),
        min_count: count,
        max_count: count,
        placement: Some(ec2::Placement {
            tenancy: Some("host".to_owned()),
            availability_zone: Some(zone_of(name).to_owned()),
            host_id: host.map(str::to_owned),
            affinity: affinity.map(str::to_owned),
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = cloud.call_now::<ec2::RunInstances>(&input).unwrap();
    answer.instances.unwrap().iter().map(|one| one.instance_id.clone().unwrap()).collect()
}

pub fn stop(cloud: &InProcess<'_>, ids: &[String]) {
    let input = ec2::StopInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() };
    cloud.call_now::<ec2::StopInstances>(&input).unwrap();
    later(cloud.world, 60);
}

pub fn fail(cloud: &InProcess<'_>, host: &str) {
    let failed = cloud.world.within(scope(), |ctx| ironbird_ec2::host::fail(ctx, host)).unwrap();
    assert!(failed, "{host} was not available");
}
