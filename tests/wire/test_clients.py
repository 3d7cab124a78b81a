"""The genuine boto3 clients talk to this room: what they really send is read, what we answer they understand.

The client's own `before-send` event hands its finished request over and takes
our response, so that no socket is needed.
"""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError

from iamconsole import wire
from iamconsole.wire import HttpRequest

NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Body(io.BytesIO):
    """What botocore expects of urllib3's raw body."""

    def stream(self, *_args, **_more):
        while piece := self.read(65536):
            yield piece


class Server:
    """One client and, in place of a socket, this room. `answer` maps a Parsed to a result or a WireError."""

    def __init__(self, service, answer=lambda parsed: {}, *, url="http://127.0.0.1:8000", **config):
        self.answer, self.service = answer, service
        self.client = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key=SECRET,
            config=Config(retries={"max_attempts": 0}, **config),
        )
        self.client.meta.events.register("before-send", self.serve)

    def serve(self, request, **_):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        body = body if isinstance(body, bytes) else b"".join(iter(lambda: request.body.read(7), b""))
        url = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        headers.setdefault("host", url.netloc)
        self.request = HttpRequest(request.method, url.path, url.query, headers, body)
        if wire.is_chunked(headers):
            self.request = HttpRequest(request.method, url.path, url.query, headers, b"", streamed=True)
        signature = wire.find_signature(self.request)
        wire.verify(signature, self.request, SECRET, now=signature.timestamp + timedelta(seconds=1))
        assert wire.service_for(signature, self.request) == self.service
        bucket = url.netloc.removesuffix(".s3.test") if url.netloc.endswith(".s3.test") else None
        self.parsed = wire.parse(self.service, self.request, bucket=bucket)
        if wire.is_chunked(headers):
            self.body = b"".join(wire.decode_chunks(io.BytesIO(body), headers))
        else:
            self.body = b"".join(wire.checked([body], wire.named_checksums(headers)))
        result = self.answer(self.parsed)
        if isinstance(result, wire.WireError):
            response = wire.serialize_error(
                self.service, code=result.code, message=result.message, status=result.status, request_id="r-1"
            )
        else:
            response = wire.serialize(self.service, self.parsed.operation, result, request_id="r-1")
        raw = Body(result[response.streaming] if response.streaming else response.body)
        return AWSResponse(request.url, response.status, HeadersDict(response.headers), raw)


def test_a_user_is_made_and_shown():
    user = {"UserName": "john", "Path": "/", "Arn": "arn:aws:iam::1:user/john", "UserId": "AIDA", "CreateDate": NOW}
    server = Server("iam", lambda parsed: {"User": user | {"Tags": parsed.params["Tags"]}})
    tags = [{"Key": "team", "Value": "HR & <co> ü"}]
    answer = server.client.create_user(UserName="john", Tags=tags)
    assert server.parsed.params == {"UserName": "john", "Tags": tags}
    assert answer["User"] == user | {"Tags": tags}
    assert answer["ResponseMetadata"]["RequestId"] == "r-1"


def test_a_policy_document_arrives_as_a_document():
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    server = Server("iam", lambda parsed: {"PolicyVersion": {"Document": text, "VersionId": "v1"}})
    answer = server.client.get_policy_version(PolicyArn="arn:aws:iam::aws:policy/x-y-z", VersionId="v1")
    assert answer["PolicyVersion"]["Document"]["Statement"][0]["Action"] == "s3:*"


def test_an_empty_list_is_an_empty_list():
    server = Server("iam", lambda parsed: {"Users": [], "IsTruncated": False})
    answer = server.client.list_users()
    assert (answer["Users"], answer["IsTruncated"]) == ([], False)


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [("iam", "get_user", {}), ("sts", "get_caller_identity", {}), ("s3", "list_buckets", {})],
)
def test_an_error_reads_as_the_same_error(service, operation, arguments):
    server = Server(service, lambda parsed: wire.WireError("AccessDenied", "No <you> & may not", 403))
    with pytest.raises(ClientError) as caught:
        getattr(server.client, operation)(**arguments)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == "No <you> & may not"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert caught.value.response["ResponseMetadata"]["RequestId"] == "r-1"


