"""Versions, uploads, tags and settings of S3 come along into every world, and go with theirs."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.files.storage import default_storage

from iamconsole.cloudtrail.models import Event
from iamconsole.s3 import storage
from iamconsole.s3.models import MultipartUpload, Part, StoredObject
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import caretaker, lifecycle, snapshots
from iamconsole.sandboxes.snapshot_file import SnapshotError
from tests.factories import client_for
from tests.sandboxes.test_snapshots import rewritten, taken

pytestmark = pytest.mark.django_db
HR = "company1-hr"
FIVE = 5 * 1024 * 1024
LIFECYCLE = {
    "Rules": [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Date": dt.datetime(2030, 1, 1, tzinfo=dt.UTC)},
        }
    ]
}


def fill(aws):
    """One of everything, and the parameters of the upload that is not completed."""
    aws.call("s3:PutBucketVersioning", bucket=HR, versioning_configuration={"Status": "Enabled"})
    aws.call("s3:PutBucketLifecycleConfiguration", bucket=HR, lifecycle_configuration=LIFECYCLE)
    aws.call("s3:PutBucketTagging", bucket=HR, tagging={"TagSet": [{"Key": "team", "Value": "hr"}]})
    first = aws.call("s3:PutObject", bucket=HR, key="v", tagging="a=b", body=io.BytesIO(b"one"))
    aws.call("s3:PutObject", bucket=HR, key="v", body=io.BytesIO(b"two"))
    aws.call("s3:DeleteObject", bucket=HR, key="gone")
    upload = {"bucket": HR, "key": "parts"}
    upload["upload_id"] = aws.call("s3:CreateMultipartUpload", **upload)["UploadId"]
    parts = []
    for number, content in ((1, b"a" * FIVE), (2, b"end")):
        part = aws.call("s3:UploadPart", **upload, part_number=number, body=io.BytesIO(content))
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    aws.call("s3:CompleteMultipartUpload", **upload, multipart_upload={"Parts": parts})
    open_upload = {"bucket": HR, "key": "open"}
    open_upload["upload_id"] = aws.call("s3:CreateMultipartUpload", **open_upload)["UploadId"]
    aws.call("s3:UploadPart", **open_upload, part_number=1, body=io.BytesIO(b"part"))
    return first["VersionId"], open_upload


def check(account, version, upload):
    aws = client_for(account)

    def body(**params):
        with aws.call("s3:GetObject", bucket=HR, **params)["Body"] as found:
            return found.read()

    assert (body(key="v"), body(key="v", version_id=version)) == (b"two", b"one")
    assert aws.call("s3:GetObjectTagging", bucket=HR, key="v", version_id=version)["TagSet"] == [
        {"Key": "a", "Value": "b"}
    ]
    assert aws.call("s3:GetBucketVersioning", bucket=HR) == {"Status": "Enabled"}
    assert aws.call("s3:GetBucketLifecycleConfiguration", bucket=HR) == LIFECYCLE
    assert aws.call("s3:GetBucketTagging", bucket=HR)["TagSet"] == [{"Key": "team", "Value": "hr"}]
    assert aws.call("s3:GetPublicAccessBlock", bucket=HR)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    whole = aws.call("s3:GetObject", bucket=HR, key="parts")["Body"]
    assert whole.read() == b"a" * FIVE + b"end"
    whole.close()
    assert [one["Size"] for one in aws.call("s3:ListParts", **upload)["Parts"]] == [4]
    stored = StoredObject.objects.filter(bucket__account=account)
    counted = stored.count() + MultipartUpload.objects.filter(bucket__account=account).count() + 3
    size = sum(one.size for one in [*stored, *Part.objects.filter(upload__bucket__account=account)])
    found = usage_of(account.sandbox_id)
    assert (found.objects, found.bytes) == (counted, size)


def test_a_copy_has_them_all(sandbox, root):
    version, upload = fill(root)
    check(lifecycle.copy(sandbox.account_id), version, upload)


def test_a_snapshot_has_them_all(sandbox, other_sandbox, root):
    version, upload = fill(root)
    restored = snapshots.restore(other_sandbox.account_id, io.BytesIO(taken(sandbox)))
    check(restored.account, version, upload)


def test_a_snapshot_with_wrong_parts_is_refused(sandbox, other_sandbox, root):
    fill(root)
    content = taken(sandbox)

    def spoil(column, value):
        def change(image):
            at = image["columns"]["s3.part"].index(column)
            image["tables"]["s3.part"][0][at] = value

        return rewritten(content, change)

    for column, value, reason in (
        ("size", 5, "part 0 has other bytes"),
        ("etag", "0" * 32, "part 0 has other bytes"),
        ("number", 3, "has other bytes than its row tells"),
        ("number", 0, "is no such number"),
        ("checksums", {"crc32": "\r\n"}, "is no checksum"),
        ("object", None, "belongs to nobody"),
    ):
        events = Event.objects.count()
        with pytest.raises(SnapshotError, match=reason):
            snapshots.restore(other_sandbox.account_id, io.BytesIO(spoil(column, value)))
        assert Event.objects.count() == events


def test_the_bytes_of_parts_go_with_their_world(sandbox, root):
    fill(root)
    names = {*Part.objects.values_list("stored_as", flat=True)}
    assert all(default_storage.exists(name) for name in names)
    lifecycle.delete(sandbox.account_id)
    caretaker.purge(grace=dt.timedelta(0), rest=lambda seconds: None)
    assert not any(default_storage.exists(name) for name in names)
    assert storage.named(names) == set()


def test_the_sweep_finds_parts_without_bytes_and_bytes_without_parts(sandbox, root):
    fill(root)
    kept = Part.objects.first()
    lost = Part.objects.exclude(pk=kept.pk).first()
    default_storage.delete(lost.stored_as)
    orphan = storage.stage(io.BytesIO(b"nobody's"), 100)
    swept = caretaker.sweep(grace=dt.timedelta(seconds=-60), rest=lambda seconds: None)
    assert swept.rows_without_bytes == [f"part {lost.pk}: {lost.stored_as}"]
    assert not default_storage.exists(orphan.name)
    assert default_storage.exists(kept.stored_as)
