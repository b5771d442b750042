//! What holds of every input, for the tests of `laws.rs` and for the fuzz targets. Each law panics where it does not hold.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use ironbird_commit_story::apply::object::Object;
use ironbird_commit_story::apply::partial;
use ironbird_commit_story::apply::split::{Fault, parts};
use ironbird_commit_story::check::narrative::Narrative;
use ironbird_commit_story::check::{message, size};
use ironbird_commit_story::history::{Commit, FileChange, Hunk, Message, parse};

/// What git's answers are made of.
pub const PIECES: &[&[u8]] = &[
    b"\x01aa\0bb\0cc\0a@b.c\x0012\0Subject\n\nBody\n\0\0\n",
    b"\x01aa\0bb\0cc dd\0a@b.c\0\0Fix it\n\0",
    b"\x01aa\0bb\0\0a@b.c\0-9223372036854775808\0Begin\n\0",
    b"\x01bb\0bb\0aa\0a@b.c\x009223372036854775807\0Go on\n\0",
    b"\x01",
    b"\0",
    b"\n",
    b":100644 100644 1 2 M\0src/a.rs\0",
    b":100644 100644 1 2 M\0src/b/c.rs\0",
    b":000000 100644 0 2 A\0tests/a.rs\0",
    b":100644 120000 1 2 T\0src/a.rs\0",
    b":100644 100644 1 2 R100\0old.c\0new.c\0",
    b":160000 160000 1 2 M\0module\0",
    b"\0diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n",
    b"diff --git a/x b/x\n",
    b"@@ -1 +1 @@ fn inside()\n-    let before = 1;\n+let before = 1;\n",
    b"@@ -3,2 +3,0 @@ fn outside()\n-one line\n-another line\n",
    b"@@ -9,0 +8,3 @@\n+mod later;\n+<<<<<<< mine\n+#include \"dir/name.h\"\n\\ No newline at end of file\n",
    b"@@ -4294967295,4294967295 +4294967295,1 @@\n+much\n",
    b"@@ -20,0 +21,12 @@ fn large()\n+a1 = alpha;\n+a2 = alpha;\n+a3 = alpha;\n+a4 = alpha;\n+a5 = alpha;\n+a6 = alpha;\n+a7 = alpha;\n\
      +a8 = alpha;\n+a9 = alpha;\n+a10 = alpha;\n+a11 = alpha;\n+a12 = alpha;\n",
    b"@@ -40,6 +52,6 @@ fn other()\n-b1 = gamma;\n-b2 = gamma;\n-b3 = gamma;\n-b4 = gamma;\n-b5 = gamma;\n-b6 = gamma;\n\
      +b1 = delta;\n+b2 = delta;\n+b3 = delta;\n+b4 = delta;\n+b5 = delta;\n+b6 = delta;\n",
    b"Binary files a/x and b/x differ\n",
    b"-\x01evil\n",
    b"+line\n",
];

/// What messages are made of.
pub const WORDS: &[&[u8]] = &[
    b"Fix the parser\n",
    b"area: add it\n",
    b"\n",
    b"  \n",
    b"Signed-off-by: Ada <ada@example.com>\n",
    b"Fixes: #12\n",
    b" more of it\n",
    b"It was slow.\r\n",
    b"\x0c",
    b"\xff",
    b"\xe2\x80\xa8",
    b"word",
];

/// What commits are made of.
pub const LINES: &[&[u8]] = &[
    b"tree 12\n",
    b"parent 34\n",
    b"author A <a> 1 +0000\n",
    b"committer \xff <b> 2 +0100\n",
    b"encoding latin1\n",
    b"gpgsig -----BEGIN\n more\n -----END\n",
    b"\n",
    b"tree \n",
    b"S\xe9\n",
];

/// A history as git writes it is read the same in pieces of any size, and whatever was read can be checked and split. The
/// first byte says how large the pieces are.
pub fn history(data: &[u8]) {
    let Some((&piece, log)) = data.split_first() else { return };
    let whole = read(log, log.len().max(1));
    let pieces = read(log, usize::from(piece % 16) + 1);
    assert_eq!(whole, pieces, "it depends on how the bytes come");
    let mut narrative = Narrative::default();
    for commit in &whole.0 {
        assert!(commit.files.len() <= commit.file_count, "files out of nowhere");
        let _ = (message::check(commit), narrative.check(commit), commit.name());
        for file in &commit.files {
            assert!(file.idle_lines() <= file.lines(), "more blanks than lines");
        }
        let lost: f64 = size::check(commit).iter().map(|loss| loss.points).sum();
        assert!(lost.is_finite() && lost >= 0.0, "{lost} points");
        for fault in [Fault::None, Fault::Large, Fault::Mixed] {
            split(commit, fault);
        }
    }
}

