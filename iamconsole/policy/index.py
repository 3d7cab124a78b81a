"""Which statements can cover a request: found by action and resource, so that the others cost nothing.

Many policies hold hundreds of statements, and a request is covered by a few of them. For each action that is asked
about, the statements that name it are sorted once by what their Resource patterns begin with. A request then looks its
own resource up, however many statements there are for other resources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .match import ArnPattern
from .statements import Asked, Compiled, Row, action_matches

# Bounds of what one index keeps: actions asked about, and rows in all of their tables together.
KEPT_ACTIONS = 512
KEPT_ROWS = 65_536


class Candidates:
    """The statements that name an action, or may."""

    __slots__ = ("_beginnings", "_exact", "_lengths", "others", "size")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.size = len(rows)
        # Rows whose resource has to be looked at with the whole request: NotResource, and what could not be read.
        self.others: list[Row] = []
        self._exact: dict[str, list[Row]] = {}
        self._beginnings: dict[str, list[tuple[Row, ArnPattern | None]]] = {}
        for row in rows:
            patterns = _findable(row.compiled)
            if patterns is None:
                self.others.append(row)
                continue
            for pattern in patterns:
                if pattern.kind == "exact":
                    self._exact.setdefault(pattern.prefix, []).append(row)
                else:
                    entry = (row, None if pattern.kind == "open" else pattern)
                    self._beginnings.setdefault(pattern.prefix, []).append(entry)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def with_resource(self, asked: Asked) -> Collection[Row]:
        """The rows whose Resource matches, each once."""
        resource, lookup = asked.request.resource, asked.lookup
        found = list(self._exact.get(resource, ()))
        beginnings, longest = self._beginnings, len(resource)
        for length in self._lengths:
            if length > longest:
                break
            for row, pattern in beginnings.get(resource[:length], ()):
                if pattern is None or pattern.matches(resource, lookup):
                    found.append(row)
        # A statement with several patterns may have come more than once.
        return found if len(found) < 2 else dict.fromkeys(found)


def _findable(compiled: Compiled) -> list[ArnPattern] | None:
    """The patterns of a Resource element that could be read to its end, like the rest of its statement."""
    if not compiled.statement.resource or compiled.statement.unread:
        return None
    patterns = [pattern for pattern in compiled.resources if pattern is not None]
    return patterns if len(patterns) == len(compiled.resources) else None


class Index:
    """Rows, and for each action asked about those that name it."""

    __slots__ = ("_actions", "_kept", "_vendors", "rows")

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self._actions: dict[str, Candidates] = {}
        self._vendors: dict[str, tuple[Row, ...]] = {}
        self._kept = 0

    @property
    def kept_actions(self) -> int:
        return max(len(self._actions), len(self._vendors))

    @property
    def kept_rows(self) -> int:
        return self._kept

    def candidates(self, action: str) -> Candidates:
        found = self._actions.get(action)
        if found is None:
            near = self._of_vendor(action.partition(":")[0])
            found = Candidates([row for row in near if action_matches(row.compiled, action) is not False])
            self._make_room(found.size)
            self._actions[action] = found
        return found

    def _of_vendor(self, vendor: str) -> tuple[Row, ...]:
        near = self._vendors.get(vendor)
        if near is None:
            near = tuple(row for row in self.rows if row.compiled.vendors is None or vendor in row.compiled.vendors)
            self._make_room(len(near))
            self._vendors[vendor] = near
        return near

    def _make_room(self, size: int) -> None:
        self._kept += size
        if self._kept > KEPT_ROWS or len(self._actions) >= KEPT_ACTIONS or len(self._vendors) >= KEPT_ACTIONS:
            self._actions, self._vendors, self._kept = {}, {}, size
