"""That every model and column says what it means to a sandbox."""

from __future__ import annotations

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db.models import BinaryField, ForeignKey, JSONField

from iamconsole.sandboxes.tables import SHARED, TABLES, Kind, table_of

# Browsers' sessions are nobody's world.
OTHERS = (Session, *SHARED)


def test_every_model_is_declared():
    known = {table.model for table in TABLES} | set(OTHERS)
    assert set(apps.get_models()) == known, "declare the model in iamconsole/sandboxes/tables.py"


def test_every_column_is_declared():
    for table in TABLES:
        columns = {field.name for field in table.model._meta.concrete_fields if not field.primary_key}
        declared = set(table.columns)
        assert declared <= columns, table
        if table.taken:
            assert declared == columns, f"{table}: declare the column in iamconsole/sandboxes/tables.py"


def test_references_lead_upwards():
    seen = []
    for table in TABLES:
        for field, column in zip(table.fields, table.columns.values(), strict=True):
            if column.kind in (Kind.OWNER, Kind.REF):
                assert table_of(field.related_model) in seen, f"{table}.{field.name}"
        seen.append(table)


def test_every_row_has_an_owner():
    assert [table.name for table in TABLES if not table.owners] == ["accounts.sandbox"]


def test_a_column_is_declared_as_what_it_is():
    of_rows = {Kind.OWNER, Kind.REF, Kind.POLICY, Kind.BASIS}
    of_json = {Kind.JSON, Kind.SEALED_JSON, Kind.PLAIN}
    sealed = {Kind.SECRET, Kind.SEALED, Kind.GIVEN}
    for table in TABLES:
        for field, column in zip(table.fields, table.columns.values(), strict=True):
            where = f"{table}.{field.name}"
            assert (column.kind in of_rows) == isinstance(field, ForeignKey), where
            if isinstance(field, JSONField):
                assert column.kind in of_json, where
            if isinstance(field, BinaryField):
                assert column.kind in sealed, where
