//! unused-zones: zones that the group leaves out.

use ironbird_report::{Finding, Findings, Severity, Unit};

use super::group::Group;
use super::narrow::counted;
use super::region::RegionFacts;
use super::rules::UNUSED_ZONES;

/// Checks one group.
pub fn check(findings: &mut Findings, facts: &RegionFacts, group: &Group) {
    let Some(zones) = facts.zones.as_ref().filter(|_| group.is_known) else { return };
    let types = group.launchable(facts);
    let used = &group.described.availability_zones;
    let mut unused = Vec::new();
    for zone in zones.iter().filter(|zone| !used.contains(zone)) {
        // A zone that offers nothing the group can launch is no loss.
        match facts.offers(&types, zone) {
            Some(true) => unused.push(zone.as_str()),
            Some(false) => {}
            None => return,
        }
    }
    findings.examine(&UNUSED_ZONES, group.arn());
    if unused.is_empty() {
        return;
    }
    let seen = format!(
        "The group spans {} ({}) and leaves out {}.",
        counted(used.len(), "zone"),
        used.join(", "),
        unused.join(", ")
    );
    let advice = format!(
        "Add a subnet of its VPC in {}; `ironbird apply {}` adds those that exist.",
        unused.join(", "),
        crate::NAME
    );
    let severity = if used.len() <= 1 { Severity::Error } else { Severity::Warning };
    let finding = Finding::new(&UNUSED_ZONES, group.arn(), seen, advice).with_severity(severity);
    findings.find(finding.with_figure("zones left out", unused.len() as f64, Unit::Count));
}
