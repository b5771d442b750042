//! What the tests of this folder share. Each test binary uses a part of it.
#![allow(dead_code, missing_docs, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

pub mod botocore;
pub mod compare;
pub mod import;
pub mod not_applicable;
pub mod values;

use std::path::PathBuf;

use serde_json::Value as Json;

/// The folder with the re-expressed vectors.
pub fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// All suites of one file of vectors, `ec2.input`.
pub fn suites(file: &str) -> Vec<Json> {
    let path = vectors().join(format!("{file}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}
