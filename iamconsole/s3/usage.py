"""How much a sandbox keeps in S3: each bucket knows how many objects it has and how large they are together.

Every version, delete marker and multipart upload counts as an object, and the parts of uploads count as bytes.

The counters move in the transaction that stores or deletes an object, so a quota costs the same however much there is.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Sum

from iamconsole.accounts.limits import held_quotas
from iamconsole.s3 import errors
from iamconsole.s3.models import Bucket


@dataclass(frozen=True, slots=True)
class Usage:
    """Buckets and objects, and the bytes of the objects."""

    objects: int
    bytes: int


def usage_of(sandbox_key: int) -> Usage:
    found = Bucket.objects.filter(sandbox=sandbox_key).aggregate(
        buckets=Count("pk"), objects=Sum("object_count"), bytes=Sum("byte_count")
    )
    return Usage(found["buckets"] + (found["objects"] or 0), found["bytes"] or 0)


def move(bucket: Bucket, objects: int, size: int) -> None:
    """Count what was stored in a bucket or deleted from it; raises if it is more than the sandbox may hold.

    To be called in the transaction that does it. Less is always allowed, so that a sandbox whose quota was lowered
    can be tidied up.
    """
    quotas = held_quotas(bucket.sandbox_id) if objects > 0 or size > 0 else None
    Bucket.objects.filter(pk=bucket.pk).update(
        object_count=F("object_count") + objects, byte_count=F("byte_count") + size
    )
    if quotas is not None:
        _check(bucket.sandbox_id, quotas, objects, size)


def check_new_bucket(sandbox_key: int) -> None:
    _check(sandbox_key, held_quotas(sandbox_key), 1, 0)


def _check(sandbox_key: int, quotas: dict[str, int], objects: int, size: int) -> None:
    now = usage_of(sandbox_key)
    if size > 0 and now.bytes > quotas["bytes"]:
        raise errors.quota_exceeded("bytes", quotas["bytes"])
    if objects > 0 and now.objects > quotas["objects"]:
        raise errors.quota_exceeded("buckets and objects", quotas["objects"])
