"""Amazon S3, thin: buckets, their policies, and objects.

Which action each operation is decided as: Service Authorization Reference, "Actions, resources, and
condition keys for Amazon S3", and the permissions section of each operation in the S3 API Reference.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Expression
from django.db.models.functions import Collate

from iamconsole.accounts.models import PolicyText
from iamconsole.core import arn
from iamconsole.core.errors import AccessDenied
from iamconsole.core.operation import Call, Check, Params, Response, operation, when
from iamconsole.core.regions import DEFAULT, REGIONS
from iamconsole.iam import principals
from iamconsole.policy import parse
from iamconsole.s3 import bucket_policies, errors, keys, names, resources, storage, usage
from iamconsole.s3.models import GIVEN_BACK, Bucket, StoredObject

DEFAULT_TYPE = "binary/octet-stream"


def _owner(bucket: Bucket) -> Response:
    account = bucket.account
    return {"DisplayName": account.name, "ID": names.canonical_id(account.account_id)}


# What says how the bytes travel, or asks for what is so anyway. Every other parameter that an operation
# does not name is refused: what is ignored in silence would be believed.
HARMLESS = {
    *(
        "content_length",
        "content_md5",
        "request_payer",
        "optional_object_attributes",
        "confirm_remove_self_bucket_access",
    ),
    *("checksum_algorithm", "checksum_mode", "checksum_crc32", "checksum_crc32_c", "checksum_crc64_nvme"),
    *("checksum_sha1", "checksum_sha256"),
}
AS_IT_IS = {
    "storage_class": "STANDARD",
    "server_side_encryption": "AES256",
    "object_ownership": "BucketOwnerEnforced",
}
BUCKET_OWNER_ENFORCED = {"private", "bucket-owner-full-control"}


def refuse_unsimulated(call: Call, more: Params) -> None:
    """Check the parameters that any operation may have (`more`: those it does not name), and refuse the rest."""
    for name, value in more.items():
        if name in HARMLESS or AS_IT_IS.get(name) == value or value in (None, False, ""):
            continue
        if name == "expected_bucket_owner":
            if value != call.resource.account:
                raise AccessDenied("Access Denied")
        elif name == "acl":
            # Source: S3 User Guide, "Controlling ownership of objects": with ACLs disabled only these are accepted.
            if value not in BUCKET_OWNER_ENFORCED:
                raise errors.S3Error("The bucket does not allow ACLs", code="AccessControlListNotSupported")
        else:
            raise errors.not_implemented(name)


def _check_read(
    row: StoredObject,
    if_match: str | None,
    if_none_match: str | None,
    if_modified_since: dt.datetime | None,
    if_unmodified_since: dt.datetime | None,
) -> None:
    """The conditions of a read. A match of ETags outweighs the time, and so does the lack of one.

    Source: S3 API Reference, GetObject: with If-Match true and If-Unmodified-Since false "S3 returns 200 OK",
    with If-None-Match false and If-Modified-Since true "304 Not Modified".
    """
    modified = row.modified.replace(microsecond=0)  # the headers have whole seconds
    if if_match is not None:
        if not _names(if_match, row.etag):
            raise errors.precondition_failed("If-Match")
    elif if_unmodified_since is not None and modified > if_unmodified_since:
        raise errors.precondition_failed("If-Unmodified-Since")
    if if_none_match is not None:
        if _names(if_none_match, row.etag):
            raise errors.not_modified(row.etag)
    elif if_modified_since is not None and modified <= if_modified_since:
        raise errors.not_modified(row.etag)


def _names(given: str, etag: str) -> bool:
    """Whether a list of ETags, as browsers send it, names this one; `*` names every one."""
    return any(one.strip().removeprefix("W/").strip('"') in ("*", etag) for one in given.split(","))


def _check_etag(row: StoredObject | None, if_match: str | None, if_none_match: str | None = None) -> None:
    """The conditions of a write. Source: S3 User Guide, "Add preconditions to S3 operations"."""
    etag = row.etag if row else None
    if if_match is not None and if_match.strip('"') != etag:
        raise errors.precondition_failed("If-Match")
    if if_none_match is not None and row is not None and if_none_match.strip('"') in ("*", etag):
        raise errors.precondition_failed("If-None-Match")


# ---------------------------------------------------------------- buckets


@operation(
    "s3:ListBuckets",
    resource=resources.every_bucket,
    action="s3:ListAllMyBuckets",
    keys=keys.REQUEST,
    read_only=True,
)
def list_buckets(
    call: Call,
    *,
    max_buckets: int | None = None,
    continuation_token: str | None = None,
    prefix: str = "",
    bucket_region: str | None = None,
) -> Response:
    """The buckets of the caller's account, in order of name."""
    rows = Bucket.objects.filter(account=call.caller.account_key).order_by("name")
    owner = {"DisplayName": call.caller.account_name, "ID": names.canonical_id(call.caller.account_id)}
    answer: Response = {"Owner": owner}
    if prefix:
        rows = rows.filter(name__gte=prefix, name__lt=prefix + LAST)
        answer["Prefix"] = prefix
    if bucket_region:
        rows = rows.filter(region=bucket_region)
    if listing := call.listing:
        rows = rows.filter(name__icontains=listing.search)
        if listing.sort in ("name", "region", "created"):
            rows = rows.order_by(("-" if listing.descending else "") + listing.sort, "name")
        answer["Total"] = rows.count()
        rows = rows[listing.start : listing.stop]
    else:
        if continuation_token:
            rows = rows.filter(name__gt=_read_token(continuation_token))
        if max_buckets:
            rows = rows[: max_buckets + 1]
    found = list(rows)
    if max_buckets and not call.listing and len(found) > max_buckets:
        found = found[:max_buckets]
        answer["ContinuationToken"] = _token(found[-1].name)
    answer["Buckets"] = [
        {
            "Name": row.name,
            "CreationDate": row.created,
            "BucketRegion": row.region,
            "BucketArn": arn.bucket(row.name),
        }
        for row in found
    ]
    return answer


