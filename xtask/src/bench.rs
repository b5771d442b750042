//! `cargo xtask bench`: builds the rig and the benches in release, and runs them.

use anyhow::{Context as _, ensure};

use crate::build::{binary, cargo};

/// Measures, and prints what came out.
pub fn run() -> anyhow::Result<()> {
    let built =
        cargo(&["build", "--release", "--package", "ironbird"]).status().context("cannot run cargo")?;
    ensure!(built.success(), "the build failed");
    let rig = binary(&["--release"])?;
    let mut benches = cargo(&["run", "--release", "--quiet", "--package", "benches", "--"]);
    let measured = benches.arg(rig).status().context("cannot run cargo")?;
    ensure!(measured.success(), "the benches failed");
    Ok(())
}
