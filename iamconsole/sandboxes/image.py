"""One mechanism for template, start, reset, copy, snapshot file and restore: take a world, put it anywhere.

    image = take(sandbox_key)               a plain, versioned structure; `as_plain` and `from_plain` for a file
    program = Program(image)                what of it is the same everywhere, and what must be made anew
    put(program, identity, now) -> key      the rows of a new world, in the caller's transaction

An image names nothing outside itself: a reference is the number of a row in its table, a policy text the number of
a text, the bytes of an object the number of a name in the storage. Account IDs, unique IDs and access key IDs stand
in it as they were in the world that it was taken from; `put` replaces them everywhere, in ARNs, policies, trust and
bucket policies, tags and JSON, so that every decision is the same in the new world. What a column means stands in
`tables`. Names of the sandbox, account IDs, passwords and keys come with the `Identity`; what it does not tell is
made anew or stays.

`put` holds rows that name the shared bytes, and raises `BytesGone` where there are none any more. Bytes that were
stored for this very image and belong to nobody yet are told as `staged`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import BinaryField, DateTimeField, Field, UUIDField

from iamconsole.accounts.models import Account, PolicyText, Sandbox
from iamconsole.cloudtrail.models import DecisionBasis, Event
from iamconsole.core.ids import Ids
from iamconsole.s3 import storage
from iamconsole.s3.names import canonical_id
from iamconsole.sandboxes.tables import BY_NAME, TABLES, Column, Kind, Table, paths, table_of

T = TypeVar("T")
VERSION = 1
# How many parameters one statement may carry is limited; so many rows are read or written at once.
BATCH = 500
# What may be a name in a text: an account ID, an ID or key of IAM's, a hash of a text or a canonical user ID.
# In JSON an escaped line end may stand before it.
_NAME = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<=\\[nrtbf]))(?:[0-9a-f]{64}|[A-Z0-9]{16,128})(?![0-9A-Za-z])"
    r"|(?<![0-9])[0-9]{12}(?![0-9])"
)


class ImageError(Exception):
    """The structure is no image of a sandbox; the message is for people."""


class BytesGone(Exception):
    """The bytes of an object are no longer there: its sandbox has changed since the image was taken."""


@dataclass(slots=True)
class Image:
    """A world as plain values. `tables` has, for each table's name, its columns and its rows, in an order in which
    rows come after those that they refer to; a moment is its ISO text, something encrypted its token."""

    columns: dict[str, list[str]]
    tables: dict[str, list[list[Any]]]
    texts: list[str] = field(default_factory=list)
    bases: list[list[dict[str, str]]] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)

    @property
    def account_ids(self) -> list[str]:
        return self.column("accounts.account", "account_id")

    def column(self, table: str, name: str) -> list[Any]:
        at = self.columns[table].index(name)
        return [row[at] for row in self.tables[table]]

    def as_plain(self) -> dict[str, Any]:
        """The image as values that JSON has."""
        return {
            "version": VERSION,
            "columns": self.columns,
            "tables": self.tables,
            "texts": self.texts,
            "bases": self.bases,
            "objects": self.objects,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Image:
        """The image of such values; a column that it lacks gets its default. Raises ImageError.

        Only the frame is looked at here: whether references lead anywhere shows in `Program`, which raises too.
        """
        if plain.get("version") != VERSION:
            raise ImageError(f"This is an image of version {plain.get('version')!r}; only {VERSION} can be read.")
        try:
            columns, tables = dict(plain["columns"]), dict(plain["tables"])
            image = cls(columns, tables, list(plain["texts"]), list(plain["bases"]), list(plain["objects"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ImageError(f"A part of the image is missing or malformed: {error}.") from error
        if unknown := sorted({*columns, *tables} - {table.name for table in TABLES if table.taken}):
            raise ImageError(f"The image has a table that is unknown here: {unknown[0]}.")
        return image


# -- taking ---------------------------------------------------------------------------------------


@contextmanager
def _one_moment() -> Iterator[None]:
    """All reads see the same moment; no lock is taken, and a transaction around us is good enough."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Django's own would be IMMEDIATE, and hold off every writer.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def take(sandbox_key: int, *, events: bool = True) -> Image:
    """The world of a sandbox, with its history or without; no session of anybody's."""
    image = Image({}, {})
    with _one_moment():
        _Taking(sandbox_key, image).run([table for table in TABLES if table.taken and (events or table.model != Event)])
    return image


