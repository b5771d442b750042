//! Findings as text.

use super::{BOLD, DIM, GREEN, Page, RED, YELLOW, color_of_severity};
use crate::escape;
use crate::finding::{CaseOutcome, Finding, Findings, Severity};
use crate::units;

pub(super) fn write(page: &mut Page, model: &Findings) {
    let title = page.paint(BOLD, &format!("{}: check", model.practice));
    page.line(&title);
    let target = page.paint(DIM, &format!("{} · {}", model.target.line(), model.software));
    page.line(&target);
    for figure in &model.figures {
        page.line(&format!("  {}", figure.line()));
    }
    let ordered = model.ordered();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let group: Vec<&Finding> = ordered.iter().copied().filter(|f| f.severity == severity).collect();
        if !group.is_empty() {
            write_group(page, model, severity, &group);
        }
    }
    write_read(page, model);
    write_unread(page, model);
    write_sum(page, model);
}

fn write_group(page: &mut Page, model: &Findings, severity: Severity, group: &[&Finding]) {
    let color = color_of_severity(severity);
    page.blank();
    let heading = page.paint(color, &plural(group.len(), severity.name()).to_uppercase());
    page.line(&heading);
    let mut last_rule = None;
    for finding in group {
        if last_rule != Some(&finding.rule) {
            let title = model.rule(&finding.rule).map(|rule| rule.title.as_ref()).unwrap_or_default();
            let rule = page.paint(BOLD, &finding.rule);
            page.blank();
            page.line(&format!("  {rule}"));
            page.indented(2, title);
            last_rule = Some(&finding.rule);
        }
        page.blank();
        write_finding(page, finding);
    }
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let sign = page.paint(color_of_severity(finding.severity), "•");
    page.line(&format!("  {sign} {}", escape::terminal(&finding.resource)));
    if let Some(location) = &finding.location {
        let line = location.line.map(|line| format!(":{line}")).unwrap_or_default();
        page.line(&format!("    {}{line}", escape::terminal(&location.file)));
    }
    page.paragraph("    seen    ", 12, &finding.seen);
    if let Some(figure) = &finding.figure {
        page.paragraph("    figure  ", 12, &figure.line());
    }
    page.paragraph("    advice  ", 12, &finding.advice);
}

fn write_read(page: &mut Page, model: &Findings) {
    page.heading("READ");
    if model.read.is_empty() {
        page.line("  nothing");
    }
    for read in &model.read {
        let count = read.count.map(|count| format!(" ({})", units::count(count as f64))).unwrap_or_default();
        page.paragraph("  ", 4, &format!("{}{count}", read.what));
    }
}

fn write_unread(page: &mut Page, model: &Findings) {
    if model.unread.is_empty() {
        return;
    }
    page.blank();
    let heading = page.paint(YELLOW, "COULD NOT READ");
    page.line(&heading);
    for unread in &model.unread {
        let about = unread.resource.as_ref().map(|resource| format!(" of {resource}")).unwrap_or_default();
        page.paragraph("  ? ", 4, &format!("{}{about}: {}", unread.what, unread.why));
        let rules: Vec<&str> = unread.rules.iter().map(|rule| rule.as_ref()).collect();
        let undecided = if rules.is_empty() { "every rule".to_string() } else { rules.join(", ") };
        page.paragraph("    undecided: ", 15, &undecided);
    }
}

fn write_sum(page: &mut Page, model: &Findings) {
    let [errors, warnings, notes] = model.counts();
    let cases = model.cases();
    let passed = cases.iter().filter(|case| case.outcome == CaseOutcome::Pass).count();
    let undecided = cases.iter().filter(|case| matches!(case.outcome, CaseOutcome::Undecided(_))).count();
    let sum = format!(
        "{}, {}, {}; {passed} passed, {undecided} undecided",
        plural(errors, "error"),
        plural(warnings, "warning"),
        plural(notes, "note")
    );
    page.blank();
    let (color, sign) = match model.exit_code() {
        0 => (GREEN, "✓"),
        1 => (RED, "✗"),
        _ => (YELLOW, "?"),
    };
    let line = page.paint(color, &format!("{sign} {sum}"));
    page.line(&line);
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
