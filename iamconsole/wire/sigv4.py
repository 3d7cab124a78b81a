"""AWS Signature Version 4: read a request's signature and check it.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
for S3 docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
(header, query and streaming pages). SigV4A is refused as unsupported.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from iamconsole.wire import models
from iamconsole.wire.problems import MalformedInput, MalformedSignature, SignatureProblem
from iamconsole.wire.request import HttpRequest, raw_pairs, text_pairs, unquoted
from iamconsole.wire.times import from_http_date

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
# Some services allow less between their clock and the client's (measured; no page of AWS's documentation says it).
SMALL_SKEW = timedelta(minutes=5)
SMALL_SKEW_SERVICES = frozenset({"monitoring", "kms", "lambda", "route53"})
LONGEST_PRESIGNED = 604_800  # seconds: seven days
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
PAYLOAD_MARKS = (UNSIGNED, UNSIGNED_TRAILER, STREAMING, STREAMING_TRAILER)

# The kinds of SignatureProblem.
MISMATCH = "mismatch"
SKEWED = "skewed"
EXPIRED = "expired"
NOT_YET_VALID = "not_yet_valid"
EXPIRES_TOO_LONG = "expires_too_long"
PAYLOAD_MISMATCH = "payload_mismatch"
HEADERS_NOT_SIGNED = "headers_not_signed"
WRONG_REGION = "wrong_region"

MISMATCH_MESSAGE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
S3_MISMATCH_MESSAGE = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)

_TIME = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUERY_FIELDS = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as the request states it; nothing in it is proven until `verify`.

    `date` is the scope's YYYYMMDD, `timestamp` the signing time (UTC),
    `expires` seconds for a presigned URL and None else. `payload_hash` is
    what an S3 request says of its body, and None for other services, where
    the body's own hash is signed. A Signature Version 2 (`version` 2, see
    `sigv2`) states neither date nor Region, and its `timestamp` is its end.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: datetime
    expires: int | None
    presigned: bool
    session_token: str | None
    payload_hash: str | None
    version: int = 4

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def amz_date(self) -> str:
        return self.timestamp.strftime("%Y%m%dT%H%M%SZ")


def find(request: HttpRequest) -> Signature | None:
    """The request's version 4 signature, or None; see `signatures.find_signature`."""
    header = request.headers.get("authorization", "").strip()
    presigned = "X-Amz-Algorithm=" in request.query or "X-Amz-Signature=" in request.query
    if header:
        if presigned:
            raise MalformedSignature(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified",
            )
        return _from_header(request, header)
    return _from_query(request) if presigned else None


