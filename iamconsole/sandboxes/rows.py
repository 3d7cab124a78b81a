"""Dropping the rows of a world, and the bytes that nothing names after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Field

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.gateway import door
from iamconsole.s3 import storage
from iamconsole.s3.models import NAMING_BYTES
from iamconsole.sandboxes.tables import TABLES, Table, table_of

AT_ONCE = 250
# How long a transaction that drops may hold off the site's writers.
SECONDS = 0.01


def drop(sandbox_key: int) -> None:
    """Drop every row of a world in the transaction around this. The bytes of its objects stay."""
    for _ in _deletes(sandbox_key):
        pass


def drop_in_background(sandbox_key: int) -> Iterator[None]:
    """Drop a world in short transactions, one at each step; whoever takes the steps may rest between them."""
    deletes = _deletes(sandbox_key)
    more = True
    while more:
        names: set[str] = set()
        began = time.monotonic()
        with door.write_transaction():
            while more:
                deleted = next(deletes, None)
                more = deleted is not None
                names |= deleted or set()
                if time.monotonic() - began > SECONDS:
                    break
        storage.release(names)
        yield


def _deletes(sandbox_key: int) -> Iterator[set[str]]:
    """Deletes some rows at each step, those first that others do not refer to; yields the bytes that they named."""
    accounts = list(Account.objects.filter(sandbox=sandbox_key).values_list("pk", flat=True))
    for table in reversed(TABLES):
        names_bytes = table.model in NAMING_BYTES
        answer = ' RETURNING "stored_as"' if names_bytes else ""
        name = table.model._meta.db_table
        for where in _conditions(table, sandbox_key, accounts):
            delete = f'DELETE FROM "{name}" WHERE "id" IN (SELECT "id" FROM "{name}" WHERE {where} LIMIT {AT_ONCE})'
            count = AT_ONCE
            while count == AT_ONCE:
                with connection.cursor() as cursor:
                    cursor.execute(delete + answer)
                    names = {row[0] for row in cursor.fetchall() if row[0]} if names_bytes else set()
                    count = cursor.rowcount
                yield names


def _conditions(table: Table, sandbox_key: int, accounts: list[int]) -> Iterator[str]:
    """How the rows of a world are found: one condition an owner, since no index serves one that asks for all.

    As SQL of our own, since Django's delete would look for dependants, which are gone. The keys are numbers of ours.
    """
    if table.model is Sandbox:
        yield f'"id" = {int(sandbox_key)}'
    elif table.model is Account:
        yield f'"sandbox_id" = {int(sandbox_key)}'
    else:
        for field in (field for field in table.fields if field.name in table.owners):
            yield from _by_owner(field, sandbox_key, accounts)


def _by_owner(field: Field[Any, Any], sandbox_key: int, accounts: list[int]) -> Iterator[str]:
    owner = table_of(field.related_model)  # type: ignore[arg-type]  # owners are rows
    if owner.model is Account:
        keys = ", ".join(str(int(key)) for key in accounts) or "NULL"
        yield f'"{field.column}" IN ({keys})'
    else:
        for where in _conditions(owner, sandbox_key, accounts):
            yield f'"{field.column}" IN (SELECT "id" FROM "{owner.model._meta.db_table}" WHERE {where})'