def test_a_modelled_error_is_its_own_exception():
    server = Server("iam", lambda parsed: wire.WireError("NoSuchEntity", "The user with name x cannot be found.", 404))
    with pytest.raises(server.client.exceptions.NoSuchEntityException):
        server.client.get_user(UserName="x")


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "describe_regions", {}),
        ("dynamodb", "list_tables", {}),
        ("lambda", "list_functions", {}),
        ("cloudwatch", "list_metrics", {}),
        ("sqs", "list_queues", {}),
        ("route53", "list_hosted_zones", {}),
    ],
)
def test_a_service_that_is_not_here_answers_in_its_own_shape(service, operation, arguments):
    seen = []

    def serve(request, **_):
        url = urlsplit(request.url)
        headers = {name.lower(): str(value) for name, value in request.headers.items()} | {"host": url.netloc}
        received = HttpRequest(request.method, url.path, url.query, headers, request.body or b"")
        signature = wire.find_signature(HttpRequest(request.method, url.path, url.query, decoded(request), b""))
        seen.append(wire.service_for(signature, received))
        response = wire.serialize_error(seen[0], code="NotHere", message="not here", status=400, request_id="r-1")
        return AWSResponse(request.url, response.status, HeadersDict(response.headers), Body(response.body))

    server = Server(service)
    server.client.meta.events.unregister("before-send", server.serve)
    server.client.meta.events.register("before-send", serve)
    with pytest.raises(ClientError) as caught:
        getattr(server.client, operation)(**arguments)
    assert seen == [service]
    assert caught.value.response["Error"]["Code"] == "NotHere"
    assert caught.value.response["Error"]["Message"] == "not here"


