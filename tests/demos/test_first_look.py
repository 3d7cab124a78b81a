"""D2's dashboard, D5's security credentials and the life of an MFA device, in a real Chromium."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.demos.test_accessibility import faults

pytestmark = pytest.mark.browser

FIRST, SECOND, THIRD = "F1rst-Passw0rd", "S3cond-Passw0rd", "Th1rd-Passw0rd"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def iam(served: dict[str, Any]) -> Any:
    return boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=served["endpoint"],
        aws_access_key_id=served["admin"]["access_key_id"],
        aws_secret_access_key=served["admin"]["secret_access_key"],
    )


@pytest.fixture
def root_window(open_window, served) -> Page:
    page: Page = open_window()
    page.goto(served["link"])
    page.goto("/signin?kind=root")
    page.get_by_label("Root user email address").fill(served["root"]["email"])
    press(page, "Next")
    page.get_by_label("Password", exact=True).fill(served["root"]["password"])
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Console Home")).to_be_visible()
    return page


def number(page: Page, label: str) -> str:
    """What the IAM resources tile says of `label`."""
    return page.locator("#resources").get_by_role("link", name=f"{label}: ").inner_text().split()[-1]


def test_d2_the_root_user_looks_at_the_iam_dashboard(root_window, iam, served):
    page = root_window
    page.goto("/iam/home")
    recommendations = page.get_by_role("region", name="Security recommendations")
    expect(recommendations.get_by_text("Add MFA for root user")).to_be_visible()
    expect(recommendations.get_by_text("Root user has no active access keys")).to_be_visible()
    roles = str(len(iam.list_roles()["Roles"]))
    labels = ("User groups", "Users", "Roles", "Policies", "Identity providers")
    assert [number(page, label) for label in labels] == ["0", "3", roles, "3", "0"]

    # The refresh asks for the numbers alone.
    iam.create_group(GroupName="HR")
    with page.expect_response(lambda response: response.request.headers.get("hx-target") == "resources"):
        page.get_by_role("link", name="Refresh IAM resources").click()
    expect(page.locator("#resources").get_by_role("link", name="User groups: 1")).to_be_visible()

    # An alias, over the page, with its URL as one types.
    alias = f"company-{served['account_id']}"
    page.get_by_role("link", name="Create account alias").click()
    dialog = page.get_by_role("dialog", name=f"Create alias for AWS account {served['account_id']}")
    dialog.get_by_label("Preferred alias").fill(alias)
    expect(dialog.get_by_text(f"/{alias}/console")).to_be_visible()
    dialog.get_by_role("button", name="Create alias").click()
    expect(page.get_by_text("Alias created for this account.")).to_be_visible()
    url = page.get_by_text(f"/{alias}/console").inner_text()
    page.context.clear_cookies()
    page.goto(served["link"])
    page.goto(url)
    expect(page.get_by_label("Account ID or alias")).to_have_value(alias)


def test_d5_john_changes_his_password_and_may_do_nothing_else(iam, sign_in, served):
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password=FIRST, PasswordResetRequired=True)
    iam.attach_user_policy(UserName="john", PolicyArn="arn:aws:iam::aws:policy/IAMUserChangePassword")
    page = sign_in("john", FIRST)
    expect(page.get_by_role("heading", name="You must change your password to continue")).to_be_visible()
    page.get_by_label("Old password").fill(FIRST)
    page.get_by_label("New password", exact=True).fill(SECOND)
    page.get_by_label("Retype new password").fill(SECOND)
    press(page, "Confirm password change")
    expect(page.get_by_role("heading", name="Console Home")).to_be_visible()

    # Every widget is refused by itself, and the others stand.
    for action in ("ce:GetCostAndUsage", "health:DescribeEventAggregates", "servicecatalog:ListApplications"):
        expect(page.get_by_text(f"Access denied to {action}")).to_be_visible()
    expect(page.get_by_role("heading", name="Welcome to AWS")).to_be_visible()

    page.goto("/iam/users")
    expect(page.get_by_role("main")).to_contain_text("no identity-based policy allows the iam:ListUsers action")

    page.goto("/iam/security_credentials")
    for action in ("iam:ListMFADevices", "iam:ListAccessKeys"):
        expect(page.get_by_role("main")).to_contain_text(f"no identity-based policy allows the {action} action")
    assert faults(page) == []
    page.get_by_role("link", name="Update password").click()
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("weak")
    expect(page.locator("#password-rules [data-met=no]").first).to_be_visible()
    page.get_by_label("New password", exact=True).fill(THIRD)
    expect(page.locator("#password-rules [data-met=no]")).to_have_count(0)
    page.get_by_label("Confirm new password").fill(THIRD)
    press(page, "Save changes")
    expect(page.get_by_role("main")).to_contain_text("The old password was incorrect.")
    page.get_by_label("Current password").fill(SECOND)
    page.get_by_label("New password", exact=True).fill(THIRD)
    page.get_by_label("Confirm new password").fill(THIRD)
    press(page, "Save changes")
    expect(page.get_by_text("Your password has been updated.")).to_be_visible()

    # Hold: the former password is worth nothing, the new one is his.
    expect(sign_in("john", THIRD).get_by_role("heading", name="Console Home")).to_be_visible()
    again = sign_in("john", SECOND)
    expect(again.get_by_text("Your authentication information is incorrect. Please try again.")).to_be_visible()


def assign(page: Page, name: str) -> tuple[str, str]:
    """Assign a device with the codes of the lab authenticator; its secret key, and the last code used."""
    page.goto("/iam/security_credentials")
    page.get_by_role("link", name="Assign MFA device").first.click()
    page.get_by_role("textbox", name="Device name").fill(name)
    press(page, "Next")
    expect(page.get_by_role("heading", name="Set up device")).to_be_visible()
    page.locator("summary", has_text="Show QR code").click()
    expect(page.get_by_role("img", name="QR code of MFA device")).to_be_visible()
    seed = page.locator(".mfa-secret .secret-value").text_content() or ""
    previous, current = page.locator("#codes .copy-text").all_inner_texts()
    page.get_by_label("MFA code 1").fill(previous)
    page.get_by_label("MFA code 2").fill(current)
    press(page, "Add MFA")
    expect(page.get_by_text("MFA device assigned.")).to_be_visible()
    return seed, current


@pytest.mark.parametrize("script", [True, False])
def test_a_device_is_assigned_used_at_the_sign_in_and_removed(sign_in, served, script):
    page = sign_in("admin", served["admin"]["password"], java_script_enabled=script)
    expect(page.get_by_role("heading", name="Console Home")).to_be_visible()
    seed, used = assign(page, "phone")
    page.goto("/iam/home")
    expect(page.get_by_text("You have MFA")).to_be_visible()
    if script:
        page.goto("/lab/authenticator")
        assert faults(page) == []
        expect(page.get_by_text(f"admin @ {served['account_id']}")).to_be_visible()

    again = sign_in("admin", served["admin"]["password"], java_script_enabled=script)
    expect(again.get_by_role("heading", name="Multi-factor authentication")).to_be_visible()
    if script:
        assert faults(again) == []
    again.get_by_label("MFA code").fill(used)
    press(again, "Submit")
    expect(again.get_by_text("Your authentication information is incorrect. Please try again.")).to_be_visible()
    # The codes that assigned it are used up; the next one is good one step early.
    again.get_by_label("MFA code").fill(pyotp.TOTP(seed).at(int(time.time()) + 30))
    press(again, "Submit")
    expect(again.get_by_role("heading", name="Console Home")).to_be_visible()

    page.goto("/iam/security_credentials")
    page.get_by_label("Select arn:aws:iam::", exact=False).check()
    press(page, "Remove")
    press(page.get_by_role("dialog"), "Remove")
    expect(page.get_by_text("MFA device removed.")).to_be_visible()


def test_widgets_are_moved_and_added_with_the_keyboard(window):
    titles = window.locator(".widget h2")
    window.goto("/console/home")
    window.get_by_label("Actions for Cost and usage").focus()
    window.keyboard.press("Enter")
    window.get_by_role("button", name="Move up").press("Enter")
    expect(titles.nth(3)).to_contain_text("Cost and usage")
    window.get_by_role("link", name="+ Add widgets").press("Enter")
    dialog = window.get_by_role("dialog", name="Add widgets")
    dialog.get_by_label("Services in this lab").check()
    assert faults(window) == []
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(titles.last).to_contain_text("Services in this lab")
    press(window, "Reset to default layout")
    expect(titles).to_have_count(5)
