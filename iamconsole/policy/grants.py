"""Which services and actions policies give any access to, whatever the resource and the conditions.

What the console's Last accessed tab and its operations list: "every AWS service that the resource could access using
permissions policies … It only applies permissions policy logic" (IAM API Reference, GetServiceLastAccessedDetails). An
action counts as given if an Allow names it and no Deny takes it away from everything, under all conditions.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import reference
from .match import matches
from .model import Policy, Statement


def granted_services(policies: Sequence[Policy]) -> list[str]:
    """The prefixes of the services that the policies together give access to, in order."""
    if any(policy.problems for policy in policies):
        return []  # one that cannot be read may deny everything
    allows, denies = ([_Named(each) for each in side] for side in _sides(policies))
    found = []
    for service in sorted(reference.services()):
        if not any(each.touches(service) for each in allows):
            continue
        # The actions of a service are read only where it matters which they are.
        whole = any(each.is_whole(service) for each in allows)
        if (whole and not any(each.touches(service) for each in denies)) or granted_actions(policies, service):
            found.append(service)
    return found


def granted_actions(policies: Sequence[Policy], service: str) -> frozenset[str]:
    """The actions of a service, in lower case, that the policies together give access to."""
    if any(policy.problems for policy in policies):
        return frozenset()
    allows, denies = _sides(policies)
    allowed = set().union(*(_actions(each, service) for each in allows))
    return frozenset(allowed.difference(*(_actions(each, service) for each in denies)))


def _sides(policies: Sequence[Policy]) -> tuple[list[Statement], list[Statement]]:
    statements = [statement for policy in policies for statement in policy.statements]
    allows = [each for each in statements if each.effect == "Allow"]
    return allows, [each for each in statements if each.effect != "Allow" and _is_everywhere(each)]


def _is_everywhere(statement: Statement) -> bool:
    return not statement.conditions and "*" in (statement.resource or ())


def _vendor(pattern: str) -> str:
    return "*" if pattern == "*" else pattern.partition(":")[0].lower()


class _Named:
    """The services that an Action or NotAction element names: all of their actions, or some."""

    def __init__(self, statement: Statement) -> None:
        self.inverted = statement.action is None
        self._some: set[str] = set()
        self._whole: set[str] = set()
        for pattern in statement.action or statement.not_action or ():
            vendor = _vendor(pattern)
            self._some.add(vendor)
            if pattern == "*" or pattern.partition(":")[2] == "*":
                self._whole.add(vendor)

    def touches(self, service: str) -> bool:
        """Whether the statement is about any action of the service."""
        return not _names(self._whole, service) if self.inverted else _names(self._some, service)

    def is_whole(self, service: str) -> bool:
        """Whether it is about every action of the service."""
        return not _names(self._some, service) if self.inverted else _names(self._whole, service)


def _names(vendors: set[str], service: str) -> bool:
    return service in vendors or any(matches(vendor, service) for vendor in vendors if "*" in vendor or "?" in vendor)


def _actions(statement: Statement, service: str) -> set[str]:
    named: set[str] = set()
    for pattern in statement.action or statement.not_action or ():
        if matches(_vendor(pattern), service):
            wanted = "*" if pattern == "*" else pattern.partition(":")[2].lower()
            named.update(reference.matching_actions(service, wanted))
    return named if statement.action is not None else set(reference.actions(service)) - named
