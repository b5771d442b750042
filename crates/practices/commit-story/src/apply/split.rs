//! A commit in parts: what changes in blanks only, and files that have nothing to do with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::object::Object;
use super::partial;
use super::plan::Unit;
use crate::check::size::groups;
use crate::git::{GitError, View, line, output, output_with};
use crate::history::{Commit, FileChange, Hunk, Nature, Status};

/// Changed lines of the program that make a part worth a commit.
const LEAST: u32 = 12;
/// Lines that change in blanks only, and others beside them, that make a part: as for mixed-kinds.
const BLANK: u32 = 5;

/// A part of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is, for people.
    pub title: String,
    /// Paths of its files.
    pub paths: BTreeSet<Vec<u8>>,
    /// Of other files, the hunks that are in it.
    pub hunks: BTreeMap<Vec<u8>, Vec<Hunk>>,
}

/// The parts of a commit; one where it is of a piece. What is in none of the others goes with the last.
pub fn parts(commit: &Commit) -> Vec<Part> {
    let is_known = commit.files.len() == commit.file_count;
    let is_renaming = commit.files.iter().any(|file| matches!(file.status, Status::Renamed | Status::Copied));
    if !is_known || is_renaming || commit.is_cut || commit.parents.len() != 1 {
        return Vec::new();
    }
    let mut found = Vec::new();
    let idle = |file: &&FileChange| file.idle_lines() > 0;
    let idle_lines: u32 = commit.code().map(FileChange::idle_lines).sum();
    if idle_lines >= BLANK && commit.code_lines() - idle_lines >= BLANK {
        let (whole, some): (Vec<_>, Vec<_>) = commit.code().filter(idle).partition(|file| file.is_blank());
        let chosen =
            |file: &&FileChange| (file.path.clone(), file.idle_hunks().into_iter().cloned().collect());
        found.push(Part {
            title: "blanks only".to_owned(),
            paths: whole.iter().map(|file| file.path.clone()).collect(),
            hunks: some.iter().map(chosen).collect(),
        });
    }
    let taken = |path: &Vec<u8>, found: &[Part]| found.iter().any(|part| part.paths.contains(path));
    let mut large = Vec::new();
    for group in groups(commit) {
        let lines: u32 = group
            .iter()
            .filter(|file| file.nature == Nature::Code && !file.is_blank())
            .map(|file| file.lines())
            .sum();
        if lines >= LEAST {
            large.push(group);
        }
    }
    if large.len() > 1 {
        for group in large {
            let paths: BTreeSet<Vec<u8>> =
                group.iter().map(|file| file.path.clone()).filter(|path| !taken(path, &found)).collect();
            let folder = group
                .first()
                .map(|file| String::from_utf8_lossy(file.folder()).into_owned())
                .unwrap_or_default();
            found.push(Part {
                title: if folder.is_empty() { "the top folder".to_owned() } else { folder },
                paths,
                hunks: BTreeMap::new(),
            });
        }
    } else if !found.is_empty() {
        found.push(Part { title: "the rest".to_owned(), paths: BTreeSet::new(), hunks: BTreeMap::new() });
    }
    found.retain(|part| !part.paths.is_empty() || !part.hunks.is_empty() || part.title == "the rest");
    if let Some(last) = found.pop() {
        let rest =
            commit.files.iter().map(|file| file.path.clone()).filter(|path| !taken(path, &found)).collect();
        found.push(Part { paths: rest, ..last });
    }
    found
}

/// Writes the parts as commits of our own, each on top of the one before, the first on the commit's parent.
///
/// # Errors
/// When git fails.
pub fn write(view: &View, commit: &Commit, parts: &[Part]) -> Result<Vec<Unit>, GitError> {
    let whole = Object::read(view, &commit.id)?;
    let Some(mut parent) = whole.parents.first().cloned() else { return Ok(Vec::new()) };
    let mut tree = Object::read(view, &parent)?.tree;
    let mut units = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        tree = if is_last { whole.tree.clone() } else { with_part(view, &tree, &whole.tree, part)? };
        let message = message(&whole.message, part, (index + 1, parts.len()), commit.short());
        let object = Object { tree: tree.clone(), parents: vec![parent], message, ..whole.clone() };
        parent = object.write(view)?;
        units.push(Unit {
            pick: parent.clone(),
            folded: Vec::new(),
            part_of: Some(commit.id.clone()),
            paths: part.paths.clone(),
            template: None,
        });
    }
    Ok(units)
}

/// The commit's own message, with a subject that says which part it is.
fn message(whole: &[u8], part: &Part, (number, of): (usize, usize), short: &str) -> Vec<u8> {
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap_or(whole.len());
    let mut text = whole[..end].to_vec();
    text.extend(format!(" ({number}/{of}: {})", part.title).as_bytes());
    text.extend(&whole[end..]);
    let body_end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
    text.truncate(body_end);
    text.extend(format!("\n\nA part of {short}.\n").as_bytes());
    text
}

/// `tree` with a part's files as they are in `wanted`, or without them where they are not there.
fn with_part(view: &View, tree: &str, wanted: &str, part: &Part) -> Result<String, GitError> {
    let index = view.scratch().join("index");
    let in_index = |arguments: &[&str]| {
        let mut command = view.command();
        command.env("GIT_INDEX_FILE", &index).args(arguments);
        command
    };
    output(&mut in_index(&["read-tree", tree]))?;
    let (old, new) = (entries(view, tree)?, entries(view, wanted)?);
    let mut input = Vec::new();
    let mut put = |head: &str, path: &[u8]| {
        input.extend(head.as_bytes());
        input.push(b'\t');
        input.extend(path);
        input.push(0);
    };
    let gone = format!("0 {}", "0".repeat(tree.len()));
    for path in &part.paths {
        put(new.get(path).unwrap_or(&gone), path);
    }
    for (path, hunks) in &part.hunks {
        let (Some(before), Some(after)) = (old.get(path), new.get(path)) else { continue };
        let chosen: Vec<&Hunk> = hunks.iter().collect();
        let made = partial::apply(&blob(view, before)?, &blob(view, after)?, &chosen);
        let made = made.ok_or_else(|| GitError::Answer("a hunk does not fit its file".to_owned()))?;
        let mut write = view.command();
        write.args(["hash-object", "-w", "--stdin", "--no-filters"]);
        let name = output_with(&mut write, &made).map(line)?;
        let mode = before.split(' ').next().unwrap_or_default();
        put(&format!("{mode} blob {name}"), path);
    }
    output_with(&mut in_index(&["update-index", "-z", "--index-info"]), &input)?;
    output(&mut in_index(&["write-tree"])).map(line)
}

/// What a tree has, by path: mode, type and name, as `git ls-tree` writes them.
fn entries(view: &View, tree: &str) -> Result<BTreeMap<Vec<u8>, String>, GitError> {
    let listed = output(view.command().args(["ls-tree", "-r", "-z", "--full-tree", tree]))?;
    let rows = listed.split(|byte| *byte == 0).filter_map(|row| {
        let tab = row.iter().position(|byte| *byte == b'\t')?;
        Some((row[tab + 1..].to_vec(), String::from_utf8_lossy(&row[..tab]).into_owned()))
    });
    Ok(rows.collect())
}

fn blob(view: &View, entry: &str) -> Result<Vec<u8>, GitError> {
    let name = entry.split(' ').next_back().unwrap_or_default();
    output(view.command().args(["cat-file", "blob", name]))
}
