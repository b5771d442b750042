"""Images that accounts make, through the wire."""

from datetime import timedelta

from conftest import fresh_account, worded


def instance(ec2, **named):
    if "ImageId" not in named:
        named["ImageId"] = ec2.describe_images(Owners=["amazon"], Filters=[
            {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}])["Images"][0]["ImageId"]
    return ec2.run_instances(InstanceType="m5.large", MinCount=1, MaxCount=1, **named)["Instances"][0]["InstanceId"]


def test_an_image_of_an_instance(ec2):
    machine = instance(ec2, BlockDeviceMappings=[
        {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}])
    identity = ec2.create_image(
        InstanceId=machine, Name="golden", Description="as made", NoReboot=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"DeleteOnTermination": False}}],
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]},
                           {"ResourceType": "snapshot", "Tags": [{"Key": "c", "Value": "d"}]}])["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[identity])
    image, = ec2.describe_images(Owners=["self"])["Images"]
    assert (image["Name"], image["SourceInstanceId"], image["Architecture"]) == ("golden", machine, "x86_64")
    assert image["Tags"] == [{"Key": "a", "Value": "b"}] and image["Public"] is False
    mappings = {it["DeviceName"]: it["Ebs"] for it in image["BlockDeviceMappings"]}
    assert (mappings["/dev/sdb"]["VolumeSize"], mappings["/dev/sdb"]["DeleteOnTermination"]) == (20, False)
    snapshots = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert {it["SnapshotId"] for it in snapshots} == {ebs["SnapshotId"] for ebs in mappings.values()}
    assert snapshots[0]["Description"] == f"Created by CreateImage({machine}) for {identity}"
    assert snapshots[0]["Tags"] == [{"Key": "c", "Value": "d"}]
    assert worded(ec2.create_image, InstanceId=machine, Name="golden")[0] == "InvalidAMIName.Duplicate"
    assert worded(ec2.create_image, InstanceId=machine, Name="50%")[0] == "InvalidAMIName.Malformed"
    again = instance(ec2, ImageId=identity)
    volumes = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [again]}])["Volumes"]
    assert sorted(it["Size"] for it in volumes) == [8, 20]
    assert {it["SnapshotId"] for it in volumes} == {it["SnapshotId"] for it in snapshots}


def test_an_image_takes_as_long_as_its_snapshots(start):
    rig = start()
    ec2 = rig.client("ec2")
    machine = instance(ec2)
    rig.advance(60)
    identity = ec2.create_image(InstanceId=machine, Name="golden")["ImageId"]
    image, = ec2.describe_images(ImageIds=[identity])["Images"]
    assert image["State"] == "pending"
    assert worded(instance, ec2, ImageId=identity)[0] == "InvalidAMIID.Unavailable"
    rig.advance(181)
    assert ec2.describe_images(ImageIds=[identity])["Images"][0]["State"] == "available"


