"""Offences against the policy grammar, as findings.

The grammar is checked once, by `parse`; here every problem of it gets the name that Access Analyzer gives it.
"""

from __future__ import annotations

import re

from iamconsole.policy.model import Problem
from iamconsole.policy.parse import VERSIONS

from .facts import IDENTITY, PARTITIONS, RESOURCE_TYPES
from .report import Report
from .variables import first_variable

# Problems that are one finding and need no more than their value. The name of an element is filled in as `element`.
_PLAIN = {
    "json": "JSON_SYNTAX_ERROR",
    "duplicate-key": "JSON_SYNTAX_ERROR",
    "character": "JSON_SYNTAX_ERROR",
    "document": "DATA_TYPE_MISMATCH",
    "text-list": "DATA_TYPE_MISMATCH",
    "condition": "DATA_TYPE_MISMATCH",
    "condition-value": "DATA_TYPE_MISMATCH",
    "id": "DATA_TYPE_MISMATCH",
    "sid-type": "DATA_TYPE_MISMATCH",
    "element": "INVALID_POLICY_ELEMENT",
    "version": "INVALID_VERSION",
    "missing-statement": "MISSING_STATEMENT",
    "sid": "UNSUPPORTED_SID",
    "effect": "INVALID_EFFECT",
    "missing-effect": "MISSING_EFFECT",
    "both-elements": "UNSUPPORTED_ELEMENT_COMBINATION",
    "missing-action": "MISSING_ACTION",
    "empty-action": "EMPTY_ARRAY_ACTION",
    "missing-resource": "MISSING_RESOURCE",
    "empty-resource": "EMPTY_ARRAY_RESOURCE",
    "resource-prefix": "INVALID_ARN_PREFIX",
    "resource-partition": "INVALID_PARTITION",
    "resource-fields": "MISSING_ARN_FIELD",
    "resource-region": "ARN_REGION_NOT_ALLOWED",
    "resource-path": "INVALID_ARN_RESOURCE",
    "missing-principal": "MISSING_PRINCIPAL",
    "prohibited-Resource": "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
    "prohibited-NotPrincipal": "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
    "condition-key": "INVALID_CONDITION_KEY_FORMAT",
}
_STATEMENT = re.compile(r"^Statement(?:\[[0-9]+\])?\.")
_PRINCIPAL_KEYS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


def of_problems(report: Report) -> None:
    for problem in report.policy.problems:
        element = _STATEMENT.sub("", problem.path)
        parts = problem.value.split(":", 3)
        fields = {
            "action": problem.value,
            "column": problem.column,
            "data_type": problem.value,
            "effect": problem.value,
            "element": element,
            "element1": element.removeprefix("Not"),
            "element2": element,
            "fields": 6,
            "index": problem.offset,
            "line": problem.line,
            "operator": element,
            "partition": parts[1] if len(parts) > 1 else "",
            "partitions": PARTITIONS,
            "service": parts[2] if len(parts) > 2 else "",
            "version": problem.value,
            "versions": ", ".join(VERSIONS),
        }
        code, more = _named(problem, report)
        if code == "JSON_SYNTAX_ERROR":
            report.add_at(code, problem.path, problem.offset, **fields)
        else:
            report.add(code, problem.path, **(fields | more))


def _named(problem: Problem, report: Report) -> tuple[str, dict[str, str]]:
    """The issue code of a problem, and fields of its own."""
    match problem.code:
        case "statement":
            return _statement(problem, report)
        case "action":
            return _action(problem, report)
        case "resource-vendor":
            vendor = problem.value.split(":", 3)[2]
            return ("WILDCARD_IN_SERVICE_NAME" if "*" in vendor or "?" in vendor else "INVALID_SERVICE"), {}
        case "duplicate-sid":
            # "For some policy types, statement IDs must be unique"; of endpoint policies AWS says no such thing.
            return ("UNIQUE_SIDS_RECOMMENDED" if report.kind == "endpoint" else "UNIQUE_SIDS_REQUIRED"), {}
        case "unsupported-principal":
            if report.kind in IDENTITY:
                return "UNSUPPORTED_PRINCIPAL", {"policy_type": "IDENTITY_POLICY"}
            return "SCP_SYNTAX_ERROR_PRINCIPAL", {}
        case "operator":
            operator = problem.path.partition(".Condition.")[2]
            if operator.rpartition(":")[2] == "NullIfExists":
                return "NULL_WITH_IF_EXISTS", {}
            return "INVALID_CONDITION_OPERATOR", {"operator": operator}
        case "principal":
            return _principal(problem, report)
    return _PLAIN[problem.code], {}


def _statement(problem: Problem, report: Report) -> tuple[str, dict[str, str]]:
    empty = problem.path == "Statement" and report.first(problem.path) == "["
    return ("MISSING_STATEMENT", {}) if empty else ("DATA_TYPE_MISMATCH", {"data_type": "Object"})


def _action(problem: Problem, report: Report) -> tuple[str, dict[str, str]]:
    if "${" in problem.value:
        return "VARIABLE_UNSUPPORTED_IN_ELEMENT", {"variable": first_variable(problem.value)}
    vendor, colon, _ = problem.value.partition(":")
    if report.kind == "trust" and (problem.value == "*" or (colon and vendor.lower() != "sts")):
        return "UNSUPPORTED_ACTION_IN_POLICY", {"resourceType": RESOURCE_TYPES["trust"]}
    return "INVALID_ACTION", {"valid_action": "", "meant": ""}


def _principal(problem: Problem, report: Report) -> tuple[str, dict[str, str]]:
    """What is wrong with a principal, by its place: the element itself, or `Principal.<key>` with or without `[n]`."""
    key = problem.path.partition("rincipal")[2].removeprefix(".")
    first = report.first(problem.path)
    if not key:
        empty = first == "{"
        return ("EMPTY_OBJECT_PRINCIPAL" if empty else "INVALID_PRINCIPAL_FORMAT"), {}
    if key.endswith("]"):
        key = key[: key.rindex("[")]
    if key not in _PRINCIPAL_KEYS:
        return "INVALID_PRINCIPAL_KEY", {"principal_key": key}
    if first != '"':
        return "DATA_TYPE_MISMATCH", {"data_type": "String"}
    value = report.string_at(problem.path)
    if "${" in value:
        return "VARIABLE_UNSUPPORTED_IN_ELEMENT", {"variable": first_variable(value)}
    if report.kind == "rcp":
        return "RCP_SYNTAX_ERROR_PRINCIPAL", {}
    if key == "Federated" and report.kind == "trust" and value:
        return "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY", {}
    if "*" in value or "?" in value:
        return "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", {"principal_key": key}
    return "INVALID_PRINCIPAL_FORMAT", {}
