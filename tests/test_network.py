"""Networks through the wire: blocks, gateways, routes, addresses, interfaces, walls, lists, endpoints, peers."""

import pytest
from conftest import fresh_account, worded


def filters(**named):
    return [{"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]} for name, value in named.items()]


class Network:
    """A VPC with two subnets and a way out."""

    def __init__(self, ec2, block="10.0.0.0/16"):
        self.vpc = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        start = block.rsplit(".", 2)[0]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"{start}.{number}.0/24", AvailabilityZone=f"us-east-1{letter}")[
                "Subnet"]["SubnetId"]
            for number, letter in enumerate("ab")
        ]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)


def linux(ec2):
    images = ec2.describe_images(Owners=["amazon"], Filters=filters(name="al2023-ami-2023.*-x86_64"))["Images"]
    return images[0]["ImageId"]


# Blocks


def test_further_blocks_of_a_vpc(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    added = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert added["CidrBlockState"]["State"] == "associating"
    shown, = ec2.describe_vpcs(Filters=filters(cidr_block_association__cidr_block="10.1.0.0/16"))["Vpcs"]
    assert [block["CidrBlock"] for block in shown["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.7.0/24")["Subnet"]["SubnetId"]
    code, _ = worded(ec2.disassociate_vpc_cidr_block, AssociationId=added["AssociationId"])
    assert code == "InvalidCidrBlock.InUse"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.disassociate_vpc_cidr_block(AssociationId=added["AssociationId"])
    primary = shown["CidrBlockAssociationSet"][0]["AssociationId"]
    assert worded(ec2.disassociate_vpc_cidr_block, AssociationId=primary)[0] == "OperationNotPermitted"


def test_reserved_blocks_of_a_subnet_are_for_who_asks_for_them(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    wide = ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    block = wide.replace("::/56", "::/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/28", Ipv6CidrBlock=block)["Subnet"]["SubnetId"]

    def reserve(cidr, kind="explicit", **options):
        return ec2.create_subnet_cidr_reservation(
            SubnetId=subnet, Cidr=cidr, ReservationType=kind, **options)["SubnetCidrReservation"]

    tags = [{"ResourceType": "subnet-cidr-reservation", "Tags": [{"Key": "for", "Value": "appliances"}]}]
    kept = reserve("10.0.0.8/29", Description="ours", TagSpecifications=tags)
    assert (kept["Cidr"], kept["ReservationType"], kept["SubnetId"], kept["Description"]) == (
        "10.0.0.8/29", "explicit", subnet, "ours")
    assert kept["SubnetCidrReservationId"].startswith("scr-")
    # Half of the IPv6 addresses: those that are drawn are of the other.
    half = block.replace("::/64", ":8000::/65")
    also = reserve(half, "prefix")
    found = ec2.get_subnet_cidr_reservations(SubnetId=subnet)
    assert found["SubnetIpv4CidrReservations"] == [kept] and found["SubnetIpv6CidrReservations"] == [also]
    only = ec2.get_subnet_cidr_reservations(SubnetId=subnet, Filters=[{"Name": "tag:for", "Values": ["appliances"]}])
    assert only["SubnetIpv4CidrReservations"] == [kept] and only["SubnetIpv6CidrReservations"] == []
    assert worded(reserve, "10.0.0.12/32") == (
        "InvalidParameterValue", "Reservation CIDR 10.0.0.12/32 has overlap with existing reserved CIDR block")
    assert worded(reserve, "10.0.1.0/30") == (
        "InvalidParameterValue", "Reservation CIDR should be within subnet CIDR block (10.0.0.0/28)")
    assert worded(reserve, "nonsense")[0] == worded(reserve, "10.0.0.0/30", "other")[0] == "InvalidParameterValue"

    drawn = [ec2.create_network_interface(SubnetId=subnet, Ipv6AddressCount=2)["NetworkInterface"] for _ in range(4)]
    assert sorted(it["PrivateIpAddress"] for it in drawn) == [f"10.0.0.{last}" for last in range(4, 8)]
    halves = {it["Ipv6Address"].replace(block[:-len("::/64")], "").split(":")[1] for each in drawn for it in each["Ipv6Addresses"]}
    assert all(int(part or "0", 16) < 0x8000 for part in halves)
    assert worded(ec2.create_network_interface, SubnetId=subnet)[0] == "InsufficientFreeAddressesInSubnet"
    asked = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.9")["NetworkInterface"]
    assert asked["PrivateIpAddress"] == "10.0.0.9"

    name = kept["SubnetCidrReservationId"]
    gone = ec2.delete_subnet_cidr_reservation(SubnetCidrReservationId=name)["DeletedSubnetCidrReservation"]
    assert gone == kept
    assert worded(ec2.delete_subnet_cidr_reservation, SubnetCidrReservationId=name) == (
        "InvalidSubnetCidrReservationID.NotFound", f"The subnet-cidr-reservation ID '{name}' does not exist")
    assert ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"] in {
        "10.0.0.8", *(f"10.0.0.{last}" for last in range(10, 15))}


@pytest.mark.parametrize("block, code", [
    ("10.0.128.0/20", "InvalidVpc.Range"),
    ("192.168.0.0/16", "InvalidVpc.Range"),
    ("172.31.0.0/16", "InvalidVpc.Range"),
    ("10.5.0.0/29", "InvalidVpc.Range"),
    ("nonsense", "InvalidParameterValue"),
])
def test_blocks_that_a_vpc_cannot_have(ec2, block, code):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert worded(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock=block)[0] == code


def test_ipv6_from_the_vpc_to_the_interface(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    assert block.startswith("2001:db8:") and block.endswith("::/56")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24",
                               Ipv6CidrBlock=block.replace("/56", "/64"))["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    address = interface["Ipv6Addresses"][0]["Ipv6Address"]
    assert address.startswith(block.split("::")[0])
    group, = ec2.describe_security_groups(Filters=filters(vpc_id=vpc["VpcId"]))["SecurityGroups"]
    assert group["IpPermissionsEgress"][0]["Ipv6Ranges"] == [{"CidrIpv6": "::/0"}]
    acl, = ec2.describe_network_acls(Filters=filters(vpc_id=vpc["VpcId"]))["NetworkAcls"]
    assert [entry["RuleNumber"] for entry in acl["Entries"]] == [100, 101, 32767, 32768] * 2
    association = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["Ipv6CidrBlockAssociationSet"][0]
    assert worded(ec2.disassociate_subnet_cidr_block, AssociationId=association["AssociationId"])[0] == \
        "InvalidCidrBlock.InUse"
    ec2.unassign_ipv6_addresses(NetworkInterfaceId=interface["NetworkInterfaceId"], Ipv6Addresses=[address])
    ec2.disassociate_subnet_cidr_block(AssociationId=association["AssociationId"])


# Gateways and routes


def test_a_vpc_has_one_internet_gateway(ec2):
    network = Network(ec2)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    assert worded(ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=network.vpc) == (
        "InvalidParameterValue", f"Network {network.vpc} already has an internet gateway attached")
    assert worded(ec2.attach_internet_gateway, InternetGatewayId=network.gateway, VpcId=network.vpc)[0] == \
        "Resource.AlreadyAssociated"
    assert worded(ec2.detach_internet_gateway, InternetGatewayId=other, VpcId=network.vpc)[0] == "Gateway.NotAttached"
    assert worded(ec2.delete_internet_gateway, InternetGatewayId=network.gateway) == (
        "DependencyViolation", f"The internetGateway '{network.gateway}' has dependencies and cannot be deleted.")
    address = ec2.allocate_address()["AllocationId"]
    interface = ec2.create_network_interface(SubnetId=network.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    assert worded(ec2.detach_internet_gateway, InternetGatewayId=network.gateway, VpcId=network.vpc)[0] == \
        "DependencyViolation"


def test_tables_are_for_subnets(ec2):
    network = Network(ec2)
    table = ec2.create_route_table(VpcId=network.vpc, TagSpecifications=[
        {"ResourceType": "route-table", "Tags": [{"Key": "Name", "Value": "out"}]}])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=network.gateway)
    first = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[0])["AssociationId"]
    again = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[0])["AssociationId"]
    assert first == again
    other = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    assert worded(ec2.associate_route_table, RouteTableId=other, SubnetId=network.subnets[0])[0] == \
        "Resource.AlreadyAssociated"
    assert worded(ec2.delete_route_table, RouteTableId=table)[0] == "DependencyViolation"
    found, = ec2.describe_route_tables(Filters=filters(association__subnet_id=network.subnets[0]))["RouteTables"]
    assert found["RouteTableId"] == table and found["Tags"] == [{"Key": "Name", "Value": "out"}]
    moved = ec2.replace_route_table_association(AssociationId=first, RouteTableId=other)["NewAssociationId"]
    ec2.delete_route_table(RouteTableId=table)
    ec2.disassociate_route_table(AssociationId=moved)
    assert worded(ec2.disassociate_route_table, AssociationId=moved)[0] == "InvalidAssociationID.NotFound"


def test_a_route_is_replaced_and_gone(ec2):
    network = Network(ec2)
    interface = ec2.create_network_interface(SubnetId=network.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    assert worded(ec2.replace_route, RouteTableId=table, DestinationCidrBlock="1.0.0.0/8",
                 GatewayId=network.gateway)[0] == "InvalidParameterValue"
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="1.0.0.0/8", GatewayId=network.gateway)
    assert worded(ec2.create_route, RouteTableId=table, DestinationCidrBlock="1.0.0.0/8",
                 NetworkInterfaceId=interface) == (
        "RouteAlreadyExists", "The route identified by 1.0.0.0/8 already exists.")
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="1.0.0.0/8", NetworkInterfaceId=interface)
    route = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]
    # The interface hangs on nothing, so nobody would take the packets.
    assert (route["NetworkInterfaceId"], route["State"]) == (interface, "blackhole")
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="1.0.0.0/8")
    assert worded(ec2.delete_route, RouteTableId=table, DestinationCidrBlock="1.0.0.0/8")[0] == "InvalidRoute.NotFound"


