"""Reads of the event history for other rooms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max

from iamconsole.accounts.prepared import Prepared
from iamconsole.cloudtrail.models import Event


@dataclass(frozen=True, slots=True)
class LastUse:
    time: dt.datetime
    service: str
    region: str


def last_uses(account_key: int, access_key_ids: Sequence[str]) -> dict[str, LastUse]:
    """The newest event of each access key of an account; keys that were never used are left out.

    A reset brings keys back: what was done with them before it is another account row's.
    """
    return _last_uses(account_key, "access_key_id", access_key_ids)


def last_uses_of_roles(account_key: int, unique_ids: Sequence[str]) -> dict[str, LastUse]:
    """The newest event of each role's sessions, by the role's unique ID; roles that were never used are left out.

    That somebody assumed the role is no use of it: that is an event of whoever did.
    """
    return _last_uses(account_key, "issuer_id", unique_ids)


def _last_uses(account_key: int, column: str, values: Sequence[str]) -> dict[str, LastUse]:
    if not values:
        return {}
    of_these = Event.objects.filter(**{"account": account_key, f"{column}__in": values})
    newest = of_these.values(column).annotate(n=Max("id"))
    rows = Event.objects.filter(id__in=newest.values("n")).only(column, "time", "service", "region")
    return {getattr(row, column): LastUse(row.time, row.service, row.region) for row in rows}


def with_answer(account_key: int, name: str, member: str, value: str) -> Event | None:
    """The newest successful call of an operation whose answer had this value."""
    events = Event.objects.filter(account=account_key, name=name, error_code="", **{f"response__{member}": value})
    return events.order_by("-id").first()


def refused_codes(account_key: int, principal_id: str, text: str, since: dt.datetime) -> int:
    """How many requests for temporary credentials of one principal were refused with a text since a moment."""
    asked = Event.objects.filter(account=account_key, name__in=("AssumeRole", "GetSessionToken"), time__gte=since)
    return asked.filter(principal_id=principal_id, error_code="AccessDenied", error_message=text).count()


def failed_sign_ins(account_key: int, user_name: str, principal_type: str, since: dt.datetime) -> int:
    """Failed sign-ins of one user in a row since a moment: the throttle's count.

    Counted per account and user and never per address, since a class shares one address.
    """
    failed = 0
    for (code,) in _tries(account_key, user_name, principal_type, since):
        if code == "":
            break
        failed += 1
    return failed


# Of the newest, which alone count: a throttle that counts to more has nothing to add.
_tries = Prepared[tuple[str]](
    lambda account_key, user_name, principal_type, since: (
        Event.objects.filter(
            account=account_key,
            name="ConsoleLogin",
            user_name=user_name,
            principal_type=principal_type,
            time__gte=since,
            error_code__in=("", "Failure"),
        )
        .order_by("-id")
        .values_list("error_code")[:200]
    ),
    int,
    str,
    str,
    dt.datetime,
)
