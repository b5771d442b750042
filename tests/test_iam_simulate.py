"""The policy simulator: what policies would say, and that it is what they then do say."""

import json

import pytest
from accounts import Account, Organization, denied, document, statement, trust
from conftest import error

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def account(enforcing):
    return Account(enforcing)


def decisions(results):
    return [(it["EvalActionName"], it["EvalResourceName"], it["EvalDecision"]) for it in results["EvaluationResults"]]


def test_a_custom_policy(account):
    policy = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetObject"],
      "Resource": "arn:aws:s3:::teambucket"
    },
    {
      "Effect": "Deny",
      "Action": "s3:GetObject",
      "Resource": "*",
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    }
  ]
}"""
    ask = lambda **more: account.iam.simulate_custom_policy(PolicyInputList=[policy], **more)
    bucket = "arn:aws:s3:::teambucket"
    found = ask(ActionNames=["s3:ListBucket", "s3:PutObject"], ResourceArns=[bucket])
    assert decisions(found) == [("s3:ListBucket", bucket, "allowed"), ("s3:PutObject", bucket, "implicitDeny")]
    [listed, put] = found["EvaluationResults"]
    assert listed["MatchedStatements"] == [{
        "SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 17}, "EndPosition": {"Line": 8, "Column": 6}}]
    assert put["MatchedStatements"] == []
    assert listed["ResourceSpecificResults"][0]["EvalResourceDecision"] == "allowed"
    [got] = ask(ActionNames=["s3:GetObject"], ResourceArns=[bucket])["EvaluationResults"]
    assert (got["EvalDecision"], got["MissingContextValues"]) == ("allowed", ["aws:SecureTransport"])
    plain = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["false"], "ContextKeyType": "boolean"}]
    [got] = ask(ActionNames=["s3:GetObject"], ResourceArns=[bucket], ContextEntries=plain)["EvaluationResults"]
    assert (got["EvalDecision"], got["MissingContextValues"]) == ("explicitDeny", [])
    assert [it["StartPosition"]["Line"] for it in got["MatchedStatements"]] == [8]
    assert decisions(ask(ActionNames=["s3:ListBucket"])) == [("s3:ListBucket", "*", "implicitDeny")]


def test_what_is_refused(account):
    ask = account.iam.simulate_custom_policy
    good = document(statement("Allow", "*"))
    assert error(ask, PolicyInputList=["{}"], ActionNames=["s3:GetObject"])[0::2] == ("InvalidInput", 400)
    assert error(ask, PolicyInputList=[good], ActionNames=["s3:Nothing"])[0] == "InvalidInput"
    assert error(ask, PolicyInputList=[good], ActionNames=["s3:GetObject"], CallerArn=account.arn("role/a"))[0] == "InvalidInput"
    assert error(ask, PolicyInputList=[good], ActionNames=["s3:GetObject"], ResourcePolicy=document(
        {**statement("Allow", "*"), "Principal": "*"}))[0] == "InvalidInput"
    principal = account.iam.simulate_principal_policy
    assert error(principal, PolicySourceArn=account.arn("user/nobody"), ActionNames=["s3:GetObject"])[0] == "NoSuchEntity"
    assert error(principal, PolicySourceArn=account.arn("root"), ActionNames=["s3:GetObject"])[0] == "InvalidInput"


def test_policies_are_named_as_they_are_attached(account):
    account.user("anna", statement("Allow", "ec2:Describe*"))
    account.iam.create_group(GroupName="readers")
    account.iam.put_group_policy(GroupName="readers", PolicyName="more", PolicyDocument=document(statement("Allow", "ec2:*")))
    account.iam.add_user_to_group(GroupName="readers", UserName="anna")
    account.iam.attach_user_policy(UserName="anna", PolicyArn=ADMIN)
    ask = lambda arn: account.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ec2:DescribeVpcs"])["EvaluationResults"]
    [found] = ask(account.arn("user/anna"))
    names = {it["SourcePolicyId"] for it in found["MatchedStatements"]}
    assert names == {"user_anna_inline", "group_readers_more", "AdministratorAccess"}
    [found] = ask(account.arn("group/readers"))
    assert [it["SourcePolicyId"] for it in found["MatchedStatements"]] == ["group_readers_more"]
    role = account.role("web", trust(Service="ec2.amazonaws.com"), statement("Deny", "*"))
    [found] = ask(role)
    assert (found["EvalDecision"], found["MatchedStatements"][0]["SourcePolicyId"]) == ("explicitDeny", "role_web_inline")


def test_boundaries_and_control_policies(enforcing):
    organization = Organization(enforcing, "SERVICE_CONTROL_POLICY")
    account = organization.member
    anna = account.user("anna", statement("Allow", "*"))
    own = account.iam.create_policy(PolicyName="own", PolicyDocument=document(statement("Allow", "ec2:*")))["Policy"]["Arn"]
    account.iam.put_user_permissions_boundary(UserName="anna", PermissionsBoundary=own)
    organization.attach(account.id, statement("Deny", "ec2:CreateVpc"))
    ask = {"PolicySourceArn": account.arn("user/anna"), "ActionNames": ["ec2:DescribeVpcs", "ec2:CreateVpc", "iam:ListUsers"]}
    found = {it["EvalActionName"]: it for it in account.iam.simulate_principal_policy(**ask)["EvaluationResults"]}
    shown = lambda it: (it["EvalDecision"], it["OrganizationsDecisionDetail"]["AllowedByOrganizations"],
                        it["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
    assert shown(found["ec2:DescribeVpcs"]) == ("allowed", True, True)
    assert shown(found["ec2:CreateVpc"]) == ("explicitDeny", False, True)
    assert shown(found["iam:ListUsers"]) == ("implicitDeny", True, False)
    # And so it is.
    assert anna("ec2").describe_vpcs()["Vpcs"]
    assert denied(anna("ec2").create_vpc, CidrBlock="10.0.0.0/16")[1] == "UnauthorizedOperation"
    assert denied(anna("iam").list_users)[1] == "AccessDenied"


CALLS = [
    ("ec2:DescribeVpcs", "ec2", lambda client, id: client.describe_vpcs()),
    ("ec2:CreateVpc", "ec2", lambda client, id: client.create_vpc(CidrBlock="10.0.0.0/16")),
    ("ec2:TerminateInstances", "ec2", lambda client, id: client.terminate_instances(InstanceIds=["i-0123456789abcdef0"])),
    ("iam:ListUsers", "iam", lambda client, id: client.list_users()),
    ("iam:GetUser", "iam", lambda client, id: client.get_user(UserName="anna")),
    ("iam:CreateUser", "iam", lambda client, id: client.create_user(UserName="fresh")),
    ("autoscaling:DescribeAutoScalingGroups", "autoscaling", lambda client, id: client.describe_auto_scaling_groups()),
    ("elasticloadbalancing:DescribeLoadBalancers", "elbv2", lambda client, id: client.describe_load_balancers()),
]
RESOURCES = {
    "ec2:CreateVpc": "arn:aws:ec2:us-east-1:{id}:vpc/*",
    "ec2:TerminateInstances": "arn:aws:ec2:us-east-1:{id}:instance/i-0123456789abcdef0",
    "iam:GetUser": "arn:aws:iam::{id}:user/anna",
    "iam:CreateUser": "arn:aws:iam::{id}:user/fresh",
}


@pytest.mark.parametrize("policies", [
    [statement("Allow", "ec2:*")],
    [statement("Allow", "*"), statement("Deny", ["iam:Create*", "ec2:Terminate*"])],
    [statement("Allow", ["iam:Get*", "*:Describe*"])],
    [statement("Allow", "iam:*User*", "arn:aws:iam::*:user/f*"), statement("Allow", "autoscaling:*")],
    [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
    [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:ec2:*:*:instance/*"}],
    [statement("Allow", "*", Condition={"StringEquals": {"aws:username": "anna"}})],
    [statement("Allow", "*", Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}})],
])
def test_what_is_simulated_then_happens(account, policies):
    anna = account.user("anna", *policies)
    for action, service, call in CALLS:
        resource = {"ResourceArns": [RESOURCES[action].format(id=account.id)]} if action in RESOURCES else {}
        [said] = account.iam.simulate_principal_policy(
            PolicySourceArn=account.arn("user/anna"), ActionNames=[action], **resource)["EvaluationResults"]
        try:
            call(anna(service), account.id)
            happened = True
        except Exception as caught:
            happened = caught.response["Error"]["Code"] not in ("AccessDenied", "UnauthorizedOperation")
        assert (said["EvalDecision"] == "allowed") == happened, action


def test_context_keys(account):
    policy = document(
        statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
        statement("Deny", "*", Condition={"StringEquals": {"aws:PrincipalTag/team": "${aws:RequestTag/team}"}}),
    )
    found = account.iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert found == ["aws:CurrentTime", "aws:PrincipalTag/team", "aws:requesttag/team", "aws:username"]
    account.user("anna", statement("Allow", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    found = account.iam.get_context_keys_for_principal_policy(PolicySourceArn=account.arn("user/anna"))["ContextKeyNames"]
    assert found == ["aws:MultiFactorAuthPresent"]


def test_the_aws_cli_pages_through_results(shared):
    policy = document(statement("Allow", "ec2:Describe*"))
    shown = json.loads(shared.aws(
        "iam", "simulate-custom-policy", "--policy-input-list", policy, "--action-names", "ec2:DescribeVpcs", "ec2:CreateVpc",
        "ec2:DeleteVpc", "--page-size", "1", "--output", "json").stdout)
    assert [it["EvalDecision"] for it in shown["EvaluationResults"]] == ["allowed", "implicitDeny", "implicitDeny"]
