//! RpcV2Cbor in both directions.
#![no_main]

use std::sync::LazyLock;

use ironbird_fuzz::{Target, vectors};
use ironbird_wire::schema::Protocol;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> =
    LazyLock::new(|| Target::new(Protocol::RpcV2Cbor, vectors!("smithy-rpc-v2-cbor")));

fuzz_target!(|data: &[u8]| TARGET.drive(data));
