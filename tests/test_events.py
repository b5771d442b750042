"""Events as services tell EventBridge, read through the rig's own interface and its command line."""

import datetime
import json
import subprocess
import threading
import time
import urllib.parse

import pytest
from conftest import ACCOUNT, binary, image_of

ROLE = "arn:aws:iam::123456789012:role/experiments"


@pytest.fixture
def rig(start):
    return start()


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


def ask(rig, **query):
    reply = rig.own("GET", f"events?{urllib.parse.urlencode(query)}")
    assert reply.status == 200, reply.text
    return reply.json


def events(rig, detail_type=None, **query):
    """All events of a detail type, as EventBridge delivers them."""
    query |= {"detail_type": detail_type} if detail_type else {}
    return [one["event"] for one in ask(rig, after=0, limit=1000, **query)["events"]]


def launch(ec2, **more):
    made = ec2.run_instances(ImageId=image_of(ec2), InstanceType="m5.large", MinCount=1, MaxCount=1, **more)
    return made["Instances"][0]["InstanceId"]


def instant(event):
    return datetime.datetime.fromisoformat(event["time"])


def test_events_of_a_time_can_be_asked_for(rig, ec2):
    instance = launch(ec2)
    rig.advance(60)
    between = rig.own("GET", "clock").json["now"]
    rig.advance(60)
    ec2.terminate_instances(InstanceIds=[instance])
    rig.advance(60)
    kind = "EC2 Instance State-change Notification"
    states = lambda **query: [event["detail"]["state"] for event in events(rig, kind, **query)]
    assert states(until=between) == ["pending", "running"]
    assert states(**{"from": between}) == ["shutting-down", "terminated"]
    assert states(**{"from": between, "until": between}) == []
    shown = rig.run("events", "--json", "--from", between, "--detail-type", kind).stdout.splitlines()
    assert [json.loads(line)["detail"]["state"] for line in shown] == ["shutting-down", "terminated"]
    refused = rig.run("events", "--until", "tomorrow", check=False)
    assert refused.returncode == 2 and "until `tomorrow` is not a time such as" in refused.stderr


