"""Instances that hibernate, alone and in the warm pool of a group, through the wire."""

import pytest
from conftest import image_of, worded
from test_autoscaling import create, group_of, template_of


@pytest.fixture
def rig(start):
    return start("--transitions", "realistic")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


@pytest.fixture
def autoscaling(rig):
    return rig.client("autoscaling")


ENCRYPTED = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 30, "VolumeType": "gp3"}}]


def run(ec2, instance_type="m5.large", hibernates=True, **settings):
    settings = {"BlockDeviceMappings": ENCRYPTED, **settings}
    made = ec2.run_instances(
        ImageId=image_of(ec2), InstanceType=instance_type, MinCount=1, MaxCount=1,
        HibernationOptions={"Configured": hibernates}, **settings)
    return made["Instances"][0]["InstanceId"]


def look(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def test_only_what_meets_the_prerequisites_is_launched_to_hibernate(ec2):
    code = "UnsupportedHibernationConfiguration"
    unencrypted = (code, "For hibernation, the root device volume must be encrypted.")
    assert worded(run, ec2, BlockDeviceMappings=[]) == unencrypted
    assert worded(run, ec2, "m5.metal")[0] == code
    assert worded(run, ec2, "r5.24xlarge")[0] == code
    slow = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 30, "VolumeType": "standard"}}]
    assert worded(run, ec2, BlockDeviceMappings=slow)[0] == code
    ec2.enable_ebs_encryption_by_default()
    assert look(ec2, run(ec2, BlockDeviceMappings=[]))["HibernationOptions"] == {"Configured": True}


def test_an_instance_hibernates_and_comes_back(rig, ec2):
    awake, able = run(ec2, hibernates=False), run(ec2)
    rig.advance(300)
    assert worded(ec2.stop_instances, InstanceIds=[awake], Hibernate=True)[0] == "UnsupportedHibernationConfiguration"
    ec2.stop_instances(InstanceIds=[able], Hibernate=True)
    rig.advance(59)
    seen = look(ec2, able)
    assert (seen["State"]["Name"], seen["StateReason"]["Code"]) == ("stopping", "Client.UserInitiatedHibernate")
    rig.advance(125)
    found = ec2.describe_instances(Filters=[{"Name": "state-reason-code", "Values": ["Client.UserInitiatedHibernate"]}])
    assert [one["InstanceId"] for group in found["Reservations"] for one in group["Instances"]] == [able]
    assert look(ec2, able)["State"]["Name"] == "stopped"
    ec2.start_instances(InstanceIds=[able])
    rig.advance(59)
    assert look(ec2, able)["State"]["Name"] == "pending"
    rig.advance(125)
    assert look(ec2, able)["State"]["Name"] == "running"
    ec2.stop_instances(InstanceIds=[able])
    rig.advance(50)
    assert look(ec2, able)["State"]["Name"] == "stopped"
    assert look(ec2, able)["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_a_spot_instance_is_not_sent_to_sleep_by_its_user(rig, ec2):
    spot = run(ec2, InstanceMarketOptions={"MarketType": "spot", "SpotOptions": {
        "SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop"}})
    rig.advance(60)
    assert worded(ec2.stop_instances, InstanceIds=[spot], Hibernate=True)[0] == "UnsupportedOperation"


def test_a_warm_pool_hibernates(rig, autoscaling, ec2):
    template = {"LaunchTemplateId": template_of(ec2, BlockDeviceMappings=ENCRYPTED), "Version": "$Latest"}
    create(autoscaling, ec2, DesiredCapacity=1, MaxSize=3, LaunchTemplate=template)
    rig.advance(60)
    autoscaling.put_warm_pool(AutoScalingGroupName="web", PoolState="Hibernated", InstanceReusePolicy={"ReuseOnScaleIn": True})
    rig.advance(400)
    pool = autoscaling.describe_warm_pool(AutoScalingGroupName="web")
    assert pool["WarmPoolConfiguration"]["PoolState"] == "Hibernated"
    assert [one["LifecycleState"] for one in pool["Instances"]] == ["Warmed:Hibernated"] * 2
    asleep = {one["InstanceId"] for one in pool["Instances"]}
    assert all(look(ec2, one)["StateReason"]["Code"] == "Client.UserInitiatedHibernate" for one in asleep)
    # What was launched before the pool cannot hibernate, and is stopped when it comes back.
    before, = [one["InstanceId"] for one in group_of(autoscaling)["Instances"]]
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    rig.advance(400)
    assert {one["InstanceId"] for one in group_of(autoscaling)["Instances"]} == asleep | {before}
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
    rig.advance(400)
    back = {one["InstanceId"]: one["LifecycleState"]
            for one in autoscaling.describe_warm_pool(AutoScalingGroupName="web")["Instances"]}
    assert back == {before: "Warmed:Stopped", **dict.fromkeys(asleep, "Warmed:Hibernated")}


def test_a_group_whose_root_volumes_are_not_encrypted_gets_no_pool_that_hibernates(autoscaling, ec2):
    create(autoscaling, ec2)
    refused = worded(autoscaling.put_warm_pool, AutoScalingGroupName="web", PoolState="Hibernated")
    assert refused == ("ValidationError", "For hibernation, the root device volume must be encrypted.")
    assert autoscaling.describe_warm_pool(AutoScalingGroupName="web")["Instances"] == []
    assert "WarmPoolConfiguration" not in group_of(autoscaling)