def test_what_a_vpc_has_keeps_it(ec2):
    network = Network(ec2)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    assert worded(ec2.delete_vpc, VpcId=network.vpc) == (
        "DependencyViolation", f"The vpc '{network.vpc}' has dependencies and cannot be deleted.")
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    way_out = ec2.create_egress_only_internet_gateway(VpcId=network.vpc)["EgressOnlyInternetGateway"]
    assert worded(ec2.delete_vpc, VpcId=network.vpc)[0] == "DependencyViolation"
    ec2.delete_egress_only_internet_gateway(
        EgressOnlyInternetGatewayId=way_out["EgressOnlyInternetGatewayId"])
    ec2.delete_vpc(VpcId=network.vpc)


# Addresses, interfaces, NAT


def test_an_elastic_address_takes_the_place_of_the_first(ec2):
    instance = ec2.run_instances(ImageId=linux(ec2), InstanceType="m5.large", MinCount=1, MaxCount=1)["Instances"][0]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance["InstanceId"]])

    def shown():
        return ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]

    first = shown()["PublicIpAddress"]
    address = ec2.allocate_address(Domain="vpc")
    association = ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance["InstanceId"])[
        "AssociationId"]
    assert shown()["PublicIpAddress"] == address["PublicIp"] != first
    assert shown()["NetworkInterfaces"][0]["Association"]["PublicIp"] == address["PublicIp"]
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    assert shown()["PublicIpAddress"] == address["PublicIp"]
    assert worded(ec2.release_address, AllocationId=address["AllocationId"])[0] == "InvalidIPAddress.InUse"
    ec2.start_instances(InstanceIds=[instance["InstanceId"]])
    ec2.disassociate_address(AssociationId=association)
    assert shown()["PublicIpAddress"] not in (address["PublicIp"], first)
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance["InstanceId"])
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]
    ec2.release_address(AllocationId=address["AllocationId"])
    assert worded(ec2.describe_addresses, AllocationIds=[address["AllocationId"]])[0] == "InvalidAllocationID.NotFound"


