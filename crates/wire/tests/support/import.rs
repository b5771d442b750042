//! Re-expresses botocore's protocol vectors, without their documentation, as the files in `tests/vectors`:
//!
//!     BOTOCORE=/path/to/checkout cargo test -p ironbird-wire --test protocol_vectors -- --ignored import

use std::path::Path;

use serde_json::{Map, Value as Json, json};

/// Names of the files, less the folder.
pub const FILES: [&str; 10] = [
    "ec2",
    "json",
    "json_1_0",
    "json_1_0-query-compatible",
    "query",
    "rest-json",
    "rest-xml",
    "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-query-compatible",
    "smithy-rpc-v2-cbor-non-query-compatible",
];

/// Strings longer than this say nothing that their beginning does not.
const LONG: usize = 1000;

/// Writes the files anew from a checkout.
pub fn run(checkout: &Path, into: &Path) {
    for folder in ["input", "output"] {
        for file in FILES {
            let source = checkout.join("tests/unit/protocols").join(folder).join(format!("{file}.json"));
            let text = std::fs::read_to_string(&source).unwrap();
            let suites: Vec<Json> = serde_json::from_str(&text).unwrap();
            let lines: Vec<String> = suites.into_iter().map(|suite| strip(suite).to_string()).collect();
            let written = format!("[\n{}\n]\n", lines.join(",\n"));
            std::fs::write(into.join(format!("{file}.{folder}.json")), written).unwrap();
        }
    }
}

/// Without documentation and with long strings cut.
fn strip(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(name, value)| {
                let text = matches!(name.as_str(), "documentation" | "description") && value.is_string();
                !text && name != "auth" && name != "uid"
            });
            Json::Object(kept.map(|(name, value)| (name, strip(value))).collect::<Map<_, _>>())
        }
        Json::Array(items) => items.into_iter().map(strip).collect(),
        Json::String(text) if text.len() > LONG && !text.contains('<') => {
            json!(text.chars().take(40).collect::<String>())
        }
        other => other,
    }
}
