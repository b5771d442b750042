"""A workforce signs in: clients, codes and tokens, and what they are worth at the access portal. The browser's half is done by
levers here; test_sign_in_page.py does it in a browser."""

import base64
import hashlib
import json
import re
import urllib.parse

import pytest
from botocore.exceptions import ClientError
from conftest import error, eventually
from test_identity_center import Assigning, Center, permission_set

PASSWORD = "Correct-horse-1"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ["sso:account:access"]


class Workforce(Assigning):
    """An organization of two accounts in both of which a user with a password may build."""

    def __init__(self, rig, region="us-east-1", account=None):
        super().__init__(Center(rig, region, account))
        self.rig, self.store = rig, self.center.store
        self.oidc, self.portal = rig.client("sso-oidc", region=region), rig.client("sso", region=region)
        self.start_url = f"https://{self.store}.awsapps.com/start"
        self.password("ann", PASSWORD)
        self.assign("GROUP", self.group)
        self.assign("USER", self.user, self.center.id)

    def lever(self, name, **given):
        """Pulls a lever in the instance's account and Region."""
        pull = {"account": self.center.id, "region": self.center.region, "given": given}
        return self.rig.own("POST", f"levers/{name}", pull)

    def pull(self, name, **given):
        reply = self.lever(name, **given)
        assert reply.status == 200, reply.text
        return reply.json

    def password(self, user, plain):
        return self.pull("identitystore.password", identityStoreId=self.store, userName=user, password=plain)

    def sign_in(self, user="ann", password=PASSWORD):
        return self.pull("sso-oidc.sign-in", identityStoreId=self.store, userName=user, password=password)["token"]

    def client(self, **more):
        """A registered client: its id and its secret."""
        made = self.oidc.register_client(clientName="tool", clientType="public", **more)
        return {"clientId": made["clientId"], "clientSecret": made["clientSecret"]}

    def device(self, client):
        return self.oidc.start_device_authorization(**client, startUrl=self.start_url)

    def redeem(self, client, device):
        return self.oidc.create_token(**client, grantType=DEVICE, deviceCode=device["deviceCode"])

    def tokens(self, scopes=SCOPES, user="ann", password=PASSWORD):
        """The tokens of a client that its user has allowed, and the client."""
        client = self.client(**({"scopes": scopes} if scopes else {}))
        device = self.device(client)
        self.pull("sso-oidc.answer-device", token=self.sign_in(user, password), userCode=device["userCode"], allow=True)
        return self.redeem(client, device), client

    def credentials(self, token, account=None, role="Builder"):
        found = self.portal.get_role_credentials(accessToken=token, accountId=account or self.work, roleName=role)
        return found["roleCredentials"]

    def caller(self, credentials):
        keys = {"AccessKeyId": credentials["accessKeyId"], "SecretAccessKey": credentials["secretAccessKey"],
                "SessionToken": credentials["sessionToken"]}
        return self.rig.session(keys).get_caller_identity()


@pytest.fixture
def workforce(shared):
    return Workforce(shared)


