"""Every cell of an image that comes from outside, checked before anything of it is written.

An image of our own making passes by construction. One of a file may hold anything: what the operations would have
refused (a name, a key, a policy that does not parse, a value of another type) is refused here, with its place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection, Mapping
from functools import cache, lru_cache
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, CharField, DateTimeField, Field, JSONField, TextField
from django.db.models.fields import IntegerField

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.iam import aws_managed
from iamconsole.iam import models as iam
from iamconsole.policy import parse
from iamconsole.s3 import names, settings
from iamconsole.s3.checksums import ALGORITHMS
from iamconsole.s3.models import GIVEN_BACK, Bucket, MultipartUpload, Part, StoredObject
from iamconsole.s3.parameters import STORAGE_CLASSES
from iamconsole.sandboxes.image import Image, ImageError
from iamconsole.sandboxes.tables import BY_NAME, TABLES, Column, Kind, Table, table_of
from iamconsole.sts import texts as sts

# The texts of policies, and other long ones: the longest that an operation takes is far shorter.
MAX_TEXT = 512 * 1024
MAX_JSON = 256 * 1024
MAX_DEPTH = 24
# What a text may be that only the history names; boundaries and session policies have the grammar of the first.
KINDS = ("identity", "resource", "trust")
# What an event remembers of policies: those of the caller, and that of the resource.
_ON_CALLER, _ON_RESOURCE = ("identity", "boundary", "session"), ("resource", "trust")
_OF_RESOURCE_POLICY = {"name", "sha256", "type", "block_public_access"}

_NAME = re.compile(r"[\w+=,.@-]{1,226}", re.ASCII)
_PATH = re.compile(r"/(?:[!-~]+/)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_ID = re.compile(r"[A-Z0-9]{12,128}")
_EMAIL = re.compile(r"[!-~]+@[!-~]+")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,256}")
_CHECKSUM = re.compile(r"[A-Za-z0-9+/]{1,88}={0,2}(?:-[1-9][0-9]{0,4})?")
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# The kind of policy that a column of texts holds.
_POLICIES = {
    (iam.PolicyVersion, "text"): "identity",
    (iam.InlinePolicy, "text"): "identity",
    (iam.Role, "trust"): "trust",
    (Bucket, "policy"): "resource",
}
# What opens something, or is encrypted with a deployment's key: no file tells it.
SECRETS = (Kind.SECRET, Kind.HASH, Kind.SEALED, Kind.SEALED_JSON)
# The same of columns that are lists of such.
EMPTIED = {(iam.LoginProfile, "former")}
# Columns whose JSON is a mapping of texts to texts.
_MAPPINGS = {"tags", "metadata", "headers"}


class Unsound(ImageError):
    """A cell that no sandbox can have."""


def check(image: Image) -> None:
    """Raise Unsound for the first thing that is wrong."""
    # However many rows share a text: it is read once for each kind of policy that it is.
    parses = cache(lambda number, kind: _parses(image.texts[number], kind))
    _check_texts(image, parses)
    for table in TABLES:
        if table.name in image.tables or table.model in (Sandbox, Account):
            _Checking(image, table, parses).run()
    _check_shared(image)


def _fail(where: str, why: str) -> NoReturn:
    raise Unsound(f"{where} {why}.")


def _in_rows(image: Image) -> set[Any]:
    """The numbers of the texts that rows lead to: read as the kind of policy that they are there, with the rows."""
    found: set[Any] = set()
    for model, name in _POLICIES:
        table = table_of(model).name
        columns, rows = image.columns.get(table), image.tables.get(table)
        if isinstance(columns, list) and isinstance(rows, list) and name in columns:
            at = columns.index(name)
            found |= {row[at] for row in rows if isinstance(row, list) and at < len(row) and type(row[at]) is int}
    return found


def _check_texts(image: Image, parses: Callable[[int, str], bool]) -> None:
    in_rows = _in_rows(image)
    for number, text in enumerate(image.texts):
        where = f"Policy text {number}"
        if not _is_text(text, MAX_TEXT):
            _fail(where, "is no text, or too long")
        if number not in in_rows and not any(parses(number, kind) for kind in KINDS):
            _fail(where, "is no policy: it does not parse")
    if len(set(image.texts)) < len(image.texts):
        _fail("A policy text", "stands twice")
    own = _hashes(image)
    named = ("type", "name", "arn", "source", "via", "sha256")
    for number, basis in enumerate(image.bases):
        where = f"Decision basis {number}"
        if not isinstance(basis, list) or len(basis) > 1000:
            _fail(where, "is no list of policies")
        for one in basis:
            if (
                not isinstance(one, dict)
                or set(one) != set(named)
                or not all(_is_text(one[name], 2048) for name in named)
            ):
                _fail(where, "does not say of each policy its " + ", ".join(named))
            if not _SHA256.fullmatch(one["sha256"]):
                _fail(where, "names a policy by something else than its hash")
            if one["type"] not in _ON_CALLER:
                _fail(where, "has a policy of a type that no caller has")
            if one["sha256"] not in own and one["sha256"] != _hash_of_aws(one["arn"]):
                _fail(where, "names a policy whose text is not in the file")


def _hashes(image: Image) -> set[str]:
    """What the file may name: its own texts, and those of ours that are the same for everybody."""
    return {hashlib.sha256(text.encode()).hexdigest() for text in image.texts} | set(sts.BY_SHA256)


@lru_cache(maxsize=2048)
def _hash_of_aws(arn: str) -> str:
    managed = aws_managed.by_arn().get(arn)
    return hashlib.sha256(managed.text.encode()).hexdigest() if managed else ""


def _parses(text: str, kind: Any) -> bool:
    try:
        return not parse(text, kind).problems
    except RecursionError:
        return False


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and "\0" not in value and _is_unicode(value)


def _is_unicode(text: str) -> bool:
    # JSON can say half of a surrogate pair, which no database takes.
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


class _Checking:
    """The cells of one table."""

    def __init__(self, image: Image, table: Table, parses: Callable[[int, str], bool]) -> None:
        self.image = image
        self.table = table
        self.parses = parses

    def run(self) -> None:
        rows, columns = self.image.tables.get(self.table.name), self.image.columns.get(self.table.name)
        if not isinstance(rows, list) or not isinstance(columns, list):
            _fail(self.table.name, "has no rows or no columns")
        if len(set(map(str, columns))) < len(columns) or set(columns) - set(self.table.columns):
            unknown = sorted(set(map(str, columns)) - set(self.table.columns))
            _fail(self.table.name, f"has a column twice or one that is unknown here ({', '.join(unknown)[:60]})")
        if lacking := [name for name in self._needed() if name not in columns]:
            _fail(self.table.name, f"lacks the column {lacking[0]}")
        readers = [self._reader(name) for name in columns]
        for number, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != len(columns):
                _fail(f"Row {number} of {self.table.name}", "has more or fewer cells than there are columns")
            for name, read, cell in zip(columns, readers, row, strict=True):
                if problem := read(cell):
                    _fail(f"{name} of row {number} of {self.table.name}", problem)

    def _needed(self) -> list[str]:
        """Columns without which there is no row: those that refer, and those that have no default."""
        found = []
        for field, (name, column) in zip(self.table.fields, self.table.columns.items(), strict=True):
            told = column.kind in (Kind.GIVEN, Kind.UUID, Kind.SECRET)
            if not told and not field.null and not field.has_default() and not getattr(field, "blank", False):
                found.append(name)
        return found

    def _reader(self, name: str) -> Callable[[Any], str]:
        """What is wrong with a cell of the column, in words; nothing for a good one."""
        column = self.table.columns[name]
        field: Field[Any, Any] = self.table.model._meta.get_field(name)  # type: ignore[assignment]  # a column
        check = self._check_of(name, column, field)

        def read(cell: Any) -> str:
            if cell is None:
                return "" if field.null or column.kind in (*SECRETS, Kind.GIVEN, Kind.UUID) else "is empty"
            return check(cell)

        return read

    def _check_of(self, name: str, column: Column, field: Field[Any, Any]) -> Callable[[Any], str]:
        kind, model = column.kind, self.table.model
        if kind in (Kind.OWNER, Kind.REF):
            there = self.image.tables.get(table_of(field.related_model).name)  # type: ignore[arg-type]  # a reference
            return _number_below(len(there) if isinstance(there, list) else 0, "leads to no row")
        if kind is Kind.POLICY:
            return self._policy(_POLICIES[model, name])
        if kind is Kind.BASIS:
            return _number_below(len(self.image.bases), "leads to no decision basis")
        if kind is Kind.BYTES:
            return _number_below(len(self.image.objects), "leads to no bytes")
        if kind in (*SECRETS, Kind.GIVEN):
            return lambda cell: "is not told by a file"
        if (model, name) in EMPTIED:
            return lambda cell: "" if cell == [] else "is not told by a file"
        if kind is Kind.ACCOUNT:
            return _like(_ACCOUNT_ID, "is no account ID")
        if kind in (Kind.UNIQUE, Kind.KEY):
            return lambda cell: (
                ""
                if isinstance(cell, str) and _ID.fullmatch(cell) and cell.startswith(column.prefix)
                else "is no ID of IAM's"
            )
        if model in _NAMED and name == "name":
            return _like(_NAME, "is no name that IAM takes")
        if name == "path":
            return lambda cell: "" if _is_text(cell, 512) and _PATH.fullmatch(cell) else "is no path"
        if name in ("aws_arn", "boundary_aws_arn"):
            return lambda cell: "" if cell == "" or cell in aws_managed.by_arn() else "is no policy of AWS's"
        if model is Account and name == "root_email":
            return lambda cell: "" if _is_text(cell, 254) and _EMAIL.fullmatch(cell) else "is no address"
        if model is Bucket and name == "name":
            return lambda cell: (
                "" if _is_text(cell, 63) and not names.bucket_name_problem(cell) else "is no bucket name"
            )
        if model in (StoredObject, MultipartUpload) and name == "key":
            fits = names.MAX_KEY_BYTES
            return lambda cell: "" if _is_text(cell, fits) and 0 < len(cell.encode()) <= fits else "is no key"
        if model is Bucket and name == "settings":
            return settings.problem
        if model in (StoredObject, MultipartUpload, Part) and name in _OF_OBJECTS:
            return _OF_OBJECTS[name]
        if model in (StoredObject, MultipartUpload) and name in ("content_type", "headers", "metadata"):
            return {"content_type": _header, "headers": _given_back, "metadata": _metadata}[name]
        if model is Event and name == "resource_policy":
            return self._resource_policy()
        return _typed(field)

    def _resource_policy(self) -> Callable[[Any], str]:
        own = _hashes(self.image)

        def read(cell: Any) -> str:
            if not isinstance(cell, dict) or not {"name", "sha256"} <= set(cell) <= _OF_RESOURCE_POLICY:
                return "does not name a policy"
            if (
                not all(_is_text(one, 2048) for one in cell.values())
                or cell.get("type", "resource") not in _ON_RESOURCE
            ):
                return "does not name a policy"
            return "" if cell["sha256"] in own else "names a policy whose text is not in the file"

        return read

    def _policy(self, kind: str) -> Callable[[Any], str]:
        within = _number_below(len(self.image.texts), "leads to no policy text")
        return lambda cell: within(cell) or ("" if self.parses(cell, kind) else f"is no {kind} policy")


_NAMED = (
    iam.User,
    iam.Group,
    iam.Role,
    iam.InstanceProfile,
    iam.ManagedPolicy,
    iam.ServerCertificate,
    iam.InlinePolicy,
    iam.MfaDevice,
)


def _number_below(count: int, otherwise: str) -> Callable[[Any], str]:
    return lambda cell: "" if type(cell) is int and 0 <= cell < count else otherwise


def _like(pattern: re.Pattern[str], otherwise: str) -> Callable[[Any], str]:
    return lambda cell: "" if isinstance(cell, str) and pattern.fullmatch(cell) else otherwise


def _moment(cell: Any) -> str:
    try:
        return "" if dt.datetime.fromisoformat(cell).tzinfo else "is a moment without a time zone"
    except (TypeError, ValueError):
        return "is no moment"


def _typed(field: Field[Any, Any]) -> Callable[[Any], str]:
    """What the column's own type and rules ask."""

    def number(cell: Any) -> str:
        # Also where the model has no rule: this is what the databases can hold.
        return "" if type(cell) is int and -(2**31) <= cell < 2**63 and _valid(field, cell) else "is no such number"

    def text(cell: Any) -> str:
        longest = field.max_length or MAX_TEXT
        if not _is_text(cell, longest):
            return f"is no text of up to {longest} characters"
        return "" if not field.choices or cell in dict(field.flatchoices) else "is none of the values that there are"

    def identifier(cell: Any) -> str:
        try:
            return "" if str(uuid.UUID(cell)) == cell else "is no UUID"
        except (TypeError, ValueError, AttributeError):
            return "is no UUID"

    if isinstance(field, BooleanField):
        return lambda cell: "" if isinstance(cell, bool) else "is neither true nor false"
    if isinstance(field, DateTimeField):
        return _moment
    if isinstance(field, IntegerField):
        return number
    if isinstance(field, JSONField):
        return _mapping if field.name in _MAPPINGS else _structure
    if isinstance(field, CharField | TextField):
        return text
    if field.get_internal_type() == "UUIDField":
        return identifier
    # Nothing else may come out of a file: encrypted columns are left out of it.
    return lambda cell: "is not told by a file"


