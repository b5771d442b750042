"""MFA devices: virtual ones."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime

import pytest
from accounts import Account, denied

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
