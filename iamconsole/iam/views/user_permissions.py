"""Adding permissions to a user, and its memberships in groups."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from iamconsole.iam.forms.users import GROUP, WAY_TEXTS, GroupPicksForm, PermissionsForm
from iamconsole.iam.views.boundaries import boundary_set
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.user_grants import (
    ATTACHED,
    GROUP_NAME,
    PERMISSIONS_GROUP,
    PERMISSIONS_POLICY,
    Grants,
    chosen_grants,
    first_failure,
    granting,
    group_detour,
    groups_table,
    membership,
    options_table,
    policy_names,
)
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.forms import Form
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page
from iamconsole.ui.table import Action, Table
from iamconsole.ui.wizard import Step, Wizard

ADD_STEPS = (Step("permissions", "Add permissions", PermissionsForm), Step("review", "Review", Form))


@post_or_get
def user_add_permissions(request: ConsoleRequest, user_name: str) -> HttpResponse:
    home = user_url(user_name, section="permissions")
    wizard = Wizard(request, "user-add-permissions", ADD_STEPS, finish="Add permissions", cancel=home)
    if wizard.step.name == "permissions" and (answer := group_detour(request, wizard)):
        return answer
    if answer := wizard.walk():
        return answer
    context: dict[str, Any] = {"user_name": user_name, "home": home}
    if wizard.step.name == "permissions":
        way = str(wizard.form["way"].value() or GROUP)
        context |= {"way_texts": WAY_TEXTS, "way": way, "table": options_table(request, wizard, way)}
        return wizard.page("iam/user_add_permissions.html", context)
    grants = chosen_grants(request, wizard.values("permissions"))
    if wizard.finished:
        if grants.errors:
            wizard.form.refuse(grants.errors[0])
        else:
            _grant(request, user_name, grants)
            return wizard.done(home)
    return wizard.page("iam/user_add_permissions.html", context | {"grants": grants})


def _grant(request: ConsoleRequest, user_name: str, grants: Grants) -> None:
    """Give the permissions and say what was given; a failure leaves what was done before it."""
    if failure := first_failure(request.aws, granting(request.aws, user_name, grants.rows)):
        step = failure.action.partition(":")[2]
        flash.failure(request, f"Not all permissions were added to user {user_name}: {step} failed.", failure.error)
        return
    groups = [row.name for row in grants.rows if row.used_as == PERMISSIONS_GROUP]
    policies = [row for row in grants.rows if row.used_as == PERMISSIONS_POLICY]
    if policies:
        flash.success(request, f"{counted(len(policies), 'policy')} added.")
    if groups:
        flash.success(request, added_to(groups))
    if len(groups) + len(policies) < len(grants.rows):
        flash.success(request, boundary_set("user", user_name))


def added_to(groups: list[str]) -> str:
    return f"User added to group {groups[0]}" if len(groups) == 1 else f"User added to {len(groups)} groups"


# -- groups -----------------------------------------------------------------------------------------


def memberships_table(request: ConsoleRequest, user_name: str, groups: Panel) -> Table:
    """The groups tab, from the answer of ListGroupsForUser."""
    table = Table(
        "groups",
        "User groups membership",
        (GROUP_NAME, ATTACHED),
        description="A user group is a collection of IAM users. Use groups to specify permissions for a collection of "
        "users. A user can be a member of up to 10 groups at a time.",
        selection="multi",
        key="GroupName",
        actions=(
            Action("Remove", user_url(user_name, "user-remove-groups"), needs="some", modal=True),
            Action("Add user to groups", user_url(user_name, "user-add-groups"), kind="primary"),
        ),
    )
    table.listing(request)
    if groups.error:
        return table.fail(groups.error)
    rows = groups.result["Groups"] if groups.result else []
    asked = [("iam:ListAttachedGroupPolicies", {"group_name": row["GroupName"]}) for row in rows]
    answers = request.aws.call_many(asked) if asked else []
    found = [row | {"attached": policy_names(Panel.of(one))} for row, one in zip(rows, answers, strict=True)]
    return table.show(found, lambda row, text: text in row["GroupName"].casefold())


@post_or_get
def user_add_groups(request: ConsoleRequest, user_name: str) -> HttpResponse:
    home = user_url(user_name, section="groups")
    steps = (Step("groups", f"Add user {user_name} to groups", GroupPicksForm),)
    wizard = Wizard(request, "user-add-groups", steps, finish="Add user to group(s)", cancel=home)
    if answer := group_detour(request, wizard) or wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["groups"]
        calls = granting(request.aws, user_name, [membership(name) for name in picked])
        if error := in_order(request.aws, calls):
            flash.failure(request, f"User {user_name} was not added to all of the groups.", error)
        elif picked:
            flash.success(request, added_to(picked))
        return wizard.done(home)
    table = groups_table(request, wizard, title="Other user groups in this account")
    return wizard.page("iam/user_add_groups.html", {"user_name": user_name, "home": home, "table": table})


@post_or_get
def user_remove_groups(request: ConsoleRequest, user_name: str) -> HttpResponse:
    names, home = chosen(request), user_url(user_name, section="groups")
    if not names:
        return redirect(home)
    if request.method == "POST":
        calls = [("iam:RemoveUserFromGroup", {"user_name": user_name, "group_name": name}) for name in names]
        if error := in_order(request.aws, calls):
            flash.failure(request, f"User {user_name} was not removed from all of the groups.", error)
        else:
            groups = f"group {names[0]}" if len(names) == 1 else counted(len(names), "group")
            flash.success(request, f"User removed from {groups}")
        return redirect(home)
    context = {"user_name": user_name, "names": names, "home": home}
    return render_page(request, "iam/user_remove_groups.html", context)
