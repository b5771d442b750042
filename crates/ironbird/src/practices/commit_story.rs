//! `check`, `apply` and `rehearse` of commit-story.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ironbird_commit_story::{apply, check, rehearse};
use ironbird_report::escape::terminal;
use ironbird_rig::clock::HostClock;

use super::meter::Meter;
use super::report::{Page, Report};
use crate::output::{confirmed, quoted};
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
        let rules = self.report.rules().to_vec();
        let options =
            check::Options { repo, range, most: limit, allows_shallow: allow_shallow, rules, ratchet, build };
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

/// Which branch to reorganize.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird apply commit-story --range main..HEAD --dry-run    the plan, as a todo list of git rebase -i
  ironbird apply commit-story --range main..topic --branch topic-told --yes

The branch itself, the work tree and the index are never touched. To go back, delete the new branch: git branch -D NAME

Exit status: 0 done or nothing to do, 1 declined, 2 it could not be done.")]
pub struct Apply {
    /// A folder in the repository
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    repo: PathBuf,
    /// The branch, as BASE..TIP
    #[arg(long, value_name = "RANGE")]
    range: String,
    /// Name of the new branch; the name of the branch at hand with -story unless given
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Show the plan and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Apply {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let Self { repo, range, branch, dry_run, yes } = self;
        let prepared = apply::prepare(&apply::Options { repo, range, branch })?;
        for line in &prepared.plan.done {
            output::complain(&terminal(line));
        }
        for line in &prepared.plan.left {
            output::complain(&format!("left alone: {}", terminal(line)));
        }
        if prepared.plan.is_empty() {
            output::say("nothing to change")?;
            return Ok(Verdict::Good);
        }
        for line in prepared.plan.todo().lines() {
            output::say(&terminal(line))?;
        }
        output::complain(&format!("both lead to the same files: tree {}", prepared.tree));
        if dry_run {
            return Ok(Verdict::Good);
        }
        let question =
            format!("Make the branch {} of {} commits?", prepared.branch, prepared.plan.units.len());
        if !yes && !confirmed(&question)? {
            return Ok(Verdict::Negative);
        }
        prepared.apply()?;
        output::complain(&format!("the branch {} is at {}", prepared.branch, prepared.tip));
        let open = prepared.plan.units.iter().filter(|unit| unit.template.is_some()).count();
        if open > 0 {
            output::complain(&format!(
                "{open} messages have questions that only their author can answer: look for TODO"
            ));
        }
        Ok(Verdict::Good)
    }
}

/// Which history to plant faults into, and what finds them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird rehearse commit-story --test ./test.sh
  ironbird rehearse commit-story --repo . --range v1.0..HEAD --test 'cargo test' --build 'cargo build' --faults 20 --seed 7

It runs the test, and so the repository's code, in work trees of a clone of its own; the repository stays as it is.
The same repository, options and seed give the same report, to the byte.

Exit status: 0 the history holds, 1 it does not, 2 it could not be run.")]
pub struct Rehearse {
    /// A folder in the repository
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    repo: PathBuf,
    /// BASE..TIP for a branch, TIP for its history
    #[arg(long, value_name = "RANGE", default_value = "HEAD")]
    range: String,
    /// Of more commits than this the newest
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
    /// The test, run with a shell in the top folder of a work tree; status 0 passes, 125 skips
    #[arg(long, value_name = "COMMAND")]
    test: String,
    /// What has to succeed before the test means anything; where it fails, the commit is skipped
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// How many faults to plant, each by itself
    #[arg(long, value_name = "N", default_value_t = 20)]
    faults: usize,
    /// Root of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many commits the squashed history takes together; a tenth of all unless given
    #[arg(long, value_name = "N")]
    squash: Option<usize>,
    /// How long one test may take, such as 10m
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    timeout: Option<Duration>,
    /// How many hunts at once
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    page: Page,
}

impl Rehearse {
    pub fn run(mut self) -> anyhow::Result<Verdict> {
        // The current folder is most often in the repository, which is not to get so much as a new file.
        self.page = self.page.or_in(std::env::temp_dir());
        self.page.check("commit-story")?;
        output::complain(&format!(
            "`{}` is run on commits of the repository, with the code of those commits",
            self.test
        ));
        let replay = self.replay();
        let Self { repo, range, limit, test, build, faults, seed, squash, timeout, jobs, page } = self;
        let most = limit;
        let options =
            rehearse::Options { repo, range, most, test, build, faults, seed, squash, limit: timeout, jobs };
        let started = HostClock::monotonic();
        let meter = Meter::new();
        let verdict = rehearse::run(&options, &replay, &|progress| {
            meter.tell(progress.what, progress.done, progress.of)
        });
        meter.clear();
        let verdict = verdict?;
        // The report has no times in it: they depend on the machine.
        output::complain(&format!("{faults} faults were hunted in {:.1} s", started.elapsed().as_secs_f64()));
        page.hand_over(&verdict)
    }

    /// The command line that makes this report again.
    fn replay(&self) -> String {
        let mut line = "ironbird rehearse commit-story".to_owned();
        let mut add = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(line, " --{flag} {}", quoted(&value));
            }
        };
        add("repo", Some(self.repo.display().to_string()));
        add("range", Some(self.range.clone()));
        add("limit", Some(self.limit.to_string()));
        add("test", Some(self.test.clone()));
        add("build", self.build.clone());
        add("faults", Some(self.faults.to_string()));
        add("seed", Some(self.seed.to_string()));
        add("squash", self.squash.map(|size| size.to_string()));
        line
    }
}
