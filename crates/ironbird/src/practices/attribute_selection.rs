//! `check` of attribute-selection.

use clap::Args;
use ironbird_attribute_selection::check;

use super::account::Account;
use super::report::Report;
use crate::Verdict;

/// Which account to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check attribute-selection --profile prod --region eu-west-1
  ironbird check attribute-selection --endpoint-url http://127.0.0.1:4599 --json
  ironbird check attribute-selection --rule few-types --rule never-spot")]
pub struct Check {
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    report: Report,
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let findings = self.account.with(async |client| Ok(check::run(client).await?))?;
        self.report.hand_over(findings)
    }
}
