"""EC2 with instances: launches into finite pools, states on the clock, fleets, reservations, Spot prices."""

import base64
import datetime
import json

import pytest
from botocore.exceptions import ParamValidationError
from conftest import error, fresh_account, image_of


# Pools belong to all accounts of a rig, so that a test that empties some takes families of its own.
FAMILIES = iter(["m6i", "c6i", "m6a", "c6a", "m5d", "c5d"])


@pytest.fixture
def account():
    return fresh_account()


@pytest.fixture
def ec2(shared, account):
    """A client of an account that nothing was done in yet."""
    return shared.client("ec2", key=account)


@pytest.fixture
def family():
    """An instance family whose pools no other test touches."""
    return next(FAMILIES)


@pytest.fixture
def image(ec2):
    return image_of(ec2)


def capacity(rig, instance_type, free, zones="abcdef", region="us-east-1"):
    for letter in zones:
        reply = rig.own("PUT", "capacity", {
            "zone": f"{region}{letter}", "instance_type": instance_type, "free": free})
        # Not every zone offers every type.
        assert reply.status == 200 or "is not offered" in reply.text, reply.text


def run(ec2, image, instance_type, count=1, least=None, **more):
    return ec2.run_instances(
        ImageId=image, InstanceType=instance_type, MinCount=least or count, MaxCount=count, **more)


def ids(reservation):
    return [instance["InstanceId"] for instance in reservation["Instances"]]


def instances(ec2, **query):
    pages = ec2.get_paginator("describe_instances").paginate(**query)
    return [instance for page in pages for group in page["Reservations"] for instance in group["Instances"]]


# Instances


def test_a_launch_shows_what_was_asked_for(ec2, account, image):
    ec2.create_key_pair(KeyName="mine")
    reservation = run(
        ec2, image, "t3.micro", 2, KeyName="mine", UserData="#!/bin/sh\ntrue\n",
        Monitoring={"Enabled": True},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "Iops": 4000}}],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}])
    assert reservation["OwnerId"] == account and reservation["ReservationId"].startswith("r-")
    one, two = reservation["Instances"]
    assert [one["AmiLaunchIndex"], two["AmiLaunchIndex"]] == [0, 1]
    assert one["State"] == {"Code": 0, "Name": "pending"}
    assert instances(ec2)[0]["State"] == {"Code": 16, "Name": "running"}
    assert one["KeyName"] == "mine" and one["Monitoring"] == {"State": "enabled"}
    assert one["Tags"] == [{"Key": "Name", "Value": "web"}]
    assert one["PrivateDnsName"] == f"ip-{one['PrivateIpAddress'].replace('.', '-')}.ec2.internal"
    assert one["NetworkInterfaces"][0]["Attachment"]["Status"] == "attached"
    assert one["SecurityGroups"] == one["NetworkInterfaces"][0]["Groups"]
    assert one["MetadataOptions"]["HttpTokens"] == "required"
    assert one["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 2}
    assert one["Placement"]["Tenancy"] == "default"
    volume = ec2.describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [one["InstanceId"]]}])["Volumes"][0]
    assert (volume["Size"], volume["Iops"], volume["State"]) == (30, 4000, "in-use")
    assert volume["VolumeId"] == one["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    data = ec2.describe_instance_attribute(InstanceId=one["InstanceId"], Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"#!/bin/sh\ntrue\n"
    interface = ec2.describe_network_interfaces(
        Filters=[{"Name": "attachment.instance-id", "Values": [one["InstanceId"]]}])["NetworkInterfaces"][0]
    assert interface["PrivateIpAddress"] == one["PrivateIpAddress"]
    credits = ec2.describe_instance_credit_specifications(InstanceIds=[one["InstanceId"]])
    assert credits["InstanceCreditSpecifications"][0]["CpuCredits"] == "unlimited"


def test_waiters_see_a_whole_life(start):
    rig = start()
    ec2 = rig.client("ec2")
    reservation = run(ec2, image_of(ec2), "m5.large")
    assert reservation["Instances"][0]["State"]["Name"] == "pending"
    rig.advance(30)
    ec2.get_waiter("instance_running").wait(InstanceIds=ids(reservation))
    status = ec2.describe_instance_status(InstanceIds=ids(reservation))["InstanceStatuses"][0]
    assert status["InstanceStatus"]["Status"] == "initializing"
    rig.advance(300)
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=ids(reservation))
    changes = ec2.stop_instances(InstanceIds=ids(reservation))["StoppingInstances"]
    assert (changes[0]["PreviousState"]["Name"], changes[0]["CurrentState"]["Name"]) == ("running", "stopping")
    rig.advance(60)
    ec2.get_waiter("instance_stopped").wait(InstanceIds=ids(reservation))
    ec2.terminate_instances(InstanceIds=ids(reservation))
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids(reservation))
    rig.advance(3700)
    assert error(ec2.describe_instances, InstanceIds=ids(reservation))[0] == "InvalidInstanceID.NotFound"


