"""The answers of the REST protocols, S3 before all: members in headers and in the body. Mirror of `parse_rest`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from iamconsole.wire import irregular, json_values, models, scalars
from iamconsole.wire.elements import Style, members
from iamconsole.wire.errors import request_headers
from iamconsole.wire.headers import in_header
from iamconsole.wire.request import HttpResponse
from iamconsole.wire.xml import HEADER, escape


def serialize(service: str, operation: str, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`result` as headers and an XML body, or as headers alone where a member is streamed or nothing is left."""
    model = models.operation_model(service, operation)
    shape = model.output_shape
    headers = dict(request_headers(service, request_id))
    status = irregular.STATUS.get((service, operation), int(model.http.get("responseCode", 200)))
    if shape is None:
        return HttpResponse(status, headers, b"")
    for name, member in shape.members.items():
        value = result.get(name)
        location = member.serialization.get("location")
        if value is None or location is None:
            continue
        if location == "statusCode":
            status = int(value)
        elif location == "headers":
            for key, text in value.items():
                headers[in_header(member.serialization.get("name", "") + key).lower()] = in_header(str(text))
        elif member.serialization.get("jsonvalue"):
            text = base64.b64encode(json_values.dump(value)).decode()
            headers[member.serialization.get("name", name).lower()] = text
        elif member.type_name == "list":
            headers[member.serialization.get("name", name).lower()] = ",".join(
                in_header(scalars.write(member.member, item, "rfc822")) for item in value
            )
        else:
            headers[member.serialization.get("name", name).lower()] = in_header(scalars.write(member, value, "rfc822"))
    if service == "s3" and status == 200 and "content-range" in headers:
        status = 206
    payload = shape.serialization.get("payload")
    if models.protocol_of(service) == "rest-json":
        return _json(shape, payload, result, status, headers)
    if payload is None:
        return _document(service, operation, shape, result, status, headers)
    member = shape.members[payload]
    if member.serialization.get("streaming") or member.serialization.get("eventstream"):
        return HttpResponse(status, headers, None, payload)
    if member.type_name in ("string", "blob"):
        value = result.get(payload) or ""
        headers.setdefault("content-type", "application/json")  # GetBucketPolicy, the only one of its kind in S3
        return HttpResponse(status, headers, value.encode() if isinstance(value, str) else value)
    out = [HEADER]
    root = _space(service, member.serialization.get("name", member.name), out)
    members(Style(service, _timestamps(service)), member, result.get(payload) or {}, out)
    out.append(f"</{root}>")
    return _xml(status, headers, out)


def _json(
    shape: Any, payload: str | None, result: Mapping[str, Any], status: int, headers: dict[str, str]
) -> HttpResponse:
    headers.setdefault("content-type", "application/json")
    if payload is None:
        in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
        if not in_body and status == 204:
            del headers["content-type"]
            return HttpResponse(status, headers, b"")
        return HttpResponse(status, headers, json_values.dump(json_values.members(in_body, result)))
    member = shape.members[payload]
    if member.serialization.get("streaming") or member.serialization.get("eventstream"):
        return HttpResponse(status, headers, None, payload)
    value = result.get(payload)
    if member.type_name in ("string", "blob"):
        value = value or ""
        return HttpResponse(status, headers, value.encode() if isinstance(value, str) else value)
    return HttpResponse(status, headers, b"" if value is None else json_values.dump(json_values.write(member, value)))


def _document(
    service: str, operation: str, shape: Any, result: Mapping[str, Any], status: int, headers: dict[str, str]
) -> HttpResponse:
    in_body = [name for name, member in shape.members.items() if "location" not in member.serialization]
    if not in_body or operation.startswith("Head"):
        return HttpResponse(status, headers, b"")
    out = [HEADER]
    root = shape.serialization.get("name") or f"{operation}Result"
    if service == "s3":
        root = irregular.S3_ROOTS.get(operation, f"{operation}Result")
    root = _space(service, root, out)
    text_member = irregular.TEXT_ROOTS.get((service, operation))
    if text_member is not None:
        out.append(escape(str(result.get(text_member) or "")))
    else:
        members(Style(service, _timestamps(service)), shape, result, out)
    out.append(f"</{root}>")
    return _xml(status, headers, out)


def _space(service: str, root: str, out: list[str]) -> str:
    namespace = models.service_model(service).metadata.get("xmlNamespace")
    if service == "s3":
        namespace = irregular.S3_NAMESPACE
    out.append(f'<{root} xmlns="{escape(str(namespace))}">' if namespace else f"<{root}>")
    return root


def _timestamps(service: str) -> str:
    return "millis" if service == "s3" else "iso8601"


def _xml(status: int, headers: dict[str, str], out: list[str]) -> HttpResponse:
    headers["content-type"] = "application/xml"
    return HttpResponse(status, headers, "".join(out).encode())
