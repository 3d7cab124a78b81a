"""The bytes of objects, in Django's storage under names of our own making.

A key never becomes a file name: whatever it holds, it cannot leave the folder.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, runtime_checkable

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from iamconsole import wire
from iamconsole.core.operation import Body
from iamconsole.s3 import checksums, errors
from iamconsole.s3.models import NAMING_BYTES, Part, StoredObject

CHUNK = 64 * 1024
NAMES_AT_ONCE = 500
# What a client stores is never to run as a page of the console, which shares this address.
OBJECT_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that are stored and not yet anybody's: `name` in the storage, size in bytes, ETag unquoted."""

    name: str
    size: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Verified(Protocol):
    """A stream that checks itself against checksums, and has their values when it was read."""

    checksums: Mapping[str, str]


class _Counting(File):  # type: ignore[type-arg]  # generic in the stubs only
    """A stream that is measured and limited while it is stored, one chunk at a time."""

    def __init__(self, stream: Body, limit: int, algorithms: Iterable[str]) -> None:
        super().__init__(None, "object")
        self.stream = stream
        self.limit = limit
        self.stored = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.running = {name: found for name in algorithms if (found := wire.checksum(name)) is not None}

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self.stream.read(CHUNK):
            self.stored += len(chunk)
            if self.stored > self.limit:
                raise errors.entity_too_large(None, self.limit)
            self.md5.update(chunk)
            for each in self.running.values():
                each.update(chunk)
            yield chunk


def stage(stream: Body, limit: int, wanted: Mapping[str, str] | None = None, algorithm: str = "") -> Staged:
    """Store a stream; on any failure nothing stays behind. Raises EntityTooLarge above `limit` bytes.

    It must have the checksums of `wanted`, unless it has been told them already and checks itself. The checksum that
    is kept is the one that came, and of `algorithm` or S3's default where none did.
    """
    wanted = wanted or {}
    told = stream.checksums if isinstance(stream, Verified) else {}
    algorithms = {name for name in wanted if name not in told}
    came = [name for name in (*wanted, *told) if name in checksums.ALGORITHMS]
    if algorithm not in told and (algorithm or not came):
        algorithms.add(algorithm or checksums.DEFAULT)
    random = uuid.uuid4().hex
    name = f"{random[:2]}/{random[2:4]}/{random}"
    content = _Counting(stream, limit, algorithms)
    whole = False
    try:
        default_storage.save(name, content)
        for one in algorithms & set(wanted):
            try:
                wire.compare(one, content.running[one], wanted[one])
            except wire.WireError as problem:
                raise errors.S3Error(problem.message, code=problem.code, status=problem.status) from problem
        whole = True
    finally:
        if not whole:
            default_storage.delete(name)
    found = {one: base64.b64encode(each.digest()).decode() for one, each in content.running.items()} | dict(told)
    kept = {one: value for one, value in found.items() if one in checksums.ALGORITHMS}
    return Staged(name, content.stored, content.md5.hexdigest(), kept)


def discard(staged: Staged) -> None:
    default_storage.delete(staged.name)


def named(names: Collection[str], *, hold: bool = False) -> set[str]:
    """Those of `names` that an object, a part or a kept image still names.

    With `hold` they stay so until the transaction ends: whoever takes the held name away waits for it, and looks
    again after it (`release`). SQLite's IMMEDIATE transaction holds everything. On PostgreSQL one row of each name is
    held by share, so that those who only hold do not wait for each other. A name may have thousands of rows, and one
    is enough: a kept image's, if there is one.
    """
    found: set[str] = set()
    for model in NAMING_BYTES:
        missing = sorted(set(names) - found)
        for start in range(0, len(missing), NAMES_AT_ONCE):
            found |= _named_in(model._meta.db_table, missing[start : start + NAMES_AT_ONCE], hold)
    return found


def _named_in(table: str, names: Sequence[str], hold: bool) -> set[str]:
    values = ", ".join(["(%s)"] * len(names))
    one = f'SELECT "stored_as" FROM "{table}" WHERE "stored_as" = wanted.name LIMIT 1'
    with connection.cursor() as cursor:
        if hold and connection.vendor == "postgresql":
            query = f"SELECT name FROM (VALUES {values}) wanted(name), LATERAL ({one} FOR SHARE) held"
        else:
            query = f"WITH wanted(name) AS (VALUES {values}) SELECT name FROM wanted WHERE EXISTS ({one})"
        cursor.execute(query, names)
        return {row[0] for row in cursor.fetchall()}


def release(names: Collection[str]) -> None:
    """Remove the bytes of `names` that nothing names any more; to be called when that is committed."""
    for name in set(names) - named(names):
        default_storage.delete(name)


def release_after_commit(names: Collection[str]) -> None:
    # The new state is committed by then: bytes that cannot be removed are an orphan, not a failed call.
    if names:
        transaction.on_commit(lambda: release(names), robust=True)


def names_of(row: StoredObject) -> list[str]:
    """The names of an object's bytes: its own, or its parts'."""
    if row.stored_as is not None:
        return [row.stored_as]
    return [] if row.delete_marker else list(row.parts.values_list("stored_as", flat=True))


def read(name: str, start: int = 0) -> BinaryIO:
    """The stored bytes from `start`, as an open file that its reader closes."""
    opened = default_storage.open(name, "rb")
    if start:
        opened.seek(start)
    stream: BinaryIO = opened  # type: ignore[assignment]  # Django's File is a binary stream
    return stream


class Stream(Protocol):
    """An object's bytes on their way out; its reader closes it."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


class _Joined:
    """The bytes of parts one after the other, each opened when it is its turn.

    An object that is replaced in the middle of its download ends there: the client sees that it is too short.
    """

    def __init__(self, parts: Sequence[Part], start: int) -> None:
        self._parts = iter(parts)
        self._start = start
        self._file: BinaryIO | None = None
        self._open_next()

    def _open_next(self) -> bool:
        self.close()
        for part in self._parts:
            if self._start < part.size:
                self._file = read(part.stored_as, self._start)
                self._start = 0
                return True
            self._start -= part.size
        return False

    def read(self, size: int = -1, /) -> bytes:
        pieces, left = [], size
        while self._file is not None and left != 0:
            piece = self._file.read(left if left >= 0 else CHUNK)
            if piece:
                pieces.append(piece)
                left = max(left - len(piece), 0) if size >= 0 else -1
            elif not self._open_next():
                break
        return b"".join(pieces)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def opened(row: StoredObject, start: int = 0) -> Stream:
    """An object's bytes from `start`. Raises FileNotFoundError where they were released meanwhile."""
    if row.stored_as is not None:
        return read(row.stored_as, start)
    return _Joined(list(row.parts.order_by("number")), start)


class Some:
    """The next `length` bytes of a stream."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int = -1, /) -> bytes:
        piece = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece
