"""Accounts with users and roles, for tests of who may do what."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import fresh_account

def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]})


class Account:
    """An account whose root user makes users and roles."""

    def __init__(self, rig):
        self.rig, self.id = rig, fresh_account()
        self.iam = rig.client("iam", self.id)

    def client(self, service):
        return self.rig.client(service, self.id)

    def arn(self, name):
        return f"arn:aws:iam::{self.id}:{name}"

    def user(self, name, *statements, **options):
        """A user that these statements allow, as what makes clients."""
        self.iam.create_user(UserName=name, **options)
        self.allow(name, *statements)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service, region="us-east-1": self.rig.client(
            service, key["AccessKeyId"], key["SecretAccessKey"], region=region
        )

    def allow(self, name, *statements):
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(*statements))

    def role(self, name, trust, *statements, **options):
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **options)["Role"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        return role["Arn"]


class Organization:
    def __init__(self, rig, kind):
        self.rig, self.manager = rig, Account(rig)
        self.client = self.manager.client("organizations")
        self.client.create_organization(FeatureSet="ALL")
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        self.client.enable_policy_type(RootId=self.root, PolicyType=kind)
        self.kind = kind
        self.member = Account(rig)
        invited = self.client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": self.member.id})
        self.member.client("organizations").accept_handshake(HandshakeId=invited["Handshake"]["Id"])

    def attach(self, target, *statements):
        made = self.client.create_policy(Name=f"p{target}", Description="", Type=self.kind, Content=document(*statements))
        self.client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)
        return made["Policy"]["PolicySummary"]["Id"]


def denied(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]
