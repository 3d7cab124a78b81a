"""Start, reset and delete: what people keep, what they lose, and what those meet who are in the middle of something."""

from __future__ import annotations

import datetime as dt
import io
from threading import Thread

import pytest
from botocore.exceptions import ClientError
from django.contrib.auth.hashers import check_password, identify_hasher
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.accounts.queries import account_named
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AwsError, CallerGone
from iamconsole.iam.models import AccessKey, LoginProfile, User
from iamconsole.s3 import storage
from iamconsole.s3.models import KeptBytes, StoredObject
from iamconsole.sandboxes import caretaker, lifecycle, rows, templates
from iamconsole.sandboxes.fixtures import FIXTURES
from iamconsole.sandboxes.image import take
from iamconsole.sandboxes.models import Template
from iamconsole.sandboxes.tables import TABLES, Kind
from iamconsole.sts.models import TemporaryCredential
from tests.boto import boto
from tests.factories import client_for
from tests.sandboxes.shape import names_in, shape

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def purge():
    return caretaker.purge(grace=caretaker.NONE, rest=lambda seconds: None)


def state_of(account, *without):
    return shape(take(account.sandbox_id), *without)


def read(account, bucket="company1-hr", key="Test.txt"):
    with client_for(account).call("s3:GetObject", bucket=bucket, key=key)["Body"] as body:
        return body.read()


def stored():
    return {name for names in caretaker.stored_names(lambda seconds: None) for name in names}


def rows_of_everybody():
    return {table.name: table.model._base_manager.count() for table in TABLES}


# -- starting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fixture", FIXTURES)
def test_two_starts_are_the_same_world_under_other_names(fixture):
    one, two = lifecycle.create(fixture), lifecycle.create(fixture)
    names = [names_in(take(account.sandbox_id)) for account in (one, two)]
    assert set(names[0]).isdisjoint(names[1])
    same = (Kind.TIME, Kind.HASH)
    assert state_of(one, *same) == state_of(two, *same)


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_start_is_what_building_it_through_the_door_makes(fixture):
    from iamconsole.core.caller import wall_clock
    from iamconsole.core.ids import Ids

    accounts = FIXTURES[fixture].accounts
    known = [templates.Credentials.new(one, Ids()) for one in accounts]
    now = wall_clock()
    sandbox = Sandbox.objects.create(slug="built", fixture=fixture, start=b"", created=now)
    built = [templates.open_account(sandbox, one, now) for one in accounts]
    for account, described, credentials in zip(built, accounts, known, strict=True):
        templates.build_account(account, described, credentials, [one.account_id for one in built])
    same = (Kind.TIME, Kind.HASH)
    assert state_of(lifecycle.create(fixture), *same) == state_of(built[0], *same)


def test_everything_in_a_start_state_is_as_old_as_its_sandbox(sandbox):
    image = take(sandbox.sandbox_id)
    for table in TABLES:
        for name, column in table.columns.items():
            if column.kind is Kind.TIME and table.name in image.tables:
                assert set(image.column(table.name, name)) <= {sandbox.created.isoformat(), None}, (table, name)


def test_a_template_leaves_only_its_image_and_bytes(db):
    Template.objects.all().delete()
    KeptBytes.objects.all().delete()
    templates.forget(templates.slug_of("course"))
    before = rows_of_everybody()
    state = templates.start_state("course")
    assert rows_of_everybody() == before
    kept = set(KeptBytes.objects.filter(kept_by=state.slug).values_list("stored_as", flat=True))
    assert len(kept) == 4
    assert all(default_storage.exists(name) for name in kept)


def test_a_template_of_another_version_goes_with_its_bytes(sandbox):
    old = Template.objects.get(fixture="course")
    name = default_storage.save("ab/cd/abcd", io.BytesIO(b"old"))
    Template.objects.create(slug="course-old", fixture="course", image=old.image, start=old.start, made=old.made)
    KeptBytes.objects.create(stored_as=name, kept_by="course-old")
    assert caretaker.forget_old_templates(grace=-DAY) == 1
    assert not default_storage.exists(name)
    assert Template.objects.get(fixture="course").slug == old.slug
    # A server of the other version that still has it in memory builds it again when its bytes are gone.
    templates.forget(old.slug)
    state = templates.start_state("course")
    Template.objects.all().delete()
    KeptBytes.objects.all().delete()
    StoredObject.objects.all().delete()
    again = lifecycle.create("course")
    assert read(again) == b"Hello!\n"
    assert templates.start_state("course") is not state


