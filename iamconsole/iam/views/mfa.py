"""MFA devices of a user or of oneself: assigning one, taking it away, setting its clock; the lab authenticator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import segno
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from iamconsole.core import arn
from iamconsole.core.errors import AwsError, DeleteConflict, EntityAlreadyExists, NoSuchEntity
from iamconsole.iam import authenticator, mfa
from iamconsole.iam.forms.mfa import KINDS, CodesForm, DeviceForm
from iamconsole.iam.quotas import MFA_DEVICES
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.owner import Owner
from iamconsole.ui import drafts, flash
from iamconsole.ui.forms import submit
from iamconsole.ui.pages import ConsoleRequest, Panel, public, render_page
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard

STEPS = (
    Step("device", "Select MFA device", DeviceForm),
    Step("setup", "Set up device", CodesForm),
)
DESCRIPTION = (
    "Use MFA to increase the security of your AWS environment. Signing in with MFA requires an authentication code "
    f"from an MFA device. Each user can have a maximum of {MFA_DEVICES} MFA devices assigned."
)
COLUMNS = (
    Column("type", "Type", value=lambda device: "Virtual"),
    Column("SerialNumber", "Identifier", template="iam/mfa_cells.html#identifier-cell"),
    # FIDO certifications: a virtual device can have none.
    Column("certifications", "Certifications", value=lambda device: "Not applicable"),
    Column("EnableDate", "Created on", template="iam/mfa_cells.html#created-cell"),
)


def mfa_table(owner: Owner, devices: Panel) -> Table:
    """The block of the credential pages; `devices` is the answer of ListMFADevices."""
    assign = Action("Assign MFA device", owner.url("mfa-assign"))
    table = Table(
        "mfa-devices",
        "Multi-factor authentication (MFA)",
        COLUMNS,
        description=DESCRIPTION,
        info="mfa",
        selection="single",
        key="SerialNumber",
        searchable=False,
        refresh=False,
        actions=(
            Action("Remove", owner.url("mfa-remove"), needs="one", modal=True),
            Action("Resync", owner.url("mfa-resync"), needs="one", modal=True),
            assign,
        ),
        empty=Empty(
            "No MFA devices. Assign an MFA device to improve the security of your AWS environment", action=assign
        ),
    )
    if devices.error:
        return table.fail(devices.error)
    return table.fill(devices.result["MFADevices"] if devices.result else ())


# -- assign -------------------------------------------------------------------------------------------


@post_or_get
def mfa_assign(request: ConsoleRequest, user_name: str = "") -> HttpResponse:
    """Two steps: a name, then two codes of the device.

    As in AWS's console the device is made between them, since the QR code shows its secret; who stops
    there leaves a device that is nobody's.
    """
    owner = Owner.of(request, user_name)
    wizard = Wizard(request, "mfa", STEPS, finish="Add MFA", cancel=owner.home)
    answer = wizard.walk()
    named = wizard.step.name == "device" and request.method == "POST" and wizard.form.is_valid()
    if named and (error := _make(request, wizard)):
        wizard.form.refuse(error)
        return wizard.page("iam/mfa_assign.html", {"owner": owner, "texts": _texts()})
    if answer:
        return answer
    made: dict[str, str] = wizard.draft.get("made", {})
    if wizard.step.name == "setup" and not made:
        return redirect(wizard.url(STEPS[0]))
    action = "iam:EnableRootMFADevice" if owner.is_root else "iam:EnableMFADevice"
    if wizard.finished and submit(wizard.form, request.aws, action, **_who(owner, made["serial"])):
        return _assigned(request, owner, wizard)
    context: dict[str, Any] = {"owner": owner, "texts": _texts()}
    if made:
        codes = authenticator.codes_of(made["seed"], timezone.now())
        context |= {"made": made, "qr": _qr(request, made), "codes": codes, "codes_url": wizard.url(wizard.step)}
    return wizard.page("iam/mfa_assign.html", context, partial="codes")


def _texts() -> dict[str, str]:
    return {kind: texts[1] for kind, texts in KINDS.items()}


def _make(request: ConsoleRequest, wizard: Wizard) -> AwsError | None:
    """Make the device, unless it was made before somebody went back a step; the error if it cannot be made."""
    name = wizard.form.cleaned_data["device_name"]
    if wizard.draft.get("made", {}).get("name") == name:
        return None
    try:
        device = _created(request, name)
    except AwsError as error:
        return error
    wizard.draft["made"] = {
        "name": name,
        "serial": device["SerialNumber"],
        "seed": device["Base32StringSeed"].decode(),
    }
    drafts.save(request, wizard.name, wizard.id, wizard.draft)
    return None


def _created(request: ConsoleRequest, name: str) -> dict[str, Any]:
    """A new device. One of the same name that somebody began to assign and left is deleted first.

    Source: IAM User Guide, "I am not authorized to perform: iam:DeleteVirtualMFADevice", which is what
    the console then says to somebody without that permission.
    """
    params: dict[str, Any] = {"virtual_mfa_device_name": name}
    try:
        made: dict[str, Any] = request.aws.call("iam:CreateVirtualMFADevice", **params)["VirtualMFADevice"]
    except EntityAlreadyExists as taken:
        serial = arn.iam(request.caller.account_id, "mfa", name)
        try:
            request.aws.call("iam:DeleteVirtualMFADevice", serial_number=serial)
        except (DeleteConflict, NoSuchEntity):  # somebody has it, or its name differs in case
            raise taken from None
        made = request.aws.call("iam:CreateVirtualMFADevice", **params)["VirtualMFADevice"]
    return made


def _who(owner: Owner, serial: str) -> dict[str, str]:
    """Enabling and resynchronising name the user, even oneself; only the root user has no name."""
    return {"serial_number": serial} | ({} if owner.is_root else {"user_name": owner.name})


def _assigned(request: ConsoleRequest, owner: Owner, wizard: Wizard) -> HttpResponse:
    made = wizard.draft["made"]
    flash.success(request, "MFA device assigned.", f"You can register up to {MFA_DEVICES} MFA devices.")
    response = wizard.done(owner.home)
    holder = owner.name or request.caller.account_name
    entry = authenticator.Entry(made["name"], holder, request.caller.account_id, made["seed"])
    authenticator.keep(request, response, entry)
    return response


def _qr(request: ConsoleRequest, made: dict[str, str]) -> SafeString:
    """The same as the PNG that the operation answers with, sharp at every size and without another request."""
    holder = request.caller.user_name or request.caller.account_id
    code = segno.make(mfa.provisioning_uri(made["name"], holder, made["seed"]), micro=False)
    return mark_safe(code.svg_inline(omitsize=True, svgclass=None, lineclass=None, light="#fff"))


# -- one device -----------------------------------------------------------------------------------------


def _chosen_serial(request: ConsoleRequest) -> str:
    return (request.POST or request.GET).get("selected", "")


@post_or_get
def mfa_remove(request: ConsoleRequest, user_name: str = "") -> HttpResponse:
    owner, serial = Owner.of(request, user_name), _chosen_serial(request)
    if not serial:
        return redirect(owner.home)
    if request.method == "POST":
        if error := in_order(request.aws, removal(owner.params, serial)):
            flash.failure(request, "The MFA device was not removed.", error)
        else:
            flash.success(request, "MFA device removed.")
        return redirect(owner.home)
    return render_page(request, "iam/mfa_remove.html", {"owner": owner, "serial": serial})


def removal(user: dict[str, Any], serial: str) -> Iterator[Call]:
    """A virtual device is of no use to anybody else: the console takes it away and deletes it."""
    yield "iam:DeactivateMFADevice", user | {"serial_number": serial}
    yield "iam:DeleteVirtualMFADevice", {"serial_number": serial}


@post_or_get
def mfa_resync(request: ConsoleRequest, user_name: str = "") -> HttpResponse:
    owner, serial = Owner.of(request, user_name), _chosen_serial(request)
    if not serial:
        return redirect(owner.home)
    form = CodesForm(request.POST if request.method == "POST" else None)
    action = "iam:ResyncRootMFADevice" if owner.is_root else "iam:ResyncMFADevice"
    if request.method == "POST" and submit(form, request.aws, action, **_who(owner, serial)):
        flash.success(request, "MFA device resynchronized.")
        return redirect(owner.home)
    context = {"owner": owner, "serial": serial, "form": form}
    return render_page(request, "iam/mfa_resync.html", context, status=422 if form.is_bound else 200)


# -- the lab authenticator --------------------------------------------------------------------------------


@public
@require_safe
def lab_authenticator(request: ConsoleRequest) -> HttpResponse:
    """The codes of the devices that were set up in this browser; needed before anybody is signed in."""
    now = timezone.now()
    shown = [(entry, authenticator.codes_of(entry.seed, now)) for entry in authenticator.entries(request)]
    context = {"shown": shown, "left": mfa.seconds_left(now)}
    return render_page(request, "iam/lab_authenticator.html", context, partial="codes")


@public
@require_POST
def lab_authenticator_forget(request: ConsoleRequest) -> HttpResponse:
    response = redirect(reverse("iam:lab-authenticator"))
    authenticator.forget(request, response, request.POST.get("account", ""), request.POST.get("name", ""))
    return response
