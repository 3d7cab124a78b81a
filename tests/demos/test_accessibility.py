"""Every page, and every state worth a look: no fault that axe-core calls serious, no sideways scrolling, no heavy HTML.

The states are those of tests/demos/states.py, in which something was done on a page; the pages are all that there are
(tests/pages.py), each in three widths. `open_window` sees to script errors, refused content and other hosts.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.axe import OF_COLOURS, OF_SMALL, faults, in_scheme
from tests.demos.states import STATES, State, let_in, play, show
from tests.pages import Boto, an_event, fill, pages, tabs

pytestmark = pytest.mark.browser

WHO = ("nobody", "root", "admin", "john", "role")
HEAVIEST = 60 * 1024  # of compressed HTML, with 20 rows


@pytest.fixture(scope="module")
def played(server) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(server.manage("sandbox", "create"))
    play(made)
    return made


@pytest.fixture
def each(open_window, played) -> Callable[..., Iterator[tuple[State, Page]]]:
    """Goes through the states of one person; nobody has a new window for each, as a new visitor has."""

    def visit(who: str, **options: Any) -> Iterator[tuple[State, Page]]:
        page: Page | None = None
        for state in STATES:
            if state.who != who or (state.wide and "viewport" in options):
                continue
            if page is None or who == "nobody":
                if page is not None:
                    page.context.close()
                page = open_window(**options)
                let_in(page, played, who)
            size = len(gzip.compress(show(page, state, played["account_id"])))
            assert size <= HEAVIEST, f"{state.name}: {size} bytes"
            yield state, page

    return visit


@pytest.mark.parametrize("who", WHO)
def test_no_state_has_a_serious_fault(each, who):
    found = [f"{state.name}: {fault}" for state, page in each(who) for fault in faults(page)]
    assert found == []


SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("who", WHO)
def test_nothing_scrolls_sideways_at_320_pixels(each, who):
    """A window of 1280 pixels at 400 % zoom; WCAG 2.2, 1.4.10 Reflow. What is wide scrolls inside itself."""
    wide = {state.name: page.evaluate(SIDEWAYS) for state, page in each(who, viewport={"width": 320, "height": 640})}
    assert {name: pixels for name, pixels in wide.items() if pixels > 0} == {}


SHARES = 4  # of the pages, for as many processes


@pytest.fixture(scope="module")
def filled(server) -> tuple[dict[str, Any], dict[str, str]]:
    made: dict[str, Any] = json.loads(server.manage("sandbox", "create"))
    # One access key of the administrator's own is there already.
    return made, fill(Boto.of(made), made["account_id"], own_key=made["admin"]["access_key_id"])


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_at_every_width(open_window, filled, share):
    """Narrow, of a laptop, of a large screen; light and dark."""
    sandbox, names = filled
    page = open_window()
    let_in(page, sandbox, "admin")
    page.goto("/iam/users")
    names["event"] = an_event(page.content())
    found: list[str] = []
    for one in pages(names)[share::SHARES]:
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(one.address)
        addresses = [one.address, *tabs(page.content(), one.address)]
        for address in addresses:
            if address != one.address:
                page.set_viewport_size({"width": 320, "height": 640})
                page.goto(address)
            if (pixels := page.evaluate(SIDEWAYS)) > 0:
                found.append(f"{address} scrolls sideways by {pixels}")
            found += in_scheme(page, "light", OF_SMALL)
            page.set_viewport_size({"width": 1280, "height": 800})
            found += in_scheme(page, "light")
            page.set_viewport_size({"width": 2560, "height": 1440})
            found += in_scheme(page, "dark", OF_COLOURS)
    assert found == []
