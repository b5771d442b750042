"""What Auto Scaling takes at most, through the wire."""

import pytest
from conftest import fresh_account, worded
from test_autoscaling import create


@pytest.fixture
def account():
    return fresh_account()


@pytest.fixture
def ec2(shared, account):
    return shared.client("ec2", key=account)


@pytest.fixture
def autoscaling(shared, account, ec2):
    client = shared.client("autoscaling", key=account)
    create(client, ec2)
    return client


def test_a_step_policy_has_twenty_steps_at_most(autoscaling):
    def put(count):
        bounds = [{"MetricIntervalLowerBound": float(at), "MetricIntervalUpperBound": float(at + 1)} for at in range(count)]
        del bounds[-1]["MetricIntervalUpperBound"]
        autoscaling.put_scaling_policy(
            AutoScalingGroupName="web", PolicyName="up", PolicyType="StepScaling", AdjustmentType="ChangeInCapacity",
            StepAdjustments=[{"ScalingAdjustment": 1, **step} for step in bounds])

    put(20)
    assert worded(put, 21) == ("ValidationError", "Your policies can have at most 20 StepAdjustments.")


def test_a_group_tells_ten_topics_at_most(autoscaling):
    def put(number):
        autoscaling.put_notification_configuration(
            AutoScalingGroupName="web", TopicARN=f"arn:aws:sns:us-east-1:123456789012:topic-{number}",
            NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_TERMINATE"])

    for number in range(10):
        put(number)
    assert worded(put, 10) == ("LimitExceeded", "Your AutoScaling Group:web can't have more than 10 topics")
    put(9)


def test_a_request_for_a_group_brings_five_hooks_at_most(autoscaling, ec2):
    hooks = [{"LifecycleHookName": f"hook-{number}", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
             for number in range(6)]
    template = ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    named = {"AutoScalingGroupName": "hooked", "LaunchTemplate": {"LaunchTemplateId": template}}
    assert worded(create, autoscaling, ec2, LifecycleHookSpecificationList=hooks, **named) == (
        "ValidationError", "You cannot specify more than 5 hooks")
    create(autoscaling, ec2, LifecycleHookSpecificationList=hooks[:5], **named)


def test_a_request_names_so_many_at_most(autoscaling):
    ids = [f"i-{number:017x}" for number in range(51)]
    arns = [f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/t{number}/0123456789abcdef" for number in range(11)]
    group = {"AutoScalingGroupName": "web"}
    for call, most in [
        (lambda: autoscaling.attach_instances(InstanceIds=ids[:21], **group), 20),
        (lambda: autoscaling.detach_instances(InstanceIds=ids[:21], ShouldDecrementDesiredCapacity=True, **group), 20),
        (lambda: autoscaling.enter_standby(InstanceIds=ids[:21], ShouldDecrementDesiredCapacity=True, **group), 20),
        (lambda: autoscaling.exit_standby(InstanceIds=ids[:21], **group), 20),
        (lambda: autoscaling.set_instance_protection(InstanceIds=ids, ProtectedFromScaleIn=True, **group), 50),
        (lambda: autoscaling.attach_load_balancer_target_groups(TargetGroupARNs=arns, **group), 10),
        (lambda: autoscaling.batch_delete_scheduled_action(ScheduledActionNames=ids, **group), 50),
    ]:
        code, message = worded(call)
        assert code == "ValidationError" and message.endswith(f"exceeds the limit of {most}."), message
