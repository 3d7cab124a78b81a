"""Users and their tags."""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.accounts.models import Account
from iamconsole.accounts.prepared import insert
from iamconsole.core.caller import Caller
from iamconsole.core.errors import DeleteConflict, EntityAlreadyExists
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import keys, paging, queries, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.boundaries import boundary_named
from iamconsole.iam.models import User
from iamconsole.iam.tags import Tags, merged_tags

REFERENCED = "must remove referenced objects first."


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
    refuse_taken_name(call.caller, user_name)
    quotas.check("UsersPerAccount", quotas.USERS, queries.user_count(call.caller.account_key))
    row = User(
        account_id=call.caller.account_key,
        name=user_name,
        path=path,
        unique_id=call.ids.unique_id("AIDA"),
        created=call.now,
        tags=merged_tags({}, tags),
        **boundary_named(call, permissions_boundary),
    )
    insert([row])
    return {"User": shapes.described_user(row, call.caller.account_id)}


@operation("iam:GetUser", resource=resources.user_or_self, read_only=True)
def get_user(call: Call, *, user_name: str | None = None) -> Response:
    """One user, or the caller where the request names nobody."""
    caller = call.caller
    if user_name is None and caller.is_root:
        return {"User": shapes.root_user(Account.objects.get(pk=caller.account_key))}
    return {"User": shapes.described_user(call.resource.require(), caller.account_id)}


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
    DeleteConflict.unless_free(
        (row.memberships.exists, "must remove users from group first."),
        (row.attachments.exists, "must detach all policies first."),
        (row.inline_policies.exists, "must delete policies first."),
        # The order from here on is that of transcripts (hashicorp/terraform, issue 8621), and for SSH public keys the
        # words too (hashicorp/terraform, issue 17841); AWS documents neither.
        (lambda: hasattr(row, "login_profile"), "must delete login profile first."),
        (row.access_keys.exists, "must delete access keys first."),
        (row.mfa_devices.exists, "must delete MFA device first."),
        (row.ssh_public_keys.exists, REFERENCED),
        (row.service_specific_credentials.exists, REFERENCED),
        (row.signing_certificates.exists, REFERENCED),
    )
    row.delete()
    return {}


@operation("iam:TagUser", resource=resources.user, keys=keys.REQUEST_TAGS)
def tag_user(call: Call, *, user_name: str, tags: Tags) -> Response:
    return tagging.put_on(call, tags)


@operation("iam:UntagUser", resource=resources.user, keys=keys.TAG_KEYS)
def untag_user(call: Call, *, user_name: str, tag_keys: Sequence[str]) -> Response:
    return tagging.take_from(call, tag_keys)


@operation("iam:ListUserTags", resource=resources.user, read_only=True)
def list_user_tags(call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None) -> Response:
    return tagging.page_of(call)
