//! What is paid for besides instances and hosts: under which usage type, in which unit, and for how much.
//!
//! Meters and price lists read the same items, so that a bill is the list's price times what was used. Names and units are
//! those of AWS's price list.

use super::money::NanoUsd;
use super::unit_prices;

/// Hours of the month that prices by the month are meant for. Source: the examples on AWS's EBS price page.
pub const HOURS_A_MONTH: i64 = 730;

/// One thing that is paid for as long as it is there.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// `AmazonEC2`
    pub service: &'static str,
    /// Usage type without the Region's code: `EBS:VolumeUsage.gp3`
    pub usage_type: &'static str,
    /// `CreateVolume`
    pub operation: &'static str,
    /// Unit of the price: `GB-Mo`
    pub unit: &'static str,
    /// `Storage`; none where it is not known.
    pub family: Option<&'static str>,
    /// What else the price list says of it.
    pub attributes: &'static [(&'static str, &'static str)],
    /// Service and item of its price in the table of unit prices.
    price: (&'static str, &'static str),
}

impl Item {
    /// What a unit costs in a Region, if it is known: for the hour, or for the month where the unit has one.
    pub fn price(&self, region: &str) -> Option<NanoUsd> {
        let (service, item) = self.price;
        unit_prices::price(region, service, item)
    }

    /// What an hour of a unit costs in a Region, if it is known.
    pub fn hourly(&self, region: &str) -> Option<NanoUsd> {
        Some(NanoUsd(self.price(region)?.0 / hours_of(self.unit)))
    }
}

/// Hours that a unit is for: a month of them for `GB-Mo` and the like, one for `Hrs`.
pub fn hours_of(unit: &str) -> i64 {
    if unit.ends_with("-Mo") { HOURS_A_MONTH } else { 1 }
}

