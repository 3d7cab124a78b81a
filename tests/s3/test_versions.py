"""Versions, delete markers, tags and the lists of them, by the genuine client."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from iamconsole.core.errors import AccessDenied
from iamconsole.s3.models import StoredObject
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import lifecycle
from tests.boto import boto
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db
HR = "company1-hr"


@pytest.fixture
def s3(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return boto("s3", known["access_key_id"], known["secret_access_key"])


@pytest.fixture
def versioned(s3):
    s3.put_bucket_versioning(Bucket=HR, VersioningConfiguration={"Status": "Enabled"})
    return s3


def error_of(call, **params):
    with pytest.raises(ClientError) as error:
        call(Bucket=HR, **params)
    return error.value.response


def code_of(call, **params):
    return error_of(call, **params)["Error"]["Code"]


def body(s3, key, **params):
    return s3.get_object(Bucket=HR, Key=key, **params)["Body"].read()


def put(s3, key, content):
    return s3.put_object(Bucket=HR, Key=key, Body=content).get("VersionId")


def told(s3, **params):
    """Every version and marker of the bucket: key, version, latest, marker."""
    found = s3.list_object_versions(Bucket=HR, **params)
    kinds = ((found.get("Versions", ()), False), (found.get("DeleteMarkers", ()), True))
    return sorted((one["Key"], one["VersionId"], one["IsLatest"], marker) for rows, marker in kinds for one in rows)


def test_versioning_is_off_on_and_suspended_and_never_off_again(s3):
    assert "Status" not in s3.get_bucket_versioning(Bucket=HR)
    assert put(s3, "a", b"1") is None
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=HR, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=HR)["Status"] == status
    assert code_of(s3.put_bucket_versioning, VersioningConfiguration={}) == "IllegalVersioningConfigurationException"


def test_each_put_is_a_version_and_the_older_ones_stay(versioned, sandbox):
    first, second = put(versioned, "a", b"one"), put(versioned, "a", b"two")
    assert first != second
    assert (body(versioned, "a"), body(versioned, "a", VersionId=first)) == (b"two", b"one")
    # What was there before versioning has the version ID "null".
    put(versioned, "Test.txt", b"new")
    assert body(versioned, "Test.txt", VersionId="null") == b"Hello!\n"
    assert versioned.head_object(Bucket=HR, Key="a")["VersionId"] == second
    assert [one["Key"] for one in versioned.list_objects_v2(Bucket=HR)["Contents"]] == ["Test.txt", "a"]
    stored = StoredObject.objects.filter(bucket__account=sandbox)
    assert usage_of(sandbox.sandbox_id).bytes == sum(stored.values_list("size", flat=True))
    assert usage_of(sandbox.sandbox_id).objects == stored.count() + 3


def test_a_delete_leaves_a_marker_and_deleting_the_marker_brings_the_object_back(versioned):
    version = put(versioned, "a", b"one")
    deleted = versioned.delete_object(Bucket=HR, Key="a")
    assert deleted["DeleteMarker"] is True
    missing = error_of(versioned.get_object, Key="a")
    assert missing["Error"]["Code"] == "NoSuchKey"
    assert missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == deleted["VersionId"]
    refused = error_of(versioned.get_object, Key="a", VersionId=deleted["VersionId"])
    assert (refused["Error"]["Code"], refused["ResponseMetadata"]["HTTPStatusCode"]) == ("MethodNotAllowed", 405)
    assert body(versioned, "a", VersionId=version) == b"one"
    marker = deleted["VersionId"]
    assert told(versioned, Prefix="a") == sorted([("a", version, False, False), ("a", marker, True, True)])
    again = versioned.delete_object(Bucket=HR, Key="a", VersionId=deleted["VersionId"])
    assert (again["DeleteMarker"], again["VersionId"]) == (True, deleted["VersionId"])
    assert body(versioned, "a") == b"one"
    # Whatever is deleted, a marker is left: also where nothing was.
    assert versioned.delete_object(Bucket=HR, Key="never")["DeleteMarker"] is True


def test_a_version_is_deleted_for_good(versioned, tmp_path, django_capture_on_commit_callbacks):
    first, second, third = (put(versioned, "a", content) for content in (b"one", b"two", b"three"))
    with django_capture_on_commit_callbacks(execute=True):
        versioned.delete_object(Bucket=HR, Key="a", VersionId=third)
    assert body(versioned, "a") == b"two"
    assert code_of(versioned.get_object, Key="a", VersionId=third) == "NoSuchVersion"
    assert told(versioned, Prefix="a") == sorted([("a", first, False, False), ("a", second, True, False)])
    stored = [path.read_bytes() for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert b"three" not in stored
    assert b"one" in stored


def test_while_suspended_only_the_version_without_an_id_is_replaced(versioned):
    kept = put(versioned, "a", b"kept")
    versioned.put_bucket_versioning(Bucket=HR, VersioningConfiguration={"Status": "Suspended"})
    assert put(versioned, "a", b"null 1") == "null"
    assert put(versioned, "a", b"null 2") == "null"
    assert told(versioned, Prefix="a") == sorted([("a", kept, False, False), ("a", "null", True, False)])
    assert versioned.delete_object(Bucket=HR, Key="a")["VersionId"] == "null"
    assert told(versioned, Prefix="a") == sorted([("a", kept, False, False), ("a", "null", True, True)])
    assert body(versioned, "a", VersionId=kept) == b"kept"


def test_versions_are_listed_newest_first_page_by_page(versioned):
    for key in ("a/1", "a/2", "b", "c"):
        for number in range(3):
            put(versioned, key, b"%d" % number)
    versioned.delete_object(Bucket=HR, Key="b")
    whole = versioned.list_object_versions(Bucket=HR)
    versions = [(one["Key"], one["VersionId"]) for one in whole["Versions"]]
    assert [key for key, _ in versions] == ["Test.txt", *["a/1"] * 3, *["a/2"] * 3, *["b"] * 3, *["c"] * 3]
    assert [one["IsLatest"] for one in whole["Versions"] if one["Key"] == "c"] == [True, False, False]
    for size in (1, 2, 5):
        pages = versioned.get_paginator("list_object_versions").paginate(Bucket=HR, PaginationConfig={"PageSize": size})
        listed, markers = [], []
        for page in pages:
            listed += [(one["Key"], one["VersionId"]) for one in page.get("Versions", ())]
            markers += [one["Key"] for one in page.get("DeleteMarkers", ())]
        assert (listed, markers) == (versions, ["b"])
    folded = versioned.list_object_versions(Bucket=HR, Delimiter="/", Prefix="a")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["a/"]
    assert "Versions" not in folded
    assert code_of(versioned.list_object_versions, VersionIdMarker="x") == "InvalidArgument"


def test_a_bucket_with_versions_is_not_deleted(versioned):
    versioned.delete_object(Bucket=HR, Key="Test.txt")
    refused = error_of(versioned.delete_bucket)["Error"]
    message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    assert refused["Message"] == message
    for one in told(versioned):
        versioned.delete_object(Bucket=HR, Key=one[0], VersionId=one[1])
    versioned.delete_bucket(Bucket=HR)


def test_many_are_deleted_at_once_and_each_is_decided_for_itself(versioned, root, sandbox):
    first = put(versioned, "mine/a", b"1")
    put(versioned, "mine/a", b"2")
    put(versioned, "theirs", b"3")
    rights = policy(allow("s3:DeleteObject", f"arn:aws:s3:::{HR}/mine/*"))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="own", policy_document=rights)
    amin = client_for(sandbox, "amin")
    asked = [{"Key": "mine/a"}, {"Key": "theirs"}, {"Key": "mine/a", "VersionId": first}, {"Key": "x" * 1025}]
    answer = amin.call("s3:DeleteObjects", bucket=HR, delete={"Objects": asked})
    assert [one["Key"] for one in answer["Deleted"]] == ["mine/a"]
    assert answer["Deleted"][0]["DeleteMarker"] is True
    refused = [(one["Key"], one["Code"]) for one in answer["Errors"]]
    assert refused == [("theirs", "AccessDenied"), ("mine/a", "AccessDenied"), ("x" * 1025, "KeyTooLongError")]
    assert "is not authorized to perform: s3:DeleteObjectVersion" in answer["Errors"][1]["Message"]
    assert body(versioned, "theirs") == b"3"
    quiet = versioned.delete_objects(Bucket=HR, Delete={"Objects": [{"Key": "theirs"}], "Quiet": True})
    assert "Deleted" not in quiet
    with pytest.raises(ClientError, match="NoSuchBucket"):
        versioned.delete_objects(Bucket="no-such-bucket", Delete={"Objects": [{"Key": "a"}]})


def test_a_version_needs_permissions_of_its_own(versioned, root, sandbox):
    version = put(versioned, "a", b"one")
    actions = ["s3:GetObject", "s3:DeleteObject", "s3:ListBucket"]
    rights = policy(allow(actions, [f"arn:aws:s3:::{HR}", f"arn:aws:s3:::{HR}/*"]))
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="own", policy_document=rights)
    amin = client_for(sandbox, "amin")
    amin.call("s3:GetObject", bucket=HR, key="a")["Body"].close()
    for operation, action in (
        ("GetObject", "GetObjectVersion"),
        ("HeadObject", "GetObjectVersion"),
        ("DeleteObject", "DeleteObjectVersion"),
        ("GetObjectTagging", "GetObjectVersionTagging"),
        ("GetObjectAcl", "GetObjectVersionAcl"),
    ):
        with pytest.raises(AccessDenied, match=f"s3:{action} on resource"):
            amin.call(f"s3:{operation}", bucket=HR, key="a", version_id=version)
    with pytest.raises(AccessDenied, match="s3:ListBucketVersions"):
        amin.call("s3:ListObjectVersions", bucket=HR)


# -- tags -------------------------------------------------------------------------------------------


def test_objects_have_tags_and_policies_ask_for_them(s3, root, sandbox):
    s3.put_object(Bucket=HR, Key="t", Body=b"x", Tagging="team=hr&level=a%20b")
    assert s3.head_object(Bucket=HR, Key="t")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "2"
    tags = {one["Key"]: one["Value"] for one in s3.get_object_tagging(Bucket=HR, Key="t")["TagSet"]}
    assert tags == {"team": "hr", "level": "a b"}
    condition = {"StringEquals": {"s3:ExistingObjectTag/team": "hr"}}
    rights = policy(allow("s3:GetObject", f"arn:aws:s3:::{HR}/*") | {"Condition": condition})
    root.call("iam:PutUserPolicy", user_name="amin", policy_name="own", policy_document=rights)
    amin = client_for(sandbox, "amin")
    amin.call("s3:HeadObject", bucket=HR, key="t")
    s3.put_object_tagging(Bucket=HR, Key="t", Tagging={"TagSet": [{"Key": "team", "Value": "it"}]})
    with pytest.raises(AccessDenied):
        amin.call("s3:HeadObject", bucket=HR, key="t")
    s3.delete_object_tagging(Bucket=HR, Key="t")
    assert s3.get_object_tagging(Bucket=HR, Key="t")["TagSet"] == []


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([("a", "1"), ("a", "2")], "InvalidTag"),
        ([("aws:x", "1")], "InvalidTag"),
        ([("k" * 129, "1")], "InvalidTag"),
        ([("k", "v" * 257)], "InvalidTag"),
        ([(str(n), "1") for n in range(11)], "BadRequest"),
    ],
)
def test_tags_that_s3_does_not_take(s3, tags, code):
    tag_set = {"TagSet": [{"Key": key, "Value": value} for key, value in tags]}
    assert code_of(s3.put_object_tagging, Key="Test.txt", Tagging=tag_set) == code
    assert s3.get_object_tagging(Bucket=HR, Key="Test.txt")["TagSet"] == []
