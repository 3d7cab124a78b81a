"""Virtual MFA devices through the door: codes by RFC 6238, who has a device, what a code is good for."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.iam import mfa, queries
from iamconsole.iam.models import MfaDevice, User
from tests.boto import boto
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
STEP = mfa.step_at(NOON)


def at_noon(account, user_name="admin"):
    return client_for(account, user_name, clock=lambda: NOON)


def made(client, name="phone", **params):
    """Serial number and seed of a new device."""
    device = client.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name=name, **params)["VirtualMFADevice"]
    return device["SerialNumber"], device["Base32StringSeed"].decode()


def two_codes(seed, first=STEP - 1):
    return {
        "authentication_code1": mfa.code_at(seed, first),
        "authentication_code2": mfa.code_at(seed, first + 1),
    }


def enabled(client, user_name, name="phone", first=STEP - 1):
    serial, seed = made(client, name)
    client.call("iam:EnableMFADevice", user_name=user_name, serial_number=serial, **two_codes(seed, first))
    return serial, seed


def refused(client, code, message, action, **params):
    with pytest.raises(AwsError) as error:
        client.call(action, **params)
    assert (error.value.code, error.value.message) == (code, message)


# RFC 6238, appendix B: the SHA-1 rows, of which six digits are kept.
@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    seed = base64.b32encode(b"12345678901234567890").decode()
    assert mfa.code_at(seed, mfa.step_at(dt.datetime.fromtimestamp(seconds, dt.UTC))) == code


def test_a_new_device_comes_with_its_seed_once_and_with_a_picture_of_it(sandbox):
    """VirtualMFADevice of the API Reference: the QR code says otpauth://totp/name@user?secret=…"""
    keys = client_for(sandbox).call("iam:CreateAccessKey", user_name="admin")["AccessKey"]
    iam = boto("iam", keys["AccessKeyId"], keys["SecretAccessKey"])
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    assert device["SerialNumber"] == f"arn:aws:iam::{sandbox.account_id}:mfa/phone"
    assert len(base64.b32decode(device["Base32StringSeed"])) == 40
    assert device["QRCodePNG"].startswith(b"\x89PNG")
    assert mfa.provisioning_uri("phone", "admin", "SEED") == "otpauth://totp/phone@admin?secret=SEED"
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == [{"SerialNumber": device["SerialNumber"]}]
    kept = MfaDevice.objects.get()
    assert device["Base32StringSeed"] not in bytes(kept.seed)
    assert mfa.seed_of(kept).encode() == device["Base32StringSeed"]
    assert device["Base32StringSeed"].decode() not in str(list(Event.objects.values()))


def test_two_codes_in_a_row_assign_a_device(sandbox):
    admin = at_noon(sandbox)
    serial, _ = enabled(admin, "Sarah")
    listed = admin.call("iam:ListMFADevices", user_name="Sarah")
    assert listed["MFADevices"] == [{"UserName": "Sarah", "SerialNumber": serial, "EnableDate": NOON}]
    assigned = admin.call("iam:ListVirtualMFADevices", assignment_status="Assigned")["VirtualMFADevices"]
    assert [device["User"]["UserName"] for device in assigned] == ["Sarah"]
    assert admin.call("iam:ListVirtualMFADevices", assignment_status="Unassigned")["VirtualMFADevices"] == []


@pytest.mark.parametrize("first", [STEP - 1 - mfa.RESYNC_WINDOW - 1, STEP + mfa.RESYNC_WINDOW + 1])
def test_codes_of_another_time_assign_nothing(sandbox, first):
    admin = at_noon(sandbox)
    serial, seed = made(admin)
    refused(
        admin,
        "InvalidAuthenticationCode",
        "Authentication code for device is not valid",
        "iam:EnableMFADevice",
        user_name="Sarah",
        serial_number=serial,
        **two_codes(seed, first),
    )


def test_codes_that_do_not_follow_each_other_assign_nothing(sandbox):
    admin = at_noon(sandbox)
    serial, seed = made(admin)
    for codes in ((STEP, STEP), (STEP, STEP - 1), (STEP - 2, STEP)):
        with pytest.raises(AwsError, match="not valid"):
            admin.call(
                "iam:EnableMFADevice",
                user_name="Sarah",
                serial_number=serial,
                authentication_code1=mfa.code_at(seed, codes[0]),
                authentication_code2=mfa.code_at(seed, codes[1]),
            )


def sarahs_devices(account):
    return queries.mfa_devices(account.pk, User.objects.get(name="Sarah").pk)


def test_a_code_works_once_and_one_step_early_or_late(sandbox):
    serial, seed = enabled(at_noon(sandbox), "Sarah")
    later = NOON + 3 * mfa.STEP

    def used(ahead):
        return mfa.use_code(sarahs_devices(sandbox), mfa.code_at(seed, STEP + 3 + ahead), later)

    assert used(-2) is None
    assert used(2) is None
    assert used(-1).arn(sandbox.account_id) == serial
    assert used(-1) is None
    assert used(1)
    # What is older than a code that was used is worth nothing either.
    assert used(0) is None


