"""Windows of a real Chromium on the running server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.demos.steps import client_of

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), "")


# As long as an action may take: a busy machine is no failure.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


# For a module and not for the session: while Playwright's loop runs, Django's database is out of bounds.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        reason = "No Chromium was found; install Debian's chromium or set CHROMIUM to one."
        if os.environ.get("IAMCONSOLE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_window(chromium, server) -> Iterator[Callable[..., Page]]:
    """A private window, as two people have two. At the end: no script error, no refused content, no other host."""
    complaints: list[str] = []
    contexts = []

    def listen(page: Page) -> None:
        page.on("console", lambda message: _note(message, complaints))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _check_host(request.url, server.url, complaints))

    def opened(**options: Any) -> Page:
        context = chromium.new_context(base_url=server.url, **options)
        context.set_default_timeout(PATIENCE)
        context.on("page", listen)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message: Any, complaints: list[str]) -> None:
    # A refused form answers 422 and a refused page 403, which Chromium calls a failed load; that is no fault.
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        complaints.append(message.text)


def _check_host(url: str, ours: str, complaints: list[str]) -> None:
    if urlsplit(url).netloc not in (urlsplit(ours).netloc, ""):
        complaints.append(f"a request to another host: {url}")


@pytest.fixture
def sign_in(open_window, served) -> Callable[..., Page]:
    """`sign_in("john", password)`: a window of its own in which that person has just pressed Sign in."""

    def signed_in(user_name: str, password: str, **options: Any) -> Page:
        window = open_window(**options)
        window.goto(f"/console?account={served['account_id']}")
        window.get_by_label("IAM username").fill(user_name)
        window.get_by_label("Password", exact=True).fill(password)
        window.get_by_role("button", name="Sign in").click()
        return window

    return signed_in


@pytest.fixture
def window(sign_in, served) -> Page:
    """A window in which the administrator is signed in."""
    page = sign_in("admin", served["admin"]["password"])
    page.wait_for_url("**/console/home*")
    return page


@pytest.fixture
def iam(served) -> Any:
    """The administrator's client of IAM."""
    return client_of(served, "iam", served["admin"])


@pytest.fixture
def john(served, iam) -> Callable[[str], Any]:
    """Makes clients of a new user john, who may do nothing yet."""
    iam.create_user(UserName="john")
    key = iam.create_access_key(UserName="john")["AccessKey"]
    return lambda service: client_of(served, service, key)
