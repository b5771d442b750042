//! `ironbird check`

use clap::{Args, Subcommand};
use ironbird_dedicated_hosts::check::Licences;
use ironbird_report::Findings;
use ironbird_workforce_access::check as access;

use crate::Verdict;
use crate::practices::account::Account;
use crate::practices::report::Report;
use crate::practices::{
    attribute_selection, capacity_flexibility, commit_story, dedicated_hosts, workforce_access,
};

/// Look where an account or a repository falls short of the practices; it only reads
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  ironbird check                                              this shell's account, by all practices about accounts
  ironbird check capacity-flexibility --profile prod --region eu-west-1
  ironbird check commit-story --repo . --range main..HEAD
  ironbird check --sarif > findings.sarif

Exit status: 0 nothing found, 1 findings, 2 something could not be read (the report says what, and which rules that
leaves undecided)."
)]
pub struct Check {
    #[command(subcommand)]
    practice: Option<Practice>,
    #[command(flatten)]
    account: Account,
    #[command(flatten)]
    report: Report,
}

#[derive(Subcommand)]
enum Practice {
    /// Attributes, Spot strategies and type lists of an account's groups and fleets
    AttributeSelection(Box<attribute_selection::Check>),
    /// Groups, fleets and launches of an account
    CapacityFlexibility(Box<capacity_flexibility::Check>),
    /// Commits of a branch or a history
    CommitStory(Box<commit_story::Check>),
    /// Dedicated Hosts of an account and what runs on them
    DedicatedHosts(Box<dedicated_hosts::Check>),
    /// Keys, permission sets and assignments of those who work with an account or organization
    WorkforceAccess(Box<workforce_access::Check>),
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self.practice {
            None => {
                let parts = self.account.with(async |client| {
                    let flexibility = ironbird_capacity_flexibility::check::run(client).await?;
                    let selection = ironbird_attribute_selection::check::run(client).await?;
                    let hosts = ironbird_dedicated_hosts::check::run(client, Licences::default()).await?;
                    let access = access::run(client, access::Options::default()).await?;
                    Ok(vec![flexibility, selection, hosts, access])
                })?;
                self.report.hand_over(Findings::together("account", parts))
            }
            Some(Practice::AttributeSelection(options)) => options.run(),
            Some(Practice::CapacityFlexibility(options)) => options.run(),
            Some(Practice::CommitStory(options)) => options.run(),
            Some(Practice::DedicatedHosts(options)) => options.run(),
            Some(Practice::WorkforceAccess(options)) => options.run(),
        }
    }
}
