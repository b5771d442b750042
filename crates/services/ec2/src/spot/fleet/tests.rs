//! Spot Fleets through the API.

use ironbird_api::ec2;
use ironbird_rig::{Timestamp, World};

use crate::instance::tests::{image, set_free};
use crate::testing::{call, code, world};

fn specification(world: &World, name: &str, weight: f64) -> ec2::SpotFleetLaunchSpecification {
    ec2::SpotFleetLaunchSpecification {
        image_id: Some(image(world)),
        instance_type: Some(name.to_owned()),
        weighted_capacity: Some(weight),
        placement: Some(ec2::SpotPlacement {
            availability_zone: Some("us-east-1a".to_owned()),
            ..Default::default()
        }),
        tag_specifications: Some(vec![ec2::SpotFleetTagSpecification {
            resource_type: Some("instance".to_owned()),
            tags: Some(vec![ec2::Tag { key: Some("of".to_owned()), value: Some("fleet".to_owned()) }]),
        }]),
        ..Default::default()
    }
}

fn config(world: &World) -> ec2::SpotFleetRequestConfigData {
    ec2::SpotFleetRequestConfigData {
        iam_fleet_role: "arn:aws:iam::123456789012:role/fleet".to_owned(),
        target_capacity: 6,
        launch_specifications: Some(vec![
            specification(world, "m5.large", 2.0),
            specification(world, "c5.large", 1.0),
        ]),
        ..Default::default()
    }
}

fn request(world: &World, config: ec2::SpotFleetRequestConfigData) -> String {
    let input = ec2::RequestSpotFleetRequest { dry_run: None, spot_fleet_request_config: config };
    call::<ec2::RequestSpotFleet>(world, &input).unwrap().spot_fleet_request_id.unwrap()
}

fn show(world: &World, id: &str) -> ec2::SpotFleetRequestConfig {
    let input = ec2::DescribeSpotFleetRequestsRequest {
        spot_fleet_request_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let answer = call::<ec2::DescribeSpotFleetRequests>(world, &input).unwrap();
    answer.spot_fleet_request_configs.unwrap().remove(0)
}

fn instances(world: &World, id: &str) -> Vec<ec2::ActiveInstance> {
    let input =
        ec2::DescribeSpotFleetInstancesRequest { spot_fleet_request_id: id.to_owned(), ..Default::default() };
    call::<ec2::DescribeSpotFleetInstances>(world, &input).unwrap().active_instances.unwrap()
}

fn count(world: &World, id: &str, name: &str) -> usize {
    instances(world, id).iter().filter(|it| it.instance_type.as_deref() == Some(name)).count()
}

#[test]
fn a_fleet_of_specifications_fills_its_target() {
    let world = world();
    let strategy = Some("diversified".to_owned());
    let id =
        request(&world, ec2::SpotFleetRequestConfigData { allocation_strategy: strategy, ..config(&world) });
    assert!(id.starts_with("sfr-"));
    let shown = show(&world, &id);
    assert_eq!(shown.spot_fleet_request_state.as_deref(), Some("active"));
    assert_eq!(shown.activity_status.as_deref(), Some("fulfilled"));
    let kept = shown.spot_fleet_request_config.unwrap();
    assert_eq!((kept.fulfilled_capacity, kept.target_capacity), (Some(6.0), 6));
    assert_eq!((count(&world, &id, "m5.large"), count(&world, &id, "c5.large")), (2, 2));
    assert!(instances(&world, &id).iter().all(|it| it.spot_instance_request_id.is_some()));
    // It is no EC2 Fleet, and each of its instances says whose it is.
    let fleets = call::<ec2::DescribeFleets>(&world, &Default::default()).unwrap().fleets.unwrap();
    assert!(fleets.is_empty());
    let all = call::<ec2::DescribeInstances>(&world, &Default::default()).unwrap().reservations.unwrap();
    let tags = all[0].instances.as_ref().unwrap()[0].tags.clone().unwrap();
    let has = |key: &str, value: &str| {
        tags.iter().any(|tag| tag.key.as_deref() == Some(key) && tag.value.as_deref() == Some(value))
    };
    assert!(has("of", "fleet") && has("aws:ec2spot:fleet-request-id", &id));
}

#[test]
fn a_fleet_is_modified_and_cancelled() {
    let world = world();
    let id = request(&world, config(&world));
    let modify = |target, policy: &str| ec2::ModifySpotFleetRequestRequest {
        spot_fleet_request_id: id.clone(),
        target_capacity: Some(target),
        excess_capacity_termination_policy: Some(policy.to_owned()),
        ..Default::default()
    };
    call::<ec2::ModifySpotFleetRequest>(&world, &modify(10, "default")).unwrap();
    let fulfilled =
        |world: &World| show(world, &id).spot_fleet_request_config.unwrap().fulfilled_capacity.unwrap();
    assert!((10.0..12.0).contains(&fulfilled(&world)));
    call::<ec2::ModifySpotFleetRequest>(&world, &modify(4, "noTermination")).unwrap();
    assert!(fulfilled(&world) >= 10.0);
    call::<ec2::ModifySpotFleetRequest>(&world, &modify(4, "default")).unwrap();
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + 61));
    assert!((4.0..6.0).contains(&fulfilled(&world)), "{}", fulfilled(&world));
    let cancel = |terminate_instances| ec2::CancelSpotFleetRequestsRequest {
        spot_fleet_request_ids: vec![id.clone(), "sfr-none".to_owned()],
        terminate_instances,
        ..Default::default()
    };
    let answer = call::<ec2::CancelSpotFleetRequests>(&world, &cancel(false)).unwrap();
    let done = &answer.successful_fleet_requests.unwrap()[0];
    assert_eq!(done.previous_spot_fleet_request_state.as_deref(), Some("active"));
    assert_eq!(done.current_spot_fleet_request_state.as_deref(), Some("cancelled_running"));
    let failed = &answer.unsuccessful_fleet_requests.unwrap()[0];
    assert_eq!(failed.error.as_ref().unwrap().code.as_deref(), Some("fleetRequestIdDoesNotExist"));
    assert!(!instances(&world, &id).is_empty());
    assert_eq!(
        code::<ec2::ModifySpotFleetRequest>(&world, &modify(1, "default")),
        "FleetNotInModifiableState"
    );
}

