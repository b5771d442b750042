//! `.venv`: the Python packages that `tests/` needs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};

/// The Python of `.venv`, with the packages of `requirements-test.txt` as it is now.
pub fn make() -> anyhow::Result<PathBuf> {
    let root = crate::root();
    let folder = root.join(".venv");
    let python = folder.join("bin/python");
    let wanted =
        fs::read_to_string(root.join("requirements-test.txt")).context("no requirements-test.txt")?;
    let stamp = folder.join("installed-requirements.txt");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let venv = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder).status();
    if !venv.context("cannot run python3")?.success() {
        bail!("`python3 -m venv .venv` failed (on Debian: apt install python3-venv)");
    }
    let mut pip = Command::new(&python);
    pip.current_dir(&root).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    if !pip.arg("requirements-test.txt").status()?.success() {
        bail!("pip could not install requirements-test.txt into .venv");
    }
    fs::write(&stamp, wanted)?;
    Ok(python)
}
