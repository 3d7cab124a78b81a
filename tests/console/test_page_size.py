"""No page of 20 rows is more than 60 KB of compressed HTML: a class shares one line."""

from __future__ import annotations

import gzip

import pytest

from tests.console.test_query_budget import PAGES, populate

pytestmark = pytest.mark.django_db

MOST = 60 * 1024


def test_every_page_with_twenty_rows_is_small(sandbox, root, as_user):
    populate(sandbox, 20, root)
    browser = as_user("admin")
    own = f"arn:aws:iam::{sandbox.account_id}:policy/policy-01"
    sizes = {}
    for page in (*PAGES, "/ui/", "/console/services"):
        sizes[page] = len(gzip.compress(browser.get(page.format(policy=own)).content, 6))
    assert {page: size for page, size in sizes.items() if size > MOST} == {}
    assert max(size for page, size in sizes.items() if page.startswith("/iam/users")) > 2000
