"""Answers and errors, byte by byte where a client could tell the difference."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header

import pytest
from botocore.awsrequest import HeadersDict
from botocore.loaders import Loader
from botocore.parsers import PROTOCOL_PARSERS
from hypothesis import given
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.wire import HttpRequest, WireError, models, serialize, serialize_error, services, times, xml
from iamconsole.wire.signing_names import SIGNING_NAMES

NOW = datetime(2026, 11, 24, 1, 2, 3, 987654, tzinfo=UTC)


def test_an_iam_answer_looks_like_iams():
    user = {"UserName": "john", "Path": "/", "CreateDate": NOW, "Tags": [], "Unknown": 1, "Arn": None}
    response = serialize("iam", "CreateUser", {"User": user, "Extra": "x"}, request_id="7a62c49f")
    assert response.status == 200
    assert response.headers == {"content-type": "text/xml", "x-amzn-requestid": "7a62c49f"}
    assert response.body.decode() == (
        '<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">\n'
        "<CreateUserResult><User><Path>/</Path><UserName>john</UserName><CreateDate>2026-11-24T01:02:03Z</CreateDate>"
        "<Tags></Tags></User></CreateUserResult>\n"
        "<ResponseMetadata><RequestId>7a62c49f</RequestId></ResponseMetadata>\n</CreateUserResponse>"
    )


def test_an_operation_without_a_result_has_metadata_alone():
    response = serialize("iam", "DeleteUser", {}, request_id="r")
    assert b"<DeleteUserResult>" not in response.body
    assert b"<RequestId>r</RequestId>" in response.body


def test_an_s3_listing_looks_like_s3s():
    result = {"Name": "b", "Contents": [{"Key": "k", "LastModified": NOW, "ETag": '"e"', "Size": 1}]}
    response = serialize("s3", "ListObjectsV2", result, request_id="r")
    assert response.headers["content-type"] == "application/xml"
    assert response.headers["x-amz-request-id"] == "r"
    assert response.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<Contents><Key>k</Key><LastModified>2026-11-24T01:02:03.987Z</LastModified><ETag>&quot;e&quot;</ETag>"
        "<Size>1</Size></Contents><Name>b</Name></ListBucketResult>"
    )


@pytest.mark.parametrize(
    ("operation", "result", "status", "body"),
    [
        ("DeleteBucket", {}, 204, b""),
        ("PutBucketPolicy", {}, 204, b""),
        ("HeadBucket", {"BucketRegion": "us-east-1"}, 200, b""),
        ("CreateBucket", {"Location": "/b"}, 200, b""),
        ("GetBucketPolicy", {"Policy": "{}"}, 200, b"{}"),
    ],
)
def test_an_s3_answer_has_its_status_and_body(operation, result, status, body):
    response = serialize("s3", operation, result, request_id="r")
    assert (response.status, response.body) == (status, body)


def test_headers_are_written_as_headers():
    result = {"LastModified": NOW, "Metadata": {"Note": "a\r\nSet-Cookie: x"}, "DeleteMarker": True, "PartsCount": 2}
    response = serialize("s3", "HeadObject", result, request_id="r")
    assert response.headers["last-modified"] == "Tue, 24 Nov 2026 01:02:03 GMT"
    assert response.headers["x-amz-meta-note"] == "a Set-Cookie: x"
    spoken = serialize("s3", "HeadObject", {"Metadata": {"a": "ü漢"}}, request_id="r").headers["x-amz-meta-a"]
    assert str(make_header(decode_header(spoken))) == "ü漢"
    assert response.headers["x-amz-delete-marker"] == "true"
    assert response.headers["x-amz-mp-parts-count"] == "2"


@given(st.text())
def test_any_text_makes_a_document_that_can_be_read(text):
    found = ElementTree.fromstring(f'<a b="{xml.escape(text)}">{xml.escape(text)}</a>'.encode())
    legal = "".join(c if c in "\t\n\r" or ("\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff") else "\ufffd" for c in text)  # fmt: skip  # noqa: E501
    assert (found.text or "") == legal


def test_a_time_without_a_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        serialize("iam", "GetUser", {"User": {"CreateDate": datetime(2026, 1, 1)}}, request_id="r")


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T01:02:03Z", "2026-11-24T02:02:03+01:00", "20261124T010203Z", "1795482123", "1795482123.0",
     "Tue, 24 Nov 2026 01:02:03 GMT", " 2026-11-24T01:02:03 "],
)  # fmt: skip
def test_a_time_is_read_in_each_of_its_forms(text):
    assert times.read(text) == datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "tomorrow", "9" * 18, "2026-13-01", "Tue, 24 Foo 2026 01:02:03 GMT", "x" * 5000])
def test_what_is_no_time_is_malformed(text):
    with pytest.raises(wire.MalformedInput):
        times.read(text)


def test_times_are_written_in_utc():
    east = datetime(2026, 11, 24, 2, 2, 3, tzinfo=timezone(timedelta(hours=1)))
    assert times.iso8601(east) == "2026-11-24T01:02:03Z"


PROTOCOLS = [
    ("iam", "query"),
    ("s3", "rest-xml"),
    ("route53", "rest-xml"),
    ("ec2", "ec2"),
    ("dynamodb", "json"),
    ("lambda", "rest-json"),
    ("cloudwatch", None),
]


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS)
def test_an_error_is_read_by_each_protocols_own_parser(service, protocol):
    protocol = protocol or wire.protocol_of(service)
    assert wire.protocol_of(service) == protocol
    message = 'User: <arn> is "not" authorized & ü'
    response = serialize_error(service, code="AccessDenied", message=message, status=403, request_id="r-1")
    seen = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    found = PROTOCOL_PARSERS[protocol]().parse(seen, None)
    assert (found["Error"]["Code"], found["Error"]["Message"]) == ("AccessDenied", message)
    assert found["ResponseMetadata"]["RequestId"] == "r-1"


def test_a_query_error_looks_like_iams():
    response = serialize_error("iam", code="NoSuchEntity", message="gone", status=404, request_id="r")
    assert response.body.decode() == (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">\n'
        "<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>gone</Message></Error>\n"
        "<RequestId>r</RequestId>\n</ErrorResponse>"
    )


def test_an_s3_error_names_what_it_is_about():
    extra = {"BucketName": "b", "Resource": "/b/k&", "Key": None}
    response = serialize_error("s3", code="NoSuchBucket", message="m", status=404, request_id="r", extra=extra)
    assert response.body.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>m</Message>'
        b"<BucketName>b</BucketName><Resource>/b/k&amp;</Resource><RequestId>r</RequestId><HostId>"
    )


def test_a_json_error_has_its_code_in_body_and_header():
    response = serialize_error("dynamodb", code="X", message="m", status=400, request_id="r")
    assert json.loads(response.body) == {"__type": "X", "message": "m"}
    assert response.headers["x-amzn-errortype"] == "X"
    assert response.headers["content-type"] == "application/x-amz-json-1.0"


@pytest.mark.parametrize("name", ["query", "ec2", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "narnia"])
def test_an_error_can_be_written_for_a_protocol_or_an_unknown_service(name):
    response = serialize_error(name, code="X", message="m", status=400, request_id="r")
    assert b"X" in response.body


#    service     kind              code                         status
AUTHENTICATION = [
    ("iam", wire.MISSING, "MissingAuthenticationToken", 403),
    ("iam", wire.UNKNOWN_KEY, "InvalidClientTokenId", 403),
    ("sts", wire.BAD_TOKEN, "InvalidClientTokenId", 403),
    ("sts", wire.WRONG_SECRET, "SignatureDoesNotMatch", 403),
    ("s3", wire.MISSING, "AccessDenied", 403),
    ("s3", wire.UNKNOWN_KEY, "InvalidAccessKeyId", 403),
    ("s3", wire.BAD_TOKEN, "InvalidToken", 400),
    ("s3", wire.WRONG_SECRET, "SignatureDoesNotMatch", 403),
    ("ec2", wire.UNKNOWN_KEY, "AuthFailure", 401),
    ("ec2", wire.MISSING, "MissingAuthenticationToken", 403),
    ("dynamodb", wire.UNKNOWN_KEY, "UnrecognizedClientException", 400),
    ("dynamodb", wire.WRONG_SECRET, "InvalidSignatureException", 400),
    ("lambda", wire.UNKNOWN_KEY, "UnrecognizedClientException", 403),
    ("route53", wire.UNKNOWN_KEY, "InvalidClientTokenId", 403),
]


@pytest.mark.parametrize(("service", "kind", "code", "status"), AUTHENTICATION)
def test_bad_credentials_are_refused_in_the_words_of_the_service(service, kind, code, status):
    problem = wire.authentication_error(service, kind)
    assert isinstance(problem, WireError)
    assert (problem.code, problem.status) == (code, status)


def test_a_signature_problem_is_put_into_the_words_of_json_services():
    problem = wire.SignatureProblem(wire.MISMATCH, "SignatureDoesNotMatch", "m")
    assert wire.worded("iam", problem) is problem
    assert wire.worded("dynamodb", problem).code == "InvalidSignatureException"


#    request                                                                                            service
UNSIGNED = [
    (HttpRequest("POST", "/", "", {"x-amz-target": "DynamoDB_20120810.ListTables"}), "dynamodb"),
    (HttpRequest("POST", "/", "", {"x-amz-target": "Logs_20140328.DescribeLogGroups"}), "logs"),
    (HttpRequest("POST", "/", "", {"x-amz-target": "Nothing.Known"}), None),
    (HttpRequest("GET", "/", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", {}), "sts"),
    (HttpRequest("GET", "/", "Version=2011-06-15&x=%ff", {}), None),
    (HttpRequest("GET", "/iam/users/", "q=john", {}), None),
]


@pytest.mark.parametrize(("request_", "service"), UNSIGNED)
def test_an_unsigned_request_may_say_its_service(request_, service):
    assert wire.service_for(None, request_) == service


@pytest.mark.parametrize(
    ("scope", "headers", "path", "service"),
    [
        ("iam", {}, "/", "iam"),
        ("monitoring", {}, "/", "cloudwatch"),
        ("s3", {}, "/v20180820/x", "s3"),
        ("s3", {"x-amz-account-id": "1"}, "/v20180820/x", "s3control"),
        ("narnia", {}, "/", None),
    ],
)
def test_the_signed_scope_says_the_service(scope, headers, path, service):
    authorization = f"AWS4-HMAC-SHA256 Credential=A/20261124/r/{scope}/aws4_request,SignedHeaders=host,Signature=0"
    headers = {**headers, "authorization": authorization, "x-amz-date": "20261124T010203Z"}
    headers |= {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    request = HttpRequest("GET", path, "", headers)
    assert wire.service_for(wire.find_signature(request), request) == service


@pytest.mark.parametrize(
    ("service", "code"),
    [("sts", "InvalidAction"), ("s3", "MethodNotAllowed"), ("dynamodb", "UnknownOperationException")],
)
def test_an_operation_that_is_not_there_has_its_services_code(service, code):
    with pytest.raises(wire.UnknownOperation) as caught:
        wire.validate(service, "Dance", {})
    assert caught.value.code == code


def test_an_ec2_answer_looks_like_ec2s():
    response = serialize("ec2", "CreateKeyPair", {"KeyName": "k", "Tags": [{"Key": "a", "Value": "b"}]}, request_id="r")
    assert response.headers["x-amzn-requestid"] == "r"
    assert response.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<CreateKeyPairResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        "<requestId>r</requestId><tagSet><item><key>a</key><value>b</value></item></tagSet><keyName>k</keyName>"
        "</CreateKeyPairResponse>"
    )
    assert b"<return>true</return>" in serialize("ec2", "RebootInstances", {}, request_id="r").body


def test_a_json_answer_is_json():
    response = serialize("cloudtrail", "LookupEvents", {"Events": [{"EventTime": NOW, "EventId": "ü"}]}, request_id="r")
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["x-amzn-requestid"] == "r"
    assert json.loads(response.body) == {"Events": [{"EventTime": NOW.timestamp().__round__(3), "EventId": "ü"}]}
    assert serialize("kms", "EnableKey", {}, request_id="r").body == b""


def test_a_rest_json_answer_has_its_status_and_headers():
    response = serialize("lambda", "AddPermission", {"Statement": "s"}, request_id="r")
    assert (response.status, response.body, response.headers["content-type"]) == (
        201,
        b'{"Statement":"s"}',
        "application/json",
    )
    response = serialize("lambda", "RemovePermission", {}, request_id="r")
    assert (response.status, response.body) == (204, b"")


def test_a_modelled_errors_members_are_written_as_the_model_has_them():
    retry = {"retryAfterSeconds": 7, "Type": "User"}
    more = {"message": "m", "status": 429, "request_id": "r"}
    response = serialize_error("lambda", code="TooManyRequestsException", extra=retry, **more)
    assert response.headers["retry-after"] == "7"
    assert json.loads(response.body) == {"__type": "TooManyRequestsException", "message": "m", "Type": "User"}
    reasons = {"CancellationReasons": [{"Code": "None"}]}
    response = serialize_error("dynamodb", code="TransactionCanceledException", extra=reasons, **more)
    assert json.loads(response.body)["CancellationReasons"] == [{"Code": "None"}]
    tier = {"StorageClass": "GLACIER", "Hat": 1}
    response = serialize_error("s3", code="InvalidObjectState", extra=tier, **more)
    assert b"<StorageClass>GLACIER</StorageClass><Hat>1</Hat>" in response.body


def test_a_service_that_once_spoke_query_keeps_its_code():
    code = "AWS.SimpleQueueService.NonExistentQueue"
    response = serialize_error("sqs", code=code, message="m", status=400, request_id="r")
    assert response.headers["x-amzn-query-error"] == f"{code};Sender"


def test_every_signing_name_of_botocore_leads_to_its_services():
    """Whatever an SDK signs for is recognised; the table is written down because reading the models takes seconds."""
    wrong = {}
    for name in sorted(models.names()):
        metadata = Loader().load_service_model(name, "service-2")["metadata"]
        signing = metadata.get("signingName") or metadata["endpointPrefix"]
        first = SIGNING_NAMES.get(signing, signing).split()[0]
        if name not in services.signed_alike(first):
            wrong[name] = signing
    assert not wrong


STREAMS = {"x-amz-target": "DynamoDBStreams_20120810.ListStreams"}


@pytest.mark.parametrize(
    ("service", "request_", "operation"),
    [
        ("dynamodb", HttpRequest("POST", "/", "", STREAMS), "ListStreams"),
        ("lambda", HttpRequest("GET", "/2015-03-31/functions/", "", {}), "ListFunctions"),
        ("ses", HttpRequest("GET", "/v2/email/account", "", {}), "GetAccount"),
    ],
)  # fmt: skip
def test_of_services_that_sign_alike_the_one_with_the_operation_is_meant(service, request_, operation):
    assert wire.parse(service, request_).operation == operation


def test_a_service_of_several_protocols_answers_in_the_one_it_was_asked_in():
    form = {"content-type": "application/x-www-form-urlencoded"}
    asked = HttpRequest("POST", "/", "", form, b"Action=ListDashboards&Version=2010-08-01")
    parsed = wire.parse("cloudwatch", asked)
    assert (parsed.operation, parsed.protocol) == ("ListDashboards", "query")
    response = serialize("cloudwatch", "ListDashboards", {}, request_id="r", protocol="query")
    assert b"<ListDashboardsResponse" in response.body
    asked = HttpRequest("POST", "/", "", {"x-amz-target": "GraniteServiceVersion20100801.ListDashboards"}, b"{}")
    assert wire.parse("cloudwatch", asked).protocol == "json"
