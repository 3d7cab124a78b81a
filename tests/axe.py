"""What axe-core finds on a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The new colours are all there once two frames have been drawn.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What another colour scheme can change: everything else is found in the first.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# What a narrow window can change beside its scrolling, which is measured.
OF_SMALL = {
    "runOnly": {"type": "rule", "values": ["scrollable-region-focusable", "target-size", "aria-hidden-focus", "bypass"]}
}


def faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, in both colour schemes."""
    return in_scheme(page, "light") + in_scheme(page, "dark", OF_COLOURS)


def in_scheme(page: Page, scheme: Any, only: dict[str, Any] | None = None) -> list[str]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(DRAWN)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], **(only or {})}
    return [
        f"{page.url} {scheme} {fault['id']}: {node['html'][:200]}"
        for fault in page.evaluate("(options) => axe.run(document, options)", options)["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
