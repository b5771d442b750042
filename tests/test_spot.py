"""The Spot market as its users meet it: requests, interruptions on the clock, fleets that replace what they lose."""

import pytest
from botocore.exceptions import ClientError
from conftest import fresh_account


@pytest.fixture
def rig(start):
    """A rig whose clock the test moves."""
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2", key=fresh_account())


def image_of(ec2):
    images = ec2.describe_images(
        Owners=["amazon"],
        Filters=[
            {"Name": "architecture", "Values": ["x86_64"]},
            {"Name": "platform-details", "Values": ["Linux/UNIX"]},
        ],
    )["Images"]
    return images[0]["ImageId"]


def request(ec2, **more):
    specification = {"ImageId": image_of(ec2), "InstanceType": "m5.large", **more.pop("specification", {})}
    answer = ec2.request_spot_instances(LaunchSpecification=specification, **more)
    return answer["SpotInstanceRequests"][0]["SpotInstanceRequestId"]


def show(ec2, request_id):
    return ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request_id])["SpotInstanceRequests"][0]


def state(ec2, instance_id):
    answer = ec2.describe_instances(InstanceIds=[instance_id])
    return answer["Reservations"][0]["Instances"][0]["State"]["Name"]


def pull(rig, account, lever, **given):
    return rig.own("POST", f"levers/{lever}", {"account": account, "given": given})


def account_of(ec2):
    return ec2._request_signer._credentials.access_key


