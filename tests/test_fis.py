"""Experiments as boto3 and the AWS CLI run them."""

import json

import pytest
from conftest import error, image_of

ROLE = "arn:aws:iam::123456789012:role/experiments"
NONE = [{"source": "none"}]


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def fis(rig):
    return rig.client("fis")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


def launch(ec2, count=1, zone="us-east-1a", tags=None, **more):
    tags = [{"Key": key, "Value": value} for key, value in (tags or {"chaos": "yes"}).items()]
    made = ec2.run_instances(
        ImageId=image_of(ec2), InstanceType="m5.large", MinCount=count, MaxCount=count,
        Placement={"AvailabilityZone": zone}, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}], **more)
    return [instance["InstanceId"] for instance in made["Instances"]]


def states(ec2, ids):
    described = ec2.describe_instances(InstanceIds=ids)["Reservations"]
    return {one["InstanceId"]: one["State"]["Name"] for each in described for one in each["Instances"]}


def instances(**more):
    return {"all": {"resourceType": "aws:ec2:instance", "resourceTags": {"chaos": "yes"}, "selectionMode": "ALL", **more}}


def template(fis, actions, targets=None, stops=NONE, **more):
    made = fis.create_experiment_template(
        description="test", roleArn=ROLE, stopConditions=stops, actions=actions, targets=targets or {}, **more)
    return made["experimentTemplate"]["id"]


def run(fis, *arguments, **more):
    return fis.start_experiment(experimentTemplateId=template(fis, *arguments, **more))["experiment"]["id"]


def state(fis, experiment):
    return fis.get_experiment(id=experiment)["experiment"]["state"]["status"]


def settle(rig):
    """Lets everything that is due now happen."""
    rig.advance(0.001)


def action_states(fis, experiment):
    actions = fis.get_experiment(id=experiment)["experiment"]["actions"]
    return {name: action["state"]["status"] for name, action in actions.items()}


STOP = {"stop": {"actionId": "aws:ec2:stop-instances", "targets": {"Instances": "all"},
                 "parameters": {"startInstancesAfterDuration": "PT5M"}}}
