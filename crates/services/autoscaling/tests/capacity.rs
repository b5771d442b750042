//! Groups when pools run dry, and when they fill again.

mod common;

use common::*;
use ironbird_api::autoscaling as api;

#[test]
fn a_group_spreads_over_its_zones_at_once_where_transitions_are_instant() {
    let world = instant();
    create(&world, &group_of(&world, "m5.large", &ZONES, 7));
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 3), ("us-east-1b", 2), ("us-east-1c", 2)]));
    assert_eq!(statuses(&world), counts(&[("Successful", 7)]));
}

#[test]
fn what_a_dry_zone_lacks_comes_up_elsewhere_and_goes_back_once_there_is_room() {
    let world = realistic();
    set_free(&world, "us-east-1a", "m5.large", 1);
    create(&world, &group_of(&world, "m5.large", &ZONES, 9));
    assert!(instances(&world).is_empty(), "a group answers before it launches");
    later(&world, 60);
    let spread = by_zone(&world);
    assert_eq!(spread.values().sum::<usize>(), 9);
    assert_eq!(spread["us-east-1a"], 1);
    assert_eq!(spread["us-east-1b"], 4);
    let told = activities(&world);
    let failed =
        told.iter().find(|activity| activity.status_code == "Failed").expect("the dry zone is told of");
    assert!(failed.details.as_deref().unwrap_or_default().contains("us-east-1a"));
    let message = failed.status_message.as_deref().unwrap_or_default();
    assert!(message.starts_with("We currently do not have sufficient m5.large capacity"), "{message}");
    assert!(message.ends_with(" Launching EC2 instance failed."), "{message}");
    assert_eq!(failed.description, Some(format!("Launching a new EC2 instance.  Status Reason: {message}")));
    let launched = told.iter().find(|activity| activity.status_code == "Successful").unwrap();
    assert!(launched.cause.contains(
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to 9.  At "
    ));
    assert!(launched.cause.ends_with("increasing the capacity from 0 to 9."), "{}", launched.cause);
    assert!(told.last().unwrap().end_time.is_some());

    set_free(&world, "us-east-1a", "m5.large", 50);
    later(&world, 900);
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 3), ("us-east-1b", 3), ("us-east-1c", 3)]));
    let causes: Vec<String> = activities(&world).into_iter().map(|activity| activity.cause).collect();
    assert!(
        causes
            .iter()
            .any(|cause| cause.ends_with("An instance was launched to aid in balancing the group's zones."))
    );
}

#[test]
fn one_type_in_one_zone_stays_short_and_tries_less_and_less_often() {
    let world = realistic();
    set_free(&world, "us-east-1a", "m5.large", 4);
    create(&world, &group_of(&world, "m5.large", &["us-east-1a"], 10));
    later(&world, 3600);
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 4)]));
    let failed: Vec<i64> = activities(&world)
        .iter()
        .filter(|activity| activity.status_code == "Failed")
        .map(|activity| activity.start_time.secs())
        .collect();
    let waits: Vec<i64> = failed.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits[..6], [15, 30, 60, 120, 240, 300]);
    set_free(&world, "us-east-1a", "m5.large", 6);
    later(&world, 600);
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 10)]));
}

#[test]
fn a_flexible_group_takes_another_type_in_the_same_zone_and_tells_of_no_failure() {
    let world = instant();
    set_free(&world, "us-east-1a", "m5.large", 0);
    let request = mixed(&world, &[("m5.large", None), ("m5a.large", None)], &ZONES[..2], 4, None);
    create(&world, &request);
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 2), ("us-east-1b", 2)]));
    assert_eq!(by_type(&world), counts(&[("m5.large", 2), ("m5a.large", 2)]));
    assert_eq!(statuses(&world), counts(&[("Successful", 4)]));
}

