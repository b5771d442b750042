//! A file with some of its changes made.

use crate::history::Hunk;

/// `old` with the chosen hunks of the change to `new` made; none where they do not fit.
pub fn apply(old: &[u8], new: &[u8], chosen: &[&Hunk]) -> Option<Vec<u8>> {
    let old_lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    let new_lines: Vec<&[u8]> = new.split_inclusive(|byte| *byte == b'\n').collect();
    let mut made: Vec<&[u8]> = Vec::new();
    let mut done = 0;
    for hunk in chosen {
        let (gone, from) = place(hunk.old_start, hunk.removed);
        let (came, at) = place(hunk.new_start, hunk.added);
        made.extend(old_lines.get(done..from)?);
        made.extend(new_lines.get(at..at + came)?);
        done = from + gone;
    }
    made.extend(old_lines.get(done..)?);
    Some(made.concat())
}

/// How many lines a hunk has on one side, and the index of the first. Of none, the head names the line before.
const fn place(start: u32, count: u32) -> (usize, usize) {
    let first = if count == 0 { start } else { start.saturating_sub(1) };
    (count as usize, first as usize)
}

#[cfg(test)]
mod tests {
    use super::apply;
    use crate::history::Hunk;
    use proptest::prelude::*;

    fn hunk(old_start: u32, removed: u32, new_start: u32, added: u32) -> Hunk {
        Hunk { old_start, removed, new_start, added, ..Hunk::default() }
    }

    #[test]
    fn chosen_hunks_are_made_and_others_not() {
        let (old, new) = (b"a\nb\nc\nd\n", b"a\nB\nc\nnew\nd\n");
        let (first, second) = (hunk(2, 1, 2, 1), hunk(3, 0, 4, 1));
        assert_eq!(apply(old, new, &[]).unwrap(), old);
        assert_eq!(apply(old, new, &[&first]).unwrap(), b"a\nB\nc\nd\n");
        assert_eq!(apply(old, new, &[&second]).unwrap(), b"a\nb\nc\nnew\nd\n");
        assert_eq!(apply(old, new, &[&first, &second]).unwrap(), new);
        assert_eq!(apply(old, new, &[&hunk(9, 1, 1, 1)]), None);
        assert_eq!(apply(b"end", b"end\nmore", &[&hunk(1, 1, 1, 2)]).unwrap(), b"end\nmore");
    }

    proptest! {
        #[test]
        fn no_numbers_panic(
            old in proptest::collection::vec(any::<u8>(), 0..60),
            new in proptest::collection::vec(any::<u8>(), 0..60),
            numbers in proptest::collection::vec((0..9_u32, 0..9_u32, 0..9_u32, 0..9_u32), 0..4),
        ) {
            let hunks: Vec<Hunk> = numbers.into_iter().map(|(a, b, c, d)| hunk(a, b, c, d)).collect();
            let _ = apply(&old, &new, &hunks.iter().collect::<Vec<_>>());
        }
    }
}
