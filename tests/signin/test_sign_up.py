"""Sign-up, page by page (console.md §2.1), and what it opens."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from iamconsole.accounts.models import Account, Mail, Sandbox
from iamconsole.cloudtrail.models import Event
from iamconsole.iam.models import AccessKey, Group, ManagedPolicy, User
from iamconsole.sandboxes import caretaker, lifecycle
from tests.factories import client_for
from tests.signin.visitor import CARD, CONTACT, EMAIL, NAME, PASSWORD, Visitor, wrong

pytestmark = pytest.mark.django_db

BAD_CODE = "The code you entered is not valid or has expired. Enter the code again or request a new one."
STRIP = "Training simulator. Do not enter real AWS credentials, e-mail passwords or card numbers."


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_the_landing_page_leads_to_sign_up_and_sign_in(client):
    page = client.get("/").content.decode()
    head = page[page.index("<header") : page.index("</header>")]
    assert re.search(r'href="/signup"[^>]*>(<span>)?Create an AWS Account', head)
    assert re.search(r'href="/signin"[^>]*>(<span>)?Sign In', head)
    assert STRIP in page


def test_who_is_signed_in_goes_straight_to_the_console(as_user):
    assert as_user("admin").get("/").url == "/console/home"


def test_the_first_page_asks_for_address_and_name(client):
    page = client.get("/signup").content.decode()
    for text in (
        "Root user email address",
        "Used for account recovery and as described in the AWS Privacy Notice",
        "AWS account name",
        "Choose a name for your account. You can change this name in your account settings after you sign up.",
        "Verify email address",
        "Sign in to an existing AWS account",
        STRIP,
    ):
        assert text in page


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"email": "", "name": "HR"}, "Root user email address is required."),
        ({"email": "no address", "name": "HR"}, "Enter a valid email address."),
        ({"email": '"\x1b[2J"@company1.com', "name": "HR"}, "Enter a valid email address."),
        ({"email": '"<b> hr"@company1.com', "name": "HR"}, "Enter a valid email address."),
        ({"email": "hr@bücher.example", "name": "HR"}, "Enter a valid email address."),
        ({"email": "h'r@company1.com", "name": "HR"}, "Enter a valid email address."),
        ({"email": EMAIL, "name": ""}, "AWS account name is required."),
        ({"email": EMAIL, "name": "x" * 51}, "at most 50 characters"),
        ({"email": EMAIL, "name": "<b>"}, "Use letters, numbers, spaces and symbols other than &lt; and &gt;."),
    ],
)
def test_the_first_page_says_what_is_wrong(visitor, values, text):
    answer = visitor.send(**values)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert not Mail.objects.exists()


def test_a_sign_up_opens_an_account_and_leads_to_its_sign_in(visitor):
    page = visitor.sign_up().content.decode()
    account = Account.objects.get()
    number = account.account_id
    assert "Congratulations" in page
    assert "Go to the AWS Management Console" in page
    assert f"{number[:4]}-{number[4:8]}-{number[8:]}" in page
    assert (account.name, account.root_email, account.alias) == (NAME, EMAIL, "")
    for kind in (User, Group, ManagedPolicy, AccessKey, Event):
        assert not kind.objects.filter(account=account).exists()
    roles = client_for(account).call("iam:ListRoles")["Roles"]
    assert [role["Arn"] for role in roles] == [
        f"arn:aws:iam::{number}:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
        f"arn:aws:iam::{number}:role/aws-service-role/trustedadvisor.amazonaws.com/AWSServiceRoleForTrustedAdvisor",
    ]
    answer = visitor.browser.post("/signin/root", {"email": EMAIL, "password": PASSWORD})
    assert answer.url == "/console/home"
    assert visitor.browser.get("/console/home").wsgi_request.caller.arn == f"arn:aws:iam::{number}:root"


def test_each_page_leads_to_the_next(visitor):
    pages = []
    visitor.send(email=EMAIL, name=NAME)
    pages.append(visitor.page)
    visitor.send(code=visitor.code())
    pages.append(visitor.page)
    visitor.send(password=PASSWORD, confirm=PASSWORD)
    pages.append(visitor.page)
    visitor.send(**CONTACT)
    pages.append(visitor.page)
    visitor.send(**CARD)
    pages.append(visitor.page)
    visitor.send(channel="voice", phone="+1 206 555 0100")
    pages.append(visitor.page)
    visitor.send(code=visitor.code())
    pages.append(visitor.page)
    visitor.send(plan="basic")
    pages.append(visitor.page)
    steps = ["verify", "password", "contact", "billing", "identity", "identity", "support", "complete"]
    assert pages == [f"/signup/{step}" for step in steps]


@pytest.mark.parametrize("page", ["verify", "password", "contact", "billing", "identity", "support"])
def test_no_page_can_be_reached_too_early(client, page):
    assert client.get(f"/signup/{page}").url.startswith("/signup?")
    assert client.post(f"/signup/{page}", {"plan": "basic", "code": "123456"}).url.startswith("/signup?")
    assert not Account.objects.exists()


def test_a_page_left_out_is_come_back_to(visitor):
    visitor.choose_password()
    key = visitor.at.partition("?")[2]
    assert visitor.browser.post(f"/signup/support?{key}", {"plan": "basic"}).url == visitor.at
    assert not Account.objects.exists()


def test_the_end_cannot_be_asked_for_before_it_is_reached(visitor):
    assert visitor.browser.get("/signup/complete").url == "/signup"
    visitor.verify()
    assert visitor.browser.get(visitor.at.replace("/password", "/complete")).url == "/signup"


# -- codes ------------------------------------------------------------------------------------------


def test_a_wrong_code_stays_on_the_page(visitor):
    visitor.send(email=EMAIL, name=NAME)
    for code in (wrong(Mail.objects.get()), "12345", "1234567", "abcdef", "٠١٢٣٤٥"):
        answer = visitor.send(code=code)
        assert answer.status_code == 422
        assert BAD_CODE in answer.content.decode()
    assert visitor.send(code=Mail.objects.get().code).url.startswith("/signup/password")


def test_five_wrong_tries_void_the_code(visitor):
    visitor.send(email=EMAIL, name=NAME)
    mail = Mail.objects.get()
    for _ in range(4):
        visitor.send(code=wrong(mail))
    assert visitor.send(code=mail.code).status_code == 302
    other = Visitor()
    other.send(email="two@company1.com", name=NAME)
    mail = Mail.objects.get(to="two@company1.com")
    for _ in range(5):
        other.send(code=wrong(mail))
    assert BAD_CODE in other.send(code=mail.code).content.decode()


def test_a_code_works_for_ten_minutes(visitor):
    visitor.send(email=EMAIL, name=NAME)
    mail = Mail.objects.get()
    Mail.objects.update(sent=mail.sent - dt.timedelta(minutes=10, seconds=1))
    assert visitor.send(code=mail.code).status_code == 422
    Mail.objects.update(sent=mail.sent - dt.timedelta(minutes=9, seconds=30))
    assert visitor.send(code=mail.code).status_code == 302


def test_a_new_code_can_be_had_after_a_minute_and_replaces_the_first(visitor):
    visitor.send(email=EMAIL, name=NAME)
    first = Mail.objects.get()
    visitor.send(resend="1")
    assert Mail.objects.count() == 1
    assert "You can request a new one after" in visitor.browser.get(visitor.at).content.decode()
    Mail.objects.update(sent=first.sent - dt.timedelta(seconds=61))
    visitor.send(resend="1")
    assert Mail.objects.count() == 2
    second = Mail.objects.latest("sent")
    if first.code != second.code:
        assert visitor.send(code=first.code).status_code == 422
    assert visitor.send(code=second.code).status_code == 302


def test_another_address_must_be_verified_again(visitor):
    visitor.verify()
    key = visitor.at.partition("?")[2]
    visitor.at = f"/signup?{key}"
    visitor.send(email="other@company1.com", name=NAME)
    assert visitor.page == "/signup/verify"
    assert visitor.browser.get(f"/signup/password?{key}").url == f"/signup/verify?{key}"


def test_another_address_given_at_the_very_end_must_be_verified_first(visitor):
    visitor.reach_support()
    key = visitor.at.partition("?")[2]
    visitor.at = f"/signup?{key}"
    visitor.send(email="other@company1.com", name=NAME)
    for page in ("password", "contact", "billing", "identity", "support"):
        assert visitor.browser.post(f"/signup/{page}?{key}", {"plan": "basic"}).url == f"/signup/verify?{key}"
    assert not Account.objects.exists()


def test_a_lab_with_one_page_asks_for_the_new_address_too(visitor, settings):
    settings.IAMCONSOLE_SHORT_SIGN_UP = True
    visitor.choose_password()
    key = visitor.at.partition("?")[2]
    visitor.at = f"/signup?{key}"
    visitor.send(email="other@company1.com", name=NAME)
    assert visitor.browser.post(f"/signup/short?{key}", {"agreed": "on"}).url == f"/signup/verify?{key}"
    assert not Account.objects.exists()


def test_a_new_account_name_asks_for_the_password_again(visitor):
    """Else the password could be the name, which the rules forbid."""
    visitor.choose_password(password="Company-1")
    key = visitor.at.partition("?")[2]
    visitor.at = f"/signup?{key}"
    visitor.send(email=EMAIL, name="Company-1")
    assert visitor.page == "/signup/password"
    assert visitor.browser.get(f"/signup/contact?{key}").url == f"/signup/password?{key}"
    assert visitor.send(password="Company-1", confirm="Company-1").status_code == 422


def test_the_mail_is_as_the_page_says(visitor):
    visitor.send(email=EMAIL, name=NAME)
    page = visitor.browser.get(visitor.at).content.decode()
    assert "Your simulated inbox" in page
    assert 'href="/lab/inbox"' in page
    assert Mail.objects.get().subject == "Verify your identity"


# -- password, contact, card ------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["abc", "alllowercase", "NODIGITS-", "hr@Company1.com", "x" * 129])
def test_a_password_must_keep_the_rules(visitor, password):
    visitor.verify()
    answer = visitor.send(password=password, confirm=password)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Must be at least 8 characters long" in text
    assert 'value="' + password not in text


def test_two_passwords_that_differ_are_refused(visitor):
    visitor.verify()
    assert "Passwords do not match." in visitor.send(password=PASSWORD, confirm=PASSWORD + "x").content.decode()


def test_the_agreement_must_be_accepted(visitor):
    visitor.choose_password()
    answer = visitor.send(**{**CONTACT, "agreed": ""})
    assert "You must agree to the AWS Customer Agreement to continue." in answer.content.decode()


def test_only_the_test_card_is_accepted_and_what_was_typed_is_never_sent_back(visitor):
    visitor.choose_password()
    visitor.send(**CONTACT)
    page = visitor.browser.get(visitor.at).content.decode()
    assert page.count(CARD["number"]) == 2  # printed and prefilled
    answer = visitor.send(**{**CARD, "number": "5555 4444 3333 1111"})
    text = answer.content.decode()
    assert "Only the test card printed on this page is accepted." in text
    assert "5555" not in text
    assert visitor.send(**{**CARD, "code": "999"}).status_code == 422
    assert visitor.send(**{**CARD, "number": ""}).status_code == 422
    assert visitor.send(**{**CARD, "number": "4111111111111111"}).status_code == 302


def test_nothing_of_card_password_or_contact_is_kept(visitor):
    visitor.sign_up()
    session = visitor.browser.session
    kept = [str(list(session.items())), *(str(row.get_decoded()) for row in Session.objects.all())]
    kept += [str(row) for model in (Account, Mail, Sandbox) for row in model.objects.values()]
    for secret in (PASSWORD, "4111", "Any Street"):
        assert not any(secret in text for text in kept)


# -- where the account goes -------------------------------------------------------------------------


def test_without_a_sandbox_it_begins_one_and_the_browser_belongs_to_it(visitor):
    answer = visitor.sign_up()
    cookie = answer.cookies["sandbox"]
    assert cookie.value == Sandbox.objects.get().slug
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_with_a_sandbox_it_joins_it(visitor, sandbox):
    visitor.browser.post(f"/s/{sandbox.sandbox.slug}")
    assert "The new account joins the accounts in it." in visitor.browser.get("/signup").content.decode()
    visitor.sign_up("second@company1.com", "Second")
    assert Sandbox.objects.count() == 1
    assert sandbox.sandbox.accounts.count() == 2


def test_an_address_is_taken_only_in_its_sandbox(visitor, sandbox):
    visitor.browser.post(f"/s/{sandbox.sandbox.slug}")
    answer = visitor.send(email="hr@COMPANY1.com", name=NAME)
    text = "That email address is already associated with an AWS account. Sign in or use another email."
    assert text in answer.content.decode()
    assert Visitor().sign_up(EMAIL).status_code == 200
    assert Account.objects.filter(root_email=EMAIL).count() == 2


def test_a_second_sign_up_in_the_same_browser_with_the_same_address_is_refused(visitor):
    visitor.sign_up()
    visitor.at = "/signup"
    assert "already associated" in visitor.send(email=EMAIL, name=NAME).content.decode()


def test_an_address_taken_meanwhile_is_refused_at_the_last_button(visitor, sandbox):
    slug = sandbox.sandbox.slug
    late = Visitor()
    for one in (visitor, late):
        one.browser.post(f"/s/{slug}")
        one.reach_support("new@company1.com")
    visitor.send(plan="basic")
    answer = late.send(plan="basic")
    assert answer.status_code == 422
    assert "already associated" in answer.content.decode()
    assert Account.objects.filter(root_email="new@company1.com").count() == 1


def test_a_cookie_of_no_sandbox_counts_as_none(visitor):
    visitor.browser.cookies["sandbox"] = "guessed-by-somebody"
    visitor.sign_up()
    assert Sandbox.objects.get().slug != "guessed-by-somebody"


def test_the_site_holds_only_so_many_sandboxes(visitor, sandbox, settings):
    settings.IAMCONSOLE_MAX_SANDBOXES = 1
    answer = visitor.send(email=EMAIL, name=NAME)
    assert "This site holds up to 1 sandboxes, and there is no room for another." in answer.content.decode()
    assert not Mail.objects.exists()
    visitor.browser.post(f"/s/{sandbox.sandbox.slug}")
    visitor.sign_up("second@company1.com", "Second")
    assert Account.objects.count() == 2


def test_a_site_that_filled_up_meanwhile_refuses_the_last_button(visitor, settings):
    visitor.reach_support()
    settings.IAMCONSOLE_MAX_SANDBOXES = 0
    assert "no room for another" in visitor.send(plan="basic").content.decode()
    settings.IAMCONSOLE_MAX_SANDBOXES = 1
    assert visitor.send(plan="basic").status_code == 302


def test_a_sandbox_holds_only_so_many_accounts(visitor, sandbox):
    for number in range(9):
        Account.objects.create(
            sandbox=sandbox.sandbox,
            account_id=f"00000000000{number}",
            name="x",
            root_email=f"{number}@example.com",
            root_password="",
            created=sandbox.created,
        )
    visitor.browser.post(f"/s/{sandbox.sandbox.slug}")
    assert "A sandbox holds up to 10 accounts" in visitor.send(email="ten@company1.com", name="x").content.decode()


def test_a_double_click_opens_one_account(visitor):
    visitor.reach_support()
    at = visitor.at
    first = visitor.browser.post(at, {"plan": "basic"})
    second = visitor.browser.post(at, {"plan": "basic"})
    assert first.url == second.url
    assert Account.objects.count() == 1


def test_two_tabs_do_not_mix(visitor):
    other = Visitor(visitor.browser)
    visitor.verify("one@company1.com", "One")
    other.verify("two@company1.com", "Two")
    for one in (visitor, other):
        one.send(password=PASSWORD, confirm=PASSWORD)
    assert "one@company1.com" not in visitor.browser.get(other.at.replace("contact", "password")).content.decode()


def test_a_draft_is_nobody_elses(visitor):
    visitor.choose_password()
    assert Client().get(visitor.at).url.startswith("/signup?")


def test_a_lab_may_shorten_it_to_one_click(visitor, settings):
    settings.IAMCONSOLE_SHORT_SIGN_UP = True
    visitor.choose_password()
    assert visitor.page == "/signup/short"
    assert visitor.send().status_code == 422
    assert visitor.send(agreed="on").url.startswith("/signup/complete")
    assert Account.objects.count() == 1


def test_without_that_setting_nothing_is_shortened(visitor):
    visitor.choose_password()
    key = visitor.at.partition("?")[2]
    answer = visitor.browser.post(f"/signup/short?{key}", {"agreed": "on"})
    assert answer.url == f"/signup/contact?{key}"
    assert not Account.objects.exists()


# -- what a reset makes of it -----------------------------------------------------------------------


def test_a_reset_of_a_start_state_removes_the_accounts_that_joined(visitor, sandbox):
    visitor.browser.post(f"/s/{sandbox.sandbox.slug}")
    visitor.sign_up("second@company1.com", "Second")
    lifecycle.reset(sandbox.account_id)
    caretaker.purge(grace=dt.timedelta(0))
    assert Account.objects.get().account_id == sandbox.account_id
    assert not Mail.objects.exists()


def test_a_reset_of_an_account_that_was_signed_up_for_keeps_its_root_password(visitor):
    visitor.sign_up()
    account = Account.objects.get()
    client_for(account).call("iam:CreateUser", user_name="john")
    account = lifecycle.reset(account.account_id)
    assert not User.objects.filter(account=account, name="john").exists()
    answer = Client().post("/signin/root", {"email": EMAIL, "password": PASSWORD})
    assert answer.url == "/console/home"
    assert lifecycle.describe(account)["root"] == {"email": EMAIL}


def test_a_deleted_sandbox_takes_accounts_and_mails_along(visitor):
    visitor.sign_up()
    assert Mail.objects.exists()
    lifecycle.delete(Account.objects.get().account_id)
    caretaker.purge(grace=dt.timedelta(0))
    assert not Account.objects.exists()
    assert not Mail.objects.exists()
