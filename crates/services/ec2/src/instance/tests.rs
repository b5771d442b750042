//! Instances through the API, on a world of their own.

use ironbird_api::{Shared, ec2};
use ironbird_rig::capacity::{self, PoolId, Tenancy};
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Principal, Timestamp, World, metering};

use super::{Failure, fail};
use crate::testing::{call, code, scope, world, world_with};

/// An image for x86_64.
pub(crate) fn image(world: &World) -> String {
    image_of(world, "x86_64")
}

/// An image of Amazon Linux for an architecture.
pub(crate) fn image_of(world: &World, architecture: &str) -> String {
    let filter = |name: &str, value: &str| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
    let input = ec2::DescribeImagesRequest {
        filters: Some(vec![filter("architecture", architecture), filter("platform-details", "Linux/UNIX")]),
        ..Default::default()
    };
    let images = call::<ec2::DescribeImages>(world, &input).unwrap().images.unwrap();
    images[0].image_id.clone().unwrap()
}

fn request(world: &World, instance_type: &str, least: i32, most: i32) -> ec2::RunInstancesRequest {
    ec2::RunInstancesRequest {
        image_id: Some(image(world)),
        instance_type: Some(instance_type.to_owned()),
        min_count: least,
        max_count: most,
        ..Default::default()
    }
}

fn in_zone(zone: &str) -> Option<ec2::Placement> {
    Some(ec2::Placement { availability_zone: Some(zone.to_owned()), ..Default::default() })
}

fn pool<'a>(zone: &'a str, instance_type: &'a str) -> PoolId<'a> {
    PoolId { region: scope().region, zone, instance_type, tenancy: Tenancy::Default }
}

/// Leaves so many slots free in a pool.
pub(crate) fn set_free(world: &World, zone: &str, instance_type: &str, free: u64) {
    world.within(scope(), |ctx| capacity::set_free(ctx, pool(zone, instance_type), free, None)).unwrap();
}

/// Slots free in a pool.
pub(crate) fn free(world: &World, zone: &str, instance_type: &str) -> u64 {
    world.look(scope(), |ctx| Ok(capacity::pool(ctx, pool(zone, instance_type)).free())).unwrap()
}

fn ids(reservation: &ec2::Reservation) -> Vec<String> {
    let instances = reservation.instances.as_deref().unwrap();
    instances.iter().map(|instance| instance.instance_id.clone().unwrap()).collect()
}

fn all(world: &World) -> Vec<Shared<ec2::Instance>> {
    let answer = call::<ec2::DescribeInstances>(world, &Default::default()).unwrap();
    answer.reservations.unwrap().into_iter().flat_map(|it| it.instances.unwrap()).collect()
}

fn states(world: &World) -> Vec<String> {
    all(world).into_iter().map(|instance| instance.state.clone().unwrap().name.unwrap()).collect()
}

#[test]
fn answers_say_the_state_of_passage() {
    let world = world();
    let answer = call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 1, 1)).unwrap();
    let state = |instance: &ec2::Instance| instance.state.as_ref().unwrap().name.clone().unwrap();
    assert_eq!(state(&answer.instances.as_ref().unwrap()[0]), "pending");
    assert_eq!(states(&world), ["running"]);
    let answer = call::<ec2::TerminateInstances>(&world, &terminate(&ids(&answer))).unwrap();
    let change = &answer.terminating_instances.unwrap()[0];
    assert_eq!(change.current_state.as_ref().unwrap().name.as_deref(), Some("shutting-down"));
    assert_eq!(states(&world), ["terminated"]);
}

#[test]
fn protection_from_termination_does_not_hold_a_group_back() {
    let world = world();
    let protected =
        ec2::RunInstancesRequest { disable_api_termination: Some(true), ..request(&world, "m5.large", 1, 1) };
    let protected = ids(&call::<ec2::RunInstances>(&world, &protected).unwrap());
    assert_eq!(code::<ec2::TerminateInstances>(&world, &terminate(&protected)), "OperationNotPermitted");
    let group = Principal::Service { account: scope().account, name: "autoscaling.amazonaws.com".to_owned() };
    world.call::<ec2::TerminateInstances>(scope(), group, &terminate(&protected)).unwrap();
    assert_eq!(states(&world), ["terminated"]);
}

fn realistic() -> World {
    world_with(Settings { transitions: Transitions::Realistic, ..Settings::default() })
}

fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

