"""What of an instance's launch can be changed afterwards, and found by."""

import pytest
from conftest import error, image_of, worded


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


def launch(ec2, kind="m5.large", **more):
    made = ec2.run_instances(ImageId=image_of(ec2), InstanceType=kind, MinCount=1, MaxCount=1, **more)
    return made["Instances"][0]["InstanceId"]


def test_tokens_have_an_end(ec2):
    launch(ec2, ClientToken="a" * 64)
    code, message = worded(launch, ec2, ClientToken="a" * 65)
    assert code == "InvalidParameterValue" and message.startswith(f"Value ({'a' * 65}) for parameter clientToken is invalid.")
    assert error(ec2.allocate_hosts, ClientToken="é", InstanceType="m5.large", AvailabilityZone="us-east-1a",
                 Quantity=1)[0] == "InvalidParameterValue"
