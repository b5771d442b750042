//! A history as one line of trees, and that line again with a fault in it, or squashed.

use std::collections::BTreeMap;

use crate::git::{GitError, View, output_with};
use crate::history::Range;

/// A file in which trees say to our run script what they are; no project has them.
pub const FAULT_MARK: &str = ".ironbird-fault";
/// The same, for a commit that does not build.
pub const UNBUILDABLE_MARK: &str = ".ironbird-unbuildable";

/// One commit of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The user's commit.
    pub id: String,
    /// Its tree.
    pub tree: String,
    /// Its subject.
    pub subject: String,
}

impl Step {
    /// As reports name it.
    pub fn name(&self) -> String {
        let subject: String = self.subject.chars().take(60).collect();
        format!("{} {subject}", self.id.get(..12).unwrap_or(&self.id))
    }
}

/// The line along first parents: what was good before it, and its commits from oldest to newest.
#[derive(Debug, Clone)]
pub struct Line {
    /// The commit before the first.
    pub good: Step,
    /// The commits among which a fault may be.
    pub steps: Vec<Step>,
}

impl Line {
    /// Reads the newest `most` commits of a range.
    ///
    /// # Errors
    /// When git fails, or there is nothing to hunt in.
    pub fn read(view: &View, range: &Range, most: usize) -> Result<Self, GitError> {
        let mut arguments =
            vec!["log", "--first-parent", "--reverse", "--format=%H%x00%T%x00%s", "--no-show-signature"];
        let count = format!("--max-count={}", most.saturating_add(1));
        arguments.push(&count);
        arguments.push(&range.tip);
        let text = view.ask(&arguments)?;
        let mut steps: Vec<Step> = text.lines().filter_map(step).collect();
        if let Some(base) = &range.base {
            let fork = view.ask(&["merge-base", base, &range.tip])?;
            if let Some(position) = steps.iter().position(|step| step.id == fork) {
                steps.drain(..position);
            }
        }
        if steps.len() < 3 {
            return Err(GitError::Answer(
                "there are too few commits to hunt in: at least three are needed".to_owned(),
            ));
        }
        let good = steps.remove(0);
        Ok(Self { good, steps })
    }

    /// How many lines each commit changes against the one before.
    ///
    /// # Errors
    /// When git fails.
    pub fn lines(&self, view: &View) -> Result<Vec<u64>, GitError> {
        let mut before = &self.good;
        let mut input = String::new();
        for step in &self.steps {
            input.push_str(&format!("{} {}\n", before.tree, step.tree));
            before = step;
        }
        let mut command = view.command();
        command.args(["diff-tree", "--stdin", "-r", "-M", "--numstat", "--no-ext-diff", "--no-textconv"]);
        let answer = output_with(&mut command, input.as_bytes())?;
        let mut lines = Vec::new();
        for row in String::from_utf8_lossy(&answer).lines() {
            let Some((added, rest)) = row.split_once('\t') else {
                lines.push(0);
                continue;
            };
            let removed = rest.split('\t').next().unwrap_or_default();
            let sum: u64 = [added, removed].iter().filter_map(|number| number.parse::<u64>().ok()).sum();
            if let Some(last) = lines.last_mut() {
                *last += sum;
            }
        }
        if lines.len() == self.steps.len() {
            Ok(lines)
        } else {
            Err(GitError::Answer("commits without a difference".to_owned()))
        }
    }

    /// The same work in few large commits: each takes `size` of the line together.
    pub fn squashed(&self, size: usize) -> Self {
        let groups = self.steps.chunks(size.max(1));
        let steps = groups.filter_map(|group| group.last().cloned()).collect();
        Self { good: self.good.clone(), steps }
    }
}

fn step(row: &str) -> Option<Step> {
    let mut fields = row.splitn(3, '\0').map(str::to_owned);
    Some(Step { id: fields.next()?, tree: fields.next()?, subject: fields.next().unwrap_or_default() })
}

/// What a commit of a planted line has besides its tree: files by their paths, with content and mode.
pub type Extra = BTreeMap<Vec<u8>, (Vec<u8>, &'static str)>;

/// Writes a line with extras; gives the names of the commit before the first, and of each commit.
///
/// # Errors
/// When git refuses.
pub fn plant(
    view: &View,
    branch: &str,
    line: &Line,
    extras: &[Extra],
) -> Result<(String, Vec<String>), GitError> {
    let mut input: Vec<u8> = Vec::new();
    let none = Extra::new();
    let all = std::iter::once((&line.good, &none)).chain(line.steps.iter().zip(extras));
    for (index, (step, extra)) in all.enumerate() {
        let message = step.name();
        let mark = index + 1;
        let head = format!(
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter ironbird <ironbird@localhost> {} +0000\ndata {}\n{message}\n",
            1_772_430_000 + index,
            message.len()
        );
        input.extend(head.as_bytes());
        if index > 0 {
            input.extend(format!("from :{index}\n").as_bytes());
        }
        input.extend(format!("M 040000 {} \"\"\n", step.tree).as_bytes());
        for (path, (content, mode)) in extra {
            input.extend(format!("M {mode} inline ").as_bytes());
            input.extend(quoted(path));
            input.extend(format!("\ndata {}\n", content.len()).as_bytes());
            input.extend(content);
            input.push(b'\n');
        }
        input.push(b'\n');
    }
    for mark in 1..=line.steps.len() + 1 {
        input.extend(format!("get-mark :{mark}\n").as_bytes());
    }
    input.extend(b"done\n");
    let mut command = view.command();
    command.args(["fast-import", "--quiet", "--force", "--done", "--date-format=raw"]);
    let answer = output_with(&mut command, &input)?;
    let mut names: Vec<String> = String::from_utf8_lossy(&answer).lines().map(str::to_owned).collect();
    if names.len() != line.steps.len() + 1 {
        return Err(GitError::Answer("fast-import did not name every commit".to_owned()));
    }
    let good = names.remove(0);
    Ok((good, names))
}

/// A path as fast-import takes any bytes.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', *byte]),
            b'\n' => text.extend(b"\\n"),
            _ => text.push(*byte),
        }
    }
    text.push(b'"');
    text
}
