"""Virtual MFA devices.

The root user's own device is enabled and resynchronised by the console alone: "You cannot enable an
MFA device for the AWS account root user with the AWS CLI, AWS API, …" (IAM User Guide, "Assign MFA
devices in the AWS CLI or AWS API"), since both operations must name a user. The console's two
operations for it are decided and recorded as the ones on the wire.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.core.errors import (
    AwsError,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidRequest,
    NoSuchEntity,
    ValidationError,
)
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import keys, mfa, paging, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.models import MfaDevice, User
from iamconsole.iam.tags import Tags, merged_tags

# The longest that any operation lets a request name (botocore's model: serialNumberType).
SERIAL_LENGTH = 256


class InvalidAuthenticationCode(AwsError):
    code = "InvalidAuthenticationCode"
    status = 403


@operation(
    "iam:CreateVirtualMFADevice",
    resource=resources.new_mfa_device,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagMFADevice", resources.if_tagged(resources.new_mfa_device), keys.REQUEST_TAGS)],
)
def create_virtual_mfa_device(
    call: Call, *, virtual_mfa_device_name: str, path: str = "/", tags: Tags = ()
) -> Response:
    """Make a device that belongs to nobody yet. Its seed is in this answer and never in another."""
    caller = call.caller
    row = MfaDevice(
        account_id=caller.account_key,
        name=virtual_mfa_device_name,
        path=path,
        tags=merged_tags({}, tags),
        created=call.now,
    )
    serial = row.arn(caller.account_id)
    if len(serial) > SERIAL_LENGTH:
        # The model has no longest name, but no other operation could name the device then.
        raise ValidationError(
            f"The serial number of a device can have {SERIAL_LENGTH} characters; that of this name and path has "
            f"{len(serial)}.",
            field="virtual_mfa_device_name",
        )
    if MfaDevice.objects.filter(account=caller.account_key, path=path, name__iexact=virtual_mfa_device_name).exists():
        raise EntityAlreadyExists(
            "MFADevice entity at the same path and name already exists.", field="virtual_mfa_device_name"
        )
    seed = call.ids.mfa_seed()
    row.seed = mfa.seal(seed)
    row.save()
    uri = mfa.provisioning_uri(row.name, caller.user_name or caller.account_id, seed)
    shape = {"SerialNumber": serial, "Base32StringSeed": seed.encode(), "QRCodePNG": mfa.qr_png(uri)}
    return {"VirtualMFADevice": shape | shapes.tags_of(row)}


def _device(call: Call) -> MfaDevice:
    """The device that the call names by its serial number, whoever has it."""
    row: MfaDevice = resources.mfa_device(call.caller, [call.params])[0].require()
    return row


def _own_device(call: Call, user: User | None) -> MfaDevice:
    """A device that is assigned to the user, or to the root user where there is none."""
    device = _device(call)
    if device.enabled is None or device.user_id != (user.pk if user else None):
        raise NoSuchEntity("MFA Device invalid for user.", field="serial_number")
    return device


def _synchronise(call: Call, device: MfaDevice, first: str, second: str) -> None:
    if not mfa.synchronise(device, first, second, call.now):
        raise InvalidAuthenticationCode("Authentication code for device is not valid", field="authentication_code1")


def _enable(call: Call, user: User | None, first: str, second: str) -> Response:
    device = _device(call)
    if device.enabled is not None:
        # AWS documents EntityAlreadyExists and not its words.
        raise EntityAlreadyExists(f"MFADevice {device.name} is already assigned.", field="serial_number")
    assigned = MfaDevice.objects.filter(account=call.caller.account_key, user=user, enabled__isnull=False)
    quotas.check("MfaDevicesPerUser", quotas.MFA_DEVICES, assigned.count())
    _synchronise(call, device, first, second)
    device.user, device.enabled = user, call.now
    device.save()
    return {}


@operation("iam:EnableMFADevice", resource=resources.user)
def enable_mfa_device(
    call: Call, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> Response:
    """Assign a device to a user who has it: two codes that follow each other prove it."""
    return _enable(call, call.resource.require(), authentication_code1, authentication_code2)


@operation("iam:ResyncMFADevice", resource=resources.user)
def resync_mfa_device(
    call: Call, *, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> Response:
    """Take over the clock of a device that has run away from ours."""
    device = _own_device(call, call.resource.require())
    _synchronise(call, device, authentication_code1, authentication_code2)
    device.save(update_fields=["drift", "last_step"])
    return {}


def _as_of_the_wire(call: Call, name: str, serial_number: str) -> None:
    """Let the event of a console operation for the root user read as AWS's."""
    call.event = {"name": name, "request": {"serialNumber": serial_number}}
    if not call.caller.is_root:
        raise InvalidRequest("Only the root user can do this without a user name.", code="InvalidUserType")


