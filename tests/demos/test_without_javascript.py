"""A user and a group made and a user deleted in a browser that runs no script."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(sign_in, served: dict[str, Any]) -> Page:
    """A window without JavaScript in which the administrator is signed in."""
    page: Page = sign_in("admin", served["admin"]["password"], java_script_enabled=False)
    page.wait_for_url("**/console/home*")
    return page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def create_user(page: Page, name: str) -> None:
    page.goto("/iam/users/create")
    press(page, "Next")
    expect(page.get_by_text("User name is required")).to_be_visible()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Provide user access to the AWS Management Console").check()
    page.get_by_label("I want to create an IAM user").check()
    press(page, "Next")
    page.get_by_role("radio", name="Attach policies directly").check()
    press(page, "Show")
    page.locator("#policies-q").fill("AmazonS3ReadOnly")
    page.locator("#policies").get_by_role("button", name="Search").click()
    page.get_by_label("Select AmazonS3ReadOnlyAccess", exact=True).check()
    press(page, "Next")
    expect(page.get_by_role("heading", name="Review and create")).to_be_visible()
    press(page, "Add new tag")
    page.get_by_label("Key", exact=True).fill("team")
    press(page, "Create user")
    expect(page.get_by_text("User created successfully")).to_be_visible()
    page.locator(".secret summary").click()
    expect(page.locator(".secret-value")).to_be_visible()


def test_the_create_user_wizard_works(plain):
    create_user(plain, "john")
    plain.goto("/iam/users/details/john")
    rows = plain.get_by_role("main").inner_text()
    assert "AmazonS3ReadOnlyAccess" in rows
    assert "IAMUserChangePassword" in rows
    plain.get_by_role("link", name="Tags").click()
    expect(plain.get_by_role("cell", name="team")).to_be_visible()


def test_a_policy_and_a_group_with_it_are_made(plain):
    create_user(plain, "john")
    plain.goto("/iam/policies/create")
    press(plain, "JSON")
    plain.locator("textarea").fill("{")
    press(plain, "Next")
    expect(plain.locator("#policy-findings")).to_contain_text("syntax")
    allowed = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    plain.locator("textarea").fill(json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    press(plain, "Next")
    plain.get_by_label("Policy name").fill("SeeBuckets")
    press(plain, "Create policy")
    expect(plain.get_by_text("Policy SeeBuckets created.")).to_be_visible()

    # What is ticked in one table survives a search in the other.
    plain.goto("/iam/groups/create")
    plain.get_by_label("User group name").fill("HR")
    plain.get_by_label("Select john", exact=True).check()
    plain.locator("#policies-q").fill("SeeBuckets")
    plain.locator("#policies").get_by_role("button", name="Search").click()
    expect(plain.get_by_label("Select john", exact=True)).to_be_checked()
    plain.get_by_label("Select SeeBuckets", exact=True).check()
    press(plain, "Create user group")
    expect(plain.get_by_text("HR user group created.")).to_be_visible()
    plain.get_by_role("link", name="HR", exact=True).click()
    expect(plain.get_by_role("link", name="john", exact=True)).to_be_visible()
    plain.get_by_role("link", name="Permissions").click()
    expect(plain.get_by_role("link", name="SeeBuckets", exact=True)).to_be_visible()


def test_a_user_is_deleted_on_a_page_of_its_own(plain):
    plain.goto("/iam/users?q=Sarah")
    plain.get_by_label("Select Sarah", exact=True).check()
    press(plain, "Delete")
    expect(plain).to_have_url("/iam/users/delete?selected=Sarah")
    field = plain.locator("input[name=confirm]")
    field.fill("sarah")
    press(plain, "Delete user")
    expect(field).to_be_visible()
    field.fill("Sarah")
    press(plain, "Delete user")
    expect(plain.get_by_text("User Sarah deleted.")).to_be_visible()
    expect(plain.get_by_label("Select Sarah", exact=True)).to_have_count(0)


def test_signing_out_works(plain):
    plain.locator(".account-menu > summary").click()
    press(plain, "Sign out")
    plain.wait_for_url("**/signin?loggedout*")
    plain.goto("/iam/users")
    expect(plain.get_by_label("IAM user")).to_be_visible()
