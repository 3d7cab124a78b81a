"""Lists of objects and of their versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iamconsole.core.operation import Call, Response, operation
from iamconsole.s3 import checksums, errors, keys, listing, resources
from iamconsole.s3.models import Bucket, StoredObject
from iamconsole.s3.parameters import refuse_unsimulated


def _entry(row: StoredObject, key: str) -> Response:
    entry: Response = {
        "Key": key,
        "LastModified": row.modified,
        "ETag": f'"{row.etag}"',
        "Size": row.size,
        "StorageClass": row.storage_class,
    }
    if row.checksums:
        entry["ChecksumAlgorithm"] = [checksums.ALGORITHMS[name].shown for name in row.checksums]
        entry["ChecksumType"] = checksums.type_of(row.checksums)
    return entry


def _list(
    call: Call, prefix: str, delimiter: str, after: str, max_keys: int | None, encoding_type: str | None
) -> tuple[Response, str]:
    """What both forms of the list have in common, and the key after which the next page begins."""
    bucket: Bucket = call.resource.require()
    shown, size = listing.shown_as(encoding_type), listing.page_size(max_keys)
    contents: list[Response] = []
    prefixes: list[Response] = []
    last, truncated = "", False
    rows = StoredObject.objects.filter(bucket=bucket, latest=True, delete_marker=False)
    for cursor, entry in listing.entries(rows, prefix, delimiter, after) if size else ():
        if len(contents) + len(prefixes) == size:
            truncated = True
            break
        last = cursor
        if isinstance(entry, str):
            prefixes.append({"Prefix": shown(entry)})
        else:
            contents.append(_entry(entry, shown(entry.key)))
    answer = _head(bucket, prefix, delimiter, size, encoding_type)
    return answer | {"IsTruncated": truncated, "Contents": contents, "CommonPrefixes": prefixes}, last


def _head(bucket: Bucket, prefix: str, delimiter: str, size: int, encoding_type: str | None) -> Response:
    """What every list repeats of its request."""
    shown = listing.shown_as(encoding_type)
    head: Response = {"Name": bucket.name, "Prefix": shown(prefix), "MaxKeys": size}
    if delimiter:
        head["Delimiter"] = shown(delimiter)
    return head | ({"EncodingType": encoding_type} if encoding_type else {})


def _add_owner(call: Call, rows: Iterable[Response]) -> None:
    owner = listing.owner(call.resource.row)
    for row in rows:
        row["Owner"] = owner


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
    max_keys: int | None = None,
    continuation_token: str | None = None,
    start_after: str = "",
    encoding_type: str | None = None,
    fetch_owner: bool = False,
    **more: Any,
) -> Response:
    """Up to 1,000 objects in the order of their keys' bytes, with common prefixes folded at `delimiter`."""
    refuse_unsimulated(call, more)
    after = listing.read_token(continuation_token) if continuation_token else start_after
    answer, last = _list(call, prefix, delimiter, after, max_keys, encoding_type)
    answer["KeyCount"] = len(answer["Contents"]) + len(answer["CommonPrefixes"])
    if continuation_token:
        answer["ContinuationToken"] = continuation_token
    if start_after:
        answer["StartAfter"] = start_after
    if answer["IsTruncated"]:
        answer["NextContinuationToken"] = listing.token(last)
    if fetch_owner:
        _add_owner(call, answer["Contents"])
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
    max_keys: int | None = None,
    marker: str = "",
    encoding_type: str | None = None,
    **more: Any,
) -> Response:
    """The first version of the listing; today's CLI uses the second."""
    refuse_unsimulated(call, more)
    # NextMarker may be a common prefix: what it stands for has been listed.
    after = marker + listing.LAST if delimiter and marker.endswith(delimiter) else marker
    answer, last = _list(call, prefix, delimiter, after, max_keys, encoding_type)
    shown = listing.shown_as(encoding_type)
    answer["Marker"] = shown(marker)
    if answer["IsTruncated"] and delimiter:
        answer["NextMarker"] = shown(last.removesuffix(listing.LAST))
    _add_owner(call, answer["Contents"])
    return answer


@operation(
    "s3:ListObjectVersions",
    resource=resources.bucket,
    action="s3:ListBucketVersions",
    read_only=True,
    keys=keys.LISTING,
)
def list_object_versions(
    call: Call,
    *,
    bucket: str,
    prefix: str = "",
    delimiter: str = "",
    max_keys: int | None = None,
    key_marker: str = "",
    version_id_marker: str = "",
    encoding_type: str | None = None,
    **more: Any,
) -> Response:
    """Every version and delete marker, of each key the newest first."""
    refuse_unsimulated(call, more)
    row: Bucket = call.resource.require()
    shown, size = listing.shown_as(encoding_type), listing.page_size(max_keys)
    rows = StoredObject.objects.filter(bucket=row)
    after, after_row = key_marker, None
    if version_id_marker:
        if not key_marker:
            message = "A version-id marker cannot be specified without a key marker."
            raise errors.invalid_argument(message, "version-id-marker", version_id_marker)
        after_row = rows.filter(key=key_marker, version_id=version_id_marker).values_list("pk", flat=True).first()
        if after_row is None:
            raise errors.invalid_argument("Invalid version id specified", "version-id-marker", version_id_marker)
    elif delimiter and key_marker.endswith(delimiter):
        after = key_marker + listing.LAST
    answer = _head(row, prefix, delimiter, size, encoding_type) | {
        "KeyMarker": shown(key_marker),
        "VersionIdMarker": version_id_marker,
        "IsTruncated": False,
        "Versions": [],
        "DeleteMarkers": [],
        "CommonPrefixes": [],
    }
    owner = listing.owner(row)
    told, last = 0, ("", "")
    for cursor, entry in listing.entries(rows, prefix, delimiter, after, after_row, "-pk") if size else ():
        if told == size:
            answer["IsTruncated"] = True
            answer["NextKeyMarker"] = shown(last[0])
            if last[1]:
                answer["NextVersionIdMarker"] = last[1]
            break
        told += 1
        if isinstance(entry, str):
            last = (cursor.removesuffix(listing.LAST), "")
            answer["CommonPrefixes"].append({"Prefix": shown(entry)})
            continue
        last = (entry.key, entry.version_id)
        common = {"VersionId": entry.version_id, "IsLatest": entry.latest, "Owner": owner}
        if entry.delete_marker:
            answer["DeleteMarkers"].append({"Key": shown(entry.key), "LastModified": entry.modified} | common)
        else:
            answer["Versions"].append(_entry(entry, shown(entry.key)) | common)
    return answer
