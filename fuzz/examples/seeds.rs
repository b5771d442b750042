//! Writes the messages of the protocol vectors, and what git's answers are made of, as seeds: `cargo run --example seeds`, in this folder.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_fuzz::laws;
use serde_json::Value as Json;

/// Targets and the vectors they are made of, in the order in which the targets read them.
const TARGETS: [(&str, &[&str]); 6] = [
    ("awsjson", &["json", "json_1_0"]),
    ("query", &["query"]),
    ("ec2", &["ec2"]),
    ("restjson", &["rest-json"]),
    ("restxml", &["rest-xml"]),
    ("cbor", &["smithy-rpc-v2-cbor"]),
];

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, files) in TARGETS {
        let corpus = root.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        let mut pick = 0_u8;
        for name in files.iter().flat_map(|file| [format!("{file}.input"), format!("{file}.output")]) {
            let text = fs::read_to_string(root.join(format!("../crates/wire/tests/vectors/{name}.json")))?;
            let suites: Vec<Json> = serde_json::from_str(&text)?;
            for suite in &suites {
                for (index, case) in suite["cases"].as_array().into_iter().flatten().enumerate() {
                    fs::write(corpus.join(format!("{name}.{pick}.{index}")), seed(target, pick, case))?;
                }
                pick += 1;
            }
        }
    }
    for (target, pieces) in
        [("story_history", laws::PIECES), ("story_message", laws::WORDS), ("story_object", laws::LINES)]
    {
        let corpus = root.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        for (index, piece) in pieces.iter().enumerate() {
            fs::write(corpus.join(format!("{index}")), piece)?;
        }
        fs::write(corpus.join("all"), pieces.concat())?;
    }
    Ok(())
}

/// One input as the targets take it.
fn seed(target: &str, pick: u8, case: &Json) -> Vec<u8> {
    let message = case.get("serialized").unwrap_or(&case["response"]);
    let body = message["body"].as_str().unwrap_or_default();
    let mut seed = vec![pick];
    if target.starts_with("rest") {
        seed.extend_from_slice(message["uri"].as_str().unwrap_or("/").as_bytes());
        seed.push(b'\n');
        for (name, value) in message["headers"].as_object().into_iter().flatten() {
            seed.extend_from_slice(format!("{name}:{}\n", value.as_str().unwrap_or_default()).as_bytes());
        }
        seed.push(b'\n');
    }
    match target {
        "cbor" => seed.extend(STANDARD.decode(body).unwrap_or_default()),
        _ => seed.extend_from_slice(body.as_bytes()),
    }
    seed
}
