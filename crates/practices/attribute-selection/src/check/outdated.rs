//! outdated-instances: what runs although it would not be launched again.

use std::collections::BTreeMap;

use ironbird_report::{Finding, Findings, Unit};

use super::rules::OUTDATED;
use crate::subject::{Kind, Subject};
use crate::words::counted;

/// Checks one group or fleet.
pub fn check(findings: &mut Findings, subject: &Subject) {
    if subject.selections.is_empty() {
        return;
    }
    findings.examine(&OUTDATED, &subject.id);
    let named = subject.named();
    // Price protection moves with prices, which we do not know of the day of launch: whoever has the attributes passes.
    let is_current = |name: &String| {
        named.contains(name) || subject.wanted().any(|(_, wanted)| wanted.matching.contains(name))
    };
    let mut outdated: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, name) in subject.running.iter().filter(|(_, name)| !is_current(name)) {
        *outdated.entry(name).or_default() += 1;
    }
    let count: usize = outdated.values().sum();
    if count == 0 {
        return;
    }
    let types: Vec<String> = outdated.iter().map(|(name, count)| format!("{count} of {name}")).collect();
    let seen = format!(
        "{} of {} run on types that the {} would not launch now: {}.",
        count,
        counted(subject.running.len(), "instance"),
        subject.kind.word(),
        types.join(", ")
    );
    let advice = match subject.kind {
        Kind::Group => {
            "Start an instance refresh, which replaces them, or widen the attributes if they are to stay."
        }
        Kind::Fleet | Kind::SpotFleet => {
            "Terminate them, and the fleet launches what it asks for now, or widen the attributes."
        }
    };
    let finding = Finding::new(&OUTDATED, &subject.id, seen, advice);
    findings.find(finding.with_figure("instances", count as f64, Unit::Count));
}
