"""A sandbox as one file (docs/snapshots.md): a zip of an image, the bytes of its objects, and what it says of itself.

    objects/0, objects/1, …   the bytes of objects, each once
    image.json                the rows, as `image.Image.as_plain` gives them, without secrets
    snapshot.json             the format, the engine's version, and size and SHA-256 of each of the others

A file comes from anywhere. It is never unpacked: members are looked up by the names that they must have, and read up
to a limit, whatever they say of their size. What is refused says why.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from iamconsole.policy import ENGINE_VERSION

FORMAT = "iamconsole-snapshot"
VERSION = 1
ABOUT, IMAGE = "snapshot.json", "image.json"
MAX_ABOUT = 8 * 1024 * 1024
MAX_IMAGE = 96 * 1024 * 1024
# A zip of more members than this has another form, which is not written here and so not read.
MAX_MEMBERS = 65_000
# Read into memory, a value of three bytes takes a hundred: a small file could ask for gigabytes. Counted are brackets
# and commas, also those in texts; ten thousand events, most of a large file, have 60,000 and half a million.
MAX_VALUES = 4_000_000
MAX_BRACKETS = 1_000_000
CHUNK = 64 * 1024
# Every zip's first bytes, and its last record: 22 bytes, as nothing is said in a comment.
_FIRST, _LAST, _WIDE = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
_END = struct.Struct("<4sHHHHLLH")


class SnapshotError(Exception):
    """A file that is not taken, or a sandbox of which none can be made; the message is for people."""


Source = Callable[[int], IO[bytes]]


def write(file: IO[bytes], image: dict[str, Any], objects: int, open_object: Source, now: dt.datetime) -> None:
    """Write the snapshot of an image whose objects `open_object` opens by number."""
    members: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=False) as archive:
        for number in range(objects):
            with open_object(number) as source:
                members[f"objects/{number}"] = _add(archive, f"objects/{number}", iter(lambda: source.read(CHUNK), b""))
        members[IMAGE] = _add(archive, IMAGE, iter([_plain(image)]))
        about = {
            "format": FORMAT,
            "version": VERSION,
            "engine": ENGINE_VERSION,
            "made": now.isoformat(timespec="seconds"),
            "members": members,
        }
        _add(archive, ABOUT, iter([_plain(about | {"checksum": _checksum(about)})]))


def _plain(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _checksum(about: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _add(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    # The same moment in every file: what was taken when is in `snapshot.json`.
    with archive.open(zipfile.ZipInfo(name), "w") as member:
        for piece in pieces:
            member.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"size": size, "sha256": digest.hexdigest()}


@dataclass(slots=True)
class SnapshotFile:
    """An opened file whose frame is sound; `image` reads and checks its rows, `content` an object's bytes."""

    archive: zipfile.ZipFile
    members: dict[str, dict[str, Any]]

    @property
    def objects(self) -> int:
        return len(self.members) - 1

    @property
    def object_bytes(self) -> int:
        return sum(one["size"] for name, one in self.members.items() if name != IMAGE)

    def image(self) -> dict[str, Any]:
        return _json(b"".join(self._checked(IMAGE, MAX_IMAGE)), IMAGE)

    def content(self, number: int, limit: int) -> Content:
        return Content(self._checked(f"objects/{number}", limit))

    def _checked(self, name: str, limit: int) -> Iterator[bytes]:
        """A member's bytes; the last of them is given only when all are those that were written."""
        told = self.members[name]
        if told["size"] > limit:
            raise SnapshotError(f"{name} is too large: {told['size']} bytes, and up to {limit} are taken.")
        digest, size, held = hashlib.sha256(), 0, b""
        for piece in _pieces(self.archive, name, told["size"]):
            yield held
            held = piece
            digest.update(piece)
            size += len(piece)
        if (size, digest.hexdigest()) != (told["size"], told["sha256"]):
            raise SnapshotError(f"The file was altered or is damaged: {name} is not what was written into it.")
        yield held


