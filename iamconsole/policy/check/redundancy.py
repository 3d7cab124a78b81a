"""Findings on what could be left out of a policy without changing it."""

from __future__ import annotations

import re

from iamconsole.policy.match import Glob, Wild
from iamconsole.policy.model import Condition, Statement

from .report import Part, Report

_MARK = re.compile(r"(\$\{[^}]*\}|[*?])")
_WILD: dict[str, str | Wild] = {"*": Wild.STAR, "?": Wild.ONE}
_NOTHING_LIKE_IT = "\ufffe"  # stands for what a `*` may be; no policy that AWS takes has this character


def of_statement(part: Part, report: Report) -> None:
    actions = [(value.lower(), value, path) for value, path in part.actions()]
    redundant = _redundant(actions, report)
    if redundant:
        names = ", ".join(value for value, _ in redundant)
        path = redundant[0][1]
        report.add("REDUNDANT_ACTION", path, redundantActionCount=len(redundant), redundantAction=names)
    resources = [(value, value, path) for value, path in part.resources()]
    redundant = _redundant(resources, report)
    if redundant:
        report.add("REDUNDANT_RESOURCE", redundant[0][1], redundantResourceCount=len(redundant))


def _redundant(entries: list[tuple[str, str, str]], report: Report) -> list[tuple[str, str]]:
    """Those of the entries (as compared, as written, path) that another one covers, as written and with their path.

    Of two that say the same, the later one is redundant. Only patterns are compared with all others.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    patterns = []
    for text, written, path in entries:
        if text in seen:
            found[path] = written
        elif "*" in text or "?" in text:
            patterns.append((text, Pattern(text)))
        seen.add(text)
    if not report.afford(len(patterns) * len(seen)):
        return []
    for text, written, path in entries:
        if path not in found and any(other != text and pattern.covers(text) for other, pattern in patterns):
            found[path] = written
    return [(written, path) for path, written in sorted(found.items(), key=lambda item: _order(item[0]))]


def _order(path: str) -> int:
    return int(path[path.rindex("[") + 1 : -1]) if path.endswith("]") else 0


class Pattern:
    """A text with wildcards, as the set of the texts that it stands for."""

    __slots__ = ("_glob", "_ones", "_prefix")

    def __init__(self, text: str) -> None:
        filled = _filled(text)
        self._ones = text.count("?")
        self._prefix = str(filled[0])
        self._glob = Glob(filled)

    def covers(self, other: str) -> bool:
        """Whether everything that `other` stands for is covered.

        A star of the other may be nothing, and may be more than the question marks here can be; a question mark of
        the other is some one character.
        """
        if not other.startswith(self._prefix):
            return False
        some = other.replace("?", _NOTHING_LIKE_IT)
        if "*" not in other:
            return self._glob.match(some)
        much = _NOTHING_LIKE_IT * (self._ones + 1)
        return self._glob.match(some.replace("*", "")) and self._glob.match(some.replace("*", much))


def _filled(text: str) -> list[str | Wild]:
    """The text cut at its wildcards; variables and `${*}` stay the texts that they are."""
    return [_WILD.get(piece, piece) for piece in _MARK.split(text)]


def of_policy(report: Report) -> None:
    """Statements that say the same but for their Sid; each later one is redundant."""
    seen: set[object] = set()
    for part in report.statements():
        if part.statement.unread:
            continue
        meaning = _meaning(part)
        if meaning in seen:
            report.add("REDUNDANT_STATEMENT", part.path)
        seen.add(meaning)


def _meaning(part: Part) -> object:
    statement: Statement = part.statement
    lists = (statement.principal, statement.not_principal, statement.resource, statement.not_resource)
    actions = (statement.action, statement.not_action)
    return (
        statement.effect,
        tuple(None if each is None else frozenset(each) for each in lists),
        tuple(None if each is None else frozenset(action.lower() for action in each) for each in actions),
        frozenset(_line(condition) for condition in statement.conditions),
    )


def _line(condition: Condition) -> tuple[str, str, frozenset[str]]:
    return condition.operator, condition.key.lower(), frozenset(condition.values)
