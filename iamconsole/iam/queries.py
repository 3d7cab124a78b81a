"""Reads of IAM's rows for other rooms: the policies of a caller, credentials, names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar, cast

from django.db import connection
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
    Named,
    PasswordPolicy,
    Role,
    ServerCertificate,
    User,
)
from iamconsole.policy import AttachedPolicy, Kind, parse

N = TypeVar("N", bound=Named)


def users_named(account_key: int, names: Iterable[str]) -> dict[str, User]:
    """Users by lower-cased name, with their login profiles; IAM does not tell names apart by case.

    A sign-in form takes any text, and the lower case of the Kelvin sign is an ASCII k: no user has such a name.
    """
    wanted = {name.lower() for name in names if name.isascii()}
    if len(wanted) == 1:
        return {row.name.lower(): row for row in _user_named(account_key, *wanted)}
    return {row.name.lower(): row for row in _users(account_key, wanted)}


def _named(rows: QuerySet[N], account_key: int, wanted: Iterable[str]) -> QuerySet[N]:
    found: Any = rows.filter(account=account_key).alias(lower=Lower("name")).filter(lower__in=wanted)
    return cast("QuerySet[N]", found)  # the stubs take what is annotated for another type


def _by_name(rows: QuerySet[N], account_key: int, names: Iterable[str]) -> dict[str, N]:
    """Of an account those with these names, by lower-cased name: IAM does not tell names apart by case."""
    return {row.name.lower(): row for row in _named(rows, account_key, {name.lower() for name in names})}


def _users(account_key: int, wanted: Iterable[str]) -> QuerySet[User]:
    return _named(User.objects.select_related("login_profile", "boundary"), account_key, wanted)


_user_named = Prepared[User](lambda account_key, name: _users(account_key, [name]), int, str)


def groups_named(account_key: int, names: Iterable[str]) -> dict[str, Group]:
    return _by_name(Group.objects.all(), account_key, names)


def roles_named(account_key: int, names: Iterable[str]) -> dict[str, Role]:
    return _by_name(Role.objects.select_related("trust", "boundary"), account_key, names)


def instance_profiles_named(account_key: int, names: Iterable[str]) -> dict[str, InstanceProfile]:
    return _by_name(InstanceProfile.objects.select_related("role__trust"), account_key, names)


def server_certificates_named(account_key: int, names: Iterable[str]) -> dict[str, ServerCertificate]:
    return _by_name(ServerCertificate.objects.all(), account_key, names)


def mfa_devices(account_key: int, user_key: int | None) -> list[MfaDevice]:
    """The enabled MFA devices of a user, or of the root user (`user_key` is None), oldest first.

    Who must prove to have one of them hands them to `mfa.use_code`.
    """
    return _devices_of_root(account_key) if user_key is None else _devices_of_user(account_key, user_key)


_ENABLED = MfaDevice.objects.filter(enabled__isnull=False).order_by("enabled", "pk")
_devices_of_root = Prepared[MfaDevice](lambda account_key: _ENABLED.filter(account=account_key, user=None), int)
_devices_of_user = Prepared[MfaDevice](
    lambda account_key, key: _ENABLED.filter(account=account_key, user=key), int, int
)


@dataclass(frozen=True, slots=True)
class Policies:
    """What of IAM's policies applies to a caller; `sessions` are the managed ones among its session policies."""

    identity: tuple[AttachedPolicy, ...] = ()
    boundary: AttachedPolicy | None = None
    sessions: tuple[AttachedPolicy, ...] = ()


# Where a row of the one query below comes from.
_ATTACHED, _INLINE, _TO_ALL, _BOUNDARY = range(4)


def policies_of(
    of: type[User] | type[Role], key: int, account_key: int, account_id: str, session_arns: Sequence[str] = ()
) -> Policies:
    """Everything that grants or denies to a user or role, and what limits it.

    Of a user also what comes through its groups, and what the account's password policy allows to all users, as a
    policy of source "account". One query, and one more for managed session policies: the first page after every
    change of a policy asks for it.
    """
    identity = []
    boundary = None
    for kind, _, group, aws_arn, name, path, text in sorted(_policy_rows[of](key), key=itemgetter(0, 1)):
        if kind == _BOUNDARY:
            if aws_arn or name is not None:
                boundary = _managed(aws_arn, name, path, text, account_id, "boundary", "boundary")
        elif kind in (_INLINE, _TO_ALL):
            source = "account" if kind == _TO_ALL else "group_inline" if group else "inline"
            identity.append(AttachedPolicy(parse(text, "identity"), name, source, "", group or ""))
        else:
            source = "group" if group else "direct"
            identity.append(_managed(aws_arn, name, path, text, account_id, "identity", source, group or ""))
    sessions = _session_policies(session_arns, account_key, account_id) if session_arns else ()
    return Policies(tuple(identity), boundary, sessions)


