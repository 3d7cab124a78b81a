"""What the endpoint answers to requests that are wrong, stale, foreign, huge or hostile."""

from __future__ import annotations

import datetime as dt
import hashlib
from urllib.parse import urlencode

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from django.test import Client

from iamconsole.accounts.models import PolicyText
from iamconsole.cloudtrail.models import Event
from iamconsole.gateway.table import OPERATIONS
from iamconsole.iam.models import ManagedPolicy, User
from iamconsole.s3.models import StoredObject
from iamconsole.sandboxes import lifecycle
from tests.boto import boto

pytestmark = pytest.mark.django_db

HOST = "testserver"


@pytest.fixture
def key(sandbox):
    admin = lifecycle.describe(sandbox)["admin"]
    return admin["access_key_id"], admin["secret_access_key"]


def signed(key, *, body="", service="iam", method="POST", path="/", query="", auth=SigV4Auth, headers=None):
    """A request signed as the genuine clients sign, ready to be spoilt."""
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    sent = {"Content-Type": "application/x-www-form-urlencoded"} if service != "s3" else {}
    request = AWSRequest(method, url, headers=sent | (headers or {}), data=body)
    auth(Credentials(*key), service, "us-east-1").add_auth(request)
    return request


def send(request, *, body=None, **more):
    content = request.body if body is None else body
    headers = {name: value for name, value in request.headers.items() if name != "Content-Type"}
    path, _, query = request.url.removeprefix(f"http://{HOST}").partition("?")
    return Client().generic(
        request.method,
        path,
        content or b"",
        content_type=request.headers.get("Content-Type", ""),
        headers=headers,
        HTTP_HOST=HOST,
        QUERY_STRING=query,
        **more,
    )


def call(action, **params):
    return urlencode({"Action": action, "Version": "2010-05-08", **params})


def error_of(response) -> tuple[int, str]:
    text = response.content.decode()
    assert "<Code>" in text, text
    return response.status_code, text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_good_request_is_answered_so_that_the_others_mean_something(key):
    assert send(signed(key, body=call("ListUsers"))).status_code == 200


@pytest.mark.parametrize("name", sorted(name for name, operation in OPERATIONS.items() if not operation.public))
def test_what_only_the_pages_may_call_is_on_no_wire(key, name):
    """Nothing but the names in botocore's models keeps them from it: a later botocore may have one of these."""
    service, _, action = name.partition(":")
    known = Event.objects.count()
    for asked in {service, "iam"}:
        assert send(signed(key, body=call(action), service=asked)).status_code in (400, 404, 501)
    assert Event.objects.count() == known


def test_a_body_changed_after_signing_is_refused(key):
    request = signed(key, body=call("CreateUser", UserName="good"))
    assert error_of(send(request, body=call("CreateUser", UserName="evil"))) == (403, "SignatureDoesNotMatch")
    assert not User.objects.filter(name__in=["good", "evil"]).exists()


def test_a_wrong_secret_is_refused(key):
    assert error_of(send(signed((key[0], "x" * 40), body=call("ListUsers")))) == (403, "SignatureDoesNotMatch")


def test_an_unknown_key_is_refused(key):
    request = signed(("AKIAIOSFODNN7EXAMPLE", key[1]), body=call("ListUsers"))
    assert error_of(send(request)) == (403, "InvalidClientTokenId")


def test_an_inactive_key_looks_like_an_unknown_one(key, root):
    root.call("iam:UpdateAccessKey", user_name="admin", access_key_id=key[0], status="Inactive")
    assert error_of(send(signed(key, body=call("ListUsers")))) == (403, "InvalidClientTokenId")


def test_a_stale_request_is_refused(key, monkeypatch):
    old = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)
    request = AWSRequest("POST", f"http://{HOST}/", data=call("ListUsers"))
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    signer = SigV4Auth(Credentials(*key), "iam", "us-east-1")
    # botocore takes the time from here; ours is the wall clock.
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: old.replace(tzinfo=None))
    signer.add_auth(request)
    status, code = error_of(send(request))
    assert status == 403
    assert code in ("SignatureDoesNotMatch", "RequestExpired")


