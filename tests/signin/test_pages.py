from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from iamconsole.cloudtrail.models import Event
from iamconsole.iam.models import LoginProfile
from iamconsole.sandboxes.lifecycle import Credentials
from iamconsole.sts.models import TemporaryCredential
from tests.factories import client_for

WRONG = "Your authentication information is incorrect. Please try again."
PASSWORD = "Passw0rd!"


@pytest.fixture
def visitor(db) -> Client:
    return Client()


@pytest.fixture
def known(sandbox) -> Credentials:
    return Credentials.unseal(sandbox.sandbox.start)


@pytest.fixture
def john(sandbox, root):
    """May change the own password, and must."""
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password=PASSWORD, password_reset_required=True)
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    return "john"


def enter(visitor, sandbox, user_name, password, **more):
    return visitor.post(
        "/signin/iam", {"account": sandbox.account_id, "user_name": user_name, "password": password, **more}
    )


def test_the_chooser_leads_an_iam_user_to_the_page_of_its_account(visitor, sandbox):
    answer = visitor.post("/signin", {"kind": "iam", "account": sandbox.account_id})
    assert answer.url == f"/signin/iam?account={sandbox.account_id}"


def test_an_account_id_may_be_pasted_as_the_console_shows_it(visitor):
    answer = visitor.post("/signin", {"kind": "iam", "account": "6294-7024-0221"})
    assert answer.url == "/signin/iam?account=629470240221"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"kind": "root"}, "Root user email address is required."),
        ({"kind": "iam"}, "Account ID (12 digits) or account alias is required."),
        ({"kind": "iam", "account": "123"}, "Account ID must be 12 digits or an alias"),
        ({"kind": "iam", "account": "<script>"}, "Account ID must be 12 digits or an alias"),
        ({"kind": "root", "email": "nobody@example.com"}, "that sign-in information does not exist"),
    ],
)
def test_the_chooser_says_what_is_missing(visitor, sandbox, data, text):
    answer = visitor.post("/signin", data)
    assert answer.status_code == 422
    assert text in answer.content.decode()


def test_the_root_user_signs_in_by_email(visitor, sandbox, known):
    answer = visitor.post("/signin", {"kind": "root", "email": known.root_email.lower()})
    assert answer.url.startswith("/signin/root?email=")
    page = visitor.get(answer.url)
    assert known.root_email.lower() in page.content.decode()
    answer = visitor.post(answer.url, {"email": known.root_email, "password": known.root_password})
    assert answer.url == "/console/home"
    assert sandbox.name in visitor.get("/console/home").content.decode()


def test_a_wrong_root_password_is_refused_and_recorded(visitor, sandbox, known):
    answer = visitor.post("/signin/root", {"email": known.root_email, "password": "wrong"})
    assert answer.status_code == 422
    assert WRONG in answer.content.decode()
    event = Event.objects.get(name="ConsoleLogin")
    assert (event.principal_type, event.response) == ("Root", {"ConsoleLogin": "Failure"})


def test_an_address_of_several_sandboxes_needs_the_account_id(visitor, sandbox, other_sandbox, known):
    asked = {"kind": "root", "email": known.root_email}
    answer = visitor.post("/signin", asked)
    assert "Your account ID says which one is yours." in answer.content.decode()
    answer = visitor.post("/signin", asked | {"root_account": sandbox.account_id})
    assert f"root_account={sandbox.account_id}" in answer.url
    answer = visitor.post(
        "/signin/root",
        {"email": known.root_email, "root_account": sandbox.account_id, "password": known.root_password},
    )
    assert answer.url == "/console/home"
    assert visitor.get("/console/home").wsgi_request.caller.account_id == sandbox.account_id


def test_a_root_sign_in_needs_the_address_too(visitor, sandbox, known):
    answer = visitor.post(
        "/signin/root",
        {"email": "other@example.com", "root_account": sandbox.account_id, "password": known.root_password},
    )
    assert WRONG in answer.content.decode()


