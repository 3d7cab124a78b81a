"""Wildcards and policy variables: does a pattern of a policy match a text of a request?

Patterns are cut at their stars into chunks that are then looked for from left to right. Nothing backtracks, so no
pattern, however full of stars, can keep the engine busy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import Literal


class Wild(Enum):
    """A wildcard that is still one; `${*}` and values of variables never are."""

    STAR = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${name}` or `${name, 'default'}`; the name is lower case because key names ignore case."""

    name: str
    default: str | None


class Substituted(str):
    """Text that a variable stood for: plain characters, and its colons part nothing."""

    __slots__ = ()


Filled = tuple[str | Wild, ...]
Pieces = tuple[str | Wild | Variable, ...]
Lookup = Callable[[str], str | None]
Matcher = Callable[[str], bool]


def pieces_of(text: str, *, variables: bool, wildcards: bool = True) -> Pieces | None:
    """Cut a policy's text into literals, wildcards and variables; None if a variable is malformed.

    Variables exist only in Version 2012-10-17; in 2008-10-17 `${aws:username}` is literal text.
    IAM User Guide, "IAM policy elements: Variables and tags" (reference_policies_variables.html).
    """
    found: list[str | Wild | Variable] = []
    literal: list[str] = []
    stops = _STOPS[variables, wildcards]
    at = 0
    while True:
        hit = stops.search(text, at)
        if hit is None:
            literal.append(text[at:])
            break
        literal.append(text[at : hit.start()])
        at = hit.end()
        mark = hit.group()
        if mark == "${":
            variable = _VARIABLE.match(text, at)
            if variable is None:
                return None
            at = variable.end()
            if variable["literal"]:
                literal.append(variable["literal"])
                continue
            piece: Wild | Variable = Variable(variable["name"].strip().lower(), variable["default"])
        else:
            piece = Wild(mark)
        found.append("".join(literal))
        literal = []
        found.append(piece)
    found.append("".join(literal))
    return tuple(piece for piece in found if piece != "")


_STOPS = {
    (variables, wildcards): re.compile("|".join((r"\$\{",) * variables + (r"\*", r"\?") * wildcards) or r"(?!)")
    for variables in (False, True)
    for wildcards in (False, True)
}
# `${*}`, `${?}` and `${$}` are the characters themselves (same page, "Predefined policy variables").
# Every part is possessive, so a text of a million `${` is still read once.
_VARIABLE = re.compile(
    r"(?:(?P<literal>[*?$])"
    r"|(?P<name>[^\s,'{}$*?][^,'{}$*?]*+)(?:,\s*+'(?P<default>[^']*+)'\s*+)?+)\}"
)


def fill(pieces: Pieces, lookup: Lookup) -> Filled | None:
    """Put values in for the variables; None when one has neither value nor default."""
    filled: list[str | Wild] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            value = lookup(piece.name)
            if value is None:
                value = piece.default
            if value is None:
                return None
            filled.append(Substituted(value))
        else:
            filled.append(piece)
    return tuple(filled)


def unfilled(pieces: Pieces, lookup: Lookup) -> tuple[str, ...]:
    """The variables that have neither value nor default; their names are lower case."""
    variables = [piece for piece in pieces if isinstance(piece, Variable)]
    return tuple(each.name for each in variables if each.default is None and lookup(each.name) is None)


class _Chunk:
    """What stands between two stars: literals and question marks, of fixed length."""

    __slots__ = ("_parts", "_regex", "length", "plain")

    def __init__(self, parts: Sequence[str | int]) -> None:
        merged: list[str | int] = []
        for kind, run in groupby(parts, type):
            same = list(run)
            merged.append("".join(map(str, same)) if kind is str else sum(map(int, same)))
        self.length = sum(part if isinstance(part, int) else len(part) for part in merged)
        self.plain = "".join(str(part) for part in merged) if all(isinstance(p, str) for p in merged) else None
        self._parts = merged
        self._regex: re.Pattern[str] | None = None

    def _fixed(self) -> re.Pattern[str]:
        # Fixed length, no repetition to try twice: `re` cannot backtrack here. It is made only once a text is long
        # enough to match, which keeps the cost of a monstrous pattern at the length of the text.
        if self._regex is None:
            parts = (f".{{{p}}}" if isinstance(p, int) else re.escape(p) for p in self._parts)
            self._regex = re.compile("".join(parts), re.DOTALL)
        return self._regex

    def stands_at(self, text: str, at: int) -> bool:
        if self.plain is not None:
            return text.startswith(self.plain, at)
        return self._fixed().match(text, at) is not None

    def find(self, text: str, start: int, end: int) -> int:
        if self.plain is not None:
            return text.find(self.plain, start, end)
        hit = self._fixed().search(text, start, end)
        return -1 if hit is None else hit.start()


