"""The post's walkthrough: a permission set that is a role in two accounts, somebody who signs in and works with it, and check on
what the reader leaves. The browser's half of signing in is in test_sign_in_page.py."""

import json
import subprocess

import pytest
from conftest import ACCOUNT, Shell, binary, eventually, rules, shell_environment
from test_identity_center import READ
from test_sign_in import Workforce

EC2_READ = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"


class Desk(Shell):
    """A shell of somebody who works with an organization, on a rig whose policies decide."""

    practice = "workforce-access"

    def __init__(self, rig, folder):
        super().__init__(rig, folder, "us-east-1")
        self.workforce = Workforce(rig)
        self.management, self.member = self.workforce.center.id, self.workforce.work
        self.become(self.management)

    def become(self, account):
        """Works as the root user of an account."""
        self.credentials = {"AWS_ACCESS_KEY_ID": account}

    def sign_in(self, account, role="Builder"):
        """Works in an account as Ann, with the credentials that `aws configure sso` gets."""
        token = self.workforce.tokens()[0]["accessToken"]
        found = self.workforce.credentials(token, account, role)
        self.credentials = {"AWS_ACCESS_KEY_ID": found["accessKeyId"], "AWS_SECRET_ACCESS_KEY": found["secretAccessKey"],
                            "AWS_SESSION_TOKEN": found["sessionToken"]}

    def allow(self, policy):
        """Puts an AWS managed policy into the permission set, in all accounts that have it."""
        sso, target = self.workforce.sso, self.workforce.target
        sso.attach_managed_policy_to_permission_set(**target, ManagedPolicyArn=policy)
        begun = sso.provision_permission_set(**target, TargetType="ALL_PROVISIONED_ACCOUNTS")["PermissionSetProvisioningStatus"]
        done = lambda: sso.describe_permission_set_provisioning_status(
            InstanceArn=self.workforce.center.arn, ProvisionPermissionSetRequestId=begun["RequestId"])
        eventually(lambda: done()["PermissionSetProvisioningStatus"]["Status"], "SUCCEEDED")

    def unassign(self, account):
        """Takes Ann's assignment in an account away."""
        workforce = self.workforce
        workforce.sso.delete_account_assignment(**workforce.whom("USER", workforce.user, account))
        eventually(lambda: workforce.assigned(account), set())


@pytest.fixture
def desk(enforcing, tmp_path):
    return Desk(enforcing, tmp_path)


def resources(findings, rule):
    """What a rule found something about, by the last part of its name."""
    found = [each["resource"] for each in findings["findings"] if each["rule"].endswith(f"/{rule}")]
    return sorted(resource.split("/")[-1] for resource in found)


def refused(done):
    assert done.returncode != 0 and "is not authorized to perform" in done.stderr, done.stderr
    return True


# ----- the post


