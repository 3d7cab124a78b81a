"""A forgotten root password (console.md §2.2)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client

from iamconsole.accounts import inbox
from iamconsole.accounts.models import Mail
from iamconsole.cloudtrail.models import Event
from iamconsole.core.errors import AccessDenied, AwsError
from iamconsole.core.operation import Call
from iamconsole.gateway.table import OPERATIONS
from iamconsole.sandboxes.lifecycle import Credentials
from iamconsole.sts.models import TemporaryCredential
from iamconsole.sts.operations.recovery import MAILS
from tests.factories import client_for, sign_in

pytestmark = pytest.mark.django_db

NEW = "N3w-Secret"
SENT = "Check your email"


@pytest.fixture
def visitor(sandbox) -> Client:
    """A browser of the sandbox."""
    browser = Client()
    browser.post(f"/s/{sandbox.sandbox.slug}")
    return browser


@pytest.fixture
def link(visitor, sandbox) -> str:
    """What the mail's button leads to."""
    visitor.post("/signin/forgot", {"email": sandbox.root_email})
    page = visitor.get(f"/lab/inbox/{Mail.objects.get().pk}").content.decode()
    found = re.search(r'href="(/signin/reset\?token=[^"]+)"', page)
    assert found
    return found[1]


def csrf_token(page: str) -> str:
    found = re.search(r'"X-CSRFToken": "([^"]+)"', page)
    assert found
    return found[1]


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def reset(browser, link, password=NEW, retyped=NEW):
    return browser.post("/signin/reset", {"token": token_of(link), "password": password, "retyped": retyped})


def can_sign_in(sandbox, password) -> bool:
    asked = {"email": sandbox.root_email, "root_account": sandbox.account_id, "password": password}
    return Client().post("/signin/root", asked).status_code == 302


def test_the_root_page_leads_there_with_the_address(visitor, sandbox):
    page = visitor.get(f"/signin/root?email={sandbox.root_email}").content.decode()
    assert "Forgot password?" in page
    assert 'href="/signin/forgot?email=HR%40company1.com"' in page


def test_a_mail_leads_to_a_new_password(visitor, sandbox, link):
    assert "Reset your password" in visitor.get(link).content.decode()
    assert reset(visitor, link).url == "/signin/reset/done"
    assert "You have successfully reset your password." in visitor.get("/signin/reset/done").content.decode()
    assert can_sign_in(sandbox, NEW)
    assert not can_sign_in(sandbox, Credentials.unseal(sandbox.sandbox.start).root_password)


def test_the_link_works_once(visitor, sandbox, link):
    reset(visitor, link)
    assert visitor.get(link).status_code == 404
    assert reset(visitor, link, "An0ther-one", "An0ther-one").status_code == 404
    assert can_sign_in(sandbox, NEW)
    assert "was used or has expired" in visitor.get(f"/lab/inbox/{Mail.objects.get().pk}").content.decode()


def _second_mail(visitor, sandbox) -> str:
    """Another mail, asked for when the first one is a minute old."""
    first = Mail.objects.get()
    Mail.objects.filter(pk=first.pk).update(sent=first.sent - dt.timedelta(minutes=1))
    visitor.post("/signin/forgot", {"email": sandbox.root_email})
    return inbox.link_token(Mail.objects.exclude(pk=first.pk).get())


def test_a_new_password_voids_the_links_of_every_other_mail(visitor, sandbox, link):
    second = _second_mail(visitor, sandbox)
    first = inbox.link_token(Mail.objects.order_by("pk").first())
    assert visitor.get(f"/signin/reset?token={first}").status_code == 200
    assert reset(visitor, f"/signin/reset?token={second}").status_code == 302
    assert reset(visitor, f"/signin/reset?token={first}", "An0ther-one", "An0ther-one").status_code == 404
    assert can_sign_in(sandbox, NEW)


def test_a_password_changed_in_the_console_voids_the_link_too(visitor, sandbox, link, root):
    old = Credentials.unseal(sandbox.sandbox.start).root_password
    root.call("signin:PasswordUpdated", old_password=old, password=NEW)
    assert visitor.get(link).status_code == 404


def test_the_link_works_for_ten_minutes(link):
    sent = Mail.objects.get().sent
    assert inbox.behind_link(token_of(link), sent + dt.timedelta(seconds=599))
    assert not inbox.behind_link(token_of(link), sent + dt.timedelta(seconds=600))


def test_an_old_link_says_so(visitor, link):
    Mail.objects.update(used=True)
    answer = visitor.get(link)
    assert answer.status_code == 404
    assert "This link is no longer valid" in answer.content.decode()


# The time is part of what is signed, so that test gets a name of its own: every process must know it by the same one.
ANOTHER = pytest.param(signing.dumps([1, "x"], salt="another"), id="signed-for-another-purpose")


@pytest.mark.parametrize("token", ["", "x", "1", "WzEsIngiXQ:abc:def", ANOTHER])
def test_no_link_can_be_made_up(visitor, sandbox, link, token):
    answer = visitor.post("/signin/reset", {"token": token, "password": NEW, "retyped": NEW})
    assert answer.status_code == 404
    assert not can_sign_in(sandbox, NEW)


def test_the_new_password_must_keep_the_rules_and_be_typed_twice(visitor, sandbox, link):
    for password, retyped, text in (
        ("weak", "weak", "Password does not conform to the account password policy."),
        ("HR@company1.com", "HR@company1.com", "Password does not conform"),
        (NEW, NEW + "x", "Passwords do not match."),
        ("", "", "New password is required."),
    ):
        answer = reset(visitor, link, password, retyped)
        assert answer.status_code == 422
        assert text in answer.content.decode()
    assert reset(visitor, link).status_code == 302


