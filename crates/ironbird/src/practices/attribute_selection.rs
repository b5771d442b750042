//! `check`, `apply` and `rehearse` of attribute-selection.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use ironbird_attribute_selection::apply::{self, Options, perform, terraform};
use ironbird_attribute_selection::rehearse::scenario::Scenario;
use ironbird_attribute_selection::{NAME, check, rehearse};

use super::account::Account;
use super::changes::Changes;
use super::rehearsal;
use super::report::Report;
use crate::{Verdict, output};

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
  ironbird apply attribute-selection --dry-run                what would change, and which types that gives
  ironbird apply attribute-selection --group web --yes
  ironbird apply attribute-selection --fleet fleet-0123 --relax CpuManufacturers --relax VCpuCount.Max
  ironbird apply attribute-selection --template app           a new version, where only groups and fleets use it
  ironbird apply attribute-selection --dry-run --terraform attributes_override.tf
  ironbird apply attribute-selection --revert ironbird-attribute-selection-backup.json

Stopped half way, the same command goes on, and --revert goes back. Sizes stay, and so do running instances.

Exit status: 0 done or nothing to do, 1 declined or something was left as it is, 2 it could not be done.")]
pub struct Apply {
    #[command(flatten)]
    changes: Changes,
    /// Only this group; may be given several times
    #[arg(long = "group", value_name = "NAME", conflicts_with = "revert")]
    groups: Vec<String>,
    /// Only this fleet, an EC2 Fleet or a Spot Fleet; may be given several times
    #[arg(long = "fleet", value_name = "ID", conflicts_with = "revert")]
    fleets: Vec<String>,
    /// Only this launch template, by name or id, with the groups that take their types from it; may be given several times
    #[arg(long = "template", value_name = "NAME", conflicts_with_all = ["revert", "groups", "fleets"])]
    templates: Vec<String>,
    /// Give this attribute up where few types have them all; may be given several times
    #[arg(long = "relax", value_name = "ATTRIBUTE", conflicts_with = "revert")]
    given_up: Vec<String>,
    /// Also write the blocks for Terraform to this file, before anything is changed
    #[arg(long, value_name = "FILE", conflicts_with = "revert")]
    terraform: Option<PathBuf>,
    /// Restore what was changed since, too
    #[arg(long, requires = "revert")]
    force: bool,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let options = Options {
            groups: self.groups,
            fleets: self.fleets,
            templates: self.templates,
            given_up: self.given_up,
        };
        self.changes.run(
            NAME,
            async |client| {
                let plan = apply::plan(client, &options).await?;
                if let Some(path) = self.terraform.filter(|_| !plan.blocks.is_empty()) {
                    let text = terraform::file(&plan.blocks);
                    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
                    output::complain(&format!("blocks for Terraform: {}", path.display()));
                }
                Ok(plan)
            },
            async |client, plan, backup| perform::apply(client, plan, backup).await,
            async |client, backup| perform::revert(client, backup, self.force).await,
        )
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
        self.options.run(NAME, scenario.seed, &self.replay(), |seed, replay, at_once| {
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
