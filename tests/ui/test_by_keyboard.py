"""Every component of the gallery, worked with the keyboard alone in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def gallery(open_window) -> Page:
    page: Page = open_window()
    page.goto("/ui/")
    return page


# Between the last stop of a dialog and the first again the focus is nowhere.
IN_DIALOG = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def said(page: Page, words: str | re.Pattern[str]) -> None:
    """The one polite live region has said so."""
    expect(page.locator("#live")).to_have_text(words)


def table(page: Page, name: str) -> Locator:
    return page.locator(f"section#{name}")


# -- the whole page -----------------------------------------------------------------------------------


def test_the_first_stop_skips_to_the_content(gallery):
    press(gallery, "Tab")
    expect(gallery.get_by_role("link", name="Skip to Main Content")).to_be_focused()
    press(gallery, "Enter")
    expect(gallery.locator("#main")).to_be_focused()


DESCRIBE = """() => {
    const e = document.activeElement, s = getComputedStyle(e), b = e.getBoundingClientRect();
    const free = s.display === "inline" || ["checkbox", "radio"].includes(e.type);
    return {outline: s.outlineStyle, size: free ? 24 : Math.min(b.width, b.height),
            at: e === document.body ? "" : e.outerHTML.slice(0, 160)};
}"""


def stops(page: Page) -> Iterator[dict[str, Any]]:
    """Everything that Tab reaches, with its name and the outline it is drawn with."""
    for _ in range(600):
        page.keyboard.press("Tab")
        stop = page.evaluate(DESCRIBE)
        if not stop["at"]:
            return
        yield stop
    raise AssertionError("Tab never leaves the page: the focus is caught in a loop.")


def test_every_stop_of_the_page_shows_its_focus_and_is_large_enough(gallery):
    found = list(stops(gallery))
    assert len(found) > 100
    assert [stop["at"] for stop in found if stop["outline"] == "none"] == []
    # Target size, WCAG 2.5.8: links inside a text are excepted, and a box is as large as its label.
    assert [stop["at"] for stop in found if stop["size"] < 24] == []


# -- tables -------------------------------------------------------------------------------------------


def test_a_search_waits_counts_and_is_cleared(gallery):
    users = table(gallery, "users")
    users.get_by_role("searchbox").focus()
    gallery.keyboard.type("user-1")
    expect(users.get_by_text("10 matches")).to_be_visible()
    said(gallery, "10 matches")
    expect(users.get_by_role("searchbox")).to_be_focused()
    press(gallery, "Tab")
    expect(users.get_by_role("link", name="Clear")).to_be_focused()
    press(gallery, "Enter")
    expect(users.get_by_text("matches")).to_have_count(0)
    expect(users.get_by_role("searchbox")).to_be_focused()


def test_rows_are_ticked_one_by_one_by_range_and_all(gallery):
    users = table(gallery, "users")
    delete = users.get_by_role("button", name="Delete")
    expect(delete).to_have_attribute("aria-disabled", "true")
    users.get_by_label("Select ana").focus()
    press(gallery, "Space")
    expect(users.get_by_text("(1/47)")).to_be_visible()
    expect(delete).to_have_attribute("aria-disabled", "false")
    users.get_by_label("Select user-05").click(modifiers=["Shift"])
    expect(users.get_by_text("(5/47)")).to_be_visible()
    users.get_by_label("Select all on this page").focus()
    press(gallery, "Space")
    expect(users.get_by_text("(10/47)")).to_be_visible()
    # What is ticked is kept over a search and a page.
    users.get_by_role("link", name="Page 2 of all pages").focus()
    press(gallery, "Enter")
    expect(users.get_by_label("Select user-12")).to_be_visible()
    expect(users.get_by_text("(10/47)")).to_be_visible()


def test_sorting_and_turning_pages_keep_the_focus(gallery):
    users = table(gallery, "users")
    head = users.get_by_role("columnheader", name="User name")
    expect(head).to_have_attribute("aria-sort", "ascending")
    users.get_by_role("link", name="User name").focus()
    press(gallery, "Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(users.get_by_role("link", name="User name")).to_be_focused()
    users.get_by_role("link", name="Next page").focus()
    press(gallery, "Enter")
    expect(users.locator("[aria-current=page]")).to_have_text("2")
    expect(users.get_by_role("link", name="Next page")).to_be_focused()
    expect(gallery).to_have_url(re.compile(r"sort=-UserName&page=2"))


def test_refresh_keeps_what_is_ticked(gallery):
    users = table(gallery, "users")
    users.get_by_label("Select ana").check()
    refresh = users.get_by_role("link", name="Refresh Users")
    refresh.focus()
    with gallery.expect_response(lambda answer: "/ui/" in answer.url):
        press(gallery, "Enter")
    expect(users.get_by_label("Select ana")).to_be_checked()
    expect(users.get_by_role("link", name="Refresh Users")).to_be_focused()


def test_preferences_are_a_dialog_that_keeps_and_forgets(gallery):
    users = table(gallery, "users")
    gear = users.get_by_role("link", name="Preferences")
    gear.focus()
    press(gallery, "Enter")
    dialog = gallery.get_by_role("dialog", name="Preferences")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("10 resources")).to_be_focused()
    # The page behind is out of reach.
    for _ in range(30):
        press(gallery, "Tab")
        assert gallery.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    dialog.get_by_role("switch", name="Path").focus()
    press(gallery, "Space", "Escape")
    expect(dialog).to_be_hidden()
    expect(gear).to_be_focused()
    press(gallery, "Enter")
    expect(dialog.get_by_role("switch", name="Path")).to_be_checked()
    dialog.get_by_role("switch", name="Path").uncheck()
    dialog.get_by_role("switch", name="ARN").check()
    dialog.get_by_label("20 resources").check()
    dialog.get_by_label("Compact mode").focus()
    press(gallery, "Space", "Enter")
    expect(dialog).to_be_hidden()
    expect(users.get_by_role("columnheader", name="ARN")).to_be_visible()
    expect(users.get_by_role("columnheader", name="Path")).to_have_count(0)
    expect(users.locator("tbody tr")).to_have_count(20)
    expect(gear).to_be_focused()
    gallery.reload()
    expect(users.get_by_role("columnheader", name="ARN")).to_be_visible()


def test_a_cut_cell_tells_the_rest_to_the_pointer_and_to_the_focus(gallery):
    gallery.set_viewport_size({"width": 320, "height": 700})
    cell = table(gallery, "users").get_by_role("row", name="Developer-with").locator("td").nth(1)
    assert cell.evaluate("e => e.scrollWidth > e.clientWidth")
    cell.hover()
    expect(cell).to_have_attribute("title", "Developer-with-a-rather-long-name@example.com")
    cell.get_by_role("link").focus()
    assert cell.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


def test_a_row_opens_and_closes(gallery):
    policies = table(gallery, "policies")
    policies.get_by_role("link", name="Show details of HRPolicy").focus()
    press(gallery, "Enter")
    expect(policies.get_by_text("NotTheLogs")).to_be_visible()
    expect(policies.get_by_role("link", name="Hide details of HRPolicy")).to_be_focused()
    press(gallery, "Enter")
    expect(policies.get_by_text("NotTheLogs")).to_have_count(0)


# -- property filter ----------------------------------------------------------------------------------


def test_a_token_is_built_from_suggestions(gallery):
    instances = table(gallery, "instances")
    field = instances.get_by_role("combobox")
    field.focus()
    press(gallery, "ArrowDown")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(instances.get_by_role("group", name="Properties").get_by_role("option")).to_have_count(3)
    press(gallery, "ArrowDown", "ArrowDown", "Enter")
    expect(field).to_have_value("Instance state ")
    expect(instances.get_by_role("group", name="Operators").get_by_role("option")).to_have_count(5)
    press(gallery, "ArrowDown", "Enter")
    expect(field).to_have_value("Instance state = ")
    gallery.keyboard.type("stop")
    press(gallery, "ArrowDown", "ArrowDown", "Enter")
    expect(instances.get_by_text("Instance state = stopped")).to_be_visible()
    expect(instances.get_by_text("1 match", exact=True)).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("")


def test_tokens_are_joined_removed_and_cleared(gallery):
    instances = table(gallery, "instances")
    field = instances.get_by_role("combobox", name="Find Instance")
    field.focus()
    gallery.keyboard.type("Name = web-2")
    press(gallery, "Enter")
    expect(
        instances.get_by_role("button", name="Remove token").or_(instances.get_by_role("link", name="Remove token"))
    ).to_have_count(1)
    gallery.keyboard.type("web-3")
    press(gallery, "Enter")
    expect(instances.get_by_text("No matches")).to_be_visible()
    instances.get_by_label("Join filters by").select_option("or")
    expect(instances.get_by_text("2 matches")).to_be_visible()
    # Backspace in the empty field deletes no token; Tab reaches each.
    field.focus()
    press(gallery, "Backspace")
    expect(instances.locator(".token")).to_have_count(2)
    press(gallery, "Tab", "Tab")
    expect(instances.get_by_role("link", name="Remove token Name = web-2")).to_be_focused()
    press(gallery, "Enter")
    expect(instances.locator(".token")).to_have_count(1)
    instances.get_by_role("link", name="Clear filters").focus()
    press(gallery, "Enter")
    expect(instances.locator(".token")).to_have_count(0)


def test_escape_closes_the_suggestions(gallery):
    instances = table(gallery, "instances")
    field = instances.get_by_role("combobox")
    field.focus()
    gallery.keyboard.type("run")
    expect(instances.get_by_role("option", name="Instance state = running")).to_be_visible()
    press(gallery, "Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(instances.get_by_role("option")).to_have_count(0)


# -- tabs and menus -------------------------------------------------------------------------------------


def test_tabs_move_by_arrows_and_open_by_enter_or_space(gallery):
    first, second, last = (gallery.get_by_role("tab", name=name) for name in ("Permissions", "Groups", "Tags"))
    panel = gallery.get_by_role("tabpanel")
    first.focus()
    press(gallery, "ArrowRight")
    expect(second).to_be_focused()
    expect(panel).to_contain_text("This is permissions.")
    press(gallery, "Enter")
    expect(panel).to_contain_text("This is groups.")
    expect(second).to_have_attribute("aria-selected", "true")
    expect(second).to_be_focused()
    expect(gallery).to_have_url(re.compile("section=groups"))
    press(gallery, "End")
    expect(last).to_be_focused()
    press(gallery, "ArrowRight")
    expect(first).to_be_focused()
    press(gallery, "ArrowLeft", "Space")
    expect(panel).to_contain_text("This is tags.")
    press(gallery, "Home", "Enter")
    expect(panel).to_contain_text("This is permissions.")
    press(gallery, "Tab")
    expect(panel).to_be_focused()
    gallery.go_back()
    expect(panel).to_contain_text("This is tags.")


def test_a_menu_moves_by_arrows_home_end_and_letters(gallery):
    menus = gallery.locator("#menus")
    button = menus.get_by_role("button", name="Actions")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    press(gallery, "ArrowDown")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(menus.get_by_role("menu", name="Actions")).to_be_visible()
    activate, deactivate, delete = (
        menus.get_by_role("menuitem", name=name)
        for name in (re.compile("^Activate"), "Deactivate", re.compile("^Delete"))
    )
    expect(activate).to_be_focused()
    press(gallery, "ArrowUp")
    expect(delete).to_be_focused()
    press(gallery, "Home")
    expect(activate).to_be_focused()
    press(gallery, "d")
    expect(deactivate).to_be_focused()
    press(gallery, "d")
    expect(delete).to_be_focused()
    press(gallery, "Escape")
    expect(button).to_be_focused()
    expect(activate).to_be_hidden()


def test_what_cannot_be_chosen_has_the_focus_and_says_why(gallery):
    menus = gallery.locator("#menus")
    menus.get_by_role("button", name="Actions").focus()
    press(gallery, "Enter", "End")
    delete = menus.get_by_role("menuitem", name=re.compile("^Delete"))
    expect(delete).to_be_focused()
    expect(delete).to_have_attribute("aria-disabled", "true")
    expect(delete).to_have_accessible_description("Deactivate the key first")
    press(gallery, "Enter")
    expect(delete).to_be_visible()
    press(gallery, "Escape")
    button = gallery.locator("#buttons").get_by_role("button", name="Next")
    button.focus()
    expect(button).to_be_focused()
    expect(button).to_have_accessible_description("Choose a use case first")
    assert "Choose a use case first" in button.evaluate("e => getComputedStyle(e, '::after').content")


# -- dialogs, messages, help ------------------------------------------------------------------------------


def test_a_typed_confirmation_is_exact_and_the_focus_returns(gallery):
    users = table(gallery, "users")
    users.get_by_label("Select ana").check()
    opener = users.get_by_role("button", name="Delete")
    opener.focus()
    press(gallery, "Enter")
    dialog = gallery.get_by_role("dialog", name="Delete ana?")
    field = dialog.get_by_role("textbox")
    expect(field).to_be_focused()
    expect(dialog).to_have_attribute("aria-modal", "true")
    confirm = dialog.get_by_role("button", name="Delete user")
    for typed in ("Ana", "ana ", "an"):
        field.fill(typed)
        expect(confirm).to_have_attribute("aria-disabled", "true")
        press(gallery, "Enter")
        expect(dialog).to_be_visible()
    field.fill("ana")
    expect(confirm).to_have_attribute("aria-disabled", "false")
    press(gallery, "Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    press(gallery, "Enter")
    dialog.get_by_role("link", name="Close modal").focus()
    press(gallery, "Enter")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_dialog_traps_the_focus_and_puts_the_page_behind_out_of_reach(gallery):
    gallery.get_by_role("link", name="Open a dialog").focus()
    press(gallery, "Enter")
    expect(gallery.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    for _ in range(12):
        press(gallery, "Tab")
        assert gallery.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


def test_messages_collapse_are_counted_and_dismissed(gallery):
    bar = gallery.locator("#flash-many")
    expect(bar.get_by_text("User john created.")).to_be_visible()
    expect(bar.get_by_text("User john was not deleted.")).to_be_hidden()
    more = bar.locator("summary")
    more.focus()
    press(gallery, "Enter")
    expect(bar.get_by_role("alert")).to_contain_text("User john was not deleted.")
    dismiss = bar.get_by_role("button", name="Dismiss")
    dismiss.first.focus()
    press(gallery, "Enter")
    # The next one has the focus and has moved up; four are left, and counted.
    expect(bar.get_by_role("button", name="Dismiss").first).to_be_focused()
    expect(bar.locator("[data-flash]")).to_have_count(4)
    expect(bar.locator(".flash-count[data-kind=success]")).to_contain_text("0")
    press(gallery, "Enter")
    expect(bar.locator("summary")).to_have_count(0)
    expect(bar.locator("[data-flash]")).to_have_count(3)


def test_the_help_panel_opens_and_closes(gallery):
    link = gallery.get_by_role("link", name="Info about Summary")
    link.focus()
    press(gallery, "Enter")
    panel = gallery.get_by_role("complementary", name="Help panel")
    expect(panel.get_by_role("heading", name="IAM users")).to_be_focused()
    press(gallery, "Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    press(gallery, "Enter")
    panel.get_by_role("button", name="Close help panel").focus()
    press(gallery, "Enter")
    expect(link).to_be_focused()


# -- forms and leaves ---------------------------------------------------------------------------------------


def test_tags_are_added_and_removed(gallery):
    tags = gallery.locator("#tags")
    expect(tags.get_by_text("You can add up to 48 more tags.")).to_be_visible()
    tags.get_by_role("button", name="Add new tag").focus()
    press(gallery, "Enter")
    expect(tags.get_by_label("Key").nth(2)).to_be_focused()
    gallery.keyboard.type("team")
    expect(tags.get_by_text("You can add up to 47 more tags.")).to_be_visible()
    for left in (48, 49, 50):
        tags.get_by_role("button", name="Remove").first.focus()
        press(gallery, "Enter")
        expect(tags.get_by_text(f"You can add up to {left} more tags.")).to_be_visible()
    expect(tags.get_by_text("No tags associated with the resource.")).to_be_visible()
    expect(tags.get_by_role("button", name="Add new tag")).to_be_focused()


def test_a_secret_is_shown_and_hidden(gallery):
    secrets = gallery.locator("#secrets")
    value = secrets.get_by_text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    expect(value).to_be_hidden()
    secrets.locator("summary").focus()
    press(gallery, "Enter")
    expect(value).to_be_visible()
    press(gallery, "Enter")
    expect(value).to_be_hidden()


@pytest.mark.parametrize("secure", [True, False])
def test_copy_says_copied_also_where_there_is_no_clipboard_api(open_window, secure):
    page = open_window(permissions=["clipboard-read", "clipboard-write"])
    if not secure:  # as on http://192.168.0.7:8000, the address a class uses
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.goto("/ui/")
    button = page.get_by_role("button", name="Copy ARN")
    button.focus()
    press(page, "Enter")
    said(page, "Copied")
    expect(button).to_have_attribute("title", "Copied")
    expect(button).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == "arn:aws:iam::111122223333:user/john"


HIDDEN_WORDS = (
    ("#expander", "Set a permissions boundary"),
    ("#course-note", "AWS removed them"),
    ("#denied-widget", "To request access"),
)


def test_expanders_and_course_notes_open(gallery):
    for part, words in HIDDEN_WORDS:
        expect(gallery.locator(part).get_by_text(words)).to_be_hidden()
        gallery.locator(part).locator("summary").first.focus()
        press(gallery, "Enter")
        expect(gallery.locator(part).get_by_text(words)).to_be_visible()


# -- wizard -------------------------------------------------------------------------------------------------


def test_a_wizard_is_walked_stopped_by_an_error_and_left_with_a_question(gallery):
    gallery.goto("/ui/wizard")
    press_next = gallery.get_by_role("button", name="Next")
    press_next.focus()
    press(gallery, "Enter")
    field = gallery.get_by_label("User name")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("User name is required"))
    gallery.keyboard.type("peter")
    press(gallery, "Enter")
    expect(gallery.get_by_role("heading", level=1)).to_have_text(re.compile("Set permissions"))
    expect(gallery.locator("[aria-current=step]")).to_have_text(re.compile("Set permissions"))
    cancel = gallery.get_by_role("link", name="Cancel", exact=True).last
    cancel.focus()
    press(gallery, "Enter")
    dialog = gallery.get_by_role("dialog", name="Leave page?")
    expect(dialog.get_by_text("You'll lose the changes you made on this page.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    press(gallery, "Escape")
    expect(dialog).to_have_count(0)
    expect(cancel).to_be_focused()
    gallery.get_by_role("button", name="Specify user details").focus()
    press(gallery, "Enter")
    expect(gallery.get_by_label("User name")).to_have_value("peter")
