"""The roles that permission sets are in accounts: made, brought up to date, protected, and taken away."""

import json
import re

import pytest
from conftest import error, eventually
from test_identity_center import POLICY, POWER, READ, Assigning, Center, permission_set

RESERVED = "/aws-reserved/sso.amazonaws.com/"


class Provisioning(Assigning):
    """The same, and what accounts have of it."""

    def iam(self, account=None):
        return self.center.rig.client("iam", account or self.work)

    def roles(self, account=None):
        return self.iam(account).list_roles(PathPrefix="/aws-reserved/")["Roles"]

    def role(self, account=None):
        [role] = self.roles(account)
        return self.iam(account).get_role(RoleName=role["RoleName"])["Role"]

    def policies(self, account=None):
        """ARNs of the role's managed policies, its inline policies, and the ARN of its boundary."""
        role, iam = self.role(account), self.iam(account)
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        inline = {name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names}
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {policy["PolicyArn"] for policy in attached}, inline, boundary

    def provision(self, account=None):
        """Provisions an account or all, and gives what came of it."""
        target = {"TargetType": "AWS_ACCOUNT", "TargetId": account} if account else {"TargetType": "ALL_PROVISIONED_ACCOUNTS"}
        begun = self.sso.provision_permission_set(**self.target, **target)["PermissionSetProvisioningStatus"]
        state = lambda: self.sso.describe_permission_set_provisioning_status(
            InstanceArn=self.center.arn, ProvisionPermissionSetRequestId=begun["RequestId"])["PermissionSetProvisioningStatus"]
        eventually(lambda: state()["Status"] != "IN_PROGRESS", True)
        return state()


@pytest.fixture
def provisioning(shared):
    return Provisioning(Center(shared))


