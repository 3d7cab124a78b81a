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
from collections.abc import Mapping, Sequence

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.cloudtrail.queries import LastUse, last_uses
from iamconsole.core import arn
from iamconsole.core.operation import Response
from iamconsole.iam import passwords, resources
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


def report(account_key: int) -> str:
    """The CSV file. A handful of queries, however many users there are."""
    account = Account.objects.get(pk=account_key)
    policy = passwords.of_account(account_key)
    with_mfa = set(
        MfaDevice.objects.filter(account=account, enabled__isnull=False).values_list("user", flat=True).distinct()
    )
    keys = resources.by_user(AccessKey.objects.filter(account=account).order_by("created", "pk"))
    used = last_uses(account.pk, [key.access_key_id for of_one in keys.values() for key in of_one])
    certificates = resources.by_user(SigningCertificate.objects.filter(account=account).order_by("uploaded", "pk"))

    def credentials(owner: int | None) -> list[str]:
        return [_flag(owner in with_mfa), *_keys(keys[owner], used), *_certificates(certificates[owner])]

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    root = [ROOT_USER, arn.root(account.account_id), _time(account.created), *_root_password(account)]
    writer.writerow([*root, *credentials(None)])
    users = User.objects.filter(account=account).select_related("login_profile")
    for user in sorted(users, key=lambda user: user.name.lower()):
        line = [user.name, user.arn(account.account_id), _time(user.created), *_password(user, policy)]
        writer.writerow([*line, *credentials(user.pk)])
    return text.getvalue().removesuffix("\n")


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


def _keys(rows: Sequence[AccessKey], used: Mapping[str, LastUse]) -> list[str]:
    found: list[str] = []
    for row in rows[:2]:
        found += [_flag(row.active), _time(row.created), *_use(used.get(row.access_key_id))]
    return found + [_flag(False), NONE, NONE, NONE, NONE] * (2 - len(rows[:2]))


def _use(last: LastUse | None) -> list[str]:
    if last is None:
        return [NONE, NONE, NONE]
    return [_time(last.time), NONE if last.service in WITHOUT_REGION else last.region or NONE, last.service]


def _certificates(rows: Sequence[SigningCertificate]) -> list[str]:
    found: list[str] = []
    for row in rows[:2]:
        found += [_flag(row.active), _time(row.uploaded)]
    return found + [_flag(False), NONE] * (2 - len(rows[:2]))