def _from_header(request: HttpRequest, header: str) -> Signature:
    algorithm, _, rest = header.partition(" ")
    looks_like_s3 = "x-amz-content-sha256" in request.headers or "/s3/aws4_request" in header
    if algorithm != ALGORITHM:
        if looks_like_s3 or algorithm == "AWS":
            raise MalformedSignature(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            )
        raise MalformedSignature("IncompleteSignature", f"Unsupported AWS 'algorithm': '{_shown(algorithm)}'.")
    fields: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals and not looks_like_s3:
            raise MalformedSignature(
                "IncompleteSignature",
                f"'{_shown(name)}' not a valid key=value pair (missing equal-sign) in Authorization header.",
            )
        fields[name] = value
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not fields.get(name)]
    date = request.headers.get("x-amz-date") or request.headers.get("date")
    if looks_like_s3 and missing:
        raise MalformedSignature(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the authorization header requires three components: "
            "Credential, SignedHeaders, and Signature.",
        )
    complaints = [f"Authorization header requires '{name}' parameter." for name in missing]
    if date is None and not looks_like_s3:
        complaints.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if complaints:
        raise MalformedSignature("IncompleteSignature", " ".join(complaints))
    access_key_id, scope_date, region, service = _credential(
        fields["Credential"], "AuthorizationHeaderMalformed" if looks_like_s3 else "IncompleteSignature"
    )
    timestamp = _timestamp(date or "")
    if timestamp is None:
        if service == "s3":
            raise MalformedSignature(
                "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403
            )
        raise MalformedSignature(
            "IncompleteSignature",
            "Date must be in ISO-8601 'basic format'. "
            f"Got '{_shown(date or '')}'. See http://en.wikipedia.org/wiki/ISO_8601",
        )
    payload_hash = None
    if service == "s3":
        payload_hash = request.headers.get("x-amz-content-sha256")
        if payload_hash is None:
            raise MalformedSignature("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        _check_payload_mark(payload_hash)
    return Signature(
        access_key_id=access_key_id,
        date=scope_date,
        region=region,
        service=service,
        signed_headers=_header_names(fields["SignedHeaders"]),
        signature=fields["Signature"],
        timestamp=timestamp,
        expires=None,
        presigned=False,
        session_token=request.headers.get("x-amz-security-token"),
        payload_hash=payload_hash,
    )


def _from_query(request: HttpRequest) -> Signature:
    try:
        query = dict(reversed(text_pairs(request.query)))
    except MalformedInput as problem:
        raise MalformedSignature("AuthorizationQueryParametersError", problem.message) from None
    s3 = query.get("X-Amz-Credential", "").split("/")[-2:] == ["s3", "aws4_request"]
    code = "AuthorizationQueryParametersError" if s3 else "IncompleteSignature"
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise MalformedSignature(code, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    if any(not query.get(name) for name in _QUERY_FIELDS if s3 or name != "X-Amz-Expires"):
        raise MalformedSignature(
            code,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    access_key_id, date, region, service = _credential(query["X-Amz-Credential"], code)
    timestamp = _timestamp(query["X-Amz-Date"]) if _TIME.fullmatch(query["X-Amz-Date"]) else None
    if timestamp is None:
        raise MalformedSignature(code, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    expires = query.get("X-Amz-Expires", "900")
    if not (expires.isascii() and expires.lstrip("-").isdigit() and len(expires) < 12):
        raise MalformedSignature(code, "X-Amz-Expires should be a number")
    if int(expires) < 0:
        raise MalformedSignature(code, "X-Amz-Expires must be non-negative")
    payload_hash = None
    if service == "s3":
        payload_hash = query.get("X-Amz-Content-Sha256") or request.headers.get("x-amz-content-sha256") or UNSIGNED
        _check_payload_mark(payload_hash)
    return Signature(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        signed_headers=_header_names(query["X-Amz-SignedHeaders"]),
        signature=query["X-Amz-Signature"],
        timestamp=timestamp,
        expires=int(expires),
        presigned=True,
        session_token=query.get("X-Amz-Security-Token") or request.headers.get("x-amz-security-token"),
        payload_hash=payload_hash,
    )


def _credential(text: str, code: str) -> tuple[str, str, str, str]:
    parts = text.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        message = (
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{_shown(text)}'"
        )
        if code != "IncompleteSignature":
            subject = "Error parsing the X-Amz-Credential parameter"
            if code == "AuthorizationHeaderMalformed":
                subject = "The authorization header is malformed"
            expected = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"'
            message = f"{subject}; the Credential is mal-formed; expecting {expected}."
        raise MalformedSignature(code, message)
    return parts[0], parts[1], parts[2], parts[3]


def _header_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in text.split(";"))


def _timestamp(text: str) -> datetime | None:
    if _TIME.fullmatch(text):
        try:
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return None
    return from_http_date(text)


def _check_payload_mark(value: str) -> None:
    if value not in PAYLOAD_MARKS and not _SHA256.fullmatch(value):
        raise MalformedSignature(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        )


def _shown(text: str) -> str:
    """At most a line of what the client sent, for a message."""
    return text if len(text) <= 200 else text[:200] + "…"


# --- checking ---------------------------------------------------------------------------------------------------------


def verify(
    signature: Signature, request: HttpRequest, secret: str, *, now: datetime, payload_sha256: str | None = None
) -> None:
    """Raise SignatureProblem unless the signature holds; see `signatures.verify`."""
    s3 = signature.service == "s3"
    _check_region(signature, s3)
    _check_time(signature, now, s3)
    _check_signed_headers(signature, request, s3)
    if payload_sha256 is None and not (s3 and request.streamed):
        payload_sha256 = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    wanted = sign(signature, canonical_request(signature, request, payload_sha256 or EMPTY_SHA256), secret)
    if not hmac.compare_digest(wanted.encode(), signature.signature.encode("utf-8", "surrogateescape")):
        raise _mismatch(s3)
    if payload_sha256 is not None:
        check_payload(signature, payload_sha256)


def check_payload(signature: Signature, payload_sha256: str) -> None:
    """Raise SignatureProblem unless the received body (its hex hash) is the one that an S3 request announced."""
    announced = signature.payload_hash
    if announced is not None and announced not in PAYLOAD_MARKS and announced != payload_sha256:
        raise SignatureProblem(
            PAYLOAD_MISMATCH,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        )


def _mismatch(s3: bool, message: str | None = None) -> SignatureProblem:
    return SignatureProblem(
        MISMATCH, "SignatureDoesNotMatch", message or (S3_MISMATCH_MESSAGE if s3 else MISMATCH_MESSAGE)
    )


def _check_region(signature: Signature, s3: bool) -> None:
    """Refuse a scope whose Region there is not.

    AWS's IAM has one endpoint and takes us-east-1 alone, which its SDKs know; told of another endpoint by
    AWS_ENDPOINT_URL, they sign with the Region of their settings. Every Region of AWS is good here therefore.
    """
    if signature.region in models.regions():
        return
    if s3:
        raise SignatureProblem(
            WRONG_REGION,
            "AuthorizationQueryParametersError" if signature.presigned else "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{_shown(signature.region)}' is wrong; "
            "expecting 'us-east-1'",
            400,
        )
    raise SignatureProblem(
        WRONG_REGION,
        "SignatureDoesNotMatch",
        f"Credential should be scoped to a valid region, not '{_shown(signature.region)}'. ",
    )


def _check_time(signature: Signature, now: datetime, s3: bool) -> None:
    age, stamp = now - signature.timestamp, signature.amz_date
    skew = SMALL_SKEW if signature.service in SMALL_SKEW_SERVICES else SKEW
    minutes = int(skew.total_seconds()) // 60
    present = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    if signature.date != stamp[:8]:
        raise _mismatch(
            s3,
            None
            if s3
            else "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{_shown(signature.date)}' != '{stamp[:8]}', from '{stamp}'.",
        )
    if signature.expires is not None:
        if signature.expires > LONGEST_PRESIGNED:
            raise SignatureProblem(
                EXPIRES_TOO_LONG,
                "AuthorizationQueryParametersError" if s3 else "SignatureDoesNotMatch",
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
                "less than 604800 seconds",
                400 if s3 else 403,
            )
        if age < -skew:
            message = f"Signature not yet current: {stamp} is still later than {present}"
            message = "Request is not yet valid" if s3 else message
            raise SignatureProblem(NOT_YET_VALID, "AccessDenied" if s3 else "SignatureDoesNotMatch", message)
        if age > timedelta(seconds=signature.expires):
            message = "Request has expired" if s3 else f"Signature expired: {stamp} is now earlier than {present}"
            raise SignatureProblem(EXPIRED, "AccessDenied" if s3 else "SignatureDoesNotMatch", message)
        return
    if abs(age) <= skew:
        return
    if s3:
        raise SignatureProblem(
            SKEWED,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
    if age > skew:
        edge = (now.astimezone(UTC) - skew).strftime("%Y%m%dT%H%M%SZ")
        message = f"Signature expired: {stamp} is now earlier than {edge} ({present} - {minutes} min.)"
    else:
        edge = (now.astimezone(UTC) + skew).strftime("%Y%m%dT%H%M%SZ")
        message = f"Signature not yet current: {stamp} is still later than {edge} ({present} + {minutes} min.)"
    raise SignatureProblem(SKEWED, "SignatureDoesNotMatch", message)


def _check_signed_headers(signature: Signature, request: HttpRequest, s3: bool) -> None:
    """Refuse a request whose host is not signed, and for S3 one with an x-amz-* header that is not."""
    if "host" not in signature.signed_headers:
        raise _mismatch(
            s3, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization." if not s3 else None
        )
    if s3:
        unsigned = [
            name
            for name in request.headers
            if name.startswith("x-amz-") and name not in signature.signed_headers and name != "x-amz-content-sha256"
        ]
        if unsigned:
            raise SignatureProblem(
                HEADERS_NOT_SIGNED,
                "AccessDenied",
                "There were headers present in the request which were not signed",
            )


def canonical_request(signature: Signature, request: HttpRequest, payload_sha256: str) -> bytes:
    """The canonical request whose hash is signed (step 1 of the signing page)."""
    payload = signature.payload_hash or payload_sha256
    path = s3_path(request.path) if signature.service == "s3" else other_path(request.path)
    lines = [request.method, path, canonical_query(request.query, signature.presigned)]
    for name in signature.signed_headers:
        lines.append(f"{name}:{' '.join(request.headers.get(name, '').split())}")
    lines += ["", ";".join(signature.signed_headers), payload]
    text = "\n".join(lines)
    try:
        return text.encode("latin-1")  # WSGI header text: this gives back the very bytes that were sent
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def canonical_query(query: str, presigned: bool) -> str:
    """Every pair decoded, encoded again and sorted by name, then by value; a presigned signature is left out.

    Pairs are sorted as pairs, not as `name=value` text: `select=` comes
    before `select-type=2` although `-` sorts before `=`.
    """
    pairs = [
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in raw_pairs(query)
        if not (presigned and name == b"X-Amz-Signature")
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def s3_path(path: str) -> str:
    """S3 signs the path as it is, each byte percent-encoded once and nothing normalised; `%2F` stays itself."""
    return "/".join(quote(unquoted(segment), safe="-_.~") for segment in path.split("/")) or "/"


def other_path(path: str) -> str:
    """Every other service signs the path without empty and dot segments, and encoded a second time."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    normal = "/" + "/".join(kept)
    if kept and path.endswith("/"):
        normal += "/"
    return quote(normal, safe="/-_.~")


def sign(signature: Signature, canonical: bytes, secret: str) -> str:
    """The hex signature of a canonical request under `secret` (steps 2 to 4 of the signing page)."""
    text = f"{ALGORITHM}\n{signature.amz_date}\n{signature.scope}\n{hashlib.sha256(canonical).hexdigest()}"
    key = signing_key(secret, signature.date, signature.region, signature.service)
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived from a secret for one day, Region and service; four of the five hashes of a verification."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode("utf-8", "replace"), hashlib.sha256).digest()
    return key


# --- signed chunks ----------------------------------------------------------------------------------------------------


def chunk_signer(signature: Signature, secret: str) -> Callable[[Sequence[bytes], bool], str]:
    """A function that signs the chunks of one streamed upload, in order: `(parts, trailer) -> hex signature`.

    Each signature covers the one before, starting with the request's own, so
    chunks can be neither dropped nor swapped
    (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and -trailers.html).
    """
    key = signing_key(secret, signature.date, signature.region, signature.service)
    previous = signature.signature

    def signed(parts: Sequence[bytes], trailer: bool) -> str:
        nonlocal previous
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        lines = [
            "AWS4-HMAC-SHA256-TRAILER" if trailer else "AWS4-HMAC-SHA256-PAYLOAD",
            signature.amz_date,
            signature.scope,
            previous,
        ]
        if not trailer:
            lines.append(EMPTY_SHA256)
        lines.append(digest.hexdigest())
        previous = hmac.new(key, "\n".join(lines).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return previous

    return signed