def test_an_address_is_not_taken_away_unasked(ec2):
    network = Network(ec2)
    one, other = [ec2.create_network_interface(SubnetId=network.subnets[0])["NetworkInterface"]["NetworkInterfaceId"]
                  for _ in range(2)]
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=one)
    assert worded(ec2.associate_address, AllocationId=address, NetworkInterfaceId=other,
                 AllowReassociation=False)[0] == "Resource.AlreadyAssociated"
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=other)
    found, = ec2.describe_addresses(Filters=filters(network_interface_id=other))["Addresses"]
    assert found["AllocationId"] == address
    assert worded(ec2.associate_address, AllocationId=address) == (
        "MissingParameter", "Invalid request, expect InstanceId/NetworkId parameter.")


def test_an_address_needs_a_way_out(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = ec2.allocate_address()["AllocationId"]
    assert worded(ec2.associate_address, AllocationId=address, NetworkInterfaceId=interface) == (
        "Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")


def test_a_second_interface(ec2):
    subnet = ec2.describe_subnets(Filters=filters(availability_zone="us-east-1a"))["Subnets"][0]["SubnetId"]
    instance = ec2.run_instances(ImageId=linux(ec2), InstanceType="m5.large", MinCount=1, MaxCount=1,
                                 SubnetId=subnet)["Instances"][0]["InstanceId"]
    made = ec2.create_network_interface(SubnetId=subnet, Description="second", SecondaryPrivateIpAddressCount=2)
    interface = made["NetworkInterface"]
    assert (interface["Status"], len(interface["PrivateIpAddresses"])) == ("pending", 3)
    identity = interface["NetworkInterfaceId"]
    assert worded(ec2.attach_network_interface, NetworkInterfaceId=identity, InstanceId=instance, DeviceIndex=0)[0] == \
        "InvalidParameterValue"
    attachment = ec2.attach_network_interface(NetworkInterfaceId=identity, InstanceId=instance, DeviceIndex=1)[
        "AttachmentId"]
    assert worded(ec2.delete_network_interface, NetworkInterfaceId=identity)[1] == \
        f"Network interface '{identity}' is currently in use."
    shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["NetworkInterfaces"]
    assert [it["Attachment"]["DeviceIndex"] for it in shown] == [0, 1]
    primary = shown[0]["Attachment"]["AttachmentId"]
    assert worded(ec2.detach_network_interface, AttachmentId=primary)[0] == "OperationNotPermitted"
    for number in (2, 3):
        extra = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        attach = {"NetworkInterfaceId": extra, "InstanceId": instance, "DeviceIndex": number}
        if number == 2:
            ec2.attach_network_interface(**attach)
    assert worded(ec2.attach_network_interface, **attach) == (
        "AttachmentLimitExceeded", "Interface count 4 exceeds the limit for m5.large")
    ec2.detach_network_interface(AttachmentId=attachment)
    ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[identity])
    ec2.delete_network_interface(NetworkInterfaceId=identity)
    ec2.terminate_instances(InstanceIds=[instance])
    left = ec2.describe_network_interfaces(Filters=filters(status="available"))["NetworkInterfaces"]
    assert len(left) == 2


