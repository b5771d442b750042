"""EC2 without instances: Regions, types, networks, security groups, key pairs, launch templates, images, tags."""

import base64
import json
import subprocess

import pytest
from conftest import error, fresh_account


def filters(**named):
    return [{"Name": name.replace("_", "-"), "Values": [values] if isinstance(values, str) else values}
            for name, values in named.items()]


# Regions, zones, types


def test_regions_and_zones(shared, ec2):
    regions = ec2.describe_regions()["Regions"]
    assert {"RegionName": "eu-west-1", "Endpoint": "ec2.eu-west-1.amazonaws.com",
            "OptInStatus": "opt-in-not-required"} in regions
    assert len(regions) == 17
    every = ec2.describe_regions(AllRegions=True, Filters=filters(opt_in_status="not-opted-in"))["Regions"]
    assert "ap-east-1" in [region["RegionName"] for region in every]
    zones = ec2.describe_availability_zones(ZoneNames=["us-east-1b"])["AvailabilityZones"]
    assert [(zone["ZoneId"], zone["State"], zone["ZoneType"]) for zone in zones] == [
        ("use1-az4", "available", "availability-zone")]
    assert zones[0]["Messages"] == []
    there = shared.client("ec2", region="eu-west-1")
    names = [zone["ZoneName"] for zone in there.describe_availability_zones()["AvailabilityZones"]]
    assert names == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert error(ec2.describe_availability_zones, ZoneNames=["us-east-1q"])[0] == "InvalidParameterValue"


def test_a_dry_run_changes_nothing(ec2):
    code, message, status = error(ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    assert (code, status) == ("DryRunOperation", 412)
    assert message == "Request would have succeeded, but DryRun flag is set."
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_instance_types_in_pages(ec2):
    pages = ec2.get_paginator("describe_instance_types").paginate(
        Filters=[{"Name": "processor-info.supported-architecture", "Values": ["arm64"]}])
    infos = [info for page in pages for info in page["InstanceTypes"]]
    assert len(infos) > 200
    assert all("arm64" in info["ProcessorInfo"]["SupportedArchitectures"] for info in infos)
    info = ec2.describe_instance_types(InstanceTypes=["m5.large"])["InstanceTypes"][0]
    assert info["VCpuInfo"]["DefaultVCpus"] == 2
    assert info["MemoryInfo"]["SizeInMiB"] == 8192
    assert info["EbsInfo"]["EbsOptimizedInfo"]["BaselineThroughputInMBps"] == 81.25
    assert info["NetworkInfo"]["NetworkCards"][0]["NetworkPerformance"] == "Up to 10 Gigabit"
    assert error(ec2.describe_instance_types, InstanceTypes=["m5.large", "x9.tiny"])[:2] == (
        "InvalidInstanceType", "The following supplied instance types do not exist: [x9.tiny]")


def test_offerings(ec2):
    offers = ec2.describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m5.large"]}])
    assert len(offers["InstanceTypeOfferings"]) == 5
    assert offers["InstanceTypeOfferings"][0]["Location"] == "us-east-1a"


def test_types_from_requirements(ec2):
    request = {
        "ArchitectureTypes": ["x86_64"],
        "VirtualizationTypes": ["hvm"],
        "InstanceRequirements": {
            "VCpuCount": {"Min": 4, "Max": 8},
            "MemoryMiB": {"Min": 16384},
            "InstanceGenerations": ["current"],
            "CpuManufacturers": ["intel"],
        },
    }
    pages = ec2.get_paginator("get_instance_types_from_instance_requirements").paginate(
        **request, PaginationConfig={"PageSize": 50})
    names = [info["InstanceType"] for page in pages for info in page["InstanceTypes"]]
    assert "m7i.xlarge" in names and "m7a.xlarge" not in names and names == sorted(names)
    request["InstanceRequirements"]["AllowedInstanceTypes"] = ["m7i.*"]
    request["InstanceRequirements"]["ExcludedInstanceTypes"] = ["m7i.metal"]
    assert error(ec2.get_instance_types_from_instance_requirements, **request)[0] == "InvalidParameterCombination"


# Networks


def test_an_account_begins_with_a_default_network(ec2):
    vpc, = ec2.describe_vpcs(Filters=filters(is_default="true"))["Vpcs"]
    subnets = ec2.describe_subnets(Filters=filters(vpc_id=vpc["VpcId"]))["Subnets"]
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {f"us-east-1{letter}" for letter in "abcdef"}
    assert all(subnet["MapPublicIpOnLaunch"] and subnet["DefaultForAz"] for subnet in subnets)
    gateway, = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}])[
        "InternetGateways"]
    table, = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"]
    assert [route["GatewayId"] for route in table["Routes"]] == ["local", gateway["InternetGatewayId"]]
    acl, = ec2.describe_network_acls()["NetworkAcls"]
    assert len(acl["Associations"]) == 6 and acl["IsDefault"]
    options, = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"]
    assert options["DhcpConfigurations"][0]["Key"] == "domain-name"
    attribute = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"][0]
    assert attribute["AttributeValues"] == [{"AttributeValue": vpc["VpcId"]}]
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_network_of_ones_own(ec2):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "mine"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]
    assert (vpc["State"], vpc["Tags"]) == ("available", [{"Key": "Name", "Value": "mine"}])
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["VpcId"]])
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", AvailabilityZoneId="use1-az1")["Subnet"]
    assert subnet["AvailableIpAddressCount"] == 251
    assert error(ec2.create_subnet, VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/25")[:2] == (
        "InvalidSubnet.Conflict", "The CIDR '10.0.1.0/25' conflicts with another subnet")
    assert error(ec2.create_subnet, VpcId=vpc["VpcId"], CidrBlock="10.9.0.0/24")[0] == "InvalidSubnet.Range"
    ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]["MapPublicIpOnLaunch"]
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": True})
    attribute = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"] == {"Value": True}
    assert error(ec2.delete_vpc, VpcId=vpc["VpcId"])[:2] == (
        "DependencyViolation", f"The vpc '{vpc['VpcId']}' has dependencies and cannot be deleted.")
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    assert error(ec2.describe_vpcs, VpcIds=[vpc["VpcId"]])[:2] == (
        "InvalidVpcID.NotFound", f"The vpc ID '{vpc['VpcId']}' does not exist")


