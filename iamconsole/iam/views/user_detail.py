"""The page about one user, tab by tab."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from iamconsole.iam.quotas import ACCESS_KEYS
from iamconsole.iam.views.user_permissions import memberships_table
from iamconsole.iam.views.user_policies import OWN, held_policies, permissions_table, with_groups
from iamconsole.iam.views.user_rows import (
    days_ago,
    optional_profile,
    sign_in_url,
    user_url,
    with_last_use,
)
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table

HEAD = ("iam:GetUser", "iam:GetLoginProfile", "iam:ListAccessKeys")
SECTIONS = ("permissions", "groups", "tags", "security_credentials")


@require_safe
def user_detail(request: ConsoleRequest, user_name: str) -> HttpResponse:
    section = request.GET.get("section", "")
    section = section if section in SECTIONS else SECTIONS[0]
    if request.htmx.target == "policies":  # a search, a sort or an opened row: only the table is asked for
        table = permissions_table(request, user_name, held_policies(request, user_name))
        return render_page(request, "iam/user_detail.html", {"table": table}, partial="table")
    more = OWN if section == "permissions" else OWN[-1:]
    asked = [(action, {"user_name": user_name}) for action in (*HEAD, *more)]
    user, profile, keys, *own = (Panel.of(answer) for answer in request.aws.call_many(asked))
    row: dict[str, Any] = user.result["User"] if user.result else {}
    tags = row.get("Tags", [])
    groups = own[-1]
    context: dict[str, Any] = {
        "user_name": row.get("UserName", user_name),
        "user": user,
        "row": row,
        "missing": user.error is not None and user.error.code == "NoSuchEntity",
        "profile": optional_profile(profile),
        "keys": _described(request, keys, tags),
        "section": section,
        "tabs": [
            ("permissions", "Permissions"),
            ("groups", "Groups", len(groups.result["Groups"]) if groups.result else None),
            ("tags", "Tags", len(tags) if user else None),
            ("security_credentials", "Security credentials"),
        ],
    }
    if section == "permissions":
        held = with_groups(request, own)
        context |= {"table": permissions_table(request, user_name, held), "errors": held.errors if held.read else ()}
    elif section == "groups":
        context["table"] = memberships_table(request, user_name, groups)
    elif section == "tags":
        context["table"] = _tags_table(request, user_name, user, tags)
    else:
        count = len(keys.result["AccessKeyMetadata"]) if keys.result else "–"
        context |= {"sign_in_url": sign_in_url(request), "most_keys": ACCESS_KEYS, "key_count": count}
    return render_page(request, "iam/user_detail.html", context, partial="table" if "table" in context else None)


def _described(request: ConsoleRequest, keys: Panel, tags: list[dict[str, str]]) -> Panel:
    """The access keys with their last use and their description, which is a tag of the user."""
    if keys.result is None:
        return keys
    texts = {tag["Key"]: tag["Value"] for tag in tags}
    rows = [
        key | {"description": texts.get(key["AccessKeyId"], ""), "summary": _key_summary(key)}
        for key in with_last_use(request, keys.result["AccessKeyMetadata"])
    ]
    return Panel(result={"own": rows, "places": [*rows, *[None] * (ACCESS_KEYS - len(rows))]})


def _key_summary(key: dict[str, Any]) -> dict[str, Any]:
    """`Never used. Created today.`, `Used today. 3 days old.`"""
    created = days_ago(key["CreateDate"]).lower()
    used = key["use"].result.get("LastUsedDate") if key["use"].result else None
    if key["use"].error:
        return {"warn": False, "text": f"Created {created}."}
    return {
        "warn": used is None and key["Status"] == "Active",
        "text": f"{f'Used {days_ago(used).lower()}' if used else 'Never used'}. Created {created}.",
    }


def _tags_table(request: ConsoleRequest, user_name: str, user: Panel, tags: list[dict[str, str]]) -> Table:
    manage = Action("Manage tags", user_url(user_name, "user-tags"))
    table = Table(
        "tags",
        "Tags",
        (Column("Key", "Key", sortable=True), Column("Value", "Value")),
        description="Tags are key-value pairs you can add to AWS resources to help identify, organize, or search for "
        "resources.",
        actions=(manage,),
        empty=Empty("No tags associated with the resource."),
    )
    table.listing(request)
    return table.fail(user.error) if user.error else table.show(tags)
