"""Who signed a request (limits.md §10)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from iamconsole import wire
from iamconsole.core.caller import Caller, Signing
from iamconsole.gateway import callers


@dataclass(frozen=True, slots=True)
class Signer:
    caller: Caller
    signature: wire.Signature
    secret: str


def authenticate(
    service: str,
    protocol: str,
    signature: wire.Signature,
    request: wire.HttpRequest,
    now: dt.datetime,
    bucket: str | None,
) -> Signer:
    """The caller whose secret made the signature; raises WireError with the service's own code and words.

    An unknown, an inactive and a deleted key look the same. A session token must belong to its key.
    """
    found = callers.credential(signature.access_key_id)
    if found is None or not found.active or found.restricted:
        raise wire.authentication_error(service, wire.UNKNOWN_KEY, protocol)
    token = signature.session_token or ""
    if bool(found.token_sha256) != bool(token):
        raise wire.authentication_error(service, wire.BAD_TOKEN, protocol)
    if token and not hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), found.token_sha256):
        raise wire.authentication_error(service, wire.BAD_TOKEN, protocol)
    try:
        wire.verify(signature, request, found.secret, now=now, bucket=bucket)
    except wire.SignatureProblem as problem:
        raise wire.worded(service, problem, protocol) from problem
    if found.expires is not None and found.expires <= now:
        raise wire.authentication_error(service, wire.EXPIRED_TOKEN)
    return Signer(found.caller, signature, found.secret)


def signing_of(signature: wire.Signature, now: dt.datetime) -> Signing:
    """How a request was signed, for the condition keys of S3 that ask for it.

    `s3:signatureAge` "works only for presigned URLs"; "in Signature Version 2, this value is always set to 0".
    """
    age = None
    if signature.presigned:
        since = now - signature.timestamp
        age = 0 if signature.version == 2 else max(0, since // dt.timedelta(milliseconds=1))
    return Signing(
        kind="REST-QUERY-STRING" if signature.presigned else "REST-HEADER",
        version="AWS" if signature.version == 2 else "AWS4-HMAC-SHA256",
        age=age,
        payload=signature.payload_hash,
    )
