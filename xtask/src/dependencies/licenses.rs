//! Whether every package's license is one that deny.toml allows: the part of `cargo deny check licenses` that needs no
//! tool to be installed.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// Every package with a license that is not allowed, in words.
pub fn check(metadata: &Value) -> anyhow::Result<Vec<String>> {
    let allowed = allowed()?;
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists no packages")? {
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        let expression = text(&package["license"]);
        if expression.is_empty() {
            wrong.push(format!("{name} names no license"));
            continue;
        }
        match allows(&allowed, expression) {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("{name} is under {expression}, which deny.toml does not allow")),
            Err(error) => {
                wrong.push(format!("{name} is under {expression}, which cannot be read: {error:#}"))
            }
        }
    }
    Ok(wrong)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn allowed() -> anyhow::Result<BTreeSet<String>> {
    let table: toml::Table =
        fs::read_to_string(crate::root().join("deny.toml")).context("no deny.toml")?.parse()?;
    let list =
        table.get("licenses").and_then(|licenses| licenses.get("allow")).and_then(toml::Value::as_array);
    let list = list.context("deny.toml has no `licenses.allow`")?;
    Ok(list.iter().filter_map(toml::Value::as_str).map(str::to_string).collect())
}

/// Whether the SPDX expression can be met with allowed licenses alone. `/` is read as OR, which is how old manifests
/// wrote it; a license WITH an exception has to be allowed as such.
fn allows(allowed: &BTreeSet<String>, expression: &str) -> anyhow::Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { words: spaced.split_whitespace().collect(), next: 0 };
    let met = either(allowed, &mut words, 0)?;
    ensure!(words.peek().is_none(), "what is `{}` for?", words.peek().unwrap_or_default());
    Ok(met)
}

struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn take_if(&mut self, wanted: &str) -> bool {
        let there = self.peek() == Some(wanted);
        self.next += usize::from(there);
        there
    }
}

/// More parentheses than any license has.
const DEEPEST: usize = 32;

fn either(allowed: &BTreeSet<String>, words: &mut Words<'_>, depth: usize) -> anyhow::Result<bool> {
    let mut met = both(allowed, words, depth)?;
    while words.take_if("OR") {
        met |= both(allowed, words, depth)?;
    }
    Ok(met)
}

fn both(allowed: &BTreeSet<String>, words: &mut Words<'_>, depth: usize) -> anyhow::Result<bool> {
    let mut met = one(allowed, words, depth)?;
    while words.take_if("AND") {
        met &= one(allowed, words, depth)?;
    }
    Ok(met)
}

fn one(allowed: &BTreeSet<String>, words: &mut Words<'_>, depth: usize) -> anyhow::Result<bool> {
    match words.take() {
        Some("(") if depth < DEEPEST => {
            let met = either(allowed, words, depth + 1)?;
            ensure!(words.take_if(")"), "a parenthesis is not closed");
            Ok(met)
        }
        None | Some("(" | ")" | "AND" | "OR" | "WITH") => bail!("a license is missing"),
        Some(license) if words.take_if("WITH") => {
            let exception = words.take().context("an exception is missing")?;
            Ok(allowed.contains(&format!("{license} WITH {exception}")))
        }
        Some(license) => Ok(allowed.contains(license)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(expression: &str) -> anyhow::Result<bool> {
        let allowed = ["MIT", "Apache-2.0", "ISC"].map(str::to_string).into();
        allows(&allowed, expression)
    }

    #[test]
    fn one_side_of_or_and_both_sides_of_and_must_be_allowed() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("ISC AND (Apache-2.0 OR OpenSSL)", true),
            ("ISC AND (OpenSSL OR GPL-3.0-only) OR MIT", true),
            ("MIT OR GPL-3.0-only AND OpenSSL", true),
            ("(MIT OR GPL-3.0-only) AND OpenSSL", false),
            ("Unlicense/MIT", true),
            ("Apache-2.0 / OpenSSL", true),
            ("Apache-2.0 WITH LLVM-exception", false),
            ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ] {
            assert_eq!(met(expression).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        let deep = "(".repeat(100_000);
        for wrong in ["", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT ISC", "MIT WITH", deep.as_str()] {
            assert!(met(wrong).is_err(), "{wrong:.20}");
        }
    }
}
