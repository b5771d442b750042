//! One hunt: real `git bisect run` in a work tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::chain::{FAULT_MARK, UNBUILDABLE_MARK};
use crate::check::build::check_out;
use crate::git::{GitError, View, command, output};
use crate::process::{Ended, shell};

/// What came of a hunt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hunt {
    /// Indices of the commits that are suspected in the end; one where bisect names one.
    pub suspects: Vec<usize>,
    /// Commits that were tested, skipped ones among them.
    pub tested: u64,
    /// Commits that could not be tested.
    pub skipped: u64,
    /// How many commits were suspected before the first test and after each, and the first and last of them.
    pub course: Vec<(usize, usize)>,
    /// What went wrong, where bisect itself gave up.
    pub trouble: Option<String>,
}

/// What each commit is tested with, and where.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The work tree.
    pub folder: PathBuf,
    /// The run script.
    pub script: PathBuf,
    /// Where its output goes.
    pub log: PathBuf,
    /// How long one test may take.
    pub limit: Option<Duration>,
}

/// Writes the script that bisect runs: 125 for what does not build, which bisect skips, and 1 for every failure that would
/// otherwise stop it.
///
/// # Errors
/// When it cannot be written.
pub fn script(folder: &Path, test: &str, build: Option<&str>) -> Result<PathBuf, GitError> {
    let path = folder.join("run.sh");
    let build = build.map_or_else(String::new, |build| format!("( {build}\n) || leave 125\n"));
    let text = format!(
        "unset $(git rev-parse --local-env-vars) GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_ATTR_NOSYSTEM GIT_NO_LAZY_FETCH \
         GIT_ALLOW_PROTOCOL GIT_NO_REPLACE_OBJECTS GIT_OPTIONAL_LOCKS GIT_TERMINAL_PROMPT LC_ALL\n\
         leave() {{ git reset --quiet --hard; exit \"$1\"; }}\n\
         test ! -e {UNBUILDABLE_MARK} || leave 125\n\
         test ! -e {FAULT_MARK} || leave 1\n\
         {build}( {test}\n)\nstatus=$?\n\
         test \"$status\" -lt 126 || status=1\nleave \"$status\"\n"
    );
    fs::write(&path, text).map_err(GitError::Scratch)?;
    Ok(path)
}

/// Whether the test passes at a commit; none where the commit does not build.
///
/// # Errors
/// When it cannot be run.
pub fn passes(view: &View, ground: &Ground, commit: &str) -> Result<Option<bool>, GitError> {
    check_out(view, &ground.folder, commit, false)?;
    let run = format!("sh '{}'", ground.script.display());
    let ended = shell(&run, &ground.folder, &ground.log, ground.limit).map_err(GitError::Run)?;
    Ok(match ended {
        Ended::Well => Some(true),
        Ended::Badly { how, .. } if how == "exit status 125" => None,
        Ended::Badly { .. } | Ended::TooLate => Some(false),
    })
}

/// Hunts between `good` and the last of `commits`, which has the fault.
///
/// # Errors
/// When git cannot be run.
pub fn hunt(view: &View, ground: &Ground, good: &str, commits: &[String]) -> Result<Hunt, GitError> {
    let Some(bad) = commits.last() else { return Ok(Hunt::default()) };
    check_out(view, &ground.folder, bad, false)?;
    let bisect = |arguments: &[&str]| {
        let mut asked = command(None);
        asked.arg("-C").arg(&ground.folder).arg("bisect").args(arguments);
        output(&mut asked)
    };
    bisect(&["start", bad, good])?;
    let script = ground.script.display().to_string();
    // It ends badly where only skipped commits are left: what it says then counts, too.
    let run = bisect(&["run", "sh", &script]);
    let log = String::from_utf8_lossy(&bisect(&["log"])?).into_owned();
    let mut found = read_log(&log, commits);
    if let Err(GitError::Refused { said, .. }) = run
        && found.suspects.is_empty()
    {
        found.trouble = Some(said.lines().last().unwrap_or_default().to_owned());
    }
    bisect(&["reset", "--quiet"]).or_else(|_| bisect(&["reset"]))?;
    Ok(found)
}

/// Reads what `git bisect log` tells: which commits were tested, how they came out, and who is suspected in the end.
pub fn read_log(log: &str, commits: &[String]) -> Hunt {
    let index = |name: &str| commits.iter().position(|commit| commit == name);
    // Suspected are the commits after the last good one up to the first bad one.
    let mut first = 0;
    let mut last = commits.len().saturating_sub(1);
    let mut hunt = Hunt { course: vec![(first, last)], ..Hunt::default() };
    for row in log.lines() {
        let named = |start: &str| {
            row.strip_prefix(start).and_then(|rest| rest.split([']', ' ', '\'']).next()).and_then(index)
        };
        if let Some(only) = named("# first bad commit: [") {
            hunt.suspects = vec![only];
            continue;
        }
        if let Some(possible) = named("# possible first bad commit: [") {
            hunt.suspects.push(possible);
            continue;
        }
        let Some(rest) = row.strip_prefix("git bisect ") else { continue };
        let Some((verdict, name)) = rest.split_once(' ') else { continue };
        let Some(tested) = index(name.trim_matches('\'')) else { continue };
        match verdict {
            "good" => first = first.max(tested + 1),
            "bad" => last = last.min(tested),
            "skip" => hunt.skipped += 1,
            _ => continue,
        }
        hunt.tested += 1;
        hunt.course.push((first, last));
    }
    hunt.suspects.sort_unstable();
    hunt
}

#[cfg(test)]
mod tests {
    use super::read_log;
    use proptest::prelude::*;

    fn commits() -> Vec<String> {
        ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_log_is_read() {
        let log = "git bisect start 'e' 'z'\n# bad: [e] E\n# good: [z] Z\n# good: [b] B\ngit bisect good b\n# bad: [d] D\n\
                   git bisect bad d\n# skip: [c] C\ngit bisect skip c\n# only skipped commits left to test\n\
                   # possible first bad commit: [d] D\n# possible first bad commit: [c] C\n";
        let hunt = read_log(log, &commits());
        assert_eq!((hunt.suspects.as_slice(), hunt.tested, hunt.skipped), (&[2, 3][..], 3, 1));
        assert_eq!(hunt.course, [(0, 4), (2, 4), (2, 3), (2, 3)]);
        let found = read_log("git bisect bad b\n# first bad commit: [b] B\n", &commits());
        assert_eq!(found.suspects, [1]);
    }

    proptest! {
        #[test]
        fn any_log_is_read(log in ".{0,200}") {
            let _ = read_log(&log, &commits());
            let _ = read_log(&format!("git bisect good {log}\n# first bad commit: [{log}"), &commits());
        }
    }
}
