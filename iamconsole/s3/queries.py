"""Reads of buckets for other rooms."""

from __future__ import annotations

from typing import Any

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.s3.models import Bucket

# Of a class of learners some hundred have a bucket of the same name.
MOST_ASKED = 1000


def cors_rules(bucket: str, *, public_name: str = "", sandbox_key: int | None = None) -> list[list[dict[str, Any]]]:
    """The CORS rules of the buckets of this name: of one sandbox, or of all where none is told."""
    rows = Bucket.objects.filter(name=bucket.replace("\0", ""), sandbox__state=Sandbox.State.LIVE)
    if public_name:
        rows = rows.filter(sandbox__public_name=public_name)
    if sandbox_key is not None:
        rows = rows.filter(sandbox=sandbox_key)
    found = rows.filter(settings__has_key="cors").values_list("settings", flat=True)[:MOST_ASKED]
    return [settings["cors"]["CORSRules"] for settings in found]


def owner_of(public_name: str, bucket: str) -> Account | None:
    """The account that owns a bucket of the sandbox with this public name."""
    rows = Bucket.objects.filter(sandbox__public_name=public_name, name=bucket.replace("\0", ""))
    row = rows.select_related("account").first()
    return row.account if row else None
