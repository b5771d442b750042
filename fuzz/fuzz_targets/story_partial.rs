//! Any hunks of any two files: a file between them is made of their lines, or refused.
#![no_main]

use ironbird_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| laws::partially(data));
