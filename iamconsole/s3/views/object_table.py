"""The objects of one folder. S3 lists onwards only, by continuation tokens, and so does this table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iamconsole.s3.views import links
from iamconsole.ui.pages import ConsoleRequest, panel
from iamconsole.ui.table import Action, Column, Empty, Table

PAGE = 20
# The way back is the tokens that led here; the oldest are forgotten so that the address stays short.
TOKENS = 20


@dataclass(slots=True)
class ObjectTable(Table):
    """A table whose pages are continuation tokens in the URL instead of numbers."""

    next_token: str = ""

    @property
    def tokens(self) -> list[str]:
        return self.query.getlist("token")[-TOKENS:]

    @property
    def count(self) -> str:
        if self.total is None:
            return "(–)"
        return f"({self.total}+)" if self.next_token or self.tokens else f"({self.total})"

    @property
    def pages(self) -> int:
        return 2 if self.next_token or self.tokens else 1

    @property
    def page_links(self) -> list[tuple[int, str]]:
        return [(self.asked.page, "")]

    @property
    def previous(self) -> str:
        return self._at(self.tokens[:-1], self.asked.page - 1) if self.tokens else ""

    @property
    def next(self) -> str:
        return self._at([*self.tokens, self.next_token], self.asked.page + 1) if self.next_token else ""

    @property
    def kept(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in Table.kept.fget(self) if name != "token"]  # type: ignore[attr-defined]

    def link(self, **changes: str | int | Sequence[str]) -> str:
        made = self.query.copy()
        if changes:  # a search or another order begins at the first page
            self.query.pop("token", None)
        try:
            return Table.link(self, **changes)
        finally:
            self.query = made

    def _at(self, tokens: Sequence[str], page: int) -> str:
        query = self.query.copy()
        query.pop("selected", None)
        query.setlist("token", list(tokens))
        query["page"] = str(page if tokens else 1)
        return "?" + query.urlencode()


def object_table(request: ConsoleRequest, bucket: str) -> dict[str, Any]:
    """The Objects tab: folders by delimiter, found by prefix."""
    prefix = links.prefix_of(request)
    table = _table(bucket, prefix)
    asked = table.listing(request)
    given: dict[str, Any] = {"continuation_token": table.tokens[-1]} if table.tokens else {}
    listed = panel(
        request, "s3:ListObjectsV2", bucket=bucket, prefix=prefix + asked.search, delimiter="/", max_keys=PAGE, **given
    )
    if listed.result:
        rows = [_folder(bucket, prefix, one["Prefix"]) for one in listed.result["CommonPrefixes"]]
        # A folder made in the console is an object of its own; inside it, it is not shown.
        rows += [_object(bucket, prefix, one) for one in listed.result["Contents"] if one["Key"] != prefix]
        table.next_token = listed.result.get("NextContinuationToken", "")
        table.fill(rows)
    return {"table": table, "listed": listed, "prefix": prefix}


def _table(bucket: str, prefix: str) -> ObjectTable:
    upload = links.page_url("upload", bucket, prefix=prefix)
    return ObjectTable(
        "objects",
        "Objects",
        (
            Column("name", "Name", "Name", template="s3/cells.html#name-cell"),
            Column("type", "Type", "Type"),
            Column("modified", "Last modified", "LastModified", template="s3/cells.html#time-cell"),
            Column("size", "Size", "Size"),
            Column("storage", "Storage class", "StorageClass"),
        ),
        description="Objects are the fundamental entities stored in Amazon S3.",
        info="objects",
        placeholder="Find objects by prefix",
        selection="multi",
        key=lambda row: links.pick(row["Key"]),
        row_label="Name",
        size=PAGE,
        actions=(
            Action("Copy S3 URI", links.page_url("object-uri", bucket), needs="one", modal=True),
            Action("Download", links.page_url("object-download", bucket), needs="one"),
            Action("Delete", links.page_url("object-delete", bucket), needs="some"),
            Action("Create folder", links.page_url("folder-create", bucket, prefix=prefix)),
            Action("Upload", upload, kind="primary"),
        ),
        empty=Empty("No objects", _empty_text(prefix), Action("Upload", upload)),
    )


def _empty_text(prefix: str) -> str:
    return f"You don't have any objects in this {'folder' if prefix else 'bucket'}."


def _folder(bucket: str, prefix: str, key: str) -> dict[str, Any]:
    return {
        "Key": key,
        "Name": key[len(prefix) :],
        "Folder": True,
        "Type": "Folder",
        "Url": links.bucket_url(bucket, prefix=key),
    }


def _object(bucket: str, prefix: str, one: dict[str, Any]) -> dict[str, Any]:
    return {
        "Key": one["Key"],
        "Name": one["Key"][len(prefix) :],
        "Type": links.type_of(one["Key"]),
        "LastModified": one["LastModified"],
        "Size": links.size_text(one["Size"]),
        "StorageClass": "Standard",
        "Url": links.object_url(bucket, one["Key"]),
    }
