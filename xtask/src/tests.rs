//! `cargo xtask test`: every test there is, from a clean clone with Rust, Python 3 and git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// How one step went.
enum Outcome {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

/// Runs every step, also after one has failed where it makes sense, and prints how each went.
pub fn run(options: &[String]) -> anyhow::Result<()> {
    let (ours, for_pytest) = match options.iter().position(|option| option == "--") {
        Some(position) => (&options[..position], &options[position + 1..]),
        None => (options, &[][..]),
    };
    let profile: &[&str] = match ours {
        [] => &[],
        [only] if only == "--release" => &["--release"],
        _ => bail!("test takes --release and, after --, options for pytest"),
    };
    let root = crate::root();
    let environment = virtual_environment(&root);
    let generated = match crate::check::generated(None) {
        Ok(None) => Outcome::Passed,
        Ok(Some(unchecked)) => Outcome::Skipped(unchecked),
        Err(error) => {
            eprintln!("{error:#}");
            Outcome::Failed
        }
    };
    let build = step(cargo(&root, "build").args(profile))?;
    let built = matches!(build, Outcome::Passed);
    let rust = step(cargo(&root, "test").arg("--workspace").args(profile))?;
    let python = if !root.join("tests").is_dir() {
        Outcome::Skipped("there is no folder tests/".to_string())
    } else if !built {
        Outcome::Skipped("the build failed".to_string())
    } else {
        let python = environment?;
        let binary = target_folder(&root)?.join(if profile.is_empty() { "debug" } else { "release" });
        let mut pytest = Command::new(python);
        pytest.current_dir(&root).args(["-m", "pytest", "tests/"]).args(for_pytest);
        step(pytest.env("IRONBIRD", binary.join("ironbird")))?
    };
    let mut failed = false;
    println!();
    let steps = [
        ("check-generated", generated),
        ("build", build),
        ("cargo test --workspace", rust),
        ("pytest tests/", python),
    ];
    for (name, outcome) in steps {
        match outcome {
            Outcome::Passed => println!("passed   {name}"),
            Outcome::Skipped(reason) => println!("skipped  {name}: {reason}"),
            Outcome::Failed => {
                failed = true;
                println!("FAILED   {name}");
            }
        }
    }
    if failed {
        bail!("the tests failed");
    }
    Ok(())
}

fn cargo(root: &Path, command: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).arg(command);
    cargo
}

fn step(command: &mut Command) -> anyhow::Result<Outcome> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

fn target_folder(root: &Path) -> anyhow::Result<PathBuf> {
    let output = cargo(root, "metadata").args(["--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata failed")?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(folder))
}

/// The Python of `.venv`, with the packages of `requirements-test.txt` as it is now.
fn virtual_environment(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(".venv");
    let python = folder.join("bin/python");
    let wanted =
        fs::read_to_string(root.join("requirements-test.txt")).context("no requirements-test.txt")?;
    let stamp = folder.join("installed-requirements.txt");
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let venv =
        Command::new("python3").args(["-m", "venv"]).arg(&folder).status().context("cannot run python3")?;
    if !venv.success() {
        bail!("`python3 -m venv .venv` failed (on Debian: apt install python3-venv)");
    }
    let mut pip = Command::new(&python);
    pip.current_dir(root).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    if !pip.arg("requirements-test.txt").status()?.success() {
        bail!("pip could not install requirements-test.txt into .venv");
    }
    fs::write(&stamp, wanted)?;
    Ok(python)
}
