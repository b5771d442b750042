//! `check`, `apply` and `rehearse` of workforce-access.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use ironbird_workforce_access::NAME;
use ironbird_workforce_access::apply::{self, file::Workforce, perform};
use ironbird_workforce_access::check::{self, Options, rules::HISTORY_DAYS};
use ironbird_workforce_access::rehearse::{self, scenario::Scenario};

use super::account::Account;
use super::changes::Changes;
use super::rehearsal;
use super::report::Report;
use crate::{Verdict, output};

/// Which account to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check workforce-access --profile management --region eu-west-1     the Region of Identity Center
  ironbird check workforce-access --profile work --days 30
  ironbird check workforce-access --profile management --role OrganizationAccountAccessRole    in all accounts
  ironbird check workforce-access --endpoint-url http://127.0.0.1:4599 --rule long-lived-key --json")]
pub struct Check {
    #[command(flatten)]
    account: Account,
    /// Days of the event history to read: an account that does much has many events
    #[arg(long, value_name = "N", default_value_t = HISTORY_DAYS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(HISTORY_DAYS)))]
    days: u32,
    /// Also check every other account of the organization, through the role of this name there
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    #[command(flatten)]
    report: Report,
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let options = Options { days: self.days };
        let findings = self.account.with(async |client| {
            let Some(role) = &self.role else { return Ok(check::run(client, options).await?) };
            let everywhere = check::run_everywhere(client, options, role, |keys| {
                client.in_session(&keys.access_key_id, &keys.secret_access_key, &keys.session_token)
            });
            Ok(everywhere.await?)
        })?;
        self.report.hand_over(findings)
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird apply workforce-access --file workforce.toml --dry-run        what would change
  ironbird apply workforce-access --file workforce.toml --yes
  ironbird apply workforce-access --revert ironbird-workforce-access-backup.json

The file names users, groups, permission sets and assignments, such as:
  [[permission_sets]]
  name = \"Builder\"
  session_duration = \"PT1H\"
  managed_policies = [\"arn:aws:iam::aws:policy/PowerUserAccess\"]
  boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"
  [[assignments]]
  permission_set = \"Builder\"
  groups = [\"builders\"]
  units = [\"Workloads/Test\"]
What it does not name is left alone. See docs/practices/workforce-access.md for everything that it may say.

Stopped half way, the same command goes on, and --revert goes back.

Exit status: 0 done or nothing to do, 1 declined or something was left as it is, 2 it could not be done.")]
pub struct Apply {
    /// The file that says who works where (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "revert", conflicts_with = "revert")]
    file: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let file = self.file.map(|path| {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read the file {}", path.display()))?;
            Workforce::parse(&text).with_context(|| format!("file {}", path.display()))
        });
        let file = file.transpose()?;
        let told = |line: String| output::complain(&line);
        self.changes.run(
            NAME,
            async |client| match &file {
                Some(file) => Ok(apply::plan(client, file).await?),
                None => bail!("no file was given"),
            },
            async |client, plan, backup| perform::apply(client, plan, backup, told).await,
            async |client, backup| perform::revert(client, backup, told).await,
        )
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse workforce-access
  ironbird rehearse workforce-access --seed 7 --accounts 9 --html access.html
  ironbird rehearse workforce-access --scenario late-notice.toml --json
  ironbird rehearse workforce-access --seeds 50

A scenario file sets what it differs in, such as:
  by_hand = 30
  [leave]
  notice = 240

The same seed and scenario give the same report, to the byte.

Exit status: 0 the practice holds, 1 it does not, 2 it could not be run.")]
pub struct Rehearse {
    /// Member accounts in which people work
    #[arg(long, value_name = "N")]
    accounts: Option<u32>,
    #[command(flatten)]
    options: rehearsal::Options,
}

impl Rehearse {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let scenario = self.settled()?;
        self.options.run(NAME, scenario.seed, &self.replay(), |seed, replay, at_once| {
            rehearse::run(&Scenario { seed, ..scenario.clone() }, replay, at_once)
        })
    }

    /// The scenario of the file, or the default one, with the flags on top.
    fn settled(&self) -> anyhow::Result<Scenario> {
        let mut scenario = self.options.scenario(Scenario::parse)?;
        self.options.put_on(&mut scenario.seed, &mut scenario.region, &mut scenario.hours);
        scenario.accounts = self.accounts.unwrap_or(scenario.accounts);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        self.options
            .replay(NAME, None, Scenario::default().seed)
            .with("accounts", self.accounts)
            .with("hours", self.options.hours)
            .line()
    }
}
