"""A body's XML elements as Python values, the same for every rest-xml service. Mirror of `elements`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole.wire import scalars, xml
from iamconsole.wire.problems import MalformedInput


def element(shape: Any, nodes: list[xml.Node]) -> Any:
    """The value that one element holds, or for a flattened list or map, all elements of its name."""
    kind = shape.type_name
    if kind == "structure":
        return members(shape.members, nodes[0])
    if kind == "list":
        items = nodes
        if not shape.serialization.get("flattened"):
            name = shape.member.serialization.get("name", "member")
            items = nodes[0].children
            if any(item.name != name for item in items):
                raise xml.malformed()
        return [element(shape.member, [item]) for item in items]
    if kind == "map":
        entries = nodes if shape.serialization.get("flattened") else nodes[0].named("entry")
        return dict(_entry(shape, entry) for entry in entries)
    try:
        return scalars.read(shape, nodes[0].text if kind == "string" else nodes[0].text.strip())
    except MalformedInput:
        raise xml.malformed() from None


def _entry(shape: Any, node: xml.Node) -> tuple[str, Any]:
    key = node.named(shape.key.serialization.get("name", "key"))
    value = node.named(shape.value.serialization.get("name", "value"))
    if not key or not value:
        raise xml.malformed()
    return key[0].text, element(shape.value, value)


def members(shapes: Mapping[str, Any], node: xml.Node) -> dict[str, Any]:
    """The members that a structure's element holds; one that the model lacks makes the whole body malformed."""
    found: dict[str, Any] = {}
    known = set()
    for name, member in shapes.items():
        wire_name = member.serialization.get("name", name)
        if member.serialization.get("xmlAttribute"):
            attribute = node.attributes.get(wire_name.rpartition(":")[2])
            if attribute is not None:
                found[name] = attribute
            continue
        known.add(wire_name)
        nodes = node.named(wire_name)
        if len(nodes) > 1 and not member.serialization.get("flattened"):
            raise xml.malformed()
        if nodes:
            found[name] = element(member, nodes)
    if any(child.name not in known for child in node.children):
        raise xml.malformed()
    return found
