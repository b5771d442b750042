//! Any bytes as the message of a commit: no line is lost, and none made up.
#![no_main]

use ironbird_fuzz::laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| laws::says(data));
