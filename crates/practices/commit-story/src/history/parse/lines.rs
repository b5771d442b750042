//! What the changed lines of a hunk tell.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::history::Hunk;

/// Letters of a symbol that are kept.
const MOST_SYMBOL: usize = 80;
/// Identifiers of a hunk that are kept.
pub const MOST_WORDS: usize = 200;
/// Letters that make a line worth a fingerprint: a lone brace is in every file.
const LEAST_LETTERS: usize = 4;
/// Lines of a hunk that are compared word by word.
const MOST_PAIRS: usize = 400;

/// The numbers of a hunk's head, and what stands behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// First line in the old file.
    pub old_start: u32,
    /// Lines that went.
    pub old: u32,
    /// First line in the new file.
    pub new_start: u32,
    /// Lines that came.
    pub new: u32,
    symbol: String,
}

/// Reads `@@ -1,2 +3,4 @@ fn around()`.
pub fn head(line: &[u8]) -> Option<Head> {
    let text = String::from_utf8_lossy(line);
    let (numbers, rest) = text.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = numbers.split_once(" +")?;
    let count = |part: &str| -> Option<(u32, u32)> {
        let (start, count) = part.split_once(',').unwrap_or((part, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let (old_start, old) = count(old)?;
    let (new_start, new) = count(new)?;
    let symbol = rest.trim().chars().take(MOST_SYMBOL).collect();
    Some(Head { old_start, old, new_start, new, symbol })
}

/// A hunk while its lines are read.
pub struct Reading {
    hunk: Hunk,
    old_text: Vec<Vec<u8>>,
    new_text: Vec<Vec<u8>>,
    is_whole: bool,
}

impl Reading {
    /// Begins a hunk.
    pub fn new(head: &Head) -> Self {
        let hunk = Hunk {
            old_start: head.old_start,
            new_start: head.new_start,
            added: head.new,
            removed: head.old,
            symbol: head.symbol.clone(),
            ..Hunk::default()
        };
        Self { hunk, old_text: Vec::new(), new_text: Vec::new(), is_whole: true }
    }

    /// A line that went. Its fingerprint is kept where `keep` says so.
    pub fn went(&mut self, text: &[u8], keep: bool) {
        if !keep {
            self.is_whole = false;
            return;
        }
        self.hunk.went.extend(fingerprint(text));
        self.words(text);
        if self.old_text.len() < MOST_PAIRS {
            self.old_text.push(text.to_vec());
        } else {
            self.is_whole = false;
        }
    }

    /// A line that came.
    pub fn came(&mut self, text: &[u8], keep: bool) {
        let line = text.strip_suffix(b"\r").unwrap_or(text);
        let is_mark = |mark: &[u8]| line.starts_with(mark) && line.get(7).is_none_or(|byte| *byte == b' ');
        self.hunk.has_conflict_mark |= is_mark(b"<<<<<<<") || is_mark(b">>>>>>>");
        if self.new_text.len() < 8 {
            let made = [&b"@generated"[..], b"DO NOT EDIT", b"Do not edit", b"do not edit"];
            self.hunk.is_made |= made.iter().any(|words| contains(line, words));
        }
        if !keep {
            self.is_whole = false;
            return;
        }
        self.hunk.came.extend(fingerprint(line));
        self.words(line);
        if let Some(name) = wanted(line) {
            self.hunk.wants.push(name);
        }
        if self.new_text.len() < MOST_PAIRS {
            self.new_text.push(line.to_vec());
        } else {
            self.is_whole = false;
        }
    }

    fn words(&mut self, text: &[u8]) {
        for word in words(text) {
            if self.hunk.words.len() < MOST_WORDS {
                self.hunk.words.insert(word);
            }
        }
    }

    /// The hunk, once all its lines are read.
    pub fn done(mut self) -> Hunk {
        if self.is_whole {
            self.hunk.is_blank = is_blank(&self.old_text, &self.new_text);
            self.hunk.swap = swap(&self.old_text, &self.new_text);
        }
        self.hunk
    }
}

/// Fingerprints of the identifiers in a text.
pub fn words(text: &[u8]) -> impl Iterator<Item = u64> {
    let is_name = |word: &&[u8]| word.len() >= 5 && !word[0].is_ascii_digit();
    text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').filter(is_name).map(hash)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A line's fingerprint, blanks aside; none of a line with hardly a letter in it.
fn fingerprint(text: &[u8]) -> Option<u64> {
    let letters = text.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count();
    (letters >= LEAST_LETTERS).then(|| hash(text.trim_ascii()))
}

fn is_blank(old: &[Vec<u8>], new: &[Vec<u8>]) -> bool {
    let squeezed = |lines: &[Vec<u8>]| -> Vec<u8> {
        lines.iter().flatten().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
    };
    squeezed(old) == squeezed(new)
}

/// What was put for what, where that is the same in every line: a rename shows as one swap throughout a commit.
fn swap(old: &[Vec<u8>], new: &[Vec<u8>]) -> Option<u64> {
    if old.is_empty() || old.len() != new.len() {
        return None;
    }
    let mut swaps: BTreeSet<u64> = BTreeSet::new();
    for (before, after) in old.iter().zip(new) {
        let (before, after) = (tokens(before), tokens(after));
        if before.len() != after.len() {
            return None;
        }
        let pairs = before.iter().zip(&after).filter(|(one, other)| one != other);
        for (one, other) in pairs {
            swaps.insert(hash(&[one, &b"\0"[..], other].concat()));
        }
    }
    let mut only = swaps.into_iter();
    only.next().filter(|_| only.next().is_none())
}

/// Words and marks of a line.
fn tokens(line: &[u8]) -> Vec<&[u8]> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
    line.chunk_by(|one, other| is_word(*one) && is_word(*other))
        .filter(|token| !token.trim_ascii().is_empty())
        .collect()
}

/// The file that a line cannot do without: `mod name;` wants `name`, `#include "dir/name.h"` wants `name.h`.
fn wanted(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let plain = text.strip_prefix("pub ").or_else(|| text.strip_prefix("pub(crate) ")).unwrap_or(text);
    if let Some(name) = plain.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
        let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        return (is_name && !name.is_empty()).then(|| name.to_owned());
    }
    let rest = text.strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start();
    let (path, _) = rest.strip_prefix('"')?.split_once('"')?;
    path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Reading, head, wanted};

    fn hunk(old: &[&str], new: &[&str]) -> crate::history::Hunk {
        let mut reading = Reading::new(&head(b"@@ -1 +1 @@").unwrap());
        old.iter().for_each(|line| reading.went(line.as_bytes(), true));
        new.iter().for_each(|line| reading.came(line.as_bytes(), true));
        reading.done()
    }

    #[test]
    fn heads_are_read() {
        let read = head(b"@@ -1,2 +30,4 @@ int main(void)").unwrap();
        assert_eq!((read.old, read.new_start, read.new, read.symbol.as_str()), (2, 30, 4, "int main(void)"));
        assert_eq!(head(b"@@ -5 +0,0 @@").map(|read| (read.old, read.new)), Some((1, 0)));
        for text in ["@@", "@@ -1 +1", "@@ -a +b @@", "@@ -99999999999 +1 @@"] {
            assert_eq!(head(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_rename_is_one_swap() {
        let one = hunk(&["let size = old_name(a);"], &["let size = new_name(a);"]);
        let other = hunk(&["  old_name(b, c)", "old_name"], &["  new_name(b, c)", "new_name"]);
        assert!(one.swap.is_some());
        assert_eq!(one.swap, other.swap);
        assert_eq!(hunk(&["a(1, 2)"], &["b(1, 3)"]).swap, None);
        assert!(!one.is_blank);
    }

    #[test]
    fn blanks_alone_are_told() {
        assert!(hunk(&["if x {", "y }"], &["if x {y", "}"]).is_blank);
        assert!(!hunk(&[], &["new"]).is_blank);
    }

    #[test]
    fn wants_are_told() {
        assert_eq!(wanted(b"pub mod parse;").as_deref(), Some("parse"));
        assert_eq!(wanted(b"#include \"lib/url.h\"").as_deref(), Some("url.h"));
        assert_eq!(wanted(b"# include \"a.h\" /* b */").as_deref(), Some("a.h"));
        assert_eq!(wanted(b"#include <stdio.h>"), None);
        assert_eq!(wanted(b"mod tests {"), None);
    }
}
