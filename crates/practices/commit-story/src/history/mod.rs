//! What a history holds, as far as its story is told by it.

pub mod message;
pub mod nature;
mod parse;
mod range;
mod read;

use std::collections::BTreeSet;

pub use message::Message;
pub use nature::Nature;
pub use parse::{MOST_WORDS, parse, words};
pub use range::Range;
pub use read::{Listed, list, read};

/// One commit, with what it changes against its first parent. Merges carry no changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its name, in full.
    pub id: String,
    /// Name of its tree.
    pub tree: String,
    /// Names of its parents.
    pub parents: Vec<String>,
    /// Mail address of its author.
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// What it says.
    pub message: Message,
    /// The files it changes; of a very large commit the first ones.
    pub files: Vec<FileChange>,
    /// Files that it changes, in all.
    pub file_count: usize,
    /// Whether its parents are not there, because the clone is shallow: then its changes are not known.
    pub is_cut: bool,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// Its content, mode or type changed.
    Modified,
    /// It has another name, and perhaps another content too.
    Renamed,
    /// It is a copy of another.
    Copied,
}

/// One file of a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct FileChange {
    /// Its path, as git keeps it: bytes in any encoding.
    pub path: Vec<u8>,
    /// What happened to it.
    pub status: Status,
    /// What kind of file it is.
    pub nature: Nature,
    /// Whether its content was not compared: binary, too large, or said to be generated.
    pub is_opaque: bool,
    /// Lines that came.
    pub added: u32,
    /// Lines that went.
    pub removed: u32,
    /// Where it changes.
    pub hunks: Vec<Hunk>,
}

/// One stretch of changed lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hunk {
    /// First line in the old file, counted from 1; where none went, the line before.
    pub old_start: u32,
    /// First line in the new file, counted from 1; where none came, the line before.
    pub new_start: u32,
    /// Lines that came.
    pub added: u32,
    /// Lines that went.
    pub removed: u32,
    /// The function, section or the like around it, as git tells it; empty where there is none.
    pub symbol: String,
    /// Whether old and new differ in blanks only.
    pub is_blank: bool,
    /// What the same words were replaced with throughout the hunk, as a fingerprint.
    pub swap: Option<u64>,
    /// Fingerprints of the lines that came and have something in them.
    pub came: Vec<u64>,
    /// Fingerprints of the lines that went and had something in them.
    pub went: Vec<u64>,
    /// Fingerprints of the identifiers in changed lines.
    pub words: BTreeSet<u64>,
    /// File names that a line that came wants: `mod name;`, `#include "name.h"`.
    pub wants: Vec<String>,
    /// Whether the file's first lines say that a program wrote it.
    pub is_made: bool,
    /// Whether a line that came is a mark of an unresolved conflict.
    pub has_conflict_mark: bool,
}

impl Commit {
    /// Whether it joins branches.
    pub const fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// As reports name it: the first twelve digits and the subject.
    pub fn name(&self) -> String {
        let subject: String = self.message.subject.chars().take(72).collect();
        format!("{} {subject}", self.short())
    }

    /// The first twelve digits of its name.
    pub fn short(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// The files that people write as the program itself.
    pub fn code(&self) -> impl Iterator<Item = &FileChange> {
        self.files.iter().filter(|file| file.nature == Nature::Code && !file.is_opaque)
    }

    /// Lines that came and went in the program itself.
    pub fn code_lines(&self) -> u32 {
        self.code().map(FileChange::lines).sum()
    }
}

impl FileChange {
    /// Its path for people.
    pub fn name(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }

    /// Lines that came and went.
    pub const fn lines(&self) -> u32 {
        self.added + self.removed
    }

    /// Whether nothing but blanks changes in it, and something does.
    pub fn is_blank(&self) -> bool {
        !self.hunks.is_empty() && self.hunks.iter().all(|hunk| hunk.is_blank)
    }

    /// The hunks that change blanks only, where that follows from nothing else: in a function in which something of substance
    /// changes, lines are indented anew for its sake.
    pub fn idle_hunks(&self) -> Vec<&Hunk> {
        if self.is_blank() {
            return self.hunks.iter().collect();
        }
        if !nature::has_functions(&self.path) {
            return Vec::new();
        }
        let changed: BTreeSet<&str> =
            self.hunks.iter().filter(|hunk| !hunk.is_blank).map(|hunk| hunk.symbol.as_str()).collect();
        let is_idle = |hunk: &&Hunk| {
            hunk.is_blank && !hunk.symbol.is_empty() && !changed.contains(hunk.symbol.as_str())
        };
        self.hunks.iter().filter(is_idle).collect()
    }

    /// How many lines those have.
    pub fn idle_lines(&self) -> u32 {
        self.idle_hunks().iter().map(|hunk| hunk.added + hunk.removed).sum()
    }

    /// The folder it is in; empty at the top.
    pub fn folder(&self) -> &[u8] {
        let end = self.path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        &self.path[..end]
    }

    /// Its name without folder.
    pub fn base(&self) -> &[u8] {
        let start = self.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        &self.path[start..]
    }
}
