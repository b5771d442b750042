//! Dedicated Hosts through the API, on the clock.

use ironbird_api::ec2;
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Timestamp, World, metering};
use serde_json::json;

use crate::instance::tests::{image, image_of};
use crate::testing::{call, code, scope, world, world_with};

const ZONE: &str = "us-east-1a";

fn realistic() -> World {
    world_with(Settings { transitions: Transitions::Realistic, ..Settings::default() })
}

fn allocate(world: &World, input: ec2::AllocateHostsRequest) -> String {
    let input = ec2::AllocateHostsRequest { availability_zone: Some(ZONE.to_owned()), ..input };
    call::<ec2::AllocateHosts>(world, &input).unwrap().host_ids.unwrap().remove(0)
}

fn of_type(name: &str) -> ec2::AllocateHostsRequest {
    ec2::AllocateHostsRequest { instance_type: Some(name.to_owned()), ..Default::default() }
}

fn of_family(name: &str) -> ec2::AllocateHostsRequest {
    ec2::AllocateHostsRequest { instance_family: Some(name.to_owned()), ..Default::default() }
}

fn show(world: &World, id: &str) -> ec2::Host {
    let input = ec2::DescribeHostsRequest { host_ids: Some(vec![id.to_owned()]), ..Default::default() };
    call::<ec2::DescribeHosts>(world, &input).unwrap().hosts.unwrap().remove(0)
}

fn state(world: &World, id: &str) -> String {
    show(world, id).state.unwrap()
}

/// Available and total instances of a type.
fn room(world: &World, id: &str, name: &str) -> (i32, i32) {
    let capacity = show(world, id).available_capacity.unwrap().available_instance_capacity.unwrap();
    let found = capacity.iter().find(|it| it.instance_type.as_deref() == Some(name)).unwrap();
    (found.available_capacity.unwrap(), found.total_capacity.unwrap())
}

