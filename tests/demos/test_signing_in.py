"""D1 and D2 of the course in a real Chromium, and sessions that end while a page is open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults
from tests.demos.states import code_in

pytestmark = pytest.mark.browser

WRONG = "Your authentication information is incorrect. Please try again."
STRIP = "Training simulator. Do not enter real AWS credentials, e-mail passwords or card numbers."
PASSWORD = "Root-Passw0rd"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_up(page: Page, email: str) -> None:
    """D1, its wrong ways first."""
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Create an AWS Account").click()
    expect(page.get_by_text(STRIP)).to_be_visible()
    expect(page.get_by_role("link", name="Sign in to an existing AWS account")).to_be_visible()
    page.get_by_label("Root user email address").fill(email)
    page.get_by_label("AWS account name").fill("HR")
    press(page, "Verify email address")
    expect(page.get_by_role("link", name="Open your simulated inbox")).to_be_visible()
    page.get_by_label("Verification code").fill("000000")
    press(page, "Verify")
    expect(page.get_by_text("The code you entered is not valid or has expired.")).to_be_visible()
    page.get_by_label("Verification code").fill(code_in(page))
    press(page, "Verify")
    page.get_by_label("Root user password", exact=True).fill("abc")
    press(page, "Continue (step 1 of 5)")
    expect(page.get_by_text("Must be at least 8 characters long")).to_be_visible()
    page.get_by_label("Root user password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm root user password").fill(PASSWORD)
    press(page, "Continue (step 1 of 5)")
    page.get_by_label("I have read and agree").check()
    press(page, "Continue (step 2 of 5)")
    page.get_by_label("Credit or Debit card number").fill("5555 4444 3333 1111")
    press(page, "Verify and Continue (step 3 of 5)")
    expect(page.get_by_text("Only the test card printed on this page is accepted.")).to_be_visible()
    press(page, "Verify and Continue (step 3 of 5)")
    press(page, "Send code (step 4 of 5)")
    page.get_by_label("Verification code").fill(code_in(page))
    press(page, "Continue (step 4 of 5)")
    expect(page.get_by_label("Basic support - Free")).to_be_checked()
    found = faults(page) if page.evaluate("document.documentElement.classList.contains('scripted')") else []
    assert found == []
    press(page, "Complete sign up")
    expect(page.get_by_role("heading", name="Congratulations")).to_be_visible()


SIGN_INS = """
from iamconsole.cloudtrail.models import Event
for event in Event.objects.filter(account__root_email="{email}", name="ConsoleLogin").order_by("id"):
    print(event.principal_type, event.region, event.response["ConsoleLogin"])
"""


@pytest.mark.parametrize("script", [True, False])
def test_d1_and_d2_an_account_is_opened_and_its_root_user_looks_around(open_window, server, script):
    email = f"HR-{'with' if script else 'without'}@company1.com"
    page: Page = open_window(java_script_enabled=script)
    sign_up(page, email)
    number = page.locator("dd", has_text=re.compile(r"\d{4}-\d{4}-\d{4}")).inner_text().split()[-1]

    # Hold: the same address once more is refused.
    page.goto("/signup")
    page.get_by_label("Root user email address").fill(email.lower())
    page.get_by_label("AWS account name").fill("HR")
    press(page, "Verify email address")
    expect(page.get_by_text("That email address is already associated with an AWS account.")).to_be_visible()

    # D2
    page.goto("/signin")
    page.get_by_label("Root user", exact=False).first.check()
    page.get_by_label("Root user email address").fill(email)
    press(page, "Next")
    page.get_by_label("Password", exact=True).fill("wrong")
    press(page, "Sign in")
    expect(page.get_by_text(WRONG)).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Console Home")).to_be_visible()
    banner = page.get_by_role("banner").inner_text()
    assert number in banner
    assert "HR" in banner
    page.locator(".top-bar input[type=search]").fill("IAM")
    if script:
        expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    if not script:
        page.get_by_role("main").get_by_role("link", name="IAM", exact=False).first.click()
    page.wait_for_url("**/iam/home*")
    expect(page.get_by_role("heading", name="IAM Dashboard")).to_be_visible()
    dashboard = page.get_by_role("main").inner_text()
    assert "Add MFA for root user" in dashboard
    assert "Root user has no active access keys" in dashboard
    counts = page.locator("#resources .number").all_inner_texts()
    assert [text.split()[-1] for text in counts] == ["0", "0", "2", "0", "0"]
    recorded = server.manage("shell", "--no-imports", "-c", SIGN_INS.format(email=email)).splitlines()
    assert recorded == ["Root us-east-1 Failure", "Root us-east-1 Success"]


def test_a_forgotten_root_password_is_set_anew(open_window, served):
    page: Page = open_window()
    page.goto(served["link"])
    page.get_by_label("Root user email address").fill(served["root"]["email"])
    press(page, "Next")
    page.get_by_role("link", name="Forgot password?").click()
    press(page, "Send email")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open your simulated inbox").click()
    inbox = opened.value
    inbox.get_by_role("link", name="Amazon Web Services Password Assistance").click()
    inbox.get_by_role("link", name="Reset your password").click()
    inbox.get_by_label("New password", exact=True).fill(PASSWORD)
    inbox.get_by_label("Confirm new password").fill(PASSWORD)
    inbox.get_by_label("Show Password").check()
    assert inbox.get_by_label("New password", exact=True).get_attribute("type") == "text"
    press(inbox, "Reset password")
    inbox.get_by_role("link", name="Sign in").click()
    inbox.get_by_label("Root user email address").fill(served["root"]["email"])
    press(inbox, "Next")
    inbox.get_by_label("Password", exact=True).fill(PASSWORD)
    press(inbox, "Sign in")
    expect(inbox.get_by_role("heading", name="Console Home")).to_be_visible()


# -- sessions ------------------------------------------------------------------------------------------


ENDS_IN = """
import datetime as dt
from iamconsole.core.caller import wall_clock
from iamconsole.sts.models import TemporaryCredential
sessions = TemporaryCredential.objects.filter(account__account_id="{account_id}")
sessions.update(expires=wall_clock() + dt.timedelta(seconds={seconds}))
"""


def ends_in(server: Any, account_id: str, seconds: int) -> None:
    """Move the end of the account's sessions."""
    server.manage("shell", "-c", ENDS_IN.format(account_id=account_id, seconds=seconds))