def test_addresses_and_attributes_of_an_interface(ec2):
    network = Network(ec2)
    interface = ec2.create_network_interface(SubnetId=network.subnets[0], PrivateIpAddress="10.0.0.10")[
        "NetworkInterface"]["NetworkInterfaceId"]
    given = ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.0.11"])
    assert given["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "10.0.0.11"}]
    assert worded(ec2.create_network_interface, SubnetId=network.subnets[0], PrivateIpAddress="10.0.0.11")[0] == \
        "InvalidIPAddress.InUse"
    before = ec2.describe_subnets(SubnetIds=[network.subnets[0]])["Subnets"][0]["AvailableIpAddressCount"]
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=["10.0.0.11"])
    after = ec2.describe_subnets(SubnetIds=[network.subnets[0]])["Subnets"][0]["AvailableIpAddressCount"]
    assert (before, after) == (249, 250)
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Description={"Value": "router"})
    shown = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    assert (shown["SourceDestCheck"], shown["Description"]) == (False, "router")
    assert worded(ec2.delete_subnet, SubnetId=network.subnets[0])[0] == "DependencyViolation"


def test_nat_through_the_waiters(ec2):
    network = Network(ec2)
    address = ec2.allocate_address()
    request = {"SubnetId": network.subnets[0], "AllocationId": address["AllocationId"], "ClientToken": "once"}
    gateway = ec2.create_nat_gateway(**request)["NatGateway"]["NatGatewayId"]
    assert ec2.create_nat_gateway(**request)["NatGateway"]["NatGatewayId"] == gateway
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[gateway])
    shown = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["NatGatewayAddresses"][0]
    assert (shown["PublicIp"], shown["Status"]) == (address["PublicIp"], "succeeded")
    interface = ec2.describe_network_interfaces(NetworkInterfaceIds=[shown["NetworkInterfaceId"]])[
        "NetworkInterfaces"][0]
    assert (interface["InterfaceType"], interface["RequesterManaged"]) == ("nat_gateway", True)
    assert worded(ec2.create_nat_gateway, SubnetId=network.subnets[0],
                 AllocationId=address["AllocationId"])[0] == "Resource.AlreadyAssociated"
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[gateway])
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=network.subnets[0])