class _Taking:
    """Reads the tables in order; `known` remembers what later rows refer to."""

    def __init__(self, sandbox_key: int, image: Image) -> None:
        self.sandbox_key = sandbox_key
        accounts = Account.objects.filter(sandbox=sandbox_key).order_by("pk")
        self.account_keys = list(accounts.values_list("pk", flat=True))
        self.image = image
        self.numbers: dict[str, dict[Any, int]] = {}
        self.texts: dict[str, int] = {}
        self.bases: dict[str, int] = {}
        self.objects: dict[str, int] = {}
        self.named: set[str] = set()

    def run(self, tables: Sequence[Table]) -> None:
        for table in tables:
            rows = self._rows(table)
            self.numbers[table.name] = {row[0]: number for number, row in enumerate(rows)}
            readers = [self._reader(field, column) for field, column in described(table)]
            self.image.columns[table.name] = list(table.columns)
            self.image.tables[table.name] = [
                [None if cell is None else read(cell) for read, cell in zip(readers, row[1:], strict=True)]
                for row in rows
            ]
        self._read_texts()
        self.image.objects = list(self.objects)

    def _rows(self, table: Table) -> list[tuple[Any, ...]]:
        names = ["pk", *(field.attname for field in table.fields)]
        found: dict[Any, tuple[Any, ...]] = {}
        for where in within(table, self.sandbox_key, self.account_keys):
            found |= {row[0]: row for row in table.model._base_manager.filter(**where).values_list(*names)}
        return [found[key] for key in sorted(found)]

    def _reader(self, field: Field[Any, Any], column: Column) -> Callable[[Any], Any]:
        match column.kind:
            case Kind.GIVEN:
                return lambda cell: None
            case Kind.OWNER | Kind.REF:
                return self.numbers[_table_behind(field).name].__getitem__
            case Kind.POLICY:
                return lambda cell: self.texts.setdefault(cell, len(self.texts))
            case Kind.BASIS:
                return lambda cell: self.bases.setdefault(cell, len(self.bases))
            case Kind.BYTES:
                return lambda cell: self.objects.setdefault(cell, len(self.objects))
        if isinstance(field, DateTimeField):
            return dt.datetime.isoformat
        if isinstance(field, BinaryField):
            return lambda cell: bytes(cell).decode("ascii")
        if isinstance(field, UUIDField):
            return str
        if field.model is Event and field.name == "resource_policy":
            return self._resource_policy
        return lambda cell: cell

    def _resource_policy(self, cell: Any) -> Any:
        # An event names the bucket policy that it was decided with by its hash. Nothing else does: whoever could name
        # one in a tag would be given that text, whosever it is.
        self.named.add(cell["sha256"])
        return cell

    def _read_texts(self) -> None:
        bases = _in_batches(DecisionBasis, self.bases, "attachments")
        self.image.bases = [bases.get(key, []) for key in self.bases]
        self.named |= {attached["sha256"] for basis in self.image.bases for attached in basis}
        # What is only named by its hash (a policy of AWS's) need not have been kept.
        texts = _in_batches(PolicyText, [*self.texts, *sorted(self.named - set(self.texts))], "text")
        self.image.texts = [texts.pop(key) for key in self.texts] + list(texts.values())


