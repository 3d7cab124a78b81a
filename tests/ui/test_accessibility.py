"""The gallery has no serious or critical fault that axe-core can find: light and dark, wide and at 320 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults

pytestmark = pytest.mark.browser

WIDTHS = (1280, 320)


@pytest.fixture(params=WIDTHS)
def gallery(request, open_window) -> Page:
    page: Page = open_window(viewport={"width": request.param, "height": 900})
    page.goto("/ui/")
    return page


def test_every_state_has_no_serious_fault(gallery):
    for opener in gallery.locator(":is(#expander, #course-note, #denied-widget, #secrets, #flash-many) summary").all():
        opener.click()
    assert faults(gallery) == []


def test_what_opens_over_the_page_has_no_serious_fault(gallery):
    found = []
    gallery.locator("#users-gear").click()
    expect(gallery.get_by_role("dialog", name="Preferences")).to_be_visible()
    found += faults(gallery)
    gallery.keyboard.press("Escape")
    gallery.locator("#menus summary").first.click()
    found += faults(gallery)
    gallery.keyboard.press("Escape")
    gallery.locator("#instances-filter").click()
    expect(gallery.get_by_role("option", name="Instance state", exact=True)).to_be_visible()
    found += faults(gallery)
    gallery.keyboard.press("Escape")
    gallery.get_by_role("link", name="Info about Summary").click()
    expect(gallery.get_by_role("complementary", name="Help panel")).to_be_visible()
    found += faults(gallery)
    assert found == []


def test_every_menu_of_the_top_bar_has_no_serious_fault(gallery):
    found = []
    for summary in gallery.locator(".top-bar summary:visible").all():
        summary.click()
        found += faults(gallery)
        gallery.keyboard.press("Escape")
    assert found == []


def test_the_search_has_no_serious_fault(open_window):
    page = open_window()
    page.goto("/ui/")
    page.get_by_role("combobox", name="Search services").fill("iam")
    expect(page.get_by_role("option", name="IAM", exact=False).first).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/ui/dialog?selected=john",
        "/ui/wizard",
        "/ui/?preferences=users",
        "/console/search?q=iam",
        "/console/help/users",
    ],
)
def test_the_pages_beside_it_have_no_serious_fault(open_window, path):
    for width in WIDTHS:
        page = open_window(viewport={"width": width, "height": 900})
        page.goto(path)
        assert faults(page) == []


@pytest.mark.parametrize("width", [320, 640, 768, 1280, 1920, 2560])
def test_no_width_makes_the_page_scroll_sideways(open_window, width):
    page = open_window(viewport={"width": width, "height": 900})
    for path in ("/ui/", "/ui/wizard", "/ui/dialog?selected=john", "/console/search?q=iam"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_text_twice_as_large_loses_nothing(open_window):
    """200 % zoom of a 1280 px window is a window of 640 px with twice the pixels."""
    page = open_window(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page.goto("/ui/")
    for name in ("Services", "Settings", "Region: N. Virginia"):
        page.get_by_role("button", name=name).click()
        box = page.locator("details[open] > .menu-list").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 640
        page.keyboard.press("Escape")


def test_who_wants_no_motion_sees_none(open_window):
    page = open_window(reduced_motion="reduce")
    page.goto("/ui/")
    moving = """() => [...document.querySelectorAll("*")].filter((e) => [null, "::before", "::after"].some((part) => {
        const style = getComputedStyle(e, part);
        return style.animationName !== "none" && parseFloat(style.animationDuration) > 0.01; })).length"""
    assert page.evaluate(moving) == 0


def test_there_is_one_live_region_and_every_landmark_has_a_name_of_its_own(open_window):
    page = open_window()
    page.goto("/ui/")
    assert page.locator("[aria-live=polite]").count() == 1
    named = page.eval_on_selector_all("nav[aria-label]", "all => all.map((one) => one.getAttribute('aria-label'))")
    assert len(named) == page.locator("nav").count()