# Walls


def test_acl_entries(ec2):
    network = Network(ec2)
    acl = ec2.create_network_acl(VpcId=network.vpc)["NetworkAcl"]
    assert [entry["RuleNumber"] for entry in acl["Entries"]] == [32767, 32767]
    entry = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 100, "Protocol": "6", "RuleAction": "allow",
             "Egress": False, "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 80, "To": 80}}
    ec2.create_network_acl_entry(**entry)
    assert worded(ec2.create_network_acl_entry, **entry)[0] == "NetworkAclEntryAlreadyExists"
    ec2.replace_network_acl_entry(**{**entry, "RuleAction": "deny"})
    found, = ec2.describe_network_acls(Filters=filters(entry__port_range__from="80"))["NetworkAcls"]
    assert [it["RuleAction"] for it in found["Entries"] if it["RuleNumber"] == 100] == ["deny"]
    default, = ec2.describe_network_acls(Filters=filters(vpc_id=network.vpc, default="true"))["NetworkAcls"]
    association = default["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl["NetworkAclId"])
    assert worded(ec2.delete_network_acl, NetworkAclId=acl["NetworkAclId"])[0] == "DependencyViolation"
    assert worded(ec2.delete_network_acl, NetworkAclId=default["NetworkAclId"])[0] == "InvalidParameterValue"
    ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Egress=False)
    assert worded(ec2.delete_network_acl_entry, NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Egress=False)[0] == \
        "InvalidNetworkAclEntry.NotFound"


