"""Auto Scaling groups as boto3 and the AWS CLI see them."""

import json

import pytest
from conftest import error, fresh_account, image_of, worded


# A type is taken by one test each that empties pools, since pools belong to all accounts of a rig.
TYPES = iter(["t3.large", "t3.xlarge", "t3a.large", "t3a.xlarge"])


@pytest.fixture
def account():
    return fresh_account()


@pytest.fixture
def ec2(shared, account):
    return shared.client("ec2", key=account)


@pytest.fixture
def autoscaling(shared, account):
    """A client of an account that nothing was done in yet."""
    return shared.client("autoscaling", key=account)


def template_of(ec2, instance_type="m5.large", name="web", **data):
    data = {"ImageId": image_of(ec2), **data}
    if instance_type:
        data["InstanceType"] = instance_type
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    return made["LaunchTemplate"]["LaunchTemplateId"]


def subnets_of(ec2, *zones):
    found = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}
    return ",".join(by_zone[zone] for zone in zones)


ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def create(autoscaling, ec2, instance_type="m5.large", zones=ZONES, **settings):
    settings = {"AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 20, **settings}
    if not settings.keys() & {"LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName"}:
        settings["LaunchTemplate"] = {"LaunchTemplateId": template_of(ec2, instance_type), "Version": "$Latest"}
    autoscaling.create_auto_scaling_group(VPCZoneIdentifier=subnets_of(ec2, *zones), **settings)


def group_of(autoscaling, name="web"):
    return autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def spread(autoscaling):
    counts = {}
    for instance in group_of(autoscaling)["Instances"]:
        assert instance["LifecycleState"] == "InService"
        counts[instance["AvailabilityZone"]] = counts.get(instance["AvailabilityZone"], 0) + 1
    return counts


def test_a_group_is_described_as_it_was_made(autoscaling, ec2, account):
    create(autoscaling, ec2, DesiredCapacity=4, Tags=[
        {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "team", "Value": "a", "PropagateAtLaunch": True}])
    group = group_of(autoscaling)
    assert group["AutoScalingGroupARN"].startswith(f"arn:aws:autoscaling:us-east-1:{account}:autoScalingGroup:")
    assert group["AutoScalingGroupARN"].endswith(":autoScalingGroupName/web")
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 20, 4)
    assert (group["DefaultCooldown"], group["HealthCheckType"], group["HealthCheckGracePeriod"]) == (300, "EC2", 0)
    assert group["AvailabilityZones"] == list(ZONES)
    assert group["TerminationPolicies"] == ["Default"]
    assert group["LaunchTemplate"]["LaunchTemplateName"] == "web"
    assert group["LaunchTemplate"]["Version"] == "$Latest"
    assert spread(autoscaling) == {"us-east-1a": 2, "us-east-1b": 1, "us-east-1c": 1}
    instance = group["Instances"][0]
    assert (instance["InstanceType"], instance["HealthStatus"]) == ("m5.large", "Healthy")
    assert instance["LaunchTemplate"]["Version"] == "1"
    running = ec2.describe_instances(Filters=[
        {"Name": "tag:aws:autoscaling:groupName", "Values": ["web"]}, {"Name": "tag:team", "Values": ["a"]}])
    assert sum(len(reservation["Instances"]) for reservation in running["Reservations"]) == 4
    listed = autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert {one["InstanceId"] for one in listed} == {one["InstanceId"] for one in group["Instances"]}
    assert {one["HealthStatus"] for one in listed} == {"HEALTHY"}
    without = autoscaling.describe_auto_scaling_groups(IncludeInstances=False)["AutoScalingGroups"][0]
    assert not without.get("Instances")


def test_activities_tell_what_was_done_and_why(autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=2)
    pages = autoscaling.get_paginator("describe_scaling_activities").paginate(
        AutoScalingGroupName="web", PaginationConfig={"PageSize": 1})
    told = [activity for page in pages for activity in page["Activities"]]
    assert len(told) == 2
    for activity in told:
        assert (activity["StatusCode"], activity["Progress"]) == ("Successful", 100)
        assert activity["Description"].startswith("Launching a new EC2 instance: i-")
        assert "a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.  At " in activity["Cause"]
        assert activity["Cause"].endswith("increasing the capacity from 0 to 2.")
        assert set(json.loads(activity["Details"])) == {"Subnet ID", "Availability Zone"}
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=1)
    newest = autoscaling.describe_scaling_activities(AutoScalingGroupName="web", MaxRecords=1)["Activities"][0]
    assert newest["Description"].startswith("Terminating EC2 instance: i-")
    assert newest["Cause"].endswith("was selected for termination.")


def test_a_dry_zone_is_made_up_for_elsewhere(shared, autoscaling, ec2):
    kind = next(TYPES)
    shared.run("capacity", "set", "--zone", "us-east-1a", "--type", kind, "--free", "0")
    create(autoscaling, ec2, kind, DesiredCapacity=6)
    assert spread(autoscaling) == {"us-east-1b": 3, "us-east-1c": 3}
    failed = autoscaling.describe_scaling_activities(
        AutoScalingGroupName="web", Filters=[{"Name": "Status", "Values": ["Failed"]}])["Activities"]
    assert len(failed) == 1
    assert f"We currently do not have sufficient {kind} capacity" in failed[0]["StatusMessage"]
    assert failed[0]["StatusMessage"].endswith(" Launching EC2 instance failed.")
    assert json.loads(failed[0]["Details"])["Availability Zone"] == "us-east-1a"


