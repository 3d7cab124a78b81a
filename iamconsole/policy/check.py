"""Findings on a policy, as IAM Access Analyzer's policy validation gives them.

Names and texts are those of AWS's "Access Analyzer policy check reference"
(access-analyzer-reference-policy-checks.html). This is the first part of that list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import reference
from .match import matches
from .model import Policy, Problem, Statement
from .parse import VERSIONS

FindingType = Literal["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding and the place of the element at fault."""

    type: FindingType
    name: str
    text: str
    path: str
    line: int
    column: int


def check(policy: Policy) -> tuple[Finding, ...]:
    """Every finding, in the order of the text."""
    findings = [_of_problem(problem, policy) for problem in policy.problems]
    told = {problem.path for problem in policy.problems}
    if policy.statements:
        if "Version" not in policy.places:
            text = "We recommend that you specify the Version element to help you with debugging permission issues."
            findings.append(_finding(policy, "WARNING", "Missing version", text, ""))
        for statement in policy.statements:
            if not statement.unread:
                findings.extend(each for each in _of_statement(statement, policy) if each.path not in told)
    return tuple(sorted(dict.fromkeys(findings), key=lambda found: (found.line, found.column)))


def _finding(policy: Policy, kind: FindingType, name: str, text: str, path: str) -> Finding:
    return Finding(kind, name, text, path, *policy.place(path))


# What a grammar problem is called as a finding: type, name and text. `{…}` is filled from the document.
_TYPE_MISMATCH = ("ERROR", "Data type mismatch", "The text does not match the expected JSON data type {expected}.")
_PROBLEMS: dict[str, tuple[str, str, str]] = {
    "json": (
        "ERROR",
        "Json syntax error",
        "Fix the JSON syntax error at index {index} line {line} column {column}.",
    ),
    "duplicate-key": (
        "ERROR",
        "Json syntax error",
        "Fix the JSON syntax error at index {index} line {line} column {column}.",
    ),
    "character": (
        "ERROR",
        "Json syntax error",
        "Fix the JSON syntax error at index {index} line {line} column {column}.",
    ),
    "document": _TYPE_MISMATCH,
    "text-list": _TYPE_MISMATCH,
    "condition": _TYPE_MISMATCH,
    "condition-value": _TYPE_MISMATCH,
    "id": _TYPE_MISMATCH,
    "sid-type": _TYPE_MISMATCH,
    "element": ("ERROR", "Invalid policy element", "The policy element {last} is not valid."),
    "version": (
        "ERROR",
        "Invalid version",
        "The version {value} is not valid. Use one of the following versions: " + ", ".join(VERSIONS),
    ),
    "missing-statement": ("ERROR", "Missing statement", "Add a statement to the policy"),
    "statement": ("ERROR", "Missing statement", "Add a statement to the policy"),
    "sid": (
        "ERROR",
        "Unsupported Sid",
        "Update the characters in the Sid element to use one of the following character types: [a-z, A-Z, 0-9]",
    ),
    "duplicate-sid": (
        "ERROR",
        "Unique Sids required",
        "Duplicate statement IDs are not supported for this policy type. Update the Sid value.",
    ),
    "effect": ("ERROR", "Invalid effect", "The effect {value} is not valid. Use Allow or Deny."),
    "missing-effect": (
        "ERROR",
        "Missing effect",
        "Add an Effect element to the policy statement with a value of Allow or Deny.",
    ),
    "both-elements": (
        "ERROR",
        "Unsupported element combination",
        "The policy elements {positive} and {last} can not be used in the same statement. "
        "Remove one of these elements.",
    ),
    "missing-action": ("ERROR", "Missing action", "Add an Action or NotAction element to the policy statement."),
    "empty-action": (
        "SUGGESTION",
        "Empty array action",
        "This statement includes no actions and does not affect the policy. Specify actions.",
    ),
    "action": ("ERROR", "Invalid action", "The action {value} does not exist."),
    "missing-resource": (
        "ERROR",
        "Missing resource",
        "Add a Resource or NotResource element to the policy statement.",
    ),
    "empty-resource": (
        "SUGGESTION",
        "Empty array resource",
        "This statement includes no resources and does not affect the policy. Specify resources.",
    ),
    "resource-prefix": ("ERROR", "Invalid ARN prefix", "Add the required prefix (arn) to the resource ARN."),
    "resource-partition": (
        "ERROR",
        "Invalid partition",
        "The resource ARN for the service {service} does not support the partition {partition}. "
        "Use the supported values: aws, aws-cn, aws-us-gov",
    ),
    "resource-vendor": (
        "ERROR",
        "Invalid service",
        "The service {service} does not exist. Use a valid service name.",
    ),
    "resource-fields": (
        "ERROR",
        "Missing ARN field",
        "Resource ARNs must include at least 6 fields in the following structure: "
        "arn:partition:service:region:account:resource",
    ),
    "resource-region": (
        "ERROR",
        "ARN Region not allowed",
        "The service {service} does not support specifying a Region in the resource ARN.",
    ),
    "resource-path": (
        "ERROR",
        "Invalid ARN resource",
        "Resource ARN does not match the expected ARN format. Update the resource portion of the ARN.",
    ),
    "missing-principal": ("ERROR", "Missing principal", "Add a Principal element to the policy statement."),
    "unsupported-principal": (
        "ERROR",
        "Unsupported principal",
        "The policy type {kind} does not support the Principal element. Remove the Principal element.",
    ),
    "principal": (
        "ERROR",
        "Invalid principal format",
        "The Principal element contents are not valid. Specify a key-value pair in the Principal element.",
    ),
    "prohibited-Resource": (
        "ERROR",
        "Role trust policy syntax error resource",
        "Role trust policies apply to the role that they are attached to. You cannot specify a resource. "
        "Remove the Resource or NotResource element.",
    ),
    "prohibited-NotPrincipal": (
        "ERROR",
        "Role trust policy syntax error notprincipal",
        "Role trust policies do not support NotPrincipal. Update the policy to use a Principal element instead.",
    ),
    "operator": (
        "ERROR",
        "Invalid condition operator",
        "The condition operator {last} is not valid. Use a valid condition operator.",
    ),
    "condition-key": (
        "ERROR",
        "Invalid condition key format",
        "The condition key format is not valid. Use the format service:keyname.",
    ),
}
_KINDS = {
    "identity": "IDENTITY_POLICY",
    "boundary": "IDENTITY_POLICY",
    "session": "IDENTITY_POLICY",
    "scp": "SERVICE_CONTROL_POLICY",
}


