"""The AWS endpoint: wire.parse → authenticate → gateway.call → wire.serialize."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from iamconsole import wire
from iamconsole.api import cors
from iamconsole.api.authentication import Signer, authenticate, signing_of
from iamconsole.api.bodies import Pieces, Span
from iamconsole.core.caller import Signing, wall_clock
from iamconsole.core.errors import AccessDenied, AwsError, CallerGone
from iamconsole.core.ids import Ids
from iamconsole.core.operation import Body
from iamconsole.gateway import callers, door
from iamconsole.gateway.http import context_of
from iamconsole.gateway.shape import check_shape
from iamconsole.s3.errors import S3Error, entity_too_large, no_such_bucket
from iamconsole.s3.storage import OBJECT_HEADERS


@dataclass(slots=True)
class Asked:
    """What is known so far of what a request asks, for the form of its answer: both grow while it is read."""

    service: str
    protocol: str

    @property
    def form(self) -> str:
        """What `wire.serialize_error` needs: no model is loaded for the error of a service that is not simulated."""
        if self.service in door.OFFERED:
            return self.service
        return "query" if self.protocol == "rest-xml" else self.protocol


def endpoint(request: HttpRequest, *, bucket: str | None) -> HttpResponseBase:
    """Answer one request of the CLI, an SDK or a presigned link."""
    request_id = Ids().uuid()
    received = _received(request)
    # Until the signature says which service is meant: only S3's calls have a path or a bucket's host.
    service = "s3" if bucket or request.path_info != "/" else "sts"
    asked = Asked(service, wire.protocol_by_looks(service, received))
    try:
        signature = wire.find_signature(received)
        _recognise(asked, signature, received, bucket)
        response = _answer(request, received, asked, signature, bucket, request_id)
    except (wire.WireError, AwsError) as error:
        response = _refusal(asked, error, request.path, request_id)
    if asked.service == "s3" and "HTTP_ORIGIN" in request.META:
        _let_pages_read(response, request, received, bucket)
    return _without_body(response) if request.method == "HEAD" else response


def _let_pages_read(
    response: HttpResponseBase, request: HttpRequest, received: wire.HttpRequest, bucket: str | None
) -> None:
    """The headers for a page of another site that made the request with somebody's credentials."""
    try:
        signature = wire.find_signature(received)
    except wire.WireError:
        return
    credential = callers.credential(signature.access_key_id) if signature else None
    if credential is not None:
        cors.add(response, request, _bucket_in(received, bucket), sandbox_key=credential.caller.sandbox_key)


def _bucket_in(received: wire.HttpRequest, bucket: str | None) -> str:
    return bucket or unquote(received.path.lstrip("/").partition("/")[0])


_PUBLIC = re.compile(r"/s/([a-z0-9]{1,32})(?=/)")


def preflight(request: HttpRequest, bucket: str | None) -> HttpResponse:
    """Answer a browser that asks whether a page of another site may send a request here."""
    received = _received(request)
    public = None if bucket else _PUBLIC.match(received.path)
    if public:
        received = replace(received, path=received.path[public.end() :])
    try:
        return cors.preflight(request, _bucket_in(received, bucket), public[1] if public else "")
    except AwsError as error:
        return _refusal(Asked("s3", "rest-xml"), error, request.path, Ids().uuid())


def public_object(request: HttpRequest, public_name: str) -> HttpResponseBase:
    """Answer `/s/<public name>/<bucket>/<key>`: a read without credentials, which the bucket's policy decides.

    A bucket of another sandbox, or of none, is one that does not exist.
    """
    received, request_id = _received(request), Ids().uuid()
    received = replace(received, path=received.path.removeprefix(f"/s/{public_name}"))
    try:
        response = _read_without_credentials(request, received, public_name, request_id)
    except (wire.WireError, AwsError) as error:
        response = _refusal(Asked("s3", "rest-xml"), error, request.path, request_id)
    for name, value in OBJECT_HEADERS.items():
        response.headers.setdefault(name, value)
    if "HTTP_ORIGIN" in request.META:
        cors.add(response, request, _bucket_in(received, None), public_name=public_name)
    # Asked for again each time: what a policy no longer allows must not come out of the browser's cache.
    response.headers.setdefault("Cache-Control", "no-cache")
    return _without_body(response) if request.method == "HEAD" else response


