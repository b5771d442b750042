"""Last-accessed data: what users and roles could call, and what they did."""

import pytest
from accounts import Account, denied, document, statement, trust


@pytest.fixture
def account(enforcing):
    return Account(enforcing)


def report(iam, arn, **more):
    job = iam.generate_service_last_accessed_details(Arn=arn, **more)["JobId"]
    found = iam.get_service_last_accessed_details(JobId=job)
    assert found["JobStatus"] == "COMPLETED"
    return job, {service["ServiceNamespace"]: service for service in found["ServicesLastAccessed"]}


def test_what_a_user_called_and_could_have(account):
    anna = account.user("anna", statement("Allow", ["ec2:Describe*", "iam:ListUsers", "autoscaling:*"]))
    anna("ec2", "eu-west-1").describe_vpcs()
    assert denied(anna("iam").list_roles)[1] == "AccessDenied", "an attempt counts"
    arn = account.arn("user/anna")
    job, services = report(account.iam, arn, Granularity="ACTION_LEVEL")
    assert sorted(services) == ["autoscaling", "ec2", "iam"]
    ec2 = services["ec2"]
    assert (ec2["ServiceName"], ec2["LastAuthenticatedEntity"]) == ("Amazon EC2", arn)
    assert (ec2["LastAuthenticatedRegion"], ec2["TotalAuthenticatedEntities"]) == ("eu-west-1", 1)
    assert [action["ActionName"] for action in ec2["TrackedActionsLastAccessed"]] == ["DescribeVpcs"]
    assert services["iam"]["LastAuthenticated"] >= ec2["LastAuthenticated"]
    assert "LastAuthenticated" not in services["autoscaling"]
    assert services["autoscaling"]["TotalAuthenticatedEntities"] == 0
    (entity,) = account.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="ec2")[
        "EntityDetailsList"]
    assert (entity["EntityInfo"]["Name"], entity["EntityInfo"]["Type"]) == ("anna", "USER")
    assert entity["LastAuthenticated"] == ec2["LastAuthenticated"]
    _, plain = report(account.iam, arn)
    assert "TrackedActionsLastAccessed" not in plain["ec2"]


def test_groups_and_policies_are_about_whoever_has_them(account):
    iam = account.iam
    policy = iam.create_policy(PolicyName="look", PolicyDocument=document(statement("Allow", "ec2:Describe*")))["Policy"]["Arn"]
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=policy)
    anna, bert = account.user("anna"), account.user("bert")
    for name in ("anna", "bert"):
        iam.add_user_to_group(GroupName="readers", UserName=name)
    role = account.role("reader", trust(AWS=account.arn("user/anna")))
    iam.attach_role_policy(RoleName="reader", PolicyArn=policy)
    anna("ec2").describe_vpcs()
    session = anna("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    account.rig.session(session, "ec2").describe_subnets()

    for arn, entities, used in ((account.arn("group/readers"), 2, 1), (policy, 3, 2)):
        job, services = report(iam, arn)
        assert list(services) == ["ec2"] and services["ec2"]["TotalAuthenticatedEntities"] == used
        listed = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="ec2")["EntityDetailsList"]
        assert len(listed) == entities
        assert sum("LastAuthenticated" in one for one in listed) == used
    _, services = report(iam, role)
    assert services["ec2"]["LastAuthenticatedEntity"] == role
    assert bert


def test_which_policies_grant_a_service(account):
    iam = account.iam
    account.user("anna", statement("Allow", "ec2:*"))
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="anna")
    iam.put_group_policy(GroupName="readers", PolicyName="more", PolicyDocument=document(statement("Allow", "iam:Get*")))
    iam.attach_user_policy(UserName="anna", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess")
    listed = iam.list_policies_granting_service_access(Arn=account.arn("user/anna"), ServiceNamespaces=["ec2", "iam", "s3"])
    found = {entry["ServiceNamespace"]: entry["Policies"] for entry in listed["PoliciesGrantingServiceAccess"]}
    assert [(one["PolicyType"], one["PolicyName"]) for one in found["ec2"]] == [
        ("INLINE", "inline"), ("MANAGED", "AmazonEC2ReadOnlyAccess")]
    assert found["iam"] == [
        {"PolicyName": "more", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "readers"}]
    assert found["s3"] == []


def test_what_is_not_there_is_said(account):
    iam = account.iam
    assert denied(iam.generate_service_last_accessed_details, Arn=account.arn("user/nobody"))[:2] == (404, "NoSuchEntity")
    other = Account(account.rig)
    other.user("anna")
    assert denied(iam.generate_service_last_accessed_details, Arn=other.arn("user/anna"))[:2] == (404, "NoSuchEntity")
    assert denied(iam.get_service_last_accessed_details, JobId="0" * 36)[:2] == (404, "NoSuchEntity")
