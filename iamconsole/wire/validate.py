"""Checking parameters against the model's constraints, in AWS's words.

The texts are those of AWS's own framework, as its answers show them:
`Value 'x' at 'userName' failed to satisfy constraint: …`. A sensitive value is
left out (`Value at 'newPassword' failed …`), as Cognito and IAM do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamconsole.wire import models, patterns
from iamconsole.wire.naming import lower_first

# The kinds of Violation.
REQUIRED = "required"
TYPE = "type"
UNKNOWN = "unknown"
MIN_LENGTH = "min_length"
MAX_LENGTH = "max_length"
MIN_VALUE = "min_value"
MAX_VALUE = "max_value"
PATTERN = "pattern"
ENUM = "enum"
UNION = "union"

MAX_SHOWN = 2048
MAX_FOUND = 100
LONGEST_FOR_PATTERN = 4096

# IAM checks these by itself and says so in its own words (limits of names and paths, every IAM create operation).
NAME_WORDS = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH_WORDS = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
IAM_WORDS = {
    "userNameType": NAME_WORDS,
    "existingUserNameType": NAME_WORDS,
    "groupNameType": NAME_WORDS,
    "roleNameType": NAME_WORDS,
    "instanceProfileNameType": NAME_WORDS,
    "policyNameType": NAME_WORDS,
    "pathType": PATH_WORDS,
    "policyPathType": PATH_WORDS,
}

_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": Mapping,
    "map": Mapping,
    "list": (list, tuple),
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "blob": (bytes, bytearray, str),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint that one value does not meet.

    `path` is AWS's (`tags.1.member.key`), `kind` a constant of this module,
    `constraint` the sentence `Member must …`, `shown` the value as AWS prints
    it (None: not printed). `own_words` is the whole message where the service
    has one of its own.
    """

    path: str
    kind: str
    constraint: str
    shown: str | None
    own_words: str | None = None

    @property
    def message(self) -> str:
        """`Value 'x' at 'userName' failed to satisfy constraint: Member must …`"""
        shown = "" if self.shown is None else f"{self.shown} "
        return f"Value {shown}at '{self.path}' failed to satisfy constraint: {self.constraint}"