def _valid(field: Field[Any, Any], cell: Any) -> bool:
    try:
        field.run_validators(cell)
    except ValidationError:
        return False
    return True


def _mapping(cell: Any) -> str:
    good = isinstance(cell, dict) and len(cell) <= 100
    if not good or not all(_is_text(name, 256) and _is_text(value, 8192) for name, value in cell.items()):
        return "is no mapping of texts to texts"
    return ""


def _header(cell: Any) -> str:
    """What a client can have sent as the value of a header; the type of an object is one."""
    longest = 256
    return "" if _is_text(cell, longest) and not _NOT_IN_A_HEADER.search(cell) else "is no value of a header"


def _given_back(cell: Any) -> str:
    if problem := _mapping(cell):
        return problem
    if unknown := sorted(set(cell) - set(GIVEN_BACK)):
        return f"has a header that is not kept ({unknown[0][:60]})"
    if "expires" in cell and _moment(cell["expires"]):
        return _moment(cell["expires"])
    return "is no value of a header" if any(_NOT_IN_A_HEADER.search(value) for value in cell.values()) else ""


def _checksums(cell: Any) -> str:
    if problem := _mapping(cell):
        return problem
    good = set(cell) <= set(ALGORITHMS) and all(_CHECKSUM.fullmatch(value) for value in cell.values())
    return "" if good else "is no checksum"


