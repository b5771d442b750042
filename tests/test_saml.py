"""Roles for those whom a SAML provider vouches for. What a library of others signs is taken, and what somebody in between made of
it is not."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from accounts import Account, denied, document, statement
from botocore import UNSIGNED
from botocore.config import Config
from conftest import error
from identity_provider import ATTRIBUTES, SAML, SamlProvider
from lxml import etree

OPERATION = "sts:AssumeRoleWithSAML"
SIGN_IN = "https://signin.aws.amazon.com/saml"


@pytest.fixture(scope="module")
def idp():
    return SamlProvider()


class Trusting:
    """An account that trusts a provider."""

    def __init__(self, rig, idp):
        self.rig, self.idp = rig, idp
        self.account = Account(rig)
        created = self.account.iam.create_saml_provider(Name="Corp", SAMLMetadataDocument=idp.metadata())
        self.provider = created["SAMLProviderArn"]
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self.sts = boto3.client("sts", endpoint_url=rig.endpoint, region_name="us-east-1", config=config)

    def role(self, name="Staff", actions=OPERATION, condition=None, allowed=(), **options):
        condition = condition or {"StringEquals": {"SAML:aud": SIGN_IN}}
        self.account.role(name, document({"Effect": "Allow", "Principal": {"Federated": self.provider},
                                          "Action": actions, "Condition": condition}), *allowed, **options)
        return f"arn:aws:iam::{self.account.id}:role/{name}"

    def attributes(self, role, **more):
        named = {"Role": [f"{role},{self.provider}"], "RoleSessionName": ["ann@example.com"], **more}
        return {ATTRIBUTES + name: values for name, values in named.items() if values is not None}

    def response(self, role, whole=False, more=None, **said):
        return self.idp.assert_(whole, attributes=self.attributes(role, **(more or {})), **said)

    def assume(self, role, response=None, **options):
        text = base64.b64encode((response or self.response(role)).encode()).decode()
        return self.sts.assume_role_with_saml(RoleArn=role, PrincipalArn=self.provider, SAMLAssertion=text, **options)

    def refused(self, role, response=None, **options):
        return error(self.assume, role, response, **options)


@pytest.fixture
def trusting(enforcing, idp):
    return Trusting(enforcing, idp)


@pytest.mark.parametrize("whole", [False, True])
def test_a_response_is_worth_a_role(trusting, idp, whole):
    role = trusting.role(allowed=[statement("Allow", "ec2:DescribeVpcs")])
    given = trusting.assume(role, trusting.response(role, whole))
    arn = f"arn:aws:sts::{trusting.account.id}:assumed-role/Staff/ann@example.com"
    assert given["AssumedRoleUser"]["Arn"] == arn
    assert (given["Subject"], given["SubjectType"], given["Issuer"]) == ("ann", "persistent", idp.entity)
    assert given["Audience"] == SIGN_IN and len(base64.b64decode(given["NameQualifier"])) == 20
    assert len(given["Credentials"]["SessionToken"]) < 900
    assert trusting.rig.session(given["Credentials"]).get_caller_identity()["Arn"] == arn
    assert trusting.rig.session(given["Credentials"], "ec2").describe_vpcs()["Vpcs"]
    assert denied(trusting.rig.session(given["Credentials"], "iam").list_users)[0] == 403
    named = [{"AttributeKey": "Username", "AttributeValue": "ann"}]
    events = trusting.rig.client("cloudtrail", trusting.account.id).lookup_events(LookupAttributes=named)["Events"]
    assert json.loads(events[0]["CloudTrailEvent"])["userIdentity"] == {
        "type": "SAMLUser", "principalId": f"{given['NameQualifier']}:ann", "userName": "ann",
        "identityProvider": given["NameQualifier"],
    }


def test_what_is_changed_or_wrapped_is_not_taken(trusting, idp):
    role = trusting.role()
    refusal = ("InvalidIdentityToken", "Response signature invalid", 400)
    good = trusting.response(role)
    assert trusting.refused(role, good.replace(">ann<", ">bob<")) == refusal
    assert trusting.refused(role, SamlProvider().assert_(attributes=trusting.attributes(role))) == refusal
    response = etree.fromstring(good.encode())
    unsigned = idp.response(attributes=trusting.attributes(role), subject="bob")
    assert trusting.refused(role, etree.tostring(unsigned).decode()) == refusal
    # The signed assertion beside a forged one, before and after, and inside of it.
    forged = unsigned.find("saml:Assertion", SAML)
    for place in (0, len(response)):
        wrapped = etree.fromstring(good.encode())
        wrapped.insert(place, etree.fromstring(etree.tostring(forged)))
        assert trusting.refused(role, etree.tostring(wrapped).decode())[0] == "InvalidIdentityToken"
    assertion = response.find("saml:Assertion", SAML)
    response.replace(assertion, forged)
    forged.insert(1, assertion)
    assert trusting.refused(role, etree.tostring(response).decode())[0] == "InvalidIdentityToken"
    # Canonicalization passes over comments: the signature is good, and the name would be cut in two.
    assert trusting.refused(role, good.replace(">ann<", ">a<!-- -->nn<"))[0] == "InvalidIdentityToken"
    assert trusting.refused(role, '<!DOCTYPE a [<!ENTITY b "c">]>' + good)[0] == "InvalidIdentityToken"
    assert trusting.refused(role, "no response")[0] == "InvalidIdentityToken"


def test_what_a_response_has_to_say(trusting, idp):
    role = trusting.role()

    def refused(more=None, **said):
        return trusting.refused(role, trusting.response(role, more=more, **said))[:2]

    assert refused({"RoleSessionName": None}) == ("InvalidIdentityToken", "RoleSessionName is required in AuthnResponse")
    assert refused({"RoleSessionName": ["a b"]})[1].startswith("RoleSessionName in AuthnResponse must match")
    assert refused({"SourceIdentity": ["aws:x"]})[1].startswith("Source Identity must match")
    assert refused(audience="https://else.example.com")[1] == "Response does not contain the required audience."
    assert refused(recipient="https://signin.aws.amazon.com.example.com/saml")[0] == "InvalidIdentityToken"
    assert refused({"Role": None}) == ("AccessDenied", f"Not authorized to perform {OPERATION}")
    assert refused(status="Requester")[0] == "IDPRejectedClaim"
    other = trusting.idp.assert_(attributes=trusting.attributes(role)).replace(idp.entity, "https://else.example.com")
    assert trusting.refused(role, other)[1] == "Issuer not present in specified provider"
    late = "Token must be redeemed within 5 minutes of issuance"
    assert refused(issued=datetime.now(UTC) - timedelta(seconds=301), lasts=3600) == ("ExpiredTokenException", late)
    assert refused(lasts=-1) == ("ExpiredTokenException", late)
    assert refused(issued=datetime.now(UTC) + timedelta(hours=1))[0] == "InvalidIdentityToken"
    trusting.account.iam.delete_saml_provider(SAMLProviderArn=trusting.provider)
    assert trusting.refused(role)[:2] == ("InvalidIdentityToken", "Specified provider doesn't exist")


def test_the_role_says_whom_it_trusts(trusting, idp):
    doc = f"{trusting.account.id}/Corp"
    said = {"saml:aud": SIGN_IN, "saml:iss": idp.entity, "saml:sub": "ann", "saml:sub_type": "persistent", "saml:doc": doc}
    role = trusting.role(condition={"StringEquals": said})
    assert trusting.assume(role)
    refusal = ("AccessDenied", f"Not authorized to perform {OPERATION}", 403)
    assert trusting.refused(role, trusting.response(role, subject="bob")) == refusal
    # Another account's provider of the same keys vouches for nobody here.
    elsewhere = Trusting(trusting.rig, idp)
    theirs = {ATTRIBUTES + "Role": [f"{role},{elsewhere.provider}"], ATTRIBUTES + "RoleSessionName": ["ann"]}
    assert elsewhere.refused(role, idp.assert_(attributes=theirs)) == refusal


def test_sessions_carry_tags_and_what_the_provider_said(trusting):
    more = {"PrincipalTag:team": ["red"], "TransitiveTagKeys": ["team"], "SourceIdentity": ["ann.lee"]}
    plain = trusting.role("Plain")
    assert trusting.refused(plain, trusting.response(plain, more=more))[0] == "AccessDenied"
    role = trusting.role("Tagged", [OPERATION, "sts:TagSession", "sts:SetSourceIdentity"],
                         {"StringEquals": {"aws:RequestTag/team": "red"}},
                         [statement("Allow", "iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
                          statement("Allow", "iam:ListRoles", Condition={"StringEquals": {"saml:sub": "ann"}})])
    given = trusting.assume(role, trusting.response(role, more=more))
    assert given["SourceIdentity"] == "ann.lee" and given["PackedPolicySize"] > 0
    iam = trusting.rig.session(given["Credentials"], "iam")
    assert iam.list_users() and iam.list_roles()
    assert denied(iam.list_groups)[0] == 403


def test_sessions_end_when_the_provider_says(trusting):
    role = trusting.role(MaxSessionDuration=7200)

    def lasts(response=None, **options):
        return trusting.assume(role, response, **options)["Credentials"]["Expiration"].timestamp() - time.time()

    assert 7190 < lasts(DurationSeconds=7200) <= 7200
    assert 3590 < lasts() <= 3600
    assert 1790 < lasts(trusting.response(role, session=1800), DurationSeconds=7200) <= 1800
    assert trusting.refused(role, None, DurationSeconds=7201)[0] == "ValidationError"
