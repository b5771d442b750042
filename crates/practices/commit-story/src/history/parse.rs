//! Reading what `git diff-tree --stdin -z --raw -p -U0` writes.
//!
//! Messages, names and contents are anybody's bytes. Fields end with a zero byte, which none of them can hold, and
//! changed lines are counted off by the numbers of their hunk's head, so that no content can pass for structure.

use std::io::BufRead;

use super::{Commit, FileChange, Hunk, Message, Nature, Status, message, nature};
use crate::git::GitError;

mod lines;

pub use lines::{MOST_WORDS, words};

/// How a commit is written, for [`parse`].
pub(super) const FORMAT: &str = "--format=%x01%H%x00%T%x00%P%x00%ae%x00%at%x00%B%x00";

/// Files of a commit that are kept.
const MOST_FILES: usize = 3000;
/// Bytes of a name or a line that are kept.
const MOST_LINE: usize = 4096;
/// Lines of a commit whose fingerprints are kept.
const MOST_LINES: usize = 40_000;
/// Hunks of a file that are kept.
const MOST_HUNKS: usize = 2000;

/// Reads all commits there are.
///
/// # Errors
/// When the bytes are not what git writes.
pub fn parse(input: &mut impl BufRead, each: impl FnMut(Commit)) -> Result<(), GitError> {
    Parser { input, budget: 0 }.run(each)
}

struct Parser<'a, R> {
    input: &'a mut R,
    /// Lines of this commit whose fingerprints may still be kept.
    budget: usize,
}

fn wrong(what: &str) -> GitError {
    GitError::Answer(what.to_owned())
}

