//! Findings as build services show them beside a change: GitHub's workflow commands, and GitLab's code quality report.
//!
//! GitHub reads lines of a step's output (docs.github.com, "Workflow commands for GitHub Actions"); GitLab reads a JSON
//! file that a job hands over as `artifacts:reports:codequality` (docs.gitlab.com, "Code Quality", report format).

use crate::finding::{Finding, Findings, Severity};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Findings as GitHub workflow commands, one line each. What could not be read is an error: the check is not whole.
pub fn github(model: &Findings) -> String {
    let mut out = String::new();
    for finding in model.ordered() {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(location) = &finding.location {
            properties.push(format!("file={}", property(&location.file)));
            properties.extend(location.line.map(|line| format!("line={line}")));
        }
        properties.push(format!("title={}", property(&finding.rule)));
        let text = format!("{}: {} {}", finding.resource, finding.seen, finding.advice);
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), message(&text));
    }
    for unread in &model.unread {
        let about = unread.resource.as_ref().map(|resource| format!(" of {resource}")).unwrap_or_default();
        let text = format!("could not read {}{about}: {}", unread.what, unread.why);
        let _ = writeln!(out, "::error title={}::{}", property(&model.practice), message(&text));
    }
    out
}

/// Text after the second pair of colons. A line end would begin another command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which commas and colons end.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Violation<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Findings as a GitLab code quality report with a line end. What has no place in a file is put to the top folder.
pub fn gitlab(model: &Findings) -> String {
    let mut seen_before: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut violations: Vec<Violation<'_>> = Vec::new();
    for finding in model.ordered() {
        let nth = seen_before.entry((&finding.rule, &finding.resource)).or_default();
        *nth += 1;
        violations.push(violation(finding, *nth));
    }
    violations.extend(model.unread.iter().enumerate().map(|(index, unread)| Violation {
        description: format!("could not read {}: {}", unread.what, unread.why),
        check_name: &model.practice,
        fingerprint: format!("{}:unread:{index}", model.practice),
        severity: "blocker",
        location: Place { path: ".", lines: Lines { begin: 1 } },
    }));
    let mut text = serde_json::to_string_pretty(&violations).expect("violations have only string keys");
    text.push('\n');
    text
}

fn violation(finding: &Finding, nth: usize) -> Violation<'_> {
    let severity = match finding.severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    };
    let place = finding.location.as_ref();
    let begin = place.and_then(|place| place.line).unwrap_or(1).max(1);
    Violation {
        description: format!("{}: {} {}", finding.resource, finding.seen, finding.advice),
        check_name: &finding.rule,
        fingerprint: format!("{}:{}:{nth}", finding.rule, finding.resource),
        severity,
        location: Place { path: place.map_or(".", |place| &place.file), lines: Lines { begin } },
    }
}

#[cfg(test)]
mod tests {
    use super::{github, gitlab};
    use crate::{Finding, Findings, Rule, Severity, Target};

    const RULE: Rule = Rule::new("p/rule", Severity::Warning, "title", "help");

    fn sample() -> Findings {
        let mut model = Findings::new("p", "ironbird 0", Target::path("."), &[RULE]);
        model.find(
            Finding::new(&RULE, "a::b,c", "100 %\n::error::injected", "Mend it.").at("x,y:z.rs", Some(3)),
        );
        model.find(Finding::new(&RULE, "d", "seen", "do").with_severity(Severity::Note));
        model.could_not_read("trees", "cut off", &[]);
        model
    }

    #[test]
    fn no_text_can_begin_a_command() {
        let expected = "::warning file=x%2Cy%3Az.rs,line=3,title=p/rule::a::b,c: 100 %25%0A::error::injected Mend it.\n\
                        ::notice title=p/rule::d: seen do\n\
                        ::error title=p::could not read trees: cut off\n";
        assert_eq!(github(&sample()), expected);
    }

    #[test]
    fn gitlab_gets_what_it_requires() {
        let report: serde_json::Value = serde_json::from_str(&gitlab(&sample())).unwrap();
        let rows = report.as_array().unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (&rows[0]["severity"], &rows[0]["location"]["lines"]["begin"]),
            (&"major".into(), &3.into())
        );
        assert_eq!(rows[1]["location"]["path"], ".");
        let mut fingerprints: Vec<&str> = rows.iter().filter_map(|row| row["fingerprint"].as_str()).collect();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), 3);
    }
}