def refusal(call, *arguments, **named):
    """Code, OAuth error and status of what a call ends with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    response = caught.value.response
    assert response["error_description"] == response["Error"]["Message"] and "message" not in response
    return response["Error"]["Code"], response["error"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_user_has_a_password_and_can_be_disabled(workforce):
    center, people = workforce.center, workforce.center.people
    for plain in ["short-A1", "correct-horse-1", "Correcthorse1"]:
        weak = workforce.lever("identitystore.password", identityStoreId=workforce.store, userName="ann", password=plain)
        assert weak.status == (200 if plain == "short-A1" else 400), plain
    workforce.password("ann", PASSWORD)
    assert workforce.sign_in("Ann")
    wrong = {"identityStoreId": workforce.store, "userName": "ann", "password": "Correct-horse-2"}
    refused = workforce.lever("sso-oidc.sign-in", **wrong)
    assert (refused.status, refused.message) == (403, "Wrong user name or password.")
    # Who is not there is answered alike.
    unknown = workforce.lever("sso-oidc.sign-in", **{**wrong, "userName": "nobody"})
    assert (unknown.status, unknown.body) == (refused.status, refused.body)
    center.user("bob")
    assert workforce.lever("sso-oidc.sign-in", **{**wrong, "userName": "bob"}).body == refused.body
    elsewhere = workforce.lever("sso-oidc.sign-in", **{**wrong, "identityStoreId": "d-0000000000"})
    assert elsewhere.status == 404
    status = lambda: people.describe_user(IdentityStoreId=workforce.store, UserId=workforce.user)["UserStatus"]
    assert status() == "ENABLED"
    workforce.pull("identitystore.disable", identityStoreId=workforce.store, userName="ann")
    assert status() == "DISABLED"
    disabled = workforce.lever("sso-oidc.sign-in", **{**wrong, "password": PASSWORD})
    assert disabled.body == refused.body
    workforce.pull("identitystore.enable", identityStoreId=workforce.store, userName="ann")
    assert status() == "ENABLED" and workforce.sign_in()


def test_clients_register(workforce):
    oidc = workforce.oidc
    made = oidc.register_client(clientName="tool", clientType="public", scopes=SCOPES)
    assert made["clientSecretExpiresAt"] - made["clientIdIssuedAt"] == 90 * 86_400
    assert made["authorizationEndpoint"] == workforce.rig.endpoint + "/authorize"
    assert made["tokenEndpoint"] == workforce.rig.endpoint + "/token"
    public = {"clientName": "tool", "clientType": "public"}
    assert refusal(oidc.register_client, **{**public, "clientType": "secret"})[:2] == (
        "InvalidClientMetadataException", "invalid_client_metadata")
    assert refusal(oidc.register_client, **public, scopes=["other"])[:2] == ("InvalidScopeException", "invalid_scope")
    assert refusal(oidc.register_client, **public, grantTypes=["password"])[:2] == (
        "UnsupportedGrantTypeException", "unsupported_grant_type")
    for uris in [["https://example.com/"], ["http://127.0.0.1.example.com/"], []]:
        wrong = refusal(oidc.register_client, **public, grantTypes=["authorization_code"], redirectUris=uris)
        assert wrong[:2] == ("InvalidRedirectUriException", "invalid_redirect_uri")
    wrong = refusal(oidc.register_client, **public, issuerUrl="https://d-0000000000.awsapps.com/start")
    assert wrong == ("InvalidRequestException", "invalid_request", 400)
    application = "arn:aws:sso::123456789012:application/x"
    assert error(oidc.register_client, **public, entitledApplicationArn=application)[0] == "UnsupportedOperation"
    client = workforce.client()
    for wrong in [{**client, "clientSecret": "guess"}, {**client, "clientId": "guess"}]:
        assert refusal(workforce.device, wrong) == ("InvalidClientException", "invalid_client", 401)
    assert refusal(oidc.start_device_authorization, **client, startUrl="https://example.com/start") == (
        "InvalidRequestException", "invalid_request", 400)


def test_a_code_is_allowed_once(workforce):
    client = workforce.client(scopes=SCOPES)
    device = workforce.device(client)
    assert (device["expiresIn"], device["interval"]) == (600, 1)
    assert re.fullmatch("[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}", device["userCode"])
    page = f"{workforce.rig.endpoint}/_ironbird/sign-in/{workforce.store}/device"
    assert device["verificationUri"] == page
    assert device["verificationUriComplete"] == f"{page}?user_code={device['userCode']}"
    pending = ("AuthorizationPendingException", "authorization_pending", 400)
    assert refusal(workforce.redeem, client, device) == pending
    assert refusal(workforce.redeem, workforce.client(), device) == ("InvalidGrantException", "invalid_grant", 400)
    described = workforce.pull("sso-oidc.device", userCode=device["userCode"].lower())
    assert (described["clientName"], described["identityStoreId"]) == ("tool", workforce.store)
    answer = {"token": workforce.sign_in(), "userCode": device["userCode"], "allow": True}
    assert workforce.lever("sso-oidc.answer-device", **{**answer, "token": "guess"}).status == 401
    workforce.pull("sso-oidc.answer-device", **answer)
    assert workforce.lever("sso-oidc.answer-device", **answer).status == 404
    made = workforce.redeem(client, device)
    assert (made["tokenType"], made["expiresIn"]) == ("Bearer", 3600) and made["refreshToken"]
    assert refusal(workforce.redeem, client, device)[:2] == ("InvalidGrantException", "invalid_grant")
    # No token and no code is in the record of calls.
    recorded = workforce.rig.own("GET", "audit?limit=200").text
    for secret in [made["accessToken"], made["refreshToken"], client["clientSecret"], device["deviceCode"]]:
        assert secret not in recorded


def test_a_code_is_denied(workforce):
    client = workforce.client()
    device = workforce.device(client)
    workforce.pull("sso-oidc.answer-device", token=workforce.sign_in(), userCode=device["userCode"], allow=False)
    assert refusal(workforce.redeem, client, device) == ("AccessDeniedException", "access_denied", 400)


def test_only_the_workforce_that_is_asked_may_answer(workforce, shared):
    other = Workforce(shared)
    device = workforce.device(workforce.client())
    answer = {"token": other.sign_in(), "userCode": device["userCode"], "allow": True}
    assert other.lever("sso-oidc.answer-device", **answer).status == 401


def test_codes_and_tokens_end_on_the_clock(start):
    workforce = Workforce(start("--transitions", "instant"))
    rig = workforce.rig
    rig.own("POST", "clock/rate", {"rate": 0})
    client = workforce.client(scopes=SCOPES)
    device = workforce.device(client)
    poll = lambda: refusal(workforce.redeem, client, device)[1]
    # Two questions at once, then one a second.
    assert [poll() for _ in range(3)] == ["authorization_pending", "authorization_pending", "slow_down"]
    rig.advance(1)
    assert [poll() for _ in range(2)] == ["authorization_pending", "slow_down"]
    rig.advance(600)
    assert poll() == "expired_token"
    device = workforce.device(client)
    workforce.pull("sso-oidc.answer-device", token=workforce.sign_in(), userCode=device["userCode"], allow=True)
    made = workforce.redeem(client, device)
    assert workforce.portal.list_accounts(accessToken=made["accessToken"])["accountList"]
    kept = [made["refreshToken"]]

    def refresh(token=None):
        again = workforce.oidc.create_token(**client, grantType="refresh_token", refreshToken=token or kept[-1])
        kept.append(again["refreshToken"])
        return again

    rig.advance(3600)
    ended = ("UnauthorizedException", "Session token not found or invalid", 401)
    assert error(workforce.portal.list_accounts, accessToken=made["accessToken"]) == ended
    again = refresh()
    assert again["expiresIn"] == 3600 and again["accessToken"] != made["accessToken"]
    assert workforce.portal.list_accounts(accessToken=again["accessToken"])["accountList"]
    # A refresh token is good once: the next one is in its place.
    assert len(set(kept)) == 2 and refusal(refresh, kept[0])[1] == "invalid_grant"
    other = workforce.client(scopes=SCOPES)
    stolen = refusal(workforce.oidc.create_token, **other, grantType="refresh_token", refreshToken=kept[-1])
    assert stolen == ("InvalidGrantException", "invalid_grant", 400)
    # Eight hours after the sign-in it is over, and nothing of it can be refreshed.
    rig.advance(6 * 3600 + 1800)
    assert refresh()["expiresIn"] == 1800
    rig.advance(1800)
    assert refusal(refresh)[1] == "invalid_grant"
    rig.advance(90 * 86_400)
    assert refusal(workforce.device, client)[1] == "invalid_client"


def test_without_scopes_a_token_lasts_as_long_as_the_sign_in(workforce):
    made, client = workforce.tokens(scopes=None)
    assert 8 * 3600 - 60 < made["expiresIn"] <= 8 * 3600 and "refreshToken" not in made
    unknown = refusal(workforce.oidc.create_token, **client, grantType="refresh_token", refreshToken="guess")
    assert unknown[:2] == ("InvalidGrantException", "invalid_grant")
    odd = refusal(workforce.oidc.create_token, **client, grantType="password")
    assert odd[:2] == ("UnsupportedGrantTypeException", "unsupported_grant_type")
    assert refusal(workforce.oidc.create_token, **client, grantType=DEVICE)[:2] == ("InvalidRequestException", "invalid_request")


class Proof:
    """What a client keeps to itself, and what it shows of it (RFC 7636)."""

    def __init__(self, verifier="v" * 43):
        self.verifier = verifier
        self.challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


REDIRECT = "http://127.0.0.1/oauth/callback"


def asked(client, proof, **more):
    """The parameters of an authorization request."""
    return {"response_type": "code", "client_id": client["clientId"], "redirect_uri": REDIRECT.replace("/oauth", ":4321/oauth"),
            "state": "a&b", "code_challenge_method": "S256", "code_challenge": proof.challenge,
            "scopes": "sso:account:access", **more}


def sent_back(answer):
    """Where an answer sends the user, and the parameters."""
    where = urllib.parse.urlsplit(answer["location"])
    return f"{where.scheme}://{where.netloc}{where.path}", dict(urllib.parse.parse_qsl(where.query))


def test_an_authorization_code_needs_its_proof(workforce):
    registered = {"grantTypes": ["authorization_code", "refresh_token"], "redirectUris": [REDIRECT], "scopes": SCOPES,
                  "issuerUrl": workforce.start_url}
    client, proof = workforce.client(**registered), Proof()
    described = workforce.pull("sso-oidc.authorization", **asked(client, proof))
    assert described == {"clientName": "tool", "identityStoreId": workforce.store}
    for wrong in [{"client_id": "guess"}, {"redirect_uri": "http://127.0.0.1:4321/other"}, {"response_type": "token"},
                  {"redirect_uri": "https://example.com/"}, {"code_challenge_method": "plain"}, {"code_challenge": "short"},
                  {"scopes": "other"}]:
        refused = workforce.lever("sso-oidc.authorization", **asked(client, proof, **wrong))
        assert refused.status in (400, 401), wrong
    answer = lambda **more: workforce.pull("sso-oidc.answer-authorization", token=workforce.sign_in(),
                                           **{**asked(client, proof), "allow": True, **more})
    where, parameters = sent_back(answer(allow=False))
    assert parameters == {"error": "access_denied", "state": "a&b"}
    where, parameters = sent_back(answer())
    assert where == "http://127.0.0.1:4321/oauth/callback" and parameters["state"] == "a&b"
    given = {**client, "grantType": "authorization_code", "code": parameters["code"], "redirectUri": where,
             "codeVerifier": proof.verifier}
    for wrong in [{"codeVerifier": "w" * 43}, {"redirectUri": REDIRECT}, {"code": "guess"}, workforce.client(**registered)]:
        assert refusal(workforce.oidc.create_token, **{**given, **wrong})[:2] == ("InvalidGrantException", "invalid_grant")
    made = workforce.oidc.create_token(**given)
    assert made["expiresIn"] == 3600 and made["refreshToken"]
    assert refusal(workforce.oidc.create_token, **given)[1] == "invalid_grant"
    assert workforce.caller(workforce.credentials(made["accessToken"]))["Account"] == workforce.work
    # A client may do what it registered for, and no more.
    assert refusal(workforce.device, client)[:2] == ("UnauthorizedClientException", "unauthorized_client")


def test_the_portal_shows_what_a_user_may_use(workforce):
    token = workforce.tokens()[0]["accessToken"]
    listed = workforce.portal.list_accounts(accessToken=token)["accountList"]
    assert [it["accountId"] for it in listed] == sorted([workforce.work, workforce.center.id])
    [work] = [it for it in listed if it["accountId"] == workforce.work]
    assert work["accountName"] == "work" and work["emailAddress"] == f"w{workforce.center.id}@example.com"
    pages = workforce.center.pages(workforce.portal, "list_accounts", 1, "accountList", accessToken=token)
    assert [len(page) for page in pages] == [1, 1]
    roles = workforce.portal.list_account_roles(accessToken=token, accountId=workforce.work)["roleList"]
    assert roles == [{"roleName": "Builder", "accountId": workforce.work}]
    forbidden = ("ForbiddenException", "No access", 403)
    assert error(workforce.portal.list_account_roles, accessToken=token, accountId="999999999999") == forbidden
    assert error(workforce.credentials, token, "999999999999") == forbidden
    assert error(workforce.credentials, token, None, "Other") == forbidden
    for wrong in ["guess", token[:-1], token + "x"]:
        assert error(workforce.credentials, wrong)[::2] == ("UnauthorizedException", 401)


def test_the_start_url_says_where_the_instance_is(shared):
    workforce = Workforce(shared, "eu-west-1")
    anywhere = shared.client("sso-oidc", region="us-east-1")
    client = anywhere.register_client(clientName="tool", clientType="public")
    client = {"clientId": client["clientId"], "clientSecret": client["clientSecret"]}
    page = f"{shared.endpoint}/_ironbird/sign-in/{workforce.store}"
    for url in [workforce.start_url, workforce.start_url + "/#/", f"https://{workforce.store}.portal.eu-west-1.app.aws", page]:
        device = anywhere.start_device_authorization(**client, startUrl=url)
        assert device["verificationUri"] == page + "/device"
    workforce.pull("sso-oidc.answer-device", token=workforce.sign_in(), userCode=device["userCode"], allow=True)
    token = workforce.redeem(client, device)["accessToken"]
    assert "AWSReservedSSO_Builder_" in workforce.caller(workforce.credentials(token))["Arn"]
    # What is gone knows nobody any more.
    workforce.sso.delete_instance(InstanceArn=workforce.center.arn)
    eventually(lambda: workforce.sso.list_instances()["Instances"], [])
    assert error(workforce.credentials, token) == ("UnauthorizedException", "Session token not found or invalid", 401)


def test_a_closed_account_is_nobodys_to_use(workforce):
    token = workforce.tokens()[0]["accessToken"]
    assert workforce.credentials(token)
    workforce.rig.client("organizations", workforce.center.id).close_account(AccountId=workforce.work)
    accounts = lambda: [it["accountId"] for it in workforce.portal.list_accounts(accessToken=token)["accountList"]]
    eventually(accounts, [workforce.center.id])
    assert error(workforce.credentials, token) == ("ForbiddenException", "No access", 403)


def test_credentials_are_those_of_a_session_of_the_role(workforce):
    center = workforce.center
    workforce.sso.update_permission_set(**workforce.target, SessionDuration="PT2H")
    # A set whose name begins like another's is another one.
    other = permission_set(center, "Builder_2")
    whom = {**workforce.whom("USER", workforce.user), "PermissionSetArn": other}
    workforce.sso.create_account_assignment(**whom)
    token = workforce.tokens()[0]["accessToken"]
    roles = lambda: workforce.portal.list_account_roles(accessToken=token, accountId=workforce.work)["roleList"]
    eventually(lambda: sorted(it["roleName"] for it in roles()), ["Builder", "Builder_2"])
    seen = set()
    for account in [workforce.work, center.id]:
        credentials = workforce.credentials(token, account)
        caller = workforce.caller(credentials)
        pattern = f"arn:aws:sts::{account}:assumed-role/(AWSReservedSSO_Builder_[0-9a-f]{{16}})/ann"
        name = re.fullmatch(pattern, caller["Arn"]).group(1)
        role = workforce.rig.client("iam", account).get_role(RoleName=name)["Role"]
        assert caller["UserId"] == f"{role['RoleId']}:ann" and caller["Account"] == account
        seen.add(name)
        now = workforce.rig.own("GET", "clock").json["now"]
        assert credentials["expiration"] % 1000 == 0 and now
    assert len(seen) == 2


def test_attributes_become_session_tags(start):
    workforce = Workforce(start("--auth", "enforce", "--transitions", "instant"))
    sso, people = workforce.sso, workforce.center.people
    people.update_user(IdentityStoreId=workforce.store, UserId=workforce.user,
                       Operations=[{"AttributePath": "title", "AttributeValue": "pilot"}])
    pilots = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*", "Condition": {
        "StringEquals": {"aws:PrincipalTag/job": "pilot"}}}]}
    sso.put_inline_policy_to_permission_set(**workforce.target, InlinePolicy=json.dumps(pilots))
    sso.provision_permission_set(**workforce.target, TargetType="ALL_PROVISIONED_ACCOUNTS")
    behind = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
    eventually(lambda: workforce.provisioned(**behind), [])
    token = workforce.tokens()[0]["accessToken"]

    def ec2():
        keys = workforce.credentials(token)
        return workforce.rig.client("ec2", keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"])

    assert error(ec2().describe_vpcs)[0] == "UnauthorizedOperation"
    job = {"AccessControlAttributes": [{"Key": "job", "Value": {"Source": ["${path:title}"]}}]}
    sso.create_instance_access_control_attribute_configuration(
        InstanceArn=workforce.center.arn, InstanceAccessControlAttributeConfiguration=job)
    assert ec2().describe_vpcs()["Vpcs"]


def test_sessions_of_roles_end_with_the_duration_of_the_set(start):
    workforce = Workforce(start("--transitions", "instant"))
    workforce.sso.update_permission_set(**workforce.target, SessionDuration="PT2H")
    token = workforce.tokens()[0]["accessToken"]
    credentials = workforce.credentials(token)
    workforce.rig.advance(7100)
    assert workforce.caller(credentials)
    workforce.rig.advance(120)
    assert error(workforce.caller, credentials)[0] == "ExpiredToken"


def test_calls_are_recorded_where_the_workforce_is(workforce):
    token = workforce.tokens()[0]["accessToken"]
    workforce.portal.list_accounts(accessToken=token)
    workforce.credentials(token)
    trail = workforce.rig.client("cloudtrail", workforce.center.id)
    seen = lambda: {event["EventName"] for event in trail.lookup_events()["Events"]}
    wanted = {"StartDeviceAuthorization", "CreateToken", "ListAccounts", "GetRoleCredentials"}
    eventually(lambda: wanted & seen(), wanted)
    # The account that the rig takes for its own learns nothing of them.
    named = [{"AttributeKey": "EventName", "AttributeValue": "GetRoleCredentials"}]
    own = workforce.rig.client("cloudtrail").lookup_events(LookupAttributes=named)["Events"]
    assert not any(workforce.work in event["CloudTrailEvent"] for event in own)


def test_who_signs_out_is_signed_out_everywhere(workforce):
    made, client = workforce.tokens()
    credentials = workforce.credentials(made["accessToken"])
    workforce.portal.logout(accessToken=made["accessToken"])
    gone = ("UnauthorizedException", "Session token not found or invalid", 401)
    assert error(workforce.portal.list_accounts, accessToken=made["accessToken"]) == gone
    assert error(workforce.portal.logout, accessToken=made["accessToken"]) == gone
    again = refusal(workforce.oidc.create_token, **client, grantType="refresh_token", refreshToken=made["refreshToken"])
    assert again[1] == "invalid_grant"
    # Sessions of roles go on.
    assert workforce.caller(credentials)["Account"] == workforce.work


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_a_user_who_leaves_gets_nothing_more(workforce, how):
    center, (made, client) = workforce.center, workforce.tokens()
    credentials = workforce.credentials(made["accessToken"])
    device = workforce.device(client)
    web = workforce.sign_in()
    if how == "disabled":
        workforce.pull("identitystore.disable", identityStoreId=workforce.store, userName="ann")
    else:
        center.people.delete_user(IdentityStoreId=workforce.store, UserId=workforce.user)
    gone = ("UnauthorizedException", "Session token not found or invalid", 401)
    assert error(workforce.credentials, made["accessToken"]) == gone
    assert error(workforce.portal.list_accounts, accessToken=made["accessToken"]) == gone
    again = refusal(workforce.oidc.create_token, **client, grantType="refresh_token", refreshToken=made["refreshToken"])
    assert again[1] == "invalid_grant"
    answer = workforce.lever("sso-oidc.answer-device", token=web, userCode=device["userCode"], allow=True)
    assert answer.status == 401
    # What the user has already lasts until it ends.
    assert workforce.caller(credentials)["Account"] == workforce.work


def test_an_assignment_that_is_taken_back_gives_nothing_more(workforce):
    token = workforce.tokens()[0]["accessToken"]
    workforce.sso.delete_account_assignment(**workforce.whom("GROUP", workforce.group))
    eventually(workforce.assigned, set())
    assert error(workforce.credentials, token) == ("ForbiddenException", "No access", 403)
    listed = workforce.portal.list_accounts(accessToken=token)["accountList"]
    assert [it["accountId"] for it in listed] == [workforce.center.id]


def test_signatures_are_not_asked_of_tokens(enforcing):
    """Also where signatures decide: the operations of both services take none."""
    assert enforcing.send("POST", "/token", b"{}", {"Content-Type": "application/json"}).status in (400, 401)
    refused = enforcing.send("GET", "/assignment/accounts", headers={"x-amz-sso_bearer_token": "guess"})
    assert (refused.status, refused.code) == (401, "UnauthorizedException")
    refused = enforcing.send("POST", "/client/register", json.dumps({"clientName": "a", "clientType": "b"}).encode())
    assert (refused.status, refused.code) == (400, "InvalidClientMetadataException")


def test_policies_decide_what_a_role_may(start):
    workforce = Workforce(start("--auth", "enforce", "--transitions", "instant"))
    sso, rig, center = workforce.sso, workforce.rig, workforce.center

    def provision():
        sso.provision_permission_set(**workforce.target, TargetType="ALL_PROVISIONED_ACCOUNTS")
        behind = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
        eventually(lambda: workforce.provisioned(**behind), [])

    sso.attach_managed_policy_to_permission_set(**workforce.target, ManagedPolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    token = workforce.tokens()[0]["accessToken"]
    keys = workforce.credentials(token)
    keys = {"AccessKeyId": keys["accessKeyId"], "SecretAccessKey": keys["secretAccessKey"], "SessionToken": keys["sessionToken"]}
    ec2, iam = rig.session(keys, "ec2"), rig.session(keys, "iam")
    who = rig.session(keys).get_caller_identity()["Arn"]
    # Not provisioned yet: the role has no policy.
    code, message, _ = error(ec2.describe_vpcs)
    assert code == "UnauthorizedOperation" and who in message and "no identity-based policy allows" in message
    provision()
    assert ec2.describe_vpcs()["Vpcs"]
    iam.create_group(GroupName="made")
    # A boundary caps even an administrator.
    sso.put_permissions_boundary_to_permission_set(
        **workforce.target, PermissionsBoundary={"ManagedPolicyArn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"})
    provision()
    assert ec2.describe_vpcs()["Vpcs"]
    code, message, _ = error(iam.create_group, GroupName="more")
    assert code == "AccessDenied" and "no permissions boundary allows" in message
    # Nobody changes such a role, with whatever rights.
    sso.delete_permissions_boundary_from_permission_set(**workforce.target)
    provision()
    name = who.split("/")[1]
    assert error(iam.delete_role, RoleName=name)[0] == "UnmodifiableEntity"
    # A leaver's session goes on, until a policy denies whoever it is: that is the user guide's way.
    denial = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "StringEquals": {"identitystore:UserId": workforce.user}}}]}
    center.people.delete_user(IdentityStoreId=workforce.store, UserId=workforce.user)
    assert ec2.describe_vpcs()["Vpcs"]
    sso.put_inline_policy_to_permission_set(**workforce.target, InlinePolicy=json.dumps(denial))
    provision()
    code, message, _ = error(ec2.describe_vpcs)
    assert code == "UnauthorizedOperation" and "explicit deny" in message
