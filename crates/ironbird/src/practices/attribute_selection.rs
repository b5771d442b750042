//! `check` and `rehearse` of attribute-selection.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ironbird_attribute_selection::rehearse::scenario::Scenario;
use ironbird_attribute_selection::{NAME, check, rehearse};

use super::account::Account;
use super::rehearsal::{self, Replay};
use super::report::{Page, Report};
use super::seeds::Seeds;
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
    /// Scenario file (TOML); flags come on top of it
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// FIS experiment template (JSON) to run instead of an interruption of a quarter of the group
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// Root of all randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Region
    #[arg(long)]
    region: Option<String>,
    /// Instances that the group is to have
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
        scenario.experiment = rehearsal::experiment(self.experiment.as_deref())?;
        scenario.seed = self.seed.unwrap_or(scenario.seed);
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
            .with_file("experiment", self.experiment.as_deref())
            .with("seed", seed)
            .with("seeds", self.seeds.count())
            .with("region", self.region.as_ref())
            .with("instances", self.instances)
            .with("hours", self.hours)
            .line()
    }
}
