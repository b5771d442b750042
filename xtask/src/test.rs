//! `cargo xtask test`: every test there is, from a clean clone with Rust, Python 3 and git.

mod count;
mod environment;

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::build;
use count::Count;

/// How one step went.
enum Outcome {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

/// Runs every step, also after one has failed where that makes sense; prints how each went and, in the last line, how
/// many tests passed, failed and were skipped. A step that fails before it counts a failed test counts as one.
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
    let mut all = Run::default();
    let python = environment::make();
    if let Err(error) = &python {
        eprintln!("{error:#}");
    }
    all.step("build", status(&mut build::everything(profile)));
    let built = all.steps.iter().all(|(_, outcome)| matches!(outcome, Outcome::Passed));
    if !built {
        all.skip("Rust tests", "the build failed");
        all.skip("check-generated", "the build failed");
        all.skip("pytest tests/", "the build failed");
        return all.close();
    }
    let binary = build::binary(profile)?;
    rust(&mut all, profile);
    all.step(
        "check-generated",
        match crate::check::generated(None, &binary) {
            Ok(None) => Ok(Outcome::Passed),
            Ok(Some(unchecked)) => Ok(Outcome::Skipped(unchecked)),
            Err(error) => Err(error),
        },
    );
    if !crate::root().join("tests").is_dir() {
        all.skip("pytest tests/", "there is no folder tests/");
        return all.close();
    }
    let Ok(python) = python else {
        all.step("pytest tests/", Err(anyhow::anyhow!("there is no virtual environment, see above")));
        return all.close();
    };
    let mut pytest = Command::new(python);
    pytest.current_dir(crate::root()).args(["-m", "pytest", "tests/"]).env("IRONBIRD", binary);
    if std::io::stdout().is_terminal() {
        pytest.arg("--color=yes");
    }
    pytest.args(for_pytest);
    all.counted("pytest tests/", &mut pytest, Stream::Out, count::pytest);
    all.close()
}

/// With nextest if it is installed, which runs more at once; it does not run the examples in documentation.
fn rust(all: &mut Run, profile: &[&str]) {
    let nextest =
        build::cargo(&["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if nextest.is_ok_and(|status| status.success()) {
        let mut tests = build::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        if std::io::stderr().is_terminal() {
            tests.arg("--color=always");
        }
        all.counted("cargo nextest run --workspace", tests.args(profile), Stream::Error, count::nextest);
        let mut examples = build::cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]);
        all.counted("cargo test --workspace --doc", examples.args(profile), Stream::Out, count::cargo);
    } else {
        let mut tests = build::cargo(&["test", "--workspace", "--no-fail-fast"]);
        all.counted("cargo test --workspace", tests.args(profile), Stream::Out, count::cargo);
    }
}

fn status(command: &mut Command) -> anyhow::Result<Outcome> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

/// What of a program's output says how many tests it ran.
enum Stream {
    Out,
    Error,
}

#[derive(Default)]
struct Run {
    steps: Vec<(&'static str, Outcome)>,
    count: Count,
}

impl Run {
    /// Notes how a step went that counts no tests.
    fn step(&mut self, name: &'static str, outcome: anyhow::Result<Outcome>) {
        let outcome = outcome.unwrap_or_else(|error| {
            eprintln!("{name}: {error:#}");
            Outcome::Failed
        });
        if matches!(outcome, Outcome::Failed) {
            self.count.failed += 1;
        }
        self.steps.push((name, outcome));
    }

    fn skip(&mut self, name: &'static str, reason: &str) {
        self.steps.push((name, Outcome::Skipped(reason.to_string())));
    }

    /// Runs a step whose output `counts` reads, line by line.
    fn counted(
        &mut self,
        name: &'static str,
        command: &mut Command,
        from: Stream,
        counts: fn(&str) -> Option<Count>,
    ) {
        let mut count = Count::default();
        let outcome = watched(command, &from, |line| {
            if let Some(more) = counts(&count::plain(line)) {
                count.add(&more);
            }
        });
        let counted_failures = count.failed;
        self.count.add(&count);
        match outcome {
            // A failed step with failed tests is counted already.
            Ok(Outcome::Failed) if counted_failures > 0 => self.steps.push((name, Outcome::Failed)),
            other => self.step(name, other),
        }
    }

    fn close(self) -> anyhow::Result<()> {
        println!();
        let mut failed = false;
        for (name, outcome) in &self.steps {
            match outcome {
                Outcome::Passed => println!("passed   {name}"),
                Outcome::Skipped(reason) => println!("skipped  {name}: {reason}"),
                Outcome::Failed => {
                    failed = true;
                    println!("FAILED   {name}");
                }
            }
        }
        println!("{}", self.count);
        if failed {
            // Nothing may follow the closing line.
            std::io::stdout().flush()?;
            std::process::exit(1);
        }
        Ok(())
    }
}

/// Runs a program, passes its output on as it comes, and shows each line of one stream to `see`.
fn watched(command: &mut Command, from: &Stream, see: impl FnMut(&str)) -> anyhow::Result<Outcome> {
    match from {
        Stream::Out => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
    match from {
        Stream::Out => pass_on(child.stdout.take().context("no output")?, std::io::stdout(), see)?,
        Stream::Error => pass_on(child.stderr.take().context("no output")?, std::io::stderr(), see)?,
    }
    Ok(if child.wait()?.success() { Outcome::Passed } else { Outcome::Failed })
}

fn pass_on(from: impl Read, mut to: impl Write, mut see: impl FnMut(&str)) -> anyhow::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        let chunk = from.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        to.write_all(chunk)?;
        to.flush()?;
        let length = chunk.len();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.ends_with(b"\n") {
                see(&String::from_utf8_lossy(&line));
                line.clear();
            }
        }
        from.consume(length);
    }
    see(&String::from_utf8_lossy(&line));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_passed_on_and_seen_by_lines() {
        let mut passed = Vec::new();
        let mut seen = Vec::new();
        pass_on("one\ntwo\nthree".as_bytes(), &mut passed, |line| seen.push(line.to_string())).unwrap();
        assert_eq!(passed, b"one\ntwo\nthree");
        assert_eq!(seen, ["one\n", "two\n", "three"]);
    }

    #[test]
    fn a_step_that_fails_counts_as_a_failed_test_unless_it_counted_some() {
        let mut all = Run::default();
        all.step("build", Ok(Outcome::Failed));
        assert_eq!(all.count.failed, 1);
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        // Not what a tool prints: whoever counts the tests that run this one must not count it.
        let reads =
            |line: &str| line.starts_with("ran").then_some(Count { passed: 3, failed: 2, skipped: 1 });
        all.counted("tests", &mut shell("echo ran; exit 101"), Stream::Out, reads);
        assert_eq!(all.count, Count { passed: 3, failed: 3, skipped: 1 });
        all.counted("tests", &mut shell("exit 2"), Stream::Out, reads);
        assert_eq!(all.count.failed, 4);
        assert!(all.steps.iter().all(|(_, outcome)| matches!(outcome, Outcome::Failed)));
    }
}
