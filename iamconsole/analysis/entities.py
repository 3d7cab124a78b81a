"""Users, groups, roles and managed policies by ARN, and the policies that they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, Q

from iamconsole.core.arn import Arn
from iamconsole.core.caller import Caller
from iamconsole.core.errors import AwsError, InvalidInput, NoSuchEntity
from iamconsole.core.operation import Params, Resolver, Resource, resolves
from iamconsole.iam import aws_managed, resources
from iamconsole.iam.models import Attachment, Group, InlinePolicy, ManagedPolicy, Membership, Role, User
from iamconsole.policy import AttachedPolicy, Kind, parse

Entity = User | Group | Role
KINDS = ("user", "group", "role")
_RESOLVERS = {"user": resources.user, "group": resources.group, "role": resources.role}


def of_arn(parameter: str, *kinds: str) -> Resolver[Resource]:
    """The resolver of what a parameter names by its ARN: an entity of the caller's account, or a managed policy."""

    def find(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
        return [_found(caller, str(params[parameter]), parameter, kinds) for params in asked]

    return resolves(*kinds, keys=resources.IDENTITY_TAG)(find)


def _found(caller: Caller, text: str, parameter: str, kinds: Sequence[str]) -> Resource:
    error: AwsError = InvalidInput(f"Invalid Entity Arn: {text}", field=parameter)
    parsed = Arn.parse(text)
    kind, _, rest = parsed.resource.partition("/") if parsed else ("", "", "")
    if parsed is None or parsed.service != "iam" or kind not in kinds or not rest:
        return Resource(text, missing=error)
    if kind == "policy":
        return resources.policy(caller, [{"policy_arn": text}])[0]
    if parsed.account != caller.account_id:
        return Resource(text, missing=error)
    found = _RESOLVERS[kind](caller, [{f"{kind}_name": rest.rpartition("/")[2]}])[0]
    if found.row is not None and found.arn == text:
        return replace(found, shown=None)
    # One of this name under another path is another.
    there = f"The {kind} with name {rest.rpartition('/')[2]} cannot be found."
    return Resource(text, missing=found.missing or NoSuchEntity(there, field=parameter))


@dataclass(frozen=True, slots=True)
class Held:
    """The policies of entities, by kind and key. A user's are its own alone."""

    own: Mapping[tuple[str, int], list[AttachedPolicy]]
    groups: Mapping[int, list[Group]]

    def of(self, entity: Entity) -> tuple[AttachedPolicy, ...]:
        """What an entity has; of a user also what comes through its groups."""
        found = list(self.own.get((entity.kind, entity.pk), ()))
        for group in self.groups.get(entity.pk, ()) if isinstance(entity, User) else ():
            for one in self.own.get(("group", group.pk), ()):
                source = "group" if one.source == "direct" else "group_inline"
                found.append(replace(one, source=source, via=group.name))
        return tuple(found)


def held_by(entities: Iterable[Entity], account_id: str) -> Held:
    """The policies of many entities in three queries."""
    keys: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for entity in entities:
        keys[entity.kind].add(entity.pk)
    groups: dict[int, list[Group]] = defaultdict(list)
    if keys["user"]:
        for row in Membership.objects.filter(user__in=keys["user"]).select_related("group").order_by("group__name"):
            groups[row.user_id].append(row.group)
            keys["group"].add(row.group_id)
    owners = Q()
    for kind in KINDS:
        owners |= Q(**{f"{kind}__in": keys[kind]})
    own: dict[tuple[str, int], list[AttachedPolicy]] = defaultdict(list)
    default = Q(policy=None) | Q(policy__versions__number=F("policy__default_version"))
    attached = Attachment.objects.filter(owners, default).order_by("pk")
    for user, group, role, aws_arn, name, path, text in attached.values_list(
        "user", "group", "role", "aws_arn", "policy__name", "policy__path", "policy__versions__text__text"
    ):
        made = _aws(aws_arn) if aws_arn else _ours(account_id, name, path, text, "identity", "direct")
        own[_owner(user, group, role)].append(made)
    inline = InlinePolicy.objects.filter(owners).order_by("pk")
    for user, group, role, name, text in inline.values_list("user", "group", "role", "name", "text__text"):
        own[_owner(user, group, role)].append(AttachedPolicy(parse(text, "identity"), name, "inline"))
    return Held(own, groups)


def _owner(user: int | None, group: int | None, role: int | None) -> tuple[str, int]:
    return ("user", user) if user else ("group", group) if group else ("role", role or 0)


def _aws(policy_arn: str, kind: Kind = "identity", source: str = "direct") -> AttachedPolicy:
    managed = aws_managed.by_arn().get(policy_arn)
    # One that a newer package no longer has: its text is unreadable, and so it denies everything.
    name, text = (managed.name, managed.text) if managed else (policy_arn.rpartition("/")[2], "")
    return AttachedPolicy(parse(text, kind), name, source, policy_arn)


def _ours(account_id: str, name: str, path: str, text: str, kind: Kind, source: str) -> AttachedPolicy:
    return AttachedPolicy(parse(text, kind), name, source, ManagedPolicy(name=name, path=path).arn(account_id))


def boundary_of(entity: Any, account_id: str) -> AttachedPolicy | None:
    """The permissions boundary of a user or role; groups have none."""
    if isinstance(entity, Group):
        return None
    if entity.boundary_aws_arn:
        return _aws(entity.boundary_aws_arn, "boundary", "boundary")
    if entity.boundary_id is None:
        return None
    row = ManagedPolicy.objects.get(pk=entity.boundary_id)
    version = row.versions.select_related("text").get(number=row.default_version)
    return _ours(account_id, row.name, row.path, version.text.text, "boundary", "boundary")
