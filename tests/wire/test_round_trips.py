"""Requests as botocore writes them are read right; responses as we write them are read right by botocore."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlencode

import pytest
from botocore.awsrequest import HeadersDict
from botocore.handlers import escape_xml_payload
from botocore.parsers import PROTOCOL_PARSERS
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole.wire import HttpRequest, WireError, parse, protocol_of, serialize
from tests.wire.shapes import MODELS, OPERATIONS, OTHER_OPERATIONS, arguments, full

slowly = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

# What no request can tell from another: the model keeps the old name of the same call.
SAME_CALL = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
}
# Their old model has two members of one element name, so that even botocore cannot read them.
AMBIGUOUS = {"GetBucketNotification", "PutBucketNotification"}


def speaks_in_streams(service, operation):
    model = MODELS[service].operation_model(operation)
    return model.has_event_stream_input or model.has_event_stream_output


STREAMS = [each for each in OPERATIONS + OTHER_OPERATIONS if speaks_in_streams(*each)]
READABLE = [each for each in OPERATIONS + OTHER_OPERATIONS if each[1] not in AMBIGUOUS and each not in STREAMS]


def written_by_botocore(service, operation, params):
    model = MODELS[service].operation_model(operation)
    wire = create_serializer(protocol_of(service), False).serialize_to_request(params, model)
    path, _, query = wire["url_path"].partition("?")
    more = percent_encode_sequence(wire["query_string"]) if wire["query_string"] else ""
    body = wire["body"]
    if isinstance(body, bytes) and protocol_of(service) == "rest-xml":
        escaped = {"body": body}
        escape_xml_payload(escaped)  # what the client does after its serializer, for line breaks
        body = escaped["body"]
    headers = {name.lower(): value for name, value in wire["headers"].items()}
    if isinstance(body, dict):
        body = urlencode(body).encode()
    return HttpRequest(wire["method"], path, "&".join(part for part in (query, more) if part), headers, body)


def read_by_botocore(service, operation, response):
    parser = PROTOCOL_PARSERS[protocol_of(service)]()
    seen = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    shape = MODELS[service].operation_model(operation).output_shape
    found = parser.parse(seen, shape)
    assert found.pop("ResponseMetadata")["RequestId"] == "the-request"
    return found


def without_streams(shape, params):
    return {
        name: value
        for name, value in params.items()
        if not (
            shape.members[name].serialization.get("streaming") or shape.members[name].serialization.get("eventstream")
        )
    }


def plain_policies(service, shape, value):
    """IAM answers with percent-encoded policy documents, which its clients decode later."""
    if shape.type_name == "structure":
        return {name: plain_policies(service, shape.members[name], item) for name, item in value.items()}
    if shape.type_name == "list":
        return [plain_policies(service, shape.member, item) for item in value]
    if service == "iam" and shape.name == "policyDocumentType":
        assert value == quote(unquote(value), safe="-_.~")
        return unquote(value)
    return value


def usable(shape, params, service):
    """`params` filled so that they can be sent: no line or non-ASCII character in a header, a name in a path."""
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if member.type_name == "string" and place in ("header", "uri") and not getattr(member, "enum", None):
            params[name] = "some-name" if name == "Bucket" else "a/b c"
        if place == "headers":
            params[name] = {"a-key": "a value"}
        if member.serialization.get("hostLabel"):
            params[name] = "route"
        if name == shape.serialization.get("payload") and member.type_name == "blob":
            params[name] = b"bytes"  # botocore's parser decodes such an answer
        if place in ("header", "querystring") and member.type_name == "list":
            params[name] = ["one", "two"]
    return without_streams(shape, params)


def requests_of(service):
    """Each operation that can be read, with every member filled."""
    for operation in [name for each, name in READABLE if each == service]:
        shape = MODELS[service].operation_model(operation).input_shape
        yield operation, {} if shape is None else usable(shape, full(shape), service)


@pytest.mark.parametrize("service", MODELS)
def test_every_operation_is_read_with_every_member_filled(service):
    wrong = {}
    for operation, params in requests_of(service):
        parsed = parse(service, written_by_botocore(service, operation, params))
        meant = SAME_CALL.get(operation, operation)
        if parsed.operation != meant or (operation == meant and parsed.params != params):
            wrong[operation] = parsed
    assert not wrong


@pytest.mark.parametrize("service", MODELS)
def test_every_result_is_written_with_every_member_filled(service):
    wrong = {}
    for operation in [name for each, name in READABLE if each == service and name != "GetBucketLocation"]:
        shape = MODELS[service].operation_model(operation).output_shape
        result = {} if shape is None else usable(shape, full(shape), service)
        response = serialize(service, operation, result, request_id="the-request")
        if response.streaming:
            continue
        found = read_by_botocore(service, operation, response)
        payload = shape is not None and shape.serialization.get("payload")
        if payload and shape.members[payload].type_name == "blob":
            found[payload] = found[payload].encode()  # botocore decodes it; it has no way to say otherwise
        if shape is not None and service == "iam":
            found = plain_policies(service, shape, found)
        if found != result:
            wrong[operation] = found
    assert not wrong


@pytest.mark.parametrize(("service", "operation"), STREAMS)
def test_an_operation_of_event_streams_is_refused_clearly(service, operation):
    shape = MODELS[service].operation_model(operation).input_shape
    params = without_streams(shape, usable(shape, full(shape), service))
    with pytest.raises(WireError, match=f"The operation {operation} of {service} is not simulated here") as caught:
        parse(service, written_by_botocore(service, operation, params))
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)


@slowly
@given(st.data())
def test_any_request_comes_back_as_it_was_meant(data):
    service, operation = data.draw(st.sampled_from([each for each in READABLE if each[1] not in SAME_CALL]))
    shape = MODELS[service].operation_model(operation).input_shape
    params = {} if shape is None else data.draw(arguments(shape))
    parsed = parse(service, written_by_botocore(service, operation, params))
    # An absent payload is sent as an empty one.
    found = {name: value for name, value in parsed.params.items() if value not in ({}, b"") or name in params}
    assert (parsed.service, parsed.operation, found) == (service, operation, params)


@slowly
@given(st.data())
def test_any_result_comes_back_as_it_was_given(data):
    service, operation = data.draw(st.sampled_from([each for each in READABLE if each[1] != "GetBucketLocation"]))
    shape = MODELS[service].operation_model(operation).output_shape
    result = {} if shape is None else data.draw(arguments(shape))
    response = serialize(service, operation, result, request_id="the-request")
    if response.streaming is None:
        found = read_by_botocore(service, operation, response)
        # botocore shows an absent x-amz-meta-* as {} and an absent payload as an empty one.
        found = {name: value for name, value in found.items() if value or name in result}
        assert (plain_policies(service, shape, found) if service == "iam" and shape else found) == result