def test_generated_passwords_have_a_quick_hash_and_are_slow_to_guess(sandbox):
    known = lifecycle.describe(sandbox)
    profile = LoginProfile.objects.get(user__account=sandbox, user__name="admin")
    for password, encoded in (
        (known["admin"]["password"], profile.password),
        (known["root"]["password"], sandbox.root_password),
    ):
        assert identify_hasher(encoded).algorithm == "generated"
        assert check_password(password, encoded)
        assert not check_password(password + "x", encoded)
        assert password not in encoded
    client_for(sandbox).call("iam:UpdateLoginProfile", user_name="admin", password="Own-Passw0rd")
    profile.refresh_from_db()
    assert identify_hasher(profile.password).algorithm != "generated"


def test_two_accounts_start_in_one_sandbox_and_trust_each_other_as_their_policies_say():
    account = lifecycle.create("two-accounts")
    described = lifecycle.describe(account)
    hr, logs = described["accounts"]
    assert [one["name"] for one in (hr, logs)] == ["HR", "Logs"]
    assert logs["root"]["email"] == "Logs@company1.com"
    hrs, theirs = (boto("s3", *_key(one["admin"])) for one in (hr, logs))
    bucket = "company1-central-logs"
    assert [one["Name"] for one in theirs.list_buckets()["Buckets"]] == [bucket]
    assert hrs.list_objects_v2(Bucket=bucket, Prefix="hr/2023")["KeyCount"] == 2
    hrs.put_object(Bucket=bucket, Key="hr/new.log", Body=b"new")
    for refused in (
        lambda: hrs.list_objects_v2(Bucket=bucket),
        lambda: hrs.put_object(Bucket=bucket, Key="other/new.log", Body=b"new"),
        lambda: hrs.delete_object(Bucket=bucket, Key="hr/new.log"),
        lambda: theirs.get_object(Bucket="company1-hr", Key="Test.txt"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()
    again = lifecycle.describe(lifecycle.reset(logs["account_id"]))
    assert again["accounts"] == described["accounts"]
    assert hrs.list_objects_v2(Bucket=bucket, Prefix="hr/2023")["KeyCount"] == 2


def _key(person):
    return person["access_key_id"], person["secret_access_key"]


# -- the pool -------------------------------------------------------------------------------------


def test_a_ready_sandbox_is_nobodys_until_it_is_somebodys(db):
    assert lifecycle.fill_pool("course", 1)
    assert not lifecycle.fill_pool("course", 1)
    ready = Sandbox.objects.get(state=Sandbox.State.READY)
    [account] = ready.accounts.all()
    assert account_named(account.account_id) is None
    assert account_named("HR@company1.com", ready.slug) is None
    assert lifecycle.everyone() == []
    assert Client().get(f"/s/{ready.slug}").status_code == 404
    with pytest.raises(lifecycle.SandboxError):
        lifecycle.reset(account.account_id)

    started = lifecycle.start("course", visitor=True)
    assert (started.pk, started.visitor, started.state) == (ready.pk, True, Sandbox.State.LIVE)
    assert account_named("HR@company1.com") == account
    sts = boto("sts", *_key(lifecycle.describe(account)["admin"]))
    assert sts.get_caller_identity()["Account"] == account.account_id
    assert lifecycle.start("course").pk != ready.pk


def test_the_caretaker_keeps_the_pool_full_and_fresh(settings, db):
    settings.IAMCONSOLE_POOL = {"course": 2}
    assert caretaker.fill_pool(rest=lambda seconds: None) == 2
    assert caretaker.fill_pool(rest=lambda seconds: None) == 0
    old = Sandbox.objects.filter(state=Sandbox.State.READY).order_by("pk")[0]
    Sandbox.objects.filter(pk=old.pk).update(since=old.since - DAY)
    assert caretaker.fill_pool(rest=lambda seconds: None) == 1
    old.refresh_from_db()
    assert old.state == Sandbox.State.RETIRED
    assert Sandbox.objects.filter(state=Sandbox.State.READY).count() == 2


# -- reset ----------------------------------------------------------------------------------------


def test_a_reset_brings_names_passwords_and_keys_back_and_nothing_else(sandbox, other_sandbox):
    other = state_of(other_sandbox)
    known, shown = lifecycle.describe(sandbox), state_of(sandbox, Kind.TIME, Kind.HASH)
    root = client_for(sandbox)
    root.call("iam:CreateUser", user_name="john")
    key = root.call("iam:CreateAccessKey", user_name="john")["AccessKey"]
    root.call("iam:UpdateLoginProfile", user_name="admin", password="Own-Passw0rd")
    root.call("iam:DeleteAccessKey", user_name="admin", access_key_id=known["admin"]["access_key_id"])
    root.call("iam:CreateAccountAlias", account_alias="company1")
    before = {field: getattr(sandbox.sandbox, field) for field in ("slug", "public_name", "created")}

    again = lifecycle.reset(sandbox.account_id)

    assert lifecycle.describe(again) == known
    assert state_of(again, Kind.TIME, Kind.HASH) == shown
    assert {field: getattr(again.sandbox, field) for field in before} == before
    assert again.sandbox.generation == 2
    assert not Event.objects.filter(account=again).exists()
    assert not AccessKey.objects.filter(access_key_id=key["AccessKeyId"]).exists()
    assert state_of(other_sandbox) == other


def test_after_a_reset_who_was_signed_in_is_signed_out(sandbox, as_user):
    browser = as_user("admin")
    assert browser.get("/console/home").status_code == 200
    lifecycle.reset(sandbox.account_id)
    answer = browser.get("/iam/users")
    assert answer.status_code == 302
    assert "/signin" in answer.url or "/console?" in answer.url
    assert not TemporaryCredential.objects.filter(account__sandbox__state=Sandbox.State.LIVE).exists()


def test_a_key_that_was_made_since_the_start_is_unknown_after_a_reset(sandbox):
    client_for(sandbox).call("iam:CreateUser", user_name="john")
    made = client_for(sandbox).call("iam:CreateAccessKey", user_name="john")["AccessKey"]
    lifecycle.reset(sandbox.account_id)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        boto("sts", made["AccessKeyId"], made["SecretAccessKey"]).get_caller_identity()


# What a transaction commits is checked at its end: these are real ones.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purged", [False, True], ids=["reset", "reset and purged"])
def test_who_was_authenticated_before_a_reset_is_nobody_after_it(sandbox, purged):
    admin = client_for(sandbox, "admin")
    lifecycle.reset(sandbox.account_id)
    if purged:
        purge()
    before = stored()
    for action, params in (
        ("iam:CreateUser", {"user_name": "john"}),
        ("s3:PutObject", {"bucket": "company1-hr", "key": "late", "body": io.BytesIO(b"late")}),
    ):
        with pytest.raises(AwsError) as error:
            admin.call(action, **params)
        assert error.value.status in (403, 404)
    assert not User.objects.filter(name="john").exists()
    assert not StoredObject.objects.filter(key="late").exists()
    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_what_was_read_before_a_purge_does_not_fail_because_its_event_has_no_account(sandbox, other_sandbox):
    admin, other = client_for(sandbox, "admin"), client_for(other_sandbox, "admin")
    admin.recorder.pending += _read_of(other)
    admin.call("iam:ListUsers")
    lifecycle.delete(sandbox.account_id)
    purge()
    before = Event.objects.filter(account=other_sandbox).count()
    admin.flush()
    assert Event.objects.filter(account=other_sandbox).count() == before + 1
    with pytest.raises(CallerGone):
        admin.call("iam:GetAccountSummary")


def _read_of(client):
    client.call("iam:ListUsers")
    pending, client.recorder.pending = client.recorder.pending, []
    return pending


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_under_way_meanwhile_ends_at_the_sign_in(sandbox, as_user, monkeypatch):
    browser = as_user("admin")
    from iamconsole.gateway import middleware

    into_the_page = middleware.context_of

    def then_a_reset(request, **more):
        lifecycle.reset(sandbox.account_id)
        purge()
        return into_the_page(request, **more)

    monkeypatch.setattr(middleware, "context_of", then_a_reset)
    answer = browser.get("/iam/home")
    assert answer.status_code in (200, 302)
    answer = browser.post("/iam/users/create", {})
    assert answer.status_code in (302, 403)


def test_the_last_use_of_a_key_is_of_this_generation(sandbox):
    key = lifecycle.describe(sandbox)["admin"]
    boto("iam", *_key(key)).list_users()
    asked = {"access_key_id": key["access_key_id"]}
    assert client_for(sandbox).call("iam:GetAccessKeyLastUsed", **asked)["AccessKeyLastUsed"]["ServiceName"] == "iam"
    again = lifecycle.reset(sandbox.account_id)
    assert client_for(again).call("iam:GetAccessKeyLastUsed", **asked)["AccessKeyLastUsed"]["ServiceName"] == "N/A"


# -- what is over ---------------------------------------------------------------------------------


def test_a_purge_leaves_no_row_and_no_bytes_of_what_is_gone(db, django_capture_on_commit_callbacks):
    lifecycle.create("course")
    before = rows_of_everybody()
    for number in range(3):
        made = lifecycle.create("course")
        root = client_for(made)
        root.call("s3:PutObject", bucket="company1-hr", key="own", body=io.BytesIO(b"own"))
        own = StoredObject.objects.get(bucket__account=made, key="own").stored_as
        root.call("iam:ListUsers")
        root.flush()
        (lifecycle.delete if number else lifecycle.reset)(made.account_id)
        assert default_storage.exists(own)
        assert purge() == 1
        assert not default_storage.exists(own)
        if not number:
            lifecycle.delete(made.account_id)
            purge()
        assert rows_of_everybody() == before
    kept = set(StoredObject.objects.values_list("stored_as", flat=True))
    assert kept == storage.named(kept)
    assert all(default_storage.exists(name) for name in kept)


def test_what_a_request_may_still_read_is_left_for_a_while(sandbox):
    lifecycle.delete(sandbox.account_id)
    assert caretaker.purge() == 0
    assert Account.objects.filter(pk=sandbox.pk).exists()
    assert purge() == 1
    assert not Account.objects.filter(pk=sandbox.pk).exists()


def test_a_large_world_goes_in_several_short_steps(sandbox, monkeypatch):
    monkeypatch.setattr(rows, "SECONDS", -1)
    users = [
        User(account=sandbox, name=f"user-{number}", unique_id=f"AIDA{number:017}", created=sandbox.created)
        for number in range(600)
    ]
    User.objects.bulk_create(users)
    lifecycle.delete(sandbox.account_id)
    rests = []
    caretaker.purge(grace=caretaker.NONE, rest=rests.append)
    assert len(rests) >= len(TABLES) + 2
    assert not User.objects.exists()


def test_a_visit_ends_when_nobody_came_for_a_day(sandbox):
    visit = lifecycle.start("course", visitor=True)
    assert caretaker.end_visits() == 0
    Sandbox.objects.update(used=visit.used - DAY)
    assert caretaker.end_visits() == 1
    assert [account.pk for account in lifecycle.everyone()] == [sandbox.pk]


def test_one_caretaker_works_at_a_time(db):
    refused = []

    def another():
        # Another thread has a connection of its own, as another process would.
        try:
            with caretaker.alone():
                pass
        except caretaker.Busy as error:
            refused.append(error)
        connection.close()

    with caretaker.alone():
        other = Thread(target=another)
        other.start()
        other.join()
    assert refused
    with caretaker.alone():
        assert set(caretaker.tend(rest=lambda seconds: None)) >= {"purged", "filled"}
