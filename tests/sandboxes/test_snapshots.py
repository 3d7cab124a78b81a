"""Snapshot files: what they hold and never hold, restored anywhere; a bad one is refused whole, with the reason."""

from __future__ import annotations

import copy
import io
import json
import re
import zipfile
from contextlib import closing

import pytest
from django.apps import apps
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from iamconsole.accounts.models import Account, Mail
from iamconsole.cloudtrail.models import DecisionBasis, Event
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AwsError
from iamconsole.iam.models import AccessKey, LoginProfile, MfaDevice
from iamconsole.policy import ENGINE_VERSION, parse
from iamconsole.s3.models import Bucket, StoredObject
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import checking, lifecycle, snapshot_file, snapshots
from iamconsole.sandboxes.checking import EMPTIED, SECRETS
from iamconsole.sandboxes.credentials import Credentials
from iamconsole.sandboxes.snapshot_file import SnapshotError
from iamconsole.sandboxes.tables import TABLES
from tests.factories import allow, client_for, policy, unblock
from tests.gateway.stories import LEARNT, UNLEARNT, story
from tests.gateway.test_every_operation import filled

pytestmark = pytest.mark.django_db


def taken(account) -> bytes:
    with snapshots.take(account.account_id).file as file:
        return file.read()


def restore(account, content: bytes) -> snapshots.Restored:
    return snapshots.restore(account.account_id, io.BytesIO(content))


def live_fully(account) -> None:
    """Everything that the story makes, and nothing of it taken away."""
    aws, known = client_for(account, "admin"), dict(UNLEARNT)
    for name, params in story(account.account_id):
        if name.partition(":")[2].startswith(("Delete", "Remove", "Detach", "Deactivate")):
            continue
        params = filled(params, known)
        body = params.pop("body", None)
        try:
            with transaction.atomic():
                answer = aws.call(name, body=io.BytesIO(body) if body is not None else None, **params)
        except AwsError:
            continue
        if hasattr(answer.get("Body"), "close"):
            answer["Body"].close()
        known |= LEARNT[name](answer) if name in LEARNT else {}
    aws.flush()


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def image_of(content: bytes) -> dict:
    return json.loads(parts(content)["image.json"])


def rewritten(content: bytes, change) -> bytes:
    """The file as somebody makes it who knows the format: all its checksums are right."""
    image = image_of(content)
    objects = {name: data for name, data in parts(content).items() if name.startswith("objects/")}
    change(image)
    made = io.BytesIO()
    blobs = [objects[f"objects/{number}"] for number in range(len(objects))]
    snapshot_file.write(made, image, len(blobs), lambda number: io.BytesIO(blobs[number]), wall_clock())
    return made.getvalue()


def rows_of(image: dict, table: str) -> list[dict]:
    return [dict(zip(image["columns"][table], row, strict=True)) for row in image["tables"][table]]


def world() -> list:
    """Every row there is."""
    return [
        (model._meta.label, sorted(map(repr, model._default_manager.values())))
        for model in apps.get_models()
        if model._meta.app_label not in ("sessions",)
    ]


# -- what is in it ----------------------------------------------------------------------------------


def test_a_snapshot_restored_in_its_own_sandbox_changes_nothing(sandbox):
    live_fully(sandbox)
    content = taken(sandbox)
    before = image_of(content)
    restored = restore(sandbox, content)
    assert restored.reissued == []
    after = image_of(taken(restored.account))

    def comparable(image):
        """Without what is anew: unique IDs and UUIDs."""
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UUID", json.dumps(image["tables"]))
        return re.sub(r"\b(AIDA|AROA|AGPA|ANPA|AIPA|APKA|ACCA|ASCA)[A-Z2-7]{17}|\b[A-Z2-7]{24,64}\b", r"\1", text)

    assert comparable(after) == comparable(before)
    assert len(after["texts"]) == len(before["texts"])


