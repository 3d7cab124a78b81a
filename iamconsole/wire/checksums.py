"""The checksums that S3 clients send with an upload.

docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
CRC32, SHA-1, SHA-256, SHA-512 and MD5 are the standard library's. CRC32C and
CRC64NVME are computed here, a table step per byte (about 10 MB/s), and so
checked up to `SLOW_LIMIT` bytes only: beyond it the value is taken as given.
The XXHash family is not checked.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Protocol

from iamconsole.wire.problems import WireError

SLOW_LIMIT = 16 * 1024 * 1024
PREFIX = "x-amz-checksum-"


class Checksum(Protocol):
    """What hashlib's objects do, as far as it is needed."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes | None: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes | None:
        return self._value.to_bytes(4, "big")


class _SlowCrc:
    """A reflected CRC with all ones before and after, by table; gives up (None) beyond SLOW_LIMIT bytes."""

    def __init__(self, polynomial: int, bits: int) -> None:
        self._table = _crc_table(polynomial)
        self._ones = (1 << bits) - 1
        self._bits = bits
        self._value = self._ones
        self._left = SLOW_LIMIT

    def update(self, data: bytes, /) -> None:
        self._left -= len(data)
        if self._left < 0:
            return
        table, value = self._table, self._value
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        self._value = value

    def digest(self) -> bytes | None:
        return None if self._left < 0 else (self._value ^ self._ones).to_bytes(self._bits // 8, "big")


@cache
def _crc_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


def checksum(algorithm: str) -> Checksum | None:
    """A running checksum for "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5"; None for any other."""
    if algorithm == "crc32":
        return _Crc32()
    if algorithm == "crc32c":
        return _SlowCrc(0x82F63B78, 32)
    if algorithm == "crc64nvme":
        return _SlowCrc(0x9A6C9329AC4BC9B5, 64)
    if algorithm in ("sha1", "sha256", "sha512", "md5"):
        return hashlib.new(algorithm, usedforsecurity=False)
    return None


def named_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums in `headers` (or trailers) as `{"crc32": base64}`, a Content-MD5 as "md5"."""
    found = {
        name.removeprefix(PREFIX): value.strip()
        for name, value in headers.items()
        if name.startswith(PREFIX) and name not in (PREFIX + "algorithm", PREFIX + "type", PREFIX + "mode")
    }
    if headers.get("content-md5"):
        found["md5"] = headers["content-md5"].strip()
    return found


def checked(pieces: Iterable[bytes], wanted: Mapping[str, str]) -> Iterator[bytes]:
    """`pieces` again; at their end raises WireError (BadDigest, InvalidDigest) where a checksum of `wanted` differs."""
    running = {name: found for name in wanted if (found := checksum(name)) is not None}
    for piece in pieces:
        for each in running.values():
            each.update(piece)
        yield piece
    for name, each in running.items():
        compare(name, each, wanted[name])


def compare(name: str, running: Checksum, value: str) -> None:
    """Raise WireError unless `value` (base64) is the checksum that was computed."""
    computed = running.digest()
    if computed is None:
        return
    try:
        given = base64.b64decode(value, validate=True)
    except ValueError:
        given = b""
    if len(given) != len(computed):
        if name == "md5":
            raise WireError("InvalidDigest", "The Content-MD5 you specified was invalid.")
        raise WireError("InvalidRequest", f"Value for {PREFIX}{name} header is invalid.")
    if given != computed:
        what = "Content-MD5" if name == "md5" else name.upper()
        raise WireError("BadDigest", f"The {what} you specified did not match the calculated checksum.")
