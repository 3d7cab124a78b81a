"""The console's summary of a policy: per service what it allows or denies, on what and under which condition.

IAM User Guide, "Policy summary (list of services)" (access_policies_understand-policy-summary.html), "Service summary
(list of actions)" (access_policies_understand-service-summary.html), "Access level summaries"
(access_policies_understand-policy-summary-access-level-summaries.html) and "Troubleshoot using policy summaries"
(troubleshoot_policies.html#troubleshoot_policies-polsum). The warnings are AWS's.

"To grant access, your policy must define an action with a supported resource. If your policy also includes a condition,
that condition must include a global condition key or must apply to the action." What an action supports comes from the
service authorization reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from . import reference
from .applicable import Applicable, Resources
from .conditions import spelling_of
from .match import matches
from .model import Condition, Policy, Statement

LEVELS = ("List", "Read", "Tagging", "Write", "Permissions management")
CANNOT = "A summary for this policy cannot be generated. You can still view or edit the JSON policy document."
NOTHING = (
    "This policy does not grant any permissions. To grant access, policies must have an action that has an applicable "
    "resource or condition."
)
SOME_NOTHING = (
    "This policy defines some actions, resources, or conditions that do not provide permissions. To grant access, "
    "policies must have an action that has an applicable resource or condition."
)
NO_ACTIONS = "No actions are defined."
NO_RESOURCES = "No resources are defined."
ACTIONS_WITHOUT_RESOURCE = "One or more actions do not have an applicable resource."
RESOURCES_WITHOUT_ACTION = "One or more resources do not have an applicable action."
ACTIONS_WITHOUT_CONDITION = "One or more actions do not have an applicable condition."
CONDITIONS_WITHOUT_ACTION = "One or more conditions do not have an applicable action."
NEEDS_WILDCARD = (
    "This action does not support resource-level permissions. This requires a wildcard (*) for the resource."
)
NO_RESOURCE = "This action does not have an applicable resource."
NEITHER = "This action does not have an applicable resource and condition."
MANY_KEYS = "Multiple condition keys are not supported for this action."

# Comparisons of patterns with the names of actions. The longest of AWS's own policies needs a tenth of it.
EFFORT = 1_000_000
_EVERYTHING = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One service of a summary.

    `actions` are (name, access level) of those that are allowed or denied, `withheld` (name, access level, warning) of
    those that the policy names in vain. The warnings belong beside the columns of their names.
    """

    service: str
    service_name: str
    access_level: str
    resource: str
    condition: str
    actions: tuple[tuple[str, str], ...] = ()
    withheld: tuple[tuple[str, str, str], ...] = ()
    resource_warning: str = ""
    condition_warning: str = ""
    unrecognized_actions: tuple[str, ...] = ()
    unrecognized_resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The sections of the summary and the number of services that there are.

    `uncategorized` are services that nobody knows; `without_permissions` are services that the policy names without
    allowing or denying anything of them, with the reason.
    """

    allow: tuple[SummaryRow, ...]
    deny: tuple[SummaryRow, ...]
    services: int
    warnings: tuple[str, ...] = ()
    uncategorized: tuple[str, ...] = ()
    without_permissions: tuple[tuple[str, str, str], ...] = ()


def summarize(policy: Policy) -> Summary:
    """Summarize a policy as the console does.

    There is none for a document that cannot be read, or that has Principal, NotPrincipal or NotResource.
    """
    sections = {"Allow": Section(), "Deny": Section()}
    effort = EFFORT
    total = len(reference.services())
    for statement in policy.statements:
        if is_beyond_summaries(statement):
            return Summary((), (), total, (CANNOT,))
        effort -= sections[statement.effect].add(statement, effort)
        if effort < 0:
            return Summary((), (), total, (CANNOT,))
    allow, deny = (sections[effect].rows() for effect in ("Allow", "Deny"))
    unknown = tuple(dict.fromkeys(name for section in sections.values() for name in section.unknown))
    named = {row.service for row in (*allow, *deny)}
    idle = {key: value for section in sections.values() for key, value in section.idle().items() if key not in named}
    names = reference.services()
    without = tuple((key, names[key], idle[key]) for key in sorted(idle, key=lambda key: names[key].lower()))
    warnings: tuple[str, ...] = ()
    if not allow and not deny:
        warnings = (NOTHING if without or unknown else CANNOT,)
    elif without or unknown or any(_is_partly_in_vain(row) for row in (*allow, *deny)):
        warnings = (SOME_NOTHING,)
    return Summary(allow, deny, total, warnings, unknown, without)


def is_beyond_summaries(statement: Statement) -> bool:
    beyond = (statement.principal, statement.not_principal, statement.not_resource)
    return bool(statement.unread) or any(each is not None for each in beyond) or statement.resource is None


def _is_partly_in_vain(row: SummaryRow) -> bool:
    return bool(row.resource_warning or row.condition_warning or row.unrecognized_actions or row.unrecognized_resources)


@dataclass
class Service:
    """What the statements of one effect say about one service.

    `grants` are, by action, the resources and conditions under which it is allowed or denied; kept where asked for.
    """

    everything: bool = False
    granted: set[str] = field(default_factory=set)
    grants: dict[str, dict[tuple[str, tuple[str, ...]], None]] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    resources: dict[str, None] = field(default_factory=dict)
    idle_resources: bool = False
    lines: dict[str, None] = field(default_factory=dict)
    idle_conditions: bool = False
    lacks_condition: bool = False
    unconditional: bool = False
    unknown_actions: dict[str, None] = field(default_factory=dict)
    unknown_resources: dict[str, None] = field(default_factory=dict)


class Section:
    """The services that are allowed, or that are denied; `in_detail` is the one whose actions are asked for."""

    def __init__(self, in_detail: str = "") -> None:
        self.in_detail = in_detail
        self.services: dict[str, Service] = {}
        self.unknown: dict[str, None] = {}
        self.resources_only: dict[str, None] = {}

    def add(self, statement: Statement, effort: int) -> int:
        """Take in a statement. Answers what it cost; more than `effort` says that it was left."""
        named = _Named(statement, effort)
        if named.cost > effort:
            return named.cost
        self.unknown.update(dict.fromkeys(named.unknown))
        resources = Resources(statement.resource or ())
        conditions = [each for each in statement.conditions if _is_of_service(each)]
        lines = dict.fromkeys(map(_line, statement.conditions))
        for service, actions in named.services.items():
            if service not in named.by_name and not resources.everything and not resources.of(service):
                continue  # a wildcard for many services, and no ARN of this one
            self._take(service, actions, resources, conditions, lines)
        for service, written in named.unknown_actions.items():
            self.services.setdefault(service, Service()).unknown_actions.update(dict.fromkeys(written))
        for service in named.services.keys() | named.unknown_actions.keys():
            if service in self.services:
                self.services[service].unknown_resources.update(dict.fromkeys(resources.unknown))
        known = named.services.keys()
        self.resources_only.update(dict.fromkeys(each for each in resources.services if each not in known))
        return named.cost

    def _take(
        self,
        service: str,
        actions: set[str] | None,
        resources: Resources,
        conditions: list[Condition],
        lines: dict[str, None],
    ) -> None:
        """Count one service of a statement in; `conditions` are those on keys of services, `lines` all as shown."""
        into = self.services.setdefault(service, Service())
        known = reference.actions(service)
        named = set(known) if actions is None else actions
        into.everything = into.everything or named >= known.keys()
        granted: Mapping[str, Set[str]] = dict.fromkeys(named, _EVERYTHING)
        if conditions or not resources.everything:  # otherwise nothing can be in vain
            granted = _judge(service, named, resources, conditions, into)
        if not granted:
            return
        into.granted.update(granted)
        own = ["*"] if resources.everything else [arn.text for arn in resources.of(service)]
        shown = frozenset[str]().union(*granted.values())
        into.resources.update(dict.fromkeys(text for text in own if text in shown))
        into.lines.update(lines)
        into.unconditional = into.unconditional or not lines
        if service == self.in_detail:
            for name, applicable in granted.items():
                grants = into.grants.setdefault(name, {})
                grants.update(dict.fromkeys((text, tuple(lines)) for text in own if text in applicable))

    def rows(self) -> tuple[SummaryRow, ...]:
        names = reference.services()
        granting = [key for key, service in self.services.items() if service.granted]
        return tuple(_row(key, self.services[key]) for key in sorted(granting, key=lambda key: names[key].lower()))

    def idle(self) -> dict[str, str]:
        """The services of which nothing is allowed or denied, and why."""
        found = dict.fromkeys(self.resources_only, NO_ACTIONS)
        for key, service in self.services.items():
            if service.granted:
                found.pop(key, None)
            elif service.lacks_condition:
                found[key] = ACTIONS_WITHOUT_CONDITION
            elif service.idle_resources:
                found[key] = ACTIONS_WITHOUT_RESOURCE
            elif service.withheld:
                found[key] = NO_RESOURCES
            else:
                found[key] = f"Unrecognized actions: {', '.join(service.unknown_actions)}"
        return found


def _judge(
    service: str, named: set[str], resources: Resources, conditions: list[Condition], into: Service
) -> dict[str, Set[str]]:
    """Which of the actions a statement really allows or denies, each on which resources. The rest is in vain."""
    own = [] if resources.everything else resources.of(service)
    applicable_to = Applicable(service, own).to
    granted: dict[str, Set[str]] = {}
    used: set[str] = set()
    fitting: set[str] = set()
    for name in sorted(named):
        details = reference.action(service, name)
        applicable = {"*"} if resources.everything else applicable_to(details.resource_types)
        unsupported = [each.key for each in conditions if not reference.supports(details, each.key.lower())]
        used |= applicable
        fitting.update(each.key for each in conditions if each.key not in unsupported)
        if applicable and not unsupported:
            granted[name] = applicable
        else:
            into.withheld[name] = _warning(details, applicable, unsupported)
        into.lacks_condition = into.lacks_condition or bool(unsupported and applicable)
    into.idle_resources = into.idle_resources or any(arn.text not in used for arn in own)
    into.idle_conditions = into.idle_conditions or any(each.key not in fitting for each in conditions)
    return granted


class _Named:
    """The services that a statement speaks of, with the lower-case names of the actions; None stands for them all.

    `by_name` are those that are written without a wildcard.
    """

    def __init__(self, statement: Statement, effort: int) -> None:
        self.services: dict[str, set[str] | None] = {}
        self.by_name: set[str] = set()
        self.unknown: list[str] = []
        self.unknown_actions: dict[str, list[str]] = {}
        self.cost = 0
        if statement.not_action is not None:
            self._all_but([action.lower() for action in statement.not_action], effort)
            return
        for action in statement.action or ():
            vendor, colon, name = action.lower().partition(":")
            many = "*" in vendor or "?" in vendor
            services = _services_like(vendor) if many else [vendor]
            self.by_name.update(() if many else services)
            for service in services:
                if service not in reference.services():
                    self.unknown.append(action.partition(":")[0])
                elif not colon or name == "*":
                    self.services[service] = None
                elif self.services.get(service, ()) is not None:
                    self._some(service, name, None if many else action, effort)

    def _some(self, service: str, pattern: str, written: str | None, effort: int) -> None:
        """The actions that a pattern stands for; one that is written out and unknown is told."""
        self.cost += reference.lookup_cost(service, pattern)
        if self.cost > effort:
            return
        covered = reference.matching_actions(service, pattern)
        if covered:
            found = self.services.setdefault(service, set())
            assert found is not None  # the caller has looked
            found.update(covered)
        elif written is not None:
            self.unknown_actions.setdefault(service, []).append(written.partition(":")[2])

    def _all_but(self, excepted: list[str], effort: int) -> None:
        for service in reference.services():
            own = [action for action in excepted if matches(action.partition(":")[0], service)]
            self.cost += len(excepted) + len(own) * len(reference.actions(service))
            if self.cost > effort:
                return
            left = {
                name
                for name in reference.actions(service)
                if not any(matches(action, f"{service}:{name}") for action in own)
            }
            if left:
                self.services[service] = left if own else None


def _services_like(vendor: str) -> list[str]:
    return [service for service in reference.services() if matches(vendor, service)]


def _is_of_service(condition: Condition) -> bool:
    """A condition on a key of a service, which does not hold when the key is not there."""
    spelling = spelling_of(condition.operator)
    if spelling is None or spelling.if_exists or spelling.base == "Null" or "Not" in spelling.base:
        return False
    key = condition.key.lower()
    return (
        spelling.quantifier != "ForAllValues"
        and key.partition(":")[0] in reference.services()
        and bool(reference.condition_keys(key))
    )


def _warning(details: reference.ActionDetails, applicable: set[str], unsupported: list[str]) -> str:
    if not applicable and unsupported:
        return NEITHER
    if not applicable:
        return NO_RESOURCE if details.resource_types else NEEDS_WILDCARD
    return f"{unsupported[0]} is not a supported condition key for this action." if len(unsupported) == 1 else MANY_KEYS


def _line(condition: Condition) -> str:
    return f"{condition.key} | {condition.operator} | {', '.join(condition.values)}"


def withheld_by(service: Service) -> dict[str, str]:
    """The actions that are named in vain, and why. What another statement grants is not."""
    return {name: warning for name, warning in service.withheld.items() if name not in service.granted}


def _row(key: str, service: Service) -> SummaryRow:
    known = reference.actions(key)
    withheld = withheld_by(service)
    resource_warning = condition_warning = ""
    if service.idle_resources:
        resource_warning = RESOURCES_WITHOUT_ACTION
    elif any(warning in (NEEDS_WILDCARD, NO_RESOURCE, NEITHER) for warning in withheld.values()):
        resource_warning = ACTIONS_WITHOUT_RESOURCE
    if service.idle_conditions:
        condition_warning = CONDITIONS_WITHOUT_ACTION
    elif service.lacks_condition and withheld:
        condition_warning = ACTIONS_WITHOUT_CONDITION
    condition = condition_text(list(service.lines), service.unconditional)
    return SummaryRow(
        key,
        reference.services()[key],
        "Full access" if service.everything else _access_level(key, service.granted),
        resource_text(key, tuple(service.resources)),
        condition,
        tuple(known[name] for name in sorted(service.granted)),
        tuple((*known[name], withheld[name]) for name in sorted(withheld)),
        resource_warning,
        condition_warning,
        tuple(service.unknown_actions),
        tuple(service.unknown_resources),
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


def condition_text(lines: Sequence[str], unconditional: bool) -> str:
    """What the column `Request condition` says; some of what is summed up may have none."""
    return "None" if not lines else "Multiple" if len(lines) > 1 or unconditional else lines[0]


def resource_text(service: str, resources: tuple[str, ...]) -> str:
    """What the column `Resource` says."""
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
