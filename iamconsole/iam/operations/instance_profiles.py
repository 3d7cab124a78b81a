"""Instance profiles: what carries a role to an EC2 instance."""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.core.errors import DeleteConflict, EntityAlreadyExists, NoSuchEntity
from iamconsole.core.operation import Call, Check, Keys, Response, operation
from iamconsole.iam import keys, paging, queries, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.models import InstanceProfile, Role
from iamconsole.iam.operations.roles import refuse_protected, shown_trusts
from iamconsole.iam.tags import Tags, merged_tags


def _shapes(call: Call, rows: Sequence[InstanceProfile]) -> list[Response]:
    trusts = shown_trusts([row.role for row in rows if row.role])
    return [shapes.instance_profile(row, call.caller.account_id, trusts) for row in rows]


def _described(call: Call, row: InstanceProfile) -> Response:
    (shape,) = _shapes(call, [row])
    return {"InstanceProfile": shape | shapes.tags_of(row)}


@operation(
    "iam:CreateInstanceProfile",
    resource=resources.new_instance_profile,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagInstanceProfile", resources.if_tagged(resources.new_instance_profile), keys.REQUEST_TAGS)],
)
def create_instance_profile(call: Call, *, instance_profile_name: str, path: str = "/", tags: Tags = ()) -> Response:
    caller, name = call.caller, instance_profile_name
    if queries.instance_profiles_named(caller.account_key, [name]):
        raise EntityAlreadyExists(f"Instance Profile {name} already exists.", field="instance_profile_name")
    present = InstanceProfile.objects.filter(account=caller.account_key).count()
    quotas.check("InstanceProfilesPerAccount", quotas.INSTANCE_PROFILES, present)
    row = InstanceProfile.objects.create(
        account_id=caller.account_key,
        name=name,
        path=path,
        unique_id=call.ids.unique_id("AIPA"),
        created=call.now,
        tags=merged_tags({}, tags),
    )
    return _described(call, row)


@operation("iam:GetInstanceProfile", resource=resources.instance_profile, read_only=True)
def get_instance_profile(call: Call, *, instance_profile_name: str) -> Response:
    return _described(call, call.resource.require())


@operation("iam:ListInstanceProfiles", resource=resources.all_instance_profiles, read_only=True)
def list_instance_profiles(
    call: Call, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    """The account's instance profiles in order of name, without tags (API Reference, ListInstanceProfiles)."""
    rows = InstanceProfile.objects.filter(account=call.caller.account_key).select_related("role__trust")
    found, page = paging.page_of_rows(rows, call, sort={"created": "created"})
    return {"InstanceProfiles": _shapes(call, found), **page}


@operation("iam:ListInstanceProfilesForRole", resource=resources.role, read_only=True)
def list_instance_profiles_for_role(
    call: Call, *, role_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    role: Role = call.resource.require()
    rows = role.instance_profiles.select_related("role__trust")
    found, page = paging.page_of_rows(rows, call)
    return {"InstanceProfiles": _shapes(call, found), **page}


def _any_instance(call: Call) -> str:
    return f"arn:aws:ec2:*:{call.caller.account_id}:instance/*"


# "The caller of this operation must be granted the PassRole permission on the IAM role by a permissions policy"; of the
# instance nothing is known yet: "you cannot specify a Region or instance ID in the EC2 instance ARN. The ARN value must
# be arn:aws:ec2:*:CallerAccountId:instance/*" (API Reference, AddRoleToInstanceProfile).
_PASSED: Keys = {
    "iam:PassedToService": lambda call: "ec2.amazonaws.com",
    "iam:AssociatedResourceArn": _any_instance,
}


@operation(
    "iam:AddRoleToInstanceProfile",
    resource=resources.instance_profile,
    also=[Check("iam:PassRole", resources.passed_role, _PASSED)],
)
def add_role_to_instance_profile(call: Call, *, instance_profile_name: str, role_name: str) -> Response:
    """Put a role into a profile that has none; a service-linked role goes into no profile."""
    row: InstanceProfile = call.resource.require()
    role: Role = call.resources[1].require()
    refuse_protected(role)
    # AWS's name for the quota of roles in a profile.
    quotas.check("InstanceSessionsPerInstanceProfile", quotas.ROLES_IN_PROFILE, int(row.role is not None))
    row.role = role
    row.save(update_fields=["role"])
    return {}


@operation("iam:RemoveRoleFromInstanceProfile", resource=resources.instance_profile)
def remove_role_from_instance_profile(call: Call, *, instance_profile_name: str, role_name: str) -> Response:
    row: InstanceProfile = call.resource.require()
    role: Role = resources.role(call.caller, [{"role_name": role_name}])[0].require()
    if row.role != role:
        raise NoSuchEntity(f"Role {role.name} in Instance Profile {row.name} cannot be found.", field="role_name")
    row.role = None
    row.save(update_fields=["role"])
    return {}


@operation("iam:DeleteInstanceProfile", resource=resources.instance_profile)
def delete_instance_profile(call: Call, *, instance_profile_name: str) -> Response:
    row: InstanceProfile = call.resource.require()
    if row.role is not None:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    row.delete()
    return {}


@operation("iam:TagInstanceProfile", resource=resources.instance_profile, keys=keys.REQUEST_TAGS)
def tag_instance_profile(call: Call, *, instance_profile_name: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagInstanceProfile", resource=resources.instance_profile, keys=keys.TAG_KEYS)
def untag_instance_profile(call: Call, *, instance_profile_name: str, tag_keys: Sequence[str]) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListInstanceProfileTags", resource=resources.instance_profile, read_only=True)
def list_instance_profile_tags(
    call: Call, *, instance_profile_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    return tagging.page_of(call)