def test_rules_change_in_place(ec2):
    network = Network(ec2)
    group = ec2.create_security_group(GroupName="web", Description="pages", VpcId=network.vpc)["GroupId"]
    pages = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[pages])["SecurityGroupRules"][0]
    pages["IpRanges"][0]["Description"] = "pages"
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[pages])
    identity = rule["SecurityGroupRuleId"]

    def shown():
        return ec2.describe_security_group_rules(SecurityGroupRuleIds=[identity])["SecurityGroupRules"][0]

    assert shown()["Description"] == "pages"
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{
        "SecurityGroupRuleId": identity,
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "CidrIpv6": "::/0"}}])
    assert (shown()["FromPort"], shown()["CidrIpv6"]) == (80, "::/0")
    assert "CidrIpv4" not in shown()
    assert worded(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[{
        "SecurityGroupRuleId": identity, "SecurityGroupRule": {"FromPort": 80, "ToPort": 81, "CidrIpv4": "1.1.1.1/32"}}
    ])[1] == "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."
    change = lambda **rule: worded(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[
        {"SecurityGroupRuleId": identity, "SecurityGroupRule": {"IpProtocol": "udp", "ToPort": 81, **rule}}])
    assert change(CidrIpv4="1.1.1.1/32") == (
        "InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    assert change(FromPort=80) == (
        "MissingParameter",
        "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId")
    assert change(FromPort=80, CidrIpv4="1.1.1.1/32", CidrIpv6="::/0") == (
        "InvalidParameterCombination",
        "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified")
    groups = ec2.get_security_groups_for_vpc(VpcId=network.vpc)["SecurityGroupForVpcs"]
    assert {it["GroupName"] for it in groups} == {"default", "web"}


def test_prefix_lists(ec2):
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2,
        Entries=[{"Cidr": "203.0.113.0/24", "Description": "here"}])["PrefixList"]
    identity = made["PrefixListId"]
    assert (made["State"], made["Version"]) == ("create-in-progress", 1)
    changed = ec2.modify_managed_prefix_list(
        PrefixListId=identity, CurrentVersion=1, AddEntries=[{"Cidr": "198.51.100.0/24"}])["PrefixList"]
    assert changed["Version"] == 2
    assert worded(ec2.modify_managed_prefix_list, PrefixListId=identity, CurrentVersion=1,
                 AddEntries=[{"Cidr": "1.0.0.0/8"}])[0] == "PrefixListVersionMismatch"
    assert worded(ec2.modify_managed_prefix_list, PrefixListId=identity, CurrentVersion=2,
                 AddEntries=[{"Cidr": "1.0.0.0/8"}])[0] == "PrefixListMaxEntriesExceeded"
    ec2.restore_managed_prefix_list_version(PrefixListId=identity, PreviousVersion=1, CurrentVersion=2)
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=identity)["Entries"]
    assert entries == [{"Cidr": "203.0.113.0/24", "Description": "here"}]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": identity}]}])
    users = ec2.get_managed_prefix_list_associations(PrefixListId=identity)["PrefixListAssociations"]
    assert [user["ResourceId"] for user in users] == [group]
    assert worded(ec2.delete_managed_prefix_list, PrefixListId=identity)[0] == "DependencyViolation"
    amazons = ec2.describe_managed_prefix_lists(Filters=filters(owner_id="AWS"))["PrefixLists"]
    assert "com.amazonaws.us-east-1.s3" in [it["PrefixListName"] for it in amazons]


def test_dhcp_options(ec2):
    options = ec2.create_dhcp_options(DhcpConfigurations=[
        {"Key": "domain-name", "Values": ["example.com"]}])["DhcpOptions"]["DhcpOptionsId"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    assert worded(ec2.delete_dhcp_options, DhcpOptionsId=options)[0] == "DependencyViolation"
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == "default"
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    assert worded(ec2.create_dhcp_options, DhcpConfigurations=[{"Key": "nonsense", "Values": ["x"]}])[0] == \
        "InvalidParameterValue"


# Services and peers


def test_gateway_endpoints_are_routes(ec2):
    network = Network(ec2)
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3",
                                       RouteTableIds=[table])["VpcEndpoint"]
    assert (endpoint["VpcEndpointType"], endpoint["State"]) == ("Gateway", "available")
    lists = ec2.describe_prefix_lists(Filters=filters(prefix_list_name="com.amazonaws.us-east-1.s3"))["PrefixLists"]
    route = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]
    assert (route["GatewayId"], route["DestinationPrefixListId"]) == (
        endpoint["VpcEndpointId"], lists[0]["PrefixListId"])
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=[table])
    assert len(ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]) == 1
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    assert answer["Unsuccessful"][0]["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    assert worded(ec2.create_vpc_endpoint, VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.nope")[0] == \
        "InvalidServiceName"


