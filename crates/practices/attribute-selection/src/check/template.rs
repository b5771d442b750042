//! The rules about how attributes are written: minimums that are missing, and templates that have no effect.

use ironbird_report::{Finding, Findings, Unit};

use super::rules::{NO_MINIMUM, TEMPLATE_OVERRIDDEN};
use crate::subject::Subject;
use crate::words::counted;

/// Checks one group or fleet.
pub fn check(findings: &mut Findings, subject: &Subject) {
    if subject.wanted().next().is_some() {
        findings.examine(&NO_MINIMUM, &subject.id);
        minimums(findings, subject);
    }
    if subject.selections.is_empty() {
        return;
    }
    findings.examine(&TEMPLATE_OVERRIDDEN, &subject.id);
    let over: Vec<&str> = subject
        .selections
        .iter()
        .filter(|selection| selection.replaces_template)
        .map(|selection| selection.place.as_str())
        .collect();
    if over.is_empty() {
        return;
    }
    let seen = format!(
        "The launch template has attributes, which count for nothing in {} of the {}.",
        over.join(", "),
        subject.kind.word()
    );
    let advice = "Say all that is needed in one place: in the group or fleet, or in the launch template with no override.";
    findings.find(Finding::new(&TEMPLATE_OVERRIDDEN, &subject.id, seen, advice));
}

fn minimums(findings: &mut Findings, subject: &Subject) {
    for (selection, wanted) in subject.wanted() {
        let (vcpus, memory) = (&wanted.request.vcpu_count, &wanted.request.memory_mib);
        let ranges = [("VCpuCount", vcpus.min, vcpus.max), ("MemoryMiB", memory.min, memory.max)];
        for (name, _, most) in ranges.into_iter().filter(|(_, least, most)| *least == 0 && most.is_some()) {
            let seen = format!(
                "{name} of {} is at most {} and has no minimum; {} have the attributes.",
                selection.place,
                most.unwrap_or_default(),
                counted(wanted.matching.len(), "type")
            );
            let advice =
                format!("Give {name} the minimum that the application runs with, unless any size is meant.");
            let finding = Finding::new(&NO_MINIMUM, &subject.id, seen, advice);
            findings.find(finding.with_figure("types", wanted.matching.len() as f64, Unit::Count));
        }
    }
}
