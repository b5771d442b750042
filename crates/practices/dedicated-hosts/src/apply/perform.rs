//! Doing it, and going back.

use std::path::Path;

use ironbird_api::ec2;
use ironbird_client::CallError;
use ironbird_cloud::change::backup::{self, State};
use ironbird_cloud::change::{ApplyError, Outcome, Proposal};
use ironbird_cloud::{Cloud, read};

use super::{Aim, Done, Plan};
use crate::estate::{self, Instance};

/// A backup file of this practice.
type BackupFile = backup::BackupFile<Done>;

/// Carries out a plan. The backup is kept before the first change, and what an earlier, interrupted run left in the
/// same file stays in it.
///
/// # Errors
/// The first call that failed; run it again to go on, or [`revert`]. `NotAsPlanned` when verification found a difference.
pub async fn apply<C: Cloud>(cloud: &C, plan: &Plan, backup: &Path) -> Result<Outcome, ApplyError> {
    let mut outcome = Outcome::default();
    if plan.is_empty() {
        BackupFile::finish(backup, &plan.account, &plan.region)?;
        return Ok(outcome);
    }
    let mut file = BackupFile::resume(backup, &plan.account, &plan.region)?;
    keep(&mut file.backup.kept, plan);
    file.backup.state = State::Applying;
    file.keep()?;
    for host in &plan.hosts {
        recover(cloud, host, "on").await?;
        outcome.done.push(format!("turned recovery of host {host} on"));
    }
    for aim in &plan.instances {
        place(cloud, &aim.instance, Some(&aim.after)).await?;
        outcome.done.push(format!("aimed instance {} at host {}", aim.instance, aim.after));
    }
    verify(cloud, plan).await?;
    file.backup.state = State::Applied;
    file.keep()?;
    Ok(outcome)
}

/// Adds a plan to what is kept. What is there of an earlier run stays: it is how things were before that.
fn keep(kept: &mut Done, plan: &Plan) {
    for host in &plan.hosts {
        if !kept.hosts.contains(host) {
            kept.hosts.push(host.clone());
        }
    }
    for aim in &plan.instances {
        match kept.instances.iter_mut().find(|known| known.instance == aim.instance) {
            Some(known) => known.after.clone_from(&aim.after),
            None => kept.instances.push(aim.clone()),
        }
    }
}

async fn verify<C: Cloud>(cloud: &C, plan: &Plan) -> Result<(), ApplyError> {
    let hosts = estate::hosts(cloud).await.map_err(ApplyError::call("cannot read the hosts"))?;
    let instances = instances(cloud).await?;
    let mut differences = Vec::new();
    for id in &plan.hosts {
        if !hosts.iter().any(|host| host.id == *id && host.recovery) {
            differences.push(format!("recovery of host {id} is not on"));
        }
    }
    for Aim { instance, after, .. } in &plan.instances {
        if aimed_at(&instances, instance).flatten() != Some(after) {
            differences.push(format!("instance {instance} is not aimed at {after}"));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(ApplyError::NotAsPlanned(differences)) }
}

/// Restores what a backup is of. An instance that somebody aimed elsewhere since, or that runs, is left alone.
///
/// # Errors
/// The first call that failed; run it again to go on.
pub async fn revert<C: Cloud>(cloud: &C, backup: &Path) -> Result<Outcome, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let mut file = BackupFile::to_revert(backup, &account, cloud.region().code())?;
    let mut outcome = Outcome::default();
    if file.backup.state == State::Reverted {
        return Ok(outcome);
    }
    file.backup.state = State::Reverting;
    file.keep()?;
    let hosts = estate::hosts(cloud).await.map_err(ApplyError::call("cannot read the hosts"))?;
    for id in &file.backup.kept.hosts {
        match hosts.iter().find(|host| host.id == *id) {
            None => outcome.left.push(format!("host {id} is gone")),
            Some(host) if !host.recovery => {}
            Some(_) => {
                recover(cloud, id, "off").await?;
                outcome.done.push(format!("turned recovery of host {id} off"));
            }
        }
    }
    let instances = instances(cloud).await?;
    for Aim { instance, before, after } in &file.backup.kept.instances {
        let now = aimed_at(&instances, instance);
        if now == Some(before.as_ref()) {
            continue;
        }
        let is_stopped = instances.iter().any(|known| known.id == *instance && known.is_stopped());
        let has_host = before.as_ref().is_none_or(|id| hosts.iter().any(|host| host.id == *id));
        let why = if now.is_none() {
            "is gone"
        } else if now.flatten() != Some(after) {
            "was aimed elsewhere since"
        } else if !is_stopped {
            "is not stopped: stop it first"
        } else if !has_host {
            "cannot go back: the host that it was to start on is gone"
        } else {
            place(cloud, instance, before.as_deref()).await?;
            outcome.done.push(format!("aimed instance {instance} at what it was aimed at"));
            continue;
        };
        outcome.left.push(format!("instance {instance} {why}"));
    }
    if outcome.left.is_empty() {
        file.backup.state = State::Reverted;
        file.keep()?;
    }
    Ok(outcome)
}

async fn instances<C: Cloud>(cloud: &C) -> Result<Vec<Instance>, ApplyError> {
    estate::instances(cloud).await.map_err(ApplyError::call("cannot read the instances"))
}

/// The host that an instance is aimed at, if any; none where there is no such instance.
fn aimed_at<'a>(instances: &'a [Instance], id: &str) -> Option<Option<&'a String>> {
    instances.iter().find(|instance| instance.id == id).map(|instance| instance.host.as_ref())
}

async fn recover<C: Cloud>(cloud: &C, host: &str, state: &str) -> Result<(), ApplyError> {
    let input = ec2::ModifyHostsRequest {
        host_ids: vec![host.to_owned()],
        host_recovery: Some(state.to_owned()),
        ..Default::default()
    };
    let doing = || format!("cannot turn recovery of host {host} {state}");
    let answer = cloud.call::<ec2::ModifyHosts>(&input).await.map_err(ApplyError::call(doing()))?;
    let refused = answer.unsuccessful.into_iter().flatten().next().and_then(|item| item.error);
    match refused {
        None => Ok(()),
        Some(error) => Err(ApplyError::call(doing())(CallError::Service {
            operation: "ModifyHosts",
            code: error.code.unwrap_or_default(),
            message: error.message.unwrap_or_default(),
            status: 200,
        })),
    }
}

/// Aims a stopped instance at a host, or at any.
async fn place<C: Cloud>(cloud: &C, instance: &str, host: Option<&str>) -> Result<(), ApplyError> {
    let input = ec2::ModifyInstancePlacementRequest {
        instance_id: instance.to_owned(),
        host_id: host.map(str::to_owned),
        affinity: host.is_none().then(|| "default".to_owned()),
        ..Default::default()
    };
    let doing = ApplyError::call(format!("cannot aim instance {instance} at another host"));
    cloud.call::<ec2::ModifyInstancePlacement>(&input).await.map_err(doing).map(drop)
}
