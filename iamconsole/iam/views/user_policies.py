"""The policies that a user has, however it came by them, and taking some away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from iamconsole.core.errors import AwsError
from iamconsole.iam.views.calls import Step as Call
from iamconsole.iam.views.calls import in_order
from iamconsole.iam.views.common import chosen, counted, post_or_get
from iamconsole.iam.views.group_policies import managed_document
from iamconsole.iam.views.policy_parts import INLINE, TYPE_FILTER, TYPES, TypedTable, policy_type
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, Panel, panel, render_page
from iamconsole.ui.table import Action, Column

DIRECTLY, OWN_INLINE = "Directly", "Inline"


@dataclass(slots=True)
class HeldPolicy:
    """One policy and the ways it came by: attached to the user, written on it, or through groups."""

    name: str
    type: str
    arn: str = ""  # empty for an inline policy
    ways: list[str] = field(default_factory=list)  # Directly, Inline
    groups: list[str] = field(default_factory=list)

    @property
    def Arn(self) -> str:  # as ListPolicies calls it, for the cells that other tables share
        return self.arn

    @property
    def key(self) -> str:
        """What is ticked: the ARN, or the owner and name of an inline policy. No ARN has a slash before a colon."""
        if self.arn:
            return self.arn
        return f"group/{self.groups[0]}/{self.name}" if self.groups else f"inline/{self.name}"

    @property
    def via(self) -> list[str]:
        return [*self.ways, *(f"Group {name}" for name in self.groups)]


@dataclass(frozen=True, slots=True)
class Held:
    """A user's policies and groups as far as they could be read."""

    rows: Sequence[HeldPolicy]
    groups: Panel
    errors: Sequence[AwsError]

    @property
    def read(self) -> bool:
        """Whether anything at all could be read."""
        return bool(self.rows) or not self.errors

    def picked(self, keys: Iterable[str]) -> list[HeldPolicy]:
        wanted = set(keys)
        return [row for row in self.rows if row.key in wanted]


def held_policies(request: ConsoleRequest, user_name: str) -> Held:
    name = {"user_name": user_name}
    own = ("iam:ListAttachedUserPolicies", "iam:ListUserPolicies", "iam:ListGroupsForUser")
    attached, inline, groups = (
        Panel.of(answer) for answer in request.aws.call_many([(action, name) for action in own])
    )
    group_names = [group["GroupName"] for group in groups.result["Groups"]] if groups.result else []
    of_group = ("iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies")
    asked = [(action, {"group_name": group}) for group in group_names for action in of_group]
    through = [Panel.of(answer) for answer in request.aws.call_many(asked)] if asked else []
    managed: dict[str, HeldPolicy] = {}
    written: list[HeldPolicy] = []
    for policy in _members(attached, "AttachedPolicies"):
        _row(managed, policy).ways.append(DIRECTLY)
    written += [HeldPolicy(one, INLINE, ways=[OWN_INLINE]) for one in _members(inline, "PolicyNames")]
    for group, on_group, in_group in zip(group_names, through[::2], through[1::2], strict=True):
        for policy in _members(on_group, "AttachedPolicies"):
            _row(managed, policy).groups.append(group)
        written += [HeldPolicy(one, INLINE, groups=[group]) for one in _members(in_group, "PolicyNames")]
    errors = [found.error for found in (attached, inline, groups, *through) if found.error]
    return Held([*managed.values(), *written], groups, errors)


def _members(answer: Panel, member: str) -> list[Any]:
    return answer.result[member] if answer.result else []


def _row(managed: dict[str, HeldPolicy], policy: dict[str, str]) -> HeldPolicy:
    arn = policy["PolicyArn"]
    return managed.setdefault(arn, HeldPolicy(policy["PolicyName"], policy_type(arn), arn))


# -- the tab ----------------------------------------------------------------------------------------

COLUMNS = (
    Column("name", "Policy name", sortable=True, template="iam/policy_cells.html#held-cell"),
    Column("type", "Type", sortable=True),
    Column("via", "Attached via", template="iam/user_cells.html#via-cell"),
)


