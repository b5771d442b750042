//! Rules about small commits: how much there is to take in, and whether it is one thing.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use super::score::Loss;
use crate::history::{Commit, FileChange, Nature, Status};

/// Above any of these a commit is large. They are ours: the post gives no numbers.
const LINES: u32 = 600;
const FUNCTIONS: usize = 40;
const FILES: usize = 25;
/// New files in new folders count one in so many.
const NEW_SHARE: u32 = 4;
/// Hunks that make the same replacement before it is a sweep.
const SWEEP: usize = 5;
/// Changed lines that make a group of files a thing of its own.
const THING: u32 = 12;
/// Groups of files are looked for in commits of no more files than this: beyond, too-large says enough.
const MOST_GROUPED: usize = 200;

/// What of a commit has to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Substance {
    /// Lines of the program that came and went, without moved, blank and swept ones.
    pub lines: u32,
    /// Lines in new files of new folders.
    pub new_lines: u32,
    /// Functions or the like in which something changes.
    pub functions: usize,
    /// Files of the program that existed before.
    pub files: usize,
    /// New files of new folders.
    pub new_files: usize,
    /// Lines that only moved.
    pub moved: u32,
    /// Hunks that make one and the same replacement.
    pub swept: usize,
}

/// Measures a commit.
pub fn substance(commit: &Commit) -> Substance {
    let mut all = Substance::default();
    let moved = moved(commit);
    let sweeps = sweeps(commit);
    let new_folders = new_folders(commit);
    for file in commit.code() {
        if file.status == Status::Deleted {
            all.files += 1;
            continue;
        }
        if file.status == Status::Added && new_folders.contains(file.folder()) {
            all.new_files += 1;
            all.new_lines += file.lines();
            continue;
        }
        let mut functions = BTreeSet::new();
        let mut has_substance = false;
        for hunk in &file.hunks {
            if hunk.swap.is_some_and(|swap| sweeps.contains(&swap)) {
                all.swept += 1;
                continue;
            }
            let came_from_elsewhere =
                hunk.came.iter().chain(&hunk.went).filter(|line| moved.contains(line)).count() as u32;
            let lines = if hunk.is_blank {
                0
            } else {
                (hunk.added + hunk.removed).saturating_sub(came_from_elsewhere)
            };
            all.moved += came_from_elsewhere;
            all.lines += lines;
            if lines > 0 {
                has_substance = true;
                functions.insert(hunk.symbol.as_str());
            }
        }
        all.functions += functions.len();
        all.files += usize::from(has_substance);
    }
    all.lines += all.new_lines;
    all
}

/// Lines that go in one place and come in another.
fn moved(commit: &Commit) -> BTreeSet<u64> {
    let gone: BTreeSet<u64> =
        commit.code().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.went).copied().collect();
    let came = commit.code().flat_map(|file| &file.hunks).flat_map(|hunk| &hunk.came);
    came.filter(|line| gone.contains(line)).copied().collect()
}

/// Replacements that are made over and over.
pub fn sweeps(commit: &Commit) -> BTreeSet<u64> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for swap in commit.files.iter().flat_map(|file| &file.hunks).filter_map(|hunk| hunk.swap) {
        *counts.entry(swap).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count >= SWEEP).map(|(swap, _)| swap).collect()
}

/// Folders of which everything this commit touches is new.
fn new_folders(commit: &Commit) -> BTreeSet<&[u8]> {
    let mut folders: BTreeMap<&[u8], bool> = BTreeMap::new();
    for file in &commit.files {
        let is_new = folders.entry(file.folder()).or_insert(true);
        *is_new &= matches!(file.status, Status::Added | Status::Copied);
    }
    folders.into_iter().filter(|(_, is_new)| *is_new).map(|(folder, _)| folder).collect()
}

/// Everything that is wrong with a commit's size.
pub fn check(commit: &Commit) -> Vec<Loss<'static>> {
    let mut losses = Vec::new();
    losses.extend(too_large(commit));
    losses.extend(several_things(commit));
    losses
}