def test_a_key_speaks_for_its_own_sandbox_only(key, other_sandbox, sandbox):
    """A signature made with another sandbox's key is good, and sees that other sandbox."""
    foreign = lifecycle.describe(other_sandbox)["admin"]
    s3 = boto("s3", foreign["access_key_id"], foreign["secret_access_key"])
    boto("s3", *key).create_bucket(Bucket="mine-alone")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket="mine-alone")
    sts = boto("sts", foreign["access_key_id"], foreign["secret_access_key"])
    assert sts.get_caller_identity()["Account"] == other_sandbox.account_id


def test_temporary_credentials_need_their_session_token(sandbox, as_user):
    browser = as_user("admin")
    access_key_id = browser.session["access_key_id"]
    with pytest.raises(ClientError) as error:
        boto("iam", access_key_id, "x" * 40).list_users()
    assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"
    with pytest.raises(ClientError) as error:
        boto("iam", access_key_id, "x" * 40, token="made-up").list_users()
    assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_an_unsigned_call_is_refused(db):
    answer = Client().post(
        "/", call("ListUsers"), content_type="application/x-www-form-urlencoded", headers={"host": HOST}
    )
    assert error_of(answer) == (403, "MissingAuthenticationToken")


def test_a_session_cookie_is_no_signature(as_user):
    """The endpoint knows no cookies, so no page of another site can act through a learner's browser."""
    answer = as_user("admin").post(
        "/", call("CreateUser", UserName="csrf"), content_type="application/x-www-form-urlencoded"
    )
    assert error_of(answer) == (403, "MissingAuthenticationToken")
    assert not User.objects.filter(name="csrf").exists()


def test_a_body_of_ten_megabytes_is_refused_unread(key):
    body = call("CreatePolicy", PolicyName="Big", PolicyDocument="x" * 10_000_000)
    assert error_of(send(signed(key, body=body))) == (413, "RequestEntityTooLarge")
    assert not ManagedPolicy.objects.filter(name="Big").exists()
    assert not Event.objects.filter(name="CreatePolicy").exists()


def test_an_object_above_the_cap_is_refused_and_leaves_nothing(key, settings, tmp_path):
    settings.IAMCONSOLE_MAX_OBJECT_BYTES = 1000
    with pytest.raises(ClientError, match="EntityTooLarge"):
        boto("s3", *key).put_object(Bucket="company1-hr", Key="big", Body=b"x" * 1001)
    assert not StoredObject.objects.filter(key="big").exists()
    stored = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(stored) == StoredObject.objects.count()


def test_an_upload_that_is_not_what_was_signed_is_refused_and_leaves_nothing(key, tmp_path):
    request = signed(key, service="s3", method="PUT", path="/company1-hr/new", body=b"signed", auth=S3SigV4Auth)
    assert error_of(send(request, body=b"forged"))[1] == "XAmzContentSHA256Mismatch"
    event = Event.objects.latest("id")
    assert (event.name, event.error_code) == ("PutObject", "XAmzContentSHA256Mismatch")
    assert not StoredObject.objects.filter(key="new").exists()
    stored = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(stored) == StoredObject.objects.count()


def test_a_wrong_checksum_is_refused(key):
    with pytest.raises(ClientError) as error:
        boto("s3", *key).put_object(Bucket="company1-hr", Key="new", Body=b"abc", ChecksumCRC32="AAAAAA==")
    assert error.value.response["Error"]["Code"] == "BadDigest"
    assert not StoredObject.objects.filter(key="new").exists()


def test_malformed_policies_are_refused_with_the_texts_of_the_api(key):
    iam = boto("iam", *key)
    before = PolicyText.objects.count()
    for document, message in (
        ("not json", "This policy contains invalid Json"),
        ('{"Version": "2012-10-17", "Statement": []', "This policy contains invalid Json"),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*"}}',
            "Policy statement must contain actions.",
        ),
        (
            '{"Version": "2012-10-17", "Statement": '
            '{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}',
            "Policy document should not specify a principal.",
        ),
    ):
        with pytest.raises(ClientError) as error:
            iam.create_policy(PolicyName="Bad", PolicyDocument=document)
        assert error.value.response["Error"]["Code"] == "MalformedPolicyDocument"
        assert error.value.response["Error"]["Message"] == message
    assert not ManagedPolicy.objects.filter(name="Bad").exists()
    assert PolicyText.objects.count() == before


