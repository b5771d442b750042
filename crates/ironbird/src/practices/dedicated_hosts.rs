//! `check`, `apply` and `rehearse` of dedicated-hosts.

use std::path::PathBuf;

use clap::Args;
use ironbird_dedicated_hosts::NAME;
use ironbird_dedicated_hosts::apply::{self, perform};
use ironbird_dedicated_hosts::check::{self, Licences};
use ironbird_dedicated_hosts::rehearse::{self, scenario::Scenario};

use super::account::Account;
use super::changes::tell;
use super::rehearsal;
use super::report::Report;
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
    /// Hosts
    #[arg(long, value_name = "N")]
    hosts: Option<u32>,
    /// Instances that run on each host
    #[arg(long, value_name = "N")]
    instances: Option<u32>,
    #[command(flatten)]
    options: rehearsal::Options,
}

impl Rehearse {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let scenario = self.settled()?;
        self.options.run(scenario.seed, &self.replay(), |seed, replay, at_once| {
            rehearse::run(&Scenario { seed, ..scenario.clone() }, replay, at_once)
        })
    }

    /// The scenario of the file, or the default one, with the flags on top.
    fn settled(&self) -> anyhow::Result<Scenario> {
        let mut scenario = self.options.scenario(Scenario::parse)?;
        self.options.put_on(&mut scenario.seed, &mut scenario.region, &mut scenario.hours);
        scenario.hosts = self.hosts.unwrap_or(scenario.hosts);
        scenario.instances = self.instances.unwrap_or(scenario.instances);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        self.options
            .replay(NAME, None, Scenario::default().seed)
            .with("hosts", self.hosts)
            .with("instances", self.instances)
            .with("hours", self.options.hours)
            .line()
    }
}
