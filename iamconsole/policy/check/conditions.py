"""Findings on condition keys: those that do not exist, and those that are used as they cannot be.

Besides the check reference: IAM User Guide, "Single-valued vs. multivalued context keys"
(reference_policies_condition-single-vs-multi-valued-context-keys.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from iamconsole.policy import reference
from iamconsole.policy.conditions import Spelling, spelling_of
from iamconsole.policy.model import Condition

from .facts import (
    COMPARED_AS_ONE,
    CROSS_SERVICE_KEYS,
    IDENTITY,
    PAIRED_KEYS,
    RESOURCE_TYPES,
    SENSITIVE_KEYS,
    UNTRUSTWORTHY_KEYS,
    global_key,
)
from .report import Part, Report

_EMPTY = re.compile(r"\[\s*\]")
_GLOBAL = "aws:"
_DEPRECATED = "aws:arn"
# Names of identity providers, which are no service: `saml`, and every host name.
_HOST = re.compile(r"[./]")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a condition key; an empty type is one that is not known."""

    type: str
    multivalued: bool


def facts_of(key: str) -> KeyFacts | None:
    """The facts on a key (in lower case); None for one that AWS does not have."""
    shared = global_key(key) or CROSS_SERVICE_KEYS.get(key)
    if shared is not None:
        return KeyFacts(shared.type, shared.multivalued)
    own = reference.condition_keys(key)
    return KeyFacts(own[0].type.removeprefix("ArrayOf"), own[0].multivalued) if own else None


def of_statement(part: Part, report: Report) -> None:
    conditions = part.statement.conditions
    place = f"{part.path}.Condition"
    if not conditions and report.first(place) == "{" and "Condition" not in part.statement.unread:
        report.add("EMPTY_OBJECT_CONDITION", place)
    keys = part.keys
    seen: dict[tuple[str, str], str] = {}
    for condition in conditions:
        key, path = condition.key.lower(), part.condition_path(condition)
        if seen.setdefault((condition.operator, key), condition.key) != condition.key:
            report.add("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", path, key=condition.key)
        spelling = spelling_of(condition.operator)
        if report.first(path) == "[" and not condition.values:
            _empty(condition, spelling, path, report)
        if path in report.told:
            continue
        _exists(condition, key, path, report)
        if spelling is not None:
            _qualifier(condition, key, spelling, path, report)
        _use(condition, key, keys, path, report)


def _empty(condition: Condition, spelling: Spelling | None, path: str, report: Report) -> None:
    if not _EMPTY.match(report.policy.text, report.policy.places[path]):
        return  # there are values, but none that can be read
    code = "EMPTY_ARRAY_CONDITION"
    if spelling is not None and spelling.quantifier:
        code += f"_{spelling.quantifier.upper()}"
    elif spelling is not None and spelling.if_exists:
        code += "_IFEXISTS"
    report.add(code, path, key=condition.key)


def _exists(condition: Condition, key: str, path: str, report: Report) -> None:
    without_tag = _without_tag(key)
    if without_tag:
        report.add("MISSING_TAG_KEY_IN_CONDITION", path, conditionKeyName=without_tag)
    elif key == _DEPRECATED:
        # The reference has two findings on `aws:ARN` and does not say when it gives which. As we read it, the key is
        # deprecated where it once was documented, in policies of identities, and unsupported elsewhere.
        identity = report.kind in IDENTITY
        report.add("DEPRECATED_GLOBAL_CONDITION_KEY" if identity else "UNSUPPORTED_GLOBAL_CONDITION_KEY", path)
    elif facts_of(key) is None:
        prefix = key.partition(":")[0]
        if key.startswith(_GLOBAL):
            report.add("INVALID_GLOBAL_CONDITION_KEY", path, key=condition.key)
        elif prefix in reference.services():
            report.add("INVALID_SERVICE_CONDITION_KEY", path, key=condition.key, service=prefix)
        elif not _HOST.search(prefix) and prefix not in reference.condition_prefixes():
            report.add("INVALID_SERVICE", path, service=condition.key.partition(":")[0])


def _without_tag(key: str) -> str:
    """For a tag key that lacks its tag: its name up to the slash, as AWS writes it."""
    own = global_key(key.removesuffix("/") + "/")
    if own is not None and own.name.endswith("/") and key.removesuffix("/") + "/" == own.name.lower():
        return own.name
    return reference.tag_key_without_tag(key)


def _qualifier(condition: Condition, key: str, spelling: Spelling, path: str, report: Report) -> None:
    known = facts_of(key)
    if spelling.base == "Null":
        if spelling.quantifier:
            report.add("NULL_WITH_QUALIFIER", path)
    elif known is not None and known.multivalued and not spelling.quantifier and key not in COMPARED_AS_ONE:
        report.add("MISSING_QUALIFIER", path, key=condition.key)
    elif known is not None and not known.multivalued and spelling.quantifier == "ForAllValues":
        report.add("FORALLVALUES_WITH_SINGLE_VALUED_KEY", path, key=condition.key)


def _use(condition: Condition, key: str, keys: frozenset[str], path: str, report: Report) -> None:
    if key in UNTRUSTWORTHY_KEYS:
        report.add("UNTRUSTWORTHY_CONDITION_KEY", path, key=condition.key)
    pair = PAIRED_KEYS.get(key)
    if pair is not None and keys.isdisjoint(each.lower() for each in pair):
        report.add("MISSING_PAIRED_CONDITION_KEYS", path, conditionKeyName=condition.key, recommendedKeys=pair[0])
    if key == "s3:resourceaccount" and report.kind == "resource":
        type_ = RESOURCE_TYPES["resource"]
        report.add("IRRELEVANT_CONDITION_KEY_IN_POLICY", path, condition_key=condition.key, resource_type=type_)
    if key in SENSITIVE_KEYS and condition.operator.rpartition(":")[2].startswith(("StringLike", "StringNotLike")):
        for value in condition.values:
            if "${" in value:
                report.add("VARIABLE_USAGE_TOO_PERMISSIVE", path, key=condition.key)
            elif "*" in value or "?" in value:
                report.add("WILDCARD_USAGE_TOO_PERMISSIVE", path, key=condition.key)
