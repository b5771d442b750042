"""Tokens of Identity Center for applications that sign with IAM and bring what shows for whom they ask."""

import json
import time

import pytest
from accounts import statement
from conftest import error
from identity_provider import OidcProvider
from test_sign_in import Workforce, refusal

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
CUSTOM = "arn:aws:sso::aws:applicationProvider/custom"


@pytest.fixture(scope="module")
def idp():
    return OidcProvider()


class Applications(Workforce):
    """A workforce with an issuer that its instance trusts, and an application that the workforce's user is assigned."""

    def __init__(self, rig, idp):
        super().__init__(rig)
        self.idp, self.sso = idp, self.center.sso
        made = self.sso.create_trusted_token_issuer(
            InstanceArn=self.center.arn, Name="idp", TrustedTokenIssuerType="OIDC_JWT", TrustedTokenIssuerConfiguration={
                "OidcJwtConfiguration": {"IssuerUrl": idp.url, "ClaimAttributePath": "sub", "IdentityStoreAttributePath": "userName",
                                         "JwksRetrievalOption": "OPEN_ID_DISCOVERY"}})
        self.issuer = made["TrustedTokenIssuerArn"]
        self.app = self.application("app")
        self.sso.create_application_assignment(ApplicationArn=self.app, PrincipalId=self.user, PrincipalType="USER")
        self.own = self.rig.client("sso-oidc", self.center.id)

    def hand_over(self):
        return self.pull("sso-admin.issuer-keys", issuer=self.issuer, keys=self.idp.keys())

    def application(self, name, grants=(JWT, "refresh_token"), scopes=("app:read", "app:write")):
        app = self.sso.create_application(InstanceArn=self.center.arn, ApplicationProviderArn=CUSTOM, Name=name)["ApplicationArn"]
        kinds = {
            JWT: {"JwtBearer": {"AuthorizedTokenIssuers": [
                {"TrustedTokenIssuerArn": self.issuer, "AuthorizedAudiences": ["app"]}]}},
            "refresh_token": {"RefreshToken": {}},
            EXCHANGE: {"TokenExchange": {}},
        }
        for grant in grants:
            self.sso.put_application_grant(ApplicationArn=app, GrantType=grant, Grant=kinds[grant])
        for scope in scopes:
            self.sso.put_application_access_scope(ApplicationArn=app, Scope=scope)
        self.actors(app, self.center.id)
        return app

    def actors(self, app, *principals):
        allow = statement("Allow", "sso-oauth:CreateTokenWithIAM", Principal={"AWS": list(principals)})
        method = {"Iam": {"ActorPolicy": {"Version": "2012-10-17", "Statement": [allow]}}}
        self.sso.put_application_authentication_method(
            ApplicationArn=app, AuthenticationMethodType="IAM", AuthenticationMethod=method)

    def token(self, assertion=None, app=None, oidc=None, **more):
        given = {"assertion": assertion or self.idp.token()} if more.get("grantType", JWT) == JWT else {}
        return (oidc or self.own).create_token_with_iam(clientId=app or self.app, **{"grantType": JWT, **given, **more})


@pytest.fixture
def applications(enforcing, idp):
    made = Applications(enforcing, idp)
    made.hand_over()
    return made


def test_a_token_of_a_trusted_issuer_is_worth_one_of_ours(applications, idp):
    made = applications.token(scope=["app:read"])
    assert (made["tokenType"], made["expiresIn"], made["scope"]) == ("Bearer", 3600, ["app:read"])
    assert made["accessToken"] != made["refreshToken"] and "idToken" not in made
    # It is not one of the access portal.
    assert error(applications.portal.list_accounts, accessToken=made["accessToken"])[0] == "UnauthorizedException"
    grant = ("InvalidGrantException", "invalid_grant", 400)
    other = OidcProvider()
    for assertion in (other.token(), idp.token("bob"), idp.token(audience="else"), idp.token(lasts=-1), "no token",
                      idp.token(nbf=int(time.time()) + 3600), OidcProvider("else.example.com").token(), idp.token(sub=None)):
        assert refusal(applications.token, assertion) == grant
    assert refusal(applications.token, scope=["app:admin"])[1] == "invalid_scope"
    assert refusal(applications.token, app=applications.app + "x")[1] == "invalid_client"
    assert refusal(applications.token, app="client")[1] == "invalid_client"
    assert refusal(applications.token, grantType="password")[1] == "unsupported_grant_type"
    assert refusal(applications.token, grantType=EXCHANGE, subjectToken="x", subjectTokenType=ACCESS)[1] == "unauthorized_client"


