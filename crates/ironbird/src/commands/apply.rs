//! `ironbird apply`

use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use ironbird_capacity_flexibility::apply::perform::{self, Outcome};
use ironbird_capacity_flexibility::apply::reserve::Reservation;
use ironbird_capacity_flexibility::apply::{self, Options};

use super::account::Account;
use crate::{Verdict, output};

/// Change an account so that it follows a practice: plan, confirm, back up, apply, verify
#[derive(Args)]
pub struct Apply {
    #[command(subcommand)]
    practice: Practice,
}

#[derive(Subcommand)]
enum Practice {
    /// Let one-type groups select types by attributes over all zones, and reserve capacity for an event
    CapacityFlexibility(Box<CapacityFlexibility>),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird apply capacity-flexibility --dry-run               what would change
  ironbird apply capacity-flexibility --group web --yes
  ironbird apply capacity-flexibility --reserve instanceTypeSpecification.json --target-capacity 25 \\
      --end-date 2027-05-31T00:00:00Z
  ironbird apply capacity-flexibility --revert ironbird-capacity-flexibility-backup.json

Stopped half way, the same command goes on, and --revert goes back. Groups keep their sizes; running instances stay.

Exit status: 0 done or nothing to do, 1 declined or something was left as it is, 2 it could not be done.")]
struct CapacityFlexibility {
    #[command(flatten)]
    account: Account,
    /// Only this group; may be given several times
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// Create a Capacity Reservation Fleet from this weighted specification (JSON)
    #[arg(long, value_name = "SPEC", requires = "target_capacity")]
    reserve: Option<PathBuf>,
    /// Units of capacity to reserve
    #[arg(long, value_name = "N", requires = "reserve")]
    target_capacity: Option<i32>,
    /// When the reservations end by themselves, such as 2027-05-31T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "reserve")]
    end_date: Option<String>,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Where to keep what is needed to go back
    #[arg(long, value_name = "FILE", default_value = "ironbird-capacity-flexibility-backup.json")]
    backup: PathBuf,
    /// Restore what this backup is of
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["groups", "reserve", "dry_run", "backup"])]
    revert: Option<PathBuf>,
    /// Restore groups that were changed since, too
    #[arg(long, requires = "revert")]
    force: bool,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self.practice {
            Practice::CapacityFlexibility(options) => options.run(),
        }
    }
}

impl CapacityFlexibility {
    fn run(self) -> anyhow::Result<Verdict> {
        if let Some(backup) = self.revert {
            if !self.yes && !confirmed("Restore what the backup is of?")? {
                return Ok(Verdict::Negative);
            }
            let outcome =
                self.account.with(async |client| Ok(perform::revert(client, &backup, self.force).await?))?;
            return tell(&outcome, "nothing to restore");
        }
        let reservation = match (&self.reserve, self.target_capacity) {
            (Some(path), Some(units)) => Some(Reservation::read(path, units, self.end_date.as_deref())?),
            _ => None,
        };
        let options = Options { groups: self.groups, reservation };
        self.account.with(async |client| {
            let plan = apply::plan(client, &options).await?;
            output::say(&plan.text())?;
            if self.dry_run {
                return Ok(Verdict::Good);
            }
            if !plan.is_empty() && !self.yes && !confirmed("Apply this plan?")? {
                return Ok(Verdict::Negative);
            }
            let is_empty = plan.is_empty();
            let outcome = perform::apply(client, &plan, &self.backup).await?;
            if is_empty {
                return Ok(Verdict::Good);
            }
            output::say(&format!(
                "to go back: ironbird apply capacity-flexibility --revert {}",
                self.backup.display()
            ))?;
            tell(&outcome, "nothing to change")
        })
    }
}

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
    Ok(if outcome.left.is_empty() { Verdict::Good } else { Verdict::Negative })
}

/// Asks on a terminal; elsewhere nobody can answer.
fn confirmed(question: &str) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        bail!("there is no terminal to ask on: give --yes to go ahead, or --dry-run to see the plan");
    }
    write!(stderr(), "{question} [y/N] ")?;
    stderr().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