fn terminate(ids: &[String]) -> ec2::TerminateInstancesRequest {
    ec2::TerminateInstancesRequest { instance_ids: ids.to_vec(), ..Default::default() }
}

#[test]
fn a_life_on_the_clock() {
    let world = realistic();
    let reservation = call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 2, 2)).unwrap();
    let ids = ids(&reservation);
    assert_eq!(states(&world), ["pending", "pending"]);
    later(&world, 4);
    assert_eq!(states(&world), ["pending", "pending"]);
    later(&world, 16);
    assert_eq!(states(&world), ["running", "running"]);
    let statuses = |world: &World| {
        let answer = call::<ec2::DescribeInstanceStatus>(world, &Default::default()).unwrap();
        let statuses = answer.instance_statuses.unwrap().into_iter();
        statuses.map(|status| status.instance_status.unwrap().status.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&world), ["initializing", "initializing"]);
    later(&world, 240);
    assert_eq!(statuses(&world), ["ok", "ok"]);
    let stop = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    let changes = call::<ec2::StopInstances>(&world, &stop).unwrap().stopping_instances.unwrap();
    assert_eq!(changes[0].previous_state.as_ref().unwrap().name.as_deref(), Some("running"));
    assert_eq!(changes[0].current_state.as_ref().unwrap().code, Some(64));
    later(&world, 60);
    assert_eq!(states(&world), ["stopped", "stopped"]);
    assert!(statuses(&world).is_empty());
    let start = ec2::StartInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    call::<ec2::StartInstances>(&world, &start).unwrap();
    later(&world, 60);
    assert_eq!(states(&world), ["running", "running"]);
    call::<ec2::TerminateInstances>(&world, &terminate(&ids)).unwrap();
    assert_eq!(states(&world), ["shutting-down", "shutting-down"]);
    later(&world, 60);
    assert_eq!(states(&world), ["terminated", "terminated"]);
    assert_eq!(all(&world)[0].private_ip_address, None);
    later(&world, 3_600);
    assert!(all(&world).is_empty());
    world
        .look(scope(), |ctx| {
            assert_eq!(ctx.count::<super::record::Launches>(), 0);
            assert_eq!(ctx.count::<crate::volume::Volumes>(), 0);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_dry_pool_answers_as_aws_and_names_where_there_is_room() {
    let world = world();
    let image = image(&world);
    for zone in ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"] {
        set_free(&world, zone, "m5.large", 0);
    }
    set_free(&world, "us-east-1c", "m5.large", 5);
    let narrow = ec2::RunInstancesRequest {
        image_id: Some(image),
        placement: in_zone("us-east-1a"),
        ..request(&world, "m5.large", 1, 1)
    };
    let error = call::<ec2::RunInstances>(&world, &narrow).err().unwrap();
    assert_eq!((error.code(), error.status()), ("InsufficientInstanceCapacity", 500));
    assert_eq!(
        error.message(),
        "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-east-1a). \
         Our system will be working on provisioning additional capacity. You can currently get m5.large capacity by \
         not specifying an Availability Zone in your request or choosing us-east-1c."
    );
    let wide = call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 1, 3)).unwrap();
    let placement = wide.instances.as_ref().unwrap()[0].placement.clone().unwrap();
    assert_eq!(placement.availability_zone.as_deref(), Some("us-east-1c"));
    assert_eq!(ids(&wide).len(), 3);
    // Two are left: at least two and at most nine gives two, at least three gives none.
    assert_eq!(
        code::<ec2::RunInstances>(&world, &request(&world, "m5.large", 3, 9)),
        "InsufficientInstanceCapacity"
    );
    let rest = call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 2, 9)).unwrap();
    assert_eq!(ids(&rest).len(), 2);
    call::<ec2::TerminateInstances>(&world, &terminate(&ids(&wide))).unwrap();
    assert_eq!(free(&world, "us-east-1c", "m5.large"), 3);
}

#[test]
fn a_stopped_instance_may_find_its_pool_dry() {
    let world = world();
    let input =
        ec2::RunInstancesRequest { placement: in_zone("us-east-1a"), ..request(&world, "m5.large", 1, 1) };
    let ids = ids(&call::<ec2::RunInstances>(&world, &input).unwrap());
    let before = free(&world, "us-east-1a", "m5.large");
    let stop = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    call::<ec2::StopInstances>(&world, &stop).unwrap();
    assert_eq!(free(&world, "us-east-1a", "m5.large"), before + 1);
    set_free(&world, "us-east-1a", "m5.large", 0);
    let start = ec2::StartInstancesRequest { instance_ids: ids, ..Default::default() };
    assert_eq!(code::<ec2::StartInstances>(&world, &start), "InsufficientInstanceCapacity");
    assert_eq!(states(&world), ["stopped"]);
}

