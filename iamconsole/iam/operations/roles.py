"""Roles: whom they trust, their descriptions and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iamconsole.accounts.models import PolicyText
from iamconsole.cloudtrail import queries as events
from iamconsole.cloudtrail.queries import LastUse
from iamconsole.core.caller import Caller
from iamconsole.core.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    MalformedPolicyDocument,
    UnmodifiableEntity,
)
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import keys, paging, principals, queries, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.boundaries import boundary_named
from iamconsole.iam.models import SERVICE_LINKED_PATH, Role
from iamconsole.iam.tags import Tags, merged_tags
from iamconsole.policy import parse


def kept_trust(caller: Caller, document: str) -> str:
    """The key of a trust policy's text as it is kept. Refuses one that IAM would not save."""
    policy = parse(document, "trust")
    if policy.problems:
        raise MalformedPolicyDocument(policy.problems[0].message, field="policy_document")
    if quotas.size_of(document) > quotas.TRUST_POLICY_SIZE:
        raise LimitExceeded.quota("ACLSizePerRole", quotas.TRUST_POLICY_SIZE)
    try:
        return PolicyText.keep(principals.pinned(policy, caller.sandbox_key, caller.account_id))
    except principals.UnknownPrincipal as error:
        raise MalformedPolicyDocument(str(error), field="policy_document") from error


def modifiable(call: Call) -> Role:
    """The role that a call changes; a service-linked role only its service changes."""
    row: Role = call.resource.require()
    refuse_protected(row)
    return row


def refuse_protected(row: Role) -> None:
    if row.is_service_linked:
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{row.name}' - this role is only modifiable by AWS",
            field="role_name",
        )


@operation(
    "iam:CreateRole",
    resource=resources.new_role,
    keys=keys.REQUEST_TAGS | keys.REQUEST_BOUNDARY,
    also=[Check("iam:TagRole", resources.if_tagged(resources.new_role), keys.REQUEST_TAGS)],
)
def create_role(
    call: Call,
    *,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str = "",
    max_session_duration: int = 3600,
    permissions_boundary: str | None = None,
    tags: Tags = (),
) -> Response:
    """Create a role that may not do anything yet, for those whom its trust policy names."""
    caller = call.caller
    if path.startswith(SERVICE_LINKED_PATH):
        # The User Guide says whose path it is; what AWS says to somebody else who wants it is not documented.
        raise InvalidInput(f"The path {SERVICE_LINKED_PATH} is reserved for service-linked roles.", field="path")
    trust = kept_trust(caller, assume_role_policy_document)
    if queries.roles_named(caller.account_key, [role_name]):
        raise EntityAlreadyExists(f"Role with name {role_name} already exists.", field="role_name")
    quotas.check("RolesPerAccount", quotas.ROLES, Role.objects.filter(account=caller.account_key).count())
    row = Role.objects.create(
        account_id=caller.account_key,
        name=role_name,
        path=path,
        unique_id=call.ids.unique_id("AROA"),
        created=call.now,
        description=description,
        trust_id=trust,
        max_session_duration=max_session_duration,
        tags=merged_tags({}, tags),
        **boundary_named(call, permissions_boundary),
    )
    return {"Role": shapes.written_role(row, caller.account_id, principals.shown(row.trust.text, row.account_id))}


@dataclass(frozen=True, slots=True)
class _Described:
    """What is read for roles besides their rows: trust policies as they are shown, and when each was last used."""

    trusts: dict[int, str]
    uses: dict[str, LastUse]


def shown_trusts(roles: Sequence[Role]) -> dict[int, str]:
    """The trust policies of roles as they are shown, by key."""
    texts = principals.shown_all([row.trust.text for row in roles], roles[0].account_id) if roles else []
    return {row.pk: text for row, text in zip(roles, texts, strict=True)}


def _described(calls: Sequence[Call]) -> _Described:
    rows: list[Role] = [call.resource.row for call in calls if call.resource.row]
    uses = events.last_uses_of_roles(calls[0].caller.account_key, [row.unique_id for row in rows])
    return _Described(shown_trusts(rows), uses)


@operation("iam:GetRole", resource=resources.role, keys=keys.PRESENT_BOUNDARY, read_only=True, load=_described)
def get_role(call: Call, *, role_name: str) -> Response:
    """One role; when it was last used is read from the event history."""
    row: Role = call.resource.require()
    known: _Described = call.loaded
    last = known.uses.get(row.unique_id)
    return {"Role": shapes.described_role(row, call.caller.account_id, known.trusts[row.pk], last)}


@operation("iam:ListRoles", resource=resources.all_roles, read_only=True)
def list_roles(
    call: Call, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    """The account's roles in order of name, without boundaries, tags and last use (API Reference, ListRoles)."""
    rows = Role.objects.filter(account=call.caller.account_key).select_related("trust")
    found, page = paging.page_of_rows(rows, call, sort={"created": "created"})
    trusts = shown_trusts(found)
    return {"Roles": [shapes.listed_role(row, call.caller.account_id, trusts[row.pk]) for row in found], **page}


@operation("iam:UpdateRole", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def update_role(
    call: Call, *, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> Response:
    """Change the description or the longest session.

    Of a service-linked role the description may be changed (IAM User Guide, "Update a service-linked role").
    """
    row: Role = call.resource.require() if max_session_duration is None else modifiable(call)
    row.description = row.description if description is None else description
    row.max_session_duration = max_session_duration or row.max_session_duration
    row.save(update_fields=["description", "max_session_duration"])
    return {}


@operation("iam:UpdateRoleDescription", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def update_role_description(call: Call, *, role_name: str, description: str) -> Response:
    row: Role = call.resource.require()
    row.description = description
    row.save(update_fields=["description"])
    shape = shapes.written_role(row, call.caller.account_id, principals.shown(row.trust.text, row.account_id))
    return {"Role": shape}


@operation("iam:UpdateAssumeRolePolicy", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def update_assume_role_policy(call: Call, *, role_name: str, policy_document: str) -> Response:
    """Write the trust policy anew."""
    row = modifiable(call)
    row.trust_id = kept_trust(call.caller, policy_document)
    row.save(update_fields=["trust"])
    return {}


@operation("iam:DeleteRole", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def delete_role(call: Call, *, role_name: str) -> Response:
    """Delete a role that has no policies and is in no instance profile; AWS refuses rather than cascades."""
    row = modifiable(call)
    DeleteConflict.unless_free(
        (row.instance_profiles.exists, "must remove roles from instance profile first."),
        (row.attachments.exists, "must detach all policies first."),
        (row.inline_policies.exists, "must delete policies first."),
    )
    row.delete()
    return {}


@operation("iam:TagRole", resource=resources.role, keys=keys.REQUEST_TAGS)
def tag_role(call: Call, *, role_name: str, tags: Tags) -> Response:
    modifiable(call)
    return tagging.put_on(call, tags)


@operation("iam:UntagRole", resource=resources.role, keys=keys.TAG_KEYS)
def untag_role(call: Call, *, role_name: str, tag_keys: Sequence[str]) -> Response:
    modifiable(call)
    return tagging.take_from(call, tag_keys)


@operation("iam:ListRoleTags", resource=resources.role, read_only=True)
def list_role_tags(call: Call, *, role_name: str, marker: str | None = None, max_items: int | None = None) -> Response:
    return tagging.page_of(call)