def _read_without_credentials(
    request: HttpRequest, received: wire.HttpRequest, public_name: str, request_id: str
) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD") or _wants_code(request):
        raise S3Error("The specified method is not allowed against this resource.", code="MethodNotAllowed", status=405)
    parsed = wire.parse("s3", received)
    params = _keywords(parsed)
    if any(name.startswith("response_") for name in params):
        # Source: S3 API Reference, GetObject, "Overriding response header values through the request": "you must
        # sign the request"; "they cannot be used with an unsigned (anonymous) request".
        message = "Request specific response headers cannot be used for anonymous GET requests."
        raise S3Error(message, code="InvalidRequest")
    bucket = str(params.get("bucket", ""))
    caller = callers.anonymous(public_name, bucket)
    if caller is None:
        raise no_such_bucket(bucket)
    context = context_of(request, face="api", signing=Signing(kind="", version=""))
    return _response(parsed, door.call(caller, context, _offered(parsed, "rest-xml"), **params), request_id)


def _wants_code(request: HttpRequest) -> bool:
    """Whether a page of the console's own address would run the object: nothing that is stored here is its script."""
    return request.headers.get("Sec-Fetch-Dest", "") in ("script", "style", "worker", "serviceworker", "sharedworker")


def _refusal(asked: Asked, error: wire.WireError | AwsError, path: str, request_id: str) -> HttpResponse:
    if isinstance(error, CallerGone):
        error = wire.authentication_error(asked.service, wire.UNKNOWN_KEY, asked.protocol)
    extra = dict(error.extra) if isinstance(error, AwsError) else {}
    if error.status == 304:
        return HttpResponse(status=304, headers=extra)
    if asked.service == "s3" and isinstance(error, AwsError):
        extra.setdefault("Resource", path)
    response = _error(asked, error.code, error.message, error.status, request_id, extra)
    for name, value in error.headers.items() if isinstance(error, AwsError) else ():
        response.headers[name] = value
    return response


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """The headers of the answer, Content-Length too, and no body."""
    if isinstance(response, HttpResponse) and response.status_code != 304:
        length = response.headers["Content-Length"]
        response.content = b""
        response.headers["Content-Length"] = length
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to a fault of our own, in AWS's shape; Django has logged it."""
    asked = Asked("sts", "query")
    try:
        received = _received(request)
        _recognise(asked, wire.find_signature(received), received, None)
    except wire.WireError:
        pass  # a request that cannot be read at all: the query shape will do
    code = "InternalError" if asked.service == "s3" else "InternalFailure"
    message = "We encountered an internal error. Please try again."
    return _error(asked, code, message, 500, Ids().uuid(), {}, type_="Receiver")


def _recognise(asked: Asked, signature: wire.Signature | None, received: wire.HttpRequest, bucket: str | None) -> None:
    """Tell the service and the protocol by what is signed, or by what an unsigned request looks like."""
    found = wire.service_for(signature, received)
    if found is None and signature is not None:
        found = signature.service  # one that AWS does not have; the caller is told so once it is known
    if found is not None:
        asked.service = found
    elif not bucket and received.path == "/" and "x-amz-target" not in received.headers:
        asked.service = "sts"  # an unsigned call to the root: answered as the query services do
    in_model = signature is not None and asked.service in door.OFFERED
    asked.protocol = (wire.protocol_for if in_model else wire.protocol_by_looks)(asked.service, received)