def test_a_flexible_group_takes_what_there_is(shared, autoscaling, ec2):
    first, second = next(TYPES), next(TYPES)
    for zone in ZONES:
        shared.run("capacity", "set", "--zone", zone, "--type", first, "--free", "0")
    specification = {"LaunchTemplateId": template_of(ec2, None), "Version": "$Default"}
    create(autoscaling, ec2, DesiredCapacity=3, MixedInstancesPolicy={
        "LaunchTemplate": {"LaunchTemplateSpecification": specification,
                           "Overrides": [{"InstanceType": first}, {"InstanceType": second}]}})
    assert {instance["InstanceType"] for instance in group_of(autoscaling)["Instances"]} == {second}
    distribution = group_of(autoscaling)["MixedInstancesPolicy"]["InstancesDistribution"]
    assert distribution == {
        "OnDemandAllocationStrategy": "prioritized", "OnDemandBaseCapacity": 0,
        "OnDemandPercentageAboveBaseCapacity": 100, "SpotAllocationStrategy": "lowest-price", "SpotInstancePools": 2}


def test_attributes_choose_types(autoscaling, ec2):
    specification = {"LaunchTemplateId": template_of(ec2, None), "Version": "$Default"}
    requirements = {"VCpuCount": {"Min": 8}, "MemoryMiB": {"Min": 65536}, "MemoryGiBPerVCpu": {"Min": 8, "Max": 8}}
    create(autoscaling, ec2, DesiredCapacity=3, MixedInstancesPolicy={
        "LaunchTemplate": {"LaunchTemplateSpecification": specification,
                           "Overrides": [{"InstanceRequirements": requirements}]},
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 0,
                                  "SpotAllocationStrategy": "price-capacity-optimized"}})
    kept = group_of(autoscaling)["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]
    assert kept == [{"InstanceRequirements": requirements}]
    found = ec2.describe_instances()["Reservations"]
    instances = [instance for reservation in found for instance in reservation["Instances"]]
    assert [instance["InstanceLifecycle"] for instance in instances] == ["spot"] * 3


def test_what_died_is_replaced(start):
    rig = start("--transitions", "instant")
    autoscaling, ec2 = rig.client("autoscaling"), rig.client("ec2")
    create(autoscaling, ec2, DesiredCapacity=3)
    before = {instance["InstanceId"] for instance in group_of(autoscaling)["Instances"]}
    victim = min(before)
    ec2.terminate_instances(InstanceIds=[victim])
    rig.advance(60)
    after = {instance["InstanceId"] for instance in group_of(autoscaling)["Instances"]}
    assert len(after) == 3 and before - after == {victim}


def test_capacity_takes_its_time_on_a_realistic_clock(start):
    rig = start("--transitions", "realistic")
    autoscaling, ec2 = rig.client("autoscaling"), rig.client("ec2")
    create(autoscaling, ec2, DesiredCapacity=2)
    assert group_of(autoscaling)["Instances"] == []
    rig.advance(60)
    assert [one["LifecycleState"] for one in group_of(autoscaling)["Instances"]] == ["InService"] * 2
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert group_of(autoscaling)["Status"] == "Delete in progress"
    rig.advance(120)
    assert autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    deleted = autoscaling.describe_scaling_activities(IncludeDeletedGroups=True)["Activities"]
    assert {activity["AutoScalingGroupState"] for activity in deleted} == {"Deleted"}


def test_errors_are_awss(autoscaling, ec2):
    assert error(autoscaling.set_desired_capacity, AutoScalingGroupName="gone", DesiredCapacity=1) == (
        "ValidationError", "AutoScalingGroup name not found - AutoScalingGroup 'gone' not found", 400)
    assert error(autoscaling.update_auto_scaling_group, AutoScalingGroupName="gone", MinSize=1) == (
        "ValidationError", "AutoScalingGroup name not found - null", 400)
    create(autoscaling, ec2, DesiredCapacity=1, MaxSize=5)
    again = {"AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 1, "AvailabilityZones": ["us-east-1a"],
             "LaunchTemplate": {"LaunchTemplateName": "web"}}
    assert error(autoscaling.create_auto_scaling_group, **again)[:2] == (
        "AlreadyExists", "AutoScalingGroup by this name already exists - A group already exists with the name web")
    assert error(autoscaling.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=10)[1] == (
        "New SetDesiredCapacity value 10 is above max value 5 for the AutoScalingGroup.")
    assert error(autoscaling.delete_auto_scaling_group, AutoScalingGroupName="web")[0] == "ResourceInUse"
    code, message, _ = error(autoscaling.get_predictive_scaling_forecast, AutoScalingGroupName="web", PolicyName="p",
                             StartTime="2026-01-01T00:00:00Z", EndTime="2026-01-02T00:00:00Z")
    assert "GetPredictiveScalingForecast" in message


def test_what_has_no_effect_says_so(autoscaling, ec2):
    create(autoscaling, ec2)
    answer = autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", HealthCheckType="VPC_LATTICE", Context="c")
    told = answer["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    assert "Context" in told and "HealthCheckType" in told
    answer = autoscaling.attach_load_balancers(AutoScalingGroupName="web", LoadBalancerNames=["classic"])
    assert "LoadBalancerNames" in answer["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    assert group_of(autoscaling)["TrafficSources"][0]["Type"] == "elb"
    missing = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/0123456789abcdef"
    assert worded(autoscaling.attach_load_balancer_target_groups, AutoScalingGroupName="web", TargetGroupARNs=[missing]) == (
        "ValidationError", "Provided Target Groups may not be valid. Please ensure they exist and try again.")
    answer = autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", HealthCheckType="EC2", MinSize=0)
    assert "x-ironbird-no-effect" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_policies_and_schedules_are_kept(autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=2)
    arn = autoscaling.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="out", AdjustmentType="ChangeInCapacity", ScalingAdjustment=3)["PolicyARN"]
    autoscaling.execute_policy(AutoScalingGroupName="web", PolicyName="out")
    assert len(group_of(autoscaling)["Instances"]) == 5
    kept = autoscaling.describe_policies(AutoScalingGroupName="web")["ScalingPolicies"]
    assert [(one["PolicyARN"], one["PolicyType"], one["ScalingAdjustment"]) for one in kept] == [(arn, "SimpleScaling", 3)]
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName="web", ScheduledActionName="nightly", Recurrence="0 22 * * *", DesiredCapacity=1)
    action = autoscaling.describe_scheduled_actions(AutoScalingGroupName="web")["ScheduledUpdateGroupActions"][0]
    assert (action["Recurrence"], action["DesiredCapacity"], action["StartTime"].hour) == ("0 22 * * *", 1, 22)
    autoscaling.delete_scheduled_action(AutoScalingGroupName="web", ScheduledActionName="nightly")
    assert error(autoscaling.delete_scheduled_action, AutoScalingGroupName="web", ScheduledActionName="nightly")[1] == (
        "Scheduled action name not found")


def test_policies_that_make_no_sense_are_refused(autoscaling, ec2):
    create(autoscaling, ec2, DesiredCapacity=0)

    def refusal(kind, steps=(), **rest):
        bounds = ("MetricIntervalLowerBound", "MetricIntervalUpperBound")
        steps = [{"ScalingAdjustment": 1, **{name: bound for name, bound in zip(bounds, step) if bound is not None}} for step in steps]
        return worded(autoscaling.put_scaling_policy, AutoScalingGroupName="web", PolicyName="up", PolicyType=kind,
                      AdjustmentType="ChangeInCapacity", StepAdjustments=steps, **rest)

    assert refusal("StepScaling", [(0, 10), (20, None)]) == (
        "ValidationError", "StepAdjustment intervals cannot have gaps between them")
    assert refusal("StepScaling", [(0, 10), (5, None)]) == ("ValidationError", "StepAdjustment intervals cannot overlap")
    assert refusal("StepScaling", [(0, None), (5, None)])[1] == "At most one StepAdjustment may have an unspecified upper bound"
    assert refusal("StepScaling", [(None, None)])[1] == "Both lower and upper bounds of a StepAdjustment cannot be left unspecified"
    assert refusal("StepScaling", [(1, 2)])[1] == (
        "There must be a StepAdjustment with an unspecified upper bound (i.e., upper bound is null) when one StepAdjustment has a "
        "positive upper bound")
    assert refusal("StepScaling", [(-20, -10)])[1].startswith("There must be a StepAdjustment with an unspecified lower bound")
    assert refusal("StepScaling", [(0, None)], ScalingAdjustment=1)[1] == "ScalingAdjustment is not supported for a StepScaling policy"
    assert refusal("SimpleScaling", [(0, None)], ScalingAdjustment=1)[1] == "StepAdjustments is not supported for a SimpleScaling policy"
    assert refusal("StepScaling")[1] == "You should specify at least one StepAdjustment with a StepScaling policy"
    assert autoscaling.describe_policies()["ScalingPolicies"] == []


def test_the_command_line_makes_and_ends_a_group(start):
    rig = start("--transitions", "instant")
    template_of(rig.client("ec2"))
    rig.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "web", "--min-size", "1",
            "--max-size", "3", "--launch-template", "LaunchTemplateName=web,Version=1",
            "--availability-zones", "us-east-1a", "us-east-1b")
    answer = rig.aws("autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[].Instances[].LifecycleState")
    assert json.loads(answer.stdout) == ["InService"]
    rig.aws("autoscaling", "delete-auto-scaling-group", "--auto-scaling-group-name", "web", "--force-delete")
    answer = rig.aws("autoscaling", "describe-auto-scaling-groups")
    assert json.loads(answer.stdout)["AutoScalingGroups"] == []
