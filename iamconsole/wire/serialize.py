"""From an operation's result to the response that its protocol wants. Mirror of `parse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole.wire import models, serialize_json, serialize_query, serialize_rest
from iamconsole.wire.problems import WireError
from iamconsole.wire.request import HttpResponse

WRITERS = {
    "query": serialize_query.serialize,
    "ec2": serialize_query.serialize_ec2,
    "json": serialize_json.serialize,
    "rest-json": serialize_rest.serialize,
    "rest-xml": serialize_rest.serialize,
}


def serialize(
    service: str, operation: str, result: Mapping[str, Any], *, request_id: str, protocol: str = ""
) -> HttpResponse:
    """The response to a call that succeeded with `result`, a dict of AWS's members.

    Datetimes are aware. Members that the model lacks and None are left out;
    `[]` and `{}` are sent. Where the body is a stream, `streaming` names the
    member of `result` to send and `body` is None. `protocol` is the one of
    the request (`Parsed.protocol`) where the service has several.
    """
    protocol = protocol or models.protocol_of(service)
    writer = WRITERS.get(protocol)
    if writer is None:
        raise WireError("NotImplemented", f"The protocol {protocol} of {service} is not simulated here.", 501)
    return writer(service, operation, result, request_id)
