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
from iamconsole.iam.views.policy_parts import INLINE, TYPE_FILTER, TYPES, TypedTable, is_aws_managed, policy_type
from iamconsole.iam.views.user_rows import user_url
from iamconsole.ui import flash
from iamconsole.ui.pages import ConsoleRequest, Panel, render_page
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

    def owner(self, user_name: str) -> tuple[str, str]:
        """On whom an inline policy is written."""
        return ("group", self.groups[0]) if self.groups else ("user", user_name)

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


OWN = ("iam:ListAttachedUserPolicies", "iam:ListUserPolicies", "iam:ListGroupsForUser")


def held_policies(request: ConsoleRequest, user_name: str) -> Held:
    answers = request.aws.call_many([(action, {"user_name": user_name}) for action in OWN])
    return with_groups(request, [Panel.of(answer) for answer in answers])


def with_groups(request: ConsoleRequest, own: Sequence[Panel]) -> Held:
    """From the answers of `OWN`, and those for each of the groups."""
    attached, inline, groups = own
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
        info="permissions-policies",
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
    table.details = _documents(request, user_name, [row for row in table.rows if row.key in table.opened])
    return table


def _documents(request: ConsoleRequest, user_name: str, rows: Sequence[HeldPolicy]) -> dict[str, dict[str, Any]]:
    """The documents of opened rows and where each is edited; all rows in two rounds of calls."""
    answers = request.aws.call_many([_reading(user_name, row) for row in rows]) if rows else []
    found = dict(zip([row.key for row in rows], map(Panel.of, answers), strict=True))
    versions = {
        row.arn: found[row.key].result["Policy"]["DefaultVersionId"]  # type: ignore[index]  # the panel is true
        for row in rows
        if row.arn and found[row.key]
    }
    asked = [("iam:GetPolicyVersion", {"policy_arn": arn, "version_id": one}) for arn, one in versions.items()]
    texts = dict(zip(versions, map(Panel.of, request.aws.call_many(asked)), strict=True)) if asked else {}
    details = {}
    for row in rows:
        answer = texts.get(row.arn, found[row.key])
        details[row.key] = {"document": _text_of(answer), "edit": _edit_url(user_name, row, versions.get(row.arn, ""))}
    return details


def _reading(user_name: str, row: HeldPolicy) -> Call:
    if row.arn:
        return "iam:GetPolicy", {"policy_arn": row.arn}
    kind, owner = row.owner(user_name)
    return f"iam:Get{kind.title()}Policy", {f"{kind}_name": owner, "policy_name": row.name}


def _text_of(answer: Panel) -> Panel:
    """GetPolicyVersion, GetUserPolicy and GetGroupPolicy put the text into different members."""
    if answer.result is None:
        return answer
    version = answer.result.get("PolicyVersion", {})
    return Panel(result={"Document": version.get("Document") or answer.result.get("PolicyDocument", "")})


def _edit_url(user_name: str, row: HeldPolicy, version: str) -> str:
    """Where the policy is edited: nowhere for one of AWS's own, or one that cannot be read."""
    if row.arn:
        editable = version and not is_aws_managed(row.arn)
        return reverse("iam:policy-edit", args=[row.arn, version]) if editable else ""
    kind, owner = row.owner(user_name)
    return reverse(f"iam:{kind}-edit-policy", args=[owner, row.name])


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