#[test]
fn a_client_token_makes_a_request_happen_once() {
    let world = world();
    let token = Some("7f5b".to_owned());
    let input = ec2::RunInstancesRequest { client_token: token, ..request(&world, "m5.large", 1, 1) };
    let first = call::<ec2::RunInstances>(&world, &input).unwrap();
    let second = call::<ec2::RunInstances>(&world, &input).unwrap();
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(first.reservation_id, second.reservation_id);
    let other = ec2::RunInstancesRequest { max_count: 2, ..input.clone() };
    assert_eq!(code::<ec2::RunInstances>(&world, &other), "IdempotentParameterMismatch");
    let other = ec2::RunInstancesRequest { user_data: Some("aGk=".to_owned()), ..input.clone() };
    assert_eq!(code::<ec2::RunInstances>(&world, &other), "IdempotentParameterMismatch");
    call::<ec2::TerminateInstances>(&world, &terminate(&ids(&first))).unwrap();
    assert_eq!(code::<ec2::RunInstances>(&world, &input), "IdempotentInstanceTerminated");
}

#[test]
fn what_cannot_be_launched_is_refused() {
    let world = world();
    let base = request(&world, "m5.large", 1, 1);
    let with = |change: &dyn Fn(&mut ec2::RunInstancesRequest)| {
        let mut input = base.clone();
        change(&mut input);
        code::<ec2::RunInstances>(&world, &input)
    };
    assert_eq!(with(&|input| input.min_count = 0), "InvalidParameterValue");
    assert_eq!(with(&|input| input.min_count = 2), "InvalidParameterValue");
    assert_eq!(with(&|input| input.dry_run = Some(true)), "DryRunOperation");
    assert_eq!(with(&|input| input.image_id = None), "MissingParameter");
    assert_eq!(
        with(&|input| input.image_id = Some("ami-0123456789abcdef0".to_owned())),
        "InvalidAMIID.NotFound"
    );
    assert_eq!(with(&|input| input.instance_type = Some("m5.huge".to_owned())), "InvalidParameterValue");
    assert_eq!(with(&|input| input.instance_type = Some("m6g.large".to_owned())), "InvalidParameterValue");
    assert_eq!(with(&|input| input.key_name = Some("nobody's".to_owned())), "InvalidKeyPair.NotFound");
    assert_eq!(with(&|input| input.user_data = Some("?".to_owned())), "InvalidUserData.Malformed");
    assert_eq!(
        with(&|input| input.subnet_id = Some("subnet-0123456789abcdef0".to_owned())),
        "InvalidSubnetID.NotFound"
    );
    assert_eq!(with(&|input| input.kernel_id = Some("aki-1".to_owned())), "UnsupportedOperation");
    assert!(all(&world).is_empty());
}

#[test]
fn a_type_that_a_zone_does_not_offer_is_unsupported_there() {
    let world = world();
    let input =
        ec2::RunInstancesRequest { placement: in_zone("us-east-1e"), ..request(&world, "m7i.large", 1, 1) };
    let error = call::<ec2::RunInstances>(&world, &input).err().unwrap();
    assert_eq!(error.code(), "Unsupported");
    assert!(error.message().starts_with(
        "Your requested instance type (m7i.large) is not supported in your requested Availability Zone (us-east-1e). \
         Please retry your request by not specifying an Availability Zone or choosing us-east-1a"
    ), "{}", error.message());
}