#[test]
fn a_group_that_stays_balanced_does_not_go_elsewhere() {
    let world = instant();
    set_free(&world, "us-east-1a", "m5.large", 0);
    let mut request = group_of(&world, "m5.large", &ZONES, 6);
    request.availability_zone_distribution = Some(api::AvailabilityZoneDistribution {
        capacity_distribution_strategy: Some("balanced-only".to_owned()),
    });
    create(&world, &request);
    assert_eq!(by_zone(&world), counts(&[("us-east-1b", 2), ("us-east-1c", 2)]));
    set_free(&world, "us-east-1a", "m5.large", 2);
    later(&world, 60);
    assert_eq!(by_zone(&world)["us-east-1a"], 2);
}

#[test]
fn requirements_are_resolved_to_types_and_the_cheapest_comes_first() {
    let world = instant();
    let requirements = api::InstanceRequirements {
        vcpu_count: api::VCpuCountRequest { min: 8, max: Some(8) },
        memory_mib: api::MemoryMiBRequest { min: 65_536, max: None },
        ..Default::default()
    };
    let overrides = vec![api::LaunchTemplateOverrides {
        instance_requirements: Some(requirements),
        ..Default::default()
    }];
    create(&world, &with_overrides(&world, overrides, &ZONES, 3, None));
    assert_eq!(by_zone(&world), counts(&[("us-east-1a", 1), ("us-east-1b", 1), ("us-east-1c", 1)]));
    let first = by_type(&world).into_keys().next().unwrap();
    for zone in ZONES {
        set_free(&world, zone, &first, 0);
    }
    desire(&world, 6);
    assert_eq!(by_type(&world).len(), 2, "the next type takes over: {:?}", by_type(&world));
    assert_eq!(instances(&world).len(), 6);
    let policy = describe(&world).mixed_instances_policy.unwrap();
    let distribution = policy.instances_distribution.unwrap();
    assert_eq!(distribution.on_demand_allocation_strategy.as_deref(), Some("lowest-price"));
}

/// The types that a group of the post's example launches when every pool that it has launched from runs dry.
fn launched_in_turn(price: &dyn Fn(&mut api::InstanceRequirements), spot: bool) -> Vec<String> {
    let world = instant();
    let mut requirements = api::InstanceRequirements {
        vcpu_count: api::VCpuCountRequest { min: 8, max: None },
        memory_mib: api::MemoryMiBRequest { min: 65_536, max: None },
        memory_gib_per_vcpu: Some(api::MemoryGiBPerVCpuRequest { min: Some(8.0), max: Some(8.0) }),
        ..Default::default()
    };
    price(&mut requirements);
    let only =
        api::LaunchTemplateOverrides { instance_requirements: Some(requirements), ..Default::default() };
    let distribution = api::InstancesDistribution {
        on_demand_percentage_above_base_capacity: Some(if spot { 0 } else { 100 }),
        spot_allocation_strategy: Some("price-capacity-optimized".to_owned()),
        ..Default::default()
    };
    let request = with_overrides(&world, vec![only], &ZONES[..1], 0, Some(distribution));
    create(&world, &request);
    let mut known = 0;
    for desired in 1..=100 {
        desire(&world, desired);
        let types = by_type(&world);
        if types.len() == known {
            return types.into_keys().collect();
        }
        known = types.len();
        types.keys().for_each(|name| set_free(&world, ZONES[0], name, 0));
    }
    panic!("the group never ran out of types");
}

#[test]
fn types_that_are_too_dear_are_never_launched() {
    let by_default = launched_in_turn(&|_| {}, false);
    assert_eq!(by_default.len(), 7, "{by_default:?}");
    assert!(by_default.iter().all(|name| name.ends_with(".2xlarge")), "{by_default:?}");
    let none_above = |requirements: &mut api::InstanceRequirements| {
        requirements.on_demand_max_price_percentage_over_lowest_price = Some(0);
    };
    assert_eq!(launched_in_turn(&none_above, false), ["r5a.2xlarge"]);
    // Spot has a limit of its own, by Spot prices.
    let spot = launched_in_turn(&none_above, true);
    assert!(spot.len() > 10, "{spot:?}");
    let cheap = |requirements: &mut api::InstanceRequirements| {
        requirements.spot_max_price_percentage_over_lowest_price = Some(0);
    };
    assert_eq!(launched_in_turn(&cheap, true).len(), 1);
}

