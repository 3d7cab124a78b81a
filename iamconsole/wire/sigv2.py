"""Signature Version 2 in a presigned S3 URL: what `aws s3 presign` and boto3 still make for most endpoints.

docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html, "Query string
request authentication alternative". Its header form, and version 2 of other
services, have no user left and are refused as unsupported.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from iamconsole.wire.problems import MalformedInput, MalformedSignature, SignatureProblem
from iamconsole.wire.request import HttpRequest, text_pairs
from iamconsole.wire.sigv4 import EXPIRED, MISMATCH, S3_MISMATCH_MESSAGE, Signature

# The query parameters that are part of what is signed; all others are not.
# fmt: off
SUBRESOURCES = frozenset((
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
    "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type",
    "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
))
# fmt: on


def is_presigned(request: HttpRequest) -> bool:
    """Whether the query names an access key in version 2's way."""
    return "AWSAccessKeyId=" in request.query and "X-Amz-Algorithm=" not in request.query


def find(request: HttpRequest) -> Signature:
    """The signature that the query holds; raises MalformedSignature where a part is missing or no number."""
    try:
        query = dict(reversed(text_pairs(request.query)))
    except MalformedInput as problem:
        raise MalformedSignature("AccessDenied", problem.message, 403) from None
    if "SignatureVersion" in query or "authorization" in request.headers:
        raise MalformedSignature(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        )
    if not all(query.get(name) for name in ("AWSAccessKeyId", "Signature", "Expires")):
        raise MalformedSignature(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            403,
        )
    expires = query["Expires"]
    if not (expires.isascii() and expires.isdecimal() and len(expires) < 12):
        raise MalformedSignature("AccessDenied", "Invalid date (should be seconds since epoch)", 403)
    return Signature(
        access_key_id=query["AWSAccessKeyId"],
        date="",
        region="us-east-1",  # none is named; what is not tied to a Region is there
        service="s3",
        signed_headers=(),
        signature=query["Signature"],
        timestamp=datetime.fromtimestamp(int(expires), UTC),
        expires=0,
        presigned=True,
        session_token=query.get("x-amz-security-token") or request.headers.get("x-amz-security-token"),
        payload_hash="UNSIGNED-PAYLOAD",
        version=2,
    )


def verify(signature: Signature, request: HttpRequest, secret: str, *, now: datetime, bucket: str | None) -> None:
    """Return when the URL is right and still good; raise SignatureProblem otherwise."""
    if now > signature.timestamp:
        raise SignatureProblem(EXPIRED, "AccessDenied", "Request has expired")
    text = string_to_sign(signature, request, bucket)
    digest = hmac.new(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(digest), signature.signature.encode("utf-8", "replace")):
        raise SignatureProblem(MISMATCH, "SignatureDoesNotMatch", S3_MISMATCH_MESSAGE)


def string_to_sign(signature: Signature, request: HttpRequest, bucket: str | None) -> str:
    """Method, Content-MD5, Content-Type, end, x-amz-* headers (also those in the query), path with sub-resources."""
    pairs = text_pairs(request.query)
    amz = {name.lower(): value for name, value in pairs if name.lower().startswith("x-amz-")}
    amz |= {name: value.strip() for name, value in request.headers.items() if name.startswith("x-amz-")}
    lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        str(int(signature.timestamp.timestamp())),
        *(f"{name}:{amz[name]}" for name in sorted(amz)),
    ]
    named = {piece.partition("=")[0] for piece in request.query.split("&") if "=" in piece}
    parts = sorted(
        (f"{name}={value}" if name in named else name for name, value in pairs if name in SUBRESOURCES),
        key=lambda part: part.partition("=")[0],
    )
    path = request.path if bucket is None else f"/{bucket}{request.path}"
    return "\n".join(lines) + "\n" + path + ("?" + "&".join(parts) if parts else "")