#[test]
fn what_was_asked_for_is_shown() {
    let world = world();
    let tag = |key: &str| ec2::Tag { key: Some(key.to_owned()), value: Some("v".to_owned()) };
    let tags = |kind: &str| ec2::TagSpecification {
        resource_type: Some(kind.to_owned()),
        tags: Some(vec![tag(kind)]),
    };
    let volume = ec2::EbsBlockDevice { volume_size: Some(100), ..Default::default() };
    let input = ec2::RunInstancesRequest {
        tag_specifications: Some(vec![tags("instance"), tags("volume"), tags("network-interface")]),
        block_device_mappings: Some(vec![ec2::BlockDeviceMapping {
            device_name: Some("/dev/sdf".to_owned()),
            ebs: Some(volume),
            ..Default::default()
        }]),
        placement: Some(ec2::Placement { tenancy: Some("dedicated".to_owned()), ..Default::default() }),
        user_data: Some("aGk=".to_owned()),
        ..request(&world, "m5.large", 1, 1)
    };
    let reservation = call::<ec2::RunInstances>(&world, &input).unwrap();
    let shown = &reservation.instances.as_ref().unwrap()[0];
    assert_eq!(shown.placement.as_ref().unwrap().tenancy.as_deref(), Some("dedicated"));
    assert_eq!(shown.tags.as_ref().unwrap()[0].key.as_deref(), Some("instance"));
    assert_eq!(shown.block_device_mappings.as_ref().unwrap().len(), 2);
    let interface = &shown.network_interfaces.as_ref().unwrap()[0];
    assert_eq!(interface.private_ip_address, shown.private_ip_address);
    assert!(shown.public_ip_address.is_some());
    let volumes = call::<ec2::DescribeVolumes>(&world, &Default::default()).unwrap().volumes.unwrap();
    assert_eq!(volumes.len(), 2);
    assert!(volumes.iter().any(|volume| volume.size == Some(100)));
    assert!(volumes.iter().all(|volume| volume.tags.as_ref().unwrap()[0].key.as_deref() == Some("volume")));
    let attribute = ec2::DescribeInstanceAttributeRequest {
        instance_id: shown.instance_id.clone().unwrap(),
        attribute: "userData".to_owned(),
        ..Default::default()
    };
    let found = call::<ec2::DescribeInstanceAttribute>(&world, &attribute).unwrap();
    assert_eq!(found.user_data.unwrap().value.as_deref(), Some("aGk="));
}

#[test]
fn ids_filters_and_pages() {
    let world = world();
    call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 7, 7)).unwrap();
    let few = call::<ec2::RunInstances>(&world, &request(&world, "c5.large", 2, 2)).unwrap();
    let describe = |input: &ec2::DescribeInstancesRequest| call::<ec2::DescribeInstances>(&world, input);
    let mut seen = Vec::new();
    let mut token = None;
    loop {
        let input =
            ec2::DescribeInstancesRequest { max_results: Some(5), next_token: token, ..Default::default() };
        let answer = describe(&input).unwrap();
        seen.extend(answer.reservations.unwrap().iter().flat_map(ids));
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 9);
    let filter = |name: &str, value: &str| ec2::DescribeInstancesRequest {
        filters: Some(vec![ec2::Filter {
            name: Some(name.to_owned()),
            values: Some(vec![value.to_owned()]),
        }]),
        ..Default::default()
    };
    let count = |input: &ec2::DescribeInstancesRequest| {
        describe(input).unwrap().reservations.unwrap().iter().map(|it| ids(it).len()).sum::<usize>()
    };
    assert_eq!(count(&filter("instance-type", "c5.*")), 2);
    assert_eq!(count(&filter("instance-state-name", "stopped")), 0);
    assert_eq!(count(&filter("network-interface.subnet-id", "subnet-*")), 9);
    assert_eq!(count(&filter("metadata-options.http-tokens", "required")), 9);
    let named = ec2::DescribeInstancesRequest { instance_ids: Some(ids(&few)), ..Default::default() };
    assert_eq!(describe(&named).unwrap().reservations.unwrap().len(), 1);
    let both = ec2::DescribeInstancesRequest { max_results: Some(5), ..named };
    assert_eq!(code::<ec2::DescribeInstances>(&world, &both), "InvalidParameterCombination");
    let ids = |ids: &[&str]| ec2::DescribeInstancesRequest {
        instance_ids: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        ..Default::default()
    };
    let (one, two) = ("i-00000000000000001", "i-00000000000000002");
    let error = describe(&ids(&[one, two])).err().unwrap();
    assert_eq!(error.code(), "InvalidInstanceID.NotFound");
    assert_eq!(error.message(), format!("The instance IDs '{one}, {two}' do not exist"));
    assert_eq!(code::<ec2::DescribeInstances>(&world, &ids(&["i-x"])), "InvalidInstanceID.Malformed");
}

