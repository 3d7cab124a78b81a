"""The page about one user, tab by tab."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from iamconsole.iam.views import last_accessed
from iamconsole.iam.views.account_alias import own_sign_in_url
from iamconsole.iam.views.boundaries import boundary_block
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.mfa import mfa_table
from iamconsole.iam.views.owner import OTHERS, Owner
from iamconsole.iam.views.permissions import held_from, held_policies, permissions_table, reads
from iamconsole.iam.views.tags import tags_table, tags_url
from iamconsole.iam.views.user_access_keys import key_cards
from iamconsole.iam.views.user_permissions import memberships_table
from iamconsole.iam.views.user_rows import mfa_status, optional_profile
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page

HEAD = ("iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys")
SECTIONS = ("permissions", "groups", "tags", "security_credentials", last_accessed.SECTION)


@require_safe
def user_detail(request: ConsoleRequest, user_name: str) -> HttpResponse:
    section = request.GET.get("section", "")
    section = section if section in SECTIONS else SECTIONS[0]
    holder = Holder("user", user_name)
    if request.htmx.target == "policies":  # a search, a sort or an opened row: only the table is asked for
        table = permissions_table(request, holder, held_policies(request, holder))
        return render_page(request, "iam/user_detail.html", {"table": table}, partial="table")
    more = reads(holder) if section == "permissions" else reads(holder)[-1:]
    head = [(action, holder.which) for action in HEAD]
    user, profile, devices, keys = (Panel.of(answer) for answer in request.aws.call_many(head))
    row: dict[str, Any] = user.result["User"] if user.result else {}
    tags = row.get("Tags", [])
    owner = Owner.of(request, user_name)
    # The summary's calls come before the tab's, as AWS's page makes them (console.md §15).
    cards = key_cards(request, owner, keys, tags)
    own = [Panel.of(answer) for answer in request.aws.call_many(more)]
    groups = own[-1]
    context: dict[str, Any] = {
        "user_name": row.get("UserName", user_name),
        "user": user,
        "row": row,
        "missing": user.error is not None and user.error.code == "NoSuchEntity",
        "profile": optional_profile(profile),
        "owner": owner,
        "keys": cards,
        "mfa": mfa_status(devices),
        "section": section,
        "tabs": [
            ("permissions", "Permissions"),
            ("groups", "Groups", len(groups.result["Groups"]) if groups.result else None),
            ("tags", "Tags", len(tags) if user else None),
            ("security_credentials", "Security credentials"),
            (last_accessed.SECTION, last_accessed.LABEL),
        ],
    }
    if section == "permissions":
        held = held_from(request, holder, own)
        context |= {"table": permissions_table(request, holder, held), "errors": held.errors if held.read else ()}
        context["boundary"] = boundary_block("user", user_name, user)
    elif section == "groups":
        context["table"] = memberships_table(request, user_name, groups)
    elif section == "tags":
        context["table"] = tags_table(request, user.error or tags, tags_url("user", user_name))
    elif section == last_accessed.SECTION:
        arn = row.get("Arn", f"arn:aws:iam::{request.caller.account_id}:user/{user_name}")
        context |= last_accessed.last_accessed_context(request, arn)
    else:
        context |= {"sign_in_url": own_sign_in_url(request), "mfa_table": mfa_table(owner, devices)}
        context |= {
            "create_key_url": owner.url("access-key-create"),
            "others": OTHERS,
        }
    return render_page(request, "iam/user_detail.html", context, partial="table" if "table" in context else None)
