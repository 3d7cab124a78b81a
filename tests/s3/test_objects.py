"""S3's own rules through the genuine client: listing, ranges, names, and what a stranger may learn."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from iamconsole.s3 import names
from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, client_for, deny, policy

pytestmark = pytest.mark.django_db

ODD_KEYS = [
    "a b",
    "a//b",
    "../../etc/passwd",
    "%2e%2e/%00",
    "ünïcødé/日本語/🎉",
    "plus+and&amp;<tag>\"'",
    "?query=1#fragment",
    " leading and trailing ",
    "x" * 1024,
    ".",
    "..",
    "a/../b",
]


@pytest.fixture
def s3(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return boto("s3", known["access_key_id"], known["secret_access_key"])


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_with_odd_characters_comes_back_as_it_went(s3, key, tmp_path):
    s3.put_object(Bucket="company1-hr", Key=key, Body=key.encode())
    assert s3.get_object(Bucket="company1-hr", Key=key)["Body"].read() == key.encode()
    assert key in [item["Key"] for item in s3.list_objects_v2(Bucket="company1-hr")["Contents"]]
    assert all((tmp_path / "objects") in path.parents for path in tmp_path.rglob("*") if path.is_file())
    s3.delete_object(Bucket="company1-hr", Key=key)
    assert key not in [item["Key"] for item in s3.list_objects_v2(Bucket="company1-hr")["Contents"]]


def test_listing_folds_folders_and_pages_without_repeating(s3):
    keys = [f"logs/{n:03}" for n in range(30)] + ["a", "z", "logs.txt"]
    for key in keys:
        s3.put_object(Bucket="company1-hr", Key=key, Body=b"")
    found = s3.list_objects_v2(Bucket="company1-hr", Delimiter="/")
    assert [item["Key"] for item in found["Contents"]] == ["Test.txt", "a", "logs.txt", "z"]
    assert [item["Prefix"] for item in found["CommonPrefixes"]] == ["logs/"]

    for operation in ("list_objects_v2", "list_objects"):
        pages = s3.get_paginator(operation).paginate(Bucket="company1-hr", PaginationConfig={"PageSize": 7})
        assert [i["Key"] for p in pages for i in p["Contents"]] == sorted([*keys, "Test.txt"])
        pages = list(
            s3.get_paginator(operation).paginate(Bucket="company1-hr", Delimiter="/", PaginationConfig={"PageSize": 2})
        )
        assert [i["Key"] for p in pages for i in p.get("Contents", ())] == ["Test.txt", "a", "logs.txt", "z"]
        assert [i["Prefix"] for p in pages for i in p.get("CommonPrefixes", ())] == ["logs/"]
    inside = s3.list_objects_v2(Bucket="company1-hr", Prefix="logs/02", MaxKeys=3)
    assert [item["Key"] for item in inside["Contents"]] == ["logs/020", "logs/021", "logs/022"]
    assert inside["IsTruncated"] is True
    assert s3.list_objects_v2(Bucket="company1-hr", Prefix="none")["KeyCount"] == 0


def test_prefixes_are_told_apart_by_case(s3):
    for key in ("Logs/a", "logs/b"):
        s3.put_object(Bucket="company1-hr", Key=key, Body=b"")
    assert [i["Key"] for i in s3.list_objects_v2(Bucket="company1-hr", Prefix="logs/")["Contents"]] == ["logs/b"]


def test_ranges(s3):
    s3.put_object(Bucket="company1-hr", Key="r", Body=b"0123456789")

    def part(wanted):
        answer = s3.get_object(Bucket="company1-hr", Key="r", Range=wanted)
        return answer["Body"].read(), answer["ResponseMetadata"]["HTTPStatusCode"]

    assert part("bytes=2-4") == (b"234", 206)
    assert part("bytes=7-") == (b"789", 206)
    assert part("bytes=-2") == (b"89", 206)
    assert part("bytes=0-100") == (b"0123456789", 206)
    with pytest.raises(ClientError) as error:
        part("bytes=10-")
    assert error.value.response["Error"]["Code"] == "InvalidRange"


def test_metadata_and_headers_come_back(s3):
    s3.put_object(
        Bucket="company1-hr",
        Key="m",
        Body=b"x",
        ContentType="text/plain",
        CacheControl="no-cache",
        ContentLanguage="de",
        Metadata={"who": "john"},
    )
    head = s3.head_object(Bucket="company1-hr", Key="m")
    assert (head["ContentType"], head["CacheControl"], head["ContentLanguage"]) == ("text/plain", "no-cache", "de")
    assert head["Metadata"] == {"who": "john"}
    assert head["ETag"] == '"9dd4e461268c8034f5c8564e155c67a6"'


def test_an_object_is_replaced_and_the_old_bytes_are_gone(s3, tmp_path, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        s3.put_object(Bucket="company1-hr", Key="k", Body=b"old")
        s3.put_object(Bucket="company1-hr", Key="k", Body=b"new")
    assert s3.get_object(Bucket="company1-hr", Key="k")["Body"].read() == b"new"
    contents = [path.read_bytes() for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert b"old" not in contents


def test_without_list_bucket_a_missing_key_looks_forbidden(s3, root, sandbox):
    """S3 API Reference, GetObject: a caller without s3:ListBucket gets 403 for a key that does not exist."""
    root.call(
        "iam:PutUserPolicy",
        user_name="amin",
        policy_name="get",
        policy_document=policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*")),
    )
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="company1-hr", Key="none")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    from iamconsole.core.errors import AccessDenied

    with pytest.raises(AccessDenied, match="s3:ListBucket"):
        client_for(sandbox, "amin").call("s3:GetObject", bucket="company1-hr", key="none")


def test_a_bucket_policy_grants_and_denies_in_its_own_account(s3, sandbox):
    me = f"arn:aws:iam::{sandbox.account_id}:user/amin"
    s3.put_bucket_policy(
        Bucket="company1-hr",
        Policy=policy(
            {"Principal": {"AWS": me}, **allow("s3:GetObject", "arn:aws:s3:::company1-hr/*")},
            {"Principal": {"AWS": me}, **deny("s3:GetObject", "arn:aws:s3:::company1-hr/secret/*")},
        ),
    )
    s3.put_object(Bucket="company1-hr", Key="secret/x", Body=b"x")
    amin = client_for(sandbox, "amin")
    with amin.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"] as body:
        assert body.read() == b"Hello!\n"
    from iamconsole.core.errors import AccessDenied

    with pytest.raises(AccessDenied, match="with an explicit deny in a resource-based policy"):
        amin.call("s3:GetObject", bucket="company1-hr", key="secret/x")


def test_a_bucket_name_is_taken_within_its_sandbox_only(s3, other_sandbox):
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket="company1-sales")
    assert error.value.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"
    known = lifecycle.describe(other_sandbox)["admin"]
    other = boto("s3", known["access_key_id"], known["secret_access_key"])
    s3.create_bucket(Bucket="both-may-have-it")
    other.create_bucket(Bucket="both-may-have-it")


def test_a_full_bucket_is_not_deleted(s3):
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="company1-hr")
    assert error.value.response["Error"]["Code"] == "BucketNotEmpty"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("abc", True),
        ("my.bucket-1", True),
        ("a" * 63, True),
        ("ab", False),
        ("a" * 64, False),
        ("Abc", False),
        ("a_b", False),
        ("-abc", False),
        ("abc-", False),
        ("a..b", False),
        ("192.168.5.4", False),
        ("xn--abc", False),
        ("sthree-abc", False),
        ("abc-s3alias", False),
        ("abc--ol-s3", False),
        ("<script>", False),
    ],
)
def test_bucket_names(name, good):
    assert (names.bucket_name_problem(name) is None) is good


def test_the_location_of_a_bucket(s3):
    assert s3.get_bucket_location(Bucket="company1-hr")["LocationConstraint"] == "us-west-2"
    s3.create_bucket(Bucket="in-virginia")
    assert s3.get_bucket_location(Bucket="in-virginia")["LocationConstraint"] is None


def code_of(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]["Code"]


def test_what_nothing_here_acts_on_is_refused_and_not_ignored(s3):
    put = {"Bucket": "company1-hr", "Key": "Test.txt", "Body": b"x"}
    assert code_of(s3.put_object, **put, StorageClass="DEEP_ARCHIVE") == "NotImplemented"
    assert code_of(s3.put_object, **put, ServerSideEncryption="aws:kms") == "NotImplemented"
    assert code_of(s3.put_object, **put, ACL="public-read") == "AccessControlListNotSupported"
    assert code_of(s3.put_object, **put, WebsiteRedirectLocation="/x") == "NotImplemented"
    assert code_of(s3.delete_object, Bucket="company1-hr", Key="Test.txt", MFA="1 2") == "NotImplemented"
    other = "999999999999"
    delete = {"Bucket": "company1-hr", "Key": "Test.txt"}
    assert code_of(s3.delete_object, **delete, ExpectedBucketOwner=other) == "AccessDenied"
    assert s3.get_object(Bucket="company1-hr", Key="Test.txt")["Body"].read() == b"Hello!\n"
    s3.put_object(**put, ACL="private", StorageClass="STANDARD", ServerSideEncryption="AES256")


def test_preconditions_on_the_etag(s3):
    put = {"Bucket": "company1-hr", "Key": "Test.txt", "Body": b"new"}
    assert code_of(s3.put_object, **put, IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.put_object, **put, IfMatch='"0"') == "PreconditionFailed"
    etag = s3.head_object(Bucket="company1-hr", Key="Test.txt")["ETag"]
    assert s3.get_object(Bucket="company1-hr", Key="Test.txt", IfMatch=etag)["Body"].read() == b"Hello!\n"
    s3.put_object(**put, IfMatch=etag)
    assert code_of(s3.get_object, Bucket="company1-hr", Key="Test.txt", IfMatch=etag) == "PreconditionFailed"
    s3.put_object(Bucket="company1-hr", Key="fresh", Body=b"x", IfNoneMatch="*")


def test_a_negative_number_of_keys_is_refused(s3):
    assert code_of(s3.list_objects_v2, Bucket="company1-hr", MaxKeys=-1) == "InvalidArgument"


def test_another_region_must_be_named(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    ireland = boto("s3", known["access_key_id"], known["secret_access_key"], region="eu-west-1")
    assert code_of(ireland.create_bucket, Bucket="nowhere-said") == "IllegalLocationConstraintException"
    ireland.create_bucket(Bucket="said", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_a_refusal_that_hides_a_missing_key_is_the_events_decision(root, sandbox):
    from iamconsole.cloudtrail.models import Event
    from iamconsole.core.errors import AccessDenied

    get = policy(allow("s3:GetObject", "arn:aws:s3:::company1-hr/*"))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="get", policy_document=get)
    amin = client_for(sandbox, "amin")
    with pytest.raises(AccessDenied):
        amin.call("s3:GetObject", bucket="company1-hr", key="none")
    amin.flush()
    event = Event.objects.latest("id")
    assert (event.action, event.outcome) == ("s3:ListBucket", "implicit_deny")


def test_bytes_that_cannot_be_removed_do_not_undo_a_committed_upload(
    s3, tmp_path, django_capture_on_commit_callbacks, caplog
):
    s3.put_object(Bucket="company1-hr", Key="k", Body=b"old")
    for path in sorted((tmp_path / "objects").rglob("*"), reverse=True):
        if path.is_file() and path.read_bytes() == b"old":
            path.unlink()
            path.mkdir()
            (path / "in the way").write_text("")
    with django_capture_on_commit_callbacks(execute=True):
        s3.put_object(Bucket="company1-hr", Key="k", Body=b"new")
    assert s3.get_object(Bucket="company1-hr", Key="k")["Body"].read() == b"new"


def test_a_bucket_policy_names_this_bucket_its_actions_and_people_who_are_there(s3, sandbox, other_sandbox):
    me = f"arn:aws:iam::{sandbox.account_id}"
    bucket, objects = "arn:aws:s3:::company1-hr", "arn:aws:s3:::company1-hr/*"
    for principal, action, resource, message in (
        (f"{me}:user/nobody", "s3:GetObject", objects, "Invalid principal in policy"),
        (f"{me}:group/HR", "s3:GetObject", objects, "Invalid principal in policy"),
        ("arn:aws:iam::999999999999:root", "s3:GetObject", objects, "Invalid principal in policy"),
        (f"arn:aws:iam::{other_sandbox.account_id}:user/amin", "s3:GetObject", objects, "Invalid principal in policy"),
        ("*", "s3:GetObject", "*", "Policy has invalid resource"),
        ("*", "s3:GetObject", "arn:aws:s3:::company1-sales/*", "Policy has invalid resource"),
        ("*", "s3:GetObjct", objects, "Policy has invalid action"),
        ("*", "iam:*", objects, "Policy has invalid action"),
        ("*", "s3:GetObject", bucket, "Action does not apply to any resource(s) in statement"),
        ("*", "s3:ListBucket", objects, "Action does not apply to any resource(s) in statement"),
    ):
        document = policy({"Principal": {"AWS": principal}, **allow(action, resource)})
        with pytest.raises(ClientError) as error:
            s3.put_bucket_policy(Bucket="company1-hr", Policy=document)
        assert error.value.response["Error"]["Code"] == "MalformedPolicy"
        assert error.value.response["Error"]["Message"] == message
    for action, resource in (("s3:*", bucket), ("s3:*", objects), ("s3:Get*", objects)):
        document = policy({"Principal": {"AWS": f"{me}:user/amin"}, **allow(action, resource)})
        s3.put_bucket_policy(Bucket="company1-hr", Policy=document)
