"""Multipart uploads: begun, sent in parts, completed or aborted.

Source: Amazon S3 User Guide, "Uploading and copying objects using multipart upload" (mpuoverview.html), "Multipart
upload limits" (qfacts.html) and "Multipart upload API and permissions".
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Sum

from iamconsole.core.operation import Body, Call, Response, operation
from iamconsole.s3 import checksums, errors, keys, listing, resources, storage, usage, versions
from iamconsole.s3.models import Bucket, MultipartUpload, Part
from iamconsole.s3.operations.objects import ALSO_TO_STORE, described, stored_answer
from iamconsole.s3.parameters import check_etag, refuse_unsimulated

ID_CHARACTERS = 64
MOST_PARTS = 10_000
# "5 MiB to 5 GiB. There is no minimum size limit on the last part of your multipart upload."
SMALLEST_PART = 5 * 1024 * 1024


def _upload(bucket: Bucket, key: str, upload_id: str) -> MultipartUpload:
    found = MultipartUpload.objects.filter(bucket=bucket, key=key, upload_id=upload_id).first()
    if found is None:
        raise errors.no_such_upload(upload_id)
    return found


def _checksum_of(algorithm: str | None, type_: str | None) -> tuple[str, str]:
    name = checksums.named(algorithm)
    if not name:
        if type_:
            message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise errors.S3Error(message, code="InvalidRequest")
        return "", ""
    types = checksums.ALGORITHMS[name].types
    if type_ and type_ not in types:
        shown = checksums.ALGORITHMS[name].shown.lower()
        message = f"The {type_} checksum type cannot be used with the {shown} checksum algorithm."
        raise errors.S3Error(message, code="InvalidRequest")
    return name, type_ or types[0]


def _told_checksum(upload: MultipartUpload) -> Response:
    if not upload.checksum_algorithm:
        return {}
    shown = checksums.ALGORITHMS[upload.checksum_algorithm].shown
    return {"ChecksumAlgorithm": shown, "ChecksumType": upload.checksum_type}


@operation(
    "s3:CreateMultipartUpload",
    resource=resources.in_bucket,
    action="s3:PutObject",
    keys=keys.NEW_UPLOAD,
    also=ALSO_TO_STORE,
    management=False,
)
def create_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    checksum_algorithm: str | None = None,
    checksum_type: str | None = None,
    **more: Any,
) -> Response:
    """Begin an upload: what the request says of the object is kept for when it is completed."""
    values = described(more)
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    algorithm, type_ = _checksum_of(checksum_algorithm, checksum_type)
    upload = MultipartUpload.objects.create(
        bucket=row,
        key=key,
        upload_id=call.ids.unique_id("", ID_CHARACTERS),
        initiated=call.now,
        initiator=call.caller.arn,
        checksum_algorithm=algorithm,
        checksum_type=type_,
        **values,
    )
    usage.move(row, 1, 0)
    told = {"Bucket": bucket, "Key": key, "UploadId": upload.upload_id, "ServerSideEncryption": "AES256"}
    return told | _told_checksum(upload)


# ---------------------------------------------------------------- parts


def stage_part(call: Call, body: Body) -> storage.Staged:
    """The bytes of a part, once it is known that its upload is there."""
    number = call.params["part_number"]
    if not 1 <= number <= MOST_PARTS:
        message = f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
        raise errors.invalid_argument(message, "partNumber", str(number))
    upload = _upload(call.resource.require(), call.params["key"], call.params["upload_id"])
    algorithm = upload.checksum_algorithm or checksums.DEFAULT
    return storage.stage(body, settings.IAMCONSOLE_MAX_OBJECT_BYTES, checksums.wanted(call.params), algorithm)


def _stage_sent(call: Call) -> storage.Staged:
    return stage_part(call, call.body or io.BytesIO())


def keep_part(call: Call, bucket: Bucket, key: str, upload_id: str, number: int) -> Part:
    """The staged bytes are the part of this number, in place of the one before."""
    staged: storage.Staged = call.prepared
    upload = _upload(bucket, key, upload_id)
    before = Part.objects.filter(upload=upload, number=number).first()
    others = Part.objects.filter(upload=upload).exclude(number=number).aggregate(size=Sum("size"))["size"] or 0
    limit: int = settings.IAMCONSOLE_MAX_OBJECT_BYTES
    if others + staged.size > limit:
        # S3 says so when the upload is completed; here the disk would be full by then.
        raise errors.entity_too_large(others + staged.size, limit)
    part = Part(
        pk=before.pk if before else None,
        upload=upload,
        number=number,
        size=staged.size,
        etag=staged.etag,
        checksums=dict(staged.checksums),
        modified=call.now,
        stored_as=staged.name,
    )
    part.save()
    usage.move(bucket, 0, staged.size - (before.size if before else 0))
    storage.release_after_commit([before.stored_as] if before else [])
    return part


@operation(
    "s3:UploadPart",
    resource=resources.in_bucket,
    action="s3:PutObject",
    keys=keys.NEW_PART,
    management=False,
    prepare=_stage_sent,
    discard=storage.discard,
)
def upload_part(call: Call, *, bucket: str, key: str, part_number: int, upload_id: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    part = keep_part(call, call.resource.require(), key, upload_id, part_number)
    answer = {"ETag": f'"{part.etag}"', "ServerSideEncryption": "AES256"}
    return answer | checksums.members(part.checksums)


# ---------------------------------------------------------------- the end


def _chosen(upload: MultipartUpload, listed: Sequence[dict[str, Any]]) -> list[Part]:
    """The parts that a request to complete names, checked against those that were sent."""
    numbers = [one["PartNumber"] for one in listed]
    if numbers != sorted(set(numbers)):
        message = (
            "The list of parts was not in ascending order. The parts list must be specified in order by part number."
        )
        raise errors.S3Error(message, code="InvalidPartOrder", extra={"UploadId": upload.upload_id})
    sent = {part.number: part for part in upload.parts.all()}
    chosen = []
    for one in listed:
        part = sent.get(one["PartNumber"])
        if part is None or one.get("ETag", "").strip('"') != part.etag or not _same_checksums(part, one):
            message = (
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the "
                "specified entity tag may not match the part's entity tag."
            )
            extra = {"UploadId": upload.upload_id, "PartNumber": str(one["PartNumber"]), "ETag": one.get("ETag", "")}
            raise errors.S3Error(message, code="InvalidPart", extra=extra)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < SMALLEST_PART:
            extra = {"ProposedSize": str(part.size), "MinSizeAllowed": str(SMALLEST_PART), "ETag": part.etag}
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise errors.S3Error(message, code="EntityTooSmall", extra=extra | {"PartNumber": str(part.number)})
    return chosen


def _same_checksums(part: Part, one: dict[str, Any]) -> bool:
    given = {name: one[each.member] for name, each in checksums.ALGORITHMS.items() if one.get(each.member)}
    return all(part.checksums.get(name) == value for name, value in given.items())


def _checksum(upload: MultipartUpload, parts: list[Part], params: Any) -> dict[str, str]:
    algorithm = upload.checksum_algorithm or checksums.DEFAULT
    type_ = upload.checksum_type or checksums.FULL_OBJECT
    if any(algorithm not in part.checksums for part in parts):
        return {}
    found = checksums.of_parts(algorithm, type_, [(part.checksums, part.size) for part in parts])
    for name, value in checksums.wanted(params).items():
        if name in found and found[name] != value:
            shown = checksums.ALGORITHMS[name].shown
            raise errors.S3Error(f"The {shown} you specified did not match the calculated checksum.", code="BadDigest")
    return found


@operation(
    "s3:CompleteMultipartUpload",
    resource=resources.in_bucket,
    action="s3:PutObject",
    keys=keys.COMPLETED,
    management=False,
)
def complete_multipart_upload(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    multipart_upload: dict[str, Any] | None = None,
    mpu_object_size: int | None = None,
    if_match: str | None = None,
    if_none_match: str | None = None,
    **more: Any,
) -> Response:
    """Make an object of the parts that the request lists. Their bytes stay where they are."""
    more.pop("checksum_type", None)
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    upload = _upload(row, key, upload_id)
    listed = (multipart_upload or {}).get("Parts") or []
    if not listed or any("PartNumber" not in one for one in listed):
        raise errors.malformed_xml()
    before = versions.find(row, key, None)
    check_etag(before, key, if_match, if_none_match)
    parts = _chosen(upload, listed)
    size = sum(part.size for part in parts)
    if mpu_object_size is not None and mpu_object_size != size:
        message = f"The provided 'x-amz-mp-object-size' header does not match what was computed: {size}."
        raise errors.S3Error(message, code="InvalidRequest")
    values = upload.description | {
        "size": size,
        "etag": checksums.multipart_etag([part.etag for part in parts]),
        "checksums": _checksum(upload, parts, call.params),
    }
    unused = upload.parts.exclude(pk__in=[part.pk for part in parts])
    released = list(unused.values_list("stored_as", flat=True))
    usage.move(row, -1, -(upload.parts.aggregate(size=Sum("size"))["size"] or 0))
    made = versions.put(call, row, key, before, values)
    versions.give_parts(made, parts)
    upload.delete()
    storage.release_after_commit(released)
    return {
        "Location": f"/{bucket}/{key}",
        "Bucket": bucket,
        "Key": key,
        **stored_answer(made, row),
        **checksums.members_with_type(made.checksums),
    }


@operation("s3:AbortMultipartUpload", resource=resources.in_bucket, keys=keys.REQUEST, management=False)
def abort_multipart_upload(call: Call, *, bucket: str, key: str, upload_id: str, **more: Any) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    upload = _upload(row, key, upload_id)
    parts = list(upload.parts.values_list("stored_as", "size"))
    upload.delete()
    usage.move(row, -1, -sum(size for _, size in parts))
    storage.release_after_commit([name for name, _ in parts])
    return {}


# ---------------------------------------------------------------- lists


def _initiator(upload: MultipartUpload) -> Response:
    return {"ID": upload.initiator, "DisplayName": upload.initiator.rpartition("/")[2]}


@operation(
    "s3:ListParts",
    resource=resources.in_bucket,
    action="s3:ListMultipartUploadParts",
    keys=keys.REQUEST,
    read_only=True,
    management=False,
)
def list_parts(
    call: Call,
    *,
    bucket: str,
    key: str,
    upload_id: str,
    max_parts: int | None = None,
    part_number_marker: int = 0,
    **more: Any,
) -> Response:
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    upload = _upload(row, key, upload_id)
    size = listing.page_size(max_parts, "max-parts")
    found = list(upload.parts.filter(number__gt=part_number_marker).order_by("number")[: size + 1])
    page = found[:size]
    return {
        "Bucket": bucket,
        "Key": key,
        "UploadId": upload_id,
        "PartNumberMarker": part_number_marker,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": size,
        "IsTruncated": len(found) > size,
        "Parts": [
            {
                "PartNumber": part.number,
                "LastModified": part.modified,
                "ETag": f'"{part.etag}"',
                "Size": part.size,
                **checksums.members(part.checksums),
            }
            for part in page
        ],
        "Initiator": _initiator(upload),
        "Owner": listing.owner(row),
        "StorageClass": upload.storage_class,
        **_told_checksum(upload),
    }


@operation(
    "s3:ListMultipartUploads",
    resource=resources.bucket,
    action="s3:ListBucketMultipartUploads",
    keys=keys.REQUEST,
    read_only=True,
)
def list_multipart_uploads(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    max_uploads: int | None = None,
    key_marker: str = "",
    upload_id_marker: str = "",
    encoding_type: str | None = None,
    **more: Any,
) -> Response:
    """The uploads that are neither completed nor aborted, by key and then by when they began."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    shown, size = listing.shown_as(encoding_type), listing.page_size(max_uploads, "max-uploads")
    rows = MultipartUpload.objects.filter(bucket=row)
    after_row = None
    if upload_id_marker and key_marker:
        marked = rows.filter(key=key_marker, upload_id=upload_id_marker)
        after_row = marked.values_list("pk", flat=True).first()
    after = key_marker + listing.LAST if delimiter and key_marker.endswith(delimiter) else key_marker
    owner = listing.owner(row)
    answer: Response = {
        "Bucket": bucket,
        "KeyMarker": shown(key_marker),
        "UploadIdMarker": upload_id_marker,
        "Prefix": shown(prefix),
        "MaxUploads": size,
        "IsTruncated": False,
        "Uploads": [],
        "CommonPrefixes": [],
    }
    if delimiter:
        answer["Delimiter"] = shown(delimiter)
    if encoding_type:
        answer["EncodingType"] = encoding_type
    told = 0
    for cursor, entry in listing.entries(rows, prefix, delimiter, after, after_row, "pk") if size else ():
        if told == size:
            answer["IsTruncated"] = True
            break
        told += 1
        answer["NextKeyMarker"], answer["NextUploadIdMarker"] = shown(cursor.removesuffix(listing.LAST)), ""
        if isinstance(entry, str):
            answer["CommonPrefixes"].append({"Prefix": shown(entry)})
            continue
        answer["NextUploadIdMarker"] = entry.upload_id
        answer["Uploads"].append(
            {
                "UploadId": entry.upload_id,
                "Key": shown(entry.key),
                "Initiated": entry.initiated,
                "StorageClass": entry.storage_class,
                "Owner": owner,
                "Initiator": _initiator(entry),
                **_told_checksum(entry),
            }
        )
    return answer