@operation(
    "s3:CreateBucket",
    resource=resources.new_bucket,
    keys=keys.NEW_BUCKET,
    also=[
        Check("s3:PutBucketAcl", when(keys.sets_bucket_acl, resources.new_bucket), keys.BUCKET_ACL),
        Check("s3:PutBucketOwnershipControls", when("object_ownership", resources.new_bucket), keys.REQUEST),
        Check(
            "s3:PutBucketObjectLockConfiguration",
            when("object_lock_enabled_for_bucket", resources.new_bucket),
            keys.REQUEST,
        ),
        Check("s3:PutBucketVersioning", when("object_lock_enabled_for_bucket", resources.new_bucket), keys.REQUEST),
        Check("s3:TagResource", when(keys.bucket_tags, resources.new_bucket), keys.BUCKET_TAGS),
    ],
)
def create_bucket(
    call: Call, *, bucket: str, create_bucket_configuration: dict[str, Any] | None = None, **more: Any
) -> Response:
    """Create a bucket in the Region that the request names, or that it was sent to.

    ACL parameters are accepted and have no effect, as with Object Ownership "bucket owner enforced".
    """
    refuse_unsimulated(call, more)
    if names.bucket_name_problem(bucket):
        raise errors.invalid_bucket_name(bucket)
    configuration = dict(create_bucket_configuration or {})
    asked = configuration.pop("LocationConstraint", None)
    refuse_unsimulated(call, configuration)
    if not asked and call.context.region != DEFAULT:
        raise errors.S3Error(
            "The unspecified location constraint is incompatible for the region specific endpoint this request "
            "was sent to.",
            code="IllegalLocationConstraintException",
            field="region",
        )
    region = asked or DEFAULT
    if region not in REGIONS:
        raise errors.S3Error(
            "The specified location-constraint is not valid", code="InvalidLocationConstraint", field="region"
        )
    taken = Bucket.objects.filter(sandbox=call.caller.sandbox_key, name=bucket).first()
    if taken:
        raise errors.bucket_exists(taken.account_id == call.caller.account_key, bucket)
    try:
        # Another account of the sandbox may take the name at this very moment: it holds another lock.
        with transaction.atomic():
            Bucket.objects.create(
                sandbox_id=call.caller.sandbox_key,
                account_id=call.caller.account_key,
                name=bucket,
                region=region,
                created=call.now,
            )
    except IntegrityError:
        raise errors.bucket_exists(False, bucket) from None
    usage.check_new_bucket(call.caller.sandbox_key)
    return {"Location": f"/{bucket}", "BucketArn": arn.bucket(bucket)}