_OF_OBJECTS: dict[str, Callable[[Any], str]] = {
    "checksums": _checksums,
    "etag": _like(re.compile(r"(?:[0-9a-f]{32}(?:-[1-9][0-9]{0,4})?)?"), "is no ETag"),
    "version_id": _like(re.compile(r"[A-Za-z0-9._-]{1,64}"), "is no ID of a version"),
    "upload_id": _like(re.compile(r"[A-Za-z0-9._-]{1,64}"), "is no ID of an upload"),
    "storage_class": lambda cell: "" if cell in STORAGE_CLASSES else "is no class of storage",
    "checksum_algorithm": lambda cell: "" if cell in ("", *ALGORITHMS) else "is no algorithm",
    "checksum_type": lambda cell: "" if cell in ("", "FULL_OBJECT", "COMPOSITE") else "is no type of checksum",
}


def _metadata(cell: Any) -> str:
    if problem := _mapping(cell):
        return problem
    if not all(_HEADER_NAME.fullmatch(name) for name in cell):
        return "has a name that no header has"
    return "is no value of a header" if any(_NOT_IN_A_HEADER.search(value) for value in cell.values()) else ""


def _structure(cell: Any) -> str:
    if _depth(cell) > MAX_DEPTH:
        return "is too deep"
    text = json.dumps(cell, ensure_ascii=False)
    return "" if len(text) <= MAX_JSON and _is_unicode(text) and "\\u0000" not in text else "is too long"


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
        level = inner
    return deepest


