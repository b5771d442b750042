//! `check` of commit-story.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ironbird_commit_story::check;

use super::meter::Meter;
use super::report::Report;
use crate::{Verdict, duration, output};

/// Which commits to check, and how to show what is found.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird check commit-story --range main..HEAD              the branch at hand
  ironbird check commit-story --repo ~/src/curl --limit 10000
  ironbird check commit-story --range main..HEAD --build 'cargo test'
  ironbird check commit-story --range origin/main..HEAD --github --least-score 95
  ironbird check commit-story --ratchet origin/main           did the branch lower the score of the history?

Without --build nothing of the repository is run: no hook, no filter, nothing that its configuration names. With it, the
command is run in a work tree of each commit, and so is the code that it starts.

Exit status: 0 nothing found, 1 findings, 2 something could not be read. With --least-score or --ratchet the score decides between
0 and 1.")]
pub struct Check {
    /// A folder in the repository
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    repo: PathBuf,
    /// BASE..TIP for a branch, TIP for its whole history
    #[arg(long, value_name = "RANGE", default_value = "HEAD")]
    range: String,
    /// Of more commits than this the newest
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    limit: usize,
    /// Leave out the commits at which a shallow clone is cut off
    #[arg(long)]
    allow_shallow: bool,
    /// Let the score decide: below this the exit status is 1, from it on 0
    #[arg(long, value_name = "POINTS")]
    least_score: Option<f64>,
    /// Let this commit of the range be a ratchet: the exit status is 1 when what came since scores lower than what stood before
    #[arg(long, value_name = "COMMIT")]
    ratchet: Option<String>,
    /// Run this in a work tree of each commit; it must succeed
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// How many to build at once
    #[arg(long, value_name = "N", requires = "build")]
    jobs: Option<usize>,
    /// How long one build may take, such as 10m
    #[arg(long, value_name = "TIME", value_parser = duration::parse, requires = "build")]
    timeout: Option<Duration>,
    /// Keep ignored files from one commit to the next: faster, and less true
    #[arg(long, requires = "build")]
    keep_ignored: bool,
    /// Build trees again that have passed before
    #[arg(long, requires = "build")]
    no_cache: bool,
    #[command(flatten)]
    report: Report,
}

impl Check {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let Self {
            repo,
            range,
            limit,
            allow_shallow,
            ratchet,
            build,
            jobs,
            timeout,
            keep_ignored,
            no_cache,
            ..
        } = self;
        if let Some(command) = &build {
            output::complain(&format!(
                "`{command}` is run in a work tree of each commit, with the code of that commit"
            ));
        }
        let cache = if no_cache { None } else { cache() };
        let build = build.map(|command| check::build::Build {
            command,
            jobs,
            limit: timeout,
            keeps_ignored: keep_ignored,
            cache,
        });
        let has_ratchet = ratchet.is_some();
        let options =
            check::Options { repo, range, most: limit, allows_shallow: allow_shallow, ratchet, build };
        let meter = Meter::new();
        let findings =
            check::run(&options, &|progress| meter.tell(progress.what, progress.done, progress.of));
        meter.clear();
        self.report.hand_over_with(findings?, |findings| {
            if self.least_score.is_none() && !has_ratchet {
                return None;
            }
            // A range without a commit has nothing to reproach.
            let is_enough = match (self.least_score, check::score_of(findings)) {
                (Some(least), Some(score)) => score >= least,
                _ => true,
            };
            if !is_enough {
                output::complain("the score is below --least-score");
            }
            let is_lowered = check::is_lowered(findings);
            if is_lowered {
                output::complain(
                    "the change scores lower than the history before it, and so lowers its score",
                );
            }
            Some(if is_enough && !is_lowered { Verdict::Good } else { Verdict::Negative })
        })
    }
}

/// Where it is kept which trees passed.
fn cache() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    given.or_else(home).map(|folder| folder.join("ironbird/commit-story"))
}
