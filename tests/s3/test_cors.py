"""Pages of other sites: what a bucket's CORS configuration lets them ask and read."""

from __future__ import annotations

import pytest
from django.test import Client

from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import policy, unblock

pytestmark = pytest.mark.django_db
HR, SITE = "company1-hr", "https://app.example.com"
RULES = [
    {
        "AllowedOrigins": ["https://*.example.com"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["x-amz-*", "authorization"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
]


@pytest.fixture
def s3(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return boto("s3", known["access_key_id"], known["secret_access_key"])


@pytest.fixture
def shared(s3):
    s3.put_bucket_cors(Bucket=HR, CORSConfiguration={"CORSRules": RULES})


def asked(path=f"/{HR}/Test.txt", origin=SITE, method="GET", headers="", **more):
    given = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        given["Access-Control-Request-Headers"] = headers
    return Client().options(path, headers=given, **more)


def test_the_configuration_comes_back(s3, shared):
    assert s3.get_bucket_cors(Bucket=HR)["CORSRules"] == RULES


def test_a_preflight_is_answered_by_the_first_rule_that_fits(shared, sandbox):
    answer = asked(method="PUT", headers="Authorization, X-Amz-Date")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert answer["Access-Control-Allow-Methods"] == "GET, PUT"
    assert answer["Access-Control-Allow-Headers"] == "authorization, x-amz-date"
    assert (answer["Access-Control-Max-Age"], answer["Access-Control-Expose-Headers"]) == ("60", "ETag")
    assert "Origin" in answer["Vary"]
    assert asked(method="HEAD", origin="https://elsewhere.org")["Access-Control-Allow-Origin"] == "*"
    assert asked("/Test.txt", HTTP_HOST=f"{HR}.localhost").status_code == 200
    assert asked(f"/s/{sandbox.sandbox.public_name}/{HR}/Test.txt").status_code == 200


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"origin": "https://elsewhere.org"}, "not whitelisted"),
        ({"origin": "https://example.com.evil.org"}, "not whitelisted"),
        ({"method": "DELETE"}, "not whitelisted"),
        ({"headers": "x-other"}, "not whitelisted"),
        ({"path": "/company1-sales/report.csv"}, "CORS is not enabled for this bucket."),
        ({"path": "/no-such-bucket/x"}, "CORS is not enabled for this bucket."),
        ({"path": "/iam/home"}, "CORS is not enabled for this bucket."),
    ],
)
def test_any_other_preflight_is_refused(shared, more, why):
    answer = asked(**more)
    assert answer.status_code == 403
    assert why in answer.content.decode()
    assert "Access-Control-Allow-Origin" not in answer


def test_a_page_may_read_what_the_bucket_lets_it(s3, shared, sandbox, other_sandbox):
    link = s3.generate_presigned_url("get_object", Params={"Bucket": HR, "Key": "Test.txt"})
    path, _, query = link.partition("?")

    def got(origin, key="Test.txt"):
        uri = f"/{HR}/{key}?{query}"
        answer = Client().get(f"/{HR}/{key}", QUERY_STRING=query, REQUEST_URI=uri, headers={"Origin": origin})
        answer.close()
        return answer

    assert path.endswith(f"/{HR}/Test.txt")
    answer = got(SITE)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, SITE)
    assert answer["Access-Control-Expose-Headers"] == "ETag"
    # A refusal can be read too, or the page could not say what went wrong.
    assert got(SITE, "other")["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Origin" not in got("https://elsewhere.org")


def test_an_object_that_is_public_is_read_by_pages_of_other_sites(root, shared, sandbox):
    unblock(root)
    grant = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{HR}/*"}
    root.call("s3:PutBucketPolicy", bucket=HR, policy=policy(grant))
    answer = Client().get(f"/s/{sandbox.sandbox.public_name}/{HR}/Test.txt", headers={"Origin": SITE})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, SITE)
    answer.close()
