"""Our reading of Signature Version 4 against botocore's signers and AWS's published examples."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from iamconsole import wire
from iamconsole.wire import HttpRequest, SignatureProblem, find_signature, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNERS = {
    ("iam", False): SigV4Auth,
    ("iam", True): SigV4QueryAuth,
    ("s3", False): S3SigV4Auth,
    ("s3", True): S3SigV4QueryAuth,
}


def signed(service="iam", *, method="GET", path="/", query="", headers=None, body=b"", presigned=False, token=None):
    """A request signed now by botocore, as a server receives it."""
    url = f"http://127.0.0.1:8000{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, headers=headers or {}, data=body)
    request.context["payload_signing_enabled"] = True
    SIGNERS[service, presigned](Credentials(KEY, SECRET, token), service, "us-east-1").add_auth(request)
    sent = urlsplit(request.url)
    received = {name.lower(): str(value) for name, value in request.headers.items()} | {"host": "127.0.0.1:8000"}
    return HttpRequest(method, sent.path, sent.query, received, body)


def check(request, secret=SECRET, **more):
    signature = find_signature(request)
    verify(signature, request, secret, now=more.pop("now", signature.timestamp), **more)
    return signature


def refusal(request, secret=SECRET, **more):
    with pytest.raises(SignatureProblem) as caught:
        check(request, secret, **more)
    return caught.value


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=6)
SEGMENTS = st.lists(st.one_of(TEXT, st.sampled_from([".", "..", "", "a b", "%", "+", "~", "=&?"])), max_size=6)


@settings(deadline=None)
@given(
    st.sampled_from(["iam", "s3"]),
    st.booleans(),
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    SEGMENTS,
    PAIRS,
    st.binary(max_size=40),
    st.none() | st.just("IQoJb3JpZ2luX2VjEXAMPLE/+="),
)
def test_whatever_botocore_signs_is_verified(service, presigned, method, segments, pairs, body, token):
    path = "/" + "/".join(quote(segment, safe="~") for segment in segments)
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    if presigned:
        body = b""  # botocore's query signers take a body for more of the query
    headers = {"X-Amz-Meta-Note": "  two   words ", "Content-Type": "text/plain"}
    request = signed(
        service, method=method, path=path, query=query, headers=headers, body=body, presigned=presigned, token=token
    )
    signature = check(request)
    assert (signature.access_key_id, signature.region, signature.service) == (KEY, "us-east-1", service)
    assert (signature.session_token, signature.presigned) == (token, presigned)
    assert refusal(request, "another" + SECRET).kind == wire.MISMATCH
    assert refusal(replace(request, query=request.query + "&more=1")).kind == wire.MISMATCH
    if service == "s3" and presigned:
        return  # its body is not signed
    assert refusal(replace(request, body=body + b"x")).kind in (wire.MISMATCH, wire.PAYLOAD_MISMATCH)


def test_query_pairs_are_sorted_by_name_before_value():
    check(signed("s3", method="POST", path="/b/k", query="select&select-type=2", body=b"<x/>"))


def test_a_repeated_name_is_sorted_by_its_values():
    check(signed("s3", path="/b", query="a=2&a=1&a="))


#    seconds  presigned  kind                 code of S3               code of IAM
CLOCKS = [
    (899, False, None, None, None),
    (901, False, wire.SKEWED, "RequestTimeTooSkewed", "SignatureDoesNotMatch"),
    (-901, False, wire.SKEWED, "RequestTimeTooSkewed", "SignatureDoesNotMatch"),
    (3599, True, None, None, None),
    (3601, True, wire.EXPIRED, "AccessDenied", "SignatureDoesNotMatch"),
    (-901, True, wire.NOT_YET_VALID, "AccessDenied", "SignatureDoesNotMatch"),
]


@pytest.mark.parametrize("service", ["s3", "iam"])
@pytest.mark.parametrize(("late", "presigned", "kind", "s3_code", "iam_code"), CLOCKS)
def test_a_signature_is_good_for_its_time_only(service, late, presigned, kind, s3_code, iam_code):
    request = signed(service, presigned=presigned)
    now = find_signature(request).timestamp + timedelta(seconds=late)
    if kind is None:
        check(request, now=now)
        return
    problem = refusal(request, now=now)
    assert (problem.kind, problem.code) == (kind, s3_code if service == "s3" else iam_code)


def test_a_presigned_url_lives_a_week_at_most():
    request = signed("s3", presigned=True)
    request = replace(request, query=request.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=604801"))
    problem = refusal(request)
    assert (problem.kind, problem.code, problem.status) == (
        wire.EXPIRES_TOO_LONG,
        "AuthorizationQueryParametersError",
        400,
    )


def test_the_scope_must_be_of_the_day_that_was_signed():
    request = signed("iam")
    signature = find_signature(request)
    other_day = request.headers["authorization"].replace(f"/{signature.date}/", "/20200101/")
    problem = refusal(replace(request, headers={**request.headers, "authorization": other_day}))
    assert problem.message.startswith("Date in Credential scope does not match YYYYMMDD")


def test_a_body_other_than_announced_is_named_as_such_by_s3():
    request = signed("s3", method="PUT", path="/b/k", body=b"one")
    problem = refusal(replace(request, body=b"two"))
    assert (problem.kind, problem.code) == (wire.PAYLOAD_MISMATCH, "XAmzContentSHA256Mismatch")


def test_a_streamed_body_is_checked_when_it_has_been_read():
    request = replace(signed("s3", method="PUT", path="/b/k", body=b"one"), body=b"", streamed=True)
    signature = check(request)
    wire.check_payload(signature, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed")
    with pytest.raises(SignatureProblem):
        wire.check_payload(signature, "0" * 64)


def test_only_s3_may_leave_its_body_for_later():
    request = replace(signed("iam", method="POST", body=b"Action=ListUsers"), body=b"", streamed=True)
    assert refusal(request).kind == wire.MISMATCH


def test_the_hash_of_a_body_read_elsewhere_is_as_good_as_the_body():
    request = replace(signed("iam", method="POST", body=b"Action=ListUsers"), body=b"")
    check(request, payload_sha256=hashlib.sha256(b"Action=ListUsers").hexdigest())


def test_an_amz_header_that_is_not_signed_is_refused_by_s3():
    request = signed("s3", presigned=True, method="PUT", path="/b/k")
    problem = refusal(replace(request, headers={**request.headers, "x-amz-acl": "public-read"}))
    assert (problem.kind, problem.code) == (wire.HEADERS_NOT_SIGNED, "AccessDenied")


def test_the_host_must_be_signed():
    request = signed("iam")
    header = request.headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    assert refusal(replace(request, headers={**request.headers, "authorization": header})).kind == wire.MISMATCH


def test_the_example_of_the_s3_documentation_is_verified():
    # docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, GET Object
    request = HttpRequest(
        "GET",
        "/test.txt",
        "",
        {
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "x-amz-date": "20130524T000000Z",
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        },
    )
    verify(find_signature(request), request, SECRET, now=datetime(2013, 5, 24, 0, 1, tzinfo=UTC))


def test_the_presigned_example_of_the_s3_documentation_is_verified():
    # docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = HttpRequest("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"})
    verify(find_signature(request), request, SECRET, now=datetime(2013, 5, 24, 23, 0, tzinfo=UTC))


GOOD = "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00"
DATE = {"x-amz-date": "20261124T010203Z"}
S3 = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", **DATE}
MALFORMED = [
    ({"authorization": "AWS4-HMAC-SHA256", **DATE}, "IncompleteSignature"),
    ({"authorization": GOOD}, "IncompleteSignature"),
    ({"authorization": GOOD, "x-amz-date": "yesterday"}, "IncompleteSignature"),
    ({"authorization": GOOD.replace("/iam/", "/"), **DATE}, "IncompleteSignature"),
    ({"authorization": GOOD.replace("Signature=00", ""), **DATE}, "IncompleteSignature"),
    ({"authorization": "Basic abc", **DATE}, "IncompleteSignature"),
    ({"authorization": "AWS AKIA:abc", **DATE}, "InvalidRequest"),
    ({"authorization": "AWS4-HMAC-SHA256", **S3}, "AuthorizationHeaderMalformed"),
    ({"authorization": GOOD.replace("/iam/", "/"), **S3}, "AuthorizationHeaderMalformed"),
    ({"authorization": GOOD.replace("iam", "s3"), **DATE}, "InvalidRequest"),
    ({"authorization": GOOD.replace("iam", "s3"), **S3, "x-amz-content-sha256": "x"}, "InvalidArgument"),
    ({"authorization": GOOD.replace("iam", "s3"), **S3, "x-amz-date": ""}, "AccessDenied"),
]


@pytest.mark.parametrize(("headers", "code"), MALFORMED)
def test_a_signature_that_cannot_be_read_is_refused_by_its_code(headers, code):
    with pytest.raises(wire.MalformedSignature) as caught:
        find_signature(HttpRequest("GET", "/", "", headers))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Amz-Algorithm", "AWS4-HMAC-MD5"),
        ("X-Amz-Credential", "AKIA/s3/aws4_request"),
        ("X-Amz-Date", "2026"),
        ("X-Amz-Expires", "soon"),
        ("X-Amz-Expires", "-1"),
        ("X-Amz-SignedHeaders", ""),
        ("X-Amz-Signature", ""),
    ],
)
def test_presigned_parameters_that_are_wrong_are_refused(name, value):
    request = signed("s3", presigned=True)
    query = "&".join(
        f"{name}={quote(value, safe='')}" if pair.startswith(name + "=") else pair for pair in request.query.split("&")
    )
    with pytest.raises(wire.MalformedSignature) as caught:
        find_signature(replace(request, query=query))
    assert (caught.value.code, caught.value.status) == ("AuthorizationQueryParametersError", 400)


def test_two_signatures_are_one_too_many():
    request = signed("s3", presigned=True)
    with pytest.raises(wire.MalformedSignature) as caught:
        find_signature(replace(request, headers={**request.headers, "authorization": GOOD}))
    assert caught.value.code == "InvalidArgument"


def test_no_signature_is_none():
    assert find_signature(HttpRequest("GET", "/iam/users/", "q=x", {"host": "h"})) is None
