"""Policies from what users and roles were seen doing: `ironbird audit --suggest-policy`."""

import json

import pytest
from accounts import Account, denied, document, statement, trust
from conftest import image_of


@pytest.fixture
def account(enforcing):
    return Account(enforcing)


def suggestion(rig, arn, *options):
    done = rig.run("audit", "--suggest-policy", arn, "--json", *options, check=False)
    return json.loads(done.stdout)


def granted(policy):
    """What statements allow, as (action, resource)."""
    return {(action, resource) for one in policy["Statement"] for action in one["Action"] for resource in one["Resource"]}


def test_a_role_keeps_working_with_the_policy_of_what_it_did(account):
    rig = account.rig
    worker = account.role("worker", trust(Service="ec2.amazonaws.com"))
    account.iam.create_instance_profile(InstanceProfileName="worker")
    account.iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
    anna = account.user("anna", statement("Allow", "sts:AssumeRole"))
    role = account.role("Deploy", trust(AWS=account.arn("user/anna")), statement("Allow", "*"), Path="/teams/a/")
    session = anna("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    ec2, iam = rig.session(session, "ec2"), rig.session(session, "iam")
    image = image_of(ec2)
    other = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    account.iam.put_role_policy(RoleName="Deploy", PolicyName="inline", PolicyDocument=document(
        statement("Allow", "*"), statement("Deny", "iam:CreateUser")))

    def work():
        ec2.describe_vpcs()
        instance = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro", IamInstanceProfile={"Name": "worker"},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}],
        )["Instances"][0]["InstanceId"]
        iam.list_role_tags(RoleName="worker")
        return instance

    begin = rig.own("GET", "clock").json["now"]
    made = work()
    ec2.stop_instances(InstanceIds=[made])
    assert denied(iam.create_user, UserName="eve")[1] == "AccessDenied"
    assert denied(iam.get_role, RoleName="nobody")[1] == "NoSuchEntity"
    assert account.client("ec2").describe_subnets(), "what others do does not count"

    found = suggestion(rig, role, "--from", begin)
    allowed = granted(found["policy"])
    here = f"arn:aws:ec2:us-east-1:{account.id}:"
    assert ("ec2:DescribeVpcs", "*") in allowed
    assert {("ec2:RunInstances", here + "instance/*"), ("ec2:StopInstances", here + f"instance/{made}"),
            ("iam:PassRole", worker), ("ec2:CreateTags", here + "instance/*"),
            ("iam:ListRoleTags", worker)} <= allowed
    assert {action.split(":")[0] for action, _ in allowed} == {"ec2", "iam"}
    assert not {"iam:CreateUser", "iam:GetRole", "ec2:DescribeSubnets"} & {action for action, _ in allowed}
    assert found["denied"] == [{"operation": "iam:CreateUser", "error": "AccessDenied", "calls": 1}]
    assert found["failed"] == [{"operation": "iam:GetRole", "error": "NoSuchEntity", "calls": 1}]
    besides = {(one["action"], one["by"]) for one in found["besides"]}
    assert besides == {("iam:PassRole", "ec2:RunInstances"), ("ec2:CreateTags", "ec2:RunInstances")}
    wide = {(one["action"], one["resource"]): one["why"] for one in found["wide"]}
    assert wide["ec2:DescribeVpcs", "*"] == "no policy can name resources for it"
    assert wide["ec2:RunInstances", here + "instance/*"] == "calls made it, or named it only in part"
    passing = [one for one in found["policy"]["Statement"] if one["Action"] == ["iam:PassRole"]]
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}

    account.iam.put_role_policy(RoleName="Deploy", PolicyName="inline", PolicyDocument=json.dumps(found["policy"]))
    work()
    ec2.stop_instances(InstanceIds=[made])
    assert denied(ec2.stop_instances, InstanceIds=[other])[1] == "UnauthorizedOperation", "narrowed to what was touched"
    assert denied(ec2.describe_subnets)[1] == "UnauthorizedOperation"
    assert denied(iam.list_role_tags, RoleName="Deploy")[1] == "AccessDenied"
    # The same log gives the same policy, and the calls since then need no more.
    assert granted(suggestion(rig, role, "--from", begin)["policy"]) == allowed
    assert rig.run("audit", "--suggest-policy", role, "--from", begin).stdout == rig.run(
        "audit", "--suggest-policy", role, "--from", begin).stdout


def test_a_users_policy_is_on_standard_output_and_what_to_know_beside_it(account):
    anna = account.user("anna", statement("Allow", ["sts:*", "autoscaling:*"]))
    role = account.role("reader", trust(AWS=account.arn("user/anna")))
    anna("sts").assume_role(RoleArn=role, RoleSessionName="me", Tags=[{"Key": "team", "Value": "a"}])
    anna("autoscaling", "eu-west-1").describe_auto_scaling_groups()
    assert denied(anna("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    done = account.rig.run("audit", "--suggest-policy", account.arn("user/anna"))
    assert granted(json.loads(done.stdout)) == {
        ("sts:AssumeRole", role), ("sts:TagSession", role), ("autoscaling:DescribeAutoScalingGroups", "*")}
    assert "not in the policy: ec2:DescribeVpcs, denied with UnauthorizedOperation (1)" in done.stderr
    assert "sts:TagSession: needed by sts:AssumeRole, and CloudTrail has no event of it" in done.stderr


def test_where_policies_do_not_decide_that_is_said(shared):
    account = Account(shared)
    bert = account.user("bert")
    bert("ec2").describe_vpcs()
    found = suggestion(shared, account.arn("user/bert"))
    assert granted(found["policy"]) == {("ec2:DescribeVpcs", "*")}
    assert found["notes"] == ["1 of the calls went well only because policies do not decide here (--auth)"]


def test_nothing_done_is_nothing_to_allow(account):
    account.user("idle")
    done = account.rig.run("audit", "--suggest-policy", account.arn("user/idle"), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing to allow" in done.stderr
    for arn in (account.arn("root"), "Deploy", f"arn:aws:sts::{account.id}:assumed-role/Deploy/me"):
        done = account.rig.run("audit", "--suggest-policy", arn, check=False)
        assert done.returncode == 2 and "is not the ARN of a user or role" in done.stderr
    done = account.rig.run("audit", "--from", "yesterday", check=False)
    assert done.returncode == 2 and "from `yesterday` is not a time" in done.stderr


def test_calls_are_listed_by_their_time(account):
    rig = account.rig
    account.iam.list_users()
    listed = ["audit", "--account", account.id, "--json"]
    (call,) = json.loads(rig.run(*listed).stdout)
    assert json.loads(rig.run(*listed, "--from", call["time"]).stdout) == [call]
    assert json.loads(rig.run(*listed, "--until", call["time"]).stdout) == []
