"""Volumes and snapshots through the wire."""

import pytest
from conftest import fresh_account, worded

ZONE = "us-east-1a"


def volume(ec2, **named):
    return ec2.create_volume(**{"AvailabilityZone": ZONE, "Size": 8, **named})["VolumeId"]


def instance(ec2, zone=ZONE, **named):
    image = ec2.describe_images(Owners=["amazon"], Filters=[
        {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}])["Images"][0]["ImageId"]
    return ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1,
                             Placement={"AvailabilityZone": zone}, **named)["Instances"][0]["InstanceId"]


def test_a_volume_from_its_making_to_its_end(ec2):
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=40, VolumeType="gp3", Iops=4000, Throughput=250,
                             TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}])
    assert (made["State"], made["Iops"], made["Throughput"]) == ("creating", 4000, 250)
    identity = made["VolumeId"]
    ec2.get_waiter("volume_available").wait(VolumeIds=[identity])
    machine = instance(ec2)
    attached = ec2.attach_volume(VolumeId=identity, InstanceId=machine, Device="/dev/sdh")
    assert attached["State"] == "attaching"
    ec2.get_waiter("volume_in_use").wait(VolumeIds=[identity])
    shown = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    assert [it["DeviceName"] for it in shown["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdh"]
    assert worded(ec2.delete_volume, VolumeId=identity) == (
        "VolumeInUse", f"Volume {identity} is currently attached to {machine}")
    assert worded(ec2.attach_volume, VolumeId=identity, InstanceId=machine, Device="/dev/sdi")[0] == "VolumeInUse"
    other = volume(ec2)
    assert worded(ec2.attach_volume, VolumeId=other, InstanceId=machine, Device="/dev/sdh") == (
        "InvalidParameterValue",
        "Invalid value '/dev/sdh' for unixDevice. Attachment point /dev/sdh is already in use")
    ec2.detach_volume(VolumeId=identity)
    assert worded(ec2.detach_volume, VolumeId=identity) == (
        "IncorrectState", f"Volume '{identity}' is in the 'available' state.")
    ec2.delete_volume(VolumeId=identity)
    ec2.get_waiter("volume_deleted").wait(VolumeIds=[identity])


def test_a_volume_stays_in_its_zone(ec2):
    machine = instance(ec2, "us-east-1b")
    assert worded(ec2.attach_volume, VolumeId=volume(ec2), InstanceId=machine, Device="/dev/sdh")[0] == \
        "InvalidVolume.ZoneMismatch"


def test_root_volumes_are_detached_at_rest(ec2):
    machine = instance(ec2)
    root, = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine]}])["Volumes"]
    assert worded(ec2.detach_volume, VolumeId=root["VolumeId"])[0] == "OperationNotPermitted"
    ec2.stop_instances(InstanceIds=[machine])
    ec2.detach_volume(VolumeId=root["VolumeId"])


def test_what_is_left_behind(ec2):
    identity, machine = volume(ec2), instance(ec2)
    ec2.attach_volume(VolumeId=identity, InstanceId=machine, Device="/dev/sdh")
    ec2.terminate_instances(InstanceIds=[machine])
    left = ec2.describe_volumes()["Volumes"]
    assert [(it["VolumeId"], it["State"], it["Attachments"]) for it in left] == [(identity, "available", [])]


@pytest.mark.parametrize("request_, code", [
    ({"VolumeType": "gp9"}, "InvalidParameterValue"),
    ({"VolumeType": "gp3", "Iops": 100_000}, "InvalidParameterValue"),
    ({"VolumeType": "gp3", "Iops": 5_000}, "InvalidParameterValue"),
    ({"VolumeType": "gp3", "Throughput": 1_000}, "InvalidParameterValue"),
    ({"VolumeType": "io2"}, "MissingParameter"),
    ({"VolumeType": "st1"}, "InvalidParameterValue"),
    ({"VolumeType": "gp2", "Iops": 500}, "InvalidParameterCombination"),
    ({"AvailabilityZone": "us-east-1q"}, "InvalidParameterValue"),
    ({"SnapshotId": "snap-0123456789abcdef0"}, "InvalidSnapshot.NotFound"),
    ({"KmsKeyId": "k", "Encrypted": False}, "InvalidParameterDependency"),
])
def test_volumes_that_cannot_be(ec2, request_, code):
    assert worded(ec2.create_volume, **{"AvailabilityZone": ZONE, "Size": 8, **request_})[0] == code
    assert ec2.describe_volumes()["Volumes"] == []


def test_a_change_takes_its_time(start):
    rig = start()
    ec2 = rig.client("ec2")
    identity = volume(ec2, VolumeType="gp3")
    assert worded(ec2.modify_volume, VolumeId=identity, Size=20)[0] == "IncorrectState"
    rig.advance(10)

    def state():
        return ec2.describe_volumes_modifications(VolumeIds=[identity])["VolumesModifications"][0]["ModificationState"]

    assert worded(state)[0] == "InvalidVolumeModification.NotFound"
    changed = ec2.modify_volume(VolumeId=identity, Size=20, Iops=6000)["VolumeModification"]
    assert (changed["OriginalSize"], changed["TargetSize"], changed["TargetIops"]) == (8, 20, 6000)
    assert state() == "modifying"
    assert worded(ec2.modify_volume, VolumeId=identity, Size=30)[0] == "IncorrectModificationState"
    rig.advance(61)
    assert state() == "optimizing"
    rig.advance(420)
    assert state() == "completed"
    assert worded(ec2.modify_volume, VolumeId=identity, Size=30)[0] == "VolumeModificationRateExceeded"
    rig.advance(6 * 3600)
    assert worded(ec2.modify_volume, VolumeId=identity, Size=10) == (
        "InvalidParameterValue", "New size cannot be smaller than existing size")
    ec2.modify_volume(VolumeId=identity, VolumeType="gp2")
    assert ec2.describe_volumes(VolumeIds=[identity])["Volumes"][0]["Iops"] == 100


