//! The rules about Spot: where it is taken, whether it is replaced in time, and whether it is bought at all.

use ironbird_report::{Finding, Findings};

use super::rules::{LOWEST_PRICE, NEVER_SPOT, NO_REBALANCING};
use crate::subject::{Kind, Subject};

/// Checks one group or fleet.
pub fn check(findings: &mut Findings, subject: &Subject) {
    strategy(findings, subject);
    rebalancing(findings, subject);
    bought(findings, subject);
}

fn strategy(findings: &mut Findings, subject: &Subject) {
    let Some(strategy) = &subject.spot_strategy else { return };
    findings.examine(&LOWEST_PRICE, &subject.id);
    if strategy != "lowest-price" {
        return;
    }
    let seen = format!("The {} takes Spot Instances from the cheapest pools.", subject.kind.word());
    let place = match subject.kind {
        Kind::Group => "SpotAllocationStrategy",
        Kind::Fleet => "SpotOptions.AllocationStrategy",
        Kind::SpotFleet => "AllocationStrategy",
    };
    let [both, capacity] = match subject.kind {
        Kind::SpotFleet => ["priceCapacityOptimized", "capacityOptimized"],
        _ => ["price-capacity-optimized", "capacity-optimized"],
    };
    let advice =
        format!("Set {place} to {both}, or to {capacity} where an interruption costs more than the price.");
    findings.find(Finding::new(&LOWEST_PRICE, &subject.id, seen, advice));
}

fn rebalancing(findings: &mut Findings, subject: &Subject) {
    let Some(rebalances) = subject.rebalances else { return };
    findings.examine(&NO_REBALANCING, &subject.id);
    if rebalances {
        return;
    }
    let seen = format!(
        "The {} buys Spot Instances and replaces them only after they have been taken back.",
        subject.kind.word()
    );
    let advice = match subject.kind {
        Kind::Group => "Turn CapacityRebalance on: a replacement is launched when the recommendation comes.",
        Kind::Fleet => {
            "Set SpotOptions.MaintenanceStrategies.CapacityRebalance to launch-before-terminate, or to launch, which leaves \
             both running until you end the old one."
        }
        Kind::SpotFleet => {
            "Set SpotMaintenanceStrategies.CapacityRebalance to launch-before-terminate, or to launch, which leaves both \
             running until you end the old one."
        }
    };
    findings.find(Finding::new(&NO_REBALANCING, &subject.id, seen, advice));
}

fn bought(findings: &mut Findings, subject: &Subject) {
    if subject.kind != Kind::Group {
        return;
    }
    findings.examine(&NEVER_SPOT, &subject.id);
    let Some(meant) = subject.meant_spot else { return };
    let seen =
        format!("Even at its maximum size every instance of the group is On-Demand, although {meant}.");
    let advice = "Set OnDemandPercentageAboveBaseCapacity to what is to be On-Demand, 0 for Spot only; it is 100 where it is \
                  not given.";
    findings.find(Finding::new(&NEVER_SPOT, &subject.id, seen, advice));
}
