"""Findings on resource control policies.

Organizations User Guide, "RCP syntax" (orgs_manage_policies_rcps_syntax.html). Service control policies take the whole
policy language since September 2025 (AWS Security Blog, "Unlock new possibilities: AWS Organizations service control
policy now supports full IAM language"), so that of their former checks only the one on principals is left, and
`grammar` has it.
"""

from __future__ import annotations

from iamconsole.policy import reference

from .report import Part, Report

_PRINCIPAL_KEYS = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
)
_SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")


def of_statement(part: Part, report: Report) -> None:
    if report.kind != "rcp":
        return
    statement = part.statement
    if statement.not_principal is not None:
        report.add("RCP_SYNTAX_ERROR_PRINCIPAL", f"{part.path}.NotPrincipal")
    elif statement.principal is not None and any(entry != ("AWS", "*") for entry in statement.principal):
        report.add("RCP_SYNTAX_ERROR_PRINCIPAL", f"{part.path}.Principal")
    if part.allows and (statement.resource != ("*",) or report.has(f"{part.path}.Condition")):
        report.add("RCP_SYNTAX_ERROR_ALLOW", f"{part.path}.Effect")
    if statement.not_action is not None:
        report.add("RCP_SYNTAX_ERROR_NOTACTION", f"{part.path}.NotAction")
    for action, path in part.actions():
        if not _is_supported(action, allows=part.allows):
            report.add("RCP_SYNTAX_ERROR_ACTION", path)
    _service_principals(part, report)


def _is_supported(action: str, *, allows: bool) -> bool:
    """Only some services take part, and only RCPFullAWSAccess, the one Allow there is, may say `*`."""
    if action == "*":
        return allows
    return action.partition(":")[0].lower() in reference.rcp_services()


def _service_principals(part: Part, report: Report) -> None:
    """RCPs apply to AWS's service principals as well, which have no keys of principals (and others no source)."""
    keys = part.keys
    null = {each.key.lower() for each in part.statement.conditions if each.operator == "Null"}
    for condition in part.statement.conditions:
        key, path = condition.key.lower(), part.condition_path(condition)
        if condition.operator == "Null":
            continue
        if key.startswith(_PRINCIPAL_KEYS) and "aws:principalisawsservice" not in keys:
            report.add("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", path, conditionKeyName=condition.key)
        if key not in _SOURCE_KEYS:
            continue
        if "aws:principalisawsservice" not in keys:
            report.add("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", path, conditionKeyName=condition.key)
        if null.isdisjoint({"aws:sourceaccount", "aws:sourcearn"}):
            report.add("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", path, conditionKeyName=condition.key)
