//! A message to complete: what is known of a change, and the questions that only its author can answer.

use std::collections::BTreeSet;

use crate::history::Commit;

/// Functions and files that are named.
const MOST: usize = 4;

/// What stands below a message that does not say why.
pub fn of(commit: &Commit) -> String {
    let mut functions = BTreeSet::new();
    let mut files = BTreeSet::new();
    for file in commit.code() {
        files.insert(file.name());
        let named = file.hunks.iter().map(|hunk| hunk.symbol.trim()).filter(|symbol| !symbol.is_empty());
        functions.extend(named.map(str::to_owned));
    }
    let lines = commit.code_lines();
    let mut text = format!("Implementation: {lines} lines change in {}.\n", some(&files));
    if !functions.is_empty() {
        text.push_str(&format!("In: {}.\n", some(&functions)));
    }
    text.push_str(
        "Intent: TODO(what does this accomplish?)\nContext: TODO(why does the code do what it does now?)\n\
         Justification: TODO(why is this change being made?)\n",
    );
    text
}

fn some(names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
