"""Users and their tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iamconsole.accounts.models import Account
from iamconsole.core.caller import Caller
from iamconsole.core.errors import DeleteConflict, EntityAlreadyExists, InvalidInput, LimitExceeded, ValidationError
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import keys, paging, queries, quotas, resources, shapes
from iamconsole.iam.models import User

Tags = Sequence[dict[str, str]]


def merged_tags(present: dict[str, str], tags: Tags) -> dict[str, str]:
    """`present` with `tags` put in; keys are told apart without regard to case, the newest spelling stays."""
    given = [tag["Key"].lower() for tag in tags]
    if len(set(given)) < len(given):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.", field="tags")
    if any(key.startswith("aws:") for key in given):
        raise InvalidInput("Tag keys cannot start with aws:, which is reserved for AWS use.", field="tags")
    merged = {key: value for key, value in present.items() if key.lower() not in given}
    merged |= {tag["Key"]: tag["Value"] for tag in tags}
    if len(merged) > quotas.TAGS:
        raise LimitExceeded("The number of tags has reached the maximum limit.", field="tags")
    return merged


def refuse_taken_name(caller: Caller, name: str) -> None:
    if queries.users_named(caller.account_key, [name]):
        raise EntityAlreadyExists(f"User with name {name} already exists.", field="user_name")


@operation(
    "iam:CreateUser",
    resource=resources.new_user,
    keys=keys.REQUEST_TAGS | {"iam:PermissionsBoundary": "permissions_boundary"},
    also=[Check("iam:TagUser", resources.if_tagged(resources.new_user), keys.REQUEST_TAGS)],
)
def create_user(
    call: Call, *, user_name: str, path: str = "/", tags: Tags = (), permissions_boundary: str | None = None
) -> Response:
    """Create a user that may not do anything yet."""
    if permissions_boundary is not None:
        # A boundary that is not enforced would be worse than none.
        raise ValidationError("Permissions boundaries are not supported here yet.", field="permissions_boundary")
    refuse_taken_name(call.caller, user_name)
    quotas.check("UsersPerAccount", quotas.USERS, User.objects.filter(account=call.caller.account_key).count())
    row = User.objects.create(
        account_id=call.caller.account_key,
        name=user_name,
        path=path,
        unique_id=call.ids.unique_id("AIDA"),
        created=call.now,
        tags=merged_tags({}, tags),
    )
    shape = shapes.user(row, call.caller.account_id)
    return {"User": shape | ({"Tags": shapes.tag_list(row.tags)} if row.tags else {})}


@operation("iam:GetUser", resource=resources.user_or_self, read_only=True)
def get_user(call: Call, *, user_name: str | None = None) -> Response:
    """One user, or the caller where the request names nobody."""
    caller = call.caller
    if user_name is None and caller.is_root:
        return {"User": shapes.root_user(Account.objects.get(pk=caller.account_key))}
    row: User = call.resource.require()
    shape = shapes.user(row, caller.account_id)
    return {"User": shape | ({"Tags": shapes.tag_list(row.tags)} if row.tags else {})}


@operation("iam:ListUsers", resource=resources.all_users, read_only=True)
def list_users(
    call: Call, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    """The account's users in order of name. The search of the console also looks at access key IDs."""
    rows = User.objects.filter(account=call.caller.account_key)
    if call.listing and call.listing.search.upper().startswith(("AKIA", "ASIA")):
        rows = rows.distinct()
        search: tuple[str, ...] = ("name", "access_keys__access_key_id")
    else:
        search = ("name",)
    sort = {"path": "path", "created": "created", "console_last_sign_in": "password_last_used"}
    found, page = paging.page_of_rows(rows, call, search=search, sort=sort)
    return {"Users": [shapes.user(row, call.caller.account_id) for row in found], **page}


@operation("iam:UpdateUser", resource=resources.renamed_user)
def update_user(
    call: Call, *, user_name: str, new_user_name: str | None = None, new_path: str | None = None
) -> Response:
    """Rename or move a user. Policies that name the old ARN do not follow, as on AWS."""
    row: User = call.resource.require()
    if new_user_name is not None and new_user_name.lower() != row.name.lower():
        refuse_taken_name(call.caller, new_user_name)
    row.rename(new_user_name, new_path)
    return {}


@operation("iam:DeleteUser", resource=resources.user)
def delete_user(call: Call, *, user_name: str) -> Response:
    """Delete a user that no longer owns anything.

    AWS refuses rather than cascades, so a learner meets the same DeleteConflict here that a real
    cleanup script would.
    """
    row: User = call.resource.require()
    owned: list[tuple[Any, str]] = [
        (row.memberships, "must remove users from group first."),
        (row.attachments, "must detach all policies first."),
        (row.inline_policies, "must delete policies first."),
        (row.access_keys, "must delete access keys first."),
        (row.mfa_devices, "must delete MFA device first."),
    ]
    for things, remedy in owned:
        if things.exists():
            raise DeleteConflict(f"Cannot delete entity, {remedy}")
    if hasattr(row, "login_profile"):
        raise DeleteConflict("Cannot delete entity, must delete login profile first.")
    row.delete()
    return {}


@operation("iam:TagUser", resource=resources.user, keys=keys.REQUEST_TAGS)
def tag_user(call: Call, *, user_name: str, tags: Tags) -> Response:
    row: User = call.resource.require()
    row.tags = merged_tags(row.tags, tags)
    row.save(update_fields=["tags"])
    return {}


@operation("iam:UntagUser", resource=resources.user, keys=keys.TAG_KEYS)
def untag_user(call: Call, *, user_name: str, tag_keys: Sequence[str]) -> Response:
    """Take tags away; a key that is not there is no error."""
    row: User = call.resource.require()
    gone = {key.lower() for key in tag_keys}
    row.tags = {key: value for key, value in row.tags.items() if key.lower() not in gone}
    row.save(update_fields=["tags"])
    return {}


@operation("iam:ListUserTags", resource=resources.user, read_only=True)
def list_user_tags(call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None) -> Response:
    row: User = call.resource.require()
    found, page = paging.page_of_list(shapes.tag_list(row.tags), call, key=lambda tag: tag["Key"])
    return {"Tags": found, **page}
