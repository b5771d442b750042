//! Apply puts attributes in the place of lists, is then content, restores exactly, and can be stopped at any call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use std::cell::Cell;
use std::path::Path;

use ironbird_api::{autoscaling, ec2};
use ironbird_attribute_selection::apply::perform::{apply, revert};
use ironbird_attribute_selection::apply::{Options, Plan, plan};
use ironbird_attribute_selection::check;
use ironbird_cloud::change::{ApplyError, Proposal as _};
use ironbird_cloud::testing::{Crashing, Failing};
use ironbird_cloud::{Cloud, InProcess, at_once, read};
use support::*;

/// What there is, as it is described, but for what moves by itself.
fn estate(cloud: &InProcess<'_>) -> (Vec<autoscaling::AutoScalingGroup>, Vec<ec2::FleetData>) {
    let mut groups = at_once(read::groups(cloud, Default::default())).unwrap();
    for group in &mut groups {
        group.instances = None;
        // A group that never had it says nothing of it; afterwards it says that it is off.
        group.capacity_rebalance = group.capacity_rebalance.filter(|is_on| *is_on);
    }
    let mut fleets = at_once(read::fleets(cloud, Default::default())).unwrap();
    for fleet in &mut fleets {
        (fleet.activity_status, fleet.fleet_state, fleet.fulfilled_capacity) = (None, None, None);
    }
    (groups, fleets)
}

/// Rules that find something, each with what it finds it on.
fn found(cloud: &InProcess<'_>) -> Vec<(String, String)> {
    let findings = at_once(check::run(cloud)).unwrap();
    assert_eq!(findings.unread.len(), 0);
    let last = |text: &str| text.rsplit('/').next().unwrap().to_owned();
    findings.ordered().iter().map(|finding| (last(&finding.rule), last(&finding.resource))).collect()
}

fn planned(cloud: &impl Cloud, options: &Options) -> Plan {
    at_once(plan(cloud, options)).unwrap()
}

fn plan_and_apply<C: Cloud>(cloud: &C, backup: &Path) -> Result<(), ApplyError> {
    at_once(async {
        let plan = plan(cloud, &Options::default()).await?;
        apply(cloud, &plan, backup).await.map(drop)
    })
}

/// A group of one type, one of a list that buys Spot carelessly, and a fleet of a list in two zones.
fn lists(cloud: &InProcess<'_>) {
    typed(cloud, "app", "c5.xlarge");
    let plain = autoscaling::CreateAutoScalingGroupType {
        launch_template: Some(by_name("app")),
        mixed_instances_policy: None,
        capacity_rebalance: None,
        ..group("plain", "app", vec![], None)
    };
    create(cloud, &plain);
    let cheapest = autoscaling::InstancesDistribution {
        spot_allocation_strategy: None,
        spot_instance_pools: Some(3),
        ..spot()
    };
    let types = ["m5.large", "m5a.large"].map(by_type).to_vec();
    let careless = autoscaling::CreateAutoScalingGroupType {
        capacity_rebalance: None,
        ..group("careless", "app", types, Some(cheapest))
    };
    create(cloud, &careless);
    create(cloud, &group("no-overrides", "app", vec![], Some(spot())));
    let zones = ["us-east-1a", "us-east-1b"];
    let overrides = zones.iter().flat_map(|zone| ["r5.large", "r5a.large"].map(|name| in_zone(name, zone)));
    cloud.call_now::<ec2::CreateFleet>(&fleet("app", overrides.collect())).unwrap();
}

#[test]
fn lists_become_attributes_once_check_is_content_and_they_are_restored_exactly() {
    let world = world();
    let cloud = cloud(&world);
    lists(&cloud);
    let before = estate(&cloud);
    assert_eq!(found(&cloud).iter().filter(|(rule, _)| rule == "type-list").count(), 4);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    let first = planned(&cloud, &Options::default());
    let text = first.text();
    assert!(text.contains("m5.large, m5a.large → types with 2–4 vCPU, 8–16 GiB, 4 GiB per vCPU"), "{text}");
    assert!(text.contains("Spot: 2 types → 16 of "), "{text}");
    assert!(text.contains("! unlike any before, "), "{text}");
    assert!(estate(&cloud) == before, "a plan changes nothing");
    at_once(apply(&cloud, &first, &backup)).unwrap();
    assert_eq!(found(&cloud), [], "nothing is left to find");
    // What differs but in its types is one override for each zone.
    let (_, fleets) = estate(&cloud);
    let overrides = fleets[0].launch_template_configs.as_ref().unwrap()[0].overrides.clone().unwrap();
    let zones: Vec<_> = overrides.iter().map(|one| one.availability_zone.as_deref().unwrap()).collect();
    assert_eq!(zones, ["us-east-1a", "us-east-1b"]);
    assert!(overrides.iter().all(|one| one.instance_requirements.is_some() && one.instance_type.is_none()));

    let again = planned(&cloud, &Options::default());
    assert!(again.is_empty(), "{}", again.text());
    let kept = std::fs::read_to_string(&backup).unwrap();
    at_once(apply(&cloud, &again, &backup)).unwrap();
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), kept, "a second apply changes nothing");

    let outcome = at_once(revert(&cloud, &backup, false)).unwrap();
    assert_eq!((outcome.done.len(), outcome.left.len()), (4, 0), "{outcome:?}");
    assert!(estate(&cloud) == before);
}

