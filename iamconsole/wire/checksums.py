"""The checksums that S3 clients send with an upload.

docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
CRC32, SHA-1, SHA-256, SHA-512 and MD5 are the standard library's; CRC32C and
CRC64NVME, and putting together the CRCs of parts, are the `awscrt` package's.
The XXHash family is not checked.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Protocol

from awscrt import checksums as crt

from iamconsole.wire import irregular
from iamconsole.wire.problems import WireError

PREFIX = "x-amz-checksum-"


class Checksum(Protocol):
    """What hashlib's objects do, as far as it is needed."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step = step
        self._size = size
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


# By name: a step, how two are put together, and their size in bytes.
_CRCS = {
    "crc32": (zlib.crc32, crt.combine_crc32, 4),
    "crc32c": (crt.crc32c, crt.combine_crc32c, 4),
    "crc64nvme": (crt.crc64nvme, crt.combine_crc64nvme, 8),
}
_HASHES = frozenset({"sha1", "sha256", "sha512", "md5"})


def checksum(algorithm: str) -> Checksum | None:
    """A running checksum for "crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5"; None for any other."""
    if algorithm in _CRCS:
        step, _, size = _CRCS[algorithm]
        return _Crc(step, size)
    if algorithm in _HASHES:
        return hashlib.new(algorithm, usedforsecurity=False)
    return None


def combined(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The CRC of a whole (base64) from those of its parts, each with the part's size in bytes."""
    _, combine, size = _CRCS[algorithm]
    value = 0
    for part, length in parts:
        value = combine(value, int.from_bytes(base64.b64decode(part), "big"), length)
    return base64.b64encode(value.to_bytes(size, "big")).decode()


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


def announced_checksums(headers: Mapping[str, str]) -> frozenset[str]:
    """The names of the checksums that come with a body, before or after it, and that are checked here."""
    trailers = [name.strip() for name in headers.get("x-amz-trailer", "").lower().split(",")]
    found = {*named_checksums(headers), *named_checksums(dict.fromkeys(trailers, ""))}
    return frozenset(name for name in found if name in _CRCS or name in _HASHES)


def checked(
    pieces: Iterable[bytes], wanted: Mapping[str, str], verified: MutableMapping[str, str] | None = None
) -> Iterator[bytes]:
    """`pieces` again; at their end raises WireError (BadDigest, InvalidDigest) where a checksum of `wanted` differs.

    What was found to be so is told in `verified`.
    """
    running = {name: found for name in wanted if (found := checksum(name)) is not None}
    for piece in pieces:
        for each in running.values():
            each.update(piece)
        yield piece
    for name, each in running.items():
        compare(name, each, wanted[name])
        if verified is not None:
            verified[name] = wanted[name]


def check_body(service: str, operation: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Raise WireError unless a body that was read whole has the checksums that its headers name."""
    wanted = named_checksums(headers)
    if (service, operation) in irregular.CHECKSUMS_OF_THE_OBJECT:
        wanted = {name: value for name, value in wanted.items() if name == "md5"}
    for _ in checked([body], wanted):
        pass


def compare(name: str, running: Checksum, value: str) -> None:
    """Raise WireError unless `value` (base64) is the checksum that was computed."""
    computed = running.digest()
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
