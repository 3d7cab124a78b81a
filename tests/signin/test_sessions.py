"""One identity per browser, and what pages say whose session is over (console.md §2.3, §16)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re

import pytest
from django.test import Client

from iamconsole.core.caller import wall_clock
from iamconsole.sandboxes import lifecycle
from iamconsole.sandboxes.lifecycle import Credentials
from iamconsole.sts.models import TemporaryCredential

pytestmark = pytest.mark.django_db

TITLE = "You were signed out"
WIZARD = "/iam/users/create?wizard=one-of-my-tabs"
JOHN = "Passw0rd!"


class Person:
    """A browser that signs in on the pages."""

    def __init__(self, account, **options):
        self.account, self.browser = account, Client(**options)
        self.known = Credentials.unseal(account.sandbox.start)

    def sign_in(self, user_name="admin", password="", **more):
        asked = {"account": self.account.account_id, "user_name": user_name}
        answer = self.browser.post("/signin/iam", asked | {"password": password or self.known.admin_password} | more)
        assert answer.status_code == 302
        return answer

    def sign_in_as_root(self):
        asked = {"email": self.known.root_email, "root_account": self.account.account_id}
        assert self.browser.post("/signin/root", asked | {"password": self.known.root_password}).status_code == 302

    def begin_a_wizard(self, name="half-made"):
        """A first step that is filled in; returns where it goes on."""
        return self.browser.post(WIZARD, {"wizard": "one-of-my-tabs", "user_name": name}).url

    def draft(self):
        page = self.browser.get(WIZARD + "&step=details")
        found = re.search(
            r'name="user_name"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="user_name"', page.content.decode()
        )
        return (found[1] or found[2]) if found else ""


@pytest.fixture
def person(sandbox) -> Person:
    return Person(sandbox)


@pytest.fixture
def john(root):
    root.call("iam:CreateUser", user_name="john")
    root.call("iam:CreateLoginProfile", user_name="john", password=JOHN)
    root.call("iam:AttachUserPolicy", user_name="john", policy_arn="arn:aws:iam::aws:policy/IAMFullAccess")
    return "john"


def session_is_over():
    TemporaryCredential.objects.update(expires=wall_clock() - dt.timedelta(seconds=1))


def htmx(browser, path, method="get", **headers):
    asked = {"HX-Request": "true", "HX-Current-URL": "http://testserver/iam/users?q=a"} | headers
    return getattr(browser, method)(path, headers=asked)


# -- where a page without a session leads ----------------------------------------------------------


def test_a_plain_page_leads_to_the_sign_in_of_that_account_and_back(person):
    person.sign_in()
    session_is_over()
    answer = person.browser.get("/iam/users?q=a")
    assert answer.url == f"/signin/iam?account={person.account.account_id}&ended=1&redirect_uri=%2Fiam%2Fusers%3Fq%3Da"
    page = person.browser.get(answer.url).content.decode()
    assert TITLE in page
    assert f'value="{person.account.account_id}"' in page
    assert person.sign_in(redirect_uri="/iam/users?q=a").url == "/iam/users?q=a"


def test_the_root_user_is_led_to_the_root_sign_in(person):
    person.sign_in_as_root()
    session_is_over()
    answer = person.browser.get("/iam/users")
    assert answer.url == "/signin?kind=root&ended=1&redirect_uri=%2Fiam%2Fusers"
    assert TITLE in person.browser.get(answer.url).content.decode()


def test_who_was_never_signed_in_is_not_told_so(sandbox):
    answer = Client().get("/iam/users")
    assert answer.url == "/signin?redirect_uri=%2Fiam%2Fusers"
    assert TITLE not in Client().get(answer.url).content.decode()


def test_a_form_is_answered_by_a_page_that_leads_back_to_its_page(person):
    person.sign_in()
    session_is_over()
    answer = person.browser.post(
        "/iam/users/create", {"user_name": "x"}, headers={"Referer": "http://testserver/iam/users/create?step=details"}
    )
    assert answer.status_code == 403
    page = answer.content.decode()
    assert TITLE in page
    assert re.search(r'href="/iam/users/create\?step=details"[^>]*>(<span>)?Reload', page)


@pytest.mark.parametrize(
    "elsewhere", ["http://evil.example/iam/users", "http://testserver//evil.example/", "junk", "javascript:alert(1)"]
)
def test_the_way_back_is_always_on_this_host(person, elsewhere):
    person.sign_in()
    session_is_over()
    page = person.browser.post("/iam/users/create", headers={"Referer": elsewhere}).content.decode()
    assert "evil" not in page
    assert re.search(r'href="/iam/users/create"[^>]*>(<span>)?Reload', page)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_swap_is_answered_by_a_dialog_over_the_page(person, method):
    person.sign_in()
    session_is_over()
    answer = htmx(person.browser, "/iam/users", method)
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (422, "#modal-root", "innerHTML")
    text = answer.content.decode()
    assert text.lstrip().startswith("<dialog")
    assert TITLE in text
    assert 'href="/iam/users?q=a"' in text


def test_a_page_of_an_earlier_sign_in_is_told_so_and_shown_nothing(person, john):
    person.sign_in()
    marker = person.browser.get("/iam/users").context["console_session"]["marker"]
    assert "Sarah" in htmx(person.browser, "/iam/users", **{"X-Session": marker}).content.decode()
    person.sign_in(john, JOHN)
    answer = htmx(person.browser, "/iam/users", **{"X-Session": marker})
    assert TITLE in answer.content.decode()
    assert "Sarah" not in answer.content.decode()


def test_a_form_of_an_earlier_sign_in_is_told_so(sandbox, john, root):
    browser = Client(enforce_csrf_checks=True)
    password = Credentials.unseal(sandbox.sandbox.start).admin_password

    def token_of(path):
        return {"csrfmiddlewaretoken": str(browser.get(path).context["csrf_token"])}

    def enter(user_name, password):
        asked = {"account": sandbox.account_id, "user_name": user_name, "password": password}
        assert browser.post("/signin/iam", asked | token_of("/signin/iam")).url == "/console/home"

    enter("admin", password)
    old = token_of("/iam/users/create")
    enter(john, JOHN)
    for headers in ({}, {"HX-Request": "true"}):
        answer = browser.post("/iam/users/create", {"user_name": "x"} | old, headers=headers)
        assert TITLE in answer.content.decode()


def test_a_stale_sign_in_page_asks_to_be_reloaded(sandbox):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/signin/iam")
    answer = browser.post(
        "/signin/iam", {"csrfmiddlewaretoken": "x" * 64}, headers={"Referer": "http://testserver/signin/iam"}
    )
    assert answer.status_code == 403
    assert "Reload this page" in answer.content.decode()
    assert "Allow cookies" in Client(enforce_csrf_checks=True).post("/signin/iam").content.decode()


def test_a_form_of_another_site_is_refused(person):
    person.sign_in()
    person.browser.handler.enforce_csrf_checks = True
    answer = person.browser.post("/iam/users/create", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert TITLE not in answer.content.decode()


# -- who is gone is out ------------------------------------------------------------------------------


def test_a_deleted_user_is_out_with_a_clear_page(person, john, root):
    person.sign_in(john, JOHN)
    root.call("iam:DetachUserPolicy", user_name=john, policy_arn="arn:aws:iam::aws:policy/IAMFullAccess")
    root.call("iam:DeleteLoginProfile", user_name=john)
    root.call("iam:DeleteUser", user_name=john)
    page = person.browser.get(person.browser.get("/console/home").url).content.decode()
    assert "your user or account is no longer there" in page


def test_a_deleted_account_is_out_with_a_clear_page(person):
    person.sign_in()
    lifecycle.delete(person.account.account_id)
    page = person.browser.get(person.browser.get("/console/home").url).content.decode()
    assert "your user or account is no longer there" in page


# -- drafts ------------------------------------------------------------------------------------------


def test_after_signing_in_again_a_wizard_goes_on_where_it_was(person):
    person.sign_in()
    step = person.begin_a_wizard()
    session_is_over()
    person.browser.get(step)
    assert person.sign_in(redirect_uri=step).url == step
    assert person.browser.get(step).status_code == 200
    assert person.draft() == "half-made"


def test_what_a_wizard_sent_too_late_is_not_lost(person, root):
    person.sign_in()
    session_is_over()
    came_from = {"Referer": "http://testserver/iam/users/create"}
    answer = person.browser.post(
        "/iam/users/create", {"wizard": "one-of-my-tabs", "user_name": "sent-too-late"}, headers=came_from
    )
    assert f'href="{WIZARD}"' in answer.content.decode()
    assert person.sign_in(redirect_uri=WIZARD).url == WIZARD
    assert person.browser.get(WIZARD).context["wizard"].form["user_name"].value() == "sent-too-late"
    assert "sent-too-late" not in [user["UserName"] for user in root.call("iam:ListUsers")["Users"]]


def test_what_a_wizard_sent_too_late_is_its_writers_alone(person, john):
    person.sign_in()
    session_is_over()
    person.browser.post("/iam/users/create", {"wizard": "one-of-my-tabs", "user_name": "secret-plan"})
    assert "secret-plan" not in str(dict(person.browser.session))
    person.sign_in(john, JOHN)
    assert person.draft() == ""
    person.sign_in()
    assert person.browser.get(WIZARD).context["wizard"].form["user_name"].value() == "secret-plan"


@pytest.mark.parametrize("data", [{"wizard": "x"}, {"wizard": "one-of-my-tabs", "user_name": "x" * 200_000}, {}])
def test_nothing_odd_or_huge_is_put_aside(person, data):
    person.sign_in()
    session_is_over()
    assert person.browser.post("/iam/users/create", data).status_code == 403
    assert not person.browser.session.get("drafts")


def test_a_stranger_puts_nothing_aside(sandbox):
    browser = Client()
    assert browser.post("/iam/users/create", {"wizard": "one-of-my-tabs", "user_name": "x"}).status_code == 403
    assert "drafts" not in browser.session


def test_a_draft_never_reaches_another_identity(person, john):
    person.sign_in()
    step = person.begin_a_wizard("secret-plan")
    person.sign_in(john, JOHN)
    assert person.browser.get(step).status_code == 302  # led to the first step: there is no such draft
    assert person.draft() == ""
    person.sign_in_as_root()
    assert person.draft() == ""


def test_who_knows_whose_draft_it_is_and_the_wizards_id_cannot_make_it_a_session(person):
    """Drafts stand beside the sessions: a cookie that named one's row could write in it and delete it."""
    person.sign_in()
    person.begin_a_wizard()
    known = f"{person.browser.session['owner']} create-user one-of-my-tabs"
    stranger = Client()
    stranger.cookies["iamconsole_session"] = "draft" + hashlib.sha256(known.encode()).hexdigest()[:27]
    stranger.post("/signout")
    assert person.draft() == "half-made"


