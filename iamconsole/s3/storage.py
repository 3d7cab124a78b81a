"""The bytes of objects, in Django's storage under names of our own making.

A key never becomes a file name: whatever it holds, it cannot leave the folder.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection

from iamconsole.core.operation import Body
from iamconsole.s3 import errors
from iamconsole.s3.models import KeptBytes, StoredObject

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


class _Counting(File):  # type: ignore[type-arg]  # generic in the stubs only
    """A stream that is measured and limited while it is stored, one chunk at a time."""

    def __init__(self, stream: Body, limit: int) -> None:
        super().__init__(None, "object")
        self.stream = stream
        self.limit = limit
        self.stored = 0
        self.md5 = hashlib.md5(usedforsecurity=False)

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self.stream.read(CHUNK):
            self.stored += len(chunk)
            if self.stored > self.limit:
                raise errors.entity_too_large(None, self.limit)
            self.md5.update(chunk)
            yield chunk


def stage(stream: Body, limit: int) -> Staged:
    """Store a stream; on any failure nothing stays behind. Raises EntityTooLarge above `limit` bytes."""
    random = uuid.uuid4().hex
    name = f"{random[:2]}/{random[2:4]}/{random}"
    content = _Counting(stream, limit)
    whole = False
    try:
        default_storage.save(name, content)
        whole = True
    finally:
        if not whole:
            default_storage.delete(name)
    return Staged(name, content.stored, content.md5.hexdigest())


def discard(staged: Staged) -> None:
    default_storage.delete(staged.name)


def named(names: Collection[str], *, hold: bool = False) -> set[str]:
    """Those of `names` that an object or a kept image still names.

    With `hold` they stay so until the transaction ends: whoever takes the held name away waits for it, and looks
    again after it (`release`). SQLite's IMMEDIATE transaction holds everything. On PostgreSQL one row of each name is
    held by share, so that those who only hold do not wait for each other. A name may have thousands of rows, and one
    is enough: a kept image's, if there is one.
    """
    found: set[str] = set()
    for model in (KeptBytes, StoredObject):
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


def read(name: str, start: int = 0) -> BinaryIO:
    """The stored bytes from `start`, as an open file that its reader closes."""
    opened = default_storage.open(name, "rb")
    if start:
        opened.seek(start)
    stream: BinaryIO = opened  # type: ignore[assignment]  # Django's File is a binary stream
    return stream
