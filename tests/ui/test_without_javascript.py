"""Every component of the gallery in a browser that runs no script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(open_window) -> Page:
    page: Page = open_window(java_script_enabled=False)
    page.goto("/ui/")
    return page


def test_what_needs_a_script_is_not_there(plain):
    for name in ("Dismiss", "Copy ARN", "Select all on this page"):
        expect(plain.get_by_label(name, exact=True).first).to_be_hidden()
    expect(plain.get_by_role("tab")).to_have_count(0)
    expect(plain.get_by_role("menu")).to_have_count(0)


def test_a_table_is_searched_sorted_and_turned(plain):
    users = plain.locator("section#users")
    users.get_by_role("searchbox").fill("user")
    users.get_by_role("button", name="Search").click()
    expect(users.get_by_text("42 matches")).to_be_visible()
    users.get_by_role("link", name="Next page").click()
    expect(users.locator("[aria-current=page]")).to_have_text("2")
    users.get_by_role("link", name="User name").click()
    expect(users.get_by_role("columnheader", name="User name")).to_have_attribute("aria-sort", "descending")
    users.get_by_role("link", name="Clear").click()
    expect(users.get_by_text("matches")).to_have_count(0)


def test_preferences_are_a_page(plain):
    users = plain.locator("section#users")
    users.get_by_role("link", name="Preferences").click()
    dialog = plain.get_by_role("dialog", name="Preferences")
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    users.get_by_role("link", name="Preferences").click()
    dialog.get_by_label("20 resources").check()
    dialog.get_by_role("switch", name="ARN").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog).to_be_hidden()
    expect(users.locator("tbody tr")).to_have_count(20)
    expect(users.get_by_role("columnheader", name="ARN")).to_be_visible()


def test_a_property_filter_is_three_fields(plain):
    instances = plain.locator("section#instances")
    for value in ("web-1", "web-2"):
        instances.get_by_label("Property").select_option("Name")
        instances.get_by_label("Operator").select_option("Equals")
        instances.get_by_role("textbox").fill(value)
        instances.get_by_role("button", name="Add filter").click()
    expect(instances.get_by_text("No matches")).to_be_visible()
    instances.get_by_label("Join filters by").select_option("or")
    instances.get_by_role("button", name="Add filter").click()
    expect(instances.get_by_text("2 matches")).to_be_visible()
    instances.get_by_role("link", name="Remove token Name = web-1").click()
    expect(instances.get_by_text("1 match", exact=True)).to_be_visible()
    instances.get_by_role("link", name="Clear filters").click()
    expect(instances.locator("tbody tr")).to_have_count(5)


def test_tabs_are_links(plain):
    plain.get_by_role("link", name="Groups (2)").click()
    expect(plain.get_by_text("This is groups.")).to_be_visible()
    expect(plain.get_by_role("link", name="Groups (2)")).to_have_attribute("aria-current", "page")


def test_menus_open_and_messages_unfold(plain):
    plain.locator("#menus summary").first.click()
    expect(plain.get_by_role("link", name="Deactivate")).to_be_visible()
    plain.locator("#flash-many summary").click()
    expect(plain.get_by_text("User john was not deleted.").first).to_be_visible()


def test_a_dialog_is_a_page_and_the_server_checks_it(plain):
    plain.get_by_label("Select ana", exact=True).first.check()
    plain.locator("section#users").get_by_role("button", name="Delete").click()
    expect(plain).to_have_url(re.compile(r"/ui/dialog\?selected=ana"))
    plain.get_by_role("textbox").last.fill("Ana")
    plain.get_by_role("button", name="Delete user").click()
    expect(plain.get_by_text("Enter ana exactly as shown.")).to_be_visible()
    plain.get_by_role("link", name="Close modal").click()
    expect(plain).to_have_url(re.compile(r"/ui/$"))


def test_help_search_and_settings_are_pages(plain):
    plain.get_by_role("link", name="Info about Summary").click()
    expect(plain.get_by_role("heading", name="IAM users", level=1)).to_be_visible()
    plain.get_by_role("searchbox", name="Search services").fill("iam")
    plain.get_by_role("button", name="Search").click()
    expect(plain.get_by_role("main").get_by_role("link", name="IAM Manage access")).to_be_visible()
    plain.goto("/ui/")
    plain.locator("summary[title=Settings]").click()
    plain.get_by_role("button", name="Compact").click()
    expect(plain.locator("html")).to_have_attribute("data-density", "compact")
    plain.locator("summary[title=Settings]").click()
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")


def test_tags_are_added(plain):
    tags = plain.locator("#tags")
    tags.get_by_role("button", name="Add new tag").click()
    expect(tags.get_by_text("You can add up to 47 more tags.")).to_be_visible()
    expect(tags.get_by_text("To remove a tag, empty its key and its value.")).to_be_visible()


def test_a_secret_is_shown(plain):
    plain.locator("#secrets summary").click()
    expect(plain.get_by_text("wJalrXUtnFEMI")).to_be_visible()
