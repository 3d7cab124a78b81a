"""Who may read a mail: a browser of the sandbox, or the one that began the sign-up. Nobody else, whatever they know."""

from __future__ import annotations

import pytest
from django.test import Client

from iamconsole.accounts import inbox
from iamconsole.accounts.models import Account, Mail
from iamconsole.core.caller import wall_clock
from tests.factories import sign_in
from tests.signin.visitor import EMAIL, Visitor

pytestmark = pytest.mark.django_db


def mail_to_root(account: Account) -> Mail:
    Client().post("/signin/forgot", {"email": account.root_email, "root_account": account.account_id})
    return Mail.objects.filter(account=account).latest("pk")


def of_sandbox(account: Account) -> Client:
    browser = Client()
    browser.post(f"/s/{account.sandbox.slug}")
    return browser


def can_read(browser: Client, mail: Mail) -> bool:
    listed = f'href="/lab/inbox/{mail.pk}"' in browser.get("/lab/inbox").content.decode()
    opened = browser.get(f"/lab/inbox/{mail.pk}").status_code == 200
    assert listed == opened
    return opened


def test_a_browser_of_the_sandbox_reads_its_mails(sandbox):
    assert can_read(of_sandbox(sandbox), mail_to_root(sandbox))


def test_a_browser_of_another_sandbox_reads_none_of_them(sandbox, other_sandbox):
    assert not can_read(of_sandbox(other_sandbox), mail_to_root(sandbox))


def test_knowing_the_address_or_asking_for_the_mail_opens_nothing(sandbox):
    mail = mail_to_root(sandbox)
    stranger = Client()
    stranger.post("/signin/forgot", {"email": sandbox.root_email})
    stranger.get(f"/signin/forgot?email={sandbox.root_email}&sent=1")
    assert not can_read(stranger, mail)


def test_signing_in_makes_nobody_a_reader(sandbox):
    """An IAM user who could read the root user's mails could become the root user."""
    mail = mail_to_root(sandbox)
    for user_name in ("admin", ""):
        browser = sign_in(Client(), sandbox, user_name)
        browser.get("/console/home")
        assert not can_read(browser, mail)
        assert "sandbox" not in browser.cookies


@pytest.mark.parametrize("slug", ["", "0", "%", "x' OR 1=1 --", "*", "None", "\0", "x" * 5000])
def test_a_guessed_cookie_opens_nothing(sandbox, slug):
    mail = mail_to_root(sandbox)
    browser = Client()
    browser.cookies["sandbox"] = slug
    assert not can_read(browser, mail)


def test_a_sign_up_without_a_sandbox_is_read_by_its_own_browser_only():
    one, two = Visitor(), Visitor()
    one.send(email=EMAIL, name="HR")
    two.send(email=EMAIL, name="HR")
    first, second = Mail.objects.order_by("pk")
    assert [can_read(browser, first) for browser in (one.browser, two.browser, Client())] == [True, False, False]
    assert [can_read(browser, second) for browser in (one.browser, two.browser, Client())] == [False, True, False]


def test_the_code_of_one_browser_is_no_good_in_another():
    """Two people who type the same address verify it each for themselves."""
    one, two = Visitor(), Visitor()
    one.send(email=EMAIL, name="HR")
    two.send(email=EMAIL, name="HR")
    first, second = Mail.objects.order_by("pk")
    Mail.objects.filter(pk=first.pk).update(code="111111")
    Mail.objects.filter(pk=second.pk).update(code="222222")
    assert two.send(code="111111").status_code == 422
    assert two.send(code="222222").status_code == 302


def test_after_the_sign_up_the_mails_are_the_sandboxes():
    visitor = Visitor()
    visitor.sign_up()
    account = Account.objects.get()
    mails = Mail.objects.all()
    assert {mail.sandbox_id for mail in mails} == {account.sandbox_id}
    assert sorted(mail.subject for mail in mails) == [
        "Text message",
        "Verify your identity",
        "Welcome to Amazon Web Services",
    ]
    browser = of_sandbox(account)
    assert all(browser.get(f"/lab/inbox/{mail.pk}").status_code == 200 for mail in mails)


def test_a_mail_that_was_opened_is_no_longer_new(sandbox):
    mail = mail_to_root(sandbox)
    browser = of_sandbox(sandbox)
    assert "New: " in browser.get("/lab/inbox").content.decode()
    browser.get(f"/lab/inbox/{mail.pk}")
    assert "New: " not in browser.get("/lab/inbox").content.decode()


def test_the_inbox_is_in_no_cache(sandbox):
    assert of_sandbox(sandbox).get("/lab/inbox")["Cache-Control"] == "no-store"


def test_what_a_name_holds_is_shown_as_text(sandbox):
    Account.objects.filter(pk=sandbox.pk).update(name="<script>alert(1)</script>")
    sandbox.refresh_from_db()
    mail = mail_to_root(sandbox)
    assert "<script>alert(1)" not in of_sandbox(sandbox).get(f"/lab/inbox/{mail.pk}").content.decode()


def test_leaving_the_sandbox_closes_its_inbox(sandbox):
    browser = of_sandbox(sandbox)
    assert f"/s/{sandbox.sandbox.slug}" in browser.get("/lab/inbox").content.decode()
    browser.post("/lab/leave")
    page = browser.get("/lab/inbox").content.decode()
    assert sandbox.sandbox.slug not in page
    assert "Only those of the sandbox that this browser belongs to" in page


def test_mails_of_sign_ups_that_were_never_finished_do_not_pile_up():
    Visitor().send(email=EMAIL, name="HR")
    Mail.objects.update(sent=wall_clock() - inbox.UNOWNED_LIFE * 2)
    Visitor().send(email="two@company1.com", name="HR")
    assert [mail.to for mail in Mail.objects.all()] == ["two@company1.com"]


def test_mails_of_a_sandbox_stay(sandbox):
    mail = mail_to_root(sandbox)
    Mail.objects.update(sent=wall_clock() - inbox.UNOWNED_LIFE * 9)
    inbox.purge(wall_clock())
    assert Mail.objects.filter(pk=mail.pk).exists()
