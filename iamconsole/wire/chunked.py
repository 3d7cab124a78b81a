"""Decoding `Content-Encoding: aws-chunked`, the framing of streamed S3 uploads.

docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (signed chunks)
and sigv4-streaming-trailers.html (a checksum after the body). Over https
today's SDKs send `STREAMING-UNSIGNED-PAYLOAD-TRAILER` with a CRC32 trailer;
over http they sign the whole body and send the checksum as a header.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Protocol

from iamconsole.wire.checksums import Checksum, checksum, compare, named_checksums
from iamconsole.wire.problems import MalformedInput, SignatureProblem
from iamconsole.wire.sigv4 import MISMATCH, S3_MISMATCH_MESSAGE, STREAMING, STREAMING_TRAILER

BLOCK = 64 * 1024
MAX_LINE = 1024
MAX_TRAILERS = 16
MAX_SIGNED_CHUNK = 16 * 1024 * 1024  # a signed chunk is held until its signature is checked

Signer = Callable[[Sequence[bytes], bool], str]


class Reader(Protocol):
    """Anything with `read(size)`: a file, a socket's, WSGI's input. b"" means the end."""

    def read(self, size: int, /) -> bytes: ...


_CHUNK = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")


def is_chunked(headers: Mapping[str, str]) -> bool:
    """Whether the body is framed: by its announced hash, or by its content encoding."""
    encodings = [each.strip() for each in headers.get("content-encoding", "").lower().split(",")]
    return "aws-chunked" in encodings or headers.get("x-amz-content-sha256", "").startswith("STREAMING-")


def decode_chunks(
    reader: Reader,
    headers: Mapping[str, str] | None = None,
    *,
    signer: Signer | None = None,
    verified: MutableMapping[str, str] | None = None,
) -> Iterator[bytes]:
    """The body's own bytes, piece by piece, from `reader`: at most a line and a block are held at a time.

    `headers` are the request's: x-amz-decoded-content-length and every
    checksum in them or in the trailers are checked at the end, so the caller
    keeps nothing before the iteration has ended well; they are then told in
    `verified`. With `signer` (see
    `sigv4.chunk_signer`) each chunk must be signed, and it is held whole until
    it has been checked; headers that announce signed chunks need one
    (ValueError). Raises MalformedInput (IncompleteBody and others), WireError
    (BadDigest) or SignatureProblem.
    """
    headers = headers or {}
    if signer is None and headers.get("x-amz-content-sha256") in (STREAMING, STREAMING_TRAILER):
        raise ValueError("the chunks are signed: pass a signer")
    source = _Source(reader)
    wanted = named_checksums(headers)
    announced = _trailers_announced(headers)
    running: dict[str, Checksum] = {}
    for name in {*wanted, *named_checksums(dict.fromkeys(announced, ""))}:
        found = checksum(name)
        if found is not None:
            running[name] = found
    total = 0
    length = _decoded_length(headers)
    while True:
        size, signature = _chunk_line(source.line())
        total += size
        if length is not None and total > length:
            raise _incomplete()
        for piece in _pieces(source, size, signature, signer):
            for each in running.values():
                each.update(piece)
            yield piece
        if size == 0:
            break
        source.end_of_chunk()
    trailers = _trailers(source, signer)
    if length is not None and total != length:
        raise _incomplete()
    if any(name not in trailers for name in announced):
        raise MalformedInput("The request contained trailing data that was not well-formed.", "MalformedTrailerError")
    for name, value in (wanted | named_checksums(trailers)).items():
        if name in running:
            compare(name, running[name], value)
            if verified is not None:
                verified[name] = value


class _Source:
    """Lines and bytes from a reader, with a small buffer."""

    def __init__(self, reader: Reader) -> None:
        self._read = reader.read
        self._held = b""

    def line(self, *, may_end: bool = False) -> bytes:
        """The next line without its CRLF; b"" at the end of input only when `may_end`."""
        while b"\r\n" not in self._held:
            if len(self._held) > MAX_LINE:
                raise _malformed()
            more = self._read(BLOCK)
            if not more:
                if may_end and not self._held:
                    return b""
                raise _incomplete()
            self._held += more
        line, _, self._held = self._held.partition(b"\r\n")
        if len(line) > MAX_LINE:
            raise _malformed()
        return line

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._held[:size] or self._read(min(size, BLOCK))
            if not piece or len(piece) > size:
                raise _incomplete()
            self._held = self._held[len(piece) :]
            size -= len(piece)
            yield piece

    def end_of_chunk(self) -> None:
        if b"".join(self.pieces(2)) != b"\r\n":
            raise _malformed()


def _chunk_line(line: bytes) -> tuple[int, str | None]:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise _malformed()
    signature = found.group(2)
    return int(found.group(1), 16), signature.decode() if signature else None


def _pieces(source: _Source, size: int, signature: str | None, signer: Signer | None) -> Iterator[bytes]:
    if signer is None:
        yield from source.pieces(size)
        return
    if size > MAX_SIGNED_CHUNK:
        raise MalformedInput("The chunk is too large.", "InvalidChunkSizeError")
    pieces = list(source.pieces(size))
    _check(signer(pieces, False), signature)
    yield from pieces


def _check(wanted: str, given: str | None) -> None:
    if given is None or not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise SignatureProblem(MISMATCH, "SignatureDoesNotMatch", S3_MISMATCH_MESSAGE)


def _trailers(source: _Source, signer: Signer | None) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = 0
    while line := source.line(may_end=True):
        name, colon, value = line.decode("latin-1").partition(":")
        lines += 1
        if not colon or lines > MAX_TRAILERS:
            raise MalformedInput(
                "The request contained trailing data that was not well-formed.", "MalformedTrailerError"
            )
        found[name.strip().lower()] = value.strip()
    given = found.pop("x-amz-trailer-signature", None)
    if signer is not None and found:
        _check(signer([f"{name}:{value}\n".encode("latin-1") for name, value in found.items()], True), given)
    return found


def _trailers_announced(headers: Mapping[str, str]) -> tuple[str, ...]:
    names = headers.get("x-amz-trailer", "").lower().split(",")
    return tuple(name.strip() for name in names if name.strip())


def _decoded_length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("x-amz-decoded-content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise MalformedInput("x-amz-decoded-content-length is not a length.", "InvalidArgument")
    return int(text)


def _malformed() -> MalformedInput:
    return MalformedInput("The chunked body is not well-formed.", "InvalidRequest")


def _incomplete() -> MalformedInput:
    return MalformedInput(
        "The request body terminated unexpectedly, or is not as long as x-amz-decoded-content-length says.",
        "IncompleteBody",
    )