def test_a_waiter_sees_the_request_fulfilled(ec2):
    request_id = request(ec2, SpotPrice="0.5", TagSpecifications=[
        {"ResourceType": "spot-instances-request", "Tags": [{"Key": "team", "Value": "web"}]},
    ])
    ec2.get_waiter("spot_instance_request_fulfilled").wait(SpotInstanceRequestIds=[request_id])
    shown = show(ec2, request_id)
    assert (shown["State"], shown["Status"]["Code"]) == ("active", "fulfilled")
    assert shown["SpotPrice"] == "0.500000"
    assert shown["Tags"] == [{"Key": "team", "Value": "web"}]
    found = ec2.describe_spot_instance_requests(
        Filters=[{"Name": "instance-id", "Values": [shown["InstanceId"]]}, {"Name": "tag:team", "Values": ["web"]}]
    )["SpotInstanceRequests"]
    assert [one["SpotInstanceRequestId"] for one in found] == [request_id]
    instance = ec2.describe_instances(InstanceIds=[shown["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert (instance["InstanceLifecycle"], instance["SpotInstanceRequestId"]) == ("spot", request_id)


def test_an_instance_is_taken_back_with_two_minutes_notice(rig, ec2):
    request_id = request(ec2)
    instance_id = show(ec2, request_id)["InstanceId"]
    reply = pull(rig, account_of(ec2), "ec2.interrupt-spot", instance=instance_id, seconds=300)
    assert reply.status == 200, reply.text
    rig.advance(100)
    assert show(ec2, request_id)["Status"]["Code"] == "fulfilled"
    rig.advance(100)
    assert show(ec2, request_id)["Status"]["Code"] == "marked-for-termination-by-experiment"
    assert state(ec2, instance_id) == "running"
    rig.advance(101)
    assert state(ec2, instance_id) == "terminated"
    shown = show(ec2, request_id)
    assert (shown["State"], shown["Status"]["Code"]) == ("closed", "instance-terminated-by-experiment")
    again = pull(rig, account_of(ec2), "ec2.interrupt-spot", instance=instance_id)
    assert (again.status, again.code) == (400, "IncorrectInstanceState")


def test_capacity_that_is_taken_back_interrupts_spot(rig, ec2):
    run = ec2.run_instances(
        ImageId=image_of(ec2),
        InstanceType="c5.large",
        MinCount=2,
        MaxCount=2,
        Placement={"AvailabilityZone": "us-east-1a"},
        InstanceMarketOptions={
            "MarketType": "spot",
            "SpotOptions": {"SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop"},
        },
    )
    ids = [instance["InstanceId"] for instance in run["Instances"]]
    rig.run("capacity", "set", "--zone", "us-east-1a", "--type", "c5.large", "--free", "0")
    rig.run("capacity", "reclaim", "--zone", "us-east-1a", "--type", "c5.large", "--count", "2")
    rig.advance(600)
    assert [state(ec2, one) for one in ids] == ["stopped", "stopped"]
    requests = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert {one["Status"]["Code"] for one in requests} == {"instance-stopped-no-capacity"}
    with pytest.raises(ClientError) as refused:
        ec2.start_instances(InstanceIds=ids)
    assert refused.value.response["Error"]["Code"] == "IncorrectSpotRequestState"
    rig.run("capacity", "set", "--zone", "us-east-1a", "--type", "c5.large", "--free", "2")
    rig.advance(240)
    assert [state(ec2, one) for one in ids] == ["running", "running"]


def test_requests_go_on_after_the_power_is_cut(start, tmp_path):
    rig = start("--transitions", "instant", "--data", str(tmp_path))
    ec2 = rig.client("ec2")
    rig.run("capacity", "set", "--zone", "us-east-1a", "--type", "m5.large", "--free", "0")
    request_id = request(ec2, specification={"Placement": {"AvailabilityZone": "us-east-1a"}})
    assert show(ec2, request_id)["Status"]["Code"] == "capacity-not-available"
    rig.kill()
    rig = start("--transitions", "instant", "--data", str(tmp_path))
    ec2 = rig.client("ec2")
    rig.run("capacity", "set", "--zone", "us-east-1a", "--type", "m5.large", "--free", "1")
    rig.advance(120)
    assert show(ec2, request_id)["State"] == "active"


def test_a_spot_fleet_keeps_its_target(rig, ec2):
    specification = {"ImageId": image_of(ec2), "SpotPrice": "0.2"}
    answer = ec2.request_spot_fleet(
        SpotFleetRequestConfig={
            "IamFleetRole": "arn:aws:iam::123456789012:role/fleet",
            "AllocationStrategy": "priceCapacityOptimized",
            "TargetCapacity": 3,
            "LaunchSpecifications": [
                {**specification, "InstanceType": name} for name in ("m5.large", "c5.large", "r5.large")
            ],
        }
    )
    fleet = answer["SpotFleetRequestId"]

    def active():
        pages = ec2.get_paginator("describe_spot_fleet_instances").paginate(SpotFleetRequestId=fleet)
        return [one["InstanceId"] for page in pages for one in page["ActiveInstances"]]

    first = active()
    assert len(first) == 3
    pull(rig, account_of(ec2), "ec2.interrupt-spot", instance=first[0])
    rig.advance(200)
    assert len(active()) == 3 and first[0] not in active()
    history = ec2.describe_spot_fleet_request_history(SpotFleetRequestId=fleet, StartTime=0)["HistoryRecords"]
    kinds = {(one["EventType"], one["EventInformation"]["EventSubType"]) for one in history}
    assert ("instanceChange", "terminated") in kinds and ("instanceChange", "launched") in kinds
    ec2.cancel_spot_fleet_requests(SpotFleetRequestIds=[fleet], TerminateInstances=True)
    rig.advance(61)
    shown = ec2.describe_spot_fleet_requests(SpotFleetRequestIds=[fleet])["SpotFleetRequestConfigs"][0]
    assert shown["SpotFleetRequestState"] == "cancelled"


def test_the_command_line_asks_for_spot(rig):
    image = image_of(rig.client("ec2"))
    answer = rig.aws(
        "ec2", "run-instances", "--image-id", image, "--instance-type", "t3.micro", "--instance-market-options",
        "MarketType=spot", "--query", "Instances[0].SpotInstanceRequestId", "--output", "text",
    )
    request_id = answer.stdout.strip()
    listed = rig.aws(
        "ec2", "describe-spot-instance-requests", "--spot-instance-request-ids", request_id,
        "--query", "SpotInstanceRequests[0].[State,Type,ProductDescription]", "--output", "text",
    )
    assert listed.stdout.split("\t") == ["active", "one-time", "Linux/UNIX\n"]
    levers = rig.run("lever", "list").stdout.split()
    assert "ec2.interrupt-spot" in levers
    refused = rig.run("lever", "pull", "ec2.interrupt-spot", "instance=i-0123456789abcdef0", check=False)
    assert refused.returncode != 0 and "does not exist" in refused.stderr
