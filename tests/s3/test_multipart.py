"""Multipart uploads, copies and checksums, by the genuine client."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib

import pytest
from awscrt import checksums as crt
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.s3.models import MultipartUpload, Part, StoredObject
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import caretaker, lifecycle
from tests.boto import boto
from tests.factories import allow, client_for, policy

pytestmark = pytest.mark.django_db
HR = "company1-hr"
FIVE = 5 * 1024 * 1024
BIG, SMALL = b"a" * FIVE, b"rest"


@pytest.fixture
def s3(sandbox):
    known = lifecycle.describe(sandbox)["admin"]
    return boto("s3", known["access_key_id"], known["secret_access_key"])


def code_of(call, **params):
    with pytest.raises(ClientError) as error:
        call(**{"Bucket": HR} | params)
    return error.value.response["Error"]["Code"]


def body(s3, key, **params):
    return s3.get_object(Bucket=HR, Key=key, **params)["Body"].read()


def begun(s3, key="big", **params):
    return {"Bucket": HR, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=HR, Key=key, **params)["UploadId"]}


def sent(s3, upload, number, content, **params):
    answer = s3.upload_part(**upload, PartNumber=number, Body=content, **params)
    kept = {name: value for name, value in answer.items() if name.startswith("Checksum")}
    return {"PartNumber": number, "ETag": answer["ETag"], **kept}


def complete(s3, upload, *parts, **params):
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(parts)}, **params)


def b64(digest):
    return base64.b64encode(digest).decode()


def counted(sandbox):
    stored = StoredObject.objects.filter(bucket__account=sandbox)
    on_their_way = Part.objects.filter(upload__bucket__account=sandbox)
    uploads = MultipartUpload.objects.filter(bucket__account=sandbox).count()
    return stored.count() + uploads + 3, sum(one.size for one in [*stored, *on_their_way])


def told(sandbox):
    found = usage_of(sandbox.sandbox_id)
    return found.objects, found.bytes


def files(tmp_path):
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


def test_an_object_in_parts(s3, sandbox, tmp_path, django_capture_on_commit_callbacks):
    there = len(files(tmp_path))
    with django_capture_on_commit_callbacks(execute=True):
        said = {"ContentType": "text/plain", "Metadata": {"who": "john"}, "CacheControl": "no-store"}
        upload = begun(s3, **said, Tagging="team=hr")
        sent(s3, upload, 1, b"wrong")
        first, second = sent(s3, upload, 1, BIG), sent(s3, upload, 7, SMALL)
        sent(s3, upload, 9, b"not in it")
        assert told(sandbox) == counted(sandbox)
        made = complete(s3, upload, first, second)
    digests = hashlib.md5(BIG).digest() + hashlib.md5(SMALL).digest()
    assert made["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert body(s3, "big") == BIG + SMALL
    head = s3.head_object(Bucket=HR, Key="big")
    assert (head["ContentType"], head["Metadata"], head["CacheControl"]) == ("text/plain", {"who": "john"}, "no-store")
    assert s3.get_object_tagging(Bucket=HR, Key="big")["TagSet"] == [{"Key": "team", "Value": "hr"}]
    assert len(files(tmp_path)) == there + 2
    assert told(sandbox) == counted(sandbox)
    assert caretaker.sweep().rows_without_bytes == []
    assert code_of(s3.list_parts, Key="big", UploadId=upload["UploadId"]) == "NoSuchUpload"


def test_ranges_and_parts_of_an_object_in_parts(s3):
    upload = begun(s3)
    complete(s3, upload, sent(s3, upload, 1, BIG), sent(s3, upload, 2, SMALL))
    assert body(s3, "big", Range=f"bytes={FIVE - 2}-{FIVE + 1}") == b"aare"
    assert body(s3, "big", Range=f"bytes={FIVE + 1}-") == b"est"
    assert body(s3, "big", Range="bytes=-3") == b"est"
    part = s3.get_object(Bucket=HR, Key="big", PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"], part["ContentRange"]) == (
        SMALL,
        2,
        f"bytes {FIVE}-{FIVE + 3}/{FIVE + 4}",
    )
    assert s3.head_object(Bucket=HR, Key="Test.txt", PartNumber=1)["ContentLength"] == 7
    assert code_of(s3.get_object, Key="big", PartNumber=3) == "InvalidPartNumber"
    attributes = s3.get_object_attributes(
        Bucket=HR, Key="big", ObjectAttributes=["ObjectParts", "ObjectSize", "ETag", "Checksum", "StorageClass"]
    )
    assert attributes["ObjectSize"] == FIVE + 4
    assert [part["Size"] for part in attributes["ObjectParts"]["Parts"]] == [FIVE, 4]


def test_what_an_upload_may_not_be_completed_with(s3):
    upload = begun(s3)
    first, second = sent(s3, upload, 1, b"too small"), sent(s3, upload, 2, SMALL)
    for parts, code in (
        ([second, first], "InvalidPartOrder"),
        ([first, second], "EntityTooSmall"),
        ([first | {"ETag": second["ETag"]}], "InvalidPart"),
        ([{"PartNumber": 3, "ETag": first["ETag"]}], "InvalidPart"),
        ([], "MalformedXML"),
    ):
        with pytest.raises(ClientError) as error:
            complete(s3, upload, *parts)
        assert error.value.response["Error"]["Code"] == code
    assert code_of(s3.upload_part, Key="big", UploadId="none", PartNumber=1, Body=b"x") == "NoSuchUpload"
    assert code_of(s3.upload_part, **upload, PartNumber=10_001, Body=b"x") == "InvalidArgument"
    complete(s3, upload, first)
    assert body(s3, "big") == b"too small"


def test_an_aborted_upload_leaves_nothing(s3, sandbox, tmp_path, django_capture_on_commit_callbacks):
    there, before = files(tmp_path), told(sandbox)
    with django_capture_on_commit_callbacks(execute=True):
        upload = begun(s3)
        sent(s3, upload, 1, SMALL)
        s3.abort_multipart_upload(**upload)
    assert (files(tmp_path), told(sandbox)) == (there, before)
    assert code_of(s3.abort_multipart_upload, **upload) == "NoSuchUpload"


def test_uploads_and_parts_are_listed_page_by_page(s3):
    ids = {key: [begun(s3, key)["UploadId"] for _ in range(2)] for key in ("a/1", "a/2", "b")}
    every = [(key, upload_id) for key, found in ids.items() for upload_id in found]
    for size in (1, 4, 100):
        pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=HR, PaginationConfig={"PageSize": size})
        assert [(one["Key"], one["UploadId"]) for page in pages for one in page["Uploads"]] == every
    folded = s3.list_multipart_uploads(Bucket=HR, Delimiter="/")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["a/"]
    assert [one["Key"] for one in folded["Uploads"]] == ["b", "b"]
    upload = {"Bucket": HR, "Key": "b", "UploadId": ids["b"][0]}
    for number in (1, 2, 5):
        sent(s3, upload, number, b"x" * number)
    pages = s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2})
    assert [(one["PartNumber"], one["Size"]) for page in pages for one in page["Parts"]] == [(1, 1), (2, 2), (5, 5)]
    # Uploads that nobody completes do not hold a bucket.
    s3.delete_object(Bucket=HR, Key="Test.txt")
    s3.delete_bucket(Bucket=HR)


def test_the_largest_object_is_the_largest_in_parts_too(s3, settings):
    settings.IAMCONSOLE_MAX_OBJECT_BYTES = FIVE
    upload = begun(s3)
    sent(s3, upload, 1, BIG)
    assert code_of(s3.upload_part, **upload, PartNumber=2, Body=b"x") == "EntityTooLarge"
    assert code_of(s3.put_object, Key="too-large", Body=BIG + b"x") == "EntityTooLarge"


def test_parts_count_for_the_sandboxs_quota(s3, sandbox, settings):
    settings.IAMCONSOLE_QUOTAS = settings.IAMCONSOLE_QUOTAS | {"bytes": told(sandbox)[1] + 10}
    upload = begun(s3)
    part = sent(s3, upload, 1, b"x" * 10)
    assert code_of(s3.upload_part, **upload, PartNumber=2, Body=b"x") == "QuotaExceeded"
    complete(s3, upload, part)  # no further byte
    assert told(sandbox) == counted(sandbox)


def test_boto3s_own_transfer(s3, tmp_path):
    content = bytes(range(256)) * 60_000
    config = TransferConfig(multipart_threshold=FIVE, multipart_chunksize=FIVE, use_threads=False)
    s3.upload_fileobj(io.BytesIO(content), HR, "transfer", Config=config)
    assert s3.head_object(Bucket=HR, Key="transfer")["ETag"].endswith('-3"')
    back = io.BytesIO()
    s3.download_fileobj(HR, "transfer", back, Config=config)
    assert back.getvalue() == content


# -- checksums --------------------------------------------------------------------------------------

ALGORITHMS = {
    "CRC32": lambda content: b64(zlib.crc32(content).to_bytes(4, "big")),
    "CRC32C": lambda content: b64(crt.crc32c(content).to_bytes(4, "big")),
    "CRC64NVME": lambda content: b64(crt.crc64nvme(content).to_bytes(8, "big")),
    "SHA1": lambda content: b64(hashlib.sha1(content).digest()),
    "SHA256": lambda content: b64(hashlib.sha256(content).digest()),
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_checksum_is_verified_kept_and_given_back(s3, name):
    put = {"Bucket": HR, "Key": "c", "Body": b"content"}
    right, member = ALGORITHMS[name](b"content"), f"Checksum{name}"
    made = s3.put_object(**put, **{member: right})
    assert (made[member], made["ChecksumType"]) == (right, "FULL_OBJECT")
    assert s3.head_object(Bucket=HR, Key="c", ChecksumMode="ENABLED")[member] == right
    assert member not in s3.head_object(Bucket=HR, Key="c")
    assert s3.get_object_attributes(Bucket=HR, Key="c", ObjectAttributes=["Checksum"])["Checksum"][member] == right
    listed = next(one for one in s3.list_objects_v2(Bucket=HR)["Contents"] if one["Key"] == "c")
    assert listed["ChecksumAlgorithm"] == [name]
    assert code_of(s3.put_object, **put, **{member: ALGORITHMS[name](b"other")}) == "BadDigest"
    assert code_of(s3.put_object, **put, ContentMD5=b64(hashlib.md5(b"other").digest())) == "BadDigest"


def test_without_a_checksum_s3_makes_one_and_the_door_checks_those_of_a_page(root):
    root.call("s3:PutObject", bucket=HR, key="page", body=io.BytesIO(b"content"))
    head = root.call("s3:HeadObject", bucket=HR, key="page", checksum_mode="ENABLED")
    assert head["ChecksumCRC64NVME"] == ALGORITHMS["CRC64NVME"](b"content")
    with pytest.raises(AwsError, match="SHA256 you specified did not match"):
        root.call("s3:PutObject", bucket=HR, key="page", body=io.BytesIO(b"x"), checksum_sha256=head_of(b"y"))


def head_of(content):
    return ALGORITHMS["SHA256"](content)


@pytest.mark.parametrize("name", ["CRC32", "SHA256"])
def test_a_composite_checksum_is_made_of_those_of_the_parts(s3, name):
    upload, member = begun(s3, ChecksumAlgorithm=name), f"Checksum{name}"
    parts = [sent(s3, upload, number, content, ChecksumAlgorithm=name) for number, content in ((1, BIG), (2, SMALL))]
    made = complete(s3, upload, *parts)
    digests = b"".join(base64.b64decode(part[member]) for part in parts)
    assert (made[member], made["ChecksumType"]) == (ALGORITHMS[name](digests) + "-2", "COMPOSITE")
    assert body(s3, "big", ChecksumMode="ENABLED") == BIG + SMALL


@pytest.mark.parametrize("name", ["CRC32", "CRC64NVME"])
def test_a_full_object_checksum_is_that_of_all_bytes(s3, name):
    upload, member = begun(s3, ChecksumAlgorithm=name, ChecksumType="FULL_OBJECT"), f"Checksum{name}"
    first = sent(s3, upload, 1, BIG, ChecksumAlgorithm=name)
    second = sent(s3, upload, 2, SMALL, ChecksumAlgorithm=name)
    with pytest.raises(ClientError, match="BadDigest"):
        complete(s3, upload, first, second, **{member: ALGORITHMS[name](b"other")})
    made = complete(s3, upload, first, second, **{member: ALGORITHMS[name](BIG + SMALL)})
    assert (made[member], made["ChecksumType"]) == (ALGORITHMS[name](BIG + SMALL), "FULL_OBJECT")
    assert code_of(s3.create_multipart_upload, Key="k", ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT") == (
        "InvalidRequest"
    )


# -- copies -----------------------------------------------------------------------------------------


def source(key, bucket=HR, **more):
    return {"Bucket": bucket, "Key": key, **more}


def test_a_copy_shares_bytes_and_outlives_its_source(s3, tmp_path, django_capture_on_commit_callbacks):
    said = {"ContentType": "text/plain", "Metadata": {"a": "b"}, "Tagging": "t=1"}
    s3.put_object(Bucket=HR, Key="a b/ü+", Body=b"content", **said)
    there = len(files(tmp_path))
    with django_capture_on_commit_callbacks(execute=True):
        made = s3.copy_object(Bucket="company1-sales", Key="copy", CopySource=source("a b/ü+"))
        s3.delete_object(Bucket=HR, Key="a b/ü+")
    assert len(files(tmp_path)) == there
    got = s3.get_object(Bucket="company1-sales", Key="copy")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"content", "text/plain", {"a": "b"})
    assert got["ETag"] == made["CopyObjectResult"]["ETag"]
    assert s3.get_object_tagging(Bucket="company1-sales", Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_metadata_and_tags_are_replaced_where_the_request_says_so(s3):
    s3.put_object(Bucket=HR, Key="a", Body=b"x", Metadata={"a": "b"}, Tagging="t=1")
    itself = {"Bucket": HR, "Key": "a", "CopySource": source("a")}
    assert code_of(s3.copy_object, **itself) == "InvalidRequest"
    s3.copy_object(**itself, MetadataDirective="REPLACE", Metadata={"c": "d"}, ContentType="text/html")
    head = s3.head_object(Bucket=HR, Key="a")
    assert (head["Metadata"], head["ContentType"], head["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"]) == (
        {"c": "d"},
        "text/html",
        "1",
    )
    s3.copy_object(Bucket=HR, Key="b", CopySource=source("a"), TaggingDirective="REPLACE", Tagging="u=2")
    assert s3.get_object_tagging(Bucket=HR, Key="b")["TagSet"] == [{"Key": "u", "Value": "2"}]
    assert body(s3, "a") == body(s3, "b") == b"x"


def test_conditions_of_a_copys_source(s3):
    etag = s3.head_object(Bucket=HR, Key="Test.txt")["ETag"]
    copy = {"Key": "c", "CopySource": source("Test.txt")}
    assert code_of(s3.copy_object, **copy, CopySourceIfMatch='"0"') == "PreconditionFailed"
    assert code_of(s3.copy_object, **copy, CopySourceIfNoneMatch=etag) == "PreconditionFailed"
    s3.copy_object(Bucket=HR, **copy, CopySourceIfMatch=etag)
    assert code_of(s3.copy_object, **copy, IfNoneMatch="*") == "PreconditionFailed"
    assert code_of(s3.copy_object, Key="c", CopySource=source("none")) == "NoSuchKey"
    assert code_of(s3.copy_object, Key="c", CopySource=source("x", "no-such-bucket")) == "NoSuchBucket"
    assert code_of(s3.copy_object, Key="c", CopySource="nothing") == "InvalidArgument"


def test_a_copy_of_an_object_in_parts_is_whole(s3):
    upload = begun(s3)
    complete(s3, upload, sent(s3, upload, 1, BIG), sent(s3, upload, 2, SMALL))
    made = s3.copy_object(Bucket=HR, Key="whole", CopySource=source("big"))
    assert made["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(BIG + SMALL).hexdigest()}"'
    assert body(s3, "whole") == BIG + SMALL


def test_a_version_is_copied_and_parts_are_copied(s3):
    s3.put_bucket_versioning(Bucket=HR, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=HR, Key="v", Body=BIG)["VersionId"]
    s3.put_object(Bucket=HR, Key="v", Body=b"0123456789")
    copied = s3.copy_object(Bucket=HR, Key="old", CopySource=source("v", VersionId=first))
    assert copied["CopySourceVersionId"] == first
    assert body(s3, "old") == BIG
    upload = begun(s3)
    one = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source("v", VersionId=first))["CopyPartResult"]
    two = s3.upload_part_copy(**upload, PartNumber=2, CopySource=source("v"), CopySourceRange="bytes=2-4")
    bad = {**upload, "PartNumber": 3, "CopySource": source("v")}
    assert code_of(s3.upload_part_copy, **bad, CopySourceRange="bytes=5-20") == "InvalidArgument"
    parts = [{"PartNumber": n, "ETag": each["ETag"]} for n, each in ((1, one), (2, two["CopyPartResult"]))]
    complete(s3, upload, *parts)
    assert body(s3, "big") == BIG + b"234"


def test_both_sides_of_a_copy_are_decided(s3, root, sandbox):
    s3.put_object(Bucket=HR, Key="plain", Body=b"x")
    s3.put_object(Bucket=HR, Key="tagged", Body=b"x", Tagging="team=hr")
    amin = client_for(sandbox, "amin")
    copy = {"bucket": "company1-sales", "key": "in/copy", "copy_source": f"{HR}/plain"}
    to, of = "arn:aws:s3:::company1-sales/in/*", f"arn:aws:s3:::{HR}/*"

    def rights(*statements):
        root.call("iam:PutUserPolicy", user_name="amin", policy_name="own", policy_document=policy(*statements))

    rights(allow("s3:GetObject", of))
    with pytest.raises(AccessDenied, match=r's3:PutObject on resource: "arn:aws:s3:::company1-sales/in/copy"'):
        client_for(sandbox, "amin").call("s3:CopyObject", **copy)
    rights(allow("s3:PutObject", to))
    with pytest.raises(AccessDenied, match=rf's3:GetObject on resource: "arn:aws:s3:::{HR}/plain"'):
        client_for(sandbox, "amin").call("s3:CopyObject", **copy)
    rights(allow("s3:PutObject", to), allow("s3:GetObject", of))
    amin = client_for(sandbox, "amin")
    amin.call("s3:CopyObject", **copy)
    for needed in ("s3:GetObjectTagging", "s3:PutObjectTagging"):
        with pytest.raises(AccessDenied, match=needed):
            client_for(sandbox, "amin").call("s3:CopyObject", **copy | {"copy_source": f"{HR}/tagged"})
        rights(allow(["s3:PutObject", "s3:GetObjectTagging"], "*"), allow("s3:GetObject", of))
    condition = {"StringLike": {"s3:x-amz-copy-source": f"{HR}/pla*"}}
    rights(allow("s3:PutObject", to) | {"Condition": condition}, allow("s3:GetObject", of))
    client_for(sandbox, "amin").call("s3:CopyObject", **copy)
    with pytest.raises(AccessDenied, match="s3:PutObject"):
        client_for(sandbox, "amin").call("s3:CopyObject", **copy | {"copy_source": f"{HR}/Test.txt"})
