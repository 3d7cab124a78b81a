"""Objects without credentials: the bucket's policy decides, and nothing else of the sandbox can be reached."""

from __future__ import annotations

import io
import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils.http import http_date

from iamconsole.cloudtrail.models import Event
from iamconsole.s3.models import StoredObject
from tests.factories import client_for, policy, sign_in, unblock

pytestmark = pytest.mark.django_db

OBJECTS = "arn:aws:s3:::company1-hr/*"
BUCKET = "arn:aws:s3:::company1-hr"


@pytest.fixture
def anybody() -> Client:
    return Client()


def public(*statements):
    return policy(*({"Effect": "Allow", "Principal": "*", **one} for one in statements))


@pytest.fixture
def readable(root):
    unblock(root)
    root.call(
        "s3:PutBucketPolicy", bucket="company1-hr", policy=public({"Action": "s3:GetObject", "Resource": OBJECTS})
    )


def address(account, bucket="company1-hr", key="Test.txt"):
    return f"/s/{account.sandbox.public_name}/{bucket}/{quote(key)}"


def body_of(answer):
    body = b"".join(answer.streaming_content)
    answer.close()
    return body


def code_of(answer):
    return re.search(r"<Code>(\w+)</Code>", answer.content.decode())[1]


def test_a_bucket_policy_opens_an_object_to_everybody(anybody, sandbox, readable):
    answer = anybody.get(address(sandbox))
    assert answer.status_code == 200
    assert body_of(answer) == b"Hello!\n"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_without_a_policy_the_answer_is_amazon_s3s_refusal(anybody, sandbox):
    answer = anybody.get(address(sandbox))
    assert (answer.status_code, code_of(answer), answer["Content-Type"]) == (403, "AccessDenied", "application/xml")
    assert "<Message>Access Denied</Message>" in answer.content.decode()


def test_a_key_that_is_not_there_is_only_said_to_who_may_list(anybody, root, sandbox, readable):
    missing = address(sandbox, key="none.txt")
    assert code_of(anybody.get(missing)) == "AccessDenied"
    both = public({"Action": "s3:GetObject", "Resource": OBJECTS}, {"Action": "s3:ListBucket", "Resource": BUCKET})
    root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=both)
    answer = anybody.get(missing)
    assert (answer.status_code, code_of(answer)) == (404, "NoSuchKey")
    listed = anybody.get(f"/s/{sandbox.sandbox.public_name}/company1-hr/")
    assert "<Key>Test.txt</Key>" in listed.content.decode()


def test_a_bucket_of_another_sandbox_is_none(anybody, root, sandbox, other_sandbox):
    root.call("s3:CreateBucket", bucket="only-here")
    answers = [
        anybody.get(address(other_sandbox, bucket="only-here")),
        anybody.get(f"/s/{'n' * 16}/only-here/Test.txt"),
        anybody.get(address(other_sandbox, bucket="nowhere-at-all")),
    ]
    assert [(one.status_code, code_of(one)) for one in answers] == [(404, "NoSuchBucket")] * 3
    assert not Event.objects.filter(principal_type="AWSAccount").exists()


def test_the_sandboxs_secret_link_is_no_name_of_objects(anybody, sandbox, readable):
    answer = anybody.get(f"/s/{sandbox.sandbox.slug}/company1-hr/Test.txt")
    assert code_of(answer) == "NoSuchBucket"


def test_whoever_is_signed_in_is_nobody_there(sandbox, as_user):
    answer = as_user("admin").get(address(sandbox))
    assert code_of(answer) == "AccessDenied"


def test_a_head_asks_the_same_and_sends_no_body(anybody, sandbox, readable):
    answer = anybody.head(address(sandbox))
    assert (answer.status_code, answer["Content-Length"], answer.content) == (200, "7", b"")
    refused = anybody.head(address(sandbox, bucket="company1-logs", key="2023-10-07.log"))
    assert (refused.status_code, refused.content) == (403, b"")


def test_ranges_are_given(anybody, sandbox, readable):
    answer = anybody.get(address(sandbox), headers={"Range": "bytes=1-3"})
    assert (answer.status_code, body_of(answer), answer["Content-Range"]) == (206, b"ell", "bytes 1-3/7")
    assert code_of(anybody.get(address(sandbox), headers={"Range": "bytes=90-"})) == "InvalidRange"


#   headers                                              status
CONDITIONS = [
    ({"If-None-Match": "{etag}"}, 304),
    ({"If-None-Match": 'W/"other", {etag}'}, 304),
    ({"If-None-Match": '"other"'}, 200),
    ({"If-Match": '"other"'}, 412),
    ({"If-Match": "{etag}"}, 200),
    ({"If-Modified-Since": "{modified}"}, 304),
    ({"If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"}, 200),
    ({"If-Modified-Since": "no date"}, 200),
    ({"If-Unmodified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"}, 412),
    # S3 API Reference, GetObject: the ETag outweighs the time.
    ({"If-Match": "{etag}", "If-Unmodified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"}, 200),
    ({"If-None-Match": "{etag}", "If-Modified-Since": "Thu, 01 Jan 1998 00:00:00 GMT"}, 304),
]


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(("headers", "status"), CONDITIONS)
def test_conditions_hold_as_in_the_api(anybody, sandbox, readable, headers, status, method):
    row = StoredObject.objects.get(key="Test.txt")
    known = {"etag": f'"{row.etag}"', "modified": http_date(row.modified.timestamp())}
    sent = {name: value.format(**known) for name, value in headers.items()}
    answer = getattr(anybody, method)(address(sandbox), headers=sent)
    answer.close()
    assert answer.status_code == status
    if status == 304:
        assert (answer["ETag"], answer.content) == (known["etag"], b"")