#[test]
fn a_price_for_a_unit_rules_pools_out() {
    let world = world();
    let low = ec2::SpotFleetRequestConfigData { spot_price: Some("0.0001".to_owned()), ..config(&world) };
    let id = request(&world, low);
    assert!(instances(&world, &id).is_empty());
    assert_eq!(show(&world, &id).activity_status.as_deref(), Some("error"));
    let input = ec2::DescribeSpotFleetRequestHistoryRequest {
        spot_fleet_request_id: id,
        event_type: Some("error".to_owned()),
        start_time: Timestamp::from_secs(0),
        ..Default::default()
    };
    let answer = call::<ec2::DescribeSpotFleetRequestHistory>(&world, &input).unwrap();
    let records = answer.history_records.unwrap();
    assert!(records.iter().all(|record| record.event_type.as_deref() == Some("error")));
    let sub = records[0].event_information.as_ref().unwrap().event_sub_type.as_deref();
    assert_eq!(sub, Some("SpotMaxPriceTooLow"));
}

#[test]
fn what_terraform_sends_for_nothing_is_taken_and_given_back() {
    let world = world();
    let mut config = config(&world);
    config.spot_price = Some(String::new());
    config.excess_capacity_termination_policy = Some("Default".to_owned());
    for specification in config.launch_specifications.iter_mut().flatten() {
        specification.spot_price = Some(String::new());
    }
    let id = request(&world, config);
    assert!(!instances(&world, &id).is_empty());
    let shown = show(&world, &id).spot_fleet_request_config.unwrap();
    assert_eq!(shown.launch_specifications.unwrap()[0].spot_price.as_deref(), Some(""));
    assert_eq!(shown.excess_capacity_termination_policy.as_deref(), Some("Default"));
}

#[test]
fn a_dry_pool_is_filled_from_the_other_and_later() {
    let world = world();
    set_free(&world, "us-east-1a", "m5.large", 1);
    set_free(&world, "us-east-1a", "c5.large", 1);
    let id = request(&world, config(&world));
    let units =
        |world: &World| show(world, &id).spot_fleet_request_config.unwrap().fulfilled_capacity.unwrap();
    assert!((units(&world) - 3.0).abs() < 1e-9);
    set_free(&world, "us-east-1a", "m5.large", 5);
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + 61));
    assert!(units(&world) >= 6.0);
}

#[test]
fn nonsense_is_refused() {
    let world = world();
    let refused = |config| {
        let input = ec2::RequestSpotFleetRequest { dry_run: None, spot_fleet_request_config: config };
        code::<ec2::RequestSpotFleet>(&world, &input)
    };
    let good = config(&world);
    let none = ec2::SpotFleetRequestConfigData { launch_specifications: None, ..good.clone() };
    assert_eq!(refused(none), "MissingParameter");
    let strategy =
        ec2::SpotFleetRequestConfigData { allocation_strategy: Some("best".to_owned()), ..good.clone() };
    assert_eq!(refused(strategy), "InvalidParameterValue");
    let instant = ec2::SpotFleetRequestConfigData { r#type: Some("instant".to_owned()), ..good.clone() };
    assert_eq!(refused(instant), "InvalidParameterValue");
    let on_demand = ec2::SpotFleetRequestConfigData { on_demand_target_capacity: Some(1), ..good.clone() };
    assert_eq!(refused(on_demand), "InvalidParameterCombination");
    let tags = ec2::SpotFleetRequestConfigData {
        tag_specifications: Some(vec![ec2::TagSpecification {
            resource_type: Some("instance".to_owned()),
            tags: None,
        }]),
        ..good
    };
    assert_eq!(refused(tags), "InvalidParameterValue");
    let unknown = ec2::DescribeSpotFleetInstancesRequest {
        spot_fleet_request_id: "sfr-none".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        code::<ec2::DescribeSpotFleetInstances>(&world, &unknown),
        "InvalidSpotFleetRequestId.NotFound"
    );
}
