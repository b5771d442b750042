"""What was acknowledged is there after a power cut, and the clock goes on as if nothing had been."""

import threading
import time
from datetime import datetime

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from test_sign_in import DEVICE, PASSWORD, Workforce

ROLE = "arn:aws:iam::999999999999:role/Deploy"


def now(rig):
    return datetime.fromisoformat(rig.own("GET", "clock").json["now"].replace("Z", "+00:00"))


@pytest.mark.parametrize("round", range(3))
def test_nothing_acknowledged_is_lost(start, tmp_path, round):
    rig = start("--data", str(tmp_path))
    acknowledged = []
    failures = []

    def load():
        sts = rig.client("sts")
        while True:
            try:
                answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")
            except BotoCoreError:
                return
            except ClientError as error:
                failures.append(error)
                return
            acknowledged.append(answer["Credentials"])

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(acknowledged) < 200 + 50 * round and time.monotonic() < deadline:
        time.sleep(0.01)
    rig.kill()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(acknowledged) >= 100

    again = start("--data", str(tmp_path))
    for credentials in acknowledged:
        identity = again.session(credentials).get_caller_identity()
        assert identity["Arn"] == "arn:aws:sts::999999999999:assumed-role/Deploy/me"
    keys = {credentials["AccessKeyId"] for credentials in acknowledged}
    assert len(keys) == len(acknowledged)
    fresh = again.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert fresh["AccessKeyId"] not in keys


def test_the_clock_goes_on(start, tmp_path):
    rig = start("--data", str(tmp_path))
    rig.advance(30 * 24 * 3600)
    before = now(rig)
    rig.kill()
    again = start("--data", str(tmp_path))
    elapsed = (now(again) - before).total_seconds()
    assert 0 <= elapsed < 60
    again.own("POST", "clock/rate", {"rate": 0})
    stopped = now(again)
    assert again.stop() == 0
    third = start("--data", str(tmp_path))
    assert now(third) == stopped


def test_timers_survive(start, tmp_path):
    rig = start("--data", str(tmp_path))
    credentials = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    due = rig.own("GET", "clock").json["next_timer"]
    assert due
    rig.kill()
    again = start("--data", str(tmp_path))
    assert again.own("GET", "clock").json["next_timer"] == due
    assert again.own("GET", "state").json["tables"]["rig.access_keys"] == 1
    again.advance(2 * 24 * 3600)
    assert again.own("GET", "clock").json["next_timer"] is None
    assert "rig.access_keys" not in again.own("GET", "state").json["tables"]
    with pytest.raises(ClientError, match="ExpiredToken"):
        again.session(credentials).get_caller_identity()


def image(rig):
    return rig.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


def states(rig):
    reservations = rig.client("ec2").describe_instances()["Reservations"]
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for reservation in reservations
        for instance in reservation["Instances"]
    }


