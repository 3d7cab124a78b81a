"""The ways to give a user permissions: groups, another user's permissions, policies, a boundary; pick, review, do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import Listing
from iamconsole.iam.forms.users import COPY, DIRECT
from iamconsole.iam.views.boundaries import PERMISSIONS_BOUNDARY
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.policy_parts import (
    INLINE,
    create_policy_action,
    policies_table,
    policy_name,
    policy_type,
)
from iamconsole.ui.middleware import to_dialog
from iamconsole.ui.pages import Aws, ConsoleRequest, Panel, panel
from iamconsole.ui.table import Action, Column, Empty, Table
from iamconsole.ui.wizard import Wizard

CELLS = "iam/user_cells.html"
CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"
PERMISSIONS_GROUP, PERMISSIONS_POLICY = "Permissions group", "Permissions policy"


# -- pick -------------------------------------------------------------------------------------------


def options_table(request: ConsoleRequest, wizard: Wizard, way: str) -> Table:
    """The table that belongs to the chosen way; the others' calls are not made."""
    if way == COPY:
        return _copy_table(request, wizard)
    if way == DIRECT:
        return policies_table(
            request,
            title="Permissions policies",
            description="Choose one or more policies to attach to the user.",
            field_name="policies",
            form="wizard",
            selected=wizard.form["policies"].value() or [],
            actions=(create_policy_action(),),
            prefix="policies",
        )
    return groups_table(request, wizard)


GROUP_NAME = Column("name", "Group name", value="GroupName", sortable=True, template=f"{CELLS}#group-name-cell")
ATTACHED = Column("attached", "Attached policies", template=f"{CELLS}#policy-names-cell")
PICK_GROUPS = (
    GROUP_NAME,
    Column("users", "Users", template=f"{CELLS}#users-count-cell"),
    ATTACHED,
    Column("created", "Created", value="CreateDate", sortable=True, template=f"{CELLS}#time-cell"),
)
PICK_USER = (
    Column("name", "User name", value="UserName", sortable=True, template=f"{CELLS}#name-cell"),
    Column("groups", "Groups", template=f"{CELLS}#group-names-cell"),
    ATTACHED,
)


CREATE_GROUP = "?create-group"  # what the button posts


def group_detour(request: ConsoleRequest, wizard: Wizard) -> HttpResponse | None:
    """`Create group` on the way: what was ticked is kept, a dialog makes the group, and then it is ticked, too."""
    here = wizard.url(wizard.step)
    if request.POST.get("_go") == CREATE_GROUP:
        wizard.keep()
        return to_dialog(f"{reverse('iam:group-create-here')}?{urlencode({'back': here})}")
    if request.method == "GET" and (made := request.GET.get("created")):
        wizard.pick("groups", made)
        return redirect(here)
    return None


def groups_table(request: ConsoleRequest, wizard: Wizard, **options: Any) -> Table:
    """The account's groups, to be ticked inside a form."""
    create = Action("Create group", CREATE_GROUP, modal=True)
    table = Table(
        **{
            "name": "groups",
            "title": "User groups",
            "columns": PICK_GROUPS,
            "selection": "multi",
            "key": "GroupName",
            "field_name": "groups",
            "form": "wizard",
            "selected": wizard.form["groups"].value() or [],
            "actions": (create,),
            "empty": Empty(
                "Get started with groups",
                "Create a group and select policies to attach to the group. We recommend using groups to manage user "
                "permissions by job function, AWS service access, or custom permissions.",
                create,
            ),
            **options,
        }
    )
    found = panel(request, "iam:ListGroups", listing=table.listing(request, "groups"))
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    groups = found.result["Groups"]
    calls: list[Call] = []
    for group in groups:
        name = {"group_name": group["GroupName"]}
        calls += [("iam:GetGroup", name | {"listing": Listing(size=0)}), ("iam:ListAttachedGroupPolicies", name)]
    answers = iter(request.aws.call_many(calls))
    rows = [
        group | {"users": Panel.of(next(answers)), "attached": policy_names(Panel.of(next(answers)))}
        for group in groups
    ]
    return table.fill(rows, found.result["Total"])


def _copy_table(request: ConsoleRequest, wizard: Wizard) -> Table:
    source = wizard.form["copy_from"].value()
    table = Table(
        "users",
        "Users",
        PICK_USER,
        description="Choose a user to copy permissions from.",
        selection="single",
        key="UserName",
        field_name="copy_from",
        form="wizard",
        selected=[source] if source else [],
    )
    found = panel(request, "iam:ListUsers", listing=table.listing(request, "users"))
    if found.result is None:
        return table.fail(found.error or AwsError(""))
    users = found.result["Users"]
    actions = ("iam:ListGroupsForUser", "iam:ListAttachedUserPolicies")
    answers = iter(
        request.aws.call_many([(action, {"user_name": user["UserName"]}) for user in users for action in actions])
    )
    rows = [
        user | {"groups": Panel.of(next(answers)), "attached": policy_names(Panel.of(next(answers)))} for user in users
    ]
    return table.fill(rows, found.result["Total"])