def permissions_table(request: ConsoleRequest, user_name: str, held: Held) -> TypedTable:
    table = TypedTable(
        "policies",
        "Permissions policies",
        COLUMNS,
        description="Permissions are defined by policies attached to the user directly or through groups.",
        selection="multi",
        key="key",
        row_label="name",
        expand="iam/policy_cells.html#document",
        controls=TYPE_FILTER,
        actions=(
            Action("Remove", user_url(user_name, "user-remove-policies"), needs="some", modal=True),
            Action(
                "Add permissions",
                kind="primary",
                menu=(
                    Action("Add permissions", user_url(user_name, "user-add-permissions")),
                    Action("Create inline policy", user_url(user_name, "user-create-policy")),
                ),
            ),
        ),
    )
    table.types = TYPES | {"inline": INLINE}
    wanted = table.types.get(table.listing(request, filters=("type",)).filters.get("type", ""))
    if not held.read:
        table.fail(held.errors[0])
        return table
    table.show([row for row in held.rows if wanted in (None, row.type)])
    table.details = {row.key: _document(request, user_name, row) for row in table.rows if row.key in table.opened}
    return table


def _document(request: ConsoleRequest, user_name: str, row: HeldPolicy) -> dict[str, Any]:
    """The document of an opened row and where it is edited."""
    if row.arn:
        document, edit = managed_document(request, row.arn)
        return {"document": document, "edit": edit}
    kind, owner = ("group", row.groups[0]) if row.groups else ("user", user_name)
    params = {f"{kind}_name": owner, "policy_name": row.name}
    answer = panel(request, f"iam:Get{kind.title()}Policy", **params)
    document = Panel(result={"Document": answer.result["PolicyDocument"]}) if answer.result else answer
    return {"document": document, "edit": reverse(f"iam:{kind}-edit-policy", args=[owner, row.name])}


# -- remove -----------------------------------------------------------------------------------------


@post_or_get
def user_remove_policies(request: ConsoleRequest, user_name: str) -> HttpResponse:
    """Take policies away. One that came through a group goes by leaving the group, and all of it with it."""
    home = user_url(user_name, section="permissions")
    held = held_policies(request, user_name)
    picked = held.picked(chosen(request))
    if not picked:
        if request.method == "POST" and held.errors:
            flash.failure(request, "The policies were not removed.", held.errors[0])
        return redirect(home)
    if request.method == "POST":
        if error := in_order(request.aws, _removal(user_name, picked)):
            flash.failure(request, f"{counted(len(picked), 'policy')} could not be removed.", error)
        else:
            noun = "inline policy" if all(row.ways == [OWN_INLINE] for row in picked) else "policy"
            flash.success(request, f"{counted(len(picked), noun)} removed")
        return redirect(home)
    leaving = list(dict.fromkeys(name for row in picked for name in row.groups))
    context = {
        "user_name": user_name,
        "picked": picked,
        "title": "Remove policy for user?" if len(picked) == 1 else f"Remove {len(picked)} policies for user?",
        "leaving": leaving,
        "lost": [row for row in held.rows if row not in picked and set(row.groups) & set(leaving)],
        "written": [row for row in picked if row.ways == [OWN_INLINE]],
        "home": home,
    }
    return render_page(request, "iam/user_remove_policies.html", context)


def _removal(user_name: str, picked: Sequence[HeldPolicy]) -> Iterator[Call]:
    user = {"user_name": user_name}
    for row in picked:
        if OWN_INLINE in row.ways:
            yield "iam:DeleteUserPolicy", user | {"policy_name": row.name}
        elif DIRECTLY in row.ways:
            yield "iam:DetachUserPolicy", user | {"policy_arn": row.arn}
    for group in dict.fromkeys(name for row in picked for name in row.groups):
        yield "iam:RemoveUserFromGroup", user | {"group_name": group}
