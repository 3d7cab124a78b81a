"""Whose account is meant: the browser's sandbox first, else the only one that fits, else the page asks (DESIGN §4)."""

from __future__ import annotations

import pytest
from django.test import Client

from iamconsole.accounts.models import Account
from iamconsole.cloudtrail.models import Event
from iamconsole.sandboxes.lifecycle import Credentials
from tests.factories import client_for

pytestmark = pytest.mark.django_db

WRONG = "Your authentication information is incorrect. Please try again."
ASKS = "Several accounts here have this alias. Enter your account ID (12 digits)."


@pytest.fixture
def visitor() -> Client:
    return Client()


def password_of(account):
    return Credentials.unseal(account.sandbox.start).admin_password


def name(account, alias):
    client_for(account).call("iam:CreateAccountAlias", account_alias=alias)


def enter(browser, path, account_text, account):
    return browser.post(path, {"account": account_text, "user_name": "admin", "password": password_of(account)})


def signed_in_to(browser):
    return browser.get("/console/home").wsgi_request.caller.account_id


def test_an_alias_has_an_address_of_its_own(visitor, sandbox):
    name(sandbox, "company1-hr")
    page = visitor.get("/company1-hr/console").content.decode()
    assert 'value="company1-hr"' in page
    assert enter(visitor, "/company1-hr/console", "company1-hr", sandbox).url == "/console/home"
    assert signed_in_to(visitor) == sandbox.account_id


def test_an_alias_is_as_good_as_an_id_in_the_chooser(visitor, sandbox):
    name(sandbox, "company1-hr")
    answer = visitor.post("/signin", {"kind": "iam", "account": "company1-hr"})
    assert answer.url == "/signin/iam?account=company1-hr"
    assert enter(visitor, answer.url, "company1-hr", sandbox).url == "/console/home"


@pytest.mark.parametrize("alias", ["2026", "2026-1", "1234567890123"])
def test_an_alias_of_digits_is_no_account_id(visitor, sandbox, alias):
    name(sandbox, alias)
    assert enter(visitor, f"/{alias}/console", alias, sandbox).url == "/console/home"


def test_which_aliases_there_are_does_not_show(visitor, sandbox):
    name(sandbox, "company1-hr")
    pages = []
    for alias in ("company1-hr", "no-such-name"):
        page = visitor.get(f"/{alias}/console")
        pages.append(page.content.decode().replace(alias, "").replace(str(page.context["csrf_token"]), ""))
    assert pages[0] == pages[1]
    answer = visitor.post("/no-such-name/console", {"account": "no-such-name", "user_name": "admin", "password": "x"})
    assert WRONG in answer.content.decode()


@pytest.mark.parametrize("path", ["/UPPER/console", "/-a-/console", "/a--b/console", "/ab/console/", "/a/console"])
def test_what_cannot_be_an_alias_is_no_page(visitor, db, path):
    assert visitor.get(path).status_code == 404


def test_an_alias_of_two_sandboxes_needs_the_account_id(visitor, sandbox, other_sandbox):
    for account in (sandbox, other_sandbox):
        name(account, "company1-hr")
    answer = enter(visitor, "/company1-hr/console", "company1-hr", sandbox)
    assert ASKS in answer.content.decode()
    assert not Event.objects.filter(name="ConsoleLogin").exists()
    assert enter(visitor, "/company1-hr/console", sandbox.account_id, sandbox).url == "/console/home"


def test_the_browsers_sandbox_decides_first(visitor, sandbox, other_sandbox):
    for account in (sandbox, other_sandbox):
        name(account, "company1-hr")
    visitor.post(f"/s/{other_sandbox.sandbox.slug}")
    assert WRONG in enter(visitor, "/signin/iam", "company1-hr", sandbox).content.decode()
    assert enter(visitor, "/signin/iam", "company1-hr", other_sandbox).url == "/console/home"
    assert signed_in_to(visitor) == other_sandbox.account_id


def test_with_a_sandbox_that_does_not_know_it_the_only_one_that_does_is_meant(visitor, sandbox, other_sandbox):
    name(sandbox, "company1-hr")
    visitor.post(f"/s/{other_sandbox.sandbox.slug}")
    assert enter(visitor, "/signin/iam", "company1-hr", sandbox).url == "/console/home"


def test_an_account_id_is_unique_over_the_site_whatever_the_cookie(visitor, sandbox, other_sandbox):
    visitor.post(f"/s/{other_sandbox.sandbox.slug}")
    assert enter(visitor, "/signin/iam", sandbox.account_id, sandbox).url == "/console/home"
    assert signed_in_to(visitor) == sandbox.account_id


def test_no_password_of_one_sandbox_opens_another(visitor, sandbox, other_sandbox):
    answer = enter(visitor, "/signin/iam", sandbox.account_id, other_sandbox)
    assert WRONG in answer.content.decode()
    known = Credentials.unseal(other_sandbox.sandbox.start)
    answer = visitor.post(
        "/signin/root",
        {"email": known.root_email, "root_account": sandbox.account_id, "password": known.root_password},
    )
    assert WRONG in answer.content.decode()


@pytest.mark.parametrize(
    "text", ["", " ", "@", "%", "0" * 12, "-" * 12, "a" * 63, "'; --", "\N{ARABIC-INDIC DIGIT ONE}" * 12]
)
def test_texts_that_name_no_account_name_none(visitor, sandbox, text):
    assert Account.objects.get().alias == ""
    answer = visitor.post("/signin/iam", {"account": text, "user_name": "admin", "password": password_of(sandbox)})
    assert answer.status_code == 422
    assert not Event.objects.filter(name="ConsoleLogin").exists()