def decoded(request):
    return {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://127.0.0.1:8000"])
@pytest.mark.parametrize("data", [b"", b"hello", b"x" * 200_000])
def test_an_upload_arrives_whole_over_http_and_https(url, data):
    server = Server("s3", lambda parsed: {"ETag": '"abc"'}, url=url)
    answer = server.client.put_object(
        Bucket="company1-sales", Key="a dir/ü +%.txt", Body=io.BytesIO(data), Metadata={"Note": "two words"}
    )
    assert answer["ETag"] == '"abc"'
    assert server.body == data
    assert server.parsed.streaming == "Body"
    assert server.parsed.params["Key"] == "a dir/ü +%.txt"
    assert server.parsed.params["Metadata"] == {"note": "two words"}
    chunked = server.request.headers.get("x-amz-content-sha256") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert chunked == url.startswith("https")  # what botocore 1.44 sends: a trailer over TLS, else a header
    assert ("x-amz-trailer" in server.request.headers) == chunked
    assert ("x-amz-checksum-crc32" in server.request.headers) == (not chunked)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_each_checksum_that_a_client_can_choose_is_checked(algorithm):
    server = Server("s3", url="https://127.0.0.1:8000")
    server.client.put_object(Bucket="b-b-b", Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    assert server.body == b"hello"
    assert server.parsed.params["ChecksumAlgorithm"] == algorithm


def test_a_download_streams_with_its_headers():
    result = {
        "Body": b"hello",
        "ContentLength": 5,
        "ContentType": "text/plain",
        "ETag": '"5d41"',
        "LastModified": NOW,
        "Metadata": {"note": "x"},
    }
    server = Server("s3", lambda parsed: result)
    answer = server.client.get_object(Bucket="b-b-b", Key="k")
    assert answer["Body"].read() == b"hello"
    assert {name: answer[name] for name in result if name != "Body"} == {k: v for k, v in result.items() if k != "Body"}


def test_a_part_of_an_object_is_206():
    server = Server("s3", lambda parsed: {"Body": b"he", "ContentLength": 2, "ContentRange": "bytes 0-1/5"})
    answer = server.client.get_object(Bucket="b-b-b", Key="k", Range="bytes=0-1")
    assert server.parsed.params["Range"] == "bytes=0-1"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_listing_shows_keys_with_odd_characters():
    contents = [{"Key": "a%20b%01", "LastModified": NOW, "ETag": '"x"', "Size": 3, "StorageClass": "STANDARD"}]
    server = Server("s3", lambda parsed: {"Contents": contents, "EncodingType": "url", "IsTruncated": False})
    answer = server.client.list_objects_v2(Bucket="b-b-b", Prefix="a b&c=d/")
    assert server.parsed.params == {"Bucket": "b-b-b", "Prefix": "a b&c=d/", "EncodingType": "url"}
    assert answer["Contents"][0]["Key"] == "a b\x01"
    assert answer["Contents"][0]["LastModified"] == NOW


@pytest.mark.parametrize(("region", "shown"), [(None, None), ("eu-west-1", "eu-west-1")])
def test_a_bucket_tells_its_region(region, shown):
    server = Server("s3", lambda parsed: {"LocationConstraint": region})
    assert server.client.get_bucket_location(Bucket="b-b-b")["LocationConstraint"] == shown


def test_a_bucket_is_made_with_and_without_a_body():
    server = Server("s3", lambda parsed: {"Location": "/b-b-b"})
    server.client.create_bucket(Bucket="b-b-b")
    assert server.parsed.params == {"Bucket": "b-b-b"}
    constraint = {"LocationConstraint": "eu-west-1"}
    server.client.create_bucket(Bucket="b-b-b", CreateBucketConfiguration=constraint)
    assert server.parsed.params == {"Bucket": "b-b-b", "CreateBucketConfiguration": constraint}


def test_objects_are_deleted_in_bulk():
    server = Server("s3", lambda parsed: {"Deleted": [{"Key": "a"}], "Errors": [{"Key": "b", "Code": "AccessDenied"}]})
    answer = server.client.delete_objects(Bucket="b-b-b", Delete={"Objects": [{"Key": "a"}, {"Key": " b\n"}]})
    assert server.parsed.params["Delete"] == {"Objects": [{"Key": "a"}, {"Key": " b\n"}]}
    assert (answer["Deleted"], answer["Errors"]) == ([{"Key": "a"}], [{"Key": "b", "Code": "AccessDenied"}])


def test_a_bucket_policy_travels_as_text():
    policy = '{"Version":"2012-10-17","Statement":[]}'
    server = Server("s3", lambda parsed: {"Policy": policy})
    server.client.put_bucket_policy(Bucket="b-b-b", Policy=policy)
    assert server.parsed.params["Policy"] == policy
    assert server.client.get_bucket_policy(Bucket="b-b-b")["Policy"] == policy


def test_an_acl_names_its_grantees_type():
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": "1"}, "Permission": "FULL_CONTROL"}]
    server = Server("s3", lambda parsed: {"Owner": {"ID": "1"}, "Grants": grants})
    assert server.client.get_bucket_acl(Bucket="b-b-b")["Grants"] == grants
    server.client.put_bucket_acl(Bucket="b-b-b", AccessControlPolicy={"Owner": {"ID": "1"}, "Grants": grants})
    assert server.parsed.params["AccessControlPolicy"]["Grants"] == grants


def test_a_virtual_host_names_the_bucket():
    server = Server("s3", url="http://s3.test", s3={"addressing_style": "virtual"})
    server.client.delete_object(Bucket="company1-sales", Key="a//b")
    assert server.request.path == "/a//b"
    assert server.parsed.params == {"Bucket": "company1-sales", "Key": "a//b"}
    server.client.list_objects(Bucket="company1-sales")
    assert (server.parsed.operation, server.parsed.params["Bucket"]) == ("ListObjects", "company1-sales")


def test_a_role_is_assumed():
    credentials = {
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "s",
        "SessionToken": base64.b64encode(b"t" * 300).decode(),
        "Expiration": NOW,
    }
    server = Server("sts", lambda parsed: {"Credentials": credentials, "PackedPolicySize": 6})
    answer = server.client.assume_role(
        RoleArn="arn:aws:iam::1:role/r",
        RoleSessionName="one",
        DurationSeconds=900,
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/x"}],
        TransitiveTagKeys=[],
    )
    assert server.parsed.params["PolicyArns"] == [{"arn": "arn:aws:iam::aws:policy/x"}]
    assert (server.parsed.params["DurationSeconds"], server.parsed.params["TransitiveTagKeys"]) == (900, [])
    assert (answer["Credentials"], answer["PackedPolicySize"]) == (credentials, 6)
