//! Fleets through the API, on a world of their own.

use ironbird_api::ec2;
use ironbird_rig::{Timestamp, World};

use crate::instance::tests::{free, image, set_free};
use crate::testing::{call, code, world};

const ZONES: [&str; 6] = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"];

pub(super) fn template(world: &World, data: ec2::RequestLaunchTemplateData) -> String {
    let data = ec2::RequestLaunchTemplateData { image_id: Some(image(world)), ..data };
    let input = ec2::CreateLaunchTemplateRequest {
        launch_template_name: "web".to_owned(),
        launch_template_data: data,
        ..Default::default()
    };
    let answer = call::<ec2::CreateLaunchTemplate>(world, &input).unwrap();
    answer.launch_template.unwrap().launch_template_id.unwrap()
}

pub(super) fn of_type(name: &str) -> ec2::FleetLaunchTemplateOverridesRequest {
    ec2::FleetLaunchTemplateOverridesRequest { instance_type: Some(name.to_owned()), ..Default::default() }
}

pub(super) fn in_zone(name: &str, zone: &str) -> ec2::FleetLaunchTemplateOverridesRequest {
    ec2::FleetLaunchTemplateOverridesRequest { availability_zone: Some(zone.to_owned()), ..of_type(name) }
}

pub(super) fn fleet(
    template: &str,
    overrides: Vec<ec2::FleetLaunchTemplateOverridesRequest>,
    target: i32,
) -> ec2::CreateFleetRequest {
    ec2::CreateFleetRequest {
        r#type: Some("instant".to_owned()),
        launch_template_configs: vec![ec2::FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(ec2::FleetLaunchTemplateSpecificationRequest {
                launch_template_id: Some(template.to_owned()),
                version: Some("$Latest".to_owned()),
                ..Default::default()
            }),
            overrides: Some(overrides),
        }],
        target_capacity_specification: ec2::TargetCapacitySpecificationRequest {
            total_target_capacity: target,
            default_target_capacity_type: Some("on-demand".to_owned()),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// (type, zone, how many) of an answer.
fn launched(answer: &ec2::CreateFleetResult) -> Vec<(String, String, usize)> {
    let groups = answer.instances.as_deref().unwrap();
    let shown = |group: &ec2::CreateFleetInstance| {
        let overrides = group.launch_template_and_overrides.as_ref().unwrap().overrides.as_ref().unwrap();
        (
            group.instance_type.clone().unwrap(),
            overrides.availability_zone.clone().unwrap(),
            group.instance_ids.as_ref().unwrap().len(),
        )
    };
    groups.iter().map(shown).collect()
}

fn total(answer: &ec2::CreateFleetResult) -> usize {
    launched(answer).iter().map(|(.., count)| count).sum()
}

#[test]
fn a_dry_pool_is_told_and_another_one_gives() {
    let world = world();
    let template = template(&world, Default::default());
    set_free(&world, "us-east-1a", "m5.large", 2);
    let overrides = vec![in_zone("m5.large", "us-east-1a"), in_zone("m5a.large", "us-east-1a")];
    let input = ec2::CreateFleetRequest {
        on_demand_options: Some(ec2::OnDemandOptionsRequest {
            allocation_strategy: Some("prioritized".to_owned()),
            ..Default::default()
        }),
        ..fleet(&template, overrides, 5)
    };
    let mut input = input;
    let overrides = input.launch_template_configs[0].overrides.as_mut().unwrap();
    overrides[0].priority = Some(1.0);
    overrides[1].priority = Some(2.0);
    let answer = call::<ec2::CreateFleet>(&world, &input).unwrap();
    assert_eq!(
        launched(&answer),
        [
            ("m5.large".to_owned(), "us-east-1a".to_owned(), 2),
            ("m5a.large".to_owned(), "us-east-1a".to_owned(), 3),
        ]
    );
    let errors = answer.errors.unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].error_code.as_deref(), Some("InsufficientInstanceCapacity"));
    assert_eq!(errors[0].lifecycle.as_deref(), Some("on-demand"));
    assert!(errors[0].error_message.as_ref().unwrap().starts_with(
        "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (us-east-1a)."
    ));
    let origin = errors[0].launch_template_and_overrides.as_ref().unwrap();
    assert_eq!(origin.launch_template_specification.as_ref().unwrap().version.as_deref(), Some("1"));
    assert_eq!(origin.overrides.as_ref().unwrap().instance_type.as_deref(), Some("m5.large"));
}

