//! Building, as the chores need it.
//!
//! Which packages and targets are selected decides which features the dependencies get, and with other features they
//! are compiled again. So there are two selections and no more: everything, as for `cargo test --workspace`, and the
//! binary alone, as for `cargo run`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// `cargo`, the one that runs this chore, in the repository's root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::root()).args(arguments);
    cargo
}

/// Compiles everything there is, tests too. `profile` is nothing or `--release`.
pub fn everything(profile: &[&str]) -> Command {
    let mut build = cargo(&["build", "--workspace", "--all-targets"]);
    build.args(profile);
    build
}

/// Where a build puts the binary.
pub fn binary(profile: &[&str]) -> anyhow::Result<PathBuf> {
    let output =
        cargo(&["metadata", "--no-deps", "--format-version", "1"]).output().context("cannot run cargo")?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata failed")?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    let name = format!("ironbird{}", std::env::consts::EXE_SUFFIX);
    Ok(PathBuf::from(folder).join(if profile.is_empty() { "debug" } else { "release" }).join(name))
}

/// The binary, compiled now if it is not up to date. It does not take tests that compile.
pub fn up_to_date_binary() -> anyhow::Result<PathBuf> {
    let built = cargo(&["build", "--quiet", "--package", "ironbird"]).status().context("cannot run cargo")?;
    ensure!(built.success(), "the build failed");
    binary(&[])
}
