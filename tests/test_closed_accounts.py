"""Accounts that their organization closed: nobody calls with them, nobody gets into them, nothing in them is charged."""

import json

import boto3
import pytest
from accounts import Account, document, statement, trust
from botocore import UNSIGNED
from botocore.config import Config
from conftest import error, image_of
from identity_provider import OidcProvider

HOUR, DAY = 3600, 24 * 3600
INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
UNRECOGNIZED = ("UnrecognizedClientException", "The security token included in the request is invalid.", 400)


class Closing:
    """A member with everything that somebody could call with, and the account that closes it."""

    def __init__(self, rig):
        self.rig, self.manager, self.member = rig, Account(rig), Account(rig)
        self.organizations = self.manager.client("organizations")
        self.organizations.create_organization()
        invited = self.organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": self.member.id})
        self.member.client("organizations").accept_handshake(HandshakeId=invited["Handshake"]["Id"])
        self.role = self.member.role("Work", trust(AWS=[self.member.id, self.manager.id]), statement("Allow", "*"))

    def close(self):
        self.organizations.close_account(AccountId=self.member.id)

    def state(self):
        return self.organizations.describe_account(AccountId=self.member.id)["Account"]["State"]


@pytest.fixture
def closing(enforcing):
    return Closing(enforcing)


def test_nobody_calls_with_a_closed_account(closing):
    user = closing.member.user("anna", statement("Allow", "*"))
    session = user("sts").assume_role(RoleArn=closing.role, RoleSessionName="work")["Credentials"]
    of_session = lambda service: closing.rig.session(session, service)  # noqa: E731
    everybody = [user, of_session, closing.member.client]
    for client in everybody:
        assert client("sts").get_caller_identity()["Account"] == closing.member.id
    closing.close()
    for client in everybody:
        assert error(client("sts").get_caller_identity) == INVALID
        assert error(client("iam").list_users) == INVALID
        assert error(client("autoscaling").describe_auto_scaling_groups) == INVALID
        assert error(client("ec2").describe_vpcs) == (
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        assert error(client("organizations").describe_organization) == UNRECOGNIZED
        assert error(client("ssm").describe_parameters) == UNRECOGNIZED
        code, message, status = error(client("fis").list_experiments)
        assert (code, message, status) == (*UNRECOGNIZED[:2], 403)
    # It is shown to the organization all the same.
    assert closing.state() == "CLOSED"


def test_nobody_gets_into_a_closed_account(closing):
    sts = closing.manager.user("ben", statement("Allow", "sts:AssumeRole"))("sts")
    assert sts.assume_role(RoleArn=closing.role, RoleSessionName="in")
    idp = OidcProvider()
    provider = closing.member.iam.create_open_id_connect_provider(Url=idp.url, ClientIDList=["app"])["OpenIDConnectProviderArn"]
    closing.rig.run("lever", "pull", "iam.oidc-keys", f"provider={provider}", f"keys={json.dumps(idp.keys())}",
                    "--account", closing.member.id)
    pipeline = closing.member.role("Pipeline", document(
        {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}))
    anybody = boto3.client("sts", endpoint_url=closing.rig.endpoint, region_name="us-east-1",
                           config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))
    token = {"RoleArn": pipeline, "RoleSessionName": "build", "WebIdentityToken": idp.token()}
    assert anybody.assume_role_with_web_identity(**token)
    closing.close()
    assert error(sts.assume_role, RoleArn=closing.role, RoleSessionName="in") == (
        "AccessDenied", f"User: {closing.manager.arn('user/ben')} is not authorized to perform: sts:AssumeRole on "
        f"resource: {closing.role}", 403)
    assert error(anybody.assume_role_with_web_identity, **token) == (
        "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)


def test_policies_need_not_decide(shared):
    closing = Closing(shared)
    closing.close()
    assert error(closing.member.client("sts").get_caller_identity) == INVALID
    code, _, status = error(closing.manager.user("ben")("sts").assume_role, RoleArn=closing.role, RoleSessionName="in")
    assert (code, status) == ("AccessDenied", 403)


def test_an_account_is_closed_for_good(start, tmp_path):
    options = ("--transitions", "realistic", "--data", str(tmp_path / "world"))
    rig = start(*options)
    closing = Closing(rig)
    closing.close()
    caller = closing.member.client("sts")
    assert closing.state() == "PENDING_CLOSURE" and error(caller.get_caller_identity) == INVALID
    rig.advance(200)
    assert closing.state() == "CLOSED" and error(caller.get_caller_identity) == INVALID
    # What was closed stays closed when nobody remembers that it was a member.
    rig.advance(90 * DAY)
    assert error(closing.organizations.describe_account, AccountId=closing.member.id)[0] == "AccountNotFoundException"
    assert error(caller.get_caller_identity) == INVALID
    rig.stop()
    again = start(*options)
    assert error(again.client("sts", closing.member.id).get_caller_identity) == INVALID
    assert again.client("sts", closing.manager.id).get_caller_identity()["Account"] == closing.manager.id


def test_a_closed_account_costs_no_more(start):
    rig = start("--transitions", "instant")
    closing = Closing(rig)
    for account in (closing.manager, closing.member):
        ec2 = account.client("ec2")
        ec2.run_instances(ImageId=image_of(ec2), InstanceType="m5.large", MinCount=1, MaxCount=1)
    rig.advance(HOUR)
    closing.close()
    rig.advance(2 * HOUR)
    lines = [line for line in rig.own("GET", "bill").json["lines"] if line["usage_type"] == "BoxUsage:m5.large"]
    hours = {line["account"]: line["quantity"] for line in lines}
    assert hours == {closing.manager.id: pytest.approx(3, abs=0.01), closing.member.id: pytest.approx(1, abs=0.01)}
