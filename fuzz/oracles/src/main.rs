//! Our policy engine beside two independent ones. See README.md.

#![allow(clippy::print_stdout)]

mod case;
mod iam_rs;
mod known;
mod ours;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// What an engine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Something denies it.
    Explicit,
    /// Nothing allows it.
    Implicit,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1))
    };
    let number = |name: &str, default: u64| match option(name) {
        Some(text) => text.parse().with_context(|| format!("{name} needs a number")),
        None => Ok(default),
    };
    let (cases, seed) = (number("--cases", 10_000)?, number("--seed", 1)?);
    let mut wrong = compare("iam-rs", simple_cases(cases, seed), known::iam_rs, |cases| {
        Ok(cases.iter().map(|case| iam_rs::verdict(case).ok()).collect())
    })?;
    match option("--simulate") {
        Some(folder) => {
            let whole = whole_cases(cases, seed);
            wrong += compare("iam-simulate", whole, known::iam_simulate, |cases| {
                simulate(folder.as_ref(), cases)
            })?;
        }
        None => println!("iam-simulate: not asked; --simulate DIR names where npm put it"),
    }
    ensure!(wrong == 0, "{wrong} cases are decided otherwise, and nothing says why");
    Ok(())
}

fn simple_cases(count: u64, seed: u64) -> Vec<Value> {
    let mut dice = case::Dice::new(seed);
    (0..count).map(|_| case::simple(&mut dice)).collect()
}

fn whole_cases(count: u64, seed: u64) -> Vec<Value> {
    let mut dice = case::Dice::new(seed);
    (0..count).map(|_| case::whole(&mut dice)).collect()
}

/// Prints how many cases both decide alike; gives how many are decided otherwise without a known reason. An engine gives none
/// to a case that it cannot take.
fn compare(
    engine: &str,
    cases: Vec<Value>,
    known: fn(&Value, Verdict, Verdict) -> Option<&'static str>,
    ask: impl FnOnce(&[Value]) -> anyhow::Result<Vec<Option<Verdict>>>,
) -> anyhow::Result<usize> {
    let theirs = ask(&cases)?;
    let (mut alike, mut refused, mut wrong) = ([0_usize; 3], 0, 0);
    let mut reasons: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (at, (case, theirs)) in cases.iter().zip(theirs).enumerate() {
        let ours = ours::verdict(case)?;
        match theirs {
            None => refused += 1,
            Some(theirs) if theirs == ours => alike[ours as usize] += 1,
            Some(theirs) => match known(case, ours, theirs) {
                Some(reason) => *reasons.entry(reason).or_default() += 1,
                None => {
                    wrong += 1;
                    if wrong <= 5 {
                        println!("{engine}, case {at}: ours {ours:?}, theirs {theirs:?}\n{case}");
                    }
                }
            },
        }
    }
    let [allowed, explicit, implicit] = alike;
    println!(
        "{engine}: {} cases; alike: {allowed} allowed, {explicit} denied explicitly, {implicit} implicitly; \
         {refused} that it cannot take; {wrong} otherwise",
        cases.len()
    );
    for (reason, count) in reasons {
        println!("  {count} otherwise, as known: {reason}");
    }
    Ok(wrong)
}

/// Asks iam-simulate, whose packages are in `folder`.
fn simulate(folder: &Path, cases: &[Value]) -> anyhow::Result<Vec<Option<Verdict>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines/simulate.cjs");
    let mut child = Command::new("node")
        .arg(script)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run node")?;
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let mut input = child.stdin.take().context("node takes no input")?;
    // It reads everything before it writes anything.
    input.write_all(lines.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "the script failed: is @cloud-copilot/iam-simulate in {}?",
        folder.display()
    );
    let answers = String::from_utf8(output.stdout)?;
    let verdicts: Vec<Option<Verdict>> = answers.lines().map(read).collect::<anyhow::Result<_>>()?;
    ensure!(verdicts.len() == cases.len(), "{} answers to {} cases", verdicts.len(), cases.len());
    Ok(verdicts)
}

fn read(answer: &str) -> anyhow::Result<Option<Verdict>> {
    Ok(Some(match answer {
        "Allowed" => Verdict::Allowed,
        "ExplicitlyDenied" => Verdict::Explicit,
        "ImplicitlyDenied" => Verdict::Implicit,
        error if error.starts_with("error") => return Ok(None),
        other => bail!("the engine says `{other}`"),
    }))
}
