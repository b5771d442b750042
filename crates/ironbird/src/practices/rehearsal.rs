//! What the commands that rehearse have in common: their options, scenario files, and the command line that makes a report again.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ironbird_cloud::experiment::Template;
use ironbird_report::Verdict as Outcome;

use super::report::Page;
use super::seeds::Seeds;
use crate::Verdict;
use crate::output::quoted;

/// The options of every practice that rehearses worlds.
#[derive(Args)]
pub struct Options {
    /// Scenario file (TOML); flags come on top of it
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Root of all randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Region
    #[arg(long)]
    region: Option<String>,
    /// Length of the run in hours
    #[arg(long)]
    pub hours: Option<f64>,
    #[command(flatten)]
    pub seeds: Seeds,
    #[command(flatten)]
    pub page: Page,
}

impl Options {
    /// The scenario of the file, or the default one.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no scenario.
    pub fn scenario<S, E>(&self, parse: impl FnOnce(&str) -> Result<S, E>) -> anyhow::Result<S>
    where
        S: Default,
        E: std::error::Error + Send + Sync + 'static,
    {
        scenario(self.scenario.as_deref(), parse)
    }

    /// Puts the flags on top of a scenario's settings.
    pub fn put_on(&self, seed: &mut u64, region: &mut String, hours: &mut f64) {
        *seed = self.seed.unwrap_or(*seed);
        *hours = self.hours.unwrap_or(*hours);
        if let Some(given) = &self.region {
            region.clone_from(given);
        }
    }

    /// The command line that makes the report again, up to the Region. `seed` is the default one.
    pub fn replay(&self, practice: &str, experiment: Option<&Path>, seed: u64) -> Replay {
        Replay::of(practice)
            .with_file("scenario", self.scenario.as_deref())
            .with_file("experiment", experiment)
            .with("seed", self.seed.or(self.scenario.is_none().then_some(seed)))
            .with("seeds", self.seeds.count())
            .with("region", self.region.as_ref())
    }

    /// Rehearses with the seed, or with it and those after it, and hands the verdict over. `rehearse` is given the seed, the
    /// command line for its report, and how many variants to run at a time.
    ///
    /// # Errors
    /// When a rehearsal fails, or its report cannot be written.
    pub fn run<E: Into<anyhow::Error> + Send>(
        &self,
        practice: &str,
        seed: u64,
        replay: &str,
        rehearse: impl Fn(u64, &str, NonZeroUsize) -> Result<Outcome, E> + Sync,
    ) -> anyhow::Result<Verdict> {
        self.page.check(practice)?;
        let verdict = match self.seeds.series(seed, NonZeroUsize::MAX) {
            None => rehearse(seed, replay, self.seeds.at_once(NonZeroUsize::MAX)).map_err(Into::into)?,
            Some(series) => series.run(replay, |seed| rehearse(seed, "", NonZeroUsize::MIN))?,
        };
        self.page.hand_over(&verdict)
    }
}

/// The scenario of a file, or the default one.
///
/// # Errors
/// Where the file cannot be read, or is no scenario.
fn scenario<S, E>(path: Option<&Path>, parse: impl FnOnce(&str) -> Result<S, E>) -> anyhow::Result<S>
where
    S: Default,
    E: std::error::Error + Send + Sync + 'static,
{
    let Some(path) = path else { return Ok(S::default()) };
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the scenario {}", path.display()))?;
    parse(&text).with_context(|| format!("scenario {}", path.display()))
}

/// The FIS experiment template of a file, where one is given.
///
/// # Errors
/// Where the file cannot be read, or is no template that a rehearsal can run.
pub fn experiment(path: Option<&Path>) -> anyhow::Result<Option<Template>> {
    let Some(path) = path else { return Ok(None) };
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the experiment template {}", path.display()))?;
    let template = Template::parse(&text);
    template.map(Some).with_context(|| format!("experiment template {}", path.display()))
}

/// A command line that makes a report again.
pub struct Replay(String);

impl Replay {
    /// The command that rehearses a practice, without options.
    fn of(practice: &str) -> Self {
        Self(format!("ironbird rehearse {practice}"))
    }

    /// The same with an option, where it was given.
    #[must_use]
    pub fn with(mut self, flag: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = write!(self.0, " --{flag} {}", quoted(&value.to_string()));
        }
        self
    }

    /// The same with a file, where one was given.
    #[must_use]
    fn with_file(self, flag: &str, path: Option<&Path>) -> Self {
        self.with(flag, path.map(Path::display))
    }

    /// The line.
    pub fn line(self) -> String {
        self.0
    }
}
