"""A sandbox's own link: who holds it may read the sandbox's mails, so nobody is led into it unasked."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client()


def link(account):
    return f"/s/{account.sandbox.slug}"


def held(browser):
    return browser.cookies["sandbox"].value if "sandbox" in browser.cookies else ""


def test_a_link_that_was_typed_or_pasted_joins_at_once(browser, sandbox):
    assert browser.get(link(sandbox), headers={"Sec-Fetch-Site": "none"}).url == "/signin"
    assert held(browser) == sandbox.sandbox.slug


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_another_site_leads_nobody_into_a_sandbox(browser, sandbox, site):
    headers = {"Sec-Fetch-Site": site} if site else {}
    page = browser.get(link(sandbox), headers=headers)
    assert page.status_code == 200
    assert "Join this sandbox?" in page.content.decode()
    assert not held(browser)
    assert browser.post(link(sandbox)).url == "/signin"
    assert held(browser) == sandbox.sandbox.slug


def test_no_other_site_can_press_the_button(sandbox):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(sandbox), headers={"Origin": "https://evil.example"}).status_code == 403
    assert not held(strict)


def test_a_browser_of_another_sandbox_is_asked_before_it_leaves(browser, sandbox, other_sandbox):
    browser.post(link(sandbox))
    page = browser.get(link(other_sandbox), headers={"Sec-Fetch-Site": "none"}).content.decode()
    assert "Switch to this sandbox?" in page
    assert sandbox.sandbox.slug not in page
    assert held(browser) == sandbox.sandbox.slug
    browser.post(link(other_sandbox))
    assert held(browser) == other_sandbox.sandbox.slug


def test_the_link_of_ones_own_sandbox_leads_to_sign_in(browser, sandbox):
    browser.post(link(sandbox))
    assert browser.get(link(sandbox)).url == "/signin"


def test_the_cookie_of_a_sandbox_that_is_gone_keeps_nobody_back(browser, sandbox):
    browser.cookies["sandbox"] = "gone"
    assert browser.get(link(sandbox), headers={"Sec-Fetch-Site": "none"}).url == "/signin"
    assert held(browser) == sandbox.sandbox.slug


def test_the_public_name_is_no_link(browser, sandbox):
    assert browser.get(f"/s/{sandbox.sandbox.public_name}").status_code == 404
    assert browser.post(f"/s/{sandbox.sandbox.public_name}").status_code == 404
