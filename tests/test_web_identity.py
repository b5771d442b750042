"""Roles for those whom an OpenID Connect provider vouches for, as boto3 and Terraform ask for them."""

import json
import subprocess
import time
from pathlib import Path

import boto3
import jwt
import pytest
from accounts import Account, denied, document, statement
from botocore import UNSIGNED
from botocore.config import Config
from conftest import error
from identity_provider import HOST, OidcProvider

OPERATION = "sts:AssumeRoleWithWebIdentity"
TAGS = "https://aws.amazon.com/tags"


@pytest.fixture(scope="module")
def idp():
    return OidcProvider()


class Trusting:
    """An account that trusts a provider."""

    def __init__(self, rig, idp, keys=True):
        self.rig, self.idp = rig, idp
        self.account = Account(rig)
        created = self.account.iam.create_open_id_connect_provider(Url=idp.url, ClientIDList=["app", "other"])
        self.provider = created["OpenIDConnectProviderArn"]
        if keys:
            rig.run("lever", "pull", "iam.oidc-keys", f"provider={self.provider}", f"keys={json.dumps(idp.keys())}",
                    "--account", self.account.id)
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        self.sts = boto3.client("sts", endpoint_url=rig.endpoint, region_name="us-east-1", config=config)

    def role(self, name="Ci", actions=OPERATION, condition=None, allowed=(), **options):
        said = {"Principal": {"Federated": self.provider}, "Action": actions, "Effect": "Allow"}
        said = {**said, **({"Condition": condition} if condition else {})}
        self.account.role(name, document(said), *allowed, **options)
        return f"arn:aws:iam::{self.account.id}:role/{name}"

    def assume(self, role, token=None, **options):
        return self.sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="build", WebIdentityToken=token or self.idp.token(), **options)

    def refused(self, role, token, **options):
        return error(self.assume, role, token, **options)


@pytest.fixture
def trusting(enforcing, idp):
    return Trusting(enforcing, idp)


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "ES256"])
def test_a_token_is_worth_a_role(enforcing, algorithm):
    trusting = Trusting(enforcing, OidcProvider(algorithm=algorithm))
    role = trusting.role(allowed=[statement("Allow", "ec2:DescribeVpcs")])
    given = trusting.assume(role)
    assert given["SubjectFromWebIdentityToken"] == "ann"
    assert given["Audience"] == "app"
    assert given["Provider"] == trusting.provider
    arn = f"arn:aws:sts::{trusting.account.id}:assumed-role/Ci/build"
    assert given["AssumedRoleUser"]["Arn"] == arn
    assert len(given["Credentials"]["SessionToken"]) < 900
    assert enforcing.session(given["Credentials"]).get_caller_identity()["Arn"] == arn
    assert enforcing.session(given["Credentials"], "ec2").describe_vpcs()["Vpcs"]
    assert denied(enforcing.session(given["Credentials"], "iam").list_users)[0] == 403


def test_the_record_of_the_roles_account_says_who_it_was(trusting, idp):
    trusting.assume(trusting.role())
    assert trusting.refused(trusting.role("Other", condition={"StringEquals": {"idp.example.com:sub": "bob"}}), idp.token())[2] == 403
    named = [{"AttributeKey": "Username", "AttributeValue": "ann"}]
    refused, taken = trusting.rig.client("cloudtrail", trusting.account.id).lookup_events(LookupAttributes=named)["Events"]
    for event in (refused, taken):
        assert (event["EventName"], event["Username"]) == ("AssumeRoleWithWebIdentity", "ann")
        assert json.loads(event["CloudTrailEvent"])["userIdentity"] == {
            "type": "WebIdentityUser", "principalId": f"{trusting.provider}:app:ann", "userName": "ann",
            "identityProvider": trusting.provider,
        }
    assert json.loads(refused["CloudTrailEvent"])["errorCode"] == "AccessDenied"


