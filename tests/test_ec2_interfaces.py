"""Launches with several addresses and several network interfaces, as boto3 asks for them."""

import ipaddress

import pytest
from conftest import error, image_of


@pytest.fixture
def ec2(start):
    return start("--transitions", "instant").client("ec2")


@pytest.fixture
def subnet(ec2):
    """A subnet of a VPC with IPv6."""
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    [block] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    part = str(next(ipaddress.ip_network(block["Ipv6CidrBlock"]).subnets(new_prefix=64)))
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24", Ipv6CidrBlock=part, AvailabilityZone="us-east-1a")["Subnet"]


def run(ec2, count=1, instance_type="m5.large", **more):
    return ec2.run_instances(ImageId=image_of(ec2), InstanceType=instance_type, MinCount=count, MaxCount=count, **more)["Instances"]


def at(index, subnet, **more):
    return {"DeviceIndex": index, "SubnetId": subnet["SubnetId"], **more}


def interfaces(ec2, instance):
    """What DescribeInstances says of an instance's interfaces, by their index; DescribeNetworkInterfaces has to agree."""
    [shown] = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"]
    found = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}])
    theirs = {one["NetworkInterfaceId"]: one for one in found["NetworkInterfaces"]}
    for one in shown["NetworkInterfaces"]:
        other = theirs.pop(one["NetworkInterfaceId"])
        for key in ("PrivateIpAddress", "MacAddress", "SubnetId", "Groups", "SourceDestCheck"):
            assert one[key] == other[key]
        address = lambda each: [(it["PrivateIpAddress"], it["Primary"]) for it in each["PrivateIpAddresses"]]
        assert address(one) == address(other)
        assert one["Attachment"]["AttachmentId"] == other["Attachment"]["AttachmentId"]
    assert theirs == {}
    return {one["Attachment"]["DeviceIndex"]: one for one in shown["NetworkInterfaces"]}


def test_an_interface_has_the_addresses_it_was_asked_for(ec2, subnet):
    listed = [{"PrivateIpAddress": "10.7.1.20", "Primary": True}, {"PrivateIpAddress": "10.7.1.21", "Primary": False}]
    [instance] = run(ec2, NetworkInterfaces=[at(0, subnet, PrivateIpAddresses=listed, Ipv6AddressCount=2)])
    only = interfaces(ec2, instance)[0]
    assert instance["PrivateIpAddress"] == "10.7.1.20"
    assert [it["PrivateIpAddress"] for it in only["PrivateIpAddresses"]] == ["10.7.1.20", "10.7.1.21"]
    block = ipaddress.ip_network(subnet["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    addresses = [it["Ipv6Address"] for it in only["Ipv6Addresses"]]
    assert len(set(addresses)) == 2 and all(ipaddress.ip_address(it) in block for it in addresses)
    by_address = [{"Name": "ipv6-address", "Values": [addresses[0]]}]
    [found] = ec2.describe_instances(Filters=by_address)["Reservations"][0]["Instances"]
    assert found["InstanceId"] == instance["InstanceId"]
    free = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]["AvailableIpAddressCount"]
    assert free == subnet["AvailableIpAddressCount"] - 2


def test_addresses_are_drawn_where_only_their_number_is_given(ec2, subnet):
    launched = run(ec2, 3, NetworkInterfaces=[at(0, subnet, SecondaryPrivateIpAddressCount=2)])
    drawn = [it["PrivateIpAddress"] for one in launched for it in interfaces(ec2, one)[0]["PrivateIpAddresses"]]
    assert len(drawn) == len(set(drawn)) == 9
    [plain] = run(ec2, SubnetId=subnet["SubnetId"], Ipv6AddressCount=1)
    assert len(interfaces(ec2, plain)[0]["Ipv6Addresses"]) == 1
    [named] = run(ec2, SubnetId=subnet["SubnetId"], Ipv6Addresses=[{
        "Ipv6Address": subnet["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("::/64", "::7")}])
    assert interfaces(ec2, named)[0]["Ipv6Addresses"][0]["Ipv6Address"].endswith("::7")


def test_an_instance_has_several_interfaces_and_takes_those_it_made_along(ec2, subnet):
    group = ec2.create_security_group(GroupName="data", Description="data", VpcId=subnet["VpcId"])["GroupId"]
    kept = ec2.create_network_interface(SubnetId=subnet["SubnetId"], Description="kept")["NetworkInterface"]["NetworkInterfaceId"]
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "tier", "Value": "data"}]}]
    [instance] = run(ec2, TagSpecifications=tags, NetworkInterfaces=[
        at(0, subnet, Description="front"), at(1, subnet, Description="data", Groups=[group]),
        {"DeviceIndex": 2, "NetworkInterfaceId": kept}])
    found = interfaces(ec2, instance)
    assert [found[index]["Description"] for index in range(3)] == ["front", "data", "kept"]
    assert [it["GroupId"] for it in found[1]["Groups"]] == [group]
    assert found[2]["NetworkInterfaceId"] == kept
    tagged = ec2.describe_network_interfaces(Filters=[{"Name": "tag:tier", "Values": ["data"]}])["NetworkInterfaces"]
    assert {one["NetworkInterfaceId"] for one in tagged} == {found[0]["NetworkInterfaceId"], found[1]["NetworkInterfaceId"]}
    of_data = [{"Name": "network-interface.group-name", "Values": ["data"]}]
    assert len(ec2.describe_instances(Filters=of_data)["Reservations"]) == 1
    code, message, _ = error(ec2.modify_instance_attribute, InstanceId=instance["InstanceId"], Groups=[group])
    assert code == "InvalidInstanceID" and "multiple interfaces" in message
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    left = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [subnet["SubnetId"]]}])["NetworkInterfaces"]
    assert [(one["NetworkInterfaceId"], one["Status"]) for one in left] == [(kept, "available")]


