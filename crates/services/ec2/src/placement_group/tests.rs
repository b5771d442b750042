//! Placement groups through the API.

use ironbird_api::ec2;
use ironbird_rig::World;

use crate::testing::{call, code, world};

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