def test_the_codes_that_assigned_a_device_cannot_sign_in_any_more(sandbox):
    _, seed = enabled(at_noon(sandbox), "Sarah")
    assert mfa.use_code(sarahs_devices(sandbox), mfa.code_at(seed, STEP), NOON) is None


def test_any_of_several_devices_will_do_and_nobody_elses(sandbox):
    admin = at_noon(sandbox)
    _, first = enabled(admin, "Sarah", "first")
    _, second = enabled(admin, "Sarah", "second")
    _, of_amin = enabled(admin, "amin", "third")
    assert mfa.use_code(sarahs_devices(sandbox), mfa.code_at(of_amin, STEP + 1), NOON) is None
    for name, seed in (("first", first), ("second", second)):
        assert mfa.use_code(sarahs_devices(sandbox), mfa.code_at(seed, STEP + 1), NOON).name == name


def test_a_device_that_was_out_of_step_works_after_a_resync(sandbox):
    """Late codes assign the device all the same, and leave it out of step (API Reference, EnableMFADevice)."""
    admin = at_noon(sandbox)
    serial, seed = enabled(admin, "Sarah", first=STEP - 9)
    assert mfa.use_code(sarahs_devices(sandbox), mfa.code_at(seed, STEP), NOON) is None
    admin.call("iam:ResyncMFADevice", user_name="Sarah", serial_number=serial, **two_codes(seed))
    assert mfa.use_code(sarahs_devices(sandbox), mfa.code_at(seed, STEP + 1), NOON)


def test_a_resync_does_not_take_codes_that_were_used(sandbox):
    admin = at_noon(sandbox)
    serial, seed = enabled(admin, "Sarah")
    with pytest.raises(AwsError, match="not valid"):
        admin.call("iam:ResyncMFADevice", user_name="Sarah", serial_number=serial, **two_codes(seed))


def test_a_ninth_device_is_refused(sandbox):
    admin = at_noon(sandbox)
    for number in range(8):
        enabled(admin, "Sarah", f"device{number}")
    with pytest.raises(AwsError) as error:
        enabled(admin, "Sarah", "ninth")
    assert error.value.message == "Cannot exceed quota for MfaDevicesPerUser: 8"


def test_one_name_and_path_is_one_device(admin):
    made(admin)
    refused(
        admin,
        "EntityAlreadyExists",
        "MFADevice entity at the same path and name already exists.",
        "iam:CreateVirtualMFADevice",
        virtual_mfa_device_name="Phone",
    )
    assert made(admin, path="/hr/")[0].endswith(":mfa/hr/phone")


def test_a_serial_number_that_no_operation_could_name_is_refused(admin):
    made(admin, "d" * 226)
    with pytest.raises(AwsError) as error:
        made(admin, "e" * 227)
    assert error.value.code == "ValidationError"


def test_a_device_goes_away_in_two_steps(sandbox):
    admin = at_noon(sandbox)
    serial, _ = enabled(admin, "Sarah")
    in_use = "MFA VirtualDevice in use. Must deactivate first."
    refused(admin, "DeleteConflict", in_use, "iam:DeleteVirtualMFADevice", serial_number=serial)
    refused(
        admin,
        "NoSuchEntity",
        "MFA Device invalid for user.",
        "iam:DeactivateMFADevice",
        user_name="amin",
        serial_number=serial,
    )
    admin.call("iam:DeactivateMFADevice", user_name="Sarah", serial_number=serial)
    assert not sarahs_devices(sandbox)
    admin.call("iam:DeleteVirtualMFADevice", serial_number=serial)
    assert not MfaDevice.objects.exists()


def test_a_device_that_somebody_has_is_not_assigned_again(sandbox):
    admin = at_noon(sandbox)
    serial, seed = enabled(admin, "Sarah")
    codes = two_codes(seed, STEP + 1)
    with pytest.raises(AwsError) as error:
        admin.call("iam:EnableMFADevice", user_name="amin", serial_number=serial, **codes)
    assert error.value.code == "EntityAlreadyExists"


def test_a_user_who_has_a_device_is_not_deleted(sandbox):
    admin = at_noon(sandbox)
    serial, _ = enabled(admin, "Sarah")
    refused(
        admin,
        "DeleteConflict",
        "Cannot delete entity, must delete MFA device first.",
        "iam:DeleteUser",
        user_name="Sarah",
    )
    admin.call("iam:DeactivateMFADevice", user_name="Sarah", serial_number=serial)
    admin.call("iam:DeleteUser", user_name="Sarah")


