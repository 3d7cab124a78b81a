"""The frame around every page, worked by keyboard in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_service_is_found_and_opened_without_the_mouse(window):
    press(window, "Alt+s")
    field = window.get_by_role("combobox", name="Search services")
    expect(field).to_be_focused()
    window.keyboard.type("IAM")
    options = window.get_by_role("listbox", name="Search results").get_by_role("option")
    expect(options.first).to_contain_text("Manage access to AWS resources")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", "search-service-1")
    press(window, "Enter")
    window.wait_for_url("**/iam/home")


def test_the_search_groups_moves_and_closes(window):
    field = window.get_by_role("combobox", name="Search services")
    field.fill("users")
    for name in ("Services", "Features", "Documentation"):
        expect(window.get_by_role("group", name=name)).to_be_visible()
    press(window, "ArrowDown")
    feature = window.get_by_role("option", name="Users IAM feature")
    expect(feature).to_have_attribute("aria-selected", "true")
    press(window, "ArrowUp", "ArrowUp")
    last = window.get_by_role("option").last
    expect(last).to_have_attribute("aria-selected", "true")
    expect(last).to_have_attribute("target", "_blank")
    press(window, "Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("users")
    press(window, "Escape")
    expect(field).to_have_value("")
    # What this lab lacks is there and leads nowhere.
    field.fill("DynamoDB")
    expect(window.get_by_role("option", name="DynamoDB").first).to_have_attribute("aria-disabled", "true")
    press(window, "ArrowDown", "Enter")
    expect(window.locator("#live")).to_have_text("Not part of this lab")
    expect(window).to_have_url(re.compile("/console/home"))


def test_the_marked_service_is_made_a_favorite_without_leaving_the_search(window):
    press(window, "Alt+s")
    window.keyboard.type("S3")
    expect(window.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    press(window, "Tab")
    expect(window.get_by_role("button", name="Add S3 to favorites").last).to_be_focused()
    with window.expect_response("**/console/settings/favorite"):
        press(window, "Enter")
    expect(window.get_by_role("button", name="Remove S3 from favorites").last).to_be_focused()
    press(window, "Escape")
    expect(window.get_by_role("combobox", name="Search services")).to_be_focused()
    expect(window.get_by_role("listbox", name="Search results")).to_be_hidden()
    window.reload()
    window.get_by_role("button", name="Services", exact=True).click()
    expect(window.get_by_text("Favorites", exact=True)).to_be_visible()


def test_a_dialog_that_the_server_refuses_stays_a_dialog(window):
    window.goto("/iam/home")
    opener = window.locator("a[href^='/iam/account-alias']").first
    opener.focus()
    press(window, "Enter")
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    window.keyboard.type("Not An Alias!")
    press(window, "Enter")
    expect(dialog.get_by_text("failed to satisfy constraint")).to_be_visible()
    expect(dialog.get_by_role("textbox")).to_be_focused()
    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(window).to_have_url(re.compile("/iam/home$"))
    press(window, "Escape")
    expect(opener).to_be_focused()
    press(window, "Enter")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    window.keyboard.type("company1-frame")
    press(window, "Enter")
    expect(window.get_by_text("Alias created for this account.")).to_be_visible()
    expect(dialog).to_have_count(0)
    # A dialog without a field that takes something away: Cancel has the focus.
    window.locator("a[href^='/iam/account-alias/delete']").first.click()
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Delete alias").click()
    expect(window.get_by_text("Alias deleted for this account.")).to_be_visible()


def test_what_a_dialog_is_about_may_be_gone(window):
    window.goto("/iam/home")
    window.route("**/iam/account-alias*", lambda route: route.continue_(url=f"{window.url.rpartition('/')[0]}/nowhere"))
    window.locator("a[href^='/iam/account-alias']").first.click()
    expect(window.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(window.locator("#main")).to_be_focused()
    expect(window.get_by_role("dialog")).to_have_count(0)


def test_a_swap_that_is_refused_opens_the_page_by_its_address_and_sends_no_form_again(window, chromium, server):
    # A window of its own: htmx writes the refusal into the browser's log, which the others must keep empty.
    context = chromium.new_context(base_url=server.url, storage_state=window.context.storage_state())
    page = context.new_page()
    page.goto("/iam/users/create")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("User name is required")).to_be_visible()
    page.route("**/console/search?q=*", lambda route: route.fulfill(status=403))
    with page.expect_request(lambda request: request.is_navigation_request()) as opened:
        page.get_by_role("combobox", name="Search services").fill("s3")
    assert opened.value.method == "GET"
    assert "/iam/users/create" in opened.value.url
    expect(page.get_by_text("User name is required")).to_have_count(0)
    context.close()


def test_a_star_makes_a_favorite(window):
    services = window.get_by_role("button", name="Services")
    services.focus()
    press(window, "Enter")
    star = window.get_by_role("button", name="Add S3 to favorites")
    star.focus()
    press(window, "Enter")
    expect(window.get_by_role("button", name="Remove S3 from favorites")).to_be_focused()
    press(window, "Escape")
    expect(services).to_be_focused()
    window.reload()
    services.click()
    expect(window.get_by_text("Favorites", exact=True)).to_be_visible()
    window.get_by_role("combobox", name="Search services").fill("s3")
    expect(window.get_by_role("option", name=re.compile("^S3 .*favorite"))).to_be_visible()


def test_a_category_shows_its_services_in_the_menu(window):
    window.get_by_role("button", name="Services").focus()
    press(window, "Enter")
    window.get_by_role("link", name="Storage", exact=True).focus()
    press(window, "Enter")
    pane = window.locator("#services-menu-pane")
    expect(pane.get_by_role("heading", name="Storage")).to_be_visible()
    expect(pane.get_by_role("link", name="S3")).to_be_visible()
    expect(pane.get_by_text("Amazon S3 Tables")).to_be_visible()


def test_menus_of_the_top_bar_open_one_at_a_time_and_close_by_escape(window):
    window.goto("/s3/buckets")
    region = window.get_by_role("button", name="Region: N. Virginia")
    region.focus()
    press(window, "ArrowDown")
    expect(region).to_have_attribute("aria-expanded", "true")
    expect(window.get_by_role("link", name="US East (N. Virginia)")).to_be_focused()
    press(window, "End", "Escape")
    expect(region).to_be_focused()
    press(window, "Enter")
    window.get_by_role("link", name="US West (Oregon)").focus()
    press(window, "Enter")
    expect(window.get_by_role("button", name="Region: Oregon")).to_be_visible()
    expect(window).to_have_url(re.compile("region=us-west-2"))


def test_the_account_id_is_copied_from_the_account_menu(window, served):
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.locator(".account-menu > summary").focus()
    press(window, "Enter")
    window.get_by_role("button", name="Copy account ID").focus()
    press(window, "Enter")
    expect(window.locator("#live")).to_have_text("Copied")
    assert window.evaluate("navigator.clipboard.readText()") == served["account_id"]


def test_the_side_navigation_is_searched_closed_and_remembered(window):
    window.goto("/iam/users")
    navigation = window.get_by_role("navigation", name="Identity and Access Management (IAM)")
    field = navigation.get_by_role("searchbox", name="Search IAM")
    field.focus()
    window.keyboard.type("poli")
    expect(navigation.get_by_role("link", name="Policies", exact=True)).to_be_visible()
    expect(navigation.get_by_role("link", name="Users", exact=True)).to_be_hidden()
    expect(navigation.get_by_role("heading", name="Related consoles")).to_be_hidden()
    press(window, "Escape")
    expect(navigation.get_by_role("link", name="Users", exact=True)).to_have_attribute("aria-current", "page")
    field.fill("nothing like it")
    expect(navigation.get_by_text("No matches")).to_be_visible()
    window.get_by_role("button", name="Close side navigation").focus()
    press(window, "Enter")
    expect(navigation).to_be_hidden()
    expect(window.get_by_role("button", name="Open side navigation")).to_be_focused()
    window.reload()
    expect(navigation).to_be_hidden()
    press(window, "Tab")
    window.get_by_role("button", name="Open side navigation").click()
    expect(navigation).to_be_visible()


def test_the_help_panel_opens_beside_the_list(window):
    window.goto("/iam/users")
    link = window.get_by_role("link", name="Info about Users")
    link.focus()
    press(window, "Enter")
    panel = window.get_by_role("complementary", name="Help panel")
    expect(panel.get_by_role("heading", name="IAM users")).to_be_focused()
    expect(window).to_have_url(re.compile("/iam/users$"))
    press(window, "Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def test_tabs_of_a_page_keep_their_address(window):
    window.goto("/iam/users/details/Sarah")
    window.get_by_role("tab", name="Permissions").focus()
    press(window, "ArrowRight", "Enter")
    expect(window).to_have_url(re.compile("section=groups"))
    expect(window.get_by_role("tabpanel")).to_contain_text("User groups membership")
    window.reload()
    expect(window.get_by_role("tab", name=re.compile("^Groups"))).to_have_attribute("aria-selected", "true")
    window.go_back()
    expect(window.get_by_role("tab", name="Permissions")).to_have_attribute("aria-selected", "true")


def test_density_and_theme_are_kept(window):
    for name, attribute, value in (("Compact", "data-density", "compact"), ("Dark", "data-theme", "dark")):
        window.get_by_role("button", name="Settings").click()
        window.get_by_role("button", name=name).click()
        expect(window.locator("html")).to_have_attribute(attribute, value)
    window.goto("/iam/users")
    expect(window.locator("html")).to_have_attribute("data-density", "compact")