#[test]
fn protected_and_wrongly_asked_instances_stay_as_they_are() {
    let world = world();
    let input =
        ec2::RunInstancesRequest { disable_api_termination: Some(true), ..request(&world, "m5.large", 1, 1) };
    let ids = ids(&call::<ec2::RunInstances>(&world, &input).unwrap());
    assert_eq!(code::<ec2::TerminateInstances>(&world, &terminate(&ids)), "OperationNotPermitted");
    let modify = |change: &dyn Fn(&mut ec2::ModifyInstanceAttributeRequest)| {
        let mut input =
            ec2::ModifyInstanceAttributeRequest { instance_id: ids[0].clone(), ..Default::default() };
        change(&mut input);
        input
    };
    let retype = modify(&|input| {
        input.instance_type = Some(ec2::AttributeValue { value: Some("c5.xlarge".to_owned()) });
    });
    assert_eq!(code::<ec2::ModifyInstanceAttribute>(&world, &retype), "IncorrectInstanceState");
    let stop = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    call::<ec2::StopInstances>(&world, &stop).unwrap();
    call::<ec2::ModifyInstanceAttribute>(&world, &retype).unwrap();
    assert_eq!(all(&world)[0].instance_type.as_deref(), Some("c5.xlarge"));
    assert_eq!(
        code::<ec2::RebootInstances>(
            &world,
            &ec2::RebootInstancesRequest { instance_ids: ids.clone(), ..Default::default() }
        ),
        "IncorrectState"
    );
    let unprotect = modify(&|input| {
        input.disable_api_termination = Some(ec2::AttributeBooleanValue { value: Some(false) });
    });
    call::<ec2::ModifyInstanceAttribute>(&world, &unprotect).unwrap();
    call::<ec2::TerminateInstances>(&world, &terminate(&ids)).unwrap();
    let start = ec2::StartInstancesRequest { instance_ids: ids, ..Default::default() };
    assert_eq!(code::<ec2::StartInstances>(&world, &start), "IncorrectInstanceState");
}

#[test]
fn what_runs_is_charged_for() {
    let world = world();
    let start = world.clock().now();
    let input =
        ec2::RunInstancesRequest { placement: in_zone("us-east-1a"), ..request(&world, "m5.large", 2, 2) };
    let ids = ids(&call::<ec2::RunInstances>(&world, &input).unwrap());
    later(&world, 3_600);
    call::<ec2::TerminateInstances>(&world, &terminate(&ids)).unwrap();
    later(&world, 3_600);
    let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, start, ctx.now()))).unwrap();
    let shown: Vec<(&str, f64)> = lines.iter().map(|line| (line.usage_type.as_str(), line.hours())).collect();
    // Two root volumes of 8 GB, and two addresses that the default subnet gives.
    let expected =
        [("BoxUsage:m5.large", 2.0), ("EBS:VolumeUsage.gp3", 16.0), ("PublicIPv4:InUseAddress", 2.0)];
    assert_eq!(shown, expected);
    assert_eq!((lines[0].cost, lines[2].cost), (Some(192_000_000), Some(10_000_000)));
}

#[test]
fn a_public_address_costs_while_the_instance_has_it() {
    let world = world();
    let start = world.clock().now();
    let ids = ids(&call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 1, 1)).unwrap());
    later(&world, 3_600);
    call::<ec2::StopInstances>(
        &world,
        &ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() },
    )
    .unwrap();
    later(&world, 7_200);
    let hours = || {
        let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, start, ctx.now()))).unwrap();
        let of_addresses = lines.iter().filter(|line| line.usage_type == "PublicIPv4:InUseAddress");
        of_addresses.map(|line| line.hours().round() as i64).sum::<i64>()
    };
    assert_eq!(hours(), 1);
    call::<ec2::StartInstances>(
        &world,
        &ec2::StartInstancesRequest { instance_ids: ids.clone(), ..Default::default() },
    )
    .unwrap();
    later(&world, 3_600);
    assert_eq!(hours(), 2);
    // An elastic address takes its place, and costs in its stead.
    let elastic = call::<ec2::AllocateAddress>(&world, &ec2::AllocateAddressRequest::default()).unwrap();
    let associate = ec2::AssociateAddressRequest {
        allocation_id: elastic.allocation_id,
        instance_id: ids.first().cloned(),
        ..Default::default()
    };
    call::<ec2::AssociateAddress>(&world, &associate).unwrap();
    later(&world, 3_600);
    assert_eq!(hours(), 3);
}

