"""Errors in the shape that each protocol's clients expect, and the authentication errors of each.

Shapes: docs.aws.amazon.com/IAM/latest/APIReference (query),
docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (S3),
docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (ec2),
smithy.io/2.0/aws/protocols (json, cbor).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from iamconsole.wire import json_values, models, scalars
from iamconsole.wire.elements import Style, element
from iamconsole.wire.headers import in_header
from iamconsole.wire.problems import SignatureProblem, WireError
from iamconsole.wire.request import HttpResponse
from iamconsole.wire.sigv4 import MISMATCH_MESSAGE, S3_MISMATCH_MESSAGE
from iamconsole.wire.xml import HEADER, escape

PROTOCOLS = ("query", "ec2", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor")

# What can be wrong with credentials beside the signature itself: kinds for `authentication_error`.
MISSING = "missing"
UNKNOWN_KEY = "unknown_key"
BAD_TOKEN = "bad_token"
WRONG_SECRET = "mismatch"
EXPIRED_TOKEN = "expired"


# What the services that speak JSON call the errors that all services have, where their models know them so.
_JSON_CODES = {"AccessDenied": "AccessDeniedException", "ValidationError": "ValidationException"}


def request_headers(service: str | None, request_id: str) -> Mapping[str, str]:
    """The headers that carry the request's id: S3's pair, or the one that everything else has."""
    if service == "s3":
        return {"x-amz-request-id": request_id, "x-amz-id-2": host_id(request_id), "server": "AmazonS3"}
    return {"x-amzn-requestid": request_id}


def host_id(request_id: str) -> str:
    """S3's second id, made from the first so that one request always shows the same."""
    return base64.b64encode(hashlib.sha384(request_id.encode()).digest()).decode()


def not_simulated(service: str, operation: str, protocol: str) -> WireError:
    """The refusal of what AWS may have and this product does not: a sentence that SDKs show, in a code they know."""
    message = f"The service {service} is not simulated here."
    if operation:
        message = f"The operation {operation} of {service} is not simulated here."
    if service == "s3":
        return WireError("NotImplemented", message, 501)
    if protocol in ("query", "ec2", "rest-xml"):
        return WireError("InvalidAction", message, 400)
    return WireError("UnknownOperationException", message, 404 if protocol == "rest-json" else 400)


def serialize_error(
    protocol_or_service: str,
    *,
    code: str,
    message: str,
    status: int,
    request_id: str,
    extra: Mapping[str, object] | None = None,
    type_: str = "Sender",
    protocol: str = "",
) -> HttpResponse:
    """An error response.

    `protocol_or_service` is a botocore service ("iam", "dynamodb") or a
    protocol; "rest-xml" alone means S3's form. `protocol` is the one that the
    request spoke, where that is known. `extra` adds members to the error
    (`{"BucketName": "b", "Resource": "/b"}`), written as the model of the
    error has them. The caller leaves out the body of an answer to HEAD.
    """
    service: str | None = protocol_or_service
    if protocol_or_service in PROTOCOLS:
        protocol = protocol_or_service
        service = "s3" if protocol == "rest-xml" else None
    elif protocol_or_service not in models.names():
        protocol, service = protocol or "query", None
    protocol = protocol or models.protocol_of(protocol_or_service)
    more = {name: value for name, value in (extra or {}).items() if value is not None}
    json = protocol in ("json", "rest-json", "smithy-rpc-v2-cbor")
    if json and service and _error_shape(service, _JSON_CODES.get(code, "")):
        code = _JSON_CODES[code]
    shape = _error_shape(service, code) if service and more else None
    if json:
        return _json(protocol, service, shape, code, message, status, request_id, more, type_)
    members = _elements(service or "", protocol, shape, more)
    code_and_message = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    headers = dict(request_headers(service, request_id))
    if service == "s3":
        headers["content-type"] = "application/xml"
        body = (
            f"{HEADER}<Error>{code_and_message}{members}<RequestId>{escape(request_id)}</RequestId>"
            f"<HostId>{host_id(request_id)}</HostId></Error>"
        )
    elif protocol == "ec2":
        headers["content-type"] = "text/xml;charset=UTF-8"
        body = (
            f"{HEADER}<Response><Errors><Error>{code_and_message}{members}</Error></Errors>"
            f"<RequestID>{escape(request_id)}</RequestID></Response>"
        )
    else:
        headers["content-type"] = "text/xml"
        namespace = models.service_model(service).metadata.get("xmlNamespace") if service else None
        space = f' xmlns="{escape(str(namespace))}"' if namespace else ""
        body = (
            f"<ErrorResponse{space}>\n<Error><Type>{escape(type_)}</Type>{code_and_message}{members}</Error>\n"
            f"<RequestId>{escape(request_id)}</RequestId>\n</ErrorResponse>"
        )
    return HttpResponse(status, headers, body.encode())


def _error_shape(service: str, code: str) -> Any:
    """The model of an error by its code; None where the service has none."""
    return models.service_model(service).shape_for_error_code(code)


