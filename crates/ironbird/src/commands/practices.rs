//! `ironbird practices`

use clap::Args;
use ironbird_capacity_flexibility as capacity_flexibility;
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

const PRACTICES: [Practice; 1] = [Practice {
    name: capacity_flexibility::NAME,
    summary: capacity_flexibility::SUMMARY,
    verbs: ["check", "apply", "rehearse"],
}];

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