def policy_names(attached: Panel) -> Panel:
    """`HRPolicy`, `HRPolicy and 2 more`"""
    if attached.result is None:
        return attached
    names = [policy["PolicyName"] for policy in attached.result["AttachedPolicies"]]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Panel(result={"Text": f"{names[0]}{more}" if names else "-"})


# -- review -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership, policy or boundary that a user is to get, and what its row of `Permissions summary` says."""

    name: str
    type: str
    used_as: str
    key: str  # a policy's ARN; else the name
    source: str = ""  # whose inline policy it is


@dataclass(frozen=True, slots=True)
class Grants:
    """What was chosen, as far as it could be read."""

    rows: Sequence[Grant] = ()
    errors: Sequence[AwsError] = field(default_factory=tuple)

    @property
    def table(self) -> Table:
        columns = (Column("name", "Name"), Column("type", "Type"), Column("used_as", "Used as"))
        table = Table("summary", "Permissions summary", columns, searchable=False, refresh=False, size=100)
        return table.fill(self.rows)


def membership(group_name: str) -> Grant:
    return Grant(group_name, "Group", PERMISSIONS_GROUP, group_name)


def attachment(policy_arn: str) -> Grant:
    return Grant(policy_name(policy_arn), policy_type(policy_arn), PERMISSIONS_POLICY, policy_arn)


def boundary(policy_arn: str) -> Grant:
    return replace(attachment(policy_arn), used_as=PERMISSIONS_BOUNDARY)


def chosen_grants(request: ConsoleRequest, values: Mapping[str, Any]) -> Grants:
    """What the form stands for. A boundary that was chosen takes the place of one that would be copied."""
    grants = _by_the_way(request, values)
    if arn := values.get("boundary"):
        rows = [row for row in grants.rows if row.used_as != PERMISSIONS_BOUNDARY]
        return replace(grants, rows=[*rows, boundary(arn)])
    return grants


def _by_the_way(request: ConsoleRequest, values: Mapping[str, Any]) -> Grants:
    """Copying reads what the other user has."""
    way = values.get("way")
    if way == COPY:
        source = values.get("copy_from")
        return _grants_of(request, source) if source else Grants()
    if way == DIRECT:
        return Grants([attachment(arn) for arn in values.get("policies", ())])
    return Grants([membership(name) for name in values.get("groups", ())])


def _grants_of(request: ConsoleRequest, user_name: str) -> Grants:
    """All of it: AWS copies "all group memberships, attached managed policies, inline policies, and any existing
    permissions boundaries from the source user" (IAM User Guide, "Change permissions for an IAM user").
    """
    name = {"user_name": user_name}
    actions = ("iam:ListGroupsForUser", "iam:ListAttachedUserPolicies", "iam:ListUserPolicies", "iam:GetUser")
    answers = [Panel.of(answer) for answer in request.aws.call_many([(action, name) for action in actions])]
    groups, attached, inline, user = (answer.result or {} for answer in answers)
    present = user.get("User", {}).get("PermissionsBoundary")
    rows = [
        *(membership(group["GroupName"]) for group in groups.get("Groups", ())),
        *(attachment(policy["PolicyArn"]) for policy in attached.get("AttachedPolicies", ())),
        *(Grant(one, INLINE, PERMISSIONS_POLICY, one, user_name) for one in inline.get("PolicyNames", ())),
        *([boundary(present["PermissionsBoundaryArn"])] if present else ()),
    ]
    return Grants(rows, [answer.error for answer in answers if answer.error])


# -- do ---------------------------------------------------------------------------------------------


def granting(aws: Aws, user_name: str, grants: Iterable[Grant]) -> Iterator[Call]:
    """The calls that give a user what was chosen; an inline policy is read from its owner on the way."""
    user = {"user_name": user_name}
    for grant in grants:
        if grant.used_as == PERMISSIONS_GROUP:
            yield "iam:AddUserToGroup", user | {"group_name": grant.key}
        elif grant.used_as == PERMISSIONS_BOUNDARY:
            yield "iam:PutUserPermissionsBoundary", user | {"permissions_boundary": grant.key}
        elif grant.source:
            found = aws.call("iam:GetUserPolicy", user_name=grant.source, policy_name=grant.key)
            document = {"policy_name": grant.key, "policy_document": found["PolicyDocument"]}
            yield "iam:PutUserPolicy", user | document
        else:
            yield "iam:AttachUserPolicy", user | {"policy_arn": grant.key}


@dataclass(frozen=True, slots=True)
class Failure:
    """The first call that did not work."""

    action: str
    error: AwsError


def first_failure(aws: Aws, calls: Iterable[Call]) -> Failure | None:
    """Make the calls in order; what stopped them, with its name."""
    at = ""

    def watched() -> Iterator[Call]:
        nonlocal at
        for one in calls:
            at = one[0]
            yield one

    error = in_order(aws, watched())
    # A refusal names its action itself; it may be a read between two calls.
    return Failure(getattr(error, "action", "") or at, error) if error else None
