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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from operator import ge, gt, le, lt

from .match import Filled, Glob, Lookup, Pieces, Variable, Wild, fill, pieces_of, segments_of, unfilled
from .model import Condition

# A request's context: lower-case key names, and one value or several.
Context = Mapping[str, str | tuple[str, ...]]
Test = Callable[[str], bool | None]


def _text(filled: Filled) -> str:
    return "".join(piece.value if isinstance(piece, Wild) else piece for piece in filled)


def _equals(wanted: Filled) -> Test:
    return _text(wanted).__eq__


def _equals_ignoring_case(wanted: Filled) -> Test:
    wish = _text(wanted).lower()
    return lambda actual: wish == actual.lower()


def _like(wanted: Filled) -> Test:
    glob = Glob(wanted)
    matches = glob.matcher()
    # A megabyte of `?` and letters against a megabyte of letters would take minutes: that is left undecided.
    return lambda actual: None if glob.is_dear(actual) else matches(actual)


def _arn(wanted: Filled) -> Test:
    """The six colon-delimited parts are compared one by one; ArnEquals and ArnLike behave alike."""
    patterns = [_like(segment) for segment in segments_of(wanted)]

    def test(actual: str) -> bool | None:
        parts = actual.split(":", 5)
        if len(patterns) != 6 or len(parts) != 6:
            return False
        return _all(matches(part) for matches, part in zip(patterns, parts, strict=True))

    return test


def _bool(wanted: Filled) -> Test:
    wish = _text(wanted).lower()

    def test(actual: str) -> bool | None:
        fact = actual.lower()
        return wish == fact if {wish, fact} <= {"true", "false"} else None

    return test


def _binary(wanted: Filled) -> Test:
    """Byte for byte; a binary value stands in the request context as base64, as it does in the policy."""
    wish = _bytes(_text(wanted))

    def test(actual: str) -> bool | None:
        fact = _bytes(actual)
        return None if wish is None or fact is None else wish == fact

    return test


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network_of(text: str) -> Network | None:
    """A range of addresses "in the standard CIDR format", or a single address; None if it is neither.

    Bits after the prefix are ignored (finding "Improve IP range"). Python also reads a mask behind the slash
    (`10.0.0.0/255.0.0.0`), which is not that format.
    """
    address, slash, prefix = text[: _LONGEST_ADDRESS + 1].partition("/")
    if slash and not (prefix.isascii() and prefix.isdecimal()):
        return None
    try:
        return ipaddress.ip_network(address + slash + prefix, strict=False)
    except ValueError:
        return None


def _ip(wanted: Filled) -> Test:
    network = network_of(_text(wanted))
    if network is None:
        return _undecided
    version, size = network.version, network.max_prefixlen - network.prefixlen
    start = int(network.network_address) >> size

    def test(actual: str) -> bool | None:
        address = _address(actual)
        return None if address is None else address[0] == version and address[1] >> size == start

    return test


@lru_cache(maxsize=1024)
def _address(text: str) -> tuple[int, int] | None:
    """Version and number of an IP address."""
    if len(text) > _LONGEST_ADDRESS:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.version, int(address)


_LONGEST_ADDRESS = 128  # an IPv6 address with a zone; what is longer is none


def _undecided(actual: str) -> None:
    return None


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


def _ordered(read: Callable[[str], Decimal | None], compare: Callable[[Decimal, Decimal], bool]) -> Prepare:
    def prepare(wanted: Filled) -> Test:
        wish = read(_text(wanted))

        def test(actual: str) -> bool | None:
            fact = read(actual)
            return None if wish is None or fact is None else compare(fact, wish)

        return test

    return prepare


