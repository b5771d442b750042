//! How `apply` changes an account, the same for every practice: plan, confirm, back up, apply, verify; or restore.

use std::path::{Path, PathBuf};

use clap::Args;
use ironbird_client::Client;
use ironbird_cloud::change::{ApplyError, Outcome, Proposal};
use serde_json::{Value, json};

use super::account::Account;
use crate::output::confirmed;
use crate::{Verdict, output};

/// Which account to change, and how far to go.
#[derive(Args)]
pub struct Changes {
    #[command(flatten)]
    account: Account,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Where to keep what is needed to go back; ironbird-PRACTICE-backup.json unless given
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    /// Restore what this backup is of
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["dry_run", "backup"])]
    revert: Option<PathBuf>,
    /// Print JSON: the plan, then what was done
    #[arg(long)]
    json: bool,
}

impl Changes {
    /// Plans and applies, or restores.
    ///
    /// # Errors
    /// When a call fails, or nobody can be asked.
    pub fn run<P: Proposal>(
        self,
        practice: &str,
        plan: impl AsyncFnOnce(&Client) -> anyhow::Result<P>,
        apply: impl AsyncFnOnce(&Client, &P, &Path) -> Result<Outcome, ApplyError>,
        revert: impl AsyncFnOnce(&Client, &Path) -> Result<Outcome, ApplyError>,
    ) -> anyhow::Result<Verdict> {
        let Self { account, dry_run, yes, backup, revert: to_revert, json: as_json } = self;
        if let Some(backup) = to_revert {
            if !yes && !confirmed("Restore what the backup is of?")? {
                return Ok(Verdict::Negative);
            }
            let outcome = account.with(async |client| Ok(revert(client, &backup).await?))?;
            return if as_json {
                say_json(json!({}), &outcome)
            } else {
                tell(&outcome, "nothing to restore")
            };
        }
        let backup = backup.unwrap_or_else(|| PathBuf::from(format!("ironbird-{practice}-backup.json")));
        account.with(async |client| {
            let plan = plan(client).await?;
            if !as_json {
                output::say(&plan.text())?;
            }
            if dry_run {
                return if as_json { say_json(plan.json()?, &Outcome::default()) } else { Ok(Verdict::Good) };
            }
            if !plan.is_empty() && !yes {
                if as_json {
                    output::complain(&plan.text());
                }
                if !confirmed("Apply this plan?")? {
                    return Ok(Verdict::Negative);
                }
            }
            let outcome = apply(client, &plan, &backup).await?;
            if as_json {
                let mut document = plan.json()?;
                if !plan.is_empty() {
                    document["backup"] = json!(backup);
                }
                return say_json(document, &outcome);
            }
            if plan.is_empty() {
                return Ok(Verdict::Good);
            }
            output::say(&format!("to go back: ironbird apply {practice} --revert {}", backup.display()))?;
            tell(&outcome, "nothing to change")
        })
    }
}

/// Tells what was done and what was left alone, or `nothing`, and how the command ends.
fn tell(outcome: &Outcome, nothing: &str) -> anyhow::Result<Verdict> {
    if outcome.done.is_empty() && outcome.left.is_empty() {
        output::say(nothing)?;
    }
    for line in &outcome.done {
        output::say(line)?;
    }
    for line in &outcome.left {
        output::complain(&format!("left alone: {line}"));
    }
    Ok(verdict(outcome))
}

/// The same for programs, with the plan.
fn say_json(mut document: Value, outcome: &Outcome) -> anyhow::Result<Verdict> {
    document["done"] = json!(outcome.done);
    document["left"] = json!(outcome.left);
    output::say_json(&document)?;
    Ok(verdict(outcome))
}

const fn verdict(outcome: &Outcome) -> Verdict {
    if outcome.left.is_empty() { Verdict::Good } else { Verdict::Negative }
}