macro_rules! items {
    ($($(#[$doc:meta])* $name:ident = $service:literal $usage_type:literal $operation:literal $unit:literal
        $family:expr, $price:expr, { $($attribute:literal: $value:literal),* $(,)? };)*) => {
        $($(#[$doc])* pub const $name: Item = Item {
            service: $service,
            usage_type: $usage_type,
            operation: $operation,
            unit: $unit,
            family: $family,
            attributes: &[$(($attribute, $value)),*],
            price: $price,
        };)*

        /// All items.
        pub const ALL: &[&Item] = &[$(&$name),*];
    };
}

items! {
    /// An elastic address that stands for nothing.
    IDLE_ADDRESS = "AmazonVPC" "PublicIPv4:IdleAddress" "AllocateAddressVPC" "Hrs"
        None, PUBLIC_IPV4, { "group": "VPCPublicIPv4Address" };
    /// An elastic address in use.
    USED_ADDRESS = "AmazonVPC" "PublicIPv4:InUseAddress" "AssociateAddressVPC" "Hrs"
        None, PUBLIC_IPV4, { "group": "VPCPublicIPv4Address" };
    /// An address that an instance has while it runs.
    INSTANCE_ADDRESS = "AmazonVPC" "PublicIPv4:InUseAddress" "RunInstances" "Hrs"
        None, PUBLIC_IPV4, { "group": "VPCPublicIPv4Address" };
    /// An interface endpoint in one subnet.
    ENDPOINT = "AmazonVPC" "VpcEndpoint-Hours" "VpcEndpoint" "Hrs"
        Some("VpcEndpoint"), ("vpc", "interface endpoint"), { "endpointType": "PrivateLink" };
    /// A NAT gateway.
    NAT_GATEWAY = "AmazonEC2" "NatGateway-Hours" "NatGateway" "Hrs"
        Some("NAT Gateway"), ("nat", "gateway"), { "group": "NGW:NatGateway" };
    /// What is stored on a gp3 volume.
    GP3 = "AmazonEC2" "EBS:VolumeUsage.gp3" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "gp3 storage"), { "volumeApiName": "gp3", "volumeType": "General Purpose" };
    /// What is stored on a gp2 volume.
    GP2 = "AmazonEC2" "EBS:VolumeUsage.gp2" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "gp2"), { "volumeApiName": "gp2", "volumeType": "General Purpose" };
    /// What is stored on an io1 volume.
    IO1 = "AmazonEC2" "EBS:VolumeUsage.piops" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "io1 storage"), { "volumeApiName": "io1", "volumeType": "Provisioned IOPS" };
    /// What is stored on an io2 volume.
    IO2 = "AmazonEC2" "EBS:VolumeUsage.io2" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "io2 storage"), { "volumeApiName": "io2", "volumeType": "Provisioned IOPS" };
    /// What is stored on an st1 volume.
    ST1 = "AmazonEC2" "EBS:VolumeUsage.st1" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "st1"), { "volumeApiName": "st1", "volumeType": "Throughput Optimized HDD" };
    /// What is stored on an sc1 volume.
    SC1 = "AmazonEC2" "EBS:VolumeUsage.sc1" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "sc1"), { "volumeApiName": "sc1", "volumeType": "Cold HDD" };
    /// What is stored on a magnetic volume.
    MAGNETIC = "AmazonEC2" "EBS:VolumeUsage" "CreateVolume" "GB-Mo"
        Some("Storage"), ("ebs", "standard magnetic"), { "volumeApiName": "standard", "volumeType": "Magnetic" };
    /// An operation a second of a gp3 volume, above those that come with it.
    GP3_IOPS = "AmazonEC2" "EBS:VolumeP-IOPS.gp3" "CreateVolume" "IOPS-Mo"
        Some("System Operation"), ("ebs", "gp3 IOPS over 3000"), { "group": "EBS IOPS", "volumeApiName": "gp3" };
    /// An operation a second of an io1 volume.
    IO1_IOPS = "AmazonEC2" "EBS:VolumeP-IOPS.piops" "CreateVolume" "IOPS-Mo"
        Some("System Operation"), ("ebs", "io1 IOPS"), { "group": "EBS IOPS", "volumeApiName": "io1" };
    /// An operation a second of an io2 volume.
    IO2_IOPS = "AmazonEC2" "EBS:VolumeP-IOPS.io2" "CreateVolume" "IOPS-Mo"
        Some("System Operation"), ("ebs", "io2 IOPS"), { "group": "EBS IOPS", "volumeApiName": "io2" };
    /// A MiB a second of a gp3 volume, above those that come with it.
    GP3_THROUGHPUT = "AmazonEC2" "EBS:VolumeP-Throughput.gp3" "CreateVolume" "MiBps-Mo"
        Some("Provisioned Throughput"), ("ebs", "gp3 throughput over 125"),
        { "group": "EBS Throughput", "volumeApiName": "gp3" };
    /// What a snapshot holds.
    SNAPSHOT = "AmazonEC2" "EBS:SnapshotUsage" "CreateSnapshot" "GB-Mo"
        Some("Storage Snapshot"), ("ebs", "snapshot standard"), { "storageMedia": "Amazon S3" };
    /// An Application Load Balancer.
    APPLICATION_LOAD_BALANCER = "AWSELB" "LoadBalancerUsage" "LoadBalancing:Application" "Hrs"
        Some("Load Balancer-Application"), ("elb", "ALB"), { "group": "ELB:Balancing" };
    /// A Network Load Balancer.
    NETWORK_LOAD_BALANCER = "AWSELB" "LoadBalancerUsage" "LoadBalancing:Network" "Hrs"
        Some("Load Balancer-Network"), ("elb", "NLB"), { "group": "ELB:Balancing" };
    /// A Gateway Load Balancer.
    GATEWAY_LOAD_BALANCER = "AWSELB" "LoadBalancerUsage" "LoadBalancing:Gateway" "Hrs"
        Some("Load Balancer-Gateway"), ("elb", "GWLB"), { "group": "ELB:Balancing" };
}

const PUBLIC_IPV4: (&str, &str) = ("vpc", "public IPv4 (in use or idle)");

#[cfg(test)]
mod tests {
    use super::{ALL, ENDPOINT, GP3, NAT_GATEWAY, hours_of};

    #[test]
    fn prices_are_for_an_hour_or_a_month() {
        let nat = NAT_GATEWAY.price("us-east-1").unwrap();
        assert_eq!((nat.0, NAT_GATEWAY.hourly("us-east-1")), (45_000_000, Some(nat)));
        assert_eq!(GP3.price("us-east-1").unwrap().0, 80_000_000);
        assert_eq!(GP3.hourly("us-east-1").unwrap().0, 80_000_000 / 730);
        assert_eq!((hours_of(GP3.unit), hours_of(ENDPOINT.unit)), (730, 1));
        assert_eq!(GP3.price("eu-west-1").unwrap().0, 88_000_000);
        assert_eq!((GP3.price("cn-north-1"), NAT_GATEWAY.price("eu-west-1")), (None, None));
    }

    #[test]
    fn no_two_are_the_same() {
        for (at, item) in ALL.iter().enumerate() {
            let same = |other: &&&super::Item| {
                (other.usage_type, other.operation) == (item.usage_type, item.operation)
            };
            assert_eq!(ALL.iter().position(|other| same(&other)), Some(at), "{}", item.usage_type);
        }
    }
}
