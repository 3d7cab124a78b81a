"""How somebody likes a table: rows per page, columns, lines (the Preferences dialog, console.md §1.3).

Kept per person and table in the preferences cookie. What is kept are differences from the table's own
defaults, so that a column that a page gains later is shown to everybody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse

from iamconsole.ui import preferences

SIZES = (10, 20, 50, 100)
SWITCHES = {"wrap": "Wrap lines", "striped": "Striped rows", "compact": "Compact mode"}
MOST_COLUMNS = 40
BUTTON = "_preferences"  # the dialog's Confirm
NAME = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True, slots=True)
class Likes:
    """`turned`: the columns whose visibility is not the default one."""

    size: int = 0
    turned: frozenset[str] = frozenset()
    wrap: bool = False
    striped: bool = False
    compact: bool = False

    def kept(self) -> dict[str, Any]:
        """As short as can be: it travels with every request."""
        switches = "".join(name[0] for name in SWITCHES if getattr(self, name))
        return {"n": self.size, "c": sorted(self.turned), "s": switches}

    @classmethod
    def of(cls, kept: Any) -> Likes:
        """From the cookie, whatever an older version wrote there."""
        if not isinstance(kept, dict):
            return cls()
        size, turned, switches = kept.get("n"), kept.get("c"), str(kept.get("s", ""))
        return cls(
            size=size if size in SIZES else 0,
            turned=frozenset(str(one) for one in turned) if isinstance(turned, list) else frozenset(),
            wrap="w" in switches,
            striped="s" in switches,
            compact="c" in switches,
        )


def key_of(request: HttpRequest, table: str) -> str:
    """Under which name a table's likes are kept: the page's and the table's."""
    page = request.resolver_match.view_name if request.resolver_match else request.path
    return "t" + hashlib.sha256(f"{page} {table}".encode()).hexdigest()[:7]


def read(request: HttpRequest, table: str) -> Likes:
    return Likes.of(preferences.read(request).get(key_of(request, table)))


class Posted(NamedTuple):
    """What the dialog of a table sent, and the page that it leads back to."""

    key: str
    likes: Likes
    back: str

    def keep(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        preferences.write(request, response, self.key, self.likes.kept())
        return response


def posted(request: HttpRequest) -> Posted | None:
    """The dialog's answer, or None when another button was pressed. Junk changes nothing that matters."""
    post = request.POST
    table, _, rest = post.get(BUTTON, "").partition(" ")
    key, _, back = rest.partition(" ")
    if not NAME.fullmatch(table) or not re.fullmatch(r"t[0-9a-f]{7}", key):
        return None

    def names(field: str) -> Sequence[str]:
        return [one for one in post.getlist(f"{table}-{field}")[:MOST_COLUMNS] if NAME.fullmatch(one)]

    shown, hidden_by_default = names("shown"), names("hidden")
    size = post.get(f"{table}-size", "")
    likes = Likes(
        size=int(size) if size in map(str, SIZES) else 0,
        turned=frozenset(one for one in names("column") if (one in shown) == (one in hidden_by_default)),
        wrap=f"{table}-wrap" in post,
        striped=f"{table}-striped" in post,
        compact=f"{table}-compact" in post,
    )
    return Posted(key, likes, back)
