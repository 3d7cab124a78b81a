"""Groups and who is in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Count

from iamconsole.core.caller import Caller
from iamconsole.core.errors import DeleteConflict, EntityAlreadyExists, NoSuchEntity
from iamconsole.core.operation import Call, Response, operation
from iamconsole.iam import paging, queries, quotas, resources, shapes
from iamconsole.iam.models import Group, Membership, User


def refuse_taken_name(caller: Caller, name: str) -> None:
    if queries.groups_named(caller.account_key, [name]):
        raise EntityAlreadyExists(f"Group with name {name} already exists.", field="group_name")


@operation("iam:CreateGroup", resource=resources.new_group)
def create_group(call: Call, *, group_name: str, path: str = "/") -> Response:
    refuse_taken_name(call.caller, group_name)
    quotas.check("GroupsPerAccount", quotas.GROUPS, Group.objects.filter(account=call.caller.account_key).count())
    row = Group.objects.create(
        account_id=call.caller.account_key,
        name=group_name,
        path=path,
        unique_id=call.ids.unique_id("AGPA"),
        created=call.now,
    )
    return {"Group": shapes.group(row, call.caller.account_id)}


def _only_counts(call: Call) -> bool:
    return call.listing is not None and call.listing.size == 0


def _user_counts(calls: Sequence[Call]) -> dict[int, int]:
    groups = [call.resource.row for call in calls if call.resource.row and _only_counts(call)]
    if not groups:
        return {}
    return dict(Membership.objects.filter(group__in=groups).values_list("group").annotate(n=Count("pk")))


@operation("iam:GetGroup", resource=resources.group, read_only=True, load=_user_counts)
def get_group(call: Call, *, group_name: str, marker: str | None = None, max_items: int | None = None) -> Response:
    """A group and its users. A console page that only counts them asks for a screenful of none."""
    row: Group = call.resource.require()
    account_id = call.caller.account_id
    if _only_counts(call):
        total = call.loaded.get(row.pk, 0)
        return {"Group": shapes.group(row, account_id), "Users": [], "IsTruncated": False, "Total": total}
    members = User.objects.filter(memberships__group=row)
    users, page = paging.page_of_rows(members, call, sort={"created": "created"})
    return {"Group": shapes.group(row, account_id), "Users": [shapes.user(user, account_id) for user in users], **page}


@operation("iam:ListGroups", resource=resources.all_groups, read_only=True)
def list_groups(
    call: Call, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Response:
    rows = Group.objects.filter(account=call.caller.account_key)
    found, page = paging.page_of_rows(rows, call, sort={"created": "created"})
    return {"Groups": [shapes.group(row, call.caller.account_id) for row in found], **page}


@operation("iam:UpdateGroup", resource=resources.renamed_group)
def update_group(
    call: Call, *, group_name: str, new_group_name: str | None = None, new_path: str | None = None
) -> Response:
    """Rename or move a group. Policies that name the old ARN do not follow, as on AWS."""
    row: Group = call.resource.require()
    if new_group_name is not None and new_group_name.lower() != row.name.lower():
        refuse_taken_name(call.caller, new_group_name)
    row.rename(new_group_name, new_path)
    return {}


@operation("iam:DeleteGroup", resource=resources.group)
def delete_group(call: Call, *, group_name: str) -> Response:
    """Delete a group that has no users and no policies; AWS refuses rather than cascades."""
    row: Group = call.resource.require()
    DeleteConflict.unless_free(
        (row.memberships.exists, "must remove users from group first."),
        (row.attachments.exists, "must detach all policies first."),
        (row.inline_policies.exists, "must delete policies first."),
    )
    row.delete()
    return {}


def _member(call: Call, user_name: str) -> User:
    row: User = resources.user(call.caller, [{"user_name": user_name}])[0].require()
    return row


@operation("iam:AddUserToGroup", resource=resources.group)
def add_user_to_group(call: Call, *, group_name: str, user_name: str) -> Response:
    """Put a user into a group; doing it twice is no error."""
    group: Group = call.resource.require()
    user = _member(call, user_name)
    if not Membership.objects.filter(user=user, group=group).exists():
        quotas.check("GroupsPerUser", quotas.GROUPS_PER_USER, user.memberships.count())
        Membership.objects.create(user=user, group=group)
    return {}


@operation("iam:RemoveUserFromGroup", resource=resources.group)
def remove_user_from_group(call: Call, *, group_name: str, user_name: str) -> Response:
    group: Group = call.resource.require()
    user = _member(call, user_name)
    gone, _ = Membership.objects.filter(user=user, group=group).delete()
    if not gone:
        raise NoSuchEntity(f"User {user.name} is not in group {group.name}.", field="user_name")
    return {}


def _groups_of_users(calls: Sequence[Call]) -> dict[int, list[Group]]:
    groups: dict[int, list[Group]] = defaultdict(list)
    users = [call.resource.row for call in calls if call.resource.row]
    for row in Membership.objects.filter(user__in=users).select_related("group"):
        groups[row.user_id].append(row.group)
    return groups


# The resolver of ListAccessKeys, so that a page that asks both for each user finds the users once.
@operation("iam:ListGroupsForUser", resource=resources.user_or_self, read_only=True, load=_groups_of_users)
def list_groups_for_user(
    call: Call, *, user_name: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    row: User = call.resource.require()
    found, page = paging.page_of_list(call.loaded[row.pk], call, key=lambda group: group.name)
    return {"Groups": [shapes.group(group, call.caller.account_id) for group in found], **page}
