//! Placement groups through the API.

use ironbird_api::ec2;
use ironbird_rig::World;

use crate::instance::tests::{image, set_free};
use crate::testing::{call, code, world};

const ZONES: [&str; 6] = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"];

fn group(world: &World, name: &str, strategy: &str, partitions: Option<i32>) -> ec2::PlacementGroup {
    let input = ec2::CreatePlacementGroupRequest {
        group_name: Some(name.to_owned()),
        strategy: Some(strategy.to_owned()),
        partition_count: partitions,
        ..Default::default()
    };
    call::<ec2::CreatePlacementGroup>(world, &input).unwrap().placement_group.unwrap()
}

fn delete(name: &str) -> ec2::DeletePlacementGroupRequest {
    ec2::DeletePlacementGroupRequest { group_name: name.to_owned(), ..Default::default() }
}

/// Into a group by its name, in a zone or in any.
fn into(name: &str, zone: Option<&str>) -> ec2::Placement {
    ec2::Placement {
        group_name: Some(name.to_owned()),
        availability_zone: zone.map(str::to_owned),
        ..Default::default()
    }
}

fn request(world: &World, count: i32, placement: ec2::Placement) -> ec2::RunInstancesRequest {
    ec2::RunInstancesRequest {
        image_id: Some(image(world)),
        instance_type: Some("m5.large".to_owned()),
        min_count: count,
        max_count: count,
        placement: Some(placement),
        ..Default::default()
    }
}

fn run(world: &World, count: i32, placement: ec2::Placement) -> Vec<ec2::Instance> {
    let made = call::<ec2::RunInstances>(world, &request(world, count, placement)).unwrap();
    made.instances.unwrap().iter().map(|instance| (**instance).clone()).collect()
}

fn refusal(world: &World, count: i32, placement: ec2::Placement) -> (String, String) {
    let error = call::<ec2::RunInstances>(world, &request(world, count, placement)).err().unwrap();
    (error.code().to_owned(), error.message().to_owned())
}

fn ids(instances: &[ec2::Instance]) -> Vec<String> {
    instances.iter().filter_map(|instance| instance.instance_id.clone()).collect()
}

fn zone(instance: &ec2::Instance) -> String {
    instance.placement.as_ref().unwrap().availability_zone.clone().unwrap()
}

fn stop(world: &World, ids: Vec<String>) {
    let input = ec2::StopInstancesRequest { instance_ids: ids, ..Default::default() };
    call::<ec2::StopInstances>(world, &input).unwrap();
}

fn terminate(world: &World, ids: Vec<String>) {
    let input = ec2::TerminateInstancesRequest { instance_ids: ids, ..Default::default() };
    call::<ec2::TerminateInstances>(world, &input).unwrap();
}

#[test]
fn what_a_group_may_be_made_of() {
    let world = world();
    assert_eq!(group(&world, "a", "partition", None).partition_count, Some(2));
    assert_eq!(group(&world, "b", "spread", None).spread_level.as_deref(), Some("rack"));
    let of = |strategy: &str, count, level: Option<&str>| ec2::CreatePlacementGroupRequest {
        group_name: Some("c".to_owned()),
        strategy: Some(strategy.to_owned()),
        partition_count: count,
        spread_level: level.map(str::to_owned),
        ..Default::default()
    };
    let refused = |input| code::<ec2::CreatePlacementGroup>(&world, &input);
    assert_eq!(refused(of("cluster", Some(2), None)), "InvalidParameterCombination");
    assert_eq!(refused(of("partition", None, Some("rack"))), "InvalidParameterCombination");
    assert_eq!(refused(of("partition", Some(8), None)), "InvalidParameterValue");
    assert_eq!(refused(of("spread", None, Some("row"))), "InvalidParameterValue");
    assert_eq!(refused(of("pile", None, None)), "InvalidParameterValue");
    let twice =
        ec2::CreatePlacementGroupRequest { group_name: Some("a".to_owned()), ..of("cluster", None, None) };
    assert_eq!(refused(twice), "InvalidPlacementGroup.Duplicate");
    assert_eq!(refused(ec2::CreatePlacementGroupRequest::default()), "MissingParameter");
    assert_eq!(code::<ec2::DeletePlacementGroup>(&world, &delete("c")), "InvalidPlacementGroup.Unknown");
}

