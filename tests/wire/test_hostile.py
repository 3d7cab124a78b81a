"""Whatever a stranger sends, only this room's own errors come out, and soon."""

from __future__ import annotations

import time

import pytest
from botocore.model import Shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.wire import HttpRequest, MalformedInput, UnknownOperation, WireError, find_signature, parse, service_for

FORM = {"content-type": "application/x-www-form-urlencoded"}
RAW = st.text(st.characters(max_codepoint=255), max_size=60)
SPICE = st.sampled_from(
    ["Action=CreateUser", "Version=2010-05-08", "&", "=", "Tags.member.1.Key=a", "Tags.member.x", "Tags=1", ".", "%zz",
     "%ff", "uploads", "list-type=2", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Signature=", "/b/k", "//", "\x00"]
)  # fmt: skip
TEXT = st.lists(SPICE | RAW, max_size=8).map("".join)


FLOAT = Shape("Float", {"type": "float"})


def refusal(attempt):
    try:
        attempt()
    except WireError as problem:
        return problem
    return None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["iam", "sts", "s3", "ec2", "dynamodb", "lambda", "route53", "cloudwatch"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "X"]),
    TEXT,
    TEXT,
    st.dictionaries(
        st.sampled_from(["authorization", "x-amz-date", "content-type", "x-amz-content-sha256", "x-amz-target",
                         "content-length", "x-amz-copy-source", "smithy-protocol",
                         "if-modified-since", "x-amz-meta-a"]),
        RAW | st.sampled_from([FORM["content-type"], "DynamoDB_20120810.PutItem", "rpc-v2-cbor",
                               "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request"]),
    ),
    st.binary(max_size=200) | TEXT.map(lambda text: text.encode("latin-1")),
)  # fmt: skip
def test_anything_is_read_or_refused(service, method, path, query, headers, body):
    request = HttpRequest(method, "/" + path, query, headers, body)
    for attempt in (lambda: find_signature(request), lambda: parse(service, request)):
        problem = refusal(attempt)
        if problem is not None:
            response = wire.serialize_error(
                service, code=problem.code, message=problem.message, status=problem.status, request_id="r"
            )
            assert 400 <= response.status < 600
            assert response.body.decode()
    service_for(None, request)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["/b?delete", "/b?tagging", "/b?acl", "/b", "/b/k?tagging"]), st.binary(max_size=200) | TEXT)
def test_any_xml_is_read_or_refused(target, body):
    path, _, query = target.partition("?")
    body = body if isinstance(body, bytes) else b"<Tagging>" + body.encode() + b"</Tagging>"
    request = HttpRequest("POST" if "delete" in query else "PUT", path, query, {}, body)
    problem = refusal(lambda: parse("s3", request))
    assert problem is None or problem.code in ("MalformedXML", "MissingRequestBodyError")


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<Tagging><TagSet><Tag><Key>&b;</Key><Value>v</Value></Tag></TagSet></Tagging>"
)
XMLS = [
    BOMB,
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Tagging/>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Tagging>&a;</Tagging>',
    b"<Tagging>&undefined;</Tagging>",
    b"<a>" * 100_000,
    b"<Tagging>" + b"<TagSet/>" * 300_000 + b"</Tagging>",
    b"<Tagging><TagSet><Tag><Key>k</Key><Key>k</Key></Tag></TagSet></Tagging>",
    b"<Tagging><TagSet><Hat/></TagSet></Tagging>",
    b"<Tagging><Unknown/></Tagging>",
    b"<Other/>",
    b"<Tagging",
    b"not xml",
    b'<?xml version="1.0" encoding="rot13"?><Tagging/>',
    b"<Tagging>" + b"x" * 9_000_000 + b"</Tagging>",
    b"<Tagging>\xff\xfe</Tagging>",
]


@pytest.mark.parametrize("body", XMLS, ids=range(len(XMLS)))
def test_bad_xml_is_malformed_xml(body):
    started = time.process_time()
    with pytest.raises(MalformedInput) as caught:
        parse("s3", HttpRequest("PUT", "/b", "tagging", {}, body))
    assert caught.value.code == "MalformedXML"
    assert time.process_time() - started < 2


