"""Listing keys as S3 does: in the order of their bytes, folded at a delimiter, page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import quote

from django.db import connection
from django.db.models import Expression, Q, QuerySet
from django.db.models.functions import Collate

from iamconsole.core.operation import Response
from iamconsole.s3 import errors, names
from iamconsole.s3.models import Bucket, MultipartUpload, StoredObject

PAGE = 1000
# No key sorts after every key with this at its end.
LAST = "\U0010ffff"


Row = TypeVar("Row", StoredObject, MultipartUpload)


def owner(bucket: Bucket) -> Response:
    account = bucket.account
    return {"DisplayName": account.name, "ID": names.canonical_id(account.account_id)}


def token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def read_token(text: str) -> str:
    try:
        return base64.b64decode(text.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise errors.invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", text
        ) from None


def page_size(asked: int | None, name: str = "max-keys") -> int:
    if asked is None:
        return PAGE
    if asked < 0:
        message = f"Argument {name} must be an integer between 0 and 2147483647"
        raise errors.invalid_argument(message, name, str(asked))
    return min(asked, PAGE)


def shown_as(encoding_type: str | None) -> Callable[[str], str]:
    """How an answer spells keys: as they are, or URL-encoded where XML could not hold them."""
    if encoding_type not in (None, "url"):
        raise errors.invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding_type or ""
        )
    return (lambda text: quote(text, safe="/*-._~")) if encoding_type else (lambda text: text)


def _in_byte_order() -> Expression:
    """The key as S3 sorts it, by its UTF-8 bytes, whatever language the database sorts in."""
    return Collate("key", "C" if connection.vendor == "postgresql" else "BINARY")


def entries(
    rows: QuerySet[Row], prefix: str, delimiter: str, after: str, after_row: int | None = None, order: str = ""
) -> Iterator[tuple[str, Row | str]]:
    """Rows and common prefixes after `after`, each with the key after which the list goes on behind it.

    A common prefix is passed over in one step, however many keys it holds. Where a key has several rows, `order` ("pk"
    or "-pk") is theirs, and the list begins behind the row `after_row` of the key.
    """
    ordered = rows.alias(bytes=_in_byte_order()).order_by("bytes", *([order] if order else ()))
    cursor, row_key = after, after_row
    while True:
        if prefix > cursor:
            where = Q(bytes__gte=prefix)
        else:
            where = Q(bytes__gt=cursor)
            if order and row_key is not None:
                where |= Q(bytes=cursor, **{"pk__lt" if order == "-pk" else "pk__gt": row_key})
        batch = list(ordered.filter(where)[:PAGE])
        for row in batch:
            if not row.key.startswith(prefix):
                return
            if row_key is None and row.key <= cursor:
                continue  # behind a common prefix that was told
            rest = row.key[len(prefix) :]
            if delimiter and delimiter in rest:
                common = prefix + rest[: rest.index(delimiter) + len(delimiter)]
                cursor, row_key = common + LAST, None
                yield cursor, common
            else:
                cursor, row_key = row.key, row.pk
                yield cursor, row
        if len(batch) < PAGE:
            return
