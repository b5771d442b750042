"""Placement groups with boto3: made, launched into by instances, templates, fleets and groups, and left."""

import pytest
from botocore.exceptions import ClientError

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2", region="us-east-1")


@pytest.fixture
def image(ec2):
    named = [{"Name": "name", "Values": ["al2023-ami-2*"]}, {"Name": "architecture", "Values": ["x86_64"]}]
    return ec2.describe_images(Owners=["amazon"], Filters=named)["Images"][0]["ImageId"]


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def members(ec2, name):
    up = [{"Name": "placement-group-name", "Values": [name]}, {"Name": "instance-state-name", "Values": ["running"]}]
    found = ec2.describe_instances(Filters=up)["Reservations"]
    return [instance for launch in found for instance in launch["Instances"]]


def zones(instances):
    return {instance["Placement"]["AvailabilityZone"] for instance in instances}


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


def test_a_launch_template_names_a_group_and_a_request_another(ec2, image):
    near = ec2.create_placement_group(GroupName="near", Strategy="cluster")["PlacementGroup"]["GroupId"]
    ec2.create_placement_group(GroupName="parts", Strategy="partition", PartitionCount=2)
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={
        "ImageId": image, "InstanceType": "m5.large", "Placement": {"GroupId": near}})
    [first] = ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "app"}, MinCount=1, MaxCount=1)["Instances"]
    assert (first["Placement"]["GroupName"], first["Placement"]["GroupId"]) == ("near", near)
    both = ec2.run_instances(LaunchTemplate={"LaunchTemplateName": "app"}, MinCount=2, MaxCount=2, Placement={"GroupName": "parts"})
    assert [it["Placement"]["PartitionNumber"] for it in both["Instances"]] == [1, 2]
    found = ec2.describe_instances(Filters=[{"Name": "placement-partition-number", "Values": ["2"]}])["Reservations"]
    assert [it["InstanceId"] for it in found[0]["Instances"]] == [both["Instances"][1]["InstanceId"]]
    assert refused(ec2.delete_placement_group, GroupName="parts") == "InvalidPlacementGroup.InUse"
    ec2.terminate_instances(InstanceIds=[it["InstanceId"] for it in both["Instances"]])
    ec2.delete_placement_group(GroupName="parts")


def test_a_fleet_stays_in_the_zone_of_its_cluster(ec2, image):
    ec2.create_placement_group(GroupName="near", Strategy="cluster")
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={
        "ImageId": image, "InstanceType": "m5.large", "Placement": {"GroupName": "near"}})
    made = ec2.create_fleet(Type="instant", LaunchTemplateConfigs=[{
        "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
        "Overrides": [{"AvailabilityZone": zone} for zone in ZONES]}], TargetCapacitySpecification={
            "TotalTargetCapacity": 4, "DefaultTargetCapacityType": "spot"}, SpotOptions={"AllocationStrategy": "diversified"})
    there = members(ec2, "near")
    assert there and len(zones(there)) == 1
    # What the other zones were asked for is told, and launched in the one that there is.
    assert {it["ErrorCode"] for it in made["Errors"]} == {"InvalidPlacementGroup.InUse"} and len(there) == 4
    assert {it["InstanceLifecycle"] for it in there} == {"spot"}
    request = ec2.request_spot_instances(LaunchSpecification={
        "ImageId": image, "InstanceType": "m5.large", "Placement": {
            "GroupName": "near", "AvailabilityZone": next(zone for zone in ZONES if {zone} != zones(there))}})
    [request] = request["SpotInstanceRequests"]
    [request] = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request["SpotInstanceRequestId"]])["SpotInstanceRequests"]
    assert (request["State"], request["Status"]["Code"]) == ("open", "placement-group-constraint")


def test_an_auto_scaling_group_launches_into_a_spread_group(rig, ec2, image):
    scaling = rig.client("autoscaling", region="us-east-1")
    ec2.create_placement_group(GroupName="apart", Strategy="spread")
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={"ImageId": image, "InstanceType": "m5.large"})

    def make(name, group, size):
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=0, MaxSize=20, DesiredCapacity=size, AvailabilityZones=ZONES[:2],
            LaunchTemplate={"LaunchTemplateName": "app"}, PlacementGroup=group)

    make("apart", "apart", 15)
    # Seven in each of two zones; the fifteenth fails, and is tried again.
    there = members(ec2, "apart")
    assert len(there) == 14 and len(zones(there)) == 2
    activities = scaling.describe_scaling_activities(AutoScalingGroupName="apart")["Activities"]
    failed = [it["StatusMessage"] for it in activities if it["StatusCode"] == "Failed"]
    assert failed and "maximum of 7 running instances" in failed[0], activities
    with pytest.raises(ClientError, match="The Placement Group 'nobody' is unknown"):
        make("nobody", "nobody", 1)
