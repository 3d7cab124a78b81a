"""A result's members as XML elements, the same for every XML protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from iamconsole.wire import irregular, scalars
from iamconsole.wire.xml import escape


@dataclass(frozen=True, slots=True)
class Style:
    """What differs between services: how times are written, and the irregular shapes by service."""

    service: str
    timestamps: str


def members(style: Style, shape: Any, value: Mapping[str, Any], out: list[str]) -> None:
    """Append a structure's members, in the model's order; None and what the model lacks are left out."""
    for name, wire_name, member in _plan(shape):
        found = value.get(name)
        if found is not None:
            element(style, member, wire_name, found, out)


@lru_cache(maxsize=4096)
def _plan(shape: Any) -> tuple[tuple[str, str, Any], ...]:
    """A structure's members that become elements: name, element's name, shape. Kept, since lists repeat it."""
    return tuple(
        (name, member.serialization.get("name", name), member)
        for name, member in shape.members.items()
        if "location" not in member.serialization and not member.serialization.get("xmlAttribute")
    )


def element(style: Style, shape: Any, name: str, value: Any, out: list[str]) -> None:
    """Append `<name>…</name>`, or one for each item of a flattened list or map."""
    kind = shape.type_name
    flattened = shape.serialization.get("flattened")
    if kind == "structure":
        out.append(f"<{name}{_attributes(shape, value)}>")
        members(style, shape, value, out)
        out.append(f"</{name}>")
    elif kind == "list":
        if flattened:
            item_name = shape.member.serialization.get("name", name)
            for item in value:
                element(style, shape.member, item_name, item, out)
        else:
            # An empty list is an empty element, so that a client sees [] and not a missing member.
            item_name = shape.member.serialization.get("name", "member")
            out.append(f"<{name}>")
            for item in value:
                element(style, shape.member, item_name, item, out)
            out.append(f"</{name}>")
    elif kind == "map":
        if not flattened:
            out.append(f"<{name}>")
        for key, item in value.items():
            out.append(f"<{name}>" if flattened else "<entry>")
            element(style, shape.key, shape.key.serialization.get("name", "key"), key, out)
            element(style, shape.value, shape.value.serialization.get("name", "value"), item, out)
            out.append(f"</{name}>" if flattened else "</entry>")
        if not flattened:
            out.append(f"</{name}>")
    else:
        text = scalars.write(shape, value, style.timestamps)
        if (style.service, shape.name) in irregular.PERCENT_ENCODED:
            text = quote(text, safe="-_.~", errors="replace")
        out.append(f"<{name}>{escape(text)}</{name}>")


def _attributes(shape: Any, value: Mapping[str, Any]) -> str:
    """The attributes of an S3 Grantee: its xsi namespace and its type."""
    found = ""
    space = shape.serialization.get("xmlNamespace")
    if space and space.get("prefix"):
        found += f' xmlns:{space["prefix"]}="{escape(space["uri"])}"'
    for name, member in shape.members.items():
        if member.serialization.get("xmlAttribute") and value.get(name) is not None:
            found += f' {member.serialization["name"]}="{escape(str(value[name]))}"'
    return found
