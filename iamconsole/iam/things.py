"""How many things of IAM a sandbox holds: users, groups, roles, policies, keys, devices, providers, certificates.

What hangs on one of them (versions, inline policies, tags) is bounded by AWS's own quotas.
"""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.db import connection

from iamconsole.accounts.limits import held_quotas
from iamconsole.core.errors import LimitExceeded


@cache
def _tables() -> tuple[str, ...]:
    """Every table of this room whose rows are an account's, several an account."""
    models = apps.get_app_config("iam").get_models()
    return tuple(
        model._meta.db_table
        for model in models
        if any(field.name == "account" and field.many_to_one for field in model._meta.fields)
    )


@cache
def _counting() -> tuple[str, int]:
    """The SQL that counts, and how often it asks for the sandbox."""
    accounts = "SELECT id FROM accounts_account WHERE sandbox_id = %s"
    each = [f'SELECT 1 FROM "{table}" WHERE account_id IN ({accounts})' for table in _tables()]
    return f"SELECT COUNT(*) FROM ({' UNION ALL '.join(each)} LIMIT %s) AS counted", len(each)


def count(sandbox_key: int, most: int) -> int:
    """How many there are, counted up to `most`: what more there is costs nothing."""
    sql, times = _counting()
    with connection.cursor() as cursor:
        cursor.execute(sql, [sandbox_key] * times + [most])
        found: int = cursor.fetchone()[0]
    return found


def check(sandbox_key: int) -> None:
    """Refuse what was just made if there are now too many; to be called in the transaction that made it."""
    most = held_quotas(sandbox_key)["things"]
    if count(sandbox_key, most + 1) > most:
        raise LimitExceeded.quota("ObjectsPerSandbox", most)
