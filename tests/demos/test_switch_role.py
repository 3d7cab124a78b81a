"""A user switches to a role and back in a real browser: what the role may, what it may not, and how the menu tells."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from playwright.sync_api import Page, expect

from tests.demos.course import FIRST_PASSWORD

pytestmark = pytest.mark.browser

S3_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def role(served: dict[str, Any]) -> str:
    """john may assume S3AccessRole and nothing else; the role may use S3. Returns the account's ID."""
    admin, account_id = served["admin"], str(served["account_id"])
    session = boto3.Session(admin["access_key_id"], admin["secret_access_key"], region_name="us-east-1")
    iam = session.client("iam", endpoint_url=served["endpoint"])
    arn = f"arn:aws:iam::{account_id}:role/S3AccessRole"
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    iam.create_user(UserName="john")
    iam.create_login_profile(UserName="john", Password=FIRST_PASSWORD)
    iam.put_user_policy(UserName="john", PolicyName="may", PolicyDocument=_policy(may))
    trust = {"Effect": "Allow", "Principal": {"AWS": account_id}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="S3AccessRole", AssumeRolePolicyDocument=_policy(trust))
    iam.attach_role_policy(RoleName="S3AccessRole", PolicyArn=S3_FULL_ACCESS)
    return account_id


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def menu(page: Page) -> Any:
    """The account menu, opened."""
    page.locator(".account-menu > summary").click()
    return page.locator(".account-menu .menu-list")


def colour_of(page: Page) -> str:
    return str(page.locator(".account-menu > summary").evaluate("button => getComputedStyle(button).backgroundColor"))


def test_john_works_as_a_role_and_is_john_again(sign_in, role):
    page: Page = sign_in("john", FIRST_PASSWORD)
    page.goto("/s3/buckets")
    expect(page.get_by_role("main")).to_contain_text("You don't have permissions to list buckets")
    before = colour_of(page)

    menu(page).get_by_role("link", name="Switch role").click()
    expect(page.get_by_role("heading", name="Switch Role")).to_be_visible()
    page.get_by_label("Account ID").fill(role)
    page.get_by_label("IAM role name").fill("S3AccessRole")
    expect(page.get_by_label("Display name")).to_have_value(f"S3AccessRole @ {role}")
    page.get_by_label("Display name").fill("")
    page.get_by_label("Display color").select_option("Red")
    expect(page.get_by_label("Display name")).to_have_value("")  # taken away, it does not come back
    page.get_by_label("Display name").fill("Storage")
    page.get_by_label("Display color").select_option("Green")
    page.get_by_role("button", name="Switch Role", exact=True).click()

    page.wait_for_url("**/console/home*")
    expect(page.locator(".account-menu > summary")).to_contain_text("Storage")
    assert colour_of(page) != before
    page.goto("/s3/buckets")
    expect(page.get_by_role("link", name="company1-hr", exact=True)).to_be_visible()
    page.goto("/iam/users")
    expect(page.get_by_role("main")).to_contain_text("You don't have permission to iam:ListUsers")
    expect(page.get_by_role("main")).to_contain_text(f"User: arn:aws:sts::{role}:assumed-role/S3AccessRole/john")

    opened = menu(page)
    expect(opened).to_contain_text("Currently active as:")
    expect(opened).to_contain_text("Signed in as:")
    opened.get_by_role("button", name="Switch back").click()
    page.wait_for_url("**/iam/users")
    assert colour_of(page) == before
    expect(page.get_by_role("main")).to_contain_text(f"User: arn:aws:iam::{role}:user/john")

    page.goto("/s3/buckets")
    menu(page).get_by_role("button", name="Storage").click()
    page.wait_for_url("**/s3/buckets*")
    expect(page.get_by_role("link", name="company1-hr", exact=True)).to_be_visible()
    menu(page).get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You have successfully signed out")).to_be_visible()


def test_a_page_that_the_switch_has_overtaken_says_so_and_shows_nothing(sign_in, role):
    page: Page = sign_in("john", FIRST_PASSWORD)
    page.goto("/iam/home")
    switching = page.context.new_page()
    switching.goto(f"/switchrole?account={role}&roleName=S3AccessRole")
    switching.get_by_role("button", name="Switch Role", exact=True).click()
    switching.wait_for_url("**/console/home*")
    page.get_by_role("link", name="Refresh IAM resources").click()
    expect(page.get_by_role("dialog")).to_contain_text("You were signed out")
    page.get_by_role("dialog").get_by_role("link", name="Reload").click()
    expect(page.locator(".account-menu > summary")).to_contain_text("S3AccessRole")


def test_by_keyboard_alone(sign_in, role):
    page: Page = sign_in("john", FIRST_PASSWORD)
    page.goto(f"/switchrole?account={role}&roleName=S3AccessRole&color=99BCE3")
    page.get_by_label("Account ID").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_label("Display color")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Switch Role", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/home*")
    page.locator(".account-menu > summary").focus()
    page.keyboard.press("Enter")
    for _ in range(30):
        if page.evaluate("document.activeElement.textContent.trim()") == "Switch back":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".account-menu > summary")).to_contain_text("john")


def test_without_a_script(sign_in, role):
    page: Page = sign_in("john", FIRST_PASSWORD, java_script_enabled=False)
    page.goto("/switchrole")
    page.get_by_label("Account ID").fill(role)
    page.get_by_label("IAM role name").fill("Nobody")
    page.get_by_role("button", name="Switch Role", exact=True).click()
    expect(page.get_by_text("Invalid information in one or more fields.")).to_be_visible()
    page.get_by_label("IAM role name").fill("S3AccessRole")
    page.get_by_role("button", name="Switch Role", exact=True).click()
    expect(page.locator(".account-menu > summary")).to_contain_text("S3AccessRole/john")
    menu(page).get_by_role("button", name="Switch back").click()
    expect(page.locator(".account-menu > summary")).to_contain_text("john @")
