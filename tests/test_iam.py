"""IAM as boto3 and the AWS CLI see it."""

import csv
import json

import pytest
from conftest import error, fresh_account, worded

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


class Account:
    """IAM of an account of its own."""

    def __init__(self, rig):
        self.id = fresh_account()
        self.rig = rig
        self.iam = rig.client("iam", self.id)

    def role(self, name, **options):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **options)["Role"]

    def policy(self, name, document=READ, **options):
        return self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document), **options)["Policy"]

    def user(self, name, **options):
        return self.iam.create_user(UserName=name, **options)["User"]


@pytest.fixture
def account(shared):
    return Account(shared)


def test_a_role_and_what_it_holds(account):
    iam = account.iam
    role = account.role("web", Path="/teams/a/", Description="serves", MaxSessionDuration=7200,
                        PermissionsBoundary=ADMIN, Tags=[{"Key": "team", "Value": "a"}])
    assert role["Arn"] == f"arn:aws:iam::{account.id}:role/teams/a/web"
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    assert role["AssumeRolePolicyDocument"] == TRUST
    found = iam.get_role(RoleName="web")["Role"]
    assert found["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    assert found["MaxSessionDuration"] == 7200 and found["Tags"] == [{"Key": "team", "Value": "a"}]
    assert found["RoleLastUsed"] == {}
    # Lists are short.
    assert {"Tags", "PermissionsBoundary"}.isdisjoint(iam.list_roles(PathPrefix="/teams/")["Roles"][0])
    assert iam.list_roles(PathPrefix="/other/")["Roles"] == []

    iam.put_role_policy(RoleName="web", PolicyName="inline", PolicyDocument=json.dumps(READ))
    assert iam.get_role_policy(RoleName="web", PolicyName="inline")["PolicyDocument"] == READ
    assert iam.list_role_policies(RoleName="web")["PolicyNames"] == ["inline"]
    iam.attach_role_policy(RoleName="web", PolicyArn=ADMIN)
    iam.attach_role_policy(RoleName="web", PolicyArn=ADMIN)
    assert iam.list_attached_role_policies(RoleName="web")["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    policy = iam.get_policy(PolicyArn=ADMIN)["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (1, 1)

    conflict = "Cannot delete entity, must "
    assert error(iam.delete_role, RoleName="web") == ("DeleteConflict", conflict + "detach all policies first.", 409)
    iam.detach_role_policy(RoleName="web", PolicyArn=ADMIN)
    assert worded(iam.delete_role, RoleName="web") == ("DeleteConflict", conflict + "delete policies first.")
    iam.delete_role_policy(RoleName="web", PolicyName="inline")
    iam.delete_role_permissions_boundary(RoleName="web")
    assert error(iam.delete_role_permissions_boundary, RoleName="web")[0] == "NoSuchEntity"
    iam.delete_role(RoleName="web")
    assert error(iam.get_role, RoleName="web") == ("NoSuchEntity", "The role with name web cannot be found.", 404)
    assert iam.get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 0


def test_what_changes_of_a_role(account):
    iam = account.iam
    account.role("web")
    assert error(account.role, "WEB") == ("EntityAlreadyExists", "Role with name WEB already exists.", 409)
    iam.update_role(RoleName="web", Description="serves", MaxSessionDuration=43200)
    assert iam.get_role(RoleName="web")["Role"]["MaxSessionDuration"] == 43200
    assert iam.update_role_description(RoleName="web", Description="x")["Role"]["Description"] == "x"
    other = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": account.id}}]}
    iam.update_assume_role_policy(RoleName="web", PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"] == other
    assert error(iam.update_assume_role_policy, RoleName="web", PolicyDocument="{")[0] == "MalformedPolicyDocument"
    assert error(iam.update_role, RoleName="web", MaxSessionDuration=43201)[0] == "ValidationError"
    iam.tag_role(RoleName="web", Tags=[{"Key": "Team", "Value": "a"}])
    iam.tag_role(RoleName="web", Tags=[{"Key": "team", "Value": "b"}])
    assert iam.list_role_tags(RoleName="web")["Tags"] == [{"Key": "team", "Value": "b"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert error(iam.tag_role, RoleName="web", Tags=twice)[0] == "InvalidInput"
    iam.untag_role(RoleName="web", TagKeys=["TEAM", "gone"])
    assert iam.list_role_tags(RoleName="web")["Tags"] == []


def test_an_instance_profile_has_one_role(account):
    iam = account.iam
    role = account.role("web")
    profile = iam.create_instance_profile(InstanceProfileName="web", Path="/teams/")["InstanceProfile"]
    assert profile["Arn"] == f"arn:aws:iam::{account.id}:instance-profile/teams/web" and profile["Roles"] == []
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="web")
    iam.get_waiter("role_exists").wait(RoleName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    refused = error(iam.add_role_to_instance_profile, InstanceProfileName="web", RoleName="web")
    assert refused == ("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409)
    found = iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    assert [it["Arn"] for it in found["Roles"]] == [role["Arn"]]
    assert len(iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"]) == 1
    taken = "Cannot delete entity, must remove roles from instance profile first."
    assert worded(iam.delete_role, RoleName="web") == ("DeleteConflict", taken)
    assert worded(iam.delete_instance_profile, InstanceProfileName="web") == ("DeleteConflict", taken)
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.delete_role(RoleName="web")
    iam.delete_instance_profile(InstanceProfileName="web")
    assert worded(iam.get_instance_profile, InstanceProfileName="web") == (
        "NoSuchEntity", "Instance Profile web cannot be found.")


def test_versions_of_a_policy(account):
    iam = account.iam
    policy = account.policy("read", Path="/teams/", Description="reads", Tags=[{"Key": "team", "Value": "a"}])
    arn = policy["Arn"]
    assert arn == f"arn:aws:iam::{account.id}:policy/teams/read" and policy["DefaultVersionId"] == "v1"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Description"] == "reads"
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(READ))["PolicyVersion"]
        assert (version["VersionId"], version["IsDefaultVersion"]) == (f"v{number}", False)
    assert error(iam.create_policy_version, PolicyArn=arn, PolicyDocument=json.dumps(READ))[::2] == ("LimitExceeded", 409)
    assert worded(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == (
        "DeleteConflict", "Cannot delete the default version of a policy.")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v5")["PolicyVersion"]["Document"] == READ
    assert error(iam.get_policy_version, PolicyArn=arn, VersionId="v1")[::2] == ("NoSuchEntity", 404)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 3})
    assert [it["VersionId"] for page in pages for it in page["Versions"]] == ["v5", "v4", "v3", "v2"]
    assert error(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    for number in (2, 3, 4):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    # Numbers are never given twice.
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(READ), SetAsDefault=True)
    assert version["PolicyVersion"]["VersionId"] == "v6"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    iam.delete_policy(PolicyArn=arn)
    assert worded(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.")


def test_policies_of_aws(account):
    iam = account.iam
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    policies = [policy for page in pages for policy in page["Policies"]]
    assert len(policies) == 1594 == len({policy["Arn"] for policy in policies})
    admin = iam.get_policy_version(PolicyArn=ADMIN, VersionId="v1")["PolicyVersion"]["Document"]
    assert admin["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    account.role("web")
    iam.attach_role_policy(RoleName="web", PolicyArn=ADMIN)
    assert [it["Arn"] for it in iam.list_policies(OnlyAttached=True)["Policies"]] == [ADMIN]
    jobs = iam.list_policies(Scope="AWS", PathPrefix="/job-function/")["Policies"]
    assert {"ViewOnlyAccess", "Billing"} <= {policy["PolicyName"] for policy in jobs}
    own = account.policy("mine")
    assert [it["Arn"] for it in iam.list_policies(Scope="Local")["Policies"]] == [own["Arn"]]
    assert error(iam.delete_policy, PolicyArn=ADMIN)[::2] == ("AccessDenied", 403)
    missing = ADMIN + "s"
    assert error(iam.attach_role_policy, RoleName="web", PolicyArn=missing) == (
        "NoSuchEntity", f"Policy {missing} does not exist or is not attachable.", 404)
    assert error(iam.attach_role_policy, RoleName="web", PolicyArn="arn:aws:s3:::not-a-policy")[0] == "InvalidInput"


def test_who_has_a_policy(account):
    iam = account.iam
    arn = account.policy("read")["Arn"]
    account.role("web")
    account.user("ann", Path="/people/")
    iam.create_group(GroupName="readers")
    iam.attach_role_policy(RoleName="web", PolicyArn=arn)
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    iam.attach_group_policy(GroupName="readers", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=arn)
    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
    found = [page for page in pages]
    assert len(found) == 3
    names = {(kind[6:-1] + "Name", it[kind[6:-1] + "Name"]) for page in found
             for kind in ("PolicyUsers", "PolicyGroups", "PolicyRoles") for it in page[kind]}
    assert names == {("UserName", "ann"), ("GroupName", "readers"), ("RoleName", "web")}
    assert iam.list_entities_for_policy(PolicyArn=arn, PathPrefix="/people/")["PolicyRoles"] == []
    bounded = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert [it["UserName"] for it in bounded["PolicyUsers"]] == ["ann"] and bounded["PolicyRoles"] == []
    assert error(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"


def test_eleven_policies_are_too_many(account):
    iam = account.iam
    account.role("web")
    arns = [account.policy(f"p{number}")["Arn"] for number in range(11)]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="web", PolicyArn=arn)
    assert error(iam.attach_role_policy, RoleName="web", PolicyArn=arns[10]) == (
        "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409)
    assert iam.get_policy(PolicyArn=arns[10])["Policy"]["AttachmentCount"] == 0


def test_a_user_and_its_groups(account):
    iam = account.iam
    user = account.user("ann", Path="/people/", Tags=[{"Key": "team", "Value": "a"}])
    assert user["Arn"] == f"arn:aws:iam::{account.id}:user/people/ann" and user["UserId"].startswith("AIDA")
    iam.get_waiter("user_exists").wait(UserName="ann")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    assert [it["UserName"] for it in iam.get_group(GroupName="readers")["Users"]] == ["ann"]
    iam.update_user(UserName="ann", NewUserName="beth", NewPath="/")
    iam.update_group(GroupName="readers", NewGroupName="all")
    assert [it["GroupName"] for it in iam.list_groups_for_user(UserName="beth")["Groups"]] == ["all"]
    assert iam.get_user(UserName="beth")["User"]["UserId"] == user["UserId"]
    assert error(iam.get_user, UserName="ann")[::2] == ("NoSuchEntity", 404)
    first = "Cannot delete entity, must remove users from group first."
    assert worded(iam.delete_group, GroupName="all") == ("DeleteConflict", first)
    assert worded(iam.delete_user, UserName="beth") == ("DeleteConflict", first)
    iam.remove_user_from_group(GroupName="all", UserName="beth")
    assert error(iam.remove_user_from_group, GroupName="all", UserName="beth")[0] == "NoSuchEntity"
    iam.delete_group(GroupName="all")
    iam.delete_user(UserName="beth")


def test_lists_come_in_pages(account):
    for number in range(5):
        account.user(f"user-{number}")
    pages = account.iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert error(account.iam.list_users, Marker="no-marker")[0] == "ValidationError"


@pytest.mark.parametrize("world", ["shared", "enforcing"])
def test_keys_sign_as_their_user(world, request):
    account = Account(request.getfixturevalue(world))
    iam = account.iam
    account.user("ann", Path="/people/")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA") and len(key["SecretAccessKey"]) == 40
    me = account.rig.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert me.get_caller_identity()["Arn"] == f"arn:aws:iam::{account.id}:user/people/ann"
    assert me.get_caller_identity()["Account"] == account.id
    own = account.rig.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    assert own.get_user()["User"]["UserName"] == "ann"
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "ann" and used["AccessKeyLastUsed"]["ServiceName"] == "iam"
    unused = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    assert iam.get_access_key_last_used(AccessKeyId=unused)["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert error(iam.create_access_key, UserName="ann") == (
        "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)
    iam.update_user(UserName="ann", NewUserName="beth")
    assert me.get_caller_identity()["Arn"].endswith(":user/people/beth")

    refused = ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    iam.update_access_key(UserName="beth", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert error(me.get_caller_identity) == refused
    iam.update_access_key(UserName="beth", AccessKeyId=key["AccessKeyId"], Status="Active")
    me.get_caller_identity()
    iam.delete_access_key(UserName="beth", AccessKeyId=key["AccessKeyId"])
    assert error(me.get_caller_identity) == refused
    assert [it["AccessKeyId"] for it in iam.list_access_keys(UserName="beth")["AccessKeyMetadata"]] == [unused]
    assert error(iam.delete_user, UserName="beth")[0] == "DeleteConflict"


def test_a_forged_signature_is_refused(enforcing):
    account = Account(enforcing)
    account.user("ann")
    key = account.iam.create_access_key(UserName="ann")["AccessKey"]
    forged = enforcing.client("sts", key["AccessKeyId"], "x" * 40)
    assert error(forged.get_caller_identity)[0] == "SignatureDoesNotMatch"


def test_a_login_profile_and_the_password_policy(account):
    iam = account.iam
    account.user("ann")
    assert worded(iam.get_login_profile, UserName="ann") == (
        "NoSuchEntity", "Login Profile for User ann cannot be found.")
    assert error(iam.create_login_profile, UserName="ann", Password="password")[0] == "PasswordPolicyViolation"
    iam.create_login_profile(UserName="ann", Password="Correct-horse-1", PasswordResetRequired=True)
    assert iam.get_login_profile(UserName="ann")["LoginProfile"]["PasswordResetRequired"] is True
    assert error(iam.create_login_profile, UserName="ann", Password="Correct-horse-1")[0] == "EntityAlreadyExists"
    assert error(iam.get_account_password_policy)[::2] == ("NoSuchEntity", 404)
    iam.update_account_password_policy(MinimumPasswordLength=20, RequireNumbers=True, PasswordReusePrevention=1)
    assert error(iam.update_login_profile, UserName="ann", Password="Correct-horse-1")[0] == "PasswordPolicyViolation"
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 20 and policy["ExpirePasswords"] is False and "MaxPasswordAge" not in policy
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    me = account.rig.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    longer = "Correct-horse-battery-1"
    me.change_password(OldPassword="Correct-horse-1", NewPassword=longer)
    assert error(me.change_password, OldPassword=longer, NewPassword=longer)[0] == "PasswordPolicyViolation"
    assert iam.get_login_profile(UserName="ann")["LoginProfile"]["PasswordResetRequired"] is False
    assert error(iam.change_password, OldPassword=longer, NewPassword=longer + "2")[0] == "InvalidUserType"
    iam.delete_account_password_policy()
    assert error(iam.delete_user, UserName="ann")[1] == "Cannot delete entity, must delete login profile first."


def test_what_an_account_has(account):
    iam = account.iam
    alias = f"alias-{account.id}"
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    other = Account(account.rig)
    assert error(other.iam.create_account_alias, AccountAlias=alias)[::2] == ("EntityAlreadyExists", 409)
    iam.delete_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == []
    account.role("web")
    account.policy("read")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Roles"], summary["Policies"], summary["Users"], summary["RolesQuota"]) == (1, 1, 0, 1000)
    account.user("ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2})
    details = [page for page in pages]
    assert [it["UserName"] for page in details for it in page["UserDetailList"]] == ["ann"]
    assert [it["RoleName"] for page in details for it in page["RoleDetailList"]] == ["web"]
    assert [it["PolicyName"] for page in details for it in page["Policies"]] == ["read", "AdministratorAccess"]
    local = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])
    assert [it["PolicyVersionList"][0]["Document"] for it in local["Policies"]] == [READ]
    assert local["UserDetailList"] == [] and local["RoleDetailList"] == []


def test_a_service_linked_role_belongs_to_its_service(account):
    iam = account.iam
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    name = role["RoleName"]
    assert name == "AWSServiceRoleForAutoScaling" and role["Path"] == "/aws-service-role/autoscaling.amazonaws.com/"
    taken = error(iam.create_service_linked_role, AWSServiceName="autoscaling.amazonaws.com")
    assert taken == ("InvalidInput", f"Service role name {name} has been taken in this account, "
                                     "please try a different suffix.", 400)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [it["PolicyName"] for it in attached] == ["AutoScalingServiceRolePolicy"]
    only = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    assert error(iam.delete_role, RoleName=name) == ("UnmodifiableEntity", only, 400)
    assert error(iam.attach_role_policy, RoleName=name, PolicyArn=ADMIN)[0] == "UnmodifiableEntity"
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert error(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_the_command_line(shared, tmp_path):
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps(TRUST))

    def aws(*command):
        done = shared.aws("iam", *command, "--output", "json")
        return json.loads(done.stdout) if done.stdout.strip() else None

    made = aws("create-role", "--role-name", "from-the-shell", "--assume-role-policy-document", f"file://{trust}")
    assert made["Role"]["AssumeRolePolicyDocument"] == TRUST
    aws("attach-role-policy", "--role-name", "from-the-shell", "--policy-arn", ADMIN)
    listed = aws("list-attached-role-policies", "--role-name", "from-the-shell")
    assert listed["AttachedPolicies"][0]["PolicyName"] == "AdministratorAccess"
    aws("detach-role-policy", "--role-name", "from-the-shell", "--policy-arn", ADMIN)
    aws("delete-role", "--role-name", "from-the-shell")


def test_an_openid_connect_provider(account):
    iam = account.iam
    url = "https://token.actions.githubusercontent.com"
    made = iam.create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40])
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:oidc-provider/token.actions.githubusercontent.com"
    assert error(iam.create_open_id_connect_provider, Url=url)[::2] == ("EntityAlreadyExists", 409)
    assert error(iam.create_open_id_connect_provider, Url="http://example.com")[0] == "ValidationError"
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["Url"], found["ClientIDList"], found["ThumbprintList"]) == (url[8:], ["other"], ["b" * 40])
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert error(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)[::2] == ("NoSuchEntity", 404)


def test_a_saml_provider(account):
    iam = account.iam
    inside = "<IDPSSODescriptor></IDPSSODescriptor>" + " " * 1000
    metadata = f"<EntityDescriptor entityID='x' validUntil='2099-01-01T00:00:00Z'>{inside}</EntityDescriptor>"
    arn = iam.create_saml_provider(Name="corp", SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:saml-provider/corp"
    found = iam.get_saml_provider(SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == metadata and found["ValidUntil"].year == 2099
    assert error(iam.create_saml_provider, Name="other", SAMLMetadataDocument="x" * 1000)[0] == "InvalidInput"
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_a_root_user_asks_who_it_is(account):
    user = account.iam.get_user()["User"]
    assert (user["UserId"], user["Arn"]) == (account.id, f"arn:aws:iam::{account.id}:root")
    # It has neither a name nor a path.
    assert set(user) == {"UserId", "Arn", "CreateDate"}


def test_a_credential_report(start):
    rig = start("--transitions", "instant")
    account = Account(rig)
    iam = account.iam
    assert error(iam.get_credential_report)[::2] == ("ReportNotPresent", 410)
    account.user("ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    rig.client("iam", key["AccessKeyId"], key["SecretAccessKey"]).get_user()
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    rows = list(csv.DictReader(report["Content"].decode().splitlines()))
    assert [row["user"] for row in rows] == ["<root_account>", "ann"]
    ann = rows[1]
    assert (ann["access_key_1_active"], ann["access_key_2_active"], ann["password_enabled"]) == ("true", "false", "false")
    assert (ann["access_key_1_last_used_service"], ann["access_key_1_last_used_region"]) == ("iam", "us-east-1")
    assert all(None not in row and None not in row.values() for row in rows)
    rig.advance(5 * 3600)
    assert error(iam.get_credential_report)[::2] == ("ReportExpired", 410)


def test_users_have_nothing_else_to_sign_in_with(account):
    iam = account.iam
    account.user("ann")
    assert iam.list_ssh_public_keys(UserName="ann")["SSHPublicKeys"] == []
    assert iam.list_mfa_devices(UserName="ann")["MFADevices"] == []
    assert error(iam.list_signing_certificates, UserName="beth")[::2] == ("NoSuchEntity", 404)
