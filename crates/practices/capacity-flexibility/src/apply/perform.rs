//! Doing it, and going back.

use std::path::Path;

use ironbird_api::autoscaling::{
    AutoScalingGroup, AutoScalingGroupNamesType, UpdateAutoScalingGroup, UpdateAutoScalingGroupType,
};
use ironbird_api::ec2;
use ironbird_rig::clock::HostClock;
use ironbird_rig::seed::Seed;

use super::backup::{BackupFile, FleetBackup, GroupBackup, State};
use super::settings::{current, from_json, is_as, to_json};
use super::{ApplyError, Plan, reserve};
use crate::cloud::Cloud;
use crate::read;

/// What was done, in words, and what could not be.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One line for each thing done.
    pub done: Vec<String>,
    /// One line for each thing that was left as it is although it was to change.
    pub left: Vec<String>,
}

/// Carries out a plan. The backup is kept before the first change, and what an earlier, interrupted run left in the
/// same file stays in it.
///
/// # Errors
/// The first call that failed; run it again to go on, or [`revert`]. `NotAsPlanned` when verification found a difference.
pub async fn apply<C: Cloud>(cloud: &C, plan: &Plan, backup: &Path) -> Result<Outcome, ApplyError> {
    let mut outcome = Outcome::default();
    if plan.is_empty() {
        finish_interrupted(plan, backup)?;
        return Ok(outcome);
    }
    let mut file = BackupFile::resume(backup, &plan.account, &plan.region)?;
    note_groups(&mut file, plan)?;
    let token = note_fleet(&mut file, plan);
    file.backup.state = State::Applying;
    file.keep()?;
    for change in &plan.groups {
        let doing = ApplyError::call(format!("cannot change group {}", change.name));
        cloud.call::<UpdateAutoScalingGroup>(&change.after).await.map_err(doing)?;
        outcome.done.push(format!("changed group {}", change.name));
    }
    if let (Some(reservation), Some(token)) = (&plan.reservation, token) {
        let doing = ApplyError::call("cannot create the Capacity Reservation Fleet");
        let request = reservation.request(&token);
        let created = cloud.call::<ec2::CreateCapacityReservationFleet>(&request).await.map_err(doing)?;
        let id = created.capacity_reservation_fleet_id;
        outcome.done.push(format!(
            "created Capacity Reservation Fleet {} ({}, {} of {} units)",
            id.as_deref().unwrap_or("without an id"),
            created.state.as_deref().unwrap_or("state unknown"),
            created.total_fulfilled_capacity.unwrap_or(0.0),
            reservation.target_capacity
        ));
        if let Some(fleet) = file.backup.fleets.iter_mut().find(|fleet| fleet.client_token == token) {
            fleet.id = id;
        }
    }
    verify(cloud, plan).await?;
    file.backup.state = State::Applied;
    file.keep()?;
    Ok(outcome)
}

/// An earlier run was stopped after its last change: all that is left is to say so in its backup.
fn finish_interrupted(plan: &Plan, backup: &Path) -> Result<(), ApplyError> {
    let Some(mut file) = BackupFile::open(backup)? else { return Ok(()) };
    let is_ours = file.backup.account == plan.account && file.backup.region == plan.region;
    if is_ours && file.backup.state == State::Applying {
        file.backup.state = State::Applied;
        file.keep()?;
    }
    Ok(())
}

/// Adds the plan's groups. What is there of an earlier run stays: it is how the group was before that.
fn note_groups(file: &mut BackupFile, plan: &Plan) -> Result<(), ApplyError> {
    for change in &plan.groups {
        let json = |input| to_json::<UpdateAutoScalingGroup>(input).map_err(ApplyError::Input);
        let (before, after) = (json(&change.before)?, json(&change.after)?);
        match file.backup.groups.iter_mut().find(|group| group.name == change.name) {
            Some(known) => known.after = after,
            None => file.backup.groups.push(GroupBackup { name: change.name.clone(), before, after }),
        }
    }
    Ok(())
}

/// Adds the plan's fleet and gives the token to create it with: that of an interrupted run, or a fresh one.
fn note_fleet(file: &mut BackupFile, plan: &Plan) -> Option<String> {
    let reservation = plan.reservation.as_ref()?;
    let unfinished = |fleet: &&FleetBackup| fleet.reservation == *reservation && fleet.id.is_none();
    if let Some(known) = file.backup.fleets.iter().find(unfinished) {
        return Some(known.client_token.clone());
    }
    // A fleet of the same specification may have been created and cancelled before: AWS would give that one again for
    // the same token.
    let seed = Seed::root(HostClock::wall().nanos().cast_unsigned()).child(&reservation.fingerprint());
    let client_token = format!("ironbird-{:016x}", seed.bits());
    let fleet =
        FleetBackup { reservation: reservation.clone(), client_token: client_token.clone(), id: None };
    file.backup.fleets.push(fleet);
    Some(client_token)
}

