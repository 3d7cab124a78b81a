"""The AWS Policy Generator, as a browser without a script uses it (console.md §8; demos.md D17)."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from iamconsole.cloudtrail.models import Event
from iamconsole.editor.generator.statements import Condition, Statement, conditions_of, packed, statements_of
from iamconsole.policy import parse

JOHN = "arn:aws:iam::123456789012:user/john"
SALES = "arn:aws:s3:::company1-sales"
HERE = "/policygen"


class Page:
    """The form as it stands: hidden fields are sent back, the rest is filled in anew each time."""

    def __init__(self, type_: str = "") -> None:
        self.client = Client()
        self.open(self.client.get(HERE + (f"?type={type_}" if type_ else "")))

    def open(self, response) -> None:
        self.status, self.text = response.status_code, html.unescape(response.content.decode())
        raw = response.content.decode()
        self.hidden = {
            name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', raw)
        }
        self.type = re.search(r'<option value="(\w+)" selected', raw)[1]

    def press(self, do: str, **typed) -> Page:
        hidden = {name: self.hidden[name] for name in ("statements", "conditions")}
        self.open(self.client.post(HERE, {"type": self.type, **hidden, **typed, "do": do}))
        return self

    @property
    def document(self) -> dict:
        return json.loads(re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", self.text, re.DOTALL)[1])


BUCKET = {"effect": "Allow", "principal": JOHN, "all_actions": "on", "resource": SALES}


@pytest.fixture(autouse=True)
def _database(db):
    pass


def test_the_policy_of_the_course_is_made_step_by_step():
    page = Page("s3BucketPolicy").press("add", **BUCKET)
    assert "You added the following statements. Click the button below to Generate a policy." in page.text
    made = page.press("generate").document
    assert re.fullmatch(r"Policy\d{13}", made["Id"])
    assert made["Version"] == "2012-10-17"
    [statement] = made["Statement"]
    assert re.fullmatch(r"Stmt\d{13}", statement.pop("Sid"))
    assert statement == {"Action": "s3:*", "Effect": "Allow", "Resource": SALES, "Principal": {"AWS": [JOHN]}}


def test_several_actions_resources_principals_and_values_are_lists():
    page = Page("s3BucketPolicy")
    page.press("add-condition", operator="IpAddress", key="aws:SourceIp", value="10.0.0.0/8, 192.168.0.0/16")
    page.press("add-condition", operator="Bool", key="aws:SecureTransport", value="true")
    page.press(
        "add",
        effect="Deny",
        principal=f"{JOHN}, 123456789012",
        actions=["GetObject", "PutObject"],
        resource=f"{SALES}/a, {SALES}/b",
    )
    [statement] = page.press("generate").document["Statement"]
    assert statement["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert statement["Resource"] == [f"{SALES}/a", f"{SALES}/b"]
    assert statement["Principal"] == {"AWS": [JOHN, "123456789012"]}
    assert statement["Condition"] == {
        "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]},
        "Bool": {"aws:SecureTransport": "true"},
    }


def test_sids_differ_though_statements_are_added_at_once():
    page = Page("s3BucketPolicy")
    for _ in range(3):
        page.press("add", **BUCKET)
    sids = [one["Sid"] for one in page.press("generate").document["Statement"]]
    assert len(set(sids)) == 3


def test_an_iam_policy_has_no_principal_and_may_be_for_all_services():
    page = Page()
    assert page.type == "iamPolicy"
    assert 'name="principal"' not in page.text
    page.press("service", service="ec2")
    assert 'value="RunInstances"' in page.text
    page.press("add", effect="Allow", service="ec2", actions=["RunInstances"], resource="*")
    page.press("add", effect="Deny", all_services="on", resource="*")
    first, second = page.press("generate").document["Statement"]
    assert (first["Action"], first["Resource"], "Principal" in first) == ("ec2:RunInstances", "*", False)
    assert second["Action"] == "*"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("principal", "", "You must enter a valid Principal."),
        ("principal", "john", "You must enter a valid Principal."),
        ("principal", "123456789", "You must enter a valid Principal."),
        ("all_actions", "", "You must select at least one Action"),
        ("resource", "", "Resource field is not valid. You must enter a valid ARN."),
        ("resource", "company1-sales", "Resource field is not valid. You must enter a valid ARN."),
    ],
)
def test_a_field_that_is_not_right_says_so_and_nothing_is_added(field, value, said):
    page = Page("s3BucketPolicy").press("add", **BUCKET | {field: value})
    assert page.status == 422
    assert said in page.text
    assert statements_of(page.hidden["statements"]) == []


def test_it_does_not_look_whether_actions_go_with_the_resource_as_s3_does():
    page = Page("s3BucketPolicy").press("add", **BUCKET | {"all_actions": "", "actions": ["GetObject"]})
    assert page.press("generate").document["Statement"][0]["Action"] == "s3:GetObject"


def test_statements_and_conditions_can_be_removed_and_another_type_begins_anew():
    page = Page("s3BucketPolicy").press("add", **BUCKET).press("add", **BUCKET | {"effect": "Deny"})
    page.press("remove:0")
    assert [one.effect for one in statements_of(page.hidden["statements"])] == ["Deny"]
    page.press("add-condition", operator="Bool", key="aws:SecureTransport", value="true").press("remove-condition:0")
    assert conditions_of(page.hidden["conditions"]) == []
    page.type = "snsTopicPolicy"
    page.press("type")
    assert statements_of(page.hidden["statements"]) == []
    assert "Amazon SNS" in page.text


def test_what_is_typed_stays_when_a_condition_is_added():
    page = Page("s3BucketPolicy")
    page.press("add-condition", operator="Bool", key="aws:SecureTransport", value="true", **BUCKET)
    assert JOHN in page.text
    assert SALES in page.text


@pytest.mark.parametrize(
    "spoilt",
    ["{", "{}", "[1]", '[{"sid":1}]', "[" * 100_000, '[{"sid":"a","effect":"Maybe","principals":[],"actions":["a"]}]'],
)
def test_statements_that_were_changed_on_the_way_are_refused(spoilt):
    page = Page("s3BucketPolicy")
    page.hidden["statements"] = spoilt
    page.press("generate")
    assert page.status == 422
    assert "The statements could not be read" in page.text


def test_the_page_needs_no_sign_in_and_leaves_no_event_and_no_session():
    page = Page("s3BucketPolicy").press("add", **BUCKET).press("generate")
    assert page.status == 200
    assert not Event.objects.exists()
    assert "sessionid" not in page.client.cookies


def test_names_are_shown_as_text():
    page = Page("s3BucketPolicy")
    raw = page.client.post(
        HERE, {"type": "s3BucketPolicy", **BUCKET, "resource": 'arn:aws:s3:::"><script>x</script>', "do": "add"}
    )
    assert b"<script>x" not in raw.content


texts = st.text(min_size=1, max_size=12)
conditions = st.builds(
    Condition, st.just("StringEquals"), texts, st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
)
statements = st.builds(
    Statement,
    texts,
    st.sampled_from(["Allow", "Deny"]),
    st.lists(texts, max_size=3).map(tuple),
    st.lists(texts, min_size=1, max_size=3).map(tuple),
    st.lists(texts, min_size=1, max_size=3).map(tuple),
    st.lists(conditions, max_size=3).map(tuple),
)


@given(st.lists(statements, max_size=4))
def test_what_travels_in_the_form_comes_back_the_same(rows):
    assert statements_of(packed(rows)) == rows


def test_a_generated_policy_is_one_that_the_engine_reads():
    made = Page("s3BucketPolicy").press("add", **BUCKET).press("generate").document
    policy = parse(json.dumps(made), "resource")
    assert not policy.problems
