"""The IAM dashboard."""

from __future__ import annotations

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import allow, policy

pytestmark = pytest.mark.django_db


def body(response) -> str:
    return html.unescape(response.content.decode())


def test_it_counts_what_the_account_has(as_user, sandbox):
    answer = as_user("admin").get("/iam/home")

    counts = [found.result["Total"] for _, found, _ in answer.context["resources"]]
    assert counts == [0, 3, 3]
    assert sandbox.account_id in body(answer)
    assert f"http://testserver/console?account={sandbox.account_id}" in body(answer)


def test_a_refresh_gets_only_the_numbers(as_user):
    part = as_user("admin").get("/iam/home", HTTP_HX_REQUEST="true").content.decode()

    assert "IAM resources" in part
    assert "<html" not in part


def test_each_tile_is_refused_alone(as_user, admin, sandbox):
    document = policy(allow("iam:ListUsers"))
    admin.call("iam:PutUserPolicy", user_name="amin", policy_name="counts", policy_document=document)

    answer = as_user("amin").get("/iam/home")

    assert [bool(found) for _, found, _ in answer.context["resources"]] == [False, True, False]
    assert "iam:ListAccessKeys action" in body(answer)
    assert sandbox.account_id in body(answer)


def test_the_root_user_is_praised_for_having_no_access_keys(as_user, root):
    browser = as_user()
    assert "Root user has no active access keys" in body(browser.get("/iam/home"))

    root.call("iam:CreateAccessKey")
    assert "Deactivate or delete access keys for root user" in body(browser.get("/iam/home"))


def test_it_stays_within_the_budget(as_user, admin):
    browser = as_user("admin")
    browser.get("/iam/home")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/iam/home")
    assert len(queries) <= 15
