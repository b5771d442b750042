//! Rehearsal: faults are planted into a history, and real `git bisect run` hunts them; the same work as it is, squashed into few
//! large commits, and with commits that do not build.
//!
//! It runs the repository's code: the test is run on its commits.

mod chain;
mod draw;
mod fault;
mod hunt;
mod words;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ironbird_report::Verdict;

use crate::check::Progress;
use crate::git::{GitError, View};
use crate::history::Range;
use chain::{Extra, Line, UNBUILDABLE_MARK, plant};
use fault::{Fault, lost_line, marked};
use hunt::{Ground, Hunt, passes};

/// Lines that are lost before a fault of our own takes their place.
const TRIES: usize = 6;

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder in the repository.
    pub repo: PathBuf,
    /// The range; of a history the newest commits.
    pub range: String,
    /// Of more commits than this the newest.
    pub most: usize,
    /// The test: passes with status 0.
    pub test: String,
    /// What has to succeed before the test means anything; where it fails, bisect skips the commit.
    pub build: Option<String>,
    /// Faults to plant, each by itself.
    pub faults: usize,
    /// Root of all randomness.
    pub seed: u64,
    /// Commits that the squashed history takes together; a tenth of all unless given.
    pub squash: Option<usize>,
    /// How long one test may take.
    pub limit: Option<Duration>,
    /// How many hunts at once.
    pub jobs: Option<usize>,
}

/// Why a rehearsal could not run.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The test is of no use.
    #[error(
        "the test does not pass at {at}, before anything was planted; a hunt needs a test that passes there: {test}"
    )]
    Test {
        /// The commit.
        at: String,
        /// The command.
        test: String,
    },
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(&'static str),
}

/// The histories that are compared.
const VARIANTS: usize = 3;

/// One fault and the hunts for it.
struct Case {
    fault: Fault,
    /// Lines that were lost before, without the test's noticing.
    unseen: usize,
    /// One for each variant.
    hunts: [Hunt; VARIANTS],
}

/// The histories, as they are without a fault.
struct Histories {
    fine: Line,
    squashed: Line,
    /// Commits that the squashed history takes together.
    size: usize,
    /// For each commit, whether the variant with gaps makes it one that does not build.
    gaps: Vec<bool>,
}

/// Plants and hunts. The same repository, options and seed give the same verdict. `replay` is the command line that a report
/// gives for running it again.
///
/// # Errors
/// When the history is too short, or the test does not pass without a fault.
pub fn run(
    options: &Options,
    replay: &str,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Verdict, RehearseError> {
    if options.faults == 0 {
        return Err(RehearseError::Setting("there is nothing to hunt: give at least --faults 1"));
    }
    let view = View::open(&options.repo)?;
    let range = Range::resolve(view.source(), &options.range)?;
    let fine = Line::read(&view, &range, options.most)?;
    let count = fine.steps.len();
    let size = options.squash.unwrap_or((count / 10).max(2)).clamp(2, count.max(2));
    // The last commit stays testable: a hunt begins with it.
    let gaps = (0..count)
        .map(|index| index + 1 < count && draw::below(3, options.seed, "gap", &[index]) == 0)
        .collect();
    let histories = Histories { squashed: fine.squashed(size), fine, size, gaps };
    let script = hunt::script(view.scratch(), &options.test, options.build.as_deref())?;
    let ground = |worker: usize| Ground {
        folder: view.scratch().join(format!("hunt-{worker}")),
        script: script.clone(),
        log: view.scratch().join(format!("log-{worker}")),
        limit: options.limit,
    };
    let first = ground(0);
    for end in [&histories.fine.good, &histories.fine.steps[count - 1]] {
        if passes(&view, &first, &end.id)? != Some(true) {
            return Err(RehearseError::Test { at: end.name(), test: options.test.clone() });
        }
    }
    let cases = hunt_all(&view, options, &histories, &ground, progress)?;
    // In the order of the variants: squashed, and the two that have every commit.
    let lines = [histories.squashed.lines(&view)?, histories.fine.lines(&view)?];
    Ok(words::verdict(options, &histories, &cases, &lines, replay))
}

fn hunt_all(
    view: &View,
    options: &Options,
    histories: &Histories,
    ground: &(dyn Fn(usize) -> Ground + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Case>, RehearseError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = options.jobs.unwrap_or(cores).clamp(1, options.faults);
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let cases: Mutex<Vec<Option<Case>>> = Mutex::new((0..options.faults).map(|_| None).collect());
    let work = |worker: usize| -> Result<(), GitError> {
        let own = ground(worker);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= options.faults {
                return Ok(());
            }
            let case = hunt_one(view, options, histories, &own, number)?;
            cases.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[number] = Some(case);
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done: count as u64, of: options.faults as u64, what: "hunting" });
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(GitError::Answer("a hunter stopped".to_owned())))
        })
    })?;
    Ok(cases.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_iter().flatten().collect())
}

fn hunt_one(
    view: &View,
    options: &Options,
    histories: &Histories,
    ground: &Ground,
    number: usize,
) -> Result<Case, GitError> {
    let line = &histories.fine;
    let (fault, unseen) = plant_one(view, options, line, ground, number)?;
    // Commits before the fault are as they were.
    let fine: Vec<Extra> =
        std::iter::repeat_n(Extra::new(), fault.at).chain(fault.extras.iter().cloned()).collect();
    let squashed: Vec<Extra> =
        fine.chunks(histories.size).filter_map(|group| group.last().cloned()).collect();
    let with_gaps: Vec<Extra> = fine
        .iter()
        .zip(&histories.gaps)
        .map(|(extra, is_gap)| {
            let mut extra = extra.clone();
            if *is_gap {
                extra.insert(UNBUILDABLE_MARK.as_bytes().to_vec(), (b"planted\n".to_vec(), "100644"));
            }
            extra
        })
        .collect();
    let chase = |name: &str, line: &Line, extras: &[Extra]| -> Result<Hunt, GitError> {
        let (good, commits) = plant(view, &format!("{name}-{number}"), line, extras)?;
        hunt::hunt(view, ground, &good, &commits)
    };
    let hunts = [
        chase("squashed", &histories.squashed, &squashed)?,
        chase("gaps", line, &with_gaps)?,
        chase("fine", line, &fine)?,
    ];
    Ok(Case { fault, unseen, hunts })
}

/// Draws faults until the test sees one, at the commit that has it first and at the last.
fn plant_one(
    view: &View,
    options: &Options,
    line: &Line,
    ground: &Ground,
    number: usize,
) -> Result<(Fault, usize), GitError> {
    let mut unseen = 0;
    for attempt in 0..TRIES {
        let numbers = [number, attempt];
        let at = draw::below(line.steps.len(), options.seed, "commit", &numbers);
        let Some(fault) = lost_line(view, line, at, (options.seed, &numbers))? else { continue };
        let rest = Line {
            good: if at == 0 { line.good.clone() } else { line.steps[at - 1].clone() },
            steps: line.steps[at..].to_vec(),
        };
        let (_, commits) = plant(view, &format!("try-{number}-{attempt}"), &rest, &fault.extras)?;
        let ends = [commits.first(), commits.last()];
        let mut is_seen = true;
        for end in ends.into_iter().flatten() {
            is_seen = is_seen && passes(view, ground, end)? == Some(false);
        }
        if is_seen {
            return Ok((fault, unseen));
        }
        unseen += 1;
    }
    let at = draw::below(line.steps.len(), options.seed, "commit", &[number, TRIES]);
    Ok((marked(line, at), unseen))
}
