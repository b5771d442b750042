//! The names under which EC2 bills: usage types (`EU-BoxUsage:m5.large`) and operations (`RunInstances:0002`).
//!
//! Sources: "AWS Region billing codes" in the AWS Regions and Availability Zones guide; "Understand Capacity
//! Reservation usage and billing", "AMI billing information" and the On-Demand and Spot usage types in the EC2 guide.

use super::prices::Platform;

/// Billing code of each Region. EC2 in us-east-1 bills without one, hence the empty text. The European Sovereign
/// Cloud and the isolated partitions have no published codes.
const BILLING_CODES: [(&str, &str); 38] = [
    ("af-south-1", "AFS1"),
    ("ap-east-1", "APE1"),
    ("ap-east-2", "APE2"),
    ("ap-northeast-1", "APN1"),
    ("ap-northeast-2", "APN2"),
    ("ap-northeast-3", "APN3"),
    ("ap-south-1", "APS3"),
    ("ap-south-2", "APS5"),
    ("ap-southeast-1", "APS1"),
    ("ap-southeast-2", "APS2"),
    ("ap-southeast-3", "APS4"),
    ("ap-southeast-4", "APS6"),
    ("ap-southeast-5", "APS7"),
    ("ap-southeast-6", "APS8"),
    ("ap-southeast-7", "APS9"),
    ("ca-central-1", "CAN1"),
    ("ca-west-1", "CAN2"),
    ("cn-north-1", "CNN1"),
    ("cn-northwest-1", "CNW1"),
    ("eu-central-1", "EUC1"),
    ("eu-central-2", "EUC2"),
    ("eu-north-1", "EUN1"),
    ("eu-south-1", "EUS1"),
    ("eu-south-2", "EUS2"),
    ("eu-west-1", "EU"),
    ("eu-west-2", "EUW2"),
    ("eu-west-3", "EUW3"),
    ("il-central-1", "ILC1"),
    ("me-central-1", "MEC1"),
    ("me-south-1", "MES1"),
    ("mx-central-1", "MXC1"),
    ("sa-east-1", "SAE1"),
    ("us-east-1", ""),
    ("us-east-2", "USE2"),
    ("us-gov-east-1", "UGE1"),
    ("us-gov-west-1", "UGW1"),
    ("us-west-1", "USW1"),
    ("us-west-2", "USW2"),
];

/// The code that EC2's usage types in a Region start with: `EU` in eu-west-1, empty in us-east-1. None where AWS has
/// not published one.
pub fn billing_code(region: &str) -> Option<&'static str> {
    let found = BILLING_CODES.binary_search_by(|(code, _)| (*code).cmp(region)).ok()?;
    Some(BILLING_CODES[found].1)
}

/// What of an instance type is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceUsage {
    /// An On-Demand instance in the shared tenancy.
    OnDemand,
    /// A Spot instance in the shared tenancy.
    Spot,
    /// An On-Demand instance in the dedicated tenancy.
    Dedicated,
    /// A slot of a Capacity Reservation, used or not; it costs nothing in itself.
    Reservation,
    /// A slot of a Capacity Reservation that no instance uses; it costs as much as an instance.
    UnusedReservation,
    /// As `Reservation`, in the dedicated tenancy.
    DedicatedReservation,
    /// As `UnusedReservation`, in the dedicated tenancy.
    UnusedDedicatedReservation,
    /// An instance on a Dedicated Host; it costs nothing beside the host.
    OnHost,
}

impl InstanceUsage {
    /// The word before the type: `BoxUsage`.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnDemand => "BoxUsage",
            Self::Spot => "SpotUsage",
            Self::Dedicated => "DedicatedUsage",
            Self::Reservation => "Reservation",
            Self::UnusedReservation => "UnusedBox",
            Self::DedicatedReservation => "DedicatedRes",
            Self::UnusedDedicatedReservation => "UnusedDed",
            Self::OnHost => "HostBoxUsage",
        }
    }
}

/// The usage type of an instance: `BoxUsage:m5.large` in us-east-1, `EU-BoxUsage:m5.large` in eu-west-1. A Region
/// without a published billing code is named in full.
pub fn instance_usage_type(region: &str, usage: InstanceUsage, instance_type: &str) -> String {
    with_code(region, &format!("{}:{instance_type}", usage.word()))
}

/// The usage type of a Dedicated Host of a family: `EU-HostUsage:m5`.
pub fn host_usage_type(region: &str, family: &str) -> String {
    with_code(region, &format!("HostUsage:{family}"))
}

/// A usage type as it is billed in a Region: `EU-EBS:VolumeUsage.gp3`.
pub fn with_code(region: &str, usage: &str) -> String {
    match billing_code(region).unwrap_or(region) {
        "" => usage.to_owned(),
        code => format!("{code}-{usage}"),
    }
}

/// The operation that usage of an instance is billed under: `RunInstances:0002` is Windows.
pub fn run_instances_operation(platform: Platform) -> &'static str {
    match platform {
        Platform::Linux => "RunInstances",
        Platform::Windows => "RunInstances:0002",
        Platform::Rhel => "RunInstances:0010",
        Platform::Suse => "RunInstances:000g",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_bill() {
        assert_eq!(
            instance_usage_type("us-east-1", InstanceUsage::OnDemand, "m5.large"),
            "BoxUsage:m5.large"
        );
        assert_eq!(
            instance_usage_type("eu-west-1", InstanceUsage::Spot, "m5.large"),
            "EU-SpotUsage:m5.large"
        );
        assert_eq!(
            instance_usage_type("ap-south-1", InstanceUsage::UnusedReservation, "r6i.8xlarge"),
            "APS3-UnusedBox:r6i.8xlarge"
        );
        assert_eq!(host_usage_type("us-west-2", "mac2"), "USW2-HostUsage:mac2");
        assert_eq!(
            instance_usage_type("eusc-de-east-1", InstanceUsage::OnDemand, "m7i.large"),
            "eusc-de-east-1-BoxUsage:m7i.large"
        );
    }

    #[test]
    fn codes_are_ordered_and_of_known_regions() {
        assert!(BILLING_CODES.is_sorted_by_key(|(region, _)| *region));
        for (region, _) in BILLING_CODES {
            assert!(crate::catalogue::geography::region(region).is_some(), "{region}");
        }
        for region in crate::catalogue::geography::regions() {
            let published = matches!(region.partition.id, "aws" | "aws-cn" | "aws-us-gov");
            assert_eq!(billing_code(region.code).is_some(), published, "{}", region.code);
        }
    }
}
