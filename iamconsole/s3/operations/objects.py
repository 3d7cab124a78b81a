"""Objects: put, get, look at, delete."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from iamconsole.core.errors import AwsError
from iamconsole.core.operation import Call, Check, Params, Resource, Response, operation, when
from iamconsole.s3 import checksums, errors, keys, listing, resources, storage, tagging, versions
from iamconsole.s3.models import GIVEN_BACK, Bucket, Part, StoredObject
from iamconsole.s3.parameters import check_etag, check_read, refuse_unsimulated, storage_class
from iamconsole.wire import http_date

DEFAULT_TYPE = "binary/octet-stream"
OVERRIDES = {
    "response_cache_control": "CacheControl",
    "response_content_disposition": "ContentDisposition",
    "response_content_encoding": "ContentEncoding",
    "response_content_language": "ContentLanguage",
    "response_content_type": "ContentType",
    "response_expires": "Expires",
}


def described(more: dict[str, Any], tags: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Take out of `more` what a request says of the object that is stored, as columns of its row."""
    headers = {name: more.pop(name) for name in GIVEN_BACK if more.get(name)}
    if "expires" in headers:
        headers["expires"] = headers["expires"].isoformat()
    return {
        "content_type": more.pop("content_type", None) or DEFAULT_TYPE,
        "headers": headers,
        "metadata": more.pop("metadata", None) or {},
        "storage_class": storage_class(more.pop("storage_class", None)),
        "tags": tagging.from_header(more.pop("tagging", None)) if tags is None else dict(tags),
    }


def stored_as(staged: storage.Staged) -> dict[str, Any]:
    return {"size": staged.size, "etag": staged.etag, "checksums": staged.checksums, "stored_as": staged.name}


def stored_answer(row: StoredObject, bucket: Bucket) -> Response:
    """What the answer to a write says of the new object."""
    answer: Response = {"ETag": f'"{row.etag}"', "ServerSideEncryption": "AES256"}
    if versions.is_kept(bucket):
        answer["VersionId"] = row.version_id
    return answer


def _stage_body(call: Call) -> storage.Staged:
    limit: int = settings.IAMCONSOLE_MAX_OBJECT_BYTES
    algorithm = checksums.named(call.params.get("checksum_algorithm"))
    return storage.stage(call.body or io.BytesIO(), limit, checksums.wanted(call.params), algorithm)


# What storing an object needs besides s3:PutObject, where the request asks for it; for any operation that stores one.
ALSO_TO_STORE = [
    Check("s3:PutObjectAcl", when(keys.sets_acl, resources.in_bucket), keys.OBJECT_ACL),
    Check("s3:PutObjectTagging", when("tagging", resources.in_bucket), keys.OBJECT_TAGS),
    Check("s3:PutObjectRetention", when(keys.sets_retention, resources.in_bucket), keys.RETENTION),
    Check("s3:PutObjectLegalHold", when("object_lock_legal_hold_status", resources.in_bucket), keys.LEGAL_HOLD),
]


@operation(
    "s3:PutObject",
    resource=resources.in_bucket,
    keys=keys.NEW_OBJECT,
    also=ALSO_TO_STORE,
    management=False,
    prepare=_stage_body,
    discard=storage.discard,
)
def put_object(
    call: Call, *, bucket: str, key: str, if_match: str | None = None, if_none_match: str | None = None, **more: Any
) -> Response:
    """Store an object in place of the one before, or as its newest version. A crash leaves the old or the new."""
    values = described(more)
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    staged: storage.Staged = call.prepared
    before = versions.find(row, key, None)
    check_etag(before, key, if_match, if_none_match)
    made = versions.put(call, row, key, before, values | stored_as(staged))
    return stored_answer(made, row) | checksums.members_with_type(made.checksums)


# ---------------------------------------------------------------- reading


def there(call: Call, place: resources.Place, version_id: str | None) -> StoredObject:
    """The object, or the refusal that tells no more than the caller may know.

    Source: S3 API Reference, GetObject: without s3:ListBucket a key that does not exist is answered with 403 Access
    Denied; "if the current version of the object is a delete marker, Amazon S3 behaves as if the object was deleted
    and includes x-amz-delete-marker: true in the response"; "if the specified version is a delete marker, the response
    returns a 405 Method Not Allowed error and the Last-Modified: timestamp response header".
    """
    found = place.found
    if found is not None and not found.delete_marker:
        return found
    if found is not None and version_id:
        raise errors.is_delete_marker(
            {
                "x-amz-delete-marker": "true",
                "x-amz-version-id": found.version_id,
                "Allow": "DELETE",
                "Last-Modified": http_date(found.modified),
            }
        )
    call.require("s3:ListBucket", resources.bucket_resource(place.bucket))
    if version_id:
        raise errors.no_such_version(place.key, version_id)
    marker = {"x-amz-delete-marker": "true", "x-amz-version-id": found.version_id} if found else {}
    raise errors.no_such_key(place.key, marker)


def _given_back(row: StoredObject) -> Response:
    found: Response = {"".join(part.capitalize() for part in name.split("_")): one for name, one in row.headers.items()}
    if "Expires" in found:
        found["Expires"] = dt.datetime.fromisoformat(found["Expires"])
    return found