@operation("iam:EnableRootMFADevice", action="iam:EnableMFADevice", resource=resources.self_only, public=False)
def enable_root_mfa_device(
    call: Call, *, serial_number: str, authentication_code1: str, authentication_code2: str
) -> Response:
    _as_of_the_wire(call, "EnableMFADevice", serial_number)
    return _enable(call, None, authentication_code1, authentication_code2)


@operation("iam:ResyncRootMFADevice", action="iam:ResyncMFADevice", resource=resources.self_only, public=False)
def resync_root_mfa_device(
    call: Call, *, serial_number: str, authentication_code1: str, authentication_code2: str
) -> Response:
    _as_of_the_wire(call, "ResyncMFADevice", serial_number)
    device = _own_device(call, None)
    _synchronise(call, device, authentication_code1, authentication_code2)
    device.save(update_fields=["drift", "last_step"])
    return {}


@operation("iam:DeactivateMFADevice", resource=resources.user_or_self)
def deactivate_mfa_device(call: Call, *, serial_number: str, user_name: str | None = None) -> Response:
    """Take a device from its user. It is then nobody's and can be deleted."""
    device = _own_device(call, resources.holder(call))
    device.user, device.enabled = None, None
    device.save(update_fields=["user", "enabled"])
    return {}


@operation("iam:DeleteVirtualMFADevice", resource=resources.mfa_device)
def delete_virtual_mfa_device(call: Call, *, serial_number: str) -> Response:
    device: MfaDevice = call.resource.require()
    if device.enabled is not None:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    device.delete()
    return {}


@operation("iam:TagMFADevice", resource=resources.mfa_device, keys=keys.REQUEST_TAGS)
def tag_mfa_device(call: Call, *, serial_number: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagMFADevice", resource=resources.mfa_device, keys=keys.TAG_KEYS)
def untag_mfa_device(call: Call, *, serial_number: str, tag_keys: Sequence[str]) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListMFADeviceTags", resource=resources.mfa_device, read_only=True)
def list_mfa_device_tags(
    call: Call, *, serial_number: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return tagging.page_of(call)


def _load_devices(calls: Sequence[Call]) -> dict[int | None, list[MfaDevice]]:
    return resources.rows_of_users(calls, MfaDevice.objects.filter(enabled__isnull=False).order_by("enabled", "pk"))


@operation("iam:ListMFADevices", resource=resources.user_or_self, read_only=True, load=_load_devices)
def list_mfa_devices(
    call: Call, *, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> Response:
    user = resources.holder(call)
    # As with access keys, the root user goes by the account's name.
    name = user.name if user else call.caller.account_name
    rows = call.loaded[user.pk if user else None]
    found, page = paging.page_of_list(rows, call, key=lambda row: row.arn(call.caller.account_id))
    devices = [
        {"UserName": name, "SerialNumber": row.arn(call.caller.account_id), "EnableDate": row.enabled} for row in found
    ]
    return {"MFADevices": devices, **page}


@operation("iam:ListVirtualMFADevices", resource=resources.all_mfa_devices, read_only=True)
def list_virtual_mfa_devices(
    call: Call, *, assignment_status: str = "Any", marker: str | None = None, max_items: int | None = None
) -> Response:
    rows = MfaDevice.objects.filter(account=call.caller.account_key).select_related("user", "account")
    if assignment_status != "Any":
        rows = rows.filter(enabled__isnull=assignment_status == "Unassigned")
    account_id = call.caller.account_id
    found, page = paging.page_of_list(list(rows), call, key=lambda row: row.arn(account_id))
    return {"VirtualMFADevices": [shapes.virtual_mfa_device(row, account_id) for row in found], **page}


@operation("iam:GetMFADevice", resource=resources.user_or_self, read_only=True)
def get_mfa_device(call: Call, *, serial_number: str, user_name: str | None = None) -> Response:
    """ "For this API, we only accept FIDO security key ARNs" (API Reference): there are no such devices here."""
    resources.holder(call)
    raise NoSuchEntity("MFA Device invalid for user.", field="serial_number")
