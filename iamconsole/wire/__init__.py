"""The AWS protocols: bytes to dict and dict to bytes, for every face alike.

    request ─► find_signature ─► verify ─► parse ─► validate ─► keywords ─► (an operation)
                                                                                  │
    response ◄─ serialize_error ◄───────── or ──────────── serialize ◄────────────┘

Names, shapes, constraints and protocols come from botocore's service models.
Nothing here knows Django, a database or a clock; every refusal is a `WireError`.
"""

from __future__ import annotations

from iamconsole.wire.checksums import (
    announced_checksums,
    check_body,
    checked,
    checksum,
    combined,
    compare,
    named_checksums,
)
from iamconsole.wire.chunked import decode_chunks, is_chunked
from iamconsole.wire.commands import Written, shell_word, written
from iamconsole.wire.errors import (
    BAD_TOKEN,
    EXPIRED_TOKEN,
    MISSING,
    UNKNOWN_KEY,
    WRONG_SECRET,
    authentication_error,
    not_simulated,
    serialize_error,
    worded,
)
from iamconsole.wire.models import protocol_of
from iamconsole.wire.naming import keywords, members, snake
from iamconsole.wire.parse import parse, protocol_for
from iamconsole.wire.problems import (
    MalformedInput,
    MalformedSignature,
    SignatureProblem,
    UnknownOperation,
    UnknownService,
    WireError,
)
from iamconsole.wire.record import HIDDEN, record_of, sensitive_members
from iamconsole.wire.request import HttpRequest, HttpResponse, Parsed
from iamconsole.wire.serialize import serialize
from iamconsole.wire.services import protocol_by_looks, service_by_prefix, service_for
from iamconsole.wire.signatures import find_signature, verify
from iamconsole.wire.sigv4 import (
    EXPIRED,
    EXPIRES_TOO_LONG,
    HEADERS_NOT_SIGNED,
    MISMATCH,
    NOT_YET_VALID,
    PAYLOAD_MISMATCH,
    SKEWED,
    Signature,
    check_payload,
    chunk_signer,
)
from iamconsole.wire.times import http_date
from iamconsole.wire.validate import Violation, validate, violations_message

__all__ = [
    "BAD_TOKEN",
    "EXPIRED",
    "EXPIRED_TOKEN",
    "EXPIRES_TOO_LONG",
    "HEADERS_NOT_SIGNED",
    "HIDDEN",
    "MISMATCH",
    "MISSING",
    "NOT_YET_VALID",
    "PAYLOAD_MISMATCH",
    "SKEWED",
    "UNKNOWN_KEY",
    "WRONG_SECRET",
    "HttpRequest",
    "HttpResponse",
    "MalformedInput",
    "MalformedSignature",
    "Parsed",
    "Signature",
    "SignatureProblem",
    "UnknownOperation",
    "UnknownService",
    "Violation",
    "WireError",
    "Written",
    "announced_checksums",
    "authentication_error",
    "check_body",
    "check_payload",
    "checked",
    "checksum",
    "chunk_signer",
    "combined",
    "compare",
    "decode_chunks",
    "find_signature",
    "http_date",
    "is_chunked",
    "keywords",
    "members",
    "named_checksums",
    "not_simulated",
    "parse",
    "protocol_by_looks",
    "protocol_for",
    "protocol_of",
    "record_of",
    "sensitive_members",
    "serialize",
    "serialize_error",
    "service_by_prefix",
    "service_for",
    "shell_word",
    "snake",
    "validate",
    "verify",
    "violations_message",
    "worded",
    "written",
]