def test_one_permission_set_is_a_role_in_two_accounts_and_allows_what_it_says(desk):
    desk.allow(EC2_READ)
    names = set()
    for account in (desk.management, desk.member):
        desk.sign_in(account)
        caller = desk.aws("sts", "get-caller-identity")
        assert caller["Account"] == account and caller["Arn"].endswith("/ann")
        names.add(caller["Arn"].split("/")[1])
        assert desk.aws("ec2", "describe-vpcs")["Vpcs"]
        assert refused(desk.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", check=False))
        assert refused(desk.aws("iam", "list-users", check=False))
    assert len(names) == 2 and all(name.startswith("AWSReservedSSO_Builder_") for name in names)


# ----- check


def test_check_finds_what_falls_short_and_is_content_when_it_is_mended(desk):
    center = desk.workforce.center
    desk.aws("iam", "create-user", "--user-name", "ann")
    key = desk.aws("iam", "create-access-key", "--user-name", "ann")["AccessKey"]
    status, findings = desk.check()
    assert status == 1
    assert rules(findings) == ["long-lived-key", "management-account", "no-boundary", "no-delegated-administrator"]
    assert resources(findings, "long-lived-key") == ["ann"]
    assert resources(findings, "no-boundary") == [desk.workforce.set.split("/")[-1]]
    desk.aws("iam", "delete-access-key", "--user-name", "ann", "--access-key-id", key["AccessKeyId"])
    desk.aws("sso-admin", "put-permissions-boundary-to-permission-set", "--instance-arn", center.arn,
             "--permission-set-arn", desk.workforce.set, "--permissions-boundary", f"ManagedPolicyArn={READ}")
    desk.aws("organizations", "register-delegated-administrator", "--account-id", desk.member,
             "--service-principal", "sso.amazonaws.com")
    desk.unassign(desk.management)
    status, findings = desk.check()
    assert (status, rules(findings)) == (0, []), findings["findings"]


def test_check_holds_what_a_role_allows_against_what_was_done_with_it(desk):
    desk.allow(EC2_READ)
    desk.become(desk.member)
    _, findings = desk.check("--rule", "wider-than-used")
    [finding] = findings["findings"]
    before = finding["figure"]["value"]
    desk.sign_in(desk.member)
    desk.aws("ec2", "describe-vpcs")
    refused(desk.aws("iam", "list-users", check=False))
    desk.become(desk.member)
    _, findings = desk.check("--rule", "wider-than-used")
    [finding] = findings["findings"]
    assert finding["figure"]["value"] == before - 1 and "ec2" not in finding["seen"].split("Not called: ")[1]


def test_check_says_what_it_could_not_read(desk):
    desk.become(desk.member)
    status, findings = desk.check()
    assert status == 2
    [unread] = [each for each in findings["unread"] if each["what"] == "sso:ListInstances"]
    assert desk.management in unread["why"] and "workforce-access/no-boundary" in unread["rules"]
    desk.sign_in(desk.member)
    status, findings = desk.check("--rule", "long-lived-key")
    assert status == 2 and "permission is missing" in findings["unread"][0]["why"]


def test_check_goes_through_a_role_to_every_account(desk):
    desk.become(desk.member)
    desk.aws("iam", "create-user", "--user-name", "robot")
    desk.aws("iam", "create-access-key", "--user-name", "robot")
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{desk.management}:root"}, "Action": "sts:AssumeRole"}}
    desk.aws("iam", "create-role", "--role-name", "Audit", "--assume-role-policy-document", json.dumps(trust))
    desk.aws("iam", "attach-role-policy", "--role-name", "Audit", "--policy-arn", READ)
    desk.become(desk.management)
    # Nobody assumes a role as a root user.
    desk.aws("iam", "create-user", "--user-name", "auditor")
    desk.aws("iam", "attach-user-policy", "--user-name", "auditor", "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess")
    key = desk.aws("iam", "create-access-key", "--user-name", "auditor")["AccessKey"]
    desk.credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    here = desk.check("--rule", "long-lived-key")[1]
    assert resources(here, "long-lived-key") == ["auditor"]
    status, findings = desk.check("--role", "Audit", "--rule", "long-lived-key")
    assert (status, resources(findings, "long-lived-key")) == (1, ["auditor", "robot"])
    assert f"iam:ListUsers in account {desk.member}" in [each["what"] for each in findings["read"]]
    status, findings = desk.check("--role", "Nobody", "--rule", "long-lived-key")
    assert status == 2
    assert findings["unread"][0]["resource"] == f"arn:aws:iam::{desk.member}:role/Nobody"


def test_an_account_by_itself_has_nothing_to_find(desk):
    desk.become(ACCOUNT)
    assert desk.check()[0] == 0


# ----- apply


FILE = """
[[users]]
name = "bob"
given_name = "Bob"
family_name = "Roe"
email = "bob@example.com"
[[groups]]
name = "watchers"
members = ["bob", "ann"]
[[permission_sets]]
name = "Watcher"
session_duration = "PT2H"
managed_policies = ["{policy}"]
boundary = "{policy}"
[[permission_sets]]
name = "Builder"
managed_policies = ["{policy}"]
[[assignments]]
permission_set = "Watcher"
groups = ["watchers"]
units = ["Work"]
"""


def test_apply_makes_what_a_file_says_in_every_account_and_goes_back(desk):
    root = desk.aws("organizations", "list-roots")["Roots"][0]["Id"]
    unit = desk.aws("organizations", "create-organizational-unit", "--parent-id", root, "--name", "Work")["OrganizationalUnit"]["Id"]
    desk.aws("organizations", "move-account", "--account-id", desk.member, "--source-parent-id", root, "--destination-parent-id", unit)
    (desk.folder / "workforce.toml").write_text(FILE.format(policy=EC2_READ))
    command = ("apply", "workforce-access", "--file", "workforce.toml")
    planned = desk.ironbird(*command, "--dry-run", check=True).stdout
    assert "+ user bob" in planned and f"for group watchers in account {desk.member}" in planned
    done = desk.ironbird(*command, "--yes", check=True)
    assert f"1 of 1: permission set Watcher for group watchers in account {desk.member}" in done.stderr
    assert "role of permission set Builder in account" in done.stderr
    desk.sign_in(desk.member, "Watcher")
    assert desk.aws("ec2", "describe-vpcs")["Vpcs"]
    assert refused(desk.aws("ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", check=False))
    # The role of the set that changed followed, in both accounts.
    desk.sign_in(desk.management)
    assert desk.aws("ec2", "describe-vpcs")["Vpcs"]
    desk.become(desk.management)
    assert "nothing to change" in desk.ironbird(*command, "--yes", check=True).stdout
    desk.ironbird("apply", "workforce-access", "--revert", "ironbird-workforce-access-backup.json", "--yes", check=True)
    users = desk.aws("identitystore", "list-users", "--identity-store-id", desk.workforce.store)["Users"]
    assert [user["UserName"] for user in users] == ["ann"]
    desk.become(desk.member)
    roles = desk.aws("iam", "list-roles", "--path-prefix", "/aws-reserved/")["Roles"]
    assert [role["RoleName"].split("_")[1] for role in roles] == ["Builder"]
    desk.sign_in(desk.member)
    assert refused(desk.aws("ec2", "describe-vpcs", check=False))


def test_apply_says_why_an_account_was_not_provisioned(desk):
    (desk.folder / "workforce.toml").write_text("""
[[permission_sets]]
name = "Builder"
customer_managed_policies = ["/teams/deploy"]
""")
    done = desk.ironbird("apply", "workforce-access", "--file", "workforce.toml", "--yes")
    assert done.returncode == 2 and "Not supported policy arn:aws:iam::" in done.stderr, done.stderr
    for account in (desk.management, desk.member):
        document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}}'
        desk.become(account)
        desk.aws("iam", "create-policy", "--policy-name", "deploy", "--path", "/teams/", "--policy-document", document)
    desk.become(desk.management)
    desk.ironbird("apply", "workforce-access", "--file", "workforce.toml", "--yes", check=True)
    desk.sign_in(desk.member)
    assert desk.aws("ec2", "describe-vpcs")["Vpcs"]


