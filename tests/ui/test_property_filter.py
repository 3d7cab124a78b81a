from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from iamconsole.core.listing import Listing, Token
from iamconsole.ui.property_filter import MOST_TOKENS, Property, in_words, read, write
from iamconsole.ui.table import Column, Table

PROPERTIES = (Property("name", "Name"), Property("state", "Instance state", operators=("=", "!=")))

#    values               operator  wanted   holds
HOLDS = [
    (["web-1"],           "=",      "web-1", True),
    (["web-1"],           "=",      "WEB-1", False),   # equals is exact
    (["web-1"],           "!=",     "web-1", False),
    (["web-1"],           "!=",     "web-2", True),
    (["web-1"],           ":",      "EB",    True),
    (["web-1"],           ":",      "db",    False),
    (["web-1", "db"],     ":",      "db",    True),    # one of several values is enough
    (["web-1", "db"],     "!:",     "db",    False),   # and none may be there for the negation
    (["web-1"],           "!:",     "db",    True),
    ([],                  "!:",     "db",    True),
    ([],                  ":",      "db",    False),
    (["web-1"],           "^",      "WEB",   True),
    (["web-1"],           "^",      "eb",    False),
]  # fmt: skip


@pytest.mark.parametrize(("values", "operator", "wanted", "holds"), HOLDS)
def test_operators(values, operator, wanted, holds):
    assert Token(wanted, operator).holds(values) is holds


#    query                                                         tokens
QUERIES = [
    ("",                                                           ()),
    ("token=name+%3D+john",                                        (Token("john", "=", "name"),)),
    ("token=:+web",                                                (Token("web", ":"),)),
    ("token=!:+web+one",                                           (Token("web one", "!:"),)),
    ("token=name+^+a+b",                                           (Token("a b", "^", "name"),)),
    ("token=name+%3D+john&token=name+%3D+john",                    (Token("john", "=", "name"),)),
    ("token=secret+%3D+1",                                         ()),   # no such property
    ("token=state+:+run",                                          ()),   # not an operator of it
    ("token=name+~+x",                                             ()),
    ("token=name+%3D+",                                            ()),
    ("token=%3D+x",                                                ()),   # free text contains, it does not equal
    ("token-property=name&token-operator=%3D&token-value=john",    (Token("john", "=", "name"),)),
    ("token-value=john",                                           (Token("john", ":"),)),
    ("token-operator=%3D&token-value=john",                        (Token("john", ":"),)),
    ("token-operator=!:&token-value=john",                         (Token("john", "!:"),)),
    ("token-property=name&token-operator=%3D&token-value=",        ()),
    ("token=:+a&token-property=name&token-operator=^&token-value=b", (Token("a", ":"), Token("b", "^", "name"))),
]  # fmt: skip


@pytest.mark.parametrize(("query", "tokens"), QUERIES)
def test_the_url_says_the_tokens_and_junk_is_none(query, tokens):
    assert read(QueryDict(query, mutable=True), "", PROPERTIES)[0] == tokens


@pytest.mark.parametrize(
    "token", [Token("a b", "=", "name"), Token("= x", ":"), Token("!: y", "!:"), Token("running", "=", "state")]
)
def test_a_token_is_written_as_it_is_read(token):
    query = QueryDict(mutable=True)
    query["token"] = write(token)
    assert read(query, "", PROPERTIES)[0] == (token,)


def test_there_is_an_end_to_tokens_and_their_length():
    query = QueryDict("&".join(f"token=:+{number}" for number in range(90)), mutable=True)
    assert len(read(query, "", PROPERTIES)[0]) == MOST_TOKENS
    query = QueryDict(f"token=:+{'a' * 5000}", mutable=True)
    assert len(read(query, "", PROPERTIES)[0][0].value) == 256


def test_a_token_reads_as_aws_writes_it():
    assert in_words(Token("running", "=", "state"), PROPERTIES) == "Instance state = running"
    assert in_words(Token("web"), PROPERTIES) == "web"
    assert in_words(Token("web", "!:"), PROPERTIES) == "!: web"


ROWS = [
    {"name": "web-1", "state": "running"},
    {"name": "web-2", "state": "stopped"},
    {"name": "db", "state": "running"},
]
COLUMNS = (Column("name", "Name", sortable=True), Column("state", "State"))


def shown(query):
    table = Table("things", "Things", COLUMNS, properties=PROPERTIES)
    table.listing(RequestFactory().get(f"/things?{query}"))
    return table.show(ROWS)


#    query                                                     rows
FILTERED = [
    ("",                                                       ["db", "web-1", "web-2"]),
    ("token=state+%3D+running",                                ["db", "web-1"]),
    ("token=state+%3D+running&token=name+^+web",               ["web-1"]),
    ("token=state+%3D+stopped&token=name+%3D+db&join=or",      ["db", "web-2"]),
    ("token=:+run",                                            ["db", "web-1"]),
    ("token=!:+run",                                           ["web-2"]),
    ("token=name+%3D+nothing",                                 []),
]  # fmt: skip


@pytest.mark.parametrize(("query", "names"), FILTERED)
def test_rows_are_filtered(query, names):
    assert [line.key for line in shown(query).lines] == names


def test_no_match_is_another_state_than_empty():
    assert shown("token=name+%3D+nothing").state == "no-match"


def test_the_listing_carries_the_tokens_to_the_operation():
    table = Table("things", "Things", COLUMNS, properties=PROPERTIES)
    asked = table.listing(RequestFactory().get("/things?token=state+%3D+running&token=:+x&join=or"))
    assert asked == Listing(sort="name", tokens=(Token("running", "=", "state"), Token("x", ":")), any_token=True)
    assert asked.passes(lambda key: {"state": ["running"], "": ["a"]}[key])


def test_each_token_can_be_taken_away_by_a_link():
    links = shown("token=state+%3D+running&token=:+web&join=or").filter_tokens
    assert [words for words, _ in links] == ["Instance state = running", "web"]
    assert links[0][1] == "?token=%3A+web"


def test_a_search_suggests_what_the_rows_have(client):
    page = client.get("/ui/").content.decode()
    assert "&quot;values&quot;: [&quot;web-1&quot;, &quot;web-2&quot;" in page


@pytest.mark.django_db
def test_the_plain_fields_work_without_a_script(client):
    typed = {"property": "name", "operator": "=", "value": "web-3"}
    query = {"instances-token": "state = running"} | {f"instances-token-{part}": value for part, value in typed.items()}
    page = client.get("/ui/", query).content.decode().split('id="instances"')[1].split("</section>")[0]
    assert "Instance state = running" in page
    assert "Remove token Name = web-3" in page
    assert "1 match" in page
    assert '<input type="hidden" name="instances-token" value="name = web-3">' in page
    assert "Clear filters" in page