def _head(row: StoredObject, bucket: Bucket) -> Response:
    answer: Response = {
        "AcceptRanges": "bytes",
        "LastModified": row.modified,
        "ContentLength": row.size,
        "ETag": f'"{row.etag}"',
        "ContentType": row.content_type,
        "ServerSideEncryption": "AES256",
        "Metadata": row.metadata,
        **_given_back(row),
    }
    if versions.is_kept(bucket):
        answer["VersionId"] = row.version_id
    if row.storage_class != "STANDARD":
        answer["StorageClass"] = row.storage_class
    if row.tags:
        answer["TagCount"] = len(row.tags)
    return answer


_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
Span = tuple[int, int]


def span(asked: str | None, size: int) -> Span | None:
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


def _part(row: StoredObject, number: int, answer: Response) -> tuple[Span, Mapping[str, str]]:
    """The bytes of a part, and its checksum. An object that came whole has one part, which is all of it."""
    parts = list(Part.objects.filter(object=row).order_by("number")) if row.stored_as is None else []
    if parts:
        answer["PartsCount"] = len(parts)
    if not 1 <= number <= max(len(parts), 1):
        raise errors.S3Error("The requested partnumber is not satisfiable", code="InvalidPartNumber", status=416)
    if not parts:
        return (0, row.size - 1), row.checksums
    first = sum(part.size for part in parts[: number - 1])
    return (first, first + parts[number - 1].size - 1), parts[number - 1].checksums


def _described_span(call: Call, row: StoredObject, bucket: Bucket, params: Params) -> tuple[Response, int]:
    """The headers of an answer to a read, and the first byte that it has."""
    check_read(
        row,
        params.get("if_match"),
        params.get("if_none_match"),
        params.get("if_modified_since"),
        params.get("if_unmodified_since"),
    )
    answer = _head(row, bucket)
    wanted, number = params.get("range"), params.get("part_number")
    if wanted is not None and number is not None:
        raise errors.S3Error("Cannot specify both Range header and partNumber query parameter", code="InvalidRequest")
    kept: Mapping[str, str] = row.checksums
    if number is not None:
        part, kept = _part(row, number, answer)
        found: Span | None = part
    else:
        found = span(wanted, row.size)
        kept = {} if found else kept  # a checksum is of the whole, and clients compare it with what they get
    if params.get("checksum_mode") == "ENABLED":
        answer |= checksums.members_with_type(kept)
    if found and row.size:
        first, last = found
        answer["ContentLength"] = last - first + 1
        answer["ContentRange"] = f"bytes {first}-{last}/{row.size}"
    answer |= {member: params[name] for name, member in OVERRIDES.items() if params.get(name)}
    return answer, found[0] if found else 0


OF_A_READ = frozenset(
    {
        *("range", "part_number", "version_id", *OVERRIDES),
        *("if_match", "if_none_match", "if_modified_since", "if_unmodified_since"),
    }
)


