//! A commit in parts: what changes in blanks only, files that have nothing to do with each other, and places that share no name.

use std::collections::{BTreeMap, BTreeSet};

use super::object::Object;
use super::partial;
use super::plan::Unit;
use super::strand::{Strand, strands};
use crate::check::size::groups;
use crate::git::{GitError, View, line, output, output_with};
use crate::history::{Commit, FileChange, Hunk, Nature, Status};

/// Changed lines of the program that make a part worth a commit.
const LEAST: u32 = 12;
/// Lines that change in blanks only, and others beside them, that make a part: as for mixed-kinds. Also what makes a part of a
/// commit whose message says that it is of several kinds.
const BLANK: u32 = 5;
/// Letters of a function's head that name a part.
const MOST_TITLE: usize = 40;

/// What of a commit that is of a piece by its files is wrong with it, so that its places are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is too large.
    Large,
    /// It is of several kinds.
    Mixed,
}

/// A part of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// What it is, for people.
    pub title: String,
    /// Paths of its files.
    pub paths: BTreeSet<Vec<u8>>,
    /// Of other files, the hunks that are in it.
    pub hunks: BTreeMap<Vec<u8>, Vec<Hunk>>,
}

impl Part {
    /// Takes another part in.
    fn join(&mut self, other: &Self) {
        self.paths.extend(other.paths.iter().cloned());
        for (path, hunks) in &other.hunks {
            let all = self.hunks.entry(path.clone()).or_default();
            all.extend(hunks.iter().cloned());
            all.sort_by_key(|hunk| (hunk.old_start, hunk.new_start));
        }
        self.hunks.retain(|path, _| !self.paths.contains(path));
    }

    /// What of a commit is in it.
    pub fn of(&self, commit: &Commit) -> Commit {
        let mut part = commit.clone();
        part.files.retain_mut(|file| {
            if let Some(hunks) = self.hunks.get(&file.path) {
                file.hunks.retain(|hunk| hunks.contains(hunk));
                file.added = file.hunks.iter().map(|hunk| hunk.added).sum();
                file.removed = file.hunks.iter().map(|hunk| hunk.removed).sum();
                return true;
            }
            self.paths.contains(&file.path)
        });
        part.file_count = part.files.len();
        part
    }
}

/// The parts of a commit; one or none where it is of a piece. What is in none of the others goes with the last.
pub fn parts(commit: &Commit, fault: Fault) -> Vec<Part> {
    let is_known = commit.files.len() == commit.file_count;
    let is_renaming = commit.files.iter().any(|file| matches!(file.status, Status::Renamed | Status::Copied));
    if !is_known || is_renaming || commit.is_cut || commit.parents.len() != 1 {
        return Vec::new();
    }
    let mut found: Vec<Part> = blanks(commit).into_iter().collect();
    let apart = by_files(commit, found.first());
    let apart = if apart.is_empty() { by_places(commit, fault) } else { apart };
    if apart.is_empty() && !found.is_empty() {
        found.push(Part { title: "the rest".to_owned(), ..Part::default() });
    }
    found.extend(apart);
    if let Some(last) = found.pop() {
        found.push(rest(commit, &found, last));
    }
    found
}

/// What changes in blanks only, where enough does, beside enough that does not.
fn blanks(commit: &Commit) -> Option<Part> {
    let idle_lines: u32 = commit.code().map(FileChange::idle_lines).sum();
    if idle_lines < BLANK || commit.code_lines() - idle_lines < BLANK {
        return None;
    }
    let idle = commit.code().filter(|file| file.idle_lines() > 0);
    let (whole, some): (Vec<_>, Vec<_>) = idle.partition(|file| file.is_blank());
    let chosen = |file: &&FileChange| (file.path.clone(), file.idle_hunks().into_iter().cloned().collect());
    Some(Part {
        title: "blanks only".to_owned(),
        paths: whole.iter().map(|file| file.path.clone()).collect(),
        hunks: some.iter().map(chosen).collect(),
    })
}

