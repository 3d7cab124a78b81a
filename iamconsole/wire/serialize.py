"""From an operation's result to the response that its protocol wants. Mirror of `parse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole.wire import models, serialize_query, serialize_rest
from iamconsole.wire.problems import WireError
from iamconsole.wire.request import HttpResponse


def serialize(service: str, operation: str, result: Mapping[str, Any], *, request_id: str) -> HttpResponse:
    """The response to a call that succeeded with `result`, a dict of AWS's members.

    Datetimes are aware. Members that the model lacks and None are left out;
    `[]` and `{}` are sent. Where the body is a stream, `streaming` names the
    member of `result` to send and `body` is None.
    """
    protocol = models.protocol_of(service)
    if protocol == "query":
        return serialize_query.serialize(service, operation, result, request_id)
    if protocol == "rest-xml":
        return serialize_rest.serialize(service, operation, result, request_id)
    raise WireError("NotImplemented", f"The service {service} is not simulated here.", 501)
