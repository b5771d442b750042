//! Doing it, and going back.

use std::path::Path;

use ironbird_cloud::change::backup::{self, Kept, State};
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetChange, SpotFleet};
use ironbird_cloud::change::group::GroupChange;
use ironbird_cloud::change::{ApplyError, Outcome, Proposal, fleet, group};
use ironbird_cloud::{Cloud, read};
use serde::{Deserialize, Serialize};

use super::Plan;

/// What is kept to be able to go back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Groups that changed.
    pub groups: Vec<group::GroupBackup>,
    /// Fleets that changed.
    pub fleets: Vec<fleet::FleetBackup>,
    /// Spot Fleets that changed.
    #[serde(default)]
    pub spot_fleets: Vec<fleet::FleetBackup>,
}

impl Kept for Done {
    const FORMAT: &'static str = "ironbird/attribute-selection/backup/1";
}

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
    let groups: Vec<GroupChange> = plan.groups.iter().map(|planned| planned.change.clone()).collect();
    let fleets: Vec<FleetChange<Ec2Fleet>> =
        plan.fleets.iter().map(|planned| planned.change.clone()).collect();
    let spot_fleets: Vec<FleetChange<SpotFleet>> =
        plan.spot_fleets.iter().map(|planned| planned.change.clone()).collect();
    let mut file = BackupFile::resume(backup, &plan.account, &plan.region)?;
    group::keep(&mut file.backup.kept.groups, &groups)?;
    fleet::keep(&mut file.backup.kept.fleets, &fleets)?;
    fleet::keep(&mut file.backup.kept.spot_fleets, &spot_fleets)?;
    file.backup.state = State::Applying;
    file.keep()?;
    group::change(cloud, &groups, &mut outcome).await?;
    fleet::change(cloud, &fleets, &mut outcome).await?;
    fleet::change(cloud, &spot_fleets, &mut outcome).await?;
    let mut differences = group::differences(cloud, &groups).await?;
    differences.extend(fleet::differences(cloud, &fleets).await?);
    differences.extend(fleet::differences(cloud, &spot_fleets).await?);
    if !differences.is_empty() {
        return Err(ApplyError::NotAsPlanned(differences));
    }
    file.backup.state = State::Applied;
    file.keep()?;
    Ok(outcome)
}

/// Restores what a backup is of. What somebody changed since is left alone unless `force` says otherwise.
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
    for kept in &file.backup.kept.fleets {
        fleet::restore::<C, Ec2Fleet>(cloud, kept, force, &problem, &mut outcome).await?;
    }
    for kept in &file.backup.kept.spot_fleets {
        fleet::restore::<C, SpotFleet>(cloud, kept, force, &problem, &mut outcome).await?;
    }
    if outcome.left.is_empty() {
        file.backup.state = State::Reverted;
        file.keep()?;
    }
    Ok(outcome)
}