def test_the_link_of_a_sandbox_decides_between_accounts_with_one_address(visitor, sandbox, other_sandbox, known):
    answer = visitor.post(f"/s/{sandbox.sandbox.slug}")
    assert answer.url == "/signin"
    cookie = answer.cookies["sandbox"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    answer = visitor.post("/signin", {"kind": "root", "email": known.root_email})
    assert answer.url.startswith("/signin/root")
    answer = visitor.post(answer.url, {"email": known.root_email, "password": known.root_password})
    assert answer.url == "/console/home"


def test_an_unknown_sandbox_is_not_found(visitor, sandbox):
    for slug in ("none", "%00", "%2e%2e", "x" * 500):
        assert visitor.post(f"/s/{slug}").status_code == 404


@pytest.mark.parametrize("path", ["/signin/iam", "/console"])
def test_an_iam_user_signs_in(visitor, sandbox, known, path):
    page = visitor.get(f"{path}?account={sandbox.account_id}")
    assert sandbox.account_id in page.content.decode()
    answer = visitor.post(path, {"account": sandbox.account_id, "user_name": "admin", "password": known.admin_password})
    assert answer.url == "/console/home"
    event = Event.objects.get(name="ConsoleLogin")
    assert (event.user_name, event.response) == ("admin", {"ConsoleLogin": "Success"})


def test_every_failure_of_the_iam_page_reads_the_same(visitor, sandbox, known, root):
    root.call("iam:CreateUser", user_name="amy")
    pages = []
    for account, user_name, password in [
        (sandbox.account_id, "admin", "wrong"),
        (sandbox.account_id, "nobody", known.admin_password),
        (sandbox.account_id, "amy", "no console access"),
        ("999999999999", "admin", known.admin_password),
        ("alias", "admin", known.admin_password),
        (known.root_email, "admin", known.admin_password),
    ]:
        answer = visitor.post("/signin/iam", {"account": account, "user_name": user_name, "password": password})
        assert answer.status_code == 422
        text = answer.content.decode()
        assert WRONG in text
        token = answer.context["csrf_token"]
        for value in (str(token), f'value="{account}"', f'value="{user_name}"'):
            text = text.replace(value, "")
        pages.append(text)
    assert len(set(pages)) == 1


def test_a_letter_that_only_looks_like_the_names_is_another(visitor, sandbox, root):
    """The Kelvin sign becomes an ASCII k in lower case; no cookie could remember it."""
    root.call("iam:CreateUser", user_name="kate")
    root.call("iam:CreateLoginProfile", user_name="kate", password="Passw0rd!")
    assert enter(visitor, sandbox, "\u212aate", "Passw0rd!", remember="on").status_code == 422
    assert enter(visitor, sandbox, "KATE", "Passw0rd!", remember="on").status_code == 302


def test_the_root_user_has_no_way_in_on_the_iam_page(visitor, sandbox, known):
    for user_name in ("", " ", known.root_email):
        assert enter(visitor, sandbox, user_name, known.root_password).status_code == 422


def test_signing_in_starts_a_fresh_session(visitor, sandbox, known):
    session = visitor.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    enter(visitor, sandbox, "admin", known.admin_password)
    assert visitor.session.session_key != before
    assert "planted" not in visitor.session


def test_signing_in_as_somebody_else_ends_the_session_before(as_user, sandbox, known):
    visitor = as_user()
    first = visitor.session["access_key_id"]
    enter(visitor, sandbox, "admin", known.admin_password)
    assert not TemporaryCredential.objects.filter(access_key_id=first).exists()


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/s3/buckets?region=us-west-2", "/s3/buckets?region=us-west-2"),
        ("https://evil.example/", "/console/home"),
        ("//evil.example/", "/console/home"),
        ("/\\evil.example/", "/console/home"),
        ("javascript:alert(1)", "/console/home"),
        ("/signout", "/console/home"),
        ("/iam/users\0", "/console/home"),
        ("/iam\r\nSet-Cookie: x=y", "/console/home"),
        (f"/iam/{'a' * 4000}", "/console/home"),
    ],
)
def test_only_a_path_on_this_host_is_returned_to(visitor, sandbox, known, asked, led):
    assert enter(visitor, sandbox, "admin", known.admin_password, redirect_uri=asked).url == led


def test_a_page_asked_for_before_signing_in_is_reached_after_it(visitor, sandbox, known):
    asked = visitor.get("/console/home?region=us-west-2")
    page = visitor.get(asked.url)
    assert 'value="/console/home?region=us-west-2"' in page.content.decode()
    chosen = visitor.post(
        "/signin",
        {"kind": "iam", "account": sandbox.account_id, "redirect_uri": page.context["redirect_uri"]},
    )
    answer = visitor.post(
        chosen.url, {"account": sandbox.account_id, "user_name": "admin", "password": known.admin_password}
    )
    assert answer.url == "/console/home?region=us-west-2"


def test_the_account_is_remembered_only_when_asked(visitor, sandbox, known):
    enter(visitor, sandbox, "admin", known.admin_password, remember="on")
    assert visitor.cookies["signin"]["httponly"]
    page = visitor.get("/signin/iam").content.decode()
    assert f'value="{sandbox.account_id}"' in page
    assert 'value="admin"' in page
    other = visitor.get("/signin/iam?account=111122223333").content.decode()
    assert 'value="admin"' not in other
    enter(visitor, sandbox, "admin", known.admin_password)
    assert sandbox.account_id not in visitor.get("/signin/iam").content.decode()


