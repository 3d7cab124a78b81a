"""From a request to the bucket and the objects it is about."""

from __future__ import annotations

from collections.abc import Sequence

from iamconsole.core import arn
from iamconsole.core.caller import Caller
from iamconsole.core.operation import Params, Resource, resolves
from iamconsole.policy import AttachedPolicy, parse
from iamconsole.s3 import errors, names
from iamconsole.s3.models import Bucket


def _buckets(caller: Caller, names: Sequence[str]) -> dict[str, Bucket]:
    """Buckets of the caller's sandbox: the names of another one's do not exist here."""
    rows = Bucket.objects.filter(sandbox=caller.sandbox_key, name__in=set(names)).select_related("account", "policy")
    return {row.name: row for row in rows}


def _attached(row: Bucket) -> AttachedPolicy | None:
    if row.policy is None:
        return None
    return AttachedPolicy(parse(row.policy.text, "resource"), row.name, "resource", arn.bucket(row.name))


@resolves()
def every_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """s3:ListAllMyBuckets: AWS's own examples grant it on `*` and on `arn:aws:s3:::*`.

    Source: Amazon S3 User Guide, "Identity-based policy examples for Amazon S3".
    """
    return [Resource("arn:aws:s3:::*", shown="")] * len(asked)


def bucket_resource(row: Bucket) -> Resource:
    return Resource(arn.bucket(row.name), account=row.account.account_id, policy=_attached(row), row=row)


@resolves("bucket")
def bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    rows = _buckets(caller, [params["bucket"] for params in asked])
    found = []
    for params in asked:
        name = params["bucket"]
        if name in rows:
            found.append(bucket_resource(rows[name]))
        else:
            missing = errors.no_such_bucket(name)
            found.append(Resource(arn.bucket(name), missing=missing, missing_first=True))
    return found


@resolves("bucket")
def new_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    return [Resource(arn.bucket(params["bucket"])) for params in asked]


@resolves("object")
def in_bucket(caller: Caller, asked: Sequence[Params]) -> list[Resource]:
    """An object's ARN, with its bucket as the row: the object itself may be there or not."""
    rows = _buckets(caller, [params["bucket"] for params in asked])
    found = []
    for params in asked:
        name, key = params["bucket"], params["key"]
        row = rows.get(name)
        if len(key.encode()) > names.MAX_KEY_BYTES:
            found.append(Resource(arn.s3_object(name, ""), missing=errors.key_too_long(), missing_first=True))
        elif row is None:
            missing = errors.no_such_bucket(name)
            found.append(Resource(arn.s3_object(name, key), missing=missing, missing_first=True))
        else:
            owner = row.account.account_id
            found.append(Resource(arn.s3_object(name, key), account=owner, policy=_attached(row), row=row))
    return found
