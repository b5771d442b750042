//! Words that findings and plans share.

use ironbird_api::{autoscaling, ec2};
use ironbird_rig::catalogue::protection::Purchase;
use ironbird_rig::document::{self, Place};
use serde_json::Value;

/// `1 type`, `3 types`
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The way of buying, as AWS names it.
pub const fn way(purchase: Purchase) -> &'static str {
    match purchase {
        Purchase::OnDemand => "On-Demand",
        Purchase::Spot => "Spot",
    }
}

/// At most so many names, and how many more there are.
pub fn some(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Where requirements stand in the API: their members have the same names wherever they are taken.
const REQUIREMENTS: Place =
    Place::input("ec2", "GetInstanceTypesFromInstanceRequirements", &["InstanceRequirements"]);

/// Requirements as JSON, as AWS's tools take them; none where they cannot be written, which is a bug of ours.
pub fn as_json(request: &ec2::InstanceRequirementsRequest) -> Option<Value> {
    document::write(REQUIREMENTS, request).ok()
}

/// Requirements from JSON; none where it is none.
pub fn from_json(json: &Value) -> Option<ec2::InstanceRequirementsRequest> {
    document::read(REQUIREMENTS, json).ok()
}

/// Requirements as an Auto Scaling group has them; none where they cannot be written, which is a bug of ours.
pub fn for_group(request: &ec2::InstanceRequirementsRequest) -> Option<autoscaling::InstanceRequirements> {
    const OF_GROUP: Place = Place::input(
        "autoscaling",
        "CreateAutoScalingGroup",
        &["MixedInstancesPolicy", "LaunchTemplate", "Overrides", "InstanceRequirements"],
    );
    document::read(OF_GROUP, &as_json(request)?).ok()
}

/// Requirements as Spot Fleets and launch templates have them; none where they cannot be written, which is a bug of ours.
pub fn as_shown(request: &ec2::InstanceRequirementsRequest) -> Option<ec2::InstanceRequirements> {
    const SHOWN: Place = Place::input(
        "ec2",
        "RequestSpotFleet",
        &["SpotFleetRequestConfig", "LaunchSpecifications", "InstanceRequirements"],
    );
    document::read(SHOWN, &as_json(request)?).ok()
}
