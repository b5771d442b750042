//! AWS's words for every kind of resource that EC2 has here.

use crate::resource::Kind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $resource_type:literal $noun:literal $not_found:literal $malformed:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: Kind = Kind {
                prefix: $prefix,
                resource_type: $resource_type,
                noun: $noun,
                not_found: $not_found,
                malformed: $malformed,
            };
        )*

        /// All kinds, to tell them apart by the prefix of an id.
        pub const ALL: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// A VPC.
    VPC "vpc" "vpc" "vpc ID" "InvalidVpcID.NotFound" "InvalidVpcID.Malformed";
    /// A subnet.
    SUBNET "subnet" "subnet" "subnet ID" "InvalidSubnetID.NotFound" "InvalidSubnetID.Malformed";
    /// A reservation of a block of a subnet's addresses.
    SUBNET_CIDR_RESERVATION "scr" "subnet-cidr-reservation" "subnet-cidr-reservation ID" "InvalidSubnetCidrReservationID.NotFound" "InvalidSubnetCidrReservationID.Malformed";
    /// An internet gateway.
    INTERNET_GATEWAY "igw" "internet-gateway" "internetGateway ID" "InvalidInternetGatewayID.NotFound" "InvalidInternetGatewayId.Malformed";
    /// A route table.
    ROUTE_TABLE "rtb" "route-table" "routeTable ID" "InvalidRouteTableID.NotFound" "InvalidRouteTableId.Malformed";
    /// A network ACL.
    NETWORK_ACL "acl" "network-acl" "networkAcl ID" "InvalidNetworkAclID.NotFound" "InvalidNetworkAclId.Malformed";
    /// A set of DHCP options.
    DHCP_OPTIONS "dopt" "dhcp-options" "dhcpOption ID" "InvalidDhcpOptionID.NotFound" "InvalidDhcpOptionsId.Malformed";
    /// A security group.
    SECURITY_GROUP "sg" "security-group" "security group" "InvalidGroup.NotFound" "InvalidGroupId.Malformed";
    /// A rule of a security group.
    SECURITY_GROUP_RULE "sgr" "security-group-rule" "security group rule ID" "InvalidSecurityGroupRuleId.NotFound" "InvalidSecurityGroupRuleId.Malformed";
    /// A network interface.
    NETWORK_INTERFACE "eni" "network-interface" "networkInterface ID" "InvalidNetworkInterfaceID.NotFound" "InvalidNetworkInterfaceId.Malformed";
    /// An egress-only internet gateway.
    EGRESS_ONLY_GATEWAY "eigw" "egress-only-internet-gateway" "eigw ID" "InvalidGatewayID.NotFound" "InvalidEgressOnlyInternetGatewayId.Malformed";
    /// An elastic address, by its allocation.
    ADDRESS "eipalloc" "elastic-ip" "allocation ID" "InvalidAllocationID.NotFound" "InvalidAllocationID.Malformed";
    /// A NAT gateway.
    NAT_GATEWAY "nat" "natgateway" "natGateway ID" "InvalidNatGatewayID.NotFound" "NatGatewayMalformed";
    /// A managed prefix list.
    PREFIX_LIST "pl" "prefix-list" "prefix list ID" "InvalidPrefixListID.NotFound" "InvalidPrefixListId.Malformed";
    /// A VPC endpoint.
    VPC_ENDPOINT "vpce" "vpc-endpoint" "Vpc Endpoint Id" "InvalidVpcEndpointId.NotFound" "InvalidVpcEndpointId.Malformed";
    /// A VPC peering connection.
    VPC_PEERING "pcx" "vpc-peering-connection" "vpcPeeringConnection ID" "InvalidVpcPeeringConnectionID.NotFound" "InvalidVpcPeeringConnectionId.Malformed";
    /// A virtual private gateway.
    VPN_GATEWAY "vgw" "vpn-gateway" "vpnGateway ID" "InvalidVpnGatewayID.NotFound" "InvalidVpnGatewayId.Malformed";
    /// A customer gateway.
    CUSTOMER_GATEWAY "cgw" "customer-gateway" "customerGateway ID" "InvalidCustomerGatewayID.NotFound" "InvalidCustomerGatewayId.Malformed";
    /// A flow log.
    FLOW_LOG "fl" "vpc-flow-log" "flow log ID" "InvalidFlowLogId.NotFound" "InvalidFlowLogId.Malformed";
    /// A key pair, by its id.
    KEY_PAIR "key" "key-pair" "key pair ID" "InvalidKeyPair.NotFound" "InvalidKeyPairId.Malformed";
    /// A launch template.
    LAUNCH_TEMPLATE "lt" "launch-template" "launch template ID" "InvalidLaunchTemplateId.NotFound" "InvalidLaunchTemplateId.Malformed";
    /// A machine image.
    IMAGE "ami" "image" "image id" "InvalidAMIID.NotFound" "InvalidAMIID.Malformed";
    /// An instance.
    INSTANCE "i" "instance" "instance ID" "InvalidInstanceID.NotFound" "InvalidInstanceID.Malformed";
    /// A volume.
    VOLUME "vol" "volume" "volume" "InvalidVolume.NotFound" "InvalidVolumeID.Malformed";
    /// A snapshot.
    SNAPSHOT "snap" "snapshot" "snapshot" "InvalidSnapshot.NotFound" "InvalidSnapshotID.Malformed";
    /// A fleet; the digits of its ids are written as a UUID.
    FLEET "fleet" "fleet" "fleet ID" "InvalidFleetId.NotFound" "InvalidFleetId.Malformed";
    /// A Capacity Reservation.
    CAPACITY_RESERVATION "cr" "capacity-reservation" "capacity reservation ID" "InvalidCapacityReservationId.NotFound" "InvalidCapacityReservationId.Malformed";
    /// A Capacity Reservation Fleet.
    CAPACITY_RESERVATION_FLEET "crf" "capacity-reservation-fleet" "capacity reservation fleet ID" "InvalidCapacityReservationFleetId.NotFound" "InvalidCapacityReservationFleetId.Malformed";
    /// A placement group.
    PLACEMENT_GROUP "pg" "placement-group" "placement group ID" "InvalidPlacementGroup.Unknown" "InvalidPlacementGroupId.Malformed";
    /// A Dedicated Host.
    DEDICATED_HOST "h" "dedicated-host" "host ID" "InvalidHostID.NotFound" "InvalidHostID.Malformed";
    /// A Spot Instance request.
    SPOT_REQUEST "sir" "spot-instances-request" "spot instance request ID" "InvalidSpotInstanceRequestID.NotFound" "InvalidSpotInstanceRequestID.Malformed";
}
