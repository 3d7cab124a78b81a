"""The models' regular expressions, which are Java's, as Python's.

Java's `\\w`, `\\d` and `\\s` are ASCII, and `\\p{L}` means a Unicode category,
which Python's `re` lacks: it is spelled out as the ranges of that category.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_POSIX = {
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Upper": "A-Z",
    "Lower": "a-z",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Space": r" \t\n\r\f\v",
    "XDigit": "0-9a-fA-F",
    "Cntrl": r"\x00-\x1f\x7f",
    "ASCII": r"\x00-\x7f",
}
_CATEGORY = re.compile(r"\\p(?:{(?:Is)?(\w+)}|([A-Z]))")
_CLASS = re.compile(r"\[(?:[^\[\]\\]|\\.)*\][+*]?", re.S)
_CEILING = 0x40000  # above it only tags, variation selectors and private use: no letter, number or separator


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """`pattern` for `fullmatch`, or None where Python cannot express it: it then constrains nothing."""
    try:
        return re.compile(_spelled_out(pattern), re.ASCII)
    except re.error:
        return None


def is_simple(pattern: str) -> bool:
    """Whether the pattern is one character class, perhaps repeated: such a one is linear on any text."""
    return bool(_CLASS.fullmatch(pattern))


def _spelled_out(pattern: str) -> str:
    out: list[str] = []
    inside = False
    at = 0
    while at < len(pattern):
        found = _CATEGORY.match(pattern, at)
        if found:
            ranges = _ranges(found.group(1) or found.group(2))
            out.append(ranges if inside else f"[{ranges}]")
            at = found.end()
            continue
        if pattern[at] == "\\":
            out.append(pattern[at : at + 2])
            at += 2
            continue
        if inside and (pattern[at] == "[" or pattern.startswith("&&", at)):
            raise re.error("a class within a class")
        inside = pattern[at] == "[" or (inside and pattern[at] != "]")
        out.append(pattern[at])
        at += 1
    return "".join(out)


@cache
def _ranges(name: str) -> str:
    if name in _POSIX:
        return _POSIX[name]
    out: list[str] = []
    first: int | None = None
    for code in range(_CEILING + 1):
        inside = code < _CEILING and unicodedata.category(chr(code)).startswith(name)
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            out.append(f"\\U{first:08x}-\\U{code - 1:08x}")
            first = None
    if not out:
        raise re.error(f"unknown category {name}")
    return "".join(out)