def test_an_instance_tells_of_each_of_its_states(rig, ec2):
    instance = launch(ec2)
    rig.advance(60)
    ec2.stop_instances(InstanceIds=[instance])
    rig.advance(60)
    ec2.terminate_instances(InstanceIds=[instance])
    rig.advance(60)
    told = events(rig, "EC2 Instance State-change Notification")
    assert [event["detail"] for event in told] == [
        {"instance-id": instance, "state": state}
        for state in ["pending", "running", "stopping", "stopped", "terminated"]
    ]
    first = told[0]
    assert {**first, "id": "", "time": ""} == {
        "version": "0",
        "id": "",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "",
        "region": "us-east-1",
        "resources": [f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"],
        "detail": {"instance-id": instance, "state": "pending"},
    }
    assert len({event["id"] for event in told}) == len(told)
    assert 5 <= (instant(told[1]) - instant(first)).total_seconds() <= 20


def test_a_call_that_fails_tells_nothing(rig, ec2):
    before = ask(rig)["last"]
    with pytest.raises(ec2.exceptions.ClientError):
        launch(ec2, DryRun=True)
    assert ask(rig)["last"] == before


def test_a_spot_instance_is_warned_two_minutes_ahead_and_recommended_before(rig, ec2):
    instance = launch(ec2, InstanceMarketOptions={"MarketType": "spot"}, Placement={"AvailabilityZone": "us-east-1a"})
    rig.advance(60)
    pool = {"zone": "us-east-1a", "instance_type": "m5.large"}
    size = rig.own("GET", f"capacity?{urllib.parse.urlencode(pool)}").json["pools"][0]["size"]
    rig.own("POST", "capacity/reclaim", {**pool, "count": size})
    rig.advance(900)
    [recommended] = events(rig, "EC2 Instance Rebalance Recommendation")
    [warned] = events(rig, "EC2 Spot Instance Interruption Warning")
    changes = events(rig, "EC2 Instance State-change Notification")
    [leaves] = [event for event in changes if event["detail"]["state"] == "shutting-down"]
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"
    assert (recommended["resources"], recommended["detail"]) == ([arn], {"instance-id": instance})
    assert warned["resources"] == [arn]
    assert warned["detail"] == {"instance-id": instance, "instance-action": "terminate"}
    assert instant(recommended) <= instant(warned)
    assert abs((instant(leaves) - instant(warned)).total_seconds() - 120) <= 1


def test_volumes_tell_when_they_are_made_and_gone(rig, ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    assert not events(rig, "EBS Volume Notification"), "it is still being made"
    rig.advance(30)
    ec2.delete_volume(VolumeId=volume)
    told = events(rig, "EBS Volume Notification")
    assert [(event["detail"]["event"], event["detail"]["result"]) for event in told] == [
        ("createVolume", "available"), ("deleteVolume", "deleted"),
    ]
    assert told[0]["resources"] == [f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/{volume}"]
    assert set(told[0]["detail"]) == {"event", "result", "cause", "request-id"}


def test_a_group_tells_of_launches_terminations_and_failures(rig, ec2):
    autoscaling = rig.client("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image_of(ec2), "InstanceType": "m5.large"})
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web"}, MinSize=0, MaxSize=2,
        DesiredCapacity=1, AvailabilityZones=["us-east-1a"])
    rig.advance(120)
    [launched] = events(rig, "EC2 Instance Launch Successful")
    detail = launched["detail"]
    group = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    instance = group["Instances"][0]["InstanceId"]
    assert launched["source"] == "aws.autoscaling"
    assert launched["resources"] == [
        group["AutoScalingGroupARN"], f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{instance}"]
    assert detail["StatusCode"] == "InProgress"
    assert detail["EC2InstanceId"] == instance
    assert detail["Description"] == f"Launching a new EC2 instance: {instance}"
    assert (detail["AutoScalingGroupName"], detail["Origin"], detail["Destination"]) == (
        "web", "EC2", "AutoScalingGroup")
    assert detail["Details"]["Availability Zone"] == "us-east-1a"
    activity = autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"][0]
    assert (detail["ActivityId"], detail["Cause"]) == (activity["ActivityId"], activity["Cause"])

    rig.own("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": 0})
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    rig.advance(5)
    failed = events(rig, "EC2 Instance Launch Unsuccessful")[0]
    assert (failed["detail"]["StatusCode"], failed["detail"]["EC2InstanceId"]) == ("Failed", "")
    assert failed["detail"]["StatusMessage"].startswith("We currently do not have sufficient m5.large capacity")
    assert failed["resources"] == [group["AutoScalingGroupARN"]]

    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
    rig.advance(120)
    [gone] = events(rig, "EC2 Instance Terminate Successful")
    assert (gone["detail"]["EC2InstanceId"], gone["detail"]["Origin"], gone["detail"]["Destination"]) == (
        instance, "AutoScalingGroup", "EC2")


def test_a_hook_tells_what_to_complete(rig, ec2):
    autoscaling = rig.client("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image_of(ec2), "InstanceType": "m5.large"})
    hook = {"LifecycleHookName": "warm-up", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "NotificationMetadata": "{\"cache\": true}"}
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web"}, MinSize=1, MaxSize=1,
        AvailabilityZones=["us-east-1a"], LifecycleHookSpecificationList=[hook])
    rig.advance(120)
    [told] = events(rig, "EC2 Instance-launch Lifecycle Action")
    detail = told["detail"]
    assert detail["NotificationMetadata"] == hook["NotificationMetadata"]
    assert (detail["LifecycleHookName"], detail["LifecycleTransition"]) == (
        "warm-up", "autoscaling:EC2_INSTANCE_LAUNCHING")
    assert (detail["Origin"], detail["Destination"]) == ("EC2", "AutoScalingGroup")
    # What an automation gets is enough to let the instance go on.
    autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=detail["AutoScalingGroupName"], LifecycleHookName=detail["LifecycleHookName"],
        LifecycleActionToken=detail["LifecycleActionToken"], LifecycleActionResult="CONTINUE")
    rig.advance(1)
    assert [event["detail"]["EC2InstanceId"] for event in events(rig, "EC2 Instance Launch Successful")] == [
        detail["EC2InstanceId"]]


def test_an_alarm_tells_what_it_was_and_is(rig):
    cloudwatch = rig.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="busy", AlarmDescription="too much to do", Namespace="app", MetricName="Load",
        Dimensions=[{"Name": "fleet", "Value": "web"}], Statistic="Average", Period=60, EvaluationPeriods=1,
        Threshold=5, ComparisonOperator="GreaterThanThreshold")
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="trying")
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="again")
    [told] = events(rig, "CloudWatch Alarm State Change")
    detail = told["detail"]
    assert told["source"] == "aws.cloudwatch"
    assert told["resources"] == [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:busy"]
    assert (detail["alarmName"], detail["previousState"]["value"]) == ("busy", "INSUFFICIENT_DATA")
    assert (detail["state"]["value"], detail["state"]["reason"]) == ("ALARM", "trying")
    assert detail["state"]["timestamp"].endswith("+0000")
    assert detail["configuration"]["description"] == "too much to do"
    [metric] = detail["configuration"]["metrics"]
    assert metric["returnData"] is True
    assert metric["metricStat"] == {
        "metric": {"namespace": "app", "name": "Load", "dimensions": {"fleet": "web"}}, "period": 60, "stat": "Average"}


def test_an_experiment_tells_each_of_its_steps(rig):
    fis = rig.client("fis")
    made = fis.create_experiment_template(
        description="wait", roleArn=ROLE, stopConditions=[{"source": "none"}], targets={},
        actions={"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}})
    template = made["experimentTemplate"]["id"]
    experiment = fis.start_experiment(experimentTemplateId=template)["experiment"]["id"]
    rig.advance(120)
    told = events(rig, "FIS Experiment State Change")
    steps = [(event["detail"]["old-state"]["status"], event["detail"]["new-state"]["status"]) for event in told]
    assert steps == [("pending", "initiating"), ("initiating", "running"), ("running", "completed")]
    for event in told:
        assert event["resources"] == [f"arn:aws:fis:us-east-1:{ACCOUNT}:experiment/{experiment}"]
        assert event["detail"]["experiment-id"] == experiment
        assert event["detail"]["experiment-template-id"] == template


def test_the_oldest_go_first_and_can_be_switched_off(start):
    few = start("--events", "3", "--transitions", "instant")
    cloudwatch = few.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="busy", Namespace="app", MetricName="Load", Statistic="Average", Period=60, EvaluationPeriods=1,
        Threshold=5, ComparisonOperator="GreaterThanThreshold")
    for state in ["OK", "ALARM", "OK", "ALARM", "OK"]:
        cloudwatch.set_alarm_state(AlarmName="busy", StateValue=state, StateReason=state)
    assert [event["detail"]["state"]["value"] for event in events(few)] == ["OK", "ALARM", "OK"]
    assert ask(few)["last"] == 5
    assert [one["number"] for one in ask(few, after=4)["events"]] == [5]
    none = start("--events", "0")
    launch(none.client("ec2"))
    assert ask(none) == {"events": [], "last": 0, "keeps": 0}
    assert "this rig keeps no events" in none.run("events").stderr


def test_who_waits_is_told_at_once_and_not_for_longer_than_it_asked(rig, ec2):
    image_of(ec2)
    last = ask(rig)["last"]
    begin = time.monotonic()
    assert ask(rig, after=last, wait=1) == {"events": [], "last": last, "keeps": 5000}
    assert 0.9 <= time.monotonic() - begin < 5
    launcher = threading.Timer(0.5, launch, [ec2])
    launcher.start()
    begin = time.monotonic()
    told = ask(rig, after=last, wait=30, detail_type="EC2 Instance State-change Notification")["events"]
    assert time.monotonic() - begin < 10
    assert [one["event"]["detail"]["state"] for one in told] == ["pending"]
    launcher.join()
    # One that still waits does not keep the rig from ending.
    waiter = threading.Thread(target=lambda: rig.own("GET", "events?after=1000000&wait=30&source=nobody"))
    waiter.start()
    time.sleep(0.3)
    begin = time.monotonic()
    assert rig.stop() == 0
    assert time.monotonic() - begin < 5
    waiter.join()


def test_they_survive_a_restart_and_not_a_reset(start, tmp_path):
    first = start("--data", str(tmp_path))
    launch(first.client("ec2"))
    told = events(first)
    assert told
    first.kill()
    second = start("--data", str(tmp_path))
    assert events(second) == told
    second.own("POST", "reset")
    assert ask(second, after=1) == {"events": [], "last": 0, "keeps": 5000}


@pytest.mark.parametrize(("query", "complaint"), [
    ({"after": "x"}, "after `x` is not a number"),
    ({"limit": 0}, "limit `0` is not a number from 1 to 1000"),
    ({"wait": 31}, "wait `31` is not a number from 0 to 30"),
    ({"account": "12"}, "account `12` is not twelve digits"),
    ({"region": "moon-1"}, "there is no Region moon-1"),
    ({"sauce": "aws.ec2"}, "unknown field `sauce`"),
])
def test_a_bad_question_says_what_is_wrong(shared, query, complaint):
    reply = shared.own("GET", f"events?{urllib.parse.urlencode(query)}")
    assert reply.status == 400
    assert complaint in reply.json["error"]["message"]


def test_the_command_shows_and_follows(rig, ec2):
    instance = launch(ec2)
    shown = rig.run("events", "--source", "aws.ec2", "--detail-type", "EC2 Instance State-change Notification")
    assert f"{instance} pending" in shown.stdout
    assert rig.run("events", "--source", "aws.nobody").stdout == "no events\n"
    lines = rig.run("events", "--json", "--limit", "1").stdout.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["source"] == "aws.ec2"
    follower = subprocess.Popen(
        [binary(), "events", "--follow", "--json", "--endpoint", rig.endpoint, "--detail-type",
         "EC2 Instance State-change Notification"], stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(follower.stdout.readline())["detail"]["state"] == "pending"
        rig.advance(60)
        assert json.loads(follower.stdout.readline())["detail"] == {"instance-id": instance, "state": "running"}
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()
