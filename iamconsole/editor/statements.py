"""Changing one statement of a policy's text, and leaving the rest of the text as it was written.

The panel `Edit statement` works so: what somebody has typed, with its order and white space, is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iamconsole.editor.formatting import INDENT, written
from iamconsole.policy import Kind
from iamconsole.policy.reader import BadJson, Document, end_of, read

_EMPTY: Mapping[str, dict[str, Any]] = {
    "trust": {"Effect": "Allow", "Principal": {}, "Action": []},
    "resource": {"Effect": "Allow", "Principal": {}, "Action": [], "Resource": []},
}
_PLAIN: dict[str, Any] = {"Effect": "Allow", "Action": [], "Resource": []}


NOTHING = '{\n    "Version": "2012-10-17",\n    "Statement": []\n}'


class Statements:
    """The statements of a text, of an empty one too. `problem` says why there are none to be changed."""

    def __init__(self, text: str) -> None:
        self.text, self.problem = text if text.strip() else NOTHING, ""
        self._document = Document(None)
        self.items: list[dict[str, Any]] = []
        self._listed = False
        try:
            self._document = read(self.text)
        except BadJson:
            self.problem = "The policy is no valid JSON. Fix it to edit its statements here."
            return
        policy = self._document.value
        found = policy.get("Statement", []) if isinstance(policy, dict) else None
        self._listed = isinstance(found, list)
        items: list[Any] = found if isinstance(found, list) else [found]
        if not isinstance(policy, dict) or not all(isinstance(one, dict) for one in items):
            self.problem = "Statement is no list of objects. Fix it to edit the statements here."
            return
        self.items = items

    def label(self, index: int) -> str:
        sid = self.items[index].get("Sid")
        return sid if isinstance(sid, str) and sid else f"Statement {index + 1}"

    def at(self, row: int, column: int) -> int | None:
        """The statement in which a caret stands: row and column from 0."""
        lines = self.text.split("\n")
        offset = sum(len(line) + 1 for line in lines[:row]) + column
        for index in range(len(self.items)):
            start, end = self._span(self._path(index))
            if start < offset < end or start == offset:
                return index
        return None

    def caret(self, index: int) -> str:
        """Where a statement begins, as row and column from 0."""
        start = self._span(self._path(index))[0]
        return f"{self.text.count(chr(10), 0, start)},{start - self.text.rfind(chr(10), 0, start) - 1}"

    def names(self, index: int, *elements: str) -> tuple[str, list[str]]:
        """The first of the elements that the statement has, or else could have, with its texts."""
        statement = self.items[index]
        element = next((one for one in elements if one in statement), elements[0])
        value = statement.get(element, [])
        return element, [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]

    def added(self, kind: Kind) -> Statements:
        """With one more statement, as the console begins one."""
        number = len(self.items) + 1
        while f"Statement{number}" in [one.get("Sid") for one in self.items]:
            number += 1
        return self.with_statement({"Sid": f"Statement{number}", **_EMPTY.get(kind, _PLAIN)})

    def with_statement(self, new: dict[str, Any]) -> Statements:
        if not self.items or not self._listed:
            return Statements(self._with("", "Statement", [*self.items, new]))
        start, end = self._span(self._path(len(self.items) - 1))
        margin = self._margin(start)
        if "\n" in self.text[: self._span("Statement")[1]]:
            return Statements(f"{self.text[:end]},\n{margin}{written(new, margin)}{self.text[end:]}")
        return Statements(f"{self.text[:end]}, {written(new, None)}{self.text[end:]}")

    def without(self, index: int) -> Statements:
        if len(self.items) == 1:
            return Statements(self._with("", "Statement", []))
        start, end = self._span(self._path(index))
        if index:
            start = self._span(self._path(index - 1))[1]
        else:
            end = self._span(self._path(1))[0]
        return Statements(self.text[:start] + self.text[end:])

    def put(self, index: int, element: str, value: Any) -> Statements:
        """With the value in the place of what the statement's element was."""
        return Statements(self._with(self._path(index), element, value))

    def _path(self, index: int) -> str:
        return f"Statement[{index}]" if self._listed else "Statement"

    def _span(self, path: str) -> tuple[int, int]:
        start = self._document.places[path]
        return start, end_of(self.text, start)

    def _margin(self, offset: int) -> str:
        """The white space that the line at `offset` begins with."""
        line = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
        return line[: len(line) - len(line.lstrip())]

    def _with(self, path: str, key: str, value: Any) -> str:
        """The text with a member of the object at `path` put in or replaced, in the way the object is written."""
        start, end = self._span(path)
        inner = f"{path}.{key}" if path else key
        within = self.text[start:end]
        if inner in self._document.places:
            at, behind = self._span(inner)
            own = written(value, self._margin(at) if "\n" in within else None)
            return self.text[:at] + own + self.text[behind:]
        before = self.text[: end - 1].rstrip()
        empty = len(before) == start + 1
        first = within[1:].partition('"')[0]
        if "\n" in first or (empty and not path):
            margin = first.rpartition("\n")[2] if "\n" in first and not empty else self._margin(start) + INDENT
            own = f"\n{margin}{json.dumps(key)}: {written(value, margin)}"
            tail = self.text[end - 1 :] if "\n" in self.text[len(before) : end] else "\n" + self.text[end - 1 :]
            return before + ("" if empty else ",") + own + self.text[len(before) : end - 1] + tail
        own = f"{json.dumps(key)}: {written(value, None)}"
        return before + ("" if empty else ", ") + own + self.text[end - 1 :]