def test_tokens_that_are_not_taken(trusting, idp):
    role = trusting.role()
    other = OidcProvider()
    stranger = OidcProvider("else.example.com")
    now = int(time.time())
    unsigned = jwt.encode({"iss": idp.url, "sub": "ann", "aud": "app", "exp": now + 60, "iat": now}, None, "none")
    secret = jwt.encode({"iss": idp.url, "sub": "ann", "aud": "app", "exp": now + 60}, "x" * 64, "HS256")
    assert trusting.refused(role, other.token()) == ("InvalidIdentityToken", "The token's signature is not valid", 400)
    code, message, _ = trusting.refused(role, stranger.token())
    assert (code, message) == ("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {stranger.url}")
    for token in ("access-token", unsigned, secret):
        code, message, _ = trusting.refused(role, token)
        assert code == "InvalidIdentityToken" and "not a valid JWT" in message
    other.key_id = "2"
    assert "retrieve verification key" in trusting.refused(role, other.token())[1]
    assert trusting.refused(role, idp.token(audience="none"))[1] == "Incorrect token audience"
    # A party that is named is whom the token is for, whatever its audience.
    assert trusting.refused(role, idp.token(azp="none"))[1] == "Incorrect token audience"
    for claim in ("sub", "aud", "exp", "iat"):
        assert trusting.refused(role, idp.token(**{claim: None}))[:2] == (
            "InvalidIdentityToken", f"Missing a required claim: {claim}")
    code, message, status = trusting.refused(role, idp.token(lasts=-1))
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")
    assert trusting.refused(role, idp.token(nbf=now + 3600))[0] == "InvalidIdentityToken"
    assert trusting.refused(role, idp.token(**{TAGS: {"principal_tags": {"team": ["a", "b"]}}}))[::2] == ("IDPRejectedClaim", 403)


def test_keys_are_handed_over(enforcing, idp):
    trusting = Trusting(enforcing, idp, keys=False)
    role = trusting.role()
    code, message, status = trusting.refused(role, idp.token())
    assert (code, status) == ("IDPCommunicationError", 400)
    assert "ironbird lever pull iam.oidc-keys" in message

    def hand_over(keys, provider=trusting.provider):
        given = {"account": trusting.account.id, "given": {"provider": provider, "keys": keys}}
        return enforcing.own("POST", "levers/iam.oidc-keys", given)

    assert hand_over({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}).code == "ValidationError"
    assert hand_over("keys").code == "ValidationError"
    assert hand_over(idp.keys(), trusting.provider + "x").code == "NoSuchEntity"
    assert hand_over(idp.keys()).json == {"provider": trusting.provider, "keys": 1}
    assert trusting.assume(role)
    # Keys of a provider that is gone are gone with it.
    trusting.account.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=trusting.provider)
    assert trusting.refused(role, idp.token())[0] == "InvalidIdentityToken"


def test_the_role_says_whom_it_trusts(trusting, idp):
    is_ann = {"StringEquals": {f"{HOST}:sub": "ann", f"{HOST}:aud": "app"}}
    role = trusting.role("Ann", condition=is_ann)
    assert trusting.assume(role)
    refusal = ("AccessDenied", f"Not authorized to perform {OPERATION}", 403)
    assert trusting.refused(role, idp.token("bob")) == refusal
    assert trusting.refused(role, idp.token(audience="other")) == refusal
    # A role that is not there is not told apart from one that does not trust.
    assert trusting.refused(role + "x", idp.token()) == refusal
    trusting.account.role("Users", document(
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}))
    assert trusting.refused(f"arn:aws:iam::{trusting.account.id}:role/Users", idp.token()) == refusal
    # Another account's provider vouches for nobody here.
    elsewhere = Trusting(trusting.rig, idp)
    theirs = document({"Effect": "Allow", "Principal": {"Federated": elsewhere.provider}, "Action": OPERATION})
    trusting.account.role("Theirs", theirs)
    assert trusting.refused(f"arn:aws:iam::{trusting.account.id}:role/Theirs", idp.token()) == refusal


