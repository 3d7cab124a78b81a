"""One life in which every operation that the wire offers is called at least once, in an order that works.

Each module is a chapter; a new group of operations is a new module and one line here. A chapter has

- `story(account_id)`: calls with their parameters. A value that is wholly `{name}` is put in from what was learnt.
- `FAILS`: operations that answer with an error even so, and its code.
- `FAILING`: for each write, parameters with which the work itself fails, although it is allowed.
- `FOR_LONG_TERM_KEYS`: operations that AWS refuses to whoever is signed in.
- `LEARNT`: by operation, what an answer teaches; `UNLEARNT`: what stands for it where nothing was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.gateway.stories import (
    analysis,
    core,
    credentials,
    federation,
    providers,
    roles,
    sessions,
    storage,
)

CHAPTERS: list[Any] = [
    core,
    analysis,
    credentials,
    federation,
    providers,
    roles,
    sessions,
    storage,
]


def _all(name: str) -> dict[str, Any]:
    return {key: value for chapter in CHAPTERS for key, value in getattr(chapter, name, {}).items()}


def story(account_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [step for chapter in CHAPTERS for step in chapter.story(account_id)]


FAILS: dict[str, str] = _all("FAILS")
FAILING: dict[str, dict[str, Any]] = _all("FAILING")
LEARNT: dict[str, Callable[[dict[str, Any]], dict[str, str]]] = _all("LEARNT")
UNLEARNT: dict[str, str] = _all("UNLEARNT")
FOR_LONG_TERM_KEYS = frozenset().union(*(getattr(chapter, "FOR_LONG_TERM_KEYS", ()) for chapter in CHAPTERS))
