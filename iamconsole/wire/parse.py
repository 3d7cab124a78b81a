"""From a request to the operation it calls and the parameters it passes. Mirror of `serialize`."""

from __future__ import annotations

from iamconsole.wire import models, parse_query, parse_rest
from iamconsole.wire.problems import WireError
from iamconsole.wire.request import HttpRequest, Parsed


def parse(service: str, request: HttpRequest, *, bucket: str | None = None) -> Parsed:
    """The call that `request` makes of `service` (botocore's name: "iam", "s3").

    `bucket` is the one that a virtual host names; the path is then the key.
    Raises UnknownService, UnknownOperation, MalformedInput, or WireError
    (NotImplemented) for a service whose protocol this room does not read.
    """
    protocol = models.protocol_of(service)
    if protocol == "query":
        return parse_query.parse(service, request)
    if protocol == "rest-xml":
        return parse_rest.parse(service, request, bucket)
    raise WireError("NotImplemented", f"The service {service} is not simulated here.", 501)
