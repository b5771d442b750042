"""STS through the wire, as boto3 and the AWS CLI see it."""

import base64
import json

import pytest
from conftest import error

ROLE = "arn:aws:iam::999999999999:role/teams/Deploy"


def test_an_access_key_of_twelve_digits_names_its_account(shared):
    identity = shared.client("sts", key="210987654321").get_caller_identity()
    assert identity["Account"] == "210987654321"
    assert identity["Arn"] == "arn:aws:iam::210987654321:root"
    assert identity["UserId"] == "210987654321"


def test_any_other_key_is_of_the_default_account(shared):
    assert shared.client("sts", key="AKIAIOSFODNN7EXAMPLE").get_caller_identity()["Account"] == "123456789012"


def test_partitions_show_in_arns(shared):
    arn = shared.client("sts", region="cn-north-1").get_caller_identity()["Arn"]
    assert arn == "arn:aws-cn:iam::123456789012:root"


def test_a_role_session_is_who_it_says(shared):
    answer = shared.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me@example.com")
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == "arn:aws:sts::999999999999:assumed-role/Deploy/me@example.com"
    assert user["AssumedRoleId"].startswith("AROA") and user["AssumedRoleId"].endswith(":me@example.com")
    assert "PackedPolicySize" not in answer
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    assert len(credentials["SessionToken"]) < 900
    identity = shared.session(credentials).get_caller_identity()
    assert identity["Arn"] == user["Arn"]
    assert identity["UserId"] == user["AssumedRoleId"]
    assert identity["Account"] == "999999999999"
    owner = shared.client("sts").get_access_key_info(AccessKeyId=credentials["AccessKeyId"])
    assert owner["Account"] == "999999999999"


def test_tokens_are_short_whatever_they_are_for(shared):
    sts = shared.client("sts")
    policy = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::" + "x" * 1000}})
    tags = [{"Key": f"key-{number}", "Value": "v" * 10} for number in range(20)]
    for answer in (
        sts.get_session_token(),
        sts.get_federation_token(Name="guest", Policy=policy, Tags=tags),
        sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy=policy, Tags=tags),
    ):
        assert len(answer["Credentials"]["SessionToken"]) < 900


def test_the_same_role_has_the_same_id(shared):
    sts = shared.client("sts")
    ids = [sts.assume_role(RoleArn=ROLE, RoleSessionName="a1")["AssumedRoleUser"]["AssumedRoleId"] for _ in range(2)]
    assert ids[0] == ids[1]


def test_no_two_calls_give_the_same_credentials(shared):
    sts = shared.client("sts")
    given = [sts.assume_role(RoleArn=ROLE, RoleSessionName="a1")["Credentials"] for _ in range(5)]
    for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert len({credentials[part] for credentials in given}) == 5


def test_sessions_end(start):
    rig = start()
    sts = rig.client("sts")
    credentials = sts.assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)["Credentials"]
    session = rig.session(credentials)
    rig.advance(890)
    session.get_caller_identity()
    rig.advance(11)
    expired = ("ExpiredToken", "The security token included in the request is expired", 403)
    assert error(session.get_caller_identity) == expired
    table = rig.session(credentials, "dynamodb")
    assert error(table.list_tables)[0] == "ExpiredTokenException"
    # Long after, the rig has forgotten the key, and still knows its own token.
    rig.advance(3 * 24 * 3600)
    assert error(session.get_caller_identity) == expired


def test_a_token_belongs_to_its_key(shared):
    sts = shared.client("sts")
    one = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    two = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    mixed = shared.session({**one, "SessionToken": two["SessionToken"]})
    assert error(mixed.get_caller_identity)[0::2] == ("InvalidClientTokenId", 403)
    without = shared.client("sts", one["AccessKeyId"], one["SecretAccessKey"])
    assert error(without.get_caller_identity)[0::2] == ("InvalidClientTokenId", 403)


def test_a_chained_session_lasts_an_hour_at_most(shared):
    sts = shared.client("sts")
    session = shared.session(sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"])
    session.assume_role(RoleArn=ROLE, RoleSessionName="again", DurationSeconds=3600)
    code, message, status = error(
        session.assume_role, RoleArn=ROLE, RoleSessionName="again", DurationSeconds=3601
    )
    assert (code, status) == ("ValidationError", 400)
    assert message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    )


