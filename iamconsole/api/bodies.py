"""Bytes on their way in and out, a piece at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from iamconsole import wire
from iamconsole.core.errors import AwsError

PIECE = 64 * 1024


class Pieces:
    """An iterator of byte strings as a file that can be read once.

    `checksums`: those that the pieces are checked against, by name; each has its value once they have been read.
    """

    def __init__(self, pieces: Iterator[bytes], checksums: Mapping[str, str]) -> None:
        self.checksums = checksums
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            size = sys.maxsize
        parts, length = [self._rest], len(self._rest)
        while length < size:
            piece = self._next()
            if piece is None:
                break
            parts.append(piece)
            length += len(piece)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]

    def _next(self) -> bytes | None:
        """The next piece; a body that is not what was signed or announced fails the call that reads it."""
        try:
            return next(self._pieces, None)
        except wire.WireError as problem:
            raise AwsError(problem.message, code=problem.code, status=problem.status) from problem


class Span:
    """The next `length` bytes of an open file, in pieces; closes it at the end."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (piece := self._file.read(min(PIECE, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()