def _of_problem(problem: Problem, policy: Policy) -> Finding:
    kind, name, text = _PROBLEMS[problem.code]
    last = problem.path.rpartition(".")[2].partition("[")[0]
    parts = problem.value.split(":", 3)
    filled = text.format(
        value=problem.value,
        index=problem.offset,
        line=problem.line,
        column=problem.column,
        last=last,
        positive=last.removeprefix("Not"),
        expected=problem.value,
        partition=parts[1] if len(parts) > 1 else "",
        service=parts[2] if len(parts) > 2 else "",
        kind=_KINDS.get(policy.kind, policy.kind),
    )
    types: dict[str, FindingType] = {"ERROR": "ERROR", "SUGGESTION": "SUGGESTION"}
    return Finding(types[kind], name, filled, problem.path, problem.line, problem.column)


def _of_statement(statement: Statement, policy: Policy) -> list[Finding]:
    found: list[Finding] = []
    element = "Action" if statement.action is not None else "NotAction"
    base = f"Statement[{statement.index}]" if "Statement[0]" in policy.places else "Statement"
    written = statement.action or statement.not_action or ()
    for at, action in enumerate(written):
        path = f"{base}.{element}[{at}]" if f"{base}.{element}[0]" in policy.places else f"{base}.{element}"
        named = _about_action(action)
        if named is not None:
            found.append(_finding(policy, *named, path))
    if statement.effect == "Allow":
        pass_role = _pass_role(statement) if policy.kind == "identity" else None
        if pass_role is not None:
            found.append(_finding(policy, "SECURITY_WARNING", *pass_role, f"{base}.{element}"))
        if statement.not_principal is not None:
            text = (
                "Using Allow with NotPrincipal can be overly permissive. We recommend that you use Principal instead."
            )
            found.append(_finding(policy, "SECURITY_WARNING", "Allow with NotPrincipal", text, f"{base}.NotPrincipal"))
    return found