def test_what_the_policy_no_longer_allows_is_refused_at_once(anybody, root, sandbox, readable):
    answer = anybody.get(address(sandbox))
    assert (answer["Cache-Control"], body_of(answer)) == ("no-cache", b"Hello!\n")
    root.call("s3:DeleteBucketPolicy", bucket="company1-hr")
    assert code_of(anybody.get(address(sandbox))) == "AccessDenied"


def test_conditions_of_the_policy_see_an_anonymous_request(anybody, root, sandbox):
    def allowed(condition):
        statement = {"Action": "s3:GetObject", "Resource": OBJECTS, "Condition": condition}
        root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=public(statement))
        answer = anybody.get(address(sandbox), headers={"Referer": "https://example.com/a"})
        answer.close()
        return answer.status_code == 200

    unblock(root)
    assert allowed({"StringLike": {"aws:Referer": "https://example.com/*"}})
    assert allowed({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    assert allowed({"StringEquals": {"aws:PrincipalType": "Anonymous"}})
    assert allowed({"Null": {"s3:authType": "true"}})
    assert not allowed({"StringEquals": {"s3:authType": "REST-HEADER"}})
    assert not allowed({"StringEquals": {"aws:PrincipalAccount": sandbox.account_id}})


def test_only_reads_are_made_without_credentials(anybody, root, sandbox):
    unblock(root)
    root.call(
        "s3:PutBucketPolicy", bucket="company1-hr", policy=public({"Action": "s3:*", "Resource": [OBJECTS, BUCKET]})
    )
    for method in ("put", "post", "delete", "patch", "options"):
        answer = getattr(anybody, method)(address(sandbox))
        assert (answer.status_code, code_of(answer)) == (405, "MethodNotAllowed")
    assert StoredObject.objects.filter(key="Test.txt").exists()


def test_an_unsigned_request_cannot_choose_the_answers_headers(anybody, sandbox, readable):
    answer = anybody.get(address(sandbox) + "?response-content-type=text/html")
    assert (answer.status_code, code_of(answer)) == (400, "InvalidRequest")


@pytest.mark.parametrize("used_as", ["script", "style", "worker", "serviceworker"])
def test_no_object_is_code_of_a_page(anybody, sandbox, readable, used_as):
    answer = anybody.get(address(sandbox), headers={"Sec-Fetch-Dest": used_as})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "key", ["a b", "ünï/日本語", "plus+and&<tag>\"'", "?query=1#fragment", "%2e%2e/%00", "a//b", "x" * 900]
)
def test_the_object_page_gives_an_address_that_works(anybody, root, sandbox, readable, key, as_user):
    root.call("s3:PutObject", bucket="company1-hr", key=key, body=io.BytesIO(b"mine"))
    page = as_user("admin").get("/s3/object/company1-hr", {"prefix": key}).content.decode()
    shown = re.search(r'href="http://testserver(/s/[^"]+)"', page)[1]
    assert sandbox.sandbox.slug not in page
    assert body_of(anybody.get(shown, REQUEST_URI=shown)) == b"mine"


def test_the_read_is_an_event_of_the_buckets_owner(anybody, sandbox, readable):
    assert body_of(anybody.get(address(sandbox), headers={"User-Agent": "curl/8"})) == b"Hello!\n"
    anybody.get(address(sandbox, bucket="company1-logs", key="2023-10-07.log"))
    good, refused = Event.objects.filter(principal_type="AWSAccount").order_by("id")
    for event in (good, refused):
        assert (event.account_id, event.name, event.management, event.face) == (sandbox.pk, "GetObject", False, "api")
        assert (event.principal_arn, event.access_key_id, event.session) == ("", "", None)
    assert (good.outcome, good.user_agent) == ("allowed", "curl/8")
    assert (refused.error_code, refused.outcome) == ("AccessDenied", "implicit_deny")


@pytest.mark.parametrize("rest", ["", "/", "//", "/%00/a", "/../signin", "/B\u00e4d/x", "/" + "b" * 300 + "/k"])
def test_odd_addresses_are_answered_in_order(anybody, sandbox, rest):
    assert anybody.get(f"/s/{sandbox.sandbox.public_name}{rest}").status_code in (400, 404)


def test_the_public_name_stays_when_the_link_is_used(sandbox):
    aws = client_for(sandbox)
    assert aws.public_name == sandbox.sandbox.public_name != sandbox.sandbox.slug
    assert sign_in(Client(), sandbox).get("/console/home").status_code == 200
