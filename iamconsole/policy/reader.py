"""Reading JSON twice: quickly for its value, and with care for where everything stood.

The standard `json` is quick and reports no places; deep nesting ends it with a RecursionError. `value_of` asks it
first. `read`, a small reader of ours, is asked where something is wrong or somebody wants to know a place: it keeps its
own stack limit. Both refuse duplicate keys and give numbers back as they were written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 40  # a valid policy needs six levels

_SPACE = re.compile(r"[ \t\r\n]*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_WORDS: tuple[tuple[str, bool | None], ...] = (("true", True), ("false", False), ("null", None))


class Number(str):
    """A JSON number, as text: policies compare numbers as written, and a million digits cost nothing."""

    __slots__ = ()


@dataclass
class BadJson(Exception):
    """The text is no JSON; `offset` says where, `path` which element was being read."""

    message: str
    offset: int
    path: str
    code: str = "json"


@dataclass
class Document:
    """A value, and for the path of every element in it ("Statement[0].Action") where it began."""

    value: Any
    places: dict[str, int] = field(default_factory=dict)


def value_of(text: str) -> Any:
    """One JSON value; raises BadJson, with the place, where `read` does."""
    try:
        value = _QUICK.decode(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return read(text).value
    return read(text).value if _is_deep(value) else value


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object, for the standard reader, which would let the last of two namesakes win."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def no_constant(name: str) -> None:
    """Refuse `NaN` and `Infinity`, which the standard reader takes."""
    raise ValueError(f"{name} is no JSON")


_QUICK = json.JSONDecoder(object_pairs_hook=once, parse_int=Number, parse_float=Number, parse_constant=no_constant)


def _is_deep(value: Any) -> bool:
    """Whether lists and objects are nested deeper than `read` goes."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            return True
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        level, depth = inner, depth + 1
    return False


def read(text: str) -> Document:
    """Read one JSON value. A byte order mark before it is skipped."""
    reader = _Reader(text)
    at = reader.skip(1 if text.startswith("\ufeff") else 0)
    value, at = reader.value(at, "", 0)
    at = reader.skip(at)
    if at != len(text):
        raise BadJson("text after the end of the document", at, "")
    return Document(value, reader.places)


def end_of(text: str, start: int) -> int:
    """Where the JSON value that begins at `start` ends; `start` itself if none does."""
    try:
        return _Reader(text).value(start, "", 0)[1]
    except BadJson:
        return start


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[str, int] = {}

    def skip(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return space.end() if space else at

    def value(self, at: int, path: str, depth: int) -> tuple[Any, int]:
        self.places[path] = at
        if depth > DEEPEST:
            raise BadJson("nested too deeply", at, path)
        first = self.text[at : at + 1]
        if first == '"':
            return self.string(at, path)
        if first == "{":
            return self.members(at + 1, path, depth)
        if first == "[":
            return self.items(at + 1, path, depth)
        for word, value in _WORDS:
            if self.text.startswith(word, at):
                return value, at + len(word)
        number = _NUMBER.match(self.text, at)
        if number is None:
            raise BadJson("a value was expected", at, path)
        return Number(number.group()), number.end()

    def string(self, at: int, path: str) -> tuple[str, int]:
        found = _STRING.match(self.text, at)
        if found is None:
            raise BadJson("a string was expected, closed and without control characters", at, path)
        token = found.group()
        return json.loads(token) if "\\" in token else token[1:-1], found.end()

    def items(self, at: int, path: str, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        at = self.skip(at)
        if self.text.startswith("]", at):
            return values, at + 1
        while True:
            value, at = self.value(self.skip(at), f"{path}[{len(values)}]", depth + 1)
            values.append(value)
            at = self.skip(at)
            if self.text.startswith("]", at):
                return values, at + 1
            at = self.comma(at, path)

    def members(self, at: int, path: str, depth: int) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = {}
        at = self.skip(at)
        if self.text.startswith("}", at):
            return values, at + 1
        while True:
            start = self.skip(at)
            key, at = self.string(start, path)
            inner = f"{path}.{key}" if path else key
            if key in values:
                # AWS refuses a document in which a key stands twice in one object.
                raise BadJson(f"the key `{key[:100]}` stands twice", start, inner, "duplicate-key")
            at = self.skip(at)
            if not self.text.startswith(":", at):
                raise BadJson("a colon was expected", at, inner)
            values[key], at = self.value(self.skip(at + 1), inner, depth + 1)
            at = self.skip(at)
            if self.text.startswith("}", at):
                return values, at + 1
            at = self.comma(at, path)

    def comma(self, at: int, path: str) -> int:
        if not self.text.startswith(",", at):
            raise BadJson("a comma or the end was expected", at, path)
        return at + 1
