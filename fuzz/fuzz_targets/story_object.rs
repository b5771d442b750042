//! Any bytes as a commit object: what was read is written so that it is read again.
#![no_main]

use ironbird_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| laws::object(data));
