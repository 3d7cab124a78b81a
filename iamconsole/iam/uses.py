"""Where managed policies are used: attached to identities as permissions, and set as boundaries of users and roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value

from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import Attachment, Group, ManagedPolicy, Role, User

Policy = ManagedPolicy | AwsManagedPolicy
Identity = User | Group | Role


def key_of(policy: Policy) -> Any:
    """What a policy is counted by: its ARN for AWS's own, its primary key for ours."""
    return policy.arn if isinstance(policy, AwsManagedPolicy) else policy.pk


@dataclass(frozen=True, slots=True)
class Uses:
    """How many identities each policy is attached to, and how many users and roles it bounds, by `key_of`."""

    attached: Mapping[Any, int] = field(default_factory=dict)
    bounding: Mapping[Any, int] = field(default_factory=dict)

    def of(self, policy: Policy) -> tuple[int, int]:
        key = key_of(policy)
        return self.attached.get(key, 0), self.bounding.get(key, 0)


def uses_in(account_key: int, policies: Iterable[Policy] | None = None) -> Uses:
    """The uses of some policies, or of all, in an account: one query."""
    attachments = Attachment.objects.filter(_of_account(account_key)).annotate(ours=F("policy"), theirs=F("aws_arn"))
    users, roles = (
        model.objects.filter(account=account_key).annotate(ours=F("boundary"), theirs=F("boundary_aws_arn"))
        for model in (User, Role)
    )
    if policies is not None:
        policies = list(policies)
        if not policies:
            return Uses()
        wanted = Q(ours__in=[one.pk for one in policies if isinstance(one, ManagedPolicy)])
        wanted |= Q(theirs__in=[one.arn for one in policies if isinstance(one, AwsManagedPolicy)])
    else:
        wanted = Q(ours__isnull=False) | ~Q(theirs="")
    counted = [_counted(rows.filter(wanted), use) for use, rows in enumerate((attachments, users, roles))]
    found: tuple[dict[Any, int], dict[Any, int]] = ({}, {})
    for use, ours, theirs, number in counted[0].union(*counted[1:], all=True):
        of_use = found[min(use, 1)]
        of_use[theirs or ours] = of_use.get(theirs or ours, 0) + number
    return Uses(*found)


def _counted(rows: QuerySet[Any], use: int) -> QuerySet[Any]:
    counted: QuerySet[Any] = rows.order_by().values_list(Value(use), "ours", "theirs").annotate(number=Count("pk"))
    return counted


def _of_account(account_key: int) -> Q:
    """Attachments of the account's users, groups and roles."""
    return Q(user__account=account_key) | Q(group__account=account_key) | Q(role__account=account_key)


def holders_of(account_key: int, policy: Policy, usage: str | None) -> list[Identity]:
    """The users, groups and roles that have a policy as `usage` says; None is both ways, each identity once."""
    if isinstance(policy, AwsManagedPolicy):
        attached, bounded = Q(attachments__aws_arn=policy.arn), Q(boundary_aws_arn=policy.arn)
    else:
        attached, bounded = Q(attachments__policy=policy), Q(boundary=policy)
    wanted = {"PermissionsPolicy": attached, "PermissionsBoundary": bounded}.get(usage or "", attached | bounded)
    users, roles = (model.objects.filter(wanted, account=account_key).distinct() for model in (User, Role))
    # A group has no boundary.
    groups = Group.objects.filter(attached, account=account_key) if usage != "PermissionsBoundary" else ()
    return [*users, *groups, *roles]
