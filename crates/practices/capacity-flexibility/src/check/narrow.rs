//! narrow-types: how many types and pools a group can draw on.

use ironbird_report::{Finding, Findings, Severity, Unit};

use super::group::Group;
use super::region::RegionFacts;
use super::rules::{ENOUGH_TYPES, NARROW_TYPES};

/// Checks one group.
pub fn check(findings: &mut Findings, facts: &RegionFacts, group: &Group) {
    let types = group.launchable(facts);
    let zones = &group.described.availability_zones;
    let Some(pools) = facts.pools(&types, zones).filter(|_| group.is_known) else { return };
    findings.examine(&NARROW_TYPES, group.arn());
    if types.len() >= ENOUGH_TYPES {
        return;
    }
    let what = match types.as_slice() {
        [] => "no type that is offered".to_owned(),
        [one] => format!("{one} and nothing else"),
        several => format!("{} only", several.join(", ")),
    };
    let seen = format!(
        "The group launches {what}, from {pools} {}: {} × {}.",
        plural(pools, "pool"),
        counted(types.len(), "type"),
        counted(zones.len(), "zone")
    );
    let finding = Finding::new(&NARROW_TYPES, group.arn(), seen, advice(facts, group));
    let severity = if types.len() <= 1 { Severity::Error } else { Severity::Warning };
    findings.find(finding.with_severity(severity).with_figure(
        "pools it can draw on",
        pools as f64,
        Unit::Count,
    ));
}

fn advice(facts: &RegionFacts, group: &Group) -> String {
    let zones = facts.zones.clone().unwrap_or_else(|| group.described.availability_zones.clone());
    let types = &group.alternatives;
    match facts.pools(types, &zones).filter(|pools| *pools > 0) {
        Some(pools) => format!(
            "Describe what it needs and let attribute-based selection choose: {} like {} give {pools} pools over {}. `ironbird \
             apply {}` does it.",
            counted(types.len(), "type"),
            group.named.first().map_or("its own", String::as_str),
            counted(zones.len(), "zone"),
            crate::NAME
        ),
        None => "Name further types, or describe what it needs and let attribute-based selection choose."
            .to_owned(),
    }
}

/// `1 type`, `3 types`
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {}", plural(count, noun))
}

/// The noun for so many.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}
