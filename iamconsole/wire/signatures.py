"""A request's signature, whichever version it is: found here, checked here."""

from __future__ import annotations

from datetime import datetime

from iamconsole.wire import sigv2, sigv4
from iamconsole.wire.request import HttpRequest
from iamconsole.wire.sigv4 import Signature


def find_signature(request: HttpRequest) -> Signature | None:
    """The request's signature, from its Authorization header or its presigned query; None when it has neither.

    Raises MalformedSignature with the code that the service addressed would
    use: IncompleteSignature, for S3 AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError, InvalidRequest or InvalidArgument.
    """
    return sigv2.find(request) if sigv2.is_presigned(request) else sigv4.find(request)


def verify(
    signature: Signature,
    request: HttpRequest,
    secret: str,
    *,
    now: datetime,
    payload_sha256: str | None = None,
    bucket: str | None = None,
) -> None:
    """Return when `signature` is right for `request` and was made with `secret`; raise SignatureProblem otherwise.

    `now` is aware. `payload_sha256` is the hex hash of a body that the caller
    has already read elsewhere; `bucket` the one that a virtual host names.
    Where the request is `streamed` and no hash is given, only what the
    request says of its body is verified: call `check_payload` (or decode the
    chunks) once it is read. A streamed body without a hash is possible with
    S3 only; elsewhere it counts as empty and so does not match.
    """
    if signature.version == 2:
        sigv2.verify(signature, request, secret, now=now, bucket=bucket)
    else:
        sigv4.verify(signature, request, secret, now=now, payload_sha256=payload_sha256)