def test_keys_are_handed_over(enforcing, idp):
    applications = Applications(enforcing, idp)
    code, message = error(applications.token)[:2]
    assert code == "InvalidGrantException" and "ironbird lever pull sso-admin.issuer-keys" in message
    assert applications.lever("sso-admin.issuer-keys", issuer=applications.issuer, keys={"keys": []}).code == "ValidationException"
    assert applications.hand_over() == {"issuer": applications.issuer, "keys": 1}
    assert applications.token()


def test_a_refresh_token_is_good_once(applications):
    first = applications.token(scope=["app:read", "app:write"])
    refresh = lambda token, **more: applications.token(grantType="refresh_token", refreshToken=token, **more)
    second = refresh(first["refreshToken"], scope=["app:read"])
    assert second["scope"] == ["app:read"] and second["refreshToken"] != first["refreshToken"]
    assert refusal(refresh, first["refreshToken"])[1] == "invalid_grant"
    # It never asks for more than it had.
    assert refusal(refresh, second["refreshToken"], scope=["app:write"])[1] == "invalid_scope"
    other = applications.application("other")
    assert refusal(applications.token, app=other, grantType="refresh_token", refreshToken=second["refreshToken"])[1] == "invalid_grant"
    assert refusal(refresh, second["accessToken"])[1] == "invalid_grant"
    applications.pull("identitystore.disable", identityStoreId=applications.store, userName="ann")
    assert refusal(refresh, second["refreshToken"])[1] == "invalid_grant"


def test_only_who_is_assigned_gets_a_token(applications, idp):
    applications.sso.delete_application_assignment(
        ApplicationArn=applications.app, PrincipalId=applications.user, PrincipalType="USER")
    assert refusal(applications.token)[1] == "access_denied"
    applications.sso.put_application_assignment_configuration(ApplicationArn=applications.app, AssignmentRequired=False)
    assert applications.token()
    applications.sso.update_application(ApplicationArn=applications.app, Status="DISABLED")
    assert refusal(applications.token)[1] == "invalid_client"


def test_an_application_exchanges_what_another_got(applications):
    made = applications.token(scope=["app:read"])
    other = applications.application("other", grants=[EXCHANGE])
    exchange = lambda token, **more: applications.token(
        app=other, grantType=EXCHANGE, subjectToken=token, subjectTokenType=ACCESS, **more)
    assert refusal(exchange, made["accessToken"])[1] == "access_denied"
    applications.sso.create_application_assignment(
        ApplicationArn=other, PrincipalId=applications.user, PrincipalType="USER")
    given = exchange(made["accessToken"])
    assert given["issuedTokenType"] == ACCESS and given["scope"] == ["app:read"] and "refreshToken" not in given
    assert refusal(exchange, made["accessToken"], scope=["app:write"])[1] == "invalid_scope"
    assert refusal(exchange, made["refreshToken"])[1] == "invalid_grant"
    assert refusal(exchange, "guess")[1] == "invalid_grant"


def test_the_actor_policy_says_who_calls(applications):
    iam = applications.rig.client("iam", applications.center.id)
    iam.create_user(UserName="caller")
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    caller = applications.rig.client("sso-oidc", key["AccessKeyId"], key["SecretAccessKey"])
    allow = statement("Allow", "sso-oauth:CreateTokenWithIAM", applications.app)
    # Its own policies have to allow it, too, on the application.
    assert error(applications.token, oidc=caller)[0] == "AccessDeniedException"
    iam.put_user_policy(UserName="caller", PolicyName="token", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [allow]}))
    assert applications.token(oidc=caller)
    applications.actors(applications.app, f"arn:aws:iam::{applications.center.id}:user/else")
    assert error(applications.token, oidc=caller)[0] == "AccessDeniedException"
    applications.sso.delete_application_authentication_method(
        ApplicationArn=applications.app, AuthenticationMethodType="IAM")
    assert error(applications.token)[0] == "AccessDeniedException"