def within(table: Table, sandbox_key: int, account_keys: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The conditions under which a row is of this world: one an owner, since no index serves one that asks for all."""
    if table.model is Sandbox:
        yield {"pk": sandbox_key}
    for path in paths(table):
        if path.endswith("sandbox"):
            yield {path: sandbox_key}
        else:
            yield {f"{path}__in": account_keys}


def described(table: Table) -> list[tuple[Field[Any, Any], Column]]:
    return list(zip(table.fields, table.columns.values(), strict=True))


def _table_behind(field: Field[Any, Any]) -> Table:
    return table_of(field.related_model)  # type: ignore[arg-type]  # a reference leads to a model


def _in_batches(model: type[PolicyText | DecisionBasis], keys: Iterable[str], column: str) -> dict[str, Any]:
    """By key, in the order of the keys."""
    wanted = list(keys)
    found: dict[str, Any] = {}
    for some in _some(wanted):
        found |= dict(model.objects.filter(pk__in=some).values_list("pk", column))
    return {key: found[key] for key in wanted if key in found}


def _some(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


# -- putting --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose the new world is.

    `account_ids` are in the image's order of accounts. `sandbox` are the columns of its Sandbox row, `accounts` what
    replaces columns of the accounts. `keys` gives, for an access key ID of the image, the new ID and secret;
    `hashes`, for the hash of a password, the new one.
    """

    account_ids: Sequence[str]
    sandbox: Mapping[str, Any]
    accounts: Sequence[Mapping[str, Any]] = ()
    keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _World:
    """The new world while it is made: what the cells that differ are made of."""

    identity: Identity
    now: dt.datetime
    names: list[str] = field(default_factory=list)
    secrets: dict[int, str] = field(default_factory=dict)
    policies: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    attachments: list[list[dict[str, str]]] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)
    keys: dict[str, Sequence[int]] = field(default_factory=dict)
    # `now` as the database takes it.
    moment: Any = field(init=False)

    def __post_init__(self) -> None:
        self.moment = connection.ops.adapt_datetimefield_value(self.now)

    def join(self, parts: str | list[str | int]) -> str:
        if isinstance(parts, str):
            return parts
        return "".join([part if isinstance(part, str) else self.names[part] for part in parts])


