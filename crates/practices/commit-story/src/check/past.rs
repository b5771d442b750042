//! What is remembered of a commit while those after it are looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Commit, FileChange, Nature, nature};

const PREPARES: &[&str] = &[
    "in preparation",
    "prepare for",
    "to prepare",
    "groundwork for",
    "a later commit will",
    "next commit",
    "following commit",
    "subsequent commit",
];

/// What is remembered of a commit.
#[derive(Debug)]
pub struct Past {
    /// As reports name it.
    pub name: String,
    /// Its name.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// Mail address of its author.
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub authored: i64,
    /// The part of the project that it is about.
    pub area: Option<String>,
    /// Files of the program and its tests that it changes.
    pub files: BTreeSet<Vec<u8>>,
    /// (file, function) of the program.
    pub symbols: BTreeSet<(Vec<u8>, String)>,
    /// Fingerprints of the lines that it brought, by file.
    pub came: BTreeMap<Vec<u8>, BTreeSet<u64>>,
    /// How many of them are of the program.
    pub came_count: usize,
    /// Whether it says that it prepares something.
    pub prepares: bool,
    /// Whether what it prepares has come.
    pub was_continued: bool,
    /// Files that it asks for and does not bring, with the file that asks.
    pub wants: Vec<(String, Vec<u8>)>,
}

/// Whether a new file is the one that `asker` wants: a module beside or below it, or a header of that name.
pub fn is_wanted(file: &FileChange, name: &str, asker: &[u8]) -> bool {
    if name.contains('.') {
        return file.base() == name.as_bytes();
    }
    let asker_text = String::from_utf8_lossy(asker);
    let (folder, base) = asker_text.rsplit_once('/').unwrap_or(("", &asker_text));
    let stem = base.trim_end_matches(".rs");
    let home =
        if ["mod", "lib", "main"].contains(&stem) { folder.to_owned() } else { format!("{folder}/{stem}") };
    let candidates = [format!("{home}/{name}.rs"), format!("{home}/{name}/mod.rs")];
    candidates.iter().any(|path| path.trim_start_matches('/').as_bytes() == file.path)
}

impl Past {
    /// Remembers a commit, of which `lowered` is the message in small letters.
    pub fn of(commit: &Commit, lowered: &str) -> Self {
        let mut came: BTreeMap<Vec<u8>, BTreeSet<u64>> = BTreeMap::new();
        let mut came_count = 0;
        let mut symbols = BTreeSet::new();
        let mut wants = Vec::new();
        let own: BTreeSet<&[u8]> = commit.files.iter().map(|file| file.path.as_slice()).collect();
        // A line that only moved was not brought.
        let moved: BTreeSet<u64> =
            commit.files.iter().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.went).copied().collect();
        for file in &commit.files {
            let lines: BTreeSet<u64> = file
                .hunks
                .iter()
                .flat_map(|hunk| &hunk.came)
                .filter(|line| !moved.contains(line))
                .copied()
                .collect();
            if file.nature == Nature::Code {
                came_count += lines.len();
                let has_functions = nature::has_functions(&file.path);
                let names = file.hunks.iter().filter(|hunk| has_functions && !hunk.symbol.is_empty());
                symbols.extend(names.map(|hunk| (file.path.clone(), hunk.symbol.clone())));
                let wanted = file.hunks.iter().flat_map(|hunk| &hunk.wants);
                let missing = wanted.filter(|name| {
                    !own.iter().any(|path| {
                        commit
                            .files
                            .iter()
                            .any(|other| other.path == *path && is_wanted(other, name, &file.path))
                    })
                });
                wants.extend(missing.map(|name| (name.clone(), file.path.clone())));
            }
            came.insert(file.path.clone(), lines);
        }
        let shared = |nature: Nature| matches!(nature, Nature::Made | Nature::Docs | Nature::Data);
        let files =
            commit.files.iter().filter(|file| !shared(file.nature)).map(|file| file.path.clone()).collect();
        Self {
            name: commit.name(),
            id: commit.id.clone(),
            subject: commit.message.subject.clone(),
            author: commit.author.clone(),
            authored: commit.authored,
            area: area(commit),
            files,
            symbols,
            came,
            came_count,
            prepares: PREPARES.iter().any(|words| lowered.contains(words)),
            was_continued: false,
            wants,
        }
    }
}

/// The part of the project that a commit is about: what the subject names, or the folder of most changed lines.
fn area(commit: &Commit) -> Option<String> {
    if let Some(named) = commit.message.area() {
        return Some(named.to_lowercase());
    }
    let mut folders: BTreeMap<String, u32> = BTreeMap::new();
    for file in commit.code() {
        let name = file.name();
        let parts: Vec<&str> = name.split('/').collect();
        let depth = parts.len().saturating_sub(1).min(3);
        *folders.entry(parts[..depth].join("/")).or_default() += file.lines();
    }
    folders.into_iter().max_by_key(|(_, lines)| *lines).map(|(folder, _)| folder)
}
