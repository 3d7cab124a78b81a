"""Findings on condition keys that the actions of their statement do not have in their context.

Facts: the service authorization reference, which lists the condition keys of every action and resource type.
"""

from __future__ import annotations

from iamconsole.policy import reference
from iamconsole.policy.conditions import spelling_of
from iamconsole.policy.reference import ActionDetails

from .facts import CROSS_SERVICE_KEYS, STS_COMPANIONS
from .report import Part, Report

_RESOURCE_TAG = "aws:resourcetag/"


def of_statement(part: Part, report: Report) -> None:
    keys = [each for each in part.statement.conditions if part.condition_path(each) not in report.told]
    # With IfExists and Null, a key that is not there is what the policy speaks of.
    spelled = [(each, spelling_of(each.operator)) for each in keys]
    counted = [
        (each, spelling)
        for each, spelling in spelled
        if spelling and spelling.base != "Null" and not spelling.if_exists
    ]
    if not counted:
        return
    named = None
    for condition, spelling in counted:
        key = condition.key.lower()
        path = part.condition_path(condition)
        if key.startswith(_RESOURCE_TAG) and key != _RESOURCE_TAG:
            if "Not" not in spelling.base:
                _tag(condition.key, key, path, part, report)
        elif not _is_of_one_service(key):
            continue
        else:
            named = _named(part, report) if named is None else named
            if not report.afford(len(named)):
                return
            unfit = [action for action, details in named.items() if not reference.supports(details, key)]
            if unfit:
                actions = ", ".join(unfit)
                report.add("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", path, actions=actions, key=condition.key)
    if any(condition.key.lower() == "dynamodb:attributes" for condition, _ in counted):
        _attributes(part, report)


def _is_of_one_service(key: str) -> bool:
    """Global and cross-service keys, and those of identity providers, may be in any request."""
    if key in CROSS_SERVICE_KEYS or key.partition(":")[0] not in reference.services():
        return False
    return bool(reference.condition_keys(key))


def _named(part: Part, report: Report) -> dict[str, ActionDetails]:
    """The actions that a statement names without wildcards ("IAM Access Analyzer doesn't evaluate those")."""
    found: dict[str, ActionDetails] = {}
    for action in part.statement.action or ():
        service, _, name = action.lower().partition(":")
        if f"{service}:{name}" in STS_COMPANIONS or service not in reference.services():
            continue
        if name in reference.actions(service):
            found[action] = reference.action(service, name)
    return found


def _tag(written: str, key: str, path: str, part: Part, report: Report) -> None:
    """`aws:ResourceTag/…` in a statement with actions whose resources have no tags, or do not show them."""
    effect = "ALLOW" if part.allows else "DENY"
    if part.statement.not_action:
        report.add(f"{effect}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", path, conditionKeyName=written)
        return
    services: dict[str, None] = {}
    for action in part.statement.action or ():
        service, colon, pattern = action.lower().partition(":")
        if not colon or service not in reference.services() or service in services:
            continue
        wild = "*" in pattern or "?" in pattern
        if wild and not report.afford(reference.lookup_cost(service, pattern)):
            return
        covered = reference.matching_actions(service, pattern)
        if covered and not any(reference.supports(reference.action(service, name), key) for name in covered):
            services[service] = None
    if services:
        names = ", ".join(services)
        code = f"{effect}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
        report.add(code, path, conditionKeyName=written, serviceNames=names)


def _attributes(part: Part, report: Report) -> None:
    """Without `dynamodb:Select`, a read that asks for no attributes gets them all."""
    conditions = part.statement.conditions
    selects = any(each.key.lower() == "dynamodb:select" and "SPECIFIC_ATTRIBUTES" in each.values for each in conditions)
    if part.allows and not selects:
        first = next(each for each in conditions if each.key.lower() == "dynamodb:attributes")
        report.add("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", part.condition_path(first))
