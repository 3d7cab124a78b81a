"""The console's table: one dataclass, one template (console.md §1.3).

Search, sort and page live in the URL as `q`, `sort` and `page`, so that every state is a link. Inside
a form (a wizard's step) they are posted instead, and the step's other values survive: see `form`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.http import HttpRequest, QueryDict

from iamconsole.core.errors import AwsError
from iamconsole.core.listing import OPERATORS, Listing
from iamconsole.ui import likes, property_filter
from iamconsole.ui.property_filter import Property

LONGEST_SEARCH = 256
LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `value` is a key of the row or a function of it; `template` draws the cell.

    A cell template sees `row`, `value` and `table`, e.g. `iam/user_list.html#name-cell`.
    `sort` is the name that the list operation sorts by; only what the database holds can be sorted.
    A `hidden` column waits in the Preferences dialog; the first column is always there.
    """

    name: str
    title: str
    value: str | Callable[[Any], Any] = ""
    template: str = ""
    sortable: bool = False
    kind: str = "text"  # text, number, code
    link: Callable[[Any], str] | None = None
    hidden: bool = False

    def of(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        key = self.value or self.name
        return row.get(key, "") if isinstance(row, Mapping) else getattr(row, key, "")


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the header. With `needs` it submits the ticked rows to `url`, else it is a link.

    `needs`: "" | "one" | "some" rows. `method`: "get" opens a confirmation page that shows what was
    ticked (`?selected=…`), as a dialog with `modal`; "post" acts at once. `bars`: whether a row is in the wrong state
    for it, and `barred` what the button says then; the page it leads to says so too. A dialog without
    `needs` is asked for by `_go=url` inside a form, so that the view can keep what was typed (`Wizard.keep`).
    """

    label: str
    url: str = ""
    kind: str = "normal"  # normal, primary
    needs: str = ""
    method: str = "get"
    modal: bool = False
    menu: Sequence[Action] = ()
    new_tab: bool = False
    bars: Callable[[Any], bool] | None = None
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    title: str = "No resources to display"
    text: str = ""
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    value: Any
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    label: str
    data: Any
    cells: Sequence[Cell]
    selected: bool
    open: bool = False
    detail: Any = None
    toggle: str = ""
    bars: str = ""  # the labels of the actions that this row bars, with a bar between

    @property
    def toggle_label(self) -> str:
        return f"{'Hide' if self.open else 'Show'} details of {self.label}"


@dataclass(slots=True)
class Table:
    """A table on a page. Make it, ask for its `listing`, then `fill` it or let it `fail`.

    `name` is the id of its element; ticked rows are sent as `field_name`.
    `key` and `row_label` say what a row is posted and called as: a row key or a function.
    `form`: the id of the form that surrounds the table; the table then posts instead of linking.
    """

    name: str
    title: str
    columns: Sequence[Column]
    description: str = ""
    placeholder: str = "Search"
    selection: str = "none"  # none, single, multi
    key: str | Callable[[Any], Any] = ""
    row_label: str | Callable[[Any], Any] = ""
    field_name: str = "selected"
    selected: Sequence[str] = ()
    actions: Sequence[Action] = ()
    empty: Empty = field(default_factory=Empty)
    searchable: bool = True
    properties: Sequence[Property] = ()  # a property filter in place of the search field
    refresh: bool = True
    size: int = 20
    default_sort: str = ""
    form: str = ""
    level: int = 2
    expand: str = ""  # a template for the part under an opened row; it sees `row` and `detail`
    controls: str = ""  # a template beside the search field, e.g. a type filter
    info: str = ""
    counted: str = ""  # in place of the number of rows: `2 of 457 services`
    opened: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Any] = ()
    total: int | None = None
    error: AwsError | None = None
    loading: bool = False  # the rows are on their way
    preferences: bool = True
    suggested: Mapping[str, list[str]] = field(default_factory=dict)
    liked: likes.Likes = field(default_factory=likes.Likes)
    likes_key: str = ""  # empty: no Preferences dialog
    choosing: bool = False
    prefix: str = ""
    asked: Listing = field(default_factory=Listing)
    path: str = ""
    query: QueryDict = field(default_factory=QueryDict)

    # -- what the page asks of its operation ------------------------------------------------------

    def listing(self, request: HttpRequest, prefix: str = "", filters: Sequence[str] = ()) -> Listing:
        """What the URL asks for. Junk is a first page, never an error: people edit URLs."""
        self.prefix, self.path, self.query = (f"{prefix}-" if prefix else ""), request.path, request.GET.copy()
        self.choosing = self.name in self.query.pop("preferences", [])
        # A list that can be neither searched nor refreshed is a summary, perhaps inside a form: nothing to prefer.
        if self.preferences and (self.searchable or self.refresh):
            self.likes_key, self.liked = likes.key_of(request, self.name), likes.read(request, self.name)
        size = self.liked.size or self.size
        tokens, either = (
            property_filter.read(self.query, self.prefix, self.properties) if self.properties else ((), False)
        )
        sort = self.query.get(self.prefix + "sort", "")
        sortable = {column.name for column in self.columns if column.sortable}
        known = sort.lstrip("-") in sortable and not sort.startswith("--")
        if not known:
            sort = self.default_sort or next((c.name for c in self.columns if c.sortable), "")
        page = self.query.get(self.prefix + "page", "")
        number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
        self.asked = Listing(
            search=self.query.get(self.prefix + "q", "").replace("\x00", "").strip()[:LONGEST_SEARCH],
            sort=sort.lstrip("-"),
            descending=sort.startswith("-"),
            page=min(max(number, 1), LAST_PAGE),
            size=size,
            filters={name: found for name in filters if (found := str(self.query.get(self.prefix + name, "")))},
            tokens=tokens,
            any_token=either,
        )
        if not self.selected and self.selection != "none" and not self.form:
            self.selected = self.query.getlist(self.field_name)
        self.opened = self.query.getlist(self.prefix + "open")[:size] if self.expand else ()
        return self.asked

    def fill(self, rows: Sequence[Any], total: int | None = None) -> Table:
        """The rows of this page; `total` counts all that match."""
        self.rows, self.total = rows, len(rows) if total is None else total
        return self

    def fail(self, error: AwsError) -> Table:
        """The call was refused: its box replaces the rows and the count becomes `–`."""
        self.error, self.rows, self.total = error, (), None
        return self

    def show(self, rows: Sequence[Any], match: Callable[[Any, str], bool] | None = None) -> Table:
        """Search, sort and cut rows that an operation gives all at once (a user's policies).

        Without `match` a row matches when one of its cells contains the text.
        """
        if self.properties:
            self.suggested = {
                one.key: sorted({value for row in rows for value in self._values(row, one.key)})
                for one in self.properties
                if not one.values
            }
            rows = [row for row in rows if self.asked.passes(partial(self._values, row))]
        text = self.asked.search.casefold()
        if text:
            found = match or (lambda row, text: any(text in str(c.of(row)).casefold() for c in self.shown))
            rows = [row for row in rows if found(row, text)]
        column = next((c for c in self.columns if c.name == self.asked.sort), None)
        if column:
            rows = sorted(rows, key=lambda row: _order(column.of(row)), reverse=self.asked.descending)
        return self.fill(rows[self.asked.start : self.asked.stop], len(rows))

    def _values(self, row: Any, key: str) -> list[str]:
        """A row's values of a property, or of all: what stands in the column, and in the row, of that name."""
        if not key:
            return [value for one in self.properties for value in self._values(row, one.key)]
        column = next((one for one in self.columns if one.name == key), None)
        value = column.of(row) if column else _read(row, key)
        return [str(one) for one in (value if isinstance(value, list | tuple) else [value])]

    # -- what the template asks ------------------------------------------------------------------

    @property
    def count(self) -> str:
        """`(3)`, `(1/3)` with ticked rows, `(–)` after a refusal."""
        if self.error:
            return "(–)"
        if self.total is None:
            return ""
        if self.counted:
            return f"({self.counted})"
        return f"({len(self.selected)}/{self.total:,})" if self.selected else f"({self.total:,})"

    @property
    def state(self) -> str:
        if self.error:
            return "refused"
        if self.loading:
            return "loading"
        if self.rows:
            return "filled"
        if self.total:
            return "past-end"
        return "no-match" if self.filtered else "empty"

    @property
    def filtered(self) -> bool:
        return bool(self.asked.search or self.asked.filters or self.asked.tokens)

    @property
    def pages(self) -> int:
        return max(1, -(-(self.total or 0) // self.asked.size))

    @property
    def page_numbers(self) -> list[int]:
        """The numbers to show; 0 is a gap."""
        page, last = self.asked.page, self.pages
        near = sorted({1, last} | {n for n in range(page - 2, page + 3) if 1 <= n <= last})
        shown: list[int] = []
        for number in near:
            if shown and number - shown[-1] == 2:
                shown.append(number - 1)
            elif shown and number - shown[-1] > 2:
                shown.append(0)
            shown.append(number)
        return shown

    @property
    def lines(self) -> list[Row]:
        return [self._line(row) for row in self.rows]

    def _line(self, row: Any) -> Row:
        key = self.key_of(row)
        opened = [one for one in self.opened if one != key]
        is_open = len(opened) < len(self.opened)
        return Row(
            key,
            str(_read(row, self.row_label)) if self.row_label else key,
            row,
            [Cell(column, column.of(row), column.link(row) if column.link else "") for column in self.shown],
            key in self.selected,
            is_open,
            self.details.get(key),
            self.link(open=opened if is_open else [*opened, key]) if self.expand else "",
            "|".join(action.label for action in self._every_action if action.bars and action.bars(row)),
        )

    @property
    def _every_action(self) -> list[Action]:
        return [one for action in self.actions for one in (action.menu or (action,))]

    def key_of(self, row: Any) -> str:
        return str(_read(row, self.key or self.columns[0].of))

    @property
    def hidden_selection(self) -> list[str]:
        """Ticked rows that are not on this page; inside a form they stay chosen."""
        shown = {self.key_of(row) for row in self.rows}
        return [value for value in self.selected if value not in shown]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The query's other values, which a search keeps."""
        own = {self.prefix + key for key in ("q", "page", "join", *self.asked.filters)} | {self.field_name}
        return [(key, value) for key, values in self.query.lists() if key not in own for value in values]

    @property
    def form_id(self) -> str:
        return f"{self.name}-form"

    def link(self, **changes: str | int | Sequence[str]) -> str:
        """This page's URL with other `q`, `sort` or `page`; an empty value leaves the key out."""
        query = self.query.copy()
        for name in (self.field_name,):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(self.prefix + name, None)
            if isinstance(value, list):
                query.setlist(self.prefix + name, value)
            elif value:
                query[self.prefix + name] = str(value)
        return "?" + query.urlencode()

    @property
    def here(self) -> str:
        return self.link()

    @property
    def cleared(self) -> str:
        """Without search and filters. A form posts its search field too, so there the link says it is empty."""
        link = self.link(q="", page="", token="", join="", **dict.fromkeys(self.asked.filters, ""))
        return f"{link}&{self.prefix}q=" if self.form else link

    @property
    def searched(self) -> str:
        """Where a form's search goes; the text itself is posted along."""
        return self.link(q="", page="", join="")

    @property
    def first(self) -> str:
        return self.link(page="")

    @property
    def page_links(self) -> list[tuple[int, str]]:
        return [(n, self.link(page=n) if n else "") for n in self.page_numbers]

    @property
    def previous(self) -> str:
        return self.link(page=self.asked.page - 1) if self.asked.page > 1 else ""

    @property
    def next(self) -> str:
        return self.link(page=self.asked.page + 1) if self.asked.page < self.pages else ""

    @property
    def heads(self) -> list[tuple[Column, str, str]]:
        """Each column with its aria-sort and the link that sorts by it."""
        found = []
        for column in self.shown:
            current = column.sortable and column.name == self.asked.sort
            direction = ("descending" if self.asked.descending else "ascending") if current else ""
            turned = f"-{column.name}" if direction == "ascending" else column.name
            found.append((column, direction, self.link(sort=turned, page="") if column.sortable else ""))
        return found

    @property
    def width(self) -> int:
        return len(self.shown) + (self.selection != "none") + bool(self.expand)

    # -- property filter -------------------------------------------------------------------------

    @property
    def filter_tokens(self) -> list[tuple[str, str]]:
        """Each token in words, and the link to the table without it."""
        written = [property_filter.write(token) for token in self.asked.tokens]
        join = {"join": ""} if len(written) < 3 else {}
        return [
            (
                property_filter.in_words(token, self.properties),
                self.link(token=written[:n] + written[n + 1 :], page="", **join),
            )
            for n, token in enumerate(self.asked.tokens)
        ]

    @property
    def suggestions(self) -> str:
        return property_filter.described(self.properties, self.suggested)

    @property
    def operators(self) -> list[tuple[str, str]]:
        return list(OPERATORS.items())

    # -- preferences -----------------------------------------------------------------------------

    @property
    def choices(self) -> list[tuple[Column, bool]]:
        """Each column and whether it is shown."""
        turned = self.liked.turned
        return [(one, not n or one.hidden == (one.name in turned)) for n, one in enumerate(self.columns)]

    @property
    def shown(self) -> list[Column]:
        return [column for column, shown in self.choices if shown]

    @property
    def sizes(self) -> list[int]:
        return sorted({*likes.SIZES, self.size})

    @property
    def switches(self) -> list[tuple[str, str, bool]]:
        return [(name, title, getattr(self.liked, name)) for name, title in likes.SWITCHES.items()]

    @property
    def choose(self) -> str:
        """Without a script the dialog opens at this address."""
        query = self.query.copy()
        query["preferences"] = self.name
        return "?" + query.urlencode()

    @property
    def noun(self) -> str:
        """`users`, to say what is on its way; an abbreviation in front stays as it is."""
        first = self.title.partition(" ")[0]
        return self.title if first.isupper() else self.title[:1].lower() + self.title[1:]


def _read(row: Any, key: str | Callable[[Any], Any]) -> Any:
    if callable(key):
        return key(row)
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


def _order(value: Any) -> tuple[bool, Any]:
    """Empty values first, text without regard to case, anything else as it compares."""
    return (False, "") if value in (None, "") else (True, value.casefold() if isinstance(value, str) else value)
