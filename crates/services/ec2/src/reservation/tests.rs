//! Reservations and their fleets through the API, on a world of their own.

use ironbird_api::ec2;
use ironbird_rig::world::{Settings, Transitions};
use ironbird_rig::{Account, Principal, Scope, Timestamp, World, metering};

use crate::instance::tests::{free, image, set_free};
use crate::testing::{call, code, scope, world, world_with};

const ZONE: &str = "us-east-1a";

fn reserve(count: i32) -> ec2::CreateCapacityReservationRequest {
    ec2::CreateCapacityReservationRequest {
        instance_type: "m5.large".to_owned(),
        instance_platform: "Linux/UNIX".to_owned(),
        availability_zone: Some(ZONE.to_owned()),
        instance_count: count,
        ..Default::default()
    }
}

fn run(world: &World, count: i32) -> ec2::RunInstancesRequest {
    ec2::RunInstancesRequest {
        image_id: Some(image(world)),
        instance_type: Some("m5.large".to_owned()),
        min_count: count,
        max_count: count,
        placement: Some(ec2::Placement { availability_zone: Some(ZONE.to_owned()), ..Default::default() }),
        ..Default::default()
    }
}

fn create(world: &World, input: &ec2::CreateCapacityReservationRequest) -> String {
    let made = call::<ec2::CreateCapacityReservation>(world, input).unwrap().capacity_reservation.unwrap();
    made.capacity_reservation_id.unwrap()
}

