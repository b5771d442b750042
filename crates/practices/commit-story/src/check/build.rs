//! Building every commit in a work tree of its own, several at once. It runs the commits' code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Progress;
use crate::git::{GitError, View, command, output};
use crate::history::Listed;
use crate::process::{Ended, shell};

/// How to build.
#[derive(Debug, Clone)]
pub struct Build {
    /// What to run in each work tree, with a shell.
    pub command: String,
    /// How many at once; as many as there are processors unless given.
    pub jobs: Option<usize>,
    /// How long one may take.
    pub limit: Option<Duration>,
    /// Whether files that git ignores stay from one commit to the next, which is faster, and less true.
    pub keeps_ignored: bool,
    /// Where it is kept which trees passed; none to build all again.
    pub cache: Option<PathBuf>,
}

/// What came of building.
#[derive(Debug, Default)]
pub struct Built {
    /// How each commit ended that did not end well.
    pub failed: BTreeMap<String, Ended>,
    /// Trees that were built.
    pub built: u64,
    /// Commits whose tree had passed before, here or in an earlier run.
    pub known: u64,
}

/// Builds all commits, each tree once.
///
/// # Errors
/// When a work tree cannot be made.
pub fn run(
    view: &View,
    listed: &[Listed],
    build: &Build,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Built, GitError> {
    let trees = trees(view, listed)?;
    let cache = build.cache.as_ref().map(|root| root.join(key(build)));
    if let Some(folder) = &cache {
        fs::create_dir_all(folder).map_err(GitError::Scratch)?;
    }
    let has_passed = |tree: &str| cache.as_ref().is_some_and(|folder| folder.join(tree).exists());
    // One commit for each tree that is not known to pass.
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    let open: Vec<(&Listed, &String)> =
        listed.iter().zip(&trees).filter(|(_, tree)| !has_passed(tree) && wanted.insert(tree)).collect();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = build.jobs.unwrap_or(cores).clamp(1, open.len().max(1));
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let outcomes: Mutex<BTreeMap<&str, Ended>> = Mutex::new(BTreeMap::new());
    let work = |worker: usize| -> Result<(), GitError> {
        let folder = view.scratch().join(format!("tree-{worker}"));
        let log = view.scratch().join(format!("log-{worker}"));
        while let Some((commit, tree)) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            check_out(view, &folder, &commit.id, build.keeps_ignored)?;
            let ended = shell(&build.command, &folder, &log, build.limit).map_err(GitError::Run)?;
            if let Some(kept) = cache.as_ref().filter(|_| ended == Ended::Well) {
                fs::write(kept.join(tree), "").map_err(GitError::Scratch)?;
            }
            let mut outcomes = outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            outcomes.insert(tree, ended);
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Progress { done: count as u64, of: open.len() as u64, what: "building" });
        }
        Ok(())
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(GitError::Answer("a builder stopped".to_owned())))
        })
    })?;
    let outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let failed = listed.iter().zip(&trees).filter_map(|(commit, tree)| {
        let ended = outcomes.get(tree.as_str()).filter(|ended| **ended != Ended::Well)?;
        Some((commit.id.clone(), ended.clone()))
    });
    let built = open.len() as u64;
    Ok(Built { failed: failed.collect(), built, known: listed.len() as u64 - built })
}

/// A work tree of the view at a commit, with nothing in it that the commit does not have.
///
/// # Errors
/// When git cannot make it.
pub(crate) fn check_out(
    view: &View,
    folder: &Path,
    commit: &str,
    keeps_ignored: bool,
) -> Result<(), GitError> {
    if !folder.exists() {
        let mut add = view.command();
        add.args(["worktree", "add", "--quiet", "--force", "--detach"]).arg(folder).arg(commit);
        return output(&mut add).map(drop);
    }
    let inside = |arguments: &[&str]| {
        let mut asked = command(None);
        asked.arg("-C").arg(folder).args(arguments);
        output(&mut asked).map(drop)
    };
    inside(&["checkout", "--quiet", "--force", "--detach", commit])?;
    inside(&["clean", "--quiet", "-ffd", if keeps_ignored { "-q" } else { "-x" }])
}

/// The tree of each commit.
fn trees(view: &View, listed: &[Listed]) -> Result<Vec<String>, GitError> {
    let mut asked = view.command();
    asked.args(["cat-file", "--batch-check=%(objectname)"]);
    let input: String = listed.iter().map(|commit| format!("{}^{{tree}}\n", commit.id)).collect();
    let answer = crate::git::output_with(&mut asked, input.as_bytes())?;
    let trees: Vec<String> = String::from_utf8_lossy(&answer).lines().map(str::to_owned).collect();
    if trees.len() != listed.len() || trees.iter().any(|tree| tree.contains(' ')) {
        return Err(GitError::Answer("a commit has no tree".to_owned()));
    }
    Ok(trees)
}

/// What decides, besides the tree, whether it passes: as a folder's name.
fn key(build: &Build) -> String {
    let digest = Sha256::digest(build.command.as_bytes());
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