def begin_a_wizard(page: Page) -> None:
    page.goto("/iam/users/create")
    page.get_by_label("User name").fill("half-made")
    press(page, "Next")
    expect(page.get_by_role("heading", name="Set permissions")).to_be_visible()


def sign_in_again(page: Page, served: dict[str, Any]) -> None:
    expect(page.get_by_label("Account ID or alias")).to_have_value(served["account_id"])
    page.get_by_label("IAM username").fill("admin")
    page.get_by_label("Password", exact=True).fill(served["admin"]["password"])
    press(page, "Sign in")


def test_two_minutes_before_the_end_a_session_can_be_prolonged(server, served, window):
    ends_in(server, served["account_id"], 110)
    window.reload()
    warning = window.get_by_role("alertdialog", name="Your session is about to end")
    expect(warning).to_be_visible()
    stay = warning.get_by_role("button", name="Stay signed in")
    expect(stay).to_be_focused()
    assert faults(window) == []
    window.keyboard.press("Enter")
    expect(warning).to_have_count(0)
    assert window.evaluate("fetch('/signin/session').then((r) => r.json()).then((a) => a.left)") > 11 * 60 * 60


def test_a_wizard_goes_on_after_the_session_ended_under_it(server, served, window):
    begin_a_wizard(window)
    ends_in(server, served["account_id"], 3)
    window.reload()
    begun = window.url
    over = window.get_by_role("alertdialog", name="You were signed out")
    expect(over).to_be_visible(timeout=20_000)
    over.get_by_role("link", name="Reload").click()
    sign_in_again(window, served)
    expect(window.get_by_role("heading", name="Set permissions")).to_be_visible()
    assert window.url == begun
    press(window, "Previous")
    expect(window.get_by_label("User name")).to_have_value("half-made")


def test_a_button_pressed_after_the_session_ended_loses_nothing_that_was_typed(server, served, window):
    window.goto("/iam/users/create")
    window.get_by_label("User name").fill("half-made")
    ends_in(server, served["account_id"], -1)
    press(window, "Next")
    expect(window.get_by_role("heading", name="You were signed out")).to_be_visible()
    window.get_by_role("link", name="Reload", exact=True).click()
    sign_in_again(window, served)
    expect(window.get_by_label("User name")).to_have_value("half-made")
    press(window, "Next")
    expect(window.get_by_role("heading", name="Set permissions")).to_be_visible()


def test_a_page_that_another_sign_in_has_overtaken_says_so(served, window):
    window.goto("/iam/users")
    other = window.context.new_page()
    other.goto("/iam/users")
    other.goto(f"/console?account={served['account_id']}")
    other.get_by_label("IAM username").fill("admin")
    other.get_by_label("Password", exact=True).fill(served["admin"]["password"])
    press(other, "Sign in")
    other.wait_for_url("**/console/home*")
    window.locator("#users-q").fill("Sar")
    over = window.get_by_role("dialog", name="You were signed out")
    expect(over).to_be_visible()
    over.get_by_role("link", name="Reload", exact=True).click()
    expect(window.get_by_role("link", name="Sarah", exact=True)).to_be_visible()


def test_two_windows_hold_two_identities(served, window, sign_in, server):
    window.goto("/iam/users/create")
    his = sign_in("admin", served["admin"]["password"])
    his.wait_for_url("**/console/home*")
    his.locator(".account-menu > summary").click()
    press(his, "Sign out")
    expect(his.get_by_text("You have successfully signed out")).to_be_visible()
    window.reload()
    expect(window.get_by_label("User name")).to_be_visible()
