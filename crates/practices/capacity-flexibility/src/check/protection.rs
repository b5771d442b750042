//! price-protection: how many types price protection leaves.

use ironbird_cloud::requirements::{self, PROTECTION_PERCENT};
use ironbird_report::{Finding, Findings, Unit};

use super::group::Group;
use super::region::RegionFacts;
use super::rules::{ENOUGH_PROTECTED, PRICE_PROTECTION};

/// Checks one group.
pub fn check(findings: &mut Findings, facts: &RegionFacts, group: &Group) {
    let Some(matching) = group.matching.as_ref().filter(|_| group.is_known) else { return };
    if is_spot_only(group) {
        return;
    }
    findings.examine(&PRICE_PROTECTION, group.arn());
    let kept = |percent| requirements::protected(&facts.region, percent, group.basis(), matching);
    let (left, reference) = kept(group.protection_percent);
    if left.len() >= ENOUGH_PROTECTED || left.len() * 2 >= matching.len() {
        return;
    }
    let set = match group.protection_percent {
        Some(percent) => format!("{percent} %"),
        None => "AWS's default of 20 %".to_owned(),
    };
    let seen = format!(
        "{} types have the attributes, but {set} over the price of {} leaves {}.",
        matching.len(),
        reference.unwrap_or("the cheapest"),
        left.len()
    );
    let (wider, _) = kept(Some(PROTECTION_PERCENT));
    let advice = if wider.len() > left.len() {
        format!(
            "Set OnDemandMaxPricePercentageOverLowestPrice to {PROTECTION_PERCENT}: that leaves {}, and the lowest priced are still \
             launched first.",
            wider.len()
        )
    } else {
        "Raise OnDemandMaxPricePercentageOverLowestPrice, or widen the attributes.".to_owned()
    };
    let finding = Finding::new(&PRICE_PROTECTION, group.arn(), seen, advice);
    findings.find(finding.with_figure("types left", left.len() as f64, Unit::Count));
}

/// Whether no On-Demand instance is ever launched.
fn is_spot_only(group: &Group) -> bool {
    let policy = group.described.mixed_instances_policy.as_ref();
    policy.and_then(|policy| policy.instances_distribution.as_ref()).is_some_and(|distribution| {
        distribution.on_demand_base_capacity.unwrap_or(0) == 0
            && distribution.on_demand_percentage_above_base_capacity == Some(0)
    })
}
