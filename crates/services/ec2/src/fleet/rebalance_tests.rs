//! Fleets that maintain their capacity while Spot Instances are taken back, on the clock.

use ironbird_api::ec2;
use ironbird_rig::{Timestamp, World};
use serde_json::json;

use super::tests::{fleet, in_zone, template};
use crate::instance::record::Instances;
use crate::testing::{call, code, scope, world};

fn maintain(world: &World, rebalance: Option<(&str, Option<i32>)>) -> ec2::CreateFleetRequest {
    let template = template(world, ec2::RequestLaunchTemplateData::default());
    let zones = ["us-east-1a", "us-east-1b"].map(|zone| in_zone("m5.large", zone));
    let mut input = fleet(&template, zones.to_vec(), 2);
    input.r#type = Some("maintain".to_owned());
    input.target_capacity_specification.default_target_capacity_type = Some("spot".to_owned());
    input.spot_options = rebalance.map(|(strategy, delay)| ec2::SpotOptionsRequest {
        maintenance_strategies: Some(ec2::FleetSpotMaintenanceStrategiesRequest {
            capacity_rebalance: Some(ec2::FleetSpotCapacityRebalanceRequest {
                replacement_strategy: Some(strategy.to_owned()),
                termination_delay: delay,
            }),
        }),
        ..Default::default()
    });
    input
}

fn create(world: &World, input: &ec2::CreateFleetRequest) -> String {
    call::<ec2::CreateFleet>(world, input).unwrap().fleet_id.unwrap()
}

fn members(world: &World, fleet: &str) -> Vec<String> {
    let input = ec2::DescribeFleetInstancesRequest { fleet_id: fleet.to_owned(), ..Default::default() };
    let answer = call::<ec2::DescribeFleetInstances>(world, &input).unwrap();
    answer.active_instances.unwrap().into_iter().map(|instance| instance.instance_id.unwrap()).collect()
}

fn events(world: &World, fleet: &str) -> Vec<String> {
    let input = ec2::DescribeFleetHistoryRequest {
        fleet_id: fleet.to_owned(),
        start_time: Timestamp::from_secs(0),
        ..Default::default()
    };
    let answer = call::<ec2::DescribeFleetHistory>(world, &input).unwrap();
    let sub_type =
        |record: ec2::HistoryRecordEntry| record.event_information.unwrap().event_sub_type.unwrap();
    answer.history_records.unwrap().into_iter().map(sub_type).collect()
}

fn later(world: &World, seconds: i64) {
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + seconds));
}

fn pull(world: &World, lever: &str, instance: &str) {
    world.within(scope(), |ctx| ctx.pull(lever, &json!({ "instance": instance }))).unwrap();
}

fn is_up(world: &World, id: &str) -> bool {
    let key = scope().key(id);
    world.look(scope(), |ctx| Ok(ctx.peek::<Instances>(&key).is_some_and(|it| it.state.is_up()))).unwrap()
}

#[test]
fn an_interrupted_instance_is_replaced_once_it_is_gone() {
    let world = world();
    let fleet = create(&world, &maintain(&world, None));
    let first = members(&world, &fleet);
    pull(&world, "ec2.interrupt-spot", &first[0]);
    later(&world, 60);
    assert_eq!(members(&world, &fleet), first, "nothing is replaced before it is gone");
    later(&world, 130);
    let now = members(&world, &fleet);
    assert_eq!(now.len(), 2);
    assert!(!now.contains(&first[0]) && now.contains(&first[1]));
    let seen = events(&world, &fleet);
    assert!(seen.contains(&"termination_notified".to_owned()) && seen.contains(&"terminated".to_owned()));
}

#[test]
fn launch_replaces_at_the_recommendation_and_leaves_the_old_one() {
    let world = world();
    let fleet = create(&world, &maintain(&world, Some(("launch", None))));
    let first = members(&world, &fleet);
    pull(&world, "ec2.recommend-rebalance", &first[0]);
    later(&world, 10);
    assert_eq!(members(&world, &fleet).len(), 3);
    later(&world, 8000);
    assert!(is_up(&world, &first[0]));
    // The fleet's end takes it along.
    let input =
        ec2::DeleteFleetsRequest { fleet_ids: vec![fleet], terminate_instances: true, ..Default::default() };
    call::<ec2::DeleteFleets>(&world, &input).unwrap();
    assert!(!is_up(&world, &first[0]));
}

#[test]
fn launch_before_terminate_ends_the_old_one_after_the_delay() {
    let world = world();
    let fleet = create(&world, &maintain(&world, Some(("launch-before-terminate", Some(300)))));
    let first = members(&world, &fleet);
    pull(&world, "ec2.recommend-rebalance", &first[1]);
    later(&world, 290);
    assert_eq!(members(&world, &fleet).len(), 3);
    assert!(is_up(&world, &first[1]));
    later(&world, 20);
    assert!(!is_up(&world, &first[1]));
    later(&world, 70);
    assert_eq!(members(&world, &fleet).len(), 2);
}

#[test]
fn strategies_are_checked() {
    let world = world();
    let refused = |input: &ec2::CreateFleetRequest| code::<ec2::CreateFleet>(&world, input);
    // What Terraform sends for a block in which nothing more is said.
    let terse = maintain(&world, Some(("launch", Some(0))));
    let shown =
        ec2::DescribeFleetsRequest { fleet_ids: Some(vec![create(&world, &terse)]), ..Default::default() };
    let fleet = call::<ec2::DescribeFleets>(&world, &shown).unwrap().fleets.unwrap().remove(0);
    assert_eq!(fleet.spot_options.unwrap().allocation_strategy.as_deref(), Some("lowestPrice"));
    let good = terse;
    let with = |strategy: &str, delay| {
        let mut input = good.clone();
        input.spot_options = Some(ec2::SpotOptionsRequest {
            maintenance_strategies: Some(ec2::FleetSpotMaintenanceStrategiesRequest {
                capacity_rebalance: Some(ec2::FleetSpotCapacityRebalanceRequest {
                    replacement_strategy: Some(strategy.to_owned()),
                    termination_delay: delay,
                }),
            }),
            ..Default::default()
        });
        input
    };
    assert_eq!(refused(&with("hope", None)), "InvalidParameterValue");
    assert_eq!(refused(&with("launch", Some(300))), "InvalidParameterCombination");
    assert_eq!(refused(&with("launch-before-terminate", None)), "MissingParameter");
    assert_eq!(refused(&with("launch-before-terminate", Some(10))), "InvalidParameterValue");
    let mut request = good;
    request.r#type = Some("request".to_owned());
    assert_eq!(refused(&request), "InvalidParameterCombination");
}
