"""Rare forms that no client of ours sends today, and values at the edge of what Python can hold."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.wire import HttpRequest, MalformedInput, WireError, parse, record_of, scalars, validate
from iamconsole.wire.request import unquoted
from tests.wire.shapes import MODELS
from tests.wire.test_sigv4 import SECRET, signed

FORM = {"content-type": "application/x-www-form-urlencoded"}
NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["00010101T000000Z", "99991231T235959Z", "20261301T000000Z", "00000000T000000Z"])
@pytest.mark.parametrize("presigned", [True, False])
def test_a_time_at_the_end_of_time_is_refused_and_no_more(stamp, presigned):
    request = signed("s3", presigned=presigned)
    old = wire.find_signature(request).amz_date
    request = replace(
        request,
        query=request.query.replace(old, stamp).replace(old[:8], stamp[:8]),
        headers={
            name: value.replace(old, stamp).replace(old[:8], stamp[:8]) for name, value in request.headers.items()
        },
    )
    with pytest.raises(WireError):
        wire.verify(wire.find_signature(request), request, SECRET, now=NOW)


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_any_signature_is_checked_without_surprise(path, query, header, signed_header):
    request = HttpRequest("GET", "/" + path, query, {"host": header, "x-amz-date": "20261124T010203Z", "x-amz-a": "b"})
    for service in ("s3", "iam"):
        signature = wire.Signature(
            "A", "20261124", path, service, ("host", signed_header), header, NOW, None, False, None, None
        )
        with pytest.raises(WireError):
            wire.verify(signature, request, "secret", now=NOW)


def test_text_beyond_latin1_is_taken_as_utf8():
    assert unquoted("a%20漢") == "a 漢".encode()


@pytest.mark.parametrize(
    "text",
    [
        "Attributes.entry.1.key=a",
        "Attributes=1",
        "Attributes.entry.1=1",
    ],
)
def test_a_map_without_keys_or_values_is_malformed(text):
    body = f"Action=CreateTopic&Version=2010-03-31&Name=n&{text}".encode()
    with pytest.raises(MalformedInput):
        parse("sns", HttpRequest("POST", "/", "", FORM, body))


def test_a_blob_that_is_no_base64_is_malformed():
    body = (
        b"Action=Publish&Version=2010-03-31&Message=m&MessageAttributes.entry.1.Name=n"
        b"&MessageAttributes.entry.1.Value.DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue="
    )
    attributes = parse("sns", HttpRequest("POST", "/", "", FORM, body + b"AAE%3D")).params["MessageAttributes"]
    assert attributes == {"n": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    with pytest.raises(MalformedInput):
        parse("sns", HttpRequest("POST", "/", "", FORM, body + b"!"))


def test_a_list_counts_by_member_even_where_the_model_has_a_name_of_its_own():
    body = b"Action=AddTags&Version=2015-12-01&ResourceArns.member.1=a&Tags.member.1.Key=k"
    params = parse("elbv2", HttpRequest("POST", "/", "", FORM, body)).params
    assert params == {"ResourceArns": ["a"], "Tags": [{"Key": "k"}]}


@pytest.mark.parametrize(
    ("value", "text"),
    [(float("inf"), "Infinity"), (float("-inf"), "-Infinity"), (float("nan"), "NaN"), (0.5, "0.5")],
)
def test_floats_are_written_as_xml_schema_has_them(value, text):
    usage = MODELS["elbv2"].shape_for("CapacityUnitsDouble")
    assert scalars.write(usage, value, "iso8601") == text


def test_a_time_can_be_seconds_since_1970():
    shape = SimpleNamespace(type_name="timestamp", serialization={"timestampFormat": "unixTimestamp"})
    assert scalars.write(shape, NOW, "iso8601") == "1795482123"


def test_a_parameter_that_is_no_utf8_is_refused_in_a_policy_body():
    with pytest.raises(MalformedInput):
        parse("s3", HttpRequest("PUT", "/b", "policy", {}, b"\xff"))


def test_a_number_in_xml_that_is_none_is_malformed():
    body = b"<Delete><Object><Key>k</Key><Size>many</Size></Object></Delete>"
    with pytest.raises(MalformedInput) as caught:
        parse("s3", HttpRequest("POST", "/b", "delete", {}, body))
    assert caught.value.code == "MalformedXML"


def test_a_document_with_another_root_is_malformed():
    with pytest.raises(MalformedInput):
        parse("route53", HttpRequest("POST", "/2013-04-01/hostedzone", "", {}, b"<Other/>"))


def test_a_list_in_a_header_is_a_list():
    headers = {"x-amz-object-attributes": "ETag, ObjectSize"}
    params = parse("s3", HttpRequest("GET", "/b/k", "attributes", headers)).params
    assert params["ObjectAttributes"] == ["ETag", "ObjectSize"]


def test_maps_are_validated_by_key_and_value():
    found = validate("sns", "CreateTopic", {"Name": "n", "Attributes": {"a": 1}})
    assert [each.kind for each in found] == ["type"]
    found = validate("sns", "Publish", {"Message": "m", "MessageAttributes": {"a": {}}})
    assert [each.path for each in found] == ["messageAttributes.a.member.dataType"]
    assert validate("lambda", "TagResource", {"Resource": "arn:aws:lambda:eu-west-1:1:function:f", "Tags": {"a": "b"}})


def test_values_are_printed_as_java_prints_them():
    found = validate("kms", "Encrypt", {"KeyId": "k", "Plaintext": b"", "GrantTokens": [""] * 11})
    assert [each.shown for each in found] == [None, "'[, , , , , , , , , , ]'", "'[, , , , , , , , , , ]'"]


def test_a_signed_chunk_is_bounded():
    request = signed("s3", method="PUT", path="/b/k")
    signer = wire.chunk_signer(wire.find_signature(request), SECRET)
    with pytest.raises(MalformedInput):
        list(wire.decode_chunks(io.BytesIO(b"ffffffff\r\n"), signer=signer))


def test_a_chunk_line_is_bounded_however_it_ends():
    with pytest.raises(MalformedInput):
        list(wire.decode_chunks(io.BytesIO(b"1" * 1100 + b"\r\n")))


def test_an_unknown_checksum_is_left_alone():
    headers = {"x-amz-checksum-xxhash64": "x"}
    assert b"".join(wire.decode_chunks(io.BytesIO(b"1\r\na\r\n0\r\n\r\n"), headers)) == b"a"
    assert list(wire.checked([b"a"], {"xxhash64": "x"})) == [b"a"]


def test_a_secret_within_a_list_is_hidden_too():
    params = {"Name": "n", "SecretString": "s", "Tags": [{"Key": "k", "Value": "v"}]}
    assert record_of("secretsmanager", "CreateSecret", params, "in")["secretString"] == wire.HIDDEN
