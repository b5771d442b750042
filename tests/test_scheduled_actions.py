"""Scheduled actions of Auto Scaling groups, through the wire."""

from datetime import datetime, timedelta, timezone

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
