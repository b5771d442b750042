"""What becomes of a group's instances, through the wire: hooks, warm pools, refreshes, and policies that alarms execute."""

import pytest
from conftest import error
from test_autoscaling import ZONES, create, group_of


@pytest.fixture
def rig(start):
    return start("--transitions", "realistic")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


@pytest.fixture
def autoscaling(rig):
    return rig.client("autoscaling")


def states(autoscaling):
    return sorted(instance["LifecycleState"] for instance in group_of(autoscaling)["Instances"])


def test_hooks_hold_instances_until_they_are_completed(rig, autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=1, LifecycleHookSpecificationList=[
        {"LifecycleHookName": "boot", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "HeartbeatTimeout": 600}])
    rig.advance(60)
    assert states(autoscaling) == ["Pending:Wait"]
    hook = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"][0]
    assert (hook["DefaultResult"], hook["GlobalTimeout"]) == ("ABANDON", 60000)
    named = {"AutoScalingGroupName": "web", "LifecycleHookName": "boot"}
    instance = group_of(autoscaling)["Instances"][0]["InstanceId"]
    autoscaling.record_lifecycle_action_heartbeat(InstanceId=instance, **named)
    assert error(autoscaling.complete_lifecycle_action, LifecycleActionToken="0" * 36, LifecycleActionResult="CONTINUE",
                 **named)[0] == "ValidationError"
    autoscaling.complete_lifecycle_action(InstanceId=instance, LifecycleActionResult="CONTINUE", **named)
    assert states(autoscaling) == ["InService"]
    autoscaling.delete_lifecycle_hook(**named)
    assert autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"] == []


def test_a_warm_pool_serves_a_group_that_grows(rig, autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=1, MaxSize=3)
    autoscaling.put_warm_pool(AutoScalingGroupName="web", PoolState="Stopped", MinSize=1)
    rig.advance(180)
    pool = autoscaling.describe_warm_pool(AutoScalingGroupName="web")
    assert [one["LifecycleState"] for one in pool["Instances"]] == ["Warmed:Stopped"] * 2
    warm = {one["InstanceId"] for one in pool["Instances"]}
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    rig.advance(60)
    assert warm & {one["InstanceId"] for one in group_of(autoscaling)["Instances"]}
    assert error(autoscaling.delete_auto_scaling_group, AutoScalingGroupName="web")[0] == "ResourceInUse"
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    rig.advance(120)
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []


def test_a_refresh_replaces_every_instance(rig, autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=4)
    rig.advance(60)
    before = {one["InstanceId"] for one in group_of(autoscaling)["Instances"]}
    ec2.create_launch_template_version(LaunchTemplateName="web", SourceVersion="1",
                                       LaunchTemplateData={"InstanceType": "m5.xlarge"})
    refresh = autoscaling.start_instance_refresh(
        AutoScalingGroupName="web", Preferences={"MinHealthyPercentage": 50, "InstanceWarmup": 30})["InstanceRefreshId"]
    assert error(autoscaling.start_instance_refresh, AutoScalingGroupName="web")[0] == "InstanceRefreshInProgress"
    rig.advance(900)
    shown = autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"][0]
    assert (shown["InstanceRefreshId"], shown["Status"], shown["PercentageComplete"]) == (refresh, "Successful", 100)
    after = group_of(autoscaling)["Instances"]
    assert {one["InstanceType"] for one in after} == {"m5.xlarge"}
    assert not before & {one["InstanceId"] for one in after}


def test_target_tracking_scales_on_the_clock(rig, autoscaling, ec2):
    cloudwatch = rig.client("cloudwatch")
    create(autoscaling, ec2, DesiredCapacity=2, zones=ZONES)
    rig.advance(60)
    answer = autoscaling.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="cpu", PolicyType="TargetTrackingScaling", EstimatedInstanceWarmup=60,
        TargetTrackingConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": {
            "PredefinedMetricType": "ASGAverageCPUUtilization"}})
    assert len(answer["Alarms"]) == 2
    told = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-web-")["MetricAlarms"]]
    assert sorted(told) == sorted(alarm["AlarmName"] for alarm in answer["Alarms"])
    for _ in range(6):
        cloudwatch.put_metric_data(Namespace="AWS/EC2", MetricData=[
            {"MetricName": "CPUUtilization", "Value": 100, "Unit": "Percent",
             "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}]}])
        rig.advance(60)
    assert group_of(autoscaling)["DesiredCapacity"] >= 4
    cause = autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"][0]["Cause"]
    assert "a monitor alarm TargetTracking-web-AlarmHigh-" in cause and "triggered policy cpu changing" in cause
    autoscaling.delete_policy(AutoScalingGroupName="web", PolicyName="cpu")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_notifications_are_kept(autoscaling, ec2):
    create(autoscaling, ec2)
    topic = "arn:aws:sns:us-east-1:123456789012:ops"
    answer = autoscaling.put_notification_configuration(
        AutoScalingGroupName="web", TopicARN=topic, NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH"])
    assert "x-ironbird-no-effect" in answer["ResponseMetadata"]["HTTPHeaders"]
    kept = autoscaling.describe_notification_configurations()["NotificationConfigurations"]
    assert kept == [{"AutoScalingGroupName": "web", "TopicARN": topic,
                     "NotificationType": "autoscaling:EC2_INSTANCE_LAUNCH"}]
    autoscaling.delete_notification_configuration(AutoScalingGroupName="web", TopicARN=topic)
    assert autoscaling.describe_notification_configurations()["NotificationConfigurations"] == []


def test_a_rig_that_is_killed_carries_on(start, tmp_path):
    rig = start("--transitions", "realistic", "--data", str(tmp_path))
    autoscaling, ec2, cloudwatch = (rig.client(name) for name in ("autoscaling", "ec2", "cloudwatch"))
    create(autoscaling, ec2, DesiredCapacity=3)
    rig.advance(60)
    autoscaling.put_lifecycle_hook(AutoScalingGroupName="web", LifecycleHookName="drain", HeartbeatTimeout=300,
                                   LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
    autoscaling.enable_metrics_collection(AutoScalingGroupName="web", Granularity="1Minute")
    cloudwatch.put_metric_alarm(
        AlarmName="few", Namespace="AWS/AutoScaling", MetricName="GroupInServiceInstances", Statistic="Minimum", Period=60,
        Dimensions=[{"Name": "AutoScalingGroupName", "Value": "web"}], EvaluationPeriods=1, Threshold=2,
        ComparisonOperator="LessThanThreshold")
    rig.advance(120)
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    rig.advance(10)
    assert states(autoscaling) == ["InService", "Terminating:Wait", "Terminating:Wait"]
    rig.kill()
    rig = start("--transitions", "realistic", "--data", str(tmp_path))
    autoscaling, cloudwatch = rig.client("autoscaling"), rig.client("cloudwatch")
    assert states(autoscaling) == ["InService", "Terminating:Wait", "Terminating:Wait"]
    rig.advance(400)
    assert states(autoscaling) == ["InService"]
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"
