""" "Try it": a fresh sandbox for whoever comes by, within limits (spec: teaching.md §2).

How many there are, and how many one address began within the hour, is counted in the transaction that makes the
next one, so it is exact however many press the button at once. An address is kept as a keyed hash, for an hour.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils.crypto import salted_hmac

from iamconsole.accounts.models import Account, Sandbox, Visit
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.sandboxes import lifecycle
from iamconsole.sandboxes.fixtures import fixture_named
from iamconsole.sandboxes.lifecycle import SandboxError
from iamconsole.sandboxes.own import Person
from iamconsole.sandboxes.templates import ADMIN

COUNTED_FOR = dt.timedelta(hours=1)
# Any number that nothing else takes for a lock of PostgreSQL's.
_LOCK = 7_220_051


class NoRoom(SandboxError):
    """No further visitor's sandbox can be made now; the message is for the visitor, `status` for its browser."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def are_welcome() -> bool:
    return bool(settings.IAMCONSOLE_VISITORS)


def begin(address: str) -> Account:
    """A fresh sandbox for the visitor at this address, by its first account. Raises NoRoom."""
    if not are_welcome():
        raise NoRoom("This site does not offer sandboxes to visitors. Sign in, or create an account.", 403)
    hashed = salted_hmac("iamconsole.sandboxes.visitors", _network(address)).hexdigest()
    fixture = settings.IAMCONSOLE_VISITOR_FIXTURE
    sandbox = lifecycle.start(fixture, visitor=True, admit=lambda: _admit(hashed))
    return lifecycle.first_account(sandbox.pk)


def _network(address: str) -> str:
    """What one visitor has: an IPv4 address, or a /64 of IPv6, in which everybody may choose an address each time
    (RFC 8981)."""
    known = ipaddress.ip_address(address)
    return address if known.version == 4 else str(ipaddress.ip_network((known.packed, 64), strict=False))


def _admit(address: str) -> None:
    """Count the visitor, in the transaction that makes the sandbox, or raise NoRoom."""
    if connection.vendor == "postgresql":
        # SQLite's transaction holds the whole database anyway.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    now = wall_clock()
    lately = Visit.objects.filter(time__gt=now - COUNTED_FOR)
    hourly = settings.IAMCONSOLE_VISITORS_PER_HOUR
    if lately.filter(address=address)[:hourly].count() >= hourly:
        raise NoRoom(
            f"From your network address {hourly} sandboxes were begun within the last hour, and no more can be. "
            "Go on in one of them, or come back later.",
            429,
        )
    most = settings.IAMCONSOLE_MAX_VISITORS
    if Sandbox.objects.filter(state=Sandbox.State.LIVE, visitor=True)[:most].count() >= most:
        raise NoRoom(
            f"All {most} sandboxes for visitors are in use. One becomes free when nobody has used it for "
            f"{settings.IAMCONSOLE_VISIT_HOURS} hours. Come back later, or sign in to a sandbox of your own.",
            503,
        )
    Visit.objects.filter(time__lte=now - COUNTED_FOR).delete()
    Visit.objects.create(address=address, time=now)


def person_of(account: Account) -> Person:
    """Whom the visitor is signed in as: the administrator, or the root user where there is none."""
    fixture = fixture_named(settings.IAMCONSOLE_VISITOR_FIXTURE)
    return Person(account.account_id, ADMIN if fixture.accounts[0].admin else "")


def note_uses(before: dt.datetime, most: int) -> None:
    """Note when visitors' sandboxes that seem unused since `before` really were used last.

    Every call leaves an event, so the newest event tells, and no request has to write it down.
    """
    quiet = Sandbox.objects.filter(state=Sandbox.State.LIVE, visitor=True, used__lt=before)
    for key in list(quiet.values_list("pk", flat=True)[:most]):
        used = Event.objects.filter(account__sandbox=key).aggregate(last=Max("time"))["last"]
        if used is not None and used >= before:
            Sandbox.objects.filter(pk=key, used__lt=used).update(used=used)


def hours() -> int:
    """How long an unused sandbox of a visitor stays."""
    return int(settings.IAMCONSOLE_VISIT_HOURS)