async fn verify<C: Cloud>(cloud: &C, plan: &Plan) -> Result<(), ApplyError> {
    let mut differences = Vec::new();
    for change in &plan.groups {
        match group(cloud, &change.name).await? {
            Some(group) if is_as(&group, &change.after) => {}
            Some(_) => differences.push(format!(
                "group {} is not as planned: another change may have come between",
                change.name
            )),
            None => differences.push(format!("group {} is gone", change.name)),
        }
    }
    if let Some(reservation) = &plan.reservation {
        let found = reserve::find(cloud, &reservation.fingerprint()).await;
        if found.map_err(ApplyError::call("cannot read the reservation fleets"))?.is_none() {
            differences.push("the Capacity Reservation Fleet is not there, or has failed".to_owned());
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(ApplyError::NotAsPlanned(differences)) }
}

async fn group<C: Cloud>(cloud: &C, name: &str) -> Result<Option<AutoScalingGroup>, ApplyError> {
    let input = AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec![name.to_owned()]),
        ..Default::default()
    };
    let found =
        read::groups(cloud, input).await.map_err(ApplyError::call(format!("cannot read group {name}")))?;
    Ok(found.into_iter().next())
}

/// Restores what a backup is of. A group that somebody changed since is left alone unless `force` says otherwise.
///
/// # Errors
/// The first call that failed; run it again to go on. `NotAsPlanned` when verification found a difference.
pub async fn revert<C: Cloud>(cloud: &C, backup: &Path, force: bool) -> Result<Outcome, ApplyError> {
    let missing = || ApplyError::Backup {
        path: backup.display().to_string(),
        cause: "there is no such file".to_owned(),
    };
    let mut file = BackupFile::open(backup)?.ok_or_else(missing)?;
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    file.must_be_of(&account, cloud.region().code())?;
    let mut outcome = Outcome::default();
    if file.backup.state == State::Reverted {
        return Ok(outcome);
    }
    file.backup.state = State::Reverting;
    file.keep()?;
    for index in 0..file.backup.groups.len() {
        revert_group(cloud, &file, index, force, &mut outcome).await?;
    }
    for index in 0..file.backup.fleets.len() {
        revert_fleet(cloud, &file.backup.fleets[index], &mut outcome).await?;
    }
    if outcome.left.is_empty() {
        file.backup.state = State::Reverted;
        file.keep()?;
    }
    Ok(outcome)
}

async fn revert_group<C: Cloud>(
    cloud: &C,
    file: &BackupFile,
    index: usize,
    force: bool,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    let GroupBackup { name, before, after } = &file.backup.groups[index];
    let call = |json| {
        from_json::<UpdateAutoScalingGroup>(json)
            .map_err(|cause| file.problem(&format!("what it says of group {name} cannot be used: {cause}")))
    };
    let (before, after): (UpdateAutoScalingGroupType, UpdateAutoScalingGroupType) =
        (call(before)?, call(after)?);
    let Some(now) = group(cloud, name).await? else {
        outcome.left.push(format!("group {name} is gone: it cannot be restored"));
        return Ok(());
    };
    if current(&now) == before {
        return Ok(());
    }
    if !force && !is_as(&now, &after) {
        outcome.left.push(format!("group {name} was changed since: --force restores it all the same"));
        return Ok(());
    }
    let doing = ApplyError::call(format!("cannot restore group {name}"));
    cloud.call::<UpdateAutoScalingGroup>(&before).await.map_err(doing)?;
    let restored = group(cloud, name).await?;
    if restored.is_none_or(|restored| current(&restored) != before) {
        return Err(ApplyError::NotAsPlanned(vec![format!("group {name} is not as it was before")]));
    }
    outcome.done.push(format!("restored group {name}"));
    Ok(())
}

async fn revert_fleet<C: Cloud>(
    cloud: &C,
    fleet: &FleetBackup,
    outcome: &mut Outcome,
) -> Result<(), ApplyError> {
    // The tag finds a fleet whose id an interrupted run did not come to keep, and passes over one that has ended.
    let found = reserve::find(cloud, &fleet.reservation.fingerprint()).await;
    let Some(id) = found.map_err(ApplyError::call("cannot read the reservation fleets"))? else {
        return Ok(());
    };
    if fleet.id.as_ref().is_some_and(|known| *known != id) {
        return Ok(());
    }
    let input = ec2::CancelCapacityReservationFleetsRequest {
        capacity_reservation_fleet_ids: vec![id.clone()],
        ..Default::default()
    };
    let doing = ApplyError::call(format!("cannot cancel Capacity Reservation Fleet {id}"));
    let answer = cloud.call::<ec2::CancelCapacityReservationFleets>(&input).await.map_err(doing)?;
    let refused = answer.failed_fleet_cancellations.into_iter().flatten().next();
    match refused.and_then(|refused| refused.cancel_capacity_reservation_fleet_error) {
        Some(error) => outcome.left.push(format!(
            "Capacity Reservation Fleet {id} was not cancelled: {}",
            error.message.unwrap_or_else(|| error.code.unwrap_or_default())
        )),
        None => outcome.done.push(format!("cancelled Capacity Reservation Fleet {id}")),
    }
    Ok(())
}