def test_it_works_in_another_sandbox_under_its_account_ids(sandbox, other_sandbox):
    live_fully(sandbox)
    root = client_for(sandbox)
    trusted = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{sandbox.account_id}:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::company1-hr/*",
        }
    )
    root.call("s3:PutBucketPolicy", bucket="company1-hr", policy=trusted)
    restored = restore(other_sandbox, taken(sandbox))
    assert restored.account.account_id == other_sandbox.account_id
    there = client_for(restored.account)
    shown = there.call("s3:GetBucketPolicy", bucket="company1-hr")["Policy"]
    assert other_sandbox.account_id in shown
    assert sandbox.account_id not in json.dumps(image_of(taken(restored.account)))
    with closing(there.call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"]) as body:
        assert body.read() == b"Hello!\n"


def test_no_secret_of_anybody_is_in_the_file(sandbox, settings):
    live_fully(sandbox)
    known = Credentials.unseal(sandbox.sandbox.start)
    text = b"".join(parts(taken(sandbox)).values()).decode()
    assert sandbox.sandbox.slug not in text
    secrets = [known.root_password, known.admin_password, known.admin_key[1], sandbox.root_password]
    secrets += [one.password for one in LoginProfile.objects.all()]
    for sealed in [
        *AccessKey.objects.values_list("secret", flat=True),
        *MfaDevice.objects.values_list("seed", flat=True),
    ]:
        secrets += [bytes(sealed).decode(), settings.IAMCONSOLE_FERNET.decrypt(bytes(sealed)).decode()]
    assert len(secrets) > 6
    assert not [one for one in secrets if one in text]
    assert "BEGIN RSA PRIVATE KEY" not in text
    assert "BEGIN PRIVATE KEY" not in text


def test_every_column_that_opens_something_is_empty_in_the_file(sandbox):
    live_fully(sandbox)
    image = image_of(taken(sandbox))
    seen = 0
    for table in TABLES:
        for name, column in table.columns.items():
            if name in image["columns"].get(table.name, []):
                cells = {json.dumps(row[name]) for row in rows_of(image, table.name)}
                if column.kind in SECRETS:
                    assert cells <= {"null"}, (table, name)
                    seen += len(cells)
                elif (table.model, name) in EMPTIED:
                    assert cells <= {"[]"}
    assert seen >= 4
    assert Mail._meta.label_lower not in image["tables"]


def test_what_the_sandbox_has_stays_and_what_it_has_not_is_new_and_told(sandbox, other_sandbox):
    root = client_for(sandbox)
    root.call("iam:CreateUser", user_name="eve")
    root.call("iam:CreateLoginProfile", user_name="eve", password="An0ther-Passw0rd")
    root.call("iam:CreateAccessKey", user_name="eve")
    root.call("iam:CreateVirtualMFADevice", virtual_mfa_device_name="phone")
    content = taken(sandbox)
    known = Credentials.unseal(other_sandbox.sandbox.start)

    restored = restore(other_sandbox, content)
    told = {one.what: one for one in restored.reissued}
    assert set(told) == {"Console password", "Access key", "MFA device’s secret key"}
    assert {told["Console password"].user_name, told["Access key"].user_name} == {"eve"}
    eve = LoginProfile.objects.get(user__account=restored.account, user__name="eve")
    assert check_password(told["Console password"].value, eve.password)
    # The administrator signs in as the sandbox's page says, and by the same key.
    admin = LoginProfile.objects.get(user__account=restored.account, user__name="admin")
    assert check_password(known.admin_password, admin.password)
    assert check_password(known.root_password, restored.account.root_password)
    assert AccessKey.objects.get(access_key_id=known.admin_key[0]).user.name == "admin"
    assert told["Access key"].value.split()[0] in AccessKey.objects.values_list("access_key_id", flat=True)

    again = restore(restored.account, taken(restored.account))
    assert again.reissued == []


def test_an_account_more_than_the_sandbox_has_gets_an_id_of_its_own(sandbox, other_sandbox):
    Account.objects.create(
        sandbox=sandbox.sandbox,
        account_id="111122223333",
        name="B",
        root_email="b@example.com",
        created=sandbox.created,
        root_password="none",
    )
    restored = restore(other_sandbox, taken(sandbox))
    ids = set(restored.account.sandbox.accounts.values_list("account_id", flat=True))
    assert len(ids) == 2
    assert other_sandbox.account_id in ids
    assert "111122223333" not in ids
    assert [one.what for one in restored.reissued if not one.user_name] == ["Password"]


def test_a_long_history_keeps_its_newest_events(sandbox, root, monkeypatch):
    monkeypatch.setattr(snapshots, "MAX_EVENTS", 3)
    for number in range(5):
        root.call("iam:CreateUser", user_name=f"user-{number}")
    events = rows_of(image_of(taken(sandbox)), "cloudtrail.event")
    assert [one["request"]["userName"] for one in events] == ["user-2", "user-3", "user-4"]


def test_objects_come_with_their_bytes_and_are_counted(sandbox, other_sandbox, root):
    root.call("s3:PutObject", bucket="company1-hr", key="big", body=io.BytesIO(b"x" * 300_000), metadata={"a": "b"})
    restored = restore(other_sandbox, taken(sandbox))
    head = client_for(restored.account).call("s3:HeadObject", bucket="company1-hr", key="big")
    assert (head["ContentLength"], head["Metadata"]) == (300_000, {"a": "b"})
    stored = StoredObject.objects.filter(bucket__account=restored.account)
    found = usage_of(restored.account.sandbox_id)
    assert (found.objects, found.bytes) == (stored.count() + 3, sum(one.size for one in stored))


def test_decisions_of_the_history_can_still_be_explained(sandbox, other_sandbox, dev):
    dev.call("s3:ListBuckets")
    dev.flush()
    restored = restore(other_sandbox, taken(sandbox))
    event = Event.objects.get(account=restored.account, name="ListBuckets")
    assert event.user_name == "dev"
    assert DecisionBasis.objects.get(pk=event.basis_id).attachments[0]["name"] == "AmazonS3ReadOnlyAccess"


# -- what is refused --------------------------------------------------------------------------------


@pytest.fixture
def content(sandbox, root) -> bytes:
    root.call("iam:PutUserPolicy", user_name="Sarah", policy_name="own", policy_document=policy(allow("s3:GetObject")))
    return taken(sandbox)


@pytest.fixture
def refused(other_sandbox, tmp_path):
    """Restoring raises, says why, and leaves every row and every file as it was."""

    def check(content: bytes, reason: str) -> None:
        rows, files = world(), sorted((tmp_path / "objects").rglob("*"))
        with pytest.raises(SnapshotError) as refusal:
            restore(other_sandbox, content)
        assert reason in str(refusal.value)
        assert world() == rows
        assert sorted(one for one in (tmp_path / "objects").rglob("*") if one.is_file()) == [
            one for one in files if one.is_file()
        ]

    return check


def with_members(content: bytes, **changed: bytes | None) -> bytes:
    """The zip again, with members changed, left out (None) or added, whatever its checksums then say."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (parts(content) | changed).items():
            if data is not None:
                archive.writestr(name, data)
    return made.getvalue()


def about(content: bytes, **changed) -> bytes:
    told = json.loads(parts(content)["snapshot.json"]) | changed
    told.pop("checksum")
    told["checksum"] = snapshot_file._checksum(told)
    return with_members(content, **{"snapshot.json": json.dumps(told).encode()})


def test_a_file_that_is_something_else_is_refused(refused):
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("letter.docx", "hello")
    refused(b"", "a snapshot is a zip file")
    refused(b"hello", "a snapshot is a zip file")
    refused(other.getvalue(), "no snapshot of a sandbox: it has no snapshot.json")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_file_that_was_cut_off_is_refused(content, refused, part):
    refused(content[: int(len(content) * part)], "The file is not whole")


def test_something_behind_its_end_is_refused(content, refused):
    refused(content + b"\0", "something was added to it")


def test_an_altered_file_is_refused(content, refused):
    object_0 = parts(content)["objects/0"]
    refused(with_members(content, **{"objects/0": b"X" + object_0[1:]}), "objects/0 is not what was written")
    refused(with_members(content, **{"objects/0": object_0 + b"X"}), "objects/0 is larger than it should be")
    refused(with_members(content, **{"objects/0": object_0[:-1]}), "objects/0 is not what was written")
    image = parts(content)["image.json"]
    refused(
        with_members(content, **{"image.json": image.replace(b"Sarah", b"Alice")}), "image.json is not what was written"
    )
    told = parts(content)["snapshot.json"]
    refused(
        with_members(content, **{"snapshot.json": told.replace(b'"size":7', b'"size":8')}),
        "snapshot.json is not what was",
    )
    refused(with_members(content, **{"objects/0": None}), "The file is not whole: objects/0 is missing")
    refused(with_members(content, **{"../../evil": b"x"}), "knows nothing of it")


def test_every_flipped_byte_is_noticed_or_changes_nothing(content, other_sandbox):
    before = taken(other_sandbox)
    at = range(40, len(content) - 1, max(1, len(content) // 60))
    for position in at:
        flipped = bytearray(content)
        flipped[position] ^= 0x40
        try:
            opened = snapshot_file.read(io.BytesIO(bytes(flipped)))
            opened.image()
            for number in range(opened.objects):
                opened.content(number, 10**6).read()
        except SnapshotError:
            continue
        # What no checksum covers is a zip's own: a member's date, say.
        assert parts(bytes(flipped)) == parts(content)
    assert image_of(taken(other_sandbox))["tables"] == image_of(before)["tables"]


def test_other_versions_are_refused(content, refused):
    refused(about(content, version=2), "version 2 of the format; this site reads version 1")
    refused(about(content, version="1"), "version '1' of the format")
    refused(about(content, engine=str(int(ENGINE_VERSION) + 1)), "a newer version of iamconsole")
    refused(about(content, engine="x"), "`engine` in snapshot.json is malformed")
    refused(about(content, format="other"), "says that it is something else")
    refused(about(content, members=[]), "`members` in snapshot.json is malformed")
    refused(rewritten(content, lambda image: image.update(version=99)), "image of version 99")


def test_a_zip_that_lies_of_its_contents_is_refused(content, refused):
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        for name, data in parts(content).items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("objects/0", b"x")
    refused(twice.getvalue(), "'objects/0' is in it twice")
    end = bytearray(content)
    end[-12:-10] = b"\xff\xff"
    refused(bytes(end), "too many contents")
    end = bytearray(content)
    end[-10:-6] = (2**31).to_bytes(4, "little")
    refused(bytes(end), "its list of contents does not fit its size")


def test_a_bomb_is_read_only_up_to_what_it_said(content, refused, settings):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts(content).items():
            archive.writestr(name, b"\0" * 50_000_000 if name == "objects/0" else data)
    assert len(bomb.getvalue()) < 200_000
    refused(bomb.getvalue(), "objects/0 is larger than it should be")
    manifest = with_members(content, **{"snapshot.json": b" " * (snapshot_file.MAX_ABOUT + 1)})
    refused(manifest, "snapshot.json is larger than it should be")
    settings.IAMCONSOLE_MAX_OBJECT_BYTES = 3
    refused(content, "is too large")


def test_json_that_is_a_trap_is_refused(content, refused):
    deep = b'{"format": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for trap in (deep, b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[]", b"\xff", b'{"a": ' + b"9" * 5000 + b"}"):
        refused(with_members(content, **{"snapshot.json": trap}), "snapshot.json is not the JSON that it should be")


def test_json_that_would_fill_the_memory_is_refused_unread(content, refused):
    """A hundred kilobytes of zip are 90 MB of `[],[],…`, which are gigabytes of lists."""
    for piece, times in ((b"[],", 1_000_000), (b'{"a":1},', 1_000_000), (b"1,", 4_000_000)):
        trap = b'{"a":[' + piece * times + b"1]}"
        refused(with_members(content, **{"snapshot.json": trap}), "more values than a sandbox can have")


@pytest.mark.parametrize(
    ("quota", "most", "reason"),
    [
        ("objects", 3, "buckets and objects, and up to 3 fit"),
        ("bytes", 5, "bytes of objects, and up to 5 fit"),
        ("things", 4, "things of IAM, and up to 4 fit"),
    ],
)
def test_more_than_the_sandbox_may_hold_is_refused(content, refused, settings, quota, most, reason):
    settings.IAMCONSOLE_QUOTAS = settings.IAMCONSOLE_QUOTAS | {quota: most}
    refused(content, reason)


def test_policies_are_counted_before_they_are_read(content, refused, settings, monkeypatch):
    def many(image):
        image["texts"] += ["{" + " " * number for number in range(50)]

    def long(image):
        image["texts"].append("{" + " " * 60_000)

    settings.IAMCONSOLE_QUOTAS = settings.IAMCONSOLE_QUOTAS | {"things": 5}
    refused(rewritten(content, long), "characters in policies, and up to 51200 fit")
    monkeypatch.setattr(snapshots, "MAX_EVENTS", 10)
    refused(rewritten(content, many), "texts of policies, and up to 35 fit")


def test_a_policy_is_read_only_as_what_it_is_however_many_rows_share_it(content, other_sandbox, monkeypatch):
    read = []

    def counted(text, kind):
        read.append((text, kind))
        return parse(text, kind)

    def shared(image):
        table = "iam.inlinepolicy"
        at = image["columns"][table].index("name")
        for number in range(20):
            row = copy.copy(image["tables"][table][0])
            row[at] = f"own-{number}"
            image["tables"][table].append(row)

    monkeypatch.setattr(checking, "parse", counted)
    restore(other_sandbox, rewritten(content, shared))
    assert len(read) == len(set(read)) >= 1
    in_row = rows_of(image_of(content), "iam.inlinepolicy")[0]["text"]
    assert [kind for text, kind in read if text == image_of(content)["texts"][in_row]] == ["identity"]


def cell(table, column, value, row=0):
    def change(image):
        image["tables"][table][row][image["columns"][table].index(column)] = value

    return change


def twice(table):
    return lambda image: image["tables"][table].append(copy.copy(image["tables"][table][0]))


#   what is written into the file                                         the reason
HOSTILE = [
    (cell("iam.user", "name", "../../etc"), "no name that IAM takes"),
    (cell("iam.user", "name", "x" * 300), "no name that IAM takes"),
    (cell("iam.user", "name", 7), "no name that IAM takes"),
    (cell("iam.user", "name", None), "name of row 0 of iam.user is empty"),
    (cell("iam.user", "path", "no/slash"), "is no path"),
    (cell("iam.user", "unique_id", "AIDA; DROP TABLE"), "is no ID of IAM's"),
    (cell("iam.user", "unique_id", "AROA" + "A" * 17), "is no ID of IAM's"),
    (cell("iam.user", "account", 99), "leads to no row"),
    (cell("iam.user", "account", -1), "leads to no row"),
    (cell("iam.user", "account", True), "leads to no row"),
    (cell("iam.user", "account", "0"), "leads to no row"),
    (cell("iam.user", "tags", {"a": 1}), "is no mapping of texts to texts"),
    (cell("iam.user", "tags", [[]]), "is no mapping of texts to texts"),
    (cell("iam.user", "created", "yesterday"), "is no moment"),
    (cell("iam.user", "created", "2026-01-01T00:00:00"), "is a moment without a time zone"),
    (cell("iam.user", "boundary_aws_arn", "arn:aws:iam::aws:policy/Nothing"), "is no policy of AWS's"),
    (cell("iam.role", "max_session_duration", -5), "is no such number"),
    (cell("iam.role", "max_session_duration", 2**63), "is no such number"),
    (cell("iam.role", "max_session_duration", 3600.5), "is no such number"),
    (cell("iam.role", "trust", 999), "leads to no policy text"),
    (cell("iam.role", "description", "x" * 5000), "is no text of up to 1000 characters"),
    (cell("iam.role", "description", "\u0000"), "is no text of up to 1000 characters"),
    (cell("iam.role", "description", "\ud800"), "is no text of up to 1000 characters"),
    (cell("iam.accesskey", "secret", "stolen"), "is not told by a file"),
    (cell("iam.accesskey", "active", "yes"), "is neither true nor false"),
    (cell("iam.loginprofile", "password", "md5$x$y"), "is not told by a file"),
    (cell("iam.loginprofile", "former", ["md5$x$y"]), "is not told by a file"),
    (cell("iam.attachment", "aws_arn", "arn:aws:iam::aws:policy/Nothing"), "is no policy of AWS's"),
    (cell("accounts.account", "account_id", "12345"), "is no account ID"),
    (cell("accounts.account", "account_id", "x" + "1" * 11), "is no account ID"),
    (cell("accounts.account", "root_email", "nobody"), "is no address"),
    (cell("accounts.account", "root_password", "md5$x$y"), "is not told by a file"),
    (cell("accounts.sandbox", "slug", "mine"), "is not told by a file"),
    (cell("accounts.sandbox", "visitor", False), "is not told by a file"),
    (cell("s3.bucket", "name", "Not_A_Bucket"), "is no bucket name"),
    (cell("s3.bucket", "policy", 0), "is no resource policy"),
    (cell("s3.storedobject", "key", ""), "is no key"),
    (cell("s3.storedobject", "key", "ü" * 600), "is no key"),
    (cell("s3.storedobject", "size", 8), "has other bytes than its row tells"),
    (cell("s3.storedobject", "etag", "0" * 32), "has other bytes than its row tells"),
    (cell("s3.storedobject", "stored_as", "../../db.sqlite3"), "leads to no bytes"),
    (cell("s3.storedobject", "stored_as", 99), "leads to no bytes"),
    (cell("s3.storedobject", "metadata", {"a": {"b": "c"}}), "is no mapping of texts to texts"),
    (cell("s3.storedobject", "metadata", {"a b": "c"}), "has a name that no header has"),
    (cell("s3.storedobject", "metadata", {"": "c"}), "has a name that no header has"),
    (cell("s3.storedobject", "metadata", {"a": "b\r\nc: d"}), "is no value of a header"),
    (cell("s3.storedobject", "headers", {"content_length": "x"}), "has a header that is not kept (content_length)"),
    (cell("s3.storedobject", "headers", {"cache_control": "a\nb: c"}), "is no value of a header"),
    (cell("s3.storedobject", "headers", {"cache_control": 7}), "is no mapping of texts to texts"),
    (cell("s3.storedobject", "content_type", "text/plain\r\nx: y"), "is no value of a header"),
    (cell("s3.storedobject", "content_type", "x" * 300), "is no value of a header"),
    (cell("cloudtrail.event", "resource_policy", {"sha256": 7}), "does not name a policy"),
    (cell("cloudtrail.event", "resource_policy", "x"), "does not name a policy"),
    (twice("accounts.sandbox"), "exactly one sandbox"),
    (twice("iam.user"), "two rows in it claim the same"),
    (twice("s3.bucket"), "two rows in it claim the same"),
    (lambda image: image["texts"].append("{"), "is no policy: it does not parse"),
    (lambda image: image["texts"].append("[" * 100_000), "is no policy: it does not parse"),
    (lambda image: image["texts"].append(7), "is no text"),
    (lambda image: image["texts"].append('{"Id": "\ud800"}'), "is no text"),
    (lambda image: image["texts"].append(image["texts"][0]), "stands twice"),
    (lambda image: image["bases"].append([{"name": "x"}]), "does not say of each policy"),
    (lambda image: image["bases"].append("x"), "is no list of policies"),
    (lambda image: image["tables"].update({"auth.user": []}), "a table that is unknown here: auth.user"),
    (lambda image: image["columns"]["iam.user"].append("is_admin"), "unknown here (is_admin)"),
    (lambda image: image["columns"]["iam.user"].append("name"), "has a column twice"),
    (lambda image: image["tables"]["iam.user"][0].pop(), "more or fewer cells"),
    (lambda image: image["tables"]["iam.user"].append("row"), "more or fewer cells"),
    (lambda image: image["tables"].pop("accounts.account"), ""),
    (lambda image: image["columns"].pop("iam.user"), "has no rows or no columns"),
    (lambda image: image["tables"].update({"iam.user": {}}), "has no rows or no columns"),
    (lambda image: image.pop("texts"), "missing or malformed"),
    (lambda image: image.update(objects=0), "tells of other objects"),
    (lambda image: image["tables"].update({"s3.storedobject": []}), "belongs to no object"),
]


@pytest.mark.parametrize(("change", "reason"), HOSTILE)
def test_a_hostile_file_is_refused_before_anything_is_written(content, refused, change, reason):
    refused(rewritten(content, change), reason)


def test_a_row_of_one_account_cannot_refer_to_another(sandbox, content, refused):
    def change(image):
        columns = image["columns"]["accounts.account"]
        second = copy.copy(image["tables"]["accounts.account"][0])
        second[columns.index("account_id")] = "111122223333"
        second[columns.index("root_email")] = "b@example.com"
        image["tables"]["accounts.account"].append(second)
        cell("iam.accesskey", "account", 1)(image)

    refused(rewritten(content, change), "belongs to one account and refers to another")


def test_a_file_names_nothing_of_another_sandbox(sandbox, other_sandbox, content):
    """The access key of somebody else, in a file: it is a text, and what is made has another ID."""
    theirs = Credentials.unseal(sandbox.sandbox.start).admin_key
    before = AccessKey.objects.get(access_key_id=theirs[0])
    restored = restore(other_sandbox, content)
    assert AccessKey.objects.get(access_key_id=theirs[0]).pk == before.pk
    assert not AccessKey.objects.filter(account=restored.account, access_key_id=theirs[0]).exists()


def test_a_restore_that_fails_in_the_middle_leaves_everything(content, refused, monkeypatch):
    """The bytes are stored by then: they go again."""

    def fail(*args, **options):
        raise IntegrityError("as the database would")

    monkeypatch.setattr(lifecycle, "replace", fail)
    refused(content, "two rows in it claim the same")


def test_the_command_writes_a_file_and_reads_it(sandbox, other_sandbox, tmp_path, capsys):
    file = tmp_path / "mine.zip"
    client_for(sandbox).call("iam:CreateUser", user_name="eve")
    client_for(sandbox).call("iam:CreateAccessKey", user_name="eve")
    call_command("sandbox", "snapshot", sandbox.account_id, str(file))
    call_command("sandbox", "restore", other_sandbox.account_id, str(file), "--json")
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["account_id"] == other_sandbox.account_id
    assert [one["user_name"] for one in told["reissued"]] == ["eve"]
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CommandError, match="not whole"):
        call_command("sandbox", "restore", other_sandbox.account_id, str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("sandbox", "snapshot", sandbox.account_id, str(tmp_path / "none" / "x.zip"))
    with pytest.raises(CommandError, match="There is no account 000000000000"):
        call_command("sandbox", "snapshot", "000000000000", str(file))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine.zip", "objects"]


def test_two_buckets_of_the_file_keep_their_own_objects(sandbox, other_sandbox):
    restored = restore(other_sandbox, taken(sandbox))
    found = {
        one.name: sorted(one.objects_in.values_list("key", flat=True))
        for one in Bucket.objects.filter(account=restored.account)
    }
    assert found == {
        "company1-hr": ["Test.txt"],
        "company1-logs": ["2023-10-07.log", "2023-10-08.log"],
        "company1-sales": ["report.csv"],
    }


def test_accounts_stay_in_the_sandboxs_order_whatever_the_files():
    """The start credentials belong to the accounts by their order."""
    hr = lifecycle.create("two-accounts")
    described = lifecycle.describe(hr)["accounts"]

    def turn(image):
        image["tables"]["accounts.account"].reverse()
        for table in TABLES:
            for one in table.fields:
                if one.related_model is Account and one.name in image["columns"].get(table.name, []):
                    at = image["columns"][table.name].index(one.name)
                    for row in image["tables"][table.name]:
                        row[at] = None if row[at] is None else 1 - row[at]

    restored = restore(hr, rewritten(taken(hr), turn))
    assert restored.reissued == []
    assert lifecycle.describe(restored.account)["accounts"] == described
    logs = Bucket.objects.get(sandbox=restored.account.sandbox_id, name="company1-central-logs")
    assert logs.account.account_id == described[1]["account_id"]
    assert lifecycle.describe(lifecycle.reset(hr.account_id))["accounts"] == described


def test_an_account_that_the_file_lacks_takes_its_start_credentials_with_it():
    hr = lifecycle.create("two-accounts")
    logs = lifecycle.describe(hr)["accounts"][1]

    def without_hr(image):
        for table in TABLES:
            if table.name in image["tables"] and table.name not in ("accounts.sandbox", "accounts.account"):
                image["tables"][table.name] = []
        image["tables"]["accounts.account"].pop(0)
        image["texts"], image["bases"], image["objects"] = [], [], 0

    content = taken(hr)
    image = image_of(content)
    without_hr(image)
    made = io.BytesIO()
    snapshot_file.write(made, image, 0, io.BytesIO, wall_clock())
    restored = restore(hr, made.getvalue())
    assert [one["root"] for one in lifecycle.describe(restored.account)["accounts"]] == [logs["root"]]


# -- whose texts ------------------------------------------------------------------------------------


@pytest.fixture
def theirs(other_sandbox) -> str:
    """The hash of a policy of another sandbox."""
    their_root = client_for(other_sandbox)
    unblock(their_root)
    their_root.call(
        "s3:PutBucketPolicy",
        bucket="company1-hr",
        policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Id": "theirs-alone",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::company1-hr/*",
                    }
                ],
            }
        ),
    )
    return Bucket.objects.get(account=other_sandbox, name="company1-hr").policy_id


def test_a_tag_with_the_hash_of_a_policy_brings_nobodys_text(sandbox, root, theirs):
    root.call("iam:TagUser", user_name="Sarah", tags=[{"Key": "sha256", "Value": theirs}])
    assert not [text for text in image_of(taken(sandbox))["texts"] if "theirs-alone" in text]


def test_a_file_names_only_texts_of_its_own_or_of_awss(sandbox, dev, theirs, refused):
    dev.call("s3:ListBuckets")
    dev.flush()
    content = taken(sandbox)
    image = image_of(content)
    assert image["bases"][0]

    def in_basis(image):
        image["bases"][0][0]["sha256"] = theirs

    refused(rewritten(content, in_basis), "names a policy whose text is not in the file")
    named = {"name": "company1-hr", "sha256": theirs, "type": "resource"}
    refused(
        rewritten(content, cell("cloudtrail.event", "resource_policy", named)),
        "names a policy whose text is not in the file",
    )