def _received(request: HttpRequest) -> wire.HttpRequest:
    """The request as the client signed it, its body not yet read."""
    meta = request.META
    raw_path = meta.get("REQUEST_URI") or meta.get("RAW_URI") or ""
    path = raw_path.partition("?")[0]
    if not path.startswith("/"):
        # Not every server passes the raw path on; what it decoded is encoded again as AWS's clients do.
        path = quote(meta["PATH_INFO"].encode("latin-1"), safe="/~-._")
    headers = {name[5:].replace("_", "-").lower(): value for name, value in meta.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if meta.get(name):
            headers[name.replace("_", "-").lower()] = meta[name]
    return wire.HttpRequest(request.method or "GET", path, meta.get("QUERY_STRING", ""), headers, b"", True)


def _with_body(request: HttpRequest, received: wire.HttpRequest) -> wire.HttpRequest:
    """The same request with its body read; a body larger than any policy needs is refused unread."""
    limit = settings.IAMCONSOLE_MAX_REQUEST_BYTES
    length = received.headers.get("content-length", "0")
    too_large = wire.WireError("RequestEntityTooLarge", f"The request is larger than {limit} bytes.", 413)
    if not length.isdecimal() or int(length) > limit:
        raise too_large
    body = request.read(limit + 1)
    if len(body) > limit:
        raise too_large
    return wire.HttpRequest(received.method, received.path, received.query, received.headers, body)


def _answer(
    request: HttpRequest,
    received: wire.HttpRequest,
    asked: Asked,
    signature: wire.Signature | None,
    bucket: str | None,
    request_id: str,
) -> HttpResponseBase:
    parsed = None
    if asked.service == "s3" and request.method == "PUT":
        parsed = wire.parse("s3", received, bucket=bucket)
    if parsed is not None and parsed.streaming:
        _refuse_too_large(received)
    else:
        parsed, received = None, _with_body(request, received)
    if asked.service == "sts" and (unsigned := _without_signature(received)):
        return _response(unsigned, _at_the_role(request, unsigned), request_id)
    now = wall_clock()
    if signature is None:
        raise wire.authentication_error(asked.service, wire.MISSING, asked.protocol)
    signer = authenticate(asked.service, asked.protocol, signature, received, now, bucket)
    if parsed is None:
        parsed = _parsed(asked, received, bucket)
        wire.check_body(parsed.service, parsed.operation, received.body, received.headers)
    operation = _offered(parsed, asked.protocol)
    body = _body(request, received, signer) if parsed.streaming else None
    context = context_of(request, face="api", region=signature.region, signing=signing_of(signature, now))
    result = door.call(signer.caller, context, operation, body=body, **_keywords(parsed))
    return _response(parsed, result, request_id)


# STS API Reference, of both: calling it "does not require the use of AWS security credentials".
WITHOUT_SIGNATURE = frozenset({"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"})


def _without_signature(received: wire.HttpRequest) -> wire.Parsed | None:
    """The call, if it is one that AWS asks no signature for; one that is there all the same counts for nothing."""
    if b"AssumeRoleWith" not in received.body and "AssumeRoleWith" not in received.query:
        return None
    try:
        parsed = wire.parse("sts", received)
    except wire.WireError:
        return None  # said where every other request is read
    return parsed if f"sts:{parsed.operation}" in WITHOUT_SIGNATURE else None


def _at_the_role(request: HttpRequest, parsed: wire.Parsed) -> dict[str, Any]:
    """Ask in the account of the role: what the request brings along says who asks."""
    params = _keywords(parsed)
    name = f"sts:{parsed.operation}"
    caller = callers.at_role(str(params.get("role_arn", "")))
    if caller is None:
        check_shape(door.operation_named(name), params)
        raise AccessDenied(f"Not authorized to perform {name}")
    return door.call(caller, context_of(request, face="api"), name, **params)


def _offered(parsed: wire.Parsed, protocol: str) -> str:
    """The name of the operation that is called, or the refusal of one that is not here."""
    operation = door.offered(parsed.service, parsed.operation)
    if operation is None:
        raise wire.not_simulated(parsed.service, parsed.operation, protocol)
    return operation.name


def _parsed(asked: Asked, received: wire.HttpRequest, bucket: str | None) -> wire.Parsed:
    """The call that a request makes; of a service that is not simulated at all, its name is all that is asked for."""
    if asked.service in door.OFFERED:
        return wire.parse(asked.service, received, bucket=bucket)
    operation = ""
    try:
        parsed = wire.parse(asked.service, received)
        asked.service, operation = parsed.service, parsed.operation
    except wire.UnknownOperation as problem:
        operation = problem.action if " " not in problem.action else ""
    except wire.WireError:
        pass  # a service that AWS lacks too, or a body that does not matter any more
    raise wire.not_simulated(asked.service, operation, asked.protocol)


def _refuse_too_large(received: wire.HttpRequest) -> None:
    """An upload that says itself that it is too large is refused before it is read."""
    length = received.headers.get("x-amz-decoded-content-length") or received.headers.get("content-length", "")
    if length.isdecimal() and int(length) > settings.IAMCONSOLE_MAX_OBJECT_BYTES:
        raise entity_too_large(int(length), settings.IAMCONSOLE_MAX_OBJECT_BYTES)


def _keywords(parsed: wire.Parsed) -> dict[str, Any]:
    return dict(wire.keywords(parsed.service, parsed.operation, parsed.params))


def _body(request: HttpRequest, received: wire.HttpRequest, signer: Signer) -> Body:
    """The bytes of an upload, checked against what was signed while they are read."""
    checksums = dict.fromkeys(wire.announced_checksums(received.headers), "")
    if wire.is_chunked(received.headers):
        signed = (signer.signature.payload_hash or "").startswith("STREAMING-AWS4")
        chunk_signer = wire.chunk_signer(signer.signature, signer.secret) if signed else None
        pieces = wire.decode_chunks(request, received.headers, signer=chunk_signer, verified=checksums)
    else:
        pieces = wire.checked(_hashed(request, signer), wire.named_checksums(received.headers), checksums)
    return Pieces(pieces, checksums)


def _hashed(request: HttpRequest, signer: Signer) -> Iterator[bytes]:
    digest = hashlib.sha256()
    while piece := request.read(64 * 1024):
        digest.update(piece)
        yield piece
    wire.check_payload(signer.signature, digest.hexdigest())


def _response(parsed: wire.Parsed, result: dict[str, Any], request_id: str) -> HttpResponseBase:
    made = wire.serialize(parsed.service, parsed.operation, result, request_id=request_id, protocol=parsed.protocol)
    if not made.streaming:
        return _whole(made)
    body = Span(result[made.streaming], result["ContentLength"])
    return _with_headers(StreamingHttpResponse(body, status=made.status), {**made.headers, **OBJECT_HEADERS})


def _error(
    asked: Asked, code: str, message: str, status: int, request_id: str, extra: dict[str, str], type_: str = "Sender"
) -> HttpResponse:
    answer = _whole(
        wire.serialize_error(
            asked.form,
            code=code,
            message=message,
            status=status,
            request_id=request_id,
            extra=extra,
            type_=type_,
            protocol=asked.protocol,
        )
    )
    # Of the answers above 500, a 501 is no fault of ours that somebody must be told of.
    answer._has_been_logged = status == 501  # type: ignore[attr-defined]  # Django's own mark for its log
    return answer


def _whole(made: wire.HttpResponse) -> HttpResponse:
    body = made.body or b""
    # With its length said, the client keeps the connection for its next call.
    return _with_headers(HttpResponse(body, status=made.status), {"Content-Length": str(len(body)), **made.headers})


AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def _with_headers(response: AnyResponse, headers: Mapping[str, str]) -> AnyResponse:
    del response.headers["Content-Type"]  # Django's guess
    for name, value in headers.items():
        response.headers[name] = value
    return response
