"""The checksums that S3 keeps with an object and gives back.

Source: Amazon S3 User Guide, "Checking object integrity in Amazon S3" (checking-object-integrity.html) and "Checksums
for uploads" (checking-object-integrity-upload.html).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iamconsole import wire
from iamconsole.core.operation import Params, Response
from iamconsole.s3 import errors

FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
# "If you don't specify a checksum, S3 computes CRC64NVME."
DEFAULT = "crc64nvme"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm in the spellings of the wire's headers, parameters, members and enumerations.

    `types`: what a checksum of a multipart upload may be made of, the default first.
    """

    name: str
    parameter: str
    member: str
    shown: str
    types: tuple[str, ...]


ALGORITHMS = {
    one.name: one
    for one in (
        Algorithm("crc32", "checksum_crc32", "ChecksumCRC32", "CRC32", (COMPOSITE, FULL_OBJECT)),
        Algorithm("crc32c", "checksum_crc32_c", "ChecksumCRC32C", "CRC32C", (COMPOSITE, FULL_OBJECT)),
        Algorithm("crc64nvme", "checksum_crc64_nvme", "ChecksumCRC64NVME", "CRC64NVME", (FULL_OBJECT,)),
        Algorithm("sha1", "checksum_sha1", "ChecksumSHA1", "SHA1", (COMPOSITE,)),
        Algorithm("sha256", "checksum_sha256", "ChecksumSHA256", "SHA256", (COMPOSITE,)),
    )
}
BY_SHOWN = {one.shown: one for one in ALGORITHMS.values()}
PARAMETERS = frozenset(one.parameter for one in ALGORITHMS.values())


def wanted(params: Params) -> dict[str, str]:
    """What a request says of its bytes, by algorithm; a Content-MD5 as "md5"."""
    found = {one.name: params[one.parameter] for one in ALGORITHMS.values() if params.get(one.parameter)}
    if len(found) > 1:
        raise errors.S3Error(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
            code="InvalidRequest",
        )
    return found | ({"md5": params["content_md5"]} if params.get("content_md5") else {})


def named(shown: str | None) -> str:
    """The algorithm that a request names without a value; empty for none, and refused for one that is not here."""
    if not shown:
        return ""
    if shown not in BY_SHOWN:
        raise errors.not_implemented("checksum_algorithm")
    return BY_SHOWN[shown].name


def members(kept: Mapping[str, str]) -> Response:
    """Checksums that are kept as an answer has them."""
    return {ALGORITHMS[name].member: value for name, value in kept.items()}


def members_with_type(kept: Mapping[str, str]) -> Response:
    return members(kept) | ({"ChecksumType": type_of(kept)} if kept else {})


def type_of(kept: Mapping[str, str]) -> str:
    return COMPOSITE if any("-" in value for value in kept.values()) else FULL_OBJECT


def of_parts(algorithm: str, type_: str, parts: Sequence[tuple[Mapping[str, str], int]]) -> dict[str, str]:
    """The checksum of an object from those of its parts, each with the part's size.

    "A full object checksum … is calculated based on all of the content", and S3 puts CRCs of parts together; "a
    composite checksum is calculated based on the individual checksums of each part" and ends with their number.
    """
    if type_ == FULL_OBJECT:
        return {algorithm: wire.combined(algorithm, [(kept[algorithm], size) for kept, size in parts])}
    running = wire.checksum(algorithm)
    assert running is not None  # one of the table above
    for kept, _ in parts:
        running.update(base64.b64decode(kept[algorithm]))
    return {algorithm: f"{base64.b64encode(running.digest()).decode()}-{len(parts)}"}


def multipart_etag(etags: Sequence[str]) -> str:
    """The ETag of an object that came in parts: the MD5 of its parts' MD5s, and their number.

    Source: S3 User Guide, "Checking object integrity", "Using part-level checksums for multipart uploads".
    """
    digests = b"".join(bytes.fromhex(etag) for etag in etags)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(etags)}"
