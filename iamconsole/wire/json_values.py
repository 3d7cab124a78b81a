"""Values in the JSON of the json and rest-json protocols, to and from Python.

smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html and
aws-restjson1-protocol.html: unknown members and nulls are ignored, a blob is
base64, a time is seconds since 1970 unless the model names another form.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from iamconsole.wire import scalars, times
from iamconsole.wire.problems import MalformedInput

MAX_DEPTH = 64


def load(body: bytes) -> Any:
    """The JSON value of a body; raises MalformedInput (SerializationException)."""
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number of thousands of digits, a thousand brackets
        raise _unreadable("The request body is not valid JSON.") from None


def dump(value: Any) -> bytes:
    """A body; a text that UTF-8 cannot hold (a lone surrogate) is escaped."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def read(shape: Any, value: Any, depth: int = 0) -> Any:
    """The value of `shape` that JSON holds; raises MalformedInput where it is of another kind."""
    if depth > MAX_DEPTH:
        raise _unreadable("The request body is nested too deeply.")
    kind = shape.type_name
    if kind == "structure":
        return _document(value, depth) if shape.is_document_type else structure(shape.members, value, depth)
    if kind == "list":
        if not isinstance(value, list):
            raise _wrong(value, "a list")
        return [read(shape.member, item, depth + 1) for item in value if item is not None]
    if kind == "map":
        if not isinstance(value, dict):
            raise _wrong(value, "a map")
        return {_text(k): read(shape.value, item, depth + 1) for k, item in value.items() if item is not None}
    return _scalar(shape, value)


def structure(shapes: Mapping[str, Any], value: Any, depth: int = 0) -> dict[str, Any]:
    """Those of `shapes` (a structure's members, or some of them) that an object holds."""
    if not isinstance(value, dict):
        raise _wrong(value, "a structure")
    found = {}
    for name, member in shapes.items():
        item = value.get(member.serialization.get("name", name))
        if item is not None:
            found[name] = read(member, item, depth + 1)
    return found


def _scalar(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind in ("string", "character"):
        if not isinstance(value, str):
            raise _wrong(value, "a String")
        return _text(value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise _wrong(value, "a Boolean")
        return value
    if kind == "blob":
        try:
            return base64.b64decode(value if isinstance(value, str) else _wrong_kind(value, "a Blob"), validate=True)
        except (binascii.Error, ValueError):
            raise _unreadable("Invalid base64 in a Blob.") from None
    if isinstance(value, str) and kind in ("float", "double") and value in scalars.NOT_FINITE:
        return float(scalars.NOT_FINITE[value])
    if kind == "timestamp":
        return _time(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "a Number")
    if kind in ("integer", "long"):
        if isinstance(value, float) and not value.is_integer():
            raise _wrong(value, "an Integer")
        number = int(value)
        if not -(2**63) <= number < 2**63:
            raise _unreadable("A number is out of the range of its type.")
        return number
    try:
        number_ = float(value)
    except OverflowError:
        number_ = math.inf
    if not math.isfinite(number_):
        raise _unreadable("A number is out of the range of its type.")
    return number_


def _time(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            return times.read(value)
        except MalformedInput as problem:
            raise _unreadable(problem.message) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "a Timestamp")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise _unreadable("A Timestamp is out of range.") from None


def _document(value: Any, depth: int) -> Any:
    """Any JSON value as it stands (a document type), as deep as anything else may be."""
    if depth > MAX_DEPTH:
        raise _unreadable("The request body is nested too deeply.")
    if isinstance(value, dict):
        return {_text(key): _document(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_document(item, depth + 1) for item in value]
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _unreadable("A String holds a lone surrogate, which is no character.") from None
    return value


def write(shape: Any, value: Any) -> Any:
    """`value` as `json.dumps` takes it. None and what the model lacks are left out."""
    kind = shape.type_name
    if kind == "structure":
        return value if shape.is_document_type else members(shape.members, value)
    if kind == "list":
        return [write(shape.member, item) for item in value]
    if kind == "map":
        return {str(key): write(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", "unixTimestamp")
        if form != "unixTimestamp":
            return scalars.write(shape, value, form)
        seconds = round(value.timestamp(), 3)
        return int(seconds) if seconds.is_integer() else seconds
    if kind == "blob" or (kind in ("float", "double") and not math.isfinite(value)):
        return scalars.write(shape, value, "iso8601")
    return str(value) if kind in ("string", "character") else value


def members(shapes: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """An object of those of `shapes` that `value` has."""
    return {
        member.serialization.get("name", name): write(member, value[name])
        for name, member in shapes.items()
        if value.get(name) is not None
    }


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _wrong_kind(value: Any, wanted: str) -> str:
    raise _wrong(value, wanted)


def _wrong(value: Any, wanted: str) -> MalformedInput:
    """In the words of AWS's JSON front ends, e.g. `NUMBER_VALUE can not be converted to a String`."""
    if isinstance(value, dict):
        return _unreadable("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return _unreadable("Start of list found where not expected.")
    if isinstance(value, bool):
        found = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        found = "NULL_VALUE" if value is None else "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return _unreadable(f"{found} can not be converted to {wanted}")


def _unreadable(message: str) -> MalformedInput:
    return MalformedInput(message, "SerializationException")