def test_a_document_with_a_namespace_or_none_is_the_same():
    plain = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
    spaced = plain.replace(b"<Tagging>", b'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">')
    first, second = (parse("s3", HttpRequest("PUT", "/b", "tagging", {}, body)) for body in (plain, spaced))
    assert first == second
    assert first.params["Tagging"] == {"TagSet": [{"Key": "k", "Value": "v"}]}


def query(text, **more):
    return parse("iam", HttpRequest("POST", "/", "", FORM | more, text.encode()))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MissingAction"),
        ("Version=2010-05-08", "MissingAction"),
        ("Action=Dance", "InvalidAction"),
        ("Action=ListUsers&Version=2001-01-01", "InvalidAction"),
        ("Action=ListUsers&MaxItems=many", "MalformedInput"),
        ("Action=ListUsers&MaxItems=" + "9" * 5000, "MalformedInput"),
        ("Action=ListUsers&MaxItems=1_0", "MalformedInput"),
        ("Action=CreateUser&UserName.x=a", "MalformedInput"),
        ("Action=TagUser&Tags=a", "MalformedInput"),
        ("Action=TagUser&Tags.member=a", "MalformedInput"),
        ("Action=TagUser&Tags.member.one.Key=a", "MalformedInput"),
        ("Action=TagUser&Tags.member.1=a", "MalformedInput"),
        ("Action=CreateLoginProfile&PasswordResetRequired=maybe", "MalformedInput"),
        ("Action=CreateUser&UserName=%FF", "MalformedInput"),
        ("Action=CreateUser&" + "a." * 5000 + "b=1", "MalformedInput"),
        ("&".join(f"a{number}=1" for number in range(20_000)), "MalformedInput"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(text, code):
    with pytest.raises(WireError) as caught:
        query(text)
    assert caught.value.code == code


def test_an_operation_that_is_not_there_says_so_in_aws_words():
    with pytest.raises(UnknownOperation) as caught:
        query("Action=Dance&Version=2010-05-08")
    assert caught.value.message == "Could not find operation Dance for version 2010-05-08"
    assert (caught.value.service, caught.value.action) == ("iam", "Dance")


def test_a_query_may_come_by_get():
    request = HttpRequest("GET", "/", "Action=GetUser&Version=2010-05-08&UserName=a+b%2B", {})
    assert parse("iam", request).params == {"UserName": "a b+"}


def test_list_elements_come_in_the_order_of_their_numbers():
    parsed = query("Action=UntagUser&UserName=j&TagKeys.member.10=c&TagKeys.member.2=b&TagKeys.member.1=a&Odd=1")
    assert parsed.params == {"UserName": "j", "TagKeys": ["a", "b", "c"]}


def test_a_body_of_another_type_holds_no_parameters():
    with pytest.raises(WireError) as caught:
        parse("iam", HttpRequest("POST", "/", "", {"content-type": "application/json"}, b"Action=ListUsers"))
    assert caught.value.code == "MissingAction"


#    method    path      query                         operation
ROUTES = [
    ("GET", "/", "", "ListBuckets"),
    ("GET", "/", "x-id=ListDirectoryBuckets", "ListDirectoryBuckets"),
    ("GET", "/b", "", "ListObjects"),
    ("GET", "/b/", "prefix=x", "ListObjects"),
    ("GET", "/b", "list-type=2", "ListObjectsV2"),
    ("GET", "/b", "x-id=DeleteBucket", "ListObjects"),
    ("GET", "/b", "location", "GetBucketLocation"),
    ("GET", "/b", "policy=", "GetBucketPolicy"),
    ("GET", "/b", "analytics", "ListBucketAnalyticsConfigurations"),
    ("GET", "/b", "analytics&id=1", "GetBucketAnalyticsConfiguration"),
    ("GET", "/b/k", "", "GetObject"),
    ("GET", "/b//", "", "GetObject"),
    ("GET", "/b/k", "uploadId=1", "ListParts"),
    ("GET", "/b/k", "acl&versionId=1", "GetObjectAcl"),
    ("GET", "/b/k", "X-Amz-Signature=1&response-content-type=a", "GetObject"),
    ("HEAD", "/b", "", "HeadBucket"),
    ("HEAD", "/b/k", "", "HeadObject"),
    ("PUT", "/b", "", "CreateBucket"),
    ("PUT", "/b/k", "partNumber=1&uploadId=1", "UploadPart"),
    ("POST", "/b/k", "uploads", "CreateMultipartUpload"),
    ("POST", "/b/k", "uploadId=1", "CompleteMultipartUpload"),
    ("DELETE", "/b/k", "uploadId=1", "AbortMultipartUpload"),
    ("DELETE", "/b/k", "", "DeleteObject"),
    ("DELETE", "/b", "", "DeleteBucket"),
]


@pytest.mark.parametrize(("method", "path", "query_string", "operation"), ROUTES)
def test_an_s3_request_finds_its_operation(method, path, query_string, operation):
    assert parse("s3", HttpRequest(method, path, query_string, {})).operation == operation


@pytest.mark.parametrize(
    ("method", "path", "query_string"),
    [
        ("DELETE", "/b", "acl"),
        ("DELETE", "/b", "versioning"),
        ("DELETE", "/b/k", "acl"),
        ("PUT", "/b", "location"),
        ("POST", "/b", ""),
        ("POST", "/b/k", ""),
        ("PATCH", "/b", ""),
    ],
)
def test_a_subresource_that_is_not_there_is_never_the_thing_itself(method, path, query_string):
    with pytest.raises(UnknownOperation) as caught:
        parse("s3", HttpRequest(method, path, query_string, {}))
    assert (caught.value.code, caught.value.status) == ("MethodNotAllowed", 405)


def test_a_copy_is_told_by_its_header():
    headers = {"x-amz-copy-source": "/b/k"}
    assert parse("s3", HttpRequest("PUT", "/b/k", "", headers)).operation == "CopyObject"
    parsed = parse("s3", HttpRequest("PUT", "/b/k", "partNumber=1&uploadId=1", headers))
    assert (parsed.operation, parsed.params["PartNumber"]) == ("UploadPartCopy", 1)


def test_a_presigned_url_may_carry_headers_in_its_query():
    found = parse("s3", HttpRequest("PUT", "/b/k", "X-Amz-Signature=0&x-amz-acl=private&x-amz-meta-a=1", {}))
    assert (found.params["ACL"], found.params["Metadata"]) == ("private", {"a": "1"})
    assert "ACL" not in parse("s3", HttpRequest("PUT", "/b/k", "x-amz-acl=private", {})).params


def test_header_text_is_utf8_where_it_can_be():
    headers = {"x-amz-meta-a": "ü".encode().decode("latin-1"), "x-amz-meta-b": "\xfc", "if-match": "x"}
    assert parse("s3", HttpRequest("PUT", "/b/k", "", headers)).params["Metadata"] == {"a": "ü", "b": "\xfc"}


def test_a_condition_that_is_no_date_is_ignored_but_a_lock_that_is_none_is_not():
    assert "IfModifiedSince" not in parse("s3", HttpRequest("GET", "/b/k", "", {"if-modified-since": "x"})).params
    with pytest.raises(MalformedInput):
        parse("s3", HttpRequest("PUT", "/b/k", "", {"x-amz-object-lock-retain-until-date": "x"}))


def test_a_key_is_kept_to_the_letter():
    for raw, key in [("/b/../c", "../c"), ("/b//x", "/x"), ("/b/a%2Fb", "a/b"), ("/b/a+b", "a+b")]:
        assert parse("s3", HttpRequest("GET", raw, "", {})).params["Key"] == key


def test_a_path_that_is_no_utf8_is_refused():
    with pytest.raises(MalformedInput) as caught:
        parse("s3", HttpRequest("GET", "/b/%ff", "", {}))
    assert caught.value.code == "InvalidURI"


def test_a_required_body_that_is_missing_is_named():
    with pytest.raises(MalformedInput) as caught:
        parse("s3", HttpRequest("PUT", "/b", "tagging", {}))
    assert caught.value.code == "MissingRequestBodyError"


def test_a_request_whose_body_is_not_read_yet_still_tells_its_operation():
    parsed = parse("s3", HttpRequest("PUT", "/b", "tagging", {}, b"", streamed=True))
    assert (parsed.operation, parsed.params, parsed.streaming) == ("PutBucketTagging", {"Bucket": "b"}, None)
    assert parse("s3", HttpRequest("PUT", "/b/k", "", {}, b"", streamed=True)).streaming == "Body"


def test_a_protocol_that_is_not_read_here_says_so():
    headers = {"smithy-protocol": "rpc-v2-cbor"}
    with pytest.raises(WireError) as caught:
        parse("cloudwatch", HttpRequest("POST", "/service/X/operation/ListDashboards", "", headers))
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)
    with pytest.raises(WireError) as caught:
        wire.serialize("cloudwatch", "ListDashboards", {}, request_id="r", protocol="smithy-rpc-v2-cbor")
    assert caught.value.code == "NotImplemented"
    with pytest.raises(wire.UnknownService):
        parse("narnia", HttpRequest("POST", "/", "", {}))


