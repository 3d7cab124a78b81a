"""Which policies a user, a group or a role has: managed ones attached, inline ones written on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Value

from iamconsole.accounts.models import PolicyText
from iamconsole.core import arn
from iamconsole.core.errors import LimitExceeded, NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import aws_managed, keys, paging, quotas, resources
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.boundaries import refuse_unattachable
from iamconsole.iam.models import Attachment, Group, InlinePolicy, Role, User
from iamconsole.iam.operations.policies import require_well_formed
from iamconsole.iam.operations.roles import modifiable

LIMITS = {
    "user": ("PoliciesPerUser", quotas.ATTACHED_TO_USER),
    "group": ("PoliciesPerGroup", quotas.ATTACHED_TO_GROUP),
    "role": ("PoliciesPerRole", quotas.ATTACHED_TO_ROLE),
}
Identity = User | Group | Role


def _changed(call: Call) -> Identity:
    """The identity whose policies are to change."""
    identity: Identity = call.resource.require()
    return modifiable(call) if isinstance(identity, Role) else identity


def _attach(call: Call, policy_arn: str) -> Response:
    identity = _changed(call)
    policy = resources.attachable_policies(call.caller, [call.params])[0].require()
    refuse_unattachable(policy)
    which = {"aws_arn": policy_arn} if isinstance(policy, AwsManagedPolicy) else {"policy": policy}
    if not identity.attachments.filter(**which).exists():  # attaching twice is no error
        quotas.check(*LIMITS[identity.kind], identity.attachments.count())
        identity.attachments.create(**which)
        if isinstance(policy, AwsManagedPolicy):
            # A later package may change the text; decisions made with this one must stay explicable.
            PolicyText.keep(policy.text)
    return {}


def _detach(call: Call, policy_arn: str) -> Response:
    identity = _changed(call)
    if policy_arn.startswith(aws_managed.PREFIX):
        which: dict[str, Any] = {"aws_arn": policy_arn}
    else:
        which = {"policy": resources.policy(call.caller, [call.params])[0].require()}
    gone, _ = identity.attachments.filter(**which).delete()
    if not gone:
        raise NoSuchEntity(f"Policy {policy_arn} was not found.", field="policy_arn")
    return {}


@operation("iam:AttachUserPolicy", resource=resources.user, keys=keys.POLICY_ARN | keys.PRESENT_BOUNDARY)
def attach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> Response:
    return _attach(call, policy_arn)


@operation("iam:AttachGroupPolicy", resource=resources.group, keys=keys.POLICY_ARN)
def attach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> Response:
    return _attach(call, policy_arn)


@operation("iam:AttachRolePolicy", resource=resources.role, keys=keys.POLICY_ARN | keys.PRESENT_BOUNDARY)
def attach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> Response:
    return _attach(call, policy_arn)


@operation("iam:DetachUserPolicy", resource=resources.user, keys=keys.POLICY_ARN | keys.PRESENT_BOUNDARY)
def detach_user_policy(call: Call, *, user_name: str, policy_arn: str) -> Response:
    return _detach(call, policy_arn)


@operation("iam:DetachGroupPolicy", resource=resources.group, keys=keys.POLICY_ARN)
def detach_group_policy(call: Call, *, group_name: str, policy_arn: str) -> Response:
    return _detach(call, policy_arn)


@operation("iam:DetachRolePolicy", resource=resources.role, keys=keys.POLICY_ARN | keys.PRESENT_BOUNDARY)
def detach_role_policy(call: Call, *, role_name: str, policy_arn: str) -> Response:
    return _detach(call, policy_arn)


@dataclass(frozen=True, slots=True)
class _Held:
    """What identities have, by their keys: name, path and ARN of what is attached; names of what is inline."""

    attached: Mapping[int, list[tuple[str, str, str]]]
    inline: Mapping[int, list[str]]


def _load_held(kind: str) -> Callable[[Sequence[Call]], _Held]:
    """Read the policies of users, of groups or of roles, both sorts in one query: pages ask for both."""

    def load(calls: Sequence[Call]) -> _Held:
        account_id = calls[0].caller.account_id
        identities = {call.resource.row.pk for call in calls if call.resource.row}
        attached: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
        inline: dict[int, list[str]] = defaultdict(list)
        of_these = {f"{kind}__in": identities}
        attachments = Attachment.objects.filter(**of_these).values_list(
            f"{kind}_id", Value(0), "aws_arn", "policy__name", "policy__path"
        )
        names = InlinePolicy.objects.filter(**of_these).values_list(
            f"{kind}_id", Value(1), Value(""), "name", Value("")
        )
        for identity, is_inline, aws_arn, name, path in attachments.union(names, all=True) if identities else ():
            if is_inline:
                inline[identity].append(name)
            elif aws_arn:
                path, _, name = aws_arn.removeprefix(aws_managed.PREFIX).rpartition("/")
                attached[identity].append((name, f"{path}/", aws_arn))
            else:
                attached[identity].append((name, path, arn.iam(account_id, "policy", name, path)))
        return _Held(attached, inline)

    return load


_load_users = _load_held("user")
_load_groups = _load_held("group")
_load_roles = _load_held("role")


def _attached(call: Call, path_prefix: str) -> Response:
    present = call.loaded.attached[call.resource.require().pk]
    shown = [(name, arn) for name, path, arn in present if path.startswith(path_prefix)]
    found, page = paging.page_of_list(shown, call, key=lambda item: item[0])
    return {"AttachedPolicies": [{"PolicyName": name, "PolicyArn": arn} for name, arn in found], **page}


@operation("iam:ListAttachedUserPolicies", resource=resources.user, read_only=True, load=_load_users)
def list_attached_user_policies(
    call: Call, *, user_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    return _attached(call, path_prefix)


@operation("iam:ListAttachedGroupPolicies", resource=resources.group, read_only=True, load=_load_groups)
def list_attached_group_policies(
    call: Call, *, group_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    return _attached(call, path_prefix)


@operation("iam:ListAttachedRolePolicies", resource=resources.role, read_only=True, load=_load_roles)
def list_attached_role_policies(
    call: Call, *, role_name: str, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    return _attached(call, path_prefix)


def _put(call: Call, policy_name: str, document: str) -> Response:
    identity = _changed(call)
    require_well_formed(document)
    limit = quotas.INLINE_SIZE[identity.kind]
    others = identity.inline_policies.exclude(name=policy_name).values_list("text__text", flat=True)
    if sum(map(quotas.size_of, others)) + quotas.size_of(document) > limit:
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {identity.kind} {identity.name}")
    identity.inline_policies.update_or_create(name=policy_name, defaults={"text_id": PolicyText.keep(document)})
    return {}


def _inline(call: Call, policy_name: str) -> InlinePolicy:
    identity: Identity = call.resource.require()
    row = identity.inline_policies.select_related("text").filter(name=policy_name).first()
    if row is None:
        raise NoSuchEntity(f"The {identity.kind} policy with name {policy_name} cannot be found.", field="policy_name")
    return row


@operation("iam:PutUserPolicy", resource=resources.user, keys=keys.PRESENT_BOUNDARY)
def put_user_policy(call: Call, *, user_name: str, policy_name: str, policy_document: str) -> Response:
    """Write an inline policy, in place of one of the same name."""
    return _put(call, policy_name, policy_document)


@operation("iam:PutGroupPolicy", resource=resources.group)
def put_group_policy(call: Call, *, group_name: str, policy_name: str, policy_document: str) -> Response:
    """Write an inline policy, in place of one of the same name."""
    return _put(call, policy_name, policy_document)


@operation("iam:PutRolePolicy", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def put_role_policy(call: Call, *, role_name: str, policy_name: str, policy_document: str) -> Response:
    """Write an inline policy, in place of one of the same name."""
    return _put(call, policy_name, policy_document)


@operation("iam:GetUserPolicy", resource=resources.user, read_only=True)
def get_user_policy(call: Call, *, user_name: str, policy_name: str) -> Response:
    row = _inline(call, policy_name)
    return {"UserName": call.resource.row.name, "PolicyName": row.name, "PolicyDocument": row.text.text}


@operation("iam:GetGroupPolicy", resource=resources.group, read_only=True)
def get_group_policy(call: Call, *, group_name: str, policy_name: str) -> Response:
    row = _inline(call, policy_name)
    return {"GroupName": call.resource.row.name, "PolicyName": row.name, "PolicyDocument": row.text.text}


@operation("iam:GetRolePolicy", resource=resources.role, read_only=True)
def get_role_policy(call: Call, *, role_name: str, policy_name: str) -> Response:
    row = _inline(call, policy_name)
    return {"RoleName": call.resource.row.name, "PolicyName": row.name, "PolicyDocument": row.text.text}


@operation("iam:DeleteUserPolicy", resource=resources.user, keys=keys.PRESENT_BOUNDARY)
def delete_user_policy(call: Call, *, user_name: str, policy_name: str) -> Response:
    _inline(call, policy_name).delete()
    return {}


@operation("iam:DeleteGroupPolicy", resource=resources.group)
def delete_group_policy(call: Call, *, group_name: str, policy_name: str) -> Response:
    _inline(call, policy_name).delete()
    return {}


@operation("iam:DeleteRolePolicy", resource=resources.role, keys=keys.PRESENT_BOUNDARY)
def delete_role_policy(call: Call, *, role_name: str, policy_name: str) -> Response:
    modifiable(call)
    _inline(call, policy_name).delete()
    return {}


def _inline_names(call: Call) -> Response:
    found, page = paging.page_of_list(call.loaded.inline[call.resource.require().pk], call, key=str)
    return {"PolicyNames": found, **page}


@operation("iam:ListUserPolicies", resource=resources.user, read_only=True, load=_load_users)
def list_user_policies(
    call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return _inline_names(call)


@operation("iam:ListGroupPolicies", resource=resources.group, read_only=True, load=_load_groups)
def list_group_policies(
    call: Call, *, group_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return _inline_names(call)


@operation("iam:ListRolePolicies", resource=resources.role, read_only=True, load=_load_roles)
def list_role_policies(
    call: Call, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return _inline_names(call)