def test_an_account_gets_a_role(provisioning):
    sso, iam = provisioning.sso, provisioning.iam()
    sso.update_permission_set(**provisioning.target, Description="who builds", SessionDuration="PT4H")
    sso.attach_managed_policy_to_permission_set(**provisioning.target, ManagedPolicyArn=READ)
    sso.put_inline_policy_to_permission_set(**provisioning.target, InlinePolicy=POLICY)
    assert provisioning.roles() == []
    provisioning.assign("USER", provisioning.user)
    provisioning.assign("USER", provisioning.user, provisioning.center.id)
    role = provisioning.role()
    assert re.fullmatch("AWSReservedSSO_Builder_[0-9a-f]{16}", role["RoleName"]) and role["Path"] == RESERVED
    assert (role["Description"], role["MaxSessionDuration"]) == ("who builds", 43_200)
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert statement["Condition"] == {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    provider = statement["Principal"]["Federated"]
    pattern = f"arn:aws:iam::{provisioning.work}:saml-provider/AWSSSO_[0-9a-f]{{16}}_DO_NOT_DELETE"
    assert re.fullmatch(pattern, provider)
    assert [it["Arn"] for it in iam.list_saml_providers()["SAMLProviderList"]] == [provider]
    assert "IDPSSODescriptor" in iam.get_saml_provider(SAMLProviderArn=provider)["SAMLMetadataDocument"]
    assert iam.get_role(RoleName="AWSServiceRoleForSSO")["Role"]["Path"] == "/aws-service-role/sso.amazonaws.com/"
    assert provisioning.policies() == ({READ}, {"AwsSSOInlinePolicy": json.loads(POLICY)}, None)
    # Each account has a role of its own name.
    assert provisioning.role(provisioning.center.id)["RoleName"] != role["RoleName"]


def test_a_role_says_where_its_instance_is(shared):
    center = Center(shared, "eu-west-1")
    provisioning = Provisioning(center)
    provisioning.assign("USER", provisioning.user)
    assert provisioning.role()["Path"] == RESERVED + "eu-west-1/"


def test_a_role_follows_when_it_is_provisioned(provisioning):
    sso, iam = provisioning.sso, provisioning.iam()
    own = iam.create_policy(PolicyName="deploy", Path="/teams/", PolicyDocument=POLICY)["Policy"]["Arn"]
    sso.attach_managed_policy_to_permission_set(**provisioning.target, ManagedPolicyArn=READ)
    provisioning.assign("GROUP", provisioning.group)
    before = provisioning.role()
    sso.detach_managed_policy_from_permission_set(**provisioning.target, ManagedPolicyArn=READ)
    sso.attach_managed_policy_to_permission_set(**provisioning.target, ManagedPolicyArn=POWER)
    sso.attach_customer_managed_policy_reference_to_permission_set(
        **provisioning.target, CustomerManagedPolicyReference={"Name": "deploy", "Path": "/teams/"})
    sso.put_inline_policy_to_permission_set(**provisioning.target, InlinePolicy=POLICY)
    sso.put_permissions_boundary_to_permission_set(**provisioning.target, PermissionsBoundary={"ManagedPolicyArn": POWER})
    sso.update_permission_set(**provisioning.target, Description="later")
    assert provisioning.policies() == ({READ}, {}, None)
    assert provisioning.provision(provisioning.work)["Status"] == "SUCCEEDED"
    after = provisioning.role()
    assert (after["RoleName"], after["RoleId"], after["Description"]) == (before["RoleName"], before["RoleId"], "later")
    assert provisioning.policies() == ({POWER, own}, {"AwsSSOInlinePolicy": json.loads(POLICY)}, POWER)
    used = error(iam.delete_policy, PolicyArn=own)
    assert used[0] == "DeleteConflict"
    sso.delete_inline_policy_from_permission_set(**provisioning.target)
    sso.delete_permissions_boundary_from_permission_set(**provisioning.target)
    assert provisioning.provision()["Status"] == "SUCCEEDED"
    assert provisioning.policies() == ({POWER, own}, {}, None)


def test_an_account_that_lacks_a_policy_is_not_provisioned(provisioning):
    sso, other = provisioning.sso, provisioning.center.id
    provisioning.assign("USER", provisioning.user)
    provisioning.assign("USER", provisioning.user, other)
    own = provisioning.iam(other).create_policy(PolicyName="deploy", PolicyDocument=POLICY)["Policy"]["Arn"]
    sso.attach_customer_managed_policy_reference_to_permission_set(
        **provisioning.target, CustomerManagedPolicyReference={"Name": "deploy"})
    failed = provisioning.provision()
    missing = f"Received a 404 status error: Not supported policy arn:aws:iam::{provisioning.work}:policy/deploy."
    assert (failed["Status"], failed["FailureReason"]) == ("FAILED", missing)
    # The account that has it is up to date, the other one is as it was.
    assert provisioning.policies(other)[0] == {own} and provisioning.policies()[0] == set()
    assert provisioning.provisioned(ProvisioningStatus="LATEST_PERMISSION_SET_NOT_PROVISIONED") == [provisioning.work]
    whom = provisioning.whom("GROUP", provisioning.group)
    begun = sso.create_account_assignment(**whom)["AccountAssignmentCreationStatus"]["RequestId"]
    eventually(lambda: provisioning.created(begun)["Status"], "FAILED")
    assert provisioning.created(begun)["FailureReason"] == missing
    assert provisioning.assigned() == {("USER", provisioning.user)}


def test_an_account_that_is_closed_is_not_provisioned(provisioning):
    sso, other = provisioning.sso, provisioning.center.id
    provisioning.assign("USER", provisioning.user)
    provisioning.assign("USER", provisioning.user, other)
    provisioning.center.rig.client("organizations", other).close_account(AccountId=provisioning.work)
    sso.attach_managed_policy_to_permission_set(**provisioning.target, ManagedPolicyArn=READ)
    eventually(lambda: provisioning.provision()["Status"], "FAILED")
    reason = provisioning.provision()["FailureReason"]
    assert reason.startswith("AWS SSO is unable to complete your request") and f"'{provisioning.work}'" in reason
    assert provisioning.policies(other)[0] == {READ}


def test_nobody_else_changes_a_role(provisioning):
    provisioning.assign("USER", provisioning.user)
    iam, name = provisioning.iam(), provisioning.role()["RoleName"]
    refused = ("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{name}' - "
               "this role is only modifiable by AWS", 400)
    trust = json.dumps(provisioning.role()["AssumeRolePolicyDocument"])
    for call, parameters in [
        (iam.delete_role, {}), (iam.update_role, {"Description": "mine"}), (iam.attach_role_policy, {"PolicyArn": READ}),
        (iam.put_role_policy, {"PolicyName": "mine", "PolicyDocument": POLICY}), (iam.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
        (iam.update_assume_role_policy, {"PolicyDocument": trust}), (iam.put_role_permissions_boundary, {"PermissionsBoundary": READ}),
    ]:
        assert error(call, RoleName=name, **parameters) == refused
    assert provisioning.policies() == (set(), {}, None)


def test_the_role_goes_with_the_last_assignment(provisioning):
    sso, center = provisioning.sso, provisioning.center
    sso.attach_managed_policy_to_permission_set(**provisioning.target, ManagedPolicyArn=READ)
    sso.put_inline_policy_to_permission_set(**provisioning.target, InlinePolicy=POLICY)
    provisioning.assign("USER", provisioning.user)
    provisioning.assign("GROUP", provisioning.group)
    first = provisioning.role()["RoleName"]
    sso.delete_account_assignment(**provisioning.whom("GROUP", provisioning.group))
    eventually(provisioning.assigned, {("USER", provisioning.user)})
    assert provisioning.role()["RoleName"] == first
    sso.delete_account_assignment(**provisioning.whom("USER", provisioning.user))
    eventually(provisioning.roles, [])
    provisioning.assign("GROUP", provisioning.group)
    assert provisioning.role()["RoleName"] != first
    # Nothing is left of an instance that is deleted, whoever had what in it.
    permission_set(center, "Other")
    sso.delete_instance(InstanceArn=center.arn)
    eventually(provisioning.roles, [])
    eventually(lambda: provisioning.iam().list_saml_providers()["SAMLProviderList"], [])


def test_a_policy_that_iam_cannot_read_is_told(provisioning):
    sso = provisioning.sso
    broken = POLICY.replace("s3:*", "not an action")
    sso.put_inline_policy_to_permission_set(**provisioning.target, InlinePolicy=broken)
    whom = provisioning.whom("USER", provisioning.user)
    begun = sso.create_account_assignment(**whom)["AccountAssignmentCreationStatus"]["RequestId"]
    eventually(lambda: provisioning.created(begun)["Status"], "FAILED")
    assert provisioning.created(begun)["FailureReason"].startswith("Received a 400 status error: ")
    assert provisioning.roles() == []
