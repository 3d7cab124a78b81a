"""The drawer of calls in a real Chromium: by keyboard, while parts are swapped, and what is copied."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults

pytestmark = pytest.mark.browser


def drawer(page: Page) -> Page:
    page.locator("#calls > summary").focus()
    page.keyboard.press("Enter")
    return page


def test_the_drawer_opens_and_closes_by_keyboard(window):
    window.goto("/iam/users")
    drawer(window)
    expect(window.get_by_role("heading", name="Calls behind this page")).to_be_visible()
    assert faults(window) == []
    window.keyboard.press("Tab")
    window.keyboard.press("Escape")
    expect(window.get_by_role("heading", name="Calls behind this page")).to_be_hidden()
    expect(window.locator("#calls > summary")).to_be_focused()


def test_a_swap_adds_its_calls_and_a_dialog_too(window):
    window.goto("/iam/users")
    count = window.locator("[data-calls-count]")
    before = int(count.inner_text())
    window.locator("#users-q").fill("Sarah")
    expect(window.locator(".matches")).to_have_text("1 match")
    added = window.locator("#calls-later > section")
    expect(added).to_have_count(1)
    assert int(count.inner_text()) > before
    window.get_by_label("Select Sarah", exact=True).check()
    window.get_by_role("button", name="Delete", exact=True).click()
    expect(window.get_by_role("dialog")).to_be_visible()
    expect(added).to_have_count(2)
    expect(window.locator("#calls")).to_have_count(1)
    expect(window.locator("template[data-calls-new]")).to_have_count(0)


def test_what_is_copied_is_the_very_text(window):
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.goto("/iam/users/details/Sarah")
    drawer(window)
    window.locator(".calls-group > summary", has_text="iam:GetUser").click()
    window.get_by_role("button", name="Copy aws: iam:GetUser", exact=True).click()
    expect(window.locator("#live")).to_have_text("Copied")
    assert window.evaluate("navigator.clipboard.readText()") == "aws iam get-user --user-name Sarah"


def test_a_forms_calls_are_on_the_page_that_follows(window):
    window.goto("/iam/groups/create")
    window.get_by_label("User group name").fill("HR")
    window.get_by_role("button", name="Create user group", exact=True).click()
    expect(window.get_by_text("HR user group created.")).to_be_visible()
    drawer(window)
    expect(window.get_by_role("heading", name="Before this page: POST /iam/groups/create")).to_be_visible()
    expect(window.locator(".calls-section").first).to_contain_text("iam:CreateGroup")