def test_each_person_finds_the_own_draft_again(person, john):
    person.sign_in()
    person.begin_a_wizard("of-admin")
    person.sign_in(john, JOHN)
    person.begin_a_wizard("of-john")
    person.sign_in()
    assert person.draft() == "of-admin"
    person.sign_in(john, JOHN)
    assert person.draft() == "of-john"


def test_a_user_of_the_same_name_made_anew_is_another_person(person, john, root):
    person.sign_in(john, JOHN)
    person.begin_a_wizard("of-the-first-john")
    root.call("iam:DetachUserPolicy", user_name=john, policy_arn="arn:aws:iam::aws:policy/IAMFullAccess")
    root.call("iam:DeleteLoginProfile", user_name=john)
    root.call("iam:DeleteUser", user_name=john)
    root.call("iam:CreateUser", user_name=john)
    root.call("iam:CreateLoginProfile", user_name=john, password=JOHN)
    person.sign_in(john, JOHN)
    assert person.draft() == ""


def test_signing_out_keeps_no_draft(person):
    person.sign_in()
    person.begin_a_wizard()
    person.browser.post("/signout")
    person.sign_in()
    assert person.draft() == ""


def test_a_draft_of_another_sandbox_cannot_be_named(person, other_sandbox):
    person.sign_in()
    person.begin_a_wizard("mine")
    stranger = Person(other_sandbox)
    stranger.sign_in()
    assert stranger.draft() == ""


