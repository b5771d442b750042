//! Doing it, and going back.

use std::path::Path;

use ironbird_api::ec2;
use ironbird_cloud::change::backup::State;
use ironbird_cloud::change::{ApplyError, Outcome, Proposal, group};
use ironbird_cloud::{Cloud, read};
use ironbird_rig::clock::HostClock;
use ironbird_rig::seed::Seed;

use super::backup::{BackupFile, FleetBackup};
use super::{Plan, reserve};

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
    group::keep(&mut file.backup.kept.groups, &plan.groups)?;
    let token = note_fleet(&mut file, plan);
    file.backup.state = State::Applying;
    file.keep()?;
    group::change(cloud, &plan.groups, &mut outcome).await?;
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
        if let Some(fleet) = file.backup.kept.fleets.iter_mut().find(|fleet| fleet.client_token == token) {
            fleet.id = id;
        }
    }
    verify(cloud, plan).await?;
    file.backup.state = State::Applied;
    file.keep()?;
    Ok(outcome)
}

/// Adds the plan's fleet and gives the token to create it with: that of an interrupted run, or a fresh one.
fn note_fleet(file: &mut BackupFile, plan: &Plan) -> Option<String> {
    let reservation = plan.reservation.as_ref()?;
    let unfinished = |fleet: &&FleetBackup| fleet.reservation == *reservation && fleet.id.is_none();
    if let Some(known) = file.backup.kept.fleets.iter().find(unfinished) {
        return Some(known.client_token.clone());
    }
    // A fleet of the same specification may have been created and cancelled before: AWS would give that one again for
    // the same token.
    let seed = Seed::root(HostClock::wall().nanos().cast_unsigned()).child(&reservation.fingerprint());
    let client_token = format!("ironbird-{:016x}", seed.bits());
    let fleet =
        FleetBackup { reservation: reservation.clone(), client_token: client_token.clone(), id: None };
    file.backup.kept.fleets.push(fleet);
    Some(client_token)
}

async fn verify<C: Cloud>(cloud: &C, plan: &Plan) -> Result<(), ApplyError> {
    let mut differences = group::differences(cloud, &plan.groups).await?;
    if let Some(reservation) = &plan.reservation {
        let found = reserve::find(cloud, &reservation.fingerprint()).await;
        if found.map_err(ApplyError::call("cannot read the reservation fleets"))?.is_none() {
            differences.push("the Capacity Reservation Fleet is not there, or has failed".to_owned());
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(ApplyError::NotAsPlanned(differences)) }
}

/// Restores what a backup is of. A group that somebody changed since is left alone unless `force` says otherwise.
///
/// # Errors
/// The first call that failed; run it again to go on. `NotAsPlanned` when verification found a difference.
pub async fn revert<C: Cloud>(cloud: &C, backup: &Path, force: bool) -> Result<Outcome, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let mut file = BackupFile::to_revert(backup, &account, cloud.region().code())?;
    let mut outcome = Outcome::default();
    if file.backup.state == State::Reverted {
        return Ok(outcome);
    }
    file.backup.state = State::Reverting;
    file.keep()?;
    let problem = |cause: &str| file.problem(cause);
    for kept in &file.backup.kept.groups {
        group::restore(cloud, kept, force, &problem, &mut outcome).await?;
    }
    for fleet in &file.backup.kept.fleets {
        revert_fleet(cloud, fleet, &mut outcome).await?;
    }
    if outcome.left.is_empty() {
        file.backup.state = State::Reverted;
        file.keep()?;
    }
    Ok(outcome)
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
