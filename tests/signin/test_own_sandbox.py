"""The sandbox's own page: for who holds its link, whoever is signed in."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client

from iamconsole.accounts.models import Account, Sandbox
from iamconsole.iam.models import User
from iamconsole.s3.models import StoredObject
from iamconsole.sandboxes import lifecycle, snapshots
from iamconsole.sandboxes.credentials import Credentials
from iamconsole.sts.models import TemporaryCredential
from tests.factories import client_for, sign_in

pytestmark = pytest.mark.django_db

ACTS = ("reset", "restore", "delete", "snapshot")


@pytest.fixture
def holder(sandbox) -> Client:
    browser = Client()
    browser.post(f"/s/{sandbox.sandbox.slug}")
    return browser


def users(account):
    return set(User.objects.filter(account__account_id=account.account_id).values_list("name", flat=True))


def saved(account):
    with snapshots.take(account.account_id).file as file:
        content = io.BytesIO(file.read())
    content.name = "snapshot.zip"
    return content


def test_the_holder_sees_what_is_in_it_and_how_to_sign_in(holder, sandbox):
    page = holder.get("/sandbox").content.decode()
    known = Credentials.unseal(sandbox.sandbox.start)
    for text in (sandbox.account_id, known.root_email, known.admin_key[0], f"/s/{sandbox.sandbox.slug}"):
        assert text in page
    for secret in (known.root_password, known.admin_password):
        assert secret.replace("&", "&amp;") in page
    stored = StoredObject.objects.filter(bucket__account=sandbox).count()
    assert f"{stored + 3} of 10,000" in page  # and three buckets


def test_an_account_that_was_signed_up_for_shows_no_password(sandbox):
    Account.objects.filter(pk=sandbox.pk).update(signed_up=True)
    browser = Client()
    browser.post(f"/s/{sandbox.sandbox.slug}")
    page = browser.get("/sandbox").content.decode()
    assert "The one that you chose" in page
    assert Credentials.unseal(sandbox.sandbox.start).root_password not in page


def test_who_is_only_signed_in_is_told_how_to_get_there(sandbox, as_user):
    browser = as_user("admin")
    page = browser.get("/sandbox")
    assert page.status_code == 200
    text = page.content.decode()
    assert "This browser has no sandbox" in text
    assert sandbox.sandbox.slug not in text
    assert not any(f"/sandbox/{act}" in text for act in ACTS)
    for act in ACTS:
        assert browser.post(f"/sandbox/{act}", {"confirm": act}).status_code == 403
    assert Sandbox.objects.filter(pk=sandbox.sandbox_id, state=Sandbox.State.LIVE).exists()


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_a_form_of_this_site_only(sandbox, act):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["sandbox"] = sandbox.sandbox.slug
    assert strict.post(f"/sandbox/{act}", {"confirm": act}).status_code == 403
    assert strict.get(f"/sandbox/{act}").status_code == 405


@pytest.mark.parametrize("typed", ["", "Reset", "reset ", "delete"])
def test_a_reset_waits_for_its_word(holder, sandbox, typed):
    client_for(sandbox).call("iam:CreateUser", user_name="mine")
    answer = holder.post("/sandbox/reset", {"confirm": typed})
    assert answer.status_code == 422
    assert "Enter reset exactly as shown." in answer.content.decode()
    assert "mine" in users(sandbox)


@pytest.mark.parametrize(("name", "shown"), [("admin", "admin"), ("", "")])
def test_after_a_reset_the_same_person_is_signed_in_again(holder, sandbox, name, shown):
    client_for(sandbox).call("iam:CreateUser", user_name="mine")
    sign_in(holder, sandbox, name)
    assert holder.post("/sandbox/reset", {"confirm": "reset"}).url == "/sandbox"
    page = holder.get("/console/home")
    assert (page.status_code, page.wsgi_request.caller.user_name) == (200, shown)
    assert page.wsgi_request.caller.account_id == sandbox.account_id
    assert "mine" not in users(sandbox)
    assert "back in its start state" in page.content.decode()


def test_of_all_sessions_only_the_one_that_resets_goes_on_and_without_its_mfa(holder, sandbox):
    elsewhere = sign_in(Client(), sandbox, "admin")
    sign_in(holder, sandbox, "admin")
    TemporaryCredential.objects.update(mfa=True)
    holder.post("/sandbox/reset", {"confirm": "reset"})
    assert holder.get("/console/home").wsgi_request.caller.session.mfa is False
    assert elsewhere.get("/console/home").status_code == 302
    assert TemporaryCredential.objects.count() == 1


def test_a_session_that_has_still_to_change_its_password_ends_with_a_reset(holder, sandbox):
    sign_in(holder, sandbox, "admin")
    TemporaryCredential.objects.update(restricted=True)
    assert "Sign in again." in holder.post("/sandbox/reset", {"confirm": "reset"}, follow=True).content.decode()
    assert not TemporaryCredential.objects.exists()


def test_who_is_not_in_the_start_state_is_sent_to_sign_in(holder, sandbox):
    client_for(sandbox).call("iam:CreateUser", user_name="mine")
    sign_in(holder, sandbox, "mine")
    answer = holder.post("/sandbox/reset", {"confirm": "reset"}, follow=True)
    assert "Sign in again." in answer.content.decode()
    assert holder.get("/console/home").status_code == 302


def test_whoever_is_signed_in_elsewhere_stays_so(holder, sandbox, other_sandbox):
    sign_in(holder, other_sandbox, "admin")
    holder.post("/sandbox/reset", {"confirm": "reset"})
    assert holder.get("/console/home").wsgi_request.caller.account_id == other_sandbox.account_id


def test_a_deleted_sandbox_is_gone_for_the_browser_too(holder, sandbox):
    sign_in(holder, sandbox, "admin")
    assert holder.post("/sandbox/delete", {"confirm": "delete"}).url == "/"
    assert holder.cookies["sandbox"].value == ""
    assert holder.get("/console/home").status_code == 302
    with pytest.raises(lifecycle.SandboxError):
        lifecycle.account_with_id(sandbox.account_id)


def test_a_snapshot_is_downloaded_and_restored(holder, sandbox):
    client_for(sandbox).call("iam:CreateUser", user_name="before")
    answer = holder.post("/sandbox/snapshot")
    assert re.fullmatch(r'attachment; filename="sandbox-\d{12}-[\d-]+\.zip"', answer["Content-Disposition"])
    file = io.BytesIO(b"".join(answer.streaming_content))
    answer.close()
    file.name = "mine.zip"
    client_for(sandbox).call("iam:CreateUser", user_name="after")
    sign_in(holder, sandbox, "admin")
    answer = holder.post("/sandbox/restore", {"snapshot": file, "confirm": "restore"})
    assert answer.url == "/sandbox"
    assert {"before"} == users(sandbox) - {"admin", "amin", "Sarah"}
    page = holder.get("/sandbox")
    assert "The snapshot was restored." in page.content.decode()
    assert page.wsgi_request.caller.user_name == "admin"


def test_credentials_that_are_new_are_told_once(holder, sandbox):
    root = client_for(sandbox)
    root.call("iam:CreateUser", user_name="eve")
    root.call("iam:CreateLoginProfile", user_name="eve", password="An0ther-Passw0rd")
    root.call("iam:CreateAccessKey", user_name="eve")
    file = saved(sandbox)
    lifecycle.reset(sandbox.account_id)
    answer = holder.post("/sandbox/restore", {"snapshot": file, "confirm": "restore"})
    page = holder.get(answer.url).content.decode()
    assert "Console password of eve" in page
    assert "Access key of eve" in page
    assert "Console password of eve" not in holder.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello", "This is no snapshot of a sandbox: a snapshot is a zip file."),
        (b"PK\x03\x04 and no more", "The file is not whole: its end is missing."),
        (b"", "The file is empty: it is no snapshot."),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_with_the_reason(holder, sandbox, content, reason):
    file = io.BytesIO(content)
    file.name = "x.zip"
    answer = holder.post("/sandbox/restore", {"snapshot": file, "confirm": "restore"})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert users(sandbox) == {"admin", "amin", "Sarah"}


def test_the_way_there_is_in_the_account_menu_and_the_training_strip(holder, sandbox):
    assert 'href="/sandbox"' in holder.get("/signin").content.decode()
    assert 'href="/sandbox"' not in Client().get("/signin").content.decode()
    assert 'href="/sandbox">Your sandbox</a>' in sign_in(holder, sandbox, "admin").get("/console/home").content.decode()