fn too_large(commit: &Commit) -> Option<Loss<'static>> {
    let seen = substance(commit);
    let old_lines = seen.lines - seen.new_lines;
    let lines = old_lines + seen.new_lines / NEW_SHARE;
    let files = seen.files + seen.new_files / NEW_SHARE as usize;
    let unseen = commit.file_count.saturating_sub(commit.files.len());
    let measures = [
        f64::from(lines) / f64::from(LINES),
        seen.functions as f64 / FUNCTIONS as f64,
        (files + unseen) as f64 / FILES as f64,
    ];
    let times = measures.into_iter().fold(0.0, f64::max);
    let points = match times {
        times if times <= 1.0 => return None,
        times if times <= 2.0 => 3.0,
        times if times <= 4.0 => 6.0,
        _ => 9.0,
    };
    let new = match seen.new_files {
        0 => String::new(),
        count => format!(", {count} new files of {} lines in folders of their own", seen.new_lines),
    };
    let text = format!(
        "{old_lines} lines in {} functions of {} files of the program change{new}. Moved lines ({}), and {} places with the same \
         replacement are not counted.",
        seen.functions, seen.files, seen.moved, seen.swept
    );
    let advice = if seen.new_lines > old_lines {
        "Bring a new part in steps that each work: the data, then one way through, then the rest."
    } else {
        "Split it: preparation first, then one step for each thing it does. `ironbird apply commit-story --dry-run` proposes how."
    };
    Some(Loss { target: None, rule: &rules::TOO_LARGE, points, seen: text, advice: advice.to_owned() })
}

fn several_things(commit: &Commit) -> Option<Loss<'static>> {
    let groups = groups(commit);
    let large: Vec<&Vec<&FileChange>> = groups
        .iter()
        .filter(|files| {
            files.iter().filter(|file| file.nature == Nature::Code).map(|file| file.lines()).sum::<u32>()
                >= THING
        })
        .collect();
    if large.len() < 2 {
        return None;
    }
    let named: Vec<String> = large
        .iter()
        .take(3)
        .map(|files| {
            let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            format!("{}{more}", files[0].name())
        })
        .collect();
    Some(Loss {
        target: None,
        rule: &rules::SEVERAL_THINGS,
        points: 4.0,
        seen: format!(
            "{} groups of files have nothing to do with each other: {}.",
            large.len(),
            named.join("; ")
        ),
        advice: "Commit each by itself, or say in the message what joins them.".to_owned(),
    })
}

/// The commit's files in groups that have nothing to do with each other. Files that go with anything (docs, data, what
/// programs write) are in no group of their own.
pub fn groups(commit: &Commit) -> Vec<Vec<&FileChange>> {
    let sweeps = sweeps(commit);
    let is_swept = |file: &FileChange| {
        !file.hunks.is_empty()
            && file.hunks.iter().all(|hunk| hunk.swap.is_some_and(|swap| sweeps.contains(&swap)))
    };
    let counts = |file: &&FileChange| {
        matches!(file.nature, Nature::Code | Nature::Test)
            && !file.is_opaque
            && file.lines() > 0
            && !is_swept(file)
    };
    let files: Vec<&FileChange> = commit.files.iter().filter(counts).collect();
    if files.len() < 2 || files.len() > MOST_GROUPED {
        return vec![files];
    }
    let words: Vec<BTreeSet<u64>> = files
        .iter()
        .map(|file| file.hunks.iter().flat_map(|hunk| hunk.words.iter().copied()).collect())
        .collect();
    // Each file begins as a group, named by its index; joining two gives all of the one the other's name.
    let mut group: Vec<usize> = (0..files.len()).collect();
    for one in 0..files.len() {
        for other in one + 1..files.len() {
            if group[one] != group[other]
                && are_related((files[one], &words[one]), (files[other], &words[other]))
            {
                let (from, to) = (group[other], group[one]);
                group.iter_mut().filter(|name| **name == from).for_each(|name| *name = to);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<&FileChange>> = BTreeMap::new();
    for (file, name) in files.iter().zip(group) {
        groups.entry(name).or_default().push(file);
    }
    groups.into_values().collect()
}

fn are_related(one: (&FileChange, &BTreeSet<u64>), other: (&FileChange, &BTreeSet<u64>)) -> bool {
    let stem = |file: &FileChange| -> Vec<u8> {
        let base = file.base();
        let end = base.iter().position(|byte| *byte == b'.').unwrap_or(base.len());
        base[..end].to_vec()
    };
    let top = |file: &FileChange| file.path.split(|byte| *byte == b'/').next().map(<[u8]>::to_vec);
    let is_at_top = |file: &FileChange| file.folder().is_empty();
    one.0.folder() == other.0.folder()
        || is_at_top(one.0)
        || is_at_top(other.0)
        || top(one.0) == top(other.0)
            && one.0.path.split(|byte| *byte == b'/').nth(1)
                == other.0.path.split(|byte| *byte == b'/').nth(1)
        || stem(one.0) == stem(other.0)
        || !one.1.is_disjoint(other.1)
}