def test_what_is_not_modeled_is_refused_by_name(ec2):
    code, message, _ = error(ec2.create_vpc, CidrBlock="10.0.0.0/16", Ipv4IpamPoolId="ipam-pool-1")
    assert code == "UnsupportedOperation" and "Ipv4IpamPoolId" in message


def test_unknown_filters_and_tokens_are_refused(ec2):
    assert error(ec2.describe_vpcs, Filters=filters(colour="red"))[:2] == (
        "InvalidParameterValue", "The filter 'colour' is invalid")
    assert error(ec2.describe_subnets, NextToken="forged")[0] == "InvalidNextToken"
    assert error(ec2.describe_subnets, SubnetIds=["vpc-12345678"])[0] == "InvalidSubnetID.Malformed"


def test_pages_of_subnets(ec2):
    pages = list(ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["Subnets"]) for page in pages] == [5, 1]


# Security groups


def test_security_groups(ec2):
    group = ec2.create_security_group(GroupName="web", Description="for the web")["GroupId"]
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
           "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[web])["SecurityGroupRules"]
    assert [rule.get("CidrIpv4") or rule["CidrIpv6"] for rule in rules] == ["0.0.0.0/0", "::/0"]
    ec2.authorize_security_group_ingress(GroupName="web", IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8")
    assert error(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[web])[:2] == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists')
    shown, = ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"]
    assert [permission["FromPort"] for permission in shown["IpPermissions"]] == [443, 22]
    assert shown["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0", "Description": "all"}]
    assert shown["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    assert "FromPort" not in shown["IpPermissionsEgress"][0]
    found = ec2.describe_security_groups(Filters=[{"Name": "ip-permission.cidr", "Values": ["10.*"]}])
    assert [it["GroupId"] for it in found["SecurityGroups"]] == [group]
    answer = ec2.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[rules[0]["SecurityGroupRuleId"]])
    assert answer["Return"] and answer["RevokedSecurityGroupRules"][0]["CidrIpv4"] == "0.0.0.0/0"
    assert len(ec2.describe_security_group_rules(Filters=filters(group_id=group))["SecurityGroupRules"]) == 3
    assert error(ec2.create_security_group, GroupName="web", Description="x")[0] == "InvalidGroup.Duplicate"
    ec2.delete_security_group(GroupId=group)
    assert error(ec2.describe_security_groups, GroupIds=[group])[:2] == (
        "InvalidGroup.NotFound", f"The security group '{group}' does not exist")


