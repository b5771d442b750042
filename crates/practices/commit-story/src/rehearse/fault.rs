//! A fault: a line that a commit brought is lost, in it and in every commit after it.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{Extra, FAULT_MARK, Line};
use super::draw::below;
use crate::git::{GitError, View, output, output_with};
use crate::history::{Nature, nature};

/// Largest file in which a line is lost, in bytes.
const LARGEST: usize = 512 * 1024;

/// A fault in a line of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Index of the commit that has it first.
    pub at: usize,
    /// What it is, in words.
    pub what: String,
    /// What each commit from `at` on has instead of its own files.
    pub extras: Vec<Extra>,
}

/// Draws a fault for the commit at `at`; none where the commit brought no line that could be lost without a trace of it
/// elsewhere.
///
/// # Errors
/// When git fails.
pub fn lost_line(
    view: &View,
    line: &Line,
    at: usize,
    (seed, numbers): (u64, &[usize]),
) -> Result<Option<Fault>, GitError> {
    let before = if at == 0 { &line.good } else { &line.steps[at - 1] };
    let files = changed(view, &before.tree, &line.steps[at].tree)?;
    if files.is_empty() {
        return Ok(None);
    }
    let (path, mode) = &files[below(files.len(), seed, "file", numbers)];
    let mut trees = vec![before.tree.as_str()];
    trees.extend(line.steps[at..].iter().map(|step| step.tree.as_str()));
    let versions = contents(view, &trees, path)?;
    let Some((old, later)) = versions.split_first() else { return Ok(None) };
    let old_lines: BTreeSet<&[u8]> = old.iter().flat_map(|text| text.split(|byte| *byte == b'\n')).collect();
    let Some(Some(first)) = later.first() else { return Ok(None) };
    let mut lines: Vec<&[u8]> = unique(first).into_iter().filter(|text| !old_lines.contains(text)).collect();
    for version in later {
        // A file that is gone or has another name later takes its lines along.
        let Some(text) = version else { return Ok(None) };
        let there: BTreeSet<&[u8]> = unique(text).into_iter().collect();
        lines.retain(|candidate| there.contains(candidate));
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let lost = lines[below(lines.len(), seed, "line", numbers)].to_vec();
    let extras = later
        .iter()
        .flatten()
        .map(|text| Extra::from([(path.clone(), (without(text, &lost), *mode))]))
        .collect();
    let text: String = String::from_utf8_lossy(&lost).trim().chars().take(50).collect();
    let what = format!("a line is lost from {}: `{text}`", String::from_utf8_lossy(path));
    Ok(Some(Fault { at, what, extras }))
}

/// A fault that our own run script sees, where the user's test sees none of those that were tried.
pub fn marked(line: &Line, at: usize) -> Fault {
    let mark = Extra::from([(FAULT_MARK.as_bytes().to_vec(), (b"planted\n".to_vec(), "100644"))]);
    Fault {
        at,
        what: "a mark that the run script takes for a fault".to_owned(),
        extras: vec![mark; line.steps.len() - at],
    }
}

/// Files of the program that differ between two trees and are there in the second, with their modes.
fn changed(view: &View, old: &str, new: &str) -> Result<Vec<(Vec<u8>, &'static str)>, GitError> {
    let mut command = view.command();
    command.args(["diff-tree", "-r", "-z", "--no-renames", old, new]);
    let answer = output(&mut command)?;
    let mut fields = answer.split(|byte| *byte == 0);
    let mut files = Vec::new();
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let mode = match head.split(' ').nth(1) {
            Some("100644") => "100644",
            Some("100755") => "100755",
            _ => continue,
        };
        // A file of settings may be lost on any test; a name with a line end could not be asked for.
        let is_program = nature::of(path) == Nature::Code && nature::has_functions(path);
        if is_program && !path.contains(&b'\n') {
            files.push((path.to_vec(), mode));
        }
    }
    Ok(files)
}

/// The file's content in each tree; none where it is not there or not a text of usual size.
fn contents(view: &View, trees: &[&str], path: &[u8]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
    let mut input = Vec::new();
    for tree in trees {
        input.extend(tree.as_bytes());
        input.push(b':');
        input.extend(path);
        input.push(b'\n');
    }
    let mut command = view.command();
    command.args(["cat-file", "--batch"]);
    let answer = output_with(&mut command, &input)?;
    let mut rest = answer.as_slice();
    let mut found = Vec::new();
    for _ in trees {
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| GitError::Answer("a blob breaks off".to_owned()))?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let size = head.split(' ').next_back().and_then(|word| word.parse::<usize>().ok());
        let Some(size) = size.filter(|_| head.contains(" blob ")) else {
            found.push(None);
            continue;
        };
        let content = rest.get(..size).ok_or_else(|| GitError::Answer("a blob breaks off".to_owned()))?;
        found.push((size <= LARGEST && !content.contains(&0)).then(|| content.to_vec()));
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    Ok(found)
}

/// Lines that are there once and have something in them.
fn unique(text: &[u8]) -> Vec<&[u8]> {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        *counts.entry(line).or_default() += 1;
    }
    let says_something = |line: &[u8]| {
        let text = line.trim_ascii();
        let is_comment = [&b"//"[..], b"#", b"/*", b"*", b"--"].iter().any(|mark| text.starts_with(mark));
        !is_comment && text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 4
    };
    counts
        .into_iter()
        .filter(|(line, count)| *count == 1 && says_something(line))
        .map(|(line, _)| line)
        .collect()
}

fn without(text: &[u8], lost: &[u8]) -> Vec<u8> {
    let kept: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| *line != lost).collect();
    kept.join(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::{unique, without};

    #[test]
    fn one_line_is_lost_and_nothing_else() {
        let text = b"fn main() {\n    start();\n    start();\n    // a comment\n    finish();\n}\n";
        assert_eq!(unique(text), [&b"    finish();"[..], b"fn main() {"]);
        assert_eq!(
            without(text, b"    finish();"),
            b"fn main() {\n    start();\n    start();\n    // a comment\n}\n"
        );
        assert_eq!(without(b"", b"x"), b"");
    }
}
