//! Findings as a JUnit XML report, for build servers.
//!
//! One test case for each rule and resource: it fails when there is a finding, is an error when something it needed
//! could not be read, and is skipped when the rule had nothing to examine. There are no times in it, for the check's
//! own duration depends on the machine.

use crate::escape::markup;
use crate::finding::{Case, CaseOutcome, Finding, Findings};
use std::fmt::Write;

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

/// Findings as JUnit XML with a line end.
pub fn findings(model: &Findings) -> String {
    let cases = model.cases();
    let counts = count(&cases);
    let numbers = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        counts.tests, counts.failures, counts.errors, counts.skipped
    );
    let practice = markup(&model.practice);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"{}\" {numbers}>", markup(&model.software));
    let _ = writeln!(out, "  <testsuite name=\"{practice}\" {numbers}>");
    out.push_str("    <properties>\n");
    property(&mut out, "software", &model.software);
    property(&mut out, "target", &model.target.line());
    for figure in &model.figures {
        property(&mut out, &figure.label, &figure.unit.write(figure.value));
    }
    out.push_str("    </properties>\n");
    for case in &cases {
        test_case(&mut out, case);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn count(cases: &[Case<'_>]) -> Counts {
    let mut counts = Counts { tests: cases.len(), ..Counts::default() };
    for case in cases {
        match case.outcome {
            CaseOutcome::Pass => {}
            CaseOutcome::Fail(_) => counts.failures += 1,
            CaseOutcome::Undecided(_) => counts.errors += 1,
            CaseOutcome::NothingToExamine => counts.skipped += 1,
        }
    }
    counts
}

fn property(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", markup(value));
}

fn test_case(out: &mut String, case: &Case<'_>) {
    let class = markup(&case.rule.id.replace('/', "."));
    let name = markup(case.resource.unwrap_or("all resources"));
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
    match &case.outcome {
        CaseOutcome::Pass => out.push_str("/>\n"),
        CaseOutcome::NothingToExamine => {
            out.push_str(">\n      <skipped message=\"nothing to examine\"/>\n    </testcase>\n");
        }
        CaseOutcome::Fail(findings) => {
            // Readers expect one failure in a case, so a rule that found several things in one resource lists them.
            let gravest = findings.iter().map(|finding| finding.severity).min();
            let kind = gravest.map_or("finding", |severity| severity.name());
            let message = findings.iter().map(|finding| finding.seen.as_str()).collect::<Vec<_>>().join(" ");
            let body: String = findings.iter().map(|finding| describe(finding)).collect();
            let _ = write!(
                out,
                ">\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                markup(&message),
                markup(&body)
            );
        }
        CaseOutcome::Undecided(unread) => {
            let message = unread
                .iter()
                .map(|u| format!("could not read {}: {}", u.what, u.why))
                .collect::<Vec<_>>()
                .join("; ");
            let _ = write!(
                out,
                ">\n      <error type=\"unread\" message=\"{}\"/>\n    </testcase>\n",
                markup(&message)
            );
        }
    }
}

fn describe(finding: &Finding) -> String {
    let mut text = format!("{}: {}\n{}\n", finding.severity.name(), finding.seen, finding.advice);
    if let Some(figure) = &finding.figure {
        let _ = writeln!(text, "{}", figure.line());
    }
    if let Some(location) = &finding.location {
        let line = location.line.map(|line| format!(":{line}")).unwrap_or_default();
        let _ = writeln!(text, "{}{line}", location.file);
    }
    text
}
