"""Queries whose SQL is made once.

Django compiles a queryset each time that it is run, which costs several times what the database needs to answer. The
few that every signed request runs are compiled here once for each connection; what they say is still a queryset.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Row = TypeVar("Row")
AnyModel = TypeVar("AnyModel", bound=Model)

# What stands in a queryset for a value that is not known yet: no value that a caller passes.
_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda n: -9_000_000_000 - n,
    str: lambda n: f"\ue000{n}",
    dt.datetime: lambda n: dt.datetime(9000 + n, 1, 1, tzinfo=dt.UTC),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    sql: str
    # By position: which value, or a constant of the query itself.
    parameters: tuple[tuple[int, Any], ...]
    compiler: Any
    converters: dict[int, Any]
    # For rows of a model; None where the queryset gives tuples.
    model: Any
    names: list[str]
    first: int
    last: int
    populators: list[Any]


class Prepared(Generic[Row]):
    """`Prepared(lambda name: User.objects.filter(name=name), str)`, then called with a name: the list of its rows.

    `kinds` are the types of the values: int, str or datetime. They may only be compared with in the queryset, and none
    may be None, which is another SQL.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Row]], *kinds: type) -> None:
        self._make = make
        self._kinds = kinds

    def __call__(self, *values: Any) -> list[Row]:
        plan = self._plan()
        rows = self._fetched(plan, plan.sql, values)
        if plan.converters:
            rows = list(plan.compiler.apply_converters(rows, plan.converters))
        if plan.model is None:
            return [tuple(row) for row in rows]  # type: ignore[misc]  # what values_list gives
        return [self._instance(plan, row) for row in rows]

    def first(self, *values: Any) -> Row | None:
        """The first row; None where there is none."""
        return next(iter(self(*values)), None)

    def count(self, *values: Any) -> int:
        """How many rows there are."""
        plan = self._plan()
        return int(self._fetched(plan, f"SELECT COUNT(*) FROM ({plan.sql}) AS counted", values)[0][0])

    def _plan(self) -> _Plan:
        # Kept with the connection, which is a thread's own, as is what Django compiled for it.
        plans: dict[Prepared[Any], _Plan] = vars(connections[DEFAULT_DB_ALIAS]).setdefault("prepared", {})
        plan = plans.get(self)
        if plan is None:
            plan = plans[self] = self._planned()
        return plan

    def _fetched(self, plan: _Plan, sql: str, values: Sequence[Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [const if place < 0 else _adapted(values[place]) for place, const in plan.parameters])
            return list(cursor.fetchall())

    def _instance(self, plan: _Plan, row: Sequence[Any]) -> Row:
        made = plan.model.from_db(connection.alias, plan.names, row[plan.first : plan.last])
        for populator in plan.populators:
            populator.populate(row, made)
        return made  # type: ignore[no-any-return]  # a row of the plan's model

    def _planned(self) -> _Plan:
        marks = [_MARKS[kind](place) for place, kind in enumerate(self._kinds)]
        queryset = self._make(*marks)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        sent = [_adapted(mark) for mark in marks]
        places = tuple((sent.index(value), None) if value in sent else (-1, value) for value in parameters)
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        info = compiler.klass_info
        if queryset._iterable_class is not ModelIterable:
            return _Plan(sql, places, compiler, converters, None, [], 0, 0, [])
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in compiler.select[first:last]]
        populators = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]  # of a later Django
        return _Plan(sql, places, compiler, converters, info["model"], names, first, last, populators)


def _adapted(value: Any) -> Any:
    """A value as the database takes it."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, dt.datetime) else value


def insert(rows: Sequence[AnyModel]) -> None:
    """Write new rows of one model, all or none: as `bulk_create`, without their new primary keys."""
    if not rows:
        return
    fields, sql = _insertion(type(rows[0]))
    values = [[field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def update(model: type[Model], key: Any, **told: Any) -> bool:
    """Set columns of one row: as `filter(pk=key).update(...)`. Whether there was one."""
    fields, sql = _updating(model, tuple(told))
    values = [field.get_db_prep_save(value, connection) for field, value in zip(fields, told.values(), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, key])
        return bool(cursor.rowcount)


@cache
def _updating(model: type[Model], names: tuple[str, ...]) -> tuple[list[Any], str]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key: Any = model._meta.pk
    return fields, f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {quote(key.column)} = %s"


_insertions: dict[type[Model], tuple[list[Any], str]] = {}


def _insertion(model: type[Model]) -> tuple[list[Any], str]:
    if model not in _insertions:
        fields: list[Any] = [field for field in model._meta.concrete_fields if not field.primary_key]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in fields)
        marks = ", ".join("%s" for _ in fields)
        _insertions[model] = fields, f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})"
    return _insertions[model]
