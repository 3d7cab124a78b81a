from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.cloudtrail.models import Event
from iamconsole.s3.models import Bucket, StoredObject
from tests.factories import allow, client_for, policy, unblock

BUCKET = "company1-hr"
HTMX = {"HX-Request": "true"}
ODD_KEYS = [
    "a b.txt",
    "a//b.txt",
    "../../etc/passwd",
    "..",
    ".",
    "/leading",
    "100%25.txt",
    "ünïcödé 日本.txt",
    "quotes'\"`.txt",
    "<script>alert(1)</script>",
    "a?b=c&d#e+f;g",
    "line\nend\r\n.txt",
    "back\\slash",
    " spaces ",
]


def text_of(response):
    return response.content.decode()


def bytes_of(response):
    return b"".join(response.streaming_content)


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.fixture
def john(sandbox, root):
    """A user without any permission."""
    root.call("iam:CreateUser", user_name="john")
    return "john"


def put(aws, key, content=b"x", bucket=BUCKET, **more):
    aws.call("s3:PutObject", bucket=bucket, key=key, body=io.BytesIO(content), **more)


# -- buckets ----------------------------------------------------------------------------------------


def test_the_list_shows_each_bucket_with_its_region(console):
    text = text_of(console.get("/s3/buckets"))
    assert "General purpose buckets" in text
    assert "(3)" in text
    assert text.count("US West (Oregon) us-west-2") == 3
    assert console.get("/s3/home").url == "/s3/buckets"


def test_the_list_is_searched_and_sorted(console):
    text = text_of(console.get("/s3/buckets?q=sal"))
    assert "company1-sales" in text
    assert "company1-logs" not in text
    text = text_of(console.get("/s3/buckets?sort=-name"))
    assert text.index("company1-sales") < text.index("company1-hr<")


def test_a_refused_list_says_so_in_the_words_of_s3_and_offers_a_way(as_user, john):
    browser = as_user("john")
    text = text_of(browser.get("/s3/buckets"))
    assert "You don't have permissions to list buckets" in text
    assert "s3:ListAllMyBuckets" in text
    assert "API response" in text
    assert "no identity-based policy allows the s3:ListAllMyBuckets action" in text
    assert browser.get("/s3/bucket/go?bucket=company1-hr").url == "/s3/buckets/company1-hr"
    assert browser.get("/s3/bucket/go?bucket=").url == "/s3/buckets"


def test_a_region_that_may_not_be_read_is_a_dash(as_user, john, root):
    root.call(
        "iam:PutUserPolicy", user_name="john", policy_name="p", policy_document=policy(allow("s3:ListAllMyBuckets"))
    )
    text = text_of(as_user("john").get("/s3/buckets"))
    assert "company1-hr" in text
    assert "us-west-2" not in text.partition("<tbody>")[2].partition("</tbody>")[0]


def test_a_bucket_is_created_in_its_region(console, sandbox):
    answer = console.post("/s3/bucket/create", {"bucket": "company1-new", "region": "eu-west-1"}, follow=True)
    assert "Successfully created bucket &quot;company1-new&quot;" in text_of(answer)
    assert Bucket.objects.get(name="company1-new").region == "eu-west-1"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "Bucket name is required."),
        ("ab", "Bucket name must be between 3 and 63 characters long."),
        ("Upper", "Bucket name must not contain uppercase characters."),
        ("<script>", "Bucket name must only contain lowercase letters"),
        (BUCKET, "you already own it."),
    ],
)
def test_a_bad_bucket_name_is_explained_beside_its_field(console, name, problem):
    answer = console.post("/s3/bucket/create", {"bucket": name, "region": "us-east-1"})
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert "<script>alert" not in text_of(answer)


def test_a_refused_bucket_says_why(as_user, john):
    answer = as_user("john").post("/s3/bucket/create", {"bucket": "johns", "region": "us-east-1"})
    assert "no identity-based policy allows the s3:CreateBucket action" in text_of(answer)
    assert not Bucket.objects.filter(name="johns").exists()


def test_a_bucket_that_is_not_there_is_said_plainly(console):
    answer = console.get("/s3/buckets/no-such-bucket")
    assert answer.status_code == 404
    assert "The specified bucket does not exist" in text_of(answer)