/// Groups of files without relation, less the files that `blanks` has; none where there is one group.
fn by_files(commit: &Commit, blanks: Option<&Part>) -> Vec<Part> {
    let is_large = |group: &Vec<&FileChange>| {
        let code = group.iter().filter(|file| file.nature == Nature::Code && !file.is_blank());
        code.map(|file| file.lines()).sum::<u32>() >= LEAST
    };
    let large: Vec<Vec<&FileChange>> = groups(commit).into_iter().filter(is_large).collect();
    if large.len() < 2 {
        return Vec::new();
    }
    let is_taken = |path: &Vec<u8>| blanks.is_some_and(|part| part.paths.contains(path));
    let part = |group: Vec<&FileChange>| {
        let folder = group.first().map(|file| String::from_utf8_lossy(file.folder()).into_owned());
        Part {
            title: folder.filter(|name| !name.is_empty()).unwrap_or_else(|| "the top folder".to_owned()),
            paths: group.iter().map(|file| file.path.clone()).filter(|path| !is_taken(path)).collect(),
            hunks: BTreeMap::new(),
        }
    };
    large.into_iter().map(part).collect()
}

/// Places that share neither a function nor a name with others, of a commit with a fault; none where there is one strand.
fn by_places(commit: &Commit, fault: Fault) -> Vec<Part> {
    let least = match fault {
        Fault::None => return Vec::new(),
        Fault::Large => LEAST,
        Fault::Mixed => BLANK,
    };
    let large: Vec<Strand<'_>> =
        strands(commit).into_iter().filter(|strand| strand.code_lines() >= least).collect();
    if large.len() < 2 {
        return Vec::new();
    }
    large.iter().map(of_strand).collect()
}

fn of_strand(strand: &Strand<'_>) -> Part {
    let mut part = Part { title: title(strand), ..Part::default() };
    let mut files: BTreeMap<&[u8], (&FileChange, Vec<Hunk>)> = BTreeMap::new();
    for (file, hunk) in &strand.places {
        files.entry(&file.path).or_insert_with(|| (file, Vec::new())).1.push((*hunk).clone());
    }
    for (path, (file, hunks)) in files {
        if hunks.len() == file.hunks.len() {
            part.paths.insert(path.to_vec());
        } else {
            part.hunks.insert(path.to_vec(), hunks);
        }
    }
    part
}

/// What a strand is about: the function in which most changes, or else the file.
fn title(strand: &Strand<'_>) -> String {
    let code = strand.places.iter().filter(|(file, _)| file.nature == Nature::Code);
    let Some((file, hunk)) = code.max_by_key(|(_, hunk)| hunk.added + hunk.removed) else {
        return "the rest".to_owned();
    };
    match hunk.symbol.trim() {
        "" => String::from_utf8_lossy(file.base()).into_owned(),
        function => function.chars().take(MOST_TITLE).collect::<String>().trim_end().to_owned(),
    }
}

/// The last part, with all that is in none of the others.
fn rest(commit: &Commit, others: &[Part], last: Part) -> Part {
    let mut part = Part { title: last.title, ..Part::default() };
    for file in &commit.files {
        if others.iter().any(|other| other.paths.contains(&file.path)) {
            continue;
        }
        let taken: Vec<&Hunk> =
            others.iter().filter_map(|other| other.hunks.get(&file.path)).flatten().collect();
        if taken.is_empty() {
            part.paths.insert(file.path.clone());
            continue;
        }
        let left: Vec<Hunk> = file.hunks.iter().filter(|hunk| !taken.contains(hunk)).cloned().collect();
        part.hunks.insert(file.path.clone(), left);
    }
    part
}

/// Writes the parts as commits of our own, each on top of the one before, the first on the commit's parent.
///
/// # Errors
/// When git fails.
pub fn write(view: &View, commit: &Commit, parts: &[Part]) -> Result<Vec<Unit>, GitError> {
    let whole = Object::read(view, &commit.id)?;
    let Some(mut parent) = whole.parents.first().cloned() else { return Ok(Vec::new()) };
    let base = Object::read(view, &parent)?.tree;
    let mut so_far = Part::default();
    let mut units = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        so_far.join(part);
        let is_last = index + 1 == parts.len();
        let tree = if is_last { whole.tree.clone() } else { with_part(view, &base, &whole.tree, &so_far)? };
        let message = message(&whole.message, part, (index + 1, parts.len()), commit.short());
        let object = Object { tree, parents: vec![parent], message, ..whole.clone() };
        parent = object.write(view)?;
        units.push(Unit {
            pick: parent.clone(),
            folded: Vec::new(),
            part: Some((commit.id.clone(), part.clone())),
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