@pytest.mark.parametrize(
    "changed, message",
    [
        (
            {"DurationSeconds": 43201},
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: "
            "Member must have value less than or equal to 43200",
        ),
        (
            {"RoleSessionName": "not a name"},
            "1 validation error detected: Value 'not a name' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        (
            {"RoleSessionName": "x" * 65},
            f"1 validation error detected: Value '{'x' * 65}' at 'roleSessionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        ),
        ({"RoleArn": "arn:aws:iam::123456789012:user/somebody"}, "Request ARN is invalid"),
    ],
)
def test_what_assume_role_refuses(shared, changed, message):
    request = {"RoleArn": ROLE, "RoleSessionName": "me", **changed}
    assert error(shared.client("sts").assume_role, **request) == ("ValidationError", message, 400)


def test_missing_parameters_are_all_named(shared):
    reply = shared.query("sts", "2011-06-15", "AssumeRole")
    assert (reply.status, reply.code) == (400, "ValidationError")
    assert reply.message.startswith("2 validation errors detected: Value null at 'roleArn' failed")


def test_session_policies_are_measured(shared):
    policy = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    answer = shared.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me", Policy=policy)
    assert 1 <= answer["PackedPolicySize"] <= 100
    code, message, _ = error(
        shared.client("sts").assume_role, RoleArn=ROLE, RoleSessionName="me", Policy="{not json}"
    )
    assert (code, message) == ("MalformedPolicyDocument", "The policy is not in the valid JSON format.")


def test_session_tokens(shared):
    sts = shared.client("sts")
    credentials = sts.get_session_token(DurationSeconds=43200)["Credentials"]
    session = shared.session(credentials)
    assert session.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    assert error(session.get_session_token)[0::2] == ("AccessDenied", 403)
    assert error(session.get_federation_token, Name="bob")[0::2] == ("AccessDenied", 403)


def test_federated_users(shared):
    answer = shared.client("sts").get_federation_token(Name="bob")
    assert answer["FederatedUser"] == {
        "FederatedUserId": "123456789012:bob",
        "Arn": "arn:aws:sts::123456789012:federated-user/bob",
    }
    identity = shared.session(answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:federated-user/bob"


def test_there_are_no_identity_providers(shared):
    sts = shared.client("sts")
    claims = base64.urlsafe_b64encode(b'{"iss":"https://idp.example.com"}').decode().rstrip("=")
    web = {"RoleArn": ROLE, "RoleSessionName": "me", "WebIdentityToken": f"e30.{claims}.c2ln"}
    code, message, status = error(sts.assume_role_with_web_identity, **web)
    assert (code, status) == ("InvalidIdentityToken", 400)
    assert message == "No OpenIDConnect provider found in your account for https://idp.example.com"
    saml = {"RoleArn": ROLE, "PrincipalArn": "arn:aws:iam::123456789012:saml-provider/x", "SAMLAssertion": "PGE+"}
    assert error(sts.assume_role_with_saml, **saml)[0] == "InvalidIdentityToken"


def test_messages_that_nobody_encoded_are_not_decoded(shared):
    code, _, status = error(shared.client("sts").decode_authorization_message, EncodedMessage="abc")
    assert (code, status) == ("InvalidAuthorizationMessageException", 400)


def test_operations_that_nobody_wrote_say_so(shared):
    code, message, status = error(
        shared.client("sts").assume_root,
        TargetPrincipal="123456789012",
        TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
    )
    assert (code, status) == ("NotImplemented", 501)
    assert message == "ironbird does not implement sts:AssumeRoot yet; see docs/services/README.md"


def test_a_seed_gives_the_same_ids_and_no_secrets(start):
    def first(rig):
        answer = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
        return [answer["Credentials"][part] for part in ("AccessKeyId", "SecretAccessKey", "SessionToken")]

    rig = start("--seed", "7")
    (key, secret, token), (other_key, other_secret, other_token) = first(rig), first(start("--seed", "7"))
    assert (key == other_key, secret == other_secret, token == other_token) == (True, False, False)
    rig.own("POST", "reset")
    reset_key, reset_secret, _ = first(rig)
    assert reset_key == key and reset_secret != secret


def test_sessions_hand_on_what_they_were_begun_with(shared):
    sts, given = shared.client("sts"), {"RoleArn": ROLE, "RoleSessionName": "me"}
    team = [{"Key": "team", "Value": "a"}]
    assert error(sts.assume_role, TransitiveTagKeys=["team"], **given)[0] == "InvalidParameterValue"
    first = sts.assume_role(SourceIdentity="anna", Tags=team, TransitiveTagKeys=["team"], **given)["Credentials"]
    chained = shared.session(first)
    assert error(chained.assume_role, Tags=team, **given)[0] == "InvalidParameterValue"
    assert error(chained.assume_role, SourceIdentity="bert", **given)[0] == "AccessDenied"
    assert chained.assume_role(**given)["SourceIdentity"] == "anna"


def test_the_aws_cli_knows_who_it_is(shared):
    identity = json.loads(shared.aws("sts", "get-caller-identity").stdout)
    assert identity["Arn"] == "arn:aws:iam::123456789012:root"
    failed = shared.aws("sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "a b", check=False)
    assert failed.returncode != 0
    assert "(ValidationError)" in failed.stderr


def test_signatures_decide_where_they_are_enforced(enforcing):
    credentials = enforcing.client("sts", key="999999999999").get_session_token()["Credentials"]
    assert enforcing.session(credentials).get_caller_identity()["Account"] == "999999999999"
    wrong = enforcing.session({**credentials, "SecretAccessKey": "wrong"})
    assert error(wrong.get_caller_identity)[0::2] == ("SignatureDoesNotMatch", 403)
    unknown = enforcing.client("sts", key="ASIAQAAAAAAAAAAAAAAA", token="elsewhere")
    assert error(unknown.get_caller_identity)[0::2] == ("InvalidClientTokenId", 403)
