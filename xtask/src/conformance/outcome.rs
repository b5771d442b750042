//! How the cases ended.

use anyhow::Context as _;

/// One case that asked the server something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its name: `test_hosts.py::test_release_hosts`.
    pub case: String,
    /// Whether it passed.
    pub has_passed: bool,
    /// What it said when it did not.
    pub why: String,
}

/// Reads what the probe wrote of a service's cases. Those that were skipped, or sent no request, are left out.
pub fn read(text: &str, service: &str) -> anyhow::Result<Vec<Outcome>> {
    let folder = format!("tests/test_{service}/");
    let mut outcomes = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| row[name].as_str().with_context(|| format!("{name} is missing in {line}"));
        let has_asked = row["requests"].as_u64().is_some_and(|count| count > 0);
        if !has_asked || field("outcome")? == "skipped" {
            continue;
        }
        outcomes.push(Outcome {
            case: field("case")?.trim_start_matches(&folder).to_owned(),
            has_passed: field("outcome")? == "passed",
            why: field("why")?.lines().next().unwrap_or_default().to_owned(),
        });
    }
    outcomes.sort_by(|one, other| one.case.cmp(&other.case));
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, read};

    #[test]
    fn cases_that_ask_nothing_do_not_count() {
        let text = r#"{"case": "tests/test_ec2/test_b.py::x[1]", "outcome": "failed", "requests": 2, "why": "no\nmore"}
{"case": "tests/test_ec2/test_a.py::x", "outcome": "passed", "requests": 1, "why": ""}
{"case": "tests/test_ec2/test_a.py::y", "outcome": "passed", "requests": 0, "why": ""}
{"case": "tests/test_ec2/test_a.py::z", "outcome": "skipped", "requests": 3, "why": ""}"#;
        let outcome =
            |case: &str, has_passed, why: &str| Outcome { case: case.into(), has_passed, why: why.into() };
        let expected = [outcome("test_a.py::x", true, ""), outcome("test_b.py::x[1]", false, "no")];
        assert_eq!(read(text, "ec2").expect("rows"), expected);
    }
}