def test_snapshots_of_images_stay(ec2):
    identity = ec2.create_image(InstanceId=instance(ec2), Name="golden")["ImageId"]
    snapshot = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][0]["SnapshotId"]
    assert worded(ec2.delete_snapshot, SnapshotId=snapshot) == (
        "InvalidSnapshot.InUse", f"The snapshot {snapshot} is currently in use by {identity}")
    ec2.deregister_image(ImageId=identity)
    assert worded(ec2.describe_images, ImageIds=[identity])[0] == "InvalidAMIID.NotFound"
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_an_image_goes_with_its_snapshots(ec2):
    identity = ec2.create_image(InstanceId=instance(ec2), Name="golden")["ImageId"]
    ec2.enable_image_deregistration_protection(ImageId=identity)
    assert worded(ec2.deregister_image, ImageId=identity)[0] == "OperationNotPermitted"
    ec2.disable_image_deregistration_protection(ImageId=identity)
    answer = ec2.deregister_image(ImageId=identity, DeleteAssociatedSnapshots=True)
    assert [it["ReturnCode"] for it in answer["DeleteSnapshotResults"]] == ["success"]
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_an_image_of_a_snapshot(ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=12)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    request = {"Name": "built", "Architecture": "arm64", "VirtualizationType": "hvm", "EnaSupport": True,
               "RootDeviceName": "/dev/xvda", "ImdsSupport": "v2.0", "BootMode": "uefi"}
    assert worded(ec2.register_image, **request) == (
        "InvalidBlockDeviceMapping", "No root snapshot specified in device mapping.")
    identity = ec2.register_image(**request, BlockDeviceMappings=[
        {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeType": "gp3"}}])["ImageId"]
    image, = ec2.describe_images(ImageIds=[identity])["Images"]
    assert (image["ImdsSupport"], image["BootMode"], image["State"]) == ("v2.0", "uefi", "available")
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 12
    assert worded(instance, ec2, ImageId=identity)[0] == "InvalidParameterValue"


def test_images_are_copied_between_regions(shared):
    account = fresh_account()
    here, there = shared.client("ec2", key=account), shared.client("ec2", key=account, region="eu-west-1")
    source = here.create_image(InstanceId=instance(here), Name="golden")["ImageId"]
    here.create_tags(Resources=[source], Tags=[{"Key": "team", "Value": "a"}])
    request = {"SourceRegion": "us-east-1", "SourceImageId": source, "Name": "copied", "Encrypted": True,
               "ClientToken": "once", "CopyImageTags": True}
    copy = there.copy_image(**request)["ImageId"]
    assert there.copy_image(**request)["ImageId"] == copy
    image, = there.describe_images(ImageIds=[copy])["Images"]
    assert (image["SourceImageId"], image["SourceImageRegion"]) == (source, "us-east-1")
    assert image["Tags"] == [{"Key": "team", "Value": "a"}]
    assert image["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    public = here.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    there.copy_image(SourceRegion="us-east-1", SourceImageId=public, Name="of-a-public-one")


def test_images_are_shared(shared, ec2):
    account = fresh_account()
    other = shared.client("ec2", key=account)
    identity = ec2.create_image(InstanceId=instance(ec2), Name="golden")["ImageId"]
    assert worded(other.describe_images, ImageIds=[identity])[0] == "InvalidAMIID.NotFound"
    ec2.modify_image_attribute(ImageId=identity, LaunchPermission={"Add": [{"UserId": account}]})
    shown = ec2.describe_image_attribute(ImageId=identity, Attribute="launchPermission")["LaunchPermissions"]
    assert shown == [{"UserId": account}]
    assert [it["ImageId"] for it in other.describe_images(ExecutableUsers=["self"])["Images"]] == [identity]
    instance(other, ImageId=identity)
    assert worded(other.deregister_image, ImageId=identity)[0] == "AuthFailure"
    assert worded(ec2.modify_image_attribute, ImageId=identity,
                 LaunchPermission={"Add": [{"UserId": "x"}]})[0] == "InvalidAMIAttributeItemValue"
    ec2.disable_image(ImageId=identity)
    assert worded(other.describe_images, ImageIds=[identity])[0] == "InvalidAMIID.NotFound"
    assert worded(instance, ec2, ImageId=identity)[0] == "InvalidAMIID.Unavailable"
    ec2.enable_image(ImageId=identity)
    instance(ec2, ImageId=identity)


def test_deprecated_images_are_shown_to_their_owner(start):
    rig = start("--transitions", "instant")
    ec2, other = rig.client("ec2"), rig.client("ec2", key=fresh_account())
    identity = ec2.create_image(InstanceId=instance(ec2), Name="golden")["ImageId"]
    ec2.modify_image_attribute(ImageId=identity, LaunchPermission={"Add": [{"Group": "all"}]})
    made = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"][0]["StartTime"]
    ec2.enable_image_deprecation(ImageId=identity, DeprecateAt=made + timedelta(hours=1))
    named = {"Filters": [{"Name": "name", "Values": ["golden"]}]}
    assert len(other.describe_images(**named)["Images"]) == 1
    rig.advance(2 * 3600)
    assert other.describe_images(**named)["Images"] == []
    assert len(other.describe_images(**named, IncludeDeprecated=True)["Images"]) == 1
    assert len(ec2.describe_images(**named)["Images"]) == 1
    ec2.disable_image_deprecation(ImageId=identity)
    assert len(other.describe_images(**named)["Images"]) == 1


def test_what_packer_does(ec2):
    """The calls of amazon-ebs in their order, as far as they go without a guest."""
    assert "us-east-1" in [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    assert ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["packed"]}])["Images"] == []
    ec2.create_key_pair(KeyName="packer")
    group = ec2.create_security_group(GroupName="packer", Description="Temporary group for Packer")["GroupId"]
    ec2.get_waiter("security_group_exists").wait(GroupIds=[group])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    machine = instance(ec2, KeyName="packer", SecurityGroupIds=[group])
    ec2.get_waiter("instance_running").wait(InstanceIds=[machine])
    ec2.stop_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[machine])
    identity = ec2.create_image(InstanceId=machine, Name="packed")["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[identity])
    image, = ec2.describe_images(ImageIds=[identity])["Images"]
    resources = [identity, *(it["Ebs"]["SnapshotId"] for it in image["BlockDeviceMappings"])]
    ec2.create_tags(Resources=resources, Tags=[{"Key": "Built", "Value": "by packer"}])
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[machine])
    assert ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine]}])["Volumes"] == []
    ec2.delete_security_group(GroupId=group)
    ec2.delete_key_pair(KeyName="packer")