class Glob:
    """A pattern with `*` (any text, also none) and `?` (any one character)."""

    __slots__ = ("_chunks", "_least")

    def __init__(self, filled: Iterable[str | Wild]) -> None:
        """`filled`: the pattern, with nothing left to put in."""
        chunks: list[list[str | int]] = [[]]
        # In a run such as `*?*?` the stars are one star, behind the question marks: same meaning, no search.
        star = False
        for piece in filled:
            if piece is Wild.STAR:
                star = True
            elif piece is Wild.ONE:
                chunks[-1].append(1)
            elif piece:
                if star:
                    chunks.append([])
                    star = False
                chunks[-1].append(str(piece))
        if star:
            chunks.append([])
        self._chunks = [_Chunk(chunk) for chunk in chunks]
        self._least = sum(chunk.length for chunk in self._chunks)

    def match(self, text: str) -> bool:
        chunks, length = self._chunks, len(text)
        if length < self._least:
            return False
        first = chunks[0]
        if len(chunks) == 1:
            return length == self._least and first.stands_at(text, 0)
        last = chunks[-1]
        end = length - last.length
        if not first.stands_at(text, 0) or not last.stands_at(text, end):
            return False
        at = first.length
        for chunk in chunks[1:-1]:
            at = chunk.find(text, at, end)
            if at < 0:
                return False
            at += chunk.length
        return True

    def is_dear(self, text: str) -> bool:
        """Whether looking for a question mark's surroundings all over the text would take more than a moment."""
        dearest = max((chunk.length for chunk in self._chunks[1:-1] if chunk.plain is None), default=0)
        return dearest * len(text) > _DEAR

    def matcher(self) -> Matcher:
        """`match`, in the cheapest form that this pattern has."""
        plain = [chunk.plain for chunk in self._chunks if chunk.plain is not None]
        if len(plain) < len(self._chunks) or len(plain) > 3:
            return self.match
        if len(plain) == 1:
            return plain[0].__eq__
        return _with_one_star(*plain) if len(plain) == 2 else _with_two_stars(*plain)


_DEAR = 1 << 24


def _with_one_star(start: str, end: str) -> Matcher:
    least = len(start) + len(end)
    if not end:
        return lambda text: text.startswith(start)
    return lambda text: len(text) >= least and text.startswith(start) and text.endswith(end)


def _with_two_stars(start: str, middle: str, end: str) -> Matcher:
    first, last = len(start), len(end)

    def match(text: str) -> bool:
        if not (text.startswith(start) and text.endswith(end)):
            return False
        # The middle is never empty, so it is not found where start and end overlap.
        return text.find(middle, first, len(text) - last) >= 0

    return match


class ArnGlob:
    """A Resource pattern against the ARN of a request.

    IAM User Guide, "IAM JSON policy elements: Resource" (reference_policies_elements_resource.html): wildcards stand
    for characters "within the individual segments of an ARN (the parts separated by colons)"; "if the * wildcard is
    the last character of a resource ARN segment, it can expand to match beyond the colon boundaries". So in the first
    five segments a `*` inside a segment, and every `?`, stops at a colon. The page is silent about colons inside the
    resource part (`function:name:version`): there a wildcard matches them, as the page's own examples need.
    """

    __slots__ = ("_filled", "_glob", "_halting")

    def __init__(self, filled: Filled) -> None:
        self._glob = Glob(filled)
        self._filled = filled
        self._halting = _halting(filled)

    def match(self, text: str) -> bool:
        return self._glob.match(text) and (not self._halting or _walk(self._filled, self._halting, text))

    def matcher(self) -> Matcher:
        return self.match if self._halting else self._glob.matcher()


