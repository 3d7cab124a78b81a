from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from iamconsole.core.listing import Listing
from iamconsole.ui.table import Column, Table

NAME = Column("name", "Name", sortable=True)
SIZE = Column("size", "Size", kind="number", sortable=True)
KIND = Column("kind", "Kind")


def table(url="/things", rows=(), prefix="", filters=(), **options):
    made = Table("things", "Things", (NAME, SIZE, KIND), **options)
    made.listing(RequestFactory().get(url), prefix, filters)
    return made.show(rows) if rows else made


ROWS = [{"name": f"thing-{n:02}", "size": n, "kind": "odd" if n % 2 else "even"} for n in range(45)]


#    query                              what is asked of the operation
ASKED = [
    ("",                                Listing(sort="name")),
    ("?q= ana &sort=-size&page=3",      Listing(search="ana", sort="size", descending=True, page=3)),
    ("?page=0",                         Listing(sort="name")),
    ("?page=-1",                        Listing(sort="name")),
    ("?page=two",                       Listing(sort="name")),
    ("?page=٣",                         Listing(sort="name")),
    ("?page=99999999999",               Listing(sort="name")),
    ("?sort=kind",                      Listing(sort="name")),   # not a sortable column
    ("?sort=--name",                    Listing(sort="name")),
    ("?sort=password_hash",             Listing(sort="name")),
    ("?q=%00a",                         Listing(search="a", sort="name")),
]  # fmt: skip


@pytest.mark.parametrize(("query", "asked"), ASKED)
def test_the_url_says_what_is_asked_and_junk_is_a_first_page(query, asked):
    assert table(f"/things{query}").asked == asked


def test_a_very_long_search_is_cut():
    assert len(table(f"/things?q={'a' * 9000}").asked.search) == 256


def test_two_tables_on_a_page_have_query_keys_of_their_own():
    url = "/things?q=one&groups-q=two&groups-page=2"
    assert table(url).asked.search == "one"
    assert (table(url, prefix="groups").asked.search, table(url, prefix="groups").asked.page) == ("two", 2)


def test_only_named_filters_are_passed_on():
    asked = table("/things?type=Customer&secret=1", filters=("type",)).asked
    assert asked.filters == {"type": "Customer"}


def test_rows_given_all_at_once_are_searched_sorted_and_cut():
    found = table("/things?q=ODD&sort=-size", ROWS)
    assert found.total == 22
    assert [line.key for line in found.lines][:2] == ["thing-43", "thing-41"]
    assert len(found.lines) == 20


@pytest.mark.parametrize(
    ("url", "rows", "total", "state"),
    [
        ("/things", ROWS[:2], 2, "filled"),
        ("/things", [], 0, "empty"),
        ("/things?q=zzz", [], 0, "no-match"),
        ("/things?page=9", [], 45, "past-end"),
    ],
)
def test_nothing_there_and_nothing_found_are_different_states(url, rows, total, state):
    assert table(url).fill(rows, total).state == state


def test_the_header_counts_rows_and_ticked_rows():
    assert table(rows=ROWS).count == "(45)"
    assert table("/things?selected=thing-01&selected=thing-02", ROWS, selection="multi").count == "(2/45)"


@pytest.mark.parametrize(
    ("page", "total", "shown"),
    [
        (1, 10, [1]),
        (1, 60, [1, 2, 3]),
        (1, 400, [1, 2, 3, 0, 20]),
        (10, 400, [1, 0, 8, 9, 10, 11, 12, 0, 20]),
        (4, 400, [1, 2, 3, 4, 5, 6, 0, 20]),
    ],
)
def test_page_numbers_leave_out_what_is_far_away(page, total, shown):
    assert table(f"/things?page={page}").fill([], total).page_numbers == shown


def test_links_keep_the_rest_of_the_query():
    made = table("/things?section=groups&q=a&page=2", ROWS)
    assert QueryDict(made.link(page=3)[1:]).dict() == {"section": "groups", "q": "a", "page": "3"}
    assert QueryDict(made.cleared[1:]).dict() == {"section": "groups"}
    sort = {column.name: link for column, _, link in made.heads}
    assert QueryDict(sort["name"][1:]).dict() == {"section": "groups", "q": "a", "sort": "-name"}
    assert sort["kind"] == ""


def test_ticked_rows_of_other_pages_stay_chosen():
    made = table("/things?page=2", ROWS, selection="multi", form="wizard", selected=["thing-01", "thing-25"])
    assert made.hidden_selection == ["thing-01"]
    assert [line.key for line in made.lines if line.selected] == ["thing-25"]
