"""Dedicated Hosts as the AWS CLI and boto3 see them: what fits, what moves, and what a failure does."""

import pytest
from botocore.exceptions import ClientError
from conftest import image_of


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


def allocate(ec2, **more):
    return ec2.allocate_hosts(AvailabilityZone="us-east-1a", **more)["HostIds"]


def show(ec2, host):
    return ec2.describe_hosts(HostIds=[host])["Hosts"][0]


def run(ec2, instance_type, count=1, **placement):
    answer = ec2.run_instances(
        ImageId=image_of(ec2),
        InstanceType=instance_type,
        MinCount=count,
        MaxCount=count,
        Placement={"Tenancy": "host", **placement},
    )
    return [one["InstanceId"] for one in answer["Instances"]]


def instance(ec2, instance_id):
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def code(refused):
    return refused.value.response["Error"]["Code"]


def test_thirty_two_fit_and_the_next_does_not(ec2):
    host, = allocate(
        ec2, InstanceType="m6i.xlarge", HostRecovery="on",
        TagSpecifications=[{"ResourceType": "dedicated-host", "Tags": [{"Key": "team", "Value": "db"}]}],
    )
    shown = show(ec2, host)
    assert (shown["State"], shown["HostRecovery"], shown["AutoPlacement"]) == ("available", "on", "on")
    assert shown["Tags"] == [{"Key": "team", "Value": "db"}]
    assert shown["HostProperties"]["Sockets"] == 2 and shown["HostProperties"]["TotalVCpus"] == 128
    run(ec2, "m6i.xlarge", 32, HostId=host)
    capacity = show(ec2, host)["AvailableCapacity"]
    assert capacity["AvailableVCpus"] == 0
    assert capacity["AvailableInstanceCapacity"] == [
        {"AvailableCapacity": 0, "InstanceType": "m6i.xlarge", "TotalCapacity": 32}
    ]
    with pytest.raises(ClientError) as refused:
        run(ec2, "m6i.xlarge", HostId=host)
    assert code(refused) == "InsufficientCapacityOnHost"
    answer = ec2.release_hosts(HostIds=[host])
    assert answer["Successful"] == []
    assert answer["Unsuccessful"][0]["Error"]["Code"] == "Client.InvalidHost.Occupied"
    found = ec2.describe_hosts(Filters=[
        {"Name": "tag:team", "Values": ["db"]}, {"Name": "state", "Values": ["available"]},
    ])["Hosts"]
    assert [one["HostId"] for one in found] == [host]


def test_servers_run_out(rig, ec2):
    rig.run("capacity", "set", "--zone", "us-east-1a", "--type", "r6i", "--tenancy", "host", "--free", "1")
    assert len(allocate(ec2, InstanceType="r6i.large", Quantity=1)) == 1
    with pytest.raises(ClientError) as refused:
        allocate(ec2, InstanceType="r6i.large", Quantity=1)
    assert code(refused) == "InsufficientHostCapacity"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_a_stopped_instance_moves(ec2):
    first, = allocate(ec2, InstanceType="m5.large", Quantity=1)
    second, = allocate(ec2, InstanceType="m5.large", Quantity=1, AutoPlacement="off")
    moved, = run(ec2, "m5.large")
    assert instance(ec2, moved)["Placement"]["HostId"] == first
    ec2.stop_instances(InstanceIds=[moved])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[moved])
    assert ec2.modify_instance_placement(InstanceId=moved, HostId=second, Affinity="host")["Return"]
    ec2.start_instances(InstanceIds=[moved])
    placement = instance(ec2, moved)["Placement"]
    assert (placement["HostId"], placement["Affinity"], placement["Tenancy"]) == (second, "host", "host")
    assert show(ec2, first)["Instances"] == []


def test_a_failed_host_recovers_on_the_clock(start):
    rig = start("--transitions", "realistic")
    ec2 = rig.client("ec2")
    host, = allocate(ec2, InstanceType="m6i.xlarge", Quantity=1, HostRecovery="on")
    ids = run(ec2, "m6i.xlarge", 2, HostId=host)
    rig.advance(600)
    before = instance(ec2, ids[0])
    rig.run("lever", "pull", "ec2.fail-host", f"host={host}")
    assert show(ec2, host)["State"] == "under-assessment"
    status = ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    assert {one["SystemStatus"]["Status"] for one in status} == {"impaired"}
    rig.advance(600)
    assert show(ec2, host)["State"] == "released-permanent-failure"
    after = instance(ec2, ids[0])
    assert after["Placement"]["HostId"] != host
    kept = ("InstanceId", "PrivateIpAddress", "PublicIpAddress", "BlockDeviceMappings")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    rig.advance(300)
    status = ec2.describe_instance_status(InstanceIds=ids)["InstanceStatuses"]
    assert {one["SystemStatus"]["Status"] for one in status} == {"ok"}
    again = rig.run("lever", "pull", "ec2.fail-host", f"host={host}", check=False)
    assert again.returncode != 0 and "only an available host can fail" in again.stderr


def test_a_mac_is_kept_for_a_day_and_scrubbed(start):
    rig = start("--transitions", "realistic")
    ec2 = rig.client("ec2")
    host, = ec2.allocate_hosts(AvailabilityZone="us-east-1b", InstanceType="mac1.metal", Quantity=1)["HostIds"]
    answer = ec2.run_instances(
        ImageId=image_of(ec2, "x86_64_mac", "amzn-ec2-macos-*"), InstanceType="mac1.metal", MinCount=1, MaxCount=1,
        Placement={"Tenancy": "host", "HostId": host},
    )
    rig.advance(60)
    ec2.terminate_instances(InstanceIds=[answer["Instances"][0]["InstanceId"]])
    rig.advance(60)
    assert show(ec2, host)["State"] == "pending"
    rig.advance(50 * 60)
    assert show(ec2, host)["State"] == "available"
    refused = ec2.release_hosts(HostIds=[host])["Unsuccessful"][0]["Error"]
    assert "mac1.metal hosts must be allocated to your AWS account for at least 24 hour(s)" in refused["Message"]
    assert [one["HostId"] for one in ec2.describe_mac_hosts()["MacHosts"]] == [host]
    rig.advance(24 * 3600)
    assert ec2.release_hosts(HostIds=[host])["Successful"] == [host]


def test_the_bill_has_the_host_and_not_the_instance(rig):
    ec2 = rig.client("ec2")
    host, = allocate(ec2, InstanceFamily="c5", Quantity=1)
    run(ec2, "c5.large", 1, HostId=host)
    rig.advance(3600)
    lines = {line["usage_type"]: line for line in rig.own("GET", "bill").json["lines"]}
    assert float(lines["HostUsage:c5"]["cost"]) >= 3.366
    assert float(lines["HostBoxUsage:c5.large"]["cost"]) == 0
