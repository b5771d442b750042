//! Apply changes what it says, restores it, and can be stopped at any call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use std::cell::Cell;
use std::path::Path;

use ironbird_api::ec2;
use ironbird_cloud::change::{ApplyError, Proposal as _};
use ironbird_cloud::testing::{Crashing, Failing};
use ironbird_cloud::{Cloud, InProcess, at_once, read};
use ironbird_dedicated_hosts::apply::perform::{apply, revert};
use ironbird_dedicated_hosts::apply::plan;
use ironbird_rig::world::World;
use support::*;

/// Two hosts without recovery, and a stopped instance on a third that takes it no more.
fn estate(cloud: &InProcess<'_>) -> String {
    let plain = || ec2::AllocateHostsRequest { host_recovery: None, ..of_type("m6i.xlarge") };
    let old = allocate(cloud, plain());
    let ids = run_placed(cloud, "m6i.xlarge", 1, Some(&old), Some("host"));
    later(cloud.world, 60);
    stop(cloud, &ids);
    let input = ec2::ModifyHostsRequest {
        host_ids: vec![old],
        instance_type: Some("m6i.large".to_owned()),
        ..Default::default()
    };
    cloud.call_now::<ec2::ModifyHosts>(&input).unwrap();
    allocate(cloud, plain());
    ids[0].clone()
}

/// What apply may change: recovery of each host, and where the instance starts.
fn state(cloud: &InProcess<'_>, instance: &str) -> (Vec<Option<String>>, Option<String>) {
    let hosts = at_once(read::hosts(cloud, Default::default())).unwrap();
    let launches = at_once(read::launches(cloud, Default::default())).unwrap();
    let all = launches.iter().flat_map(|launch| launch.instances.iter().flatten());
    let found = all.into_iter().find(|one| one.instance_id.as_deref() == Some(instance)).unwrap();
    let host = found.placement.as_ref().and_then(|placement| placement.host_id.clone());
    (hosts.into_iter().map(|host| host.host_recovery).collect(), host)
}

fn plan_and_apply<C: Cloud>(cloud: &C, backup: &Path) -> Result<(), ApplyError> {
    at_once(async {
        let plan = plan(cloud).await?;
        apply(cloud, &plan, backup).await.map(drop)
    })
}

#[test]
fn recovery_is_turned_on_and_a_stranded_instance_is_aimed_once() {
    let world = world();
    let cloud = cloud(&world);
    let instance = estate(&cloud);
    let before = state(&cloud, &instance);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.json");
    let first = at_once(plan(&cloud)).unwrap();
    assert_eq!((first.hosts.len(), first.instances.len()), (2, 1), "{}", first.text());
    assert!(state(&cloud, &instance) == before, "a plan changes nothing");
    at_once(apply(&cloud, &first, &backup)).unwrap();
    let (recovery, host) = state(&cloud, &instance);
    assert!(recovery.iter().all(|state| state.as_deref() == Some("on")));
    assert_eq!(host.as_ref(), Some(&first.instances[0].after));
    assert!(at_once(plan(&cloud)).unwrap().is_empty(), "a second apply changes nothing");
    let outcome = at_once(revert(&cloud, &backup)).unwrap();
    assert_eq!((outcome.done.len(), outcome.left.len()), (3, 0), "{outcome:?}");
    assert!(state(&cloud, &instance) == before);
    let nothing = at_once(revert(&cloud, &backup)).unwrap();
    assert!(nothing.done.is_empty() && nothing.left.is_empty());
}

#[test]
fn stopped_at_any_call_apply_goes_on_and_revert_goes_back() {
    for at in 1.. {
        assert!(at < 100, "apply never ends");
        let world = world();
        let cloud = cloud(&world);
        let instance = estate(&cloud);
        let before = state(&cloud, &instance);
        let folder = tempfile::tempdir().unwrap();
        let backup = folder.path().join("backup.json");
        let crashing =
            |left| Crashing { inner: cloud, calls_left: Cell::new(left), failing: Failing::AnswerLost };
        let completed = plan_and_apply(&crashing(at), &backup).is_ok();
        if at % 2 == 0 {
            plan_and_apply(&cloud, &backup).unwrap();
            assert!(at_once(plan(&cloud)).unwrap().is_empty(), "at call {at}");
        }
        if backup.exists() {
            // A revert that stops, too, goes on.
            let _ = at_once(revert(&crashing(at), &backup));
            at_once(revert(&cloud, &backup)).unwrap();
        }
        assert!(state(&cloud, &instance) == before, "at call {at}");
        if completed {
            break;
        }
    }
}

#[test]
fn what_cannot_be_helped_is_said() {
    let world: World = world();
    let cloud = cloud(&world);
    let host = allocate(&cloud, ec2::AllocateHostsRequest { host_recovery: None, ..of_type("m5d.large") });
    let ids = run_placed(&cloud, "m5d.large", 1, Some(&host), Some("host"));
    later(&world, 60);
    fail(&cloud, &host);
    later(&world, 600);
    stop(&cloud, &ids);
    let plan = at_once(plan(&cloud)).unwrap();
    assert!(plan.is_empty());
    assert!(plan.text().contains("the family m5d does not recover"), "{}", plan.text());
    assert!(plan.text().contains("no other host has room for it"), "{}", plan.text());
}
