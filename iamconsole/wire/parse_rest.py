"""The REST protocols' requests: which operation, and its members in path, query, headers and body.

smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, aws-restjson1-protocol.html and, for S3, each
operation's page of docs.aws.amazon.com/AmazonS3/latest/API. Mirror of
`serialize_rest`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from iamconsole.wire import irregular, json_values, models, scalars, xml, xml_values
from iamconsole.wire.problems import MalformedInput
from iamconsole.wire.request import HttpRequest, Parsed, text_pairs, unquoted

_HEADER_ITEM = re.compile(r'(?:^|,)\s*(?:(")((?:[^"\\]|\\.)*)"|([^,]*))')


@dataclass(frozen=True, slots=True)
class Route:
    """How one operation is recognised: method, path, and what its query and headers must hold."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    query: frozenset[str]
    headers: frozenset[str]
    own_query: frozenset[str]
    deprecated: bool

    def understood(self) -> frozenset[str]:
        """The names in the query that this operation knows."""
        return self.own_query.union(mark for mark, _ in self.marks)

    def rank(self) -> tuple[int, int, int, bool]:
        """The more a route asks for, the more surely it is meant; a path without labels beats one with."""
        return (-len(self.labels), len(self.marks), len(self.query) + len(self.headers), not self.deprecated)


@lru_cache(maxsize=models.KEPT)
def _routes(service: str) -> dict[str, tuple[Route, ...]]:
    by_method: dict[str, list[Route]] = {}
    model = models.service_model(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        template, _, marks = operation.http["requestUri"].partition("?")
        members = operation.input_shape.members if operation.input_shape is not None else {}
        required = set(operation.input_shape.required_members) if operation.input_shape is not None else set()
        located: dict[str, set[str]] = {"querystring": set(), "header": set()}
        own_query = set()
        for member, shape in members.items():
            location = shape.serialization.get("location")
            wire_name = shape.serialization.get("name", member)
            if location == "querystring":
                own_query.add(wire_name)
            if location in located and member in required:
                located[location].add(wire_name.lower() if location == "header" else wire_name)
        labels = tuple(label.rstrip("+") for label in re.findall(r"{(.*?)}", template))
        pieces = re.split(r"({[^{}]*})", template)  # text, label, text, label, …
        pieces[1::2] = ["(.+)" if label.endswith("+}") else "([^/]+)" for label in pieces[1::2]]
        pieces[::2] = [re.escape(text) for text in pieces[::2]]
        pattern = "".join(pieces)
        mark_pairs = [tuple(mark.partition("=")[::2]) for mark in marks.split("&") if mark]
        by_method.setdefault(operation.http["method"], []).append(
            Route(
                operation=name,
                method=operation.http["method"],
                path=re.compile(pattern if pattern.endswith("/") else pattern + "/?", re.S),
                labels=labels,
                marks=tuple((mark[0], mark[1]) for mark in mark_pairs),
                # S3 alone tells operations apart by what they require; elsewhere what is missing is said by its name.
                query=frozenset(located["querystring"]) if service == "s3" else frozenset(),
                headers=frozenset(located["header"]) if service == "s3" else frozenset(),
                own_query=frozenset(own_query),
                deprecated=bool(operation.deprecated),
            )
        )
    return {method: tuple(sorted(found, key=Route.rank, reverse=True)) for method, found in by_method.items()}


@lru_cache(maxsize=models.KEPT)
def _all_marks(service: str) -> frozenset[str]:
    """Every query marker of the service: one that is present and not understood must never be ignored."""
    return frozenset(mark for routes in _routes(service).values() for route in routes for mark, _ in route.marks)


def parse(service: str, request: HttpRequest, bucket: str | None) -> Parsed:
    """The call that a REST request makes; `bucket` is the one that a virtual host names.

    A host prefix of the model needs no reading: a member that is part of the host's name stands in its usual
    place too (smithy.io, `hostLabel`).
    """
    path = request.path or "/"
    if bucket is not None:
        path = f"/{bucket}{path}"
    query: dict[str, list[str]] = {}
    for name, value in text_pairs(request.query):
        query.setdefault(name, []).append(value)
    headers = request.headers
    if (
        "X-Amz-Signature" in query or "AWSAccessKeyId" in query
    ):  # a presigned URL may carry x-amz-* headers in its query: the JavaScript SDK does so
        moved = {name.lower(): values[0] for name, values in query.items() if name.lower().startswith("x-amz-")}
        headers = {**moved, **headers}
    route, labels = _find(service, request, path, query, headers)
    shape = models.readable_operation(service, route.operation).input_shape
    if shape is None:
        return Parsed(service, route.operation, {})
    params: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = _located(name, member, labels, query, headers, route.understood())
        if value is not None:
            params[name] = value
    streaming = _body(service, shape, request, params)
    return Parsed(service, route.operation, params, streaming)


def _find(
    service: str, request: HttpRequest, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str]
) -> tuple[Route, dict[str, str]]:
    found: list[tuple[Route, dict[str, str]]] = []
    for route in _routes(service).get(request.method, ()):
        matched = route.path.fullmatch(path)
        if (
            matched
            and all(mark in query and (not value or query[mark][0] == value) for mark, value in route.marks)
            and route.query <= query.keys()
            and route.headers <= headers.keys()
        ):
            if found and route.rank() < found[0][0].rank():
                break
            found.append((route, dict(zip(route.labels, matched.groups(), strict=True))))
    hint = query.get("x-id", [""])[0]  # the JavaScript SDK names the operation; enough to tell equals apart
    found.sort(key=lambda pair: (pair[0].operation == hint, (service, pair[0].operation) in irregular.PREFERRED))
    if found:
        route, labels = found[-1]
        # DELETE /bucket?acl is no DeleteBucket.
        if not (query.keys() & _all_marks(service)) - route.understood():
            return route, {label: _text(value) for label, value in labels.items()}
    raise models.no_such_operation(service, f"{request.method} {request.path}")


