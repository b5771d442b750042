//! Apply changes what it says, restores exactly, and can be stopped at any call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use std::cell::Cell;
use std::path::Path;

use ironbird_api::{autoscaling, ec2};
use ironbird_capacity_flexibility::apply::perform::{apply, revert};
use ironbird_capacity_flexibility::apply::reserve::Reservation;
use ironbird_capacity_flexibility::apply::{Options, plan};
use ironbird_cloud::change::{ApplyError, Proposal as _};
use ironbird_cloud::read;
use ironbird_cloud::testing::{Crashing, Failing};
use ironbird_cloud::{Cloud, InProcess, at_once};
use support::*;

fn options() -> Options {
    let reservation = Reservation::parse(POST, 25, Some("2026-05-31T00:00:00.000Z")).unwrap();
    Options { groups: Vec::new(), reservation: Some(reservation) }
}

fn plan_and_apply<C: Cloud>(cloud: &C, backup: &Path) -> Result<(), ApplyError> {
    at_once(async {
        let plan = plan(cloud, &options()).await?;
        apply(cloud, &plan, backup).await.map(drop)
    })
}

fn fleets(cloud: &InProcess<'_>) -> Vec<ec2::CapacityReservationFleet> {
    at_once(read::reservation_fleets(cloud, Default::default())).unwrap()
}

fn has_attributes(group: &autoscaling::AutoScalingGroup) -> bool {
    let policy = group.mixed_instances_policy.as_ref().and_then(|policy| policy.launch_template.as_ref());
    let overrides = policy.and_then(|template| template.overrides.as_ref());
    overrides.is_some_and(|list| list.iter().all(|one| one.instance_requirements.is_some()))
}

fn is_wide(cloud: &InProcess<'_>) -> bool {
    let groups = groups(cloud);
    let in_all_zones = groups.iter().all(|group| group.availability_zones.len() == 3);
    in_all_zones && groups.iter().all(has_attributes)
}

fn active(cloud: &InProcess<'_>) -> usize {
    let ended = ["cancelled", "cancelling"];
    fleets(cloud).iter().filter(|fleet| !ended.contains(&fleet.state.as_deref().unwrap())).count()
}

#[test]
fn groups_are_widened_once_and_restored_exactly() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let before = groups(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    let first = at_once(plan(&cloud, &options())).unwrap();
    assert_eq!(first.groups.len(), 2, "{}", first.text());
    assert!(first.text().contains("8–16 vCPU, 64–128 GiB, 8 GiB per vCPU, intel or amd"), "{}", first.text());
    assert!(groups(&cloud) == before, "a plan changes nothing");
    at_once(apply(&cloud, &first, &backup)).unwrap();
    assert!(is_wide(&cloud));
    let fleet = &fleets(&cloud)[0];
    assert!((25.0..29.0).contains(&fleet.total_fulfilled_capacity.unwrap()));

    let again = at_once(plan(&cloud, &options())).unwrap();
    assert!(again.is_empty(), "{}", again.text());
    let kept = std::fs::read_to_string(&backup).unwrap();
    at_once(apply(&cloud, &again, &backup)).unwrap();
    assert_eq!(std::fs::read_to_string(&backup).unwrap(), kept, "a second apply changes nothing");

    let outcome = at_once(revert(&cloud, &backup, false)).unwrap();
    assert_eq!((outcome.done.len(), outcome.left.len()), (3, 0), "{outcome:?}");
    assert!(groups(&cloud) == before);
    assert_eq!(active(&cloud), 0);
    let nothing = at_once(revert(&cloud, &backup, false)).unwrap();
    assert!(nothing.done.is_empty() && nothing.left.is_empty());
}

#[test]
fn stopped_at_any_call_apply_goes_on_and_revert_goes_back() {
    for failing in [Failing::Refused, Failing::AnswerLost] {
        for at in 1.. {
            assert!(at < 200, "apply never ends");
            let mut completed = false;
            for goes_on in [true, false] {
                let world = world();
                let cloud = cloud(&world);
                one_type_groups(&cloud);
                let before = groups(&cloud);
                let folder = tempfile::tempdir().unwrap();
                let backup = folder.path().join("backup.json");
                let crashing = Crashing { inner: cloud, calls_left: Cell::new(at), failing };
                completed = plan_and_apply(&crashing, &backup).is_ok();
                if goes_on || completed {
                    plan_and_apply(&cloud, &backup).unwrap();
                    assert!(is_wide(&cloud), "{failing:?} at call {at}");
                    assert_eq!(active(&cloud), 1, "{failing:?} at call {at}");
                }
                if backup.exists() {
                    at_once(revert(&cloud, &backup, false)).unwrap();
                }
                assert!(groups(&cloud) == before, "{failing:?} at call {at}, goes on {goes_on}");
                assert_eq!(active(&cloud), 0, "{failing:?} at call {at}");
            }
            if completed {
                break;
            }
        }
    }
}

#[test]
fn a_revert_stopped_at_any_call_goes_on() {
    for failing in [Failing::Refused, Failing::AnswerLost] {
        for at in 1.. {
            assert!(at < 200, "revert never ends");
            let world = world();
            let cloud = cloud(&world);
            one_type_groups(&cloud);
            let before = groups(&cloud);
            let folder = tempfile::tempdir().unwrap();
            let backup = folder.path().join("backup.json");
            plan_and_apply(&cloud, &backup).unwrap();
            let crashing = Crashing { inner: cloud, calls_left: Cell::new(at), failing };
            let completed = at_once(revert(&crashing, &backup, false)).is_ok();
            at_once(revert(&cloud, &backup, false)).unwrap();
            assert!(groups(&cloud) == before, "{failing:?} at call {at}");
            assert_eq!(active(&cloud), 0, "{failing:?} at call {at}");
            if completed {
                break;
            }
        }
    }
}

#[test]
fn a_group_that_somebody_changed_since_is_left_alone() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let before = groups(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    plan_and_apply(&cloud, &backup).unwrap();
    let elsewhere = autoscaling::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "plain".to_owned(),
        vpc_zone_identifier: Some(subnets(&cloud)[2].clone()),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::UpdateAutoScalingGroup>(&elsewhere).unwrap();
    let outcome = at_once(revert(&cloud, &backup, false)).unwrap();
    assert_eq!(outcome.left.len(), 1, "{outcome:?}");
    assert!(outcome.left[0].contains("plain"));
    let outcome = at_once(revert(&cloud, &backup, true)).unwrap();
    assert!(outcome.left.is_empty(), "{outcome:?}");
    assert!(groups(&cloud) == before);
}

#[test]
fn a_backup_of_another_account_is_refused() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    plan_and_apply(&cloud, &backup).unwrap();
    let text = std::fs::read_to_string(&backup).unwrap();
    std::fs::write(&backup, text.replace("123456789012", "999999999999")).unwrap();
    let error = at_once(revert(&cloud, &backup, false)).unwrap_err().to_string();
    assert!(error.contains("999999999999"), "{error}");
    std::fs::write(&backup, "{").unwrap();
    assert!(at_once(revert(&cloud, &backup, false)).is_err());
    assert!(at_once(revert(&cloud, Path::new("/nonexistent/backup"), false)).is_err());
}