def test_a_full_bucket_is_emptied_before_it_is_deleted(console, admin):
    assert console.get(f"/s3/bucket/delete?selected={BUCKET}").url == f"/s3/bucket/{BUCKET}/delete"
    text = text_of(console.get(f"/s3/bucket/{BUCKET}/delete"))
    assert "This bucket is not empty" in text
    answer = console.post(f"/s3/bucket/{BUCKET}/delete", {"confirm": BUCKET})
    assert "The bucket you tried to delete is not empty" in text_of(answer)
    answer = console.post(f"/s3/bucket/{BUCKET}/empty", {"confirm": "permanently delete"}, follow=True)
    assert "Successfully emptied bucket" in text_of(answer)
    answer = console.post(f"/s3/bucket/{BUCKET}/delete", {"confirm": "company1-h"})
    assert answer.status_code == 422
    answer = console.post(f"/s3/bucket/{BUCKET}/delete", {"confirm": BUCKET}, follow=True)
    assert "Successfully deleted bucket &quot;company1-hr&quot;" in text_of(answer)


def test_properties_show_region_arn_and_age(console):
    text = text_of(console.get(f"/s3/buckets/{BUCKET}?tab=properties"))
    assert "arn:aws:s3:::company1-hr" in text
    assert "US West (Oregon) us-west-2" in text


# -- objects ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_is_listed_opened_downloaded_and_deleted(console, admin, key):
    put(admin, key, b"bytes of it")
    place, shown = f"/s3/buckets/{BUCKET}", None
    while shown is None:  # down its folders, by the links of the page
        rows = console.get(place).context["table"].rows
        shown = next((row for row in rows if row["Key"] == key), None)
        place = next((row["Url"] for row in rows if row["Type"] == "Folder" and key.startswith(row["Key"])), place)
    detail = console.get(shown["Url"])
    assert detail.status_code == 200
    assert detail.context["key"] == key
    assert "<script>alert" not in text_of(detail)
    got = console.get(detail.context["download"])
    assert bytes_of(got) == b"bytes of it"
    address = detail.context["delete"]
    assert console.get(address).status_code == 200
    answer = console.post(address, {"selected": address.partition("selected=")[2].replace("%25", "%"), "confirm": "no"})
    assert answer.status_code == 422
    (value, _, _) = console.get(address).context["rows"][0]
    console.post(f"/s3/buckets/{BUCKET}/object/delete", {"selected": value, "confirm": "permanently delete"})
    assert not StoredObject.objects.filter(bucket__name=BUCKET, key=key).exists()


def test_a_download_can_never_run_as_a_page_of_the_console(console, admin):
    put(admin, "page.html", b"<script>alert(1)</script>", content_type="text/html")
    got = console.get(f"/s3/buckets/{BUCKET}/object/download?selected=page.html")
    assert got["Content-Disposition"] == 'attachment; filename="page.html"'
    assert got["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Length"] == "25"
    assert bytes_of(got) == b"<script>alert(1)</script>"


