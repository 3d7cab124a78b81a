"""The versions of a key: which one is meant, and what becomes of them when one is stored or deleted.

Source: Amazon S3 User Guide, "How S3 Versioning works" (versioning-workflows.html), "Adding objects to
versioning-enabled buckets", "Adding objects to versioning-suspended buckets", "Deleting object versions".
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from iamconsole.core.operation import Call
from iamconsole.s3 import storage, usage
from iamconsole.s3.models import NULL_VERSION, Bucket, Part, StoredObject

ID_CHARACTERS = 32


def of(bucket: Bucket, key: str) -> QuerySet[StoredObject]:
    return StoredObject.objects.filter(bucket=bucket, key=key)


def find(bucket: Bucket, key: str, version_id: str | None) -> StoredObject | None:
    """The version that a request means: the one it names, or the latest, which may be a delete marker."""
    if version_id is not None:
        return of(bucket, key).filter(version_id=version_id).first()
    return of(bucket, key).filter(latest=True).first()


def is_kept(bucket: Bucket) -> bool:
    """Whether the bucket has versions, and its answers tell them."""
    return bucket.versioning != Bucket.Versioning.NEVER


def put(call: Call, bucket: Bucket, key: str, before: StoredObject | None, values: dict[str, Any]) -> StoredObject:
    """Store a new version, or the object in the place of the one before. `before` is the latest there is.

    `values` are the columns of the row; where its bytes come in parts, whoever calls gives them to the row after.
    """
    row = StoredObject(bucket=bucket, key=key, modified=call.now, **values)
    released: list[str] = []
    objects, size = 1, row.size
    if is_kept(bucket):
        if bucket.versioning == Bucket.Versioning.ENABLED:
            row.version_id = call.ids.unique_id("", ID_CHARACTERS)
        else:
            objects, size, released = _take_null_away(bucket, key, objects, size)
        of(bucket, key).filter(latest=True).update(latest=False)
    elif before is not None:
        released = storage.names_of(before)
        if before.stored_as is None:
            before.parts.all().delete()
        row.pk = before.pk
        objects, size = 0, row.size - before.size
    row.save(force_insert=row.pk is None, force_update=row.pk is not None)
    usage.move(bucket, objects, size)
    storage.release_after_commit(released)
    return row


def _take_null_away(bucket: Bucket, key: str, objects: int, size: int) -> tuple[int, int, list[str]]:
    """While versioning is suspended there is one version without an ID, and the new one replaces it."""
    old = of(bucket, key).filter(version_id=NULL_VERSION).first()
    if old is None:
        return objects, size, []
    released = storage.names_of(old)
    old.delete()
    return objects - 1, size - old.size, released


def mark_deleted(call: Call, bucket: Bucket, key: str) -> StoredObject:
    """The latest version is a delete marker from now on, whether there was anything or not."""
    marker: dict[str, Any] = {"delete_marker": True, "size": 0, "etag": "", "content_type": ""}
    return put(call, bucket, key, None, marker)


def remove(bucket: Bucket, row: StoredObject) -> None:
    """Take a version away for good; the one before it is the latest then."""
    released = storage.names_of(row)
    row.delete()
    if row.latest and is_kept(bucket):
        newest = of(bucket, row.key).order_by("-pk").first()
        if newest is not None:
            newest.latest = True
            newest.save(update_fields=["latest"])
    usage.move(bucket, -1, -row.size)
    storage.release_after_commit(released)


def give_parts(row: StoredObject, parts: list[Part]) -> None:
    """The parts of an upload are those of the object from now on."""
    Part.objects.filter(pk__in=[part.pk for part in parts]).update(upload=None, object=row)
