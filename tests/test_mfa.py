"""MFA devices: virtual ones, whose codes sessions and roles can ask for."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime

import pytest
from accounts import Account, denied, document, statement

STEP = 30


@pytest.fixture
def account(start):
    """An account of a rig of its own, whose clock may be moved."""
    return Account(start("--auth", "enforce"))


class Device:
    """An authenticator app that was shown a device's seed."""

    def __init__(self, account, name, **options):
        self.rig = account.rig
        made = account.iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **options)["VirtualMFADevice"]
        self.serial, self.picture = made["SerialNumber"], made["QRCodePNG"]
        self.seed = base64.b32decode(made["Base32StringSeed"])

    def code(self, steps=0):
        """The code that it shows so many steps from now (RFC 6238)."""
        now = datetime.fromisoformat(self.rig.own("GET", "clock").json["now"].replace("Z", "+00:00"))
        digest = hmac.new(self.seed, struct.pack(">q", int(now.timestamp()) // STEP + steps), hashlib.sha1).digest()
        at = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"

    def codes(self):
        return {"AuthenticationCode1": self.code(-1), "AuthenticationCode2": self.code()}

    def fresh_code(self):
        """A code that was not shown before."""
        self.rig.advance(STEP)
        return self.code()

    def enable(self, account, user):
        account.iam.enable_mfa_device(UserName=user, SerialNumber=self.serial, **self.codes())


def test_a_device_is_made_given_and_taken_away(account):
    iam = account.iam
    iam.create_user(UserName="anna")
    device = Device(account, "phone", Path="/phones/", Tags=[{"Key": "colour", "Value": "red"}])
    assert device.serial == account.arn("mfa/phones/phone")
    assert device.picture.startswith(b"\x89PNG\r\n") and len(device.seed) == 40
    assert iam.list_mfa_device_tags(SerialNumber=device.serial)["Tags"] == [{"Key": "colour", "Value": "red"}]
    again = denied(iam.create_virtual_mfa_device, VirtualMFADeviceName="phone", Path="/phones/")
    assert again == (409, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")

    wrong = {"UserName": "anna", "SerialNumber": device.serial, "AuthenticationCode2": device.code()}
    assert denied(iam.enable_mfa_device, AuthenticationCode1="000000", **wrong)[:2] == (403, "InvalidAuthenticationCode")
    assert iam.list_mfa_devices(UserName="anna")["MFADevices"] == []
    device.enable(account, "anna")
    (held,) = iam.list_mfa_devices(UserName="anna")["MFADevices"]
    assert (held["UserName"], held["SerialNumber"]) == ("anna", device.serial)
    assert iam.get_mfa_device(SerialNumber=device.serial, UserName="anna")["EnableDate"] == held["EnableDate"]
    (assigned,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert assigned["User"]["UserName"] == "anna" and "Base32StringSeed" not in assigned
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1)
    iam.generate_credential_report()
    report = iam.get_credential_report()["Content"].decode().splitlines()
    column = report[0].split(",").index("mfa_active")
    assert [line.split(",")[column] for line in report if line.startswith("anna,")] == ["true"]

    assert denied(iam.delete_virtual_mfa_device, SerialNumber=device.serial)[:2] == (409, "DeleteConflict")
    assert "must delete MFA device first" in denied(iam.delete_user, UserName="anna")[2]
    assert denied(iam.enable_mfa_device, UserName="anna", SerialNumber=device.serial, **device.codes())[1] == "EntityAlreadyExists"
    iam.deactivate_mfa_device(UserName="anna", SerialNumber=device.serial)
    assert denied(iam.deactivate_mfa_device, UserName="anna", SerialNumber=device.serial)[1] == "NoSuchEntity"
    iam.delete_virtual_mfa_device(SerialNumber=device.serial)
    assert denied(iam.delete_virtual_mfa_device, SerialNumber=device.serial)[:2] == (404, "NoSuchEntity")
    iam.delete_user(UserName="anna")


def test_users_may_manage_their_own_device(account):
    own = statement("Allow", ["iam:CreateVirtualMFADevice", "iam:TagMFADevice"], "arn:aws:iam::*:mfa/${aws:username}")
    red = {"StringEquals": {"iam:ResourceTag/colour": "red"}}
    iam = account.user("anna", own, statement("Allow", "iam:DeleteVirtualMFADevice", Condition=red))("iam")
    assert denied(iam.create_virtual_mfa_device, VirtualMFADeviceName="bert")[1] == "AccessDenied"
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="anna")["VirtualMFADevice"]["SerialNumber"]
    assert denied(iam.delete_virtual_mfa_device, SerialNumber=serial)[1] == "AccessDenied"
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "colour", "Value": "red"}])
    iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_a_session_begun_with_a_code_may_more(account):
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
    anna = account.user("anna", statement("Allow", "ec2:Describe*", Condition=present))
    device = Device(account, "anna")
    device.enable(account, "anna")
    assert denied(anna("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    plain = anna("sts").get_session_token()["Credentials"]
    assert denied(account.rig.session(plain, "ec2").describe_vpcs)[1] == "UnauthorizedOperation"

    code = device.fresh_code()
    credentials = anna("sts").get_session_token(SerialNumber=device.serial, TokenCode=code)["Credentials"]
    session = account.rig.session(credentials, "ec2")
    assert session.describe_vpcs()["Vpcs"]
    account.rig.advance(3601)
    assert denied(session.describe_vpcs)[1] == "UnauthorizedOperation"

    ask = anna("sts").get_session_token
    assert denied(ask, SerialNumber=device.serial, TokenCode=code) == (
        403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    assert "must provide both" in denied(ask, SerialNumber=device.serial)[2]
    fresh = device.fresh_code()
    other = account.user("bert")
    assert "associated with this user" in denied(other("sts").get_session_token, SerialNumber=device.serial, TokenCode=fresh)[2]
    ask(SerialNumber=device.serial, TokenCode=fresh)
    assert denied(ask, SerialNumber=device.serial, TokenCode=fresh)[1] == "AccessDenied", "no code is good twice"


def test_a_role_can_ask_for_a_code(account):
    arn = account.arn("user/anna")
    anna = account.user("anna", statement("Allow", "sts:AssumeRole"))
    device = Device(account, "anna")
    device.enable(account, "anna")
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trust = document({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole", "Condition": present})
    role = account.role("careful", trust, statement("Allow", "ec2:*", Condition=present), statement("Allow", "iam:ListUsers"))
    ask = {"RoleArn": role, "RoleSessionName": "anna"}
    assert denied(anna("sts").assume_role, **ask)[1] == "AccessDenied"
    assert denied(anna("sts").assume_role, SerialNumber=device.serial, TokenCode="12345x", **ask)[1] == "AccessDenied"
    code = device.fresh_code()
    credentials = anna("sts").assume_role(SerialNumber=device.serial, TokenCode=code, **ask)["Credentials"]
    assert account.rig.session(credentials, "iam").list_users()["Users"]
    # What the role does, it does without the code.
    assert denied(account.rig.session(credentials, "ec2").describe_vpcs)[1] == "UnauthorizedOperation"


def test_a_device_whose_clock_went_astray_is_set_right(account):
    account.iam.create_user(UserName="anna")
    device = Device(account, "anna")
    device.enable(account, "anna")
    late = {"AuthenticationCode1": device.code(20), "AuthenticationCode2": device.code(21)}
    turned = {"AuthenticationCode1": late["AuthenticationCode2"], "AuthenticationCode2": late["AuthenticationCode1"]}
    resync = {"UserName": "anna", "SerialNumber": device.serial}
    assert denied(account.iam.resync_mfa_device, **resync, **turned)[1] == "InvalidAuthenticationCode"
    account.iam.resync_mfa_device(**resync, **late)
    key = account.iam.create_access_key(UserName="anna")["AccessKey"]
    sts = account.rig.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert denied(sts.get_session_token, SerialNumber=device.serial, TokenCode=device.fresh_code())[1] == "AccessDenied"
    sts.get_session_token(SerialNumber=device.serial, TokenCode=device.code(22))


def test_service_specific_credentials(account):
    iam = account.iam
    iam.create_user(UserName="anna")
    make = lambda **more: iam.create_service_specific_credential(UserName="anna", **more)["ServiceSpecificCredential"]
    first = make(ServiceName="codecommit.amazonaws.com")
    assert first["ServiceUserName"] == f"anna-at-{account.id}" and len(first["ServicePassword"]) == 43
    assert first["ServiceSpecificCredentialId"].startswith("ACCA") and first["Status"] == "Active"
    assert make(ServiceName="codecommit.amazonaws.com")["ServiceUserName"] == f"anna+1-at-{account.id}"
    code = lambda **more: denied(iam.create_service_specific_credential, UserName="anna", **more)[:2]
    assert code(ServiceName="codecommit.amazonaws.com") == (409, "LimitExceeded")
    assert code(ServiceName="s3.amazonaws.com") == (404, "NotSupportedService")
    assert code(ServiceName="cassandra.amazonaws.com", CredentialAgeDays=3) == (400, "ValidationError")
    key = make(ServiceName="bedrock.amazonaws.com", CredentialAgeDays=30)
    assert key["ServiceCredentialSecret"] and "ServicePassword" not in key
    assert (key["ExpirationDate"] - key["CreateDate"]).days == 30

    listed = iam.list_service_specific_credentials(UserName="anna", ServiceName="codecommit.amazonaws.com")
    assert len(listed["ServiceSpecificCredentials"]) == 2
    assert all("ServicePassword" not in held for held in listed["ServiceSpecificCredentials"])
    which = {"UserName": "anna", "ServiceSpecificCredentialId": first["ServiceSpecificCredentialId"]}
    again = iam.reset_service_specific_credential(**which)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != first["ServicePassword"]
    iam.update_service_specific_credential(Status="Inactive", **which)
    account.rig.advance(31 * 24 * 3600)
    held = iam.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert sorted(one["Status"] for one in held) == ["Active", "Expired", "Inactive"]
    assert denied(iam.delete_user, UserName="anna")[1] == "DeleteConflict"
    for one in held:
        iam.delete_service_specific_credential(UserName="anna", ServiceSpecificCredentialId=one["ServiceSpecificCredentialId"])
    assert denied(iam.delete_service_specific_credential, **which)[1] == "NoSuchEntity"
    iam.delete_user(UserName="anna")
