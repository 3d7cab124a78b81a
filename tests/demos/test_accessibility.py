"""Every page in every state: no fault that axe-core calls serious, no sideways scrolling, no heavy HTML."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.axe import faults
from tests.demos.states import STATES, State, let_in, play, show

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
