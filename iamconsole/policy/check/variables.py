"""Findings on policy variables.

Besides the check reference: IAM User Guide, "IAM policy elements: Variables and tags"
(reference_policies_variables.html).
"""

from __future__ import annotations

from collections.abc import Iterator

from .report import Part, Report

_LITERALS = frozenset("*?$")  # `${*}` is a star and no variable
NEWEST = "2012-10-17"


def of_statement(part: Part, report: Report) -> None:
    for value, path in part.actions():
        _unsupported(value, path, report)
    for _, value, path in part.principals():
        _unsupported(value, path, report)
    for value, path in _where_they_may_be(part):
        if "${" not in value:
            continue
        if report.policy.version == NEWEST:
            _of_text(value, path, report)
        elif report.policy.version:
            report.add("VARIABLE_UNSUPPORTED_IN_VERSION", path)


def _where_they_may_be(part: Part) -> Iterator[tuple[str, str]]:
    yield from part.resources()
    for condition in part.statement.conditions:
        yield from part.condition_values(condition)


def _unsupported(value: str, path: str, report: Report) -> None:
    if "${" in value:
        report.add("VARIABLE_UNSUPPORTED_IN_ELEMENT", path, variable=first_variable(value))


def first_variable(value: str) -> str:
    """The first `${…}` of a text, or the rest of it when it is not closed."""
    start = value.index("${")
    end = value.find("}", start)
    return value[start:] if end < 0 else value[start : end + 1]


def _of_text(value: str, path: str, report: Report) -> None:
    at = value.find("${")
    while at >= 0:
        end = value.find("}", at)
        following = value.find("${", at + 2)
        if end < 0 or 0 <= following < end:
            report.add("MISSING_BRACE_IN_VARIABLE", path)
            return
        _of_variable(value[at + 2 : end], path, report)
        at = following


def _of_variable(inside: str, path: str, report: Report) -> None:
    if not inside.strip():
        report.add("EMPTY_VARIABLE", path)
    elif inside not in _LITERALS:
        name, comma, default = inside.partition(",")
        default = default.strip()
        if any(character.isspace() for character in name):
            report.add("UNSUPPORTED_SPACE_IN_VARIABLE", path)
        if comma and (len(default) < 2 or not (default[0] == default[-1] == "'")):
            report.add("MISSING_QUOTE_IN_VARIABLE", path)