def test_a_pool_runs_dry_and_another_zone_has_room(shared, ec2, image, family):
    kind = f"{family}.large"
    capacity(shared, kind, 0)
    capacity(shared, kind, 3, "b")
    code, message, status = error(run, ec2, image, kind, Placement={"AvailabilityZone": "us-east-1a"})
    assert (code, status) == ("InsufficientInstanceCapacity", 500)
    assert message == (
        f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested (us-east-1a). "
        "Our system will be working on provisioning additional capacity. You can currently get "
        f"{kind} capacity by not specifying an Availability Zone in your request or choosing us-east-1b.")
    # Two at least and nine at most are three here, and they are all in the zone that has room.
    some = run(ec2, image, kind, 9, 2)["Instances"]
    assert [instance["Placement"]["AvailabilityZone"] for instance in some] == ["us-east-1b"] * 3
    assert error(run, ec2, image, kind)[0] == "InsufficientInstanceCapacity"
    ec2.stop_instances(InstanceIds=[some[0]["InstanceId"]])
    run(ec2, image, kind)
    assert error(ec2.start_instances, InstanceIds=[some[0]["InstanceId"]])[0] == "InsufficientInstanceCapacity"


def test_tokens_and_dry_runs(ec2, image):
    first = run(ec2, image, "m5.large", ClientToken="once")
    assert ids(run(ec2, image, "m5.large", ClientToken="once")) == ids(first)
    assert error(run, ec2, image, "m5.xlarge", ClientToken="once")[0] == "IdempotentParameterMismatch"
    assert error(run, ec2, image, "m5.large", DryRun=True)[::2] == ("DryRunOperation", 412)
    assert error(ec2.terminate_instances, InstanceIds=ids(first), DryRun=True)[0] == "DryRunOperation"
    assert len(instances(ec2)) == 1


def test_a_launch_template_under_a_request(ec2, image):
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image, "InstanceType": "m5.large", "UserData": base64.b64encode(b"hello").decode(),
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}],
    })["LaunchTemplate"]
    reservation = ec2.run_instances(
        MinCount=1, MaxCount=1, InstanceType="m5.xlarge",
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "mine"}]}])
    instance = reservation["Instances"][0]
    assert (instance["InstanceType"], instance["ImageId"]) == ("m5.xlarge", image)
    assert {tag["Key"]: tag["Value"] for tag in instance["Tags"]} == {
        "Name": "mine", "from": "template",
        "aws:ec2launchtemplate:id": template["LaunchTemplateId"], "aws:ec2launchtemplate:version": "1"}
    code, message, _ = error(ec2.run_instances, MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "web", "Version": "7"})
    assert code == "InvalidLaunchTemplateId.VersionNotFound", message


def test_what_cannot_be_launched(ec2, image):
    arm = image_of(ec2, "arm64")
    code, message, _ = error(run, ec2, arm, "m5.large")
    assert code == "InvalidParameterValue"
    assert message.startswith("The architecture 'x86_64' of the specified instance type does not match the "
                              "architecture 'arm64' of the specified AMI.")
    assert error(run, ec2, image, "m5.gigantic")[:2] == (
        "InvalidParameterValue", "Invalid value 'm5.gigantic' for InstanceType.")
    assert error(run, ec2, "ami-0123456789abcdef0", "m5.large")[0] == "InvalidAMIID.NotFound"
    assert error(run, ec2, image, "m5.large", 1, 2)[0] == "InvalidParameterValue"
    assert error(run, ec2, image, "m5.large", 2_000_000_000, 1)[0] == "InvalidParameterValue"
    assert error(run, ec2, image, "m5.large", KeyName="nobody's")[0] == "InvalidKeyPair.NotFound"
    assert error(run, ec2, image, "m5.large", SecurityGroupIds=["sg-0123456789abcdef0"])[0] == "InvalidGroup.NotFound"
    code, message, _ = error(run, ec2, image, "m7i.large", Placement={"AvailabilityZone": "us-east-1e"})
    assert code == "Unsupported"
    assert "is not supported in your requested Availability Zone (us-east-1e). Please retry" in message
    code, message, _ = error(run, ec2, image, "m5.large", EnablePrimaryIpv6=True)
    assert (code, "EnablePrimaryIpv6" in message) == ("UnsupportedOperation", True)
    assert instances(ec2) == []