#[test]
fn everything_dry_gives_errors_and_no_instances() {
    let world = world();
    let template = template(&world, Default::default());
    set_free(&world, "us-east-1a", "m5.large", 0);
    let answer =
        call::<ec2::CreateFleet>(&world, &fleet(&template, vec![in_zone("m5.large", "us-east-1a")], 1))
            .unwrap();
    assert_eq!((total(&answer), answer.errors.unwrap().len()), (0, 1));
    let described = call::<ec2::DescribeFleets>(
        &world,
        &ec2::DescribeFleetsRequest { fleet_ids: Some(vec![answer.fleet_id.unwrap()]), ..Default::default() },
    );
    let fulfilled = described.unwrap().fleets.unwrap()[0].fulfilled_capacity.unwrap();
    assert!(fulfilled == 0.0 && fulfilled.is_sign_positive(), "0.0, not -0.0");
}

#[test]
fn the_lowest_price_comes_first_and_weights_count() {
    let world = world();
    let template = template(&world, Default::default());
    let mut overrides = vec![in_zone("m5.large", "us-east-1a"), in_zone("m5.4xlarge", "us-east-1a")];
    overrides[0].weighted_capacity = Some(2.0);
    // Per unit the large one is cheaper with a weight above sixteen.
    overrides[1].weighted_capacity = Some(20.0);
    let answer = call::<ec2::CreateFleet>(&world, &fleet(&template, overrides, 50)).unwrap();
    assert_eq!(launched(&answer), [("m5.4xlarge".to_owned(), "us-east-1a".to_owned(), 3)]);
    let described = call::<ec2::DescribeFleets>(
        &world,
        &ec2::DescribeFleetsRequest { fleet_ids: Some(vec![answer.fleet_id.unwrap()]), ..Default::default() },
    );
    let fleet = described.unwrap().fleets.unwrap().remove(0);
    assert_eq!(fleet.fulfilled_capacity, Some(60.0));
    assert_eq!(fleet.fleet_state.as_deref(), Some("active"));
    assert_eq!(fleet.instances.unwrap()[0].instance_ids.as_ref().unwrap().len(), 3);
}

#[test]
fn attributes_find_types() {
    let world = world();
    let template = template(&world, Default::default());
    let requirements = ec2::InstanceRequirementsRequest {
        vcpu_count: ec2::VCpuCountRangeRequest { min: 8, max: None },
        memory_mib: ec2::MemoryMiBRequest { min: 65_536, max: None },
        memory_gib_per_vcpu: Some(ec2::MemoryGiBPerVCpuRequest { min: Some(8.0), max: Some(8.0) }),
        ..Default::default()
    };
    let given = ec2::FleetLaunchTemplateOverridesRequest {
        instance_requirements: Some(requirements),
        ..Default::default()
    };
    let mut input = fleet(&template, vec![given], 4);
    let answer = call::<ec2::CreateFleet>(&world, &input).unwrap();
    assert_eq!(total(&answer), 4);
    let cheapest = launched(&answer)[0].0.clone();
    for zone in ZONES {
        set_free(&world, zone, &cheapest, 0);
    }
    let answer = call::<ec2::CreateFleet>(&world, &input).unwrap();
    assert_eq!(total(&answer), 4);
    assert_ne!(launched(&answer)[0].0, cheapest);
    assert!(!answer.errors.unwrap().is_empty());
    // In units of vCPUs one such instance is eight or more.
    input.target_capacity_specification.target_capacity_unit_type = Some("vcpu".to_owned());
    input.target_capacity_specification.total_target_capacity = 8;
    assert_eq!(total(&call::<ec2::CreateFleet>(&world, &input).unwrap()), 1);
}

#[test]
fn spot_spreads_as_asked() {
    let world = world();
    let template = template(&world, Default::default());
    let overrides: Vec<_> = ZONES[..4].iter().map(|zone| in_zone("m5.large", zone)).collect();
    let mut input = fleet(&template, overrides, 6);
    input.target_capacity_specification.default_target_capacity_type = Some("spot".to_owned());
    let strategy = |name: &str, pools| {
        Some(ec2::SpotOptionsRequest {
            allocation_strategy: Some(name.to_owned()),
            instance_pools_to_use_count: pools,
            ..Default::default()
        })
    };
    for (name, pools, groups) in [
        ("lowest-price", None, 1),
        ("lowest-price", Some(2), 2),
        ("diversified", None, 4),
        ("capacity-optimized", None, 1),
        ("price-capacity-optimized", None, 1),
    ] {
        input.spot_options = strategy(name, pools);
        let answer = call::<ec2::CreateFleet>(&world, &input).unwrap();
        assert_eq!((total(&answer), launched(&answer).len()), (6, groups), "{name} {pools:?}");
        assert_eq!(answer.instances.unwrap()[0].lifecycle.as_deref(), Some("spot"));
    }
    input.spot_options = strategy("diversified", Some(2));
    assert_eq!(code::<ec2::CreateFleet>(&world, &input), "InvalidParameterCombination");
}

