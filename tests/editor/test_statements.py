"""Changing one statement of a text, and nothing else of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.editor.formatting import written
from iamconsole.editor.forms import START
from iamconsole.editor.statements import Statements
from iamconsole.policy.reader import value_of

TWO = """{
    "Version": "2012-10-17",
    "Statement": [
        { "Sid": "One",  "Effect": "Allow", "Action": "s3:*",
          "Resource": "*" },
        {
            "Sid": "Two", "Effect": "Deny",
            "Action": ["ec2:*"],
            "Resource": "*",
            "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": 3600.50}}
        }
    ]
}"""

texts = st.text('abc:*é"\\ \n{}[]', max_size=6)
values = st.recursive(
    texts | st.integers(0, 99) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
members = st.dictionaries(st.sampled_from(["Sid", "Effect", "Action", "Resource", "Condition"]), values, max_size=4)


@st.composite
def documents(draw) -> tuple[str, dict]:
    statements = draw(st.lists(members, max_size=3))
    lone = len(statements) == 1 and draw(st.booleans())
    value = draw(st.dictionaries(st.sampled_from(["Version", "Id"]), texts, max_size=2))
    value |= {"Statement": statements[0] if lone else statements}
    indent = draw(st.sampled_from([None, 0, 1, 2, 4, "\t"]))
    return json.dumps(value, indent=indent, ensure_ascii=draw(st.booleans())), value


def items(value: dict) -> list[dict]:
    found = value["Statement"]
    return found if isinstance(found, list) else [found]


@given(documents(), st.sampled_from(["Action", "Condition", "Principal"]), values)
def test_a_change_is_made_and_all_else_stays(document, element, new):
    text, value = document
    before = Statements(text)
    for index, statement in enumerate(items(value)):
        after = json.loads(before.put(index, element, new).text)
        assert items(after) == [*items(value)[:index], statement | {element: new}, *items(value)[index + 1 :]]
        assert {k: v for k, v in after.items() if k != "Statement"} == {
            k: v for k, v in value.items() if k != "Statement"
        }


@given(documents(), st.sampled_from(["identity", "trust", "resource", "scp"]))
def test_a_statement_is_added_and_removed_again(document, kind):
    text, value = document
    added = Statements(text).added(kind)
    now = items(json.loads(added.text))
    assert now[:-1] == items(value)
    assert "Resource" in now[-1] or kind == "trust"
    assert "Principal" in now[-1] or kind in ("identity", "scp")
    assert items(json.loads(added.without(len(now) - 1).text)) == items(value)


@given(documents())
def test_every_statement_is_found_where_it_begins(document):
    statements = Statements(document[0])
    for index in range(len(statements.items)):
        row, column = map(int, statements.caret(index).split(","))
        assert statements.at(row, column) == index


@given(values)
def test_a_value_is_written_in_one_line_and_in_many(value):
    assert json.loads(written(value)) == json.loads(written(value, None)) == value
    assert "\n" not in written(value, None)


def test_the_text_around_a_change_stays_as_it_was_typed():
    changed = Statements(TWO).put(1, "Action", ["ec2:*", "iam:*"]).text

    assert changed.partition('"Two"')[0] == TWO.partition('"Two"')[0]
    assert (
        changed.partition('"Resource": "*",\n            "Cond')[2]
        == (TWO.partition('"Resource": "*",\n            "Cond')[2])
    )
    assert '"Action": [\n                "ec2:*",\n                "iam:*"\n            ]' in changed


def test_a_number_that_is_written_again_keeps_its_digits():
    condition = Statements(TWO).items[1]["Condition"]
    changed = Statements(TWO).put(1, "Condition", condition | {"Bool": {"aws:SecureTransport": "true"}}).text

    assert value_of(changed)["Statement"][1]["Condition"]["NumericLessThan"] == {"aws:MultiFactorAuthAge": "3600.50"}
    assert "3600.50\n" in changed


def test_new_statements_have_names_of_their_own():
    three = Statements(START).added("identity").added("identity")

    assert [one["Sid"] for one in three.items] == ["Statement1", "Statement2", "Statement3"]
    assert [one["Sid"] for one in three.without(0).added("identity").items] == [
        "Statement2",
        "Statement3",
        "Statement4",
    ]


@pytest.mark.parametrize("text", ["{", "[]", "1", "null", '{"Statement": 1}', '{"Statement": [1]}', '{"a": 1, "a": 2}'])
def test_what_has_no_statements_says_why(text):
    statements = Statements(text)

    assert statements.problem.endswith("here.")
    assert (statements.items, statements.at(0, 0)) == ([], None)


@pytest.mark.parametrize("text", ["", " \n"])
def test_in_an_empty_text_the_first_statement_makes_the_policy(text):
    assert json.loads(Statements(text).added("resource").text) == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Statement1", "Effect": "Allow", "Principal": {}, "Action": [], "Resource": []}],
    }