def in_json(body, operation="DynamoDB_20120810.PutItem"):
    return parse("dynamodb", HttpRequest("POST", "/", "", {"x-amz-target": operation}, body))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"1",
        b"\xff",
        b'{"TableName": 1}',
        b'{"TableName": true}',
        b'{"TableName": {"a": 1}}',
        b'{"TableName": ["a"]}',
        b'{"TableName": "\\ud800"}',
        b'{"Item": []}',
        b'{"Item": {"a": {"B": "no base64!"}}}',
        b'{"Item": {"a": {"B": 1}}}',
        b'{"Item": ' + b'{"a": {"M": ' * 100 + b"{}" + b"}}" * 100 + b"}",
        b"[" * 200_000,
        b'{"Unknown": ' + b"[" * 900 + b"]" * 900 + b"",
        b'{"TableName": NaN}',
    ],
    ids=range(16),
)
def test_json_that_makes_no_sense_is_refused(body):
    with pytest.raises(MalformedInput) as caught:
        in_json(body)
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize("number", ["1" * 5000, "1e999", "9223372036854775808", '"7"', "true", "1.5"])
def test_a_number_that_is_none_is_refused(number):
    with pytest.raises(MalformedInput):
        in_json(b'{"Limit": ' + number.encode() + b"}", "DynamoDB_20120810.ListTables")


