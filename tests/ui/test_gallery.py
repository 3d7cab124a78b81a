from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.django_db


PARTS = (
    "panel table-panel flash alert modal-root tabs summary status badge menu tiles choices field field-error empty "
    "expander secret copy code course-note denied breadcrumbs"
)


def test_the_page_shows_every_component(client):
    page = client.get("/ui/").content.decode()
    for part in PARTS.split():
        assert re.search(rf'(class|id)="[^"]*\b{part}\b', page), part


def test_a_swap_of_the_table_and_the_page_are_told_apart_by_caches(client):
    assert "HX-Request" in client.get("/ui/")["Vary"]


def test_the_page_escapes_what_a_user_is_called(client):
    page = client.get("/ui/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nothing_on_the_page_needs_an_unsafe_policy(client):
    page = client.get("/ui/").content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:", page)
    assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', page)


def test_the_denied_box_has_the_five_lines_of_aws(client):
    page = client.get("/ui/").content.decode()
    lines = [
        "User: arn:aws:iam::111122223333:user/john",
        "Service: iam",
        "Action: ListUsers",
        "On resource(s): arn:aws:iam::111122223333:user/",
        "Context: no identity-based policy allows the iam:ListUsers action",
    ]
    for line in lines:
        assert f"<span>{line}\n</span>" in page
    assert "Context: an identity-based policy explicitly denies the action" in page
    assert "/iam/authorization-details/3f1c6f3e" in page


def test_each_state_of_a_table_has_its_words(client):
    page = client.get("/ui/").content.decode()
    for words in ("No resources to display", "No matches", "We can&#x27;t find a match.", "Clear filter", "(–)"):
        assert words in page or words.replace("&#x27;", "'") in page, words


def test_a_table_works_as_links_and_forms(client):
    page = client.get("/ui/?q=user&sort=-UserName&page=2").content.decode()
    assert 'aria-sort="descending"' in page
    assert "42 matches" in page
    assert 'href="?q=user&amp;sort=-UserName&amp;page=3"' in page
    assert '<form method="get" action="/ui/" role="search"' in page


def test_ids_are_unique(client):
    ids = re.findall(r'\sid="([^"]+)"', client.get("/ui/").content.decode())
    assert sorted(ids) == sorted(set(ids))


def test_a_dialog_is_also_a_page_and_the_server_checks_the_typed_text(client):
    shown = client.get("/ui/dialog?selected=john&selected=ana").content.decode()
    assert "Delete 2 users?" in shown
    assert '<dialog class="modal"' in shown
    refused = client.post("/ui/dialog?selected=john", {"confirm": "John"})
    assert refused.status_code == 422
    assert "Enter john exactly as shown." in refused.content.decode()
    done = client.post("/ui/dialog?selected=john", {"confirm": "john"}, follow=True)
    assert "User john deleted." in done.content.decode()
