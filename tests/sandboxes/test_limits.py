"""What a sandbox may hold: refused in AWS's form, exact, and at the same cost however much is there."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AwsError, LimitExceeded
from iamconsole.iam import things
from iamconsole.iam.models import User
from iamconsole.s3.models import Bucket, StoredObject
from iamconsole.s3.usage import usage_of
from iamconsole.sandboxes import caretaker, lifecycle
from tests.factories import client_for

pytestmark = pytest.mark.django_db


def put(aws, key, size, bucket="company1-hr"):
    return aws.call("s3:PutObject", bucket=bucket, key=key, body=io.BytesIO(b"x" * size))


def counted(sandbox_key):
    """What the rows themselves say."""
    stored = StoredObject.objects.filter(bucket__sandbox=sandbox_key)
    return (stored.count() + Bucket.objects.filter(sandbox=sandbox_key).count(), sum(one.size for one in stored))


def told(sandbox_key):
    found = usage_of(sandbox_key)
    return found.objects, found.bytes


def limited(settings, **quotas):
    settings.IAMCONSOLE_QUOTAS = settings.IAMCONSOLE_QUOTAS | quotas


def test_bytes_are_limited_and_less_is_always_allowed(settings, sandbox, root):
    there = told(sandbox.sandbox_id)[1]
    limited(settings, bytes=there + 10)
    put(root, "ten", 10)
    with pytest.raises(AwsError) as refusal:
        put(root, "one", 1)
    assert (refusal.value.code, refusal.value.status) == ("QuotaExceeded", 403)
    assert f"up to {there + 10} bytes" in refusal.value.message
    put(root, "ten", 4)  # smaller, in its place
    put(root, "six", 6)
    assert told(sandbox.sandbox_id)[1] == there + 10
    limited(settings, bytes=1)
    put(root, "six", 5)
    root.call("s3:DeleteObject", bucket="company1-hr", key="ten")
    assert told(sandbox.sandbox_id) == counted(sandbox.sandbox_id)


def test_buckets_and_objects_are_limited_together(settings, sandbox, root):
    limited(settings, objects=told(sandbox.sandbox_id)[0] + 2)
    put(root, "new", 1)
    root.call("s3:CreateBucket", bucket="one-more")
    for call in (lambda: put(root, "more", 1), lambda: root.call("s3:CreateBucket", bucket="two-more")):
        with pytest.raises(AwsError, match="buckets and objects"):
            call()
    put(root, "new", 2)  # no further object
    root.call("s3:DeleteBucket", bucket="one-more")
    put(root, "more", 1)
    assert told(sandbox.sandbox_id) == counted(sandbox.sandbox_id)


def test_a_refused_upload_leaves_neither_row_nor_bytes_nor_count(settings, sandbox, root, tmp_path):
    limited(settings, bytes=1)

    def files():
        return sorted(one for one in (tmp_path / "objects").rglob("*") if one.is_file())

    before, there = told(sandbox.sandbox_id), files()
    with pytest.raises(AwsError):
        put(root, "big", 100)
    assert told(sandbox.sandbox_id) == before == counted(sandbox.sandbox_id)
    assert files() == there
    assert Event.objects.latest("id").error_code == "QuotaExceeded"


@pytest.mark.parametrize("act", [lifecycle.reset, lifecycle.copy])
def test_the_counts_are_right_in_every_world(sandbox, root, act):
    put(root, "more", 100)
    made = act(sandbox.account_id)
    assert told(made.sandbox_id) == counted(made.sandbox_id)


def test_an_upload_costs_the_same_however_much_is_there(sandbox, root):
    def queries(key):
        with CaptureQueriesContext(
            connection,
        ) as made:
            put(root, key, 1)
        return len(made)

    put(root, "warm", 1)
    first = queries("first")
    for number in range(40):
        put(root, f"many-{number}", 1)
    assert queries("last") == first


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("iam:CreateUser", {"user_name": "more"}),
        ("iam:CreateGroup", {"group_name": "more"}),
        ("iam:CreateAccessKey", {"user_name": "amin"}),
        ("iam:CreateVirtualMFADevice", {"virtual_mfa_device_name": "more"}),
    ],
)
def test_things_of_iam_are_limited_together(settings, sandbox, root, action, params):
    there = things.count(sandbox.sandbox_id, 10_000)
    limited(settings, things=there + 1)
    root.call("iam:CreateUser", user_name="last")
    with pytest.raises(LimitExceeded, match=f"Cannot exceed quota for ObjectsPerSandbox: {there + 1}"):
        root.call(action, **params)
    assert things.count(sandbox.sandbox_id, 10_000) == there + 1
    root.call("iam:DeleteUser", user_name="last")
    root.call(action, **params)


def test_the_quota_is_the_sandboxs_and_not_each_accounts(settings, sandbox, root):
    second = Account.objects.create(
        sandbox=sandbox.sandbox,
        account_id="111122223333",
        name="B",
        root_email="b@example.com",
        created=sandbox.created,
    )
    limited(settings, things=things.count(sandbox.sandbox_id, 10_000) + 1)
    client_for(second).call("iam:CreateUser", user_name="there")
    with pytest.raises(LimitExceeded):
        root.call("iam:CreateUser", user_name="here")


def test_what_one_sandbox_holds_is_nothing_to_another(settings, sandbox, other_sandbox, root):
    limited(settings, things=things.count(sandbox.sandbox_id, 10_000) + 1)
    root.call("iam:CreateUser", user_name="one")
    client_for(other_sandbox).call("iam:CreateUser", user_name="one")


def test_a_visitors_sandbox_holds_less(settings, sandbox, root):
    settings.IAMCONSOLE_VISITOR_QUOTAS = settings.IAMCONSOLE_VISITOR_QUOTAS | {"bytes": 1, "things": 1}
    put(root, "a", 10)
    Sandbox.objects.filter(pk=sandbox.sandbox_id).update(visitor=True)
    with pytest.raises(AwsError):
        put(root, "b", 10)
    with pytest.raises(LimitExceeded):
        root.call("iam:CreateUser", user_name="b")


def test_of_events_the_newest_are_kept(settings, sandbox, other_sandbox, root):
    for number in range(30):
        root.call("iam:CreateUser", user_name=f"user-{number}")
    stranger = client_for(other_sandbox)
    stranger.call("iam:CreateUser", user_name="theirs")
    limited(settings, events=10)
    newest = list(Event.objects.filter(account=sandbox).order_by("-id").values_list("id", flat=True)[:10])
    assert caretaker.trim_events(rest=lambda seconds: None) == 20
    assert list(Event.objects.filter(account=sandbox).order_by("-id").values_list("id", flat=True)) == newest
    assert Event.objects.filter(account=other_sandbox).count() == 1
    assert User.objects.filter(account=sandbox, name="user-0").exists()


def test_the_migration_counts_what_was_there_before(sandbox, root):
    from importlib import import_module

    from django.apps import apps

    put(root, "more", 100)
    right = told(sandbox.sandbox_id)
    Bucket.objects.update(object_count=0, byte_count=0)
    import_module("iamconsole.s3.migrations.0003_what_buckets_hold").count(apps, None)
    assert told(sandbox.sandbox_id) == right == counted(sandbox.sandbox_id)
