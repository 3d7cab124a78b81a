"""User groups: list, create, details and everything that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_safe

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.iam.forms.groups import GroupForm, NewGroupForm, RenameForm, UserPicksForm
from iamconsole.iam.views import last_accessed
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import every, in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.holder import Holder
from iamconsole.iam.views.permissions import attachments, held_policies, permissions_table, policies_picker
from iamconsole.iam.views.user_rows import with_last_use
from iamconsole.ui import flash
from iamconsole.ui.forms import ConfirmForm, submit
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Step, Wizard


def group_url(name: str, page: str = "detail", **query: str) -> str:
    return Holder("group", name).page(page, **query)


# -- the list ---------------------------------------------------------------------------------------

GROUP_COLUMNS = (
    Column("name", "Group name", value="GroupName", sortable=True, link=lambda row: group_url(row["GroupName"])),
    Column("users", "Users", value="users", template="iam/group_cells.html#users-cell"),
    Column("permissions", "Permissions", value="permissions", template="iam/group_cells.html#permissions-cell"),
    Column("created", "Creation time", value="CreateDate", sortable=True, template="iam/group_cells.html#time-cell"),
)


@require_safe
def group_list(request: ConsoleRequest) -> HttpResponse:
    create = Action("Create group", reverse("iam:group-create"), kind="primary")
    table = Table(
        "groups",
        "User groups",
        GROUP_COLUMNS,
        description="A user group is a collection of IAM users. Use groups to specify permissions for a collection of "
        "users.",
        selection="multi",
        key="GroupName",
        level=1,
        info="user-groups",
        actions=(Action("Delete", reverse("iam:group-delete"), needs="some", modal=True), create),
        empty=Empty(action=Action("Create group", reverse("iam:group-create"))),
    )
    found = panel(request, "iam:ListGroups", listing=table.listing(request))
    if found.result is None:
        table.fail(found.error or AwsError(""))
    else:
        table.fill(_group_rows(request, found.result["Groups"]), found.result.get("Total"))
    return render_page(request, "iam/group_list.html", {"table": table}, partial="table")


def _group_rows(request: ConsoleRequest, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups with the number of their users, and whether any policy is on them."""
    calls: list[Call] = []
    for group in groups:
        name = {"group_name": group["GroupName"]}
        calls += [
            ("iam:GetGroup", name | {"listing": Listing(size=0)}),
            ("iam:ListAttachedGroupPolicies", name),
            ("iam:ListGroupPolicies", name),
        ]
    answers = iter(request.aws.call_many(calls))
    rows = []
    for group in groups:
        users, attached, inline = (Panel.of(next(answers)) for _ in range(3))
        rows.append(group | {"users": users, "permissions": _defined(attached, inline)})
    return rows


def _defined(attached: Panel, inline: Panel) -> Panel:
    """Whether there are policies; the refusal where what could be read does not tell."""
    for found, member in ((attached, "AttachedPolicies"), (inline, "PolicyNames")):
        if found.result and found.result[member]:
            return Panel(result={"Defined": True})
    error = attached.error or inline.error
    return Panel(error=error) if error else Panel(result={"Defined": False})


# -- users in tables --------------------------------------------------------------------------------

USER_COLUMNS = (
    Column("name", "User name", value="UserName", sortable=True, template="iam/group_cells.html#user-cell"),
    Column("groups", "Groups", value="groups", template="iam/group_cells.html#groups-cell"),
    Column("activity", "Last activity", value="activity", template="iam/group_cells.html#activity-cell"),
    Column("created", "Creation time", value="CreateDate", sortable=True, template="iam/group_cells.html#time-cell"),
)


def _user_rows(request: ConsoleRequest, users: list[dict[str, Any]], group_name: str = "") -> list[dict[str, Any]]:
    """The users with their groups and their last activity: the newest of console and key use."""
    calls: list[Call] = []
    for user in users:
        name = {"user_name": user["UserName"]}
        calls += [("iam:ListGroupsForUser", name), ("iam:ListAccessKeys", name)]
    answers = iter(request.aws.call_many(calls))
    found = [(user, Panel.of(next(answers)), Panel.of(next(answers))) for user in users]
    every_key = [key for _, _, keys in found if keys.result for key in keys.result["AccessKeyMetadata"]]
    uses = {key["AccessKeyId"]: key["use"] for key in with_last_use(request, every_key)}
    rows = []
    for user, groups, keys in found:
        names = [group["GroupName"] for group in groups.result["Groups"]] if groups.result else []
        own = [uses[key["AccessKeyId"]] for key in keys.result["AccessKeyMetadata"]] if keys.result else [keys]
        activity = _last_activity(user, own)
        rows.append(user | {"groups": groups, "activity": activity, "inside": group_name in names})
    return rows