def test_the_default_group_stays(ec2):
    group, = ec2.describe_security_groups()["SecurityGroups"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert error(ec2.delete_security_group, GroupId=group["GroupId"])[0] == "CannotDelete"


# Key pairs


def public_half(tmp_path, material):
    path = tmp_path / "key"
    path.write_text(material + "\n")
    path.chmod(0o600)
    return subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("key_type", ["rsa", "ed25519"])
def test_ssh_takes_a_key_pair(ec2, tmp_path, key_type):
    made = ec2.create_key_pair(KeyName="mine", KeyType=key_type)
    shown, = ec2.describe_key_pairs(KeyNames=["mine"], IncludePublicKey=True)["KeyPairs"]
    assert public_half(tmp_path, made["KeyMaterial"])[:2] == shown["PublicKey"].split()[:2]
    assert shown["KeyFingerprint"] == made["KeyFingerprint"]
    if key_type == "rsa":
        der = subprocess.run(["openssl", "pkcs8", "-in", tmp_path / "key", "-topk8", "-nocrypt", "-outform", "DER"],
                             capture_output=True, check=True).stdout
        digest = subprocess.run(["openssl", "sha1", "-c"], input=der, capture_output=True, check=True).stdout.decode()
        assert digest.split()[-1] == made["KeyFingerprint"]
        subprocess.run(["openssl", "rsa", "-in", tmp_path / "key", "-check", "-noout"], capture_output=True, check=True)
    else:
        line = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "key"], capture_output=True, text=True, check=True)
        assert line.stdout.split()[1] == "SHA256:" + made["KeyFingerprint"].rstrip("=")
    assert error(ec2.create_key_pair, KeyName="mine")[0] == "InvalidKeyPair.Duplicate"
    ec2.delete_key_pair(KeyName="mine")
    assert error(ec2.describe_key_pairs, KeyNames=["mine"])[:2] == (
        "InvalidKeyPair.NotFound", "The key pair 'mine' does not exist")


def test_key_pairs_are_imported(ec2, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own"], check=True)
    public = (tmp_path / "own.pub").read_bytes()
    made = ec2.import_key_pair(KeyName="own", PublicKeyMaterial=public)
    line = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "own"], capture_output=True, text=True, check=True)
    assert line.stdout.split()[1] == "SHA256:" + made["KeyFingerprint"].rstrip("=")
    assert error(ec2.import_key_pair, KeyName="no", PublicKeyMaterial=b"nonsense")[0] == "InvalidKey.Format"


# Launch templates


def test_launch_templates(ec2):
    data = {
        "ImageId": "ami-0123456789abcdef0",
        "InstanceType": "t3.micro",
        "UserData": base64.b64encode(b"#!/bin/sh").decode(),
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": ["sg-12345678"]}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        "MetadataOptions": {"HttpTokens": "required"},
    }
    made = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, VersionDescription="first",
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "k", "Value": "v"}]}])["LaunchTemplate"]
    assert (made["DefaultVersionNumber"], made["LatestVersionNumber"]) == (1, 1)
    assert made["CreatedBy"].endswith(":root") and made["Tags"] == [{"Key": "k", "Value": "v"}]
    shown, = ec2.describe_launch_template_versions(LaunchTemplateName="web")["LaunchTemplateVersions"]
    assert shown["LaunchTemplateData"] == data
    assert shown["VersionDescription"] == "first"
    second = ec2.create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="$Latest", LaunchTemplateData={"InstanceType": "m5.large"})
    second = second["LaunchTemplateVersion"]
    assert second["VersionNumber"] == 2 and not second["DefaultVersion"]
    assert second["LaunchTemplateData"] == {**data, "InstanceType": "m5.large"}
    ec2.modify_launch_template(LaunchTemplateId=made["LaunchTemplateId"], DefaultVersion="2")
    answer = ec2.delete_launch_template_versions(LaunchTemplateName="web", Versions=["1", "2", "5"])
    assert [it["VersionNumber"] for it in answer["SuccessfullyDeletedLaunchTemplateVersions"]] == [1]
    assert [it["ResponseError"]["Code"] for it in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]] == [
        "unexpectedError", "launchTemplateVersionDoesNotExist"]
    found = ec2.describe_launch_template_versions(
        Versions=["$Default"], Filters=filters(instance_type="m5.*"))["LaunchTemplateVersions"]
    assert [it["VersionNumber"] for it in found] == [2]
    ec2.delete_launch_template(LaunchTemplateName="web")
    assert error(ec2.describe_launch_templates, LaunchTemplateIds=[made["LaunchTemplateId"]])[:2] == (
        "InvalidLaunchTemplateId.NotFound",
        f"The specified launch template, with template ID {made['LaunchTemplateId']}, does not exist.")