#[test]
fn an_update_changes_only_the_part_of_a_policy_that_it_gives() {
    let world = instant();
    let mut request = mixed(&world, &[("m5.large", None), ("m5a.large", None)], &ZONES[..2], 2, None);
    let own = template(&world, "own", None);
    let launch = request.mixed_instances_policy.as_mut().and_then(|policy| policy.launch_template.as_mut());
    let overrides = launch.and_then(|launch| launch.overrides.as_mut()).expect("the request has overrides");
    overrides[1].launch_template_specification = Some(own);
    create(&world, &request);
    let before = describe(&world).mixed_instances_policy.expect("the group has a policy");
    let update = api::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "web".to_owned(),
        mixed_instances_policy: Some(api::MixedInstancesPolicy {
            instances_distribution: Some(api::InstancesDistribution {
                on_demand_percentage_above_base_capacity: Some(0),
                ..Default::default()
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    ok::<api::UpdateAutoScalingGroup>(&world, &update);
    let after = describe(&world).mixed_instances_policy.expect("the group has a policy");
    assert!(after.launch_template == before.launch_template);
    let share = after.instances_distribution.and_then(|kept| kept.on_demand_percentage_above_base_capacity);
    assert_eq!(share, Some(0));
}

#[test]
fn weights_fill_the_capacity_and_may_overshoot() {
    let world = instant();
    let types = [("m5.2xlarge", Some("8")), ("m5.xlarge", Some("4"))];
    create(&world, &mixed(&world, &types, &ZONES[..2], 20, None));
    // 20 units are three instances of eight.
    assert_eq!(by_type(&world), counts(&[("m5.2xlarge", 3)]));
    assert!(instances(&world).iter().all(|instance| instance.weighted_capacity.as_deref() == Some("8")));
    set_free(&world, "us-east-1a", "m5.2xlarge", 0);
    set_free(&world, "us-east-1b", "m5.2xlarge", 0);
    desire(&world, 30);
    assert_eq!(by_type(&world), counts(&[("m5.2xlarge", 3), ("m5.xlarge", 2)]));
    desire(&world, 25);
    // 32 units: only an instance of four can go without falling short.
    assert_eq!(by_type(&world), counts(&[("m5.2xlarge", 3), ("m5.xlarge", 1)]));
}

#[test]
fn a_share_is_spot_above_the_on_demand_base() {
    let world = instant();
    let distribution = api::InstancesDistribution {
        on_demand_base_capacity: Some(2),
        on_demand_percentage_above_base_capacity: Some(25),
        spot_allocation_strategy: Some("price-capacity-optimized".to_owned()),
        ..Default::default()
    };
    let request =
        mixed(&world, &[("m5.large", None), ("m5a.large", None)], &ZONES[..2], 10, Some(distribution));
    create(&world, &request);
    let reservations = ok::<ironbird_api::ec2::DescribeInstances>(&world, &Default::default()).reservations;
    let launched =
        reservations.into_iter().flatten().flat_map(|reservation| reservation.instances.unwrap_or_default());
    let spot = launched.filter(|instance| instance.instance_lifecycle.as_deref() == Some("spot")).count();
    assert_eq!((instances(&world).len(), spot), (10, 6));
    desire(&world, 4);
    let left = ids(&world);
    let reservations = ok::<ironbird_api::ec2::DescribeInstances>(&world, &Default::default()).reservations;
    let all =
        reservations.into_iter().flatten().flat_map(|reservation| reservation.instances.unwrap_or_default());
    let spot = all
        .filter(|instance| left.contains(instance.instance_id.as_ref().unwrap()))
        .filter(|instance| instance.instance_lifecycle.as_deref() == Some("spot"))
        .count();
    assert_eq!((left.len(), spot), (4, 1), "two and a quarter of two, rounded up, are On-Demand");
}