def test_secrets_shown_once_do_not_outlive_their_session(person):
    person.sign_in()
    session = person.browser.session
    session["once"] = {"token": "sealed"}
    session.save()
    person.sign_in()
    assert "once" not in person.browser.session


# -- its end can be put off --------------------------------------------------------------------------


def test_a_session_lasts_twelve_hours_and_can_be_prolonged(person):
    person.sign_in()
    row = TemporaryCredential.objects.get()
    assert row.expires - row.issued == dt.timedelta(hours=12)
    TemporaryCredential.objects.update(expires=wall_clock() + dt.timedelta(seconds=90))
    before = json.loads(person.browser.get("/signin/session").content)
    assert 80 <= before["left"] <= 90
    after = json.loads(person.browser.post("/signin/extend").content)
    assert after["left"] > 11 * 60 * 60
    assert after["marker"] == before["marker"]
    again = TemporaryCredential.objects.get()
    assert (again.issued, again.access_key_id) == (row.issued, row.access_key_id)


def test_a_session_that_is_over_cannot_be_prolonged(person):
    person.sign_in()
    session_is_over()
    assert json.loads(person.browser.post("/signin/extend").content)["left"] == 0
    assert person.browser.get("/console/home").status_code == 302
    assert json.loads(Client().get("/signin/session").content) == {"left": 0, "marker": ""}


def test_prolonging_needs_a_form_of_ours(person):
    person.sign_in()
    person.browser.handler.enforce_csrf_checks = True
    assert person.browser.post("/signin/extend").status_code == 403


def test_pages_carry_the_warning_only_where_somebody_is_signed_in(person):
    assert "session-warning" not in person.browser.get("/signin").content.decode()
    person.sign_in()
    page = person.browser.get("/console/home").content.decode()
    assert "Your session is about to end" in page
    assert "Stay signed in" in page
    assert person.browser.session["access_key_id"] not in page
