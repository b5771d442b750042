//! `check` and `rehearse` of attribute-selection.

use std::path::PathBuf;

use clap::Args;
use ironbird_attribute_selection::rehearse::scenario::Scenario;
use ironbird_attribute_selection::{NAME, check, rehearse};

use super::account::Account;
use super::rehearsal;
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

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse attribute-selection
  ironbird rehearse attribute-selection --seed 7 --instances 100 --html spot.html
  ironbird rehearse attribute-selection --experiment template.json
  ironbird rehearse attribute-selection --seeds 200 --parquet measures.parquet

A scenario file sets what it differs in, such as:
  types = ['c5.xlarge', 'c6i.xlarge']
  [surge]
  share = 0.8

The template of --experiment is one of AWS Fault Injection Service, as create-experiment-template takes it and
get-experiment-template prints it. Its targets are chosen by tags, which the rehearsal's groups and instances have.

The same seed and scenario give the same report, to the byte.

Exit status: 0 the practice holds, 1 it does not, 2 it could not be run.")]
pub struct Rehearse {
    /// FIS experiment template (JSON) to run instead of an interruption of a quarter of the group
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// Instances that the group is to have
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
        scenario.experiment = rehearsal::experiment(self.experiment.as_deref())?;
        scenario.instances = self.instances.unwrap_or(scenario.instances);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        self.options
            .replay(NAME, self.experiment.as_deref(), Scenario::default().seed)
            .with("instances", self.instances)
            .with("hours", self.options.hours)
            .line()
    }
}
