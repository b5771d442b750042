"""Launch configurations of Auto Scaling, through the wire."""

import pytest
from conftest import fresh_account, image_of, worded


@pytest.fixture
def account():
    return fresh_account()


@pytest.fixture
def ec2(shared, account):
    return shared.client("ec2", key=account)


@pytest.fixture
def autoscaling(shared, account):
    return shared.client("autoscaling", key=account)


def test_what_a_launch_configuration_names_has_to_be_there(autoscaling, ec2):
    image = image_of(ec2)

    def make(**settings):
        autoscaling.create_launch_configuration(
            **{"LaunchConfigurationName": "lc", "ImageId": image, "InstanceType": "m5.large", **settings})

    def says(message, **settings):
        assert worded(make, **settings) == ("ValidationError", message)

    missing = "ami-0123456789abcdef0"
    says(f"AMI {missing} is invalid: The image id '[{missing}]' does not exist", ImageId=missing)
    says("The following supplied instance types do not exist: [m5.giant]", InstanceType="m5.giant")
    says("The key pair 'oregon.pem' does not exist", KeyName="oregon.pem")
    says("The security group 'sg-0123456789abcdef0' does not exist", SecurityGroups=["sg-0123456789abcdef0"])
    says("Must use either use group-id or group-name for all the security groups, not both at the same time",
         SecurityGroups=["sg-0123456789abcdef0", "default"])
    says('Value (free) for parameter price is invalid. "free" is an invalid spot instance price', SpotPrice="free")
    assert "snap-0123456789abcdef0" in worded(
        make, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}])[1]
    says("io9 is invalid. Valid volume types are standard, io1, gp2, st1, sc1 and gp3.",
         BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeType": "io9", "VolumeSize": 8}}])
    assert autoscaling.describe_launch_configurations()["LaunchConfigurations"] == []

    ec2.create_key_pair(KeyName="key")
    make(KeyName="key", SecurityGroups=["default"], SpotPrice="0.05", PlacementTenancy="default", BlockDeviceMappings=[
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeType": "gp3", "VolumeSize": 8, "Iops": 3000}}])
    kept, = autoscaling.describe_launch_configurations()["LaunchConfigurations"]
    assert (kept["KeyName"], kept["SecurityGroups"], kept["SpotPrice"]) == ("key", ["default"], "0.05")


def test_a_profile_has_to_be_there_where_policies_decide(start):
    rig = start("--auth", "enforce")
    image = image_of(rig.client("ec2"))
    autoscaling, iam = rig.client("autoscaling"), rig.client("iam")

    def make(profile):
        autoscaling.create_launch_configuration(
            LaunchConfigurationName=profile, ImageId=image, InstanceType="m5.large", IamInstanceProfile=profile)

    assert worded(make, "web") == ("ValidationError", "Invalid IamInstanceProfile: web")
    iam.create_instance_profile(InstanceProfileName="web")
    make("web")
