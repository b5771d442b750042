"""Organizations as boto3 sees them from several accounts: the tree, its accounts, what a day and a quarter change."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import error, eventually, fresh_account

DAY = 24 * 3600


def failed(call, **named):
    """Code and reason of the error that a call must end with."""
    with pytest.raises(ClientError) as caught:
        call(**named)
    response = caught.value.response
    return response["Error"]["Code"], response.get("Reason")


class Organization:
    """An organization of a management account of its own."""

    def __init__(self, rig, **given):
        self.rig, self.id = rig, fresh_account()
        self.client = rig.client("organizations", key=self.id)
        self.shown = self.client.create_organization(**given)["Organization"]
        self.root = self.client.list_roots()["Roots"][0]["Id"]

    def of(self, account):
        """A client of another account."""
        return self.rig.client("organizations", key=account)

    def unit(self, name, parent=None, **given):
        asked = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name, **given)
        return asked["OrganizationalUnit"]["Id"]

    def ask(self, name, email=None, **given):
        """Asks for an account and waits until it is there or not."""
        email = email or f"{name}@{self.id}.example.org"
        status = self.client.create_account(AccountName=name, Email=email, **given)["CreateAccountStatus"]
        assert status["State"] == "IN_PROGRESS" and "AccountId" not in status
        look = lambda: self.client.describe_create_account_status(  # noqa: E731
            CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
        eventually(lambda: look()["State"] != "IN_PROGRESS", True)
        return look()

    def account(self, name, **given):
        return self.ask(name, **given)["AccountId"]


@pytest.fixture
def organization(shared):
    return Organization(shared)


def every(client, operation, **given):
    """All that a paginator gives, page by page."""
    pages = list(client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **given))
    [key] = {key for page in pages for key, value in page.items() if isinstance(value, list)}
    assert all(len(page[key]) <= 2 for page in pages)
    return [item for page in pages for item in page[key]]


def test_an_organization_is_made_shown_and_deleted(shared):
    account = fresh_account()
    client = shared.client("organizations", key=account)
    assert error(client.describe_organization) == (
        "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400)
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    arn = f"arn:aws:organizations::{account}"
    assert made["Arn"] == f"{arn}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"{arn}:account/{made['Id']}/{account}"
    assert (made["FeatureSet"], made["MasterAccountId"]) == ("ALL", account)
    assert made["AvailablePolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert client.describe_organization()["Organization"] == made
    [root] = client.list_roots()["Roots"]
    assert root == {"Id": root["Id"], "Arn": f"{arn}:root/{made['Id']}/{root['Id']}", "Name": "Root", "PolicyTypes": []}
    [manager] = client.list_accounts()["Accounts"]
    assert (manager["Id"], manager["JoinedMethod"], manager["Status"]) == (account, "INVITED", "ACTIVE")
    assert manager["Email"] == made["MasterAccountEmail"]
    assert failed(client.create_organization)[0] == "AlreadyInOrganizationException"
    # It is the same in every Region.
    far = shared.client("organizations", key=account, region="eu-west-1")
    assert far.describe_organization()["Organization"] == made
    client.delete_organization()
    assert failed(client.list_accounts)[0] == "AWSOrganizationsNotInUseException"
    billing = client.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert (billing["FeatureSet"], billing["AvailablePolicyTypes"]) == ("CONSOLIDATED_BILLING", [])
    assert billing["Id"] != made["Id"]


def test_units_make_a_tree(organization):
    client, root = organization.client, organization.root
    units = [root]
    for level in range(5):
        units.append(organization.unit(f"level-{level}", units[-1]))
    assert failed(client.create_organizational_unit, ParentId=units[-1], Name="deeper") == (
        "ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")
    deepest = client.describe_organizational_unit(OrganizationalUnitId=units[5])["OrganizationalUnit"]
    assert deepest["Path"] == "/".join([organization.shown["Id"], *units]) + "/"
    assert deepest["Arn"].endswith(f":ou/{organization.shown['Id']}/{units[5]}")
    assert client.list_parents(ChildId=units[5])["Parents"] == [{"Id": units[4], "Type": "ORGANIZATIONAL_UNIT"}]
    assert client.list_parents(ChildId=units[1])["Parents"] == [{"Id": root, "Type": "ROOT"}]
    # Names are unique among siblings only.
    assert failed(client.create_organizational_unit, ParentId=root, Name="level-0")[0] == "DuplicateOrganizationalUnitException"
    organization.unit("level-0", units[1])
    other = organization.unit("other")
    rename = client.update_organizational_unit
    assert failed(rename, OrganizationalUnitId=other, Name="level-0")[0] == "DuplicateOrganizationalUnitException"
    assert rename(OrganizationalUnitId=other, Name="others")["OrganizationalUnit"]["Name"] == "others"
    assert rename(OrganizationalUnitId=other)["OrganizationalUnit"]["Name"] == "others"
    delete = client.delete_organizational_unit
    assert failed(delete, OrganizationalUnitId=units[1])[0] == "OrganizationalUnitNotEmptyException"
    delete(OrganizationalUnitId=units[5])
    assert failed(delete, OrganizationalUnitId=units[5])[0] == "OrganizationalUnitNotFoundException"
    assert failed(client.list_organizational_units_for_parent, ParentId=units[5])[0] == "ParentNotFoundException"
    assert failed(client.list_parents, ChildId=units[5])[0] == "ChildNotFoundException"
    assert error(client.list_parents, ChildId="nobody") == (
        "InvalidInputException", "You provided a value that does not match the required pattern.", 400)


def test_accounts_are_made_listed_and_moved(organization):
    client, root = organization.client, organization.root
    made = organization.ask("workload", Tags=[{"Key": "stage", "Value": "test"}], RoleName="Admin")
    account = made["AccountId"]
    assert (made["State"], made["AccountName"]) == ("SUCCEEDED", "workload")
    assert made["RequestedTimestamp"] <= made["CompletedTimestamp"]
    shown = client.describe_account(AccountId=account)["Account"]
    assert (shown["Name"], shown["JoinedMethod"], shown["State"]) == ("workload", "CREATED", "ACTIVE")
    assert shown["Paths"] == [f"{organization.shown['Id']}/{root}/{account}/"]
    assert client.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "stage", "Value": "test"}]
    unit = organization.unit("workloads")
    move = {"AccountId": account, "SourceParentId": root, "DestinationParentId": unit}
    client.move_account(**move)
    assert client.list_parents(ChildId=account)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert [it["Id"] for it in client.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [account]
    assert client.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"] == [{"Id": account, "Type": "ACCOUNT"}]
    assert failed(client.move_account, **move)[0] == "DuplicateAccountException"
    back = {"AccountId": account, "SourceParentId": root, "DestinationParentId": root}
    assert failed(client.move_account, **back)[0] == "SourceParentNotFoundException"
    nowhere = {**move, "DestinationParentId": "ou-none-nowhere0"}
    assert failed(client.move_account, **nowhere)[0] == "DestinationParentNotFoundException"
    assert failed(client.move_account, **{**move, "AccountId": "000000000001"})[0] == "AccountNotFoundException"
    assert failed(client.delete_organizational_unit, OrganizationalUnitId=unit)[0] == "OrganizationalUnitNotEmptyException"


def test_an_address_stands_for_one_account(organization):
    first = organization.ask("first", email="Same@Address.example.org")
    second = organization.ask("second", email="same@address.example.org")
    assert (first["State"], second["State"], second["FailureReason"]) == ("SUCCEEDED", "FAILED", "EMAIL_ALREADY_EXISTS")
    assert organization.ask("third", email=".bad@address.example.org")["FailureReason"] == "INVALID_EMAIL"
    manager = organization.shown["MasterAccountEmail"]
    assert organization.ask("fourth", email=manager)["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    listed = organization.client.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert {it["AccountName"] for it in listed} == {"second", "third", "fourth"}
    create = organization.client.create_account
    for given in [{"Email": "nobody at all", "AccountName": "x"}, {"Email": "a@b.cd.ef", "AccountName": "smörgås"}]:
        assert failed(create, **given) == ("InvalidInputException", "INVALID_PATTERN")
    role = {"Email": "role@example.org", "AccountName": "x", "RoleName": "AWSServiceRoleForMe"}
    assert failed(create, **role) == ("InvalidInputException", "INVALID_ROLE_NAME")


def test_pages_are_whole(organization):
    client, root = organization.client, organization.root
    accounts = {organization.account(f"account-{number}") for number in range(4)} | {organization.id}
    units = {organization.unit(f"unit-{number}") for number in range(5)}
    assert {it["Id"] for it in every(client, "list_accounts")} == accounts
    assert {it["Id"] for it in every(client, "list_accounts_for_parent", ParentId=root)} == accounts
    assert {it["Id"] for it in every(client, "list_children", ParentId=root, ChildType="ACCOUNT")} == accounts
    assert {it["Id"] for it in every(client, "list_children", ParentId=root, ChildType="ORGANIZATIONAL_UNIT")} == units
    assert {it["Id"] for it in every(client, "list_organizational_units_for_parent", ParentId=root)} == units
    assert len(every(client, "list_create_account_status")) == 4
    assert failed(client.list_accounts, NextToken="mine") == ("InvalidInputException", "INVALID_PAGINATION_TOKEN")


def test_tags_are_kept(organization):
    client, unit = organization.client, organization.unit("tagged", Tags=[{"Key": "a", "Value": "1"}])
    tags = lambda: client.list_tags_for_resource(ResourceId=unit)["Tags"]  # noqa: E731
    client.tag_resource(ResourceId=unit, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    assert tags() == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    client.untag_resource(ResourceId=unit, TagKeys=["a"])
    assert tags() == [{"Key": "b", "Value": ""}]
    client.tag_resource(ResourceId=organization.root, Tags=[{"Key": "of", "Value": "root"}])
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert failed(client.tag_resource, ResourceId=unit, Tags=many) == ("ConstraintViolationException", "MAX_TAG_LIMIT_EXCEEDED")
    for tags_, reason in [([{"Key": "aws:x", "Value": ""}], "INVALID_SYSTEM_TAGS_PARAMETER"),
                          ([{"Key": "x", "Value": ""}] * 2, "DUPLICATE_TAG_KEY"),
                          ([{"Key": "x", "Value": "a,b"}], "INVALID_PATTERN")]:
        assert failed(client.tag_resource, ResourceId=unit, Tags=tags_) == ("InvalidInputException", reason)
    assert failed(client.tag_resource, ResourceId="ou-none-nowhere0", Tags=[])[0] == "TargetNotFoundException"


def test_members_see_the_organization_and_no_more(organization):
    member = organization.of(organization.account("member"))
    assert member.describe_organization()["Organization"] == organization.shown
    for call, given in [(member.list_accounts, {}), (member.list_roots, {}),
                        (member.describe_account, {"AccountId": organization.id}),
                        (member.create_organizational_unit, {"ParentId": organization.root, "Name": "mine"}),
                        (member.create_account, {"Email": "x@example.org", "AccountName": "x"}),
                        (member.delete_organization, {})]:
        assert error(call, **given) == ("AccessDeniedException", "You don't have permissions to access this resource.", 400)
    # Nobody sees or changes another organization.
    other = Organization(organization.rig)
    for call, given, code in [
            (other.client.describe_account, {"AccountId": organization.id}, "AccountNotFoundException"),
            (other.client.list_children, {"ParentId": organization.root, "ChildType": "ACCOUNT"}, "ParentNotFoundException"),
            (other.client.list_tags_for_resource, {"ResourceId": organization.root}, "TargetNotFoundException")]:
        assert failed(call, **given)[0] == code


def test_accounts_leave_when_they_are_old_enough(start):
    organization = Organization(start("--transitions", "instant"))
    client, rig = organization.client, organization.rig
    account, other = organization.account("leaver"), organization.account("other")
    client.tag_resource(ResourceId=account, Tags=[{"Key": "a", "Value": ""}])
    remove = client.remove_account_from_organization
    assert failed(remove, AccountId=account) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    assert failed(organization.of(other).leave_organization) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    assert failed(client.delete_organization)[0] == "OrganizationNotEmptyException"
    rig.advance(4 * DAY)
    remove(AccountId=account)
    organization.of(other).leave_organization()
    assert failed(remove, AccountId=account)[0] == "AccountNotFoundException"
    assert failed(remove, AccountId=organization.id)[0] == "MasterCannotLeaveOrganizationException"
    assert failed(client.leave_organization)[0] == "MasterCannotLeaveOrganizationException"
    # It is an account like any other now, and keeps its name and address.
    assert organization.ask("again", email=f"leaver@{organization.id}.example.org")["State"] == "FAILED"
    alone = organization.of(account)
    assert failed(alone.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    assert alone.create_organization()["Organization"]["MasterAccountEmail"] == f"leaver@{organization.id}.example.org"
    assert alone.list_tags_for_resource(ResourceId=account)["Tags"] == []
    client.delete_organization()


def test_accounts_take_their_time_to_come_and_to_go(start):
    rig = start("--transitions", "realistic")
    client = rig.client("organizations")
    client.create_organization()
    status = client.create_account(AccountName="slow", Email="slow@example.org")["CreateAccountStatus"]
    look = lambda: client.describe_create_account_status(  # noqa: E731
        CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    rig.advance(15)
    assert look()["State"] == "IN_PROGRESS" and len(client.list_accounts()["Accounts"]) == 1
    rig.advance(50)
    account = look()["AccountId"]
    shown = lambda: client.describe_account(AccountId=account)["Account"]  # noqa: E731
    client.close_account(AccountId=account)
    assert (shown()["Status"], shown()["State"]) == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    assert failed(client.close_account, AccountId=account)[0] == "ConflictException"
    rig.advance(200)
    assert (shown()["Status"], shown()["State"]) == ("SUSPENDED", "CLOSED")
    assert failed(client.close_account, AccountId=account)[0] == "AccountAlreadyClosedException"
    assert failed(client.close_account, AccountId="123456789012") == (
        "ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    rig.advance(89 * DAY)
    assert shown()["State"] == "CLOSED" and failed(client.delete_organization)[0] == "OrganizationNotEmptyException"
    rig.advance(DAY)
    assert failed(client.describe_account, AccountId=account)[0] == "AccountNotFoundException"
    client.delete_organization()


def test_not_everything_can_be_closed(organization):
    client = organization.client
    billing = Organization(organization.rig, FeatureSet="CONSOLIDATED_BILLING")
    account = billing.account("billed")
    assert failed(billing.client.close_account, AccountId=account) == (
        "ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")
    assert failed(client.close_account, AccountId=account)[0] == "AccountNotFoundException"
    assert failed(client.close_account, AccountId="12") == ("InvalidInputException", "INVALID_PATTERN")


def test_services_are_trusted(organization):
    client = organization.client
    for principal in ["sso.amazonaws.com", "ram.amazonaws.com", "guardduty.amazonaws.com", "sso.amazonaws.com"]:
        client.enable_aws_service_access(ServicePrincipal=principal)
    trusted = lambda: [it["ServicePrincipal"] for it in every(client, "list_aws_service_access_for_organization")]  # noqa: E731
    assert trusted() == ["guardduty.amazonaws.com", "ram.amazonaws.com", "sso.amazonaws.com"]
    client.disable_aws_service_access(ServicePrincipal="ram.amazonaws.com")
    client.disable_aws_service_access(ServicePrincipal="ram.amazonaws.com")
    assert trusted() == ["guardduty.amazonaws.com", "sso.amazonaws.com"]
    assert failed(client.enable_aws_service_access, ServicePrincipal="moon.amazonaws.com") == (
        "InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")
    billing = Organization(organization.rig, FeatureSet="CONSOLIDATED_BILLING").client
    assert failed(billing.enable_aws_service_access, ServicePrincipal="sso.amazonaws.com") == (
        "ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def test_members_administer_services(start):
    organization = Organization(start("--transitions", "instant"))
    client, security, other = organization.client, organization.account("security"), organization.account("other")
    register, sso = client.register_delegated_administrator, "sso.amazonaws.com"
    assert failed(register, AccountId=security, ServicePrincipal=sso) == (
        "ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    for principal in [sso, "guardduty.amazonaws.com", "ram.amazonaws.com"]:
        client.enable_aws_service_access(ServicePrincipal=principal)
    member = organization.of(security)
    assert failed(member.list_accounts)[0] == "AccessDeniedException"
    register(AccountId=security, ServicePrincipal=sso)
    register(AccountId=security, ServicePrincipal="guardduty.amazonaws.com")
    register(AccountId=other, ServicePrincipal="guardduty.amazonaws.com")
    assert failed(register, AccountId=security, ServicePrincipal=sso)[0] == "AccountAlreadyRegisteredException"
    assert failed(register, AccountId=other, ServicePrincipal=sso)[1] == "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"
    assert failed(register, AccountId=organization.id, ServicePrincipal=sso)[1] == (
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    assert failed(register, AccountId=other, ServicePrincipal="ram.amazonaws.com")[0] == "InvalidInputException"
    assert failed(register, AccountId="000000000001", ServicePrincipal=sso)[0] == "AccountNotFoundException"
    administrators = lambda **given: {  # noqa: E731
        it["Id"] for it in client.list_delegated_administrators(**given)["DelegatedAdministrators"]}
    assert administrators() == {security, other} and administrators(ServicePrincipal=sso) == {security}
    services = every(client, "list_delegated_services_for_account", AccountId=security)
    assert [it["ServicePrincipal"] for it in services] == ["guardduty.amazonaws.com", sso]
    # An administrator reads, and changes nothing.
    assert {it["Id"] for it in member.list_accounts()["Accounts"]} == {organization.id, security, other}
    assert failed(member.create_organizational_unit, ParentId=organization.root, Name="x")[0] == "AccessDeniedException"
    organization.rig.advance(4 * DAY)
    remove = client.remove_account_from_organization
    assert failed(remove, AccountId=security)[1] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    client.deregister_delegated_administrator(AccountId=security, ServicePrincipal=sso)
    assert failed(client.deregister_delegated_administrator, AccountId=security, ServicePrincipal=sso)[0] == (
        "AccountNotRegisteredException")
    # A service that is trusted no more has no administrators either.
    client.disable_aws_service_access(ServicePrincipal="guardduty.amazonaws.com")
    assert administrators() == set()
    assert failed(client.list_delegated_services_for_account, AccountId=other)[0] == "AccountNotRegisteredException"
    assert failed(member.list_accounts)[0] == "AccessDeniedException"
    remove(AccountId=security)


def scp(action="s3:*", effect="Deny"):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})


def rcp():
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Policies(Organization):
    """An organization in which a type of policies is enabled."""

    def __init__(self, rig, *kinds):
        super().__init__(rig)
        for kind in kinds:
            self.client.enable_policy_type(RootId=self.root, PolicyType=kind)

    def policy(self, name, content=None, kind="SERVICE_CONTROL_POLICY", **given):
        made = self.client.create_policy(
            Name=name, Description=f"what {name} is", Type=kind, Content=content or scp(), **given)["Policy"]
        return made["PolicySummary"]["Id"]

    def attached(self, target, kind="SERVICE_CONTROL_POLICY"):
        return {it["Id"] for it in every(self.client, "list_policies_for_target", TargetId=target, Filter=kind)}


def test_policies_are_made_shown_and_changed(shared):
    organization = Policies(shared)
    client = organization.client
    policy = organization.policy("no-buckets", Tags=[{"Key": "team", "Value": "a"}])
    shown = client.describe_policy(PolicyId=policy)["Policy"]
    arn = f"arn:aws:organizations::{organization.id}:policy/{organization.shown['Id']}/service_control_policy/{policy}"
    assert shown == {"Content": scp(), "PolicySummary": {
        "Id": policy, "Arn": arn, "Name": "no-buckets", "Description": "what no-buckets is",
        "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": False}}
    assert client.list_tags_for_resource(ResourceId=policy)["Tags"] == [{"Key": "team", "Value": "a"}]
    update = client.update_policy
    changed = update(PolicyId=policy, Name="nothing", Content=scp("*"))["Policy"]
    assert changed["Content"] == scp("*") and changed["PolicySummary"]["Name"] == "nothing"
    assert changed["PolicySummary"]["Description"] == "what no-buckets is"
    organization.policy("tags", '{"tags": {}}', "TAG_POLICY")
    assert [it["Id"] for it in every(client, "list_policies", Filter="TAG_POLICY")] != []
    assert {it["Name"] for it in every(client, "list_policies", Filter="SERVICE_CONTROL_POLICY")} == {"FullAWSAccess", "nothing"}
    assert failed(client.create_policy, Name="tags", Description="", Type="TAG_POLICY", Content='{"tags": {}}')[0] == (
        "DuplicatePolicyException")
    assert failed(update, PolicyId=policy, Name="tags")[0] == "DuplicatePolicyException"
    for content in ["", "{", '{"Statement": []}', rcp()]:
        if content:
            assert failed(update, PolicyId=policy, Content=content)[0] == "MalformedPolicyDocumentException"
    assert failed(update, PolicyId=policy, Content=scp() + " " * 10240) == (
        "ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
    client.delete_policy(PolicyId=policy)
    assert failed(client.describe_policy, PolicyId=policy)[0] == "PolicyNotFoundException"
    billing = Organization(shared, FeatureSet="CONSOLIDATED_BILLING")
    for call, given in [(billing.client.create_policy, {"Name": "x", "Description": "", "Type": "TAG_POLICY", "Content": '{"tags": {}}'}),
                        (billing.client.enable_policy_type, {"RootId": billing.root, "PolicyType": "TAG_POLICY"})]:
        assert failed(call, **given)[0] == "PolicyTypeNotAvailableForOrganizationException"


def test_what_aws_manages_stays(shared):
    organization = Policies(shared)
    client = organization.client
    [full] = client.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert full == {"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": True, "Type": "SERVICE_CONTROL_POLICY",
                    "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
                    "Description": "Allows access to every operation"}
    content = json.loads(client.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]["Content"])
    assert content == {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    for call in [client.delete_policy, client.update_policy]:
        assert failed(call, PolicyId="p-FullAWSAccess") == ("InvalidInputException", "IMMUTABLE_POLICY")
    unit, account = organization.unit("unit"), organization.account("account")
    everything = {organization.root, unit, account, organization.id}
    targets = every(client, "list_targets_for_policy", PolicyId="p-FullAWSAccess")
    assert {it["TargetId"] for it in targets} == everything
    assert {it["Type"] for it in targets} == {"ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"}
    # Resource control policies come with their own, everywhere and for good.
    assert organization.attached(unit, "RESOURCE_CONTROL_POLICY") == set()
    client.enable_policy_type(RootId=organization.root, PolicyType="RESOURCE_CONTROL_POLICY")
    targets = every(client, "list_targets_for_policy", PolicyId="p-RCPFullAWSAccess")
    assert {it["TargetId"] for it in targets} == everything
    assert organization.attached(organization.unit("later"), "RESOURCE_CONTROL_POLICY") == {"p-RCPFullAWSAccess"}
    assert failed(client.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=unit) == (
        "InvalidInputException", "NON_DETACHABLE_POLICY")
    deny = organization.policy("deny", rcp(), "RESOURCE_CONTROL_POLICY")
    client.attach_policy(PolicyId=deny, TargetId=unit)
    assert organization.attached(unit, "RESOURCE_CONTROL_POLICY") == {"p-RCPFullAWSAccess", deny}


def test_policies_are_attached_and_detached(shared):
    organization = Policies(shared)
    client, root, unit = organization.client, organization.root, organization.unit("unit")
    attach, detach, policy = client.attach_policy, client.detach_policy, organization.policy("deny")
    assert failed(attach, PolicyId=policy, TargetId=unit)[0] == "PolicyTypeNotEnabledException"
    enable = {"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    enabled = client.enable_policy_type(**enable)["Root"]
    assert enabled["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert failed(client.enable_policy_type, **enable)[0] == "PolicyTypeAlreadyEnabledException"
    attach(PolicyId=policy, TargetId=unit)
    assert failed(attach, PolicyId=policy, TargetId=unit)[0] == "DuplicatePolicyAttachmentException"
    assert organization.attached(unit) == {policy, "p-FullAWSAccess"}
    assert failed(client.delete_policy, PolicyId=policy)[0] == "PolicyInUseException"
    assert failed(detach, PolicyId=policy, TargetId=root)[0] == "PolicyNotAttachedException"
    detach(PolicyId="p-FullAWSAccess", TargetId=unit)
    assert failed(detach, PolicyId=policy, TargetId=unit) == (
        "ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    for number in range(9):
        attach(PolicyId=organization.policy(f"deny-{number}"), TargetId=unit)
    assert failed(attach, PolicyId="p-FullAWSAccess", TargetId=unit) == (
        "ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert failed(attach, PolicyId=policy, TargetId="ou-none-nowhere0")[0] == "TargetNotFoundException"
    assert failed(attach, PolicyId="p-nowhere000", TargetId=unit)[0] == "PolicyNotFoundException"
    # What is gone has no policies, and policies of a type that is disabled are attached to nothing.
    client.delete_organizational_unit(OrganizationalUnitId=unit)
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    attach(PolicyId=policy, TargetId=root)
    disable = {"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    assert client.disable_policy_type(**disable)["Root"]["PolicyTypes"] == []
    assert failed(client.disable_policy_type, **disable)[0] == "PolicyTypeNotEnabledException"
    assert organization.attached(root) == set()
    client.enable_policy_type(**enable)
    assert organization.attached(root) == {"p-FullAWSAccess"}
    assert failed(client.enable_policy_type, RootId="r-none", PolicyType="TAG_POLICY")[0] == "RootNotFoundException"


def test_accounts_are_invited_and_join(organization):
    client, account = organization.client, fresh_account()
    invited = organization.of(account)
    invite = client.invite_account_to_organization
    sent = invite(Target={"Type": "ACCOUNT", "Id": account}, Notes="Join us", Tags=[{"Key": "from", "Value": "afar"}])["Handshake"]
    assert (sent["State"], sent["Action"]) == ("REQUESTED", "INVITE")
    assert (sent["ExpirationTimestamp"] - sent["RequestedTimestamp"]).days == 15
    assert sent["Arn"] == f"arn:aws:organizations::{organization.id}:handshake/{organization.shown['Id']}/invite/{sent['Id']}"
    assert sent["Parties"] == [{"Id": organization.shown["Id"], "Type": "ORGANIZATION"}, {"Id": account, "Type": "ACCOUNT"}]
    told = {it["Type"]: it["Value"] for it in sent["Resources"]}
    assert told == {"ORGANIZATION": organization.shown["Id"], "ACCOUNT": account, "NOTES": "Join us"}
    assert failed(invite, Target={"Type": "ACCOUNT", "Id": account})[0] == "DuplicateHandshakeException"
    assert invited.list_handshakes_for_account()["Handshakes"] == [sent]
    assert client.list_handshakes_for_organization()["Handshakes"] == [sent]
    assert invited.list_handshakes_for_account(Filter={"ActionType": "ENABLE_ALL_FEATURES"})["Handshakes"] == []
    assert invited.describe_handshake(HandshakeId=sent["Id"])["Handshake"] == sent
    given = {"HandshakeId": sent["Id"]}
    assert failed(client.accept_handshake, **given)[0] == "AccessDeniedException"
    assert failed(invited.cancel_handshake, **given)[0] == "AccessDeniedException"
    stranger = organization.of(fresh_account())
    for call in [stranger.describe_handshake, stranger.accept_handshake, stranger.decline_handshake, stranger.cancel_handshake]:
        assert failed(call, **given)[0] == "HandshakeNotFoundException"
    assert invited.accept_handshake(**given)["Handshake"]["State"] == "ACCEPTED"
    assert invited.describe_organization()["Organization"] == organization.shown
    shown = client.describe_account(AccountId=account)["Account"]
    assert (shown["JoinedMethod"], shown["State"]) == ("INVITED", "ACTIVE")
    assert client.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "from", "Value": "afar"}]
    assert failed(invited.accept_handshake, **given)[0] == "HandshakeAlreadyInStateException"
    assert failed(client.cancel_handshake, **given)[0] == "InvalidHandshakeTransitionException"
    assert failed(invite, Target={"Type": "ACCOUNT", "Id": account}) == (
        "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
    # Who was invited need not wait to leave.
    invited.leave_organization()


def test_invitations_are_declined_canceled_or_too_late(organization):
    account, other = fresh_account(), Organization(organization.rig)
    invited = organization.of(account)
    email = f"{account}@accounts.example.com"
    invite = lambda who, **target: who.client.invite_account_to_organization(  # noqa: E731
        Target=target or {"Type": "EMAIL", "Id": email})["Handshake"]["Id"]
    first = invite(organization)
    assert invited.describe_handshake(HandshakeId=first)["Handshake"]["Parties"][1] == {"Id": email, "Type": "EMAIL"}
    assert invited.decline_handshake(HandshakeId=first)["Handshake"]["State"] == "DECLINED"
    second = invite(organization)
    assert organization.client.cancel_handshake(HandshakeId=second)["Handshake"]["State"] == "CANCELED"
    assert failed(invited.accept_handshake, HandshakeId=second)[0] == "InvalidHandshakeTransitionException"
    # Of two organizations that invite, one gets the account.
    third, fourth = invite(organization), invite(other)
    assert len(every(invited, "list_handshakes_for_account")) == 4
    invited.accept_handshake(HandshakeId=third)
    assert failed(invited.accept_handshake, HandshakeId=fourth) == (
        "HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")
    # An organization that is gone invites nobody any more.
    gone = Organization(organization.rig)
    lonely = fresh_account()
    last = invite(gone, Type="ACCOUNT", Id=lonely)
    gone.client.delete_organization()
    assert failed(organization.of(lonely).accept_handshake, HandshakeId=last)[0] == "InvalidHandshakeTransitionException"
    send = organization.client.invite_account_to_organization
    assert failed(send, Target={"Type": "ORGANIZATION", "Id": "o-0123456789"}) == (
        "InvalidInputException", "INVALID_PARTY_TYPE_TARGET")
    assert failed(send, Target={"Type": "EMAIL", "Id": "nobody@example.net"}) == (
        "InvalidInputException", "INVALID_EMAIL_ADDRESS_TARGET")


def test_invitations_expire(start):
    organization = Organization(start("--transitions", "realistic"))
    account = fresh_account()
    invited = organization.of(account)
    sent = organization.client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": account})["Handshake"]["Id"]
    state = lambda: invited.describe_handshake(HandshakeId=sent)["Handshake"]["State"]  # noqa: E731
    organization.rig.advance(14 * DAY)
    assert state() == "REQUESTED"
    organization.rig.advance(DAY)
    assert state() == "EXPIRED"
    assert failed(invited.accept_handshake, HandshakeId=sent)[0] == "InvalidHandshakeTransitionException"
    organization.rig.advance(29 * DAY)
    assert state() == "EXPIRED"
    organization.rig.advance(DAY)
    assert failed(invited.describe_handshake, HandshakeId=sent)[0] == "HandshakeNotFoundException"
    assert organization.client.list_handshakes_for_organization()["Handshakes"] == []


def test_the_resource_policy_is_kept(organization):
    client = organization.client
    assert failed(client.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"
    content = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "organizations:DescribePolicy", "Resource": "*"}]})
    made = client.put_resource_policy(Content=content, Tags=[{"Key": "a", "Value": "b"}])["ResourcePolicy"]
    identity = made["ResourcePolicySummary"]
    assert identity["Arn"] == (
        f"arn:aws:organizations::{organization.id}:resourcepolicy/{organization.shown['Id']}/{identity['Id']}")
    again = client.put_resource_policy(Content=content.replace("Describe", "List"))["ResourcePolicy"]
    assert again["ResourcePolicySummary"] == identity
    assert client.describe_resource_policy()["ResourcePolicy"] == again
    assert client.list_tags_for_resource(ResourceId=identity["Id"])["Tags"] == [{"Key": "a", "Value": "b"}]
    assert failed(client.put_resource_policy, Content="{}")[0] == "InvalidInputException"
    client.delete_resource_policy()
    assert failed(client.delete_resource_policy)[0] == "ResourcePolicyNotFoundException"


def test_management_policies_come_down_to_accounts(shared):
    organization = Policies(shared, "TAG_POLICY")
    client, unit, account = organization.client, organization.unit("unit"), organization.account("account")
    client.move_account(AccountId=account, SourceParentId=organization.root, DestinationParentId=unit)
    member = organization.of(account)
    describe = {"PolicyType": "TAG_POLICY", "TargetId": account}
    assert failed(client.describe_effective_policy, **describe)[0] == "EffectivePolicyNotFoundException"

    def attach(name, target, key, values):
        content = json.dumps({"tags": {"cost": {"tag_key": key, "tag_value": values}}})
        policy = organization.policy(name, content, "TAG_POLICY")
        client.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    look = lambda who=client, **given: json.loads(  # noqa: E731
        who.describe_effective_policy(PolicyType="TAG_POLICY", **given)["EffectivePolicy"]["PolicyContent"])["tags"]["cost"]
    closed = {"@@operators_allowed_for_child_policies": ["@@none"], "@@assign": "Cost"}
    attach("root", organization.root, closed, {"@@assign": ["one", "two"]})
    attach("unit", unit, {"@@assign": "cost"}, {"@@append": ["three"]})
    last = attach("account", account, {"@@assign": "COST"}, {"@@remove": ["one"]})
    assert look(TargetId=account) == look(member) == {"tag_key": "Cost", "tag_value": ["two", "three"]}
    # Policies of management bind the management account as well.
    assert look() == {"tag_key": "Cost", "tag_value": ["one", "two"]}
    client.detach_policy(PolicyId=last, TargetId=account)
    assert look(member)["tag_value"] == ["one", "two", "three"]
    assert failed(member.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=organization.id)[0] == (
        "AccessDeniedException")
    assert failed(client.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=unit) == (
        "InvalidInputException", "TARGET_NOT_SUPPORTED")
    assert failed(client.describe_effective_policy, PolicyType="TAG_POLICY", TargetId="000000000001")[0] == (
        "TargetNotFoundException")
    assert failed(client.describe_effective_policy, PolicyType="BACKUP_POLICY")[0] == "EffectivePolicyNotFoundException"
    for content in ['{"tags": {"a": {"tag_key": "a"}}}', '{"tags": {"a": {"tag_key": {"@@set": "a"}}}}']:
        assert failed(client.create_policy, Name="x", Description="", Type="TAG_POLICY", Content=content)[0] == (
            "MalformedPolicyDocumentException")


def test_values_that_break_the_model_have_a_reason(organization):
    client = organization.client
    assert failed(client.list_policies, Filter="SOME_POLICY") == ("InvalidInputException", "INVALID_ENUM")
    assert failed(client.list_accounts, MaxResults=21) == ("InvalidInputException", "MAX_VALUE_EXCEEDED")
    long = {"ParentId": organization.root, "Name": "n" * 129}
    assert failed(client.create_organizational_unit, **long) == ("InvalidInputException", "MAX_LENGTH_EXCEEDED")
