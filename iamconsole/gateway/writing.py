"""Writing, one after the other where the database would make writers quarrel, and reads' events together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock

from django.db import DatabaseError, IntegrityError, connection, transaction

from iamconsole.accounts.models import Account
from iamconsole.gateway import record

try:
    import fcntl
except ImportError:  # Windows, where one process serves
    fcntl = None  # type: ignore[assignment]  # a module elsewhere


class WriteLock:
    """SQLite lets one writer in at a time and makes the others poll, which is slow and unfair; these wait in a queue.

    The threads of a process wait for a lock in memory, and whoever has it waits for a lock on a file beside the
    database, which the processes share (the workers of the class server, `manage.py sandbox`). The operating system
    frees a dead process's. Every writer takes both in this order, then begins its transaction, and may do so again
    within it: nobody waits for what waits for it.
    """

    def __init__(self) -> None:
        self._forget()
        if hasattr(os, "register_at_fork"):
            # A child must not share its parent's lock: it opens the file for itself.
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._threads = RLock()
        self._depth = 0
        self._file: int | None = None

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if self._depth == 0:
                self._take_file()
        except BaseException:
            self._threads.release()
            raise
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def _take_file(self) -> None:
        if self._file is None:
            name = str(connection.settings_dict["NAME"])
            if fcntl is None or not Path(name).is_file():  # a database in memory belongs to one process
                return
            self._file = os.open(f"{name}-writers", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)


_writers = WriteLock()


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction that will write."""
    if connection.vendor == "sqlite":
        with _writers, transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


def write_events(records: Sequence[record.Record]) -> None:
    """Write events; what belongs to accounts that were purged meanwhile has nobody to tell, any other stands."""
    try:
        with write_transaction():
            record.insert(records)
    except IntegrityError:
        accounts = Account.objects.filter(pk__in={one.event.account_id for one in records})
        there = set(accounts.values_list("pk", flat=True))
        kept = [one for one in records if one.event.account_id in there]
        if len(kept) == len(records):
            raise
        with write_transaction():
            record.insert(kept)


@dataclass(slots=True, eq=False)
class _Waiting:
    records: Sequence[record.Record]
    done: bool = False
    error: Exception | None = None


# What a database's driver raises for an event that cannot be written: of a value it does not know how to pass on, it
# says so itself (sqlite3: a number that is too large, half a character, another type).
_UNWRITABLE = (DatabaseError, OverflowError, TypeError, ValueError)


class Together:
    """Events of reads that end while others are being written go into one transaction.

    Whoever's turn it is writes the events of all that wait, so that many reads at once cost one commit. Each
    answers only when its own events are in the database, by whichever hand.
    """

    def __init__(self) -> None:
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._turn = Lock()
        self._list = Lock()
        self._waiting: list[_Waiting] = []

    def write(self, records: Sequence[record.Record]) -> None:
        if connection.in_atomic_block:
            # Part of a larger act, and of its transaction.
            write_events(records)
            return
        mine = _Waiting(records)
        with self._list:
            self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                with self._list:
                    batch, self._waiting = self._waiting, []
                if mine not in batch:  # whose turn it was failed over something else
                    batch.append(mine)
                self._write(batch)
        if mine.error is not None:
            raise mine.error

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            write_events([one for each in batch for one in each.records])
        except _UNWRITABLE as error:
            if len(batch) == 1:
                batch[0].error, batch[0].done = error, True
            else:  # one's fault is not the others'
                for each in batch:
                    self._write([each])
        else:
            for each in batch:
                each.done = True


together = Together()
