//! `check` of workforce-access.

use clap::Args;
use ironbird_workforce_access::check::{self, Options, rules::HISTORY_DAYS};

use super::account::Account;
use super::report::Report;
use crate::Verdict;

/// Which account to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check workforce-access --profile management --region eu-west-1     the Region of Identity Center
  ironbird check workforce-access --profile work --days 30
  ironbird check workforce-access --endpoint-url http://127.0.0.1:4599 --rule long-lived-key --json")]
pub struct Check {
    #[command(flatten)]
    account: Account,
    /// Days of the event history to read: an account that does much has many events
    #[arg(long, value_name = "N", default_value_t = HISTORY_DAYS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(HISTORY_DAYS)))]
    days: u32,
    #[command(flatten)]
    report: Report,
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let options = Options { days: self.days };
        let findings = self.account.with(async |client| Ok(check::run(client, options).await?))?;
        self.report.hand_over(findings)
    }
}