def _policies_query(of: type[User] | type[Role], key: int) -> QuerySet[Any, tuple[Any, ...]]:
    owner = Q(**{of.kind: key})
    if of is User:
        owner |= Q(group__in=Membership.objects.filter(user=key).values("group"))
    default = Q(policy=None) | Q(policy__versions__number=F("policy__default_version"))
    attached = Attachment.objects.filter(owner, default).values_list(
        Value(_ATTACHED), "id", "group__name", "aws_arn", "policy__name", "policy__path", "policy__versions__text__text"
    )
    inline = InlinePolicy.objects.filter(owner).values_list(
        Value(_INLINE), "id", "group__name", Value(""), "name", Value(""), "text__text"
    )
    limit = Q(boundary=None) | Q(boundary__versions__number=F("boundary__default_version"))
    bounds = of._default_manager.filter(limit, pk=key).values_list(
        Value(_BOUNDARY),
        "id",
        Value(""),
        "boundary_aws_arn",
        "boundary__name",
        "boundary__path",
        "boundary__versions__text__text",
    )
    if of is Role:
        return attached.union(inline, bounds, all=True)
    to_all = PasswordPolicy.objects.filter(account__user=key, allow_users_to_change=True).values_list(
        Value(_TO_ALL),
        "id",
        Value(""),
        Value(""),
        Value(passwords.ALLOW_USERS_TO_CHANGE_NAME),
        Value(""),
        Value(passwords.ALLOW_USERS_TO_CHANGE),
    )
    return attached.union(inline, to_all, bounds, all=True)


_policy_rows: dict[type[User] | type[Role], Prepared[tuple[Any, ...]]] = {
    User: Prepared(partial(_policies_query, User), int),
    Role: Prepared(partial(_policies_query, Role), int),
}


def _managed(
    aws_arn: str, name: str, path: str, text: str, account_id: str, kind: Kind, source: str, via: str = ""
) -> AttachedPolicy:
    """A managed policy of AWS's by its ARN, or one of ours by what its row says."""
    arn = aws_arn or ManagedPolicy(name=name, path=path).arn(account_id)
    if aws_arn:
        managed = aws_managed.by_arn().get(aws_arn)
        # One that a newer package no longer has: its text is unreadable, and so it denies everything.
        name, text = (managed.name, managed.text) if managed else (aws_arn.rpartition("/")[2], "")
    return AttachedPolicy(parse(text, kind), name, source, arn, via)


def _session_policies(arns: Sequence[str], account_key: int, account_id: str) -> tuple[AttachedPolicy, ...]:
    """Managed session policies as they are now.

    One that has been deleted meanwhile allows nothing: AWS does not say what becomes of it, and without it the
    session would have more than it was given.
    """
    named = ManagedPolicy.objects.filter(account=account_key, name__in={arn.rpartition("/")[2] for arn in arns})
    rows = named.filter(versions__number=F("default_version")).values_list("name", "path", "versions__text__text")
    texts = {ManagedPolicy(name=name, path=path).arn(account_id): text for name, path, text in rows}
    texts |= {arn: known.text for arn in arns if (known := aws_managed.by_arn().get(arn))}
    return tuple(
        AttachedPolicy(parse(texts.get(arn, ""), "session"), arn.rpartition("/")[2], "session", arn) for arn in arns
    )


@dataclass(frozen=True, slots=True)
class LongTermKey:
    """What authentication needs to know of an access key; its secret is in the clear here."""

    row: AccessKey
    secret: str


def access_key(access_key_id: str) -> LongTermKey | None:
    row = _access_key.first(access_key_id)
    return LongTermKey(row, secrets.opened(bytes(row.secret))) if row else None


_access_key = Prepared[AccessKey](
    lambda access_key_id: AccessKey.objects.select_related("user", "account").filter(access_key_id=access_key_id), str
)


def tags_of(of: type[User] | type[Role], key: int) -> dict[str, str]:
    found = _tags[of].first(key)
    return found[0] if found else {}


_tags: dict[type[User] | type[Role], Prepared[tuple[dict[str, str]]]] = {
    User: Prepared(lambda key: User.objects.filter(pk=key).values_list("tags"), int),
    Role: Prepared(lambda key: Role.objects.filter(pk=key).values_list("tags"), int),
}


def user_count(account_key: int) -> int:
    return _users_of.count(account_key)


_users_of = Prepared[tuple[int]](lambda key: User.objects.filter(account=key).values_list("pk"), int)


def login_profile(user_key: int) -> LoginProfile | None:
    return _login_profile.first(user_key)


def note_sign_in(user_key: int, now: dt.datetime) -> None:
    """That a user's password was used now."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_SIGN_IN, [connection.ops.adapt_datetimefield_value(now), user_key])


_NOTE_SIGN_IN = f"UPDATE {User._meta.db_table} SET password_last_used = %s WHERE id = %s"

_login_profile = Prepared[LoginProfile](
    lambda user_key: LoginProfile.objects.select_related("user").filter(user=user_key), int
)
