"""One scalar value: text as it stands in a query, a header or an element, to and from Python."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

from iamconsole.wire import times
from iamconsole.wire.problems import MalformedInput

# As every protocol spells what JSON and XML Schema have no number for.
NOT_FINITE = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def unbase64(text: str) -> bytes:
    """The bytes; raises MalformedInput."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedInput("Invalid base64.") from None


def read(shape: Any, text: str) -> Any:
    """The value of a scalar of `shape`: str, int, float, bool, bytes or an aware datetime; raises MalformedInput."""
    kind = shape.type_name
    if kind in ("string", "character"):
        return text
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise MalformedInput("Unexpected value: a boolean is true or false.")
        return text.lower() == "true"
    if kind == "timestamp":
        return times.read(text)
    if kind == "blob":
        return unbase64(text)
    try:
        if kind in ("integer", "long"):
            number = int(text) if len(text) < 24 and text.isascii() and "_" not in text else None
            if number is None or not -(2**63) <= number < 2**63:
                raise ValueError
            return number
        if text in NOT_FINITE:
            return float(NOT_FINITE[text])
        if not _NUMBER.fullmatch(text):
            raise ValueError
        return float(text)
    except ValueError:
        raise MalformedInput(f"Unexpected value: {text[:80]!r} is not a number.") from None


def write(shape: Any, value: Any, timestamps: str) -> str:
    """The text of a scalar. `timestamps` is the format where the model names none: iso8601, millis or rfc822."""
    kind = shape.type_name
    if kind in ("string", "character"):
        return str(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", timestamps)
        if form == "iso8601" and timestamps == "millis":
            form = "millis"
        if form == "unixTimestamp":
            return str(int(value.timestamp()))
        return {"iso8601": times.iso8601, "millis": times.iso8601_millis, "rfc822": times.http_date}[form](value)
    if kind == "blob":
        return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
    if kind in ("float", "double") and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value)
