"""Every wizard finished with Tab, Enter, Space, arrows and typing alone, in a real Chromium.

The walks are those of tests/console/test_wizards_without_a_script.py, by other means.
"""

# ruff: noqa: E501 - the script is read as a script

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.test_wizards_without_a_script import WALKS
from tests.demos.states import let_in
from tests.pages import Boto, fill, pages

pytestmark = pytest.mark.browser

SHARES = 4
# Buttons that are there for browsers without a script; with one, what they do comes by itself.
WITHOUT_A_SCRIPT = ("Search", "Show")
EDITOR = "Policy document (JSON)"
FARTHEST = 400  # presses of Tab

# Chooses what a reader would: by its label, in the page rather than in the frame, primary rather than not.
CHOOSE = """([label, kinds, last]) => {
  const says = (element) => {
    const named = (element.getAttribute("aria-labelledby") || "").split(" ").map((id) => id && document.getElementById(id)?.textContent);
    const texts = [element.getAttribute("aria-label"), element.placeholder, element.closest("label")?.textContent, ...[...(element.labels || [])].map((one) => one.textContent), ...named];
    if (["BUTTON", "A", "SUMMARY"].includes(element.tagName)) texts.push(element.textContent);
    return texts.filter(Boolean).map((text) => text.replace(/\\s+/g, " ").trim());
  };
  const found = [...document.querySelectorAll(kinds)].filter((element) => element.getClientRects().length && !element.disabled && element.tabIndex >= -1);
  const exact = found.filter((element) => says(element).some((text) => text === label || text === `${label} - optional`));
  const begins = found.filter((element) => says(element).some((text) => text.startsWith(label)));
  const rank = (element) => (element.closest("dialog[open]") ? 0 : element.closest("main") ? 1 : 3) + (element.dataset.kind === "primary" ? 0 : 0.5);
  const chosen = (exact.length ? exact : begins).map((element, index) => [rank(element), last ? -index : index, element]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  window.wanted = chosen[0]?.[2] || null;
  return Boolean(window.wanted);
}"""
THERE = "() => document.activeElement === window.wanted"
SAME_GROUP = "() => document.activeElement?.type === 'radio' && document.activeElement.name === window.wanted.name"
AHEAD = """() => { const here = document.activeElement; if (!here || here === document.body) return true;
  return Boolean(here.compareDocumentPosition(window.wanted) & Node.DOCUMENT_POSITION_FOLLOWING); }"""
INPUTS = "input:not([type=hidden]), textarea, select"


