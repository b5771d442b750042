//! `ironbird rehearse`

use std::fmt::Write as _;
use std::fs;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use ironbird_capacity_flexibility::rehearse::scenario::Scenario;
use ironbird_capacity_flexibility::rehearse::{self, Progress};
use ironbird_report::{html, json, text};
use ironbird_rig::clock::HostClock;

use super::account;
use crate::{Verdict, output};

/// Try a practice against the failure it is for, on a world of its own, and report
#[derive(Args)]
pub struct Rehearse {
    #[command(subcommand)]
    practice: Practice,
}

#[derive(Subcommand)]
enum Practice {
    /// Pools run dry in the middle of a scale-out, for four groups side by side
    CapacityFlexibility(Box<CapacityFlexibility>),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse capacity-flexibility
  ironbird rehearse capacity-flexibility --seed 7 --instances 500 --html shortage.html
  ironbird rehearse capacity-flexibility --region us-east-1 --type m5.xlarge --json
  ironbird rehearse capacity-flexibility --scenario long-shortage.toml

A scenario file sets what it differs in, such as:
  instances = 200
  [shortage]
  lasts = 180

The same seed and scenario give the same report, to the byte.

Exit status: 0 the practice holds, 1 it does not, 2 it could not be run.")]
struct CapacityFlexibility {
    /// Scenario file (TOML); flags come on top of it
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Root of all randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Region
    #[arg(long)]
    region: Option<String>,
    /// Instance type of the one-type group
    #[arg(long = "type", value_name = "TYPE")]
    instance_type: Option<String>,
    /// Instances that the demand asks for at its peak
    #[arg(long, value_name = "N")]
    instances: Option<u32>,
    /// Groups that share the demand evenly
    #[arg(long, value_name = "N")]
    groups: Option<u32>,
    /// Length of the run in hours
    #[arg(long)]
    hours: Option<f64>,
    /// Print JSON, and write no page unless --html is given
    #[arg(long)]
    json: bool,
    /// Where to write the page
    #[arg(long, value_name = "FILE", conflicts_with = "no_html")]
    html: Option<PathBuf>,
    /// Write no page
    #[arg(long)]
    no_html: bool,
}

/// Where the page goes unless told otherwise.
const PAGE: &str = "ironbird-capacity-flexibility.html";

impl Rehearse {
    pub fn run(self) -> anyhow::Result<Verdict> {
        match self.practice {
            Practice::CapacityFlexibility(options) => options.run(),
        }
    }
}

impl CapacityFlexibility {
    fn run(self) -> anyhow::Result<Verdict> {
        let scenario = self.settled()?;
        let meter = Meter::new();
        let verdict = rehearse::run(&scenario, &self.replay(), &|progress| meter.tell(progress));
        meter.clear();
        let verdict = verdict?;
        let page = match (&self.html, self.no_html || self.json) {
            (Some(path), _) => Some(path.clone()),
            (None, false) => Some(PathBuf::from(PAGE)),
            (None, true) => None,
        };
        if let Some(path) = &page {
            let text = html::verdict(&verdict);
            fs::write(path, text).with_context(|| format!("cannot write the page to {}", path.display()))?;
        }
        let report =
            if self.json { json::verdict(&verdict) } else { text::verdict(&verdict, account::style()) };
        output::write(&report)?;
        if let Some(path) = &page {
            output::complain(&format!("page with plots: {}", path.display()));
        }
        match verdict.exit_code() {
            0 => Ok(Verdict::Good),
            1 => Ok(Verdict::Negative),
            _ => bail!("whether the practice holds could not be decided"),
        }
    }

    /// The scenario of the file, or the default one, with the flags on top.
    fn settled(&self) -> anyhow::Result<Scenario> {
        let mut scenario = match &self.scenario {
            Some(path) => {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("cannot read the scenario {}", path.display()))?;
                Scenario::parse(&text).with_context(|| format!("scenario {}", path.display()))?
            }
            None => Scenario::default(),
        };
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        scenario.instances = self.instances.unwrap_or(scenario.instances);
        scenario.groups = self.groups.unwrap_or(scenario.groups);
        scenario.hours = self.hours.unwrap_or(scenario.hours);
        scenario.region = self.region.clone().unwrap_or(scenario.region);
        scenario.instance_type = self.instance_type.clone().unwrap_or(scenario.instance_type);
        Ok(scenario)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        let mut line = "ironbird rehearse capacity-flexibility".to_owned();
        let mut add = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(line, " --{flag} {}", quoted(&value));
            }
        };
        add("scenario", self.scenario.as_ref().map(|path| path.display().to_string()));
        let seed = self.seed.or(self.scenario.is_none().then_some(Scenario::default().seed));
        add("seed", seed.map(|seed| seed.to_string()));
        add("region", self.region.clone());
        add("type", self.instance_type.clone());
        add("instances", self.instances.map(|count| count.to_string()));
        add("groups", self.groups.map(|count| count.to_string()));
        add("hours", self.hours.map(|hours| hours.to_string()));
        line
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Says how far a rehearsal is, on a terminal, once it takes long enough to wonder.
struct Meter {
    started: ironbird_rig::clock::Monotonic,
    shown: AtomicU64,
    is_terminal: bool,
}

impl Meter {
    fn new() -> Self {
        Self {
            started: HostClock::monotonic(),
            shown: AtomicU64::new(0),
            is_terminal: stderr().is_terminal(),
        }
    }

    fn tell(&self, progress: Progress) {
        if !self.is_terminal || self.started.elapsed().as_secs() < 1 {
            return;
        }
        let percent = progress.done * 100 / progress.of.max(1);
        if self.shown.fetch_max(percent, Ordering::Relaxed) < percent {
            // Progress is a courtesy: nothing depends on its being seen.
            let _ = write!(stderr(), "\rrehearsing: {percent:3} %");
        }
    }

    fn clear(&self) {
        if self.shown.load(Ordering::Relaxed) > 0 {
            let _ = write!(stderr(), "\r                    \r");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_replay_line_survives_a_shell() {
        assert_eq!(quoted("a/b.toml"), "a/b.toml");
        assert_eq!(quoted("it's here.toml"), r"'it'\''s here.toml'");
        assert_eq!(quoted(""), "''");
    }
}
