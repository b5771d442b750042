//! `cargo xtask dependencies`: what comes into the build, how much of it, and which of our crates know each other.

mod layers;
mod licenses;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// How many packages of others the default build may have. A clone has to build and test in minutes on two cores,
/// and every package is somebody to trust; above this, something has to leave before something else comes in.
const MOST_PACKAGES: usize = 270;

/// Prints what is in the build; an error names everything that may not be.
pub fn check() -> anyhow::Result<()> {
    let packages = default_build()?;
    let ours = packages.iter().filter(|(name, _)| name.starts_with("ironbird")).count();
    let others = packages.len() - ours;
    println!(
        "{others} packages of others in the default build, of at most {MOST_PACKAGES}, and {ours} of ours"
    );
    for (name, versions) in in_several_versions(&packages) {
        println!("  {name} is there in {} versions: {}", versions.len(), versions.join(", "));
    }
    let metadata = metadata()?;
    let mut wrong = licenses::check(&metadata)?;
    wrong.extend(layers::check(&metadata)?);
    if others > MOST_PACKAGES {
        wrong.push(format!(
            "the default build has {others} packages of others, and at most {MOST_PACKAGES} are allowed: see `cargo tree -p ironbird`"
        ));
    }
    if !wrong.is_empty() {
        bail!("the dependencies are not as they should be:\n  {}", wrong.join("\n  "));
    }
    println!("licenses are those that deny.toml allows, and layers are those of ARCHITECTURE.md");
    Ok(())
}

/// Names and versions of what `cargo build` compiles for the binary on this machine, without what only tests need.
fn default_build() -> anyhow::Result<BTreeSet<(String, String)>> {
    let text = cargo(&["tree", "--package", "ironbird", "--edges", "normal,build", "--prefix", "none"])?;
    text.lines().filter(|line| !line.is_empty()).map(name_and_version).collect()
}

/// Reads `redb v4.1.0`, with or without what cargo writes after it.
fn name_and_version(line: &str) -> anyhow::Result<(String, String)> {
    let mut words = line.split(' ');
    let name = words.next().with_context(|| format!("cargo tree wrote `{line}`"))?;
    let version = words.next().with_context(|| format!("cargo tree wrote `{line}`"))?;
    Ok((name.to_string(), version.trim_start_matches('v').to_string()))
}

fn in_several_versions(packages: &BTreeSet<(String, String)>) -> BTreeMap<&str, Vec<&str>> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in packages {
        by_name.entry(name).or_default().push(version);
    }
    by_name.retain(|_, versions| versions.len() > 1);
    by_name
}

/// Every package that some build of the workspace could have, on any platform, as `cargo metadata` tells it.
fn metadata() -> anyhow::Result<Value> {
    let text = cargo(&["metadata", "--format-version", "1"])?;
    serde_json::from_str(&text).context("cargo metadata wrote no JSON")
}

fn cargo(arguments: &[&str]) -> anyhow::Result<String> {
    let output = crate::build::cargo(arguments).output().context("cannot run cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`cargo {}` failed: {}", arguments.join(" "), errors.trim());
    String::from_utf8(output.stdout).context("cargo wrote no UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_counted_once() {
        let lines = [
            "ironbird v0.1.0 (/somewhere)",
            "redb v4.1.0",
            "redb v4.1.0 (*)",
            "serde_derive v1.0.1 (proc-macro)",
        ];
        let packages: BTreeSet<_> = lines.iter().map(|line| name_and_version(line).unwrap()).collect();
        assert_eq!(packages.len(), 3);
        assert!(packages.contains(&("redb".to_string(), "4.1.0".to_string())));
        assert!(name_and_version("alone").is_err());
    }

    #[test]
    fn only_what_is_there_twice_is_a_duplicate() {
        let pair = |name: &str, version: &str| (name.to_string(), version.to_string());
        let packages = BTreeSet::from([pair("http", "0.2.12"), pair("http", "1.3.1"), pair("redb", "4.1.0")]);
        assert_eq!(in_several_versions(&packages), BTreeMap::from([("http", vec!["0.2.12", "1.3.1"])]));
    }
}