def test_a_refused_download_is_the_xml_of_s3(as_user, john):
    got = as_user("john").get(f"/s3/buckets/{BUCKET}/object/download?selected=Test.txt")
    assert (got.status_code, got["Content-Type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in text_of(got)
    assert "s3:GetObject" in text_of(got)


def test_refused_objects_leave_upload_enabled(as_user, john):
    text = text_of(as_user("john").get(f"/s3/buckets/{BUCKET}"))
    assert "Insufficient permissions to list objects" in text
    assert f"/s3/upload/{BUCKET}" in text


def test_folders_fold_and_the_search_is_by_prefix(console, admin):
    for key in ("2023/a.log", "2023/b.log", "2023/deep/c.log", "2024/d.log"):
        put(admin, key)
    rows = console.get(f"/s3/buckets/{BUCKET}").context["table"].rows
    assert [row["Name"] for row in rows] == ["2023/", "2024/", "Test.txt"]
    inside = console.get(f"/s3/buckets/{BUCKET}?prefix=2023/")
    assert [row["Name"] for row in inside.context["table"].rows] == ["deep/", "a.log", "b.log"]
    found = console.get(f"/s3/buckets/{BUCKET}?prefix=2023/&q=b").context["table"]
    assert [row["Key"] for row in found.rows] == ["2023/b.log"]


def test_a_long_list_goes_on_by_continuation_token_and_back(console, admin):
    for number in range(45):
        put(admin, f"k{number:03}")
    seen, place, pages = [], "/s3/buckets/company1-hr?q=k&tab=objects", []
    while place:
        table = console.get(place).context["table"]
        seen += [row["Name"] for row in table.rows]
        pages.append(table)
        place = f"/s3/buckets/company1-hr{table.next}" if table.next else ""
    assert seen == [f"k{number:03}" for number in range(45)]
    assert len(pages) == 3
    back = console.get(f"/s3/buckets/company1-hr{pages[-1].previous}").context["table"]
    assert back.rows[0]["Name"] == "k020"
    first = console.get(f"/s3/buckets/company1-hr{back.previous}").context["table"]
    assert first.rows[0]["Name"] == "k000"
    assert "token" not in back.cleared


def test_a_folder_is_made_and_deleted_with_what_is_in_it(console, admin):
    answer = console.post(f"/s3/buckets/{BUCKET}/folder/create?prefix=a/", {"folder": "b c"}, follow=True)
    assert "Successfully created folder &quot;b c&quot;." in text_of(answer)
    assert StoredObject.objects.filter(key="a/b c/", size=0).exists()
    assert console.get(f"/s3/buckets/{BUCKET}?prefix=a/b+c/").context["table"].rows == []
    put(admin, "a/b c/one")
    console.post(f"/s3/buckets/{BUCKET}/object/delete", {"selected": "a%2F", "confirm": "permanently delete"})
    assert set(StoredObject.objects.filter(bucket__name=BUCKET).values_list("key", flat=True)) == {"Test.txt"}


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_folder_needs_a_name_without_a_slash(console, name):
    assert console.post(f"/s3/buckets/{BUCKET}/folder/create", {"folder": name}).status_code == 422


def test_several_files_are_uploaded_and_each_has_its_row(console):
    files = [SimpleUploadedFile(name, b"hello", "text/plain") for name in ("a.txt", "<b>.txt", "empty.txt")]
    files[2] = SimpleUploadedFile("empty.txt", b"", "text/plain")
    answer = console.post(f"/s3/upload/{BUCKET}?prefix=in/", {"chosen": files}, follow=True)
    text = text_of(answer)
    assert "Upload succeeded" in text
    assert "3 files" in text
    assert "in/&lt;b&gt;.txt" in text
    assert StoredObject.objects.get(key="in/a.txt").content_type == "text/plain"
    again = console.get(answer.redirect_chain[-1][0])
    assert again.url == f"/s3/buckets/{BUCKET}"


def test_a_refused_upload_says_so_for_each_file(as_user, john):
    file = SimpleUploadedFile("a.txt", b"hello")
    text = text_of(as_user("john").post(f"/s3/upload/{BUCKET}", {"chosen": [file]}, follow=True))
    assert "Upload failed" in text
    assert "Access denied. You don&#x27;t have permissions to upload files and folders." in text
    event = Event.objects.get(name="PutObject", principal_arn__endswith=":user/john")
    assert f"/iam/authorization-details/{event.event_id}" in text


def test_an_upload_without_a_file_says_so(console):
    answer = console.post(f"/s3/upload/{BUCKET}", {})
    assert answer.status_code == 422
    assert "Choose at least one file." in text_of(answer)


def test_an_object_too_large_is_a_failed_row(console, settings):
    settings.IAMCONSOLE_MAX_OBJECT_BYTES = 10
    file = SimpleUploadedFile("a.txt", b"hello hello hello")
    text = text_of(console.post(f"/s3/upload/{BUCKET}", {"chosen": [file]}, follow=True))
    assert "Your proposed upload exceeds the maximum allowed object size." in text


def test_a_refused_deletion_says_so_for_each_object(as_user, john):
    answer = as_user("john").post(
        f"/s3/buckets/{BUCKET}/object/delete",
        {"selected": ["Test.txt", "folder%2F"], "confirm": "permanently delete"},
        follow=True,
    )
    text = text_of(answer)
    assert "Failed to delete objects" in text
    assert "permissions to delete objects" in text
    assert "permissions to list objects" in text
    assert StoredObject.objects.filter(key="Test.txt").exists()


@pytest.mark.parametrize("act", ["delete", "download"])
def test_nothing_ticked_leads_back(console, act):
    assert console.get(f"/s3/buckets/{BUCKET}/object/{act}").url == f"/s3/buckets/{BUCKET}"


def test_an_object_that_is_not_there_is_said_plainly(console):
    answer = console.get(f"/s3/object/{BUCKET}?prefix=nothing")
    assert answer.status_code == 404
    assert "The specified key does not exist." in text_of(answer)


# -- the bucket policy ------------------------------------------------------------------------------


def test_a_bucket_policy_is_saved_as_written_shown_and_deleted(console, sandbox):
    written = '{\r\n  "Version": "2012-10-17",\r\n  "Statement": []\r\n}'.replace(
        "[]", '[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::company1-hr/*"}]'
    )
    assert "No policy to display." in text_of(console.get(f"/s3/buckets/{BUCKET}?tab=permissions"))
    answer = console.post(f"/s3/bucket/{BUCKET}/property/policy/edit", {"document": written}, follow=True)
    assert "public policies are prevented by the BlockPublicPolicy setting" in text_of(answer)
    unblock(client_for(sandbox), BUCKET)
    answer = console.post(f"/s3/bucket/{BUCKET}/property/policy/edit", {"document": written}, follow=True)
    assert "Successfully edited bucket policy." in text_of(answer)
    assert Bucket.objects.get(name=BUCKET).policy.text == written.replace("\r\n", "\n")
    assert "2012-10-17" in text_of(console.get(f"/s3/bucket/{BUCKET}/property/policy/edit"))
    answer = console.post(f"/s3/bucket/{BUCKET}/property/policy/delete", {"confirm": "delete"}, follow=True)
    assert "Successfully deleted bucket policy." in text_of(answer)
    assert Bucket.objects.get(name=BUCKET).policy is None


def test_a_malformed_policy_is_refused_and_kept_in_the_editor(console):
    answer = console.post(f"/s3/bucket/{BUCKET}/property/policy/edit", {"document": "</textarea><script>alert(1)"})
    assert answer.status_code == 422
    text = text_of(answer)
    assert "Json syntax error" in text
    assert "<script>alert" not in text


def test_a_policy_that_may_not_be_read_shows_the_box(as_user, john):
    browser = as_user("john")
    assert "s3:GetBucketPolicy" in text_of(browser.get(f"/s3/buckets/{BUCKET}?tab=permissions"))
    assert "s3:GetBucketPolicy" in text_of(browser.get(f"/s3/bucket/{BUCKET}/property/policy/edit"))
    answer = browser.post(f"/s3/bucket/{BUCKET}/property/policy/edit", {"document": policy(allow("s3:*"))})
    assert answer.status_code == 422


# -- all pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [20, 200])
def test_pages_keep_their_query_budget(console, admin, sandbox, rows):
    Bucket.objects.bulk_create(
        Bucket(sandbox=sandbox.sandbox, account=sandbox, name=f"b{n:04}", region="us-west-2", created=sandbox.created)
        for n in range(rows)
    )
    bucket = Bucket.objects.get(name=BUCKET)
    StoredObject.objects.bulk_create(
        StoredObject(bucket=bucket, key=f"k{n:04}", size=1, modified=sandbox.created, headers={}, metadata={})
        for n in range(rows)
    )
    for place in ("/s3/buckets", f"/s3/buckets/{BUCKET}", f"/s3/object/{BUCKET}?prefix=Test.txt"):
        with CaptureQueriesContext(connection) as queries:
            assert console.get(place).status_code == 200
        asked = [one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(asked) <= 15, place


def test_htmx_gets_the_same_table(console):
    text = text_of(console.get("/s3/buckets?q=hr", headers=HTMX))
    assert 'id="buckets"' in text
    assert "company1-sales" not in text


def test_another_sandbox_is_out_of_reach(console, stranger):
    stranger.call("s3:CreateBucket", bucket="theirs-alone")
    assert console.get("/s3/buckets/theirs-alone").status_code == 404
