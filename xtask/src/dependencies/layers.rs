//! Which of our crates may know which: the list of layers in ARCHITECTURE.md, held against the manifests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// What a crate must not know although it is further up in the list; the reasons are in the list's last column.
const STRANGERS: &[(&str, &[&str])] = &[
    ("crates/gateway", &["crates/services/*"]),
    ("crates/client", &["crates/services/*", "crates/gateway"]),
    ("crates/report", &["crates/rig", "crates/services/*"]),
];

/// What the chores are built from: they must not wait for the services to compile.
const CHORES_MAY_KNOW: &[&str] = &["crates/wire", "crates/models"];

/// Every dependency that breaks the order, in words.
pub fn check(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(crate::root().join("ARCHITECTURE.md")).context("no ARCHITECTURE.md")?;
    let layers = layers(&text);
    ensure!(!layers.is_empty(), "ARCHITECTURE.md has no list of layers: rows that begin with | `crates/");
    Ok(violations(&layers, &crates(metadata)?))
}

/// The first column of the list, from the bottom layer to the binary.
fn layers(text: &str) -> Vec<&str> {
    let row = |line: &'_ str| line.starts_with("| `crates/");
    text.lines().filter(|line| row(line)).filter_map(|line| line.split('`').nth(1)).collect()
}

/// A crate of the workspace.
struct Crate {
    /// Its folder in the repository: `crates/services/ec2`.
    folder: String,
    /// Folders of the workspace's crates that it depends on, and whether for tests only.
    knows: Vec<(String, bool)>,
}

fn crates(metadata: &Value) -> anyhow::Result<BTreeMap<String, Crate>> {
    let root = Path::new(metadata["workspace_root"].as_str().context("no workspace_root")?);
    let members = metadata["workspace_members"].as_array().context("no workspace_members")?;
    let relative = |path: &str| {
        Path::new(path).strip_prefix(root).map(|folder| folder.to_string_lossy().into_owned()).ok()
    };
    let mut crates = BTreeMap::new();
    for package in metadata["packages"].as_array().context("no packages")? {
        if !members.contains(&package["id"]) {
            continue;
        }
        let manifest = package["manifest_path"].as_str().context("no manifest_path")?;
        let folder = relative(manifest).context("a member outside of the workspace")?;
        let mut knows = Vec::new();
        for dependency in package["dependencies"].as_array().context("no dependencies")? {
            if let Some(known) = dependency["path"].as_str().and_then(relative) {
                knows.push((known, dependency["kind"] == "dev"));
            }
        }
        let name = package["name"].as_str().context("no name")?;
        let folder = folder.trim_end_matches("/Cargo.toml").to_string();
        crates.insert(name.to_string(), Crate { folder, knows });
    }
    Ok(crates)
}

fn violations(layers: &[&str], crates: &BTreeMap<String, Crate>) -> Vec<String> {
    let mut wrong = Vec::new();
    for Crate { folder, knows } in crates.values() {
        let layered = folder.starts_with("crates/");
        if layered && position(layers, folder).is_none() {
            wrong.push(format!("{folder} has no line in ARCHITECTURE.md's list of layers"));
            continue;
        }
        for (known, for_tests) in knows {
            let reason = match folder.as_str() {
                "xtask" if CHORES_MAY_KNOW.contains(&known.as_str()) => None,
                "xtask" => Some("the chores would wait for it to compile"),
                _ if layered && known != folder => why_not(layers, folder, known, *for_tests),
                // Benchmarks and the like stand on top of everything.
                _ => None,
            };
            if let Some(reason) = reason {
                wrong.push(format!("{folder} must not know {known}: {reason}"));
            }
        }
    }
    wrong
}

fn why_not(layers: &[&str], folder: &str, known: &str, for_tests: bool) -> Option<&'static str> {
    let own = position(layers, folder)?;
    match position(layers, known) {
        None => Some("it is in no layer"),
        Some(other) if other > own => Some("it is a layer further down"),
        _ if for_tests => None,
        Some(other) if other == own => Some("they are of one layer"),
        _ => strangers(folder, known).then_some("ARCHITECTURE.md says so"),
    }
}

fn position(layers: &[&str], folder: &str) -> Option<usize> {
    layers.iter().position(|pattern| matches(pattern, folder))
}

fn strangers(folder: &str, known: &str) -> bool {
    let of = STRANGERS.iter().filter(|(pattern, _)| matches(pattern, folder));
    of.flat_map(|(_, others)| others.iter()).any(|pattern| matches(pattern, known))
}

/// Whether `folder` is the pattern, or in the folder that ends in `/*`.
fn matches(pattern: &str, folder: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(parent) => folder.strip_prefix(parent).is_some_and(|rest| !rest.contains('/')),
        None => pattern == folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
| crate | is for |
| --- | --- |
| `crates/wire` | protocols |
| `crates/models` | what `x` looks like |
| `crates/rig` | the world |
| `crates/services/*` | services |
| `crates/report` | findings |
| `crates/ironbird` | the binary |
";

    fn found(folder: &str, knows: &[(&str, bool)]) -> Vec<String> {
        let knows = knows.iter().map(|(known, for_tests)| (known.to_string(), *for_tests)).collect();
        let one = Crate { folder: folder.to_string(), knows };
        violations(&layers(LIST), &BTreeMap::from([("one".to_string(), one)]))
    }

    #[test]
    fn a_crate_may_know_those_above_it() {
        assert_eq!(found("crates/services/ec2", &[("crates/rig", false), ("crates/wire", false)]), [""; 0]);
        assert_eq!(
            found("crates/rig", &[("crates/services/ec2", false)]),
            ["crates/rig must not know crates/services/ec2: it is a layer further down"]
        );
        assert_eq!(
            found("crates/wire", &[("crates/rig", true)]),
            ["crates/wire must not know crates/rig: it is a layer further down"]
        );
    }

    #[test]
    fn services_know_each_other_in_tests_only() {
        assert_eq!(
            found("crates/services/autoscaling", &[("crates/services/ec2", false)]),
            ["crates/services/autoscaling must not know crates/services/ec2: they are of one layer"]
        );
        assert_eq!(found("crates/services/autoscaling", &[("crates/services/ec2", true)]), [""; 0]);
    }

    #[test]
    fn strangers_stay_strangers_whatever_the_order() {
        assert_eq!(
            found("crates/report", &[("crates/rig", false)]),
            ["crates/report must not know crates/rig: ARCHITECTURE.md says so"]
        );
    }

    #[test]
    fn every_crate_has_a_layer_and_the_chores_stay_small() {
        assert_eq!(found("crates/new", &[]), ["crates/new has no line in ARCHITECTURE.md's list of layers"]);
        assert_eq!(found("xtask", &[("crates/models", false)]), [""; 0]);
        assert_eq!(found("xtask", &[("crates/rig", false)]).len(), 1);
        assert_eq!(found("benches", &[("crates/ironbird", false), ("crates/rig", false)]), [""; 0]);
        assert_eq!(
            found("crates/rig", &[("benches", false)]),
            ["crates/rig must not know benches: it is in no layer"]
        );
    }
}