fn on_host(world: &World, name: &str, count: i32, host: Option<&str>) -> ec2::RunInstancesRequest {
    ec2::RunInstancesRequest {
        image_id: Some(image(world)),
        instance_type: Some(name.to_owned()),
        min_count: count,
        max_count: count,
        placement: Some(ec2::Placement {
            tenancy: Some("host".to_owned()),
            host_id: host.map(str::to_owned),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn run(world: &World, input: &ec2::RunInstancesRequest) -> Vec<String> {
    let answer = call::<ec2::RunInstances>(world, input).unwrap();
    answer.instances.unwrap().into_iter().map(|it| it.instance_id.clone().unwrap()).collect()
}

fn instance(world: &World, id: &str) -> ec2::Instance {
    let input =
        ec2::DescribeInstancesRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let answer = call::<ec2::DescribeInstances>(world, &input).unwrap();
    answer.reservations.unwrap().remove(0).instances.unwrap().remove(0).into_inner()
}

fn status(world: &World, id: &str) -> String {
    let input =
        ec2::DescribeInstanceStatusRequest { instance_ids: Some(vec![id.to_owned()]), ..Default::default() };
    let answer = call::<ec2::DescribeInstanceStatus>(world, &input).unwrap();
    answer.instance_statuses.unwrap()[0].system_status.as_ref().unwrap().status.clone().unwrap()
}

fn host_of(world: &World, id: &str) -> Option<String> {
    instance(world, id).placement.unwrap().host_id
}

fn stop(world: &World, id: &str) {
    let input = ec2::StopInstancesRequest { instance_ids: vec![id.to_owned()], ..Default::default() };
    call::<ec2::StopInstances>(world, &input).unwrap();
}

fn start(world: &World, id: &str) {
    let input = ec2::StartInstancesRequest { instance_ids: vec![id.to_owned()], ..Default::default() };
    call::<ec2::StartInstances>(world, &input).unwrap();
}

fn terminate(world: &World, ids: &[String]) {
    let input = ec2::TerminateInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() };
    call::<ec2::TerminateInstances>(world, &input).unwrap();
}

fn release(world: &World, id: &str) -> Result<(), String> {
    let input = ec2::ReleaseHostsRequest { host_ids: vec![id.to_owned()] };
    let answer = call::<ec2::ReleaseHosts>(world, &input).unwrap();
    match answer.unsuccessful.unwrap().first() {
        Some(item) => Err(item.error.as_ref().unwrap().code.clone().unwrap()),
        None => Ok(()),
    }
}

fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

fn fail(world: &World, id: &str) {
    world.within(scope(), |ctx| ctx.pull("ec2.fail-host", &json!({ "host": id }))).unwrap();
}

#[test]
fn a_host_takes_as_many_as_fit() {
    let world = world();
    let host = allocate(&world, of_type("m6i.xlarge"));
    let properties = show(&world, &host).host_properties.unwrap();
    assert_eq!((properties.sockets, properties.cores), (Some(2), Some(64)));
    assert_eq!(properties.total_vcpus, Some(128));
    assert_eq!(room(&world, &host, "m6i.xlarge"), (32, 32));
    run(&world, &on_host(&world, "m6i.xlarge", 32, Some(&host)));
    assert_eq!(room(&world, &host, "m6i.xlarge"), (0, 32));
    let one_more = on_host(&world, "m6i.xlarge", 1, Some(&host));
    assert_eq!(code::<ec2::RunInstances>(&world, &one_more), "InsufficientCapacityOnHost");
    let other = on_host(&world, "m6i.large", 1, Some(&host));
    assert_eq!(code::<ec2::RunInstances>(&world, &other), "UnsupportedInstanceTypeOnHost");
    let nowhere = on_host(&world, "c6i.large", 1, None);
    assert_eq!(code::<ec2::RunInstances>(&world, &nowhere), "UnavailableHostRequirements");
}

#[test]
fn sizes_share_a_host_of_a_family() {
    let world = world();
    let host = allocate(&world, of_family("m5"));
    assert_eq!(room(&world, &host, "m5.large"), (48, 48));
    assert_eq!(room(&world, &host, "m5.16xlarge"), (1, 1));
    // A third of one socket; the other is whole, so that nothing larger than a socket fits any more.
    run(&world, &on_host(&world, "m5.4xlarge", 1, None));
    assert_eq!(room(&world, &host, "m5.4xlarge"), (5, 6));
    assert_eq!(room(&world, &host, "m5.8xlarge"), (2, 2));
    assert_eq!(room(&world, &host, "m5.12xlarge"), (1, 2));
    assert_eq!(room(&world, &host, "m5.16xlarge"), (0, 1));
    let vcpus = show(&world, &host).available_capacity.unwrap().available_vcpus;
    assert_eq!(vcpus, Some(96 - 16));
    let too_large = on_host(&world, "m5.24xlarge", 1, None);
    assert_eq!(code::<ec2::RunInstances>(&world, &too_large), "InsufficientCapacityOnHost");
}

#[test]
fn auto_placement_decides_who_may_come_without_being_asked() {
    let world = world();
    let closed = ec2::AllocateHostsRequest { auto_placement: Some("off".to_owned()), ..of_type("m5.large") };
    let host = allocate(&world, closed);
    let input = on_host(&world, "m5.large", 1, None);
    assert_eq!(code::<ec2::RunInstances>(&world, &input), "UnavailableHostRequirements");
    let modify = ec2::ModifyHostsRequest {
        host_ids: vec![host.clone()],
        auto_placement: Some("on".to_owned()),
        host_recovery: Some("on".to_owned()),
        ..Default::default()
    };
    let answer = call::<ec2::ModifyHosts>(&world, &modify).unwrap();
    assert_eq!(answer.successful.unwrap(), std::slice::from_ref(&host));
    let ids = run(&world, &input);
    assert_eq!(host_of(&world, &ids[0]), Some(host.clone()));
    let shown = show(&world, &host);
    assert_eq!(shown.host_recovery.as_deref(), Some("on"));
    assert_eq!(shown.instances.unwrap()[0].instance_id.as_deref(), Some(ids[0].as_str()));
}

#[test]
fn only_an_empty_host_is_released() {
    let world = world();
    let host = allocate(&world, of_type("m5.large"));
    let ids = run(&world, &on_host(&world, "m5.large", 1, None));
    assert_eq!(release(&world, &host), Err("Client.InvalidHost.Occupied".to_owned()));
    terminate(&world, &ids);
    assert_eq!(release(&world, &host), Ok(()));
    assert_eq!(state(&world, &host), "released");
    assert!(show(&world, &host).release_time.is_some());
    assert_eq!(release(&world, &host), Err("Client.InvalidHostState".to_owned()));
    assert_eq!(release(&world, "h-0123456789abcdef0"), Err("Client.InvalidHostID.NotFound".to_owned()));
    later(&world, 3601);
    let gone = ec2::DescribeHostsRequest { host_ids: Some(vec![host]), ..Default::default() };
    assert_eq!(code::<ec2::DescribeHosts>(&world, &gone), "InvalidHostID.NotFound");
}

#[test]
fn servers_run_out() {
    let world = world();
    let pool = PoolId { region: scope().region, zone: ZONE, instance_type: "m5", tenancy: Tenancy::Host };
    world.within(scope(), |ctx| capacity::set_free(ctx, pool, 1, None)).unwrap();
    let two = ec2::AllocateHostsRequest {
        availability_zone: Some(ZONE.to_owned()),
        quantity: Some(2),
        ..of_type("m5.large")
    };
    assert_eq!(code::<ec2::AllocateHosts>(&world, &two), "InsufficientHostCapacity");
    let host = allocate(&world, of_type("m5.xlarge"));
    let one = ec2::AllocateHostsRequest { quantity: Some(1), ..two };
    assert_eq!(code::<ec2::AllocateHosts>(&world, &one), "InsufficientHostCapacity");
    assert_eq!(release(&world, &host), Ok(()));
    assert!(call::<ec2::AllocateHosts>(&world, &one).is_ok());
}

#[test]
fn a_stopped_instance_moves_to_another_host() {
    let world = world();
    let first = allocate(&world, of_type("m5.large"));
    let second = allocate(
        &world,
        ec2::AllocateHostsRequest { auto_placement: Some("off".to_owned()), ..of_type("m5.large") },
    );
    let id = run(&world, &on_host(&world, "m5.large", 1, None)).remove(0);
    let place = |affinity: &str| ec2::ModifyInstancePlacementRequest {
        instance_id: id.clone(),
        host_id: Some(second.clone()),
        affinity: Some(affinity.to_owned()),
        ..Default::default()
    };
    assert_eq!(code::<ec2::ModifyInstancePlacement>(&world, &place("host")), "IncorrectInstanceState");
    stop(&world, &id);
    call::<ec2::ModifyInstancePlacement>(&world, &place("host")).unwrap();
    start(&world, &id);
    assert_eq!(host_of(&world, &id), Some(second.clone()));
    assert_eq!(instance(&world, &id).placement.unwrap().affinity.as_deref(), Some("host"));
    // Bound to its host, it comes back there; the other stays empty.
    stop(&world, &id);
    start(&world, &id);
    assert_eq!(host_of(&world, &id), Some(second));
    assert!(show(&world, &first).instances.unwrap().is_empty());
    let nothing = ec2::ModifyInstancePlacementRequest { instance_id: id, ..Default::default() };
    assert_eq!(code::<ec2::ModifyInstancePlacement>(&world, &nothing), "InvalidParameterCombination");
}

#[test]
fn a_failed_host_is_replaced_and_its_instances_go_on() {
    let world = realistic();
    let recovering =
        ec2::AllocateHostsRequest { host_recovery: Some("on".to_owned()), ..of_type("m6i.xlarge") };
    let host = allocate(&world, recovering);
    let ids = run(&world, &on_host(&world, "m6i.xlarge", 3, Some(&host)));
    later(&world, 600);
    let before = instance(&world, &ids[0]);
    fail(&world, &host);
    assert_eq!(state(&world, &host), "under-assessment");
    assert_eq!(status(&world, &ids[0]), "impaired");
    let hosts = |world: &World| {
        let answer = call::<ec2::DescribeHosts>(world, &Default::default()).unwrap();
        answer
            .hosts
            .unwrap()
            .into_iter()
            .map(|it| (it.host_id.unwrap(), it.state.unwrap()))
            .collect::<Vec<_>>()
    };
    while hosts(&world).len() < 2 {
        later(&world, 1);
    }
    let (new, at_first) = hosts(&world).into_iter().find(|(id, _)| *id != host).unwrap();
    assert_eq!(at_first, "pending");
    assert_eq!(status(&world, &ids[0]), "impaired");
    later(&world, 181);
    assert_eq!(state(&world, &new), "available");
    assert_eq!(state(&world, &host), "released-permanent-failure");
    let after = instance(&world, &ids[0]);
    assert_eq!(host_of(&world, &ids[0]), Some(new.clone()));
    assert_eq!(after.private_ip_address, before.private_ip_address);
    assert_eq!(after.public_ip_address, before.public_ip_address);
    assert!(after.block_device_mappings == before.block_device_mappings);
    assert_eq!(after.state.unwrap().name.as_deref(), Some("running"));
    assert_eq!(room(&world, &new, "m6i.xlarge"), (29, 32));
    later(&world, 300);
    assert_eq!(status(&world, &ids[0]), "ok");
}

#[test]
fn a_stopped_instance_is_not_recovered_and_must_be_aimed_elsewhere() {
    let world = realistic();
    let recovering =
        ec2::AllocateHostsRequest { host_recovery: Some("on".to_owned()), ..of_type("m6i.xlarge") };
    let host = allocate(&world, recovering);
    let mut bound = on_host(&world, "m6i.xlarge", 2, Some(&host));
    bound.placement.as_mut().unwrap().affinity = Some("host".to_owned());
    let ids = run(&world, &bound);
    later(&world, 600);
    stop(&world, &ids[0]);
    later(&world, 60);
    fail(&world, &host);
    later(&world, 600);
    let recovered = host_of(&world, &ids[1]).unwrap();
    assert_ne!(recovered, host);
    assert_eq!(host_of(&world, &ids[0]), Some(host));
    let input = ec2::StartInstancesRequest { instance_ids: vec![ids[0].clone()], ..Default::default() };
    assert_eq!(code::<ec2::StartInstances>(&world, &input), "InvalidHostState");
    let aim = ec2::ModifyInstancePlacementRequest {
        instance_id: ids[0].clone(),
        host_id: Some(recovered.clone()),
        ..Default::default()
    };
    call::<ec2::ModifyInstancePlacement>(&world, &aim).unwrap();
    start(&world, &ids[0]);
    later(&world, 60);
    assert_eq!(host_of(&world, &ids[0]), Some(recovered.clone()));
    // What recovered is bound to the new host from then on.
    stop(&world, &ids[1]);
    later(&world, 60);
    assert_eq!(host_of(&world, &ids[1]), Some(recovered));
}

#[test]
fn a_mac_recovers_too() {
    let world = realistic();
    let recovering =
        ec2::AllocateHostsRequest { host_recovery: Some("on".to_owned()), ..of_type("mac2.metal") };
    let host = allocate(&world, recovering);
    let input = ec2::RunInstancesRequest {
        image_id: Some(image_of(&world, "arm64_mac")),
        ..on_host(&world, "mac2.metal", 1, Some(&host))
    };
    let id = run(&world, &input).remove(0);
    later(&world, 600);
    fail(&world, &host);
    later(&world, 600);
    assert_eq!(state(&world, &host), "released-permanent-failure");
    assert_ne!(host_of(&world, &id), Some(host));
}

#[test]
fn without_recovery_a_failure_is_permanent() {
    let world = realistic();
    let on = || Some("on".to_owned());
    // One does not recover, one cannot: its instances have volumes of the host.
    let plain = allocate(&world, of_type("m5.large"));
    let local = allocate(&world, ec2::AllocateHostsRequest { host_recovery: on(), ..of_type("m5d.large") });
    for (host, name) in [(&plain, "m5.large"), (&local, "m5d.large")] {
        let id = run(&world, &on_host(&world, name, 1, Some(host))).remove(0);
        later(&world, 60);
        fail(&world, host);
        later(&world, 301);
        assert_eq!(state(&world, host), "permanent-failure", "{name}");
        assert_eq!(status(&world, &id), "impaired", "{name}");
        let more = on_host(&world, name, 1, Some(host));
        assert_eq!(code::<ec2::RunInstances>(&world, &more), "InvalidHostState");
        terminate(&world, &[id]);
        later(&world, 60);
        assert_eq!(release(&world, host), Ok(()), "{name}");
    }
}

#[test]
fn a_mac_is_kept_for_a_day_and_scrubbed() {
    let world = realistic();
    let host = allocate(&world, of_type("mac2.metal"));
    assert_eq!(release(&world, &host), Err("Client.HostMinAllocationPeriodUnexpired".to_owned()));
    let input = ec2::RunInstancesRequest {
        image_id: Some(image_of(&world, "arm64_mac")),
        ..on_host(&world, "mac2.metal", 1, Some(&host))
    };
    let ids = run(&world, &input);
    let macs = call::<ec2::DescribeMacHosts>(&world, &Default::default()).unwrap().mac_hosts.unwrap();
    assert_eq!(macs[0].host_id.as_deref(), Some(host.as_str()));
    later(&world, 60);
    terminate(&world, &ids);
    later(&world, 60);
    assert_eq!(state(&world, &host), "pending");
    assert_eq!(code::<ec2::RunInstances>(&world, &input), "InvalidHostState");
    later(&world, 110 * 60);
    assert_eq!(state(&world, &host), "available");
    later(&world, 24 * 3600);
    assert_eq!(release(&world, &host), Ok(()));
}

#[test]
fn the_host_is_paid_for_and_not_what_runs_on_it() {
    let world = world();
    let start = world.clock().now();
    let host = allocate(&world, of_family("c5"));
    let ids = run(&world, &on_host(&world, "c5.large", 2, Some(&host)));
    later(&world, 3600);
    terminate(&world, &ids);
    assert_eq!(release(&world, &host), Ok(()));
    later(&world, 3600);
    let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, start, ctx.now()))).unwrap();
    let cost =
        |usage_type: &str| lines.iter().find(|line| line.usage_type == usage_type).and_then(|line| line.cost);
    assert_eq!(cost("HostUsage:c5"), Some(3_366_000_000));
    assert_eq!(cost("HostBoxUsage:c5.large"), Some(0));
    assert_eq!(cost("BoxUsage:c5.large"), None);
}

