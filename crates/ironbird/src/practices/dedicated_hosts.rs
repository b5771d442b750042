//! `check`, `apply` and `rehearse` of dedicated-hosts.

use clap::Args;
use ironbird_dedicated_hosts::NAME;
use ironbird_dedicated_hosts::apply::{self, perform};
use ironbird_dedicated_hosts::check::{self, Licences};
use ironbird_dedicated_hosts::rehearse::{self, scenario::Scenario};

use super::account::Account;
use super::changes::Changes;
use super::rehearsal;
use super::report::Report;
use crate::Verdict;

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
    changes: Changes,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        self.changes.run(
            NAME,
            async |client| Ok(apply::plan(client).await?),
            async |client, plan, backup| perform::apply(client, plan, backup).await,
            async |client, backup| perform::revert(client, backup).await,
        )
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
        self.options.run(NAME, scenario.seed, &self.replay(), |seed, replay, at_once| {
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