#[test]
fn a_cluster_stays_in_the_zone_of_its_first_instances() {
    let world = world();
    let made = group(&world, "near", "cluster", None);
    let first = run(&world, 2, into("near", Some("us-east-1c")));
    let placement = first[0].placement.clone().unwrap();
    assert_eq!((placement.group_name.as_deref(), placement.group_id), (Some("near"), made.group_id.clone()));
    // Without a zone they go where the others are, by id as by name.
    let by_id = ec2::Placement { group_id: made.group_id, ..Default::default() };
    assert_eq!(zone(&run(&world, 1, by_id.clone())[0]), "us-east-1c");
    let (code, message) = refusal(&world, 1, into("near", Some("us-east-1a")));
    assert_eq!(code, "InvalidPlacementGroup.InUse");
    assert!(message.ends_with("is in use in another availability zone: us-east-1c"), "{message}");
    // Where that zone runs dry, the others do not help.
    set_free(&world, "us-east-1c", "m5.large", 1);
    let (code, message) = refusal(&world, 2, by_id);
    assert_eq!(code, "InsufficientInstanceCapacity");
    assert!(message.contains("in a single launch request"), "{message}");
    let input = delete("near");
    let in_use = call::<ec2::DeletePlacementGroup>(&world, &input).err().unwrap();
    assert_eq!(in_use.message(), "The placement group 'near' is in use and may not be deleted.");
    // Nobody holds the zone once all are stopped; who starts first decides anew.
    let members = describe(&world, "near");
    stop(&world, ids(&members));
    assert_eq!(zone(&run(&world, 1, into("near", Some("us-east-1a")))[0]), "us-east-1a");
    let start = ec2::StartInstancesRequest { instance_ids: ids(&first), ..Default::default() };
    assert_eq!(self::code::<ec2::StartInstances>(&world, &start), "InvalidPlacementGroup.InUse");
    assert_eq!(self::code::<ec2::DeletePlacementGroup>(&world, &input), "InvalidPlacementGroup.InUse");
    terminate(&world, ids(&describe(&world, "near")));
    call::<ec2::DeletePlacementGroup>(&world, &input).unwrap();
}

/// The instances of a group that are not terminated.
fn describe(world: &World, name: &str) -> Vec<ec2::Instance> {
    let filter = |name: &str, values: &[&str]| ec2::Filter {
        name: Some(name.to_owned()),
        values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
    };
    let input = ec2::DescribeInstancesRequest {
        filters: Some(vec![
            filter("placement-group-name", &[name]),
            filter("instance-state-name", &["running", "stopped"]),
        ]),
        ..Default::default()
    };
    let found = call::<ec2::DescribeInstances>(world, &input).unwrap().reservations.unwrap();
    let instances = found.into_iter().flat_map(|launch| launch.instances.unwrap());
    instances.map(|instance| (*instance).clone()).collect()
}

#[test]
fn a_spread_group_takes_seven_in_each_zone() {
    let world = world();
    group(&world, "apart", "spread", None);
    ZONES.iter().for_each(|zone| set_free(&world, zone, "m5.large", 50));
    let there = || into("apart", Some("us-east-1a"));
    let first = run(&world, 6, there());
    assert_eq!(refusal(&world, 2, there()).0, "InsufficientInstanceCapacity");
    let up_to = ec2::RunInstancesRequest { min_count: 1, max_count: 9, ..request(&world, 1, there()) };
    let seventh = call::<ec2::RunInstances>(&world, &up_to).unwrap().instances.unwrap();
    assert_eq!(seventh.len(), 1);
    // Only what runs counts, and a start is a launch.
    stop(&world, ids(&first[..1]));
    run(&world, 1, there());
    let start = ec2::StartInstancesRequest { instance_ids: ids(&first[..1]), ..Default::default() };
    assert_eq!(code::<ec2::StartInstances>(&world, &start), "InsufficientInstanceCapacity");
    // Without a zone, one of the five that offer the type and has room is found, until none has.
    let elsewhere: Vec<String> = (0..4).map(|_| zone(&run(&world, 7, into("apart", None))[0])).collect();
    assert!(!elsewhere.contains(&"us-east-1a".to_owned()), "{elsewhere:?}");
    let (code, message) = refusal(&world, 1, into("apart", None));
    assert_eq!(code, "InsufficientInstanceCapacity");
    assert!(message.contains("maximum of 7 running instances"), "{message}");
    let input = ec2::CreatePlacementGroupRequest {
        group_name: Some("hosts".to_owned()),
        strategy: Some("spread".to_owned()),
        spread_level: Some("host".to_owned()),
        ..Default::default()
    };
    call::<ec2::CreatePlacementGroup>(&world, &input).unwrap();
    assert_eq!(refusal(&world, 1, into("hosts", None)).0, "UnsupportedOperation");
}

