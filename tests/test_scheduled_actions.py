"""Scheduled actions of Auto Scaling groups, through the wire."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from conftest import worded
from test_autoscaling import create, group_of


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def autoscaling(rig):
    client = rig.client("autoscaling")
    create(client, rig.client("ec2"))
    return client


def put(autoscaling, name, **settings):
    autoscaling.put_scheduled_update_group_action(AutoScalingGroupName="web", ScheduledActionName=name, **settings)


def refusal(autoscaling, **settings):
    return worded(put, autoscaling, "refused", **settings)


def test_actions_that_make_no_sense_are_refused_in_the_words_of_aws(autoscaling):
    now = datetime.now(timezone.utc)
    past, soon, later = now - timedelta(hours=1), now + timedelta(hours=1), now + timedelta(hours=2)

    def says(message, **settings):
        assert refusal(autoscaling, **settings) == ("ValidationError", message)

    says("Given start time is in the past", StartTime=past, MinSize=1)
    says("Given end time is in the past", Recurrence="0 8 * * *", EndTime=past, MinSize=1)
    says("Given end time must be after start time", StartTime=later, EndTime=soon, MinSize=1)
    says("Scheduled start time must be specified for non-recurrent future group action", EndTime=later, MinSize=1)
    says("Given recurrence string: 99 6 * * 2 is invalid", Recurrence="99 6 * * 2", MinSize=1)
    says("Min size must be non-negative", StartTime=soon, MinSize=-1)
    says("Desired capacity must be non-negative", StartTime=soon, DesiredCapacity=-1)
    says("Desired capacity must be less than or equal to max size", StartTime=soon, DesiredCapacity=3, MaxSize=2)


def test_two_actions_of_a_group_never_start_at_one_time(autoscaling):
    put(autoscaling, "early", Recurrence="0 8 * * *", MinSize=1)
    assert refusal(autoscaling, Recurrence="0 8 * * *", MinSize=2) == (
        "AlreadyExists", "Scheduled action with this scheduled start time already exists")
    put(autoscaling, "early", Recurrence="0 8 * * *", MinSize=2)
    put(autoscaling, "late", Recurrence="0 9 * * *", MinSize=2)


def test_a_recurrence_keeps_to_the_clocks_of_its_time_zone(rig, autoscaling):
    put(autoscaling, "morning", Recurrence="0 8 * * *", TimeZone="America/New_York", DesiredCapacity=1)
    put(autoscaling, "evening", Recurrence="0 20 * * *", DesiredCapacity=0)

    def morning():
        actions = autoscaling.describe_scheduled_actions(ScheduledActionNames=["morning"], AutoScalingGroupName="web")
        action, = actions["ScheduledUpdateGroupActions"]
        assert action["TimeZone"] == "America/New_York" and action["Time"] == action["StartTime"]
        return action["StartTime"]

    clocks = ZoneInfo("America/New_York")
    start, offsets = morning(), set()
    for _ in range(4):
        assert start.astimezone(clocks).hour == 8
        offsets.add(start.utcoffset() - start.astimezone(clocks).utcoffset())
        rig.advance(91 * 86400)
        start = morning()
    assert offsets == {timedelta(hours=4), timedelta(hours=5)}

    while morning() == start:
        rig.advance(3600)
    assert group_of(autoscaling)["DesiredCapacity"] == 1


def test_what_ends_before_it_first_comes_never_runs(rig, autoscaling):
    soon = datetime.now(timezone.utc) + timedelta(hours=1)
    later = datetime.now(timezone.utc) + timedelta(hours=3)
    put(autoscaling, "never", Recurrence=f"{later.minute} {later.hour} * * *", EndTime=soon, MinSize=1, DesiredCapacity=2)
    rig.advance(5 * 3600)
    assert group_of(autoscaling)["DesiredCapacity"] == 0
    shown = autoscaling.describe_scheduled_actions(AutoScalingGroupName="web")["ScheduledUpdateGroupActions"]
    assert shown == []


def test_a_time_zone_that_is_none_is_refused_alone_or_in_a_batch(autoscaling):
    message = "Time zone specified does not conform to standardized time zones found in IANA Time Zone Database"
    for zone in ("CEST", "+02:00", "europe/berlin", "Europe/Atlantis"):
        assert refusal(autoscaling, Recurrence="0 8 * * *", TimeZone=zone, MinSize=1) == ("ValidationError", message)
    answer = autoscaling.batch_put_scheduled_update_group_action(
        AutoScalingGroupName="web",
        ScheduledUpdateGroupActions=[
            {"ScheduledActionName": "good", "Recurrence": "0 8 * * *", "TimeZone": "Pacific/Tahiti", "MinSize": 1},
            {"ScheduledActionName": "bad", "Recurrence": "0 9 * * *", "TimeZone": "Tahiti", "MinSize": 1}])
    assert answer["FailedScheduledUpdateGroupActions"] == [
        {"ScheduledActionName": "bad", "ErrorCode": "ValidationError", "ErrorMessage": message}]
    kept, = autoscaling.describe_scheduled_actions(AutoScalingGroupName="web")["ScheduledUpdateGroupActions"]
    assert (kept["TimeZone"], kept["StartTime"].hour) == ("Pacific/Tahiti", 18)
