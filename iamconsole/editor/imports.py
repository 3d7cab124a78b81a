"""`Import policy`: the statements of another policy, appended to the one that is being written.

Which policies there are, and what they say, the page knows: it gives a `Library`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from django.http import QueryDict

from iamconsole.core.errors import AwsError
from iamconsole.editor.statements import Statements

MOST = 20  # on a page of the dialog; who has more searches


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy to choose."""

    key: str
    name: str
    type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The policies that a search finds: the first of them, and how many there are."""

    entries: tuple[Entry, ...] = ()
    total: int = 0
    error: AwsError | None = None

    @property
    def more(self) -> int:
        return self.total - len(self.entries)


class Library(Protocol):
    def find(self, wanted: str, most: int) -> Shelf: ...

    def read(self, key: str) -> str:
        """The text of a policy; raises AwsError."""


@dataclass
class Importing:
    """The dialog."""

    library: Library
    wanted: str = ""
    chosen: str = ""
    error: AwsError | None = None
    problem: str = ""

    @classmethod
    def of(cls, library: Library, posted: QueryDict) -> Importing:
        return cls(library, posted.get("import-filter", "").strip()[:128], posted.get("import-policy", "")[:2048])

    @property
    def shelf(self) -> Shelf:
        return self.library.find(self.wanted, MOST)

    def into(self, text: str) -> Statements | None:
        """The text with the chosen policy's statements at its end; None where that cannot be done."""
        if not self.chosen:
            self.problem = "Select a policy."
            return None
        try:
            imported = Statements(self.library.read(self.chosen))
        except AwsError as error:
            self.error = error
            return None
        own = Statements(text)
        self.problem = own.problem or imported.problem
        return None if self.problem else appended(own, imported.items)


def appended(own: Statements, more: list[dict[str, Any]]) -> Statements:
    """With further statements. A Sid that is there already is numbered: two alike could not be saved."""
    taken = {str(one.get("Sid", "")) for one in own.items}
    for statement in more:
        sid, number = str(statement.get("Sid", "")), 2
        name = sid
        while name and name in taken:
            name, number = f"{sid}{number}", number + 1
        taken.add(name)
        own = own.with_statement(statement | ({"Sid": name} if name else {}))
    return own
