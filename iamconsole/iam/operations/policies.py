"""Customer managed policies and their versions; AWS managed ones are read only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice

from django.db.models import QuerySet
from django.db.models.functions import Concat, Lower

from iamconsole.accounts.models import PolicyText
from iamconsole.core.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
)
from iamconsole.core.listing import Listing
from iamconsole.core.operation import Call, Check, Response, operation
from iamconsole.iam import aws_managed, keys, paging, quotas, resources, shapes
from iamconsole.iam import tags as tagging
from iamconsole.iam.aws_managed import AwsManagedPolicy
from iamconsole.iam.models import ManagedPolicy, PolicyVersion
from iamconsole.iam.tags import Tags, merged_tags
from iamconsole.iam.uses import Identity, Uses, holders_of, uses_in
from iamconsole.policy import parse


def require_well_formed(document: str) -> None:
    """Refuse a document that breaks the policy grammar, with the API's own text for the first problem."""
    problems = parse(document, "identity").problems
    if problems:
        raise MalformedPolicyDocument(problems[0].message, field="policy_document")


def _checked(document: str) -> str:
    require_well_formed(document)
    if quotas.size_of(document) > quotas.MANAGED_POLICY_SIZE:
        raise LimitExceeded.quota("PolicySize", quotas.MANAGED_POLICY_SIZE)
    return document


def _customer_policy(call: Call) -> ManagedPolicy:
    row = call.resource.require()
    if isinstance(row, AwsManagedPolicy):
        # Nobody may change AWS's own policies, whatever their permissions say.
        raise AccessDenied(
            f"User: {call.caller.arn} is not authorized to perform: {call.operation.name} "
            f"on resource: policy {row.arn}: it is managed by AWS"
        )
    policy: ManagedPolicy = row
    return policy


@operation(
    "iam:CreatePolicy",
    resource=resources.new_policy,
    keys=keys.REQUEST_TAGS,
    also=[Check("iam:TagPolicy", resources.if_tagged(resources.new_policy), keys.REQUEST_TAGS)],
)
def create_policy(
    call: Call,
    *,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str = "",
    tags: Sequence[dict[str, str]] = (),
) -> Response:
    document = _checked(policy_document)
    rows = ManagedPolicy.objects.filter(account=call.caller.account_key)
    if rows.filter(name__iexact=policy_name).exists():
        raise EntityAlreadyExists(
            f"A policy called {policy_name} already exists. Duplicate names are not allowed.", field="policy_name"
        )
    quotas.check("PoliciesPerAccount", quotas.POLICIES, rows.count())
    row = ManagedPolicy.objects.create(
        account_id=call.caller.account_key,
        name=policy_name,
        path=path,
        unique_id=call.ids.unique_id("ANPA"),
        description=description,
        tags=merged_tags({}, tags),
        created=call.now,
        updated=call.now,
        next_version=2,
    )
    PolicyVersion.objects.create(policy=row, number=1, text_id=PolicyText.keep(document), created=call.now)
    shape = shapes.policy(row, call.caller.account_id, (0, 0))
    return {"Policy": shape | shapes.tags_of(row)}


def _load_uses(calls: Sequence[Call]) -> Uses:
    return uses_in(calls[0].caller.account_key, [call.resource.row for call in calls if call.resource.row])


@operation("iam:GetPolicy", resource=resources.policy, read_only=True, load=_load_uses)
def get_policy(call: Call, *, policy_arn: str) -> Response:
    row = call.resource.require()
    shape = shapes.policy(row, call.caller.account_id, call.loaded.of(row))
    # An AWS managed policy has none and says so (DMS User Guide, "Creating the IAM roles to use with AWS DMS").
    tags = shapes.tag_list(row.tags) if isinstance(row, ManagedPolicy) else []
    return {"Policy": shape | shapes.description_of(row) | {"Tags": tags}}


