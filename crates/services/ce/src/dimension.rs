//! What costs can be told apart by.

use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result};

/// A dimension that a line of a bill has a value in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    InstanceType,
    LinkedAccount,
    PurchaseType,
    Region,
    Service,
    UsageType,
}

/// Kinds of usage that are for instances and hosts, by the beginning of the usage type after the Region's code.
const COMPUTE: [&str; 7] =
    ["BoxUsage", "SpotUsage", "DedicatedUsage", "HostUsage", "HostBoxUsage", "UnusedBox", "Reservation"];

impl Dimension {
    /// Reads a dimension's key.
    ///
    /// # Errors
    /// `UnsupportedOperation` for those that the rig's meters do not tell apart.
    pub(crate) fn parse(key: &str) -> Result<Self> {
        match key {
            "INSTANCE_TYPE" => Ok(Self::InstanceType),
            "LINKED_ACCOUNT" => Ok(Self::LinkedAccount),
            "PURCHASE_TYPE" => Ok(Self::PurchaseType),
            "REGION" => Ok(Self::Region),
            "SERVICE" => Ok(Self::Service),
            "USAGE_TYPE" => Ok(Self::UsageType),
            other => Err(Ctx::unsupported(
                &format!("dimension {other}"),
                "there are INSTANCE_TYPE, LINKED_ACCOUNT, PURCHASE_TYPE, REGION, SERVICE and USAGE_TYPE",
            )),
        }
    }

    /// The line's value.
    pub(crate) fn value(self, line: &BillLine) -> String {
        match self {
            Self::InstanceType => instance_type(line).unwrap_or("NoInstanceType").to_owned(),
            Self::LinkedAccount => line.account.to_string(),
            Self::PurchaseType if kind(line) == "SpotUsage" => "Spot Instances".to_owned(),
            Self::PurchaseType => "On Demand Instances".to_owned(),
            Self::Region => line.region.to_string(),
            Self::Service => service(line).to_owned(),
            Self::UsageType => line.usage_type.clone(),
        }
    }
}

/// The service's name in Cost Explorer, which takes EC2 apart.
fn service(line: &BillLine) -> &str {
    match line.service.as_str() {
        "AmazonEC2" if COMPUTE.contains(&kind(line)) => "Amazon Elastic Compute Cloud - Compute",
        "AmazonEC2" => "EC2 - Other",
        "AmazonVPC" => "Amazon Virtual Private Cloud",
        "AWSELB" => "Amazon Elastic Load Balancing",
        other => other,
    }
}

/// `BoxUsage` of `EUW1-BoxUsage:m5.large`
fn kind(line: &BillLine) -> &str {
    let kind = line.usage_type.split(':').next().unwrap_or_default();
    kind.rsplit('-').next().unwrap_or(kind)
}

fn instance_type(line: &BillLine) -> Option<&str> {
    let (_, name) = line.usage_type.split_once(':')?;
    (COMPUTE.contains(&kind(line)) && name.contains('.')).then_some(name)
}

#[cfg(test)]
mod tests {
    use ironbird_rig::metering::BillLine;
    use ironbird_rig::{Account, Region};

    use super::Dimension;

    #[test]
    fn values_are_those_of_cost_explorer() {
        let line = |service: &str, usage_type: &str| BillLine {
            account: Account::DEFAULT,
            region: Region::DEFAULT,
            service: service.to_owned(),
            usage_type: usage_type.to_owned(),
            unit: "Hrs".to_owned(),
            milliseconds: 0,
            cost: None,
            tags: Vec::new(),
        };
        let spot = line("AmazonEC2", "EUW1-SpotUsage:m5.large");
        assert_eq!(Dimension::Service.value(&spot), "Amazon Elastic Compute Cloud - Compute");
        assert_eq!(Dimension::PurchaseType.value(&spot), "Spot Instances");
        assert_eq!(Dimension::InstanceType.value(&spot), "m5.large");
        let volume = line("AmazonEC2", "EBS:VolumeUsage.gp3");
        assert_eq!(Dimension::Service.value(&volume), "EC2 - Other");
        assert_eq!(Dimension::InstanceType.value(&volume), "NoInstanceType");
        assert_eq!(Dimension::Service.value(&line("AmazonEC2", "NatGateway-Hours")), "EC2 - Other");
        assert_eq!(
            Dimension::Service.value(&line("AmazonVPC", "PublicIPv4:IdleAddress")),
            "Amazon Virtual Private Cloud"
        );
    }
}