def test_every_key_pair_acknowledged_is_there(start, tmp_path):
    rig = start("--data", str(tmp_path))
    acknowledged = []

    def load(thread):
        ec2 = rig.client("ec2")
        for number in range(10_000):
            try:
                key = ec2.create_key_pair(KeyName=f"key-{thread}-{number}")
            except BotoCoreError:
                return
            acknowledged.append((key["KeyName"], key["KeyPairId"]))

    threads = [threading.Thread(target=load, args=[thread]) for thread in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(acknowledged) < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    rig.kill()
    for thread in threads:
        thread.join()
    assert len(acknowledged) >= 20
    again = start("--data", str(tmp_path))
    kept = again.client("ec2").describe_key_pairs()["KeyPairs"]
    assert set(acknowledged) <= {(key["KeyName"], key["KeyPairId"]) for key in kept}


def test_a_state_change_under_way_goes_on_after_a_power_cut(start, tmp_path):
    rig = start("--data", str(tmp_path))
    rig.own("POST", "clock/rate", {"rate": 0})
    ec2 = rig.client("ec2")
    run = ec2.run_instances(ImageId=image(rig), InstanceType="m5.large", MinCount=3, MaxCount=3)
    ids = {instance["InstanceId"] for instance in run["Instances"]}
    assert states(rig) == dict.fromkeys(ids, "pending")
    rig.kill()
    again = start("--data", str(tmp_path))
    assert states(again) == dict.fromkeys(ids, "pending")
    again.advance(600)
    assert states(again) == dict.fromkeys(ids, "running")


def test_a_scale_out_goes_on_after_a_power_cut(start, tmp_path):
    def grow(folder, killed_after):
        """A group's instances and what its activities say, for a rig that is killed after so many seconds, or not."""
        rig = start("--data", str(folder), "--seed", "7")
        rig.own("POST", "clock/rate", {"rate": 0})
        rig.own("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": 4})
        rig.client("ec2").create_launch_template(
            LaunchTemplateName="app", LaunchTemplateData={"ImageId": image(rig), "InstanceType": "m5.large"})
        rig.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName="app", LaunchTemplate={"LaunchTemplateName": "app"}, MinSize=0, MaxSize=40, DesiredCapacity=30,
            AvailabilityZones=["us-east-1a", "us-east-1b"])
        for span in killed_after:
            rig.advance(span)
            rig.kill()
            rig = start("--data", str(folder), "--seed", "7")
            assert rig.own("GET", "clock").json["rate"] == 0
        rig.advance(1_200 - sum(killed_after))
        autoscaling = rig.client("autoscaling")
        [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        pages = autoscaling.get_paginator("describe_scaling_activities").paginate(AutoScalingGroupName="app")
        activities = [one for page in pages for one in page["Activities"]]
        members = sorted((one["LifecycleState"], one["AvailabilityZone"]) for one in group["Instances"])
        told = sorted((one["StatusCode"], one.get("StatusMessage", "")) for one in activities)
        return members, told, len(states(rig))

    undisturbed = grow(tmp_path / "undisturbed", [])
    members, told, launched = undisturbed
    assert len(members) == launched == 30 and ("InService", "us-east-1a") in members
    assert any("InsufficientInstanceCapacity" in message or "sufficient" in message for _, message in told)
    assert grow(tmp_path / "killed", [6, 4, 30]) == undisturbed


def test_faults_and_capacity_survive(start, tmp_path):
    rig = start("--data", str(tmp_path))
    rig.own("PUT", "faults/busy", {"service": "ec2", "code": "Busy"})
    rig.own("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": 3})
    rig.kill()
    again = start("--data", str(tmp_path))
    assert [fault["id"] for fault in again.own("GET", "faults").json["faults"]] == ["busy"]
    assert [pool["free"] for pool in again.own("GET", "capacity").json["pools"]] == [3]


def test_a_directory_has_one_rig_at_a_time(start, tmp_path):
    first = start("--data", str(tmp_path))
    second = first.run("up", "--port", "0", "--data", str(tmp_path), check=False)
    assert second.returncode == 2
    assert str(tmp_path) in second.stderr


def test_without_a_directory_nothing_is_kept(start):
    rig = start()
    credentials = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert rig.stop() == 0
    again = start("--auth", "enforce")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        again.session(credentials).get_caller_identity()


def test_sign_ins_outlast_a_power_cut(start, tmp_path):
    options = ("--data", str(tmp_path / "rig"), "--transitions", "instant")
    workforce = Workforce(start(*options))
    made, client = workforce.tokens()
    pending = workforce.device(client)
    workforce.rig.kill()
    again = start(*options)
    oidc, portal = again.client("sso-oidc"), again.client("sso")
    role = {"accountId": workforce.work, "roleName": "Builder"}
    assert portal.get_role_credentials(accessToken=made["accessToken"], **role)["roleCredentials"]
    refreshed = oidc.create_token(**client, grantType="refresh_token", refreshToken=made["refreshToken"])
    assert portal.get_role_credentials(accessToken=refreshed["accessToken"], **role)["roleCredentials"]
    with pytest.raises(oidc.exceptions.AuthorizationPendingException):
        oidc.create_token(**client, grantType=DEVICE, deviceCode=pending["deviceCode"])
    kept = b"".join(file.read_bytes() for file in (tmp_path / "rig").rglob("*") if file.is_file())
    for secret in [made["accessToken"], made["refreshToken"], client["clientSecret"], pending["deviceCode"], PASSWORD]:
        assert secret.encode() not in kept