class Keys:
    """The face of tests/plain.py's browser, with a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def goto(self, address: str) -> Keys:
        self.page.goto(address)
        return self

    @property
    def path(self) -> str:
        return str(self.page.evaluate("location.pathname"))

    @property
    def text(self) -> str:
        return str(self.page.locator("main").text_content())

    def names(self, *tags: str) -> list[str]:
        return [EDITOR] if self.page.locator("#policy-ace").count() else []

    def shows(self, text: str) -> Keys:
        said = self.page.locator("#flashbar, main")
        try:
            expect(said.filter(has_text=text).first).to_be_visible()
        except AssertionError as error:
            raise AssertionError(f"{text!r} is not on {self.page.url}: {said.all_inner_texts()}") from error
        return self

    def fill(self, label: str, text: str) -> Keys:
        if label == EDITOR:
            return self.write(text)
        return self._type(label, text, last=False)

    def fill_last(self, label: str, text: str) -> Keys:
        return self._type(label, text, last=True)

    def _type(self, label: str, text: str, *, last: bool) -> Keys:
        self.reach(label, INPUTS, last=last)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)  # at once: a search begins when nobody has typed for a moment
        return self

    def write(self, text: str) -> Keys:
        """Into the editor: Tab reaches it, Enter begins, Escape lets Tab leave it again."""
        self.page.locator("#policy-ace .ace_content").wait_for()
        self.page.evaluate("() => { window.wanted = document.querySelector('#policy-ace .ace_scroller'); }")
        # Past its gutter, which takes the focus too.
        self.tab_until("() => document.activeElement.matches('#policy-ace .ace_scroller, #policy-ace .ace_text-input')")
        if not self.page.evaluate("() => document.activeElement.matches('.ace_text-input')"):
            self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        expect(self.page.locator("textarea[name=document]")).to_have_value(text)
        expect(self.page.locator("#policy-findings")).to_contain_text("Errors: 0")
        self.page.keyboard.press("Escape")
        return self

    def tick(self, label: str) -> Keys:
        self.find(label, INPUTS)
        if self.page.evaluate("() => window.wanted.type") == "radio":
            self.tab_until(SAME_GROUP)
            for _ in range(12):
                if self.page.evaluate(THERE):
                    break
                self.page.keyboard.press("ArrowDown")
                self.still()
                self.find(label, INPUTS)  # what a choice brings may have come with a swap
        else:
            self.tab_until(THERE)
        if not self.page.evaluate("() => window.wanted.checked"):
            self.page.keyboard.press("Space")
        self.still()
        self.find(label, INPUTS)
        assert self.page.evaluate("() => window.wanted.checked"), f"{label} is not ticked"
        return self

    def still(self) -> None:
        """Nothing is being swapped: a reader waits for what comes, too."""
        self.page.wait_for_timeout(120)  # a change waits 50 ms before it is sent
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def press(self, name: str) -> Keys:
        if name in WITHOUT_A_SCRIPT:
            if name == "Search":
                expect(self.page.locator(".matches:visible").first).to_be_visible()
            self.still()
            return self
        self.reach(name, "button, a.button")
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
        return self

    # -- how it gets there -------------------------------------------------------------------------------------------

    def reach(self, label: str, kinds: str, *, last: bool = False) -> None:
        self.still()
        self.find(label, kinds, last=last)
        self.tab_until(THERE)

    def find(self, label: str, kinds: str, *, last: bool = False) -> None:
        """What comes with a swap may take a moment."""
        try:
            self.page.wait_for_function(CHOOSE, arg=[label, kinds, last])
        except Exception as error:
            raise AssertionError(f"no {label!r} on {self.page.url}") from error

    def tab_until(self, arrived: str) -> None:
        if self.page.evaluate(
            "() => document.activeElement === document.body && Boolean(window.wanted.closest('main'))"
        ):
            self.page.keyboard.press("Tab")  # Skip to Main Content
            self.page.keyboard.press("Enter")
        for _ in range(FARTHEST):
            if self.page.evaluate(arrived):
                return
            self.page.keyboard.press("Tab" if self.page.evaluate(AHEAD) else "Shift+Tab")
        where = self.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        raise AssertionError(f"Tab does not lead there on {self.page.url}; it is at {where}")


@pytest.fixture
def filled(server) -> tuple[dict[str, Any], dict[str, str]]:
    """For each test a sandbox of its own: who has assigned an MFA device signs in with its codes from then on."""
    made: dict[str, Any] = json.loads(server.manage("sandbox", "create"))
    door = Boto.of(made)
    names = fill(door, made["account_id"], own_key=made["admin"]["access_key_id"])
    for key in ("key", "inactive_key"):  # room for those to come
        door.call("iam:DeleteAccessKey", user_name="john", access_key_id=names[key])
    return made, names | {"event": "none"}


@pytest.mark.parametrize("share", range(SHARES))
def test_every_wizard_is_finished_by_keyboard(open_window, filled, share):
    sandbox, names = filled
    window = open_window()
    let_in(window, sandbox, "admin")
    stuck = {}
    for one in [one for one in pages(names) if one.name in WALKS][share::SHARES]:
        try:
            WALKS[one.name](Keys(window).goto(one.address))  # type: ignore[arg-type]  # the same face
        except AssertionError as problem:
            stuck[one.name] = str(problem)[:600]
    assert stuck == {}
