"""What the console, and only the console, may ask of a list operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Listing:
    """One screenful of a list: search text, sort column, page.

    A list operation that is given one answers with that page and a `Total` beside AWS's members.
    It never comes from the wire, where AWS's own Marker and MaxItems are the only paging.
    `sort` is a column name of that operation; `page` counts from 1.
    """

    search: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = 20
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return (self.page - 1) * self.size

    @property
    def stop(self) -> int:
        return self.start + self.size
