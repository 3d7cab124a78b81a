"""Marker and MaxItems, IAM's way of paging, and the console's screenfuls.

AWS says only that Marker is opaque; ours is the last name of the page, so that a list that grows
meanwhile neither repeats nor skips what was there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower, Substr

from iamconsole.core.errors import ValidationError
from iamconsole.core.listing import Listing
from iamconsole.core.operation import Call, Response

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)
DEFAULT_PAGE = 100  # "If you do not include this parameter, the number of items defaults to 100" (API reference)


def read_marker(marker: str | None) -> str:
    """What a page ended with; nothing on the first."""
    if not marker:
        return ""
    try:
        name = base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValidationError("Invalid Marker.", field="marker") from error
    if "\0" in name:  # no page ends so, and PostgreSQL takes none
        raise ValidationError("Invalid Marker.", field="marker")
    return name


def next_page(name: str) -> Response:
    return {"IsTruncated": True, "Marker": base64.urlsafe_b64encode(name.encode()).decode()}


def page_of_list(
    items: Sequence[T], call: Call, key: Callable[[T], str], name: Callable[[T], str] | None = None
) -> tuple[list[T], Response]:
    """One page of `items`, which are few and at hand.

    `key` is what they are sorted by and differs for each; a search looks at `name`, or else at the key.
    """
    items = sorted(items, key=lambda item: key(item).lower())
    if call.listing:
        return _screenful(items, call.listing, name or key)
    if marker := call.params.get("marker"):
        after = read_marker(marker)
        items = [item for item in items if key(item).lower() > after]
    size = call.params.get("max_items") or DEFAULT_PAGE
    if len(items) <= size:
        return list(items), {"IsTruncated": False}
    return list(items[:size]), next_page(key(items[size - 1]).lower())


def page_in_order(items: Sequence[T], call: Call) -> tuple[list[T], Response]:
    """One page of `items` in the order in which they are, which is the same for each page."""
    start = 0
    if marker := call.params.get("marker"):
        at = read_marker(marker)
        if not at.isascii() or not at.isdecimal() or len(at) > 9:
            raise ValidationError("Invalid Marker.", field="marker")
        start = int(at)
    stop = start + (call.params.get("max_items") or DEFAULT_PAGE)
    return list(items[start:stop]), next_page(str(stop)) if stop < len(items) else {"IsTruncated": False}


def _screenful(items: Sequence[T], listing: Listing, name: Callable[[T], str]) -> tuple[list[T], Response]:
    found = [item for item in items if listing.search.lower() in name(item).lower()]
    if listing.descending:
        found.reverse()
    return found[listing.start : listing.stop], {"IsTruncated": False, "Total": len(found)}


def page_of_rows(
    rows: QuerySet[M], call: Call, *, search: Sequence[str] = ("name",), sort: Mapping[str, Any] | None = None
) -> tuple[list[M], Response]:
    """One page of named rows, in order of name without regard to case.

    `sort` maps the column names that a console page may sort by to database columns.
    """
    if listing := call.listing:
        return _screenful_of_rows(rows, listing, search, {"name": Lower("name")} | dict(sort or {}))
    ordered = rows.alias(_order=Lower("name")).order_by("_order")
    if marker := call.params.get("marker"):
        ordered = ordered.filter(_order__gt=read_marker(marker))
    if path_prefix := call.params.get("path_prefix"):
        ordered = under_path(ordered, path_prefix)
    size = call.params.get("max_items") or DEFAULT_PAGE
    found = list(ordered[: size + 1])
    if len(found) <= size:
        return found, {"IsTruncated": False}
    return found[:size], next_page(found[size - 1].name.lower())  # type: ignore[attr-defined]  # every row here is Named


def under_path(rows: QuerySet[Any], prefix: str) -> QuerySet[Any]:
    """Rows whose path begins with `prefix`, in its case: SQLite's LIKE, which `startswith` is, ignores case."""
    found: QuerySet[Any] = rows.alias(_path=Substr("path", 1, len(prefix))).filter(_path=prefix)
    return found


def _screenful_of_rows(
    rows: QuerySet[M], listing: Listing, search: Sequence[str], sort: Mapping[str, Any]
) -> tuple[list[M], Response]:
    if listing.search:
        wanted = Q()
        for column in search:
            wanted |= Q(**{f"{column}__icontains": listing.search})
        rows = rows.filter(wanted)
    total = rows.count()
    column = sort.get(listing.sort, sort["name"])
    order = column if not isinstance(column, str) else models.F(column)
    rows = rows.order_by(order.desc() if listing.descending else order.asc(), "pk")
    return list(rows[listing.start : listing.stop]), {"IsTruncated": False, "Total": total}
