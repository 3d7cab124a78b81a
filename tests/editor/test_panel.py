"""`Edit statement`: what its buttons make of the text, as a browser without a script sends them."""

from __future__ import annotations

import html
import json

import pytest
from django.http import QueryDict

from iamconsole.editor.forms import START
from iamconsole.editor.panel import PRINCIPALS, Panel
from tests.editor.test_step import press, text_in
from tests.factories import allow, policy


def asked(button: str, text: str = START, kind: str = "identity", **form: str | list[str]) -> Panel:
    posted = QueryDict(mutable=True)
    for name, value in {"statement": "0", **form}.items():
        posted.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    panel = Panel.look(text, kind, posted)
    panel.press(f"statement-{button}")
    return panel


def statement(panel: Panel, index: int = 0) -> dict:
    return json.loads(panel.text)["Statement"][index]


def test_what_is_ticked_is_written_and_what_is_unticked_goes():
    listed = {"statement__service": "s3", "statement__listed": "s3", "statement__shown": "getobj"}
    text = policy(allow(["s3:GetObject", "s3:GetObjectAcl", "s3:Put*", "s3:ListBucket", "ec2:*"]))
    panel = asked("actions", text, statement__action=["s3:GetObject", "s3:Put*", "s3:GetObjectTagging"], **listed)

    assert statement(panel)["Action"] == ["s3:GetObject", "s3:Put*", "s3:ListBucket", "ec2:*", "s3:GetObjectTagging"]


def test_nothing_is_written_for_a_service_that_was_not_listed():
    text = policy(allow("s3:GetObject"))
    changed = {"statement__service": "ec2", "statement__listed": "s3", "statement__action": ["s3:PutObject"]}

    assert asked("actions", text, **changed).text == text
    assert asked("actions", text, statement__action=["s3:PutObject"]).text == text


def test_every_action_of_a_service_is_one_tick():
    listed = {"statement__service": "s3", "statement__listed": "s3"}
    panel = asked("actions", statement__action=["s3:*"], **listed)

    assert statement(panel)["Action"] == ["s3:*"]
    assert panel.has_every


def test_actions_are_listed_by_access_level_and_filtered():
    panel = asked("services", policy(allow("s3:getobject")), statement__service="s3", statement__filter="getobjecta")

    assert panel.groups == [
        ("Read", [("GetObjectAcl", False), ("GetObjectAnnotation", False), ("GetObjectAttributes", False)])
    ]
    assert ("GetObject", True) in dict(
        asked("services", policy(allow("s3:getobject")), statement__service="s3").groups
    )["Read"]


def test_a_resource_is_added_by_its_pattern():
    template = "arn:aws:s3:::{BucketName}/{ObjectName}"
    typed = {"resource__service": "s3", "resource__type": "object", "resource__shown": template}
    unfilled = asked("resource-add", resource__arn=template, **typed)
    added = asked("resource-add", resource__arn="arn:aws:s3:::company1-hr/${aws:username}/*", **typed)
    again = asked("resource-add", added.text, resource__arn="arn:aws:s3:::other/*", **typed)

    assert (unfilled.dialog, unfilled.error) == ("resource", "Replace {BucketName} by a name, or by * for any.")
    assert (added.dialog, statement(added)["Resource"]) == ("", "arn:aws:s3:::company1-hr/${aws:username}/*")
    assert statement(again)["Resource"] == ["arn:aws:s3:::company1-hr/${aws:username}/*", "arn:aws:s3:::other/*"]


def test_another_type_brings_its_own_pattern():
    typed = {"resource__arn": "arn:aws:s3:::mine", "resource__shown": "arn:aws:s3:::{BucketName}"}
    panel = asked("resource", resource__service="s3", resource__type="object", **typed)

    assert panel.resource_arn == "arn:aws:s3:::{BucketName}/{ObjectName}"


def test_conditions_gather_under_their_operator():
    asks = {"condition__operator": "StringEquals", "condition__qualifier": ""}
    one = asked("condition-add", condition__key="aws:username", condition__value="john", **asks)
    two = asked("condition-add", one.text, condition__key="aws:username", condition__value="ann", **asks)
    more = {"condition__qualifier": "ForAnyValue", "condition__exists": "on", "condition__operator": "StringLike"}
    three = asked("condition-add", two.text, condition__key="aws:TagKeys", condition__value="a*", **more)

    assert statement(three)["Condition"] == {
        "StringEquals": {"aws:username": ["john", "ann"]},
        "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a*"},
    }


