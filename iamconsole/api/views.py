"""The AWS endpoint: wire.parse → authenticate → gateway.call → wire.serialize."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from iamconsole import wire
from iamconsole.api.authentication import Signer, authenticate, signing_of
from iamconsole.api.bodies import Pieces, Span
from iamconsole.core.caller import Signing, wall_clock
from iamconsole.core.errors import AwsError, CallerGone
from iamconsole.core.operation import Body
from iamconsole.gateway import callers, door
from iamconsole.gateway.http import context_of
from iamconsole.s3.errors import S3Error, entity_too_large, no_such_bucket
from iamconsole.s3.storage import OBJECT_HEADERS


def endpoint(request: HttpRequest, *, bucket: str | None) -> HttpResponseBase:
    """Answer one request of the CLI, an SDK or a presigned link."""
    received = _received(request)
    # Until the signature says which service is meant: only S3's calls have a path or a bucket's host.
    service = "s3" if bucket or request.path_info != "/" else "query"
    request_id = str(uuid.uuid4())
    try:
        signature = wire.find_signature(received)
        service = wire.service_for(signature, received) or ("s3" if bucket or signature is None else "query")
        if service == "s3" and signature is None and not bucket:
            service = "sts"  # an unsigned call to the root: answered as the query services do
        response = _answer(request, received, service, signature, bucket, request_id)
    except (wire.WireError, AwsError) as error:
        response = _refusal(service, error, request.path, request_id)
    return _without_body(response) if request.method == "HEAD" else response


def public_object(request: HttpRequest, public_name: str) -> HttpResponseBase:
    """Answer `/s/<public name>/<bucket>/<key>`: a read without credentials, which the bucket's policy decides.

    A bucket of another sandbox, or of none, is one that does not exist.
    """
    received, request_id = _received(request), str(uuid.uuid4())
    received = replace(received, path=received.path.removeprefix(f"/s/{public_name}"))
    try:
        response = _read_without_credentials(request, received, public_name, request_id)
    except (wire.WireError, AwsError) as error:
        response = _refusal("s3", error, request.path, request_id)
    for name, value in OBJECT_HEADERS.items():
        response.headers.setdefault(name, value)
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
    return _response(parsed, door.call(caller, context, f"s3:{parsed.operation}", **params), request_id)


def _wants_code(request: HttpRequest) -> bool:
    """Whether a page of the console's own address would run the object: nothing that is stored here is its script."""
    return request.headers.get("Sec-Fetch-Dest", "") in ("script", "style", "worker", "serviceworker", "sharedworker")


def _refusal(service: str, error: wire.WireError | AwsError, path: str, request_id: str) -> HttpResponse:
    if isinstance(error, CallerGone):
        error = wire.authentication_error(service, wire.UNKNOWN_KEY)
    extra = dict(error.extra) if isinstance(error, AwsError) else {}
    if error.status == 304:
        return HttpResponse(status=304, headers=extra)
    if service == "s3" and isinstance(error, AwsError):
        extra.setdefault("Resource", path)
    return _error(service, error.code, error.message, error.status, request_id, extra)


def _without_body(response: HttpResponseBase) -> HttpResponseBase:
    """The headers of the answer, Content-Length too, and no body."""
    if isinstance(response, HttpResponse) and response.status_code != 304:
        length = response.headers["Content-Length"]
        response.content = b""
        response.headers["Content-Length"] = length
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to a fault of our own, in AWS's shape; Django has logged it."""
    service = "query"
    try:
        received = _received(request)
        service = wire.service_for(wire.find_signature(received), received) or service
    except wire.WireError:
        pass  # a request that cannot be read at all: the query shape will do
    code = "InternalError" if service == "s3" else "InternalFailure"
    message = "We encountered an internal error. Please try again."
    return _error(service, code, message, 500, str(uuid.uuid4()), {}, type_="Receiver")


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
    service: str,
    signature: wire.Signature | None,
    bucket: str | None,
    request_id: str,
) -> HttpResponseBase:
    streamed = service == "s3" and request.method == "PUT" and wire.parse(service, received, bucket=bucket).streaming
    if streamed:
        _refuse_too_large(received)
    else:
        received = _with_body(request, received)
    now = wall_clock()
    if signature is None:
        raise wire.authentication_error(service, wire.MISSING)
    signer = authenticate(service, signature, received, now, bucket)
    parsed = wire.parse(service, received, bucket=bucket)
    body = _body(request, received, signer) if parsed.streaming else None
    params = _keywords(parsed)
    operation = door.operation_named(f"{parsed.service}:{parsed.operation}")
    context = context_of(request, face="api", region=signature.region, signing=signing_of(signature, now))
    result = door.call(signer.caller, context, operation.name, body=body, **params)
    return _response(parsed, result, request_id)


def _refuse_too_large(received: wire.HttpRequest) -> None:
    """An upload that says itself that it is too large is refused before it is read."""
    length = received.headers.get("x-amz-decoded-content-length") or received.headers.get("content-length", "")
    if length.isdecimal() and int(length) > settings.IAMCONSOLE_MAX_OBJECT_BYTES:
        raise entity_too_large(int(length), settings.IAMCONSOLE_MAX_OBJECT_BYTES)


def _keywords(parsed: wire.Parsed) -> dict[str, Any]:
    return dict(wire.keywords(parsed.service, parsed.operation, parsed.params))


def _body(request: HttpRequest, received: wire.HttpRequest, signer: Signer) -> Body:
    """The bytes of an upload, checked against what was signed while they are read."""
    if wire.is_chunked(received.headers):
        signed = (signer.signature.payload_hash or "").startswith("STREAMING-AWS4")
        chunk_signer = wire.chunk_signer(signer.signature, signer.secret) if signed else None
        return Pieces(wire.decode_chunks(request, received.headers, signer=chunk_signer))
    return Pieces(wire.checked(_hashed(request, signer), wire.named_checksums(received.headers)))


def _hashed(request: HttpRequest, signer: Signer) -> Iterator[bytes]:
    digest = hashlib.sha256()
    while piece := request.read(64 * 1024):
        digest.update(piece)
        yield piece
    wire.check_payload(signer.signature, digest.hexdigest())


def _response(parsed: wire.Parsed, result: dict[str, Any], request_id: str) -> HttpResponseBase:
    made = wire.serialize(parsed.service, parsed.operation, result, request_id=request_id)
    if not made.streaming:
        return _whole(made)
    body = Span(result[made.streaming], result["ContentLength"])
    return _with_headers(StreamingHttpResponse(body, status=made.status), {**made.headers, **OBJECT_HEADERS})


def _error(
    service: str, code: str, message: str, status: int, request_id: str, extra: dict[str, str], type_: str = "Sender"
) -> HttpResponse:
    return _whole(
        wire.serialize_error(
            service, code=code, message=message, status=status, request_id=request_id, extra=extra, type_=type_
        )
    )


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
