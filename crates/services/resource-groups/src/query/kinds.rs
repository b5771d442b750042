//! Resource types by the names that EC2's tags know them under.
//!
//! Source: "Resource types you can use with AWS Resource Groups and Tag Editor" in the Resource Groups user guide. What is
//! not there, such as security group rules, is no member of any group.

const KINDS: [(&str, &str); 28] = [
    ("capacity-reservation", "AWS::EC2::CapacityReservation"),
    ("customer-gateway", "AWS::EC2::CustomerGateway"),
    ("dedicated-host", "AWS::EC2::Host"),
    ("dhcp-options", "AWS::EC2::DHCPOptions"),
    ("egress-only-internet-gateway", "AWS::EC2::EgressOnlyInternetGateway"),
    ("elastic-ip", "AWS::EC2::EIP"),
    ("fleet", "AWS::EC2::EC2Fleet"),
    ("image", "AWS::EC2::Image"),
    ("instance", "AWS::EC2::Instance"),
    ("internet-gateway", "AWS::EC2::InternetGateway"),
    ("launch-template", "AWS::EC2::LaunchTemplate"),
    ("natgateway", "AWS::EC2::NatGateway"),
    ("network-acl", "AWS::EC2::NetworkAcl"),
    ("network-interface", "AWS::EC2::NetworkInterface"),
    ("prefix-list", "AWS::EC2::PrefixList"),
    ("route-table", "AWS::EC2::RouteTable"),
    ("security-group", "AWS::EC2::SecurityGroup"),
    ("snapshot", "AWS::EC2::Snapshot"),
    ("spot-fleet-request", "AWS::EC2::SpotFleet"),
    ("spot-instances-request", "AWS::EC2::SpotInstanceRequest"),
    ("subnet", "AWS::EC2::Subnet"),
    ("volume", "AWS::EC2::Volume"),
    ("vpc", "AWS::EC2::VPC"),
    ("vpc-endpoint", "AWS::EC2::VPCEndpoint"),
    ("vpc-flow-log", "AWS::EC2::FlowLog"),
    ("vpc-peering-connection", "AWS::EC2::VPCPeeringConnection"),
    ("vpn-connection", "AWS::EC2::VPNConnection"),
    ("vpn-gateway", "AWS::EC2::VPNGateway"),
];

/// The resource type of what EC2 calls `name` in its tags.
pub(super) fn of(name: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// The names of the types that are wanted.
pub(super) fn names(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    KINDS.iter().filter(|(_, kind)| wanted(kind)).map(|(name, _)| (*name).to_owned()).collect()
}
