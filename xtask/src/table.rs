//! Reads the tables under `data/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// The rows of a table, by column name.
pub fn read(path: &Path) -> anyhow::Result<Vec<BTreeMap<String, String>>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<&str> = lines.next().context("an empty table")?.split('\t').collect();
    let mut rows = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        ensure!(cells.len() == columns.len(), "{}: not {} cells: {line}", path.display(), columns.len());
        rows.push(
            columns.iter().zip(cells).map(|(name, cell)| (name.to_string(), cell.to_string())).collect(),
        );
    }
    Ok(rows)
}
