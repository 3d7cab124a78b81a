"""Everything about the account's users, groups, roles and policies, and how they belong together.

Source: IAM API Reference, GetAccountAuthorizationDetails: "Use this operation to obtain a snapshot of the configuration
of IAM permissions … in your account". Of AWS's own policies those are told that are attached or a boundary in the
account, or the answer would be the same ten megabytes for everybody; AWS's page does not say which it tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from iamconsole.cloudtrail.queries import LastUse, last_uses_of_roles
from iamconsole.core import arn
from iamconsole.core.errors import ValidationError
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import aws_managed, paging, shapes
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import (
    Attachment,
    Group,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    PolicyVersion,
    Role,
    User,
)
from iamconsole.iam.operations.roles import shown_trusts
from iamconsole.iam.uses import Uses, uses_in

Named = User | Group | Role | ManagedPolicy
# In the order in which the pages go through them.
MODELS: Mapping[str, type[Named]] = {"User": User, "Group": Group, "Role": Role, "LocalManagedPolicy": ManagedPolicy}
KINDS = (*MODELS, "AWSManagedPolicy")


@operation("iam:GetAccountAuthorizationDetails", read_only=True)
def get_account_authorization_details(
    call: Call, *, filter: Sequence[str] = (), max_items: int | None = None, marker: str | None = None
) -> Response:
    """One page over all kinds; how many queries it takes does not depend on how much there is."""
    rows, page = _page(call, filter or KINDS)
    found = _read(call, rows)
    return {
        "UserDetailList": [found.user(row) for row in rows["User"]],
        "GroupDetailList": [found.group(row) for row in rows["Group"]],
        "RoleDetailList": [found.role(row) for row in rows["Role"]],
        "Policies": [found.policy(row) for row in (*rows["LocalManagedPolicy"], *rows["AWSManagedPolicy"])],
        **page,
    }


def _page(call: Call, wanted: Sequence[str]) -> tuple[dict[str, list[Any]], Response]:
    """The rows of a page, by kind. A marker says of which kind and name the last one was."""
    last_kind, _, after = paging.read_marker(call.params.get("marker")).partition(" ")
    if last_kind and last_kind not in KINDS:
        raise ValidationError("Invalid Marker.", field="marker")
    left = call.params.get("max_items") or paging.DEFAULT_PAGE
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    begun = not last_kind
    last = ""
    for kind in KINDS:
        begun = begun or kind == last_kind
        if kind not in wanted or not begun:
            continue
        rows = _after(call.caller.account_key, kind, after if kind == last_kind else "", left + 1)
        found[kind] = rows[:left]
        if found[kind]:
            last = f"{kind} {found[kind][-1].name.lower()}"
        left -= len(found[kind])
        if len(rows) > len(found[kind]):
            return found, paging.next_page(last)
    return found, {"IsTruncated": False}


def _after(account_key: int, kind: str, name: str, count: int) -> list[Any]:
    if kind == "AWSManagedPolicy":
        used = _aws_policies_in_use(account_key)
        return sorted((row for row in used if row.name.lower() > name), key=lambda row: row.name.lower())[:count]
    rows: QuerySet[Any] = MODELS[kind]._default_manager.filter(account=account_key).alias(_order=Lower("name"))
    if kind == "Role":
        rows = rows.select_related("trust")
    if kind in ("User", "Role"):
        rows = rows.select_related("boundary")
    return list(rows.filter(_order__gt=name).order_by("_order")[:count])


def _aws_policies_in_use(account_key: int) -> list[AwsManagedPolicy]:
    uses, known = uses_in(account_key), aws_managed.by_arn()
    return [known[key] for key in uses.attached.keys() | uses.bounding.keys() if key in known]


@dataclass
class _Details:
    """What belongs to the rows of a page, by their keys."""

    account_id: str
    attached: dict[tuple[str, int], list[Response]] = field(default_factory=lambda: defaultdict(list))
    inline: dict[tuple[str, int], list[Response]] = field(default_factory=lambda: defaultdict(list))
    groups: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    profiles: dict[int, list[InstanceProfile]] = field(default_factory=lambda: defaultdict(list))
    versions: dict[int, list[PolicyVersion]] = field(default_factory=lambda: defaultdict(list))
    trusts: dict[int, str] = field(default_factory=dict)
    used: Mapping[str, LastUse] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)

    def user(self, row: User) -> Response:
        shape = shapes.described_user(row, self.account_id)
        # UserDetail, unlike User, does not have it.
        shape.pop("PasswordLastUsed", None)
        return shape | self._policies("User", row) | {"GroupList": self.groups[row.pk]}

    def group(self, row: Group) -> Response:
        return shapes.group(row, self.account_id) | self._policies("Group", row)

    def role(self, row: Role) -> Response:
        shape = shapes.described_role(row, self.account_id, self.trusts[row.pk], self.used.get(row.unique_id))
        # RoleDetail, unlike Role, has neither.
        for name in ("Description", "MaxSessionDuration"):
            shape.pop(name, None)
        profiles = [shapes.instance_profile(one, self.account_id, self.trusts) for one in self.profiles[row.pk]]
        return shape | self._policies("Role", row) | {"InstanceProfileList": profiles}

    def _policies(self, kind: str, row: User | Group | Role) -> Response:
        key = (row.kind, row.pk)
        return {f"{kind}PolicyList": self.inline[key], "AttachedManagedPolicies": self.attached[key]}

    def policy(self, row: ManagedPolicy | AwsManagedPolicy) -> Response:
        shape = shapes.policy(row, self.account_id, self.uses.of(row))
        if isinstance(row, AwsManagedPolicy):
            return shape | {"PolicyVersionList": [shapes.aws_version(row) | {"Document": row.text}]}
        listed = [
            shapes.policy_version(one, row.default_version) | {"Document": one.text.text}
            for one in self.versions[row.pk]
        ]
        return shape | shapes.description_of(row) | {"PolicyVersionList": listed}


def _read(call: Call, rows: Mapping[str, Sequence[Any]]) -> _Details:
    account_id = call.caller.account_id
    found = _Details(account_id)
    owners = Q()
    for kind in ("User", "Group", "Role"):
        if rows[kind]:
            owners |= Q(**{f"{kind.lower()}__in": [row.pk for row in rows[kind]]})
    if owners:
        _read_policies(found, owners)
    if rows["User"]:
        of_users = Membership.objects.filter(user__in=rows["User"]).order_by("group__name")
        for user, group in of_users.values_list("user", "group__name"):
            found.groups[user].append(group)
    if rows["Role"]:
        found.trusts = shown_trusts(rows["Role"])
        found.used = last_uses_of_roles(call.caller.account_key, [row.unique_id for row in rows["Role"]])
        for profile in InstanceProfile.objects.filter(role__in=rows["Role"]).select_related("role").order_by("name"):
            found.profiles[profile.role_id or 0].append(profile)
    policies = [*rows["LocalManagedPolicy"], *rows["AWSManagedPolicy"]]
    if rows["LocalManagedPolicy"]:
        versions = PolicyVersion.objects.filter(policy__in=rows["LocalManagedPolicy"]).select_related("text")
        for version in versions.order_by("-number"):
            found.versions[version.policy_id].append(version)
    found.uses = uses_in(call.caller.account_key, policies)
    return found


def _read_policies(found: _Details, owners: Q) -> None:
    for user, group, role, aws_arn, name, path in (
        Attachment.objects.filter(owners)
        .order_by("pk")
        .values_list("user", "group", "role", "aws_arn", "policy__name", "policy__path")
    ):
        policy_arn = aws_arn or arn.iam(found.account_id, "policy", name, path)
        shape = {"PolicyName": name or aws_arn.rpartition("/")[2], "PolicyArn": policy_arn}
        found.attached[_owner(user, group, role)].append(shape)
    for user, group, role, name, text in (
        InlinePolicy.objects.filter(owners).order_by("name").values_list("user", "group", "role", "name", "text__text")
    ):
        found.inline[_owner(user, group, role)].append({"PolicyName": name, "PolicyDocument": text})


def _owner(user: int | None, group: int | None, role: int | None) -> tuple[str, int]:
    return ("user", user) if user else ("group", group) if group else ("role", role or 0)
