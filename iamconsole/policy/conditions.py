"""The condition operators, as one table, and how request values meet policy values.

Source of every rule: IAM User Guide, "IAM JSON policy elements: Condition operators"
(reference_policies_elements_condition_operators.html) and "Set operators for multivalued context keys"
(reference_policies_condition-single-vs-multi-valued-context-keys.html).

Answers are True, False or None. None means that the engine cannot say: an unknown operator, a value that is no
number, date or address. The caller then lets an Allow grant nothing and lets a Deny deny.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from .match import Filled, Glob, Pieces, Wild, fill, pieces_of, segments_of
from .model import Condition

Context = Mapping[str, tuple[str, ...]]
Test = Callable[[Filled, str], bool | None]


def _text(filled: Filled) -> str:
    return "".join(piece.value if isinstance(piece, Wild) else piece for piece in filled)


def _equals(wanted: Filled, actual: str) -> bool:
    return _text(wanted) == actual


def _equals_ignoring_case(wanted: Filled, actual: str) -> bool:
    return _text(wanted).lower() == actual.lower()


def _like(wanted: Filled, actual: str) -> bool:
    return Glob(wanted).match(actual)


def _arn(wanted: Filled, actual: str) -> bool:
    """The six colon-delimited parts are compared one by one; ArnEquals and ArnLike behave alike."""
    patterns, parts = segments_of(wanted), actual.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(_like, patterns, parts))


def _bool(wanted: Filled, actual: str) -> bool | None:
    wish, fact = _text(wanted).lower(), actual.lower()
    if {wish, fact} <= {"true", "false"}:
        return wish == fact
    return None


def _binary(wanted: Filled, actual: str) -> bool | None:
    """Byte for byte; a binary value stands in the request context as base64, as it does in the policy."""
    try:
        return base64.b64decode(_text(wanted), validate=True) == base64.b64decode(actual, validate=True)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        # Bits after the mask are ignored (finding "Improve IP range"); without a prefix it is one address.
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _ip(wanted: Filled, actual: str) -> bool | None:
    network = _network(_text(wanted))
    try:
        address = ipaddress.ip_address(actual)
    except ValueError:
        return None
    if network is None:
        return None
    return address in network


_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?")


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)


def _moment(text: str) -> Decimal | None:
    """Seconds since 1970 of a W3C ISO 8601 date or an epoch time. Four digits are a year (AWS's page is silent)."""
    found = _DATE.fullmatch(text)
    if found is None:
        return _number(text)
    part = found.groupdict()
    try:
        moment = datetime(
            int(part["year"]),
            int(part["month"] or 1),
            int(part["day"] or 1),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    seconds = Decimal((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))
    zone = part["zone"]
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds + Decimal("0." + (part["fraction"] or "0"))


def _ordered(read: Callable[[str], Decimal | None], compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(wanted: Filled, actual: str) -> bool | None:
        try:
            wish, fact = read(_text(wanted)), read(actual)
        except InvalidOperation:  # pragma: no cover - the pattern of _number leaves nothing that Decimal refuses
            return None
        if wish is None or fact is None:
            return None
        return compare(fact, wish)

    return test


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: how a single request value meets a single policy value.

    Negated operators share the test of their positive twin. Absent keys and value sets are handled once, in `holds`,
    and never inside an operator.
    """

    test: Test
    negated: bool = False
    wildcards: bool = False
    variables: bool = False


_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": lambda fact, wish: fact == wish,
    "LessThan": lambda fact, wish: fact < wish,
    "LessThanEquals": lambda fact, wish: fact <= wish,
    "GreaterThan": lambda fact, wish: fact > wish,
    "GreaterThanEquals": lambda fact, wish: fact >= wish,
}
# "You can use a policy variable" with String, ARN and Boolean operators, not with the others; for Bool the page on
# variables says the opposite of the page on operators, and the latter is followed.
OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_equals, variables=True),
    "StringNotEquals": Operator(_equals, negated=True, variables=True),
    "StringEqualsIgnoreCase": Operator(_equals_ignoring_case, variables=True),
    "StringNotEqualsIgnoreCase": Operator(_equals_ignoring_case, negated=True, variables=True),
    "StringLike": Operator(_like, wildcards=True, variables=True),
    "StringNotLike": Operator(_like, negated=True, wildcards=True, variables=True),
    "ArnEquals": Operator(_arn, wildcards=True, variables=True),
    "ArnLike": Operator(_arn, wildcards=True, variables=True),
    "ArnNotEquals": Operator(_arn, negated=True, wildcards=True, variables=True),
    "ArnNotLike": Operator(_arn, negated=True, wildcards=True, variables=True),
    "Bool": Operator(_bool, variables=True),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_ip),
    "NotIpAddress": Operator(_ip, negated=True),
    "NumericNotEquals": Operator(_ordered(_number, _COMPARISONS["Equals"]), negated=True),
    "DateNotEquals": Operator(_ordered(_moment, _COMPARISONS["Equals"]), negated=True),
    **{f"Numeric{name}": Operator(_ordered(_number, compare)) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": Operator(_ordered(_moment, compare)) for name, compare in _COMPARISONS.items()},
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """An operator as a policy writes it: `ForAnyValue:StringLikeIfExists` taken apart."""

    quantifier: str
    base: str
    if_exists: bool


def spelling_of(name: str) -> Spelling | None:
    """Take an operator's name apart; None if AWS has no such operator. AWS shows one case only, so case counts."""
    quantifier, colon, base = name.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        return None
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    if base in OPERATORS or (base == "Null" and not if_exists):
        return Spelling(quantifier, base, if_exists)
    return None


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """A condition ready to be asked; a value of None could not be read."""

    source: Condition
    spelling: Spelling | None
    key: str
    values: tuple[Pieces | None, ...]


def compile_condition(condition: Condition, *, variables: bool) -> CompiledCondition:
    spelling = spelling_of(condition.operator)
    operator = OPERATORS.get(spelling.base) if spelling else None
    values: tuple[Pieces | None, ...] = ()
    if operator is not None:
        values = tuple(
            pieces_of(value, variables=variables and operator.variables, wildcards=operator.wildcards)
            for value in condition.values
        )
    return CompiledCondition(condition, spelling, condition.key.lower(), values)


def lookup_in(context: Context) -> Callable[[str], str | None]:
    """A variable's value: that of a key with exactly one value ("single-valued" keys, Variables page)."""

    def lookup(name: str) -> str | None:
        values = context.get(name, ())
        return values[0] if len(values) == 1 else None

    return lookup


def _matches_any(condition: CompiledCondition, operator: Operator, actual: str, context: Context) -> bool | None:
    """Whether one request value meets any policy value, or for a negated operator none of them."""
    lookup = lookup_in(context)
    unsure = False
    for pieces in condition.values:
        filled = None if pieces is None else fill(pieces, lookup)
        if filled is None:
            # A variable without a value matches nothing. What a negated operator then means, AWS leaves open ("this
            # might cause the entire statement to be invalid"), so the engine does not decide it.
            unsure = unsure or pieces is None or operator.negated
            continue
        verdict = operator.test(filled, actual)
        if verdict:
            return not operator.negated
        unsure = unsure or verdict is None
    return None if unsure else operator.negated


def holds(condition: CompiledCondition, context: Context) -> bool | None:
    """Whether the request satisfies the condition; None when that cannot be decided."""
    spelling = condition.spelling
    if spelling is None:
        return None
    present = context.get(condition.key, ())
    if spelling.base == "Null":
        return _null(condition, spelling, present)
    operator = OPERATORS[spelling.base]
    if not present and spelling.if_exists:
        return True
    if spelling.quantifier == "ForAllValues":
        # True as well "if the key values resolve to a null data set, such as an empty string".
        if not present or present == ("",):
            return True
        return _all(_matches_any(condition, operator, actual, context) for actual in present)
    if spelling.quantifier == "ForAnyValue":
        verdict = _all(_negate(_matches_any(condition, operator, actual, context)) for actual in present)
        return _negate(verdict)
    if not present:
        return operator.negated
    if len(present) > 1:
        return None  # "multivalued context keys require a condition set operator"; the result without one is not told
    return _matches_any(condition, operator, present[0], context)


def _null(condition: CompiledCondition, spelling: Spelling, present: tuple[str, ...]) -> bool | None:
    # With a qualifier Null is always true (ForAllValues) or false (ForAnyValue): finding "Null with qualifier".
    if spelling.quantifier:
        return spelling.quantifier == "ForAllValues"
    wishes = {value.lower() for value in condition.source.values}
    if not wishes <= {"true", "false"}:
        return None
    return ("false" if present else "true") in wishes


def _negate(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unsure = unsure or verdict is None
    return None if unsure else True