def test_a_template_and_a_group_s_fleet_have_them_too(ec2, subnet):
    ec2.create_launch_template(LaunchTemplateName="two", LaunchTemplateData={
        "ImageId": image_of(ec2), "InstanceType": "m5.large", "NetworkInterfaces": [
            at(0, subnet, SecondaryPrivateIpAddressCount=1), at(1, subnet)]})
    [instance] = ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "two"}, MinCount=1, MaxCount=1)["Instances"]
    found = interfaces(ec2, instance)
    assert sorted(found) == [0, 1] and len(found[0]["PrivateIpAddresses"]) == 2


def test_what_does_not_go_together_is_refused(ec2, subnet):
    def refused(*given, **more):
        code, message, _ = error(run, ec2, NetworkInterfaces=list(given), **more)
        return code, message

    two = [{"PrivateIpAddress": "10.7.1.20", "Primary": True}]
    assert refused(at(1, subnet))[0] == "UnsupportedOperation"
    assert "unique device index" in refused(at(0, subnet), at(0, subnet))[1]
    assert refused(at(0, subnet), SubnetId=subnet["SubnetId"])[0] == "InvalidParameterCombination"
    assert refused(at(0, subnet, PrivateIpAddresses=two, PrivateIpAddress="10.7.1.30"))[0] == "InvalidParameterCombination"
    assert "cannot be specified when launching with multiple" in refused(
        at(0, subnet, AssociatePublicIpAddress=True), at(1, subnet))[1]
    # m5.large takes three interfaces with ten addresses each.
    assert refused(*(at(index, subnet) for index in range(4)))[0] == "AttachmentLimitExceeded"
    assert refused(at(0, subnet, SecondaryPrivateIpAddressCount=10))[0] == "PrivateIpAddressLimitExceeded"
    code, message, _ = error(run, ec2, 2, NetworkInterfaces=[at(0, subnet, PrivateIpAddresses=two)])
    assert code.startswith("InvalidParameter"), message
    plain = ec2.create_subnet(VpcId=subnet["VpcId"], CidrBlock="10.7.2.0/24")["Subnet"]
    assert refused(at(0, plain, Ipv6AddressCount=1))[0] == "InvalidParameterValue"
    taken = run(ec2, NetworkInterfaces=[at(0, subnet, PrivateIpAddress="10.7.1.40")])
    assert refused(at(0, subnet, PrivateIpAddress="10.7.1.40"))[0] == "InvalidIPAddress.InUse"
    of_other = interfaces(ec2, taken[0])[0]["NetworkInterfaceId"]
    assert refused({"DeviceIndex": 0, "NetworkInterfaceId": of_other})[0] == "InvalidNetworkInterface.InUse"
    assert len(ec2.describe_instances()["Reservations"]) == 1, "what was refused left nothing"