class Content:
    """An object's bytes as a stream that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        whole, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return whole


def read(file: IO[bytes]) -> SnapshotFile:
    """Open a snapshot. Raises SnapshotError with the reason for which it is none, or none that can be read here."""
    _check_end(file)
    try:
        archive = zipfile.ZipFile(file)
        infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, struct.error, UnicodeDecodeError, OSError) as error:
        raise SnapshotError("The file is damaged: it is a zip file whose list of contents cannot be read.") from error
    names = [one.filename for one in infos]
    if ABOUT not in names:
        raise SnapshotError("This is a zip file but no snapshot of a sandbox: it has no snapshot.json.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SnapshotError(f"The file is no snapshot: {_shown(twice)} is in it twice.")
    if any(one.flag_bits & 0x1 for one in infos):
        raise SnapshotError("The file is no snapshot: its contents are encrypted.")
    about = _json(b"".join(_pieces(archive, ABOUT, MAX_ABOUT)), ABOUT)
    members = _members(about)
    if unknown := set(names) - {ABOUT, *members}:
        raise SnapshotError(
            f"The file was altered: {_shown(min(unknown))} is in it, and snapshot.json knows nothing of it."
        )
    if missing := set(members) - set(names):
        raise SnapshotError(f"The file is not whole: {min(missing)} is missing.")
    return SnapshotFile(archive, members)


def _check_end(file: IO[bytes]) -> None:
    """Look at the first and last bytes before anything else does: they bound the list of contents."""
    file.seek(0, 2)
    length = file.tell()
    file.seek(0)
    if file.read(4) != _FIRST:
        raise SnapshotError("This is no snapshot of a sandbox: a snapshot is a zip file.")
    if length < _END.size:
        raise SnapshotError("The file is not whole: its end is missing.")
    file.seek(max(0, length - _END.size - 20))
    tail = file.read()
    mark, _, _, here, count, size, start, comment = _END.unpack(tail[-_END.size :])
    if mark != _LAST or comment:
        raise SnapshotError("The file is not whole: its end is missing, or something was added to it.")
    if tail[: -_END.size].startswith(_WIDE) or count > MAX_MEMBERS or here != count:
        raise SnapshotError(f"The file has too many contents: a snapshot has up to {MAX_MEMBERS}.")
    # A member is listed with 46 bytes and its name; nothing of ours has a longer one.
    if size > count * 128 or start + size + _END.size != length:
        raise SnapshotError("The file was altered or is damaged: its list of contents does not fit its size.")
    file.seek(0)


def _members(about: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if about.get("format") != FORMAT:
        raise SnapshotError("This is no snapshot of a sandbox: snapshot.json says that it is something else.")
    version, engine, told = about.get("version"), about.get("engine"), about.get("members")
    if version != VERSION:
        raise SnapshotError(f"The file has version {_shown(version)} of the format; this site reads version {VERSION}.")
    if about.pop("checksum", None) != _checksum(about):
        raise SnapshotError("The file was altered: snapshot.json is not what was written into it.")
    if not isinstance(engine, str) or not engine.isdecimal() or len(engine) > 9:
        _malformed("engine")
    if int(engine) > int(ENGINE_VERSION):
        raise SnapshotError(
            f"The file is of a newer version of iamconsole (engine {engine}; this site has {ENGINE_VERSION}). "
            "Update this site first."
        )
    if not isinstance(told, dict) or IMAGE not in told:
        _malformed("members")
    if set(told) != {IMAGE, *(f"objects/{number}" for number in range(len(told) - 1))}:
        _malformed("members")
    for one in told.values():
        if not isinstance(one, dict) or type(one.get("size")) is not int or one["size"] < 0:
            _malformed("members")
        if not isinstance(one.get("sha256"), str):
            _malformed("members")
    return told


def _malformed(what: str) -> NoReturn:
    raise SnapshotError(f"The file is no snapshot: `{what}` in snapshot.json is malformed.")


def _pieces(archive: zipfile.ZipFile, name: str, limit: int) -> Iterator[bytes]:
    """A member's bytes, and never more than `limit` of them, whatever its headers say."""
    left = limit
    try:
        with archive.open(name) as member:
            while piece := member.read(CHUNK):
                left -= len(piece)
                if left < 0:
                    raise SnapshotError(f"The file was altered: {name} is larger than it should be.")
                yield piece
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError, OSError) as error:
        raise SnapshotError(f"The file is damaged: {name} cannot be read.") from error


def _json(text: bytes, name: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name stands twice in an object")
        return found

    def no_number(text: str) -> NoReturn:
        raise ValueError(f"{text} is no number of JSON")

    brackets = text.count(b"[") + text.count(b"{")
    if brackets > MAX_BRACKETS or brackets + text.count(b",") > MAX_VALUES:
        raise SnapshotError(f"The file is too large: {name} has more values than a sandbox can have.")
    try:
        found = json.loads(text.decode(), object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"The file is no snapshot: {name} is not the JSON that it should be.") from error
    if not isinstance(found, dict):
        raise SnapshotError(f"The file is no snapshot: {name} is not the JSON that it should be.")
    return found


def _shown(value: object) -> str:
    """Something of the file in a sentence: printable, and short."""
    return repr(value)[:60]
