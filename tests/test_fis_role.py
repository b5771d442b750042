"""What experiments may do, where policies decide: the role that they take, and what it is allowed."""

import json

import pytest
from accounts import document, statement
from test_fis import OTHERS, ROLE, STOP, instances, launch, over, paused, run, settle, states

EC2_ACCESS = "arn:aws:iam::aws:policy/service-role/AWSFaultInjectionSimulatorEC2Access"
NETWORK_ACCESS = "arn:aws:iam::aws:policy/service-role/AWSFaultInjectionSimulatorNetworkAccess"


@pytest.fixture
def rig(start):
    return start("--auth", "enforce", "--transitions", "instant")


@pytest.fixture
def fis(rig):
    return rig.client("fis")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def may(iam, *statements, name="experiments", **principal):
    """A role that FIS takes, with nothing but these statements."""
    principal = principal or {"Service": "fis.amazonaws.com"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(**principal))
    allow(iam, *statements, name=name)


def allow(iam, *statements, name="experiments"):
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))


def outcome(rig, fis, *arguments, **more):
    """How an experiment stands once it has begun, and its actions."""
    experiment = run(fis, *arguments, **more)
    settle(rig)
    found = fis.get_experiment(id=experiment)["experiment"]
    return found["state"], {name: action["state"] for name, action in found["actions"].items()}, experiment


def spot_interruption():
    return ({"interrupt": {"actionId": "aws:ec2:send-spot-instance-interruptions", "targets": {"SpotInstances": "spot"},
                           "parameters": {"durationBeforeInterruption": "PT2M"}}},
            {"spot": {"resourceType": "aws:ec2:spot-instance", "resourceTags": {"chaos": "yes"}, "selectionMode": "ALL"}})


def of_role(action, **parameters):
    """An experiment with the calls of somebody's role."""
    return ({"calls": {"actionId": action, "targets": {"Roles": "roles"}, "parameters": {"duration": "PT5M", "percentage": "100", **parameters}}},
            {"roles": {"resourceType": "aws:iam:role", "resourceArns": ["arn:aws:iam::123456789012:role/app"], "selectionMode": "ALL"}})


def test_what_the_role_is_not_allowed_fails_and_changes_nothing(rig, fis, ec2):
    iam, ids = rig.client("iam"), launch(ec2, 2)
    may(iam)
    stands, actions, _ = outcome(rig, fis, STOP, instances())
    assert stands["status"] == "failed" and stands["reason"].startswith("Unable to resolve target all: "), stands
    assert "ec2:DescribeInstances" in stands["reason"]
    # Allowed to stop only one of the two.
    look = statement("Allow", "ec2:DescribeInstances")
    allow(iam, look, statement("Allow", "ec2:StopInstances", f"arn:aws:ec2:*:*:instance/{ids[0]}"))
    stands, actions, experiment = outcome(rig, fis, STOP, instances())
    assert (stands["status"], actions["stop"]["status"]) == ("failed", "failed")
    assert f"assumed-role/experiments/{experiment} is not authorized to perform: ec2:StopInstances" in actions["stop"]["reason"]
    assert set(states(ec2, ids).values()) == {"running"}


def test_the_roles_sessions_are_who_called(rig, fis, ec2):
    launch(ec2)
    may(rig.client("iam"), statement("Allow", "ec2:*"))
    experiment = outcome(rig, fis, STOP, instances())[2]
    events = rig.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StopInstances"}])["Events"]
    [event] = [json.loads(event["CloudTrailEvent"]) for event in events]
    who = event["userIdentity"]
    assert (who["type"], who["arn"]) == ("AssumedRole", f"arn:aws:sts::123456789012:assumed-role/experiments/{experiment}")
    assert event["sourceIPAddress"] == "fis.amazonaws.com"


def test_a_role_that_loses_its_policy_cannot_put_back_what_it_did(rig, fis, ec2):
    iam, ids = rig.client("iam"), launch(ec2)
    may(iam, statement("Allow", "ec2:*"))
    stands, _, experiment = outcome(rig, fis, STOP, instances())
    assert (stands["status"], states(ec2, ids)) == ("running", {ids[0]: "stopped"})
    allow(iam, statement("Allow", "ec2:Describe*"))
    fis.stop_experiment(id=experiment)
    settle(rig)
    found = fis.get_experiment(id=experiment)["experiment"]
    assert found["state"]["status"] == "stopped"
    assert "ec2:StartInstances" in found["actions"]["stop"]["state"]["reason"]
    assert states(ec2, ids) == {ids[0]: "stopped"}