def _about_action(action: str) -> tuple[FindingType, str, str] | None:
    vendor, colon, name = action.partition(":")
    if not colon:
        return None  # `*`; anything else is a problem of the grammar
    known = reference.services()
    service = vendor.lower()
    if "*" in service or "?" in service:
        if service == "*":
            return None
        text = (
            "Avoid using wildcards (*, ?) in the service name because it might grant unintended access to other AWS "
            "services with similar names."
        )
        return "SUGGESTION", "Wildcard in service name", text
    if service not in known:
        meant = reference.closest(service, known)
        text = f"The service {vendor[:128]} specified in the action does not exist."
        return "ERROR", "Invalid service in action", text + (f" Did you mean {meant}?" if meant else "")
    actions = reference.actions(service)
    lower = name.lower()
    if lower in actions or (("*" in name or "?" in name) and any(matches(lower, each) for each in actions)):
        return None
    close = reference.closest(lower, actions)
    text = f"The action {action[:256]} does not exist."
    return "ERROR", "Invalid action", text + (f" Did you mean {service}:{actions[close][0]}?" if close else "")


_OR_KEY = "or add the iam:PassedToService condition key to your statement."
_PASS_ROLE = {
    ("exact", "NotResource"): (
        "Pass role with NotResource",
        "Using the iam:PassRole action with NotResource can be overly permissive because it can allow iam:PassRole "
        "permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    ("star", "NotResource"): (
        "Pass role with star in action and NotResource",
        "Using an action with a wildcard (*) and NotResource can be overly permissive because it can allow "
        "iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    ),
    ("NotAction", "NotResource"): (
        "Pass role with NotAction and NotResource",
        "Using NotAction with NotResource can be overly permissive because it can allow iam:PassRole permissions on "
        "multiple resources.. We recommend that you specify resource ARNs instead.",
    ),
    ("exact", "star"): (
        "Pass role with star in resource",
        "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows "
        f"iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs {_OR_KEY}",
    ),
    ("star", "star"): (
        "Pass role with star in action and resource",
        "Using wildcards (*) in the action and the resource can be overly permissive because it allows iam:PassRole "
        f"permissions on all resources. We recommend that you specify resource ARNs {_OR_KEY}",
    ),
    ("NotAction", "star"): (
        "Pass role with star in resource and NotAction",
        "Using a resource with wildcards (*) and NotAction can be overly permissive because it allows iam:PassRole "
        f"permissions on all resources. We recommend that you specify resource ARNs {_OR_KEY}",
    ),
}


def _pass_role(statement: Statement) -> tuple[str, str] | None:
    """Whether the statement lets its holder pass any role to any service, and in which words AWS says so."""
    written = [action.lower() for action in statement.action or statement.not_action or ()]
    covered = any(matches(action, "iam:passrole") for action in written)
    if statement.not_action is not None:
        if covered:
            return None
        how = "NotAction"
    elif covered:
        how = "exact" if "iam:passrole" in written else "star"
    else:
        return None
    if statement.not_resource is not None:
        return _PASS_ROLE[how, "NotResource"]
    limited = any(condition.key.lower() == "iam:passedtoservice" for condition in statement.conditions)
    if limited or not any(_every_role(resource) for resource in statement.resource or ()):
        return None
    return _PASS_ROLE[how, "star"]


def _every_role(resource: str) -> bool:
    return resource == "*" or resource.rpartition(":")[2] in ("*", "role/*")