def _elements(service: str, protocol: str, shape: Any, more: Mapping[str, object]) -> str:
    """The members of an error as elements: as its model has them, any other as plain text."""
    style = Style(service, "millis" if service == "s3" or protocol == "ec2" else "iso8601")
    out: list[str] = []
    for name, value in more.items():
        member = shape.members.get(name) if shape is not None else None
        if member is None:
            out.append(f"<{name}>{escape(str(value))}</{name}>")
        else:
            element(style, member, member.serialization.get("name", name), value, out)
    return "".join(out)


def _json(
    protocol: str,
    service: str | None,
    shape: Any,
    code: str,
    message: str,
    status: int,
    request_id: str,
    more: Mapping[str, object],
    type_: str,
) -> HttpResponse:
    headers = {"x-amzn-requestid": request_id, "x-amzn-errortype": code}
    fields: dict[str, Any] = {"__type": code, "message": message}
    for name, value in more.items():
        member = shape.members.get(name) if shape is not None else None
        if member is None:
            fields[name] = str(value)
        elif member.serialization.get("location") == "header":
            headers[member.serialization["name"].lower()] = in_header(scalars.write(member, value, "rfc822"))
        else:
            fields[member.serialization.get("name", name)] = json_values.write(member, value)
    if service and "awsQueryCompatible" in models.service_model(service).metadata:
        # Who once met the service by the query protocol knows its codes (smithy.io, "awsQueryCompatible").
        headers["x-amzn-query-error"] = in_header(f"{code};{type_}")
    if protocol == "smithy-rpc-v2-cbor":
        headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return HttpResponse(status, headers, _cbor({name: str(value) for name, value in fields.items()}))
    version = models.service_model(service).metadata.get("jsonVersion", "1.0") if service else "1.1"
    headers["content-type"] = f"application/x-amz-json-{version}" if protocol == "json" else "application/json"
    return HttpResponse(status, headers, json_values.dump(fields))


def _cbor(fields: dict[str, str]) -> bytes:
    """A map of text to text in CBOR (RFC 8949), which is all that an error needs."""
    out = bytearray([0xBF])
    for text in (part for pair in fields.items() for part in pair):
        data = text.encode("utf-8", "replace")
        out += bytes([0x7A]) + len(data).to_bytes(4, "big") + data
    out.append(0xFF)
    return bytes(out)


def authentication_error(service: str, kind: str, protocol: str = "") -> WireError:
    """The refusal of a request whose credentials are not good, as `service` words it.

    `kind` is MISSING, UNKNOWN_KEY (also an inactive or deleted one),
    BAD_TOKEN (session token missing, wrong or of another key),
    EXPIRED_TOKEN (temporary credentials) or WRONG_SECRET. A SignatureProblem from `verify` is already worded for query
    services and S3; `worded` puts one into the words of any service. Both
    need no model where the request's `protocol` is given.
    """
    protocol = protocol or models.protocol_of(service)
    if protocol == "ec2" and kind in (UNKNOWN_KEY, BAD_TOKEN):
        return WireError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if protocol == "ec2" and kind == EXPIRED_TOKEN:
        return WireError("RequestExpired", "Request has expired.", 400)
    if service == "s3":
        code, message, status = _S3[kind]
    elif protocol in ("query", "ec2", "rest-xml"):
        code, message, status = _QUERY[kind]
    else:
        code, message, status = _JSON[kind]
        if service == "lambda":
            status = 403
    return WireError(code, message, status)


def worded(service: str, problem: SignatureProblem, protocol: str = "") -> WireError:
    """`problem` in the words of `service`: JSON services have a code of their own for every signature that fails."""
    if problem.code == "SignatureDoesNotMatch" and (protocol or models.protocol_of(service)).endswith(("json", "cbor")):
        return WireError("InvalidSignatureException", problem.message, 403 if service == "lambda" else 400)
    return problem


_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED_TOKEN = "The security token included in the request is expired"
_QUERY = {
    MISSING: ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    UNKNOWN_KEY: ("InvalidClientTokenId", _INVALID_TOKEN, 403),
    BAD_TOKEN: ("InvalidClientTokenId", _INVALID_TOKEN, 403),
    WRONG_SECRET: ("SignatureDoesNotMatch", MISMATCH_MESSAGE, 403),
    EXPIRED_TOKEN: ("ExpiredToken", _EXPIRED_TOKEN, 403),
}
_JSON = {
    MISSING: ("MissingAuthenticationTokenException", "Missing Authentication Token", 400),
    UNKNOWN_KEY: ("UnrecognizedClientException", _INVALID_TOKEN, 400),
    BAD_TOKEN: ("UnrecognizedClientException", _INVALID_TOKEN, 400),
    WRONG_SECRET: ("InvalidSignatureException", MISMATCH_MESSAGE, 400),
    EXPIRED_TOKEN: ("ExpiredTokenException", _EXPIRED_TOKEN, 400),
}
_S3 = {
    MISSING: ("AccessDenied", "Access Denied", 403),
    UNKNOWN_KEY: ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
    BAD_TOKEN: ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
    WRONG_SECRET: ("SignatureDoesNotMatch", S3_MISMATCH_MESSAGE, 403),
    EXPIRED_TOKEN: ("ExpiredToken", "The provided token has expired.", 400),
}
