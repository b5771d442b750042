//! A history as git writes it, of anybody's bytes: read in pieces of any size, checked, and split.
#![no_main]

use ironbird_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| laws::history(data));