/// The commits before the first mistake, and whether there was one.
fn read(log: &[u8], piece: usize) -> (Vec<Commit>, bool) {
    let mut commits = Vec::new();
    let mut input = BufReader::with_capacity(piece, log);
    let is_whole = parse(&mut input, |commit| commits.push(commit)).is_ok();
    let mut rest = Vec::new();
    let left = input.read_to_end(&mut rest).expect("memory can be read");
    assert!(!is_whole || left == 0, "{left} bytes were left");
    (commits, is_whole)
}

/// Every change of a commit is in one of its parts, and in one only.
fn split(commit: &Commit, fault: Fault) {
    let parts = parts(commit, fault);
    if parts.is_empty() {
        return;
    }
    let places = |commit: &Commit| -> Vec<(Vec<u8>, Hunk)> {
        let mut all: Vec<(Vec<u8>, Hunk)> = commit
            .files
            .iter()
            .flat_map(|file| file.hunks.iter().map(|hunk| (file.path.clone(), hunk.clone())))
            .collect();
        all.sort_by(|one, other| key(one).cmp(&key(other)));
        all
    };
    fn key((path, hunk): &(Vec<u8>, Hunk)) -> (&[u8], u32, u32, &[u64], &[u64]) {
        (path, hunk.old_start, hunk.new_start, &hunk.came, &hunk.went)
    }
    let mut apart: Vec<(Vec<u8>, Hunk)> = parts.iter().flat_map(|part| places(&part.of(commit))).collect();
    apart.sort_by(|one, other| key(one).cmp(&key(other)));
    assert_eq!(places(commit), apart, "the parts are not the whole");
    let named: BTreeSet<&Vec<u8>> =
        parts.iter().flat_map(|part| part.paths.iter().chain(part.hunks.keys())).collect();
    let files: BTreeSet<&Vec<u8>> = commit.files.iter().map(|file: &FileChange| &file.path).collect();
    assert_eq!(named, files, "a file got lost");
}

/// No line of a message is lost, none is made up, and what it says of itself can be asked.
pub fn says(data: &[u8]) {
    let read = Message::parse(data);
    let text = String::from_utf8_lossy(data);
    let wanted = text.lines().filter(|line| !line.trim_end().is_empty()).count();
    let subject = usize::from(!read.subject.is_empty());
    let body = read.body.iter().filter(|line| !line.is_empty()).count();
    assert_eq!(subject + body + read.trailers.len(), wanted, "{read:?}");
    assert!(text.contains(read.headline()), "a headline that nobody wrote");
    let _ = (read.kinds(), read.area(), read.words(), read.lowered());
}

/// A commit object that was read is written so that it is read again.
pub fn object(data: &[u8]) {
    if let Some(object) = Object::parse(data) {
        assert_eq!(Object::parse(&object.bytes()), Some(object));
    }
}

/// A file with any changes made is made of lines of the two that it stands between. Each of the first bytes but two chooses
/// a number of a hunk; then the old file, a zero byte, and the new one.
pub fn partially(data: &[u8]) {
    let Some((numbers, files)) = data.split_first_chunk::<8>() else { return };
    let end = files.iter().position(|byte| *byte == 0).unwrap_or(files.len());
    let (old, new) = (&files[..end], files.get(end + 1..).unwrap_or_default());
    let hunk = |numbers: &[u8]| Hunk {
        old_start: large(numbers[0]),
        removed: large(numbers[1]),
        new_start: large(numbers[2]),
        added: large(numbers[3]),
        ..Hunk::default()
    };
    let hunks: Vec<Hunk> = numbers.chunks_exact(4).map(hunk).collect();
    let chosen: Vec<&Hunk> = hunks.iter().collect();
    for count in 0..=chosen.len() {
        if let Some(made) = partial::apply(old, new, &chosen[..count]) {
            assert!(made.len() <= old.len() + count * new.len(), "lines out of nowhere");
        }
    }
    assert_eq!(partial::apply(old, new, &[]).as_deref(), Some(old));
}

/// Small numbers, and a few that are as large as there are.
fn large(byte: u8) -> u32 {
    if byte >= 250 { u32::MAX - u32::from(byte - 250) } else { u32::from(byte) }
}
