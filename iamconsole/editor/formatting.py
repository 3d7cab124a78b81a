"""`Format`: the same policy, indented as the console writes one."""

from __future__ import annotations

import json
from typing import Any

from iamconsole.policy.reader import BadJson, Number, value_of

INDENT = "    "


def formatted(text: str) -> str:
    """The text indented by four; as it was when it is no JSON."""
    try:
        return written(value_of(text))
    except BadJson:
        return text


def written(value: Any, margin: str | None = "") -> str:
    """A value as `read` gives it, as JSON: a number as it was written. Without a margin it is one line."""
    inner = None if margin is None else margin + INDENT
    if isinstance(value, dict) and value:
        return _within("{}", [f"{_string(key)}: {written(one, inner)}" for key, one in value.items()], margin)
    if isinstance(value, list) and value:
        return _within("[]", [written(one, inner) for one in value], margin)
    return str(value) if isinstance(value, Number) else _string(value)


def _within(brackets: str, items: list[str], margin: str | None) -> str:
    if margin is None:
        return brackets[0] + ", ".join(items) + brackets[1]
    line = f"\n{margin}{INDENT}"
    return brackets[0] + line + f",{line}".join(items) + f"\n{margin}{brackets[1]}"


def _string(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