def test_the_managed_policies_allow_what_they_are_for(rig, fis, ec2):
    iam, ids = rig.client("iam"), launch(ec2, InstanceMarketOptions={"MarketType": "spot"})
    may(iam)
    iam.attach_role_policy(RoleName="experiments", PolicyArn=EC2_ACCESS)
    assert outcome(rig, fis, *spot_interruption())[0]["status"] == "completed"
    rig.advance(125)
    assert states(ec2, ids) == {ids[0]: "terminated"}
    ids = launch(ec2, 2)
    stands, _, experiment = outcome(rig, fis, STOP, instances())
    rig.advance(300)
    assert fis.get_experiment(id=experiment)["experiment"]["state"]["status"] == "completed"
    assert set(states(ec2, ids).values()) == {"running"}
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetArn"]
    cut = ({"cut": {"actionId": "aws:network:disrupt-connectivity", "targets": {"Subnets": "subnet"},
                    "parameters": {"duration": "PT1M", "scope": "s3"}}},
           {"subnet": {"resourceType": "aws:ec2:subnet", "resourceArns": [subnet], "selectionMode": "ALL"}})
    stands, actions, _ = outcome(rig, fis, *cut)
    assert stands["status"] == "failed", "the policy for instances is none for networks"
    before = ec2.describe_network_acls()["NetworkAcls"]
    iam.attach_role_policy(RoleName="experiments", PolicyArn=NETWORK_ACCESS)
    stands, actions, experiment = outcome(rig, fis, *cut)
    assert stands["status"] == "running", actions
    rig.advance(61)
    assert fis.get_experiment(id=experiment)["experiment"]["state"]["status"] == "completed"
    listed = lambda acls: sorted((acl["NetworkAclId"], len(acl["Associations"])) for acl in acls)
    assert listed(ec2.describe_network_acls()["NetworkAcls"]) == listed(before)


def test_what_ec2_has_no_operation_for_is_asked_all_the_same(rig, fis, ec2):
    iam = rig.client("iam")
    look = statement("Allow", "ec2:Describe*")
    may(iam, look)
    launch(ec2, InstanceMarketOptions={"MarketType": "spot"}, tags={"chaos": "yes", "stage": "test"})
    stands, actions, _ = outcome(rig, fis, *spot_interruption())
    assert "ec2:SendSpotInstanceInterruptions" in actions["interrupt"]["reason"]
    tagged = {"StringEquals": {"aws:ResourceTag/stage": "test"}}
    allow(iam, look, statement("Allow", "ec2:SendSpotInstanceInterruptions", "arn:aws:ec2:*:*:instance/*", Condition=tagged))
    assert outcome(rig, fis, *spot_interruption())[0]["status"] == "completed"

    tags = [{"ResourceType": "volume", "Tags": [{"Key": "chaos", "Value": "yes"}]}]
    ec2.run_instances(ImageId=ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"], InstanceType="m5.large",
                      MinCount=1, MaxCount=1, TagSpecifications=tags)
    assert "ec2:PauseVolumeIO" in outcome(rig, fis, *paused())[1]["still"]["reason"]
    allow(iam, look, statement("Allow", "ec2:PauseVolumeIO", "arn:aws:ec2:*:*:volume/*"))
    assert outcome(rig, fis, *paused())[0]["status"] == "running"


@pytest.mark.parametrize("action", ["internal", "throttle", "unavailable"])
def test_api_errors_need_a_permission_on_the_experiment(rig, fis, action):
    iam, name = rig.client("iam"), f"fis:InjectApi{action.capitalize()}Error"
    errors = of_role(f"aws:fis:inject-api-{action}-error", service="ec2", operations="DescribeVpcs")
    may(iam, statement("Allow", name, "arn:aws:fis:*:*:experiment/EXPanother"))
    stands, actions, experiment = outcome(rig, fis, *errors)
    assert stands["status"] == "failed"
    assert f"perform: {name} on resource: arn:aws:fis:us-east-1:123456789012:experiment/{experiment}" in actions["calls"]["reason"]
    allow(iam, statement("Allow", name, "arn:aws:fis:*:*:experiment/*"))
    assert outcome(rig, fis, *errors)[0]["status"] == "running"