def test_json_ignores_what_it_does_not_know_and_what_is_null():
    parsed = in_json(
        b'{"Limit": 7.0, "Hat": {"a": [1]}, "ExclusiveStartTableName": null}', "DynamoDB_20120810.ListTables"
    )
    assert parsed.params == {"Limit": 7}


@pytest.mark.parametrize("target", ["", "ListTables", "Other_20120810.ListTables", "DynamoDB_20120810.Dance"])
def test_a_target_that_is_not_there_is_an_unknown_operation(target):
    with pytest.raises(UnknownOperation) as caught:
        in_json(b"{}", target)
    assert caught.value.code == "UnknownOperationException"


def test_a_target_may_come_with_its_package_or_without():
    for prefix in ("CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"):
        request = HttpRequest("POST", "/", "", {"x-amz-target": f"{prefix}.LookupEvents"}, b"")
        assert parse("cloudtrail", request).operation == "LookupEvents"


def test_a_query_string_of_any_names_is_a_map():
    parsed = parse("apigateway", HttpRequest("POST", "/restapis", "mode=import&a=1&b=2&failonwarnings=true", {}, b"x"))
    assert parsed.params == {"failOnWarnings": True, "parameters": {"a": "1", "b": "2"}, "body": b"x"}


@pytest.mark.parametrize(
    ("header", "items"),
    [("a,b", ["a", "b"]), (' a , "b, c" ', ["a", "b, c"]), (r'"say \"hi\"",x', ['say "hi"', "x"]), ("a", ["a"])],
)
def test_a_list_in_a_header_may_have_quoted_items(header, items):
    request = HttpRequest("GET", "/b/k", "attributes", {"x-amz-object-attributes": header})
    assert parse("s3", request).params["ObjectAttributes"] == items


@pytest.mark.parametrize("text", ["1_0", "٣", "0x10", "nan", "inf", "1e99999999", "", " 1", "--1"])
def test_a_text_that_is_no_number_is_no_float(text):
    assert refusal(lambda: wire.scalars.read(FLOAT, text)) is not None


@pytest.mark.parametrize(("text", "value"), [("NaN", "nan"), ("Infinity", "inf"), ("-1.5e3", "-1500.0"), (".5", "0.5")])
def test_a_float_is_read_as_every_protocol_spells_it(text, value):
    assert str(wire.scalars.read(FLOAT, text)) == value
