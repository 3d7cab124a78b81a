"""Switching to a role and back (console.md §3).

It is the sign-in that asks for a role, whichever role the browser is in: its credentials call sts:AssumeRole, so its
policies and the role's trust policy decide, and an external ID, which the console never sends, keeps it out.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError, CallerGone
from iamconsole.gateway import callers
from iamconsole.signin import sessions
from iamconsole.signin.addresses import HOME, after, either
from iamconsole.signin.forms.switch_role import INVALID, SwitchRoleForm, color_of
from iamconsole.signin.sessions import Role
from iamconsole.ui import preferences
from iamconsole.ui.pages import ConsoleRequest, render_page

ROOT = "You cannot switch roles when you sign in as the AWS account root user."
HISTORY = "roles"
MOST = 5


@either
def switch_role(request: ConsoleRequest) -> HttpResponse:
    """The form, filled in by a link; from the role history it comes filled in by what was kept."""
    if request.original.is_root:
        return render_page(request, "signin/switch_role.html", {"root": ROOT, "cancel": _cancel(request)}, status=403)
    if request.method == "POST":
        form = SwitchRoleForm(_remembered(request) or request.POST)
        if form.is_valid() and _assume(request, form):
            response = redirect(after(request) or HOME)
            _remember(request, response, form.entry())
            return response
        status = 422
    else:
        form, status = SwitchRoleForm(initial=_asked(request)), 200
    context: dict[str, Any] = {
        "form": form,
        "invalid": INVALID if form.non_field_errors() else "",
        # The decision is an event of whoever signed in; in a role it is somebody else's.
        "denial": form.aws_error if request.original is request.caller else None,
        "redirect_uri": after(request),
        "cancel": _cancel(request),
    }
    return render_page(request, "signin/switch_role.html", context, status=status)


def _cancel(request: HttpRequest) -> str:
    return after(request) or HOME


def _asked(request: HttpRequest) -> dict[str, str]:
    """What a link brings, with the suggested display name."""
    asked = {name: request.GET.get(name, "")[:64].strip() for name in ("account", "roleName", "displayName")}
    if asked["account"] and asked["roleName"] and "displayName" not in request.GET:
        asked["displayName"] = f"{asked['roleName']} @ {asked['account']}"[:64]
    return asked | {"color": color_of(request.GET.get("color", ""))}


# -- the act ----------------------------------------------------------------------------------------


def _assume(request: ConsoleRequest, form: SwitchRoleForm) -> bool:
    """Take the role on; False when that is refused, which the form then says."""
    values, original = form.cleaned_data, request.original
    account_id = callers.account_id_of(original, values["account"])
    if not account_id:
        form.add_error(None, INVALID)
        return False
    role_arn = f"arn:aws:iam::{account_id}:role/{values['roleName']}"
    try:
        caller, _ = _enter(request, role_arn, "signin:SwitchRole", request.original_expires, after(request))  # type: ignore[attr-defined]  # the sign-in middleware set it
    except CallerGone:
        raise
    except AwsError as error:
        form.refuse(error)
        return False
    before = sessions.role_of(request)
    role = Role(
        arn=role_arn,
        name=values["roleName"].rpartition("/")[2],
        account_id=account_id,
        display=values["displayName"],
        color=values["color"],
        original=original.access_key_id,
        owner=before.owner if before else f"{original.account_id} {original.principal.unique_id}",
        user_name=original.user_name or original.arn.rpartition("/")[2],
        user_account_id=original.account_id,
        first=caller.access_key_id,
    )
    sessions.take_role(request, role, caller.principal.unique_id)
    return True


def _enter(
    request: HttpRequest, role_arn: str, action: str, until: dt.datetime, going_to: str
) -> tuple[Caller, dt.datetime]:
    """Assume a role with the credentials of the sign-in; whom that makes, and until when."""
    original = sessions.client_of(request, request.original)  # type: ignore[attr-defined]  # the sign-in middleware set it
    made = original.call("sts:AssumeRole", role_arn=role_arn, role_session_name=_session_name(original.caller))
    found = callers.credential(made["Credentials"]["AccessKeyId"])
    if found is None:  # its account was reset or deleted in this moment
        raise CallerGone
    role = sessions.client_of(request, found.caller)
    entered = role.call(action, switch_from=original.caller.arn, until=until, redirect_to=going_to or HOME)
    return found.caller, entered["Expires"]


def _session_name(caller: Caller) -> str:
    """The name of who signed in. A role session's has two characters at least; what AWS makes of a user whose name has
    but one it does not say."""
    return (caller.user_name or caller.arn.rpartition("/")[2]).ljust(2, "_")


def renew(request: HttpRequest, role: Role, until: dt.datetime) -> dt.datetime | None:
    """Assume the browser's role once more; None where that is no longer allowed, and it ends when it would have."""
    try:
        caller, expires = _enter(request, role.arn, "signin:RenewRole", until, HOME)
    except CallerGone:
        raise
    except AwsError:
        return None
    sessions.renew_role(request, caller.access_key_id)
    return expires


@require_POST
def switch_back(request: ConsoleRequest) -> HttpResponse:
    """Out of the role: the permissions of who signed in are restored."""
    going_to = after(request) or HOME
    if sessions.role_of(request) is not None:
        sessions.client_of(request, request.caller).call("signin:ExitRole", redirect_to=going_to)
        sessions.leave_role(request)
    return redirect(going_to)


# -- the role history: what the account menu offers, kept like a person's other choices ---------------


def _remembered(request: ConsoleRequest) -> dict[str, Any] | None:
    """The entry of the role history that was pressed, as the form's data."""
    chosen = request.POST.get("recent")
    for entry in preferences.read(request).get(HISTORY, []) if chosen else ():
        if f"{entry[0]}/{entry[1]}" == chosen:
            return dict(zip(SwitchRoleForm.base_fields, entry, strict=True))
    return None


def _remember(request: ConsoleRequest, response: HttpResponse, entry: list[Any]) -> None:
    kept = [one for one in preferences.read(request).get(HISTORY, []) if one[:2] != entry[:2]]
    preferences.write(request, response, HISTORY, [entry, *kept][:MOST])