def test_a_password_that_must_change_comes_before_everything(visitor, sandbox, john):
    answer = enter(visitor, sandbox, john, PASSWORD, redirect_uri="/s3/buckets")
    assert answer.url == "/signin/change-password"
    assert visitor.get("/console/home").url == "/signin/change-password"
    page = visitor.get("/signin/change-password").content.decode()
    assert "You must change your password to continue" in page
    assert sandbox.account_id in page
    answer = visitor.post(
        "/signin/change-password", {"old_password": PASSWORD, "new_password": "N3w-Secret", "retyped": "N3w-Secret"}
    )
    assert answer.url == "/s3/buckets"
    assert visitor.get("/console/home").status_code == 200
    assert visitor.get("/signin/change-password").url == "/console/home"
    assert enter(Client(), sandbox, john, PASSWORD).status_code == 422
    assert enter(Client(), sandbox, john, "N3w-Secret").url == "/console/home"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("wrong", "N3w-Secret", "The old password was incorrect."),
        (PASSWORD, "weak", "Password"),
    ],
)
def test_a_refused_change_says_one_sentence_and_the_cause_on_request(visitor, sandbox, john, old, new, why):
    enter(visitor, sandbox, john, PASSWORD)
    answer = visitor.post("/signin/change-password", {"old_password": old, "new_password": new, "retyped": new})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Either user is not authorized to perform iam:ChangePassword" in text
    assert why in text.partition("Why?")[2]


def test_a_change_without_the_right_is_refused_in_the_same_words(visitor, sandbox, john, root):
    root.call("iam:DetachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    enter(visitor, sandbox, john, PASSWORD)
    answer = visitor.post(
        "/signin/change-password", {"old_password": PASSWORD, "new_password": "N3w-Secret", "retyped": "N3w-Secret"}
    )
    text = answer.content.decode()
    assert "Either user is not authorized to perform iam:ChangePassword" in text
    assert "no identity-based policy allows the iam:ChangePassword action" in text


def test_two_new_passwords_that_differ_are_refused(visitor, sandbox, john):
    enter(visitor, sandbox, john, PASSWORD)
    answer = visitor.post(
        "/signin/change-password", {"old_password": PASSWORD, "new_password": "N3w-Secret", "retyped": "N3w-secret"}
    )
    assert "Passwords do not match" in answer.content.decode()


def test_signing_out_ends_the_credentials(as_user):
    visitor = as_user("admin")
    key = visitor.session["access_key_id"]
    answer = visitor.post("/signout")
    assert answer.url == "/signin?loggedout"
    assert "You have successfully signed out" in visitor.get(answer.url).content.decode()
    assert not TemporaryCredential.objects.filter(access_key_id=key).exists()
    assert visitor.get("/console/home").status_code == 302
    assert visitor.post("/signout").url == "/signin?loggedout"


def test_signing_out_needs_a_form_of_ours(as_user):
    visitor = as_user("admin")
    visitor.handler.enforce_csrf_checks = True
    assert visitor.post("/signout").status_code == 403
    assert visitor.get("/signout").status_code == 405


def test_two_browsers_hold_independent_sessions(as_user, sandbox):
    first, second = as_user(), as_user("admin")
    first.post("/signout")
    assert second.get("/console/home").status_code == 200


def test_what_was_typed_is_shown_as_text(visitor, sandbox):
    answer = enter(visitor, sandbox, "<script>alert(1)</script>", "x")
    assert "<script>alert(1)" not in answer.content.decode()
    page = visitor.get("/signin/iam?account=<script>alert(1)</script>")
    assert "<script>alert(1)" not in page.content.decode()


def test_a_password_never_travels_back(visitor, sandbox):
    assert "s3cret-typed" not in enter(visitor, sandbox, "admin", "s3cret-typed").content.decode()


def test_a_deleted_user_is_out_at_once(as_user, sandbox, root):
    root.call("iam:CreateUser", user_name="amy")
    visitor = as_user("amy")
    root.call("iam:DeleteLoginProfile", user_name="amy")
    client_for(sandbox).call("iam:DeleteUser", user_name="amy")
    assert visitor.get("/console/home").url.startswith("/signin")


# -- a password that expires ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "left"), [(70, None), (76, "14 days"), (75, "15 days"), (74, None), (89, "1 day"), (88, "2 days")]
)
def test_in_the_last_fifteen_days_a_sign_in_warns_that_the_password_expires(sandbox, root, age, left):
    root.call("iam:UpdateAccountPasswordPolicy", max_password_age=90)
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password="Passw0rd!")
    changed = timezone.now() - dt.timedelta(days=age, hours=1)
    LoginProfile.objects.filter(user__name="john").update(changed=changed)
    asked = {"account": sandbox.account_id, "user_name": "john", "password": "Passw0rd!"}
    browser = Client()
    browser.post("/signin/iam", asked)
    page = browser.get("/console/home").content.decode()
    assert ("Your password expires in" in page) is bool(left)
    assert left is None or f"Your password expires in {left}." in page
