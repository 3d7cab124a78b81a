""" "Try it": a fresh sandbox for whoever comes by, within limits (spec: teaching.md §2).

How many there are, and how many one address began within the hour, is counted in the transaction that makes the
next one, so it is exact however many press the button at once. An address is kept as a keyed hash, for an hour.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils.crypto import salted_hmac

from iamconsole.accounts.models import Sandbox, Visit
from iamconsole.accounts.prepared import Prepared, insert
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.gateway import door
from iamconsole.sandboxes import lifecycle, templates
from iamconsole.sandboxes.lifecycle import SandboxError

T = TypeVar("T")

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


def begin(address: str, enter: Callable[[int, str], T]) -> T:
    """A fresh sandbox for the visitor at this address. `enter` gets its key and slug, and both happen or neither.

    Raises NoRoom.
    """
    if not are_welcome():
        raise NoRoom("This site does not offer sandboxes to visitors. Sign in, or create an account.", 403)
    hashed = salted_hmac("iamconsole.sandboxes.visitors", _network(address)).hexdigest()
    fixture = settings.IAMCONSOLE_VISITOR_FIXTURE
    templates.start_state(fixture)  # built, if it must be, before anybody waits for us
    with door.write_transaction():
        sandbox = lifecycle.start(fixture, visitor=True, admit=lambda: _admit(hashed))
        return enter(sandbox.pk, sandbox.slug)


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
    hourly = settings.IAMCONSOLE_VISITORS_PER_HOUR
    if _visits.count(address, now - COUNTED_FOR) >= hourly:
        raise NoRoom(
            f"From your network address {hourly} sandboxes were begun within the last hour, and no more can be. "
            "Go on in one of them, or come back later.",
            429,
        )
    most = settings.IAMCONSOLE_MAX_VISITORS
    if _visitors.count() >= most:
        raise NoRoom(
            f"All {most} sandboxes for visitors are in use. One becomes free when nobody has used it for "
            f"{settings.IAMCONSOLE_VISIT_HOURS} hours. Come back later, or sign in to a sandbox of your own.",
            503,
        )
    insert([Visit(address=address, time=now)])


_visits = Prepared[tuple[int]](
    lambda address, since: Visit.objects.filter(address=address, time__gt=since).values_list("pk"), str, dt.datetime
)
_visitors = Prepared[tuple[int]](
    lambda: Sandbox.objects.filter(state=Sandbox.State.LIVE, visitor=True).values_list("pk")
)


def forget_addresses() -> None:
    """Drop the visits that count no more."""
    Visit.objects.filter(time__lte=wall_clock() - COUNTED_FOR).delete()


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
