"""Dropping the rows of a world, and the bytes that nothing names after it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from iamconsole.accounts.models import Account
from iamconsole.gateway import door
from iamconsole.s3 import storage
from iamconsole.s3.models import StoredObject
from iamconsole.sandboxes.image import within
from iamconsole.sandboxes.tables import TABLES, Table

AT_ONCE = 250


def drop(sandbox_key: int) -> None:
    """Drop every row of a world in the transaction around this. The bytes of its objects stay."""
    for _ in _batches(sandbox_key):
        pass


def drop_in_background(sandbox_key: int) -> Iterator[None]:
    """Drop a world in short transactions, one at each step; whoever takes the steps may rest between them."""
    steps = _batches(sandbox_key)
    more = True
    while more:
        with door.write_transaction():
            released = next(steps, None)
        more = released is not None
        if released:
            storage.release(released)
        yield


def _batches(sandbox_key: int) -> Iterator[set[str]]:
    """Deletes some rows at each step, those first that others do not refer to; yields the bytes that they named."""
    account_keys = list(Account.objects.filter(sandbox=sandbox_key).values_list("pk", flat=True))
    for table in reversed(TABLES):
        for where in within(table, sandbox_key, account_keys):
            while some := _some_rows(table, where):
                names = set()
                if table.model is StoredObject:
                    names = set(StoredObject.objects.filter(pk__in=some).values_list("stored_as", flat=True))
                _delete(table, some)
                yield names


def _some_rows(table: Table, where: dict[str, object]) -> list[int]:
    return list(table.model._base_manager.filter(**where).values_list("pk", flat=True)[:AT_ONCE])


def _delete(table: Table, keys: list[int]) -> None:
    # Not Django's: it would look for dependants, which are gone.
    marks = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table.model._meta.db_table}" WHERE "id" IN ({marks})', keys)
