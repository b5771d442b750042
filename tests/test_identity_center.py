"""IAM Identity Center and its identity store, as boto3 and the AWS CLI see them."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import ACCOUNT, error, eventually, fresh_account, worded

NOBODY = "00000000-0000-4000-8000-000000000000"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POWER = "arn:aws:iam::aws:policy/PowerUserAccess"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


class Center:
    """An account with Identity Center: enabled for an organization, as the console does."""

    def __init__(self, rig, region="us-east-1", account=None):
        self.rig, self.id, self.region = rig, account or fresh_account(), region
        self.sso = rig.client("sso-admin", self.id, region=region)
        self.people = rig.client("identitystore", self.id, region=region)
        rig.client("organizations", self.id).create_organization(FeatureSet="ALL")
        reply = rig.own("POST", "levers/sso-admin.enable", {"account": self.id, "region": region, "given": {}})
        assert reply.status == 200, reply.text
        self.arn, self.store = reply.json["instanceArn"], reply.json["identityStoreId"]
        eventually(lambda: self.sso.describe_instance(InstanceArn=self.arn)["Status"], "ACTIVE")

    def user(self, name, **more):
        settings = {"UserName": name, "DisplayName": name.title(), "Name": {"GivenName": name.title(), "FamilyName": "Doe"},
                    "Emails": [{"Value": f"{name}@example.com", "Type": "work", "Primary": True}], **more}
        return self.people.create_user(IdentityStoreId=self.store, **settings)["UserId"]

    def group(self, name, **more):
        return self.people.create_group(IdentityStoreId=self.store, DisplayName=name, **more)["GroupId"]

    def join(self, group, user):
        member = {"UserId": user}
        return self.people.create_group_membership(IdentityStoreId=self.store, GroupId=group, MemberId=member)["MembershipId"]

    def pages(self, client, operation, size, key, **options):
        pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **options)
        return [page[key] for page in pages]


@pytest.fixture
def center(shared):
    return Center(shared)


def test_an_account_has_one_instance(shared):
    account = fresh_account()
    sso = shared.client("sso-admin", account)
    arn = sso.create_instance(Name="mine", ClientToken="t1", Tags=[{"Key": "a", "Value": "b"}])["InstanceArn"]
    assert sso.create_instance(Name="mine", ClientToken="t1")["InstanceArn"] == arn
    eventually(lambda: sso.describe_instance(InstanceArn=arn)["Status"], "ACTIVE")
    assert error(sso.create_instance)[::2] == ("ConflictException", 400)
    elsewhere = shared.client("sso-admin", account, region="eu-west-1")
    assert error(elsewhere.create_instance)[0] == "ConflictException"
    assert elsewhere.list_instances()["Instances"] == []
    [listed] = sso.list_instances()["Instances"]
    assert (listed["InstanceArn"], listed["OwnerAccountId"], listed["Name"]) == (arn, account, "mine")
    assert listed["IdentityStoreId"].startswith("d-") and len(listed["IdentityStoreId"]) == 12
    code, message, _ = error(elsewhere.describe_instance, InstanceArn=arn)
    assert code == "AccessDeniedException"
    assert message == f"User: arn:aws:iam::{account}:root is not authorized to perform: sso:DescribeInstance on resource: {arn}"
    sso.update_instance(InstanceArn=arn, Name="ours")
    assert sso.describe_instance(InstanceArn=arn)["Name"] == "ours"
    sso.tag_resource(InstanceArn=arn, ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    sso.untag_resource(InstanceArn=arn, ResourceArn=arn, TagKeys=["a"])
    assert sso.list_tags_for_resource(InstanceArn=arn, ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    [region] = sso.list_regions(InstanceArn=arn)["Regions"]
    assert (region["RegionName"], region["Status"], region["IsPrimaryRegion"]) == ("us-east-1", "ACTIVE", True)
    sso.delete_instance(InstanceArn=arn)
    eventually(lambda: sso.list_instances()["Instances"], [])
    assert elsewhere.create_instance()["InstanceArn"] != arn


def test_users(center):
    people, store = center.people, center.store
    ann = center.user("ann", Title="Dr.", Addresses=[{"Country": "NZ"}])
    described = people.describe_user(IdentityStoreId=store, UserId=ann)
    assert described["UserName"] == "ann" and described["Title"] == "Dr." and described["UserStatus"] == "ENABLED"
    assert described["Name"] == {"GivenName": "Ann", "FamilyName": "Doe"} and described["Addresses"] == [{"Country": "NZ"}]
    assert described["CreatedBy"] == f"arn:aws:iam::{center.id}:root"
    with pytest.raises(ClientError) as caught:
        center.user("ann")
    response = caught.value.response
    assert response["Error"] == {"Code": "ConflictException", "Message": "Duplicate UserName"}
    assert response["Reason"] == "UNIQUENESS_CONSTRAINT_VIOLATION" and response["RequestId"]
    with pytest.raises(ClientError) as caught:
        people.describe_user(IdentityStoreId=store, UserId=NOBODY)
    response = caught.value.response
    assert (response["Error"]["Code"], response["Message"]) == ("ResourceNotFoundException", "USER not found.")
    assert (response["ResourceType"], response["ResourceId"]) == ("USER", NOBODY)
    by = lambda path, value: {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
    for path, value in [("userName", "ann"), ("emails.value", "ann@example.com")]:
        assert people.get_user_id(IdentityStoreId=store, AlternateIdentifier=by(path, value))["UserId"] == ann
    wrong = worded(people.get_user_id, IdentityStoreId=store, AlternateIdentifier=by("nickName", "x"))
    assert wrong == ("ValidationException", "The attribute nickName is not a unique attribute")
    outside = {"ExternalId": {"Issuer": "https://idp.example.com", "Id": "7"}}
    assert error(people.get_user_id, IdentityStoreId=store, AlternateIdentifier=outside)[0] == "ResourceNotFoundException"
    others = {center.user(f"user{number}") for number in range(4)}
    pages = center.pages(people, "list_users", 2, "Users", IdentityStoreId=store)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {user["UserId"] for page in pages for user in page} == others | {ann}
    named = [{"AttributePath": "UserName", "AttributeValue": "user3"}]
    assert [user["UserName"] for user in people.list_users(IdentityStoreId=store, Filters=named)["Users"]] == ["user3"]
    people.update_user(IdentityStoreId=store, UserId=ann, Operations=[
        {"AttributePath": "displayName", "AttributeValue": "Ann D."},
        {"AttributePath": "phoneNumbers", "AttributeValue": [{"value": "1234", "type": "work", "primary": True}]},
        {"AttributePath": "title"},
    ])
    described = people.describe_user(IdentityStoreId=store, UserId=ann)
    assert described["DisplayName"] == "Ann D." and "Title" not in described
    assert described["PhoneNumbers"] == [{"Value": "1234", "Type": "work", "Primary": True}]
    people.delete_user(IdentityStoreId=store, UserId=ann)
    assert error(people.delete_user, IdentityStoreId=store, UserId=ann)[0] == "ResourceNotFoundException"


def test_groups_and_who_is_in_them(center):
    people, store = center.people, center.store
    admins, readers = center.group("admins", Description="who may do all"), center.group("readers")
    taken = error(people.create_group, IdentityStoreId=store, DisplayName="admins")
    assert taken == ("ConflictException", "Duplicate GroupDisplayName", 400)
    named = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "admins"}}
    assert people.get_group_id(IdentityStoreId=store, AlternateIdentifier=named)["GroupId"] == admins
    people.update_group(IdentityStoreId=store, GroupId=readers, Operations=[
        {"AttributePath": "displayName", "AttributeValue": "viewers"}, {"AttributePath": "description", "AttributeValue": "x"}])
    described = people.describe_group(IdentityStoreId=store, GroupId=readers)
    assert (described["DisplayName"], described["Description"]) == ("viewers", "x")
    assert sorted(len(page) for page in center.pages(people, "list_groups", 1, "Groups", IdentityStoreId=store)) == [1, 1]
    crowd = [center.user(f"user{number}") for number in range(3)]
    ids = [center.join(admins, user) for user in crowd]
    again = error(people.create_group_membership, IdentityStoreId=store, GroupId=admins, MemberId={"UserId": crowd[0]})
    assert again[0] == "ConflictException"
    pages = center.pages(people, "list_group_memberships", 2, "GroupMemberships", IdentityStoreId=store, GroupId=admins)
    assert [len(page) for page in pages] == [2, 1]
    assert {it["MemberId"]["UserId"] for page in pages for it in page} == set(crowd)
    member = {"UserId": crowd[0]}
    found = people.get_group_membership_id(IdentityStoreId=store, GroupId=admins, MemberId=member)["MembershipId"]
    assert found == ids[0]
    results = people.is_member_in_groups(IdentityStoreId=store, MemberId=member, GroupIds=[admins, readers])["Results"]
    assert {it["GroupId"]: it["MembershipExists"] for it in results} == {admins: True, readers: False}
    of_member = center.pages(people, "list_group_memberships_for_member", 5, "GroupMemberships", IdentityStoreId=store,
                             MemberId=member)
    assert [it["GroupId"] for page in of_member for it in page] == [admins]
    people.delete_group_membership(IdentityStoreId=store, MembershipId=ids[0])
    gone = worded(people.describe_group_membership, IdentityStoreId=store, MembershipId=ids[0])
    assert gone == ("ResourceNotFoundException", "GROUP_MEMBERSHIP not found.")
    people.delete_user(IdentityStoreId=store, UserId=crowd[1])
    left = people.list_group_memberships(IdentityStoreId=store, GroupId=admins)["GroupMemberships"]
    assert [it["MemberId"]["UserId"] for it in left] == [crowd[2]]


def test_a_store_is_its_accounts_and_its_regions(center, shared):
    for account, region in [(fresh_account(), "us-east-1"), (center.id, "eu-central-1")]:
        stranger = shared.client("identitystore", account, region=region)
        code, message, _ = error(stranger.list_users, IdentityStoreId=center.store)
        assert (code, message) == ("ResourceNotFoundException", "IDENTITY_STORE not found.")


def permission_set(center, name, **more):
    made = center.sso.create_permission_set(InstanceArn=center.arn, Name=name, **more)["PermissionSet"]
    return made["PermissionSetArn"]


def test_permission_sets(center):
    sso, instance = center.sso, center.arn
    arn = permission_set(center, "Admin", Tags=[{"Key": "a", "Value": "b"}])
    assert arn.startswith(instance.replace("instance", "permissionSet") + "/ps-")
    described = sso.describe_permission_set(InstanceArn=instance, PermissionSetArn=arn)["PermissionSet"]
    assert (described["Name"], described["SessionDuration"]) == ("Admin", "PT1H") and "RelayState" not in described
    taken = error(sso.create_permission_set, InstanceArn=instance, Name="admin")
    assert taken == ("ConflictException", "PermissionSet with name admin already exists.", 400)
    for span in ["PT30M", "PT13H", "P1D", "1H"]:
        assert error(sso.create_permission_set, InstanceArn=instance, Name="x", SessionDuration=span)[0] == "ValidationException"
    target = {"InstanceArn": instance, "PermissionSetArn": arn}
    sso.update_permission_set(**target, SessionDuration="PT90M", Description="all", RelayState="https://example.com")
    described = sso.describe_permission_set(**target)["PermissionSet"]
    assert (described["SessionDuration"], described["Description"]) == ("PT90M", "all")
    for number in range(3):
        permission_set(center, f"set{number}")
    pages = center.pages(sso, "list_permission_sets", 3, "PermissionSets", InstanceArn=instance)
    assert [len(page) for page in pages] == [3, 1] and arn in sum(pages, [])
    sso.tag_resource(InstanceArn=instance, ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    sso.untag_resource(InstanceArn=instance, ResourceArn=arn, TagKeys=["a"])
    assert sso.list_tags_for_resource(InstanceArn=instance, ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    sso.delete_permission_set(**target)
    assert error(sso.describe_permission_set, **target)[0] == "ResourceNotFoundException"
    assert error(sso.list_tags_for_resource, ResourceArn=arn)[0] == "ResourceNotFoundException"


def test_policies_of_a_permission_set(center):
    sso = center.sso
    target = {"InstanceArn": center.arn, "PermissionSetArn": permission_set(center, "Reader")}
    for policy in [READ, POWER]:
        sso.attach_managed_policy_to_permission_set(**target, ManagedPolicyArn=policy)
    assert error(sso.attach_managed_policy_to_permission_set, **target, ManagedPolicyArn=READ)[0] == "ConflictException"
    pages = center.pages(sso, "list_managed_policies_in_permission_set", 1, "AttachedManagedPolicies", **target)
    assert [it["Name"] for page in pages for it in page] == ["PowerUserAccess", "ReadOnlyAccess"]
    sso.detach_managed_policy_from_permission_set(**target, ManagedPolicyArn=POWER)
    gone = error(sso.detach_managed_policy_from_permission_set, **target, ManagedPolicyArn=POWER)
    assert gone[0] == "ResourceNotFoundException"
    own = {"Name": "deploy", "Path": "/teams/"}
    sso.attach_customer_managed_policy_reference_to_permission_set(**target, CustomerManagedPolicyReference=own)
    listed = sso.list_customer_managed_policy_references_in_permission_set(**target)
    assert listed["CustomerManagedPolicyReferences"] == [own]
    for number in range(18):
        sso.attach_customer_managed_policy_reference_to_permission_set(
            **target, CustomerManagedPolicyReference={"Name": f"p{number}"})
    full = error(sso.attach_managed_policy_to_permission_set, **target, ManagedPolicyArn=POWER)
    assert full[0] == "ServiceQuotaExceededException"
    sso.detach_customer_managed_policy_reference_from_permission_set(**target, CustomerManagedPolicyReference=own)
    assert sso.get_inline_policy_for_permission_set(**target)["InlinePolicy"] == ""
    sso.put_inline_policy_to_permission_set(**target, InlinePolicy=POLICY)
    assert sso.get_inline_policy_for_permission_set(**target)["InlinePolicy"] == POLICY
    for wrong in ["{", "[]", "{}"]:
        assert error(sso.put_inline_policy_to_permission_set, **target, InlinePolicy=wrong)[0] == "ValidationException"
    long = POLICY.replace("s3:*", "s" * 10_240)
    assert error(sso.put_inline_policy_to_permission_set, **target, InlinePolicy=long)[0] == "ServiceQuotaExceededException"
    sso.delete_inline_policy_from_permission_set(**target)
    assert error(sso.get_permissions_boundary_for_permission_set, **target)[0] == "ResourceNotFoundException"
    for boundary in [{"ManagedPolicyArn": READ}, {"CustomerManagedPolicyReference": own}]:
        sso.put_permissions_boundary_to_permission_set(**target, PermissionsBoundary=boundary)
        assert sso.get_permissions_boundary_for_permission_set(**target)["PermissionsBoundary"] == boundary
    both = {"ManagedPolicyArn": READ, "CustomerManagedPolicyReference": own}
    assert error(sso.put_permissions_boundary_to_permission_set, **target, PermissionsBoundary=both)[0] == "ValidationException"
    sso.delete_permissions_boundary_from_permission_set(**target)
    assert error(sso.get_permissions_boundary_for_permission_set, **target)[0] == "ResourceNotFoundException"


def test_an_account_instance_has_no_permission_sets(shared):
    account = fresh_account()
    sso = shared.client("sso-admin", account)
    arn = sso.create_instance()["InstanceArn"]
    eventually(lambda: sso.describe_instance(InstanceArn=arn)["Status"], "ACTIVE")
    assert error(sso.create_permission_set, InstanceArn=arn, Name="x")[0] == "ValidationException"
    shared.client("organizations", account).create_organization()
    refused = shared.own("POST", "levers/sso-admin.enable", {"account": account, "given": {}})
    assert refused.status != 200 and "already has an instance" in refused.text


class Assigning:
    """A center with a permission set, a user in a group, and an account of the organization."""

    def __init__(self, center):
        self.center, self.sso = center, center.sso
        self.set = permission_set(center, "Builder")
        self.user, self.group = center.user("ann"), center.group("builders")
        center.join(self.group, self.user)
        organizations = center.rig.client("organizations", center.id)
        made = organizations.create_account(Email=f"w{center.id}@example.com", AccountName="work")["CreateAccountStatus"]["Id"]
        state = lambda: organizations.describe_create_account_status(CreateAccountRequestId=made)["CreateAccountStatus"]
        eventually(lambda: state()["State"], "SUCCEEDED")
        self.work = state()["AccountId"]
        self.target = {"InstanceArn": center.arn, "PermissionSetArn": self.set}

    def whom(self, kind, principal, account=None):
        return {**self.target, "TargetId": account or self.work, "TargetType": "AWS_ACCOUNT", "PrincipalType": kind,
                "PrincipalId": principal}

    def created(self, request):
        described = self.sso.describe_account_assignment_creation_status(
            InstanceArn=self.center.arn, AccountAssignmentCreationRequestId=request)
        return described["AccountAssignmentCreationStatus"]

    def assign(self, kind, principal, account=None):
        begun = self.sso.create_account_assignment(**self.whom(kind, principal, account))["AccountAssignmentCreationStatus"]
        assert begun["Status"] == "IN_PROGRESS"
        eventually(lambda: self.created(begun["RequestId"])["Status"], "SUCCEEDED")

    def assigned(self, account=None):
        listed = self.sso.list_account_assignments(**self.target, AccountId=account or self.work)["AccountAssignments"]
        return {(it["PrincipalType"], it["PrincipalId"]) for it in listed}

    def provisioned(self, **status):
        return self.sso.list_accounts_for_provisioned_permission_set(**self.target, **status)["AccountIds"]


@pytest.fixture
def assigning(center):
    return Assigning(center)


def test_assignments_are_made_and_taken_back(assigning):
    sso, center = assigning.sso, assigning.center
    assigning.assign("GROUP", assigning.group)
    assigning.assign("USER", assigning.user)
    assigning.assign("USER", assigning.user, center.id)
    both = {("GROUP", assigning.group), ("USER", assigning.user)}
    assert assigning.assigned() == both and assigning.provisioned() == sorted([assigning.work, center.id])
    pages = center.pages(sso, "list_account_assignments", 1, "AccountAssignments", **assigning.target, AccountId=assigning.work)
    assert [len(page) for page in pages] == [1, 1]
    # What a user's groups have is the user's.
    theirs = {"InstanceArn": center.arn, "PrincipalId": assigning.user, "PrincipalType": "USER"}
    pages = center.pages(sso, "list_account_assignments_for_principal", 2, "AccountAssignments", **theirs)
    assert [len(page) for page in pages] == [2, 1]
    assert {(it["AccountId"], it["PrincipalType"]) for page in pages for it in page} == {
        (assigning.work, "GROUP"), (assigning.work, "USER"), (center.id, "USER")}
    there = sso.list_account_assignments_for_principal(**theirs, Filter={"AccountId": center.id})["AccountAssignments"]
    assert [it["PermissionSetArn"] for it in there] == [assigning.set]
    in_use = error(sso.delete_permission_set, **assigning.target)
    assert in_use == ("ConflictException", "Could not delete because PermissionSet has ApplicationProfile associated with it", 400)
    gone = sso.delete_account_assignment(**assigning.whom("USER", assigning.user))["AccountAssignmentDeletionStatus"]
    state = lambda: sso.describe_account_assignment_deletion_status(
        InstanceArn=center.arn, AccountAssignmentDeletionRequestId=gone["RequestId"])["AccountAssignmentDeletionStatus"]["Status"]
    eventually(state, "SUCCEEDED")
    assert assigning.assigned() == {("GROUP", assigning.group)}
    again = error(sso.delete_account_assignment, **assigning.whom("USER", assigning.user))
    assert again[0] == "ResourceNotFoundException"
    done = sso.list_account_assignment_creation_status(InstanceArn=center.arn, Filter={"Status": "SUCCEEDED"})
    assert len(done["AccountAssignmentsCreationStatus"]) == 3
    assert len(sso.list_account_assignment_deletion_status(InstanceArn=center.arn)["AccountAssignmentsDeletionStatus"]) == 1


def test_assignments_that_cannot_be(assigning):
    sso = assigning.sso
    begun = sso.create_account_assignment(**assigning.whom("USER", NOBODY))["AccountAssignmentCreationStatus"]
    eventually(lambda: assigning.created(begun["RequestId"])["Status"], "FAILED")
    assert assigning.created(begun["RequestId"])["FailureReason"] == (
        f"Received a 404 status error: the USER assignee {NOBODY} was not found in directory {assigning.center.store}")
    assert assigning.assigned() == set() and assigning.provisioned() == []
    outside = error(sso.create_account_assignment, **assigning.whom("USER", assigning.user, "999999999999"))
    assert outside[0] == "ResourceNotFoundException"


def test_accounts_are_provisioned_anew(assigning):
    sso = assigning.sso
    assigning.assign("USER", assigning.user)
    behind = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"}
    assert assigning.provisioned(**behind) == []
    sso.attach_managed_policy_to_permission_set(**assigning.target, ManagedPolicyArn=READ)
    assert assigning.provisioned(**behind) == [assigning.work]
    there = {"InstanceArn": assigning.center.arn, "AccountId": assigning.work}
    listed = sso.list_permission_sets_provisioned_to_account(**there, **behind)["PermissionSets"]
    assert listed == [assigning.set]
    everywhere = {"TargetType": "ALL_PROVISIONED_ACCOUNTS"}
    begun = sso.provision_permission_set(**assigning.target, **everywhere)["PermissionSetProvisioningStatus"]
    state = lambda: sso.describe_permission_set_provisioning_status(
        InstanceArn=assigning.center.arn, ProvisionPermissionSetRequestId=begun["RequestId"])["PermissionSetProvisioningStatus"]
    eventually(lambda: state()["Status"], "SUCCEEDED")
    assert assigning.provisioned(**behind) == []
    assert assigning.provisioned(ProvisioningStatus="LATEST_PERMISSION_SET_PROVISIONED") == [assigning.work]
    elsewhere = {"TargetType": "AWS_ACCOUNT", "TargetId": assigning.center.id}
    assert error(sso.provision_permission_set, **assigning.target, **elsewhere)[0] == "ResourceNotFoundException"
    assert error(sso.provision_permission_set, **assigning.target, TargetType="AWS_ACCOUNT")[0] == "ValidationException"


def test_whoever_is_deleted_loses_access(assigning):
    center = assigning.center
    assigning.assign("USER", assigning.user)
    assigning.assign("GROUP", assigning.group)
    center.people.delete_user(IdentityStoreId=center.store, UserId=assigning.user)
    eventually(assigning.assigned, {("GROUP", assigning.group)})
    assert assigning.provisioned() == [assigning.work]
    center.people.delete_group(IdentityStoreId=center.store, GroupId=assigning.group)
    # Nobody is left: the account loses the permission set, and it can be deleted.
    eventually(assigning.provisioned, [])
    center.sso.delete_permission_set(**assigning.target)


def test_assignments_take_their_time(start):
    rig = start("--transitions", "realistic")
    rig.own("POST", "clock/rate", {"rate": 0})
    account = fresh_account()
    rig.client("organizations", account).create_organization()
    enabled = rig.own("POST", "levers/sso-admin.enable", {"account": account, "given": {}}).json
    sso, people = rig.client("sso-admin", account), rig.client("identitystore", account)
    arn, store = enabled["instanceArn"], enabled["identityStoreId"]
    assert error(sso.create_permission_set, InstanceArn=arn, Name="x")[0] == "ValidationException"
    rig.advance(60)
    one = sso.create_permission_set(InstanceArn=arn, Name="x")["PermissionSet"]["PermissionSetArn"]
    user = people.create_user(IdentityStoreId=store, UserName="ann", DisplayName="Ann",
                              Name={"GivenName": "A", "FamilyName": "B"})["UserId"]
    whom = {"InstanceArn": arn, "PermissionSetArn": one, "TargetId": account, "TargetType": "AWS_ACCOUNT",
            "PrincipalType": "USER", "PrincipalId": user}
    begun = sso.create_account_assignment(**whom)["AccountAssignmentCreationStatus"]["RequestId"]
    state = lambda: sso.describe_account_assignment_creation_status(
        InstanceArn=arn, AccountAssignmentCreationRequestId=begun)["AccountAssignmentCreationStatus"]["Status"]
    assert state() == "IN_PROGRESS"
    busy = error(sso.create_account_assignment, **whom)
    assert busy == ("ConflictException", "There is a conflicting operation in process.", 400)
    rig.advance(60)
    assert state() == "SUCCEEDED"


def test_attributes_and_token_issuers(center):
    sso, instance = center.sso, center.arn
    one = lambda path: {"AccessControlAttributes": [{"Key": "dept", "Value": {"Source": [path]}}]}
    described = lambda: sso.describe_instance_access_control_attribute_configuration(InstanceArn=instance)
    assert error(described)[0] == "ResourceNotFoundException"
    sso.create_instance_access_control_attribute_configuration(
        InstanceArn=instance, InstanceAccessControlAttributeConfiguration=one("${path:title}"))
    sso.update_instance_access_control_attribute_configuration(
        InstanceArn=instance, InstanceAccessControlAttributeConfiguration=one("${path:userType}"))
    found = described()
    assert found["Status"] == "ENABLED"
    assert found["InstanceAccessControlAttributeConfiguration"] == one("${path:userType}")
    sso.delete_instance_access_control_attribute_configuration(InstanceArn=instance)
    assert error(described)[0] == "ResourceNotFoundException"
    settings = {"OidcJwtConfiguration": {
        "IssuerUrl": "https://idp.example.com", "ClaimAttributePath": "email", "IdentityStoreAttributePath": "emails.value",
        "JwksRetrievalOption": "OPEN_ID_DISCOVERY"}}
    made = sso.create_trusted_token_issuer(InstanceArn=instance, Name="idp", TrustedTokenIssuerType="OIDC_JWT",
                                           TrustedTokenIssuerConfiguration=settings, Tags=[{"Key": "a", "Value": "b"}])
    arn = made["TrustedTokenIssuerArn"]
    sso.update_trusted_token_issuer(TrustedTokenIssuerArn=arn, Name="other")
    found = sso.describe_trusted_token_issuer(TrustedTokenIssuerArn=arn)
    assert (found["Name"], found["TrustedTokenIssuerConfiguration"]) == ("other", settings)
    assert sso.list_tags_for_resource(InstanceArn=instance, ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    twice = error(sso.create_trusted_token_issuer, InstanceArn=instance, Name="x", TrustedTokenIssuerType="OIDC_JWT",
                  TrustedTokenIssuerConfiguration=settings)
    assert twice[0] == "ConflictException"
    sso.delete_trusted_token_issuer(TrustedTokenIssuerArn=arn)
    assert sso.list_trusted_token_issuers(InstanceArn=instance)["TrustedTokenIssuers"] == []


def test_applications(center):
    sso, instance, custom = center.sso, center.arn, "arn:aws:sso::aws:applicationProvider/custom"
    listed = sso.list_application_providers()["ApplicationProviders"]
    assert {it["ApplicationProviderArn"]: it["FederationProtocol"] for it in listed} == {custom: "OAUTH", f"{custom}-saml": "SAML"}
    options = {"SignInOptions": {"Origin": "APPLICATION", "ApplicationUrl": "https://app.example.com"}, "Visibility": "ENABLED"}
    settings = {"InstanceArn": instance, "ApplicationProviderArn": custom, "Name": "app", "ClientToken": "t"}
    app = sso.create_application(**settings, PortalOptions=options, Tags=[{"Key": "a", "Value": "b"}])["ApplicationArn"]
    assert sso.create_application(**settings)["ApplicationArn"] == app
    assert error(sso.create_application, **{**settings, "ApplicationProviderArn": f"{custom}-saml"})[0] == "ValidationException"
    assert error(sso.create_application, **{**settings, "ApplicationProviderArn": f"{custom}-x"})[0] == "ResourceNotFoundException"
    sso.update_application(ApplicationArn=app, Description="an app", Status="DISABLED")
    found = sso.describe_application(ApplicationArn=app)
    assert (found["Status"], found["Description"], found["PortalOptions"]) == ("DISABLED", "an app", options)
    assert [it["ApplicationArn"] for it in sso.list_applications(InstanceArn=instance)["Applications"]] == [app]
    assert sso.list_tags_for_resource(InstanceArn=instance, ResourceArn=app)["Tags"] == [{"Key": "a", "Value": "b"}]
    sso.put_application_access_scope(ApplicationArn=app, Scope="sso:account:access", AuthorizedTargets=[app])
    assert sso.list_application_access_scopes(ApplicationArn=app)["Scopes"] == [
        {"Scope": "sso:account:access", "AuthorizedTargets": [app]}]
    sso.delete_application_access_scope(ApplicationArn=app, Scope="sso:account:access")
    gone = error(sso.get_application_access_scope, ApplicationArn=app, Scope="sso:account:access")
    assert gone[0] == "ResourceNotFoundException"
    grant = {"AuthorizationCode": {"RedirectUris": ["https://app.example.com/back"]}}
    sso.put_application_grant(ApplicationArn=app, GrantType="authorization_code", Grant=grant)
    assert sso.get_application_grant(ApplicationArn=app, GrantType="authorization_code")["Grant"] == grant
    wrong = error(sso.put_application_grant, ApplicationArn=app, GrantType="refresh_token", Grant=grant)
    assert wrong[0] == "ValidationException"
    method = {"Iam": {"ActorPolicy": {"Version": "2012-10-17", "Statement": []}}}
    sso.put_application_authentication_method(ApplicationArn=app, AuthenticationMethodType="IAM", AuthenticationMethod=method)
    [shown] = sso.list_application_authentication_methods(ApplicationArn=app)["AuthenticationMethods"]
    assert shown == {"AuthenticationMethodType": "IAM", "AuthenticationMethod": method}
    assert sso.get_application_assignment_configuration(ApplicationArn=app)["AssignmentRequired"] is True
    sso.put_application_assignment_configuration(ApplicationArn=app, AssignmentRequired=False)
    assert sso.get_application_assignment_configuration(ApplicationArn=app)["AssignmentRequired"] is False
    sso.put_application_session_configuration(ApplicationArn=app, UserBackgroundSessionApplicationStatus="ENABLED")
    session = sso.get_application_session_configuration(ApplicationArn=app)
    assert session["UserBackgroundSessionApplicationStatus"] == "ENABLED"


def test_who_may_use_an_application(center):
    sso = center.sso
    custom = "arn:aws:sso::aws:applicationProvider/custom"
    app = sso.create_application(InstanceArn=center.arn, ApplicationProviderArn=custom, Name="app")["ApplicationArn"]
    user, group = center.user("ann"), center.group("users")
    center.join(group, user)
    whom = lambda kind, principal: {"ApplicationArn": app, "PrincipalType": kind, "PrincipalId": principal}
    assert error(sso.create_application_assignment, **whom("USER", NOBODY))[0] == "ResourceNotFoundException"
    for kind, principal in [("USER", user), ("GROUP", group)]:
        sso.create_application_assignment(**whom(kind, principal))
    assert error(sso.create_application_assignment, **whom("USER", user))[0] == "ConflictException"
    assert sso.describe_application_assignment(**whom("USER", user))["PrincipalId"] == user
    pages = center.pages(sso, "list_application_assignments", 1, "ApplicationAssignments", ApplicationArn=app)
    assert [len(page) for page in pages] == [1, 1]
    theirs = lambda kind, principal: [it["PrincipalType"] for it in sso.list_application_assignments_for_principal(
        InstanceArn=center.arn, PrincipalType=kind, PrincipalId=principal)["ApplicationAssignments"]]
    assert theirs("USER", user) == ["GROUP", "USER"] and theirs("GROUP", group) == ["GROUP"]
    center.people.delete_user(IdentityStoreId=center.store, UserId=user)
    assigned = lambda: [it["PrincipalId"] for it in sso.list_application_assignments(ApplicationArn=app)["ApplicationAssignments"]]
    eventually(assigned, [group])
    for _ in range(2):
        sso.delete_application_assignment(**whom("GROUP", group))
    assert assigned() == []
    sso.delete_application(ApplicationArn=app)
    assert error(sso.describe_application, ApplicationArn=app)[0] == "ResourceNotFoundException"


def test_the_aws_cli(start):
    rig = start("--transitions", "instant")
    center = Center(rig, "eu-west-1", ACCOUNT)
    ids = ("--identity-store-id", center.store, "--region", "eu-west-1")
    made = rig.aws("identitystore", "create-user", *ids, "--user-name", "cli", "--display-name", "C", "--name",
                   "GivenName=C,FamilyName=L")
    user = json.loads(made.stdout)["UserId"]
    rig.aws("identitystore", "update-user", *ids, "--user-id", user, "--operations",
            json.dumps([{"AttributePath": "nickName", "AttributeValue": "cc"}]))
    shown = json.loads(rig.aws("identitystore", "describe-user", *ids, "--user-id", user).stdout)
    assert (shown["NickName"], shown["Name"]["FamilyName"]) == ("cc", "L")
