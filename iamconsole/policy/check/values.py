"""Findings on condition values: what they must look like for their operator and for their key.

Besides the check reference: IAM User Guide, "IAM JSON policy elements: Condition operators"
(reference_policies_elements_condition_operators.html).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from iamconsole.policy.conditions import Network, network_of, spelling_of
from iamconsole.policy.model import Condition

from .conditions import facts_of
from .facts import (
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPAL_FORMAT,
    SERVICE_PRINCIPAL_KEYS,
    VIA_SERVICE,
    VIA_SERVICE_FORMAT,
    regions,
)
from .report import Part, Report

# The types that a key may be compared as. An ARN is a string too, and what the reference calls a string may be one.
_OPERATORS = {
    "String": ("String", "Arn", "Binary"),
    "ARN": ("Arn", "String"),
    "Bool": ("Bool",),
    "Numeric": ("Numeric",),
    "Date": ("Date",),
    "IPAddress": ("Ip",),
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T(?:[01][0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_EPOCH = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONGEST = 64  # no number, date or address that AWS knows is longer
_VPC = re.compile(r"vpc-(?:[0-9A-Za-z]{8}|[0-9A-Za-z]{17})")
_VPCE = re.compile(r"vpce-(?:[0-9A-Za-z]{8}|[0-9A-Za-z]{17})")
# RFC 1918 and RFC 4193. Python's `is_private` also counts the addresses of documentation, which AWS's examples use.
_PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def of_statement(part: Part, report: Report) -> None:
    for condition in part.statement.conditions:
        spelling = spelling_of(condition.operator)
        if spelling is None:
            continue
        path = part.condition_path(condition)
        values = list(part.condition_values(condition))
        _of_key_type(condition, spelling.base, path, report)
        _json_types(condition, path, values, report)
        family = _family(spelling.base)
        if family in ("String", "Arn"):
            if family == "String":
                _strings(condition, spelling.base, values, part, report)
        else:
            for value, place in values:
                if "${" in value and report.policy.version == "2012-10-17":
                    report.add("INVALID_VARIABLE_FOR_OPERATOR", place)
                else:
                    _OF_FAMILY[family](condition, value, place, report)
        if family in ("Bool", "Null") and len(values) > 1:
            report.add("INVALID_CONDITION_MULTIPLE_BOOLEAN", path)
        if family == "Numeric":
            _redundant_numbers(condition, spelling.base, values, path, report)
        if condition.key.lower() == "aws:sourceip" and family == "Ip":
            _private(spelling.base == "NotIpAddress", [value for value, _ in values], path, report)


def _family(base: str) -> str:
    """`NumericLessThan` is of the family Numeric, `NotIpAddress` of Ip."""
    return next(
        family for family in ("String", "Arn", "Numeric", "Date", "Bool", "Binary", "Null", "Ip") if family in base
    )


def _of_key_type(condition: Condition, base: str, path: str, report: Report) -> None:
    known = facts_of(condition.key.lower())
    if known is None or base == "Null" or path in report.told:
        return
    if known.type == "ARN" and base in ("StringLike", "StringNotLike"):
        code, allowed = "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", base.replace("String", "Arn")
    elif known.type and _family(base) not in _OPERATORS[known.type]:
        code, allowed = "TYPE_MISMATCH", known.type
    else:
        return
    report.add(code, path, allowed=allowed, operator=condition.operator, key=condition.key)


def _json_types(condition: Condition, path: str, values: list[tuple[str, str]], report: Report) -> None:
    types = {_json_type(report.first(place)) for _, place in values}
    if len(types) > 1:
        report.add("INVALID_CONDITION_DATA_TYPE", path)


def _json_type(first: str) -> str:
    return {'"': "String", "t": "Boolean", "f": "Boolean"}.get(first, "Number")


def _strings(condition: Condition, base: str, values: list[tuple[str, str]], part: Part, report: Report) -> None:
    key = condition.key.lower()
    path = part.condition_path(condition)
    for value, place in values:
        plain = _without_variables(value)
        wild = "*" in plain or "?" in plain
        if wild and not base.endswith("Like"):
            report.add("WILDCARD_WITHOUT_LIKE_OPERATOR", place)
        if not wild and plain == value:
            _format(key, value, place, report)
    if key == "s3:prefix":
        _prefix(condition, base, path, part, report)


def _without_variables(value: str) -> str:
    return re.sub(r"\$\{[^}]*\}", "", value) if "${" in value else value


def _format(key: str, value: str, place: str, report: Report) -> None:
    if key == "aws:requestedregion" and value not in regions():
        report.add("INVALID_REGION", place, region=value)
    elif key == "aws:sourcevpc" and not _VPC.fullmatch(value):
        report.add("INVALID_VPC_FORMAT", place)
    elif key == "aws:sourcevpce" and not _VPCE.fullmatch(value):
        report.add("INVALID_VPCE_FORMAT", place)
    elif key in SERVICE_PRINCIPAL_KEYS and not SERVICE_PRINCIPAL.fullmatch(value):
        report.add("INVALID_SERVICE_PRINCIPAL_FORMAT", place, expectedFormat=SERVICE_PRINCIPAL_FORMAT)
    elif key == "kms:viaservice" and not VIA_SERVICE.fullmatch(value):
        report.add("INVALID_SERVICE_PRINCIPAL_FORMAT", place, expectedFormat=VIA_SERVICE_FORMAT)


def _prefix(condition: Condition, base: str, path: str, part: Part, report: Report) -> None:
    """Denying a prefix leaves shorter ones open, and so does allowing all others; the opposite pairs are sound."""
    negated = "Not" in base
    if part.allows == negated:
        report.add("S3_PREFIX_IN_NEGATIVE_CONTEXT", path)


def _boolean(condition: Condition, value: str, place: str, report: Report) -> None:
    if value.lower() not in ("true", "false"):
        report.add("TYPE_MISMATCH_BOOLEAN", place, operator=condition.operator)


def _number(condition: Condition, value: str, place: str, report: Report) -> None:
    if not _is_number(value):
        report.add("TYPE_MISMATCH_NUMBER", place, operator=condition.operator)


def _is_number(value: str) -> bool:
    return len(value) <= _LONGEST and _NUMBER.fullmatch(value) is not None


def _date(condition: Condition, value: str, place: str, report: Report) -> None:
    if len(value) <= _LONGEST and len(value) != 4 and _EPOCH.fullmatch(value):
        report.add("INVALID_DATE_VALUE", place, date=value)
    elif not _is_date(value):
        report.add("TYPE_MISMATCH_DATE", place)


def _is_date(value: str) -> bool:
    found = _DATE.fullmatch(value[: _LONGEST + 1])
    if found is None:
        return False
    year, month, day = found.groups("1")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _binary(condition: Condition, value: str, place: str, report: Report) -> None:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        report.add("TYPE_MISMATCH_STRING", place, operator=condition.operator)


def _ip(condition: Condition, value: str, place: str, report: Report) -> None:
    network = network_of(value)
    if network is None:
        report.add("TYPE_MISMATCH_IP_RANGE", place, operator=condition.operator)
    elif "/" in value and ipaddress.ip_interface(value).ip != network.network_address:
        report.add("IMPROVE_IP_RANGE", place, addr=network)


_OF_FAMILY: dict[str, Callable[[Condition, str, str, Report], None]] = {
    "Bool": _boolean,
    "Null": _boolean,
    "Numeric": _number,
    "Date": _date,
    "Binary": _binary,
    "Ip": _ip,
}


def _redundant_numbers(
    condition: Condition, base: str, values: list[tuple[str, str]], path: str, report: Report
) -> None:
    """Of several bounds only one counts: the greatest of upper, the least of lower ones."""
    numbers = {Decimal(value) for value, _ in values if _is_number(value)}
    which = "greatest" if "Less" in base else "least" if "Greater" in base else ""
    if which and len(values) > 1 and numbers:
        code = "REDUNDANT_CONDITION_VALUE_NUM"
        report.add(code, path, operator=condition.operator, greatest_least=which, key=condition.key)


def _private(negated: bool, values: list[str], path: str, report: Report) -> None:
    networks = [network for value in values if (network := network_of(value)) is not None]
    private = [network for network in networks if _is_private(network)]
    if private:
        code = "PRIVATE_NOT_IP_ADDRESS" if negated else "PRIVATE_IP_ADDRESS"
        report.add(code if len(private) == len(networks) else f"{code}_SUBSET", path)


def _is_private(network: Network) -> bool:
    return any(
        network.version == own.version and network.prefixlen >= own.prefixlen and network.network_address in own
        for own in _PRIVATE
    )