def test_a_template_of_requirements(ec2):
    requirements = {"VCpuCount": {"Min": 2, "Max": 4}, "MemoryMiB": {"Min": 4096}, "BurstablePerformance": "included"}
    ec2.create_launch_template(LaunchTemplateName="abs", LaunchTemplateData={"InstanceRequirements": requirements})
    shown, = ec2.describe_launch_template_versions(LaunchTemplateName="abs")["LaunchTemplateVersions"]
    assert shown["LaunchTemplateData"] == {"InstanceRequirements": requirements}
    both = {"InstanceRequirements": requirements, "InstanceType": "t3.micro"}
    assert error(ec2.create_launch_template, LaunchTemplateName="both", LaunchTemplateData=both)[0] == (
        "InvalidParameterCombination")


# Images and tags


def test_the_newest_image_is_found(ec2):
    images = ec2.describe_images(
        Owners=["amazon"], Filters=filters(name="al2023-ami-2023.*-x86_64", state="available"))["Images"]
    newest = max(images, key=lambda image: image["CreationDate"])
    assert newest["ImageOwnerAlias"] == "amazon" and newest["RootDeviceName"] == "/dev/xvda"
    assert newest["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "gp3"
    assert ec2.describe_images(ImageIds=[newest["ImageId"]])["Images"] == [newest]
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    assert error(ec2.describe_images, ImageIds=["ami-12345678"])[:2] == (
        "InvalidAMIID.NotFound", "The image id '[ami-12345678]' does not exist")


def test_tags_of_everything(ec2):
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    ec2.create_tags(Resources=[vpc, subnet], Tags=[{"Key": "Name", "Value": "x"}, {"Key": "empty", "Value": ""}])
    tags = ec2.describe_tags(Filters=filters(resource_type="subnet"))["Tags"]
    assert {(tag["Key"], tag["Value"], tag["ResourceId"]) for tag in tags} == {("Name", "x", subnet), ("empty", "", subnet)}
    assert ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["x"]}])["Subnets"][0]["SubnetId"] == subnet
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name"}])
    assert ec2.describe_vpcs()["Vpcs"][0]["Tags"] == [{"Key": "empty", "Value": ""}]
    code, message, _ = error(ec2.create_tags, Resources=[vpc], Tags=[{"Key": "aws:x", "Value": "y"}])
    assert code == "InvalidParameterValue" and "reserved for internal use" in message


def test_accounts_do_not_see_each_other(shared, ec2):
    group = ec2.create_security_group(GroupName="mine", Description="x")["GroupId"]
    other = shared.client("ec2", key=fresh_account())
    assert error(other.describe_security_groups, GroupIds=[group])[0] == "InvalidGroup.NotFound"


# The AWS CLI


def test_the_command_line(shared):
    vpc = json.loads(shared.aws("ec2", "create-vpc", "--cidr-block", "10.77.0.0/16", "--output", "json").stdout)["Vpc"]
    shared.aws("ec2", "create-tags", "--resources", vpc["VpcId"], "--tags", "Key=Name,Value=cli")
    found = shared.aws("ec2", "describe-vpcs", "--filters", "Name=tag:Name,Values=cli", "--query", "Vpcs[].VpcId",
                       "--output", "text")
    assert found.stdout.strip() == vpc["VpcId"]
    shared.aws("ec2", "delete-vpc", "--vpc-id", vpc["VpcId"])
    gone = shared.aws("ec2", "describe-vpcs", "--vpc-ids", vpc["VpcId"], check=False)
    assert gone.returncode != 0 and "InvalidVpcID.NotFound" in gone.stderr


def test_a_template_from_an_instance(ec2):
    image = ec2.describe_images(Owners=["amazon"], Filters=filters(name="al2023-ami-2023.*-x86_64"))["Images"][0]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}]
    instance, = ec2.run_instances(ImageId=image["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1,
                                  TagSpecifications=tags)["Instances"]
    data = ec2.get_launch_template_data(InstanceId=instance["InstanceId"])["LaunchTemplateData"]
    assert (data["ImageId"], data["InstanceType"]) == (image["ImageId"], "t3.micro")
    assert data["TagSpecifications"] == tags
    assert data["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 8
    assert data["NetworkInterfaces"][0]["SubnetId"] == instance["SubnetId"]
    made = ec2.create_launch_template(LaunchTemplateName="again", LaunchTemplateData={"InstanceType": data["InstanceType"]})
    assert made["LaunchTemplate"]["LatestVersionNumber"] == 1
    interface, = ec2.describe_network_interfaces(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}])["NetworkInterfaces"]
    assert interface["PrivateIpAddress"] == instance["PrivateIpAddress"]
    group, = ec2.describe_security_groups()["SecurityGroups"]
    assert interface["Groups"] == [{"GroupId": group["GroupId"], "GroupName": "default"}]
    assert error(ec2.delete_subnet, SubnetId=instance["SubnetId"])[0] == "DependencyViolation"