#[test]
fn a_single_zone_and_a_least_number_hold() {
    let world = world();
    let template = template(&world, Default::default());
    set_free(&world, "us-east-1a", "m5.large", 3);
    set_free(&world, "us-east-1b", "m5.large", 4);
    let overrides = vec![in_zone("m5.large", "us-east-1a"), in_zone("m5.large", "us-east-1b")];
    let with = |least, target| ec2::CreateFleetRequest {
        on_demand_options: Some(ec2::OnDemandOptionsRequest {
            single_availability_zone: Some(true),
            min_target_capacity: least,
            ..Default::default()
        }),
        ..fleet(&template, overrides.clone(), target)
    };
    let none = call::<ec2::CreateFleet>(&world, &with(Some(6), 6)).unwrap();
    assert_eq!(total(&none), 0);
    assert_eq!(free(&world, "us-east-1b", "m5.large"), 4);
    let some = call::<ec2::CreateFleet>(&world, &with(Some(4), 6)).unwrap();
    assert_eq!(launched(&some), [("m5.large".to_owned(), "us-east-1b".to_owned(), 4)]);
}

#[test]
fn open_reservations_can_come_first() {
    let world = world();
    let template = template(&world, Default::default());
    let reserve = ec2::CreateCapacityReservationRequest {
        instance_type: "m5.xlarge".to_owned(),
        instance_platform: "Linux/UNIX".to_owned(),
        availability_zone: Some("us-east-1b".to_owned()),
        instance_count: 2,
        ..Default::default()
    };
    call::<ec2::CreateCapacityReservation>(&world, &reserve).unwrap();
    let overrides = vec![in_zone("m5.large", "us-east-1a"), in_zone("m5.xlarge", "us-east-1b")];
    let input = ec2::CreateFleetRequest {
        on_demand_options: Some(ec2::OnDemandOptionsRequest {
            capacity_reservation_options: Some(ec2::CapacityReservationOptionsRequest {
                usage_strategy: Some("use-capacity-reservations-first".to_owned()),
            }),
            ..Default::default()
        }),
        ..fleet(&template, overrides, 5)
    };
    let answer = call::<ec2::CreateFleet>(&world, &input).unwrap();
    assert_eq!(
        launched(&answer),
        [
            ("m5.xlarge".to_owned(), "us-east-1b".to_owned(), 2),
            ("m5.large".to_owned(), "us-east-1a".to_owned(), 3),
        ]
    );
}

#[test]
fn instant_fleets_go_with_their_instances() {
    let world = world();
    let template = template(&world, Default::default());
    let answer =
        call::<ec2::CreateFleet>(&world, &fleet(&template, vec![in_zone("m5.large", "us-east-1a")], 2))
            .unwrap();
    let id = answer.fleet_id.unwrap();
    let delete = |terminate_instances| ec2::DeleteFleetsRequest {
        fleet_ids: vec![id.clone(), "fleet-0".to_owned()],
        terminate_instances,
        ..Default::default()
    };
    assert_eq!(code::<ec2::DeleteFleets>(&world, &delete(false)), "UnsupportedOperation");
    let modify = ec2::ModifyFleetRequest { fleet_id: id.clone(), ..Default::default() };
    assert_eq!(code::<ec2::ModifyFleet>(&world, &modify), "FleetNotInModifiableState");
    let deleted = call::<ec2::DeleteFleets>(&world, &delete(true)).unwrap();
    let failed = deleted.unsuccessful_fleet_deletions.unwrap();
    assert_eq!(failed[0].error.as_ref().unwrap().code.as_deref(), Some("fleetIdDoesNotExist"));
    let done = deleted.successful_fleet_deletions.unwrap();
    assert_eq!(done[0].current_fleet_state.as_deref(), Some("deleted"));
    let answer = call::<ec2::DescribeInstances>(&world, &Default::default()).unwrap();
    let instances = answer.reservations.unwrap().into_iter().flat_map(|it| it.instances.unwrap());
    for instance in instances {
        assert_eq!(instance.state.as_ref().unwrap().name.as_deref(), Some("terminated"));
        let tags = instance.tags.as_ref().unwrap();
        assert!(
            tags.iter()
                .any(|tag| tag.key.as_deref() == Some("aws:ec2:fleet-id") && tag.value.as_ref() == Some(&id))
        );
    }
}

