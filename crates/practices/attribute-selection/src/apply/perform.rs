//! Doing it, and going back.

use std::path::Path;

use ironbird_cloud::change::backup::{self, Kept, State};
use ironbird_cloud::change::fleet::{Ec2Fleet, FleetChange, SpotFleet};
use ironbird_cloud::change::group::GroupChange;
use ironbird_cloud::change::{ApplyError, Outcome, Proposal, fleet, group, template};
use ironbird_cloud::{Cloud, read};
use serde::{Deserialize, Serialize};

use super::{Plan, template as planned};

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
    /// Launch templates that got another version.
    #[serde(default)]
    pub templates: Vec<template::TemplateBackup>,
    /// Groups that name such a version by its number.
    #[serde(default)]
    pub pinned: Vec<group::GroupBackup>,
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
    for one in &plan.templates {
        template::keep(&mut file.backup.kept.templates, &one.version.change)?;
    }
    file.backup.state = State::Applying;
    file.keep()?;
    group::change(cloud, &groups, &mut outcome).await?;
    fleet::change(cloud, &fleets, &mut outcome).await?;
    fleet::change(cloud, &spot_fleets, &mut outcome).await?;
    let mut differences = Vec::new();
    for one in &plan.templates {
        let pinned = planned::make(cloud, one, &mut outcome).await?;
        group::keep(&mut file.backup.kept.pinned, &pinned)?;
        file.keep()?;
        group::change(cloud, &pinned, &mut outcome).await?;
        differences.extend(template::differences(cloud, &one.version.change).await?);
        differences.extend(group::differences(cloud, &pinned).await?);
    }
    differences.extend(group::differences(cloud, &groups).await?);
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
    // Who names a version lets go of it first; a group gets its template back once that names a type again.
    for kept in &file.backup.kept.pinned {
        group::restore(cloud, kept, force, &problem, &mut outcome).await?;
    }
    let left = outcome.left.len();
    for kept in &file.backup.kept.templates {
        template::restore(cloud, kept, &problem, &mut outcome).await?;
    }
    let waits = outcome.left.len() > left;
    for kept in file.backup.kept.groups.iter().filter(|_| !waits) {
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