# ----- rehearse


def rehearse(folder, *options):
    return subprocess.run([binary(), "rehearse", "workforce-access", *options], env=shell_environment("us-east-1"), cwd=folder,
                          capture_output=True, timeout=300)


def test_the_rehearsal_holds_and_is_the_same_twice(tmp_path):
    runs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        text = rehearse(folder, "--seed", "7", "--accounts", "2", "--hours", "4")
        assert text.returncode == 0, text.stderr
        report = rehearse(folder, "--seed", "7", "--accounts", "2", "--hours", "4", "--json").stdout
        runs.append((text.stdout, report, (folder / "ironbird-workforce-access.html").read_bytes()))
    assert runs[0] == runs[1]
    outcomes = {one["variant"]: one["outcome"] for one in json.loads(runs[0][1])["summary"]["outcomes"]}
    assert outcomes == {"keys": "does-not-hold", "long-sessions": "does-not-hold", "short-sessions": "does-not-hold",
                        "revoked": "holds"}


def test_the_rehearsal_of_many_seeds_and_its_scenario(tmp_path):
    together = json.loads(rehearse(tmp_path, "--accounts", "1", "--hours", "3", "--seeds", "2", "--json").stdout)
    assert together["seeds"]["count"] == 2
    assert together["replay"] == "ironbird rehearse workforce-access --seed 1 --seeds 2 --accounts 1 --hours 3"
    (tmp_path / "bad.toml").write_text("[sessions]\nlong = 13\n")
    done = rehearse(tmp_path, "--scenario", "bad.toml")
    assert done.returncode == 2 and b"sessions.long: 13 is not between 1 and 12" in done.stderr
