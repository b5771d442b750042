"""Identity Center as the member sees it that administers it in the place of the management account."""

import pytest
from conftest import error, eventually
from test_identity_center import POWER, READ, Assigning, Center, permission_set

SSO = "sso.amazonaws.com"


class Delegated(Assigning):
    """A center whose account `work` administers it."""

    def __init__(self, rig):
        super().__init__(Center(rig))
        self.rig, self.organizations = rig, rig.client("organizations", self.center.id)
        self.mine, self.people = rig.client("sso-admin", self.work), rig.client("identitystore", self.work)

    def register(self):
        self.organizations.register_delegated_administrator(AccountId=self.work, ServicePrincipal=SSO)

    def denied(self, call, **given):
        code, message, status = error(call, **given)
        assert (code, status) == ("AccessDeniedException", 400)
        return message


@pytest.fixture
def delegated(shared):
    return Delegated(shared)


def test_a_member_administers_once_it_is_registered(delegated):
    center, mine, people = delegated.center, delegated.mine, delegated.people
    delegated.denied(mine.describe_instance, InstanceArn=center.arn)
    assert error(people.list_users, IdentityStoreId=center.store)[0] == "ResourceNotFoundException"
    delegated.register()
    [instance] = mine.list_instances()["Instances"]
    assert (instance["InstanceArn"], instance["OwnerAccountId"]) == (center.arn, center.id)
    [user] = people.list_users(IdentityStoreId=center.store)["Users"]
    assert user["UserId"] == delegated.user
    made = people.create_group(IdentityStoreId=center.store, DisplayName="made")["GroupId"]
    assert center.people.describe_group(IdentityStoreId=center.store, GroupId=made)["DisplayName"] == "made"
    # Sets, policies and assignments: what it does is there for the management account too.
    own = mine.create_permission_set(InstanceArn=center.arn, Name="Own")["PermissionSet"]["PermissionSetArn"]
    mine.attach_managed_policy_to_permission_set(InstanceArn=center.arn, PermissionSetArn=own, ManagedPolicyArn=READ)
    begun = mine.create_account_assignment(**{**delegated.whom("GROUP", made), "PermissionSetArn": own})
    begun = begun["AccountAssignmentCreationStatus"]["RequestId"]
    eventually(lambda: delegated.created(begun)["Status"], "SUCCEEDED")
    assert delegated.sso.list_accounts_for_provisioned_permission_set(
        InstanceArn=center.arn, PermissionSetArn=own)["AccountIds"] == [delegated.work]
    # Its calls are in its own record.
    looked = [{"AttributeKey": "EventName", "AttributeValue": "CreatePermissionSet"}]
    assert len(delegated.rig.client("cloudtrail", delegated.work).lookup_events(LookupAttributes=looked)["Events"]) == 1
    delegated.organizations.deregister_delegated_administrator(AccountId=delegated.work, ServicePrincipal=SSO)
    delegated.denied(mine.list_permission_sets, InstanceArn=center.arn)
    assert mine.list_instances()["Instances"] == []


def test_what_is_left_to_the_management_account(delegated):
    center, mine = delegated.center, delegated.mine
    delegated.register()
    manage = {"InstanceArn": center.arn, "PermissionSetArn": delegated.set}
    mine.attach_managed_policy_to_permission_set(**manage, ManagedPolicyArn=READ)
    there = delegated.denied(mine.create_account_assignment, **delegated.whom("USER", delegated.user, center.id))
    assert there == (f"User: arn:aws:iam::{delegated.work}:root is not authorized to perform: sso:CreateAccountAssignment "
                     f"on resource: {center.id}")
    delegated.denied(mine.delete_instance, InstanceArn=center.arn)
    # A set that is provisioned in the management account is that account's to change, but to be read, and given in others.
    delegated.assign("USER", delegated.user, center.id)
    delegated.denied(mine.delete_account_assignment, **delegated.whom("USER", delegated.user, center.id))
    delegated.denied(mine.attach_managed_policy_to_permission_set, **manage, ManagedPolicyArn=POWER)
    delegated.denied(mine.update_permission_set, **manage, Description="mine")
    delegated.denied(mine.provision_permission_set, **manage, TargetType="ALL_PROVISIONED_ACCOUNTS")
    delegated.denied(mine.tag_resource, InstanceArn=center.arn, ResourceArn=delegated.set, Tags=[{"Key": "a", "Value": "b"}])
    assert mine.describe_permission_set(**manage)["PermissionSet"]["Name"] == "Builder"
    begun = mine.create_account_assignment(**delegated.whom("USER", delegated.user))["AccountAssignmentCreationStatus"]
    eventually(lambda: delegated.created(begun["RequestId"])["Status"], "SUCCEEDED")
    assert delegated.sso.attach_managed_policy_to_permission_set(**manage, ManagedPolicyArn=POWER)


def test_an_instance_of_its_own_stays_its_own(delegated):
    mine = delegated.mine
    delegated.register()
    own = mine.create_instance(Name="own")["InstanceArn"]
    eventually(lambda: mine.describe_instance(InstanceArn=own)["Status"], "ACTIVE")
    shown = mine.describe_instance(InstanceArn=own)
    assert shown["OwnerAccountId"] == delegated.work and own != delegated.center.arn
    assert delegated.people.list_users(IdentityStoreId=shown["IdentityStoreId"])["Users"] == []
    assert mine.describe_instance(InstanceArn=delegated.center.arn)["OwnerAccountId"] == delegated.center.id
    mine.delete_instance(InstanceArn=own)
    set_of_both = permission_set(delegated.center, "Later")
    assert set_of_both in mine.list_permission_sets(InstanceArn=delegated.center.arn)["PermissionSets"]
