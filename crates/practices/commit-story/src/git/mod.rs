//! Running git so that nothing of the repository it looks at is executed.
//!
//! A repository can name programs: hooks, filters, a file system monitor, diff drivers, a way to fetch what is missing.
//! So git never works *in* the user's repository here, but in a [`View`]: an empty repository of our own that borrows
//! the user's objects. It has no hooks, its configuration is ours, and what is missing is missing.

mod view;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub use view::{Source, View};

/// Why git could not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started or talked to.
    #[error("cannot run git: {0}; is git 2.40 or later installed and on the path?")]
    Run(#[source] std::io::Error),
    /// It refused.
    #[error("git {what} failed: {said}")]
    Refused {
        /// The command.
        what: String,
        /// What it said.
        said: String,
    },
    /// The folder is no repository.
    #[error("{path} is not in a git repository: {said}")]
    NotARepository {
        /// The path as given.
        path: PathBuf,
        /// What git said.
        said: String,
    },
    /// A name that names no commit.
    #[error("`{0}` names no commit here; see `git rev-parse --verify {0}`")]
    Unknown(String),
    /// A range in a form that is not read.
    #[error("`{0}` is not a range; write BASE..TIP for a branch, or TIP for its whole history")]
    Range(String),
    /// A repository without a commit.
    #[error("the repository has no commit yet")]
    Empty,
    /// Our own scratch folder could not be written.
    #[error("cannot write to the scratch folder: {0}")]
    Scratch(#[source] std::io::Error),
    /// An answer that git does not give.
    #[error("git answered what cannot be read: {0}")]
    Answer(String),
}

/// A git command that takes nothing from the user's environment and configuration, and runs no hook.
///
/// What is switched off here also holds where git is pointed at the user's own repository, to resolve names.
pub(crate) fn command(git_dir: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    clean_environment(&mut command);
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        // What is missing in a partial clone stays missing: to fetch it would run what the repository names.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    let settings = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "safe.directory=*", "gc.auto=0"];
    command.arg("--no-pager");
    for setting in settings {
        command.args(["-c", setting]);
    }
    if let Some(dir) = git_dir {
        command.arg("--git-dir").arg(dir);
    }
    command.stdin(Stdio::null());
    command
}

/// Takes git's variables away, such as a hook that calls us has them.
pub(crate) fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"GIT_") {
            command.env_remove(name);
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be run, or does not succeed.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let done = command.output().map_err(GitError::Run)?;
    if done.status.success() { Ok(done.stdout) } else { Err(refused(command, &done)) }
}

/// Runs a command that is given `input`.
///
/// # Errors
/// When it cannot be run, or does not succeed.
pub(crate) fn output_with(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, GitError> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Run)?;
    let done = std::thread::scope(|scope| {
        // Written beside reading: git may answer before it has read all.
        feed(&mut child, input.to_vec(), scope);
        child.wait_with_output()
    });
    let done = done.map_err(GitError::Run)?;
    if done.status.success() { Ok(done.stdout) } else { Err(refused(command, &done)) }
}

/// Writes `input` to the child from a thread of its own.
pub(crate) fn feed<'scope>(child: &mut Child, input: Vec<u8>, scope: &'scope std::thread::Scope<'scope, '_>) {
    if let Some(mut pipe) = child.stdin.take() {
        // A child that ends early says why by its status.
        scope.spawn(move || drop(pipe.write_all(&input)));
    }
}

pub(crate) fn refused(command: &Command, done: &Output) -> GitError {
    let is_option = |argument: &&OsStr| argument.as_encoded_bytes().starts_with(b"-");
    let commands = ["rev-parse", "rev-list", "diff-tree", "cat-file", "hash-object", "merge-tree", "bisect"];
    let named = command.get_args().find(|argument| commands.iter().any(|name| argument == name));
    let last = command.get_args().filter(|argument| !is_option(argument)).last();
    let what = named.or(last).map(|argument| argument.to_string_lossy().into_owned()).unwrap_or_default();
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    GitError::Refused { what, said: if said.is_empty() { done.status.to_string() } else { said } }
}

/// Text that git wrote, without its line end.
pub(crate) fn line(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}
