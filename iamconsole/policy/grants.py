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
    allows, denies = _sides(policies)
    found = []
    for service in sorted(reference.services()):
        touching = [each for each in allows if _touches(each, service)]
        if not touching:
            continue
        # The actions of a service are read only where it matters which they are.
        whole = any(_is_whole(each, service) for each in touching)
        if (whole and not any(_touches(each, service) for each in denies)) or granted_actions(policies, service):
            found.append(service)
    return found


def granted_actions(policies: Sequence[Policy], service: str) -> frozenset[str]:
    """The actions of a service, in lower case, that the policies together give access to."""
    if any(policy.problems for policy in policies):
        return frozenset()
    allows, denies = _sides(policies)
    allowed = set().union(*(_actions(each, service) for each in allows if _touches(each, service)))
    return frozenset(allowed.difference(*(_actions(each, service) for each in denies if _touches(each, service))))


def _sides(policies: Sequence[Policy]) -> tuple[list[Statement], list[Statement]]:
    statements = [statement for policy in policies for statement in policy.statements]
    allows = [each for each in statements if each.effect == "Allow"]
    return allows, [each for each in statements if each.effect != "Allow" and _is_everywhere(each)]


def _is_everywhere(statement: Statement) -> bool:
    return not statement.conditions and "*" in (statement.resource or ())


def _vendor(pattern: str) -> str:
    return "*" if pattern == "*" else pattern.partition(":")[0].lower()


def _touches(statement: Statement, service: str) -> bool:
    """Whether the statement is about any action of the service."""
    if statement.action is not None:
        return any(matches(_vendor(pattern), service) for pattern in statement.action)
    return not any(_is_all(pattern, service) for pattern in statement.not_action or ())


def _is_whole(statement: Statement, service: str) -> bool:
    """Whether it is about every action of the service."""
    if statement.action is not None:
        return any(_is_all(pattern, service) for pattern in statement.action)
    return not any(matches(_vendor(pattern), service) for pattern in statement.not_action or ())


def _is_all(pattern: str, service: str) -> bool:
    return pattern == "*" or (pattern.partition(":")[2] == "*" and matches(_vendor(pattern), service))


def _actions(statement: Statement, service: str) -> set[str]:
    named: set[str] = set()
    for pattern in statement.action or statement.not_action or ():
        if matches(_vendor(pattern), service):
            wanted = "*" if pattern == "*" else pattern.partition(":")[2].lower()
            named.update(reference.matching_actions(service, wanted))
    return named if statement.action is not None else set(reference.actions(service)) - named
