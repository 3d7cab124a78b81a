"""The json protocol's answers: one JSON object. Mirror of `parse_json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamconsole.wire import json_values, models
from iamconsole.wire.request import HttpResponse


def content_type(service: str) -> str:
    return f"application/x-amz-json-{models.service_model(service).metadata.get('jsonVersion', '1.0')}"


def serialize(service: str, operation: str, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """`result` as a JSON object; an empty body where the operation has no result, as AWS answers."""
    shape = models.operation_model(service, operation).output_shape
    headers = {"x-amzn-requestid": request_id, "content-type": content_type(service)}
    body = b"" if shape is None else json_values.dump(json_values.members(shape.members, result))
    return HttpResponse(200, headers, body)
