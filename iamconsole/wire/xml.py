"""Reading XML that a stranger sent, and writing XML that any parser accepts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from iamconsole.wire.problems import MalformedInput

MAX_BYTES = 8 * 1024 * 1024  # a DeleteObjects of 1,000 long keys fits
MAX_DEPTH = 32
MAX_NODES = 100_000  # a CompleteMultipartUpload of 10,000 parts fits

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
# What XML 1.0 cannot hold at all, not even as a character reference, and what needs an escape.
_SPECIAL = re.compile('[&<>"\r]|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


@dataclass(slots=True)
class Node:
    """One element: names are without their namespace prefix."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def named(self, name: str) -> list[Node]:
        return [child for child in self.children if child.name == name]


def read(body: bytes) -> Node:
    """The root element of `body`; raises MalformedInput (MalformedXML).

    A document type declaration is refused, and with it every entity trick;
    depth, size and the number of elements are bounded.
    """
    if len(body) > MAX_BYTES:
        raise _malformed()
    top = Node("", {})
    stack = [top]
    texts: list[list[str]] = [[]]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MAX_DEPTH or count > MAX_NODES:
            raise _malformed()
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        stack[-1].children.append(node)
        stack.append(node)
        texts.append([])

    def end(_: str) -> None:
        stack.pop().text = "".join(texts.pop())

    def refuse(*_: object) -> None:
        raise _malformed()

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: texts[-1].append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):  # ValueError and LookupError: an encoding that Python lacks
        raise _malformed() from None
    return top.children[0]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _malformed() -> MalformedInput:
    return MalformedInput(
        "The XML you provided was not well-formed or did not validate against our published schema", "MalformedXML"
    )


malformed = _malformed


def escape(text: str) -> str:
    """`text` as XML character data or attribute value.

    Control characters and lone surrogates have no place in XML 1.0. S3 writes
    them as references that parsers reject (its SDKs ask for
    `encoding-type=url` to avoid them); here they become U+FFFD, so that one
    odd value never makes a whole answer unreadable.
    """
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found.group(), "\ufffd"), text)
