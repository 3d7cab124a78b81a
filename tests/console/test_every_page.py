"""Every page of the console, found by itself (tests/pages.py): small, strict, whole, and never a bare refusal."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
from lxml import html

from tests.pages import NO_PAGES, QUERIES, an_event, fill, pages, patterns, tabs

pytestmark = pytest.mark.django_db

HEAVIEST = 60 * 1024  # of compressed HTML, with 20 rows
# What loads by itself; a link is followed by somebody who wants to.
LOADS = "//@src | //link/@href | //form/@action | //*/@formaction | //*/@hx-get | //*/@hx-post | //object/@data"


@pytest.fixture
def visited(sandbox, root, as_user):
    """`visited("admin")`: every page and each of its tabs, as that person is answered."""
    names = fill(root, sandbox.account_id)

    def walk(who: str):
        browser = as_user(who)
        names["event"] = an_event(browser.get("/iam/users").content.decode())
        for page in pages(names):
            answer = browser.get(page.address)
            yield page.address, answer
            for tab in tabs(answer.content.decode(), page.address) if answer.status_code == 200 else ():
                yield tab, browser.get(tab)

    return walk


def wrong_with(address: str, answer) -> list[str]:
    if answer.status_code != 200:
        return [f"answers {answer.status_code} {answer.headers.get('Location', '')}"]
    found = []
    size = len(gzip.compress(answer.content, 6))
    if size > HEAVIEST:
        found.append(f"{size} bytes compressed")
    csp = answer["Content-Security-Policy"]
    if "default-src 'self'" not in csp or "unsafe" in csp:
        found.append(f"content security policy: {csp}")
    text = answer.content.decode()
    document = html.fromstring(text)
    found += [f"loads from elsewhere: {url}" for url in document.xpath(LOADS) if urlsplit(url).netloc]
    found += [f"style attribute: {one.tag}" for one in document.xpath("//*[@style]")]
    found += ["inline script" for one in document.xpath("//script[not(@src)]")]
    found += [f"handler: {name}" for name in document.xpath("//@*[starts-with(name(), 'on')]")]
    twice = [one for one, count in Counter(document.xpath("//@id")).items() if count > 1]
    found += [f"id twice: {one}" for one in twice]
    if not document.findtext(".//title", "").strip(" |"):
        found.append("no title")
    if len(document.xpath("//h1")) + len(document.xpath("//main//dialog")) < 1:
        found.append("no heading")
    if "Show the calls behind this page" not in text:
        found.append("no drawer of calls")
    return found


def test_every_page_is_small_strict_and_whole(visited):
    seen, wrong = 0, {}
    for address, answer in visited("admin"):
        seen += 1
        if problems := wrong_with(address, answer):
            wrong[address] = problems
    assert wrong == {}
    assert seen > 100


def test_who_may_nothing_meets_every_page_and_no_bare_refusal(visited):
    """G2: the console always loads. A dialog about what may not be read leads back to the page that says so."""
    loads = (200, 302, 404)
    wrong = {address: answer.status_code for address, answer in visited("amin") if answer.status_code not in loads}
    assert wrong == {}


def test_the_tables_of_pages_name_pages_that_there_are():
    known = {name for name, _ in patterns()}
    assert {*NO_PAGES, *QUERIES} - known == set()


def test_a_page_that_breaks_a_rule_is_named(client):
    answer = client.get("/ui/")
    answer.content = re.sub(
        rb"</main>", b'<img src="https://example.org/x.png" style="a"><script>1</script></main>', answer.content
    )
    assert wrong_with("/ui/", answer) == [
        "loads from elsewhere: https://example.org/x.png",
        "style attribute: img",
        "inline script",
        "no drawer of calls",
    ]
