"""`python -m tests.screenshots [FOLDER] [--only NAME …] [--against OLD]`: pictures of every page and state.

Without a folder it makes the few of README.md. Starts a server of its own, plays the HR group demo into a fresh sandbox
and visits the states of tests/demos/states.py in light and dark, wide and narrow. `--against` an older folder also
writes `compare.html`, which shows the two beside each other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.demos.conftest import CHROMIUM
from tests.demos.states import STATES, State, let_in, play, show

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "docs" / "screenshots"
#         looks        scheme   width, height
LOOKS = {
    "light":         ("light",  1280, 800),
    "dark":          ("dark",   1280, 800),
    "narrow":        ("light",  320,  800),
    "projector":     ("light",  1920, 1080),
    # A window of 1280 pixels at 200 % zoom is one of 640 CSS pixels.
    "zoomed":        ("dark",   640,  400),
}  # fmt: skip
#          picture of README.md, its state and look
PICTURES = {
    "home":      ("home", "light"),
    "sign-in":   ("sign-in", "light"),
    "users":     ("users", "light"),
    "refused":   ("users-refused", "light"),
    "user":      ("user", "light"),
    "policy":    ("policy", "dark"),
    "simulator": ("simulated", "light"),
    "bucket":    ("bucket-john", "dark"),
}  # fmt: skip


@contextmanager
def server() -> Iterator[dict[str, Any]]:
    """A running console and a sandbox in it, as `sandbox create` describes it."""
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {"IAMCONSOLE_DATA": data, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, str(ROOT / "manage.py")]
        running = subprocess.Popen(
            [*command, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        try:
            said = ""
            while "Stop with" not in said:
                said = running.stdout.readline()
                if "iamconsole is at" in said:
                    environment["IAMCONSOLE_URL"] = said.split()[-1]
            made = subprocess.check_output([*command, "sandbox", "create"], env=environment, text=True)
            yield json.loads(made)
        finally:
            running.terminate()
            running.wait()


def window(browser: Browser, sandbox: dict[str, Any], who: str, look: str) -> Page:
    scheme, width, height = LOOKS[look]
    context = browser.new_context(
        base_url=sandbox["endpoint"],
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of "light" and "dark"
        reduced_motion="reduce",
    )
    page = context.new_page()
    let_in(page, sandbox, who)
    return page


def picture(page: Page, state: State, sandbox: dict[str, Any], path: Path, *, whole: bool) -> None:
    show(page, state, sandbox["account_id"])
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=whole)


def readme(browser: Browser, sandbox: dict[str, Any]) -> None:
    by_name = {state.name: state for state in STATES}
    for name, (state_name, look) in PICTURES.items():
        state = by_name[state_name]
        page = window(browser, sandbox, state.who, look)
        picture(page, state, sandbox, README / f"{name}.png", whole=False)
        page.context.close()


def everything(browser: Browser, sandbox: dict[str, Any], folder: Path, only: list[str]) -> None:
    for look in LOOKS:
        pages: dict[str, Page] = {}
        for state in STATES:
            if (only and state.name not in only) or (state.wide and LOOKS[look][1] < 1000):
                continue
            fresh = state.who == "nobody" or state.who not in pages
            page = window(browser, sandbox, state.who, look) if fresh else pages[state.who]
            picture(page, state, sandbox, folder / f"{state.name}-{look}.png", whole=True)
            if state.who == "nobody":
                page.context.close()
            else:
                pages[state.who] = page
        for page in pages.values():
            page.context.close()


def compare(folder: Path, old: Path) -> None:
    rows = []
    for new in sorted(folder.glob("*.png")):
        before = old / new.name
        shown = [f'<img src="{escape(str(each.resolve()))}" alt="">' for each in (before, new) if each.exists()]
        same = before.exists() and before.read_bytes() == new.read_bytes()
        rows.append(f"<h2>{escape(new.stem)}{' (the same)' if same else ''}</h2><p>{''.join(shown)}</p>")
    style = "<style>p { display: flex; gap: 1rem } img { width: 48%; border: 1px solid; object-fit: contain }</style>"
    (folder / "compare.html").write_text(f"<!doctype html><title>Before and after</title>{style}{''.join(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    (given.folder or README).mkdir(parents=True, exist_ok=True)
    with server() as sandbox, sync_playwright() as playwright:
        play(sandbox)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        if given.folder is None:
            readme(browser, sandbox)
        else:
            everything(browser, sandbox, given.folder, given.only)
        browser.close()
    if given.folder and given.against:
        compare(given.folder, given.against)


if __name__ == "__main__":
    main()
