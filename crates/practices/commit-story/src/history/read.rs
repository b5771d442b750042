//! Reading many commits: several git processes, in order, with bounded memory.

use std::io::BufReader;
use std::num::NonZeroUsize;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::parse::{FORMAT, parse};
use super::{Commit, Range};
use crate::git::{GitError, View, feed, refused};

/// Commits that one git process reads.
const CHUNK: usize = 400;

/// A commit as listed, before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// Names of its parents.
    pub parents: Vec<String>,
}

/// Lists a range, parents before children and each branch in one piece; of more than `most` commits the newest.
///
/// # Errors
/// When git fails.
pub fn list(view: &View, range: &Range, most: usize) -> Result<Vec<Listed>, GitError> {
    let most = format!("--max-count={most}");
    let mut arguments = vec!["rev-list", "--topo-order", "--reverse", "--parents", &most];
    let revisions = range.arguments();
    arguments.extend(revisions.iter().map(String::as_str));
    let text = view.ask(&arguments)?;
    let listed = text.lines().filter_map(|line| {
        let mut names = line.split(' ').map(str::to_owned);
        names.next().map(|id| Listed { id, parents: names.collect() })
    });
    Ok(listed.collect())
}

/// Reads the commits and hands each to `each`, in the order given. Only a few hundred are in memory at a time.
///
/// # Errors
/// When git fails, or answers what cannot be read; or what `each` says.
pub fn read<E: From<GitError>>(
    view: &View,
    ids: &[Listed],
    mut each: impl FnMut(Commit) -> Result<(), E>,
) -> Result<(), E> {
    let cut = view.cut();
    let chunks: Vec<&[Listed]> = ids.chunks(CHUNK).collect();
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(chunks.len());
    thread::scope(|scope| {
        // Chunk i is read by worker i % workers, which waits while its last chunk is not taken: order without a queue
        // that grows.
        let channels: Vec<Receiver<Result<Vec<Commit>, GitError>>> = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(1);
                let own: Vec<&[Listed]> = chunks.iter().skip(worker).step_by(workers).copied().collect();
                scope.spawn(move || {
                    for chunk in own {
                        // Nobody listens any more once something went wrong.
                        if sender.send(read_chunk(view, chunk)).is_err() {
                            return;
                        }
                    }
                });
                receiver
            })
            .collect();
        for index in 0..chunks.len() {
            let gone = || GitError::Answer("a reader stopped".to_owned());
            let commits = channels[index % workers].recv().map_err(|_| gone())??;
            for mut commit in commits {
                commit.is_cut = cut.contains(&commit.id);
                if commit.is_cut {
                    commit.files.clear();
                }
                each(commit)?;
            }
        }
        Ok(())
    })
}

fn read_chunk(view: &View, chunk: &[Listed]) -> Result<Vec<Commit>, GitError> {
    let mut command = view.command();
    command.args(["diff-tree", "--stdin", "-z", "-r", "-M", "--root", "--always", "--raw", "-p", "-U0"]);
    command.args([
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=none",
        "--full-index",
    ]);
    command.args([FORMAT, "--submodule=short"]);
    let input: String = chunk.iter().map(|listed| format!("{}\n", listed.id)).collect();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Run)?;
    thread::scope(|scope| {
        feed(&mut child, input.into_bytes(), scope);
        let Some(out) = child.stdout.take() else { return Ok(Vec::new()) };
        let errors = child.stderr.take().map(|mut pipe| {
            scope.spawn(move || {
                let mut said = Vec::new();
                // What it said is a help; its status decides.
                let _ = std::io::Read::read_to_end(&mut pipe, &mut said);
                said
            })
        });
        let mut commits = Vec::with_capacity(chunk.len());
        let mut answer = BufReader::with_capacity(1 << 16, out);
        let parsed = parse(&mut answer, |commit| commits.push(commit));
        let status = child.wait().map_err(GitError::Run)?;
        let stderr = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
        if !status.success() {
            return Err(refused(&command, &std::process::Output { status, stdout: Vec::new(), stderr }));
        }
        parsed?;
        if commits.len() != chunk.len() {
            return Err(GitError::Answer(format!("{} commits for {} asked for", commits.len(), chunk.len())));
        }
        Ok(commits)
    })
}
