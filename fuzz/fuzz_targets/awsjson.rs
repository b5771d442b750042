//! AwsJson11 in both directions.
#![no_main]

use std::sync::LazyLock;

use ironbird_fuzz::{Target, vectors};
use ironbird_wire::schema::Protocol;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> =
    LazyLock::new(|| Target::new(Protocol::AwsJson11, vectors!("json", "json_1_0")));

fuzz_target!(|data: &[u8]| TARGET.drive(data));