def validate(service: str, operation: str, params: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Every constraint of the model that `params` (AWS's members) does not meet, in the model's order; at most 100.

    The member that a streamed body fills counts as given. Raises
    UnknownService or UnknownOperation.
    """
    shape = models.operation_model(service, operation).input_shape
    if shape is None:
        return ()
    streamed = shape.serialization.get("payload")
    if streamed is not None and shape.members[streamed].type_name != "blob":
        streamed = None
    found: list[Violation] = []
    for violation in _structure(service, shape, params, "", streamed):
        found.append(violation)
        if len(found) == MAX_FOUND:
            break
    return tuple(found)


def violations_message(violations: Sequence[Violation]) -> str:
    """The message of the ValidationError: `2 validation errors detected: …; …`, or a service's own sentence.

    The framework's checks come before the service's own, so those words
    appear only where nothing else is wrong.
    """
    framework = [violation for violation in violations if violation.own_words is None]
    if not framework and violations:
        return str(violations[0].own_words)
    count = len(framework)
    subject = "1 validation error" if count == 1 else f"{count} validation errors"
    return f"{subject} detected: {'; '.join(violation.message for violation in framework)}"


def _structure(
    service: str, shape: Any, value: Mapping[str, Any], path: str, streamed: str | None = None
) -> Iterator[Violation]:
    prefix = f"{path}." if path else ""
    if shape.is_tagged_union and sum(value.get(name) is not None for name in shape.members) != 1:
        # No page of AWS's has the sentence; its models only say that it is so.
        yield Violation(path, UNION, "Member must have exactly one of its members set", None)
    required = set(shape.required_members)
    for name, member in shape.members.items():
        where = prefix + lower_first(name)
        if value.get(name) is not None:
            yield from _value(service, member, value[name], where)
        elif name in required and name != streamed:
            yield Violation(where, REQUIRED, "Member must not be null", "null")
    for name in value:
        if name not in shape.members:
            yield Violation(prefix + lower_first(str(name))[:80], UNKNOWN, "Member must not be present", None)


def _value(service: str, shape: Any, value: Any, path: str) -> Iterator[Violation]:
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return  # any JSON value
    wanted = _TYPES.get(kind)
    wrong = wanted is not None and not isinstance(value, wanted)
    if wrong or (isinstance(value, bool) and kind in ("integer", "long", "float", "double")):
        yield Violation(path, TYPE, f"Member must be of type {kind}", None)
        return
    if kind == "structure":
        yield from _structure(service, shape, value, path)
        return
    for broken, sentence in _broken(shape, value):
        own = IAM_WORDS.get(shape.name) if service == "iam" and broken == PATTERN and "." not in path else None
        own = own and f"The specified value for {path} is invalid. {own}"
        yield Violation(path, broken, sentence, _shown(shape, value), own)
    if kind == "list":
        if shape.member.type_name in ("structure", "list", "map"):
            for number, item in enumerate(value, 1):
                yield from _value(service, shape.member, item, f"{path}.{number}.member")
        else:
            yield from _items(shape, shape.member, value, value, path)
    elif kind == "map":
        yield from _items(shape, shape.key, list(value), value, path)
        if shape.value.type_name in ("structure", "list", "map"):
            for key, item in value.items():
                yield from _value(service, shape.value, item, f"{path}.{str(key)[:80]}.member")
        else:
            yield from _items(shape, shape.value, list(value.values()), value, path)


def _items(whole: Any, shape: Any, items: Sequence[Any], value: Any, path: str) -> Iterator[Violation]:
    """Plain values in a list or map: one violation for all, which names every constraint of an item."""
    if any(not isinstance(item, _TYPES.get(shape.type_name, object)) for item in items):
        yield Violation(path, TYPE, f"Member must hold values of type {shape.type_name}", None)
    elif any(True for item in items for _ in _broken(shape, item)):
        sentences = ", ".join(sentence for _, sentence in _constraints(shape))
        kind = next(kind for item in items for kind, _ in _broken(shape, item))
        yield Violation(path, kind, f"Member must satisfy constraint: [{sentences}]", _shown(whole, value))


def _constraints(shape: Any) -> Iterator[tuple[str, str]]:
    """Every constraint of a shape with its sentence."""
    data, numeric = shape.metadata, shape.type_name in ("integer", "long", "float", "double")
    what = "value" if numeric else "length"
    if data.get("max") is not None:
        yield MAX_VALUE if numeric else MAX_LENGTH, f"Member must have {what} less than or equal to {data['max']}"
    if data.get("min") is not None:
        yield MIN_VALUE if numeric else MIN_LENGTH, f"Member must have {what} greater than or equal to {data['min']}"
    if data.get("pattern") is not None:
        yield PATTERN, f"Member must satisfy regular expression pattern: {data['pattern']}"
    if getattr(shape, "enum", None):
        yield ENUM, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _broken(shape: Any, value: Any) -> Iterator[tuple[str, str]]:
    """The constraints that `value` does not meet."""
    for kind, sentence in _constraints(shape):
        if not _holds(kind, shape, value):
            yield kind, sentence


def _holds(kind: str, shape: Any, value: Any) -> bool:
    data = shape.metadata
    if kind in (MAX_LENGTH, MIN_LENGTH):
        size = len(value)
        return size <= int(data["max"]) if kind == MAX_LENGTH else size >= int(data["min"])
    if kind in (MAX_VALUE, MIN_VALUE):
        return bool(value <= data["max"] if kind == MAX_VALUE else value >= data["min"])
    if kind == ENUM:
        return value in shape.enum
    # A text beyond its length is refused anyway: no expression that could backtrack sees an arbitrarily long one.
    pattern = data["pattern"]
    if len(value) > LONGEST_FOR_PATTERN and not patterns.is_simple(pattern):
        return data.get("max") is not None and len(value) > int(data["max"])
    expression = patterns.compiled(pattern)
    return expression is None or expression.fullmatch(value) is not None


def _shown(shape: Any, value: Any) -> str | None:
    """The value as AWS prints it, quotes included; None where it, or anything in it, is sensitive."""
    if _is_sensitive(shape):
        return None
    text = _printed(value)
    return f"'{text}'" if len(text) <= MAX_SHOWN else f"'{text[:MAX_SHOWN]}…'"


def _is_sensitive(shape: Any, above: tuple[str, ...] = ()) -> bool:
    if shape.metadata.get("sensitive"):
        return True
    parts: list[Any] = []
    if shape.type_name == "list":
        parts = [shape.member]
    elif shape.type_name == "map":
        parts = [shape.key, shape.value]
    elif shape.type_name == "structure":
        parts = list(shape.members.values())
    return shape.name not in above and any(_is_sensitive(part, (*above, shape.name)) for part in parts)


def _printed(value: Any) -> str:
    """As Java prints it: `[a, b]`, `{k=v}`, `true`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_printed(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_printed(item) for item in value) + "]"
    if isinstance(value, bytes | bytearray):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