Make = Callable[[_World], Any]
MakeName = Callable[[_World, Ids], str]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a table: the cells that are the same in every world, and how to make the others."""

    table: Table
    insert: str
    rows: list[tuple[list[Any], list[tuple[int, Make]]]]


class Program:
    """An image, compiled once: whatever is the same in every world is ready to be inserted.

    `fresh`: a start state, whose rows are as old as their world. Raises ImageError for what is no image.
    """

    def __init__(self, image: Image, *, fresh: bool = False) -> None:
        self.image = image
        self.fresh = fresh
        self.objects = frozenset(image.objects)
        self._names: list[MakeName] = []
        self._numbers: dict[str, int] = {}
        try:
            self._find_names()
            self._first_text = len(self._names)
            self._texts = [self._parts(text) for text in image.texts]
            self._name_texts()
            self._bases = [self._parts(json.dumps(basis, ensure_ascii=False)) for basis in image.bases]
            self.tables = [self._compile(table) for table in TABLES if image.tables.get(table.name)]
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, ValidationError) as error:
            raise ImageError(f"The image is damaged: {error!r}.") from error

    # -- names: what stands for somebody or something of this world only

    def _find_names(self) -> None:
        for number, account_id in enumerate(self.image.account_ids):
            self._name(account_id, _account_id(number))
            self._name(canonical_id(account_id), _canonical_id(number))
        for table in TABLES:
            for name, column in table.columns.items():
                if column.kind is Kind.UNIQUE:
                    for old in self._cells(table, name):
                        self._name(old, _new_unique_id(old, column.prefix))
                elif column.kind is Kind.KEY:
                    for old in self._cells(table, name):
                        self._name(old, _new_key(old, len(self._names)))

    def _cells(self, table: Table, name: str) -> list[str]:
        if name not in self.image.columns.get(table.name, ()):
            return []
        return [cell for cell in self.image.column(table.name, name) if cell is not None]

    def _name(self, old: str, make: MakeName) -> int:
        if old in self._numbers:
            raise ValueError(f"{old} stands for two things")
        self._numbers[old] = len(self._names)
        self._names.append(make)
        return self._numbers[old]

    def _name_texts(self) -> None:
        """A text that has a name in it gets another hash, which events know it by."""
        for number, (text, parts) in enumerate(zip(self.image.texts, self._texts, strict=True)):
            if not isinstance(parts, str):
                self._numbers[_sha256(text)] = len(self._names)
                self._names.append(_text_hash(number))

    def _parts(self, text: str) -> str | list[str | int]:
        """The text itself, or its parts, in which numbers stand for names, where it has any."""
        parts: list[str | int] = []
        end = 0
        for found in _NAME.finditer(text):
            number = self._numbers.get(found[0])
            if number is not None:
                parts += [text[end : found.start()], number]
                end = found.end()
        return [*parts, text[end:]] if parts else text

    # -- rows

    def _compile(self, table: Table) -> _Rows:
        has = self.image.columns[table.name]
        if unknown := set(has) - set(table.columns):
            raise ValueError(f"{table.name} has no column {min(unknown)}")
        rows = []
        for cells in self.image.tables[table.name]:
            row = dict(zip(has, cells, strict=True))
            same: list[Any] = [None]
            made: list[tuple[int, Make]] = []
            for at, (described_by, column) in enumerate(described(table), start=1):
                if column.kind is Kind.SECRET:
                    cell: Any = self._secret(described_by, row[_key_column(table)])
                elif described_by.name in row:
                    cell = self._cell(described_by, column, row[described_by.name])
                else:
                    cell = _prepared(described_by, described_by.get_default())
                same.append(None if callable(cell) else cell)
                if callable(cell):
                    made.append((at, cell))
            rows.append((same, made))
        return _Rows(table, _insert(table), rows)

    def _secret(self, field: Field[Any, Any], old: str) -> Make:
        number = self._numbers[old]
        return lambda world: _prepared(field, settings.IAMCONSOLE_FERNET.encrypt(world.secrets[number].encode()))

    def _cell(self, field: Field[Any, Any], column: Column, cell: Any) -> Any:
        """What is inserted, or a function that makes it."""
        kind = column.kind
        if kind is Kind.GIVEN:
            return lambda world: _prepared(field, world.identity.sandbox[field.name])
        if kind is Kind.UUID:
            return lambda world: _prepared(field, uuid.uuid4())
        if cell is None:
            return None
        match kind:
            case Kind.TIME if self.fresh:
                return lambda world: world.moment
            case Kind.OWNER | Kind.REF:
                return self._reference(_table_behind(field).name, cell)
            case Kind.POLICY:
                return self._by_content(self._texts, cell, lambda world: world.texts[cell])
            case Kind.BASIS:
                return self._by_content(self._bases, cell, lambda world: world.bases[cell])
            case Kind.BYTES:
                return self.image.objects[cell]
            case Kind.HASH:
                return lambda world: world.identity.hashes.get(cell, cell)
            case Kind.ACCOUNT | Kind.UNIQUE | Kind.KEY:
                number = self._numbers[cell]
                return lambda world: world.names[number]
            case Kind.TEXT:
                return self._joined(self._parts(cell))
            case Kind.JSON | Kind.SEALED_JSON:
                parts = self._parts(json.dumps(cell, ensure_ascii=False))
                return _prepared(field, cell) if isinstance(parts, str) else self._joined(parts)
        return _prepared(field, cell.encode("ascii") if isinstance(field, BinaryField) else field.to_python(cell))

    def _reference(self, name: str, number: int) -> Make:
        if not 0 <= number < len(self.image.tables[name]):
            raise ValueError(f"{name} has no row {number}")
        return lambda world: world.keys[name][number]

    def _by_content(self, known: Sequence[Any], number: int, make: Make) -> Make:
        if not 0 <= number < len(known):
            raise ValueError(f"there is no text {number}")
        return make

    def _joined(self, parts: str | list[str | int]) -> Any:
        return parts if isinstance(parts, str) else lambda world: world.join(parts)

    # -- a new world

    def world(self, identity: Identity, now: dt.datetime, ids: Ids) -> _World:
        """Everything that is made anew, but for the keys of rows."""
        if len(identity.account_ids) != len(self.image.account_ids):
            raise ValueError(f"The image has {len(self.image.account_ids)} accounts, not {len(identity.account_ids)}.")
        world = _World(identity, now)
        world.names += [make(world, ids) for make in self._names[: self._first_text]]
        world.policies = [world.join(parts) for parts in self._texts]
        world.texts = [_sha256(text) for text in world.policies]
        world.names += [make(world, ids) for make in self._names[self._first_text :]]
        world.attachments = [json.loads(world.join(parts)) for parts in self._bases]
        world.bases = [DecisionBasis.key_of(attachments) for attachments in world.attachments]
        return world


def put(
    program: Program,
    identity: Identity,
    now: dt.datetime,
    *,
    ids: Ids | None = None,
    staged: Collection[str] = (),
) -> int:
    """Make a new world of the image, in the transaction around this, which writes; returns its sandbox's key."""
    if not connection.in_atomic_block:
        raise RuntimeError("A world is put in a transaction, or half of it could stay.")
    world = program.world(identity, now, ids or Ids())
    shared = program.objects - frozenset(staged)
    if missing := shared - storage.named(shared, hold=True):
        raise BytesGone(min(missing))
    world.keys = _new_keys({rows.table.name: len(rows.rows) for rows in program.tables})
    with connection.cursor() as cursor:
        _keep(cursor, PolicyText, sorted(zip(world.texts, world.policies, strict=True)))
        bases = [json.dumps(attachments) for attachments in world.attachments]
        _keep(cursor, DecisionBasis, sorted(zip(world.bases, bases, strict=True)))
        for rows in program.tables:
            cursor.executemany(rows.insert, list(_filled(rows, world)))
    return world.keys[table_of(Sandbox).name][0]


