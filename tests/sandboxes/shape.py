"""A world with its names taken out: two that are the same but for whose they are have the same shape."""

from __future__ import annotations

import json
import re

from iamconsole.sandboxes.image import Image
from iamconsole.sandboxes.tables import TABLES, Kind

NAMES = (Kind.ACCOUNT, Kind.UNIQUE, Kind.KEY)
# Made anew for each world, or told by whoever makes it.
ALWAYS_DIFFER = (Kind.UUID, Kind.SECRET, Kind.GIVEN)
# A text's hash changes with the names in it.
_HASH = re.compile(r"\b[0-9a-f]{64}\b")


def names_in(image: Image) -> list[str]:
    """What is somebody's own in a world: account IDs, unique IDs, access key IDs, in order."""
    return [
        name
        for table in TABLES
        for column, described in table.columns.items()
        if table.name in image.tables and described.kind in NAMES
        for name in image.column(table.name, column)
    ]


def shape(image: Image, *without: Kind) -> str:
    """The image as text, in which the first name is #0, the second #1, … the slow and plain way."""
    # Under which name the bytes lie is no part of it; whether they are the same, its ETag says.
    plain = image.as_plain() | {"objects": len(image.objects)}
    plain["tables"] = {
        table.name: [
            [
                cell
                for cell, column in zip(row, table.columns.values(), strict=True)
                if column.kind not in (*ALWAYS_DIFFER, *without)
            ]
            for row in image.tables[table.name]
        ]
        for table in TABLES
        if table.name in image.tables
    }
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    for number, name in enumerate(names_in(image)):
        text = text.replace(name, f"#{number}")
    return _HASH.sub("hash", text)
