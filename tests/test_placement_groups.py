"""Placement groups with boto3: made, described, tagged and deleted."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2", region="us-east-1")


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def test_groups_are_made_described_tagged_and_deleted(ec2):
    tags = [{"Key": "team", "Value": "blue"}]
    made = ec2.create_placement_group(GroupName="near", Strategy="cluster", TagSpecifications=[
        {"ResourceType": "placement-group", "Tags": tags}])["PlacementGroup"]
    assert made["GroupArn"] == "arn:aws:ec2:us-east-1:123456789012:placement-group/near" and made["GroupId"].startswith("pg-")
    assert (made["State"], made["Tags"], "PartitionCount" in made) == ("available", tags, False)
    ec2.create_placement_group(GroupName="parts", Strategy="partition", PartitionCount=3)
    ec2.create_placement_group(GroupName="apart", Strategy="spread")

    def named(**parameters):
        return [it["GroupName"] for it in ec2.describe_placement_groups(**parameters)["PlacementGroups"]]

    assert sorted(named()) == ["apart", "near", "parts"]
    assert named(GroupIds=[made["GroupId"]]) == named(GroupNames=["near"]) == ["near"]
    for name, value in (("strategy", "cluster"), ("group-arn", made["GroupArn"]), ("tag:team", "blue"), ("group-name", "ne*")):
        assert named(Filters=[{"Name": name, "Values": [value]}]) == ["near"], name
    assert named(Filters=[{"Name": "spread-level", "Values": ["rack"]}]) == ["apart"]
    ec2.create_tags(Resources=[made["GroupId"]], Tags=[{"Key": "team", "Value": "red"}])
    assert named(Filters=[{"Name": "tag:team", "Values": ["red"]}]) == ["near"]
    assert refused(ec2.create_placement_group, GroupName="near", Strategy="spread") == "InvalidPlacementGroup.Duplicate"
    assert refused(ec2.create_placement_group, GroupName="x", Strategy="cluster", LinkedGroupId="pg-1") == "UnsupportedOperation"
    ec2.delete_placement_group(GroupName="near")
    for parameters in ({"GroupNames": ["near"]}, {"GroupIds": [made["GroupId"]]}):
        assert refused(ec2.describe_placement_groups, **parameters) == "InvalidPlacementGroup.Unknown"