@operation("s3:HeadBucket", resource=resources.bucket, action="s3:ListBucket", keys=keys.REQUEST, read_only=True)
def head_bucket(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    return {"BucketRegion": row.region, "BucketArn": arn.bucket(row.name)}


@operation("s3:GetBucketLocation", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_location(call: Call, *, bucket: str, **more: Any) -> Response:
    """The Region of a bucket; empty for us-east-1, as S3 has answered since its beginning."""
    refuse_unsimulated(call, more)
    region = call.resource.require().region
    return {"LocationConstraint": "" if region == "us-east-1" else region}


@operation("s3:DeleteBucket", resource=resources.bucket, keys=keys.REQUEST)
def delete_bucket(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if row.objects_in.exists():
        raise errors.bucket_not_empty(bucket)
    row.delete()
    return {}


# ---------------------------------------------------------------- bucket policies


@operation("s3:GetBucketPolicy", resource=resources.bucket, keys=keys.REQUEST, read_only=True)
def get_bucket_policy(call: Call, *, bucket: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    if row.policy is None:
        raise errors.no_bucket_policy(bucket)
    return {"Policy": principals.shown(row.policy.text, row.account_id)}


@operation("s3:PutBucketPolicy", resource=resources.bucket, keys=keys.REQUEST)
def put_bucket_policy(call: Call, *, bucket: str, policy: str, **more: Any) -> Response:
    """Set the bucket's policy, in place of the one before."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    parsed = parse(policy, "resource")
    if parsed.problems:
        raise errors.malformed_policy(parsed.problems[0].message)
    if len(policy.encode()) > bucket_policies.MAX_BYTES:
        raise errors.malformed_policy(f"Policies must be at most {bucket_policies.MAX_BYTES} bytes long.")
    if refused := bucket_policies.problem(parsed, row.name):
        raise errors.malformed_policy(refused)
    try:
        known = bucket_policies.by_accounts(parsed, row.sandbox_id)
        kept = principals.pinned(known, row.sandbox_id, row.account.account_id)
    except principals.UnknownPrincipal as error:
        raise errors.malformed_policy(bucket_policies.INVALID_PRINCIPAL) from error
    row.policy_id = PolicyText.keep(kept)
    row.save(update_fields=["policy"])
    return {}


@operation("s3:DeleteBucketPolicy", resource=resources.bucket, keys=keys.REQUEST)
def delete_bucket_policy(call: Call, *, bucket: str, **more: Any) -> Response:
    """Remove the bucket's policy; S3 answers the same when there is none."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    row.policy = None
    row.save(update_fields=["policy"])
    return {}


# ---------------------------------------------------------------- objects


def _stage_body(call: Call) -> storage.Staged:
    return storage.stage(call.body or io.BytesIO(), settings.IAMCONSOLE_MAX_OBJECT_BYTES)


@operation(
    "s3:PutObject",
    resource=resources.in_bucket,
    keys=keys.NEW_OBJECT,
    also=[
        Check("s3:PutObjectAcl", when(keys.sets_acl, resources.in_bucket), keys.OBJECT_ACL),
        Check("s3:PutObjectTagging", when("tagging", resources.in_bucket), keys.OBJECT_TAGS),
        Check("s3:PutObjectRetention", when(keys.sets_retention, resources.in_bucket), keys.RETENTION),
        Check(
            "s3:PutObjectLegalHold",
            when("object_lock_legal_hold_status", resources.in_bucket),
            keys.LEGAL_HOLD,
        ),
    ],
    management=False,
    prepare=_stage_body,
    discard=storage.discard,
)
def put_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    content_type: str = DEFAULT_TYPE,
    metadata: dict[str, str] | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    **more: Any,
) -> Response:
    """Store an object in place of the one before. A crash leaves either the old or the new one."""
    given_back = {name: more.pop(name) for name in GIVEN_BACK if more.get(name)}
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    staged: storage.Staged = call.prepared
    before = StoredObject.objects.filter(bucket=row, key=key).first()
    _check_etag(before, if_match, if_none_match)
    StoredObject.objects.update_or_create(
        bucket=row,
        key=key,
        defaults={
            "size": staged.size,
            "etag": staged.etag,
            "content_type": content_type,
            "headers": given_back,
            "metadata": metadata or {},
            "modified": call.now,
            "stored_as": staged.name,
        },
    )
    usage.move(row, 0 if before else 1, staged.size - (before.size if before else 0))
    if before:
        _remove_after_commit(before.stored_as)
    return {"ETag": f'"{staged.etag}"'}


def _remove_after_commit(name: str) -> None:
    # The new state is committed by then: bytes that cannot be removed are an orphan, not a failed call.
    transaction.on_commit(lambda: storage.release([name]), robust=True)


def _stored(call: Call) -> StoredObject:
    """The object, or the refusal that tells no more than the caller may know.

    Source: S3 API Reference, GetObject: without s3:ListBucket a key that does not exist is answered
    with 403 Access Denied.
    """
    row: Bucket = call.resource.require()
    found = StoredObject.objects.filter(bucket=row, key=call.params["key"]).first()
    if found is not None:
        return found
    call.require("s3:ListBucket", resources.bucket_resource(row))
    raise errors.no_such_key(call.params["key"])


def _head(row: StoredObject) -> Response:
    given_back = {"".join(part.capitalize() for part in name.split("_")): value for name, value in row.headers.items()}
    return {
        "AcceptRanges": "bytes",
        "LastModified": row.modified,
        "ContentLength": row.size,
        "ETag": f'"{row.etag}"',
        "ContentType": row.content_type,
        "Metadata": row.metadata,
        **given_back,
    }


_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def _span(asked: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None for the whole object. Several ranges are ignored, as S3 does."""
    match = _RANGE.fullmatch(asked or "")
    if not match or match[1] == match[2] == "":
        return None
    if match[1] == "":
        first, last = max(0, size - int(match[2])), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    if first >= size or first > last:
        raise errors.invalid_range(asked or "", size)
    return first, last


@operation("s3:GetObject", resource=resources.in_bucket, keys=keys.REQUEST, read_only=True, management=False)
def get_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    range: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: dt.datetime | None = None,
    if_unmodified_since: dt.datetime | None = None,
    **more: Any,
) -> Response:
    """An object with its bytes as an open stream, `Body`, which the face sends and closes."""
    refuse_unsimulated(call, more)
    row = _stored(call)
    _check_read(row, if_match, if_none_match, if_modified_since, if_unmodified_since)
    try:
        return _opened(row, range)
    except FileNotFoundError:
        # Replaced between the look at the row and the opening of its bytes: the row of now has the new ones.
        return _opened(_stored(call), range)


def _opened(row: StoredObject, wanted: str | None) -> Response:
    answer = _head(row)
    span = _span(wanted, row.size)
    first, last = span or (0, row.size - 1)
    if span:
        answer["ContentLength"] = last - first + 1
        answer["ContentRange"] = f"bytes {first}-{last}/{row.size}"
    return answer | {"Body": storage.read(row.stored_as, first)}


@operation(
    "s3:HeadObject",
    resource=resources.in_bucket,
    action="s3:GetObject",
    keys=keys.REQUEST,
    read_only=True,
    management=False,
)
def head_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    range: str | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: dt.datetime | None = None,
    if_unmodified_since: dt.datetime | None = None,
    **more: Any,
) -> Response:
    refuse_unsimulated(call, more)
    row = _stored(call)
    _check_read(row, if_match, if_none_match, if_modified_since, if_unmodified_since)
    return _head(row)


@operation(
    "s3:DeleteObject",
    resource=resources.in_bucket,
    keys=keys.REQUEST | {"s3:if-match": "if_match"},
    management=False,
)
def delete_object(call: Call, *, bucket: str, key: str, **more: Any) -> Response:
    """Delete an object; one that is not there is no error."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    found = StoredObject.objects.filter(bucket=row, key=key).first()
    if found:
        found.delete()
        usage.move(row, -1, -found.size)
        _remove_after_commit(found.stored_as)
    return {}


# ---------------------------------------------------------------- listing


def _token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise errors.invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", token
        ) from None


Entry = StoredObject | str
PAGE = 1000
# No key sorts after every key with this at its end.
LAST = "\U0010ffff"


def _in_byte_order() -> Expression:
    """The key as S3 sorts it, by its UTF-8 bytes, whatever language the database sorts in."""
    return Collate("key", "C" if connection.vendor == "postgresql" else "BINARY")


def _entries(bucket: Bucket, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, Entry]]:
    """Objects and common prefixes after `after`, each with the cursor that continues behind it.

    A common prefix is passed over in one step, however many keys it holds.
    """
    cursor = after
    while True:
        rows = StoredObject.objects.filter(bucket=bucket).alias(bytes=_in_byte_order())
        rows = rows.filter(bytes__gte=prefix) if prefix > cursor else rows.filter(bytes__gt=cursor)
        batch = list(rows.order_by("bytes")[:PAGE])
        for row in batch:
            if row.key <= cursor:
                continue
            if not row.key.startswith(prefix):
                return
            rest = row.key[len(prefix) :]
            if delimiter and delimiter in rest:
                common = prefix + rest[: rest.index(delimiter) + len(delimiter)]
                cursor = common + LAST
                yield cursor, common
            else:
                cursor = row.key
                yield cursor, row
        if len(batch) < PAGE:
            return


def _list(call: Call, *, prefix: str, delimiter: str, after: str, max_keys: int, encoding_type: str | None) -> Response:
    bucket: Bucket = call.resource.require()
    if max_keys < 0:
        raise errors.invalid_argument(
            "Argument max-keys must be an integer between 0 and 2147483647", "maxKeys", str(max_keys)
        )
    if encoding_type not in (None, "url"):
        raise errors.invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding_type or ""
        )

    def shown(text: str) -> str:
        return quote(text, safe="/*-._~") if encoding_type == "url" else text

    contents: list[Response] = []
    prefixes: list[Response] = []
    last, truncated = "", False
    for cursor, entry in _entries(bucket, prefix, delimiter, after) if max_keys else ():
        if len(contents) + len(prefixes) == max_keys:
            truncated = True
            break
        last = cursor
        if isinstance(entry, str):
            prefixes.append({"Prefix": shown(entry)})
        else:
            contents.append(
                {
                    "Key": shown(entry.key),
                    "LastModified": entry.modified,
                    "ETag": f'"{entry.etag}"',
                    "Size": entry.size,
                    "StorageClass": "STANDARD",
                }
            )
    answer: Response = {
        "Name": bucket.name,
        "Prefix": shown(prefix),
        "MaxKeys": max_keys,
        "IsTruncated": truncated,
        "Contents": contents,
        "CommonPrefixes": prefixes,
        "_last": last,
    }
    if delimiter:
        answer["Delimiter"] = shown(delimiter)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    return answer


@operation(
    "s3:ListObjectsV2",
    resource=resources.bucket,
    action="s3:ListBucket",
    read_only=True,
    keys=keys.LISTING,
)
def list_objects_v2(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    max_keys: int = PAGE,
    continuation_token: str | None = None,
    start_after: str = "",
    encoding_type: str | None = None,
    fetch_owner: bool = False,
    **more: Any,
) -> Response:
    """Up to 1,000 objects in the order of their keys' bytes, with common prefixes folded at `delimiter`."""
    refuse_unsimulated(call, more)
    after = _read_token(continuation_token) if continuation_token else start_after
    answer = _list(
        call,
        prefix=prefix,
        delimiter=delimiter,
        after=after,
        max_keys=min(max_keys, PAGE),
        encoding_type=encoding_type,
    )
    last = answer.pop("_last")
    answer["KeyCount"] = len(answer["Contents"]) + len(answer["CommonPrefixes"])
    if continuation_token:
        answer["ContinuationToken"] = continuation_token
    if start_after:
        answer["StartAfter"] = start_after
    if answer["IsTruncated"]:
        answer["NextContinuationToken"] = _token(last)
    if fetch_owner:
        owner = _owner(call.resource.row)
        for item in answer["Contents"]:
            item["Owner"] = owner
    return answer


@operation(
    "s3:ListObjects",
    resource=resources.bucket,
    action="s3:ListBucket",
    read_only=True,
    keys=keys.LISTING,
)
def list_objects(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    max_keys: int = PAGE,
    marker: str = "",
    encoding_type: str | None = None,
    **more: Any,
) -> Response:
    """The first version of the listing; today's CLI uses the second."""
    refuse_unsimulated(call, more)
    answer = _list(
        call,
        prefix=prefix,
        delimiter=delimiter,
        # NextMarker may be a common prefix: what it stands for has been listed.
        after=marker + LAST if delimiter and marker.endswith(delimiter) else marker,
        max_keys=min(max_keys, PAGE),
        encoding_type=encoding_type,
    )
    last = answer.pop("_last")
    answer["Marker"] = marker
    if answer["IsTruncated"] and delimiter:
        answer["NextMarker"] = last.removesuffix(LAST)
    owner = _owner(call.resource.row)
    for item in answer["Contents"]:
        item["Owner"] = owner
    return answer
