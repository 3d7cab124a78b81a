"""What is done in the background: whoever started, reset or deleted a sandbox does not wait for it.

One caretaker works for a data folder, or for a database that several machines share. Its work is done in short
steps, each a transaction of its own, with rests between them in which writers of the site come first.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from threading import Event, Thread

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, Q
from filelock import FileLock, Timeout

from iamconsole.accounts import inbox, limits
from iamconsole.accounts.models import Account, Sandbox
from iamconsole.cloudtrail.models import Event as TrailEvent
from iamconsole.core.caller import wall_clock
from iamconsole.gateway import door
from iamconsole.s3 import storage
from iamconsole.s3.models import KeptBytes, Part, StoredObject
from iamconsole.sandboxes import lifecycle, rows, templates, visitors
from iamconsole.sandboxes.models import Template
from iamconsole.sts.models import TemporaryCredential

log = logging.getLogger(__name__)

# A request that was authenticated before a reset may still read what it began to read.
REST_OF_A_REQUEST = dt.timedelta(minutes=2)
# Bytes are stored before their row is: what is younger may be on its way.
GRACE = dt.timedelta(hours=1)
# A ready sandbox shows when it was put: none is older than this.
READY_FOR = dt.timedelta(hours=12)
EVERY = 5.0
SWEEP_EVERY = 3600.0
NONE = dt.timedelta(0)
AT_ONCE = 500

Rest = Callable[[float], object]


def purge(*, grace: dt.timedelta = REST_OF_A_REQUEST, rest: Rest = time.sleep) -> int:
    """Drop the rows of retired sandboxes, and the bytes that nothing names after; returns how many were dropped."""
    dropped = 0
    before = wall_clock() - grace
    retired = Sandbox.objects.filter(state=Sandbox.State.RETIRED, since__lte=before).order_by("since")
    for key in list(retired.values_list("pk", flat=True)[:AT_ONCE]):
        for _ in _with_rests(rows.drop_in_background(key), rest):
            pass
        dropped += 1
    return dropped


def _with_rests(steps: Iterator[None], rest: Rest) -> Iterator[None]:
    """After each step a rest as long as it took: half of the time is everybody else's."""
    began = time.monotonic()
    for _ in steps:
        yield
        rest(time.monotonic() - began)
        began = time.monotonic()


def purge_expired() -> int:
    """Drop the credentials of sessions that ended by themselves, with which nothing can be done any more, and the
    mails of sign-ups that were never finished.

    Whoever still signs with temporary credentials is told that they have expired, for a day.
    """
    now = wall_clock()
    old = TemporaryCredential.objects.filter(Q(from_console=True) | Q(expires__lt=now - dt.timedelta(days=1)))
    old = old.filter(expires__lt=now)
    dropped = 0
    while keys := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        with door.write_transaction():
            # Looked at again: a session can be prolonged.
            dropped += old.filter(pk__in=keys).delete()[0]
    with door.write_transaction():
        inbox.purge(now)
    return dropped


def end_visits() -> int:
    """Delete the sandboxes of visitors who were not here for a day (`IAMCONSOLE_VISIT_HOURS`)."""
    before = wall_clock() - dt.timedelta(hours=settings.IAMCONSOLE_VISIT_HOURS)
    visitors.note_uses(before, AT_ONCE)
    with door.write_transaction():
        visitors.forget_addresses()
    unused = Sandbox.objects.filter(state=Sandbox.State.LIVE, visitor=True, used__lt=before)
    ended = 0
    for key in unused.values_list("pk", flat=True)[:AT_ONCE]:
        ended += lifecycle.retire(key, unused)
    return ended


def trim_events(*, rest: Rest = time.sleep) -> int:
    """Drop the oldest events of every sandbox that has more than it may keep; returns how many were dropped."""
    dropped = 0
    live = Sandbox.objects.filter(state=Sandbox.State.LIVE).values_list("pk", "visitor")
    for key, visitor in list(live):
        accounts = list(Account.objects.filter(sandbox=key).values_list("pk", flat=True))
        events = TrailEvent.objects.filter(account__in=accounts).order_by("-id").values_list("id", flat=True)
        most = limits.quotas(visitor)["events"]
        for newest in events[most : most + 1]:
            too_old = TrailEvent.objects.filter(account__in=accounts, id__lte=newest).order_by("id")
            while some := list(too_old.values_list("id", flat=True)[:AT_ONCE]):
                with door.write_transaction():
                    dropped += TrailEvent.objects.filter(id__in=some).delete()[0]
                rest(0.01)
        rest(0)
    return dropped


def fill_pool(*, rest: Rest = time.sleep) -> int:
    """Make the pool as large as the setting says; what an older version of the code or another day made goes."""
    for fixture in Sandbox.objects.filter(state=Sandbox.State.READY).values_list("fixture", flat=True).distinct():
        since = max(templates.start_state(fixture).made, wall_clock() - READY_FOR)
        stale = Sandbox.objects.filter(state=Sandbox.State.READY, fixture=fixture, since__lt=since)
        for key in stale.values_list("pk", flat=True):
            lifecycle.retire(key, stale)
    filled = 0
    for fixture, wanted in settings.IAMCONSOLE_POOL.items():
        while lifecycle.fill_pool(fixture, wanted):
            filled += 1
            rest(0.01)
    return filled


def forget_old_templates(*, grace: dt.timedelta = GRACE) -> int:
    """Drop the templates of other versions of the code; a server of such a version builds its own again."""
    dropped = 0
    for row in Template.objects.filter(made__lt=wall_clock() - grace).defer("image"):
        if row.slug == templates.slug_of(row.fixture):
            continue
        names = set(KeptBytes.objects.filter(kept_by=row.slug).values_list("stored_as", flat=True))
        with door.write_transaction():
            KeptBytes.objects.filter(kept_by=row.slug).delete()
            row.delete()
        storage.release(names)
        dropped += 1
    return dropped


