"""Findings on Principal and NotPrincipal of policies that hang on a resource."""

from __future__ import annotations

from .facts import (
    NOT_OF_SERVICE_PRINCIPALS,
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPAL_FORMAT,
    SOURCE_KEYS,
    UNTRUSTWORTHY_KEYS,
)
from .report import Part, Report


def of_statement(part: Part, report: Report) -> None:
    statement = part.statement
    if part.allows and statement.not_principal is not None:
        report.add("ALLOW_WITH_NOT_PRINCIPAL", f"{part.path}.NotPrincipal")
    _empty(part, report)
    for kind, value, path in part.principals():
        if kind == "AWS" and value.startswith("AROA"):
            report.add("INVALID_ROLE_REFERENCE", path, roleid=value)
        elif kind == "AWS" and value.startswith("AIDA"):
            report.add("INVALID_USER_REFERENCE", path, userid=value)
        elif kind == "Federated" and report.kind == "resource":
            report.add("FEDERATED_PRINCIPAL_NOT_SUPPORTED", path)
        elif kind == "Service" and "${" not in value and not SERVICE_PRINCIPAL.fullmatch(value):
            report.add("INVALID_SERVICE_PRINCIPAL_FORMAT", path, expectedFormat=SERVICE_PRINCIPAL_FORMAT)
    if report.kind == "resource":
        _of_services(part, report)


def _empty(part: Part, report: Report) -> None:
    """`"AWS": []`: the grammar takes it, and the statement is about nobody."""
    for element, entries in (("Principal", part.statement.principal), ("NotPrincipal", part.statement.not_principal)):
        if entries == () and "Principal" not in part.statement.unread:
            report.add("EMPTY_ARRAY_PRINCIPAL", f"{part.path}.{element}")


def _of_services(part: Part, report: Report) -> None:
    """A bucket open to a service must say on whose behalf (the confused deputy problem)."""
    services = [(value, path) for kind, value, path in part.principals() if kind == "Service"]
    if not part.allows or part.statement.principal is None or not services:
        return
    conditions = part.statement.conditions
    if len(services) == len(part.statement.principal):
        unheard = [each.key for each in conditions if each.key.lower().startswith(NOT_OF_SERVICE_PRINCIPALS)]
        if unheard:
            path = f"{part.path}.Condition"
            keys = ", ".join(dict.fromkeys(unheard))
            report.add("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", path, conditionKeys=keys)
    if not SOURCE_KEYS.isdisjoint(part.keys):
        return
    weak = next((each for each in conditions if each.key.lower() in UNTRUSTWORTHY_KEYS), None)
    for value, path in services:
        if weak is None:
            report.add("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", path)
        else:
            prefix = value.removesuffix(".amazonaws.com")
            place = part.condition_path(weak)
            code = "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"
            report.add(code, place, servicePrincipalPrefix=prefix, key=weak.key)