#[test]
fn a_maintained_fleet_replaces_and_shrinks() {
    let world = world();
    let template = template(&world, Default::default());
    let input = ec2::CreateFleetRequest {
        r#type: Some("maintain".to_owned()),
        ..fleet(&template, vec![in_zone("m5.large", "us-east-1a")], 3)
    };
    let id = call::<ec2::CreateFleet>(&world, &input).unwrap().fleet_id.unwrap();
    let active = || {
        let input = ec2::DescribeFleetInstancesRequest { fleet_id: id.clone(), ..Default::default() };
        let answer = call::<ec2::DescribeFleetInstances>(&world, &input).unwrap();
        answer.active_instances.unwrap().into_iter().map(|it| it.instance_id.unwrap()).collect::<Vec<_>>()
    };
    let first = active();
    assert_eq!(first.len(), 3);
    let gone = ec2::TerminateInstancesRequest { instance_ids: first[..2].to_vec(), ..Default::default() };
    call::<ec2::TerminateInstances>(&world, &gone).unwrap();
    assert_eq!(active().len(), 1);
    world.run_until(Timestamp::from_secs(world.clock().now().secs() + 120));
    assert_eq!(active().len(), 3);
    let smaller = ec2::ModifyFleetRequest {
        fleet_id: id.clone(),
        target_capacity_specification: Some(ec2::TargetCapacitySpecificationRequest {
            total_target_capacity: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    call::<ec2::ModifyFleet>(&world, &smaller).unwrap();
    assert_eq!(active().len(), 1);
    let history = ec2::DescribeFleetHistoryRequest {
        fleet_id: id.clone(),
        start_time: Timestamp::from_secs(0),
        event_type: Some("instance-change".to_owned()),
        ..Default::default()
    };
    let records = call::<ec2::DescribeFleetHistory>(&world, &history).unwrap().history_records.unwrap();
    let count = |word: &str| {
        let is = |record: &&ec2::HistoryRecordEntry| {
            record.event_information.as_ref().unwrap().event_sub_type.as_deref() == Some(word)
        };
        records.iter().filter(is).count()
    };
    assert_eq!((count("launched"), count("terminated")), (5, 2));
}

#[test]
fn a_fleet_goes_on_buying_as_it_did_when_its_capacity_changes() {
    let world = world();
    let template = template(&world, Default::default());
    let mut input = ec2::CreateFleetRequest {
        r#type: Some("maintain".to_owned()),
        ..fleet(&template, vec![in_zone("m5.large", "us-east-1a")], 5)
    };
    input.target_capacity_specification.default_target_capacity_type = Some("spot".to_owned());
    input.target_capacity_specification.on_demand_target_capacity = Some(2);
    let id = call::<ec2::CreateFleet>(&world, &input).unwrap().fleet_id.unwrap();
    let after = |total, on_demand| {
        let modify = ec2::ModifyFleetRequest {
            fleet_id: id.clone(),
            target_capacity_specification: Some(ec2::TargetCapacitySpecificationRequest {
                total_target_capacity: total,
                on_demand_target_capacity: on_demand,
                ..Default::default()
            }),
            ..Default::default()
        };
        call::<ec2::ModifyFleet>(&world, &modify).unwrap();
        let input = ec2::DescribeFleetsRequest { fleet_ids: Some(vec![id.clone()]), ..Default::default() };
        let fleets = call::<ec2::DescribeFleets>(&world, &input).unwrap().fleets.unwrap();
        let target = fleets[0].target_capacity_specification.clone().unwrap();
        assert_eq!(target.default_target_capacity_type.as_deref(), Some("spot"));
        (target.on_demand_target_capacity.unwrap(), target.spot_target_capacity.unwrap())
    };
    assert_eq!(after(8, None), (2, 6));
    assert_eq!(after(1, None), (1, 0));
    assert_eq!(after(6, Some(4)), (4, 2));
}

#[test]
fn a_client_token_makes_a_fleet_once() {
    let world = world();
    let template = template(&world, Default::default());
    let input = ec2::CreateFleetRequest {
        client_token: Some("once".to_owned()),
        ..fleet(&template, vec![in_zone("m5.large", "us-east-1a")], 2)
    };
    let first = call::<ec2::CreateFleet>(&world, &input).unwrap();
    let second = call::<ec2::CreateFleet>(&world, &input).unwrap();
    assert!(first == second);
}
