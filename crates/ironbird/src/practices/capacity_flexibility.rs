//! `check`, `apply` and `rehearse` of capacity-flexibility.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ironbird_capacity_flexibility::apply::perform;
use ironbird_capacity_flexibility::apply::reserve::Reservation;
use ironbird_capacity_flexibility::apply::{self, Options};
use ironbird_capacity_flexibility::rehearse::scenario::Scenario;
use ironbird_capacity_flexibility::{NAME, check, rehearse};

use super::account::Account;
use super::changes::Changes;
use super::meter::Meter;
use super::rehearsal;
use super::report::Report;
use crate::Verdict;

/// Which account to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check capacity-flexibility --profile prod --region eu-west-1
  ironbird check capacity-flexibility --endpoint-url http://127.0.0.1:4599 --json
  ironbird check capacity-flexibility --rule narrow-types --rule unused-zones")]
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
  ironbird apply capacity-flexibility --dry-run               what would change
  ironbird apply capacity-flexibility --group web --yes
  ironbird apply capacity-flexibility --reserve instanceTypeSpecification.json --target-capacity 25 \\
      --end-date 2027-05-31T00:00:00Z
  ironbird apply capacity-flexibility --revert ironbird-capacity-flexibility-backup.json

Stopped half way, the same command goes on, and --revert goes back. Groups keep their sizes; running instances stay.

Exit status: 0 done or nothing to do, 1 declined or something was left as it is, 2 it could not be done.")]
pub struct Apply {
    #[command(flatten)]
    changes: Changes,
    /// Only this group; may be given several times
    #[arg(long = "group", value_name = "NAME", conflicts_with = "revert")]
    groups: Vec<String>,
    /// Create a Capacity Reservation Fleet from this weighted specification (JSON)
    #[arg(long, value_name = "SPEC", requires = "target_capacity", conflicts_with = "revert")]
    reserve: Option<PathBuf>,
    /// Units of capacity to reserve
    #[arg(long, value_name = "N", requires = "reserve")]
    target_capacity: Option<i32>,
    /// When the reservations end by themselves, such as 2027-05-31T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "reserve")]
    end_date: Option<String>,
    /// Restore groups that were changed since, too
    #[arg(long, requires = "revert")]
    force: bool,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let reservation = match (&self.reserve, self.target_capacity) {
            (Some(path), Some(units)) => Some(Reservation::read(path, units, self.end_date.as_deref())?),
            _ => None,
        };
        let options = Options { groups: self.groups, reservation };
        self.changes.run(
            NAME,
            async |client| Ok(apply::plan(client, &options).await?),
            async |client, plan, backup| perform::apply(client, plan, backup).await,
            async |client, backup| perform::revert(client, backup, self.force).await,
        )
    }
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse capacity-flexibility
  ironbird rehearse capacity-flexibility --seed 7 --instances 500 --html shortage.html
  ironbird rehearse capacity-flexibility --region us-east-1 --type m5.xlarge --json
  ironbird rehearse capacity-flexibility --scenario long-shortage.toml
  ironbird rehearse capacity-flexibility --seeds 1000 --parquet measures.parquet
  ironbird rehearse capacity-flexibility --experiment template.json

The template of --experiment is one of AWS Fault Injection Service, as create-experiment-template takes it and
get-experiment-template prints it. Its targets are chosen by tags, which the rehearsal's groups, instances and subnets have.

A scenario file sets what it differs in, such as:
  instances = 200
  [shortage]
  lasts = 180

The same seed and scenario give the same report, to the byte.

Exit status: 0 the practice holds, 1 it does not, 2 it could not be run.")]
pub struct Rehearse {
    /// FIS experiment template (JSON) to run instead of the shortage
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// Instance type of the one-type group
    #[arg(long = "type", value_name = "TYPE")]
    instance_type: Option<String>,
    /// Instances that the demand asks for at its peak
    #[arg(long, value_name = "N")]
    instances: Option<u32>,
    /// Groups that share the demand evenly
    #[arg(long, value_name = "N")]
    groups: Option<u32>,
    #[command(flatten)]
    options: rehearsal::Options,
}

impl Rehearse {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let scenario = self.settled()?;
        self.options.page.check(NAME)?;
        let room = rehearse::room(&scenario);
        let Some(series) = self.options.seeds.series(scenario.seed, room) else {
            let at_once = self.options.seeds.at_once(room);
            let meter = Meter::new();
            let verdict = rehearse::run(&scenario, &self.replay(), at_once, &|progress| {
                meter.tell("rehearsing", progress.done, progress.of)
            });
            meter.clear();
            return self.options.page.hand_over(&verdict?);
        };
        let verdict = series.run(&self.replay(), |seed| {
            rehearse::run(&Scenario { seed, ..scenario.clone() }, "", NonZeroUsize::MIN, &|_| {})
        });
        self.options.page.hand_over(&verdict?)
    }

    /// The scenario of the file, or the default one, with the flags on top.
    fn settled(&self) -> anyhow::Result<Scenario> {
        let mut scenario = self.options.scenario(Scenario::parse)?;
        self.options.put_on(&mut scenario.seed, &mut scenario.region, &mut scenario.hours);
        scenario.experiment = rehearsal::experiment(self.experiment.as_deref())?;
        scenario.instances = self.instances.unwrap_or(scenario.instances);
        scenario.groups = self.groups.unwrap_or(scenario.groups);
        scenario.instance_type = self.instance_type.clone().unwrap_or(scenario.instance_type);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        self.options
            .replay(NAME, self.experiment.as_deref(), Scenario::default().seed)
            .with("type", self.instance_type.as_ref())
            .with("instances", self.instances)
            .with("groups", self.groups)
            .with("hours", self.options.hours)
            .line()
    }
}