def _text(raw: str) -> str:
    try:
        return unquoted(raw).decode()
    except UnicodeDecodeError:
        raise MalformedInput("Couldn't parse the specified URI.", "InvalidURI") from None


def _located(
    name: str,
    shape: Any,
    labels: Mapping[str, str],
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
    taken: frozenset[str],
) -> Any:
    location = shape.serialization.get("location")
    wire_name = shape.serialization.get("name", name)
    if location == "uri":
        return scalars.read(shape, labels[wire_name])
    if location == "querystring":
        if shape.type_name == "map":
            return _rest_of_query(shape, query, taken)
        if wire_name not in query:
            return None
        if shape.type_name == "list":
            return [scalars.read(shape.member, value) for value in query[wire_name]]
        return scalars.read(shape, query[wire_name][0])
    if location == "header":
        value = headers.get(wire_name.lower())
        if value is None:
            return None
        if shape.type_name == "list":
            return [scalars.read(shape.member, _as_utf8(part)) for part in _header_list(value)]
        try:
            if shape.serialization.get("jsonvalue"):
                return json_values.load(scalars.unbase64(value))
            return scalars.read(shape, _as_utf8(value))
        except MalformedInput:
            if shape.type_name == "timestamp" and not wire_name.startswith("x-amz"):
                return None  # an If-Modified-Since that is no date is ignored (RFC 9110, 13.1.3)
            raise
    if location == "headers":
        prefix = wire_name.lower()
        found = {key[len(prefix) :]: _as_utf8(value) for key, value in headers.items() if key.startswith(prefix)}
        return found or None
    return None


def _rest_of_query(shape: Any, query: Mapping[str, list[str]], taken: frozenset[str]) -> dict[str, Any] | None:
    """A map in the query takes every pair that is no other member's (smithy.io, `httpQueryParams`)."""
    many = shape.value.type_name == "list"
    found = {
        name: [scalars.read(shape.value.member, value) for value in values]
        if many
        else scalars.read(shape.value, values[0])
        for name, values in query.items()
        if name not in taken and not name.startswith("X-Amz-")
    }
    return found or None


def _header_list(value: str) -> list[str]:
    """The items of a list in one header: with commas between, in quotes where an item holds a comma or a quote."""
    return [
        quoted.replace('\\"', '"').replace("\\\\", "\\") if mark else plain.strip()
        for mark, quoted, plain in _HEADER_ITEM.findall(value)
    ]


def _as_utf8(value: str) -> str:
    """Header text as it was meant: WSGI gives latin-1, clients send UTF-8."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _body(service: str, shape: Any, request: HttpRequest, params: dict[str, Any]) -> str | None:
    """Put what the body holds into `params`; returns the member that is the body itself where that is streamed."""
    payload = shape.serialization.get("payload")
    if payload is not None and shape.members[payload].serialization.get("streaming"):
        return str(payload)
    if request.streamed:
        return None  # not read yet: the caller only asks which operation this is
    in_json = models.protocol_of(service) == "rest-json"
    if payload is None:
        in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
        if in_body and request.body.strip():
            if in_json:
                params |= json_values.structure(in_body, json_values.load(request.body))
            else:
                root = xml.read(request.body)
                if root.name != shape.serialization.get("name", shape.name):
                    raise xml.malformed()
                params |= xml_values.members(in_body, root)
        return None
    member = shape.members[payload]
    if member.type_name == "blob":
        params[payload] = request.body
    elif member.type_name == "string":
        try:
            params[payload] = request.body.decode()
        except UnicodeDecodeError:
            raise MalformedInput("The body is not valid UTF-8.") from None
    elif request.body.strip():
        if in_json:
            params[payload] = json_values.read(member, json_values.load(request.body))
        else:
            root = xml.read(request.body)
            if root.name != member.serialization.get("name", member.name):
                raise xml.malformed()
            params[payload] = xml_values.element(member, [root])
    elif payload in shape.required_members and not in_json:
        raise MalformedInput("Request Body is empty", "MissingRequestBodyError")
    return None
