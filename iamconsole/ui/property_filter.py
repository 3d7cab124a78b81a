"""The property filter: conditions as tokens, joined by `and` or `or` (console.md §1.4).

The URL holds a token as `token=name+%3D+john`: property, operator and value with spaces between;
free text has no property. Without a script three plain fields add one: `token-property`,
`token-operator`, `token-value`; a script fills the same fields from one line of text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from iamconsole.core.listing import OPERATORS, Token

MOST_TOKENS = 20
MOST_VALUES = 100
LONGEST_VALUE = 256


@dataclass(frozen=True, slots=True)
class Property:
    """What can be asked for. `values` are suggested; without them those of the rows at hand are."""

    key: str
    label: str
    values: Sequence[str] = ()
    operators: Sequence[str] = tuple(OPERATORS)


def _read(text: str, properties: Sequence[Property]) -> Token | None:
    first, _, rest = text.partition(" ")
    if first in OPERATORS:
        key, operator, value = "", first, rest
    else:
        operator, _, value = rest.partition(" ")
        key = first
    return _token(key, operator, value, properties)


def _token(key: str, operator: str, value: str, properties: Sequence[Property]) -> Token | None:
    """A token that makes sense here, or None: people edit URLs."""
    value = value.replace("\x00", "").strip()[:LONGEST_VALUE]
    allowed = {one.key: one.operators for one in properties} | {"": (":", "!:")}
    return Token(value, operator, key) if value and operator in allowed.get(key, ()) else None


def write(token: Token) -> str:
    return " ".join(part for part in (token.key, token.operator, token.value) if part)


def read(query: QueryDict, prefix: str, properties: Sequence[Property]) -> tuple[tuple[Token, ...], bool]:
    """The tokens that the query asks for, the plain fields' one included, and whether `or` joins them.

    The query is left as if the new token had been there all along, so that links made from it are short.
    """
    if not properties:
        return (), False
    name = f"{prefix}token"
    found = [token for text in query.getlist(name) if (token := _read(text, properties))]
    key, operator, value = (str(query.get(f"{name}-{part}", "")) for part in ("property", "operator", "value"))
    if not key and operator not in (":", "!:"):
        operator = ":"  # free text contains, or does not
    if new := _token(key, operator or ":", value, properties):
        found.append(new)
    for part in ("property", "operator", "value"):
        query.pop(f"{name}-{part}", None)
    tokens = tuple(dict.fromkeys(found))[:MOST_TOKENS]
    query.setlist(name, [write(token) for token in tokens])
    if not tokens:
        query.pop(name, None)
    either = query.get(f"{prefix}join") == "or"
    if not either or len(tokens) < 2:
        query.pop(f"{prefix}join", None)
    return tokens, either


def in_words(token: Token, properties: Sequence[Property]) -> str:
    """As the chip reads: `User name = john`."""
    label = next((one.label for one in properties if one.key == token.key), "")
    return (
        f"{label} {token.operator} {token.value}"
        if label
        else (token.value if token.operator == ":" else f"{token.operator} {token.value}")
    )


def described(properties: Sequence[Property], values: Mapping[str, Sequence[str]]) -> str:
    """For the script, in a `data-` attribute: what to suggest."""
    return json.dumps(
        [
            {
                "key": one.key,
                "label": one.label,
                "values": list(one.values or values.get(one.key, ()))[:MOST_VALUES],
                "operators": [[operator, OPERATORS[operator]] for operator in one.operators],
            }
            for one in properties
        ]
    )
