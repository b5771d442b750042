//! `check` of dedicated-hosts.

use clap::Args;
use ironbird_dedicated_hosts::check::{self, Licences};

use super::account::Account;
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
