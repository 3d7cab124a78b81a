from __future__ import annotations

import sqlite3
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def use_all_variables(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let one insert hold the events of a whole page.

    Django splits a bulk insert at 999 values on SQLite, which was its limit before version 3.32; the
    library at hand says what its own is.
    """
    if connection.vendor == "sqlite" and connection.connection is not None:
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = min(limit, 30_000)


class GatewayConfig(AppConfig):
    name = "iamconsole.gateway"

    def ready(self) -> None:
        connection_created.connect(use_all_variables)
