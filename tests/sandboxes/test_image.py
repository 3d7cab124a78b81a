"""That a copy is the same world under other names, and nobody else's."""

from __future__ import annotations

import datetime as dt
import io
import json
import re

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from iamconsole.accounts.models import Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.core.caller import wall_clock
from iamconsole.core.errors import AwsError
from iamconsole.gateway import door
from iamconsole.iam.models import AccessKey, Role, User
from iamconsole.s3.models import StoredObject
from iamconsole.sandboxes import caretaker, lifecycle
from iamconsole.sandboxes.image import BytesGone, Identity, Image, ImageError, Program, put, take
from tests.boto import boto
from tests.factories import allow, client_for, policy
from tests.sandboxes import end_state
from tests.sandboxes.shape import names_in, shape

pytestmark = pytest.mark.django_db


@pytest.fixture
def rich(sandbox):
    end_state.build(sandbox)
    end_state.furnish_richly(sandbox)
    sandbox.refresh_from_db()
    return sandbox


def test_a_copy_is_equal_but_for_names_and_keys(rich):
    copied = lifecycle.copy(rich.account_id)
    one, two = take(rich.sandbox_id), take(copied.sandbox_id)
    before, after = names_in(one), names_in(two)
    assert len(before) > 20
    assert set(before).isdisjoint(after)
    assert shape(one) == shape(two)
    assert one.objects == two.objects
    for name in before:
        assert name not in json.dumps(two.as_plain()), name


def test_every_hash_of_a_copy_leads_to_its_text(rich):
    copied = lifecycle.copy(rich.account_id)
    events = Event.objects.filter(account=copied).select_related("basis")
    decided = [event for event in events if event.basis_id]
    assert decided
    for event in decided:
        for attached in event.basis.attachments:
            assert rich.account_id not in json.dumps(attached)
        assert event.basis_id == type(event.basis).key_of(event.basis.attachments)
    # The next call of the copy's user is decided on the very basis that its copied events name.
    john = client_for(copied, "john")
    with pytest.raises(AwsError):
        john.call("iam:ListUsers")
    newest = Event.objects.filter(account=copied, user_name="john").latest("id")
    assert newest.basis_id in {event.basis_id for event in decided}


@pytest.mark.parametrize("copied", [False, True], ids=["as built", "in a copy"])
def test_the_end_state_decides_as_the_matrix_says(sandbox, copied):
    end_state.build(sandbox)
    account = lifecycle.copy(sandbox.account_id) if copied else sandbox
    account.refresh_from_db()
    asking = end_state.callers_of(account)
    for row in end_state.MATRIX:
        resource = row.resource.format(a=account.account_id)
        for column, expected in end_state.columns(row).items():
            decided = end_state.decision(account, asking[column], row.action, resource)
            assert end_state.agrees(expected, decided), (row.action, column, decided)
    assert [name for name, one in asking.items() if end_state.may_assume(account, one)] == ["john"]


def test_edits_of_a_copy_reach_nobody_else(rich):
    copied = lifecycle.copy(rich.account_id)
    before = take(rich.sandbox_id).as_plain()
    root = client_for(copied)
    root.call("s3:PutObject", bucket="company1-hr", key="Test.txt", body=io.BytesIO(b"other"))
    root.call("s3:DeleteObject", bucket="company1-logs", key="2023-10-07.log")
    root.call("s3:DeleteBucketPolicy", bucket="company1-sales")
    root.call("iam:DeleteUserPolicy", user_name="john", policy_name="Own")
    root.call("iam:CreateUser", user_name="new")
    root.call("iam:DetachGroupPolicy", group_name="IT", policy_arn=end_state.ADMINISTRATOR)
    own = f"arn:aws:iam::{copied.account_id}:policy/HRPolicy"
    document = policy(allow("s3:*"))
    root.call("iam:CreatePolicyVersion", policy_arn=own, policy_document=document, set_as_default=True)
    assert take(rich.sandbox_id).as_plain() == before
    with client_for(rich).call("s3:GetObject", bucket="company1-hr", key="Test.txt")["Body"] as body:
        assert body.read() == b"Hello!\n"


def test_a_trust_policy_follows_its_users_and_forgets_nobody(rich):
    copied = lifecycle.copy(rich.account_id)

    def trusted(account, name):
        return set(re.findall(r"A[IR][DO]A[A-Z2-7]{17}", Role.objects.get(account=account, name=name).trust.text))

    john = User.objects.get(account=copied, name="john")
    assert trusted(copied, "JohnUploadRole") == {john.unique_id}
    logs = Role.objects.get(account=copied, name="Company1-Logs-Role")
    was_logs = Role.objects.get(account=rich, name="Company1-Logs-Role")
    # The user who is gone stays nobody.
    [gone] = trusted(rich, "TrustsOneWhoIsGone") - {was_logs.unique_id}
    assert trusted(copied, "TrustsOneWhoIsGone") == {gone, logs.unique_id}


def test_a_copys_people_have_their_passwords_and_keys_of_their_own(rich):
    copied = lifecycle.copy(rich.account_id)
    one, two = lifecycle.describe(rich), lifecycle.describe(copied)
    assert one["admin"]["password"] == two["admin"]["password"]
    assert one["admin"]["access_key_id"] != two["admin"]["access_key_id"]
    for known, account in ((one, rich), (two, copied)):
        iam = boto("iam", known["admin"]["access_key_id"], known["admin"]["secret_access_key"])
        assert account.account_id in iam.get_user()["User"]["Arn"]
    john = User.objects.get(account=copied, name="john")
    assert list(AccessKey.objects.filter(user=john).order_by("pk").values_list("active", flat=True)) == [True, False]


