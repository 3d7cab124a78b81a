"""A call's parameters or result as CloudTrail records them: lowerCamelCase, without secrets or blobs.

docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html and
docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from iamconsole.wire import irregular, models
from iamconsole.wire.naming import lower_first

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# "CloudTrail truncates a field if the field's contents exceeds the maximum field size. If a field is truncated, omitted
# is present with a value of true": a certificate's chain alone may have two megabytes.
LONGEST = 100 * 1024
OMITTED = {"omitted": True}

Direction = Literal["in", "out"]


def record_of(service: str, operation: str, value: Mapping[str, Any], direction: Direction) -> dict[str, Any]:
    """A copy of `value` (AWS's members) for the event record: plain JSON values.

    `direction` is "in" for parameters and "out" for a result. A sensitive
    text that was passed in is replaced by HIDDEN; one that was given out
    (SecretAccessKey) is left out, as are MFA codes, blobs, None, streamed
    bodies and members that the model lacks: what is not known to be harmless
    is not kept. A session token is kept, as CloudTrail does: without its
    secret it opens nothing.
    """
    model = models.operation_model(service, operation)
    shape = model.input_shape if direction == "in" else model.output_shape
    if shape is None:
        return {}
    names = irregular.RECORD_NAMES.get(service, {}) if direction == "in" else {}
    return _structure(shape, value, direction, names)


@cache
def sensitive_members(service: str, operation: str) -> frozenset[str]:
    """Paths of the operation's sensitive members, parameters and result: `NewPassword`, `AccessKey.SecretAccessKey`."""
    model = models.operation_model(service, operation)
    found: set[str] = set()
    for shape in (model.input_shape, model.output_shape):
        if shape is not None:
            _collect(shape, "", found, ())
    return frozenset(found)


def is_secret(shape: Any) -> bool:
    """Whether a value of `shape` must not be kept."""
    return bool(shape.metadata.get("sensitive")) and shape.name not in irregular.NOT_SECRET


def _collect(shape: Any, path: str, found: set[str], above: tuple[str, ...]) -> None:
    if is_secret(shape):
        found.add(path)
    if shape.name in above:  # a shape within itself
        return
    above = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            _collect(member, f"{path}.{name}" if path else name, found, above)
    elif shape.type_name == "list":
        _collect(shape.member, path, found, above)
    elif shape.type_name == "map":
        _collect(shape.value, path, found, above)


def _structure(
    shape: Any, value: Mapping[str, Any], direction: Direction, names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    out = {}
    for name, member in shape.members.items():
        item = value.get(name)
        if item is None or member.type_name == "blob" or member.name in irregular.NOT_RECORDED:
            continue
        key = (names or {}).get(name, lower_first(name))
        if not is_secret(member):
            out[key] = _value(member, item, direction)
        elif direction == "in":
            out[key] = HIDDEN
    return out


def _value(shape: Any, value: Any, direction: Direction) -> Any:
    if is_secret(shape):
        return HIDDEN
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        return _structure(shape, value, direction)
    if kind == "list" and isinstance(value, list | tuple):
        return [_value(shape.member, item, direction) for item in value]
    if kind == "map" and isinstance(value, Mapping):
        return {str(key): _value(shape.value, item, direction) for key, item in value.items()}
    if isinstance(value, datetime):
        return _date(value)
    if isinstance(value, str) and len(value) > LONGEST:
        return OMITTED
    return value if isinstance(value, str | int | float | bool) else None


def _date(moment: datetime) -> str:
    """`Nov 24, 2026 1:02:03 AM`: as IAM's and STS's records have it, unlike eventTime."""
    utc = moment.astimezone(UTC)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[utc.month - 1]
    half = "AM" if utc.hour < 12 else "PM"
    return f"{month} {utc.day}, {utc.year} {utc.hour % 12 or 12}:{utc:%M:%S} {half}"
