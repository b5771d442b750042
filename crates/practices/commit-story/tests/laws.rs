//! Laws that hold of every input, of bytes that look like git's and of others. The fuzz targets test the same ones, for longer.
#![allow(clippy::expect_used, reason = "a test that cannot go on should stop")]

#[path = "support/laws.rs"]
mod laws;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn made_of(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(select(pieces), 0..24).prop_map(|chosen| chosen.concat()),
        1 => (vec(select(pieces), 0..12), vec(any::<u8>(), 0..40)).prop_map(|(chosen, rest)| [chosen.concat(), rest].concat()),
        1 => vec(any::<u8>(), 0..300),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn histories_are_read_in_pieces_checked_and_split(log in made_of(laws::PIECES), piece in any::<u8>()) {
        laws::history(&[&[piece][..], &log].concat());
    }

    #[test]
    fn no_line_of_a_message_is_lost(text in made_of(laws::WORDS)) {
        laws::says(&text);
    }

    #[test]
    fn commits_are_written_as_they_were_read(bytes in made_of(laws::LINES)) {
        laws::object(&bytes);
    }

    #[test]
    fn files_between_two_are_made_of_their_lines(numbers in vec(0..12_u8, 8), old in "[ab\n]{0,20}", new in "[ac\n]{0,20}") {
        laws::partially(&[&numbers[..], old.as_bytes(), &[0], new.as_bytes()].concat());
    }
}