def test_bytes_are_shared_and_go_with_the_last_who_names_them(rich, django_capture_on_commit_callbacks):
    copied = lifecycle.copy(rich.account_id)
    names = [
        set(StoredObject.objects.filter(bucket__account=one, key="handbook.txt").values_list("stored_as", flat=True))
        for one in (rich, copied)
    ]
    assert names[0] == names[1]
    [name] = names[0]
    for account, there in ((rich, True), (copied, False)):
        with django_capture_on_commit_callbacks(execute=True):
            client_for(account).call("s3:DeleteObject", bucket="company1-hr-bucket", key="handbook.txt")
        assert default_storage.exists(name) is there


def test_a_copy_of_a_copy_of_a_reset_sandbox_is_a_start_state_once_more(sandbox):
    copied = lifecycle.copy(lifecycle.copy(sandbox.account_id).account_id)
    before = lifecycle.describe(copied)
    end_state.build(copied)
    again = lifecycle.reset(copied.account_id)
    assert lifecycle.describe(again) == before
    assert sorted(User.objects.filter(account=again).values_list("name", flat=True)) == ["Sarah", "admin", "amin"]


# -- what an image is -----------------------------------------------------------------------------


def test_an_image_is_plain_and_comes_back(rich):
    image = take(rich.sandbox_id)
    plain = json.loads(json.dumps(image.as_plain()))
    assert Image.from_plain(plain) == image


def test_an_image_lacks_sessions_and_on_wish_events(rich, as_user):
    as_user("admin", rich)
    image = take(rich.sandbox_id, events=False)
    assert "sts.temporarycredential" not in image.tables
    assert "cloudtrail.event" not in image.tables
    assert not image.bases


def test_an_older_image_gets_the_defaults_of_newer_columns(sandbox):
    image = take(sandbox.sandbox_id)
    at = image.columns["iam.user"].index("boundary_aws_arn")
    image.columns["iam.user"].pop(at)
    for row in image.tables["iam.user"]:
        row.pop(at)
    placed = place(Program(image))
    assert set(User.objects.filter(account__sandbox=placed).values_list("boundary_aws_arn", flat=True)) == {""}


def place(program, **more):
    row = {"slug": "a-slug", "public_name": "a-name", "fixture": "", "start": b"", "created": wall_clock()}
    row |= {"state": Sandbox.State.LIVE, "since": None, "generation": 1, "visitor": False, "used": None}
    ids = [f"{number:012}" for number, _ in enumerate(program.image.account_ids)]
    with door.write_transaction():
        return put(program, Identity(ids, row), wall_clock(), **more)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda plain: plain.update(version=2),
        lambda plain: plain.pop("texts"),
        lambda plain: plain["tables"].update({"iam.nothing": []}),
        lambda plain: plain["columns"]["iam.user"].append("shoe_size"),
        lambda plain: plain["tables"]["iam.user"][0].pop(),
        lambda plain: plain["tables"]["iam.user"][0].__setitem__(0, 7),
        lambda plain: plain["tables"]["iam.user"][0].__setitem__(0, -1),
        lambda plain: plain["tables"]["iam.user"][0].__setitem__(3, "AROAAAAAAAAAAAAAAAAAA"),
        lambda plain: plain["tables"]["iam.user"][0].__setitem__(4, "yesterday"),
        lambda plain: plain["tables"]["iam.policyversion"][0].__setitem__(2, 99),
        lambda plain: plain["tables"]["s3.storedobject"][0].__setitem__(-1, 99),
        lambda plain: plain["tables"]["iam.user"].append(plain["tables"]["iam.user"][0]),
    ],
)
def test_what_is_no_image_is_refused(sandbox, spoil):
    plain = json.loads(json.dumps(take(sandbox.sandbox_id).as_plain()))
    spoil(plain)
    with pytest.raises(ImageError):
        Program(Image.from_plain(plain))


def test_a_world_is_put_in_a_transaction_only(sandbox, monkeypatch):
    program = Program(take(sandbox.sandbox_id))
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)
    with pytest.raises(RuntimeError):
        put(program, Identity(["000000000001"], {}), wall_clock())


def test_bytes_that_are_gone_are_noticed(sandbox):
    client_for(sandbox).call("s3:PutObject", bucket="company1-hr", key="own", body=io.BytesIO(b"own"))
    program = Program(take(sandbox.sandbox_id))
    client_for(sandbox).call("s3:DeleteObject", bucket="company1-hr", key="own")
    with pytest.raises(BytesGone):
        place(program)
    assert not Sandbox.objects.filter(slug="a-slug").exists()
    placed = place(program, staged=program.objects)
    assert StoredObject.objects.filter(bucket__sandbox=placed, key="own").exists()


def test_a_sweep_finds_bytes_without_rows_and_rows_without_bytes(sandbox):
    kept = StoredObject.objects.filter(bucket__sandbox=sandbox.sandbox_id)
    client_for(sandbox).call("s3:PutObject", bucket="company1-hr", key="lost", body=io.BytesIO(b"lost"))
    lost = kept.get(key="lost")
    default_storage.delete(lost.stored_as)
    orphan = default_storage.save("ab/cd/abcd", io.BytesIO(b"nobody's"))
    young = caretaker.sweep()
    assert (young.bytes_removed, default_storage.exists(orphan)) == (0, True)
    swept = caretaker.sweep(grace=dt.timedelta(seconds=-10))
    assert swept.bytes_removed == 1
    assert not default_storage.exists(orphan)
    assert swept.rows_without_bytes == [f"object {lost.pk}: {lost.stored_as}"]
    there = kept.exclude(key="lost").values_list("stored_as", flat=True)
    assert all(default_storage.exists(name) for name in there)
