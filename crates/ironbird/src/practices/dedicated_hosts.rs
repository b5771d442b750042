//! `check`, `apply` and `rehearse` of dedicated-hosts.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ironbird_dedicated_hosts::NAME;
use ironbird_dedicated_hosts::apply::{self, perform};
use ironbird_dedicated_hosts::check::{self, Licences};
use ironbird_dedicated_hosts::rehearse::{self, scenario::Scenario};

use super::account::Account;
use super::changes::tell;
use super::rehearsal::{self, Replay};
use super::report::{Page, Report};
use super::seeds::Seeds;
use crate::output::confirmed;
use crate::{Verdict, output};

/// Which account to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check dedicated-hosts --profile prod --region eu-west-1
  ironbird check dedicated-hosts --licensed-sockets 4 --licensed-cores 128
  ironbird check dedicated-hosts --endpoint-url http://127.0.0.1:4599 --rule recovery-off --json")]
pub struct Check {
    #[command(flatten)]
    account: Account,
    /// Licences by socket that there are: every socket of a host with an instance on it counts
    #[arg(long, value_name = "N")]
    licensed_sockets: Option<u32>,
    /// Licences by physical core that there are
    #[arg(long, value_name = "N")]
    licensed_cores: Option<u32>,
    /// Licences by virtual machine that there are
    #[arg(long, value_name = "N")]
    licensed_vms: Option<u32>,
    #[command(flatten)]
    report: Report,
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let licences = Licences {
            sockets: self.licensed_sockets,
            cores: self.licensed_cores,
            machines: self.licensed_vms,
        };
        let findings = self.account.with(async |client| Ok(check::run(client, licences).await?))?;
        self.report.hand_over(findings)
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird apply dedicated-hosts --dry-run                    what would change
  ironbird apply dedicated-hosts --yes
  ironbird apply dedicated-hosts --revert ironbird-dedicated-hosts-backup.json

Stopped half way, the same command goes on, and --revert goes back. Nothing that runs is touched, and no host is released.

Exit status: 0 done or nothing to do, 1 declined or something was left as it is, 2 it could not be done.")]
pub struct Apply {
    #[command(flatten)]
    account: Account,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Where to keep what is needed to go back
    #[arg(long, value_name = "FILE", default_value = "ironbird-dedicated-hosts-backup.json")]
    backup: PathBuf,
    /// Restore what this backup is of
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["dry_run", "backup"])]
    revert: Option<PathBuf>,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        if let Some(backup) = self.revert {
            if !self.yes && !confirmed("Restore what the backup is of?")? {
                return Ok(Verdict::Negative);
            }
            let outcome = self.account.with(async |client| Ok(perform::revert(client, &backup).await?))?;
            return tell(&outcome, "nothing to restore");
        }
        self.account.with(async |client| {
            let plan = apply::plan(client).await?;
            output::say(&plan.text())?;
            if self.dry_run {
                return Ok(Verdict::Good);
            }
            if !plan.is_empty() && !self.yes && !confirmed("Apply this plan?")? {
                return Ok(Verdict::Negative);
            }
            let outcome = perform::apply(client, &plan, &self.backup).await?;
            if plan.is_empty() {
                return Ok(Verdict::Good);
            }
            let backup = self.backup.display();
            output::say(&format!("to go back: ironbird apply dedicated-hosts --revert {backup}"))?;
            tell(&outcome, "nothing to change")
        })
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse dedicated-hosts
  ironbird rehearse dedicated-hosts --seed 7 --hosts 5 --html host.html
  ironbird rehearse dedicated-hosts --scenario no-servers.toml --json
  ironbird rehearse dedicated-hosts --seeds 200

A scenario file sets what it differs in, such as:
  notice = 180
  [failure]
  servers = 0

The same seed and scenario give the same report, to the byte.

Exit status: 0 the practice holds, 1 it does not, 2 it could not be run.")]
pub struct Rehearse {
    /// Scenario file (TOML); flags come on top of it
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Root of all randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Region
    #[arg(long)]
    region: Option<String>,
    /// Hosts
    #[arg(long, value_name = "N")]
    hosts: Option<u32>,
    /// Instances that run on each host
    #[arg(long, value_name = "N")]
    instances: Option<u32>,
    /// Length of the run in hours
    #[arg(long)]
    hours: Option<f64>,
    #[command(flatten)]
    seeds: Seeds,
    #[command(flatten)]
    page: Page,
}

impl Rehearse {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let scenario = self.settled()?;
        let at_once = self.seeds.at_once(NonZeroUsize::MAX);
        let verdict = match self.seeds.series(scenario.seed, NonZeroUsize::MAX) {
            None => rehearse::run(&scenario, &self.replay(), at_once)?,
            Some(series) => series.run(&self.replay(), |seed| {
                rehearse::run(&Scenario { seed, ..scenario.clone() }, "", NonZeroUsize::MIN)
            })?,
        };
        self.page.hand_over(&verdict)
    }

    /// The scenario of the file, or the default one, with the flags on top.
    fn settled(&self) -> anyhow::Result<Scenario> {
        let mut scenario = rehearsal::scenario(self.scenario.as_deref(), Scenario::parse)?;
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        scenario.hosts = self.hosts.unwrap_or(scenario.hosts);
        scenario.instances = self.instances.unwrap_or(scenario.instances);
        scenario.hours = self.hours.unwrap_or(scenario.hours);
        scenario.region = self.region.clone().unwrap_or(scenario.region);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        let seed = self.seed.or(self.scenario.is_none().then_some(Scenario::default().seed));
        Replay::of(NAME)
            .with_file("scenario", self.scenario.as_deref())
            .with("seed", seed)
            .with("seeds", self.seeds.count())
            .with("region", self.region.as_ref())
            .with("hosts", self.hosts)
            .with("instances", self.instances)
            .with("hours", self.hours)
            .line()
    }
}