Prepare = Callable[[Filled], Test]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: how a single request value meets a single policy value, which `prepare` makes ready for that.

    Negated operators share the test of their positive twin. Absent keys and value sets are handled once, in
    `CompiledCondition`, and never inside an operator.
    """

    prepare: Prepare
    negated: bool = False
    wildcards: bool = False
    variables: bool = False


_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": Decimal.__eq__,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
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
    "NumericNotEquals": Operator(_ordered(_number, Decimal.__eq__), negated=True),
    "DateNotEquals": Operator(_ordered(_moment, Decimal.__eq__), negated=True),
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


class CompiledCondition:
    """A condition ready to be asked.

    Policy values without variables are prepared once; the others for the values that were last put in, which are the
    same for all requests of a principal.
    """

    __slots__ = (
        "_filled",
        "_if_exists",
        "_names",
        "_negated",
        "_prepare",
        "_quantifier",
        "_test",
        "_values",
        "_wishes",
        "key",
        "source",
        "spelling",
    )

    def __init__(self, source: Condition, *, variables: bool) -> None:
        self.source, self.key, self.spelling = source, source.key.lower(), spelling_of(source.operator)
        operator = OPERATORS.get(self.spelling.base) if self.spelling else None
        self._prepare = operator.prepare if operator else None
        self._negated = operator is not None and operator.negated
        self._quantifier = self.spelling.quantifier if self.spelling else ""
        self._if_exists = self.spelling is not None and self.spelling.if_exists
        self._values: tuple[Pieces | None, ...] = ()
        self._wishes = {value.lower() for value in source.values} if operator is None else set()
        self._test: Test | None = None
        self._filled: tuple[tuple[str | None, ...], Test] | None = None
        self._names: tuple[str, ...] = ()
        if operator is None:
            return
        self._values = tuple(
            pieces_of(value, variables=variables and operator.variables, wildcards=operator.wildcards)
            for value in source.values
        )
        self._names = tuple(
            piece.name for pieces in self._values for piece in pieces or () if isinstance(piece, Variable)
        )
        if not self._names:
            self._test = self._prepared(_NO_VALUES.get)

    def _prepared(self, lookup: Lookup) -> Test:
        """Whether one request value meets any policy value, or for a negated operator none of them."""
        prepare, negated = self._prepare, self._negated
        assert prepare is not None
        tests: list[Test] = []
        equals: set[str] = set()
        for pieces in self._values:
            filled = None if pieces is None else fill(pieces, lookup)
            if filled is not None and prepare is _equals and len(self._values) > 1:
                equals.add(_text(filled))
            elif filled is not None:
                tests.append(prepare(filled))
            elif pieces is None or negated:
                # A variable without a value matches nothing. What a negated operator then means, AWS leaves open
                # ("this might cause the entire statement to be invalid"), so the engine does not decide it.
                tests.append(_undecided)
        # A list of a thousand account IDs is one look-up.
        any_of = _any_of([equals.__contains__, *tests] if equals else tests)
        return (lambda actual: _negate(any_of(actual))) if negated else any_of

    def _test_for(self, context: Context) -> Test:
        lookup = partial(single_value, context)
        values = tuple(map(lookup, self._names))
        kept = self._filled
        if kept is None or kept[0] != values:
            kept = self._filled = (values, self._prepared(lookup))
        return kept[1]

    def holds(self, context: Context) -> bool | None:
        """Whether the request satisfies the condition; None when that cannot be decided."""
        present = context.get(self.key, ())
        if self._prepare is None:
            return self._special(present)
        if present == ():
            if self._if_exists:
                return True
            if self._quantifier:
                return self._quantifier == "ForAllValues"
            return self._negated
        test = self._test if self._test is not None else self._test_for(context)
        if self._quantifier:
            return self._of_set(test, (present,) if isinstance(present, str) else present)
        if isinstance(present, str):
            return test(present)
        # "multivalued context keys require a condition set operator"; the result without one is not told
        return test(present[0]) if len(present) == 1 else None

    def unfilled(self, context: Context) -> tuple[str, ...]:
        """The variables in its values that have neither value nor default."""
        lookup = partial(single_value, context)
        return tuple(name for pieces in self._values for name in unfilled(pieces or (), lookup))

    def _of_set(self, test: Test, present: tuple[str, ...]) -> bool | None:
        # "If the key values in the request resolve to an empty data set (for example, an empty string)", ForAllValues
        # is true and ForAnyValue false, said an older reference_policies_multi-value-conditions.html.
        if present == ("",):
            return self._quantifier == "ForAllValues"
        if self._quantifier == "ForAllValues":
            return _all(map(test, present))
        return _negate(_all(_negate(test(one)) for one in present))

    def _special(self, present: str | tuple[str, ...]) -> bool | None:
        """Null, and operators that AWS does not have."""
        if self.spelling is None:
            return None
        # With a qualifier Null is always true (ForAllValues) or false (ForAnyValue): finding "Null with qualifier".
        if self._quantifier:
            return self._quantifier == "ForAllValues"
        if not self._wishes <= {"true", "false"}:
            return None
        return ("true" if present == () else "false") in self._wishes


_NO_VALUES: dict[str, str] = {}


def single_value(context: Context, name: str) -> str | None:
    """A variable's value: that of a key with exactly one value ("single-valued" keys, Variables page)."""
    value = context.get(name)
    if value is None or isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else None


def _any_of(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(actual: str) -> bool | None:
        unsure = False
        for one in tests:
            verdict = one(actual)
            if verdict:
                return True
            unsure = unsure or verdict is None
        return None if unsure else False

    return test


def _negate(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unsure = unsure or verdict is None
    return None if unsure else True