@pytest.mark.parametrize(
    "asks",
    [
        {"condition__key": "", "condition__operator": "Bool", "condition__value": "true"},
        {"condition__key": "aws:username", "condition__operator": "Nonsense", "condition__value": "x"},
        {"condition__key": "aws:username", "condition__operator": "Bool", "condition__value": ""},
        {"condition__key": "a:b", "condition__operator": "Bool", "condition__value": "x", "condition__qualifier": "No"},
    ],
)
def test_a_condition_that_is_none_is_not_added(asks):
    panel = asked("condition-add", **asks)

    assert panel.error
    assert (panel.dialog, panel.text) == ("condition", START)


@pytest.mark.parametrize("kind", ["trust", "resource"])
def test_principals_gather_by_their_kind(kind):
    account = {"principal__type": "account", "principal__shown": PRINCIPALS["account"][2]}
    one = asked(
        "principal-add",
        policy({"Effect": "Allow", "Action": []}),
        kind,
        principal="arn:aws:iam::111122223333:root",
        **account,
    )
    two = asked(
        "principal-add",
        one.text,
        kind,
        principal__type="service",
        principal="ec2.amazonaws.com",
        principal__shown=PRINCIPALS["service"][2],
    )
    three = asked("principal-add", two.text, kind, principal="444455556666", **account)

    assert statement(three)["Principal"] == {
        "AWS": ["arn:aws:iam::111122223333:root", "444455556666"],
        "Service": "ec2.amazonaws.com",
    }


def test_each_kind_of_policy_offers_what_it_can_hold():
    assert (asked("choose", kind="trust").has_resource, asked("choose", kind="trust").service) == (False, "sts")
    assert asked("choose", kind="resource").service == "s3"
    assert not asked("choose", kind="scp").has_principal
    assert len(dict(asked("choose", kind="scp").services)["Available"]) > 300


def test_a_bucket_policy_is_offered_what_is_done_on_buckets_and_objects():
    names = {name for _, names in asked("choose", kind="resource").groups for name, _ in names}

    assert {"GetObject", "ListBucket"} <= names
    assert names.isdisjoint({"ListAllMyBuckets", "CreateAccessPoint"})


def test_the_caret_follows_a_new_statement():
    panel = asked("add")

    assert (panel.current, panel.caret, panel.label) == (1, "9,8", "Statement2")
    assert asked("remove", panel.text, statement="1").current is None


@pytest.mark.parametrize("button", ["remove", "actions", "resource-add", "condition-add", "principal-add", "nonsense"])
@pytest.mark.parametrize("chosen", ["", "7", "x", "-1", "0"])
@pytest.mark.parametrize(
    "text", ["{", "[]", '{"Statement": []}', '{"Statement": [{"Condition": 1, "Principal": 1, "Action": {}}]}']
)
def test_whatever_is_sent_breaks_nothing(button, chosen, text):
    junk = {"statement__service": "s3", "statement__listed": "s3", "statement__action": ["<b>"], "principal": "x"}
    junk |= {"condition__key": "a:b", "condition__operator": "Bool", "condition__value": "x", "resource__arn": "x"}

    assert isinstance(asked(button, text, statement=chosen, **junk).text, str)


# -- as a page -------------------------------------------------------------------------------------------


@pytest.fixture
def console(as_user):
    return as_user("admin")


@pytest.mark.django_db
def test_the_panel_works_on_the_draft_without_a_script(console):
    page = html.unescape(press(console, "statement-choose", START, statement="0").content.decode())
    ticked = {"statement": "0", "statement-service": "s3", "statement-listed": "s3", "statement-action": "s3:GetObject"}
    after = press(console, "statement-actions", START, **ticked)
    chosen = {"resource-service": "s3", "resource-type": "bucket"}
    dialog = press(console, "statement-resource", text_in(after), statement="0", **chosen)

    assert "Add a condition" in page
    assert json.loads(text_in(after))["Statement"][0]["Action"] == ["s3:GetObject"]
    assert "Add resource" in dialog.content.decode()
    assert "arn:aws:s3:::{BucketName}" in dialog.content.decode()


@pytest.mark.django_db
def test_the_panel_shows_the_statement_of_the_caret(console):
    place = {"document": START, "kind": "identity", "row": "5", "column": "2"}
    inside = console.post("/policy-editor/statement", place).content.decode()
    outside = console.post("/policy-editor/statement", place | {"row": "1"}).content.decode()
    junk = console.post("/policy-editor/statement", place | {"row": "x", "column": "9" * 30, "kind": "y"})

    assert "Add actions" in inside
    assert "Select an existing statement in the policy or add a new statement." in outside
    assert junk.status_code == 200


@pytest.mark.django_db
def test_markup_in_a_statement_is_text(console):
    nasty = json.dumps({"Statement": [{"Sid": "<script>alert(1)</script>", "Action": "s3:<script>alert(1)</script>"}]})
    page = press(console, "statement-services", nasty, statement="0", **{"statement-service": "s3"})

    assert "<script>alert" not in page.content.decode()
