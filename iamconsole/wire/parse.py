"""From a request to the operation it calls and the parameters it passes. Mirror of `serialize`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from iamconsole.wire import models, parse_json, parse_query, parse_rest, services
from iamconsole.wire.problems import UnknownOperation, WireError
from iamconsole.wire.request import HttpRequest, Parsed


def parse(service: str, request: HttpRequest, *, bucket: str | None = None) -> Parsed:
    """The call that `request` makes of `service` (botocore's name: "iam", "s3") or of one that signs as it does.

    `bucket` is the one that a virtual host names; the path is then the key.
    Raises UnknownService, UnknownOperation, MalformedInput, or WireError
    (NotImplemented) for what this room does not read: another protocol, and
    operations that send or answer an event stream.
    """
    first, *others = services.signed_alike(service)
    try:
        return _parse(first, request, bucket if first == "s3" else None)
    except WireError as problem:
        if not isinstance(problem, UnknownOperation) and problem.code != parse_query.NO_ACTION:
            raise
        for other in others:
            with suppress(WireError):
                return _parse(other, request, None)
        raise


def _parse(service: str, request: HttpRequest, bucket: str | None) -> Parsed:
    protocol = protocol_for(service, request)
    if protocol == "json":
        parsed = parse_json.parse(service, request)
    elif protocol in ("query", "ec2"):
        parsed = parse_query.parse(service, request)
    elif protocol in ("rest-xml", "rest-json"):
        parsed = parse_rest.parse(service, request, bucket)
    else:
        raise WireError("NotImplemented", f"The protocol {protocol} of {service} is not simulated here.", 501)
    return replace(parsed, protocol=protocol)


def protocol_for(service: str, request: HttpRequest) -> str:
    """The protocol of this request: the service's, or of several the one that the request looks like."""
    spoken = models.protocols_of(service)
    looks = services.protocol_by_looks(service, request)
    return looks if looks in spoken else models.protocol_of(service)
