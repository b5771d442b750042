//! Doing it, and going back.

use std::collections::BTreeSet;
use std::path::Path;

use ironbird_cloud::change::backup::{self, State};
use ironbird_cloud::change::{ApplyError, Outcome, Proposal};
use ironbird_cloud::{Cloud, read};

use super::assign::{assign, provision};
use super::center::Center;
use super::item::{Change, Fields, Item};
use super::write::write;
use super::{Done, Plan, plan};

/// A backup file of this practice.
type BackupFile = backup::BackupFile<Done>;

/// Carries out a plan; `told` hears of what takes its time. The backup is kept before the first change, and what an earlier,
/// interrupted run left in the same file stays in it.
///
/// # Errors
/// The first call that failed; run it again to go on, or [`revert`]. `NotAsPlanned` when verification found a difference.
pub async fn apply<C: Cloud>(
    cloud: &C,
    plan_of_it: &Plan,
    backup: &Path,
    mut told: impl FnMut(String),
) -> Result<Outcome, ApplyError> {
    let mut outcome = Outcome::default();
    let Plan { account, region, changes, .. } = plan_of_it;
    if plan_of_it.is_empty() {
        BackupFile::finish(backup, account, region)?;
        return Ok(outcome);
    }
    let mut file = BackupFile::resume(backup, account, region)?;
    keep(&mut file.backup.kept, changes);
    file.backup.state = State::Applying;
    file.keep()?;
    let mut center = Center::find(cloud).await?;
    let is_assignment = |change: &&Change| matches!(change.item, Item::Assignment { .. });
    for change in changes.iter().filter(|change| !is_assignment(change)) {
        perform(cloud, &mut center, change).await?;
        outcome.done.push(said(change));
    }
    let mut sets: BTreeSet<&str> = changes.iter().filter_map(|change| change.item.of_set()).collect();
    sets.extend(plan_of_it.outdated.keys().map(String::as_str));
    for set in sets {
        for account in provision(cloud, &center, set, &mut told).await? {
            outcome.done.push(format!("provisioned permission set {set} in account {account}"));
        }
    }
    let assignments: Vec<&Item> = changes.iter().filter(is_assignment).map(|change| &change.item).collect();
    assign(cloud, &center, &assignments, true, &mut told).await?;
    outcome.done.extend(changes.iter().filter(is_assignment).map(said));
    let again = plan(cloud, &plan_of_it.file).await?;
    if !again.is_empty() {
        return Err(ApplyError::NotAsPlanned(vec![
            "after all calls this is still to be done:".to_owned(),
            again.text(),
        ]));
    }
    file.backup.state = State::Applied;
    file.keep()?;
    Ok(outcome)
}

/// Adds changes to what is kept. What is there of an earlier run stays: it is how things were before that.
fn keep(kept: &mut Done, changes: &[Change]) {
    for change in changes {
        match kept.changes.iter_mut().find(|known| known.item == change.item) {
            Some(known) => known.after.clone_from(&change.after),
            None => kept.changes.push(change.clone()),
        }
    }
}

async fn perform<C: Cloud>(cloud: &C, center: &mut Center, change: &Change) -> Result<(), ApplyError> {
    let Change { item, before, after } = change;
    let doing = ApplyError::call(format!("cannot change {item}"));
    write(cloud, center, item, before.as_ref(), after.as_ref()).await.map_err(doing)
}

fn said(change: &Change) -> String {
    let verb = match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "took away",
        _ => "changed",
    };
    format!("{verb} {}", change.item)
}

/// Restores what a backup is of; `told` hears of what takes its time. What somebody changed since is left alone.
///
/// # Errors
/// The first call that failed; run it again to go on.
pub async fn revert<C: Cloud>(
    cloud: &C,
    backup: &Path,
    mut told: impl FnMut(String),
) -> Result<Outcome, ApplyError> {
    let account = read::account(cloud).await.map_err(ApplyError::call("cannot read whose account it is"))?;
    let mut file = BackupFile::to_revert(backup, &account, cloud.region().code())?;
    let mut outcome = Outcome::default();
    if file.backup.state == State::Reverted {
        return Ok(outcome);
    }
    file.backup.state = State::Reverting;
    file.keep()?;
    let mut center = Center::find(cloud).await?;
    let mut changes = file.backup.kept.changes.clone();
    changes.sort_by(|one, other| other.item.cmp(&one.item));
    // What was taken away comes back after what was added is gone, in the order in which things are made.
    let (back, away): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| change.before.is_some());
    let ordered: Vec<Change> = away.into_iter().chain(back.into_iter().rev()).collect();
    for change in &ordered {
        let item = &change.item;
        let doing = ApplyError::call(format!("cannot read {item}"));
        let now = center.read(cloud, item).await.map_err(doing)?;
        if now == change.before {
            continue;
        }
        if !is_as(now.as_ref(), change.after.as_ref()) {
            outcome.left.push(format!("{item} was changed since"));
            continue;
        }
        let undone = Change { item: item.clone(), before: now, after: change.before.clone() };
        if let Item::Assignment { .. } = item {
            assign(cloud, &center, &[item], undone.after.is_some(), &mut told).await?;
        } else if let Some(why) = refused(perform(cloud, &mut center, &undone).await)? {
            outcome.left.push(format!("{item} cannot go back: {why}"));
            continue;
        }
        let doing = ApplyError::call(format!("cannot read {item}"));
        if center.read(cloud, item).await.map_err(doing)? != change.before {
            // AWS has no call that leaves a permission set without a description.
            outcome.left.push(format!("{item} is not all as it was"));
        }
        outcome.done.push(said(&undone));
    }
    let sets = file.backup.kept.changes.iter().filter_map(|change| change.item.of_set());
    for set in sets.collect::<BTreeSet<&str>>() {
        provision(cloud, &center, set, &mut told).await?;
    }
    if outcome.left.is_empty() {
        file.backup.state = State::Reverted;
        file.keep()?;
    }
    Ok(outcome)
}

/// Whether a thing is as it was made: what was not set of it does not matter.
fn is_as(now: Option<&Fields>, made: Option<&Fields>) -> bool {
    match (now, made) {
        (Some(now), Some(made)) => made.iter().all(|(name, value)| now.get(name) == Some(value)),
        (now, made) => now.is_none() && made.is_none(),
    }
}

/// Why something is in use and cannot be taken away; none where it was.
fn refused(outcome: Result<(), ApplyError>) -> Result<Option<String>, ApplyError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(ApplyError::Call { cause, .. }) if cause.code() == Some("ConflictException") => {
            Ok(Some(cause.to_string()))
        }
        Err(error) => Err(error),
    }
}