@dataclass(slots=True)
class Swept:
    """What a sweep found: bytes that nothing named and are removed, rows whose bytes are not there, and rows of no
    world, which are dropped."""

    bytes_removed: int = 0
    rows_removed: int = 0
    rows_without_bytes: list[str] = field(default_factory=list)

    def as_plain(self) -> dict[str, object]:
        return asdict(self)


def sweep(*, grace: dt.timedelta = GRACE, rest: Rest = time.sleep) -> Swept:
    """Compare rows and bytes. What is younger than `grace` is left alone: its other half may be on its way."""
    swept = Swept()
    before = wall_clock() - grace
    there: set[str] = set()
    for names in stored_names(rest):
        there.update(names)
        orphans = {name for name in names - storage.named(names) if _modified(name) < before}
        storage.release(orphans)
        swept.bytes_removed += len(orphans)
    for model, label in ((StoredObject, "object"), (Part, "part"), (KeptBytes, "kept bytes")):
        named = model._default_manager.exclude(stored_as=None).values_list("pk", "stored_as")
        for key, stored_as in named.iterator(chunk_size=AT_ONCE):
            name = str(stored_as)
            # Looked at again, now that it is late: what was stored after its folder was listed is no loss.
            if name not in there and not default_storage.exists(name) and named.filter(pk=key).exists():
                swept.rows_without_bytes.append(f"{label} {key}: {name}")
    swept.rows_removed = _drop_worldless(before)
    return swept


def stored_names(rest: Rest) -> Iterator[set[str]]:
    """The names in the storage, a folder at a time; `storage.stage` makes two levels of folders."""
    if not default_storage.exists(""):
        return
    for first in sorted(default_storage.listdir("")[0]):
        for second in sorted(default_storage.listdir(first)[0]):
            folder = f"{first}/{second}"
            yield {f"{folder}/{name}" for name in default_storage.listdir(folder)[1]}
        rest(0.001)


def _modified(name: str) -> dt.datetime:
    try:
        return default_storage.get_modified_time(name)
    except FileNotFoundError:
        return wall_clock()  # gone meanwhile: nothing to remove


def _drop_worldless(before: dt.datetime) -> int:
    """Drop live sandboxes without an account, and mails that are nobody's: no names, so nobody misses them."""
    empty = Sandbox.objects.filter(created__lt=before).exclude(state=Sandbox.State.RETIRED)
    empty = empty.filter(~Exists(Account.objects.filter(sandbox=OuterRef("pk"))))
    return sum(lifecycle.retire(key, empty) for key in empty.values_list("pk", flat=True))


# -- the work as a whole --------------------------------------------------------------------------


class Busy(Exception):
    """Another caretaker is at work; the message is for people."""


@contextmanager
def alone() -> Iterator[None]:
    """Be the one caretaker of the data folder, or of the database on PostgreSQL; raises Busy if there is one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Held by this connection, and given back when it ends, however it ends.
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise Busy("Another caretaker is at work in this database.")
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        return
    lock = FileLock(settings.DATA / "caretaker.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(f"Another caretaker is at work in {settings.DATA}.") from None
    try:
        yield
    finally:
        lock.release()


# The name of the lock in PostgreSQL, where locks have numbers: "tend" in ASCII.
_LOCK = 0x74656E64


def tend(*, rest: Rest = time.sleep) -> dict[str, int]:
    """One round of everything but the sweep."""
    _let_a_class_begin(rest)
    return {
        "ended": end_visits(),
        "purged": purge(rest=rest),
        "expired": purge_expired(),
        "filled": fill_pool(rest=rest),
        "templates": forget_old_templates(),
    }


def _let_a_class_begin(rest: Rest) -> None:
    """Wait while sandboxes are being started and reset, but not for ever: what they left behind can wait, they not."""
    for _ in range(10):
        lately = wall_clock() - dt.timedelta(seconds=2)
        if not Sandbox.objects.filter(state=Sandbox.State.LIVE, since__gt=lately).exists():
            return
        rest(1.0)


def tend_for_ever(stop: Event | None = None) -> None:
    """Rounds until `stop` is set, with a sweep now and then."""
    stop = stop or Event()
    swept = time.monotonic()  # not at once: whoever starts a server wants to use it
    while not stop.is_set():
        try:
            tend(rest=stop.wait)
            if time.monotonic() - swept > SWEEP_EVERY:
                found = sweep(rest=stop.wait)
                trim_events(rest=stop.wait)
                swept = time.monotonic()
                if found.rows_without_bytes:
                    log.error("Objects without bytes: %s", ", ".join(found.rows_without_bytes))
        except (DatabaseError, OSError):
            # A full disk, a busy or restarting database: the next round tries again, and the site goes on meanwhile.
            log.exception("A round of the caretaker failed.")
            connection.close()
        stop.wait(EVERY)


def tend_alone(stop: Event | None = None) -> None:
    """Tend until `stop` is set. A process that is not the first stays idle until it can take over."""
    stop = stop or Event()
    while not stop.is_set():
        try:
            with alone():
                tend_for_ever(stop)
        except Busy:
            stop.wait(EVERY)
    connection.close()


def begin() -> Event:
    """Begin to tend in a thread of this process; returns what stops it."""
    stop = Event()
    Thread(target=tend_alone, args=(stop,), name="caretaker", daemon=True).start()
    return stop
