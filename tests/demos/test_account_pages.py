"""The account's own pages in a real browser, with and without a script: password policy, identity providers, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.federation import identity_provider

pytestmark = pytest.mark.browser


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """What an identity provider gives out, as a file."""
    file = tmp_path / "metadata.xml"
    file.write_text(identity_provider.IdentityProvider.new().metadata(), encoding="utf-8")
    return file


@pytest.fixture(params=[True, False], ids=["with a script", "without a script"])
def page(request, sign_in, served: dict[str, Any]) -> Page:
    opened: Page = sign_in("admin", served["admin"]["password"], java_script_enabled=request.param)
    opened.wait_for_url("**/console/home*")
    return opened


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_custom_password_policy_is_set_and_taken_back(page):
    page.goto("/iam/account_settings")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Custom").check()
    page.get_by_label("Enforce minimum password length").fill("5")
    press(page, "Save changes")
    expect(page.locator(".field-error")).to_have_text("Needs to be between 6 and 128.")
    page.get_by_label("Enforce minimum password length").fill("14")
    page.get_by_label("Turn on password expiration").check()
    page.get_by_label("Expire passwords in").fill("90")
    press(page, "Save changes")
    expect(page.get_by_role("heading", name="Set custom password policy?")).to_be_visible()
    press(page, "Set custom")
    expect(page.get_by_text("Password requirements for IAM users are updated.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Password minimum length: 14 characters")
    expect(page.get_by_role("main")).to_contain_text("Password expires in 90 days")
    page.goto("/iam/account_settings/edit-password-policy")
    page.get_by_label("IAM default").check()
    press(page, "Save changes")
    press(page, "Set default")
    expect(page.get_by_role("main")).to_contain_text("This AWS account uses the following default password policy:")


def test_an_identity_provider_is_added_by_its_file_and_deleted_by_a_word(page, document):
    page.goto("/iam/identity_providers")
    page.get_by_role("link", name="Add provider").first.click()
    page.get_by_label("Provider name").fill("Corporate")
    page.get_by_label("Metadata document", exact=True).set_input_files(document)
    press(page, "Add new tag")
    page.get_by_label("Key", exact=True).fill("team")
    page.get_by_label("Value").fill("hr")
    press(page, "Add provider")
    expect(page.get_by_text("Corporate added.")).to_be_visible()
    page.get_by_role("link", name="View provider").click()
    expect(page.get_by_role("heading", name="Corporate", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Tags (1)").or_(page.get_by_role("tab", name="Tags (1)"))).to_be_visible()
    page.get_by_role("link", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Delete Corporate?")).to_be_visible()
    page.get_by_role("textbox", name="To confirm deletion").fill("confirm")
    press(page, "Delete")
    expect(page.get_by_text("Corporate deleted.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("No resources to display")


def test_the_credential_report_is_downloaded(page):
    page.goto("/iam/credential_report")
    with page.expect_download() as started:
        press(page, "Download credentials report")
    file = started.value
    assert file.suggested_filename.startswith("status_reports_")
    assert Path(file.path()).read_bytes().startswith(b"user,arn,user_creation_time,")
    page.reload()
    expect(page.get_by_text("The most recent report was created")).to_be_visible()
