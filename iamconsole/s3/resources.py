"""From a request to the bucket and the objects it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iamconsole.core import arn
from iamconsole.core.caller import Caller
from iamconsole.core.operation import Params, Resource, resolves, when
from iamconsole.policy import AttachedPolicy, BlockPublicAccess, parse
from iamconsole.s3 import errors, keys, names, versions
from iamconsole.s3.models import Bucket, StoredObject


def _buckets(caller: Caller, names: Sequence[str]) -> dict[str, Bucket]:
    """Buckets of the caller's sandbox: the names of another one's do not exist here."""
    rows = Bucket.objects.filter(sandbox=caller.sandbox_key, name__in=set(names))
    rows = rows.select_related("account", "policy", "public_access_block", "account__s3_public_access_block")
    return {row.name: row for row in rows}


def _attached(row: Bucket) -> AttachedPolicy | None:
    if row.policy is None:
        return None
    return AttachedPolicy(parse(row.policy.text, "resource"), row.name, "resource", arn.bucket(row.name))


def blocked(row: Bucket) -> BlockPublicAccess:
    """What is blocked by the bucket's settings and by its account's: "Amazon S3 applies the most restrictive
    combination of the bucket-level and account-level settings" (access-control-block-public-access.html)."""
    own = getattr(row, "public_access_block", None)
    accounts = getattr(row.account, "s3_public_access_block", None)
    found = [one.as_policy for one in (own, accounts) if one is not None]
    return BlockPublicAccess(
        any(one.block_public_acls for one in found),
        any(one.ignore_public_acls for one in found),
        any(one.block_public_policy for one in found),
        any(one.restrict_public_buckets for one in found),
    )


@resolves()
def every_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """s3:ListAllMyBuckets: AWS's own examples grant it on `*` and on `arn:aws:s3:::*`.

    Source: Amazon S3 User Guide, "Identity-based policy examples for Amazon S3".
    """
    return [Resource("arn:aws:s3:::*", shown="")] * len(asked)


def bucket_resource(row: Bucket) -> Resource:
    return Resource(
        arn.bucket(row.name),
        account=row.account.account_id,
        policy=_attached(row),
        block_public_access=blocked(row),
        row=row,
    )


def _no_bucket(name: str, resource: str) -> Resource:
    return Resource(resource, missing=errors.no_such_bucket(name), missing_first=True)


@resolves("bucket")
def bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = _buckets(caller, [params["bucket"] for params in asked])
    found = []
    for params in asked:
        name = params["bucket"]
        found.append(bucket_resource(rows[name]) if name in rows else _no_bucket(name, arn.bucket(name)))
    return found


@resolves("bucket")
def new_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.bucket(params["bucket"])) for params in asked]


# -- objects ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is or may be: its bucket, its key, and what is there of the version that is meant."""

    bucket: Bucket
    key: str
    found: StoredObject | None = None


def _at(rows: dict[str, Bucket], name: str, key: str, context: dict[str, str] | None = None) -> Resource:
    """An object's ARN, with its bucket as the row: the object itself may be there or not."""
    row = rows.get(name)
    if len(key.encode()) > names.MAX_KEY_BYTES:
        return Resource(arn.s3_object(name, ""), missing=errors.key_too_long(), missing_first=True)
    if row is None:
        return _no_bucket(name, arn.s3_object(name, key))
    return Resource(
        arn.s3_object(name, key),
        context or {},
        row.account.account_id,
        _attached(row),
        block_public_access=blocked(row),
        row=row,
    )


@resolves("object")
def in_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = _buckets(caller, [params["bucket"] for params in asked])
    return [_at(rows, params["bucket"], params["key"]) for params in asked]


