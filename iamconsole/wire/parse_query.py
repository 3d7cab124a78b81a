"""The parameters of the query and ec2 protocols: `Tags.member.1.Key=a` becomes `{"Tags": [{"Key": "a"}]}`.

docs.aws.amazon.com/IAM/latest/APIReference/programming.html; the flattening
rules are smithy.io/2.0/aws/protocols/aws-query-protocol.html and
aws-ec2-query-protocol.html (no list says `member`, names begin with a
capital, and some are other names than in answers). Mirror of
`serialize_query`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamconsole.wire import models, scalars
from iamconsole.wire.problems import MalformedInput, WireError
from iamconsole.wire.request import HttpRequest, Parsed, text_pairs

MAX_DEPTH = 24
NO_ACTION = "MissingAction"

TEXT_EXPECTED = "Start of structure or map found where not expected."


class Branch(dict[str, Any]):
    """A node of the tree that dotted names spell; `value` is set where a name ends here."""

    value: str | None = None


def parse(service: str, request: HttpRequest) -> Parsed:
    """The call that a query request makes, by GET or POST; parameters that the model lacks are ignored, as in AWS."""
    pairs = text_pairs(request.query) + models.form_pairs(request)
    top = _tree(pairs)
    action = _text(top.get("Action"))
    version = _text(top.get("Version"))
    if not action:
        raise WireError(NO_ACTION, "The request is missing an action or a required parameter.")
    model = models.service_model(service)
    if action not in model.operation_names or version not in (None, model.metadata["apiVersion"]):
        raise models.no_such_operation(service, action, version)
    shape = models.readable_operation(service, action).input_shape
    naming = ec2_name if models.protocol_of(service) == "ec2" else query_name
    params = {} if shape is None else _structure(naming, shape, top)
    return Parsed(service, action, params)


Naming = Callable[[str, Any], str]


def query_name(name: str, member: Any) -> str:
    """The name on the wire of a structure's member."""
    wire_name = str(member.serialization.get("name", name))
    if member.type_name == "list" and member.serialization.get("flattened"):
        return str(member.member.serialization.get("name", wire_name))
    return wire_name


def ec2_name(name: str, member: Any) -> str:
    serialization = member.serialization
    if "queryName" in serialization:
        return str(serialization["queryName"])
    wire_name = str(serialization.get("name", name))
    return wire_name[:1].upper() + wire_name[1:]


def _tree(pairs: list[tuple[str, str]]) -> Branch:
    top = Branch()
    for name, value in pairs:
        branch = top
        steps = name.split(".", MAX_DEPTH)
        if len(steps) > MAX_DEPTH:
            raise MalformedInput(TEXT_EXPECTED)
        for step in steps:
            branch = branch.setdefault(step, Branch())
        if branch.value is None:
            branch.value = value
    return top


def _text(branch: Branch | None) -> str | None:
    return None if branch is None else branch.value


def _value(naming: Naming, shape: Any, branch: Branch) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(naming, shape, branch)
    if kind == "list":
        return _list(naming, shape, branch)
    if kind == "map":
        return _map(naming, shape, branch)
    if branch.value is None:
        raise MalformedInput(TEXT_EXPECTED)
    return scalars.read(shape, branch.value)


def _structure(naming: Naming, shape: Any, branch: Branch) -> dict[str, Any]:
    if branch.value:
        raise MalformedInput("Unexpected text where a structure is expected.")
    found = {}
    for name, member in shape.members.items():
        wire_name = naming(name, member)
        if wire_name in branch:
            found[name] = _value(naming, member, branch[wire_name])
    return found


def _list(naming: Naming, shape: Any, branch: Branch) -> list[Any]:
    if branch.value:
        raise MalformedInput("Unexpected text where a list is expected.")
    if naming is query_name and not shape.serialization.get("flattened"):
        element = shape.member.serialization.get("name", "member")
        branch = branch.get(element, branch.get("member", Branch()))
    return [_value(naming, shape.member, item) for item in _numbered(branch)]


def _map(naming: Naming, shape: Any, branch: Branch) -> dict[str, Any]:
    if branch.value:
        raise MalformedInput("Unexpected text where a map is expected.")
    if not shape.serialization.get("flattened"):
        branch = branch.get("entry", Branch())
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found = {}
    for entry in _numbered(branch):
        if key_name not in entry or value_name not in entry:
            raise MalformedInput("A map's entry needs a key and a value.")
        found[str(_value(naming, shape.key, entry[key_name]))] = _value(naming, shape.value, entry[value_name])
    return found


def _numbered(branch: Branch) -> list[Branch]:
    """The branches `1`, `2`, … in the order of their numbers, which may have gaps."""
    if branch.value:
        raise MalformedInput("A list's elements are numbered.")
    if not all(name.isascii() and name.isdecimal() and len(name) < 10 for name in branch):
        raise MalformedInput("A list's elements are numbered.")
    return [branch[name] for name in sorted(branch, key=int)]
