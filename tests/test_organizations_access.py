"""Last-accessed data of an organization: what its control policies allow, and what its accounts did."""

import pytest
from accounts import Organization, denied, statement

GIVEN = "SERVICE_CONTROL_POLICY"


class Reports(Organization):
    """An organization whose root, unit and one account have policies, as its management account asks about it."""

    def __init__(self, rig):
        super().__init__(rig, GIVEN)
        self.iam = self.manager.iam
        self.id = self.client.describe_organization()["Organization"]["Id"]
        self.unit = self.client.create_organizational_unit(ParentId=self.root, Name="work")["OrganizationalUnit"]["Id"]
        self.client.move_account(AccountId=self.member.id, SourceParentId=self.root, DestinationParentId=self.unit)
        self.path = f"{self.id}/{self.root}"

    def start(self, path, policy=None):
        given = {"OrganizationsPolicyId": policy} if policy else {}
        return self.iam.generate_organizations_access_report(EntityPath=path, **given)["JobId"]

    def report(self, path, policy=None, **more):
        found = self.iam.get_organizations_access_report(JobId=self.start(path, policy), **more)
        assert found["JobStatus"] == "COMPLETED", found
        return found

    def failure(self, path, policy=None, iam=None):
        iam = iam or self.iam
        given = {"OrganizationsPolicyId": policy} if policy else {}
        job = iam.generate_organizations_access_report(EntityPath=path, **given)["JobId"]
        found = iam.get_organizations_access_report(JobId=job)
        assert found["JobStatus"] == "FAILED" and "AccessDetails" not in found
        return found["ErrorDetails"]["Code"]

    def only(self, target, *statements):
        """Allows a target no more than the statements do."""
        policy = self.attach(target, *statements)
        self.client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=target)
        return policy


@pytest.fixture
def reports(enforcing):
    return Reports(enforcing)


def services(report):
    return {one["ServiceNamespace"]: one for one in report["AccessDetails"]}


def test_what_policies_allow_an_account_and_what_it_did(reports):
    anna = reports.member.user("anna", statement("Allow", "*"))
    anna("ec2", "eu-west-1").describe_vpcs()
    reports.only(reports.unit, statement("Allow", ["ec2:*", "iam:*", "s3:*"]))
    reports.attach(reports.member.id, statement("Deny", "s3:*"))
    path = f"{reports.path}/{reports.unit}/{reports.member.id}"
    report = reports.report(path)
    assert [one["ServiceNamespace"] for one in report["AccessDetails"]] == ["ec2", "iam"]
    assert (report["NumberOfServicesAccessible"], report["NumberOfServicesNotAccessed"]) == (2, 0)
    ec2 = services(report)["ec2"]
    assert (ec2["ServiceName"], ec2["Region"], ec2["EntityPath"]) == ("Amazon EC2", "eu-west-1", path)
    assert ec2["TotalAuthenticatedEntities"] == 1 and ec2["LastAuthenticatedTime"]
    # A unit's accounts count together, the management account never with them.
    reports.manager.client("ec2").describe_vpcs()
    unit, root = services(reports.report(f"{reports.path}/{reports.unit}")), services(reports.report(reports.path))
    assert sorted(unit) == ["ec2", "iam", "s3"] and "LastAuthenticatedTime" not in unit["s3"]
    assert unit["s3"]["TotalAuthenticatedEntities"] == 0
    assert len(root) > 0 and root["ec2"]["EntityPath"] == path and root["ec2"]["TotalAuthenticatedEntities"] == 1


def test_the_management_account_is_not_restricted(reports):
    path = f"{reports.path}/{reports.manager.id}"
    reports.manager.client("ec2").describe_vpcs()
    found = reports.report(path, MaxItems=1000)
    assert found["NumberOfServicesAccessible"] > 50 and services(found)["ec2"]["EntityPath"] == path


def test_what_one_policy_allows(reports):
    reports.member.client("ec2").describe_vpcs()
    policy = reports.attach(reports.unit, statement("Allow", ["ec2:*", "s3:*"]))
    below = services(reports.report(reports.path, policy))
    assert sorted(below) == ["ec2", "s3"] and below["ec2"]["TotalAuthenticatedEntities"] == 1
    # Where it is not attached, nobody's calls count.
    reports.client.detach_policy(PolicyId=policy, TargetId=reports.unit)
    apart = services(reports.report(reports.path, policy))
    assert sorted(apart) == ["ec2", "s3"] and apart["ec2"]["TotalAuthenticatedEntities"] == 0


def test_reports_are_sorted_and_come_in_pages(reports):
    reports.member.client("ec2").describe_vpcs()
    policy = reports.attach(reports.unit, statement("Allow", ["ec2:*", "s3:*", "sqs:*"]))
    job = reports.start(reports.path, policy)
    ask = lambda **more: reports.iam.get_organizations_access_report(JobId=job, **more)  # noqa: E731
    names = lambda page: [one["ServiceNamespace"] for one in page["AccessDetails"]]  # noqa: E731
    assert names(ask(SortKey="SERVICE_NAMESPACE_DESCENDING")) == ["sqs", "s3", "ec2"]
    assert names(ask(SortKey="LAST_AUTHENTICATED_TIME_DESCENDING"))[0] == "ec2"
    assert names(ask(SortKey="LAST_AUTHENTICATED_TIME_ASCENDING"))[-1] == "ec2"
    first = ask(MaxItems=2)
    assert names(first) == ["ec2", "s3"] and first["IsTruncated"] and first["NumberOfServicesAccessible"] == 3
    rest = ask(MaxItems=2, Marker=first["Marker"])
    assert names(rest) == ["sqs"] and not rest["IsTruncated"]


def test_what_cannot_be_reported(reports):
    member = f"{reports.path}/{reports.unit}/{reports.member.id}"
    assert reports.failure(member, iam=reports.member.iam) == "AccessDeniedException"
    anna = reports.manager.user("anna", statement("Allow", "iam:*"))
    assert reports.failure(member, iam=anna("iam")) == "AccessDeniedException", "Organizations asks her policies"
    assert reports.failure(f"{reports.path}/{reports.member.id}") == "NoSuchEntity", "it is in the unit"
    assert reports.failure(f"o-{'a' * 10}/{reports.root}") == "NoSuchEntity"
    assert reports.failure(reports.path, "p-12345678") == "PolicyNotFoundException"
    assert denied(reports.iam.get_organizations_access_report, JobId="0" * 36)[:2] == (404, "NoSuchEntity")
    job = reports.start(reports.path)
    assert denied(reports.member.iam.get_organizations_access_report, JobId=job)[:2] == (404, "NoSuchEntity")
    reports.client.disable_policy_type(RootId=reports.root, PolicyType=GIVEN)
    assert reports.failure(reports.path) == "PolicyTypeNotEnabledException"
