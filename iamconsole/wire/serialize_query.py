"""The answers of query and ec2 services: `<CreateUserResponse><CreateUserResult>…`. Mirror of `parse_query`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole.wire import models
from iamconsole.wire.elements import Style, members
from iamconsole.wire.request import HttpResponse
from iamconsole.wire.xml import HEADER, escape


def serialize(service: str, operation: str, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`result` in the operation's envelope, with the request's id in the body and in a header, as IAM and STS do."""
    model = models.operation_model(service, operation)
    shape = model.output_shape
    out = [f'<{operation}Response xmlns="{escape(model.metadata["xmlNamespace"])}">\n']
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation}Result")
        out.append(f"<{wrapper}>")
        members(Style(service, "iso8601"), shape, result, out)
        out.append(f"</{wrapper}>\n")
    out.append(f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>\n")
    out.append(f"</{operation}Response>")
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return HttpResponse(200, headers, "".join(out).encode())


def serialize_ec2(service: str, operation: str, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`result` right in the root element, after the request's id; an operation without a result says `return`."""
    model = models.operation_model(service, operation)
    shape = model.output_shape
    space = f"http://{service}.amazonaws.com/doc/{model.service_model.metadata['apiVersion']}/"
    out = [f'{HEADER}<{operation}Response xmlns="{space}"><requestId>{escape(request_id)}</requestId>']
    if shape is None:
        out.append("<return>true</return>")
    else:
        members(Style(service, "millis"), shape, result, out)
    out.append(f"</{operation}Response>")
    headers = {"content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": request_id}
    return HttpResponse(200, headers, "".join(out).encode())
