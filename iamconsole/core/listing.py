"""What the console, and only the console, may ask of a list operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

OPERATORS = {
    "=": "Equals",
    "!=": "Does not equal",
    ":": "Contains",
    "!:": "Does not contain",
    "^": "Starts with",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One condition of a property filter: `Property Operator Value`, or free text without a property.

    Equals compares exactly; the others do not mind the case, as the console's filter does not.
    """

    value: str
    operator: str = ":"
    key: str = ""

    def holds(self, values: Iterable[str]) -> bool:
        """Whether it holds for something with these values; a negated operator must hold for all of them."""
        wanted, negated = self.value.casefold(), self.operator.startswith("!")
        if self.operator.endswith("="):
            found = self.value in values
        elif self.operator.endswith(":"):
            found = any(wanted in value.casefold() for value in values)
        else:
            found = any(value.casefold().startswith(wanted) for value in values)
        return found != negated


@dataclass(frozen=True, slots=True)
class Listing:
    """One screenful of a list: search text, sort column, page.

    A list operation that is given one answers with that page and a `Total` beside AWS's members.
    It never comes from the wire, where AWS's own Marker and MaxItems are the only paging.
    `sort` is a column name of that operation; `page` counts from 1. `tokens` come from a property filter.
    """

    search: str = ""
    sort: str = ""
    descending: bool = False
    page: int = 1
    size: int = 20
    filters: Mapping[str, str] = field(default_factory=dict)
    tokens: tuple[Token, ...] = ()
    any_token: bool = False  # joined by `or`

    @property
    def start(self) -> int:
        return (self.page - 1) * self.size

    @property
    def stop(self) -> int:
        return self.start + self.size

    def passes(self, values_of: Callable[[str], Iterable[str]]) -> bool:
        """Whether something passes the tokens; `values_of` gives the values of a property, of all for ``""``."""
        held = (token.holds(values_of(token.key)) for token in self.tokens)
        return not self.tokens or (any(held) if self.any_token else all(held))
