"""What goes in and what comes out: one HTTP request, one HTTP response, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from iamconsole.wire.problems import MalformedInput

MAX_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came from the socket.

    `path` and `query` are raw and undecoded (`/a%20b`, `list-type=2&prefix=`,
    no question mark); header names are lower case, repeated headers joined by
    a comma, values as WSGI gives them (latin-1). `body` is the whole body, or
    `b""` with `streamed=True` when the caller reads it later by itself.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response to send. `body` is None when `streaming` names the result's member that is the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None
    streaming: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """One operation call: `params` holds AWS's CamelCase member names and Python values.

    `streaming` names the input member whose bytes are the (unread) body, as
    `Body` of s3 PutObject; it is never in `params`. `protocol` is the one
    that the request spoke, and in which its answer is expected.
    """

    service: str
    operation: str
    params: dict[str, object]
    streaming: str | None = None
    protocol: str = ""


def raw_pairs(query: str) -> list[tuple[bytes, bytes]]:
    """The name-value pairs of a query string or form body, decoded to bytes, in the order sent.

    A plus is a space, as AWS's front ends read it. A name without `=` has an
    empty value.
    """
    pairs = []
    pieces = query.split("&", MAX_PAIRS)
    if len(pieces) > MAX_PAIRS:
        raise MalformedInput("The request has too many parameters.")
    for piece in pieces:
        if piece:
            name, _, value = piece.replace("+", " ").partition("=")
            pairs.append((unquoted(name), unquoted(value)))
    return pairs


def unquoted(text: str) -> bytes:
    """Percent-decoded bytes of raw request text (latin-1, so that each character is one byte as sent)."""
    try:
        return unquote_to_bytes(text.encode("latin-1"))
    except UnicodeEncodeError:
        return unquote_to_bytes(text.encode("utf-8", "replace"))


def text_pairs(query: str) -> list[tuple[str, str]]:
    """The same pairs as text; raises MalformedInput where they are not UTF-8."""
    try:
        return [(name.decode(), value.decode()) for name, value in raw_pairs(query)]
    except UnicodeDecodeError:
        raise MalformedInput("The request's parameters are not valid UTF-8.") from None
