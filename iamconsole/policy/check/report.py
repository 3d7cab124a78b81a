"""Collecting findings, each with the place of the element at fault."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iamconsole.policy.model import Condition, Policy, Statement
from iamconsole.policy.reader import end_of

from .catalogue import CATALOGUE, FindingType

# Comparisons of texts for one document. A policy that AWS takes (at most 131,072 characters through its API, 20,480 in
# its longest quota) needs fewer; a hostile one must not keep the machine busy.
EFFORT = 400_000
_FIELD = re.compile(r"\{\{([^{}]+)\}\}")
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding and the place of the element at fault, from its first to its last character."""

    type: FindingType
    name: str
    text: str
    path: str
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0
    code: str = ""


class Report:
    """The findings on one policy, and what the checks share while they look for them."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.kind = policy.kind
        self.told = {problem.path for problem in policy.problems}
        self.found: dict[Finding, None] = {}
        self._effort = EFFORT
        self._lines = [0, *(at.end() for at in re.finditer("\n", policy.text))]
        self._ends: dict[int, int] = {}

    def add(self, code: str, path: str, **fields: object) -> None:
        """Note a finding on the element at `path`; `fields` fill the `{{…}}` of its text."""
        start = self.policy.places.get(path, 0)
        self._note(code, path, start, self._end(start), fields)

    def add_at(self, code: str, path: str, offset: int, **fields: object) -> None:
        """The same for a place in the text at which no element begins."""
        self._note(code, path, offset, offset, fields)

    def _note(self, code: str, path: str, start: int, end: int, fields: Mapping[str, object]) -> None:
        entry = CATALOGUE[code]
        text = _FIELD.sub(lambda hit: shortened(str(fields[_identifier(hit[1])])), entry.text)
        if not fields.get("meant", True):
            text = text[: text.index(" Did you mean")]
        finding = Finding(entry.type, entry.name, text, path, *self.point(start), *self.point(end), code)
        self.found.setdefault(finding)

    def afford(self, comparisons: int) -> bool:
        """Whether the document may cost that many comparisons more."""
        self._effort -= comparisons
        return self._effort >= 0

    def has(self, path: str) -> bool:
        return path in self.policy.places

    def first(self, path: str) -> str:
        """The first character of the JSON value at `path`, which tells its type."""
        at = self.policy.places.get(path)
        return "" if at is None else self.policy.text[at : at + 1]

    def string_at(self, path: str) -> str:
        """The JSON string that begins at `path`."""
        at = self.policy.places[path]
        return str(json.loads(self.policy.text[at : self._end(at) + 1]))

    def point(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _end(self, start: int) -> int:
        if start not in self._ends:
            self._ends[start] = max(start, end_of(self.policy.text, start) - 1)
        return self._ends[start]

    def statements(self) -> Iterator[Part]:
        for statement in self.policy.statements:
            yield Part(self, statement)


class Part:
    """One statement, and the paths of what stands in it."""

    def __init__(self, report: Report, statement: Statement) -> None:
        self.report, self.statement = report, statement
        self.path = f"Statement[{statement.index}]" if report.has(f"Statement[{statement.index}]") else "Statement"
        self.allows = statement.effect == "Allow"
        self.keys = frozenset(condition.key.lower() for condition in statement.conditions)

    def _numbered(self, path: str, values: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Values with their paths, without those that the grammar has refused."""
        single = self.report.first(path) != "["
        for at, value in enumerate(values):
            own = path if single else f"{path}[{at}]"
            if own not in self.report.told:
                yield value, own

    def actions(self) -> Iterator[tuple[str, str]]:
        for element, values in (("Action", self.statement.action), ("NotAction", self.statement.not_action)):
            yield from self._numbered(f"{self.path}.{element}", values or ())

    def resources(self) -> Iterator[tuple[str, str]]:
        for element, values in (("Resource", self.statement.resource), ("NotResource", self.statement.not_resource)):
            yield from self._numbered(f"{self.path}.{element}", values or ())

    def condition_path(self, condition: Condition) -> str:
        return f"{self.path}.Condition.{condition.operator}.{condition.key}"

    def condition_values(self, condition: Condition) -> Iterator[tuple[str, str]]:
        """The values of a condition that could be read, with their paths."""
        path = self.condition_path(condition)
        if "Condition" in self.statement.unread:  # the indexes of what could be read are not known
            for value in condition.values:
                yield value, path
            return
        yield from self._numbered(path, condition.values)

    def principals(self) -> Iterator[tuple[str, str, str]]:
        """The kind, value and path of every principal."""
        written = (("Principal", self.statement.principal), ("NotPrincipal", self.statement.not_principal))
        for element, entries in written:
            counted: dict[str, int] = {}
            for kind, value in entries or ():
                path = f"{self.path}.{element}.{kind}"
                if self.report.first(path) == "[":
                    at = counted.get(kind, 0)
                    while f"{path}[{at}]" in self.report.told:
                        at += 1
                    counted[kind] = at + 1
                    path = f"{path}[{at}]"
                elif not self.report.has(path):
                    path = f"{self.path}.{element}"
                yield kind, value, path


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _identifier(field: str) -> str:
    return field.replace("-", "_").replace("/", "_")