impl<R: BufRead> Parser<'_, R> {
    fn run(&mut self, mut each: impl FnMut(Commit)) -> Result<(), GitError> {
        while let Some(byte) = self.peek()? {
            if byte != 1 {
                return Err(wrong("a commit does not begin where one should"));
            }
            self.skip(1);
            each(self.commit()?);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<Commit, GitError> {
        self.budget = MOST_LINES;
        let id = self.text_field()?;
        let tree = self.text_field()?;
        let parents = self.text_field()?.split_whitespace().map(str::to_owned).collect();
        let author = self.text_field()?;
        // A date that git itself cannot read comes as an empty text.
        let authored = self.text_field()?.parse().unwrap_or(0);
        let message = Message::parse(&self.until(0, message::MOST)?);
        let mut commit = Commit {
            id,
            tree,
            parents,
            author,
            authored,
            message,
            files: Vec::new(),
            file_count: 0,
            is_cut: false,
        };
        if self.peek()? == Some(0) {
            self.skip(1);
        }
        if self.peek()? == Some(b'\n') {
            self.skip(1);
            let entries = self.raw(&mut commit)?;
            if self.peek()? == Some(0) {
                self.skip(1);
                self.patches(&mut commit, &entries)?;
            }
        }
        Ok(commit)
    }

    /// The list of files. Gives back, for each patch to come, which file it is of: none where that was not kept.
    fn raw(&mut self, commit: &mut Commit) -> Result<Vec<Option<usize>>, GitError> {
        let mut entries = Vec::new();
        while self.peek()? == Some(b':') {
            let head = self.text_field()?;
            let letter = head.rsplit(' ').next().and_then(|word| word.chars().next());
            let letter = letter.ok_or_else(|| wrong("a file without a status"))?;
            let mut path = self.until(0, MOST_LINE)?;
            let status = match letter {
                'A' => Status::Added,
                'D' => Status::Deleted,
                'R' => Status::Renamed,
                'C' => Status::Copied,
                _ => Status::Modified,
            };
            if matches!(status, Status::Renamed | Status::Copied) {
                path = self.until(0, MOST_LINE)?;
            }
            commit.file_count += 1;
            let index = (commit.files.len() < MOST_FILES).then_some(commit.files.len());
            entries.push(index);
            if letter == 'T' {
                // Another type is told as two patches: one that takes the old away, one that brings the new.
                entries.push(index);
            }
            if index.is_some() {
                let is_link = head.contains("160000");
                let kind = if is_link { Nature::Made } else { nature::of(&path) };
                commit.files.push(FileChange {
                    path,
                    status,
                    nature: kind,
                    is_opaque: is_link,
                    added: 0,
                    removed: 0,
                    hunks: Vec::new(),
                });
            }
        }
        Ok(entries)
    }

    fn patches(&mut self, commit: &mut Commit, entries: &[Option<usize>]) -> Result<(), GitError> {
        let mut next = entries.iter();
        let mut current: Option<usize> = None;
        while let Some(byte) = self.peek()? {
            // The next commit, or the zero byte between commits.
            if byte == 1 {
                break;
            }
            if byte == 0 {
                self.skip(1);
                continue;
            }
            let line = self.until(b'\n', MOST_LINE)?;
            if line.starts_with(b"diff --git ") {
                current = *next.next().ok_or_else(|| wrong("more patches than files"))?;
                continue;
            }
            if line.starts_with(b"@@ ") {
                let head = lines::head(&line).ok_or_else(|| wrong("a hunk without numbers"))?;
                let hunk = self.hunk(&head)?;
                if let Some(index) = current {
                    take(&mut commit.files[index], hunk, head.new_start);
                }
            } else if line.starts_with(b"Binary files ")
                && let Some(index) = current
            {
                commit.files[index].is_opaque = true;
            }
        }
        Ok(())
    }

    /// Reads exactly the lines that the head promises.
    fn hunk(&mut self, head: &lines::Head) -> Result<Hunk, GitError> {
        let mut reading = lines::Reading::new(head);
        let (mut old, mut new) = (head.old, head.new);
        while old > 0 || new > 0 {
            let line = self.until(b'\n', MOST_LINE)?;
            let keep = self.budget > 0;
            self.budget = self.budget.saturating_sub(1);
            match line.split_first() {
                Some((b'-', text)) if old > 0 => {
                    old -= 1;
                    reading.went(text, keep);
                }
                Some((b'+', text)) if new > 0 => {
                    new -= 1;
                    reading.came(text, keep);
                }
                // "\ No newline at end of file", in whatever language.
                Some((b'\\', _)) => {}
                _ => return Err(wrong("a hunk that breaks off")),
            }
        }
        Ok(reading.done())
    }

    fn peek(&mut self) -> Result<Option<u8>, GitError> {
        let buffer = self.input.fill_buf().map_err(GitError::Run)?;
        Ok(buffer.first().copied())
    }

    fn skip(&mut self, bytes: usize) {
        self.input.consume(bytes);
    }

    fn text_field(&mut self) -> Result<String, GitError> {
        let bytes = self.until(0, MOST_LINE)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads up to and including `end`, which is left out; keeps at most the first `most` bytes.
    fn until(&mut self, end: u8, most: usize) -> Result<Vec<u8>, GitError> {
        let mut kept = Vec::new();
        loop {
            let buffer = self.input.fill_buf().map_err(GitError::Run)?;
            if buffer.is_empty() {
                // Only the last line of a patch may lack its end.
                return if end == b'\n' && !kept.is_empty() { Ok(kept) } else { Err(wrong("it breaks off")) };
            }
            let found = buffer.iter().position(|byte| *byte == end);
            let part = &buffer[..found.unwrap_or(buffer.len())];
            let room = most.saturating_sub(kept.len());
            kept.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(found.is_some());
            self.input.consume(used);
            if found.is_some() {
                return Ok(kept);
            }
        }
    }
}

/// Adds a hunk to its file, and looks at how a new file begins: generators say that they wrote it.
fn take(file: &mut FileChange, hunk: Hunk, new_start: u32) {
    file.added += hunk.added;
    file.removed += hunk.removed;
    if new_start == 1 && hunk.is_made {
        file.nature = Nature::Made;
    }
    if file.hunks.len() < MOST_HUNKS {
        file.hunks.push(hunk);
    }
}

#[cfg(test)]
mod tests {
    use super::{Commit, parse};
    use crate::history::{Nature, Status};
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Vec<Commit>, crate::git::GitError> {
        let mut commits = Vec::new();
        parse(&mut &bytes[..], |commit| commits.push(commit)).map(|()| commits)
    }

    const ONE: &[u8] = b"\x01aa\0bb\0cc dd\0a@b.c\x0012\0Subject\n\nBody\n\0\0\n\
        :100644 100644 1 2 M\0src/a b.rs\0:100644 100644 1 2 R100\0old\0n\xffw.rs\0\0\
        diff --git a/src/a b.rs b/src/a b.rs\nindex 1..2 100644\n--- a/x\n+++ b/x\n\
        @@ -3,2 +3 @@ fn inside()\n-diff --git a/evil b/evil\n-\x01evil\n+let value = wanted;\n\
        @@ -9,0 +8,2 @@\n+mod later;\n+<<<<<<< mine\n\\ No newline at end of file\n\
        diff --git a/old b/new\nsimilarity index 100%\n";

    #[test]
    fn content_does_not_pass_for_structure() {
        let commits = read(&[ONE, ONE].concat()).unwrap();
        assert_eq!(commits.len(), 2);
        let commit = &commits[0];
        assert_eq!((commit.parents.len(), commit.authored, commit.file_count), (2, 12, 2));
        let [first, second] = &commit.files[..] else { panic!("{commit:?}") };
        assert_eq!((first.added, first.removed, first.hunks.len()), (3, 2, 2));
        assert_eq!(first.hunks[0].symbol, "fn inside()");
        assert_eq!(first.hunks[1].wants, ["later"]);
        assert!(first.hunks[1].has_conflict_mark);
        assert_eq!(
            (second.status, second.nature, second.path.as_slice()),
            (Status::Renamed, Nature::Code, &b"n\xffw.rs"[..])
        );
    }

    #[test]
    fn what_breaks_off_is_an_error() {
        for end in 1..ONE.len() - 40 {
            let cut = &ONE[..end];
            // Cut between patches, the rest is simply not there; nothing may be made up or panic.
            if let Ok(commits) = read(cut) {
                assert_eq!(commits.len(), 1, "{end}");
            }
        }
        assert!(read(b"commit").is_err());
        assert_eq!(read(b"").unwrap(), []);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail in proptest::collection::vec(any::<u8>(), 0..300), at in 0..ONE.len()) {
            let _ = read(&[&ONE[..at], &tail].concat());
            let _ = read(&tail);
        }
    }
}
