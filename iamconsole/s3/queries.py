"""Reads of buckets for other rooms."""

from __future__ import annotations

from iamconsole.accounts.models import Account
from iamconsole.s3.models import Bucket


def owner_of(public_name: str, bucket: str) -> Account | None:
    """The account that owns a bucket of the sandbox with this public name."""
    rows = Bucket.objects.filter(sandbox__public_name=public_name, name=bucket.replace("\0", ""))
    row = rows.select_related("account").first()
    return row.account if row else None