#[test]
fn partitions_fill_evenly_unless_one_is_asked_for() {
    let world = world();
    group(&world, "parts", "partition", Some(3));
    let partitions = |instances: &[ec2::Instance]| -> Vec<i32> {
        instances.iter().map(|it| it.placement.as_ref().unwrap().partition_number.unwrap()).collect()
    };
    let zone = Some("us-east-1b");
    let second = ec2::Placement { partition_number: Some(2), ..into("parts", zone) };
    assert_eq!(partitions(&run(&world, 2, second)), [2, 2]);
    assert_eq!(partitions(&run(&world, 4, into("parts", zone))), [1, 3, 1, 3]);
    // Each zone has partitions of its own.
    let elsewhere = run(&world, 2, into("parts", Some("us-east-1c")));
    assert_eq!(partitions(&elsewhere), [1, 2]);
    // A stop keeps the partition.
    stop(&world, ids(&elsewhere));
    let start = ec2::StartInstancesRequest { instance_ids: ids(&elsewhere), ..Default::default() };
    call::<ec2::StartInstances>(&world, &start).unwrap();
    let again = ec2::DescribeInstancesRequest { instance_ids: Some(ids(&elsewhere)), ..Default::default() };
    let again = call::<ec2::DescribeInstances>(&world, &again).unwrap().reservations.unwrap();
    let shown = again[0].instances.as_ref().unwrap().iter().map(|instance| (**instance).clone());
    let mut kept = partitions(&shown.collect::<Vec<_>>());
    kept.sort_unstable();
    assert_eq!(kept, [1, 2]);
    let fourth = ec2::Placement { partition_number: Some(4), ..into("parts", None) };
    assert_eq!(refusal(&world, 1, fourth).0, "InvalidParameterValue");
    group(&world, "near", "cluster", None);
    let of_cluster = ec2::Placement { partition_number: Some(1), ..into("near", None) };
    assert_eq!(refusal(&world, 1, of_cluster).0, "InvalidParameterCombination");
    let of_none = ec2::Placement { partition_number: Some(1), ..Default::default() };
    assert_eq!(refusal(&world, 1, of_none).0, "InvalidParameterCombination");
}

#[test]
fn what_cannot_be_in_a_group_is_refused() {
    let world = world();
    let near = group(&world, "near", "cluster", None);
    group(&world, "apart", "spread", None);
    group(&world, "parts", "partition", Some(3));
    let with = |name: &str, tenancy: &str| ec2::Placement {
        tenancy: Some(tenancy.to_owned()),
        ..into(name, Some(ZONES[0]))
    };
    assert_eq!(refusal(&world, 1, into("nobody", None)).0, "InvalidPlacementGroup.Unknown");
    let twice = ec2::Placement { group_id: near.group_id, ..into("near", None) };
    assert_eq!(refusal(&world, 1, twice).0, "InvalidParameterCombination");
    for (name, tenancy) in [("near", "host"), ("apart", "dedicated"), ("parts", "dedicated")] {
        assert_eq!(refusal(&world, 1, with(name, tenancy)).0, "InvalidParameterCombination", "{name}");
    }
    let burstable = ec2::RunInstancesRequest {
        instance_type: Some("t3.large".to_owned()),
        ..request(&world, 1, into("near", None))
    };
    let error = call::<ec2::RunInstances>(&world, &burstable).err().unwrap();
    assert_eq!(error.code(), "InvalidParameterCombination");
    assert_eq!(error.message(), "Placement groups may not be used with instances of type 't3.large'.");
    let spot = ec2::InstanceMarketOptionsRequest {
        market_type: Some("spot".to_owned()),
        spot_options: Some(ec2::SpotMarketOptions {
            spot_instance_type: Some("persistent".to_owned()),
            instance_interruption_behavior: Some("stop".to_owned()),
            ..Default::default()
        }),
    };
    let stays = ec2::RunInstancesRequest {
        instance_market_options: Some(spot),
        ..request(&world, 1, into("near", None))
    };
    assert_eq!(code::<ec2::RunInstances>(&world, &stays), "InvalidParameterCombination");
    // An empty name is none.
    assert_eq!(run(&world, 1, into("", None))[0].placement.as_ref().unwrap().group_id, None);
}

#[test]
fn a_stopped_instance_changes_groups() {
    let world = world();
    group(&world, "near", "cluster", None);
    let parts = group(&world, "parts", "partition", Some(2));
    let made = run(&world, 1, into("near", Some(ZONES[0])));
    let id = made[0].instance_id.clone().unwrap();
    let change = |input: ec2::ModifyInstancePlacementRequest| {
        let input = ec2::ModifyInstancePlacementRequest { instance_id: id.clone(), ..input };
        call::<ec2::ModifyInstancePlacement>(&world, &input).map_err(|error| error.code().to_owned())
    };
    let to = |name: &str| ec2::ModifyInstancePlacementRequest {
        group_name: Some(name.to_owned()),
        ..Default::default()
    };
    assert_eq!(change(to("")).err().as_deref(), Some("IncorrectInstanceState"));
    stop(&world, vec![id.clone()]);
    assert_eq!(change(to("nobody")).err().as_deref(), Some("InvalidPlacementGroup.Unknown"));
    let by_id = ec2::ModifyInstancePlacementRequest {
        group_id: parts.group_id.clone(),
        partition_number: Some(2),
        ..Default::default()
    };
    change(by_id).unwrap();
    let shown = || describe(&world, "parts")[0].placement.clone().unwrap();
    assert_eq!((shown().group_id, shown().partition_number), (parts.group_id, Some(2)));
    let first = ec2::ModifyInstancePlacementRequest { partition_number: Some(1), ..Default::default() };
    change(first).unwrap();
    assert_eq!((shown().group_name.as_deref(), shown().partition_number), (Some("parts"), Some(1)));
    change(to("")).unwrap();
    assert!(describe(&world, "parts").is_empty());
    call::<ec2::DeletePlacementGroup>(&world, &delete("near")).unwrap();
}
