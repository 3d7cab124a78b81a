"""Copies of objects, whole or into a part of a multipart upload: both sides are decided.

Source of the permissions: S3 API Reference, CopyObject and UploadPartCopy, "Permissions": "the GetObject action on the
source" (GetObjectVersion where a version is named) and "PutObject on the destination". That tags need
GetObjectTagging and PutObjectTagging to come along: S3 User Guide, "Copying, moving, and renaming objects".
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from iamconsole.core.operation import Call, Check, Response, operation, when
from iamconsole.s3 import checksums, errors, keys, resources, storage, tagging, versions
from iamconsole.s3.models import Bucket, StoredObject
from iamconsole.s3.operations import multipart
from iamconsole.s3.operations.objects import described, span, stored_answer, stored_as, there
from iamconsole.s3.parameters import check_copy_source, check_etag, refuse_unsimulated

OF_THE_SOURCE = (
    *("copy_source_if_match", "copy_source_if_none_match"),
    *("copy_source_if_modified_since", "copy_source_if_unmodified_since", "expected_source_bucket_owner"),
)
READS_SOURCE = [
    Check("s3:GetObject", resources.source_latest, keys.REQUEST),
    Check("s3:GetObjectVersion", resources.source_version, keys.SOURCE_VERSION),
]


def _source(call: Call) -> tuple[StoredObject, resources.Place]:
    """The object that is copied; the conditions that the request makes of it hold."""
    _, _, version_id = keys.copy_source(call.params)
    resource = next(one for per_check in call.by_check[1:3] for one in per_check)
    owner = call.params.get("expected_source_bucket_owner")
    if owner and owner != resource.account:
        raise errors.S3Error("Access Denied", code="AccessDenied", status=403)
    place: resources.Place = resource.require()
    row = there(call, place, version_id)
    check_copy_source(row, call.params)
    return row, place


def _as_source(row: StoredObject, place: resources.Place) -> Response:
    return {"CopySourceVersionId": row.version_id} if versions.is_kept(place.bucket) else {}


def _stage_whole(call: Call) -> storage.Staged | None:
    """Bytes of its own for the copy of an object that came in parts, or that gets another checksum.

    Any other copy shares the bytes of its source.
    """
    row, _ = _source(call)
    algorithm = checksums.named(call.params.get("checksum_algorithm"))
    if row.stored_as is not None and (not algorithm or algorithm in row.checksums):
        return None
    source = storage.opened(row)
    try:
        return storage.stage(source, settings.IAMCONSOLE_MAX_OBJECT_BYTES, algorithm=algorithm)
    finally:
        source.close()


def _shared(row: StoredObject) -> dict[str, Any]:
    if row.stored_as is None or not storage.named([row.stored_as], hold=True):
        # It was replaced by one in parts since its bytes were looked at, or is being deleted at this moment.
        raise errors.S3Error("Please reduce your request rate.", code="SlowDown", status=503)
    return {"size": row.size, "etag": row.etag, "checksums": row.checksums, "stored_as": row.stored_as}


@operation(
    "s3:CopyObject",
    resource=resources.in_bucket,
    action="s3:PutObject",
    keys=keys.COPY,
    also=[
        *READS_SOURCE,
        Check("s3:GetObjectTagging", resources.tagged_source_latest, keys.REQUEST),
        Check("s3:GetObjectVersionTagging", resources.tagged_source_version, keys.SOURCE_VERSION),
        Check("s3:PutObjectTagging", resources.tagged_copy, keys.OBJECT_TAGS),
        Check("s3:PutObjectAcl", when(keys.sets_acl, resources.in_bucket), keys.OBJECT_ACL),
        Check("s3:PutObjectRetention", when(keys.sets_retention, resources.in_bucket), keys.RETENTION),
        Check("s3:PutObjectLegalHold", when("object_lock_legal_hold_status", resources.in_bucket), keys.LEGAL_HOLD),
    ],
    management=False,
    prepare=_stage_whole,
    discard=storage.discard,
)
def copy_object(
    call: Call,
    *,
    bucket: str,
    key: str,
    copy_source: str,
    metadata_directive: str = "COPY",
    tagging_directive: str = "COPY",
    if_match: str | None = None,
    if_none_match: str | None = None,
    **more: Any,
) -> Response:
    """Copy an object of up to the largest size; its metadata and tags come along unless they are replaced."""
    for name in OF_THE_SOURCE:
        more.pop(name, None)
    row: Bucket = call.resource.require()
    source, place = _source(call)
    tags = source.tags if resources.copies_tags(call.params) else tagging.from_header(more.get("tagging"))
    values = described(more, tags)
    more.pop("tagging", None)
    refuse_unsimulated(call, more)
    if metadata_directive == "COPY":
        values |= {name: getattr(source, name) for name in ("content_type", "headers", "metadata")}
        itself = (source.bucket_id, source.key) == (row.pk, key) and source.latest
        if itself and tagging_directive == "COPY" and values["storage_class"] == source.storage_class:
            raise errors.S3Error(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes.",
                code="InvalidRequest",
            )
    before = versions.find(row, key, None)
    check_etag(before, key, if_match, if_none_match)
    staged: storage.Staged | None = call.prepared
    values |= stored_as(staged) if staged is not None else _shared(source)
    made = versions.put(call, row, key, before, values)
    answer = stored_answer(made, row) | _as_source(source, place)
    result = {"ETag": answer.pop("ETag"), "LastModified": made.modified}
    return answer | {"CopyObjectResult": result | checksums.members_with_type(made.checksums)}


def _stage_range(call: Call) -> storage.Staged:
    row, _ = _source(call)
    wanted = call.params.get("copy_source_range")
    found = span(wanted, row.size)
    if wanted is not None and (found is None or found[1] - found[0] != _length(wanted) - 1):
        # Unlike the range of a read, it must lie within the object wholly (UploadPartCopy, "x-amz-copy-source-range").
        message = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy"
        )
        raise errors.invalid_argument(message, "x-amz-copy-source-range", wanted)
    first, last = found or (0, row.size - 1)
    source = storage.opened(row, first)
    try:
        return multipart.stage_part(call, storage.Some(source, last - first + 1))
    finally:
        source.close()


def _length(wanted: str) -> int:
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    return int(last) - int(first) + 1 if first and last else -1


@operation(
    "s3:UploadPartCopy",
    resource=resources.in_bucket,
    action="s3:PutObject",
    keys=keys.COPIED_PART,
    also=READS_SOURCE,
    management=False,
    prepare=_stage_range,
    discard=storage.discard,
)
def upload_part_copy(
    call: Call, *, bucket: str, key: str, copy_source: str, part_number: int, upload_id: str, **more: Any
) -> Response:
    """A part of an upload from an object that is there already."""
    for name in (*OF_THE_SOURCE, "copy_source_range"):
        more.pop(name, None)
    refuse_unsimulated(call, more)
    source, place = _source(call)
    part = multipart.keep_part(call, call.resource.require(), key, upload_id, part_number)
    result = {"ETag": f'"{part.etag}"', "LastModified": part.modified}
    return {
        "CopyPartResult": result | checksums.members(part.checksums),
        "ServerSideEncryption": "AES256",
        **_as_source(source, place),
    }