def test_capacity_errors_need_a_permission_for_the_action_and_its_targets(rig, fis):
    iam, app = rig.client("iam"), "arn:aws:iam::123456789012:role/app"
    errors = of_role("aws:ec2:api-insufficient-instance-capacity-error", availabilityZoneIdentifiers="us-east-1a")

    def inject(action, target):
        allow(iam, statement("Allow", "ec2:InjectApiError", Condition={
            "ForAllValues:StringEquals": {"ec2:FisTargetArns": [target]}, "StringEquals": {"ec2:FisActionId": action}}))
        return outcome(rig, fis, *errors)[0]["status"]

    may(iam)
    mine = "aws:ec2:api-insufficient-instance-capacity-error"
    assert inject("aws:ec2:asg-insufficient-instance-capacity-error", app) == "failed"
    assert inject(mine, app.replace("app", "other")) == "failed"
    assert inject(mine, app) == "running"


def test_an_alarm_that_is_asserted_is_looked_at_with_the_role(rig, fis):
    cloudwatch = rig.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="slow", Namespace="app", MetricName="latency", Statistic="Average", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold")
    alarm = cloudwatch.describe_alarms(AlarmNames=["slow"])["MetricAlarms"][0]["AlarmArn"]
    check = {"check": {"actionId": "aws:cloudwatch:assert-alarm-state", "parameters": {
        "alarmArns": alarm, "alarmStates": "INSUFFICIENT_DATA"}}}
    may(rig.client("iam"))
    # FIS looks at a stop condition's alarm itself.
    stands, actions, _ = outcome(rig, fis, check, stops=[{"source": "aws:cloudwatch:alarm", "value": alarm}])
    assert "cloudwatch:DescribeAlarms" in actions["check"]["reason"]
    allow(rig.client("iam"), statement("Allow", "cloudwatch:DescribeAlarms"))
    assert outcome(rig, fis, check)[0]["status"] == "completed"


def test_where_policies_do_not_decide_everything_goes_on(start):
    rig = start("--auth", "soft", "--transitions", "instant")
    fis, ec2 = rig.client("fis"), rig.client("ec2")
    ids = launch(ec2)
    may(rig.client("iam"))
    assert outcome(rig, fis, STOP, instances())[0]["status"] == "running"
    assert states(ec2, ids) == {ids[0]: "stopped"}


def test_a_target_account_has_to_trust_the_experiment_and_allow_it(rig, fis):
    target = OTHERS[0]
    theirs, there = rig.client("iam", key=target), rig.client("ec2", key=target)
    ids = launch(there)
    assume = statement("Allow", "sts:AssumeRole", f"arn:aws:iam::{target}:role/targets")
    may(rig.client("iam"), assume, statement("Allow", "ec2:*"))
    made = over(fis, [target], {"stop": {"actionId": "aws:ec2:stop-instances", "targets": {"Instances": "all"}}}, instances())

    def stands():
        experiment = fis.start_experiment(experimentTemplateId=made)["experiment"]["id"]
        settle(rig)
        return fis.get_experiment(id=experiment)["experiment"]["state"]

    may(theirs, name="targets", AWS="arn:aws:iam::444444444444:root")
    refused = stands()
    assert refused["status"] == "failed" and "sts:AssumeRole" in refused["reason"], refused
    theirs.update_assume_role_policy(RoleName="targets", PolicyDocument=trust(AWS=ROLE))
    refused = stands()
    assert refused["status"] == "failed" and "ec2:DescribeInstances" in refused["reason"], refused
    assert states(there, ids) == {ids[0]: "running"}
    allow(theirs, statement("Allow", ["ec2:DescribeInstances", "ec2:StopInstances"]), name="targets")
    assert stands()["status"] == "completed"
    assert states(there, ids) == {ids[0]: "stopped"}


def test_an_experiment_fails_when_its_role_does_not_trust_fis(rig, fis, ec2):
    iam, ids = rig.client("iam"), launch(ec2)
    missing = outcome(rig, fis, STOP, instances())[0]
    assert missing["status"] == "failed" and missing["reason"].startswith("Unable to assume role"), missing
    may(iam, statement("Allow", "ec2:*"), Service="ec2.amazonaws.com")
    assert outcome(rig, fis, STOP, instances())[0]["status"] == "failed"
    assert states(ec2, ids) == {ids[0]: "running"}
    iam.update_assume_role_policy(RoleName="experiments", PolicyDocument=trust(Service="fis.amazonaws.com"))
    assert outcome(rig, fis, STOP, instances())[0]["status"] == "running"
    assert states(ec2, ids) == {ids[0]: "stopped"}