def test_interface_endpoints_are_interfaces(ec2):
    network = Network(ec2)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    request = {"VpcId": network.vpc, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ssm"}
    endpoint = ec2.create_vpc_endpoint(**request, SubnetIds=network.subnets)["VpcEndpoint"]
    assert endpoint["DnsEntries"][-1]["DnsName"] == "ssm.us-east-1.amazonaws.com"
    assert len(endpoint["NetworkInterfaceIds"]) == 2
    assert "conflicting DNS domain" in worded(ec2.create_vpc_endpoint, **request)[1]
    assert worded(ec2.delete_subnet, SubnetId=network.subnets[0])[0] == "DependencyViolation"
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], RemoveSubnetIds=network.subnets[:1])
    ec2.delete_subnet(SubnetId=network.subnets[0])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    ec2.delete_subnet(SubnetId=network.subnets[1])
    services = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])
    assert services["ServiceNames"] == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]


def test_peers_of_two_accounts(shared, ec2):
    account = fresh_account()
    other = shared.client("ec2", key=account, region="eu-west-1")
    mine = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    theirs = other.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    asked = ec2.create_vpc_peering_connection(VpcId=mine, PeerVpcId=theirs, PeerOwnerId=account,
                                              PeerRegion="eu-west-1")["VpcPeeringConnection"]
    identity = asked["VpcPeeringConnectionId"]
    assert asked["Status"]["Code"] == "initiating-request"
    assert worded(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=identity)[0] == "OperationNotPermitted"
    accepted = other.accept_vpc_peering_connection(VpcPeeringConnectionId=identity)["VpcPeeringConnection"]
    assert accepted["Status"]["Code"] == "active"
    shown, = ec2.describe_vpc_peering_connections(Filters=filters(status_code="active"))["VpcPeeringConnections"]
    assert shown["AccepterVpcInfo"]["CidrBlock"] == "10.1.0.0/16"
    other.delete_vpc_peering_connection(VpcPeeringConnectionId=identity)
    gone = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[identity])["VpcPeeringConnections"][0]
    assert gone["Status"] == {"Code": "deleted", "Message": f"Deleted by {account}"}


def test_peers_with_the_same_addresses_fail(ec2):
    one, other = [ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    identity = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)["VpcPeeringConnection"][
        "VpcPeeringConnectionId"]
    shown = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[identity])["VpcPeeringConnections"][0]
    assert shown["Status"]["Code"] == "failed"
    assert worded(ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=identity)[0] == "InvalidStateTransition"


def test_an_unanswered_request_expires(start):
    rig = start()
    ec2 = rig.client("ec2")
    one = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    identity = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)["VpcPeeringConnection"][
        "VpcPeeringConnectionId"]

    def code():
        found = ec2.describe_vpc_peering_connections(Filters=filters(vpc_peering_connection_id=identity))
        return [it["Status"]["Code"] for it in found["VpcPeeringConnections"]]

    assert code() == ["pending-acceptance"]
    rig.advance(7 * 24 * 3600 + 1)
    assert code() == ["expired"]
    rig.advance(2 * 3600 + 1)
    assert code() == []


# VPNs and logs, as recorded