def _with_tags(resource: Resource, key: str, version_id: str | None) -> Resource:
    """The resource with what is there, and with its tags for the policies that ask for them."""
    if resource.row is None:
        return resource
    row: Bucket = resource.row
    found = versions.find(row, key, version_id)
    return Resource(
        resource.arn,
        {f"s3:ExistingObjectTag/{name}": value for name, value in found.tags.items()} if found else {},
        resource.account,
        resource.policy,
        Place(row, key, found),
        block_public_access=resource.block_public_access,
    )


EXISTING_TAGS = ("s3:ExistingObjectTag/<key>",)


@resolves("object", keys=EXISTING_TAGS)
def existing(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """An object with its tags; the row is its `Place`."""
    found = in_bucket(caller, asked)
    return [
        _with_tags(resource, params["key"], params.get("version_id"))
        for resource, params in zip(found, asked, strict=True)
    ]


def _no_version(params: Params) -> bool:
    return not params.get("version_id")


# Most of what is asked for an object has another name where a version is named.
existing_latest = when(_no_version, existing)
existing_version = when("version_id", existing)
latest_in_bucket = when(_no_version, in_bucket)
version_in_bucket = when("version_id", in_bucket)


def _listed(caller: Caller, asked: Sequence[Params], *, versions: bool) -> list[tuple[Resource, ...]]:
    rows = _buckets(caller, [params["bucket"] for params in asked])
    answer = []
    for params in asked:
        found = []
        for one in params["delete"]["Objects"]:
            if bool(one.get("VersionId")) is versions:
                context = {"s3:versionid": one["VersionId"]} if versions else {}
                if one.get("ETag") and not versions:
                    context["s3:if-match"] = one["ETag"]
                found.append(_at(rows, params["bucket"], one["Key"], context))
        answer.append(tuple(found))
    return answer


@resolves("object", keys=("s3:if-match",))
def listed_latest(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    """The objects of a DeleteObjects that names no version of them."""
    return _listed(caller, asked, versions=False)


@resolves("object", keys=("s3:versionid",))
def listed_versions(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    """The versions that a DeleteObjects names."""
    return _listed(caller, asked, versions=True)


# -- the source of a copy ---------------------------------------------------------------------------


def _sources(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, str | None]]:
    places = [keys.copy_source(params) for params in asked]
    rows = _buckets(caller, [bucket for bucket, _, _ in places])
    return [(_with_tags(_at(rows, bucket, key), key, version), version) for bucket, key, version in places]


@resolves("object", keys=EXISTING_TAGS)
def source_latest(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    """What is copied, where no version of it is named; the row is its `Place`."""
    return [() if version else (one,) for one, version in _sources(caller, asked)]


@resolves("object", keys=EXISTING_TAGS)
def source_version(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    return [(one,) if version else () for one, version in _sources(caller, asked)]


def _has_tags(source: Resource) -> bool:
    return source.row is not None and source.row.found is not None and bool(source.row.found.tags)


def copies_tags(params: Params) -> bool:
    return params.get("tagging_directive") != "REPLACE"


@resolves("object", keys=EXISTING_TAGS)
def tagged_source_latest(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    """What is copied, where its tags are copied too."""
    found = _sources(caller, asked)
    return [
        (one,) if not version and copies_tags(params) and _has_tags(one) else ()
        for (one, version), params in zip(found, asked, strict=True)
    ]


@resolves("object", keys=EXISTING_TAGS)
def tagged_source_version(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    found = _sources(caller, asked)
    return [
        (one,) if version and copies_tags(params) and _has_tags(one) else ()
        for (one, version), params in zip(found, asked, strict=True)
    ]


@resolves("object")
def tagged_copy(caller: Caller, asked: Sequence[Params]) -> list[tuple[Resource, ...]]:
    """The copy, where it gets tags: those that the request brings, or those of the source."""
    found = in_bucket(caller, asked)
    sources = _sources(caller, asked)
    return [
        (one,) if (_has_tags(source) if copies_tags(params) else params.get("tagging")) else ()
        for one, (source, _), params in zip(found, sources, asked, strict=True)
    ]