def test_ids_filters_and_pages(ec2, image):
    for _ in range(4):
        run(ec2, image, "m5.large", 3)
    odd = run(ec2, image, "c5.large", TagSpecifications=[
        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "odd one"}]}])
    assert len(instances(ec2, PaginationConfig={"PageSize": 5})) == 13
    found = instances(ec2, Filters=[{"Name": "tag:Name", "Values": ["odd*"]}])
    assert [instance["InstanceId"] for instance in found] == ids(odd)
    assert len(instances(ec2, Filters=[{"Name": "instance-type", "Values": ["m5.*"]},
                                       {"Name": "instance-state-name", "Values": ["running", "pending"]}])) == 12
    assert error(ec2.describe_instances, Filters=[{"Name": "nonsense", "Values": ["x"]}])[0] == "InvalidParameterValue"
    assert error(ec2.describe_instances, MaxResults=4)[0] == "InvalidParameterValue"
    assert error(ec2.describe_instances, NextToken="forged")[0] == "InvalidNextToken"
    assert error(ec2.describe_instances, InstanceIds=ids(odd), MaxResults=5)[0] == "InvalidParameterCombination"
    one, two = "i-00000000000000001", "i-00000000000000002"
    assert error(ec2.describe_instances, InstanceIds=[one])[1] == f"The instance ID '{one}' does not exist"
    assert error(ec2.terminate_instances, InstanceIds=[one, two])[1] == f"The instance IDs '{one}, {two}' do not exist"
    assert error(ec2.stop_instances, InstanceIds=["i-123"])[:2] == ("InvalidInstanceID.Malformed", 'Invalid id: "i-123"')