def _split(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    read = {name: value for name, value in params.items() if name in OF_A_READ or name == "checksum_mode"}
    return read, {name: value for name, value in params.items() if name not in OF_A_READ}


@operation(
    "s3:GetObject",
    resource=resources.existing_latest,
    keys=keys.REQUEST,
    also=[Check("s3:GetObjectVersion", resources.existing_version, keys.VERSION)],
    read_only=True,
    management=False,
)
def get_object(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    """An object with its bytes as an open stream, `Body`, which the face sends and closes."""
    read, rest = _split(more)
    refuse_unsimulated(call, rest)
    place: resources.Place = call.resource.require()
    row = there(call, place, version_id)
    try:
        return _opened(call, row, place, read)
    except FileNotFoundError:
        # Replaced between the look at the row and the opening of its bytes: the row of now has the new ones.
        place = resources.Place(place.bucket, key, versions.find(place.bucket, key, version_id))
        return _opened(call, there(call, place, version_id), place, read)


def _opened(call: Call, row: StoredObject, place: resources.Place, read: Params) -> Response:
    answer, first = _described_span(call, row, place.bucket, read)
    return answer | {"Body": storage.opened(row, first)}


@operation(
    "s3:HeadObject",
    resource=resources.existing_latest,
    action="s3:GetObject",
    keys=keys.REQUEST,
    also=[Check("s3:GetObjectVersion", resources.existing_version, keys.VERSION)],
    read_only=True,
    management=False,
)
def head_object(call: Call, *, bucket: str, key: str, version_id: str | None = None, **more: Any) -> Response:
    read, rest = _split(more)
    refuse_unsimulated(call, rest)
    place: resources.Place = call.resource.require()
    return _described_span(call, there(call, place, version_id), place.bucket, read)[0]


@operation(
    "s3:GetObjectAttributes",
    resource=resources.existing_latest,
    keys=keys.REQUEST,
    also=[
        Check("s3:GetObject", resources.existing_latest, keys.REQUEST),
        Check("s3:GetObjectVersionAttributes", resources.existing_version, keys.VERSION),
        Check("s3:GetObjectVersion", resources.existing_version, keys.VERSION),
    ],
    read_only=True,
    management=False,
)
def get_object_attributes(
    call: Call,
    *,
    bucket: str,
    key: str,
    object_attributes: list[str],
    version_id: str | None = None,
    max_parts: int | None = None,
    part_number_marker: int = 0,
    **more: Any,
) -> Response:
    """What is asked for of an object, without its bytes."""
    refuse_unsimulated(call, more)
    place: resources.Place = call.resource.require()
    row = there(call, place, version_id)
    answer: Response = {"LastModified": row.modified}
    if versions.is_kept(place.bucket):
        answer["VersionId"] = row.version_id
    if "ETag" in object_attributes:
        answer["ETag"] = row.etag  # without quotes here (GetObjectAttributes, its example)
    if "ObjectSize" in object_attributes:
        answer["ObjectSize"] = row.size
    if "StorageClass" in object_attributes:
        answer["StorageClass"] = row.storage_class
    if "Checksum" in object_attributes and row.checksums:
        answer["Checksum"] = checksums.members_with_type(row.checksums)
    if "ObjectParts" in object_attributes and row.stored_as is None:
        answer["ObjectParts"] = _parts(row, listing.page_size(max_parts, "max-parts"), part_number_marker)
    return answer


def _parts(row: StoredObject, size: int, after: int) -> Response:
    count = row.parts.count()
    found = list(row.parts.filter(number__gt=after).order_by("number")[: size + 1])
    page = found[:size]
    return {
        "TotalPartsCount": count,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": size,
        "IsTruncated": len(found) > size,
        "Parts": [{"PartNumber": part.number, "Size": part.size, **checksums.members(part.checksums)} for part in page],
    }


# ---------------------------------------------------------------- deleting


def _delete(call: Call, bucket: Bucket, key: str, version_id: str | None, if_match: str | None) -> Response:
    """Delete an object or a version of it; one that is not there is no error.

    The answer's members are those of DeleteObject.
    """
    if version_id:
        found = versions.find(bucket, key, version_id)
        if found is not None:
            check_etag(found, key, if_match)
            versions.remove(bucket, found)
        marker = {"DeleteMarker": True} if found is not None and found.delete_marker else {}
        return {"VersionId": version_id, **marker}
    found = versions.find(bucket, key, None)
    if if_match is not None:
        check_etag(found, key, if_match)
    if versions.is_kept(bucket):
        return {"DeleteMarker": True, "VersionId": versions.mark_deleted(call, bucket, key).version_id}
    if found is not None:
        versions.remove(bucket, found)
    return {}


@operation(
    "s3:DeleteObject",
    resource=resources.latest_in_bucket,
    keys=keys.REQUEST | {"s3:if-match": "if_match"},
    also=[Check("s3:DeleteObjectVersion", resources.version_in_bucket, keys.VERSION)],
    management=False,
)
def delete_object(
    call: Call, *, bucket: str, key: str, version_id: str | None = None, if_match: str | None = None, **more: Any
) -> Response:
    refuse_unsimulated(call, more)
    return _delete(call, call.resource.require(), key, version_id, if_match)


MOST_AT_ONCE = 1000


@operation(
    "s3:DeleteObjects",
    resource=resources.listed_latest,
    action="s3:DeleteObject",
    keys=keys.REQUEST,
    also=[Check("s3:DeleteObjectVersion", resources.listed_versions, keys.REQUEST)],
    management=False,
    authorized=False,
)
def delete_objects(call: Call, *, bucket: str, delete: dict[str, Any], **more: Any) -> Response:
    """Delete up to 1,000 objects or versions. Each is decided and answered for itself.

    Source: S3 API Reference, DeleteObjects: s3:DeleteObject, and s3:DeleteObjectVersion for a version; what is refused
    is among the Errors of a request that succeeded.
    """
    wanted = delete["Objects"]
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise errors.malformed_xml()
    for resource in call.resources:
        if resource.missing is not None and resource.missing.code == "NoSuchBucket":
            raise resource.missing
    deleted: list[Response] = []
    refused: list[Response] = []
    latest, named = iter(call.by_check[0]), iter(call.by_check[1])
    for one in wanted:
        version_id = one.get("VersionId")
        resource = next(named if version_id else latest)
        shown = {"Key": one["Key"], **({"VersionId": version_id} if version_id else {})}
        try:
            deleted.append(shown | _delete_listed(call, resource, one))
        except AwsError as error:
            refused.append(shown | {"Code": error.code, "Message": error.message})
    quiet = delete.get("Quiet", False)
    return {"Deleted": [] if quiet else deleted, "Errors": refused}


def _delete_listed(call: Call, resource: Resource, one: Mapping[str, Any]) -> Response:
    version_id = one.get("VersionId")
    if resource.missing_first:
        resource.require()
    call.require("s3:DeleteObjectVersion" if version_id else "s3:DeleteObject", resource)
    answer = _delete(call, resource.require(), one["Key"], version_id, one.get("ETag"))
    if "DeleteMarker" in answer:
        return {"DeleteMarker": True, "DeleteMarkerVersionId": answer["VersionId"]}
    return {}
