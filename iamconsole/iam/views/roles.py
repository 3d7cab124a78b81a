"""Roles: the list, and deleting some of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError
from iamconsole.iam.views import deleting
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import every
from iamconsole.iam.views.common import chosen, post_or_get
from iamconsole.iam.views.role_rows import duration, is_service_linked, last_activity, role_rows, role_url
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Table

CELLS = "iam/role_cells.html"
COLUMNS = (
    Column("name", "Role name", value="RoleName", sortable=True, link=lambda row: role_url(row["RoleName"])),
    Column("trusted", "Trusted entities", template=f"{CELLS}#trusted-cell"),
    Column("activity", "Last activity", template="iam/user_cells.html#activity-cell"),
    Column("path", "Path", value="Path", sortable=True, hidden=True),
    Column("description", "Description", value=lambda row: row.get("Description", ""), hidden=True),
    Column("arn", "ARN", value="Arn", template="iam/user_cells.html#arn-cell", hidden=True),
    Column(
        "created",
        "Creation time",
        value="CreateDate",
        sortable=True,
        template="iam/user_cells.html#time-cell",
        hidden=True,
    ),
    Column("session", "Max CLI/API session", value=lambda row: duration(row["MaxSessionDuration"]), hidden=True),
)


@require_safe
def role_list(request: ConsoleRequest) -> HttpResponse:
    table = Table(
        "roles",
        "Roles",
        COLUMNS,
        description="An IAM role is an identity you can create that has specific permissions with credentials that are "
        "valid for short durations. Roles can be assumed by entities that you trust.",
        selection="multi",
        key="RoleName",
        level=1,
        info="roles",
        actions=(
            Action("Delete", reverse("iam:role-delete"), needs="some", modal=True),
            Action("Create role", reverse("iam:role-create"), kind="primary"),
        ),
    )
    found = panel(request, "iam:ListRoles", listing=table.listing(request))
    if found.result is None:
        table.fail(found.error or AwsError(""))
    else:
        table.fill(role_rows(request, found.result["Roles"]), found.result["Total"])
    return render_page(request, "iam/role_list.html", {"table": table}, partial="table")


# -- delete -----------------------------------------------------------------------------------------


@post_or_get
def role_delete(request: ConsoleRequest) -> HttpResponse:
    """Delete the roles that were ticked, but for those that belong to a service."""
    names, home = chosen(request), reverse("iam:role-list")
    if not names:
        return redirect(home)
    rows = _known(request, names)
    linked = [row["RoleName"] for row in rows if is_service_linked(row)]
    rows = [row for row in rows if row["RoleName"] not in linked]
    going = [row["RoleName"] for row in rows]
    form = deleting.confirmation(request, "role", going)
    if request.method == "POST" and going and form.is_valid():
        deleting.delete_each(request, "role", going, _deletion)
        return redirect(home)
    context = {
        "names": names,
        "linked": linked,
        "rows": rows,
        "title": deleting.title("role", going),
        "form": form,
        "home": role_url(names[0]) if len(names) == 1 and request.GET.get("from") == "details" else home,
    }
    return render_page(request, "iam/role_delete.html", context, status=422 if form.is_bound else 200)


def _known(request: ConsoleRequest, names: list[str]) -> list[dict[str, Any]]:
    """The roles as far as the caller may read them, else their names; whose a role is, its path tells."""
    answers = request.aws.call_many([("iam:GetRole", {"role_name": name}) for name in names])
    found = [Panel.of(answer) for answer in answers]
    return [
        (one.result["Role"] if one.result else {"RoleName": name}) | {"activity": last_activity(one)}
        for name, one in zip(names, found, strict=True)
    ]


def _deletion(aws: Aws, name: str) -> Iterator[Call]:
    """AWS refuses to delete a role that has anything; its console therefore takes it away first.

    IAM User Guide, "Delete roles or instance profiles": the console "also automatically deletes the policies associated
    with the role" and the instance profile with "the exact same name". Where "the role and the instance profile might
    have different names … you cannot use the console to delete them": there DeleteRole is left to say why.
    """
    role = {"role_name": name}
    for policy in every(aws, "iam:ListAttachedRolePolicies", "AttachedPolicies", **role):
        yield "iam:DetachRolePolicy", role | {"policy_arn": policy["PolicyArn"]}
    for policy_name in every(aws, "iam:ListRolePolicies", "PolicyNames", **role):
        yield "iam:DeleteRolePolicy", role | {"policy_name": policy_name}
    profiles = every(aws, "iam:ListInstanceProfilesForRole", "InstanceProfiles", **role)
    for profile in [one["InstanceProfileName"] for one in profiles]:
        if profile == name:
            yield "iam:RemoveRoleFromInstanceProfile", role | {"instance_profile_name": profile}
            yield "iam:DeleteInstanceProfile", {"instance_profile_name": profile}
    yield "iam:DeleteRole", role