fn describe(world: &World, id: &str) -> ec2::CapacityReservation {
    let input = ec2::DescribeCapacityReservationsRequest {
        capacity_reservation_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    call::<ec2::DescribeCapacityReservations>(world, &input).unwrap().capacity_reservations.unwrap().remove(0)
}

fn available(world: &World, id: &str) -> i32 {
    describe(world, id).available_instance_count.unwrap()
}

fn launch(world: &World, input: &ec2::RunInstancesRequest) -> Vec<String> {
    let instances = call::<ec2::RunInstances>(world, input).unwrap().instances.unwrap();
    instances.into_iter().map(|instance| instance.instance_id.clone().unwrap()).collect()
}

fn target(id: &str) -> Option<ec2::CapacityReservationSpecification> {
    Some(ec2::CapacityReservationSpecification {
        capacity_reservation_target: Some(ec2::CapacityReservationTarget {
            capacity_reservation_id: Some(id.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

#[test]
fn reserved_capacity_is_there_when_the_pool_is_dry() {
    let world = world();
    set_free(&world, ZONE, "m5.large", 5);
    assert_eq!(code::<ec2::CreateCapacityReservation>(&world, &reserve(6)), "InsufficientInstanceCapacity");
    let id = create(&world, &reserve(3));
    assert_eq!(free(&world, ZONE, "m5.large"), 2);
    set_free(&world, ZONE, "m5.large", 0);
    let ids = launch(&world, &run(&world, 2));
    assert_eq!(available(&world, &id), 1);
    assert_eq!(code::<ec2::RunInstances>(&world, &run(&world, 2)), "InsufficientInstanceCapacity");
    let usage =
        ec2::GetCapacityReservationUsageRequest { capacity_reservation_id: id.clone(), ..Default::default() };
    let usage = call::<ec2::GetCapacityReservationUsage>(&world, &usage).unwrap();
    assert_eq!(usage.instance_usages.unwrap()[0].used_instance_count, Some(2));
    let gone = ec2::TerminateInstancesRequest { instance_ids: ids, ..Default::default() };
    call::<ec2::TerminateInstances>(&world, &gone).unwrap();
    assert_eq!(available(&world, &id), 3);
    assert_eq!(free(&world, ZONE, "m5.large"), 0);
}

#[test]
fn instances_go_on_when_their_reservation_ends() {
    let world = world();
    set_free(&world, ZONE, "m5.large", 10);
    let end = Timestamp::from_secs(world.clock().now().secs() + 3_600);
    let input = ec2::CreateCapacityReservationRequest {
        end_date: Some(end),
        end_date_type: Some("limited".to_owned()),
        ..reserve(4)
    };
    let id = create(&world, &input);
    let ids = launch(&world, &run(&world, 1));
    world.run_until(end);
    let ended = describe(&world, &id);
    assert_eq!((ended.state.as_deref(), ended.available_instance_count), (Some("expired"), Some(0)));
    assert_eq!(free(&world, ZONE, "m5.large"), 9);
    let gone = ec2::TerminateInstancesRequest { instance_ids: ids, ..Default::default() };
    call::<ec2::TerminateInstances>(&world, &gone).unwrap();
    assert_eq!(free(&world, ZONE, "m5.large"), 10);
}

#[test]
fn targeted_reservations_are_for_those_who_ask() {
    let world = world();
    let input = ec2::CreateCapacityReservationRequest {
        instance_match_criteria: Some("targeted".to_owned()),
        ..reserve(2)
    };
    let id = create(&world, &input);
    launch(&world, &run(&world, 1));
    assert_eq!(available(&world, &id), 2);
    let aimed =
        ec2::RunInstancesRequest { capacity_reservation_specification: target(&id), ..run(&world, 2) };
    launch(&world, &aimed);
    assert_eq!(available(&world, &id), 0);
    let too_many = ec2::RunInstancesRequest { max_count: 1, min_count: 1, ..aimed };
    assert_eq!(code::<ec2::RunInstances>(&world, &too_many), "ReservationCapacityExceeded");
}

#[test]
fn instances_that_match_run_in_a_new_open_reservation() {
    let world = world();
    set_free(&world, ZONE, "m5.large", 5);
    launch(&world, &run(&world, 3));
    // Two are free; three run already, and count.
    let id = create(&world, &reserve(5));
    assert_eq!((available(&world, &id), free(&world, ZONE, "m5.large")), (2, 0));
    let smaller = ec2::ModifyCapacityReservationRequest {
        capacity_reservation_id: id.clone(),
        instance_count: Some(2),
        ..Default::default()
    };
    assert_eq!(code::<ec2::ModifyCapacityReservation>(&world, &smaller), "InvalidParameterValue");
    let smaller = ec2::ModifyCapacityReservationRequest { instance_count: Some(4), ..smaller };
    call::<ec2::ModifyCapacityReservation>(&world, &smaller).unwrap();
    assert_eq!((available(&world, &id), free(&world, ZONE, "m5.large")), (1, 1));
    let cancel = ec2::CancelCapacityReservationRequest { capacity_reservation_id: id, ..Default::default() };
    call::<ec2::CancelCapacityReservation>(&world, &cancel).unwrap();
    assert_eq!(free(&world, ZONE, "m5.large"), 2);
    assert_eq!(code::<ec2::CancelCapacityReservation>(&world, &cancel), "InvalidCapacityReservationState");
}

#[test]
fn unused_slots_cost_as_much_as_instances() {
    let world = world();
    let start = world.clock().now();
    create(&world, &reserve(2));
    launch(&world, &run(&world, 1));
    world.run_until(Timestamp::from_secs(start.secs() + 3_600));
    let lines = world.look(scope(), |ctx| Ok(metering::bill(ctx, None, start, ctx.now()))).unwrap();
    let of_instances = lines.iter().filter(|line| line.usage_type.ends_with(":m5.large"));
    let shown: Vec<(&str, f64, Option<i64>)> =
        of_instances.map(|line| (line.usage_type.as_str(), line.hours(), line.cost)).collect();
    assert_eq!(
        shown,
        [
            ("BoxUsage:m5.large", 1.0, Some(96_000_000)),
            ("Reservation:m5.large", 2.0, Some(0)),
            ("UnusedBox:m5.large", 1.0, Some(96_000_000)),
        ]
    );
}

fn specification(name: &str, weight: f64, priority: i32) -> ec2::ReservationFleetInstanceSpecification {
    ec2::ReservationFleetInstanceSpecification {
        instance_type: Some(name.to_owned()),
        instance_platform: Some("Linux/UNIX".to_owned()),
        weight: Some(weight),
        availability_zone: Some(ZONE.to_owned()),
        ebs_optimized: Some(true),
        priority: Some(priority),
        ..Default::default()
    }
}

fn fleet(world: &World) -> ec2::CreateCapacityReservationFleetRequest {
    ec2::CreateCapacityReservationFleetRequest {
        total_target_capacity: 25,
        allocation_strategy: Some("prioritized".to_owned()),
        instance_match_criteria: Some("open".to_owned()),
        tenancy: Some("default".to_owned()),
        end_date: Some(Timestamp::from_secs(world.clock().now().secs() + 86_400)),
        instance_type_specifications: vec![
            specification("r6i.8xlarge", 4.0, 1),
            specification("r6i.4xlarge", 2.0, 2),
            specification("r6i.2xlarge", 1.0, 3),
        ],
        ..Default::default()
    }
}

fn shown(world: &World, id: &str) -> ec2::CapacityReservationFleet {
    let input = ec2::DescribeCapacityReservationFleetsRequest {
        capacity_reservation_fleet_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let answer = call::<ec2::DescribeCapacityReservationFleets>(world, &input).unwrap();
    answer.capacity_reservation_fleets.unwrap().remove(0)
}

fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

#[test]
fn a_fleet_of_reservations_as_in_the_post() {
    let world = world_with(Settings { transitions: Transitions::Realistic, ..Settings::default() });
    let made = call::<ec2::CreateCapacityReservationFleet>(&world, &fleet(&world)).unwrap();
    assert_eq!((made.state.as_deref(), made.total_fulfilled_capacity), (Some("submitted"), Some(0.0)));
    assert!(made.total_fulfilled_capacity.unwrap().is_sign_positive(), "0.0, not -0.0");
    let id = made.capacity_reservation_fleet_id.unwrap();
    assert!(id.starts_with("crf-"));
    later(&world, 30);
    let active = shown(&world, &id);
    assert_eq!((active.state.as_deref(), active.total_fulfilled_capacity), (Some("active"), Some(28.0)));
    let members = active.instance_type_specifications.unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(
        (members[0].instance_type.as_deref(), members[0].total_instance_count),
        (Some("r6i.8xlarge"), Some(7))
    );
    // A member that is cancelled is made again.
    let member = members[0].capacity_reservation_id.clone().unwrap();
    let cancel =
        ec2::CancelCapacityReservationRequest { capacity_reservation_id: member, ..Default::default() };
    call::<ec2::CancelCapacityReservation>(&world, &cancel).unwrap();
    later(&world, 30);
    assert_eq!(shown(&world, &id).total_fulfilled_capacity, Some(28.0));
    later(&world, 86_400);
    let expired = shown(&world, &id);
    assert_eq!((expired.state.as_deref(), expired.total_fulfilled_capacity), (Some("expired"), Some(0.0)));
}

#[test]
fn a_fleet_goes_on_trying() {
    let world = world();
    for (name, free) in [("r6i.8xlarge", 2), ("r6i.4xlarge", 3), ("r6i.2xlarge", 0)] {
        set_free(&world, ZONE, name, free);
    }
    let made = call::<ec2::CreateCapacityReservationFleet>(&world, &fleet(&world)).unwrap();
    assert_eq!(made.state.as_deref(), Some("partially_fulfilled"));
    assert_eq!(made.total_fulfilled_capacity, Some(14.0));
    let id = made.capacity_reservation_fleet_id.unwrap();
    set_free(&world, ZONE, "r6i.4xlarge", 50);
    later(&world, 120);
    let fleet = shown(&world, &id);
    assert_eq!((fleet.state.as_deref(), fleet.total_fulfilled_capacity), (Some("active"), Some(26.0)));
    let smaller = ec2::ModifyCapacityReservationFleetRequest {
        capacity_reservation_fleet_id: id.clone(),
        total_target_capacity: Some(8),
        ..Default::default()
    };
    call::<ec2::ModifyCapacityReservationFleet>(&world, &smaller).unwrap();
    assert_eq!(shown(&world, &id).total_fulfilled_capacity, Some(8.0));
    let cancel = ec2::CancelCapacityReservationFleetsRequest {
        capacity_reservation_fleet_ids: vec![id, "crf-00000000000000001".to_owned()],
        ..Default::default()
    };
    let answer = call::<ec2::CancelCapacityReservationFleets>(&world, &cancel).unwrap();
    assert_eq!(answer.successful_fleet_cancellations.unwrap().len(), 1);
    assert_eq!(answer.failed_fleet_cancellations.unwrap().len(), 1);
    assert_eq!(free(&world, ZONE, "r6i.8xlarge"), 2);
}

#[test]
fn fleets_that_make_no_sense_are_refused() {
    let world = world();
    let base = fleet(&world);
    let with = |change: &dyn Fn(&mut ec2::CreateCapacityReservationFleetRequest)| {
        let mut input = base.clone();
        change(&mut input);
        code::<ec2::CreateCapacityReservationFleet>(&world, &input)
    };
    assert_eq!(
        with(&|input| input.end_date = Some(Timestamp::from_secs(1_653_955_200))),
        "InvalidParameterValue"
    );
    assert_eq!(
        with(&|input| input.instance_match_criteria = Some("targeted".to_owned())),
        "InvalidParameterValue"
    );
    assert_eq!(
        with(&|input| input.allocation_strategy = Some("lowest-price".to_owned())),
        "InvalidParameterValue"
    );
    assert_eq!(with(&|input| input.total_target_capacity = 0), "InvalidParameterValue");
    assert_eq!(with(&|input| input.instance_type_specifications.clear()), "MissingParameter");
    assert_eq!(
        with(&|input| input.instance_type_specifications[0].weight = Some(0.0)),
        "InvalidParameterValue"
    );
    assert_eq!(
        with(&|input| input.instance_type_specifications[1].availability_zone = Some("us-east-1b".to_owned())),
        "InvalidParameterValue"
    );
}

fn split(source: &str, count: i32) -> ec2::CreateCapacityReservationBySplittingRequest {
    ec2::CreateCapacityReservationBySplittingRequest {
        source_capacity_reservation_id: source.to_owned(),
        instance_count: count,
        ..Default::default()
    }
}

fn shift(source: &str, destination: &str, count: i32) -> ec2::MoveCapacityReservationInstancesRequest {
    ec2::MoveCapacityReservationInstancesRequest {
        source_capacity_reservation_id: source.to_owned(),
        destination_capacity_reservation_id: destination.to_owned(),
        instance_count: count,
        ..Default::default()
    }
}

#[test]
fn free_slots_are_split_off_and_moved_without_the_pool() {
    let world = world();
    let source = create(&world, &reserve(10));
    launch(&world, &run(&world, 4));
    set_free(&world, ZONE, "m5.large", 0);
    assert_eq!(
        code::<ec2::CreateCapacityReservationBySplitting>(&world, &split(&source, 7)),
        "InvalidParameterValue"
    );
    let answer = call::<ec2::CreateCapacityReservationBySplitting>(&world, &split(&source, 5)).unwrap();
    let new = answer.destination_capacity_reservation.unwrap().capacity_reservation_id.unwrap();
    assert_eq!((available(&world, &source), available(&world, &new)), (1, 5));
    assert_eq!(describe(&world, &source).total_instance_count, Some(5));
    call::<ec2::MoveCapacityReservationInstances>(&world, &shift(&new, &source, 2)).unwrap();
    assert_eq!((available(&world, &source), available(&world, &new)), (3, 3));
    // The last slots of a reservation end it.
    call::<ec2::MoveCapacityReservationInstances>(&world, &shift(&new, &source, 3)).unwrap();
    assert_eq!(describe(&world, &new).state.as_deref(), Some("cancelled"));
    assert_eq!((available(&world, &source), free(&world, ZONE, "m5.large")), (6, 0));
    assert_eq!(
        code::<ec2::MoveCapacityReservationInstances>(&world, &shift(&source, &new, 1)),
        "InvalidCapacityReservationState"
    );
    let other = create(
        &world,
        &ec2::CreateCapacityReservationRequest { instance_type: "m5.xlarge".to_owned(), ..reserve(1) },
    );
    assert_eq!(
        code::<ec2::MoveCapacityReservationInstances>(&world, &shift(&source, &other, 1)),
        "InvalidParameterCombination"
    );
}

#[test]
fn a_stopped_instance_is_pointed_at_a_reservation() {
    let world = world();
    let id = launch(&world, &run(&world, 1)).remove(0);
    let targeted = create(
        &world,
        &ec2::CreateCapacityReservationRequest {
            instance_match_criteria: Some("targeted".to_owned()),
            ..reserve(1)
        },
    );
    let point = ec2::ModifyInstanceCapacityReservationAttributesRequest {
        instance_id: id.clone(),
        capacity_reservation_specification: target(&targeted).unwrap(),
        ..Default::default()
    };
    let modify = |world: &World| call::<ec2::ModifyInstanceCapacityReservationAttributes>(world, &point);
    assert_eq!(modify(&world).err().unwrap().code(), "IncorrectInstanceState");
    let stop = ec2::StopInstancesRequest { instance_ids: vec![id.clone()], ..Default::default() };
    call::<ec2::StopInstances>(&world, &stop).unwrap();
    modify(&world).unwrap();
    let start = ec2::StartInstancesRequest { instance_ids: vec![id.clone()], ..Default::default() };
    call::<ec2::StartInstances>(&world, &start).unwrap();
    assert_eq!(available(&world, &targeted), 0);
    let input = ec2::DescribeInstancesRequest { instance_ids: Some(vec![id]), ..Default::default() };
    let shown = call::<ec2::DescribeInstances>(&world, &input).unwrap().reservations.unwrap();
    let instance = &shown[0].instances.as_ref().unwrap()[0];
    assert_eq!(instance.capacity_reservation_id.as_deref(), Some(targeted.as_str()));
}

#[test]
fn a_reservation_holds_when_another_account_drains_the_pool() {
    let world = world();
    set_free(&world, ZONE, "m5.large", 10);
    let held = create(&world, &reserve(4));
    let other = Scope { account: Account::parse("210987654321").unwrap(), ..scope() };
    let root = Principal::Root { account: other.account };
    // Six are left for everybody else, whatever they ask for.
    let all = world.call::<ec2::RunInstances>(other, root.clone(), &run(&world, 6)).unwrap();
    assert_eq!(all.instances.unwrap().len(), 6);
    let more = world.call::<ec2::RunInstances>(other, root, &run(&world, 1));
    assert_eq!(more.err().unwrap().code(), "InsufficientInstanceCapacity");
    let none = ec2::RunInstancesRequest {
        capacity_reservation_specification: Some(ec2::CapacityReservationSpecification {
            capacity_reservation_preference: Some("none".to_owned()),
            ..Default::default()
        }),
        ..run(&world, 1)
    };
    assert_eq!(code::<ec2::RunInstances>(&world, &none), "InsufficientInstanceCapacity");
    launch(&world, &run(&world, 4));
    assert_eq!(available(&world, &held), 0);
    assert_eq!(code::<ec2::RunInstances>(&world, &run(&world, 1)), "InsufficientInstanceCapacity");
}