def test_vpn_gateways_and_flow_logs_are_recorded(ec2):
    network = Network(ec2)
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]
    assert gateway["AmazonSideAsn"] == 64512
    ec2.attach_vpn_gateway(VpnGatewayId=gateway["VpnGatewayId"], VpcId=network.vpc)
    main, = ec2.describe_route_tables(Filters=filters(vpc_id=network.vpc))["RouteTables"]
    propagation = {"RouteTableId": main["RouteTableId"], "GatewayId": gateway["VpnGatewayId"]}
    answer = ec2.enable_vgw_route_propagation(**propagation)
    assert "GatewayId" in answer["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    shown = ec2.describe_route_tables(RouteTableIds=[main["RouteTableId"]])["RouteTables"][0]
    assert shown["PropagatingVgws"] == [{"GatewayId": gateway["VpnGatewayId"]}]
    ec2.detach_vpn_gateway(VpnGatewayId=gateway["VpnGatewayId"], VpcId=network.vpc)
    ec2.delete_vpn_gateway(VpnGatewayId=gateway["VpnGatewayId"])
    log = {"ResourceIds": [network.vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
           "LogDestination": "arn:aws:s3:::logs"}
    identity, = ec2.create_flow_logs(**log)["FlowLogIds"]
    assert ec2.create_flow_logs(**log)["Unsuccessful"][0]["Error"]["Code"] == "FlowLogAlreadyExists"
    assert ec2.describe_flow_logs(FlowLogIds=[identity])["FlowLogs"][0]["LogDestination"] == "arn:aws:s3:::logs"
    ec2.delete_flow_logs(FlowLogIds=[identity])
    assert worded(ec2.delete_flow_logs, FlowLogIds=[identity])[0] == "InvalidFlowLogId.NotFound"


def test_deleted_gateways_of_vpns_are_shown_for_an_hour_and_do_nothing_more(start):
    rig = start("--transitions", "instant")
    ec2 = rig.client("ec2")
    vpn = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    described = {"Type": "ipsec.1", "IpAddress": "203.0.113.1", "BgpAsn": 65000}
    customer = ec2.create_customer_gateway(**described)["CustomerGateway"]["CustomerGatewayId"]
    ec2.delete_vpn_gateway(VpnGatewayId=vpn)
    ec2.delete_customer_gateway(CustomerGatewayId=customer)

    def states():
        return [one["State"] for one in [*ec2.describe_vpn_gateways()["VpnGateways"],
                                         *ec2.describe_customer_gateways()["CustomerGateways"]]]

    assert states() == ["deleted", "deleted"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert worded(ec2.attach_vpn_gateway, VpnGatewayId=vpn, VpcId=vpc)[0] == "InvalidVpnGatewayID.NotFound"
    assert worded(ec2.delete_customer_gateway, CustomerGatewayId=customer)[0] == "InvalidCustomerGatewayID.NotFound"
    assert ec2.create_customer_gateway(**described)["CustomerGateway"]["CustomerGatewayId"] != customer
    rig.advance(3601)
    assert states() == ["available"]


# What all of it has in common


@pytest.mark.parametrize("operation, request_", [
    ("create_internet_gateway", {}),
    ("allocate_address", {}),
    ("create_managed_prefix_list", {"PrefixListName": "a", "AddressFamily": "IPv4", "MaxEntries": 1}),
    ("create_dhcp_options", {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["x"]}]}),
    ("create_vpn_gateway", {"Type": "ipsec.1"}),
    ("create_customer_gateway", {"Type": "ipsec.1", "IpAddress": "203.0.113.1", "BgpAsn": 65000}),
])
def test_a_dry_run_makes_nothing(ec2, operation, request_):
    code, _ = worded(getattr(ec2, operation), **request_, DryRun=True)
    assert code == "DryRunOperation"
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert ec2.describe_addresses()["Addresses"] == ec2.describe_vpn_gateways()["VpnGateways"] == []
    assert ec2.describe_customer_gateways()["CustomerGateways"] == []


def test_pages(ec2):
    for _ in range(12):
        ec2.create_internet_gateway()
    pages = ec2.get_paginator("describe_internet_gateways").paginate(PaginationConfig={"PageSize": 5})
    sizes = [len(page["InternetGateways"]) for page in pages]
    assert sizes == [5, 5, 3]