def test_the_root_user_has_devices_of_its_own(sandbox):
    root = at_noon(sandbox, "")
    serial, seed = made(root, "root-account-mfa-device")
    root.call("iam:EnableRootMFADevice", serial_number=serial, **two_codes(seed))
    event = Event.objects.latest("id")
    assert (event.name, event.request) == ("EnableMFADevice", {"serialNumber": serial})
    assert [device["SerialNumber"] for device in root.call("iam:ListMFADevices")["MFADevices"]] == [serial]
    shown = root.call("iam:ListVirtualMFADevices")["VirtualMFADevices"][0]
    assert shown["User"]["Arn"] == f"arn:aws:iam::{sandbox.account_id}:root"
    assert root.call("iam:GetAccountSummary")["SummaryMap"]["AccountMFAEnabled"] == 1
    assert at_noon(sandbox).call("iam:ListMFADevices")["MFADevices"] == []
    assert mfa.use_code(queries.mfa_devices(sandbox.pk, None), mfa.code_at(seed, STEP + 1), NOON)
    root.call("iam:ResyncRootMFADevice", serial_number=serial, **two_codes(seed, STEP + 2))
    root.call("iam:DeactivateMFADevice", serial_number=serial)
    assert root.call("iam:ListMFADevices")["MFADevices"] == []


def test_only_the_root_user_enables_a_device_without_a_name(sandbox):
    admin = at_noon(sandbox)
    serial, seed = made(admin)
    with pytest.raises(AwsError) as error:
        admin.call("iam:EnableRootMFADevice", serial_number=serial, **two_codes(seed))
    assert error.value.code == "InvalidUserType"


def test_users_with_the_policy_of_aws_manage_their_own_device(root, sandbox):
    """IAM User Guide, "AWS: Allows MFA-authenticated IAM users to manage their own MFA device": resources."""
    root.call("iam:CreateUser", user_name="john")
    own = policy(
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
        allow(["iam:EnableMFADevice", "iam:ListMFADevices"], "arn:aws:iam::*:user/${aws:username}"),
    )
    root.call("iam:PutUserPolicy", user_name="john", policy_name="own", policy_document=own)
    john = at_noon(sandbox, "john")
    enabled(john, "john")
    assert john.call("iam:ListMFADevices")["MFADevices"]
    for action, params in (("iam:ListMFADevices", {"user_name": "Sarah"}), ("iam:ListVirtualMFADevices", {})):
        with pytest.raises(AccessDenied):
            john.call(action, **params)


def test_tags_of_a_device_decide(root, sandbox):
    made(root, "hers", tags=[{"Key": "owner", "Value": "ann"}])
    made(root, "his", tags=[{"Key": "owner", "Value": "bob"}])
    root.call("iam:CreateUser", user_name="clerk")
    rule = allow("iam:DeleteVirtualMFADevice") | {"Condition": {"StringEquals": {"aws:ResourceTag/owner": "ann"}}}
    root.call("iam:PutUserPolicy", user_name="clerk", policy_name="p", policy_document=policy(rule))
    clerk = client_for(sandbox, "clerk")
    clerk.call("iam:DeleteVirtualMFADevice", serial_number=f"arn:aws:iam::{sandbox.account_id}:mfa/hers")
    with pytest.raises(AccessDenied):
        clerk.call("iam:DeleteVirtualMFADevice", serial_number=f"arn:aws:iam::{sandbox.account_id}:mfa/his")


# -- tags of devices ----------------------------------------------------------------------------------


def test_tags_of_a_device_are_put_listed_and_taken_and_decide(root, admin, sandbox):
    made = admin.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")["VirtualMFADevice"]
    serial = {"serial_number": made["SerialNumber"]}
    tags = [{"Key": "Team", "Value": "hr"}, {"Key": "color", "Value": ""}]
    admin.call("iam:TagMFADevice", **serial, tags=tags)
    admin.call("iam:TagMFADevice", **serial, tags=[{"Key": "team", "Value": "it"}])
    listed = admin.call("iam:ListMFADeviceTags", **serial)["Tags"]
    assert listed == [{"Key": "color", "Value": ""}, {"Key": "team", "Value": "it"}]
    first = admin.call("iam:ListMFADeviceTags", **serial, max_items=1)
    assert admin.call("iam:ListMFADeviceTags", **serial, marker=first["Marker"])["Tags"] == listed[1:]

    only_it = policy(
        allow("iam:DeleteVirtualMFADevice") | {"Condition": {"StringEquals": {"aws:ResourceTag/team": "it"}}}
    )
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="it", policy_document=only_it)
    admin.call("iam:UntagMFADevice", **serial, tag_keys=["TEAM"])
    with pytest.raises(AccessDenied):
        client_for(sandbox, "amin").call("iam:DeleteVirtualMFADevice", **serial)
    admin.call("iam:TagMFADevice", **serial, tags=[{"Key": "team", "Value": "it"}])
    client_for(sandbox, "amin").call("iam:DeleteVirtualMFADevice", **serial)
    with pytest.raises(AwsError) as error:
        admin.call("iam:ListMFADeviceTags", **serial)
    assert error.value.code == "NoSuchEntity"