#[test]
fn spot_has_a_price_and_a_limit() {
    let world = world();
    let spot = |price: Option<&str>| ec2::RunInstancesRequest {
        instance_market_options: Some(ec2::InstanceMarketOptionsRequest {
            market_type: Some("spot".to_owned()),
            spot_options: Some(ec2::SpotMarketOptions {
                max_price: price.map(str::to_owned),
                ..Default::default()
            }),
        }),
        ..request(&world, "m5.large", 1, 1)
    };
    assert_eq!(code::<ec2::RunInstances>(&world, &spot(Some("0.0001"))), "SpotMaxPriceTooLow");
    // Terraform sends an empty price where its user gives none.
    call::<ec2::RunInstances>(&world, &spot(Some(""))).unwrap();
    let reservation = call::<ec2::RunInstances>(&world, &spot(None)).unwrap();
    let instance = &reservation.instances.as_ref().unwrap()[0];
    assert_eq!(instance.instance_lifecycle.as_deref(), Some("spot"));
    assert!(instance.spot_instance_request_id.as_ref().unwrap().starts_with("sir-"));
    let stop = ec2::StopInstancesRequest { instance_ids: ids(&reservation), ..Default::default() };
    assert_eq!(code::<ec2::StopInstances>(&world, &stop), "UnsupportedOperation");
}

#[test]
fn hosts_fail() {
    let world = world();
    let ids = ids(&call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 2, 2)).unwrap());
    let fails = |id: &str, failure| world.within(scope(), |ctx| fail(ctx, id, failure)).unwrap();
    assert!(fails(&ids[0], Failure::Impaired));
    assert!(fails(&ids[1], Failure::Terminated));
    assert!(!fails(&ids[1], Failure::Impaired));
    let answer = call::<ec2::DescribeInstanceStatus>(&world, &Default::default()).unwrap();
    let statuses = answer.instance_statuses.unwrap();
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0].instance_status.as_ref().unwrap().status.as_deref(), Some("impaired"));
}

#[test]
fn what_is_shown_follows_every_change() {
    let world = realistic();
    let mut request = request(&world, "m5.large", 2, 2);
    request.capacity_reservation_specification = None;
    let reservation = call::<ec2::RunInstances>(&world, &request).unwrap();
    let ids = ids(&reservation);
    // A copy of the world has nothing kept from before, and makes everything anew.
    let check = |what: &str| assert!(all(&world) == all(&world.fork()), "{what} is not shown");
    let tag = |resource: &str, value: &str| {
        let tag = ec2::Tag { key: Some("Name".to_owned()), value: Some(value.to_owned()) };
        let input = ec2::CreateTagsRequest {
            resources: vec![resource.to_owned()],
            tags: vec![tag],
            ..Default::default()
        };
        call::<ec2::CreateTags>(&world, &input).unwrap();
    };
    check("the launch");
    later(&world, 20);
    check("the state");
    tag(&ids[0], "first");
    check("a tag");
    tag(&ids[0], "second");
    check("a changed tag");
    let attribute = |change: fn(&mut ec2::ModifyInstanceAttributeRequest)| {
        let mut input =
            ec2::ModifyInstanceAttributeRequest { instance_id: ids[1].clone(), ..Default::default() };
        change(&mut input);
        call::<ec2::ModifyInstanceAttribute>(&world, &input).unwrap();
    };
    attribute(|input| {
        input.source_dest_check = Some(ec2::AttributeBooleanValue { value: Some(false) });
    });
    check("the source/destination check");
    let stop = ec2::StopInstancesRequest { instance_ids: ids.clone(), ..Default::default() };
    call::<ec2::StopInstances>(&world, &stop).unwrap();
    check("a stop");
    later(&world, 60);
    attribute(|input| input.instance_type = Some(ec2::AttributeValue { value: Some("c5.large".to_owned()) }));
    check("another type");
    call::<ec2::TerminateInstances>(&world, &terminate(&ids)).unwrap();
    check("a termination");
    assert_eq!(states(&world), ["terminated", "terminated"]);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = || {
        let world = realistic();
        call::<ec2::RunInstances>(&world, &request(&world, "m5.large", 20, 20)).unwrap();
        later(&world, 12);
        let shown = |instance: &Shared<ec2::Instance>| {
            let instance = ec2::Instance::clone(instance);
            (instance.instance_id, instance.private_ip_address, instance.state.unwrap().name)
        };
        all(&world).iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
