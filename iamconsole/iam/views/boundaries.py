"""Permissions boundaries of users and roles: the block on a page, the pages behind it, and a wizard's part."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.iam.forms.boundaries import BoundaryForm
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import post_or_get
from iamconsole.iam.views.kinds import KINDS
from iamconsole.iam.views.policy_parts import create_policy_action, policies_table, policy_name, policy_type
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Table
from iamconsole.ui.wizard import Step, Wizard

PERMISSIONS_BOUNDARY = "Permissions boundary"  # what `Used as` says of it


def boundary_block(kind: str, name: str, described: Panel) -> dict[str, Any]:
    """What iam/boundary_block.html shows, from the answer of GetUser or GetRole."""
    own = KINDS[kind]
    block: dict[str, Any] = {
        "noun": kind,
        "error": described.error,
        "set": reverse(f"iam:{kind}-set-boundary", args=[name]),
        "remove": reverse(f"iam:{kind}-remove-boundary", args=[name]),
    }
    if described.result and (found := described.result[own.noun].get("PermissionsBoundary")):
        arn = found["PermissionsBoundaryArn"]
        block |= {"arn": arn, "policy": policy_name(arn), "type": policy_type(arn)}
    return block


def boundary_set(kind: str, name: str) -> str:
    return f"Permissions boundary set for {kind} {name}."


def boundary_picker(request: ConsoleRequest, wizard: Wizard, **options: Any) -> Table:
    """The policies, one of which is to be the boundary: the field `boundary` of the wizard's form."""
    chosen = wizard.form["boundary"].value()
    return policies_table(
        request,
        name="boundaries",
        title="Permissions policies",
        description="Choose one policy to set as the permissions boundary.",
        selection="single",
        field_name="boundary",
        form="wizard",
        selected=[chosen] if chosen else [],
        actions=(create_policy_action(),),
        prefix="boundary",
        **options,
    )


@post_or_get
def set_boundary(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    """Set the boundary, or change it: the new one takes the old one's place."""
    own = KINDS[kind]
    action, params = own.call("Get{}", name)
    described = panel(request, action, **params)
    present = boundary_block(kind, name, described)
    home = f"{request.path.rpartition('/')[0]}?section=permissions"
    title = "Change permissions boundary" if present.get("arn") else "Set permissions boundary"
    step = Step("boundary", title, BoundaryForm, initial={"boundary": present.get("arn", "")})
    wizard = Wizard(request, f"{kind}-boundary", (step,), finish="Set boundary", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        put = own.call("Put{}PermissionsBoundary", name, permissions_boundary=wizard.form.cleaned_data["boundary"])
        if error := in_order(request.aws, [put]):
            wizard.form.refuse(error)
        else:
            flash.success(request, boundary_set(kind, name))
            return wizard.done(home)
    table = boundary_picker(request, wizard)
    return wizard.page("iam/boundary_set.html", _context(request, kind, name, home) | {"now": present, "table": table})


@post_or_get
def remove_boundary(request: ConsoleRequest, kind: str, name: str) -> HttpResponse:
    home = f"{request.path.rpartition('/')[0]}?section=permissions"
    if request.method == "POST":
        if error := in_order(request.aws, [KINDS[kind].call("Delete{}PermissionsBoundary", name)]):
            flash.failure(request, f"The permissions boundary of {kind} {name} was not removed.", error)
        else:
            flash.success(request, f"Permissions boundary removed for {kind} {name}.")
        return redirect(home)
    return render_page(request, "iam/boundary_remove.html", _context(request, kind, name, home))


def _context(request: ConsoleRequest, kind: str, name: str, home: str) -> dict[str, Any]:
    list_url = request.path.partition("/details/")[0]
    return {"kind": kind, "name": name, "home": home, "list_url": list_url, "listed_as": KINDS[kind].listed_as}
