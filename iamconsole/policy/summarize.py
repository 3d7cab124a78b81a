"""The console's summary of a policy: per service what it allows or denies, on what and under which condition.

IAM User Guide, "Policy summary (list of services)" (access_policies_understand-policy-summary.html) and "Access level
summaries" (access_policies_understand-policy-summary-access-level-summaries.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import reference
from .match import matches
from .model import Policy, Statement

LEVELS = ("List", "Read", "Tagging", "Write", "Permissions management")
NOTHING = (
    "This policy does not grant any permissions. To grant access, policies must have an action that has an applicable "
    "resource or condition."
)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One service of a summary; `actions` are (name, access level) pairs, empty when it is simply all of them."""

    service: str
    service_name: str
    access_level: str
    resource: str
    condition: str
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The two sections of the summary and the number of services that there are."""

    allow: tuple[SummaryRow, ...]
    deny: tuple[SummaryRow, ...]
    services: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """What one statement says about one service; no actions means all."""

    actions: frozenset[str] | None
    resources: tuple[str, ...]
    statement: Statement


def summarize(policy: Policy) -> Summary:
    """Summarize a policy as the console does. A document that cannot be read has an empty summary."""
    allow = _section(policy, "Allow")
    deny = _section(policy, "Deny")
    return Summary(allow, deny, len(reference.services()), () if allow or deny else (NOTHING,))


def _section(policy: Policy, effect: str) -> tuple[SummaryRow, ...]:
    parts: dict[str, list[_Part]] = {}
    for statement in policy.statements:
        if statement.effect == effect and not statement.unread:
            for service, covered in _services(statement).items():
                resources = _resources(service, statement)
                if resources:
                    parts.setdefault(service, []).append(_Part(covered, resources, statement))
    names = reference.services()
    return tuple(_row(service, parts[service]) for service in sorted(parts, key=lambda key: names[key].lower()))


def _services(statement: Statement) -> dict[str, frozenset[str] | None]:
    """The services a statement speaks of, with the lower-case names of the actions; None stands for all of them."""
    found: dict[str, frozenset[str] | None] = {}
    if statement.not_action is not None:
        excepted = [action.lower() for action in statement.not_action]
        for service in reference.services():
            if not any(matches(action.partition(":")[0], service) for action in excepted):
                found[service] = None
                continue
            left = {
                name
                for name in reference.actions(service)
                if not any(matches(action, f"{service}:{name}") for action in excepted)
            }
            if left:
                found[service] = frozenset(left)
        return found
    for action in statement.action or ():
        vendor, colon, name = action.lower().partition(":")
        for service in _matching(vendor):
            before = found.get(service, frozenset())
            if before is None or not colon or name == "*":
                found[service] = None
                continue
            covered = before | {each for each in reference.actions(service) if matches(name, each)}
            if covered:
                found[service] = covered
    return found


def _matching(vendor: str) -> list[str]:
    known = reference.services()
    if "*" in vendor or "?" in vendor:
        return [service for service in known if matches(vendor, service)]
    return [vendor] if vendor in known else []


def _resources(service: str, statement: Statement) -> tuple[str, ...]:
    """The resources of a statement that a service's actions can have: `*` and ARNs of that service."""
    if statement.not_resource is not None:
        return tuple(f"NOT {resource}" for resource in statement.not_resource)
    if statement.resource is None:
        return ("*",)  # a trust policy: the role itself
    if "*" in statement.resource:
        return ("*",)
    vendors = {arn.split(":", 3)[2] for arn in reference.resource_arns(service)} | {service}
    return tuple(
        dict.fromkeys(arn for arn in statement.resource if ([*arn.split(":", 3), "", "", ""])[2] in {*vendors, "*"})
    )


def _row(service: str, parts: list[_Part]) -> SummaryRow:
    everything = any(part.actions is None for part in parts)
    known = reference.actions(service)
    covered = set(known) if everything else set().union(*(part.actions or () for part in parts))
    resources = tuple(dict.fromkeys(resource for part in parts for resource in part.resources))
    lines = {
        f"{condition.key} | {condition.operator} | {', '.join(condition.values)}"
        for part in parts
        for condition in part.statement.conditions
    }
    unconditional = [part for part in parts if not part.statement.conditions]
    condition = "None" if not lines else "Multiple" if len(lines) > 1 or unconditional else lines.pop()
    return SummaryRow(
        service,
        reference.services()[service],
        _access_level(service, covered),
        _resource(service, resources),
        condition,
        tuple(known[name] for name in sorted(covered)),
    )


def _access_level(service: str, covered: set[str]) -> str:
    known = reference.actions(service)
    if covered >= set(known):
        return "Full access"
    full: list[str] = []
    limited: list[str] = []
    for level in LEVELS:
        of_level = {name for name, (_, each) in known.items() if each == level}
        if of_level and of_level <= covered:
            full.append(level)
        elif of_level & covered:
            limited.append(level)
    parts = [f"{word}: {', '.join(levels)}" for word, levels in (("Full", full), ("Limited", limited)) if levels]
    return " ".join(parts)


def _resource(service: str, resources: tuple[str, ...]) -> str:
    if "*" in resources:
        return "All resources"
    if len(resources) > 1:
        return "Multiple"
    return _named(service, resources[0])


_FIELD = re.compile(r"\$\{(\w+)\}")


def _label(name: str) -> str:
    """The console's word for a part of an ARN where it differs from the reference's."""
    return "ObjectPath" if name == "ObjectName" else name.removesuffix("WithPath")


def _named(service: str, arn: str) -> str:
    """An ARN by the names of its parts: `BucketName | string like | company1-sales, ObjectPath | string like | All`."""
    found: list[str] = []
    for template in reference.resource_arns(service):
        pieces = _FIELD.split(template)
        pattern = "".join(
            re.escape(piece) if at % 2 == 0 else f"(?P<{piece}{at}>[^/:]*)" for at, piece in enumerate(pieces)
        )
        # Only the last part of an ARN may hold slashes and colons; each of the others ends at the next one.
        pattern = re.sub(r"\[\^/:\]\*\)$", ".*)", pattern)
        hit = re.fullmatch(pattern, arn[:2048])
        if hit and (not found or len(hit.groups()) > len(found)):
            found = [
                f"{_label(name)} | string like | {'All' if value == '*' else value}"
                for name, value in zip(pieces[1::2], hit.groups(), strict=True)
                if name not in ("Partition", "Region", "Account")
            ]
            if "/" in arn.partition(":::")[2] or ":::" not in arn:
                continue
            break
    return ", ".join(found) or arn
