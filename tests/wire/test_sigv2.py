"""Presigned S3 URLs as the genuine clients make them by default: Signature Version 2."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from iamconsole import wire
from iamconsole.wire import HttpRequest, find_signature, parse, verify

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def presigned(operation="get_object", token=None, style="path", headers=None, **params):
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url="http://s3.test",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(s3={"addressing_style": style}),
    )
    params = {"Bucket": "company1-sales", "Key": "a dir/ü+%.txt"} | params
    url = urlsplit(client.generate_presigned_url(operation, Params=params, ExpiresIn=60))
    assert "AWSAccessKeyId=" in url.query  # the default of botocore 1.44
    method = "PUT" if operation.startswith("put") else "GET"
    return HttpRequest(method, url.path, url.query, {"host": url.netloc, **(headers or {})})


def check(request, secret=SECRET, late=-1, bucket=None):
    signature = find_signature(request)
    verify(signature, request, secret, now=signature.timestamp + timedelta(seconds=late), bucket=bucket)
    return signature


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("get_object", {}),
        ("get_object", {"VersionId": "v", "ResponseContentDisposition": 'attachment; filename="a b.txt"'}),
        ("put_object", {}),
        ("put_object", {"ACL": "private", "Metadata": {"note": "x"}}),
        ("get_object_acl", {}),
        ("get_object_tagging", {}),
    ],
)
@pytest.mark.parametrize("token", [None, "IQoJb3JpZ2luX2Vj/+="])
def test_a_url_of_the_genuine_client_is_verified(operation, params, token):
    request = presigned(operation, token, **params)
    signature = check(request)
    assert (signature.access_key_id, signature.session_token) == ("AKIAIOSFODNN7EXAMPLE", token)
    assert wire.service_for(signature, request) == "s3"
    parsed = parse("s3", request)
    assert parsed.params["Key"] == "a dir/ü+%.txt"
    assert parsed.params.items() >= params.items()


def test_a_virtual_host_is_part_of_what_is_signed():
    request = presigned(style="virtual")
    assert request.headers["host"] == "company1-sales.s3.test"
    check(request, bucket="company1-sales")
    with pytest.raises(wire.SignatureProblem):
        check(request, bucket="company1-hr")


@pytest.mark.parametrize(
    "change",
    [
        {"method": "DELETE"},
        {"path": "/company1-sales/other"},
        {"headers": {"content-type": "text/html"}},
        {"headers": {"x-amz-acl": "public-read"}},
    ],
)
def test_a_url_is_good_for_one_request_only(change):
    with pytest.raises(wire.SignatureProblem) as caught:
        check(replace(presigned(), **change))
    assert (caught.value.kind, caught.value.code) == (wire.MISMATCH, "SignatureDoesNotMatch")


def test_a_subresource_that_is_added_is_refused():
    request = presigned()
    with pytest.raises(wire.SignatureProblem):
        check(replace(request, query=request.query + "&acl"))


def test_a_content_type_that_was_signed_must_be_sent():
    request = presigned("put_object", ContentType="text/plain", headers={"content-type": "text/plain"})
    check(request)
    with pytest.raises(wire.SignatureProblem):
        check(replace(request, headers={"host": "s3.test"}))


def test_a_url_ends():
    with pytest.raises(wire.SignatureProblem) as caught:
        check(presigned(), late=1)
    assert (caught.value.kind, caught.value.message) == (wire.EXPIRED, "Request has expired")


def test_another_secret_does_not_match():
    with pytest.raises(wire.SignatureProblem):
        check(presigned(), secret="other")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("AWSAccessKeyId=A&Signature=x", "AccessDenied"),
        ("AWSAccessKeyId=A&Signature=x&Expires=soon", "AccessDenied"),
        ("AWSAccessKeyId=A&Signature=x&Expires=" + "9" * 40, "AccessDenied"),
        ("AWSAccessKeyId=%ff&Signature=x&Expires=1", "AccessDenied"),
        ("AWSAccessKeyId=A&Signature=x&SignatureVersion=2", "InvalidRequest"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused(query, code):
    with pytest.raises(wire.MalformedSignature) as caught:
        find_signature(HttpRequest("GET", "/b/k", query, {}))
    assert caught.value.code == code
