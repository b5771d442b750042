//! `ironbird practices`

use clap::Args;
use ironbird_capacity_flexibility as capacity_flexibility;
use ironbird_commit_story as commit_story;
use serde::Serialize;

use crate::{Verdict, output};

/// List the practices
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird practices
  ironbird practices --json

Each practice can be checked, applied and rehearsed: see `ironbird check --help`, `apply --help`, `rehearse --help`.")]
pub struct Practices {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A practice, as it is listed.
#[derive(Serialize)]
struct Practice {
    name: &'static str,
    summary: &'static str,
    verbs: [&'static str; 3],
}

const fn practice(name: &'static str, summary: &'static str) -> Practice {
    Practice { name, summary, verbs: ["check", "apply", "rehearse"] }
}

const PRACTICES: [Practice; 2] = [
    practice(capacity_flexibility::NAME, capacity_flexibility::SUMMARY),
    practice(commit_story::NAME, commit_story::SUMMARY),
];

impl Practices {
    pub fn run(self) -> anyhow::Result<Verdict> {
        if self.json {
            output::say_json(&PRACTICES)?;
            return Ok(Verdict::Good);
        }
        let rows: Vec<Vec<String>> = PRACTICES
            .iter()
            .map(|practice| vec![practice.name.to_owned(), practice.summary.to_owned()])
            .collect();
        output::say(&output::table(&["PRACTICE", "WHAT IT IS"], &[], &rows))?;
        Ok(Verdict::Good)
    }
}
