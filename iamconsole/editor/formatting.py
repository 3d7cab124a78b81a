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


def written(value: Any, margin: str = "") -> str:
    """A value as `read` gives it, as JSON: a number as it was written, whatever its length."""
    inner = margin + INDENT
    if isinstance(value, dict) and value:
        members = (f"{inner}{_string(key)}: {written(one, inner)}" for key, one in value.items())
        return "{\n" + ",\n".join(members) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + written(one, inner) for one in value) + f"\n{margin}]"
    return str(value) if isinstance(value, Number) else _string(value)


def _string(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
