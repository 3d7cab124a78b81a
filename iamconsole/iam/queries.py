"""Reads of IAM's rows for other rooms: the policies of a caller, credentials, names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Lower

from iamconsole.accounts import secrets
from iamconsole.accounts.prepared import Prepared
from iamconsole.iam import aws_managed, passwords
from iamconsole.iam.models import (
    AccessKey,
    Attachment,
    Group,
    InlinePolicy,
    InstanceProfile,
    LoginProfile,
    ManagedPolicy,
    Membership,
    MfaDevice,
    PasswordPolicy,
    Role,
    ServerCertificate,
    User,
)
from iamconsole.policy import AttachedPolicy, parse


def users_named(account_key: int, names: Iterable[str]) -> dict[str, User]:
    """Users by lower-cased name, with their login profiles; IAM does not tell names apart by case.

    A sign-in form takes any text, and the lower case of the Kelvin sign is an ASCII k: no user has such a name.
    """
    wanted = {name.lower() for name in names if name.isascii()}
    if len(wanted) == 1:
        return {row.name.lower(): row for row in _user_named(account_key, *wanted)}
    return {row.name.lower(): row for row in _users(account_key, wanted)}


def _users(account_key: int, wanted: Iterable[str]) -> QuerySet[User]:
    rows = User.objects.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return rows.select_related("login_profile", "boundary")


_user_named = Prepared[User](lambda account_key, name: _users(account_key, [name]), int, str)


def groups_named(account_key: int, names: Iterable[str]) -> dict[str, Group]:
    wanted = {name.lower() for name in names}
    rows = Group.objects.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return {row.name.lower(): row for row in rows}


def roles_named(account_key: int, names: Iterable[str]) -> dict[str, Role]:
    wanted = {name.lower() for name in names}
    rows = Role.objects.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return {row.name.lower(): row for row in rows.select_related("trust", "boundary")}


def instance_profiles_named(account_key: int, names: Iterable[str]) -> dict[str, InstanceProfile]:
    wanted = {name.lower() for name in names}
    rows = InstanceProfile.objects.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return {row.name.lower(): row for row in rows.select_related("role__trust")}


def server_certificates_named(account_key: int, names: Iterable[str]) -> dict[str, ServerCertificate]:
    wanted = {name.lower() for name in names}
    rows = ServerCertificate.objects.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return {row.name.lower(): row for row in rows}


def mfa_devices(account_key: int, user_key: int | None) -> list[MfaDevice]:
    """The enabled MFA devices of a user, or of the root user (`user_key` is None), oldest first.

    Who must prove to have one of them hands them to `mfa.use_code`.
    """
    rows = MfaDevice.objects.filter(account=account_key, user=user_key, enabled__isnull=False)
    return list(rows.order_by("enabled", "pk"))


def identity_policies(user_key: int, account_id: str) -> tuple[AttachedPolicy, ...]:
    """Everything that grants or denies to a user: attached or inline, directly or through a group.

    One query: the first page after every change of a policy asks for it. What the account's password policy allows
    to all users comes with them, as a policy of source "account".
    """
    found = []
    for kind, _, group, aws_arn, name, path, text in sorted(_identity_rows(user_key)):
        source = ("direct", "inline", "account")[kind] if not group else ("group", "group_inline")[kind]
        arn = aws_arn or ("" if kind else ManagedPolicy(name=name, path=path).arn(account_id))
        if aws_arn:
            managed = aws_managed.by_arn().get(aws_arn)
            # One that a newer package no longer has: its text is unreadable, and so it denies everything.
            name, text = (managed.name, managed.text) if managed else (aws_arn.rpartition("/")[2], "")
        found.append(AttachedPolicy(parse(text, "identity"), name, source, arn, group or ""))
    return tuple(found)


def _identity_query(user_key: int) -> QuerySet[Any, tuple[Any, ...]]:
    groups = Membership.objects.filter(user=user_key).values("group")
    of_user = Q(user=user_key) | Q(group__in=groups)
    default = Q(policy=None) | Q(policy__versions__number=F("policy__default_version"))
    attached = Attachment.objects.filter(of_user, default).values_list(
        Value(0), "id", "group__name", "aws_arn", "policy__name", "policy__path", "policy__versions__text__text"
    )
    inline = InlinePolicy.objects.filter(of_user).values_list(
        Value(1), "id", "group__name", Value(""), "name", Value(""), "text__text"
    )
    to_all = PasswordPolicy.objects.filter(account__user=user_key, allow_users_to_change=True).values_list(
        Value(2),
        "id",
        Value(""),
        Value(""),
        Value(passwords.ALLOW_USERS_TO_CHANGE_NAME),
        Value(""),
        Value(passwords.ALLOW_USERS_TO_CHANGE),
    )
    return attached.union(inline, to_all, all=True)


_identity_rows = Prepared[tuple[Any, ...]](_identity_query, int)


@dataclass(frozen=True, slots=True)
class LongTermKey:
    """What authentication needs to know of an access key; its secret is in the clear here."""

    row: AccessKey
    secret: str


def access_key(access_key_id: str) -> LongTermKey | None:
    rows = _access_key(access_key_id)
    return LongTermKey(rows[0], secrets.opened(bytes(rows[0].secret))) if rows else None


_access_key = Prepared[AccessKey](
    lambda access_key_id: AccessKey.objects.select_related("user", "account").filter(access_key_id=access_key_id), str
)


def tags_of_user(user_key: int) -> dict[str, str]:
    rows = _tags_of_user(user_key)
    return rows[0][0] if rows else {}


_tags_of_user = Prepared[tuple[dict[str, str]]](lambda key: User.objects.filter(pk=key).values_list("tags"), int)


def user_count(account_key: int) -> int:
    return _users_of.count(account_key)


_users_of = Prepared[tuple[int]](lambda key: User.objects.filter(account=key).values_list("pk"), int)


def login_profile(user_key: int) -> LoginProfile | None:
    return LoginProfile.objects.select_related("user").filter(user=user_key).first()