class ArnPattern:
    """A Resource pattern as a policy has it, perhaps with variables.

    `prefix` is what every text that it matches begins with; `kind` says when that is all there is to know.
    """

    __slots__ = ("_filled", "_names", "_pieces", "kind", "prefix")

    def __init__(self, pieces: Pieces) -> None:
        first = pieces[0] if pieces else ""
        self.prefix = first if isinstance(first, str) else ""
        self.kind: Literal["exact", "open", "other"] = "other"
        if len(pieces) <= 1 and (not pieces or isinstance(first, str)):
            self.kind = "exact"
        elif pieces in ((Wild.STAR,), (self.prefix, Wild.STAR)):
            # A star at the end reaches beyond colons, wherever it stands.
            self.kind = "open"
        self._pieces = pieces
        self._names = tuple(piece.name for piece in pieces if isinstance(piece, Variable))
        # The matcher for the values that were last put in: they are the same for all requests of a principal.
        self._filled: tuple[tuple[str | None, ...], Matcher | None] | None = None

    def matches(self, text: str, lookup: Lookup) -> bool | None:
        """None if a variable has neither value nor default."""
        kept = self._filled
        values = tuple(map(lookup, self._names)) if self._names else ()
        if kept is None or kept[0] != values:
            filled = fill(self._pieces, lookup)
            kept = self._filled = (values, ArnGlob(filled).matcher() if filled is not None else None)
        return None if kept[1] is None else kept[1](text)

    def unfilled(self, lookup: Lookup) -> tuple[str, ...]:
        """The variables that have neither value nor default."""
        return unfilled(self._pieces, lookup)


def is_readable(pieces: Pieces) -> bool:
    """Whether an ARN pattern has its variables where AWS replaces them.

    "You can use a policy variable in the Resource element, but only in the resource portion of the ARN. This portion …
    appears after the fifth colon" (reference_policies_variables.html).
    """
    colons = 0
    for piece in pieces:
        if isinstance(piece, Variable):
            return colons >= 5
        if isinstance(piece, str):
            colons += piece.count(":")
    return True


def _halting(filled: Filled) -> frozenset[int]:
    """Which pieces are wildcards that stop at a colon: those inside one of the first five segments."""
    wild = [at for at, piece in enumerate(filled) if isinstance(piece, Wild)]
    if not wild:
        return frozenset()
    colons = [0 if isinstance(piece, (Wild, Substituted)) else piece.count(":") for piece in filled]
    resource_part = min(5, sum(colons))
    found: list[int] = []
    seen = before = 0
    for at in wild:
        seen += sum(colons[before:at])
        before = at
        if seen >= resource_part:
            break
        follower = filled[at + 1] if at + 1 < len(filled) else ""
        ends_segment = filled[at] is Wild.STAR and colons[at + 1] and str(follower).startswith(":")
        if not ends_segment:
            found.append(at)
    return frozenset(found)


def _walk(filled: Filled, halting: frozenset[int], text: str) -> bool:
    """Follow all readings of the pattern at once, a bit for each place in it."""
    letters: dict[str, int] = {}
    stars = loops = halting_loops = ones = halting_ones = 0
    bit, last = 1, None
    for at, piece in enumerate(filled):
        if not isinstance(piece, Wild):
            for character in piece:
                letters[character] = letters.get(character, 0) | bit
                bit <<= 1
            last = None
            continue
        stops = at in halting
        if (piece, stops) == last and piece is Wild.STAR:
            continue
        last = (piece, stops)
        if piece is Wild.STAR:
            stars |= bit
            if stops:
                halting_loops |= bit
            else:
                loops |= bit
        elif stops:
            halting_ones |= bit
        else:
            ones |= bit
        bit <<= 1

    def past_stars(places: int) -> int:
        while (more := places | ((places & stars) << 1)) != places:
            places = more
        return places

    places = past_stars(1)
    for character in text:
        inside = character != ":"
        moved = places & (letters.get(character, 0) | ones | (halting_ones if inside else 0))
        stayed = places & (loops | (halting_loops if inside else 0))
        places = past_stars(moved << 1 | stayed)
        if not places:
            return False
    return bool(places & bit)


def segments_of(filled: Filled) -> list[Filled]:
    """The six colon-delimited parts of an ARN pattern, as the ARN condition operators compare them."""
    segments: list[list[str | Wild]] = [[]]
    for piece in filled:
        if isinstance(piece, Wild):
            segments[-1].append(piece)
            continue
        first, *others = piece.split(":", 6 - len(segments))
        segments[-1].append(first)
        segments.extend([other] for other in others)
    return [tuple(segment) for segment in segments]


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> Glob:
    pieces = pieces_of(pattern, variables=False)
    return Glob(piece for piece in pieces or () if not isinstance(piece, Variable))


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is what `pattern` says, with `*` for any characters and `?` for any one."""
    if len(pattern) > _CACHED:
        needed = len(pattern) - pattern.count("*")
        return needed <= len(text) and _glob.__wrapped__(pattern).match(text)
    return _glob(pattern).match(text)


_CACHED = 2048  # longer patterns are not kept, so that the cache is bounded in bytes as well
