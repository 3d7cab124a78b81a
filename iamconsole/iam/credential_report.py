"""The credential report: one line for the root user and each IAM user, with the state of its credentials.

Source: IAM User Guide, "Generate credential reports for your AWS account" (id_credentials_getting-report.html), which
explains every column. It writes TRUE and FALSE; the reports themselves have `true` and `false`, and scripts that read
them rely on it. Of the columns there, `additional_credentials_info` is left out: it is about users with more than two
access keys or certificates, whom nobody can have, and AWS's reports of users without them lack it too.

Use is told from the event history, at once and exactly: AWS keeps but the first of several uses in five or fifteen
minutes.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from django.db.models import OuterRef, QuerySet, Subquery

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.core import arn
from iamconsole.core.operation import Response
from iamconsole.iam import passwords
from iamconsole.iam.models import AccessKey, MfaDevice, SigningCertificate, User

KEY_COLUMNS = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{number}_{column}" for number in (1, 2) for column in KEY_COLUMNS),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
)
NONE, NEVER, UNSUPPORTED = "N/A", "no_information", "not_supported"
ROOT_USER = "<root_account>"
# "The last used service is not Region-specific, such as Amazon S3": its Region is not told.
WITHOUT_REGION = frozenset({"s3"})
# The root user's sign-ins and the changes of its password, in the event history.
SIGN_IN = "ConsoleLogin"
CHANGES = ("PasswordUpdated", "PasswordRecoveryCompleted")

Owned = TypeVar("Owned", AccessKey, SigningCertificate)


def report(account_key: int) -> str:
    """The CSV file. A handful of queries, however many users there are."""
    account = Account.objects.get(pk=account_key)
    policy = passwords.of_account(account_key)
    with_mfa = set(
        MfaDevice.objects.filter(account=account, enabled__isnull=False).values_list("user", flat=True).distinct()
    )
    keys = _of_users(_keys_with_use(account))
    certificates = _of_users(SigningCertificate.objects.filter(account=account).order_by("uploaded", "pk"))
    lines = [[ROOT_USER, arn.root(account.account_id), _time(account.created), *_root_password(account)]]
    owners: list[int | None] = [None]
    for user in User.objects.filter(account=account).select_related("login_profile").order_by("name"):
        lines.append([user.name, user.arn(account.account_id), _time(user.created), *_password(user, policy)])
        owners.append(user.pk)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    told = [
        [*line, _flag(owner in with_mfa), *_keys(keys[owner]), *_certificates(certificates[owner])]
        for line, owner in zip(lines, owners, strict=True)
    ]
    writer.writerows([told[0], *sorted(told[1:], key=lambda line: line[0].lower())])
    return text.getvalue().removesuffix("\n")


def _of_users(rows: QuerySet[Owned]) -> dict[int | None, list[Owned]]:
    """The credentials of each user by its key, and those of the root user by None."""
    found: dict[int | None, list[Owned]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(row)
    return found


def _keys_with_use(account: Account) -> QuerySet[AccessKey]:
    """The access keys, each with its newest event, which an index has at hand."""
    newest = Event.objects.filter(access_key_id=OuterRef("access_key_id")).order_by("-id")
    used = {f"used_{column}": Subquery(newest.values(column)[:1]) for column in ("time", "region", "service")}
    return AccessKey.objects.filter(account=account).annotate(**used).order_by("created", "pk")


def _time(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds") if moment else NONE


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _root_password(account: Account) -> list[str]:
    """Enabled, last used, last changed, next rotation. The password policy does not concern the root user."""
    events = Event.objects.filter(account=account, principal_type="Root", error_code="").order_by("-time")
    used = events.filter(name=SIGN_IN).values_list("time", flat=True).first()
    changed = events.filter(name__in=CHANGES).values_list("time", flat=True).first()
    return [_flag(True), _time(used) if used else NEVER, _time(changed or account.created), UNSUPPORTED]


def _password(user: User, policy: Response | None) -> list[str]:
    profile = getattr(user, "login_profile", None)
    if profile is None:
        return [_flag(False), NONE, NONE, NONE]
    used = user.password_last_used
    next_rotation = passwords.expires(profile, policy)
    return [_flag(True), _time(used) if used else NEVER, _time(profile.changed), _time(next_rotation)]


def _keys(rows: Sequence[AccessKey]) -> list[str]:
    found: list[str] = []
    for row in rows[:2]:
        found += [_flag(row.active), _time(row.created), *_use(row)]
    return found + [_flag(False), NONE, NONE, NONE, NONE] * (2 - len(rows[:2]))


def _use(row: AccessKey) -> list[str]:
    used: dt.datetime | None = row.used_time  # type: ignore[attr-defined]  # annotated in _keys_with_use
    region: str | None = row.used_region  # type: ignore[attr-defined]  # as above
    service: str | None = row.used_service  # type: ignore[attr-defined]  # as above
    if used is None or service is None:
        return [NONE, NONE, NONE]
    return [_time(used), NONE if service in WITHOUT_REGION else region or NONE, service]


def _certificates(rows: Sequence[SigningCertificate]) -> list[str]:
    found: list[str] = []
    for row in rows[:2]:
        found += [_flag(row.active), _time(row.uploaded)]
    return found + [_flag(False), NONE] * (2 - len(rows[:2]))