@operation("iam:ListPolicies", resource=resources.all_policies, read_only=True)
def list_policies(
    call: Call,
    *,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> Response:
    """Customer and AWS managed policies, merged in order of name.

    AWS's 1,600 are in memory and in order, and of an account's own no more names are read than the page may need; the
    rows of the page alone are read in full. A description "is included in the response to the
    GetPolicy operation. It is not included in the response to the ListPolicies operation" (API Reference, Policy); the
    console's catalogue has a column of it all the same.
    """
    account_key = call.caller.account_key
    kind = call.listing.filters.get("type", "") if call.listing else ""
    own = paging.under_path(ManagedPolicy.objects.filter(account=account_key), path_prefix)
    theirs = [one for one in aws_managed.by_arn().values() if one.path.startswith(path_prefix)]
    if only_attached or policy_usage_filter:
        uses = uses_in(account_key)
        attached, bounding = set(uses.attached), set(uses.bounding)
        # "An attached permissions boundary is a managed policy that has been attached to a user or role to set the
        # permissions boundary" (API Reference): a boundary alone makes a policy an attached one too.
        used = {"PermissionsPolicy": attached, "PermissionsBoundary": bounding}.get(
            policy_usage_filter or "", attached | bounding
        )
        own = own.filter(pk__in=[key for key in used if isinstance(key, int)])
        theirs = [one for one in theirs if one.arn in used]
    if scope == "AWS" or kind in ("aws", "job-function"):
        own = own.none()
    if scope == "Local" or kind == "customer":
        theirs = []
    elif kind:
        theirs = [one for one in theirs if one.is_job_function == (kind == "job-function")]
    found, page = _screenful(own, theirs, call) if call.listing else _page(own, theirs, call)
    return {"Policies": _shapes(found, call), **page}


Found = list[tuple[str, int | AwsManagedPolicy]]  # names, with the keys of our rows or AWS's policies themselves


def _screenful(own: QuerySet[ManagedPolicy], theirs: list[AwsManagedPolicy], call: Call) -> tuple[Found, Response]:
    """What the console asks for: a search by name, or by an ARN's beginning, and pages in either direction."""
    listing = call.listing or Listing()
    text = listing.search.lower()
    if text.startswith("arn:"):
        ours = f"arn:aws:iam::{call.caller.account_id}:policy"
        theirs = [one for one in theirs if one.arn.lower().startswith(text)]
        if text.startswith(ours):
            own = own.alias(_rest=Concat("path", "name")).filter(_rest__istartswith=text.removeprefix(ours))
        elif not ours.startswith(text):
            own = own.none()
    elif text:
        theirs = [one for one in theirs if text in one.name.lower()]
        own = own.filter(name__icontains=text)
    total = own.count() + len(theirs)
    in_order = _merged(own, theirs, listing.stop, descending=listing.descending)
    return list(islice(in_order, listing.start, listing.stop)), {"IsTruncated": False, "Total": total}


def _page(own: QuerySet[ManagedPolicy], theirs: list[AwsManagedPolicy], call: Call) -> tuple[Found, Response]:
    """What AWS's Marker and MaxItems ask for. One of ours may be called as one of AWS's: then ours comes first."""
    size = call.params.get("max_items") or paging.DEFAULT_PAGE
    if after := paging.read_marker(call.params.get("marker")):
        own = own.alias(_order=Lower("name")).filter(_order__gt=after)
        theirs = [one for one in theirs if _place(one.name, one) > after]
    found = list(islice(_merged(own, theirs, size + 1), size + 1))
    if len(found) <= size:
        return found, {"IsTruncated": False}
    return found[:size], paging.next_page(_place(*found[size - 1]))


def _merged(
    own: QuerySet[ManagedPolicy], theirs: list[AwsManagedPolicy], most: int, *, descending: bool = False
) -> Iterator[tuple[str, int | AwsManagedPolicy]]:
    """The first `most` by name. Both are in order already, ours by the database."""
    order = Lower("name").desc() if descending else Lower("name").asc()
    ours = own.order_by(order).values_list("name", "pk")[:most]
    others = [(one.name, one) for one in (reversed(theirs) if descending else theirs)]
    return merge(ours, others, key=lambda item: _place(*item), reverse=descending)


def _place(name: str, key: int | AwsManagedPolicy) -> str:
    """Where a policy stands in the list; no two have the same place, and no name has a space."""
    return f"{name.lower()} {0 if isinstance(key, int) else 1}"


def _shapes(found: Found, call: Call) -> list[Response]:
    own = ManagedPolicy.objects.in_bulk([key for _, key in found if isinstance(key, int)])
    rows = [own[key] if isinstance(key, int) else key for _, key in found]
    uses = uses_in(call.caller.account_key, rows)
    return [
        shapes.policy(row, call.caller.account_id, uses.of(row)) | (shapes.description_of(row) if call.listing else {})
        for row in rows
    ]


@operation("iam:DeletePolicy", resource=resources.policy)
def delete_policy(call: Call, *, policy_arn: str) -> Response:
    row = _customer_policy(call)
    if row.attachments.exists() or row.bounded_users.exists() or row.bounded_roles.exists():
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    if row.versions.count() > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    row.delete()
    return {}


@operation("iam:CreatePolicyVersion", resource=resources.policy)
def create_policy_version(
    call: Call, *, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> Response:
    """Save a new version; it has no effect until it is the default."""
    row = _customer_policy(call)
    document = _checked(policy_document)
    if row.versions.count() >= quotas.VERSIONS:
        raise LimitExceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete "
            "an existing version."
        )
    version = PolicyVersion.objects.create(
        policy=row, number=row.next_version, text_id=PolicyText.keep(document), created=call.now
    )
    row.next_version += 1
    row.updated = call.now
    if set_as_default:
        row.default_version = version.number
    row.save(update_fields=["next_version", "updated", "default_version"])
    return {"PolicyVersion": shapes.policy_version(version, row.default_version)}


def _version(row: ManagedPolicy, version_id: str) -> PolicyVersion:
    digits = version_id.removeprefix("v")
    found = row.versions.select_related("text").filter(number=int(digits)).first() if digits.isdecimal() else None
    if found is None:
        raise NoSuchEntity(
            f"Policy {row.arn(row.account.account_id)} version {version_id} does not exist or is not attachable.",
            field="version_id",
        )
    return found


@operation("iam:GetPolicyVersion", resource=resources.policy, read_only=True)
def get_policy_version(call: Call, *, policy_arn: str, version_id: str) -> Response:
    """One version with its document. The package holds only the newest version of AWS's own policies."""
    row = call.resource.require()
    if isinstance(row, AwsManagedPolicy):
        if version_id != row.version_id:
            raise NoSuchEntity(f"Policy {row.arn} version {version_id} does not exist or is not attachable.")
        return {"PolicyVersion": {"Document": row.text, **shapes.aws_version(row)}}
    version = _version(row, version_id)
    return {"PolicyVersion": {"Document": version.text.text, **shapes.policy_version(version, row.default_version)}}


@operation("iam:ListPolicyVersions", resource=resources.policy, read_only=True)
def list_policy_versions(
    call: Call, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    """The versions, newest first."""
    row = call.resource.require()
    if isinstance(row, AwsManagedPolicy):
        return {"Versions": [shapes.aws_version(row)], "IsTruncated": False}
    # The key falls as the number rises, and with it the list.
    versions, page = paging.page_of_list(list(row.versions.all()), call, key=lambda v: f"{10**9 - v.number:010}")
    return {"Versions": [shapes.policy_version(v, row.default_version) for v in versions], **page}


@operation("iam:SetDefaultPolicyVersion", resource=resources.policy)
def set_default_policy_version(call: Call, *, policy_arn: str, version_id: str) -> Response:
    row = _customer_policy(call)
    row.default_version = _version(row, version_id).number
    row.updated = call.now
    row.save(update_fields=["default_version", "updated"])
    return {}


@operation("iam:DeletePolicyVersion", resource=resources.policy)
def delete_policy_version(call: Call, *, policy_arn: str, version_id: str) -> Response:
    row = _customer_policy(call)
    version = _version(row, version_id)
    if version.number == row.default_version:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    version.delete()
    return {}


@operation("iam:ListEntitiesForPolicy", resource=resources.policy, read_only=True)
def list_entities_for_policy(
    call: Call,
    *,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> Response:
    """The users, groups and roles that have a policy, as a permissions policy or as their boundary."""
    entities: list[tuple[str, Identity]] = [
        (one.kind.title(), one)
        for one in holders_of(call.caller.account_key, call.resource.require(), policy_usage_filter)
        if entity_filter in (None, one.kind.title()) and one.path.startswith(path_prefix)
    ]
    found, page = paging.page_of_list(
        entities, call, key=lambda entity: f"{entity[1].name} {entity[0]}", name=lambda entity: entity[1].name
    )
    answer: Response = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": [], **page}
    for kind, one in found:
        answer[f"Policy{kind}s"].append({f"{kind}Name": one.name, f"{kind}Id": one.unique_id})
    return answer


@operation("iam:TagPolicy", resource=resources.policy, keys=keys.REQUEST_TAGS)
def tag_policy(call: Call, *, policy_arn: str, tags: Tags) -> Response:
    _customer_policy(call)
    return tagging.put_on(call, tags)


@operation("iam:UntagPolicy", resource=resources.policy, keys=keys.TAG_KEYS)
def untag_policy(call: Call, *, policy_arn: str, tag_keys: Sequence[str]) -> Response:
    _customer_policy(call)
    return tagging.take_from(call, tag_keys)


@operation("iam:ListPolicyTags", resource=resources.policy, read_only=True)
def list_policy_tags(
    call: Call, *, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> Response:
    """The tags of a policy; AWS's own have none."""
    if isinstance(call.resource.require(), AwsManagedPolicy):
        return {"Tags": [], "IsTruncated": False}
    return tagging.page_of(call)