def test_over_long_and_odd_names_are_refused(key):
    iam = boto("iam", *key)
    long = "x" * 65
    for name, message in (
        (
            long,
            f"1 validation error detected: Value '{long}' at 'userName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        ),
        (
            "<script>alert(1)</script>",
            "The specified value for userName is invalid. "
            "It must contain only alphanumeric characters and/or the following: +=,.@_-",
        ),
    ):
        with pytest.raises(ClientError) as error:
            iam.create_user(UserName=name)
        assert error.value.response["Error"]["Message"] == message


def test_script_in_tags_policies_keys_and_bodies_is_kept_as_text(key):
    script = "<script>alert(1)</script>&amp;\"'"
    iam, s3 = boto("iam", *key), boto("s3", *key)
    document = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s"}}'
    )
    resource = "x/<b>&amp;'</b>"
    iam.create_policy(PolicyName="Odd", PolicyDocument=document % resource)
    version = iam.get_policy_version(
        PolicyArn=iam.list_policies(Scope="Local", MaxItems=1000)["Policies"][-1]["Arn"], VersionId="v1"
    )
    assert version["PolicyVersion"]["Document"]["Statement"]["Resource"] == f"arn:aws:s3:::{resource}"
    s3.put_object(Bucket="company1-hr", Key=script, Body=script.encode(), ContentType="text/html")
    assert script in [item["Key"] for item in s3.list_objects_v2(Bucket="company1-hr")["Contents"]]
    assert s3.get_object(Bucket="company1-hr", Key=script)["Body"].read() == script.encode()


def test_an_html_object_never_runs_in_the_origin_of_the_console(key):
    boto("s3", *key).put_object(Bucket="company1-hr", Key="x.html", Body=b"<script>1</script>", ContentType="text/html")
    request = AWSRequest("GET", f"http://{HOST}/company1-hr/x.html")
    S3SigV4QueryAuth(Credentials(*key), "s3", "us-east-1", expires=60).add_auth(request)
    path, _, query = request.url.removeprefix(f"http://{HOST}").partition("?")
    answer = Client().generic("GET", path, QUERY_STRING=query, HTTP_HOST=HOST)
    assert b"".join(answer.streaming_content) == b"<script>1</script>"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"Action=CreateUser&Version=2010-05-08&UserName=%ff%fe", "application/x-www-form-urlencoded"),
        (b"Action=&Version=", "application/x-www-form-urlencoded"),
        (b'{"UserName": 1}', "application/x-amz-json-1.1"),
        (b"<xml/>", "text/xml"),
        (b"", ""),
    ],
)
def test_bytes_that_are_no_call_get_a_clear_refusal(key, body, content_type):
    request = AWSRequest("POST", f"http://{HOST}/", data=body, headers={"Content-Type": content_type})
    SigV4Auth(Credentials(*key), "iam", "us-east-1").add_auth(request)
    status, code = error_of(send(request))
    assert 400 <= status < 500
    assert code != "InternalFailure"


def test_a_presigned_link_works_until_it_expires(key):
    s3 = boto("s3", *key)
    for version in ("s3v4", "s3"):
        url = boto("s3", *key, signature_version=version).generate_presigned_url(
            "get_object", {"Bucket": "company1-hr", "Key": "Test.txt"}, ExpiresIn=60
        )
        path, _, query = url.removeprefix(f"http://{HOST}").partition("?")
        answer = Client().generic("GET", path, QUERY_STRING=query, HTTP_HOST=HOST)
        assert answer.status_code == 200, answer.content
        assert hashlib.md5(b"".join(answer.streaming_content)).hexdigest() == s3.head_object(
            Bucket="company1-hr", Key="Test.txt"
        )["ETag"].strip('"')


def test_a_bucket_host_names_the_bucket(key):
    host = "company1-hr.localhost:8000"
    request = AWSRequest("GET", f"http://{host}/Test.txt")
    S3SigV4Auth(Credentials(*key), "s3", "us-east-1").add_auth(request)
    answer = Client().generic("GET", "/Test.txt", headers=dict(request.headers.items()), HTTP_HOST=host)
    assert b"".join(answer.streaming_content) == b"Hello!\n"


def test_a_head_request_is_answered_without_a_body(key):
    for path, status in (("/company1-hr/Test.txt", 200), ("/company1-hr/none", 404), ("/none-such/x", 404)):
        request = AWSRequest("HEAD", f"http://{HOST}{path}")
        S3SigV4Auth(Credentials(*key), "s3", "us-east-1").add_auth(request)
        answer = send(request)
        assert answer.status_code == status
        assert answer.content == b""
