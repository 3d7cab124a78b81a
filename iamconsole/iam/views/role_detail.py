"""The page about one role, tab by tab."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from iamconsole.iam.views import last_accessed
from iamconsole.iam.views.boundaries import boundary_block
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.permissions import held_from, permissions_table, reads
from iamconsole.iam.views.revoking import revocation
from iamconsole.iam.views.role_rows import duration, is_for_accounts, is_service_linked, last_activity
from iamconsole.iam.views.tags import tags_table, tags_url
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page

REVOKE = "revoke_sessions"
SECTIONS = ("permissions", "trust_relationships", "tags", last_accessed.SECTION, REVOKE)


@require_safe
def role_detail(request: ConsoleRequest, role_name: str) -> HttpResponse:
    holder = Holder("role", role_name)
    section = request.GET.get("section", "")
    section = section if section in SECTIONS else SECTIONS[0]
    asked = [
        ("iam:GetRole", holder.which),
        *(reads(holder) if section == "permissions" else ()),
        ("iam:ListInstanceProfilesForRole", holder.which),
    ]
    found, *own, profiles = (Panel.of(answer) for answer in request.aws.call_many(asked))
    role: dict[str, Any] = found.result["Role"] if found.result else {}
    linked = is_service_linked(role)
    context: dict[str, Any] = {
        "holder": holder,
        "found": found,
        "role": role,
        "missing": found.error is not None and found.error.code == "NoSuchEntity",
        "linked": linked,
        "activity": last_activity(found),
        "session": duration(role["MaxSessionDuration"]) if role else "",
        "profiles": profiles,
        "switch_url": _switch_url(request, role) if is_for_accounts(role) else "",
        "section": section,
        "tabs": _tabs(role, linked),
    }
    if section == "permissions":
        held = held_from(request, holder, own)
        context["table"] = permissions_table(request, holder, held, changeable=not linked)
        context["errors"] = held.errors if held.read else ()
        context["boundary"] = None if linked else boundary_block("role", role_name, found)
    elif section == "tags":
        tags = found.error or role.get("Tags", [])
        table = tags_table(request, tags, tags_url("role", role_name))
        table.actions = () if linked else table.actions
        context["table"] = table
    elif section == REVOKE and not linked:
        context["revocation"] = revocation("[policy creation time]")
    elif section == last_accessed.SECTION:
        arn = role.get("Arn", f"arn:aws:iam::{request.caller.account_id}:role/{role_name}")
        context |= last_accessed.last_accessed_context(request, arn)
    return render_page(request, "iam/role_detail.html", context, partial="table" if "table" in context else None)


def _tabs(role: dict[str, Any], linked: bool) -> list[tuple[Any, ...]]:
    """Nobody but its service ends the sessions of a service-linked role."""
    tabs: list[tuple[Any, ...]] = [
        ("permissions", "Permissions"),
        ("trust_relationships", "Trust relationships"),
        ("tags", "Tags", len(role.get("Tags", ())) if role else None),
        (last_accessed.SECTION, last_accessed.LABEL),
    ]
    return tabs if linked else [*tabs, (REVOKE, "Revoke sessions")]


def _switch_url(request: ConsoleRequest, role: dict[str, Any]) -> str:
    """The address that takes whoever may to the role (IAM User Guide, "Grant permissions to switch roles")."""
    name = f"{role['Path'][1:]}{role['RoleName']}"
    query = urlencode({"roleName": name, "account": request.caller.account_id})
    return request.build_absolute_uri(f"/switchrole?{query}")