def _last_activity(user: dict[str, Any], uses: Iterable[Panel]) -> Panel:
    times = [user["PasswordLastUsed"]] if user.get("PasswordLastUsed") else []
    for use in uses:
        if use.result is None:
            return use
        if last := use.result.get("LastUsedDate"):
            times.append(last)
    return Panel(result={"Time": max(times, default=None)})


def _users_picker(request: ConsoleRequest, wizard: Wizard, title: str, description: str = "", **options: Any) -> Table:
    """The account's users, to be ticked inside a form."""
    group_name = options.pop("group_name", "")
    prefix = options.pop("prefix", "")
    table = Table(
        "users",
        title,
        USER_COLUMNS,
        description=description,
        selection="multi",
        key="UserName",
        field_name="users",
        form="wizard",
        selected=wizard.form["users"].value() or [],
        **options,
    )
    found = panel(request, "iam:ListUsers", listing=table.listing(request, prefix))
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    return table.fill(_user_rows(request, found.result["Users"], group_name), found.result.get("Total"))


# -- create -----------------------------------------------------------------------------------------


@post_or_get
def group_create(request: ConsoleRequest) -> HttpResponse:
    """One page; its draft waits on the server, so that ticks survive a search and a visit to another tab."""
    home = reverse("iam:group-list")
    steps = (Step("create", "Create user group", GroupForm),)
    wizard = Wizard(request, "create-group", steps, finish="Create user group", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished and submit(wizard.form, request.aws, "iam:CreateGroup"):
        name, picked = wizard.form.cleaned_data["group_name"], wizard.form.cleaned_data
        error = in_order(
            request.aws, [*_additions(name, picked["users"]), *attachments(Holder("group", name), picked["policies"])]
        )
        view = ("View group", group_url(name))
        if error:
            flash.failure(request, f"{name} user group was created, but not all users and policies were added.", error)
        else:
            flash.success(request, f"{name} user group created.", link=view)
        return wizard.done(home)
    context = {
        "users": _users_picker(
            request,
            wizard,
            "Add users to the group - Optional",
            "An IAM user is a user that you create in AWS to represent the person or application that uses it to "
            "interact with AWS.",
            prefix="users",
            size=10,
        ),
        "policies": policies_picker(
            request,
            wizard,
            title="Attach permissions policies - Optional",
            description="You can attach up to 10 policies to this user group. All the users in this group will have "
            "permissions that are defined in the selected policies.",
            prefix="policies",
            size=10,
        ),
    }
    return wizard.page("iam/group_create.html", context)


@post_or_get
def group_create_here(request: ConsoleRequest) -> HttpResponse:
    """The dialog `Create user group` of a wizard: a name and policies. It leads back, where the group is ticked."""
    back = request.GET.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect("iam:group-create")
    steps = (Step("group", "Create user group", NewGroupForm),)
    wizard = Wizard(request, "create-group-here", steps, finish="Create user group", cancel=back)
    if answer := wizard.walk():
        return answer
    if wizard.finished and submit(wizard.form, request.aws, "iam:CreateGroup"):
        name = wizard.form.cleaned_data["group_name"]
        if error := in_order(request.aws, attachments(Holder("group", name), wizard.form.cleaned_data["policies"])):
            flash.failure(request, f"{name} user group was created, but not all policies were attached.", error)
        else:
            flash.success(request, f"{name} user group created.", link=("View group", group_url(name)))
        return wizard.done(f"{back}&{urlencode({'created': name})}")
    table = policies_picker(
        request, wizard, name="group-policies", form="group-here", size=10, level=3, preferences=False
    )
    response = wizard.page("iam/group_create_here.html", {"table": table})
    response["HX-Replace-Url"] = "false"  # a search in the dialog leaves the address of the page behind
    return response


def _additions(group_name: str, user_names: Iterable[str]) -> list[Call]:
    return [("iam:AddUserToGroup", {"group_name": group_name, "user_name": name}) for name in user_names]


# -- details ----------------------------------------------------------------------------------------

SECTIONS = ("users", "permissions", last_accessed.SECTION)


@require_safe
def group_detail(request: ConsoleRequest, group_name: str) -> HttpResponse:
    section = request.GET.get("section", "")
    section = section if section in SECTIONS else SECTIONS[0]
    users = _members_table(group_name)
    asked = users.listing(request) if section == "users" else Listing(size=0)
    group = panel(request, "iam:GetGroup", group_name=group_name, listing=asked)
    context: dict[str, Any] = {
        "group_name": group.result["Group"]["GroupName"] if group.result else group_name,
        "group": group,
        "section": section,
        "tabs": [
            ("users", "Users", group.result["Total"] if group.result else None),
            ("permissions", "Permissions"),
            (last_accessed.SECTION, last_accessed.LABEL),
        ],
    }
    if section == "permissions":
        holder = Holder("group", group_name)
        held = held_policies(request, holder)
        context["table"] = permissions_table(request, holder, held)
        context["errors"] = held.errors if held.read else ()
    elif section == last_accessed.SECTION:
        named = f"arn:aws:iam::{request.caller.account_id}:group/{group_name}"
        context |= last_accessed.last_accessed_context(request, group.result["Group"]["Arn"] if group.result else named)
    elif group.result is None:
        context["table"] = users.fail(group.error or AwsError(""))
    else:
        context["table"] = users.fill(_user_rows(request, group.result["Users"]), group.result["Total"])
    return render_page(request, "iam/group_detail.html", context, partial="table")


def _members_table(group_name: str) -> Table:
    return Table(
        "users",
        "Users in this group",
        USER_COLUMNS,
        description="An IAM user is an entity that you create in AWS to represent the person or application that uses "
        "it to interact with AWS.",
        selection="multi",
        key="UserName",
        actions=(
            Action("Remove", group_url(group_name, "remove-users"), needs="some", modal=True),
            Action("Add users", group_url(group_name, "add-users"), kind="primary"),
        ),
        empty=Empty(action=Action("Add users", group_url(group_name, "add-users"))),
    )


# -- users in and out -------------------------------------------------------------------------------


@post_or_get
def group_add_users(request: ConsoleRequest, group_name: str) -> HttpResponse:
    home = group_url(group_name, section="users")
    steps = (Step("users", f"Add users to {group_name}", UserPicksForm),)
    wizard = Wizard(request, "group-add-users", steps, finish="Add users", cancel=home)
    if answer := wizard.walk():
        return answer
    if wizard.finished:
        picked = wizard.form.cleaned_data["users"]
        if error := in_order(request.aws, _additions(group_name, picked)):
            flash.failure(request, "Users were not added to this group.", error)
        elif picked:
            flash.success(request, f"{counted(len(picked), 'user')} added to this group.")
        return wizard.done(home)
    table = _users_picker(request, wizard, "Other users in this account", group_name=group_name)
    context = {"group_name": group_name, "home": home, "table": table}
    return wizard.page("iam/group_add_users.html", context)


@post_or_get
def group_remove_users(request: ConsoleRequest, group_name: str) -> HttpResponse:
    home = group_url(group_name, section="users")
    names = chosen(request)
    if not names:
        return redirect(home)
    if request.method == "POST":
        calls = [("iam:RemoveUserFromGroup", {"group_name": group_name, "user_name": name}) for name in names]
        if error := in_order(request.aws, calls):
            flash.failure(request, f"{counted(len(names), 'user')} could not be removed from this group.", error)
        else:
            flash.success(request, f"{counted(len(names), 'user')} removed from this group.")
        return redirect(home)
    context = {"group_name": group_name, "names": names, "home": home}
    return render_page(request, "iam/group_remove_users.html", context)


# -- rename and delete ------------------------------------------------------------------------------


@post_or_get
def group_rename(request: ConsoleRequest, group_name: str) -> HttpResponse:
    form = RenameForm(request.POST or None, initial={"new_group_name": group_name})
    if request.method == "POST" and submit(form, request.aws, "iam:UpdateGroup", group_name=group_name):
        new_name = form.cleaned_data["new_group_name"]
        flash.success(request, f"User group name changed to {new_name}.")
        return redirect(group_url(new_name))
    context = {"group_name": group_name, "form": form, "home": group_url(group_name)}
    return render_page(request, "iam/group_rename.html", context, status=422 if form.is_bound else 200)


@post_or_get
def group_delete(request: ConsoleRequest) -> HttpResponse:
    names = chosen(request)
    home = reverse("iam:group-list")
    if not names:
        return redirect(home)
    one = len(names) == 1
    text = names[0] if one else counted(len(names), "user group")
    form = ConfirmForm(request.POST if request.method == "POST" else None, text=text)
    if request.method == "POST" and form.is_valid():
        for name in names:
            if error := in_order(request.aws, _deletion(request.aws, name)):
                flash.failure(request, f"{name} user group was not deleted.", error)
                return redirect(home)
        flash.success(request, f"{names[0]} user group deleted." if one else f"{text} deleted.")
        return redirect(home)
    context = {"names": names, "one": one, "text": text, "form": form, "home": home}
    return render_page(request, "iam/group_delete.html", context, status=422 if form.is_bound else 200)


def _deletion(aws: Aws, name: str) -> Iterator[Call]:
    """AWS refuses to delete a group that has anything; its console therefore empties it first."""
    group = {"group_name": name}
    for user in every(aws, "iam:GetGroup", "Users", **group):
        yield "iam:RemoveUserFromGroup", group | {"user_name": user["UserName"]}
    for policy_name in every(aws, "iam:ListGroupPolicies", "PolicyNames", **group):
        yield "iam:DeleteGroupPolicy", group | {"policy_name": policy_name}
    for policy in every(aws, "iam:ListAttachedGroupPolicies", "AttachedPolicies", **group):
        yield "iam:DetachGroupPolicy", group | {"policy_arn": policy["PolicyArn"]}
    yield "iam:DeleteGroup", group
