"""Statements as the Policy Generator collects them, and the document that it makes of them.

The page keeps no session: what was added travels in the form. It comes back from a browser, so a text that this module
did not write is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST_STATEMENTS = 50
LONGEST = 60_000  # characters of all statements together; the largest policy that AWS takes has a third of it


class NotOurs(ValueError):
    """A text that the page did not write."""


@dataclass(frozen=True, slots=True)
class Condition:
    operator: str
    key: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operator} {self.key}: {', '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """`principals` is empty in IAM policies, whose principal is whom they are attached to."""

    sid: str
    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The statement in the order of members in which AWS's tool writes it."""
        made: dict[str, Any] = {
            "Sid": self.sid,
            "Action": _one_or_many(self.actions),
            "Effect": self.effect,
            "Resource": _one_or_many(self.resources),
        }
        if self.conditions:
            made["Condition"] = _conditions(self.conditions)
        if self.principals:
            made["Principal"] = "*" if self.principals == ("*",) else {"AWS": list(self.principals)}
        return made


def _one_or_many(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _conditions(conditions: Sequence[Condition]) -> dict[str, dict[str, str | list[str]]]:
    """Two conditions of one operator and key are one with the values of both, or JSON would have one name twice."""
    values: dict[str, dict[str, list[str]]] = {}
    for one in conditions:
        known = values.setdefault(one.operator, {}).setdefault(one.key, [])
        known += [value for value in one.values if value not in known]
    return {operator: {key: _one_or_many(each) for key, each in by_key.items()} for operator, by_key in values.items()}


def document(statements: Sequence[Statement], now: dt.datetime) -> str:
    made = {
        "Id": f"Policy{milliseconds(now)}",
        "Version": "2012-10-17",
        "Statement": [one.as_json() for one in statements],
    }
    return json.dumps(made, indent=2, ensure_ascii=False)


def milliseconds(now: dt.datetime) -> int:
    """Thirteen digits until the year 2286."""
    return int(now.timestamp() * 1000)


def new_sid(statements: Sequence[Statement], now: dt.datetime) -> str:
    """A Sid of the moment, and of the next where it is taken: Sids are unique in a policy."""
    number, taken = milliseconds(now), {one.sid for one in statements}
    while f"Stmt{number}" in taken:
        number += 1
    return f"Stmt{number}"


# -- in the form ------------------------------------------------------------------------------------


def packed(rows: Sequence[Statement | Condition]) -> str:
    return json.dumps([asdict(row) for row in rows], separators=(",", ":"))


def statements_of(text: str) -> list[Statement]:
    """Raises NotOurs."""
    return [_statement(row) for row in _rows(text)]


def conditions_of(text: str) -> list[Condition]:
    """Raises NotOurs."""
    return [_condition(row) for row in _rows(text)]


def _rows(text: str) -> list[Mapping[str, Any]]:
    if not text:
        return []
    if len(text) > LONGEST:
        raise NotOurs("too long")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotOurs("no JSON") from error
    if not isinstance(rows, list) or len(rows) > MOST_STATEMENTS or not all(isinstance(row, dict) for row in rows):
        raise NotOurs("no list of statements")
    return rows


def _statement(row: Mapping[str, Any]) -> Statement:
    conditions = row.get("conditions")
    if not isinstance(conditions, list) or not all(isinstance(one, dict) for one in conditions):
        raise NotOurs("no conditions")
    effect = _text(row, "effect")
    if effect not in ("Allow", "Deny"):
        raise NotOurs("no effect")
    return Statement(
        _text(row, "sid"),
        effect,
        _texts(row, "principals", least=0),
        _texts(row, "actions"),
        _texts(row, "resources"),
        tuple(_condition(one) for one in conditions),
    )


def _condition(row: Mapping[str, Any]) -> Condition:
    return Condition(_text(row, "operator"), _text(row, "key"), _texts(row, "values"))


def _text(row: Mapping[str, Any], name: str) -> str:
    found = row.get(name)
    if not isinstance(found, str) or not found:
        raise NotOurs(f"no {name}")
    return found


def _texts(row: Mapping[str, Any], name: str, least: int = 1) -> tuple[str, ...]:
    found = row.get(name)
    if not isinstance(found, list) or len(found) < least or not all(isinstance(one, str) and one for one in found):
        raise NotOurs(f"no {name}")
    return tuple(found)