def test_whoever_was_the_root_user_before_is_out(visitor, sandbox, link):
    intruder, admin = sign_in(Client(), sandbox), sign_in(Client(), sandbox, "admin")
    reset(visitor, link)
    assert intruder.get("/console/home").status_code == 302
    assert admin.get("/console/home").status_code == 200


def test_both_halves_are_events_of_the_root_user(visitor, sandbox, link):
    reset(visitor, link)
    names = ["PasswordRecoveryRequested", "PasswordRecoveryCompleted"]
    events = list(Event.objects.filter(service="signin").order_by("id"))
    assert [event.name for event in events] == names
    for event in events:
        assert event.response == {event.name: "Success"}
        assert (event.event_type, event.principal_type, event.region) == ("AwsConsoleSignIn", "Root", "us-east-1")
        assert event.principal_arn == f"arn:aws:iam::{sandbox.account_id}:root"
        assert event.request is None
    assert NEW not in str(list(Event.objects.values()))
    assert token_of(link) not in str(list(Event.objects.values()))


def test_a_refused_password_is_an_event_of_the_root_user_too(visitor, sandbox, link):
    reset(visitor, link, "weak", "weak")
    event = Event.objects.latest("id")
    assert (event.event_type, event.principal_type) == ("AwsConsoleSignIn", "Root")
    assert event.response == {"PasswordRecoveryCompleted": "Failure"}
    assert event.error_code == "PasswordPolicyViolation"


def test_an_address_without_an_account_gets_the_same_page(visitor, sandbox):
    pages = []
    for email in (sandbox.root_email, "nobody@example.com"):
        answer = visitor.post("/signin/forgot", {"email": email})
        text = visitor.get(answer.url).content.decode()
        assert SENT in text
        pages.append(
            re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", text).replace(email, "")
        )
    assert pages[0].replace("HR%40company1.com", "") == pages[1].replace("nobody%40example.com", "")
    assert Mail.objects.count() == 1


def test_an_address_of_several_sandboxes_needs_the_account_id(sandbox, other_sandbox):
    stranger = Client()
    answer = stranger.post("/signin/forgot", {"email": sandbox.root_email})
    assert "Account ID is required." in answer.content.decode()
    assert not Mail.objects.exists()
    stranger.post("/signin/forgot", {"email": sandbox.root_email, "root_account": other_sandbox.account_id})
    assert Mail.objects.get().sandbox == other_sandbox.sandbox


def test_nobody_can_fill_an_inbox(visitor, sandbox):
    asked = {"email": sandbox.root_email}
    for _ in range(3):
        assert SENT in visitor.get(visitor.post("/signin/forgot", asked).url).content.decode()
    assert Mail.objects.count() == 1
    for _ in range(MAILS + 3):
        first = Mail.objects.earliest("sent").sent
        Mail.objects.update(sent=first - dt.timedelta(seconds=61))
        visitor.post("/signin/forgot", asked)
    assert Mail.objects.count() == MAILS


def test_the_mail_says_whose_account_it_is(visitor, sandbox, link):
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == (sandbox.root_email, "Amazon Web Services Password Assistance")
    assert sandbox.account_id in mail.text


def test_iam_users_are_sent_to_their_administrator(visitor):
    text = "IAM users, only your administrator can reset your password."
    assert text in visitor.get("/signin/forgot").content.decode()
    page = visitor.get("/signin/iam").content.decode()
    assert "Having trouble?" in page
    assert text in page


# -- changed by who knows it --------------------------------------------------------------------------


def test_the_root_user_changes_its_own_password(sandbox, root):
    old = Credentials.unseal(sandbox.sandbox.start).root_password
    with pytest.raises(AccessDenied, match=r"The old password was incorrect\."):
        root.call("signin:PasswordUpdated", old_password="wrong", password=NEW)
    assert Event.objects.latest("id").response == {"PasswordUpdated": "Failure"}
    with pytest.raises(AwsError, match="Password does not conform"):
        root.call("signin:PasswordUpdated", old_password=old, password="weak")
    root.call("signin:PasswordUpdated", old_password=old, password=NEW)
    event = Event.objects.latest("id")
    assert (event.name, event.response, event.event_type) == (
        "PasswordUpdated",
        {"PasswordUpdated": "Success"},
        "AwsConsoleSignIn",
    )
    assert can_sign_in(sandbox, NEW)


def test_a_password_changed_between_check_and_lock_is_not_changed_again(sandbox, root):
    """Somebody in the root user's session, at the moment when its owner sets a new password by mail."""
    old = Credentials.unseal(sandbox.sandbox.start).root_password
    operation = OPERATIONS["signin:PasswordUpdated"]
    params = {"old_password": old, "password": "An0ther-one"}
    ids = {"request_id": str(uuid.uuid4()), "event_id": str(uuid.uuid4())}
    late = Call(operation, root.caller, root.context, params, root.context.clock(), **ids)
    late.prepared = operation.prepare(late)
    root.call("signin:PasswordUpdated", old_password=old, password=NEW)
    with pytest.raises(AccessDenied, match=r"The old password was incorrect\."):
        operation.work(late, **params)
    assert can_sign_in(sandbox, NEW)


def test_nobody_else_changes_it(sandbox):
    old = Credentials.unseal(sandbox.sandbox.start).root_password
    with pytest.raises(AccessDenied):
        client_for(sandbox, "admin").call("signin:PasswordUpdated", old_password=old, password=NEW)
    assert can_sign_in(sandbox, old)
    assert TemporaryCredential.objects.count() == 1