def _filled(rows: _Rows, world: _World) -> Iterator[list[Any]]:
    keys = world.keys[rows.table.name]
    told = world.identity.accounts if rows.table.model is Account else ()
    for number, (same, made) in enumerate(rows.rows):
        row = same.copy()
        row[0] = keys[number]
        for at, make in made:
            row[at] = make(world)
        if number < len(told):
            for at, column in enumerate(rows.table.fields, start=1):
                if column.name in told[number]:
                    row[at] = _prepared(column, told[number][column.name])
        yield row


def _new_keys(counts: Mapping[str, int]) -> dict[str, Sequence[int]]:
    """So many new primary keys for each table, told before anything is inserted."""
    tables = {name: BY_NAME[name].model._meta.db_table for name in counts}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Held by the transaction; inserting the keys moves SQLite's own counter.
            cursor.execute('SELECT "name", "seq" FROM "sqlite_sequence"')
            last = dict(cursor.fetchall())
            return {
                name: range(last.get(table, 0) + 1, last.get(table, 0) + 1 + counts[name])
                for name, table in tables.items()
            }
        each = [
            f"SELECT {number}, nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {counts[name]})"
            for number, (name, table) in enumerate(tables.items())
        ]
        cursor.execute(" UNION ALL ".join(each))
        found: dict[str, list[int]] = {name: [] for name in tables}
        names = list(tables)
        for number, key in cursor.fetchall():
            found[names[number]].append(key)
        return {name: sorted(keys) for name, keys in found.items()}


def _keep(cursor: Any, model: type[PolicyText | DecisionBasis], rows: list[tuple[str, str]]) -> None:
    """Store by content what is not there yet; in one order, or two who store the same wait for each other."""
    key, content = (field.column for field in model._meta.concrete_fields)
    statement = f'INSERT INTO "{model._meta.db_table}" ("{key}", "{content}") VALUES (%s, %s) ON CONFLICT DO NOTHING'
    if rows:
        cursor.executemany(statement, rows)


def _insert(table: Table) -> str:
    columns = [table.model._meta.pk.column, *(field.column for field in table.fields)]
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table.model._meta.db_table}" ({names}) VALUES ({", ".join(["%s"] * len(columns))})'


def _prepared(field: Field[Any, Any], value: Any) -> Any:
    """The value as the database takes it."""
    return field.get_db_prep_save(value, connection)


def _key_column(table: Table) -> str:
    return next(name for name, column in table.columns.items() if column.kind is Kind.KEY)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _account_id(number: int) -> MakeName:
    return lambda world, ids: world.identity.account_ids[number]


def _canonical_id(number: int) -> MakeName:
    return lambda world, ids: canonical_id(world.identity.account_ids[number])


def _text_hash(number: int) -> MakeName:
    return lambda world, ids: world.texts[number]


def _new_unique_id(old: str, prefix: str) -> MakeName:
    if not old.startswith(prefix):
        raise ValueError(f"{old} is no ID that begins with {prefix}")
    return lambda world, ids: ids.unique_id(prefix, len(old))


def _new_key(old: str, number: int) -> MakeName:
    def make(world: _World, ids: Ids) -> str:
        found = world.identity.keys.get(old) or (ids.access_key_id(), ids.secret_access_key())
        world.secrets[number] = found[1]
        return found[0]

    return make