def test_a_snapshot_takes_its_time_and_gives_volumes(start):
    rig = start()
    ec2 = rig.client("ec2")
    source = volume(ec2)
    rig.advance(10)
    made = ec2.create_snapshot(VolumeId=source, Description="as it was")
    identity = made["SnapshotId"]
    assert made["State"] == "pending"
    assert worded(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=identity)[0] == "IncorrectState"
    rig.advance(181)
    shown = ec2.describe_snapshots(SnapshotIds=[identity])["Snapshots"][0]
    assert (shown["State"], shown["Progress"]) == ("completed", "100%")
    ec2.delete_volume(VolumeId=source)
    grown = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=identity, Size=16)
    assert (grown["Size"], grown["SnapshotId"]) == (16, identity)
    assert worded(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=identity, Size=4)[0] == "InvalidParameterValue"
    ec2.delete_snapshot(SnapshotId=identity)
    assert worded(ec2.describe_snapshots, SnapshotIds=[identity])[0] == "InvalidSnapshot.NotFound"


def test_snapshots_are_copied_between_regions(shared, ec2):
    account = fresh_account()
    here, there = shared.client("ec2", key=account), shared.client("ec2", key=account, region="eu-west-1")
    source = here.create_snapshot(VolumeId=volume(here))["SnapshotId"]
    copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=source, Encrypted=True)["SnapshotId"]
    shown = there.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    assert shown["Encrypted"] and shown["KmsKeyId"].startswith(f"arn:aws:kms:eu-west-1:{account}:key/")
    assert shown["Description"] == ""
    there.get_waiter("snapshot_completed").wait(SnapshotIds=[copy])


def test_snapshots_are_shared(shared, ec2):
    account = fresh_account()
    other = shared.client("ec2", key=account)
    identity = ec2.create_snapshot(VolumeId=volume(ec2))["SnapshotId"]
    assert worded(other.describe_snapshots, SnapshotIds=[identity])[0] == "InvalidSnapshot.NotFound"
    ec2.modify_snapshot_attribute(SnapshotId=identity, Attribute="createVolumePermission", OperationType="add",
                                  UserIds=[account])
    assert [it["SnapshotId"] for it in other.describe_snapshots(RestorableByUserIds=["self"])["Snapshots"]] == [identity]
    volume(other, SnapshotId=identity)
    assert worded(other.delete_snapshot, SnapshotId=identity)[0] == "InvalidSnapshot.NotFound"
    ec2.reset_snapshot_attribute(SnapshotId=identity, Attribute="createVolumePermission")
    assert worded(other.describe_snapshots, SnapshotIds=[identity])[0] == "InvalidSnapshot.NotFound"


def test_all_volumes_of_an_instance(ec2):
    machine = instance(ec2, TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "a"}]}])
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": machine}, CopyTagsFromSource="volume")["Snapshots"]
    assert [it["Tags"] for it in made] == [[{"Key": "team", "Value": "a"}]]
    none = ec2.create_snapshots(InstanceSpecification={"InstanceId": machine, "ExcludeBootVolume": True})["Snapshots"]
    assert none == []


def test_encryption_by_default(ec2):
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.enable_ebs_encryption_by_default()
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=8)
    assert made["Encrypted"] and made["KmsKeyId"].startswith("arn:aws:kms:us-east-1:")
    machine = instance(ec2)
    root, = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [machine]}])["Volumes"]
    assert root["Encrypted"] and root["KmsKeyId"] == made["KmsKeyId"]
    key = "arn:aws:kms:us-east-1:111122223333:key/k"
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=8)["KmsKeyId"] == key
    ec2.disable_ebs_encryption_by_default()
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=8)["Encrypted"] is False


def test_status_and_attributes(ec2):
    identity = volume(ec2)
    status, = ec2.describe_volume_status(VolumeIds=[identity])["VolumeStatuses"]
    assert status["VolumeStatus"]["Status"] == "ok"
    ec2.modify_volume_attribute(VolumeId=identity, AutoEnableIO={"Value": True})
    assert ec2.describe_volume_attribute(VolumeId=identity, Attribute="autoEnableIO")["AutoEnableIO"]["Value"] is True


def test_a_token_makes_one_volume(ec2):
    request = {"AvailabilityZone": ZONE, "Size": 8, "ClientToken": "once"}
    assert ec2.create_volume(**request)["VolumeId"] == ec2.create_volume(**request)["VolumeId"]
    assert worded(ec2.create_volume, **{**request, "Size": 9})[0] == "IdempotentParameterMismatch"
    assert worded(ec2.create_volume, AvailabilityZone=ZONE, Size=8, DryRun=True)[0] == "DryRunOperation"
    assert len(ec2.describe_volumes()["Volumes"]) == 1


def test_volumes_are_charged_for(start):
    rig = start("--transitions", "instant")
    ec2 = rig.client("ec2")
    identity = volume(ec2, Size=100, VolumeType="gp3", Iops=4000)
    rig.advance(730 * 3600)
    ec2.delete_volume(VolumeId=identity)
    bill = rig.run("bill").stdout
    assert "EBS:VolumeUsage.gp3" in bill and "EBS:VolumeP-IOPS.gp3" in bill
