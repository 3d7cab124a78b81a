"""How much a sandbox may hold. What is there is counted by the rooms whose rows they are."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from iamconsole.accounts.models import Sandbox
from iamconsole.accounts.prepared import Prepared

# Apart from every other advisory lock.
_NAMESPACE = 7_220_052


def quotas(visitor: bool) -> dict[str, int]:
    """By kind: `objects` of S3, their `bytes`, `things` of IAM, `events`."""
    chosen: dict[str, int] = settings.IAMCONSOLE_VISITOR_QUOTAS if visitor else settings.IAMCONSOLE_QUOTAS
    return chosen


def held_quotas(sandbox_key: int) -> dict[str, int]:
    """The sandbox's quotas, in a transaction that will count: who counts after us waits until ours has ended.

    Its accounts are written under a lock each, and the quota is that of all of them. SQLite's transaction holds the
    whole database anyway. The row of the sandbox itself is not taken: whoever resets it holds it first and its
    accounts later.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_NAMESPACE, sandbox_key % 2**31])
    return quotas(_is_visitors(sandbox_key)[0][0])


_is_visitors = Prepared[tuple[bool]](lambda key: Sandbox.objects.filter(pk=key).values_list("visitor"), int)
