"""Requests that arrive at the same time, against a running server: each thing happens once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urljoin

import pytest
import urllib3

from tests.signin.visitor import CARD, CONTACT, PASSWORD


class Browser:
    """Cookies, forms and redirects, and no database: what a hostile script has too."""

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        self.url, self.cookies, self.at = url, {}, "/signup"
        self.pool = urllib3.PoolManager(maxsize=32, source_address=(address, 0))

    def fetch(self, method: str, path: str, **values: str) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": self.url + path}
        body = urlencode(values | {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")})
        answer = self.pool.request(
            method, self.url + path, body=body if method == "POST" else None, headers=headers, redirect=False
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def send(self, **values: str) -> urllib3.BaseHTTPResponse:
        answer = self.fetch("POST", self.at, **values)
        if answer.status == 302:
            self.at = urljoin(self.at, answer.headers["Location"])
        return answer

    def code(self) -> str:
        mails = re.findall(r'href="(/lab/inbox/\d+)"', self.fetch("GET", "/lab/inbox").data.decode())
        found = re.search(r"code[^0-9]*(\d{6})|is: (\d{6})", self.fetch("GET", mails[0]).data.decode())
        assert found
        return found[1] or found[2]


def at_once(times: int, act: Callable[[], urllib3.BaseHTTPResponse]) -> list[urllib3.BaseHTTPResponse]:
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(lambda _: act(), range(times)))


@pytest.fixture
def browser(server) -> Browser:
    opened = Browser(server.url)
    opened.fetch("GET", "/signup")
    return opened


def accounts_of(server, email: str) -> int:
    code = (
        f"from iamconsole.accounts.models import Account; print(Account.objects.filter(root_email='{email}').count())"
    )
    return int(server.manage("shell", "--no-imports", "-c", code))


def test_the_last_button_pressed_many_times_at_once_opens_one_account(server, browser):
    browser.send(email="once@company1.com", name="Once")
    browser.send(code=browser.code())
    browser.send(password=PASSWORD, confirm=PASSWORD)
    browser.send(**CONTACT)
    browser.send(**CARD)
    browser.send(channel="sms", phone="+1 206 555 0100")
    browser.send(code=browser.code())
    at = browser.at
    assert at.startswith("/signup/support")
    answers = at_once(6, lambda: browser.fetch("POST", at, plan="basic"))
    assert {answer.headers.get("Location", "").partition("?")[0] for answer in answers} == {"/signup/complete"}
    assert accounts_of(server, "once@company1.com") == 1


def test_guesses_sent_at_once_are_counted_each(browser):
    browser.send(email="guess@company1.com", name="Guess")
    right = browser.code()
    wrong = "000000" if right != "000000" else "111111"
    at = browser.at
    answers = at_once(8, lambda: browser.fetch("POST", at, code=wrong))
    assert {answer.status for answer in answers} == {422}
    assert browser.fetch("POST", at, code=right).status == 422


def test_visitors_who_come_at_once_are_counted_exactly(server):
    """Sixty an hour are let in from one address (`IAMCONSOLE_VISITORS_PER_HOUR`), however they crowd."""

    def press(_: int) -> int:
        # An address from which no other test comes.
        visitor = Browser(server.url, "127.0.0.2")
        visitor.fetch("GET", "/try")
        return visitor.fetch("POST", "/try").status

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(press, range(63)))
    assert (codes.count(302), codes.count(429)) == (60, 3)