def _check_shared(image: Image) -> None:
    """What no cell shows alone: whose rows belong together, and what must be once."""
    if len(image.tables[table_of(Sandbox).name]) != 1:
        _fail("A snapshot", "is of exactly one sandbox")
    accounts = len(image.tables[table_of(Account).name])
    if not accounts:
        _fail("A snapshot", "has at least one account")
    for table in TABLES:
        rows = image.tables.get(table.name) or []
        columns = image.columns.get(table.name) or []
        owners = [columns.index(name) for name in table.owners if name in columns]
        for number, row in enumerate(rows):
            if table.owners and sum(row[at] is not None for at in owners) != 1:
                _fail(f"Row {number} of {table.name}", "belongs to nobody, or to several")
        if table.model is not Event:
            _check_accounts(image, table, columns, rows)


def _check_accounts(image: Image, table: Table, columns: Collection[str], rows: list[list[Any]]) -> None:
    """A row and those that it refers to are of one account."""
    names = [name for name in columns if table.columns[name].kind in (Kind.OWNER, Kind.REF)]
    if len(names) < 2:
        return
    for number, row in enumerate(rows):
        cells = dict(zip(columns, row, strict=True))
        found = {account_of(image, table, name, cells[name]) for name in names if cells[name] is not None}
        if len(found - {None}) > 1:
            _fail(f"Row {number} of {table.name}", "belongs to one account and refers to another")


def account_of(image: Image, table: Table, name: str, number: int) -> int | None:
    """The number of the account that a reference leads to; None for the sandbox itself."""
    field = table.model._meta.get_field(name)
    while True:
        table = BY_NAME[field.related_model._meta.label_lower]  # type: ignore[union-attr]  # a reference leads to a model
        if table.model is Account:
            return number
        if table.model is Sandbox:
            return None
        columns, row = image.columns[table.name], image.tables[table.name][number]
        name = next(one for one in table.owners if row[columns.index(one)] is not None)
        number = row[columns.index(name)]
        field = table.model._meta.get_field(name)
