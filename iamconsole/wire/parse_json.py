"""The json protocol's requests: the operation in X-Amz-Target, the parameters as one JSON object.

smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and -1_1-. Mirror of `serialize_json`.
"""

from __future__ import annotations

from iamconsole.wire import json_values, models
from iamconsole.wire.request import HttpRequest, Parsed


def parse(service: str, request: HttpRequest) -> Parsed:
    """The call that a JSON request makes.

    A target's prefix is compared from its last dot on: SDKs of different age write
    `CloudTrail_20131101` and `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101`.
    """
    model = models.service_model(service)
    prefix, _, action = request.headers.get("x-amz-target", "").rpartition(".")
    known = str(model.metadata.get("targetPrefix", ""))
    if action not in model.operation_names or prefix.rpartition(".")[2] != known.rpartition(".")[2]:
        raise models.no_such_operation(service, action)
    shape = models.readable_operation(service, action).input_shape
    if shape is None or not request.body.strip():
        return Parsed(service, action, {})
    return Parsed(service, action, json_values.structure(shape.members, json_values.load(request.body)))