WAIT = {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT2M"}}}


def test_actions_and_target_types_are_those_of_aws(fis):
    first = fis.list_actions(maxResults=5)
    rest = fis.list_actions(nextToken=first["nextToken"])
    assert len(first["actions"]) == 5 and "nextToken" not in rest
    names = [action["id"] for action in first["actions"] + rest["actions"]]
    assert names == sorted(set(names)) and "aws:ec2:stop-instances" in names and "aws:fis:wait" in names
    action = fis.get_action(id="aws:ec2:stop-instances")["action"]
    assert action["targets"] == {"Instances": {"resourceType": "aws:ec2:instance"}}
    assert action["parameters"]["startInstancesAfterDuration"]["required"] is False
    assert action["arn"] == "arn:aws:fis:us-east-1:123456789012:action/aws:ec2:stop-instances"
    assert error(fis.get_action, id="aws:ec2:nothing")[0] == "ResourceNotFoundException"
    types = [kind["resourceType"] for kind in fis.list_target_resource_types()["targetResourceTypes"]]
    assert types == sorted(types) and "aws:ec2:instance" in types
    subnet = fis.get_target_resource_type(resourceType="aws:ec2:subnet")["targetResourceType"]
    assert set(subnet["parameters"]) == {"availabilityZoneIdentifier", "vpc"}


def test_a_template_is_kept_changed_and_deleted(fis):
    given = {"description": "stops", "roleArn": ROLE, "stopConditions": NONE, "actions": STOP, "targets": instances(),
             "tags": {"team": "a"}, "clientToken": "once"}
    made = fis.create_experiment_template(**given)["experimentTemplate"]
    assert fis.create_experiment_template(**given)["experimentTemplate"] == made
    assert error(fis.create_experiment_template, **{**given, "description": "other"})[0] == "ConflictException"
    assert made["id"].startswith("EXT")
    assert made["arn"] == f"arn:aws:fis:us-east-1:123456789012:experiment-template/{made['id']}"
    assert made["actions"] == STOP and made["targets"] == instances() and made["stopConditions"] == NONE
    assert made["experimentOptions"] == {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"}
    assert fis.get_experiment_template(id=made["id"])["experimentTemplate"] == made
    changed = fis.update_experiment_template(
        id=made["id"], actions=WAIT, experimentOptions={"emptyTargetResolutionMode": "skip"})["experimentTemplate"]
    assert (changed["actions"], changed["description"], changed["targets"]) == (WAIT, "stops", instances())
    assert changed["experimentOptions"]["emptyTargetResolutionMode"] == "skip"
    assert [one["id"] for one in fis.list_experiment_templates()["experimentTemplates"]] == [made["id"]]
    fis.tag_resource(resourceArn=made["arn"], tags={"cost": "b"})
    fis.untag_resource(resourceArn=made["arn"], tagKeys=["team"])
    assert fis.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"cost": "b"}
    fis.delete_experiment_template(id=made["id"])
    assert error(fis.get_experiment_template, id=made["id"])[::2] == ("ResourceNotFoundException", 404)
    assert error(fis.start_experiment, experimentTemplateId=made["id"])[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("change, said", [
    ({"actions": {}}, "at least one action"),
    ({"actions": {"a": {"actionId": "aws:s3:bucket-pause-replication"}}}, "does not support action"),
    ({"actions": {"a": {"actionId": "aws:fis:wait"}}}, "parameter duration is required"),
    ({"actions": {"a": {"actionId": "aws:fis:wait", "parameters": {"duration": "5 minutes"}}}}, "ISO 8601"),
    ({"actions": {"a": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT13H"}}}}, "720 minutes"),
    ({"actions": {"a": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT5M", "x": "y"}}}}, "parameter x"),
    ({"actions": {"a": {"actionId": "aws:ec2:stop-instances"}}}, "give the target Instances"),
    ({"actions": {"a": {"actionId": "aws:ec2:stop-instances", "targets": {"Roles": "all"}}}}, "called Instances"),
    ({"actions": {"a": {"actionId": "aws:ec2:stop-instances", "targets": {"Instances": "none"}}}}, "no target none"),
    ({"actions": {"a": {**WAIT["wait"], "startAfter": ["b"]}}}, "startAfter names b"),
    ({"actions": {"a": {**WAIT["wait"], "startAfter": ["b"]}, "b": {**WAIT["wait"], "startAfter": ["a"]}}}, "wait for one another"),
    ({"targets": instances(selectionMode="SOME")}, "selectionMode SOME"),
    ({"targets": instances(resourceType="aws:ec2:nothing")}, "aws:ec2:nothing is not supported"),
    ({"targets": instances(resourceTags={})}, "resourceArns or resourceTags"),
    ({"stopConditions": []}, "stop condition"),
    ({"stopConditions": [{"source": "aws:cloudwatch:alarm"}]}, "ARN of a CloudWatch alarm"),
    ({"roleArn": "arn:aws:iam::123456789012:user/somebody"}, "not the ARN of an IAM role"),
])
def test_a_template_that_makes_no_sense_is_refused(fis, change, said):
    given = {"description": "d", "roleArn": ROLE, "stopConditions": NONE, "actions": STOP, "targets": instances(), **change}
    code, message, status = error(fis.create_experiment_template, **given)
    assert (code, status) == ("ValidationException", 400) and said in message
    assert fis.list_experiment_templates()["experimentTemplates"] == []


def test_instances_are_stopped_and_started_again(rig, fis, ec2):
    inside, outside = launch(ec2, 3), launch(ec2, 1, zone="us-east-1b")
    launch(ec2, 1, tags={"chaos": "no"})
    targets = instances(filters=[{"path": "Placement.AvailabilityZone", "values": ["us-east-1a"]}], selectionMode="COUNT(2)")
    actions = {**WAIT, "stop": {**STOP["stop"], "startAfter": ["wait"]}}
    experiment = run(fis, actions, targets)
    settle(rig)
    assert state(fis, experiment) == "running"
    assert action_states(fis, experiment) == {"wait": "running", "stop": "pending"}
    found = fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
    chosen = {one["targetInformation"]["arn"].rsplit("/", 1)[1] for one in found}
    assert len(chosen) == 2 and chosen <= set(inside)
    rig.advance(125)
    assert action_states(fis, experiment) == {"wait": "completed", "stop": "running"}
    assert {one for one, name in states(ec2, inside + outside).items() if name == "stopped"} == chosen
    rig.advance(305)
    assert (state(fis, experiment), action_states(fis, experiment)["stop"]) == ("completed", "completed")
    assert set(states(ec2, inside + outside).values()) == {"running"}
    log = rig.own("POST", "levers/fis.experiment-log", {
        "account": "123456789012", "region": "us-east-1", "given": {"experiment": experiment}}).json
    assert [line["log_type"] for line in log] == [
        "experiment-start", "target-resolution-start", "target-resolution-detail", "target-resolution-end",
        "action-start", "action-end", "action-start", "action-end", "experiment-end"]
    stopped = next(line["details"] for line in log if line["details"].get("action_name") == "stop")
    assert {target["arn"].rsplit("/", 1)[1] for target in stopped["action_targets"]} == chosen


def test_stopping_an_experiment_puts_back_what_it_keeps_up(rig, fis, ec2):
    ids = launch(ec2, 2)
    experiment = run(fis, {**STOP, "later": {**WAIT["wait"], "startAfter": ["stop"]}}, instances())
    settle(rig)
    assert set(states(ec2, ids).values()) == {"stopped"}
    assert fis.stop_experiment(id=experiment)["experiment"]["state"]["status"] == "stopping"
    settle(rig)
    assert state(fis, experiment) == "stopped"
    assert action_states(fis, experiment) == {"stop": "stopped", "later": "cancelled"}
    assert set(states(ec2, ids).values()) == {"running"}
    assert error(fis.stop_experiment, id=experiment)[0] == "ValidationException"


def test_nothing_to_act_on_fails_unless_it_may_be_skipped(rig, fis):
    failed = run(fis, STOP, instances())
    settle(rig)
    experiment = fis.get_experiment(id=failed)["experiment"]
    assert experiment["state"]["status"] == "failed" and "empty set" in experiment["state"]["reason"]
    assert action_states(fis, failed) == {"stop": "cancelled"}
    skipped = run(fis, STOP, instances(), experimentOptions={"emptyTargetResolutionMode": "skip"})
    settle(rig)
    assert (state(fis, skipped), action_states(fis, skipped)) == ("completed", {"stop": "skipped"})


def test_a_preview_looks_and_touches_nothing(rig, fis, ec2):
    ids = launch(ec2, 2)
    made = template(fis, STOP, instances())
    experiment = fis.start_experiment(
        experimentTemplateId=made, experimentOptions={"actionsMode": "skip-all"})["experiment"]["id"]
    settle(rig)
    assert (state(fis, experiment), action_states(fis, experiment)) == ("completed", {"stop": "skipped"})
    assert len(fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]) == 2
    assert set(states(ec2, ids).values()) == {"running"}


def test_an_action_that_fails_half_way_leaves_nothing_half_done(rig, fis, ec2):
    ids = launch(ec2, 2)
    ec2.modify_instance_attribute(InstanceId=ids[1], DisableApiStop={"Value": True})
    experiment = run(fis, {**STOP, **WAIT}, instances())
    settle(rig)
    assert (state(fis, experiment), action_states(fis, experiment)) == ("failed", {"stop": "failed", "wait": "cancelled"})
    assert set(states(ec2, ids).values()) == {"running"}


def test_a_group_cannot_launch_into_a_zone_without_capacity(rig, fis, ec2):
    autoscaling = rig.client("autoscaling")
    made = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"ImageId": image_of(ec2), "InstanceType": "m5.large"})
    zones = ["us-east-1a", "us-east-1b"]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=0, MaxSize=20, DesiredCapacity=0, AvailabilityZones=zones,
        LaunchTemplate={"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]})
    group = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    targets = {"group": {"resourceType": "aws:ec2:autoscaling-group", "resourceArns": [group["AutoScalingGroupARN"]],
                         "selectionMode": "ALL"}}
    action = {"actionId": "aws:ec2:asg-insufficient-instance-capacity-error", "targets": {"AutoScalingGroups": "group"},
              "parameters": {"duration": "PT10M", "availabilityZoneIdentifiers": "us-east-1a"}}
    experiment = run(fis, {"dry": action}, targets)
    settle(rig)
    assert state(fis, experiment) == "running"
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=6)
    rig.advance(60)
    where = lambda: [one["AvailabilityZone"] for one in autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]]
    assert set(where()) == {"us-east-1b"}
    told = autoscaling.describe_scaling_activities()["Activities"]
    failed = [one for one in told if one["StatusCode"] == "Failed"]
    assert failed and "do not have sufficient capacity" in failed[0]["StatusMessage"]
    # Others are not concerned.
    launch(ec2, 1, zone="us-east-1a")
    rig.advance(600)
    assert state(fis, experiment) == "completed"
    autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=12)
    # The group tries a zone that failed again after a while, and then spreads its instances.
    rig.advance(1200)
    assert set(where()) == set(zones)
    assert rig.own("GET", "faults").json["faults"] == []


def test_spot_instances_get_their_notice_and_go(rig, fis, ec2):
    ids = launch(ec2, 2, InstanceMarketOptions={"MarketType": "spot"})
    launch(ec2, 1)
    targets = {"spot": {"resourceType": "aws:ec2:spot-instance", "resourceTags": {"chaos": "yes"}, "selectionMode": "COUNT(1)"}}
    action = {"actionId": "aws:ec2:send-spot-instance-interruptions", "targets": {"SpotInstances": "spot"},
              "parameters": {"durationBeforeInterruption": "PT4M"}}
    experiment = run(fis, {"interrupt": action}, targets)
    settle(rig)
    found = fis.list_experiment_resolved_targets(experimentId=experiment)["resolvedTargets"]
    [victim] = [one["targetInformation"]["arn"].rsplit("/", 1)[1] for one in found]
    assert victim in ids and state(fis, experiment) == "running"
    status = lambda: ec2.describe_spot_instance_requests(
        Filters=[{"Name": "instance-id", "Values": [victim]}])["SpotInstanceRequests"][0]["Status"]["Code"]
    assert status() == "fulfilled"
    rig.advance(125)
    assert (state(fis, experiment), status()) == ("completed", "marked-for-termination-by-experiment")
    assert set(states(ec2, ids).values()) == {"running"}
    rig.advance(120)
    assert {one for one, name in states(ec2, ids).items() if name == "terminated"} == {victim}


def test_calls_of_a_role_fail_and_those_of_others_do_not(rig, fis):
    session = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="session")["Credentials"]
    role, root = rig.session(session, "ec2"), rig.client("ec2")
    targets = {"role": {"resourceType": "aws:iam:role", "resourceArns": [ROLE], "selectionMode": "ALL"}}
    action = {"actionId": "aws:fis:inject-api-throttle-error", "targets": {"Roles": "role"}, "parameters": {
        "duration": "PT10M", "service": "ec2", "percentage": "100", "operations": "DescribeInstances,DescribeVpcs"}}
    experiment = run(fis, {"throttle": action}, targets)
    settle(rig)
    assert error(role.describe_vpcs)[::2] == ("RequestLimitExceeded", 503)
    role.describe_subnets()
    root.describe_vpcs()
    fis.stop_experiment(id=experiment)
    settle(rig)
    role.describe_vpcs()


def alarm_of(rig, state):
    """An alarm in a state that somebody set, and its ARN."""
    cloudwatch = rig.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="too slow", Namespace="app", MetricName="latency", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
    cloudwatch.set_alarm_state(AlarmName="too slow", StateValue=state, StateReason="test")
    return cloudwatch.describe_alarms(AlarmNames=["too slow"])["MetricAlarms"][0]["AlarmArn"]


def test_an_alarm_stops_the_experiment(rig, fis, ec2):
    ids, alarm = launch(ec2, 1), alarm_of(rig, "OK")
    experiment = run(fis, STOP, instances(), stops=[{"source": "aws:cloudwatch:alarm", "value": alarm}])
    settle(rig)
    assert (state(fis, experiment), set(states(ec2, ids).values())) == ("running", {"stopped"})
    rig.client("cloudwatch").set_alarm_state(AlarmName="too slow", StateValue="ALARM", StateReason="test")
    settle(rig)
    stopped = fis.get_experiment(id=experiment)["experiment"]["state"]
    assert stopped["status"] == "stopped" and alarm in stopped["reason"]
    assert set(states(ec2, ids).values()) == {"running"}
    late = run(fis, STOP, instances(), stops=[{"source": "aws:cloudwatch:alarm", "value": alarm}])
    settle(rig)
    assert state(fis, late) == "failed" and set(states(ec2, ids).values()) == {"running"}


def test_an_alarm_can_be_asserted(rig, fis):
    alarm = alarm_of(rig, "OK")
    check = lambda wanted: {"check": {"actionId": "aws:cloudwatch:assert-alarm-state", "parameters": {
        "alarmArns": alarm, "alarmStates": wanted}}}
    good, bad = run(fis, check("OK")), run(fis, check("ALARM,INSUFFICIENT_DATA"))
    settle(rig)
    assert (state(fis, good), state(fis, bad)) == ("completed", "failed")


def test_a_subnet_is_cut_off_for_a_while(rig, fis, ec2):
    subnet = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1a"]}])["Subnets"][0]
    acl = lambda: ec2.describe_network_acls(Filters=[
        {"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}])["NetworkAcls"][0]
    before, count = acl()["NetworkAclId"], len(ec2.describe_network_acls()["NetworkAcls"])
    targets = {"subnet": {"resourceType": "aws:ec2:subnet", "resourceArns": [subnet["SubnetArn"]], "selectionMode": "ALL"}}
    action = {"actionId": "aws:network:disrupt-connectivity", "targets": {"Subnets": "subnet"},
              "parameters": {"duration": "PT5M", "scope": "all"}}
    experiment = run(fis, {"cut": action}, targets)
    settle(rig)
    assert state(fis, experiment) == "running" and acl()["NetworkAclId"] != before
    assert {entry["RuleAction"] for entry in acl()["Entries"]} == {"deny"}
    rig.advance(301)
    assert state(fis, experiment) == "completed" and acl()["NetworkAclId"] == before
    assert len(ec2.describe_network_acls()["NetworkAcls"]) == count


@pytest.mark.parametrize(("scope", "denied"), [
    ("availability-zone", ["172.31.16.0/20", "172.31.32.0/20", "172.31.48.0/20", "172.31.64.0/20", "172.31.80.0/20"]),
    ("vpc", ["0.0.0.0/1", "128.0.0.0/3", "160.0.0.0/5", "168.0.0.0/6", "172.0.0.0/12", "172.32.0.0/11", "176.0.0.0/4", "192.0.0.0/2"]),
    ("s3", None), ("dynamodb", None), ("prefix-list", ["203.0.113.0/24"]),
])
def test_a_subnet_is_cut_off_from_a_part(rig, fis, ec2, scope, denied):
    subnet = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1a"]}])["Subnets"][0]
    acl = lambda: ec2.describe_network_acls(Filters=[
        {"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}])["NetworkAcls"][0]
    before = acl()
    parameters = {"duration": "PT5M", "scope": scope}
    if scope == "prefix-list":
        parameters["prefixListIdentifier"] = ec2.create_managed_prefix_list(
            PrefixListName="partner", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": "203.0.113.0/24"}]
        )["PrefixList"]["PrefixListId"]
    if denied is None:
        [known] = ec2.describe_managed_prefix_lists(
            Filters=[{"Name": "prefix-list-name", "Values": [f"com.amazonaws.us-east-1.{scope}"]}])["PrefixLists"]
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=known["PrefixListId"])["Entries"]
        denied = [entry["Cidr"] for entry in entries]
    targets = {"subnet": {"resourceType": "aws:ec2:subnet", "resourceArns": [subnet["SubnetArn"]], "selectionMode": "ALL"}}
    action = {"actionId": "aws:network:disrupt-connectivity", "targets": {"Subnets": "subnet"}, "parameters": parameters}
    run(fis, {"cut": action}, targets)
    settle(rig)
    meanwhile = acl()
    assert {"Key": "managedByFIS", "Value": "true"} in meanwhile["Tags"]
    for egress in (False, True):
        entries = sorted((entry for entry in meanwhile["Entries"] if entry["Egress"] == egress), key=lambda it: it["RuleNumber"])
        cut = [entry["CidrBlock"] for entry in entries if entry["RuleAction"] == "deny" and entry["RuleNumber"] < 32767]
        assert set(denied) <= set(cut) and (scope == "vpc" or len(cut) == len(denied))
        # What was allowed before is allowed after what is cut off.
        old = [entry["CidrBlock"] for entry in before["Entries"] if entry["Egress"] == egress and entry["RuleAction"] == "allow"]
        assert [entry["CidrBlock"] for entry in entries if entry["RuleAction"] == "allow"] == old
        assert entries[len(cut)]["RuleAction"] == "allow"
    rig.advance(301)
    after = acl()
    assert (after["NetworkAclId"], after["Entries"]) == (before["NetworkAclId"], before["Entries"])


def test_a_scope_goes_with_its_parameters(rig, fis, ec2):
    subnet = ec2.describe_subnets()["Subnets"][0]
    targets = {"subnet": {"resourceType": "aws:ec2:subnet", "resourceArns": [subnet["SubnetArn"]], "selectionMode": "ALL"}}
    action = lambda **more: {"cut": {"actionId": "aws:network:disrupt-connectivity", "targets": {"Subnets": "subnet"},
                                     "parameters": {"duration": "PT5M", **more}}}
    assert error(template, fis, action(scope="moon"), targets)[0] == "ValidationException"
    for wrong in ({"scope": "prefix-list"}, {"scope": "s3", "prefixListIdentifier": "pl-0123456789abcdef0"}):
        assert "prefixListIdentifier" in ended(rig, fis, run(fis, action(**wrong), targets))
    assert ec2.describe_network_acls(Filters=[{"Name": "tag:managedByFIS", "Values": ["true"]}])["NetworkAcls"] == []


def test_the_safety_lever_stops_everything(rig, fis, ec2):
    ids = launch(ec2, 1)
    made = template(fis, STOP, instances())
    experiment = fis.start_experiment(experimentTemplateId=made)["experiment"]["id"]
    settle(rig)
    lever = fis.update_safety_lever_state(id="default", state={"status": "engaged", "reason": "outage"})["safetyLever"]
    assert lever["state"] == {"status": "engaged", "reason": "outage"}
    settle(rig)
    assert state(fis, experiment) == "stopped" and set(states(ec2, ids).values()) == {"running"}
    assert fis.start_experiment(experimentTemplateId=made)["experiment"]["state"]["status"] == "cancelled"
    fis.update_safety_lever_state(id="default", state={"status": "disengaged", "reason": "over"})
    assert error(fis.get_safety_lever, id="other")[0] == "ResourceNotFoundException"


def test_a_rig_that_was_killed_carries_on(start, tmp_path):
    rig = start("--transitions", "instant", "--data", str(tmp_path))
    ids = launch(rig.client("ec2"), 2)
    experiment = run(rig.client("fis"), STOP, instances())
    settle(rig)
    assert set(states(rig.client("ec2"), ids).values()) == {"stopped"}
    rig.kill()
    rig = start("--transitions", "instant", "--data", str(tmp_path))
    rig.advance(310)
    assert state(rig.client("fis"), experiment) == "completed"
    assert set(states(rig.client("ec2"), ids).values()) == {"running"}


def test_the_cli_runs_an_experiment(rig, ec2, tmp_path):
    ids = launch(ec2, 1)
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"description": "cli", "roleArn": ROLE, "stopConditions": NONE,
                                "actions": STOP, "targets": instances()}))
    made = json.loads(rig.aws("fis", "create-experiment-template", "--cli-input-json", f"file://{file}").stdout)
    made = made["experimentTemplate"]["id"]
    started = json.loads(rig.aws("fis", "start-experiment", "--experiment-template-id", made).stdout)
    assert started["experiment"]["state"]["status"] == "initiating"
    settle(rig)
    assert set(states(ec2, ids).values()) == {"stopped"}
    listed = json.loads(rig.aws("fis", "list-experiments").stdout)["experiments"]
    assert [one["state"]["status"] for one in listed] == ["running"]


def paused(duration="PT5M", **target):
    """Actions and targets of an experiment that lets volumes stand still."""
    return ({"still": {"actionId": "aws:ebs:pause-volume-io", "targets": {"Volumes": "volumes"}, "parameters": {"duration": duration}}},
            {"volumes": {"resourceType": "aws:ec2:ebs-volume", "resourceTags": {"chaos": "yes"}, "selectionMode": "ALL", **target}})


def checks(ec2, instance):
    """The status of an instance's volume, and what its three status checks say."""
    [volume] = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["Volumes"]
    [status] = ec2.describe_volume_status(VolumeIds=[volume["VolumeId"]])["VolumeStatuses"]
    [of_instance] = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    names = ("SystemStatus", "InstanceStatus", "AttachedEbsStatus")
    return status, [of_instance[name]["Status"] for name in names]


def test_paused_volumes_fail_their_checks_until_they_go_on(start):
    rig = start()
    ec2, fis = rig.client("ec2"), rig.client("fis")
    volumes = {"ResourceType": "volume", "Tags": [{"Key": "chaos", "Value": "yes"}]}
    [instance] = [one["InstanceId"] for one in ec2.run_instances(
        ImageId=image_of(ec2), InstanceType="m5.large", MinCount=1, MaxCount=1, TagSpecifications=[volumes])["Instances"]]
    rig.advance(600)
    well, before = checks(ec2, instance)
    assert before == ["ok", "ok", "ok"] and well["VolumeStatus"]["Status"] == "ok" and well["Events"] == []
    experiment = run(fis, *paused())
    rig.advance(59)
    assert checks(ec2, instance)[1] == before, "checks see it after a minute"
    rig.advance(2)
    status, now = checks(ec2, instance)
    assert now == ["ok", "ok", "impaired"], "neither the host nor the instance is to blame"
    assert status["VolumeStatus"]["Status"] == "impaired"
    details = {detail["Name"]: detail["Status"] for detail in status["VolumeStatus"]["Details"]}
    assert details == {"io-enabled": "passed", "io-performance": "stalled"}
    [event] = status["Events"]
    assert (event["EventType"], event["InstanceId"]) == ("io-performance:stalled", instance)
    stalled = [{"Name": "volume-status.status", "Values": ["impaired"]}, {"Name": "event.event-type", "Values": ["io-performance:*"]}]
    assert [one["VolumeId"] for one in ec2.describe_volume_status(Filters=stalled)["VolumeStatuses"]] == [status["VolumeId"]]
    rig.advance(240)
    assert state(fis, experiment) == "completed" and checks(ec2, instance) == (well, before)


def test_an_experiment_that_is_stopped_lets_volumes_go_on(rig, ec2, fis):
    [instance] = launch(ec2)
    [volume] = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["Volumes"]
    ec2.create_tags(Resources=[volume["VolumeId"]], Tags=[{"Key": "chaos", "Value": "yes"}])
    experiment = run(fis, *paused())
    settle(rig)
    assert checks(ec2, instance)[1][2] == "impaired"
    fis.stop_experiment(id=experiment)
    settle(rig)
    assert state(fis, experiment) == "stopped" and checks(ec2, instance)[1][2] == "ok"
    elsewhere = paused(parameters={"availabilityZoneIdentifier": "us-east-1b"})
    assert "empty set" in ended(rig, fis, run(fis, *elsewhere))


def test_volumes_that_cannot_be_paused_fail_the_experiment(rig, ec2, fis):
    tags = {"TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "chaos", "Value": "yes"}]}]}
    loose = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, VolumeType="gp3", **tags)["VolumeId"]
    assert "is not 'in-use'" in ended(rig, fis, run(fis, *paused()))
    ec2.delete_volume(VolumeId=loose)
    ec2.run_instances(ImageId=image_of(ec2), InstanceType="m4.large", MinCount=1, MaxCount=1, **tags)
    assert "not built on Nitro" in ended(rig, fis, run(fis, *paused()))
    assert error(template, fis, *paused("PT13H"))[0] == "ValidationException"


def ended(rig, fis, experiment):
    """Why an experiment failed."""
    settle(rig)
    found = fis.get_experiment(id=experiment)["experiment"]["state"]
    assert found["status"] == "failed"
    return found["reason"]


@pytest.mark.parametrize("checked", ["EC2", "EC2,EBS"])
def test_a_group_that_looks_at_volumes_replaces_their_instance(start, checked):
    rig = start()
    ec2, fis, autoscaling = rig.client("ec2"), rig.client("fis"), rig.client("autoscaling")
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={
        "ImageId": image_of(ec2), "InstanceType": "m5.large",
        "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "chaos", "Value": "yes"}]}]})
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="app", LaunchTemplate={"LaunchTemplateName": "app"}, MinSize=1, MaxSize=1,
        AvailabilityZones=["us-east-1a"], HealthCheckType=checked, HealthCheckGracePeriod=60)
    rig.advance(600)

    def members():
        [group] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["app"])["AutoScalingGroups"]
        return {member["InstanceId"] for member in group["Instances"] if member["LifecycleState"] == "InService"}

    before = members()
    assert len(before) == 1
    run(fis, *paused("PT30M"))
    rig.advance(900)
    if checked == "EC2":
        assert members() == before
        return
    after = members()
    assert len(after) == 1 and after != before
    causes = [one["Cause"] for one in autoscaling.describe_scaling_activities(AutoScalingGroupName="app")["Activities"]]
    assert any("EBS volume health check" in cause for cause in causes), causes


OTHERS = ("222222222222", "333333333333")


def over(fis, accounts, actions, targets):
    """A template that acts in these accounts."""
    made = template(fis, actions, targets, experimentOptions={"accountTargeting": "multi-account"})
    for account in accounts:
        fis.create_target_account_configuration(
            experimentTemplateId=made, accountId=account, roleArn=f"arn:aws:iam::{account}:role/targets", description="ours")
    return made


def test_target_accounts_of_a_template_are_kept(fis):
    named = {"experimentTemplateId": over(fis, OTHERS, {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}}, {})}
    one = {"accountId": OTHERS[0], "roleArn": f"arn:aws:iam::{OTHERS[0]}:role/targets", "description": "ours"}
    assert fis.get_target_account_configuration(accountId=OTHERS[0], **named)["targetAccountConfiguration"] == one
    listed = fis.list_target_account_configurations(**named)["targetAccountConfigurations"]
    assert [each["accountId"] for each in listed] == list(OTHERS) and listed[0] == one
    shown = fis.get_experiment_template(id=named["experimentTemplateId"])["experimentTemplate"]
    assert (shown["experimentOptions"]["accountTargeting"], shown["targetAccountConfigurationsCount"]) == ("multi-account", 2)
    assert error(fis.create_target_account_configuration, **one, **named)[0] == "ConflictException"
    foreign = f"arn:aws:iam::{OTHERS[1]}:role/targets"
    assert error(fis.update_target_account_configuration, accountId=OTHERS[0], roleArn=foreign, **named)[0] == "ValidationException"
    changed = fis.update_target_account_configuration(accountId=OTHERS[0], description="theirs", **named)
    assert changed["targetAccountConfiguration"] == {**one, "description": "theirs"}
    fis.delete_target_account_configuration(accountId=OTHERS[0], **named)
    assert error(fis.get_target_account_configuration, accountId=OTHERS[0], **named)[0] == "ResourceNotFoundException"
    single = template(fis, {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}})
    assert error(fis.create_target_account_configuration, experimentTemplateId=single, **one)[0] == "ValidationException"


def test_an_experiment_acts_in_every_target_account(rig, fis, ec2):
    own = launch(ec2)
    there = {account: rig.client("ec2", key=account) for account in OTHERS}
    ids = {account: launch(client, 2) for account, client in there.items()}
    stop = {"stop": {"actionId": "aws:ec2:stop-instances", "targets": {"Instances": "all"},
                     "parameters": {"startInstancesAfterDuration": "PT10M"}}}
    made = over(fis, OTHERS, stop, instances())
    experiment = fis.start_experiment(experimentTemplateId=made)["experiment"]
    assert experiment["targetAccountConfigurationsCount"] == 2
    settle(rig)
    assert state(fis, experiment["id"]) == "running"
    for account, client in there.items():
        assert set(states(client, ids[account]).values()) == {"stopped"}
    assert states(ec2, own) == {own[0]: "running"}
    found = fis.list_experiment_resolved_targets(experimentId=experiment["id"])["resolvedTargets"]
    assert sorted({one["targetInformation"]["arn"].split(":")[4] for one in found}) == list(OTHERS) and len(found) == 4
    one = fis.get_experiment_target_account_configuration(experimentId=experiment["id"], accountId=OTHERS[1])
    assert one["targetAccountConfiguration"]["roleArn"] == f"arn:aws:iam::{OTHERS[1]}:role/targets"
    listed = fis.list_experiment_target_account_configurations(experimentId=experiment["id"])["targetAccountConfigurations"]
    assert [each["accountId"] for each in listed] == list(OTHERS)
    fis.stop_experiment(id=experiment["id"])
    settle(rig)
    for account, client in there.items():
        assert set(states(client, ids[account]).values()) == {"running"}


def test_an_experiment_over_accounts_needs_one(fis):
    made = over(fis, (), {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}}, {})
    assert error(fis.start_experiment, experimentTemplateId=made)[0] == "ValidationException"
