//! What it cost.

use ironbird_rig::{Ctx, Timestamp, metering};
use serde::{Deserialize, Serialize};

use super::seconds;
use crate::own::bill::dollars;

/// What was used over the time, in dollars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// By what was paid for, in the order of [`KINDS`].
    pub kinds: Vec<CostCourse>,
    /// Sum of what has a price.
    pub total: String,
    /// Usage types without a known price, which everything here leaves out.
    pub unpriced: Vec<String>,
}

/// What one kind of thing cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostCourse {
    /// `Spot Instances`
    pub kind: String,
    /// Dollars an hour, in each span.
    pub hourly: Vec<f64>,
    /// Sum over all spans.
    pub total: String,
}

/// What is paid for, and how its usage types go on after the Region's code: the first that fits counts.
const KINDS: [(&str, &[&str]); 7] = [
    ("On-Demand Instances", &["BoxUsage", "DedicatedUsage"]),
    ("Spot Instances", &["SpotUsage"]),
    ("Capacity Reservations", &["Reservation", "UnusedBox", "DedicatedRes", "UnusedDed"]),
    ("Dedicated Hosts", &["HostUsage", "HostBoxUsage"]),
    ("Volumes and snapshots", &["EBS:"]),
    ("Public addresses", &["PublicIPv4"]),
    ("Other", &[""]),
];

fn kind(usage_type: &str) -> usize {
    let local = usage_type.split_once('-').map_or(usage_type, |(_, local)| local);
    let begins = |part: &&str| usage_type.starts_with(part) || local.starts_with(part);
    KINDS.iter().position(|(_, parts)| parts.iter().any(begins)).unwrap_or(KINDS.len() - 1)
}

/// What all accounts used.
pub(super) fn show(ctx: &Ctx<'_>, bounds: &[Timestamp]) -> Costs {
    let course = metering::course(ctx, bounds, KINDS.len(), kind);
    let hours = seconds(bounds) / 3600.0 / bounds.len().saturating_sub(1).max(1) as f64;
    let kinds = KINDS.iter().zip(&course.costs).filter_map(|((kind, _), costs)| {
        let costs = costs.as_ref()?;
        Some(CostCourse {
            kind: (*kind).to_owned(),
            hourly: costs.iter().map(|cost| *cost as f64 / 1e9 / hours).collect(),
            total: dollars(costs.iter().sum()),
        })
    });
    Costs {
        kinds: kinds.collect(),
        total: dollars(course.costs.iter().flatten().flatten().sum()),
        unpriced: course.unpriced,
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, kind};

    #[test]
    fn usage_types_are_of_a_kind() {
        for (usage_type, expected) in [
            ("BoxUsage:m5.large", "On-Demand Instances"),
            ("EUW1-SpotUsage:m5.large", "Spot Instances"),
            ("HostBoxUsage:m5.large", "Dedicated Hosts"),
            ("EUW1-HostUsage:m5", "Dedicated Hosts"),
            ("UnusedBox:m5.large", "Capacity Reservations"),
            ("EBS:VolumeUsage.gp3", "Volumes and snapshots"),
            ("EUW1-PublicIPv4:InUseAddress", "Public addresses"),
            ("NatGateway-Hours", "Other"),
        ] {
            assert_eq!(KINDS[kind(usage_type)].0, expected, "{usage_type}");
        }
    }
}