#[test]
fn stopped_at_any_call_apply_goes_on_and_revert_goes_back() {
    for failing in [Failing::Refused, Failing::AnswerLost] {
        for at in 1.. {
            assert!(at < 300, "apply never ends");
            let world = world();
            let cloud = cloud(&world);
            lists(&cloud);
            let before = estate(&cloud);
            let folder = tempfile::tempdir().unwrap();
            let backup = folder.path().join("backup.json");
            let crashing = Crashing { inner: cloud, calls_left: Cell::new(at), failing };
            let completed = plan_and_apply(&crashing, &backup).is_ok();
            // Every other time it goes on, else it goes back from where it was.
            if at % 2 == 0 || completed {
                plan_and_apply(&cloud, &backup).unwrap();
                assert_eq!(found(&cloud), [], "{failing:?} at call {at}");
            }
            if backup.exists() {
                let crashing = Crashing { inner: cloud, calls_left: Cell::new(at % 7 + 1), failing };
                let _ = at_once(revert(&crashing, &backup, false));
                at_once(revert(&cloud, &backup, false)).unwrap();
            }
            assert!(estate(&cloud) == before, "{failing:?} at call {at}");
            if completed {
                break;
            }
        }
    }
}

#[test]
fn attributes_that_few_types_have_are_given_up_only_where_their_owner_says_so() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "app", "x86_64", Default::default());
    cloud.call_now::<ec2::CreateFleet>(&posts_fleet("app")).unwrap();
    let plan = planned(&cloud, &Options::default());
    assert!(plan.is_empty());
    assert!(plan.text().contains("what it can do without is not ours to say: --relax "), "{}", plan.text());
    let given_up = ["CpuManufacturers", "MemoryMiB.Max", "VCpuCount.Max", "LocalStorageTypes"];
    let options = Options { given_up: given_up.map(str::to_owned).to_vec(), ..Options::default() };
    let plan = planned(&cloud, &options);
    assert_eq!(plan.fleets.len(), 1, "{}", plan.text());
    assert!(plan.text().contains("override 1 without CpuManufacturers"), "{}", plan.text());
    let before = estate(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    at_once(apply(&cloud, &plan, &backup)).unwrap();
    assert_eq!(found(&cloud), []);
    assert!(planned(&cloud, &options).is_empty());
    at_once(revert(&cloud, &backup, false)).unwrap();
    assert!(estate(&cloud) == before);
    let unknown = Options { given_up: vec!["Colour".to_owned()], ..Options::default() };
    let error =
        at_once(ironbird_attribute_selection::apply::plan(&cloud, &unknown)).err().unwrap().to_string();
    assert!(error.contains("\"Colour\"") && error.contains("CpuManufacturers"), "{error}");
}

#[test]
fn what_cannot_be_changed_is_told_with_what_to_create() {
    let world = world();
    let cloud = cloud(&world);
    typed(&cloud, "app", "m5.large");
    let request = ec2::CreateFleetRequest {
        r#type: Some("request".to_owned()),
        spot_options: None,
        ..fleet("app", vec![in_zone("m5.large", "us-east-1a")])
    };
    cloud.call_now::<ec2::CreateFleet>(&request).unwrap();
    let mut weighted = ["m5.large", "m5.xlarge"].map(by_type).to_vec();
    for one in &mut weighted {
        one.weighted_capacity = Some("2".to_owned());
    }
    create(&cloud, &group("weighted", "app", weighted, Some(spot())));
    let plan = planned(&cloud, &Options::default());
    assert!(plan.is_empty(), "{}", plan.text());
    let why = |name: &str| -> String {
        let all = plan.skipped.iter().filter(|(resource, _)| resource.contains(name));
        all.map(|(_, why)| why.clone()).collect::<Vec<_>>().join("\n")
    };
    assert!(why("weighted").contains("attributes take no weights"), "{}", plan.text());
    let fleet = why("fleet");
    assert!(fleet.contains("a fleet of type request cannot be modified"), "{fleet}");
    assert!(fleet.contains(r#""VCpuCount":{"#) && fleet.contains("SpotOptions"), "{fleet}");
}

#[test]
fn a_group_that_somebody_changed_since_is_left_alone() {
    let world = world();
    let cloud = cloud(&world);
    lists(&cloud);
    let before = estate(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    plan_and_apply(&cloud, &backup).unwrap();
    let other = autoscaling::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "careless".to_owned(),
        capacity_rebalance: Some(false),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::UpdateAutoScalingGroup>(&other).unwrap();
    let outcome = at_once(revert(&cloud, &backup, false)).unwrap();
    assert_eq!(outcome.left, ["group careless was changed since: --force restores it all the same"]);
    at_once(revert(&cloud, &backup, true)).unwrap();
    assert!(estate(&cloud) == before);
}