def test_states_that_do_not_allow_it(ec2, image):
    reservation = run(ec2, image, "m5.large", DisableApiTermination=True)
    instance, = ids(reservation)
    code, message, _ = error(ec2.terminate_instances, InstanceIds=[instance])
    assert (code, message) == (
        "OperationNotPermitted",
        f"The instance '{instance}' may not be terminated. Modify its 'disableApiTermination' instance attribute "
        "and try again.")
    assert error(ec2.modify_instance_attribute, InstanceId=instance, InstanceType={"Value": "m5.xlarge"})[0] == (
        "IncorrectInstanceState")
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "m5.xlarge"})
    ec2.start_instances(InstanceIds=[instance])
    assert instances(ec2)[0]["InstanceType"] == "m5.xlarge"
    ec2.reboot_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    change, = ec2.terminate_instances(InstanceIds=[instance])["TerminatingInstances"]
    assert change["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    assert instances(ec2)[0]["State"]["Name"] == "terminated"
    code, message, _ = error(ec2.start_instances, InstanceIds=[instance])
    assert (code, message) == (
        "IncorrectInstanceState", f"The instance '{instance}' is not in a state from which it can be started.")
    gone = instances(ec2)[0]
    assert gone["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert "PrivateIpAddress" not in gone and gone["BlockDeviceMappings"] == []


def test_spot_instances_and_prices(ec2, image):
    price = ec2.describe_spot_price_history(
        InstanceTypes=["m5.large"], ProductDescriptions=["Linux/UNIX"], AvailabilityZone="us-east-1a",
        StartTime=datetime.datetime.now(datetime.timezone.utc))["SpotPriceHistory"]
    assert len(price) == 1 and 0 < float(price[0]["SpotPrice"]) <= 0.096
    options = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.0001"}}
    assert error(run, ec2, image, "m5.large", InstanceMarketOptions=options)[0] == "SpotMaxPriceTooLow"
    instance = run(ec2, image, "m5.large", InstanceMarketOptions={"MarketType": "spot"})["Instances"][0]
    assert instance["InstanceLifecycle"] == "spot" and instance["SpotInstanceRequestId"].startswith("sir-")
    pages = ec2.get_paginator("describe_spot_price_history").paginate(
        InstanceTypes=["m5.large"], PaginationConfig={"PageSize": 200, "MaxItems": 1000})
    prices = [price for page in pages for price in page["SpotPriceHistory"]]
    assert len(prices) == len({(p["AvailabilityZone"], p["ProductDescription"], p["Timestamp"]) for p in prices}) == 1000
    scores = ec2.get_spot_placement_scores(
        InstanceTypes=["m5.large", "m5a.large", "c5.large"], TargetCapacity=10, RegionNames=["us-east-1"])
    assert scores["SpotPlacementScores"] == [{"Region": "us-east-1", "Score": 10}]


# Fleets


@pytest.fixture
def template(ec2, image):
    made = ec2.create_launch_template(LaunchTemplateName="fleet", LaunchTemplateData={"ImageId": image})
    return {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "$Latest"}


def fleet(ec2, template, overrides, total, **more):
    more.setdefault("Type", "instant")
    target = {"TotalTargetCapacity": total, "DefaultTargetCapacityType": "on-demand", **more.pop("Target", {})}
    configs = [{"LaunchTemplateSpecification": template, "Overrides": overrides}]
    return ec2.create_fleet(LaunchTemplateConfigs=configs, TargetCapacitySpecification=target, **more)


def counts(answer):
    return [(group["InstanceType"], group["Lifecycle"], len(group["InstanceIds"])) for group in answer["Instances"]]


def test_an_instant_fleet_tells_dry_pools_and_uses_others(shared, ec2, template, family):
    large, xlarge = f"{family}.large", f"{family}.xlarge"
    capacity(shared, large, 2, "a")
    answer = fleet(
        ec2, template,
        [{"InstanceType": large, "AvailabilityZone": "us-east-1a", "Priority": 1},
         {"InstanceType": xlarge, "AvailabilityZone": "us-east-1a", "Priority": 2}],
        5, OnDemandOptions={"AllocationStrategy": "prioritized"})
    assert counts(answer) == [(large, "on-demand", 2), (xlarge, "on-demand", 3)]
    failure, = answer["Errors"]
    assert failure["ErrorCode"] == "InsufficientInstanceCapacity" and failure["Lifecycle"] == "on-demand"
    assert failure["ErrorMessage"].startswith(f"We currently do not have sufficient {large} capacity")
    origin = failure["LaunchTemplateAndOverrides"]
    assert origin["LaunchTemplateSpecification"] == {**template, "Version": "1"}
    assert origin["Overrides"] == {"InstanceType": large, "AvailabilityZone": "us-east-1a", "Priority": 1.0}
    described = ec2.describe_fleets(FleetIds=[answer["FleetId"]])["Fleets"][0]
    assert (described["FleetState"], described["FulfilledCapacity"], described["Type"]) == ("active", 5.0, "instant")
    assert [group["InstanceType"] for group in described["Instances"]] == [large, xlarge]
    assert ec2.describe_fleets()["Fleets"] == []
    assert error(ec2.delete_fleets, FleetIds=[answer["FleetId"]], TerminateInstances=False)[0] == "UnsupportedOperation"
    deleted = ec2.delete_fleets(FleetIds=[answer["FleetId"]], TerminateInstances=True)
    assert deleted["SuccessfulFleetDeletions"][0]["PreviousFleetState"] == "active"
    assert {instance["State"]["Name"] for instance in instances(ec2)} == {"terminated"}


def test_a_fleet_by_attributes_finds_another_type(shared, ec2, template):
    overrides = [{"InstanceRequirements": {
        "VCpuCount": {"Min": 8}, "MemoryMiB": {"Min": 65536}, "MemoryGiBPerVCpu": {"Min": 8, "Max": 8}}}]
    first = fleet(ec2, template, overrides, 3)["Instances"][0]["InstanceType"]
    capacity(shared, first, 0)
    answer = fleet(ec2, template, overrides, 3)
    assert sum(len(group["InstanceIds"]) for group in answer["Instances"]) == 3
    assert answer["Instances"][0]["InstanceType"] != first
    assert {failure["ErrorCode"] for failure in answer["Errors"]} == {"InsufficientInstanceCapacity"}


def test_spot_and_on_demand_in_one_fleet(ec2, template):
    overrides = [{"InstanceType": "m5.large", "AvailabilityZone": f"us-east-1{zone}"} for zone in "abcd"]
    answer = fleet(
        ec2, template, overrides, 10, SpotOptions={"AllocationStrategy": "diversified"},
        Target={"OnDemandTargetCapacity": 2, "SpotTargetCapacity": 8})
    assert counts(answer) == [("m5.large", "on-demand", 2)] + [("m5.large", "spot", 2)] * 4
    weighted = fleet(ec2, template, [{"InstanceType": "m5.xlarge", "WeightedCapacity": 4.0}], 10)
    assert counts(weighted) == [("m5.xlarge", "on-demand", 3)]


def test_fleets_that_make_no_sense(ec2, template):
    overrides = [{"InstanceType": "m5.large"}]
    code = lambda *arguments, **named: error(fleet, ec2, *arguments, **named)[0]
    assert code({**template, "LaunchTemplateId": "lt-0123456789abcdef0"}, overrides, 1) == "InvalidLaunchTemplateId.NotFound"
    assert code(template, overrides, -1) == "InvalidParameterValue"
    assert code(template, overrides, 10_001) == "InvalidParameterValue"
    assert code(template, overrides, 1, SpotOptions={"AllocationStrategy": "diversified", "InstancePoolsToUseCount": 2}) == (
        "InvalidParameterCombination")
    assert code(template, overrides, 1, OnDemandOptions={"MinTargetCapacity": 1}) == "InvalidParameterCombination"
    assert code(template, overrides, 1, DryRun=True) == "DryRunOperation"
    answer = fleet(ec2, template, [{"InstanceType": "m5.gigantic"}], 1)
    assert answer["Instances"] == [] and answer["Errors"][0]["ErrorCode"] == "InvalidParameterValue"


def test_a_maintained_fleet_replaces_what_died(start):
    rig = start("--transitions", "instant")
    ec2 = rig.client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName="fleet", LaunchTemplateData={"ImageId": image_of(ec2), "InstanceType": "m5.large"})
    template = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    fleet_id = fleet(ec2, template, [], 2, Type="maintain")["FleetId"]
    active = lambda: [one["InstanceId"] for one in ec2.describe_fleet_instances(FleetId=fleet_id)["ActiveInstances"]]
    before = active()
    ec2.terminate_instances(InstanceIds=before[:1])
    rig.advance(120)
    after = active()
    assert len(after) == 2 and before[1] in after and before[0] not in after
    ec2.modify_fleet(FleetId=fleet_id, TargetCapacitySpecification={"TotalTargetCapacity": 3})
    assert len(active()) == 3
    history = ec2.describe_fleet_history(FleetId=fleet_id, StartTime=datetime.datetime(2020, 1, 1))["HistoryRecords"]
    assert [one["EventType"] for one in history].count("instance-change") == 5
    # What a deleted fleet left running can be terminated with it later.
    end = lambda terminates: ec2.delete_fleets(FleetIds=[fleet_id], TerminateInstances=terminates)
    assert end(False)["SuccessfulFleetDeletions"][0]["CurrentFleetState"] == "deleted_running" and len(active()) == 3
    assert end(False)["UnsuccessfulFleetDeletions"][0]["Error"]["Code"] == "fleetNotInDeletableState"
    assert end(True)["SuccessfulFleetDeletions"][0]["PreviousFleetState"] == "deleted_running"
    assert active() == []


# Reservations


def reserve(ec2, instance_type, count, zone="us-east-1a", **more):
    return ec2.create_capacity_reservation(
        InstanceType=instance_type, InstancePlatform="Linux/UNIX", AvailabilityZone=zone, InstanceCount=count,
        **more)["CapacityReservation"]


def test_a_reservation_holds_when_the_pool_is_dry(shared, ec2, image, family):
    kind = f"{family}.large"
    capacity(shared, kind, 4, "a")
    assert error(reserve, ec2, kind, 5) == ("InsufficientInstanceCapacity", "Insufficient capacity.", 500)
    made = reserve(ec2, kind, 3)
    assert (made["State"], made["AvailableInstanceCount"], made["EndDateType"]) == ("active", 3, "unlimited")
    capacity(shared, kind, 0, "a")
    # Another account finds nothing, the one that reserved finds its own.
    other = shared.client("ec2", key=fresh_account())
    there = {"Placement": {"AvailabilityZone": "us-east-1a"}}
    assert error(run, other, image, kind, **there)[0] == "InsufficientInstanceCapacity"
    instance = run(ec2, image, kind, **there)["Instances"][0]
    assert instance["CapacityReservationId"] == made["CapacityReservationId"]
    usage = ec2.get_capacity_reservation_usage(CapacityReservationId=made["CapacityReservationId"])
    assert (usage["AvailableInstanceCount"], usage["InstanceUsages"][0]["UsedInstanceCount"]) == (2, 1)
    assert error(ec2.modify_capacity_reservation, CapacityReservationId=made["CapacityReservationId"],
                 InstanceCount=9)[0] == "InsufficientInstanceCapacity"
    assert ec2.cancel_capacity_reservation(CapacityReservationId=made["CapacityReservationId"])["Return"]
    found = ec2.describe_capacity_reservations(Filters=[{"Name": "state", "Values": ["cancelled"]}])
    assert [one["CapacityReservationId"] for one in found["CapacityReservations"]] == [made["CapacityReservationId"]]
    assert instances(ec2)[0]["State"]["Name"] == "running"


def test_targeted_reservations(ec2, image, family):
    kind = f"{family}.large"
    made = reserve(ec2, kind, 1, InstanceMatchCriteria="targeted", TagSpecifications=[
        {"ResourceType": "capacity-reservation", "Tags": [{"Key": "for", "Value": "me"}]}])
    assert made["Tags"] == [{"Key": "for", "Value": "me"}]
    assert "CapacityReservationId" not in run(
        ec2, image, kind, Placement={"AvailabilityZone": "us-east-1a"})["Instances"][0]
    target = {"CapacityReservationTarget": {"CapacityReservationId": made["CapacityReservationId"]}}
    instance = run(ec2, image, kind, CapacityReservationSpecification=target)["Instances"][0]
    assert instance["CapacityReservationSpecification"] == target
    assert error(run, ec2, image, kind, CapacityReservationSpecification=target)[0] in (
        "ReservationCapacityExceeded", "InsufficientInstanceCapacity")


SPECIFICATION = [
    {"InstanceType": f"r6i.{size}xlarge", "InstancePlatform": "Linux/UNIX", "Weight": weight,
     "AvailabilityZone": "eu-west-1a", "EbsOptimized": True, "Priority": priority}
    for size, weight, priority in [(8, 4, 1), (4, 2, 2), (2, 1, 3)]
]


def test_the_posts_fleet_of_reservations(start, tmp_path):
    rig = start()
    ec2 = rig.client("ec2", region="eu-west-1")
    file = tmp_path / "instanceTypeSpecification.json"
    file.write_text(json.dumps(SPECIFICATION))
    command = [
        "ec2", "create-capacity-reservation-fleet", "--total-target-capacity", "25", "--allocation-strategy",
        "prioritized", "--instance-match-criteria", "open", "--tenancy", "default", "--instance-type-specifications",
        f"file://{file}", "--region", "eu-west-1", "--output", "json", "--end-date"]
    past = rig.aws(*command, "2022-05-31T00:00:00.000Z", check=False)
    assert past.returncode != 0 and "InvalidParameterValue" in past.stderr
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    made = json.loads(rig.aws(*command, end).stdout)
    assert (made["State"], made["TotalFulfilledCapacity"], made["TotalTargetCapacity"]) == ("submitted", 0.0, 25)
    named = {"CapacityReservationFleetIds": [made["CapacityReservationFleetId"]]}
    rig.advance(60)
    found = ec2.describe_capacity_reservation_fleets(**named)["CapacityReservationFleets"][0]
    assert found["State"] == "active" and 25 <= found["TotalFulfilledCapacity"] < 29
    assert found["InstanceTypeSpecifications"][0]["InstanceType"] == "r6i.8xlarge"
    members = ec2.describe_capacity_reservations()["CapacityReservations"]
    assert {member["CapacityReservationFleetId"] for member in members} == {found["CapacityReservationFleetId"]}
    rig.advance(3 * 86_400)
    found = ec2.describe_capacity_reservation_fleets(**named)["CapacityReservationFleets"][0]
    assert (found["State"], found["TotalFulfilledCapacity"]) == ("expired", 0.0)


def test_a_fleet_of_reservations_goes_on_trying(start):
    rig = start()
    ec2 = rig.client("ec2", region="eu-west-1")
    for size, free in [(8, 0), (4, 3), (2, 0)]:
        capacity(rig, f"r6i.{size}xlarge", free, "a", "eu-west-1")
    made = ec2.create_capacity_reservation_fleet(InstanceTypeSpecifications=SPECIFICATION, TotalTargetCapacity=25)
    named = {"CapacityReservationFleetIds": [made["CapacityReservationFleetId"]]}
    found = lambda: ec2.describe_capacity_reservation_fleets(**named)["CapacityReservationFleets"][0]
    rig.advance(60)
    assert (found()["State"], found()["TotalFulfilledCapacity"]) == ("partially_fulfilled", 6.0)
    capacity(rig, "r6i.8xlarge", 50, "a", "eu-west-1")
    rig.advance(120)
    assert (found()["State"], found()["TotalFulfilledCapacity"]) == ("active", 26.0)
    cancelled = ec2.cancel_capacity_reservation_fleets(**named)
    assert cancelled["SuccessfulFleetCancellations"][0]["CurrentFleetState"] == "cancelled"
    states = {one["State"] for one in ec2.describe_capacity_reservations()["CapacityReservations"]}
    assert states == {"cancelled"}


def test_what_it_costs(start):
    rig = start("--transitions", "instant")
    ec2 = rig.client("ec2")
    reserve(ec2, "m5.large", 2)
    reservation = run(ec2, image_of(ec2), "m5.large", Placement={"AvailabilityZone": "us-east-1a"})
    rig.advance(3600)
    ec2.terminate_instances(InstanceIds=ids(reservation))
    reply = rig.own("GET", "bill")
    assert reply.status == 200, reply.text
    assert {"BoxUsage:m5.large", "UnusedBox:m5.large", "Reservation:m5.large"} <= set(
        line["usage_type"] for line in reply.json["lines"])


def test_the_template_data_of_an_instance_makes_a_template(ec2, image):
    instance, = ids(run(ec2, image, "t3.micro"))
    data = ec2.get_launch_template_data(InstanceId=instance)["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpTokens"] == "required" and "State" not in data["MetadataOptions"]
    ec2.create_launch_template(LaunchTemplateName="same", LaunchTemplateData=data)
    version, = ec2.describe_launch_template_versions(LaunchTemplateName="same")["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"]["InstanceType"] == "t3.micro"


def test_a_console_is_empty_as_no_guest_boots(ec2, image):
    xen, = ids(run(ec2, image, "t2.micro"))
    nitro, = ids(run(ec2, image, "t3.micro"))
    before = ec2.get_console_output(InstanceId=nitro, Latest=True)
    launched, = (one["LaunchTime"] for one in instances(ec2, InstanceIds=[nitro]))
    assert (before["InstanceId"], before["Timestamp"].replace(microsecond=0)) == (
        nitro, launched.replace(microsecond=0))
    # boto3 decodes the output: none is none here, not an empty text.
    assert "Output" not in before and "Output" not in ec2.get_console_output(InstanceId=xen)
    assert error(ec2.get_console_output, InstanceId=xen, Latest=True)[0] == "UnsupportedOperation"
    assert error(ec2.get_console_output, InstanceId=nitro, DryRun=True)[0] == "DryRunOperation"
    assert error(ec2.get_console_output, InstanceId="i-1234abcd")[0] == "InvalidInstanceID.NotFound"


def test_absurd_requests_change_nothing(ec2, image):
    with pytest.raises(ParamValidationError):
        ec2.run_instances(ImageId=image)
    assert error(ec2.create_capacity_reservation, InstanceType="m5.large", InstancePlatform="Plan 9",
                 AvailabilityZone="us-east-1a", InstanceCount=1)[0] == "InvalidParameterValue"
    assert error(ec2.create_capacity_reservation, InstanceType="m5.large", InstancePlatform="Linux/UNIX",
                 AvailabilityZone="us-east-1a", InstanceCount=-1)[0] == "InvalidParameterValue"
    assert error(ec2.describe_spot_price_history, InstanceTypes=["m5.gigantic"])[0] == "InvalidParameterValue"
    assert error(ec2.describe_fleets, FleetIds=["fleet-nonsense"])[0] == "InvalidFleetId.NotFound"
    assert instances(ec2) == []