def test_sessions_carry_tags_and_what_the_provider_said(trusting, idp):
    claims = {TAGS: {"principal_tags": {"team": ["red"], "cost": ["7"]}, "transitive_tag_keys": ["team"]},
              "https://aws.amazon.com/source_identity": "ann.lee"}
    plain = trusting.role("Plain")
    assert trusting.refused(plain, idp.token(**claims))[0] == "AccessDenied"
    tagged = trusting.role("Tagged", [OPERATION, "sts:TagSession", "sts:SetSourceIdentity"],
                           {"StringEquals": {"aws:RequestTag/team": "red", "sts:SourceIdentity": "ann.lee"},
                            "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]}},
                           [statement("Allow", "iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
                            statement("Allow", "iam:ListRoles", Condition={"StringEquals": {f"{HOST}:sub": "ann"}}),
                            statement("Allow", "iam:ListGroups", Condition={
                                "StringEquals": {"aws:FederatedProvider": trusting.provider}})])
    given = trusting.assume(tagged, idp.token(**claims))
    assert given["SourceIdentity"] == "ann.lee" and given["PackedPolicySize"] > 0
    iam = trusting.rig.session(given["Credentials"], "iam")
    assert iam.list_users() and iam.list_roles() and iam.list_groups()
    assert denied(iam.list_policies)[0] == 403
    flat = {f"{TAGS}/principal_tags/team": "red", f"{TAGS}/transitive_tag_keys": ["team"],
            "https://aws.amazon.com/source_identity": "ann.lee"}
    assert trusting.assume(tagged, idp.token(**flat))
    assert trusting.refused(tagged, idp.token(**{**claims, TAGS: {"principal_tags": {"team": ["blue"]}}}))[0] == "AccessDenied"
    assert trusting.refused(tagged, idp.token(**{TAGS: {"transitive_tag_keys": ["team"]}}))[0] == "InvalidParameterValue"


def test_sessions_last_as_the_role_lets_them(trusting):
    role = trusting.role(MaxSessionDuration=7200)
    given = trusting.assume(role, DurationSeconds=7200)["Credentials"]
    assert 7190 < given["Expiration"].timestamp() - time.time() <= 7200
    assert trusting.refused(role, None, DurationSeconds=7201)[0] == "ValidationError"
    assert trusting.refused(role, None, ProviderId="graph.facebook.com")[0] == "UnsupportedOperation"


def test_tokens_end_on_the_rigs_clock(start, idp):
    trusting = Trusting(start("--auth", "enforce"), idp)
    role, token = trusting.role(), idp.token(lasts=600)
    given = trusting.assume(role, token, DurationSeconds=900)["Credentials"]
    trusting.rig.advance(601)
    assert trusting.refused(role, token)[0] == "ExpiredTokenException"
    trusting.rig.advance(300)
    assert error(trusting.rig.session(given).get_caller_identity)[0] == "ExpiredToken"


def test_policies_are_only_asked_unless_they_decide(shared, idp):
    trusting = Trusting(shared, idp)
    role = trusting.role(condition={"StringEquals": {f"{HOST}:sub": "bob"}})
    given = trusting.assume(role)
    assert "Not authorized" in given["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-would-deny"]
    # Tokens are looked at all the same.
    assert trusting.refused(role, OidcProvider().token())[0] == "InvalidIdentityToken"


def test_boto3_finds_its_token_in_a_file(trusting, idp, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(idp.token())
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", trusting.role(allowed=[statement("Allow", "iam:ListUsers")]))
    monkeypatch.setenv("AWS_ROLE_SESSION_NAME", "from-a-file")
    monkeypatch.setenv("AWS_ENDPOINT_URL", trusting.rig.endpoint)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    session = boto3.Session(region_name="us-east-1")
    assert session.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/Ci/from-a-file")
    assert session.client("iam").list_users()["Users"] == []
