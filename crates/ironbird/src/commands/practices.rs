//! `ironbird practices`

use clap::Args;
use ironbird_attribute_selection as attribute_selection;
use ironbird_capacity_flexibility as capacity_flexibility;
use ironbird_commit_story as commit_story;
use ironbird_dedicated_hosts as dedicated_hosts;
use ironbird_workforce_access as workforce_access;
use serde::Serialize;

use crate::{Verdict, output};

/// List the practices
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird practices
  ironbird practices --json

What can be done with each: see `ironbird check --help`, `apply --help`, `rehearse --help`.")]
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
    verbs: &'static [&'static str],
}

/// Every verb there is.
const ALL: &[&str] = &["check", "apply", "rehearse"];

const PRACTICES: [Practice; 5] = [
    Practice { name: attribute_selection::NAME, summary: attribute_selection::SUMMARY, verbs: ALL },
    Practice { name: capacity_flexibility::NAME, summary: capacity_flexibility::SUMMARY, verbs: ALL },
    Practice { name: commit_story::NAME, summary: commit_story::SUMMARY, verbs: ALL },
    Practice { name: dedicated_hosts::NAME, summary: dedicated_hosts::SUMMARY, verbs: ALL },
    Practice { name: workforce_access::NAME, summary: workforce_access::SUMMARY, verbs: ALL },
];

impl Practices {
    pub fn run(self) -> anyhow::Result<Verdict> {
        if self.json {
            output::say_json(&PRACTICES)?;
            return Ok(Verdict::Good);
        }
        let rows: Vec<Vec<String>> = PRACTICES
            .iter()
            .map(|practice| {
                vec![practice.name.to_owned(), practice.verbs.join(", "), practice.summary.to_owned()]
            })
            .collect();
        output::say(&output::table(&["PRACTICE", "VERBS", "WHAT IT IS"], &[], &rows))?;
        Ok(Verdict::Good)
    }
}