#[test]
fn nonsense_is_refused() {
    let world = world();
    let refused = |input: ec2::AllocateHostsRequest| {
        let input = ec2::AllocateHostsRequest { availability_zone: Some(ZONE.to_owned()), ..input };
        code::<ec2::AllocateHosts>(&world, &input)
    };
    assert_eq!(refused(Default::default()), "MissingParameter");
    assert_eq!(refused(of_type("m5.tiny")), "InvalidParameterValue");
    assert_eq!(refused(of_family("zz9")), "InvalidParameterValue");
    assert_eq!(refused(of_family("m6i")), "InvalidParameterValue");
    assert_eq!(
        refused(ec2::AllocateHostsRequest { quantity: Some(0), ..of_type("m5.large") }),
        "InvalidParameterValue"
    );
    assert_eq!(
        refused(ec2::AllocateHostsRequest { host_recovery: Some("maybe".to_owned()), ..of_type("m5.large") }),
        "InvalidParameterValue"
    );
    let no_zone = of_type("m5.large");
    assert_eq!(code::<ec2::AllocateHosts>(&world, &no_zone), "MissingParameter");
    let mut placed = on_host(&world, "m5.large", 1, Some("h-0123456789abcdef0"));
    assert_eq!(code::<ec2::RunInstances>(&world, &placed), "InvalidHostID.NotFound");
    placed.placement.as_mut().unwrap().tenancy = Some("dedicated".to_owned());
    assert_eq!(code::<ec2::RunInstances>(&world, &placed), "InvalidParameterCombination");
}
